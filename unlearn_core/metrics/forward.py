"""One pass of an ensemble over images: the only place of the metrics where torch works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from unlearn_core.channel import Channel, SilentChannel

if TYPE_CHECKING:
    import torch

__all__ = ["PHASE", "Images", "Models", "log_probabilities"]

PHASE = "evaluate"
"""Name of the phase under which progress is reported."""


class Models(Protocol):
    """What an ensemble of M models must offer."""

    @property
    def width(self) -> int:
        """M."""

    @property
    def device(self) -> torch.device:
        """Where its parameters are."""

    def eval(self) -> object:
        """Switch to evaluation mode."""

    def __call__(self, inputs: torch.Tensor, /) -> torch.Tensor:
        """(M, B, C, H, W) float32 to logits (M, B, K)."""


class Images(Protocol):
    """What the images must offer."""

    def inputs(self, index: torch.Tensor, /) -> torch.Tensor:
        """(M, B) rows to float32 inputs (M, B, C, H, W)."""


def log_probabilities(
    models: Models,
    images: Images,
    ids: NDArray[np.int64],
    batch_size: int,
    channel: Channel | None = None,
) -> NDArray[np.float32]:
    """Log-probabilities of every model for every sample, in one pass over the data.

    The models are switched to evaluation mode and stay in it. The log-softmax is taken in
    float64: in float32 a confident prediction's ln p, about -exp(-gap), rounds to 0 from a gap
    of about 16 on. The result is float32, whose relative precision keeps both that small number
    and gaps of hundreds.

    Args:
        models: An ensemble of M models.
        images: Where the samples are.
        ids: (N,) rows of the images.
        batch_size: Samples per forward pass, for all models at once.
        channel: Told about every batch.

    Returns:
        (M, N, K) natural logarithms.
    """
    import torch

    said = channel or SilentChannel()
    if batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; it must be at least 1")
    models.eval()
    batches = [ids[start : start + batch_size] for start in range(0, len(ids), batch_size)]
    result: list[NDArray[np.float32]] = []
    # An empty request still needs K, so the first pass runs with no samples then.
    with torch.no_grad():
        for done, batch in enumerate(batches or [ids], start=1):
            index = torch.as_tensor(batch, dtype=torch.long, device=models.device)
            logits = models(images.inputs(index.expand(models.width, -1)))
            scores = torch.log_softmax(logits.double(), dim=-1)
            result.append(scores.float().cpu().numpy())
            said.advance(PHASE, done, len(batches) or 1)
    return np.concatenate(result, axis=1)
