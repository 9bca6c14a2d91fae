"""One frozen record per catalog table.

The order of fields is the order of columns. `TABLES` in `unlearn_core.catalog.tables` says which
columns are keys and which are timings; a record's identity is its key columns.
Text keys are never NULL: an empty string means "none" or "does not apply".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = [
    "ComparisonRecord",
    "EvaluationRecord",
    "ExperimentModelRecord",
    "ExperimentRecord",
    "ForgetSampleRecord",
    "JobRecord",
    "MetricRecord",
    "ModelRecord",
    "PredictionRecord",
    "Record",
    "Role",
    "SampleRecord",
    "SplitRecord",
    "TrainingCurveRecord",
    "UnlearningPhaseRecord",
    "UnlearningRunRecord",
]

Role = Literal["untrained", "trained", "retrained", "unlearned"]


@dataclass(frozen=True, slots=True)
class ExperimentRecord:
    """One experiment: a config and what it was resolved to."""

    experiment_id: str  # config hash + data fingerprint + request id, hashed
    name: str
    description: str
    config_hash: str
    config_toml: str
    dataset: str
    data_fingerprint: str  # train and test fingerprints, hashed
    request_id: str  # hash of data fingerprint and the forget sample ids of both parts
    pairing: str
    instances: int
    seed: int
    created_at: datetime  # timing


@dataclass(frozen=True, slots=True)
class JobRecord:
    """One ended execution. Running ones live in their run folder."""

    job_id: str
    experiment_id: str
    kind: str
    state: str
    run_folder: str
    host: str
    device: str
    started_at: datetime
    ended_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One model with its provenance and what it cost."""

    model_id: str  # hash of its step
    role: Role
    algorithm: str  # '' unless unlearned
    instance: int
    parent_model_id: str  # the trained model an unlearned one started from, or ''
    request_id: str  # '' for roles that do not depend on the request
    dataset: str
    data_fingerprint: str
    architecture: str
    parameter_count: int
    config_json: str  # the step's whole specification
    config_hash: str
    seed: int
    fidelity: str
    steps: int
    samples_with_gradient: int
    checkpoint: str  # file below the runs folder, '' where none is kept
    checkpoint_sha256: str
    seconds: float  # timing
    peak_memory_bytes: int  # timing
    side_storage_bytes: int
    device: str  # timing
    library_versions: str  # timing; JSON of name to version
    code_version: str  # timing
    created_at: datetime  # timing


@dataclass(frozen=True, slots=True)
class ExperimentModelRecord:
    """Which models an experiment uses; cached models are shared."""

    experiment_id: str
    model_id: str
    role: Role
    label: str  # the role's name, or the algorithm entry's label
    instance: int


@dataclass(frozen=True, slots=True)
class TrainingCurveRecord:
    """One round of a training."""

    model_id: str
    round: int  # from 1
    steps: int  # optimizer steps so far
    samples_seen: int
    learning_rate: float
    loss: float  # mean cross-entropy of the round's samples as they were seen, nats
    accuracy: float  # of the same samples


@dataclass(frozen=True, slots=True)
class UnlearningRunRecord:
    """One unlearning of one model."""

    model_id: str
    parent_model_id: str
    algorithm: str
    fidelity: str
    config_json: str
    declared_needs: str  # comma-separated, what the menu promises
    used_needs: str  # comma-separated, what was really touched
    retain_samples_used: int


@dataclass(frozen=True, slots=True)
class UnlearningPhaseRecord:
    """One phase (noise, impair, repair, ...) of one unlearning."""

    model_id: str
    position: int  # from 0
    phase: str
    steps: int
    samples_with_gradient: int
    first_loss: float | None
    last_loss: float | None
    seconds: float  # timing


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """One value of one model, or of one model against one reference model."""

    model_id: str
    reference_model_id: str  # '' where there is none
    request_id: str  # '' where the value does not depend on the request
    part: str  # 'train', 'validation', 'test', or '' for values of parameters and costs
    subset: str  # '' as above
    metric: str
    detail: str  # layer, class, percentile, or ''
    value: float | None
    reason: str  # why the value is NULL, or ''


@dataclass(frozen=True, slots=True)
class ComparisonRecord:
    """One value of a population, with its interval."""

    experiment_id: str
    label: str
    reference: str  # label of the reference population, or ''
    part: str
    subset: str
    metric: str
    detail: str
    value: float | None
    low: float | None
    high: float | None
    sd: float | None  # over instances, ddof 1
    n: int
    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class PredictionRecord:
    """Log-probabilities of one model for one sample."""

    model_id: str
    part: str
    sample_id: int
    log_probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """The pixels of one sample, so that it can be drawn from the catalog alone."""

    data_fingerprint: str
    part: str
    sample_id: int
    dataset: str
    label: int
    shape: str  # 'height,width' or 'height,width,channels'
    pixels: bytes  # uint8, row by row


@dataclass(frozen=True, slots=True)
class ForgetSampleRecord:
    """Membership of one sample in the forget set of one request."""

    request_id: str
    part: str
    sample_id: int


@dataclass(frozen=True, slots=True)
class SplitRecord:
    """One forget request as it was resolved."""

    request_id: str
    data_fingerprint: str
    dataset: str
    kind: str
    description: str
    source: str  # split file, or ''
    labelled_by: str
    forget_train: int
    forget_validation: int
    forget_test: int


@dataclass(frozen=True, slots=True)
class MetricRecord:
    """What a metric is."""

    name: str
    title: str
    unit: str
    direction: str  # 'higher', 'lower', 'reference' (like retrained is best) or 'none'
    lower_bound: float | None
    upper_bound: float | None
    formula: str
    description: str


Record = (
    ExperimentRecord
    | JobRecord
    | ModelRecord
    | ExperimentModelRecord
    | TrainingCurveRecord
    | UnlearningRunRecord
    | UnlearningPhaseRecord
    | EvaluationRecord
    | ComparisonRecord
    | PredictionRecord
    | SampleRecord
    | ForgetSampleRecord
    | SplitRecord
    | MetricRecord
)
