"""Which device a job runs on, decided before any work starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from unlearn_core.errors import DeviceError, RequestError

__all__ = ["DEVICE_CHOICES", "DeviceChoice", "DevicePlan", "plan_devices"]

DeviceChoice = Literal["auto", "cpu", "cuda"]
DEVICE_CHOICES: tuple[DeviceChoice, ...] = get_args(DeviceChoice)


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """Devices and workers of a job.

    Attributes:
        devices: One name per worker: `cpu`, or `cuda:<n>` for each GPU.
        threads: Threads of each worker.
        stack: Whether instances are stacked into one ensemble per worker.
    """

    devices: tuple[str, ...]
    threads: int
    stack: bool

    @property
    def kind(self) -> str:
        """`cpu` or `cuda`."""
        return self.devices[0].partition(":")[0]


def plan_devices(choice: DeviceChoice, workers: int | None) -> DevicePlan:
    """Choose devices: every GPU if there is one, else one worker per core with one thread.

    Raises:
        DeviceError: CUDA was asked for and no GPU can be used.
        RequestError: The number of workers is below one.
    """
    if workers is not None and workers < 1:
        raise RequestError(f"workers is {workers}; it must be 1 or more")
    gpus = 0 if choice == "cpu" else _usable_gpus()
    if choice == "cuda" and not gpus:
        raise DeviceError(
            "device 'cuda' was asked for, but no usable NVIDIA GPU was found; choices: auto, cpu",
            hint="`unlearn doctor` shows what torch sees",
        )
    if gpus:
        count = min(gpus, workers or gpus)
        return DevicePlan(tuple(f"cuda:{n}" for n in range(count)), threads=1, stack=True)
    return DevicePlan(("cpu",) * (workers or usable_cores()), threads=1, stack=False)


def usable_cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _usable_gpus() -> int:
    # torch takes seconds to import; without the driver's device file there is nothing to ask it.
    if not Path("/dev/nvidiactl").exists():
        return 0
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0
