"""Views for people, over stored comparisons: they only read and reshape, so they are fast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["VIEWS", "View"]


@dataclass(frozen=True, slots=True)
class View:
    """One view.

    Attributes:
        name: Name in the catalog.
        comment: What one row is.
        columns: Column name to its comment, in the order of the columns.
        sql: The query.
    """

    name: str
    comment: str
    columns: Mapping[str, str]
    sql: str


_EXPERIMENT = {
    "experiment_id": "Hash of config, data and request; the experiment's identity.",
    "experiment": "Name of the experiment.",
}
_LABEL = {"label": "Role or algorithm entry that the population of models belongs to."}
_ROLE = {"role": "untrained, trained, retrained (the gold standard) or unlearned."}
_REFERENCE = {"reference": "Population it is measured against."}
_PLACE = {
    "part": "Part of the data: train, validation or test; empty for weights.",
    "subset": "Named subset of the part; empty for weights.",
}
_INTERVAL = {
    "low": "Lower end of the interval over instances.",
    "high": "Upper end of the interval over instances.",
}
_SD = {"sd": "Standard deviation over instances."}
_N = {"n": "Number of instances the value rests on."}

_ROLES = """SELECT experiment_id, label, min(role) AS role
        FROM experiment_models GROUP BY ALL"""


def _of(metric: str, part: str, subset: str, value: str = "value", reference: str = "") -> str:
    """The one value of a group of comparisons that bears these names."""
    return (
        f"max(c.{value}) FILTER (c.metric = '{metric}' AND c.part = '{part}' "
        f"AND c.subset = '{subset}' AND c.reference = '{reference}' AND c.detail = '')"
    )


def _kl(value: str) -> str:
    return _of("kl_from_reference", "train", "forget", value, "retrained")


_LEADERBOARD = f"""
WITH roles AS ({_ROLES}),
floors AS (
    SELECT experiment_id, value, low, high FROM comparisons
    WHERE label = 'retrained' AND reference = 'retrained' AND metric = 'kl_from_reference'
      AND part = 'train' AND subset = 'forget' AND detail = ''
),
rows_per_label AS (
    SELECT c.experiment_id, c.label,
        {_of("accuracy", "train", "forget")} AS forget_accuracy,
        {_of("accuracy", "train", "retain")} AS retain_accuracy,
        {_of("accuracy", "test", "all")} AS test_accuracy,
        {_kl("value")} AS kl_from_retrained,
        {_kl("low")} AS kl_from_retrained_low,
        {_kl("high")} AS kl_from_retrained_high,
        coalesce({_kl("n")}, max(c.n)) AS n,
        {_of("collapsed", "test", "all")} AS collapsed,
        {_of("seconds", "", "")} AS seconds,
        {_of("steps", "", "")} AS steps,
        {_of("samples_with_gradient", "", "")} AS samples_with_gradient
    FROM comparisons c WHERE c.reference IN ('', 'retrained') GROUP BY ALL
)
SELECT r.experiment_id, e.name AS experiment, r.label, coalesce(o.role, 'unlearned') AS role,
    r.forget_accuracy, r.retain_accuracy, r.test_accuracy,
    r.kl_from_retrained, r.kl_from_retrained_low, r.kl_from_retrained_high, r.n,
    f.value AS noise_floor, f.low AS noise_floor_low, f.high AS noise_floor_high,
    r.collapsed, r.seconds, r.steps, r.samples_with_gradient
FROM rows_per_label r
JOIN experiments e USING (experiment_id)
LEFT JOIN roles o USING (experiment_id, label)
LEFT JOIN floors f USING (experiment_id)
ORDER BY e.created_at DESC, e.experiment_id,
    list_position(['trained', 'retrained', 'untrained', 'unlearned'], role),
    r.kl_from_retrained NULLS LAST, r.label
"""

_ACCURACY_BY_CLASS = r"""
SELECT c.experiment_id, e.name AS experiment, c.label, c.part,
    CAST(regexp_extract(c.subset, '^class_(\d+)', 1) AS BIGINT) AS class,
    coalesce(nullif(regexp_extract(c.subset, '^class_\d+_(retain|forget)$', 1), ''), 'all') AS kept,
    c.value AS accuracy, c.low, c.high, c.sd, c.n
FROM comparisons c JOIN experiments e USING (experiment_id)
WHERE c.metric = 'accuracy' AND c.reference = ''
  AND regexp_matches(c.subset, '^class_\d+(_retain|_forget)?$')
ORDER BY experiment, c.experiment_id, c.label, c.part, class, kept
"""

_KL_MATRIX = """
SELECT c.experiment_id, e.name AS experiment, c.label, c.reference, c.part, c.subset,
    c.value AS kl, c.low, c.high, c.sd, c.n
FROM comparisons c JOIN experiments e USING (experiment_id)
WHERE c.metric = 'kl_from_reference' AND c.reference <> ''
ORDER BY experiment, c.experiment_id, c.part, c.subset, c.label, c.reference
"""

_LAYER_DISTANCES = """
SELECT c.experiment_id, e.name AS experiment, c.label, c.reference, c.detail AS layer, c.metric,
    c.value AS distance, c.low, c.high, c.sd, c.n
FROM comparisons c JOIN experiments e USING (experiment_id)
WHERE c.metric IN ('layer_l1', 'layer_l2', 'layer_relative')
ORDER BY experiment, c.experiment_id, c.metric, c.label, c.reference, layer
"""

_COSTS = f"""
WITH roles AS ({_ROLES}),
per_label AS (
    SELECT c.experiment_id, c.label,
        {_of("seconds", "", "")} AS seconds,
        {_of("seconds", "", "", "low")} AS seconds_low,
        {_of("seconds", "", "", "high")} AS seconds_high,
        {_of("steps", "", "")} AS steps,
        {_of("samples_with_gradient", "", "")} AS samples_with_gradient,
        {_of("peak_memory", "", "")} AS peak_memory,
        max(c.n) AS n
    FROM comparisons c
    WHERE c.metric IN ('seconds', 'steps', 'samples_with_gradient', 'peak_memory')
    GROUP BY ALL
)
SELECT p.experiment_id, e.name AS experiment, p.label, coalesce(o.role, 'unlearned') AS role,
    p.seconds, p.seconds_low, p.seconds_high, p.steps, p.samples_with_gradient, p.peak_memory,
    p.seconds / nullif(again.seconds, 0) AS share_of_retraining, p.n
FROM per_label p
JOIN experiments e USING (experiment_id)
LEFT JOIN roles o USING (experiment_id, label)
LEFT JOIN per_label again
    ON again.experiment_id = p.experiment_id AND again.label = 'retrained'
ORDER BY experiment, p.experiment_id, p.seconds NULLS LAST, p.label
"""

_NOISE_FLOOR = """
SELECT c.experiment_id, e.name AS experiment, c.metric, c.part, c.subset, c.detail,
    c.value AS noise_floor, c.low, c.high, c.n, c.method
FROM comparisons c JOIN experiments e USING (experiment_id)
WHERE c.label = 'retrained' AND c.reference = 'retrained'
ORDER BY experiment, c.experiment_id, c.metric, c.part, c.subset, c.detail
"""

_EXPERIMENT_SAMPLES = """
SELECT e.experiment_id, e.name AS experiment, s.part, s.sample_id, s.label,
    f.sample_id IS NOT NULL AS in_forget, s.shape, s.pixels
FROM experiments e
JOIN samples s USING (data_fingerprint)
LEFT JOIN forget_samples f
    ON f.request_id = e.request_id AND f.part = s.part AND f.sample_id = s.sample_id
"""

VIEWS: tuple[View, ...] = (
    View(
        "leaderboard",
        "One row per experiment and label: how much it forgot, what it kept, how far it is from "
        "models that never saw the forget set, and what it cost. Newest experiment first.",
        {
            **_EXPERIMENT,
            **_LABEL,
            **_ROLE,
            "forget_accuracy": "Mean accuracy on the forget samples of the train part.",
            "retain_accuracy": "Mean accuracy on the retained samples of the train part.",
            "test_accuracy": "Mean accuracy on the whole test part.",
            "kl_from_retrained": "The headline: mean D_KL(retrained || model) on the forget "
            "samples of the train part, against the other retrained instances, nats.",
            "kl_from_retrained_low": "Lower end of its interval.",
            "kl_from_retrained_high": "Upper end of its interval.",
            "n": "Number of instances it rests on.",
            "noise_floor": "The same distance among the retrained models themselves: the best "
            "any algorithm can honestly reach.",
            "noise_floor_low": "Lower end of the floor's interval.",
            "noise_floor_high": "Upper end of the floor's interval.",
            "collapsed": "Share of the models that have collapsed (test part).",
            "seconds": "Mean wall-clock seconds per model.",
            "steps": "Mean optimizer steps per model.",
            "samples_with_gradient": "Mean samples that gave a gradient, with repetition.",
        },
        _LEADERBOARD,
    ),
    View(
        "accuracy_by_class",
        "Mean accuracy of each label on each class, whole and by what was to be forgotten.",
        {
            **_EXPERIMENT,
            **_LABEL,
            "part": "Part of the data: train, validation or test.",
            "class": "The class.",
            "kept": "all samples of the class, or only those to retain or to forget.",
            "accuracy": "Mean accuracy over instances.",
            **_INTERVAL,
            **_SD,
            **_N,
        },
        _ACCURACY_BY_CLASS,
    ),
    View(
        "kl_matrix",
        "D_KL(reference || label) between every two populations; the row retrained against "
        "retrained is the noise floor.",
        {
            **_EXPERIMENT,
            **_LABEL,
            **_REFERENCE,
            **_PLACE,
            "kl": "Mean population distance, nats.",
            **_INTERVAL,
            **_SD,
            **_N,
        },
        _KL_MATRIX,
    ),
    View(
        "layer_distances",
        "Distance of the weights between populations, tensor by tensor.",
        {
            **_EXPERIMENT,
            **_LABEL,
            **_REFERENCE,
            "layer": "Name of the tensor.",
            "metric": "layer_l1, layer_l2 or layer_relative.",
            "distance": "Mean population distance in the metric's unit.",
            **_INTERVAL,
            **_SD,
            **_N,
        },
        _LAYER_DISTANCES,
    ),
    View(
        "costs",
        "What one model of each label cost, and the share of what retraining costs.",
        {
            **_EXPERIMENT,
            **_LABEL,
            **_ROLE,
            "seconds": "Mean wall-clock seconds.",
            "seconds_low": "Lower end of the interval of the seconds.",
            "seconds_high": "Upper end of the interval of the seconds.",
            "steps": "Mean optimizer steps.",
            "samples_with_gradient": "Mean samples that gave a gradient, with repetition.",
            "peak_memory": "Mean of the most memory held at once, bytes.",
            "share_of_retraining": "Seconds divided by the seconds of retraining.",
            **_N,
        },
        _COSTS,
    ),
    View(
        "noise_floor",
        "Distances of the retrained models from each other: below this, two algorithms cannot be "
        "told apart.",
        {
            **_EXPERIMENT,
            "metric": "Name of the distance.",
            **_PLACE,
            "detail": "Layer, class or percentile; empty where there is none.",
            "noise_floor": "Mean population distance among retrained models.",
            **_INTERVAL,
            **_N,
            "method": "How value and interval were computed.",
        },
        _NOISE_FLOOR,
    ),
    View(
        "experiment_samples",
        "The samples of an experiment's data that can be drawn, and which are to be forgotten.",
        {
            **_EXPERIMENT,
            "part": "Part of the data: train, validation or test.",
            "sample_id": "Row in the source order of the part.",
            "label": "True class of the sample.",
            "in_forget": "Whether the experiment's request wants it to be forgotten.",
            "shape": "'height,width' or 'height,width,channels'.",
            "pixels": "Pixels as uint8, row by row.",
        },
        _EXPERIMENT_SAMPLES,
    ),
)
