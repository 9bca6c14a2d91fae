"""A worker process: one thread of arithmetic, deaf to the terminal, gone soon after its parent."""

from __future__ import annotations

import os
import signal
import threading
import time

__all__ = ["prepare_worker"]

_LOOK_EVERY_S = 0.5


def prepare_worker(parent_pid: int, threads: int) -> None:
    """Initializer of every worker.

    Args:
        parent_pid: The runner; when it is gone, this process ends within a second.
        threads: Threads of one worker's arithmetic; 1 on a CPU, where workers share the cores.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    threading.Thread(target=_leave_with_parent, args=(parent_pid,), daemon=True).start()

    # Paid once per worker, not by the first step that is timed: torch's optimizers import the
    # compiler's front end, seconds of work, when the first one is made.
    import torch
    import torch._dynamo

    torch.set_num_threads(threads)


def _leave_with_parent(parent_pid: int) -> None:
    while os.getppid() == parent_pid:
        time.sleep(_LOOK_EVERY_S)
    os._exit(1)
