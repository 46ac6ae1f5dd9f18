"""The wheel that people install holds everything: recipes, the report's style, nothing of the tests."""

import os
import subprocess
import sys
from pathlib import Path

from smoke import smoke_settings

ROOT = Path(__file__).parents[1]


def test_the_wheel_trains_outside_of_the_tree(tmp_path):
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)], check=True
    )
    sets = [part for key, value in smoke_settings("mlp").items() for part in ("--set", f"{key}={value}")]
    environment = {**os.environ, "PYTHONPATH": str(site)}
    where = [sys.executable, "-c", "import sparring; print(sparring.__file__)"]
    assert subprocess.run(
        where, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.startswith(str(site))
    done = subprocess.run(
        [sys.executable, "-m", "sparring", "train", "digits", "--recipe", "mlp", *sets],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "<style>" in (tmp_path / "runs" / "digits-mlp" / "report.html").read_text()
