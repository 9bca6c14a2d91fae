"""Checkpoints as safetensors with a SHA-256; nothing is ever unpickled."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from safetensors import SafetensorError

from unlearn_core.errors import CheckpointError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["load_checkpoint", "load_checkpoint_arrays", "save_checkpoint"]


def save_checkpoint(path: Path, state: Mapping[str, Tensor]) -> str:
    """Write the parameters and buffers of one instance; returns the file's SHA-256.

    The file replaces an older one as a whole.
    """
    from safetensors.torch import save

    content = save({name: tensor.contiguous() for name, tensor in state.items()})
    scratch = path.with_name(path.name + ".new")
    scratch.write_bytes(content)
    scratch.replace(path)
    return hashlib.sha256(content).hexdigest()


def load_checkpoint(path: Path, sha256: str) -> dict[str, Tensor]:
    """Read a checkpoint.

    Raises:
        CheckpointError: It is missing, damaged, or not the file that was stored.
    """
    from safetensors.torch import load

    try:
        return load(_verified(path, sha256))
    except SafetensorError as error:
        raise CheckpointError(f"checkpoint {path} is not a safetensors file: {error}") from error


def load_checkpoint_arrays(path: Path, sha256: str) -> dict[str, NDArray[Any]]:
    """Read a checkpoint as NumPy arrays, without torch.

    Raises:
        CheckpointError: It is missing, damaged, or not the file that was stored.
    """
    from safetensors.numpy import load

    try:
        arrays: dict[str, NDArray[Any]] = load(_verified(path, sha256))
    except SafetensorError as error:
        raise CheckpointError(f"checkpoint {path} is not a safetensors file: {error}") from error
    return arrays


def _verified(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise CheckpointError(
            f"checkpoint {path} is missing", hint="run the experiment again to make it anew"
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise CheckpointError(
            f"checkpoint {path} has SHA-256 {found}, but {sha256} was stored",
            hint="the file was changed or damaged; delete its cache entry and run again",
        )
    return content
