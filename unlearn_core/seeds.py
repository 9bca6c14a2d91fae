"""Every random number's seed: a hash of the experiment seed, the instance and the purpose."""

from __future__ import annotations

import hashlib

__all__ = ["derive_seed"]


def derive_seed(experiment_seed: int, instance: int, purpose: str) -> int:
    """A seed in [0, 2**63) that depends on nothing but its arguments.

    >>> derive_seed(0, 0, "initialise") == derive_seed(0, 0, "order")
    False
    """
    key = f"{experiment_seed}/{instance}/{purpose}".encode()
    return int.from_bytes(hashlib.sha256(key).digest()[:8], "big") >> 1
