"""The loss of every instance."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

__all__ = ["cross_entropy"]


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy (M,) of each instance's batch, in nats.

    Args:
        logits: (M, B, K).
        targets: (M, B) classes, or (M, B, K) probabilities.
    """
    if logits.shape[0] == 1:
        return functional.cross_entropy(logits[0], targets[0]).unsqueeze(0)
    each = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(0, 1), reduction="none")
    return each.view(logits.shape[:2]).mean(dim=1)
