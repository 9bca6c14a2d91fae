"""FEMU+Gen: FEMU with a noise generator; the noise stands for the forgotten class.

Thesis section 4, from Tarun et al., TNNLS 2023. Needs labels and number of the forget samples,
never their images. See `noise_generator_unlearner` for the equations.
"""

from __future__ import annotations

from unlearn_core.algorithms.noise_generator_unlearner import NoiseGeneratorUnlearner
from unlearn_core.configs.algorithms.femu_gen import FemuGenConfig
from unlearn_core.configs.algorithms.noise import ClassLabelTarget, GivenDistributionTarget

__all__ = ["FemuGen"]


class FemuGen(NoiseGeneratorUnlearner[FemuGenConfig]):
    """The noise stands for class labels or one given distribution."""

    @property
    def target(self) -> ClassLabelTarget | GivenDistributionTarget:
        """What the noise stands for."""
        return self.config.target
