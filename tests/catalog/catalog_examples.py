"""Records and processes for the tests of the catalog."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from unlearn_core.records import (
    ComparisonRecord,
    EvaluationRecord,
    ExperimentModelRecord,
    ExperimentRecord,
    ForgetSampleRecord,
    MetricRecord,
    ModelRecord,
    PredictionRecord,
    Record,
    SampleRecord,
    SplitRecord,
    TrainingCurveRecord,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LABELS = ("trained", "retrained", "untrained", "femu")

# A process of its own that opens the file as any DuckDB client would, says so, and holds it
# until its standard input is closed.
HOLD = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
print("open", flush=True)
sys.stdin.read()
connection.close()
"""


def evaluation(model: str, value: float | None = 0.5, metric: str = "accuracy") -> EvaluationRecord:
    return EvaluationRecord(model, "", "request", "test", "all", metric, "", value, "")


def model(model_id: str, role: str = "trained", **changes: object) -> ModelRecord:
    facts: dict[str, object] = {
        "model_id": model_id,
        "role": role,
        "algorithm": "femu" if role == "unlearned" else "",
        "instance": 0,
        "parent_model_id": "",
        "request_id": "",
        "dataset": "digits",
        "data_fingerprint": "data",
        "architecture": "mlp",
        "parameter_count": 10,
        "config_json": "{}",
        "config_hash": "hash",
        "seed": 0,
        "fidelity": "corrected",
        "steps": 5,
        "samples_with_gradient": 40,
        "checkpoint": "",
        "checkpoint_sha256": "",
        "seconds": 1.5,
        "peak_memory_bytes": 1000,
        "side_storage_bytes": 0,
        "device": "cpu",
        "library_versions": "{}",
        "code_version": "0",
        "created_at": NOW,
    }
    return ModelRecord(**{**facts, **changes})


def experiment(experiment_id: str, name: str, created_at: datetime = NOW) -> ExperimentRecord:
    return ExperimentRecord(
        experiment_id=experiment_id,
        name=name,
        description="",
        config_hash="hash",
        config_toml='name = "x"\n',
        dataset="digits",
        data_fingerprint="data",
        request_id="request",
        pairing="twins",
        instances=2,
        seed=0,
        created_at=created_at,
    )


def comparison(
    experiment_id: str, label: str, metric: str, value: float, *place: str
) -> ComparisonRecord:
    """`place` is part, subset, reference, detail; what is left out is empty."""
    part, subset, reference, detail = (*place, "", "", "", "")[:4]
    return ComparisonRecord(
        experiment_id=experiment_id,
        label=label,
        reference=reference,
        part=part,
        subset=subset,
        metric=metric,
        detail=detail,
        value=value,
        low=value - 0.1,
        high=value + 0.1,
        sd=0.05,
        n=2,
        method="t",
        reason="",
    )


def small_experiment(experiment_id: str = "exp-1", name: str = "digits-demo") -> list[Record]:
    """One experiment of four labels and two instances, whole and without orphans."""
    records: list[Record] = [
        experiment(experiment_id, name),
        SplitRecord("request", "data", "digits", "feature", "sevens", "s.json", "us", 2, 0, 1),
        ForgetSampleRecord("request", "train", 3),
        SampleRecord("data", "train", 3, "digits", 7, "2,2", bytes([0, 1, 2, 255])),
        SampleRecord("data", "test", 4, "digits", 1, "2,2", bytes(4)),
    ]
    metrics = ("accuracy", "kl_from_reference", "layer_l2", "collapsed", "seconds", "steps")
    records += [
        MetricRecord(name, name, "", "none", None, None, "", "")
        for name in (*metrics, "samples_with_gradient", "peak_memory")
    ]
    for position, label in enumerate(LABELS):
        role = label if label != "femu" else "unlearned"
        for instance in range(2):
            model_id = f"{label}-{instance}"
            records += [
                model(model_id, role, instance=instance),
                ExperimentModelRecord(experiment_id, model_id, role, label, instance),
                evaluation(model_id, 0.5 + 0.1 * position),
                PredictionRecord(model_id, "test", 4, (-0.25, -1.5)),
                PredictionRecord(model_id, "train", 3, (-2.5,) * 10),
                TrainingCurveRecord(model_id, 1, 10, 80, 0.1, 2.0, 0.4),
            ]
        records += _values(experiment_id, label, position)
    return records


def _values(experiment_id: str, label: str, position: int) -> list[Record]:
    found: list[Record] = [
        comparison(experiment_id, label, "accuracy", 0.90 - position / 100, "train", "retain"),
        comparison(experiment_id, label, "accuracy", 0.60 - position / 100, "train", "forget"),
        comparison(experiment_id, label, "accuracy", 0.80 - position / 100, "test", "all"),
        comparison(experiment_id, label, "accuracy", 0.70, "test", "class_7"),
        comparison(experiment_id, label, "accuracy", 0.65, "test", "class_10_forget"),
        comparison(experiment_id, label, "collapsed", 0.5, "test", "all"),
        comparison(experiment_id, label, "seconds", 2.0 + position),
        comparison(experiment_id, label, "steps", 100.0),
        comparison(experiment_id, label, "samples_with_gradient", 800.0),
        comparison(experiment_id, label, "peak_memory", 4096.0),
        comparison(experiment_id, label, "layer_l2", 1.25, "", "", "retrained", "fc1.weight"),
    ]
    for other_position, other in enumerate(LABELS):
        # Every pair has its own value, so that rows cannot be mixed up unnoticed.
        value = 0.01 * (1 + position) + 0.1 * other_position
        found.append(
            comparison(experiment_id, label, "kl_from_reference", value, "train", "forget", other)
        )
    return found


def holding_process(path: Path, mode: str = "write") -> subprocess.Popen[str]:
    """A process that holds the file, once it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


def let_go(process: subprocess.Popen[str]) -> None:
    """End a holding process in the ordinary way."""
    process.communicate()
