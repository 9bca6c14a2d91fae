"""One job at a time per kind of device; the others are queued."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

from unlearn_core.errors import StoppedError
from unlearn_core.experiments.devices import DeviceChoice, plan_devices
from unlearn_core.experiments.file_channel import stop_requested
from unlearn_core.experiments.status import StatusFile

__all__ = ["slot"]

_LOOK_EVERY_S = 0.5


@contextlib.contextmanager
def slot(runs: Path, device: DeviceChoice, run_folder: Path, status: StatusFile) -> Iterator[None]:
    """Hold the slot of a kind of device while the block runs. A dead holder frees it.

    Raises:
        StoppedError: A stop was requested while the job was queued.
    """
    folder = runs / "slots"
    folder.mkdir(parents=True, exist_ok=True)
    kind = plan_devices(device, None).kind
    with (folder / f"{kind}.lock").open("w") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                status.update(note=f"waiting for another job on the {kind}")
            if stop_requested(run_folder):
                raise StoppedError("stopped on request while it was queued")
            time.sleep(_LOOK_EVERY_S)
        yield
