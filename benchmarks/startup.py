"""How long one waits: for the package, for the command line's first words, and for the first training step.

    python benchmarks/startup.py --json startup.json [--quick]

Every time is that of a whole process, from its start, by the clock of the process that starts it; for a training, to
the end of the first step after example 0, as a callback hears of it, so that opening the data, the score's features and
the timed steps count. `new data`: the score's features are learned on the way; `known data`: they are found in the
cache. The medians of several runs, taken in turns after one that does not count, and their ratios to `import torch`
alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import torch

from sparring.util.devices import choose_device
from sparring.util.files import write_bytes
from sparring.util.versions import machine

# `sparring train` with a callback that notes the time of the first step and ends the process there.
# Arguments: the file, the command's own.
FIRST_STEP = """
import os, sys, time
from sparring import api, cli
from sparring.callbacks.base import Callback

class First(Callback):
    def step(self, trainer):
        with open(sys.argv[1], "w") as file:
            file.write(str(time.time()))
        os._exit(0)

train = api.train
api.train = lambda *given, **named: train(*given, callbacks=[First()], **named)
cli.main(sys.argv[2:])
"""


def whole(command: list[str]) -> float:
    """Seconds from the start of a process to its end."""
    start = time.time()
    _run(command)
    return time.time() - start


def first_step(arguments: list[str], cache: Path | None) -> float:
    """Seconds from the start of `sparring train` to its first step; without a cache, with an empty one."""
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "first-step"
        command = [sys.executable, "-c", FIRST_STEP, str(note), "train", *arguments, "--out", str(Path(folder) / "run")]
        start = time.time()
        _run(command, cache or Path(folder) / "cache")
        return float(note.read_text()) - start


def _run(command: list[str], cache: Path | None = None) -> None:
    environment = {**os.environ, **({"SPARRING_CACHE": str(cache)} if cache else {})}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        sys.exit(f"{' '.join(command[:4])} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")


def jobs(asked: argparse.Namespace, cache: Path) -> dict[str, Callable[[], float]]:
    found = shutil.which("sparring", path=str(Path(sys.executable).parent))
    program = [found] if found else [sys.executable, "-m", "sparring"]
    training = [asked.data, *(["--recipe", asked.recipe] if asked.recipe else []), "--device", asked.device]
    return {
        "import_torch": lambda: whole([sys.executable, "-c", "import torch"]),
        "import_sparring": lambda: whole([sys.executable, "-c", "import sparring"]),
        "help": lambda: whole([*program, "--help"]),
        "version": lambda: whole([*program, "--version"]),
        "first_step_known_data": lambda: first_step(training, cache),
        "first_step_new_data": lambda: first_step(training, None),
    }


WORDS = {
    "import_torch": '`python -c "import torch"`',
    "import_sparring": '`python -c "import sparring"`',
    "help": "`sparring --help`",
    "version": "`sparring --version`",
    "first_step_known_data": "`sparring train` to its first step, known data",
    "first_step_new_data": "`sparring train` to its first step, new data",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--recipe", help="without it, the one for this kind of data")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--runs", type=int, help="of each (7)")
    parser.add_argument("--quick", action="store_true", help="3 runs of each")
    parser.add_argument("--only", help=f"some of {','.join(WORDS)}")
    parser.add_argument("--no-warm-up", action="store_true", help="the first run of each counts too")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if unknown := [name for name in (asked.only or "").split(",") if name and name not in WORDS]:
        parser.error(f"--only knows no {', '.join(unknown)}")
    runs = asked.runs or (3 if asked.quick else 7)
    wanted = ("import_torch", *asked.only.split(",")) if asked.only else WORDS
    times: dict[str, list[float]] = {name: [] for name in WORDS if name in wanted}
    with tempfile.TemporaryDirectory() as cache:
        job = jobs(asked, Path(cache))
        if not asked.no_warm_up:
            for name in times:
                job[name]()
        elif "first_step_known_data" in times:
            job["first_step_known_data"]()
        for _ in range(runs):
            for name in times:
                times[name].append(job[name]())
    bare = statistics.median(times["import_torch"])
    device, _ = choose_device(asked.device)
    about = {**machine(device), "platform": platform.platform(), "cores": os.cpu_count()}
    results: dict[str, Any] = {
        "date": date.today().isoformat(),
        "machine": {**about, "torch": str(torch.__version__)},
        "data": asked.data,
        "recipe": asked.recipe or "default",
        "runs": runs,
    }
    print(f"{date.today()}; {about['name']}, {about['threads']} threads, torch {torch.__version__}; {runs} runs\n")
    print("| what | seconds | of `import torch` |\n| --- | --- | --- |")
    for name, some in times.items():
        seconds = statistics.median(some)
        results[name] = {
            "seconds": round(seconds, 3),
            "ratio_to_import_torch": round(seconds / bare, 3),
            "all": [round(s, 3) for s in some],
        }
        print(f"| {WORDS[name]} | {seconds:.2f} | {seconds / bare:.2f} |")
    if asked.json:
        write_bytes(asked.json, json.dumps(results, indent=2).encode())


if __name__ == "__main__":
    main()
