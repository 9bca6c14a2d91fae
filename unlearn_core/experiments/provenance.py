"""Where a model comes from: versions, device, memory."""

from __future__ import annotations

import functools
import json
import resource
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import unlearn_core

__all__ = ["code_version", "library_versions", "peak_memory_bytes"]


@functools.cache
def library_versions() -> str:
    """JSON of the libraries whose version can change a number."""
    names = ("torch", "torchvision", "numpy", "scipy", "scikit-learn")
    versions = {"python": sys.version.split()[0]} | {name: version(name) for name in names}
    return json.dumps(versions, sort_keys=True)


@functools.cache
def code_version() -> str:
    """Version of unlearn-lab, with the commit where it runs from a checkout."""
    root = Path(unlearn_core.__file__).parent.parent
    if not (root / ".git").exists():
        return unlearn_core.__version__
    try:
        commit = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):  # no git on this machine
        return unlearn_core.__version__
    return f"{unlearn_core.__version__}+{commit}"


def peak_memory_bytes(device: str) -> int:
    """Most memory held so far: of the GPU's allocator, or resident in this worker process."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.max_memory_allocated(device))
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
