"""Ctrl-C and SIGTERM while something is prepared: the program ends at once and leaves nothing half written."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

LONG = """
import sys, time
from pathlib import Path
from sparring.callbacks import progress
from sparring.training import setup
from sparring.util import files

def prepare(source, folder, *rest):  # in the place of learning features
    with files.atomic_write(folder / "half.json") as temporary:
        temporary.write_text("half")
        print("ready", flush=True)
        {wait}

setup._features = prepare
from sparring.cli import main
main()
"""
# Both take more than ten minutes, so that what ends within five was ended, on a busy machine too.
IN_PYTHON = "time.sleep(3600)"
IN_C = "import hashlib; hashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)"  # no handler of Python runs meanwhile


@pytest.fixture
def photos(tmp_path):
    (tmp_path / "photos").mkdir()
    rng = np.random.default_rng(0)
    for number in range(12):
        Image.fromarray(rng.integers(0, 256, (8, 8), dtype=np.uint8)).save(tmp_path / "photos" / f"{number}.png")
    return tmp_path / "photos"


@pytest.mark.parametrize(
    ("wait", "number"), [(IN_PYTHON, signal.SIGINT), (IN_PYTHON, signal.SIGTERM), (IN_C, signal.SIGINT)]
)
def test_a_preparation_ends_at_once_and_leaves_nothing(photos, tmp_path, wait, number):
    command = [sys.executable, "-c", LONG.format(wait=wait), "train", photos, "--out", tmp_path / "run"]
    process = subprocess.Popen(
        [*map(str, command), "--recipe", "mlp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    for line in process.stdout:
        if line.startswith("ready"):
            break
    process.send_signal(number)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 128 + number, errors
    assert errors.strip() == "sparring: interrupted"
    assert not (tmp_path / "run").exists()
