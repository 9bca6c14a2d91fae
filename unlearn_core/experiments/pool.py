"""A pool of workers that survives the death of one of them."""

from __future__ import annotations

import concurrent.futures as futures
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from dataclasses import dataclass

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
class _Submitted:
    """A group in some executor; executors are numbered, since a broken one is replaced."""

    payload: GroupPayload
    tries: int
    executor_number: int


class WorkerPool:
    """Spawned workers behind `concurrent.futures`.

    One killed worker breaks a ProcessPoolExecutor for every unfinished future, so the pool is
    rebuilt and unfinished groups are submitted again; a group that was running when a worker
    died has used one of its three tries.

    Args:
        workers: Number of processes.
        threads: Threads of each.
        take_start_mark: Says whether a worker had begun a group, and forgets it.
    """

    def __init__(
        self, workers: int, threads: int, take_start_mark: Callable[[GroupPayload], bool]
    ) -> None:
        self._workers = workers
        self._threads = threads
        self._take_start_mark = take_start_mark
        self._running: dict[futures.Future[None], _Submitted] = {}
        self._executor_number = 0
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
        self._submit(payload, tries=0)

    def _submit(self, payload: GroupPayload, tries: int) -> None:
        try:
            future = self._executor.submit(execute_group, payload)
        except BrokenProcessPool:
            self._replace(self._executor_number)
            future = self._executor.submit(execute_group, payload)
        self._running[future] = _Submitted(payload, tries, self._executor_number)

    def wait(self, timeout_s: float) -> list[FinishedGroup]:
        """Groups that ended within the timeout; returns at the first."""
        done, _ = futures.wait(
            self._running, timeout=timeout_s, return_when=futures.FIRST_COMPLETED
        )
        finished: list[FinishedGroup] = []
        broken: list[_Submitted] = []
        for future in done:
            submitted = self._running.pop(future)
            error = future.exception()
            if isinstance(error, BrokenProcessPool):
                broken.append(submitted)
            else:
                finished.append(FinishedGroup(submitted.payload, error))
        for submitted in broken:
            self._replace(submitted.executor_number)
            finished += self._try_again(submitted)
        return finished

    def _try_again(self, submitted: _Submitted) -> list[FinishedGroup]:
        tries = submitted.tries + self._take_start_mark(submitted.payload)
        if tries < _TRIES:
            self._submit(submitted.payload, tries)
            return []
        error = StepFailedError(
            f"{submitted.payload.stage} was tried {_TRIES} times and its worker was killed "
            "each time",
            hint="most often memory: try fewer workers (`--workers 1`)",
        )
        return [FinishedGroup(submitted.payload, error)]

    def _replace(self, executor_number: int) -> None:
        """Put a new executor in the place of a broken one, once."""
        if executor_number == self._executor_number:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor_number += 1
            self._executor = self._new_executor()

    def close(self) -> None:
        """End the workers; what is unfinished is dropped."""
        self._executor.shutdown(wait=True, cancel_futures=True)
