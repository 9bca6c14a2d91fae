"""What the named questions answer: one frozen row each, in the order of the views' columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = [
    "AccuracyRow",
    "ComparisonRow",
    "CostRow",
    "CurveRow",
    "ExperimentRow",
    "JobRow",
    "KlRow",
    "LayerRow",
    "LeaderboardRow",
    "MetricRow",
    "ModelRow",
    "NoiseFloorRow",
    "SampleRow",
]


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """One experiment and how far it came."""

    experiment_id: str
    name: str
    description: str
    dataset: str
    request: str  # what is to be forgotten, for people
    pairing: str
    instances: int
    seed: int
    models: int  # models that are complete
    labels: int
    created_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """One label of one experiment; see the view `leaderboard`."""

    experiment_id: str
    experiment: str
    label: str
    role: str
    forget_accuracy: float | None
    retain_accuracy: float | None
    test_accuracy: float | None
    kl_from_retrained: float | None
    kl_from_retrained_low: float | None
    kl_from_retrained_high: float | None
    n: int
    noise_floor: float | None
    noise_floor_low: float | None
    noise_floor_high: float | None
    collapsed: float | None
    seconds: float | None
    steps: float | None
    samples_with_gradient: float | None


@dataclass(frozen=True, slots=True)
class ComparisonRow:
    """One value of a population with its interval."""

    experiment_id: str
    label: str
    reference: str
    part: str
    subset: str
    metric: str
    detail: str
    value: float | None
    low: float | None
    high: float | None
    sd: float | None
    n: int
    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """Accuracy of one label on one class."""

    experiment_id: str
    experiment: str
    label: str
    part: str
    class_index: int
    kept: str
    accuracy: float | None
    low: float | None
    high: float | None
    sd: float | None
    n: int


@dataclass(frozen=True, slots=True)
class KlRow:
    """D_KL(reference || label) between two populations."""

    experiment_id: str
    experiment: str
    label: str
    reference: str
    part: str
    subset: str
    kl: float | None
    low: float | None
    high: float | None
    sd: float | None
    n: int


@dataclass(frozen=True, slots=True)
class LayerRow:
    """Distance of one tensor between two populations."""

    experiment_id: str
    experiment: str
    label: str
    reference: str
    layer: str
    metric: str
    distance: float | None
    low: float | None
    high: float | None
    sd: float | None
    n: int


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one model of a label cost."""

    experiment_id: str
    experiment: str
    label: str
    role: str
    seconds: float | None
    seconds_low: float | None
    seconds_high: float | None
    steps: float | None
    samples_with_gradient: float | None
    peak_memory: float | None
    share_of_retraining: float | None
    n: int


@dataclass(frozen=True, slots=True)
class NoiseFloorRow:
    """Distance of the retrained models from each other."""

    experiment_id: str
    experiment: str
    metric: str
    part: str
    subset: str
    detail: str
    noise_floor: float | None
    low: float | None
    high: float | None
    n: int
    method: str


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model as a member of an experiment, or on its own (then experiment and label are '')."""

    model_id: str
    experiment_id: str
    label: str
    role: str
    algorithm: str
    instance: int
    parent_model_id: str
    dataset: str
    architecture: str
    parameter_count: int
    seed: int
    fidelity: str
    steps: int
    samples_with_gradient: int
    seconds: float
    peak_memory_bytes: int
    checkpoint: str
    device: str
    created_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class CurveRow:
    """One round of one model's training."""

    model_id: str
    round: int
    steps: int
    samples_seen: int
    learning_rate: float
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One sample that can be drawn."""

    part: str
    sample_id: int
    label: int
    in_forget: bool
    shape: tuple[int, ...]  # (height, width) or (height, width, channels)
    pixels: bytes  # uint8, row by row


@dataclass(frozen=True, slots=True)
class MetricRow:
    """What a metric of this catalog is."""

    name: str
    title: str
    unit: str
    direction: str
    lower_bound: float | None
    upper_bound: float | None
    formula: str
    description: str


@dataclass(frozen=True, slots=True)
class JobRow:
    """One ended execution."""

    job_id: str
    experiment_id: str
    kind: str
    state: str
    run_folder: str
    host: str
    device: str
    started_at: datetime  # UTC
    ended_at: datetime  # UTC
    error: str
