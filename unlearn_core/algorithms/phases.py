"""Counting what a phase of an unlearning costs while it runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import torch
from torch import Tensor

from unlearn_core.channel import Channel
from unlearn_core.training.cost import Phase

__all__ = ["PhaseRecorder"]


class PhaseRecorder:
    """Context manager around one phase: counts steps and samples, tells the channel.

    A phase that ends without a step, or with an exception, leaves nothing behind.

    Args:
        name: One of the names in the algorithm's info.
        total_steps: Steps it will take.
        channel: Told of every step.
        device: Waited for before the clock is read.
        keep: Takes the finished phase.
    """

    def __init__(
        self,
        name: str,
        total_steps: int,
        channel: Channel,
        device: torch.device,
        keep: Callable[[Phase], None],
    ) -> None:
        self._name = name
        self._total_steps = total_steps
        self._channel = channel
        self._device = device
        self._keep = keep
        self._steps = 0
        self._samples = 0
        self._first: Tensor | None = None
        self._last: Tensor | None = None
        self._started = 0.0

    def __enter__(self) -> Self:
        self._started = self._now()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None or self._first is None or self._last is None:
            return
        self._keep(
            Phase(
                name=self._name,
                steps=self._steps,
                samples_with_gradient=self._samples,
                first_loss=tuple(self._first.tolist()),
                last_loss=tuple(self._last.tolist()),
                seconds=self._now() - self._started,
            )
        )

    def record(self, losses: Tensor, samples: int) -> None:
        """One optimizer step is done.

        Args:
            losses: (M,) loss of each instance in this step.
            samples: Samples of each instance in this step.

        Raises:
            StoppedError: The channel asks to stop.
        """
        self._last = losses.detach()
        if self._first is None:
            self._first = self._last
        self._steps += 1
        self._samples += samples
        self._channel.advance(self._name, self._steps, self._total_steps)

    def _now(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.perf_counter()
