"""How long a person waits in `sparring studio`: from the move of a slider to the new picture, in a browser.

    python benchmarks/studio.py RUN --json studio.json [--moves 50]

RUN is the folder of a run that makes pictures. The studio is a process of its own. A headless Chromium opens the run's
page and moves the first slider; a wait ends when the new picture has loaded. `opened` is the time from the address of
the page to the first picture: the run is loaded and its principal directions are measured meanwhile. The floor is one
sample of the same generator in a plain loop.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import torch

import sparring
from sparring.util.files import write_bytes
from sparring.util.versions import machine

PICTURE = "figure.newest img[src^='blob:']"
MOVE = """async ([picture, value]) => {
  const shown = document.querySelector(picture), slider = document.querySelector("input[type=range]");
  const loaded = new Promise((done) => shown.addEventListener("load", done, { once: true }));
  const began = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  await loaded;
  return performance.now() - began;
}"""


def measured(run: Path, moves: int) -> dict[str, Any]:
    """Milliseconds of the first picture, of each move, and of one sample in a plain loop."""
    command = [sys.executable, "-m", "sparring", "studio", str(run.parent), "--port=0"]
    studio = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert studio.stdout is not None
    try:
        found = re.search(r"(http\S+)/#(\S+)", studio.stdout.readline())
        assert found
        return {**_in_a_browser(found[1], found[2], run.name, moves), "floor": _floor(run, moves)}
    finally:
        studio.send_signal(signal.SIGTERM)
        studio.wait()


def _in_a_browser(address: str, token: str, name: str, moves: int) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{address}/#{token}")
        began = time.perf_counter()
        page.goto(f"{address}/#/run/{quote(name)}/use")
        page.locator(PICTURE).first.wait_for(timeout=300_000)
        opened = 1000 * (time.perf_counter() - began)
        page.wait_for_timeout(1000)  # the sheet of many samples is made meanwhile
        waits = [page.evaluate(MOVE, [PICTURE, str(-3 + 6 * (at + 1) / moves)]) for at in range(moves)]
        browser.close()
    return {"opened": opened, "first": waits[0], "waits": sorted(waits)}


def _floor(run: Path, moves: int) -> float:
    gan = sparring.load(run)
    times = []
    for number in range(moves):
        began = time.perf_counter()
        gan.at([number])
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--moves", type=int, default=50)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = measured(asked.run.resolve(), asked.moves)
    waits = found["waits"]
    found |= {"p50": statistics.median(waits), "p95": waits[int(0.95 * (len(waits) - 1))], "largest": waits[-1]}
    keys = ("opened", "first", "p50", "p95", "largest", "floor")
    print("| page opened, ms | first move | p50 | p95 | largest | one sample, plain loop |\n" + "| --- " * 6 + "|")
    print("| " + " | ".join(f"{found[key]:.0f}" for key in keys) + " |")
    if asked.json:
        about = {"date": date.today().isoformat(), "machine": machine(torch.device("cpu"))}
        write_bytes(asked.json, json.dumps({**found, "about": about}, indent=2).encode())


if __name__ == "__main__":
    main()
