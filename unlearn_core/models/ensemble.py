"""M instances of one architecture behind one forward pass.

Every algorithm is ordinary PyTorch with a leading instance axis: per-instance losses `(M,)`,
`losses.sum().backward()`, an element-wise optimizer. Instances never mix.

A stacked pass is `vmap(functional_call)` over `stack_module_state`. A single instance calls its
module directly, which on a CPU takes less than half the time.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from unlearn_core.configs.architecture import ArchitectureConfig
from unlearn_core.models.architectures import build_module, initialised_module

__all__ = ["Ensemble"]


class Ensemble:
    """M instances of one architecture on one device."""

    def __init__(
        self,
        architecture: ArchitectureConfig,
        image_shape: tuple[int, int, int],
        num_classes: int,
        modules: Sequence[nn.Module],
        device: torch.device,
    ) -> None:
        self.architecture = architecture
        self.image_shape = image_shape
        self.num_classes = num_classes
        self.device = device
        self.width = len(modules)
        self._parameters: dict[str, Tensor]
        self._buffers: dict[str, Tensor]
        if self.width == 1:
            self._module = modules[0].to(device)
            self._parameters = dict(self._module.named_parameters())
            self._buffers = dict(self._module.named_buffers())
        else:
            on_device = [module.to(device) for module in modules]
            self._parameters, self._buffers = stack_module_state(on_device)
            self._module = copy.deepcopy(modules[0]).to("meta")

    @classmethod
    def initialise(
        cls,
        architecture: ArchitectureConfig,
        image_shape: tuple[int, int, int],
        num_classes: int,
        seeds: Sequence[int],
        device: torch.device,
    ) -> Ensemble:
        """Fresh instances, each drawn on the CPU from its own seed."""
        modules = [
            initialised_module(architecture, image_shape, num_classes, seed) for seed in seeds
        ]
        return cls(architecture, image_shape, num_classes, modules, device)

    @classmethod
    def from_states(
        cls,
        architecture: ArchitectureConfig,
        image_shape: tuple[int, int, int],
        num_classes: int,
        states: Sequence[Mapping[str, Tensor]],
        device: torch.device,
    ) -> Ensemble:
        """Instances with given parameters and buffers, one mapping per instance."""
        modules = []
        for state in states:
            # Without this scope the discarded initialisation would advance the global generator.
            with torch.random.fork_rng(devices=[]):
                module = build_module(architecture, image_shape, num_classes)
            module.load_state_dict(dict(state))
            modules.append(module)
        return cls(architecture, image_shape, num_classes, modules, device)

    def __call__(self, inputs: Tensor, active: Tensor | None = None) -> Tensor:
        """Logits of every instance.

        Args:
            inputs: (M, B, C, H, W); instance m sees only inputs[m].
            active: (M,) booleans; buffers (BatchNorm's running statistics) of inactive
                instances stay as they are.

        Returns:
            (M, B, num_classes)
        """
        with self._kept_buffers(active):
            if self.width == 1:
                logits: Tensor = self._module(inputs[0])
                return logits.unsqueeze(0)
            stacked: Tensor = torch.vmap(self._one_instance)(
                self._parameters, self._buffers, inputs
            )
            return stacked

    def _one_instance(
        self, parameters: dict[str, Tensor], buffers: dict[str, Tensor], inputs: Tensor
    ) -> Tensor:
        logits: Tensor = functional_call(self._module, (parameters, buffers), (inputs,))
        return logits

    @contextlib.contextmanager
    def _kept_buffers(self, active: Tensor | None) -> Iterator[None]:
        if active is None or not self._buffers or not self._module.training or bool(active.all()):
            yield
            return
        before = {name: buffer.clone() for name, buffer in self._buffers.items()}
        yield
        for name, buffer in self._buffers.items():
            if self.width == 1:
                buffer.copy_(before[name])
            else:
                buffer[~active] = before[name][~active]

    def parameters(self) -> list[Tensor]:
        """Leaf tensors to optimise: each (M, ...) if stacked, plain if there is one instance."""
        return list(self._parameters.values())

    def named_parameters(self) -> dict[str, Tensor]:
        """Parameters by name with their instance axis, (M, ...); views, not copies."""
        if self.width > 1:
            return dict(self._parameters)
        return {name: tensor.unsqueeze(0) for name, tensor in self._parameters.items()}

    def states(self) -> list[dict[str, Tensor]]:
        """Parameters and buffers of every instance, as CPU copies."""
        named = {**self._parameters, **self._buffers}
        if self.width == 1:
            return [{name: t.detach().cpu().clone() for name, t in named.items()}]
        on_cpu = {name: tensor.detach().cpu() for name, tensor in named.items()}
        return [
            {name: tensor[m].clone() for name, tensor in on_cpu.items()} for m in range(self.width)
        ]

    def clone(self) -> Ensemble:
        """An independent copy."""
        return Ensemble.from_states(
            self.architecture, self.image_shape, self.num_classes, self.states(), self.device
        )

    def train(self) -> None:
        """Training mode: BatchNorm uses and follows the batch."""
        self._module.train()

    def eval(self) -> None:
        """Evaluation mode: BatchNorm uses its running statistics."""
        self._module.eval()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Within the block the parameters take no gradient, but inputs can."""
        for parameter in self.parameters():
            parameter.requires_grad_(False)
        try:
            yield
        finally:
            for parameter in self.parameters():
                parameter.requires_grad_(True)
