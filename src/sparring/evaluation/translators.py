"""How near what a translator makes comes to the truth, or to the other kind, on held-out pictures, beside what doing next to nothing scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..callbacks.progress import Listener
from ..errors import UserError
from ..inference.generator import load_translator
from ..inference.translator import Translator
from ..metrics import frechet
from ..metrics.feature_net import FeatureNet
from ..metrics.intervals import Estimate, wilson
from ..metrics.kernel import kernel_distance_estimate
from ..metrics.ms_ssim import ms_ssim, scales_of
from ..metrics.online_score import ENOUGH, chosen
from ..metrics.scores import Score, scored
from ..metrics.segmentation import agreement, confusion
from ..modalities.pairs.codec import PairCodec
from ..modalities.pairs.maps import MapCodec
from ..modalities.pairs.score import MapScore, PictureScore
from ..runs.folder import Run
from .evaluation import Evaluation
from .extractors import classifier
from .sample_sets import SEED

ROUNDS = 200  # of the bootstrap over pictures
CHUNK = 50


def evaluate_translator(run: Run, pairs: Any, samples: int | None, listener: Listener) -> Evaluation:
    """Scores of everything made of held-out examples (or `samples` of them), each with an interval over pictures and with the trivial answer's.

    pairs: the run's data as its game wants it (adapters.for_algorithm), or other data of its kind.
    """
    recipe, _ = run.recipe()
    translator = load_translator(run.path)
    for side, mine in (("input", translator.input), ("output", translator.output)):
        theirs = getattr(pairs.codec(recipe.value_range), side)
        if getattr(mine, "legend", None) != getattr(theirs, "legend", None):
            raise UserError(f"the label maps of {pairs.name} have other classes than those {run.path} was trained on")
    if pairs.paired:
        net = classifier.read(pairs, run.path / "features.safetensors")  # what its training was scored in
        indices = chosen(pairs.count("test"), samples or pairs.count("test"), SEED, "held-out")
        given = pairs.input_values(indices, "test", SEED)
        codec: PairCodec = pairs.codec(recipe.value_range)
        measure = _of_maps if isinstance(codec.output, MapCodec) else _of_pictures
        scores = measure(pairs, codec, net, given, _translated(translator, given, listener), pairs.values(indices, "test"))
    else:
        net = classifier.learned(pairs.source, listener.progress)  # which tells the two kinds from one another
        given = pairs.of_class(0, "test")[:samples]
        back = load_translator(run.path, reverse=True) if "back" in recipe.players else None
        scores = _of_kinds(pairs, net, given, _translated(translator, given, listener), back, listener)
    about = {"features": net.identity(), "net": net.about["net"], "task": net.about["task"]}
    fingerprint = {**about, "generated": len(given), "split": "test", "source": pairs.content_hash[:16], "seed": SEED}
    found = {score.name: replace(score, fingerprint={**fingerprint, **(score.fingerprint or {})}) for score in scores}
    return Evaluation(found, next(iter(found)), "", [], [], "", {}, ("pairs",))


def _translated(translator: Translator, given: np.ndarray, listener: Listener) -> np.ndarray:
    made = []
    for start in range(0, len(given), CHUNK):
        made.append(translator.values(given[start : start + CHUNK]))
        listener.progress(min(1.0, (start + CHUNK) / len(given)), "translating held-out pictures")
    return np.concatenate(made)


def _of_kinds(pairs: Any, net: FeatureNet, given: np.ndarray, made: np.ndarray, back: Translator | None, listener: Listener) -> list[Score]:
    """Without pairs: are they of the other kind, how far from it as a crowd, and do they come home? Doing nothing leaves them as they are."""
    (features, seen), (before, seen_before) = net(made), net(given)
    assert seen is not None and seen_before is not None
    wanted, truth = pairs.numbers[1], net(pairs.of_class(1, "test"))[0]
    hits = wilson(int((seen == wanted).sum()), len(seen))
    found = [replace(scored("other_kind", hits), trivial=float((seen_before == wanted).mean())), _kernel(features, before, truth)]
    if back is not None:
        errors = np.abs(_translated(back, made, listener).astype(np.float64) - given).mean(axis=(1, 2, 3)) / 255
        found.append(scored("cycle_error", _mean(errors), least=0))
    return found


def _mean(values: np.ndarray) -> Estimate:
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("inf"))


def _kernel(made: np.ndarray, simple: np.ndarray, truth: np.ndarray) -> Score:
    """The distance of a crowd to the true one, all three as features, beside that of the trivial answers."""
    mine, theirs = (kernel_distance_estimate(each, truth) for each in (made, simple))
    return replace(scored("kernel_distance", mine), trivial=theirs.value)


def _of_pictures(pairs: Any, codec: PairCodec, net: FeatureNet, given: np.ndarray, made: np.ndarray, truth: np.ndarray) -> list[Score]:
    """The mean over pictures of what compares each with its own truth; and the distances between the crowds, which see invented detail."""
    simple = PictureScore.trivial_answer(pairs, codec, given)
    rows, theirs = (PictureScore.rows(net, each, truth) for each in (made, simple))
    if (scales := scales_of(min(truth.shape[2:]))) > 1:
        rows["ms_ssim_to_truth"], theirs["ms_ssim_to_truth"] = ms_ssim(made, truth), ms_ssim(simple, truth)
    found = [replace(scored(name, _mean(values)), trivial=float(theirs[name].mean())) for name, values in rows.items()]
    found = [replace(each, fingerprint={"ms_ssim_scales": scales}) if each.name == "ms_ssim_to_truth" else each for each in found]
    features, of_truth, of_simple = (net(each)[0] for each in (made, truth, simple))
    found.append(_kernel(features, of_simple, of_truth))
    if len(made) >= ENOUGH:
        near, far = (frechet.frechet_distance(each, of_truth) for each in (features, of_simple))
        found.append(Score("frechet_distance", near, trivial=far))
    return found


def _of_maps(pairs: Any, codec: PairCodec, net: FeatureNet, given: np.ndarray, made: np.ndarray, truth: np.ndarray) -> list[Score]:
    """Over all pixels; intervals by drawing pictures anew."""
    assert isinstance(codec.output, MapCodec)
    legend = codec.output.legend
    counts, simple = (
        np.stack([confusion(one, true, len(legend.ids)) for one, true in zip(each, truth, strict=True)])
        for each in (made, MapScore.trivial_answer(pairs, codec, given))
    )
    rng = np.random.default_rng(SEED)
    drawn = [_named(counts[rng.integers(len(counts), size=len(counts))].sum(axis=0), legend.names) for _ in range(ROUNDS)]
    mine, theirs = (_named(each.sum(axis=0), legend.names) for each in (counts, simple))
    found = []
    for name, value in mine.items():
        again = [values[name] for values in drawn if name in values]
        low, high = np.quantile(again, [0.025, 0.975])
        found.append(Score(name, value, float(low), float(high), trivial=theirs.get(name)))
    return found


def _named(counts: np.ndarray, names: tuple[str, ...]) -> Mapping[str, float]:
    all_ = agreement(counts)
    each = {f"iou {name}": float(value) for name, value in zip(names, all_.iou, strict=True) if np.isfinite(value)}
    return {"mean_iou": all_.mean_iou, "pixel_accuracy": all_.accuracy, **each}
