"""Evaluating a run, or samples in files: opens both sides, computes the metrics, and writes the result into the run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .. import modalities
from ..callbacks.base import Callback
from ..callbacks.progress import checked_console
from ..config.reading import load_recipe
from ..data.in_memory import InMemory
from ..data.options import OpenContext
from ..data.source import Source
from ..data.subset import Subset
from ..errors import UserError
from ..inference.generator import Gan, load
from ..inference.training_data import adapted, open_as
from ..metrics.score_facts import HEADLINE_DISTANCES
from ..modalities.opening import open_data, place_of
from ..reports import write_card, write_report
from ..runs.folder import Run
from ..runs.log import kept_snapshot
from ..util import checks
from ..util.devices import choose_device, max_image_side
from ..util.spelling import spells_options
from . import extractors
from .discriminator import load_discriminator
from .evaluation import Evaluation, evaluate_samples, refuse_different_shapes
from .extractors import Extractor
from .likelihood import likelihoods_of
from .registry import known_metrics
from .sample_sets import SEED
from .samples import AllSplits, GeneratedSource
from .temperatures import curves_of
from .translators import evaluate_translator

MIN_SAMPLES, SAMPLES, MAX_SAMPLES = 2000, 10_000, 10_000_000
MAX_DRAWN = 5000  # values of each side in the picture of generated and real data
PARTS = {  # of an evaluation beside its scores, and the metrics that measure them
    "classes": "labels",
    "nearest_pairs": "memorisation",
    "copying": "memorisation",
    "temperatures": "temperatures",
}
PAIRS_PICTURE, COMPARISON_PICTURE = "nearest_pairs", "generated_and_real"


@spells_options
def evaluate(
    what: str | Path,
    data: Any = None,
    *,
    metrics: Sequence[str] | None = None,
    features: str = "classifier",
    weights: str | Path | None = None,
    samples: int | None = None,
    recipe: str | None = None,
    labels: Any = None,
    device: str = "auto",
    console: Callback | None = None,
) -> Evaluation:
    """Evaluate a run, or samples in files that any program has written, against the held-out examples of `data`.

    A run gets evaluation.json, and its report.html and README.md are written anew. Other data than the run's own
    leaves its files alone.

    Args:
        what: A run folder, or a path to samples.
        data: A path, a name or data in memory, as for `sparring.train`. None: the run's own, where it lay.
        metrics: Names such as "fid" (see `sparring.evaluation.registry.METRICS`), or ["all"]. None: all that apply
            and are not slow.
        features: The feature extractor: classifier, raw, efficientnet-lite0 or inception.
        weights: The file with the weights of these features, where they need one.
        samples: How many. None: as many as the training's final score took, at least 2,000, but at most as many as
            training examples.
        recipe: The recipe by whose rules samples in files are read, for example "series".
        labels: The class of each picture of `data`, for data in memory.
        device: Where networks compute: cpu, cuda, cuda:1, mps, or auto, a GPU if there is one.
        console: Is told about progress. None: prints lines.

    Raises:
        UserError: For everything that the caller can mend.
    """
    console, run = checked_console(console), Run(checks.path(what, "`what`"))
    metrics = None if metrics is None else known_metrics(metrics)
    samples = _checked(features, weights, samples, recipe, device)
    data = data if labels is None else _labelled(data, labels)
    real = _open_real(run, data, recipe)
    own = run.exists and real.content_hash == run.read_json("source.json")["content_hash"]
    keeps = own and not run.is_shared
    if keeps and data is not None:
        run.remember_data(place_of(data))
    if run.exists and not keeps:
        why = "a run of a hub is read only" if own else f"{real.name} is not the data that {run.path} was trained on"
        console.note(f"{why}: the scores hold for this data and are not written into the run")
    snapshot = kept_snapshot(run.log())
    if run.exists and run.recipe()[0].algorithm.translates:
        if metrics or features != "classifier":
            raise UserError(
                f"{run.path} translates, and translations have their own metrics and features: "
                "leave --metrics and --features out"
            )
        found = evaluate_translator(run, real, samples, device, console)
    else:
        found = _evaluate_samples(what, real, own, metrics, features, weights, samples, device, console)
    console.progress(1.0, "measuring")
    return replace(found, report=_write(run, found, snapshot)) if keeps else found


def _labelled(data: Any, labels: Any) -> InMemory:
    if data is None or isinstance(data, str | Path | Source):
        raise UserError("`labels` are those of `data` in memory, and there is none; leave `labels` out")
    return InMemory(data, labels)


def _checked(features: Any, weights: Any, samples: Any, recipe: Any, device: Any) -> int | None:
    """The number of samples. Raises UserError for an option of `evaluate` that cannot be, before anything is opened."""
    checks.one_of(features, "--features", extractors.names())
    if weights is not None and not checks.path(weights, "--weights").is_file():
        raise UserError(f"--weights: there is no file {weights}")
    if recipe is not None:
        checks.text(recipe, "--recipe")
    choose_device(device)
    return None if samples is None else checks.whole_number(samples, "--samples", 2, MAX_SAMPLES)


def _evaluate_samples(
    what: str | Path,
    real: Source,
    own: bool,
    metrics: Sequence[str] | None,
    features: str,
    weights: str | Path | None,
    samples: int | None,
    device: str,
    console: Callback,
) -> Evaluation:
    """Samples of a run or in files. own: is `real` the data that the run was trained on?"""
    run = Run(what)
    gan = load(run.path, device) if run.exists else None
    generated = _generate(run, gan, real, samples) if gan else _open_samples(what, real, samples, console)
    refuse_different_shapes(generated, real)  # before anything slow
    if weights is None and features == "classifier" and own:
        weights = run.path / "features.safetensors"  # the features of the scores of the training
    extractor = _build_extractor(features, real, weights, device, console)
    discriminator = load_discriminator(run, gan, real, device) if gan else None
    likelihoods, curves = (likelihoods_of(gan, real), curves_of(run, gan)) if gan else (None, None)
    found = evaluate_samples(generated, real, extractor, metrics, discriminator, console.progress, likelihoods, curves)
    if own and not run.is_shared:
        _write_pictures(run, found, gan, generated, real)
    return found


def _build_extractor(
    features: str, real: Source, weights: str | Path | None, device: str, console: Callback
) -> Extractor:
    path = None if weights is None else Path(weights)
    extractor = extractors.build(features, real, path, str(choose_device(device)[0]), console.progress)
    for note in extractor.notes:
        console.note(note)
    return extractor


def _open_real(run: Run, data: Any, recipe: str | None) -> Source:
    """The real data, opened as the run opened it, as its algorithm takes it."""
    if run.exists and recipe is not None:
        raise UserError(f"{run.path} has its own recipe; leave --recipe out")
    if not run.exists and data is None:
        raise UserError(
            f"{run.path} is not a run folder; to evaluate samples in files, say with --data what they should look like"
        )
    if run.exists:
        return adapted(run, data if isinstance(data, Source) else open_as(run, data))
    if isinstance(data, Source):
        return data
    allowed = () if recipe is None else load_recipe(recipe).modalities
    return open_data(data, None, OpenContext(max_side=max_image_side(torch.device("cpu")), modalities=allowed))


def _generate(run: Run, gan: Gan, real: Source, samples: int | None) -> Source:
    weights = run.path / "generator.safetensors"
    identity = hashlib.sha256(weights.read_bytes() + run.recipe()[0].model_dump_json().encode()).hexdigest()
    shape = tuple(run.read_json("source.json")["shape"])
    # As many as the training's final score took, because distances of unlike numbers of samples do not compare.
    usual = max(MIN_SAMPLES, run.recipe()[0].final_samples or SAMPLES)
    count = samples or min(usual, real.count("train"))
    generated = GeneratedSource(gan, shape, count, SEED, run.path.resolve().name, identity)
    return generated if gan.classes == real.classes else AllSplits(generated, real)


def _open_samples(what: str | Path, real: Source, samples: int | None, console: Callback) -> Source:
    modality = modalities.get(real.modality)
    context = OpenContext(like=modality.fit_codec(real), modalities=(real.modality,))
    found = AllSplits(open_data(what, modality.options_for(real.describe()), context), real)
    if samples is not None and samples > found.count("train"):
        raise UserError(f"{what} holds {found.count('train'):,} samples, not {samples:,}")
    size = "x".join(map(str, real.shape[1:]))
    if others := sum(count for each, count in found.report.sizes.items() if each != size):
        console.note(f"{what}: {others:,} samples are of other sizes than {size}, and were brought to it")
    return found if samples is None else Subset(found, "train", np.arange(samples))


def _write_pictures(run: Run, found: Evaluation, gan: Gan | None, generated: Source, real: Source) -> None:
    modality = modalities.get(real.modality)
    if found.nearest_pairs and modality.shows_pairs:
        samples = generated.values(np.array([pair.sample for pair in found.nearest_pairs]))
        training = real.values(np.array([pair.training for pair in found.nearest_pairs]))
        pairs = np.stack([samples, training], axis=1).reshape(-1, *samples.shape[1:])
        modality.preview(pairs, None).write(run.path / PAIRS_PICTURE)
    if gan and (plot := gan.modality.compare_plot(generated, real, gan.codec)):
        plot.write(run.path / COMPARISON_PICTURE)


def _write(run: Run, found: Evaluation, snapshot: int | None) -> Path:
    """Write evaluation.json and the pages that show it. Earlier scores of the same snapshot are kept.

    Returns the report.
    """
    described, before = found.described(), run.evaluation()
    described["scores"] = {**before.get("scores", {}), **described["scores"]}
    left_out = {name: why for name, why in before.get("left_out", {}).items() if name not in found.measured}
    described["left_out"] = left_out | found.left_out
    for part, metric in PARTS.items():
        if metric not in found.measured:
            described[part] = before.get(part, described[part])
    if before and found.headline not in HEADLINE_DISTANCES:
        described["headline"], described["why"] = before["headline"], before["why"]
    run.write_json("evaluation.json", {"snapshot": snapshot, **described})
    write_card(run.path)
    return write_report(run.path)
