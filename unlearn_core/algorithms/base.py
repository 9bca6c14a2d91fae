"""What every unlearning algorithm is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from unlearn_core.algorithms.task import UnlearningTask
from unlearn_core.channel import Channel
from unlearn_core.configs.algorithms.info import AlgorithmConfig
from unlearn_core.models.ensemble import Ensemble

__all__ = ["Unlearner"]

ConfigT = TypeVar("ConfigT", bound=AlgorithmConfig)


class Unlearner(ABC, Generic[ConfigT]):
    """One algorithm with its hyperparameters.

    The contract, tested for every registered algorithm: the given ensemble is not changed;
    equal seeds give equal weights; an instance's result does not depend on its neighbours; data
    is reached through the task alone; progress is reported, and a stop request is honoured, at
    every batch.

    Args:
        config: The hyperparameters.
    """

    def __init__(self, config: ConfigT) -> None:
        self.config = config

    def unlearn(self, models: Ensemble, task: UnlearningTask, channel: Channel) -> Ensemble:
        """A new ensemble, in evaluation mode, that has forgotten.

        Args:
            models: M trained networks; they stay as they are.
            task: The data that the algorithm may touch, and the seeds. Its phases and used needs
                are filled in.
            channel: Told of every batch.

        Raises:
            UndeclaredNeedError: The algorithm touched what its info does not declare.
            ConfigError: The hyperparameters do not fit the data.
            StoppedError: The channel asks to stop.
            ValueError: Networks and seeds differ in number.
        """
        if models.width != task.width:
            raise ValueError(f"{models.width} networks, but seeds for {task.width}")
        copies = models.clone().eval()
        self.change(copies, task, channel)
        return copies.eval()

    @abstractmethod
    def change(self, models: Ensemble, task: UnlearningTask, channel: Channel) -> None:
        """Make the given ensemble, a copy in evaluation mode, forget in place."""
