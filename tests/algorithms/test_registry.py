from typing import ClassVar, Literal

import pytest

from unlearn_core.algorithms.base import Unlearner
from unlearn_core.algorithms.registry import create
from unlearn_core.configs.algorithms.info import AlgorithmConfig, AlgorithmInfo
from unlearn_core.configs.algorithms.registry import algorithm_names, config_type
from unlearn_core.errors import UnlearnError


@pytest.mark.parametrize("name", algorithm_names())
def test_every_menu_entry_has_its_kitchen_file(name):
    config = config_type(name)()
    unlearner = create(config)
    assert isinstance(unlearner, Unlearner)
    assert type(unlearner).__module__ == f"unlearn_core.algorithms.{name}"
    assert unlearner.config is config


def test_a_menu_entry_nobody_cooks_is_named():
    class GhostConfig(AlgorithmConfig):
        info: ClassVar[AlgorithmInfo] = AlgorithmInfo(
            name="ghost", title="", summary="", paper="", needs=frozenset(), phases=()
        )
        algorithm: Literal["ghost"] = "ghost"

    with pytest.raises(UnlearnError, match="'ghost' is on the menu"):
        create(GhostConfig())
