"""The shape of a config for people and for editors."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from unlearn_core.configs.algorithms.registry import algorithm_names, config_type
from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.configs.schema import experiment_json_schema, field_facts


def facts(model):
    return {fact.path: fact for fact in field_facts(model)}


def test_the_json_schema_is_json_and_knows_every_algorithm_and_key():
    schema = json.loads(json.dumps(experiment_json_schema()))
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["required"]) == {"name", "dataset", "request"}
    assert set(schema["properties"]) == set(ExperimentConfig.model_fields)
    tags = schema["properties"]["algorithms"]["items"]["discriminator"]["mapping"]
    assert set(tags) == set(algorithm_names())
    assert schema["additionalProperties"] is False


def test_facts_name_the_defaults_of_the_algorithm_not_of_the_nested_table():
    assert facts(config_type("femu_gen"))["generator.start_dimension"].default == "35"
    assert facts(config_type("gefeu"))["generator.start_dimension"].default == "128"


def test_facts_name_bounds_choices_and_the_member_a_key_belongs_to():
    found = facts(ExperimentConfig)
    assert found["instances"].expects == "an integer, at least 1 and at most 10000"
    assert found["pairing"].default == '"twins"'
    assert found["request.kind"].default == "required"
    assert 'with kind = "feature"' in found["request.split"].description
    assert found["training.amount.kind"].expects == 'one of "rounds", "epochs"'


@pytest.mark.parametrize("name", algorithm_names())
def test_every_hyperparameter_is_described(name):
    for fact in field_facts(config_type(name)):
        if fact.path != "algorithm":
            assert fact.description, fact.path


def test_configs_and_presets_never_import_torch():
    code = (
        "import sys\n"
        "import unlearn_core.configs.overrides, unlearn_core.presets as p\n"
        "[p.load_preset(name) for name in p.preset_names()]\n"
        "print([m for m in ('torch', 'duckdb', 'pyarrow', 'textual') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
