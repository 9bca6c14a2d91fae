import errno
import hashlib
import subprocess
import sys

import pytest
import torch

from unlearn_core.errors import CheckpointError, DiskFullError
from unlearn_core.models import checkpoints
from unlearn_core.models.checkpoints import (
    load_checkpoint,
    load_checkpoint_arrays,
    save_checkpoint,
)


@pytest.fixture
def state():
    return {"fc1.weight": torch.randn(3, 2), "bn.num_batches_tracked": torch.tensor(4)}


def test_checkpoint_comes_back_whole(tmp_path, state):
    path = tmp_path / "new" / "model.safetensors"
    sha256 = save_checkpoint(path, state)
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    torch.testing.assert_close(load_checkpoint(path, sha256), state, rtol=0, atol=0)
    assert list(path.parent.iterdir()) == [path]


def test_equal_states_give_equal_files(tmp_path, state):
    backwards = dict(reversed(state.items()))
    assert save_checkpoint(tmp_path / "a", state) == save_checkpoint(tmp_path / "b", backwards)


def test_arrays_equal_tensors(tmp_path, state):
    sha256 = save_checkpoint(tmp_path / "a", state)
    for arrays in (
        load_checkpoint_arrays(tmp_path / "a"),
        load_checkpoint_arrays(tmp_path / "a", sha256),
    ):
        assert (arrays["fc1.weight"] == state["fc1.weight"].numpy()).all()
        assert arrays["bn.num_batches_tracked"] == 4


@pytest.mark.parametrize("load", [load_checkpoint, load_checkpoint_arrays])
def test_a_changed_file_is_refused(tmp_path, state, load):
    path = tmp_path / "a"
    sha256 = save_checkpoint(path, state)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=sha256):
        load(path, sha256)


@pytest.mark.parametrize("load", [load_checkpoint, load_checkpoint_arrays])
def test_a_missing_file_is_named(tmp_path, load):
    with pytest.raises(CheckpointError, match=r"gone\.safetensors"):
        load(tmp_path / "gone.safetensors", "0" * 64)


@pytest.mark.parametrize("load", [load_checkpoint, load_checkpoint_arrays])
def test_a_pickle_is_refused_even_with_the_right_hash(tmp_path, state, load):
    path = tmp_path / "a"
    torch.save(state, path)
    with pytest.raises(CheckpointError, match="no safetensors file"):
        load(path, hashlib.sha256(path.read_bytes()).hexdigest())


def test_a_full_disk_leaves_the_old_file_and_no_scrap(tmp_path, state, monkeypatch):
    path = tmp_path / "a"
    sha256 = save_checkpoint(path, state)

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints.os, "fsync", full)
    with pytest.raises(DiskFullError, match="no room left"):
        save_checkpoint(path, {"other": torch.zeros(1)})
    assert list(tmp_path.iterdir()) == [path]
    assert "fc1.weight" in load_checkpoint(path, sha256)


def test_arrays_are_read_without_torch(tmp_path, state):
    save_checkpoint(tmp_path / "a", state)
    program = (
        "import sys; from pathlib import Path\n"
        "from unlearn_core.models.checkpoints import load_checkpoint_arrays\n"
        f"load_checkpoint_arrays(Path({str(tmp_path / 'a')!r}))\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
