"""The training loop: takes the turns of a game, keeps averages, looks up at ticks, and can be dropped and picked up at any step."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from threading import Event
from typing import Any

import torch
from torch import Tensor, nn

from .. import algorithms
from ..algorithms import Batch, Game, Turn
from ..callbacks.base import Monitor, Tick
from ..config.recipe import Recipe
from ..errors import UserError
from ..losses.penalties import clip_weights
from ..networks.base import is_batch_coupled
from ..util.devices import peak_memory_mb
from ..util.random import derive_seed
from . import optimizers, schedules
from .checkpoints import Checkpoints, State
from .ema import Average
from .loader import Feed
from .step_random import TurnDraws

RESCUE_RATE = 0.5  # what the learning rates are multiplied with when a training goes back to its best snapshot


class NotFinite(Exception):
    """A loss or a gradient is not finite; no weight has taken the turn's step."""


class Trainer:
    """Owns optimizers, averages, precision and checkpoints; knows no modality and no architecture.

    Every value it reads from the recipe must be filled in. Progress is counted in images: real examples shown to those who learn from them.
    """

    def __init__(
        self, recipe: Recipe, game: Game, feed: Feed, device: torch.device, checkpoints: Checkpoints, monitors: Sequence[Monitor] = ()
    ):
        assert recipe.batch and recipe.micro_batch and recipe.precision and recipe.ema_half_life is not None
        self.recipe, self.game, self.feed, self.device = recipe, game, feed, device
        self.checkpoints, self.monitors = checkpoints, list(monitors)
        self.turns = game.turns()
        self.step_images = recipe.batch * sum(turn.repeats for turn in self.turns if turn.fresh)
        self.shares = {name: self._share(name) for name in game.players}
        self.optimizers = {
            name: optimizers.build(recipe.players[name].optimizer, player, self.shares[name]) for name, player in game.players.items()
        }
        self._weights_of = {
            name: list(player.parameters()) for name, player in game.players.items()
        }  # looking for them takes a tenth of a step
        self.averages = {name: Average(game.players[name], recipe.ema_half_life, recipe.ema_ramp) for name in game.averaged}
        self.images = self.steps = self.attempt = 0
        self.lost = 0  # images of stretches that were given up
        self.ended = False  # before all images were seen
        self._saved: int | None = None  # images of the state that is on the disk
        self.best: dict[str, Any] | None = None  # {"images", "selection"} of the snapshot to hand out
        self.micro_batch = recipe.micro_batch
        self.split_at: list[dict[str, int]] = []  # at which images memory ran out, and the micro-batch from there on
        self._sums: dict[str, Tensor] = {}
        self._weights: dict[str, float] = {}
        self._since = time.perf_counter()
        self._images_since = 0
        self._looked = 0.0  # seconds that the monitors took at the last tick

    # -- going on ------------------------------------------------------------------------------------------------------------------

    def fit(self, stop: Event) -> Iterator[Tick]:
        """Train until the end, yielding at every tick; when `stop` is set, save the step reached and return.

        A tick with event "diverged" tells of a loss or gradient that was not finite; no weight was touched by it. It is the last one
        unless a monitor asks to go back to the best snapshot.
        """
        every = self.recipe.tick
        assert every
        self._restart_clock()
        while not self.done:
            if stop.is_set():
                if self.images != self._saved:
                    self.save()
                return
            try:
                self.step()
            except NotFinite as failure:
                tick = self._diverged(str(failure))
                yield tick
                if tick.action != "roll back":
                    return
                continue
            for monitor in self.monitors:
                monitor.step(self)
            if self.images // every > (self.images - self.step_images) // every or self.images >= self.end:
                yield self._tick()

    def step(self) -> None:
        """Every turn of the game once, then the averages."""
        batch = None
        for number, turn in enumerate(self.turns):
            if self.images < max(turn.begin, self._late(turn)) or self.steps % turn.every:
                continue
            self._let_learn(turn.learners)
            for repeat in range(turn.repeats):
                if turn.fresh or batch is None:
                    batch = self.feed.at(self.images, self.attempt)
                    self.images += turn.fresh * len(batch.real)
                drawn = number if turn.draws_of is None else turn.draws_of
                self._take(turn, batch, (self.recipe.seed, self.attempt, self.images, drawn, repeat))
        self.steps += 1
        for average in self.averages.values():
            average.update(self.images, self.step_images)

    def _late(self, turn: Turn) -> float:
        assert isinstance(self.recipe.images, int)
        return turn.late * self.recipe.images

    @property
    def complete(self) -> float:
        """The number of images from which all turns are taken that come late."""
        return max(map(self._late, self.turns), default=0.0)

    @property
    def end(self) -> int:
        """The number of images at which the training is over. What was given up is not made up for: a budget is a budget."""
        assert isinstance(self.recipe.images, int)
        return self.recipe.images - self.lost

    @property
    def done(self) -> bool:
        return self.ended or self.images >= self.end

    def rate(self, player: str) -> float:
        """The learning rate of a player at the images seen; lower after each time the training went back."""
        settings = self.recipe.players[player]
        return settings.optimizer.lr * schedules.factor(settings.schedule, self.images, self.end) * RESCUE_RATE**self.attempt

    def _share(self, player: str) -> float:
        """Of all gradient steps of a player, the share without lazy penalties: its learning rate and the logarithms of its betas
        shrink by it, so that the steps of such turns add nothing (Karras et al. 2020, arXiv:1912.04958, appendix B: k / (k + 1)).

        Plain gradient descent goes as far as the gradient is long, and needs no such thing.
        """
        if self.recipe.players[player].optimizer.name == "sgd":
            return 1.0
        mine = [turn for turn in self.turns if player in turn.learners]
        if not mine:  # it never learns
            return 1.0
        return sum(turn.repeats / turn.every for turn in mine if not turn.penalty) / sum(turn.repeats / turn.every for turn in mine)

    def synchronise(self) -> None:
        """Wait until the device has done all that it was given."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def _take(self, turn: Turn, batch: Batch, address: tuple[int, ...]) -> None:
        """One gradient step of every learner on the turn's loss."""
        for name in turn.learners:
            rate = self.rate(name) * self.shares[name]
            for group in self.optimizers[name].param_groups:
                group["lr"] = rate
        before = self.game.state()
        while True:
            try:
                loss, shown = self._gradients(turn, batch, address)
                break
            except RuntimeError as error:
                if not out_of_memory(error):
                    raise
            self.game.load_state(before)  # outside of the handler, which holds on to the tensors of the failed pass
            self._split(batch)
        norms = {name: total_gradient(self._weights_of[name]) for name in turn.learners}
        if not torch.isfinite(torch.stack([loss, *norms.values()])).all():
            broken = [name for name, norm in norms.items() if not torch.isfinite(norm)] if torch.isfinite(loss) else turn.learners
            raise NotFinite(f"the {' and '.join(broken)}'s {'gradient' if torch.isfinite(loss) else 'loss'} is not finite")
        for values, share in shown:
            self._show(values, share)
        self._show({f"gradient.{name}": norm for name, norm in norms.items()}, 1.0)
        for name in turn.learners:
            self.optimizers[name].step()
            if bound := self.recipe.players[name].clip_weights:
                clip_weights(self.game.players[name], bound)

    def _gradients(self, turn: Turn, batch: Batch, address: tuple[int, ...]) -> tuple[Tensor, list[tuple[dict[str, Tensor], float]]]:
        """Leave the gradients of the turn's loss, summed over micro-batches, in the learners; the loss, and what each micro-batch shows."""
        for name in turn.learners:
            self.optimizers[name].zero_grad(set_to_none=True)
        count, loss = len(batch.real), torch.zeros((), device=self.device)
        kind, shown = "penalties" if turn.penalty else "losses", []
        short = self.recipe.precision == "bfloat16" and not turn.full_precision
        with self._layers_draw_from(*address):
            for start in range(0, count, self.micro_batch):
                stop = min(count, start + self.micro_batch)
                share = (stop - start) / count
                with torch.autocast(self.device.type, torch.bfloat16, enabled=short):
                    outcome = turn.loss(batch.rows(start, stop), TurnDraws(address, count, start, stop, self.device))
                (outcome.loss * share).backward()
                loss = loss + outcome.loss.detach() * share
                shown.append(({f"{kind}.{turn.title}": outcome.loss.detach(), **outcome.shown}, share))
        return loss, shown

    def _split(self, batch: Batch) -> None:
        """After running out of memory: smaller micro-batches from now on, which checkpoints remember."""
        joined = sees_whole_batch(self.recipe, self.game.players)
        if self.micro_batch < 2 or joined:
            why = f"the {' and '.join(joined)} sees it as a whole" if self.micro_batch > 1 else "one example is too much already"
            raise UserError(
                f"out of memory with a batch of {len(batch.real)}, which cannot be split ({why}); "
                "train into another --out with --set batch=N, N smaller, with a smaller --size, or with narrower networks"
            )
        for player in self.game.players.values():
            player.zero_grad(set_to_none=True)
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self.micro_batch = self.micro_batch // 2
        self.split_at.append({"images": self.images, "micro_batch": self.micro_batch})

    def _let_learn(self, learners: Sequence[str]) -> None:
        """Freeze every other player: no gradients are computed for nothing."""
        for name, weights in self._weights_of.items():
            for weight in weights:
                weight.requires_grad_(name in learners)

    @contextlib.contextmanager
    def _layers_draw_from(self, *address: int | str) -> Iterator[None]:
        """Layers that draw by themselves (dropout) draw from this address; torch's global generators are put back afterwards."""
        generators = [torch.default_generator]
        if self.device.type == "cuda":
            generators.append(torch.cuda.default_generators[self.device.index or 0])
        before = [generator.get_state() for generator in generators]
        # not by torch.manual_seed: where there is no GPU it notes down a stack trace each time, which takes a millisecond
        for generator in generators:
            generator.manual_seed(derive_seed(*address, "layers"))
        try:
            yield
        finally:
            for generator, state in zip(generators, before, strict=True):
                generator.set_state(state)

    # -- looking up ----------------------------------------------------------------------------------------------------------------

    def _show(self, values: dict[str, Tensor], share: float) -> None:
        """Add values to the means of this tick, weighted by their share of a batch; nothing is read from the device."""
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value.float() * share
            self._weights[name] = self._weights.get(name, 0.0) + share

    def _tick(self) -> Tick:
        tick = Tick(self.images, self.steps, self._means(), self._clock())
        for name in self.recipe.players:
            tick.facts[f"lr.{name}"] = self.rate(name)
        if self.split_at:
            tick.notes["split_at"] = self.split_at
        self._sums, self._weights = {}, {}
        start = time.perf_counter()
        for monitor in self.monitors:
            monitor.tick(self, tick)
        self._looked = time.perf_counter() - start
        if tick.action == "roll back":
            self._go_back()
        else:
            self.ended = tick.action == "stop"
            if tick.action == "augment":
                self.game.augment_more()
            self.save()
        self._restart_clock()
        return tick

    def judge(self, tick: Tick) -> None:
        """Called by the monitor that sets `tick.selection`: is this the best snapshot so far?"""
        value = tick.selection
        tick.best = self.recipe.hand_out == "latest" or self.best is None or value is None or value < self.best["selection"]
        if tick.best:
            self.best = {"images": tick.images, "selection": value if value is not None else float("inf")}

    def _diverged(self, reason: str) -> Tick:
        tick = Tick(self.images, self.steps, {}, self._clock(), health="diverged", event="diverged", notes={"reason": reason})
        for monitor in self.monitors:
            monitor.tick(self, tick)
        if tick.action == "roll back":
            self._go_back()
        return tick

    def _go_back(self) -> None:
        """To the best snapshot, with new draws and lower learning rates. The next step that is saved is the first trace on the disk: a stop
        before it leads here again."""
        assert self.best
        attempt, lost, images, memory = self.attempt + 1, self.lost, self.images, (self.micro_batch, self.split_at)
        self._load_training(self.best["images"], self.checkpoints.load(self.best["images"]))
        self.attempt, self.lost, self._saved = attempt, lost + images - self.images, self.images
        self.micro_batch, self.split_at = memory

    def _means(self) -> dict[str, float]:
        names = sorted(self._sums)
        return {name: float(self._sums[name]) / self._weights[name] for name in names}

    def _restart_clock(self) -> None:
        self._since, self._images_since, self.feed.waited = time.perf_counter(), self.images, 0.0

    def _clock(self) -> dict[str, Any]:
        seconds = time.perf_counter() - self._since
        return {
            "seconds": round(seconds, 3),
            "images_per_second": round((self.images - self._images_since) / max(seconds, 1e-9), 1),
            "data_wait": round(self.feed.waited / max(seconds, 1e-9), 4),
            "looking": round(self._looked / max(seconds + self._looked, 1e-9), 4),
            "memory_mb": peak_memory_mb(self.device),
        }

    # -- dropping and picking up -----------------------------------------------------------------------------------------------------

    def state(self) -> State:
        """All that decides how the training goes on. The tensors are the live ones, not copies."""
        groups = {
            "players": {f"{name}.{key}": value for name, player in self.game.players.items() for key, value in player.state_dict().items()},
            "averages": {f"{name}.{key}": value for name, each in self.averages.items() for key, value in each.module.state_dict().items()},
            "optimizers": {
                f"{name}.{key}": value for name, each in self.optimizers.items() for key, value in optimizers.tensors(each).items()
            },
            "game": self.game.state(),
            "meters": self._sums,
        }
        facts = {
            "steps": self.steps,
            "attempt": self.attempt,
            "lost": self.lost,
            "ended": self.ended,
            "micro_batch": self.micro_batch,
            "split_at": self.split_at,
            "best": self.best,
            "weights": self._weights,
            "monitors": {type(monitor).__name__: monitor.state() for monitor in self.monitors},
        }
        return State(groups, facts)

    def load_state(self, images: int, state: State) -> None:
        self._load_training(images, state)
        for monitor in self.monitors:
            if not monitor.goes_back:
                monitor.load_state(state.facts["monitors"].get(type(monitor).__name__, {}))

    def _load_training(self, images: int, state: State) -> None:
        """All but what must not forget the stretches that were given up (the log)."""
        groups, facts = state.groups, state.facts
        for name, player in self.game.players.items():
            player.load_state_dict(_below(groups["players"], name))
        for name, average in self.averages.items():
            average.module.load_state_dict(_below(groups["averages"], name))
        for name, optimizer in self.optimizers.items():
            optimizers.load_tensors(optimizer, _below(groups["optimizers"], name))
        self.game.load_state(groups["game"])
        self._sums = {name: value.to(self.device) for name, value in groups["meters"].items()}
        self._weights = dict(facts["weights"])
        self.images, self.steps, self.attempt, self.best = images, facts["steps"], facts["attempt"], facts["best"]
        self.lost, self.ended = facts["lost"], facts["ended"]
        self.micro_batch, self.split_at = facts["micro_batch"], list(facts["split_at"])
        for monitor in self.monitors:
            if monitor.goes_back:
                monitor.load_state(facts["monitors"].get(type(monitor).__name__, {}))

    def save(self) -> None:
        keep = {self.best["images"]} if self.best else set()
        self.checkpoints.save(self.images, self.state(), keep)
        self._saved = self.images

    def resume(self) -> bool:
        """Go on from the newest checkpoint; False when there is none."""
        self.checkpoints.clean()
        numbers = self.checkpoints.numbers()
        if numbers:
            self.load_state(numbers[-1], self.checkpoints.load(numbers[-1]))
            self._saved = numbers[-1]
        return bool(numbers)


def _below(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")}


def total_gradient(weights: Sequence[Tensor]) -> Tensor:
    """The norm of all their gradients together."""
    return torch.nn.utils.get_total_norm([each.grad for each in weights if each.grad is not None])


def out_of_memory(error: RuntimeError) -> bool:
    """torch has a class for GPUs; the CPU's allocator raises a plain RuntimeError."""
    return isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)


def sees_whole_batch(recipe: Recipe, players: dict[str, nn.Module]) -> list[str]:
    """What makes of a batch something else than of its parts, by name: players, and parts of the game's losses. With none, it may be split."""
    return [*(name for name, player in players.items() if is_batch_coupled(player)), *algorithms.kind(recipe).joins(recipe)]
