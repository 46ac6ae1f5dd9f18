"""What tests in one process share. A test that leaves it changed makes the verdicts of others depend on their order."""

from __future__ import annotations

import locale
import os
import signal
import socket
import sys

import matplotlib
import numpy as np
import torch

from sparring import modalities
from sparring.config.recipe import ALGORITHMS
from sparring.losses.adversarial import LOSSES
from sparring.networks import NETWORKS

# Libraries set variables of their own when they are imported; they are not watched. Pytest's changes in every test.
WATCHED = {*os.environ} - {"PYTEST_CURRENT_TEST"}


def global_state() -> dict[str, object]:
    """Everything by name. Equal values before and after a test mean that the test left nothing behind.

    The numbers of the global generators are not part of it: every test begins with the seed.
    """
    return {
        "threads of torch": torch.get_num_threads(),
        "default type": torch.get_default_dtype(),
        "gradients": torch.is_grad_enabled(),
        "anomaly detection": torch.is_anomaly_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "deterministic algorithms": torch.are_deterministic_algorithms_enabled(),
        "precision of products": torch.get_float32_matmul_precision(),
        "oneDNN": torch.backends.mkldnn.enabled,
        "errors of NumPy": np.geterr(),
        "printing of NumPy": str(np.get_printoptions()),
        # The backend is chosen at the first plot.
        "plots": {name: value for name, value in dict.items(matplotlib.rcParams) if not name.startswith("backend")},
        "folder": os.getcwd(),
        "environment": {name: each for name, each in os.environ.items() if name in WATCHED or "SPARRING" in name},
        "arguments": list(sys.argv),
        "places of modules": list(sys.path),
        "depth of recursion": sys.getrecursionlimit(),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)],
        "locale": locale.setlocale(locale.LC_ALL),
        "time limit of sockets": socket.getdefaulttimeout(),
        "networks": NETWORKS.names(),
        "algorithms": ALGORITHMS.names(),
        "losses": LOSSES.names(),
        "modalities": modalities.names(),
    }


def differences(before: dict[str, object], after: dict[str, object]) -> list[str]:
    """One line for each thing that is no longer as it was."""
    lines = []
    for name, old in before.items():
        new = after[name]
        if isinstance(old, dict) and isinstance(new, dict):
            changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
            lines += [f"{name}: {key} was {old.get(key)!r} and is {new.get(key)!r}" for key in changed]
        elif old != new:
            lines.append(f"{name}: was {old!r} and is {new!r}")
    return lines
