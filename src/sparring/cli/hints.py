"""What to type instead of an option or a verb that is not there: the names of other programs, else the closest one."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import closest, nearest

# What the option of another program is here. The first advice counts that applies to the verb: an option, if the verb
# has it; a sentence, if the verb has the option in FOR_VERBS_WITH, or always if there is none.
RESUMES = "run the same command again: it resumes"
DATA_FIRST = "give the data first, without an option"
NO_WORKERS = "leave it out: loading needs no workers"
RUN_FIRST = "give the run folder first, without an option"
FOR_VERBS_WITH = {RESUMES: "--budget", DATA_FIRST: "--labels", NO_WORKERS: "--budget"}
SPELLED_ALIKE = 0.7  # from here on an option is taken for a misspelled one: dashes do not count
DEVICE = "--device cuda (a training uses one device)"
OPTIONS: dict[str, tuple[str, ...]] = {
    "amp": ("--set precision=bfloat16",),
    "beta1": ("--set players.generator.optimizer.betas=[0.5,0.999]",),
    "batch": ("--batch-size", "--set batch=64"),
    "batch-size": ("--batch-size", "--set batch=64"),
    "checkpoint": ("--init-from RUN",),
    "ckpt": ("--init-from RUN",),
    "class": ("--label",),
    "class-idx": ("--label",),
    "config": ("--recipe",),
    "continue": (RESUMES,),
    "cfg": ("--recipe",),
    "cond": ("--labels auto",),
    "cpu": ("--device cpu",),
    "cuda": ("--device cuda",),
    "data": (DATA_FIRST, RUN_FIRST),
    "data-dir": (DATA_FIRST, RUN_FIRST),
    "dataroot": (DATA_FIRST, RUN_FIRST),
    "dataset": (DATA_FIRST, RUN_FIRST),
    "epoch": ("--epochs",),
    "fp16": ("--set precision=bfloat16",),
    "gpu": (DEVICE,),
    "gpu-ids": ("--device cuda:0",),
    "gpus": (DEVICE,),
    "image-size": ("--size",),
    "images": ("--examples",),
    "img-size": ("--size",),
    "iterations": ("--examples 30000steps",),
    "kimg": ("--examples (2000 kimg are 2M)",),
    "latent-dim": ("--set latent.size=100",),
    "learning-rate": ("--set players.generator.optimizer.lr=1e-4",),
    "logdir": ("--out",),
    "lr": ("--set players.generator.optimizer.lr=1e-4",),
    "max-steps": ("--examples 30000steps",),
    "metric": ("--metrics", "sparring evaluate measures a run"),
    "metrics": ("--metrics", "sparring evaluate measures a run"),
    "model": ("--recipe", RUN_FIRST),
    "n-epochs": ("--epochs",),
    "name": ("--out",),
    "network": (RUN_FIRST, "--init-from RUN"),
    "num": ("--count",),
    "num-epochs": ("--epochs",),
    "num-gpus": (DEVICE,),
    "num-samples": ("--count", "--samples"),
    "num-workers": (NO_WORKERS,),
    "nz": ("--set latent.size=100",),
    "outdir": ("--out",),
    "output": ("--out",),
    "output-dir": ("--out",),
    "pretrained": ("--init-from RUN",),
    "resolution": ("--size",),
    "results-dir": ("--out",),
    "resume": (RESUMES,),
    "save-dir": ("--out",),
    "save-every": ("--set tick=10000",),
    "snap": ("--set tick=10000",),
    "steps": ("--examples 30000steps",),
    "time-limit": ("--max-time",),
    "total-iters": ("--examples 30000steps",),
    "trunc": ("--truncation",),
    "truncation-psi": ("--truncation",),
    "wandb": ("--tensorboard",),
    "workers": (NO_WORKERS,),
    "z-dim": ("--set latent.size=100",),
}

VERBS = {
    "balance": "augment",
    "enlarge": "augment",
    "eval": "evaluate",
    "gui": "studio",
    "inference": "generate",
    "oversample": "augment",
    "preprocess": "check",
    "project": "invert",
    "restore": "apply",
    "resume": "train",
    "sample": "generate",
    "test": "evaluate",
    "translate": "apply",
    "ui": "studio",
    "validate": "evaluate",
    "walk": "interpolate",
}


def option_hint(typed: str, known: Sequence[str]) -> str:
    """How to say it to a verb that knows these options ("--out", "-o"); "" if no option of it is meant."""
    name = typed.lstrip("-").split("=")[0].lower().replace("_", "-")
    for advice in OPTIONS.get(name, ()):
        if advice.startswith("--"):
            if advice.split()[0].rstrip(",") in known:
                return f"use {advice}"
        elif advice not in FOR_VERBS_WITH or FOR_VERBS_WITH[advice] in known:
            return advice
    meant = closest(name, [option.removeprefix("--") for option in known if option.startswith("--")], SPELLED_ALIKE)
    return f"did you mean '--{meant}'?" if meant else ""


def verb_hint(typed: str, known: Sequence[str]) -> str:
    """Which verb does it."""
    name = typed.lower()
    return f"use {VERBS[name]}" if name in VERBS else nearest(name, list(known))
