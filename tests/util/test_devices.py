import pytest
import torch

from sparring.errors import UserError
from sparring.util import devices


def test_a_named_device_is_used_and_an_unavailable_one_is_refused():
    assert devices.choose_device("cpu") == (torch.device("cpu"), "asked for")
    for name in ("meta", "cuda:99", "nonsense"):
        with pytest.raises(UserError, match=f"device '{name}' is not available here"):
            devices.choose_device(name)


def test_auto_without_a_gpu_is_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert devices.choose_device("auto") == (torch.device("cpu"), "no GPU found")


@pytest.mark.parametrize(("capability", "precision"), [("avx512_bf16", "bfloat16"), ("avx2", "float32")])
def test_the_precision_of_a_cpu_follows_its_instructions(monkeypatch, capability, precision):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {capability: True})
    assert devices.choose_precision(torch.device("cpu"))[0] == precision


def test_untested_devices_get_float32():
    assert devices.choose_precision(torch.device("mps"))[0] == "float32"


def test_images_are_smaller_on_a_cpu():
    assert devices.max_image_side(torch.device("cpu")) == 64
    assert devices.max_image_side(torch.device("cuda")) == devices.max_image_side(torch.device("mps")) == 256


def test_the_cpu_has_a_name_and_a_peak_memory():
    assert devices.device_name(torch.device("cpu"))
    assert devices.peak_memory_mb(torch.device("cpu")) > 10
