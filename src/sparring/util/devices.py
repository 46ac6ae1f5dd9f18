"""Which device to compute on and in which precision, each with the reason."""

from __future__ import annotations

import torch

from ..errors import UserError
from . import checks

DEVICES = "auto, cpu, cuda, cuda:1 or mps"
# The largest side, in pixels, to which images are resized unless the user asks for more: it trains in reasonable time.
MAX_IMAGE_SIDE_ON_CPU = 64
MAX_IMAGE_SIDE_ON_GPU = 256


def choose_device(asked: str | torch.device) -> tuple[torch.device, str]:
    """The device, and why.

    Args:
        asked: "auto", a name that torch knows, such as "cpu" or "cuda:1", or a torch.device.

    Raises:
        UserError: If the named device is not available.
    """
    asked = checks.plain(asked)
    if not isinstance(asked, str) or not asked:
        raise UserError(f"--device should be {DEVICES}, not {checks.shown(asked)}")
    if asked == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda"), f"found {torch.cuda.get_device_name()}"
        if torch.backends.mps.is_available():
            return torch.device("mps"), "found an Apple GPU"
        return torch.device("cpu"), "no GPU found"
    try:
        device = torch.device(asked)
        if torch.empty(1, device=device).is_meta:
            raise RuntimeError
    except (RuntimeError, AssertionError):
        raise UserError(f"--device '{asked}' is not available here; use {DEVICES}") from None
    return device, "asked for"


def choose_precision(device: torch.device) -> tuple[str, str]:
    """The precision, and why: "bfloat16" where the hardware multiplies it natively, else "float32"."""
    if device.type == "cuda":
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bfloat16", "this GPU multiplies bfloat16 natively"
        return "float32", "this GPU has no native bfloat16"
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        if any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "amx_tile")):
            return "bfloat16", "this CPU has bfloat16 instructions"
        return "float32", "this CPU has no bfloat16 instructions"
    return "float32", "bfloat16 was never tested on this device"


def device_name(device: torch.device) -> str:
    """The name of the hardware, for reports."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    import platform

    try:
        with open("/proc/cpuinfo") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def peak_memory_mb(device: torch.device) -> int | None:
    """The most memory used so far, in MiB: of this process on a CPU, of torch on a GPU.

    Returns:
        None on Windows, which does not tell.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) >> 20
    try:
        import resource
        import sys
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit >> 20


def max_image_side(device: torch.device) -> int:
    """The largest side, in pixels, to which images are resized for this device unless the user asks for more."""
    return MAX_IMAGE_SIDE_ON_CPU if device.type == "cpu" else MAX_IMAGE_SIDE_ON_GPU
