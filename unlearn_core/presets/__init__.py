"""Ready experiments as TOML files, and the way from a name or a file to an experiment."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.configs.overrides import apply_overrides
from unlearn_core.configs.toml_files import parse_experiment, read_experiment
from unlearn_core.errors import UnknownNameError

__all__ = ["load_experiment", "load_preset", "preset_names", "preset_path", "preset_text"]

_FOLDER = Path(__file__).parent


def preset_names() -> tuple[str, ...]:
    """Names of all presets, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def preset_path(name: str) -> Path:
    """The file of a preset.

    Raises:
        UnknownNameError: No preset has that name.
    """
    if name not in preset_names():
        raise UnknownNameError("preset", name, preset_names())
    return _FOLDER / f"{name}.toml"


def preset_text(name: str) -> str:
    """The TOML of a preset as it was written, with its comments.

    Raises:
        UnknownNameError: No preset has that name.
    """
    return preset_path(name).read_text(encoding="utf-8")


def load_preset(name: str) -> ExperimentConfig:
    """A preset as a typed experiment.

    Raises:
        UnknownNameError: No preset has that name.
    """
    return parse_experiment(preset_text(name), f"preset {name}")


def load_experiment(source: str, overrides: Iterable[str] = ()) -> ExperimentConfig:
    """An experiment from a preset's name or a TOML file, with `KEY=VALUE` overrides applied.

    Whatever ends in `.toml`, holds a path separator or is an existing file is taken as a file;
    everything else as a preset.

    Raises:
        UnknownNameError: No preset has that name.
        ConfigError: The file or an override is wrong.
    """
    path = Path(source)
    is_file = path.suffix == ".toml" or len(path.parts) > 1 or path.is_file()
    config = read_experiment(path) if is_file else load_preset(source)
    return apply_overrides(config, overrides)
