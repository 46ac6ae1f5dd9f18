"""What every process but the first does: it takes the steps of the training that the first process leads.

The first process alone opens the run folder for writing, scores, logs, saves and decides. The others compute their
shards of each batch, and change their weights by the same gradients.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import torch

from .. import modalities
from ..callbacks.base import Callback
from ..errors import UserError
from ..runs.folder import Run
from .assembly import Parts, build_players, fit_features
from .gradients import NotFinite
from .processes import Group, Order
from .resume import same_data
from .trainer import Trainer


def follow(run: Run, where: Any, device: torch.device, processes: Group) -> None:
    """Take the first process's orders until it ends the training.

    Args:
        run: The folder of the run, which the first process writes; on a disk that all processes see.
        where: The data.
        device: The device of this process.
        processes: This one of the processes.
    """
    trainer: Trainer | None = None
    while True:
        order, number = processes.told()
        if order is Order.END:
            return
        if order is Order.SUM:
            processes.take_part_in_sums(number)
        elif order is Order.BEGIN:
            trainer = _begun(run, where, device, processes, number)
        else:
            assert trainer
            _obey(trainer, order, number)


def _obey(trainer: Trainer, order: Order, number: int) -> None:
    if order is Order.ROLL_BACK:
        trainer.roll_back(number)
    elif order is Order.AUGMENT:
        trainer.shards.augment_more()
    else:
        with suppress(NotFinite):  # in all processes, and the first decides what follows
            trainer.step()


def _begun(run: Run, where: Any, device: torch.device, processes: Group, examples: int) -> Trainer:
    """The trainer at a checkpoint of the run. All processes end if one of them cannot begin."""
    refusal, trainer = "", None
    try:
        trainer = _trainer(run, where, device, processes)
        trainer.load_state(examples, trainer.checkpoints.load(examples))
    except (UserError, OSError) as error:
        refusal = f"process {processes.rank + 1} cannot begin: {error}; all processes need the run folder and the data"
    processes.agree(refusal)
    assert trainer
    return trainer


def _trainer(run: Run, where: Any, device: torch.device, processes: Group) -> Trainer:
    recipe, about = run.recipe()
    source = same_data(run, recipe, where, about, device)
    codec = modalities.get(source.modality).codec_from(run.read_json("codec.json"))
    players = build_players(recipe, codec, len(source.classes), device)
    feature_net = fit_features(source, run.path, Callback().progress)
    return Parts(recipe, source, codec, players, device, run.path, feature_net, processes).trainer()
