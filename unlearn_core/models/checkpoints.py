"""Checkpoints: safetensors files with a hash, written whole or not at all, never unpickled."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from safetensors import SafetensorError

from unlearn_core.errors import CheckpointError, DiskFullError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["load_checkpoint", "load_checkpoint_arrays", "save_checkpoint"]


def save_checkpoint(path: Path, state: Mapping[str, Tensor]) -> str:
    """Write a state dict so that after a crash the file is whole or absent.

    Equal states give equal files.

    Args:
        path: The file; its folder is made.
        state: Tensors by name, on any device.

    Returns:
        SHA-256 (hex) of the file.

    Raises:
        DiskFullError: There is no room left.
    """
    from safetensors.torch import save

    content: bytes = save(
        {name: value.detach().cpu().contiguous() for name, value in state.items()}
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_atomically(path, content)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(f"no room left to write checkpoint {path}") from error
        raise
    return hashlib.sha256(content).hexdigest()


def load_checkpoint(path: Path, sha256: str) -> dict[str, Tensor]:
    """Read a state dict onto the CPU.

    Args:
        path: The file.
        sha256: What its SHA-256 (hex) must be.

    Raises:
        CheckpointError: The file is missing, has another hash, or is no safetensors file.
    """
    from safetensors.torch import load

    content = _read_checked(path, sha256)
    try:
        state: dict[str, Tensor] = load(content)
    except SafetensorError as error:
        raise CheckpointError(f"checkpoint {path} is no safetensors file: {error}") from None
    return state


def load_checkpoint_arrays(path: Path, sha256: str | None = None) -> dict[str, NDArray[Any]]:
    """Read a checkpoint as NumPy arrays, without torch.

    Args:
        path: The file.
        sha256: What its SHA-256 (hex) must be; None where it was checked before.

    Raises:
        CheckpointError: The file is missing, has another hash, or is no safetensors file.
    """
    from safetensors.numpy import load

    content = _read_checked(path, sha256)
    try:
        arrays: dict[str, NDArray[Any]] = load(content)
    except SafetensorError as error:
        raise CheckpointError(f"checkpoint {path} is no safetensors file: {error}") from None
    return arrays


def _read_checked(path: Path, sha256: str | None) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"checkpoint {path} cannot be read: {error.strerror}",
            "Delete its cache entry and run the experiment again to make it anew.",
        ) from None
    if sha256 is not None:
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise CheckpointError(
                f"checkpoint {path} has SHA-256 {found}, but {sha256} was stored",
                "The file was changed or damaged; delete its cache entry and run again.",
            )
    return content


def _write_atomically(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        scratch.chmod(0o644)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    # The rename itself lasts only once the folder is on the disk; Windows cannot sync folders.
    with contextlib.suppress(PermissionError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
