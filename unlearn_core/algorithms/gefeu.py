"""GeFeU: FEMU+Gen with the model's own predictions as labels of the noise.

Thesis section 5, Eq. 3: for every x in D_f the target is f(x) before unlearning. See
`noise_generator_unlearner` for the equations.
"""

from __future__ import annotations

from unlearn_core.algorithms.noise_generator_unlearner import NoiseGeneratorUnlearner
from unlearn_core.configs.algorithms.gefeu import GefeuConfig
from unlearn_core.configs.algorithms.noise import NoiseTarget

__all__ = ["Gefeu"]


class Gefeu(NoiseGeneratorUnlearner[GefeuConfig]):
    """The noise stands for prior predictions, class labels or one given distribution."""

    @property
    def target(self) -> NoiseTarget:
        """What the noise stands for."""
        return self.config.target
