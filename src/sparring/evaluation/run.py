"""How good is a generator? Opens what is to be evaluated and what it is held against, measures, and writes evaluation.json beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import algorithms, modalities, networks
from ..callbacks.progress import Lines, Listener
from ..config.recipe import load_recipe
from ..data.few_labels import FewLabels
from ..data.options import OpenContext
from ..data.source import Source, TranslationSource
from ..data.subset import Subset
from ..errors import UserError
from ..inference.generator import Gan, load_player
from ..losses import adversarial
from ..modalities.adapters import for_algorithm
from ..modalities.opening import open_data
from ..runs.folder import Run
from ..runs.log import snapshot_images
from ..util import files, safetensors
from ..util.devices import largest_side
from . import evaluation, extractors
from .error_rate import error_rate
from .evaluation import Evaluation, Verdicts
from .sample_sets import SEED, Side
from .samples import Everything, Generated
from .translators import evaluate_translator

SAMPLES = 10_000
NEIGHBOURS = "neighbours"


def evaluate(
    what: str | Path,
    data: str | Path | Source | None = None,
    *,
    metrics: Sequence[str] | None = None,
    features: str = "classifier",
    weights: str | Path | None = None,
    samples: int | None = None,
    recipe: str | None = None,
    listener: Listener | None = None,
) -> Evaluation:
    """Evaluate a run, or samples in files that any program has written, against the held-out examples of `data`.

    data: None for a run's own. metrics: names such as "fid" (see sparring.metrics.measures.MEASURES), "all", or None for all that apply and are
    not slow. features: classifier, raw, efficientnet-lite0 or inception, with `weights` where they come from a file. samples: how many;
    None: 10,000, at most as many as training examples. recipe: of samples in files, as which recipe's data they are read
    ("series"). A run gets evaluation.json, and report.html and README.md are written anew.

    Raises UserError for everything that the caller can mend.
    """
    listener, run = listener or Lines(), Run(what)
    if not run.exists and data is None:
        raise UserError(f"{what} is not a run folder; to evaluate samples in files, say with --data what they should look like")
    if run.exists and recipe is not None:
        raise UserError(f"{what} has its own recipe; leave --recipe out")
    real = _real(run, data, recipe)
    if run.exists and not isinstance(real, TranslationSource):
        real = for_algorithm(run.recipe()[0], real)
    own = run.exists and real.content_hash == run.read_json("source.json")["content_hash"]
    if run.exists and not own:
        listener.note(f"{real.name} is not what {run.path} was trained on: the numbers hold for this data and are not written down")
    if run.exists and algorithms.kind(run.recipe()[0]).translates:
        if metrics or features != "classifier":
            raise UserError(f"{run.path} is measured on pairs, by their own measures and features: leave --metrics and --features out")
        snapshot, found = snapshot_images(run.log()), evaluate_translator(run, real, samples, listener)
        if own:
            _write(run, found, snapshot)
        return found
    gan = run.load() if run.exists else None
    generated = _generated(run, gan, real, samples) if gan else _from_files(what, real, samples)
    evaluation.refuse_unlike(generated, real)  # before anything slow is done
    snapshot = snapshot_images(run.log())
    if weights is None and features == "classifier" and own:
        weights = run.path / "features.safetensors"  # what its training was scored in
    device = "cuda" if torch.cuda.is_available() else "cpu"
    extractor = extractors.build(features, real, None if weights is None else Path(weights), device, listener.progress)
    for note in extractor.notes:
        listener.note(note)
    found = evaluation.evaluate(generated, real, extractor, metrics, _verdicts(run, gan, real), listener.progress)
    if isinstance(real, FewLabels) and metrics is None:
        _, _, codec, network = load_player(run, "discriminator")
        found.scores["error_rate"] = error_rate(network, codec, real, SAMPLES, SEED)
    if own:
        if found.suspects and modalities.get(real.modality).has_pixels:  # only pictures can be compared side by side
            _write_suspects(run, found, generated, real)
        if gan and (plot := gan.modality.compare_plot(generated, real, gan.codec)):
            plot.write(run.path / "beside")
        _write(run, found, snapshot)
    return found


def _real(run: Run, where: str | Path | Source | None, recipe: str | None) -> Source:
    """The data that the generator is held against, opened as the run opened it."""
    if isinstance(where, Source):
        return where
    if not run.exists:
        assert where is not None
        allowed = () if recipe is None else load_recipe(recipe).modalities
        return open_data(where, None, OpenContext(max_side=largest_side(torch.device("cpu")), modalities=allowed))
    about, options = run.read_json("source.json"), run.recipe()[1]["data"]
    modality = modalities.get(about["modality"])
    asked = {**options["asked"], **modality.options_for(tuple(about["shape"]))}
    context = OpenContext(**options["context"], like=modality.codec_from(run.read_json("codec.json")))
    place = where or run.read_json("local.json")["data"]
    try:
        return open_data(place, asked, context)
    except UserError as error:
        if where is not None:
            raise
        raise UserError(f"{str(error).rstrip('.')}; say with --data where the data lies now") from None


def _generated(run: Run, gan: Gan, real: Source, samples: int | None) -> Source:
    weights = run.path / "generator.safetensors"
    identity = hashlib.sha256(weights.read_bytes() + run.recipe()[0].model_dump_json().encode()).hexdigest()
    shape = tuple(run.read_json("source.json")["shape"])
    made = Generated(gan, shape, samples or min(SAMPLES, real.count("train")), SEED, run.path.resolve().name, identity)
    return made if gan.classes == real.classes else Everything(made, real)  # of other data: classes are known by their names


def _from_files(what: str | Path, real: Source, samples: int | None) -> Source:
    modality = modalities.get(real.modality)
    context = OpenContext(like=modality.fit_codec(real), modalities=(real.modality,))
    found = Everything(open_data(what, modality.options_for(real.shape), context), real)
    if samples is not None and samples > found.count("train"):
        raise UserError(f"{what} holds {found.count('train'):,} samples, not {samples:,}")
    return found if samples is None else Subset(found, "train", np.arange(samples))


def _verdicts(run: Run, gan: Gan | None, real: Source) -> Verdicts | None:
    """What the run's discriminator says, or None where there is none at hand."""
    path = run.path / "discriminator.safetensors"
    if gan is None or not path.is_file() or "discriminator" not in gan.recipe.players or gan.recipe.objective is None:
        return None
    player = gan.recipe.players["discriminator"]
    judge: Any = networks.build(
        player.network, player.options, **networks.dimensions("discriminator", gan.codec, len(gan.classes), gan.recipe.latent.size)
    )
    judge.load_state_dict(safetensors.from_bytes(path.read_bytes(), path))
    judge.eval().requires_grad_(False)
    objective = adversarial.get(**gan.recipe.objective.model_dump())

    def logits(side: Side) -> Tensor:
        found = []
        for part in np.array_split(np.arange(len(side)), max(1, len(side) // 100)):
            values = gan.codec.encode(side.source.values(side.indices[part], side.split))
            labels = side.source.labels(side.indices[part], side.split) if gan.classes else None
            found.append(judge(values, None if labels is None else {"class": torch.from_numpy(labels)}).logits.float())
        return torch.cat(found)

    @torch.no_grad()
    def verdicts(training: Side, held_out: Side, generated: Side) -> tuple[Mapping[str, np.ndarray], float]:
        seen = {name: logits(side.some(2000)) for name, side in (("training", training), ("held_out", held_out), ("generated", generated))}
        return {name: each.numpy() for name, each in seen.items()}, float(objective.border(seen["training"], seen["generated"]))

    return verdicts if gan.classes == real.classes else None


def _write_suspects(run: Run, found: Evaluation, generated: Source, real: Source) -> None:
    """The samples nearest to training examples, beside those."""
    mine = generated.values(np.array([suspect.sample for suspect in found.suspects]))
    theirs = real.values(np.array([suspect.training for suspect in found.suspects]))
    pairs = np.stack([mine, theirs], axis=1).reshape(-1, *mine.shape[1:])
    modalities.get(real.modality).preview(pairs, None).write(run.path / NEIGHBOURS)


def _write(run: Run, found: Evaluation, snapshot: int | None) -> None:
    """evaluation.json, and the pages that show it."""
    from ..reports import write_card, write_report
    from ..reports.folder import read_evaluation
    from ..reports.scores import FROM_REALS

    described = found.described()
    before = read_evaluation(run.path, run.log())
    described["scores"] = {**before.get("scores", {}), **described["scores"]}  # of the same snapshot; each has its own fingerprint
    described["left_out"] = {name: why for name, why in before.get("left_out", {}).items() if name not in found.measured} | found.left_out
    for part, measure in (("classes", "labels"), ("suspects", "memorisation"), ("copying", "memorisation")):
        if measure not in found.measured:
            described[part] = before.get(part, described[part])
    if before and found.headline not in FROM_REALS:
        described["headline"], described["why"] = before["headline"], before["why"]
    files.write_json(run.path / "evaluation.json", {"format": 1, "snapshot": snapshot, **described})
    write_card(run.path)
    write_report(run.path)
