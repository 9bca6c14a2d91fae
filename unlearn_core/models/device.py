"""The device a person asked for."""

from __future__ import annotations

import torch

from unlearn_core.errors import DeviceError

__all__ = ["resolve_device"]


def resolve_device(name: str) -> torch.device:
    """The torch device of a name.

    Args:
        name: `auto` (a CUDA device if there is one, else the CPU), `cpu`, `cuda` or `cuda:<n>`.

    Raises:
        DeviceError: The device is not there; the message says which are.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return torch.device("cuda" if gpus else "cpu")
    choices = ["auto", "cpu", *(["cuda"] if gpus else []), *(f"cuda:{n}" for n in range(gpus))]
    if name not in choices:
        raise DeviceError(f"no device '{name}' on this machine; choices: {', '.join(choices)}")
    return torch.device(name)
