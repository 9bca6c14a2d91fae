"""Experiments in TOML files, in and out without loss."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from unlearn_core.configs.experiment import ExperimentConfig
from unlearn_core.configs.validation_messages import validate_experiment
from unlearn_core.errors import ConfigError

__all__ = ["experiment_toml", "parse_experiment", "read_experiment", "write_experiment"]


def read_experiment(path: Path) -> ExperimentConfig:
    """The experiment a TOML file describes.

    Raises:
        ConfigError: The file is missing, is no TOML (line named), or is no valid experiment.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"no experiment file '{path}'") from None
    except (IsADirectoryError, PermissionError) as error:
        raise ConfigError(f"cannot read '{path}': {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start})") from None
    return parse_experiment(text, str(path))


def parse_experiment(text: str, origin: str) -> ExperimentConfig:
    """The experiment a TOML text describes; `origin` names the text in messages.

    Raises:
        ConfigError: The text is no TOML (line named) or no valid experiment.
    """
    return validate_experiment(_parse_toml(text, origin), origin)


def experiment_toml(config: ExperimentConfig) -> str:
    """The whole experiment as TOML, defaults included; `parse_experiment` gives it back."""
    return tomli_w.dumps(config.table())


def write_experiment(config: ExperimentConfig, path: Path) -> None:
    """Write the experiment to a file, whole or not at all."""
    handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(experiment_toml(config))
        Path(scratch).replace(path)
    except BaseException:
        Path(scratch).unlink(missing_ok=True)
        raise


def _parse_toml(text: str, origin: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        lines = text.splitlines()
        found = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        reason = str(error)[: found.start()] if found else str(error)
        number = int(found[1]) if found else len(lines)
        message = f"{origin}, line {number}: {reason}: {lines[number - 1].strip()}"
        raise ConfigError(message, "The file is not valid TOML (https://toml.io).") from None
