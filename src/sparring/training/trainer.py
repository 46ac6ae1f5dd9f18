"""The training loop. It runs the phases of an algorithm, updates averages, observes at ticks and saves checkpoints.

A training that stops after any step and resumes computes the same numbers as one that does not stop.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from threading import Event
from typing import Any

import torch
from torch import Tensor

from ..algorithms import Algorithm, Batch, Phase
from ..callbacks.base import Action, Callback, Observation, keyed, result_of
from ..config.recipe import Recipe
from ..losses.penalties import clip_weights
from ..util.devices import peak_memory_mb
from . import optimizers
from .checkpoints import Checkpoints, State, with_prefix, without_prefix
from .ema import EMA
from .gradients import NotFinite, gradient_norm, out_of_memory, refuse_infinity, refuse_split
from .loader import Loader
from .meters import Clock, Meters
from .processes import ALONE, Order, Processes
from .shards import Scalars, Shards

SAVE_SECONDS = 45.0  # after which a checkpoint is due between two ticks; a killed training loses no more than that
ROLLBACK_RATE = 0.5  # the factor of all learning rates each time a training goes back to its best snapshot


class Trainer:
    """Runs a training of any modality and architecture. It owns optimizers, averages, precision and checkpoints.

    Attributes:
        examples: Real examples seen by the player whose steps count them.
        steps: Steps taken.
        attempt: How often the training went back to its best snapshot.
        discarded_examples: Examples seen after snapshots to which the training went back.
        best: {"examples", "selection"} of the best snapshot so far; None before the first tick.
        ended: Whether a callback ended the training before its planned end.
        micro_batch: Examples in a forward pass.
        split_at: For each time that memory ran out, {"examples", "micro_batch"}: the examples seen and the new size.

    Args:
        recipe: The recipe, with all values filled in.
        algorithm: The recipe's algorithm with its players.
        loader: The loader of training examples.
        device: The device of the players.
        checkpoints: The folder of the checkpoints.
        callbacks: The callbacks, in the order in which they observe.
        processes: Those of the training. The first runs `fit`; the others follow its orders.
    """

    def __init__(
        self,
        recipe: Recipe,
        algorithm: Algorithm,
        loader: Loader,
        device: torch.device,
        checkpoints: Checkpoints,
        callbacks: Iterable[Callback] = (),
        processes: Processes = ALONE,
    ):
        assert recipe.batch and recipe.micro_batch and recipe.precision and recipe.ema_half_life is not None
        assert isinstance(recipe.examples, int) and recipe.tick
        self.recipe, self.algorithm, self.loader, self.device = recipe, algorithm, loader, device
        self.checkpoints, self.callbacks = checkpoints, list(callbacks)
        self.processes, self.shards = processes, Shards(algorithm, device, processes)
        self.players = algorithm.players
        self._gradient_shares = {name: optimizers.loss_share(recipe, self.phases, name) for name in self.players}
        self.optimizers = {
            name: optimizers.build(recipe.players[name].optimizer, player, self._gradient_shares[name])
            for name, player in self.players.items()
        }
        self.ema = {
            name: EMA(self.players[name], recipe.ema_half_life, recipe.ema_ramp) for name in algorithm.ema_players
        }
        self.examples = self.steps = self.attempt = self.discarded_examples = 0
        self.ended = False
        self.extended_at = 0  # examples seen when a training that had ended was made longer
        self.best: dict[str, Any] | None = None
        self.micro_batch = recipe.micro_batch
        self.split_at: list[dict[str, int]] = []
        self._saved: int | None = None  # the examples seen of the newest checkpoint
        self._saved_at = time.monotonic()
        self._meters = Meters()
        self._clock = Clock()

    # -- the loop ------------------------------------------------------------------------------------------------------

    def fit(self, stop: Event) -> Observation | None:
        """Train to the end. When `stop` is set, save and return after the present step. Returns the last observation.

        An observation with the event "diverged" means that a loss or a gradient was not finite; it changed no weight.
        The training ends with it unless a callback asks to go back to the best snapshot.
        """
        assert self.recipe.tick
        observation = None
        for callback in self.callbacks:
            callback.start(self.examples, self.end)
        self.processes.tell(Order.BEGIN, self.examples)
        self.processes.agree()
        self._restart_clock()
        while not self.done:
            if stop.is_set():
                if self.examples != self._saved:
                    self.save()
                return observation
            before = self.examples
            try:
                self.step()
            except NotFinite as failure:
                observation = self._diverged(str(failure))
                if observation.action is not Action.ROLL_BACK:
                    return observation
                continue
            for callback in self.callbacks:
                callback.step(self)
            if self.examples // self.recipe.tick > before // self.recipe.tick or self.examples >= self.end:
                observation = self._tick()
            elif time.monotonic() - self._saved_at > SAVE_SECONDS:
                self.save()  # this changes nothing that is trained
        return observation

    def step(self) -> None:
        """Take one step: run the phases of the algorithm, then update the averages."""
        self.processes.tell(Order.STEP)
        self.shards.burn_in(self.examples)
        batch = None
        for number, phase in enumerate(self.phases):
            if self.examples < max(phase.start, self._start_of(phase)) or self.steps % phase.interval:
                continue
            self.shards.require_gradients(phase)
            for repeat in range(phase.steps):
                if phase.new_batch or batch is None:
                    batch = self.loader.at(self.examples, self.attempt)
                    self.examples += phase.new_batch * self.loader.batch
                rng_of = number if phase.rng_of is None else phase.rng_of
                self._take(number, batch, (self.recipe.seed, self.attempt, self.examples, rng_of, repeat))
        self.steps += 1
        self.shards.end_step()
        factor = self.recipe.burn_in_factor("ema_half_life", self.examples)
        for average in self.ema.values():
            average.update(self.examples, self.recipe.examples_per_step, factor)

    @property
    def phases(self) -> tuple[Phase, ...]:
        return self.shards.phases[0]

    @property
    def all_players_from(self) -> float:
        """The number of examples seen from which on all phases run."""
        return max(map(self._start_of, self.phases), default=0.0)

    @property
    def end(self) -> int:
        """The number of examples seen at which the training ends.

        Discarded examples count towards the planned length, so that going back does not make a training longer.
        """
        assert isinstance(self.recipe.examples, int)
        return self.recipe.examples - self.discarded_examples

    @property
    def done(self) -> bool:
        return self.ended or self.examples >= self.end

    def learning_rate(self, player: str) -> float:
        """The present learning rate of a player: the schedule's, halved at each rollback."""
        settings = self.recipe.players[player]
        scheduled = settings.optimizer.lr * settings.schedule.factor(self.examples, self.end)
        return scheduled * self.recipe.burn_in_factor("lr", self.examples) * ROLLBACK_RATE**self.attempt

    def synchronise(self) -> None:
        """Wait until the device has finished its work."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def _start_of(self, phase: Phase) -> float:
        assert isinstance(self.recipe.examples, int)
        return phase.start_fraction * self.recipe.examples

    # -- one gradient step ---------------------------------------------------------------------------------------------

    def _take(self, number: int, batch: Batch, address: tuple[int, ...]) -> None:
        """Take one gradient step of every player of a phase. number: The index of the phase."""
        phase = self.phases[number]
        for name in phase.players:
            share, rate = self._gradient_shares[name], self.learning_rate(name)
            optimizers.set_rates(self.optimizers[name], self.recipe, name, share, rate, self.examples)
        loss, scalars = self._gradients_within_memory(number, batch, address)
        norms = {name: gradient_norm(self.shards.parameters[name]) for name in phase.players}
        refuse_infinity(phase, loss, norms)
        for values, share in scalars:
            self._meters.add(values, share)
        self._meters.add({f"gradient.{name}": norm for name, norm in norms.items()}, 1.0)
        for name in phase.players:
            self.optimizers[name].step()
            if bound := self.recipe.players[name].clip_weights:
                clip_weights(self.players[name], bound)

    def _gradients_within_memory(self, number: int, batch: Batch, address: tuple[int, ...]) -> tuple[Tensor, Scalars]:
        """Compute the gradients. If memory runs out, compute them again in smaller micro-batches."""
        before = self.shards.states()
        while True:
            try:
                return self.shards.gradients(number, batch, address, self.micro_batch)
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
            # Outside of the handler, because the exception keeps the tensors of the failed pass in memory.
            self.shards.load_states(before)
            self._split()

    def _split(self) -> None:
        """Halve the micro-batches from now on, after memory ran out. Checkpoints keep the new size."""
        refuse_split(self.recipe, self.players, self.micro_batch, self.loader.batch)
        self.shards.clear_gradients(list(self.players))
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self.micro_batch = self.micro_batch // 2
        self.split_at.append({"examples": self.examples, "micro_batch": self.micro_batch})

    # -- observing -----------------------------------------------------------------------------------------------------

    def _tick(self) -> Observation:
        values = self._meters.means() | {f"lr.{name}": self.learning_rate(name) for name in self.recipe.players}
        notes = {"split_at": self.split_at} if self.split_at else {}
        observation = Observation(self.examples, self.steps, values, self._clock_values(), notes=notes)
        observation.keeps = self.recipe.select
        self._meters.clear()
        self._observe(observation)
        if observation.action is Action.ROLL_BACK:
            self.roll_back(self._back_to)
        else:
            self.ended = observation.action is Action.STOP
            if observation.action is Action.AUGMENT:
                self.processes.tell(Order.AUGMENT)
                self.shards.augment_more()
            self.save()
        self._notify(observation)
        self._restart_clock()
        return observation

    def _diverged(self, reason: str) -> Observation:
        notes = {"reason": reason}
        observation = Observation(
            self.examples, self.steps, {}, self._clock_values(), health="diverged", event="diverged", notes=notes
        )
        self._observe(observation)
        if observation.action is Action.ROLL_BACK:
            self.roll_back(self._back_to)
        self._notify(observation)
        return observation

    def _observe(self, observation: Observation) -> None:
        """Collect the results of all callbacks in turn. Their score decides whether the snapshot is the best."""
        started, before = time.perf_counter(), self.best
        for callback in self.callbacks:
            result = result_of(callback, self, observation)
            if result is None:
                continue
            result.add_to(observation, callback)
            if observation.selection is not None:
                self._select(observation, before)
            if observation.action is Action.ROLL_BACK:
                observation.notes["back_to"] = self._back_to
        self._clock.observing = time.perf_counter() - started

    def _select(self, observation: Observation, before: dict[str, Any] | None) -> None:
        """Compare with the best of earlier ticks, never with what another callback gave at this one.

        A snapshot from which the training goes back is discarded, so it is not the best.
        """
        value = observation.selection
        assert value is not None
        kept = self.recipe.select == "latest" or before is None or value < before["selection"]
        observation.best = kept and observation.action is not Action.ROLL_BACK
        self.best = {"examples": observation.examples, "selection": value} if observation.best else before

    def _notify(self, observation: Observation) -> None:
        for callback in self.callbacks:
            callback.observed(observation)
            if observation.action is Action.ROLL_BACK:
                callback.start(self.examples, self.end)

    def roll_back(self, to: int) -> None:
        """Go back to the checkpoint at `to` examples, with new random numbers and lower learning rates.

        Nothing is saved here. If the process stops before the next checkpoint, the resumed training goes back again.
        """
        self.processes.tell(Order.ROLL_BACK, to)
        attempt, examples, memory = self.attempt + 1, self.examples, (self.micro_batch, self.split_at)
        discarded, found = self.discarded_examples, self.checkpoints.load_whole(to)
        assert found
        self._load_training(*found)
        self.attempt, self._saved = attempt, self.examples
        self.discarded_examples = discarded + examples - self.examples
        self.micro_batch, self.split_at = memory

    def _restart_clock(self) -> None:
        self._clock.restart(self.examples)
        self.loader.waited = 0.0

    def _clock_values(self) -> dict[str, Any]:
        return {**self._clock.values(self.examples, self.loader.waited), "memory_mb": peak_memory_mb(self.device)}

    # -- saving and resuming -------------------------------------------------------------------------------------------

    def state(self) -> State:
        """Everything on which the rest of the training depends. The tensors are not copies."""
        groups = {
            "players": with_prefix({name: player.state_dict() for name, player in self.players.items()}),
            "ema": with_prefix({name: average.module.state_dict() for name, average in self.ema.items()}),
            "optimizers": with_prefix({name: optimizers.tensors(each) for name, each in self.optimizers.items()}),
            "algorithm": self.algorithm.state(),
            "meters": self._meters.sums,
        }
        facts = {
            "steps": self.steps,
            "attempt": self.attempt,
            "discarded_examples": self.discarded_examples,
            "ended": self.ended,
            "extended_at": self.extended_at,
            "micro_batch": self.micro_batch,
            "split_at": self.split_at,
            "best": self.best,
            "weights": self._meters.weights,
            "callbacks": {key: state for key, each in keyed(self.callbacks).items() if (state := each.state())},
        }
        return State(groups, facts)

    def load_state(self, examples: int, state: State) -> None:
        """Restore a state that was saved after `examples` examples seen."""
        self._load_training(examples, state)
        self._load_callbacks(state, survives_rollback=True)

    def _load_training(self, examples: int, state: State) -> None:
        """Restore everything except the callbacks that survive a rollback (the log)."""
        groups, facts = state.groups, state.facts
        for name, player in self.players.items():
            player.load_state_dict(without_prefix(groups["players"], name))
        for name, average in self.ema.items():
            average.module.load_state_dict(without_prefix(groups["ema"], name))
        for name, optimizer in self.optimizers.items():
            optimizers.load_tensors(optimizer, without_prefix(groups["optimizers"], name))
        self.shards.load_state(groups["algorithm"])
        self._meters.load(groups["meters"], facts["weights"], self.device)
        self.examples, self.steps, self.attempt, self.best = examples, facts["steps"], facts["attempt"], facts["best"]
        self.discarded_examples, self.ended = facts["discarded_examples"], facts["ended"]
        self.extended_at = facts["extended_at"]
        self.micro_batch, self.split_at = facts["micro_batch"], list(facts["split_at"])
        self._load_callbacks(state, survives_rollback=False)

    def _load_callbacks(self, state: State, survives_rollback: bool) -> None:
        for key, callback in keyed(self.callbacks).items():
            if callback.survives_rollback == survives_rollback:
                callback.load_state(state.facts["callbacks"].get(key, {}))

    @property
    def _back_to(self) -> int:
        """The examples seen of the checkpoint to which the training would go back."""
        return self.best["examples"] if self.best else 0

    def save(self) -> None:
        self.checkpoints.save(self.examples, self.state(), {self._back_to})
        self._saved, self._saved_at = self.examples, time.monotonic()

    def go_on(self) -> None:
        """Train on after the end, as somebody asked for more; saved, so that a kill does not end it again."""
        self.ended, self.extended_at = False, self.examples
        self.save()

    def resume(self) -> bool:
        """Restore the newest checkpoint that is whole. Returns False if there is none."""
        self.checkpoints.clean()
        found = self.checkpoints.load_whole()
        if found:
            self.load_state(*found)
            self._saved = self.examples
        return found is not None
