"""Metrics of translators: how near outputs come to targets or to the other kind, with trivial baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from .. import modalities
from ..callbacks.base import Callback
from ..errors import UserError
from ..inference.generator import load_picture_translator, load_translator
from ..inference.sound_translator import SoundTranslator
from ..inference.translator import Translator
from ..metrics import frechet
from ..metrics.feature_net import FeatureNet
from ..metrics.intervals import mean_estimate, wilson
from ..metrics.kernel import kernel_distance_estimate
from ..metrics.ms_ssim import ms_ssim, scales_for
from ..metrics.online_score import choose_examples
from ..metrics.scores import Score, score_from
from ..metrics.segmentation import agreement, confusion
from ..modalities.pairs.codec import PairCodec
from ..modalities.pairs.maps import MapCodec
from ..modalities.pairs.score import MapScore, PictureScore
from ..runs.folder import Run
from .evaluation import Evaluation
from .extractors import classifier
from .sample_sets import SEED

# The scores of each kind of data.
UNPAIRED_SCORES = ("other_kind", "kernel_distance", "cycle_error")
MAP_SCORES = ("mean_iou", "pixel_accuracy", "iou")  # the last one a class: "iou sky"
PICTURE_SCORES = ("psnr", "ssim", "perceptual_distance", "ms_ssim_to_truth", "kernel_distance", "frechet_distance")
BOOTSTRAP_ROUNDS = 200
CHUNK = 50


def evaluate_translator(run: Run, pairs: Any, samples: int | None, device: str, console: Callback) -> Evaluation:
    """Translate the held-out examples, or `samples` of them, and score the outputs.

    Scores have intervals over pictures and, where there are targets, the value of a trivial baseline.

    pairs: the run's data as its algorithm reads it, or other data of its kind.
    """
    recipe, _ = run.recipe()
    translator = load_translator(run.path, device=device)
    if isinstance(translator, SoundTranslator):
        return _evaluate_sounds(translator, pairs, samples, console)
    codec: PairCodec = pairs.codec(recipe.value_range)
    for mine, theirs in ((translator.input, codec.input), (translator.output, codec.output)):
        legends = [each.legend if isinstance(each, MapCodec) else None for each in (mine, theirs)]
        if legends[0] != legends[1]:
            raise UserError(f"the label maps of {pairs.name} have other classes than those {run.path} was trained on")
    if pairs.paired:
        net = classifier.read(pairs, run.path / "features.safetensors")  # the features of the scores of the training
        indices = choose_examples(pairs.count("test"), samples or pairs.count("test"), SEED, "held-out")
        inputs, targets = pairs.input_values(indices, "test", SEED), pairs.values(indices, "test")
        compute = _map_scores if isinstance(codec.output, MapCodec) else _picture_scores
        scores = compute(pairs, codec, net, inputs, _translate(translator, inputs, console), targets)
    else:
        net = classifier.load_or_learn(pairs.source, console.progress)  # it separates the two kinds
        inputs = pairs.of_class(0, "test")[:samples]
        reverse = (
            load_picture_translator(run.path, reverse=True, device=device)
            if "reverse_generator" in recipe.players
            else None
        )
        scores = _unpaired_scores(pairs, net, inputs, _translate(translator, inputs, console), reverse, console)
    fingerprint = {
        **net.fingerprint,
        "generated": len(inputs),
        "split": "test",
        "source": pairs.content_hash[:16],
        "seed": SEED,
    }
    found = {score.name: replace(score, fingerprint={**fingerprint, **(score.fingerprint or {})}) for score in scores}
    return Evaluation(found, next(iter(found)), "", [], [], "", {}, ("pairs",))


def _evaluate_sounds(translator: SoundTranslator, pairs: Any, samples: int | None, console: Callback) -> Evaluation:
    """The scores of waves against their targets, by the modality."""
    indices = choose_examples(pairs.count("test"), samples or pairs.count("test"), SEED, "held-out")
    inputs, targets = pairs.input_values(indices, "test", SEED), pairs.values(indices, "test")
    outputs = _translate(translator, inputs, console)
    scores, missing = modalities.get(pairs.modality).translation_scores(
        translator.codec, inputs, outputs, targets, lambda share: console.progress(share, "measuring")
    )
    fingerprint = {"split": "test", "source": pairs.content_hash[:16], "seed": SEED}
    found = {score.name: replace(score, fingerprint={**(score.fingerprint or {}), **fingerprint}) for score in scores}
    left_out = {"speech": missing} if missing else {}
    return Evaluation(found, next(iter(found)), "", [], [], "", left_out, ("pairs",))


def _translate(translator: Translator | SoundTranslator, inputs: np.ndarray, console: Callback) -> np.ndarray:
    outputs = []
    for start in range(0, len(inputs), CHUNK):
        outputs.append(translator.values(inputs[start : start + CHUNK]))
        console.progress(min(1.0, (start + CHUNK) / len(inputs)), "translating held-out examples")
    return np.concatenate(outputs)


def _unpaired_scores(
    pairs: Any, net: FeatureNet, inputs: np.ndarray, outputs: np.ndarray, reverse: Translator | None, console: Callback
) -> list[Score]:
    """The share of outputs of the other kind, the kernel distance to it, and the error of the translation back.

    The trivial baseline leaves the inputs unchanged. reverse: The translator in the other direction, if there is one.
    """
    (features, predicted), (input_features, input_predicted) = net(outputs), net(inputs)
    assert predicted is not None and input_predicted is not None
    other, real = pairs.numbers[1], net(pairs.of_class(1, "test"))[0]
    other_kind = score_from("other_kind", wilson(int((predicted == other).sum()), len(predicted)))
    scores = [
        replace(other_kind, trivial=float((input_predicted == other).mean())),
        _kernel_score(features, input_features, real),
    ]
    if reverse is not None:
        returned = _translate(reverse, outputs, console).astype(np.float64)
        errors = np.abs(returned - inputs).mean(axis=(1, 2, 3)) / 255
        scores.append(score_from("cycle_error", mean_estimate(errors), least=0))
    return scores


def _kernel_score(outputs: np.ndarray, baseline: np.ndarray, real: np.ndarray) -> Score:
    """The kernel distance of the outputs' features from the real ones, with that of a trivial baseline's."""
    mine, trivial = (kernel_distance_estimate(features, real) for features in (outputs, baseline))
    return replace(score_from("kernel_distance", mine), trivial=trivial.value)


def _picture_scores(
    pairs: Any, codec: PairCodec, net: FeatureNet, inputs: np.ndarray, outputs: np.ndarray, targets: np.ndarray
) -> list[Score]:
    """Means over pictures, each compared with its target, and distances between the distributions of pictures."""
    baseline = PictureScore.trivial_answer(pairs, codec, inputs)
    rows, trivial = (PictureScore.rows(net, pictures, targets) for pictures in (outputs, baseline))
    fingerprints = {}
    if (scales := scales_for(min(targets.shape[2:]))) > 1:
        name = "ms_ssim_to_truth"
        rows[name], trivial[name] = ms_ssim(outputs, targets), ms_ssim(baseline, targets)
        fingerprints[name] = {"ms_ssim_scales": scales}
    scores = [
        replace(
            score_from(name, mean_estimate(values)),
            trivial=float(trivial[name].mean()),
            fingerprint=fingerprints.get(name),
        )
        for name, values in rows.items()
    ]
    features, target_features, baseline_features = (net(pictures)[0] for pictures in (outputs, targets, baseline))
    scores.append(_kernel_score(features, baseline_features, target_features))
    if frechet.enough_samples(len(outputs), features.shape[1]):
        mine, simple = (frechet.frechet_distance(each, target_features) for each in (features, baseline_features))
        scores.append(Score("frechet_distance", mine, trivial=simple))
    return scores


def _map_scores(
    pairs: Any, codec: PairCodec, net: FeatureNet, inputs: np.ndarray, outputs: np.ndarray, targets: np.ndarray
) -> list[Score]:
    """Scores over all pixels, with bootstrap intervals over pictures."""
    assert isinstance(codec.output, MapCodec)
    legend = codec.output.legend
    counts, baseline = (
        np.stack([confusion(one, target, len(legend.ids)) for one, target in zip(maps, targets, strict=True)])
        for maps in (outputs, MapScore.trivial_answer(pairs, codec, inputs))
    )
    rng = np.random.default_rng(SEED)
    drawn = [
        _named_scores(counts[rng.integers(len(counts), size=len(counts))].sum(axis=0), legend.names)
        for _ in range(BOOTSTRAP_ROUNDS)
    ]
    mine, trivial = (_named_scores(each.sum(axis=0), legend.names) for each in (counts, baseline))
    scores = []
    for name, value in mine.items():
        low, high = np.quantile([values[name] for values in drawn if name in values], [0.025, 0.975])
        scores.append(Score(name, value, float(low), float(high), trivial=trivial.get(name)))
    return scores


def _named_scores(counts: np.ndarray, names: tuple[str, ...]) -> Mapping[str, float]:
    """Scores by name from a confusion matrix; classes that occur in neither map have none."""
    found = agreement(counts)
    by_class = {f"iou {name}": float(iou) for name, iou in zip(names, found.iou, strict=True) if np.isfinite(iou)}
    return {"mean_iou": found.mean_iou, "pixel_accuracy": found.accuracy, **by_class}
