import pytest
import torch

from unlearn_core.errors import DeviceError
from unlearn_core.models.device import resolve_device


def with_gpus(monkeypatch, count):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


def test_auto_prefers_cuda_and_falls_back_to_the_cpu(monkeypatch):
    with_gpus(monkeypatch, 0)
    assert resolve_device("auto") == torch.device("cpu")
    with_gpus(monkeypatch, 2)
    assert resolve_device("auto") == torch.device("cuda")
    assert resolve_device("cuda:1") == torch.device("cuda:1")


def test_absent_cuda_is_refused_with_what_there_is(monkeypatch):
    with_gpus(monkeypatch, 0)
    with pytest.raises(DeviceError, match=r"'cuda' on this machine; choices: auto, cpu$"):
        resolve_device("cuda")


@pytest.mark.parametrize("name", ["cuda:2", "tpu", "cuda:x", "", "CPU"])
def test_unknown_devices_are_refused(monkeypatch, name):
    with_gpus(monkeypatch, 2)
    with pytest.raises(DeviceError, match="choices: auto, cpu, cuda, cuda:0, cuda:1"):
        resolve_device(name)
