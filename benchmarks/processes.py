"""How much faster several processes train: examples a second, as a ratio to one process on one core.

    python benchmarks/processes.py --data digits --recipe r3gan --examples 4096 --counts 2,4 --json processes.json

Every process has one thread. Beside them: one process on one core, and one process whose threads share all cores. The
ways are taken in turns; the medians of several rounds count. The speed is that of the log, without scores and previews.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import torch

from sparring.util.files import write_bytes
from sparring.util.versions import machine

CORES = sorted(os.sched_getaffinity(0))


def speed(way: str, asked: argparse.Namespace, shards: int) -> float:
    """Examples a second of a whole training in one way: "one core", "threads", or a number of processes."""
    start = [sys.executable, "-m"]
    if way.isdigit():
        start += ["torch.distributed.run", "--standalone", "--nproc-per-node", way, "-m"]
    with tempfile.TemporaryDirectory() as folder:
        settings = [f"shards={shards}", f"tick={asked.examples // 4}", "score_samples=64", "final_samples=64"]
        options = [text for setting in (*settings, *asked.set) for text in ("--set", setting)]
        lengths = ["--examples", str(asked.examples), "--out", f"{folder}/run"]
        done = subprocess.run(
            [*start, "sparring", "train", asked.data, "--recipe", asked.recipe, *lengths, *options],
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(len(CORES) if way == "threads" else 1)},
            preexec_fn=(lambda: os.sched_setaffinity(0, CORES[:1])) if way == "one core" else None,
        )
        if done.returncode:
            sys.exit(f"{way}: {done.stderr.strip()[-2000:]}")
        lines = map(json.loads, (Path(folder) / "run" / "log.jsonl").read_text().splitlines())
        clocks = [line["clock"] for line in lines if line["event"] == "tick"]
    return statistics.median(clock["examples_per_second"] for clock in clocks[1:])  # the first warms up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--recipe", default="r3gan")
    parser.add_argument("--examples", type=int, default=4096)
    parser.add_argument("--counts", default="2", help="numbers of processes (2)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    counts = asked.counts.split(",")
    ways, shards = ["one core", "threads", *counts], max(map(int, counts))
    speeds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(asked.rounds):
        for way in ways:
            speeds[way].append(speed(way, asked, shards))
    about = machine(torch.device("cpu"))
    print(f"{date.today()}; {about['name']}, {len(CORES)} cores, torch {torch.__version__}; {asked.rounds} rounds")
    print(f"{asked.recipe} on {asked.data}, {shards} shards\n")
    print("| computed by | examples a second | of one core |\n| --- | --- | --- |")
    base = statistics.median(speeds["one core"])
    for way, some in speeds.items():
        name = f"{way} processes" if way.isdigit() else {"threads": "one process, threads"}.get(way, way)
        print(f"| {name} | {statistics.median(some):.1f} | {statistics.median(some) / base:.2f} |")
    if asked.json:
        found = {"date": date.today().isoformat(), "machine": about, "cores": len(CORES), "speeds": speeds}
        write_bytes(asked.json, json.dumps(found | {"recipe": asked.recipe, "shards": shards}, indent=2).encode())


if __name__ == "__main__":
    main()
