"""The tutorials in docs/notebooks run as plain Python, and their Chinese editions have the same code."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "docs" / "notebooks"
NAMES = ["mlp", "mlp-small", "mlp-equal", "dcgan", "dcgan-small", "own-generator"]
SMALLEST, *LARGER = NAMES


def cells(path):
    """The cells of a notebook as the documentation reads them."""
    spec = importlib.util.spec_from_file_location("notebook_pages", ROOT / "docs" / "hooks" / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.cells(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", [SMALLEST, *(pytest.param(name, marks=pytest.mark.slow) for name in LARGER)])
def test_tutorial_runs_and_makes_its_pictures(name, tmp_path):
    environment = {**os.environ, "SPARRING_TUTORIAL_SECONDS": "0.5", "SPARRING_TUTORIAL_DATA": "digits"}
    command = [sys.executable, str(NOTEBOOKS / f"{name}.py")]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.png"))) >= 2
    assert "variety" in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_chinese_edition_has_the_same_code(name):
    english, chinese = cells(NOTEBOOKS / f"{name}.py"), cells(NOTEBOOKS / f"{name}.zh.py")
    assert [kind for kind, _ in english] == [kind for kind, _ in chinese]
    for (kind, text), (_, translated) in zip(english, chinese, strict=True):
        assert (text == translated) == (kind == "code")
