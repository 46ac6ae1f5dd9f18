"""Run the quick tests many times, each time with another order, seed, number of threads and set of instructions.

Prints a table with a line a run and exits 1 where any test failed: `make test-repeat`, or
`python tests/repeat.py --times 20 [PATHS]`. The orders come from pytest-randomly, which is off otherwise.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

THREADS = (1, 2)
# As an older processor computes: without AVX-512 and without bfloat16.
OLDER = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "AVX2"}
HEAD = "| run | order and seed | threads | instructions | passed | skipped | failed | seconds |\n" + "| --- " * 8 + "|"


def run(number: int, paths: list[str], report: Path) -> tuple[str, list[str]]:
    """One run of the tests. Returns its line of the table, and the names of the tests that failed."""
    threads, older = THREADS[number % 2], number % 4 >= 2
    workers = max(1, (os.cpu_count() or 1) // threads)
    order = ["-p", "randomly", f"--randomly-seed={number}", "--randomly-dont-reset-seed"]  # conftest.py seeds the tests
    order += [f"--hypothesis-seed={number}"]
    asked = ["-q", "-m", "not slow", "-n", str(workers), "--dist", "worksteal", f"--junitxml={report}", *order, *paths]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "SPARRING_TEST_SEED": str(number)}
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *asked],
        env={**environment, **(OLDER if older else {})},
        capture_output=True,
        text=True,
    )
    seconds = time.monotonic() - begin
    if done.returncode not in (0, 1) or not report.exists():
        raise SystemExit(f"run {number} broke off (exit code {done.returncode}):\n{done.stdout[-3000:]}{done.stderr}")
    cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    failed = [f"{case.get('classname')}::{case.get('name')}" for case in cases if ended(case, "failure", "error")]
    skipped = sum(ended(case, "skipped") for case in cases)
    passed = len(cases) - skipped - len(failed)
    if failed:
        print(done.stdout[-20_000:], file=sys.stderr)
    shown = [number + 1, number, threads, "older" if older else "all", passed, skipped, len(failed), f"{seconds:.0f}"]
    return f"| {' | '.join(map(str, shown))} |", failed


def ended(case: ElementTree.Element, *how: str) -> bool:
    """Whether a test ended in one of these ways."""
    return any(case.find(each) is not None for each in how)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="the number of the first run, to go on with a series")
    parser.add_argument("paths", nargs="*", default=[])
    asked = parser.parse_args()
    everything: list[str] = []
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(asked.first, asked.first + asked.times):
            line, failed = run(number, asked.paths, Path(folder) / f"{number}.xml")
            print(line, flush=True)
            everything += [f"run {number + 1}: {name}" for name in failed]
    print(f"\n{asked.times} runs, {len(everything)} failures", *everything, sep="\n")
    sys.exit(bool(everything))


if __name__ == "__main__":
    main()
