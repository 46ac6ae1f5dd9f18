"""Kills real trainings at random moments and flips random bytes of what they left, over eight recipes.

    python tests/damage_trials.py --kills 100 --flips 100

Each training is a process of its own, forked from this one so that it need not import everything again. It is killed by
SIGKILL; the same command is then run to its end. Nothing is lost if the weights are those of a training that nobody
touched, or if the program says in one sentence what to do and doing that leads to those weights.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import tempfile
import threading
import time
import traceback
from collections import Counter
from hashlib import sha256
from pathlib import Path

import series_samples
import table_samples
from smoke import ArraySource, StopAt, pair_source, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.errors import UserError

RECIPES = ("mlp", "dcgan-small", "wgan-gp", "vae", "table-small", "series", "points", "pix2pix")
KILLS_OF_A_RUN = 4  # before it is left to end
LOOKS, HALF = 96, 64  # examples of a training, and where a run is stopped before its bytes are flipped


def source_for(recipe, folder):
    """The data of a recipe: arrays made from a seed, or files."""
    if recipe == "table-small":
        return saved(folder / "people.csv", table_samples.frame(120))
    if recipe == "series":
        return saved(folder / "machines.csv", series_samples.frame(30))
    if recipe == "points":
        return "ring"
    return pair_source() if recipe == "pix2pix" else ArraySource(train=60, test=20)


def saved(path, frame):
    if not path.exists():
        frame.to_csv(path, index=False)
    return path


def started(recipe, out, data, stop_at=None):
    """The process number of a training. It exits with 0, with 2 after a UserError, else with 1; `said` is beside it."""
    child = os.fork()
    if child:
        return child
    code, said = 1, out.with_suffix(".said")
    try:
        with said.open("w") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        stop = threading.Event()
        callbacks = [StopAt(stop_at, stop)] if stop_at else []
        settings = smoke_settings(recipe, examples=LOOKS)
        source = source_for(recipe, data)
        try:
            api.train(source, recipe, out, settings=settings, console=Callback(), callbacks=callbacks, stop=stop)
            code = 0
        except UserError as error:
            print(f"UserError: {error}", flush=True)
            code = 2
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def finished(recipe, out, data, stop_at=None):
    """The exit code of a training that is left to end."""
    return os.waitstatus_to_exitcode(os.waitpid(started(recipe, out, data, stop_at), 0)[1])


def weights(run):
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(run.glob("*.safetensors"))}


def kill_trials(recipe, kills, folder, rng):
    """Kill trainings of one recipe. Returns (kills, runs, faults in words)."""
    begin = time.monotonic()
    assert finished(recipe, folder / "straight", folder) == 0, (folder / "straight.said").read_text()
    longest, expected = time.monotonic() - begin, weights(folder / "straight")
    done, runs, faults = 0, 0, []
    while done < kills:
        out = folder / f"killed-{runs}"
        for _ in range(min(KILLS_OF_A_RUN, kills - done)):
            child = started(recipe, out, folder)
            time.sleep(rng.uniform(0.02, 1.1) * longest)
            os.kill(child, signal.SIGKILL)
            ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if ended not in (0, -signal.SIGKILL):
                faults.append(f"{recipe}: after {done} kills: {out.with_suffix('.said').read_text()[-500:]}")
            done += 1
        runs += 1
        if finished(recipe, out, folder) != 0 or weights(out) != expected:
            faults.append(f"{recipe}: run {runs} did not end as the untouched one: {out}")
        elif left := [str(path) for path in out.rglob(".*.tmp")]:
            faults.append(f"{recipe}: run {runs} left {left}")
        else:
            shutil.rmtree(out)
    return done, runs, faults


def flip_trials(recipe, flips, folder, rng):
    """Flip bytes of a run that is half done, and of the caches. Returns the outcomes by kind, and faults in words."""
    expected = weights(folder / "straight")
    assert finished(recipe, folder / "half", folder, HALF) == 0
    outcomes, faults = Counter(), []
    for number in range(flips):
        out = shutil.copytree(folder / "half", folder / f"flipped-{number}")
        caches = [path for path in Path(os.environ["SPARRING_CACHE"]).rglob("*") if path.is_file()]
        path = rng.choice(sorted(path for path in [*out.rglob("*"), *caches] if path.is_file() and path.stat().st_size))
        data = bytearray(path.read_bytes())
        place, bit = rng.randrange(len(data)), rng.randrange(8)
        data[place] ^= 1 << bit
        path.write_bytes(bytes(data))
        what = f"{recipe}: bit {bit} of byte {place} of {path.relative_to(folder) if out in path.parents else path}"
        code, said = finished(recipe, out, folder), out.with_suffix(".said")
        if code == 2 and path.name == "recipe.yaml":  # as the sentence says
            outcomes["refused in one sentence, then mended as it says"] += 1
            path.unlink()
            code = finished(recipe, out, folder)
        elif code == 0:
            outcomes["mended with a note" if said.read_text() else "the byte did not matter or was written anew"] += 1
        if code != 0 or weights(out) != expected:
            faults.append(f"{what}: code {code}, {said.read_text()[-800:]}")
        shutil.rmtree(out)
    return outcomes, faults


def trials(kills, flips, seed, recipes=RECIPES, show=print):
    """Run all trials, as many of each recipe as fit. Returns the faults."""
    faults, all_kills, all_runs, all_outcomes = [], 0, 0, Counter()
    with tempfile.TemporaryDirectory() as name:
        os.environ["SPARRING_CACHE"] = f"{name}/cache"
        for number, recipe in enumerate(recipes):
            folder, rng = Path(name) / recipe, random.Random(f"{seed} {recipe}")
            folder.mkdir()
            share = [len(range(number, total, len(recipes))) for total in (kills, flips)]
            done, runs, wrong = kill_trials(recipe, share[0], folder, rng)
            outcomes, others = flip_trials(recipe, share[1], folder, rng)
            show(f"{recipe}: {done} kills of {runs} runs, {dict(outcomes)}, {len(wrong + others)} faults", flush=True)
            all_kills, all_runs, all_outcomes = all_kills + done, all_runs + runs, all_outcomes + outcomes
            faults += wrong + others
    show(f"in all: {all_kills} kills of {all_runs} runs, {dict(all_outcomes)}, {len(faults)} faults", flush=True)
    return faults


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--flips", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    found = trials(asked.kills, asked.flips, asked.seed)
    print(*found, sep="\n")
    raise SystemExit(bool(found))
