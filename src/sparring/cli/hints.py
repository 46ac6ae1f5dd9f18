"""What to type instead of an option or a verb that is not there: the names of other programs, else the closest one."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import nearest

# What the option of another program is here. The first advice counts whose option the verb has; advice without an
# option always counts.
OPTIONS: dict[str, tuple[str, ...]] = {
    "amp": ("--set precision=bfloat16",),
    "batch": ("--batch-size", "--set batch=64"),
    "batch-size": ("--batch-size", "--set batch=64"),
    "checkpoint": ("--init-from RUN",),
    "ckpt": ("--init-from RUN",),
    "class": ("--label",),
    "class-idx": ("--label",),
    "config": ("--recipe",),
    "continue": ("run the same command again: it resumes",),
    "cfg": ("--recipe",),
    "cuda": ("--device cuda",),
    "data": ("give the data first, without an option",),
    "data-dir": ("give the data first, without an option",),
    "dataroot": ("give the data first, without an option",),
    "dataset": ("give the data first, without an option",),
    "epoch": ("--epochs",),
    "fp16": ("--set precision=bfloat16",),
    "gpu": ("--device cuda (a training uses one device)",),
    "gpu-ids": ("--device cuda:0",),
    "gpus": ("--device cuda (a training uses one device)",),
    "image-size": ("--size",),
    "images": ("--examples",),
    "img-size": ("--size",),
    "iterations": ("--examples 30000steps",),
    "kimg": ("--examples (2000 kimg are 2M)",),
    "learning-rate": ("--set players.generator.optimizer.lr=1e-4",),
    "lr": ("--set players.generator.optimizer.lr=1e-4",),
    "max-steps": ("--examples 30000steps",),
    "metric": ("--metrics", "sparring evaluate measures a run"),
    "metrics": ("--metrics", "sparring evaluate measures a run"),
    "model": ("--recipe", "give the run folder first, without an option"),
    "n-epochs": ("--epochs",),
    "name": ("--out",),
    "network": ("give the run folder first, without an option", "--init-from RUN"),
    "num": ("--count",),
    "num-epochs": ("--epochs",),
    "num-gpus": ("--device cuda (a training uses one device)",),
    "num-samples": ("--count", "--samples"),
    "num-workers": ("leave it out: loading needs no workers",),
    "outdir": ("--out",),
    "output": ("--out",),
    "output-dir": ("--out",),
    "pretrained": ("--init-from RUN",),
    "resolution": ("--size",),
    "results-dir": ("--out",),
    "resume": ("run the same command again: it resumes",),
    "save-dir": ("--out",),
    "save-every": ("--set tick=10000",),
    "snap": ("--set tick=10000",),
    "steps": ("--examples 30000steps",),
    "time-limit": ("--max-time",),
    "total-iters": ("--examples 30000steps",),
    "trunc": ("--truncation",),
    "workers": ("leave it out: loading needs no workers",),
}

VERBS = {
    "eval": "evaluate",
    "inference": "generate",
    "preprocess": "check",
    "project": "invert",
    "restore": "apply",
    "resume": "train",
    "sample": "generate",
    "test": "evaluate",
    "translate": "apply",
    "validate": "evaluate",
    "walk": "interpolate",
}


def option_hint(typed: str, known: Sequence[str]) -> str:
    """How to say it to a verb that knows these options ("--out", "-o")."""
    name = typed.lstrip("-").split("=")[0].lower().replace("_", "-")
    for advice in OPTIONS.get(name, ()):
        if not advice.startswith("--"):
            return advice
        if advice.split()[0].rstrip(",") in known:
            return f"use {advice}"
    if f"--{name}" in known:
        return f"did you mean '--{name}'?"
    return nearest(f"--{name}", [option for option in known if option.startswith("--")])


def verb_hint(typed: str, known: Sequence[str]) -> str:
    """Which verb does it."""
    name = typed.lower()
    return f"use {VERBS[name]}" if name in VERBS else nearest(name, list(known))
