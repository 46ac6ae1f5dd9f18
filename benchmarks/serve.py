"""What `sparring serve` costs: the wait for one picture, the throughput beside `generate`, the memory of many requests.

    python benchmarks/serve.py RUN --json serve.json [--clients 8] [--requests 400] [--growth 2000]

RUN is the folder of a run that makes pictures. The service is a process of its own, asked over a real socket by
clients in a second process, so that they take no time of its interpreter.

- wait: `--clients` clients ask for one picture each, again and again; the 50th and 95th percentile of their waits. The
  floor is one forward pass in a plain loop, in a third process.
- throughput: pictures a second of requests of 64 pictures each as .npz, by two clients, beside `Gan.at` in a plain
  loop that writes the same files.
- growth: the resident memory of the service before and after so many requests of every kind, after a warm-up.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import torch

from sparring.util.files import write_bytes
from sparring.util.versions import machine

TOGETHER = 64  # pictures of one request of the throughput
# Asks one path again and again; prints the seconds of each answer. Arguments: port, clients, requests, path with {}.
CLIENT = """
import http.client, json, sys, threading, time
port, clients, requests, path = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
waits, lock = [], threading.Lock()

def ask(client):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    for number in range(requests // clients):
        started = time.perf_counter()
        connection.request("GET", path.format(seed=client * requests + number))
        answer = connection.getresponse()
        size = len(answer.read())
        assert answer.status == 200 and size, answer.status
        with lock:
            waits.append(time.perf_counter() - started)

started = time.perf_counter()
threads = [threading.Thread(target=ask, args=[client]) for client in range(clients)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps({"seconds": time.perf_counter() - started, "waits": waits}))
"""
# The same files in a plain loop. Arguments: run, pictures of a file, files, suffix.
LOOP = """
import json, sys, tempfile, time
from pathlib import Path
from sparring.inference.generate import write_samples
from sparring.inference.generator import load
run, together, files, suffix = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
gan, waits = load(run), []
with tempfile.TemporaryDirectory() as folder:
    for seed in range(files + 3):
        started = time.perf_counter()
        options = {"seed": seed, "label": None, "length": None}
        write_samples(gan, Path(folder) / f"samples{suffix}", together, options)
        waits.append(time.perf_counter() - started)
print(json.dumps({"seconds": sum(waits[3:]), "waits": waits[3:]}))
"""


class Service:
    """A service of a run in a process of its own."""

    def __init__(self, run: Path, *options: str):
        command = [
            sys.executable,
            "-m",
            "sparring",
            "serve",
            str(run),
            "--port",
            "0",
            "--max-waiting",
            "1000",
            *options,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        found = re.search(r":(\d+) ", self.process.stdout.readline())
        assert found, "the service did not start"
        self.port = int(found[1])

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]

    @property
    def cpu_seconds(self) -> float:
        """Time of processors that it took: on a busy machine this says more than the clock."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask(self, clients: int, requests: int, path: str) -> dict[str, Any]:
        return printed([sys.executable, "-c", CLIENT, str(self.port), str(clients), str(requests), path])

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0


def printed(command: list[str]) -> dict[str, Any]:
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def percentiles(waits: list[float]) -> dict[str, float]:
    """Milliseconds."""
    cut = statistics.quantiles(waits, n=20)
    return {"p50": 1000 * statistics.median(waits), "p95": 1000 * cut[18], "largest": 1000 * max(waits)}


def measure(run: Path, clients: int, requests: int, growth: int) -> dict[str, Any]:
    service = Service(run)
    one, many = "/v1/generate?seed={seed}", f"/v1/generate?count={TOGETHER}&seed={{seed}}&format=.npz"
    loops = {
        "one": printed([sys.executable, "-c", LOOP, str(run), "1", "50", ".png"]),
        "many": printed([sys.executable, "-c", LOOP, str(run), str(TOGETHER), "20", ".npz"]),
    }
    service.ask(clients, 10 * clients, one)  # warm
    alone, before = service.ask(1, requests // clients, one), service.cpu_seconds
    together = service.ask(clients, requests, one)
    cpu_ms = 1000 * (service.cpu_seconds - before) / len(together["waits"])
    service.ask(2, 6, many)
    batched = service.ask(2, 20, many)
    found = {
        "wait_ms": {"plain loop": percentiles(loops["one"]["waits"]), "1 client": percentiles(alone["waits"])}
        | {f"{clients} clients": percentiles(together["waits"])},
        "cpu_ms": cpu_ms,
        "pictures_per_second": {
            "plain loop": 20 * TOGETHER / loops["many"]["seconds"],
            "service": 20 * TOGETHER / batched["seconds"],
            "service, one picture a request": len(together["waits"]) / together["seconds"],
        },
    }
    for path in (one, many):
        service.ask(4, 100, path)
    before = service.megabytes
    for share, path in ((0.8, one), (0.1, many), (0.1, "/v1/interpolate?keyframes=2&frames=2&seed={seed}")):
        service.ask(4, round(share * growth), path)
    found["memory_mb"] = {"before": before, "after": service.megabytes, "requests": growth}
    service.end()
    return found


def table(found: dict[str, Any]) -> str:
    waits, speeds, memory = found["wait_ms"], found["pictures_per_second"], found["memory_mb"]
    lines = ["| one picture | p50 ms | p95 ms | largest ms |", "| --- | --- | --- | --- |"]
    lines += [f"| {who} | {w['p50']:.1f} | {w['p95']:.1f} | {w['largest']:.1f} |" for who, w in waits.items()]
    lines += ["", "| pictures | a second | of the plain loop |", "| --- | --- | --- |"]
    lines += [f"| {who} | {speed:,.0f} | {speed / speeds['plain loop']:.2f} |" for who, speed in speeds.items()]
    lines += ["", f"A picture takes {found['cpu_ms']:.1f} ms of a processor with so many clients."]
    grown = memory["after"] - memory["before"]
    return "\n".join(
        [*lines, "", f"Memory: {memory['before']:.0f} MB, {grown:+.1f} MB after {memory['requests']:,} requests."]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--growth", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = measure(asked.run, asked.clients, asked.requests, asked.growth)
    found["about"] = {
        "date": str(date.today()),
        "machine": machine(torch.device("cpu")),
        "threads": os.environ.get("OMP_NUM_THREADS"),
    }
    if asked.json:
        write_bytes(asked.json, (json.dumps(found, indent=2) + "\n").encode())
    print(table(found))


if __name__ == "__main__":
    main()
