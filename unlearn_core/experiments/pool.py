"""A pool of workers that survives the death of one of them."""

from __future__ import annotations

import concurrent.futures as futures
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from dataclasses import dataclass, replace

from unlearn_core.errors import StepFailedError
from unlearn_core.experiments.work import GroupPayload, execute_group
from unlearn_core.experiments.worker import prepare_worker

__all__ = ["FinishedGroup", "WorkerPool"]

_TRIES = 3


@dataclass(frozen=True, slots=True)
class FinishedGroup:
    """A group that ended: well, or with the error that ended it."""

    payload: GroupPayload
    error: BaseException | None


@dataclass(frozen=True, slots=True)
class _Waiting:
    payload: GroupPayload
    tries: int


class WorkerPool:
    """Spawned workers behind `concurrent.futures`.

    One killed worker breaks a ProcessPoolExecutor for every unfinished future, so the pool is
    rebuilt and unfinished groups are submitted again; a group that was running when a worker
    died has used one of its three tries.
    """

    def __init__(
        self, workers: int, threads: int, was_started: Callable[[GroupPayload], bool]
    ) -> None:
        self._workers = workers
        self._threads = threads
        self._was_started = was_started
        self._running: dict[futures.Future[None], _Waiting] = {}
        self._executor = self._new_executor()

    def _new_executor(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            max_workers=self._workers,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=prepare_worker,
            initargs=(os.getpid(), self._threads),
        )

    @property
    def free_places(self) -> int:
        """Groups that can be submitted now: one running and one waiting per worker."""
        return 2 * self._workers - len(self._running)

    @property
    def busy(self) -> bool:
        """Whether any group is unfinished."""
        return bool(self._running)

    def submit(self, payload: GroupPayload) -> None:
        """Hand over a group."""
        self._submit(_Waiting(payload, tries=0))

    def _submit(self, waiting: _Waiting) -> None:
        try:
            future = self._executor.submit(execute_group, waiting.payload)
        except BrokenProcessPool:
            self._rebuild()
            future = self._executor.submit(execute_group, waiting.payload)
        self._running[future] = waiting

    def wait(self, timeout_s: float) -> list[FinishedGroup]:
        """Groups that ended within the timeout; returns at the first."""
        done, _ = futures.wait(
            self._running, timeout=timeout_s, return_when=futures.FIRST_COMPLETED
        )
        finished: list[FinishedGroup] = []
        broken: list[_Waiting] = []
        for future in done:
            waiting = self._running.pop(future)
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                broken.append(waiting)
            else:
                finished.append(FinishedGroup(waiting.payload, error))
        if broken:
            finished.extend(self._after_a_death(broken))
        return finished

    def _after_a_death(self, broken: list[_Waiting]) -> list[FinishedGroup]:
        # The executor fails all futures at once, but not all may be marked yet.
        futures.wait(self._running, timeout=10)
        finished = []
        for future, waiting in list(self._running.items()):
            error = future.exception(timeout=0) if future.done() else None
            if future.done() and not isinstance(error, BrokenProcessPool):
                finished.append(FinishedGroup(waiting.payload, error))
            else:
                broken.append(waiting)
        self._running.clear()
        self._rebuild()
        for waiting in broken:
            tries = waiting.tries + self._was_started(waiting.payload)
            if tries >= _TRIES:
                error = StepFailedError(
                    f"{waiting.payload.stage} was tried {_TRIES} times and its worker was "
                    "killed each time",
                    hint="most often memory: try fewer workers (`--workers 1`)",
                )
                finished.append(FinishedGroup(waiting.payload, error))
            else:
                self._submit(replace(waiting, tries=tries))
        return finished

    def _rebuild(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = self._new_executor()

    def close(self) -> None:
        """End the workers; what is unfinished is dropped."""
        self._executor.shutdown(wait=True, cancel_futures=True)
