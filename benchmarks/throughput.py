"""Images a second of every recipe beside a plain loop, its memory, and its share of what the hardware multiplies.

    python benchmarks/throughput.py --recipes dcgan,sngan --sizes 32,64 --seconds 10 --repeats 3 --json throughput.json
    python benchmarks/throughput.py --quick

Ours is `Trainer.step()` of a training set up as `sparring train` sets it up. The plain loop has the same networks,
batch, objective and penalties as a tutorial writes them: eager float32, contiguous tensors, one small update for each
parameter, gradients for both players in the generator's phase, fresh fakes in every phase, every loss read at once; no
average of the generator, no schedule, no rollback. Both get the same pictures (random ones in memory, with labels)
through the same loader. Each of the two lives in a process of its own and waits while the other is timed; they are
timed in turns, and the medians count: of the rates, and of the ratios of neighbouring pairs.

Work is counted on one round of the plain loop's phases (lazy penalties by their share of it), without the gradients
that no optimizer takes: the multiplications and additions of matrix products and convolutions, forwards and backwards,
two for each weight and output; no element-wise work. Recurrent layers are one call that hides theirs: no share is given
then. So whatever ours does on top of that, or saves, its share of the peak is that of useful work. The peak is the best
of a few square matrix products in the same run, in the recipe's precision; where a GPU is asked for float32, in TF32,
which its convolutions use. Memory is the peak of the process (on a GPU: that of torch's tensors), with all that Python
and torch hold.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import platform
import random
import statistics
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date
from functools import cached_property, partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from sparring import augmentations, modalities
from sparring.algorithms import Batch
from sparring.algorithms.augment import USUAL_OPERATIONS
from sparring.algorithms.gan import GANConfig
from sparring.callbacks.base import Callback
from sparring.config.options import train_options
from sparring.config.reading import list_recipes, load_recipe, parse_settings, recipe_from
from sparring.config.recipe import Recipe
from sparring.data.source import PictureSource, ScanReport, Source, Split
from sparring.losses import penalties
from sparring.modalities.opening import option_fields
from sparring.networks.output import DiscriminatorOutput
from sparring.runs.folder import Run
from sparring.training.assembly import Assembly, build_players, fit_features
from sparring.training.loader import Loader
from sparring.training.setup import set_up
from sparring.util import versions
from sparring.util.devices import choose_device, choose_precision, peak_memory_mb
from sparring.util.files import write_bytes

CLASSES, TEST = 10, 256
POOL = 32 << 20  # bytes of different pictures; the others are copies, so that memory tells of the training
ENDLESS = 10**10  # examples
QUICK = {"recipes": "mlp,dcgan,sngan", "sizes": "28", "seconds": 3.0, "repeats": 2}
FULL = {"recipes": None, "sizes": "32", "seconds": 10.0, "repeats": 3}
SQUARES = {"cpu": (512, 1024, 2048), "cuda": (2048, 4096, 8192, 16384)}
SPEED_TITLES = ("recipe", "side", "batch", "images/s", "plain loop", "ratio")
TITLES = (*SPEED_TITLES, "MB, plain", "GFLOP an image", "share of peak, plain")
COUNTED = "matrix products and convolutions of a plain round of phases, without gradients that no optimizer takes"
SQUARE_SECONDS = 0.4  # for each size of matrix


class RandomPictures(PictureSource):
    """Random uint8 pictures in memory, every class equally often."""

    modality, fit, name, notes = "image", "crop", "random-pictures", ()

    def __init__(self, channels: int, side: int, count: int):
        self.shape, self.counts = (channels, side, side), {"train": count, "validation": 0, "test": TEST}
        self.classes = tuple(f"class {number}" for number in range(CLASSES))
        self.content_hash = f"{channels:016x}{side:016x}{count:032x}"
        pool = max(TEST, min(count, POOL // math.prod(self.shape)))
        self._values = np.random.default_rng(0).integers(0, 256, (pool, *self.shape), dtype=np.uint8)
        self.report = ScanReport(
            counts=self.counts, labels={name: len(range(n, count, CLASSES)) for n, name in enumerate(self.classes)}
        )

    def count(self, split: Split = "train") -> int:
        return self.counts[split]

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._values[indices % len(self._values)]

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return indices.astype(np.int64) % CLASSES


# -- the plain loop ----------------------------------------------------------------------------------------------------


class PlainPhase(NamedTuple):
    """Who learns, from what, how often in a row, in every how-manieth step."""

    players: tuple[str, ...]
    loss: Callable[[], Tensor]
    steps: int = 1
    interval: int = 1


class PlainLoop(ABC):
    """A recipe as a tutorial writes it: what every algorithm needs.

    frozen: Leave out the gradients that no optimizer takes, for counting.
    """

    def __init__(self, recipe: Recipe, source: Source, device: torch.device):
        assert recipe.batch
        self.recipe, self.device, self.frozen = recipe, device, False
        codec = modalities.get(source.modality).fit_codec(source, recipe.value_range)
        self.players = build_players(recipe, codec, len(source.classes), device)
        for player in self.players.values():
            player.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        self.generator: Any = self.players["generator"]
        self.loader = Loader(source, codec, recipe.batch, recipe.seed, device)
        self.optimizers = {name: self._optimizer(name) for name in self.players}
        self.batch = self.loader.at(0, 0)
        self.examples = self.steps = 0
        torch.manual_seed(recipe.seed)

    def _optimizer(self, name: str) -> torch.optim.Optimizer:
        settings, parameters = self.recipe.players[name].optimizer, self.players[name].parameters()
        common: dict[str, Any] = {"lr": settings.lr, "weight_decay": settings.weight_decay, "foreach": False}
        if settings.name in ("adam", "adamw"):
            kind = torch.optim.Adam if settings.name == "adam" else torch.optim.AdamW
            return kind(parameters, betas=settings.betas, eps=settings.eps, **common)
        if settings.name == "rmsprop":
            return torch.optim.RMSprop(
                parameters, alpha=settings.betas[1], eps=settings.eps, momentum=settings.momentum, **common
            )
        return torch.optim.SGD(parameters, momentum=settings.momentum, **common)

    def step(self) -> None:
        for phase in self.phases():
            if self.steps % phase.interval == 0:
                for _ in range(phase.steps):
                    self.take(phase)
        self.steps += 1

    @abstractmethod
    def phases(self) -> list[PlainPhase]:
        """The phases of a step, in order."""

    def take(self, phase: PlainPhase) -> None:
        for name, player in self.players.items():
            player.requires_grad_(name in phase.players or not self.frozen)
        for name in phase.players:
            self.optimizers[name].zero_grad()
        loss = phase.loss()
        loss.backward()
        loss.item()
        for name in phase.players:
            self.optimizers[name].step()
            if bound := self.recipe.players[name].clip_weights:
                penalties.clip_weights(self.players[name], bound)

    def fetch(self) -> None:
        """New real examples."""
        self.batch = self.loader.at(self.examples, 0)
        self.examples += len(self.batch.real)

    def latent(self) -> Tensor:
        latent, batch = self.recipe.latent, len(self.batch.real)
        if latent.distribution == "normal":
            return torch.randn(batch, latent.size, device=self.device)
        drawn = torch.rand(batch, latent.size, device=self.device)
        return drawn if latent.distribution == "unit-uniform" else drawn * 2 - 1

    def noise(self) -> Tensor | None:
        size = self.generator.noise_size
        return torch.randn(len(self.batch.real), size, device=self.device) if size else None


class PlainVAE(PlainLoop):
    """An encoder and a generator, one loss."""

    def phases(self) -> list[PlainPhase]:
        return [PlainPhase(("encoder", "generator"), self.loss, self.recipe.players["generator"].steps)]

    def loss(self) -> Tensor:
        self.fetch()
        real, condition = self.batch.real, self.batch.condition
        encoder: Any = self.players["encoder"]
        mean, log_variance = encoder(real, condition)
        latent = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        output = self.generator(latent, condition, self.noise())
        kl = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum(dim=1).mean()
        return 0.5 * real[0].numel() * mse_loss(output, real).log() + kl


class PlainGAN(PlainLoop):
    """A generator and a discriminator."""

    def __init__(self, recipe: Recipe, source: Source, device: torch.device):
        super().__init__(recipe, source, device)
        assert isinstance(recipe.algorithm, GANConfig)
        self.config, self.objective = recipe.algorithm, recipe.algorithm.adversarial_loss
        self.discriminator = self.players["discriminator"]
        self.path_mean = torch.zeros((), device=device)

    def phases(self) -> list[PlainPhase]:
        found = []
        for player, loss in (("discriminator", self.discriminator_loss), ("generator", self.generator_loss)):
            settings = self.recipe.players[player]
            found.append(PlainPhase((player,), loss, settings.steps))
            for interval in sorted({each.interval for each in settings.penalties.values() if each.interval > 1}):
                lazy = partial(self.lazy_penalty, player, interval)
                found.append(PlainPhase((player,), lazy, interval=interval))
        return found

    def discriminator_loss(self) -> Tensor:
        self.fetch()
        step = PlainStep(self, self.batch, "discriminator", 1)
        loss = self.objective.discriminator(step.on_real.logits, step.on_fake.logits)
        if self.config.class_loss:
            loss = loss + self.config.class_loss * (self.class_term(step.on_real) + self.class_term(step.on_fake))
        return loss + self.penalties("discriminator", 1, step)

    def generator_loss(self) -> Tensor:
        step = PlainStep(self, self.batch, "generator", 1)
        real_logits = step.on_real.logits if self.objective.needs_real_logits else None
        loss = self.objective.generator(step.on_fake.logits, real_logits)
        if self.config.class_loss:
            loss = loss + self.config.class_loss * self.class_term(step.on_fake)
        return loss + self.penalties("generator", 1, step)

    def lazy_penalty(self, player: str, interval: int) -> Tensor:
        stands_for = interval * self.recipe.players[player].steps
        return stands_for * self.penalties(player, interval, PlainStep(self, self.batch, player, interval))

    def penalties(self, player: str, interval: int, step: PlainStep) -> Tensor:
        total = torch.zeros((), device=self.device)
        for name, penalty in self.recipe.players[player].penalties.items():
            if penalty.interval == interval:
                if of_weights := penalties.WEIGHT_PENALTIES.get(name):
                    value = of_weights(penalties.regularised_weights(self.players[player]))
                else:
                    value = PENALTIES[name](step)
                total = total + penalty.weight * value
        return total

    def class_term(self, output: DiscriminatorOutput) -> Tensor:
        assert output.class_logits is not None and self.batch.condition is not None
        return cross_entropy(output.class_logits, self.batch.condition["class"])

    def discriminate(self, sample: Tensor, condition: dict[str, Tensor] | None) -> DiscriminatorOutput:
        settings = self.config.augmentation
        if settings is not None:
            operations = settings.operations or USUAL_OPERATIONS[settings.name]
            if settings.name == "diffaugment":
                uniforms = torch.rand(len(sample), augmentations.DIFFAUGMENT_UNIFORMS, device=self.device)
                sample = augmentations.diffaugment(sample, uniforms, operations)
            else:
                uniforms = torch.rand(len(sample), augmentations.ADA_UNIFORMS, device=self.device)
                strength = torch.tensor(settings.strength, device=self.device)
                sample = augmentations.ada(sample, uniforms, strength, operations)
        return self.discriminator(sample, condition)

    def generate(self, condition: dict[str, Tensor] | None) -> Tensor:
        if not self.config.style_mixing:
            return self.generator(self.latent(), condition, self.noise())
        return self.generator.synthesise(self.styles(condition), self.noise())

    def styles(self, condition: dict[str, Tensor] | None) -> Tensor:
        """Mixed as the released programs do it: the whole batch or none of it, at one layer."""
        styles = self.generator.map(self.latent(), condition)
        layers = styles.shape[1]
        if layers > 1 and random.random() < self.config.style_mixing:
            second, crossover = self.generator.map(self.latent(), condition), random.randrange(1, layers)
            styles = torch.cat([styles[:, :crossover], second[:, crossover:]], dim=1)
        return styles


def plain_loop(recipe: Recipe, source: Source, device: torch.device) -> PlainLoop:
    kinds: dict[str, type[PlainLoop]] = {"gan": PlainGAN, "vae": PlainVAE}
    return kinds[recipe.algorithm.name](recipe, source, device)


class PlainStep:
    """Samples and the discriminator's outputs in one gradient step, each made where it is first asked for."""

    def __init__(self, loop: PlainGAN, batch: Batch, player: str, interval: int):
        self.loop, self.player, self.condition = loop, player, batch.condition
        settings = loop.recipe.players[player].penalties
        self.penalties = {name for name, penalty in settings.items() if penalty.interval == interval}
        self.real = batch.real.detach().requires_grad_("r1" in self.penalties)

    @cached_property
    def fake(self) -> Tensor:
        fake = self.loop.generate(self.condition)
        return fake if self.player == "generator" else fake.detach().requires_grad_("r2" in self.penalties)

    @cached_property
    def on_real(self) -> DiscriminatorOutput:
        return self.discriminate(self.real)

    @cached_property
    def on_fake(self) -> DiscriminatorOutput:
        return self.discriminate(self.fake)

    def discriminate(self, sample: Tensor) -> DiscriminatorOutput:
        return self.loop.discriminate(sample, self.condition)


def gradient_penalty(step: PlainStep) -> Tensor:
    uniforms = torch.rand(len(step.real), 1, device=step.real.device)
    between = penalties.interpolate_samples(step.real, step.fake, uniforms)
    return penalties.one_centred_gradient_penalty(step.discriminate(between).logits, between)


def dragan(step: PlainStep) -> Tensor:
    near = penalties.perturb_samples(step.real, torch.randn_like(step.real))
    return penalties.one_centred_gradient_penalty(step.discriminate(near).logits, near)


def consistency(step: PlainStep) -> Tensor:
    total = torch.zeros((), device=step.real.device)
    for sample, output in ((step.real, step.on_real), (step.fake, step.on_fake)):
        uniforms = torch.rand(len(sample), augmentations.DIFFAUGMENT_UNIFORMS, device=sample.device)
        shifted = augmentations.diffaugment(sample, uniforms, ("translation",))
        total = total + penalties.consistency(output.logits, step.discriminate(shifted).logits)
    return total


def path_length(step: PlainStep) -> Tensor:
    loop = step.loop
    styles = loop.styles(step.condition)
    pictures = loop.generator.synthesise(styles, loop.noise())
    penalty, loop.path_mean = penalties.path_length(pictures, styles, torch.randn_like(pictures), loop.path_mean)
    return penalty


PENALTIES: dict[str, Callable[[PlainStep], Tensor]] = {
    "r1": lambda step: penalties.zero_centred_gradient_penalty(step.on_real.logits, step.real),
    "r2": lambda step: penalties.zero_centred_gradient_penalty(step.on_fake.logits, step.fake),
    "gradient-penalty": gradient_penalty,
    "dragan": dragan,
    "consistency": consistency,
    "path-length": path_length,
}


# -- counting and timing -----------------------------------------------------------------------------------------------


def operations_an_image(loop: PlainLoop) -> float | None:
    """See above: those of one round, an image; None where recurrent layers hide them."""
    if any(isinstance(layer, nn.RNNBase) for player in loop.players.values() for layer in player.modules()):
        return None
    loop.frozen, total, before = True, 0.0, loop.examples
    for phase in loop.phases():
        with Counter() as counter:
            for _ in range(phase.steps):
                loop.take(phase)
        total += counter.total / phase.interval
    return total / (loop.examples - before)


class Counter(TorchDispatchMode):
    """Adds up operations by torch's formulas.

    The counter of torch.utils.flop_counter itself stops at gradients of gradients.
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out, packet = func(*args, **(kwargs or {})), func._overloadpacket
        if packet is torch.ops.aten.convolution_backward:
            self.total += of_convolution_backward(*args)
        elif packet in flop_registry:
            self.total += flop_registry[packet](*args, **(kwargs or {}), out_val=out)
        return out


def of_convolution_backward(gradient: Tensor, x: Tensor, weight: Tensor, *rest: Any) -> int:
    """As many as forwards for each of the gradients asked for.

    torch's formula counts that of a grouped convolution's weight as if it had no groups.
    """
    transposed, wanted = rest[4], rest[7]
    places = math.prod((x if transposed else gradient).shape[2:])
    return 2 * len(x) * places * weight.numel() * sum(wanted[:2])


def matrix_peaks(device: torch.device) -> dict[str, float]:
    """Operations a second of the best square product, by precision."""
    found: dict[str, float] = {}
    kinds = [("float32", torch.float32), *([("tfloat32", torch.float32)] if device.type == "cuda" else [])]
    if choose_precision(device)[0] == "bfloat16":
        kinds.append(("bfloat16", torch.bfloat16))
    for name, dtype in kinds:
        torch.backends.cuda.matmul.allow_tf32 = name == "tfloat32"
        for side in SQUARES.get(device.type, SQUARES["cpu"]):
            a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
            out = a @ b
            end = time.perf_counter() + SQUARE_SECONDS
            while time.perf_counter() < end:
                synchronise(device)
                start = time.perf_counter()
                torch.mm(a, b, out=out)
                synchronise(device)
                found[name] = max(found.get(name, 0.0), 2 * side**3 / (time.perf_counter() - start))
            del a, b, out
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return found


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def peak_mb(device: torch.device) -> int | None:
    """Of this program.

    The system's other count, of the process, begins with what the parent held when it started this one.
    """
    if device.type != "cuda":
        try:
            with open("/proc/self/status") as file:
                return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) >> 10
        except (OSError, StopIteration):
            pass
    return peak_memory_mb(device)


def cycle(recipe: Recipe) -> int:
    """Steps after which the phases of a recipe repeat."""
    return math.lcm(*(penalty.interval for player in recipe.players.values() for penalty in player.penalties.values()))


def timed(step: Callable[[], None], seen: Callable[[], int], steps: int, seconds: float, device: torch.device) -> float:
    """Images a second of whole cycles of `steps`, for `seconds` or a little longer."""
    synchronise(device)
    before, start = seen(), time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(steps):
            step()
    synchronise(device)
    return (seen() - before) / (time.perf_counter() - start)


# -- processes ---------------------------------------------------------------------------------------------------------


def pictures(job: dict[str, Any]) -> RandomPictures:
    return RandomPictures(job["channels"], job["size"], job["pictures"])


def prepare(job: dict[str, Any]) -> None:
    """Learn the score's features into the cache, so that a training need not: their memory is not its own."""
    with tempfile.TemporaryDirectory() as folder:
        fit_features(pictures(job), Path(folder), None)


def ready(job: dict[str, Any], folder: str) -> Assembly:
    """A training at example 0, as `sparring train` sets it up; with all lengths fixed nothing is measured for them."""
    lengths = {"tick": ENDLESS, "score_samples": 20, "final_samples": 20, "patience": 0, "players.generator.start": 0}
    asked = {"recipe": job["recipe"], "examples": ENDLESS, "settings": {**lengths, **job["settings"]}}
    options = train_options(asked, option_fields())
    return set_up(Run(Path(folder)), pictures(job), options, choose_device(job["device"])[0], Callback())


def work(pipe: Connection, kind: str, job: dict[str, Any]) -> None:
    """One process: builds its side, warms up, then answers every number of seconds with a rate.

    None: says its memory and ends.
    """
    try:
        device, _ = choose_device(job["device"])
        with tempfile.TemporaryDirectory() as folder:
            if kind == "ours":
                trainer = ready(job, folder).trainer
                recipe, step, seen = trainer.recipe, trainer.step, lambda: trainer.examples
            else:
                recipe = recipe_from(job["resolved"], job["recipe"])
                loop = plain_loop(recipe, pictures(job), device)
                step, seen = loop.step, lambda: loop.examples
            steps = cycle(recipe)
            for _ in range(2):
                timed(step, seen, steps, job["seconds"] / 6, device)
            pipe.send({"recipe": recipe.model_dump(mode="json")})
            while (seconds := pipe.recv()) is not None:
                pipe.send({"rate": timed(step, seen, steps, seconds, device)})
            last: dict[str, Any] = {"memory": peak_mb(device)}
            if kind == "plain":
                last["operations"] = operations_an_image(loop)
            pipe.send(last)
    except Exception as error:  # whatever it is, the other recipes are still to be measured
        pipe.send({"error": f"{type(error).__name__}: {' '.join(str(error).split())}"})


class Failed(Exception):
    """A process could not do its part."""


class Worker:
    """A process with its end of a pipe."""

    def __init__(self, kind: str, job: dict[str, Any]):
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, kind, job), daemon=True)
        self.process.start()
        theirs.close()

    def hear(self) -> dict[str, Any]:
        try:
            heard = self.pipe.recv()
        except EOFError:
            raise Failed("the process ended without a word (out of memory?)") from None
        if "error" in heard:
            raise Failed(heard["error"])
        return heard

    def ask(self, seconds: float | None) -> dict[str, Any]:
        self.pipe.send(seconds)
        return self.hear()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.pipe.close()
        self.process.terminate()
        self.process.join()


def machine(device: torch.device) -> dict[str, Any]:
    cores = {"platform": platform.platform(), "cores": os.cpu_count(), "torch": str(torch.__version__)}
    return {**versions.machine(device), **cores}


# -- the run -----------------------------------------------------------------------------------------------------------


def measure(job: dict[str, Any], repeats: int, peaks: dict[str, float], device: str) -> dict[str, Any]:
    """One recipe at one size."""
    with Worker("ours", job) as ours:
        recipe = ours.hear()["recipe"]
        with Worker("plain", {**job, "resolved": recipe}) as plain:
            plain.hear()
            rates: dict[str, list[float]] = {"ours": [], "plain": []}
            for repeat in range(repeats):
                pair = (("plain", plain), ("ours", ours))
                for name, worker in pair if repeat % 2 == 0 else reversed(pair):
                    rates[name].append(worker.ask(job["seconds"])["rate"])
            ours_last, plain_last = ours.ask(None), plain.ask(None)
    rate, plain_rate = statistics.median(rates["ours"]), statistics.median(rates["plain"])
    single = "tfloat32" if device == "cuda" else "float32"
    operations = plain_last["operations"]

    def share(rate: float, precision: str) -> float | None:
        return (
            round(operations * rate / peaks[single if precision == "float32" else precision], 5) if operations else None
        )

    return {
        "images_per_second": round(rate, 2),
        "ratio_to_plain_loop": round(
            statistics.median(a / b for a, b in zip(rates["ours"], rates["plain"], strict=True)), 4
        ),
        "peak_memory_mb": ours_last["memory"],
        "share_of_matmul_peak": share(rate, recipe["precision"]),
        "plain_images_per_second": round(plain_rate, 2),
        "plain_peak_memory_mb": plain_last["memory"],
        "plain_share_of_matmul_peak": share(plain_rate, "float32"),
        "gflop_per_image": operations and operations / 1e9,
        "batch": recipe["batch"],
        "precision": recipe["precision"],
        "channels": job["channels"],
        "repeats": {name: [round(each, 2) for each in some] for name, some in rates.items()},
    }


def row(name: str, size: int, found: dict[str, Any]) -> str:
    if "error" in found:
        return f"| {name} | {size} | {found['error'].replace('|', '/')} | | | | | | |"
    work = " | "
    if found["gflop_per_image"]:
        shares = f"{found['share_of_matmul_peak']:.0%} / {found['plain_share_of_matmul_peak']:.0%}"
        work = f"{found['gflop_per_image']:.3g} | {shares}"
    cells = [
        f"{name} | {size} | {found['batch']} | {found['images_per_second']:,.1f} ({found['precision']})",
        f"{found['plain_images_per_second']:,.1f} | {found['ratio_to_plain_loop']:.2f}",
        f"{found['peak_memory_mb']} / {found['plain_peak_memory_mb']}",
        work,
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", help="names with commas between them; without it, all for pictures")
    parser.add_argument("--sizes", help="sides in pixels, with commas between them (32)")
    parser.add_argument("--batch", type=int, help="without it, the recipe's own")
    parser.add_argument("--channels", type=int, help="without it, 1 up to 28 pixels and 3 above")
    parser.add_argument("--pictures", type=int, default=10_000, help="how many there are to train on")
    parser.add_argument("--seconds", type=float, help="of each timing (10)")
    parser.add_argument("--repeats", type=int, help="timings of each (3)")
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", help="of the recipes, for both"
    )
    parser.add_argument(
        "--quick", action="store_true", help=", ".join(f"{key} {value}" for key, value in QUICK.items())
    )
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    for key, value in (QUICK if asked.quick else FULL).items():
        if getattr(asked, key) is None:
            setattr(asked, key, value)
    names = (
        asked.recipes.split(",")
        if asked.recipes
        else [name for name in list_recipes() if "image" in load_recipe(name).modalities]
    )
    sizes = [int(size) for size in asked.sizes.split(",")]
    settings = {**parse_settings(asked.settings), **({"batch": asked.batch} if asked.batch else {})}
    job = {"device": asked.device, "seconds": asked.seconds, "pictures": asked.pictures, "settings": settings}
    with tempfile.TemporaryDirectory() as cache:
        os.environ["SPARRING_CACHE"] = cache  # of this run alone; processes inherit it
        device, _ = choose_device(asked.device)
        peaks, about = matrix_peaks(device), machine(device)
        results: dict[str, Any] = {
            "about": {
                "date": date.today().isoformat(),
                "machine": about,
                "matmul_peak_gflops": {name: round(value / 1e9, 1) for name, value in peaks.items()},
                "seconds": asked.seconds,
                "repeats": asked.repeats,
                "settings": settings,
                "counted": COUNTED,
            }
        }
        shown = ", ".join(f"{name} {value / 1e9:,.0f}" for name, value in peaks.items())
        print(f"{date.today()}; {about['name']}, {about['threads']} threads, torch {about['torch']}")
        print(f"matrix peak in GFLOP/s: {shown}\n")
        print(f"| {' | '.join(TITLES)} |")
        print("| --- " * len(TITLES) + "|", flush=True)
        prepared: set[int] = set()
        for name in names:
            for size in sizes:
                here = {**job, "recipe": name, "size": size, "channels": asked.channels or (1 if size <= 28 else 3)}
                try:
                    if size not in prepared:
                        prepare(here)
                        prepared.add(size)
                    found = measure(here, asked.repeats, peaks, about["device"])
                except Failed as failure:
                    found = {"error": str(failure)}
                if len(sizes) == 1:
                    results[name] = found
                else:
                    results.setdefault(name, {})[str(size)] = found
                print(row(name, size, found), flush=True)
                if asked.json:
                    write_bytes(asked.json, json.dumps(results, indent=2).encode())


if __name__ == "__main__":
    main()
