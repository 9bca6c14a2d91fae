"""Adam over all instances at once, with instances that can be frozen."""

from __future__ import annotations

from collections.abc import Sequence

import torch

# Adam's constructor imports this, which takes seconds: here, so that no timed phase pays for it.
import torch._dynamo
from torch import Tensor
from torch.optim import Adam

from unlearn_core.configs.training import GradientClipping, NoClipping, ValueClipping

__all__ = ["EnsembleOptimizer"]


class EnsembleOptimizer:
    """`torch.optim.Adam`, which works element by element, so instances never mix.

    Args:
        parameters: Leaf tensors with a leading instance axis of length `width`; for `width` 1
            the axis may be missing.
        width: Number of instances M.
        learning_rate: Adam's learning rate.
        weight_decay: Adam's L2 penalty.
        clipping: What is done to large gradients. By value, it is element by element too.
        maximize: Ascend instead of descend.
    """

    def __init__(
        self,
        parameters: Sequence[Tensor],
        width: int,
        learning_rate: float,
        *,
        weight_decay: float = 0.0,
        clipping: GradientClipping | None = None,
        maximize: bool = False,
    ) -> None:
        self._parameters = list(parameters)
        self._width = width
        self._clipping = clipping or NoClipping()
        self._frozen = (False,) * width
        fused = self._parameters[0].device.type in ("cpu", "cuda")
        self.adam = Adam(
            self._parameters,
            lr=learning_rate,
            weight_decay=weight_decay,
            maximize=maximize,
            fused=fused,
        )

    @property
    def learning_rate(self) -> float:
        """The rate of the next step."""
        return float(self.adam.param_groups[0]["lr"])

    def step(self, losses: Tensor, active: Tensor | None = None) -> None:
        """Differentiate the instances' losses and move every active instance.

        Gradients reach only this optimizer's parameters.

        Args:
            losses: (M,) one loss per instance.
            active: (M,) bool; parameters and moments of the others stay exactly as they are.
                A frozen instance stays frozen: Adam counts steps for all instances together.

        Raises:
            ValueError: An instance that was frozen is active again.
        """
        for parameter in self._parameters:
            parameter.grad = None
        torch.autograd.backward(losses.sum(), inputs=self._parameters)
        if isinstance(self._clipping, ValueClipping):
            torch.nn.utils.clip_grad_value_(self._parameters, self._clipping.limit)
        if active is not None:
            self._freeze(active)
        if not any(self._frozen):
            self.adam.step()
        elif not all(self._frozen):
            self._step_around_frozen()

    def _freeze(self, active: Tensor) -> None:
        wanted = active.tolist()
        revived = [i for i in range(self._width) if self._frozen[i] and wanted[i]]
        if revived:
            raise ValueError(f"instances {revived} were frozen before and cannot be active again")
        self._frozen = tuple(not moves for moves in wanted)

    def _step_around_frozen(self) -> None:
        rows = torch.tensor(self._frozen, device=self._parameters[0].device).nonzero().flatten()
        kept = [
            (parameter.detach()[rows], [state[rows] for state in self._moments(parameter)])
            for parameter in self._parameters
        ]
        self.adam.step()
        with torch.no_grad():
            for parameter, (values, moments) in zip(self._parameters, kept, strict=True):
                parameter[rows] = values
                for number, moment in enumerate(self._moments(parameter)):
                    moment[rows] = moments[number] if moments else 0.0

    def _moments(self, parameter: Tensor) -> list[Tensor]:
        """Both running moments; none before the first step."""
        state = self.adam.state.get(parameter, {})
        return [state[name] for name in ("exp_avg", "exp_avg_sq") if name in state]
