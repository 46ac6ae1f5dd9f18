"""Few samples, equal sets, constants, copies, missing classes: scores are finite and on the right side of the truth."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.stats

from sparring import metrics
from sparring.metrics.neighbours import closeness, coverage, variety


def every_number(generated, real):
    """All numbers that two sets of features give, by name."""
    distance, copied = metrics.frechet_extrapolated(generated, real), metrics.memorisation(generated, real, real)
    pr, dc = metrics.precision_recall(generated, real), metrics.density_coverage(generated, real)
    found = {
        "frechet_distance": metrics.frechet_distance(generated, real),
        "frechet_extrapolated": distance.value,
        "slope": distance.slope,
        "precision": pr.precision,
        "recall": pr.recall,
        "density": dc.density,
        "coverage": dc.coverage,
        "intra_class_diversity": metrics.intra_class_diversity(generated, real).value,
        "copied_share": copied.share,
        "chance": copied.chance,
        "closer": copied.closer,
        "closer_chance": copied.closer_chance,
        "quick coverage": coverage(generated, real),
        "variety": variety(generated, real),
        "closeness": closeness(generated, real, real[::-1]),
    }
    errors = [distance.error, metrics.frechet_error(generated, real)]
    if min(len(generated), len(real)) >= 2:
        found["kernel_distance"] = metrics.kernel_distance(generated, real)
        found["subsets"] = metrics.kernel_distance_subsets(generated, real, subsets=3).value
        errors.append(metrics.kernel_distance_estimate(generated, real).error)
    assert all(error >= 0 for error in errors)  # inf where nothing is known, never NaN
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 50])
@pytest.mark.parametrize("others", [1, 2, 50])
@pytest.mark.parametrize("dimensions", [1, 7, 80])
def test_few_samples_give_finite_numbers(count, others, dimensions, rng):
    found = every_number(rng.standard_normal((count, dimensions)), rng.standard_normal((others, dimensions)))
    assert all(isinstance(value, float) and np.isfinite(value) for value in found.values()), found


@pytest.mark.parametrize("count", [2, 50, 300])
def test_equal_sets(count, rng):
    a = rng.standard_normal((count, 30)) * 10 + 100
    found = every_number(a, a.copy())
    assert found["frechet_distance"] == pytest.approx(0, abs=1e-8)
    assert (found["precision"], found["recall"], found["coverage"]) == (1, 1, 1)
    assert found["density"] >= 1
    assert found["intra_class_diversity"] == pytest.approx(1)
    kernel = (
        a @ a.T / 30 + 1
    ) ** 3  # the same samples twice are below 0, where other samples of one distribution are on average
    apart = (kernel.sum() - np.trace(kernel)) / (count * (count - 1))
    assert found["kernel_distance"] == pytest.approx(2 * (apart - np.trace(kernel) / count) / count, rel=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
@pytest.mark.parametrize("counts", [(2, 2), (50, 40)])
def test_constant_features(value, counts):
    one, other = np.full((counts[0], 9), value), np.full((counts[1], 9), value)
    found = every_number(one, other)
    assert found["frechet_distance"] == pytest.approx(0, abs=1e-12)
    assert found["kernel_distance"] == pytest.approx(0, abs=1e-12 * max(1, value) ** 6)
    assert (found["precision"], found["recall"], found["coverage"]) == (1, 1, 1)
    assert found["density"] == pytest.approx(counts[1] / (counts[1] - 1))
    assert found["closer"] == 0.5
    assert found["copied_share"] == 0


def test_a_collapsed_generator_scores_badly_everywhere(rng):
    real = rng.standard_normal((400, 16))
    found, usual = (
        every_number(np.repeat(real[:1], 400, axis=0), real),
        every_number(rng.standard_normal((400, 16)), real),
    )
    for name in ("frechet_distance", "frechet_extrapolated", "kernel_distance"):
        assert found[name] > usual[name] + 1
    assert found["recall"] < 0.05 < 0.6 < usual["recall"]
    assert found["coverage"] < 0.2 < 0.9 < usual["coverage"]
    assert found["intra_class_diversity"] == 0
    assert usual["intra_class_diversity"] == pytest.approx(1, abs=0.05)
    assert found["variety"] == 0


def test_variety_is_robust_to_duplicates_and_outliers(rng):
    """In a table of few categories 45 % of the rows are duplicates, and slightly more of an equally good generator."""
    real, made = rng.standard_normal((1000, 8)), rng.standard_normal((1000, 8))
    real[:225] = real[225:450]
    made[:260] = made[260:520]
    assert variety(made, real) == pytest.approx(1, abs=0.25)
    made[900:920] *= 1e3
    assert variety(made, real) == pytest.approx(1, abs=0.25)


def digits(per_class=100, classes=range(10), seed=0):
    """Ten well separated clusters in 12 dimensions, their labels."""
    rng, centres = np.random.default_rng(seed), 6 * np.random.default_rng(99).standard_normal((10, 12))
    labels = np.repeat(np.array(classes), per_class)
    return centres[labels] + rng.standard_normal((len(labels), 12)), labels


@pytest.mark.parametrize("missing", [1, 3])
def test_missing_classes_are_detected(missing):
    real, labels = digits(seed=1)
    whole, _ = digits(seed=2)
    part, part_labels = digits(1000 // (10 - missing), range(10 - missing), seed=3)
    full, less = every_number(whole, real), every_number(part, real)
    assert full["coverage"] > 0.95
    assert less["coverage"] <= 1 - missing / 10 + 0.02
    # Over 80 seeds both differences have a standard deviation of 0.018.
    assert less["recall"] == pytest.approx(full["recall"] * (1 - missing / 10), abs=0.08)
    assert less["precision"] == pytest.approx(full["precision"], abs=0.08)  # what there is looks real
    rows = metrics.intra_class_diversity(part, real, part_labels, labels).by_class
    assert [label for label, value in rows.items() if value == 0] == list(range(10 - missing, 10))
    assert all(value == pytest.approx(1, abs=0.1) for value in list(rows.values())[: 10 - missing])


def test_density_coverage_and_precision_by_hand():
    """On a line the balls around 0, 1, 2 and 10 reach to the nearest other one: 1, 1, 1 and 8 away."""
    real, generated = np.array([[0.0], [1], [2], [10]]), np.array([[0.5], [0.5], [30.0], [3.5]])
    found = metrics.density_coverage(generated, real, k=1)
    # The ball around 1 holds two others, so it counts half. 0.5 lies in those of 0 and 1, 3.5 in that of 10.
    crowd = np.array([1.5, 1.5, 0, 1])
    assert (found.density, found.coverage) == (1.0, 0.75)
    assert found.density_error == pytest.approx(crowd.std(ddof=1) / 2)
    assert metrics.density_coverage(generated[:1], real, k=1).density_error == float("inf")
    assert metrics.precision_recall(generated, real, k=1).precision == 0.75
    spread, pairs = np.arange(0, 60, 10.0)[:, None], np.arange(0, 60, 10.0)[:, None] + 21
    assert metrics.precision_recall(pairs, spread) == metrics.precision_recall(pairs, spread, k=3)
    assert metrics.precision_recall(pairs, spread) != metrics.precision_recall(pairs, spread, k=1)


def test_two_samples_of_a_class_have_a_distance():
    real, labels = np.array([[0.0, 0], [3, 4], [1, 1], [1, 1]]), np.array([0, 0, 1, 1])
    found = metrics.intra_class_diversity(real[:2] / 2, real, np.array([0, 0]), labels)
    assert found.by_class == {0: 0.5, 1: 1.0}  # equal real ones count as 1
    assert metrics.intra_class_diversity(real[:1], real, np.array([0]), labels).by_class[0] == 0


def test_the_error_of_means_far_apart_by_hand():
    """Of a distance that is almost (m_a - m_b)^2 the error is 2 |m_a - m_b| deviation / root N."""
    steps = np.repeat([-1.0, 1.0], 100)[:, None]  # deviation 1
    near = metrics.frechet_error(steps + 50, steps, fixed_reals=True)
    assert near == pytest.approx(2 * 50 / np.sqrt(200), rel=0.02)
    assert metrics.frechet_error(steps + 50, steps) == pytest.approx(near * np.sqrt(2), rel=0.02)


def test_the_collapse_of_one_class_is_detected():
    real, labels = digits(seed=1)
    made, asked = digits(seed=2)
    made[asked == 4] = made[asked == 4][0]
    found = metrics.intra_class_diversity(made, real, asked, labels)
    assert found.by_class[4] == 0
    assert found.value == pytest.approx(0.9, abs=0.02)


def test_copies_are_detected_and_held_out_examples_are_not(rng):
    training, held_out, fresh = np.random.default_rng(5).standard_normal((3, 600, 16))
    chosen = rng.permutation(600)[:200]
    copier = metrics.memorisation(training[chosen] + 0.05 * rng.standard_normal((200, 16)), training, held_out)
    assert copier.copies
    assert copier.share == 1
    assert copier.closer == 1
    assert max(copier.chance, copier.closer_chance) < 1e-20
    assert "copies training data" in copier.summary
    assert list(copier.neighbours) == list(chosen[copier.samples])
    assert (np.diff(copier.distances) >= 0).all()

    honest = metrics.memorisation(fresh, training, held_out)
    assert not honest.copies
    assert honest.share == pytest.approx(0.05, abs=0.04)
    assert honest.closer == pytest.approx(0.5, abs=0.05)
    assert "no sign" in honest.summary


def test_occasional_copying_is_detected(rng):
    """One copy in five, among samples farther from the data than new ones: the median hides it, the share does not."""
    training, held_out = rng.standard_normal((2, 500, 16))
    made = 1.3 * rng.standard_normal((300, 16))
    made[:60] = training[100:160] + 0.01
    found = metrics.memorisation(made, training, held_out)
    assert found.closer < 0.5
    assert found.copies
    assert set(found.samples) <= set(range(60))


def test_false_alarms_are_rare():
    alarms = 0
    for seed in range(300):
        training, held_out, made = np.random.default_rng(seed).standard_normal((3, 60, 3))
        alarms += metrics.memorisation(made, training, held_out).copies
    assert alarms <= 2


def test_few_copies_prove_nothing(rng):
    training = rng.standard_normal((50, 4))
    found = metrics.memorisation(training[:2], training, rng.standard_normal((3, 4)))
    assert not found.copies
    assert "too few to be sure" in found.summary
    copied = metrics.memorisation(training[:19] + 5, training, rng.standard_normal((30, 4)))
    assert "too few to detect copies" in copied.summary


def test_infinitely_many_samples():
    """Two sets of one distribution are at 0, up to the error that is stated; the plain distance is far above."""
    values, errors, plain = [], [], []
    for seed in range(25):
        a, b = np.random.default_rng(seed).standard_normal((2, 400, 10))
        found = metrics.frechet_extrapolated(a, b + 0.2, both=True, seed=seed)
        values.append(found.value)
        errors.append(found.error)
        plain.append(found.values[-1])
    assert np.mean(values) == pytest.approx(10 * 0.2**2, abs=0.05)
    assert np.mean(plain) > 0.55
    assert np.std(values) == pytest.approx(np.mean(errors), rel=0.5)


def test_the_error_of_the_frechet_distance_is_its_scatter(rng):
    real = rng.standard_normal((1000, 6)) * 1.4
    draws = [np.random.default_rng(seed).standard_normal((300, 6)) + 0.3 for seed in range(60)]
    scatter = np.std([metrics.frechet_distance(draw, real) for draw in draws], ddof=1)
    assert np.mean([metrics.frechet_error(draw, real, fixed_reals=True) for draw in draws]) == pytest.approx(
        scatter, rel=0.3
    )
    assert metrics.frechet_error(draws[0], real) > metrics.frechet_error(draws[0], real, fixed_reals=True)


def test_the_jackknife_of_the_kernel_distance_by_hand(rng):
    a, b = rng.standard_normal((30, 5)) + 0.5, rng.standard_normal((20, 5))
    by_hand = metrics.jackknife(metrics.kernel_distance, a, b)
    found = metrics.kernel_distance_estimate(a, b)
    assert found.value == pytest.approx(by_hand.value, rel=1e-12)
    assert found.error == pytest.approx(by_hand.error, rel=1e-9)


def test_the_error_of_the_kernel_distance_is_its_scatter(rng):
    draws = [rng.standard_normal((2, 100, 6)) * 1.2 + [[[0.5]], [[0.0]]] for _ in range(80)]
    found = [metrics.kernel_distance_estimate(a, b) for a, b in draws]
    assert np.mean([one.error for one in found]) == pytest.approx(np.std([one.value for one in found], ddof=1), rel=0.3)


def test_jackknife_and_bootstrap_of_a_mean(rng):
    values = rng.standard_normal(200)
    expected = values.std(ddof=1) / np.sqrt(200)
    assert metrics.jackknife(np.mean, values).error == pytest.approx(expected, rel=1e-9)
    assert metrics.jackknife(np.mean, values, groups=40).error == pytest.approx(expected, rel=0.4)
    found = metrics.bootstrap(np.mean, values, repeats=4000)
    assert (found.low, found.high) == pytest.approx(
        metrics.Estimate(values.mean(), expected).interval(), abs=0.15 * expected
    )
    assert metrics.bootstrap(np.mean, values, repeats=50) == metrics.bootstrap(np.mean, values, repeats=50)
    assert metrics.bootstrap(np.mean, values, repeats=50, seed=1) != metrics.bootstrap(np.mean, values, repeats=50)


def test_samples_that_belong_together_stay_together(rng):
    predicted = rng.integers(0, 2, 100)
    found = metrics.bootstrap(lambda a, b: float((a == b).mean()), predicted, predicted, repeats=50, together=True)
    assert (found.value, found.low, found.high) == (1, 1, 1)
    assert metrics.jackknife(lambda a, b: float((a == b).mean()), predicted, predicted, together=True).error == 0
    with pytest.raises(ValueError, match="equally many, not 100, 99"):
        metrics.bootstrap(lambda a, b: 0.0, predicted, predicted[:99], together=True)


def test_one_sample_has_an_unknown_error():
    assert metrics.jackknife(np.mean, np.ones(1)) == metrics.Estimate(1.0, float("inf"))
    assert metrics.bootstrap(np.mean, np.ones(1)) == metrics.Interval(1.0, 1.0, 1.0)
    assert metrics.wilson(0, 0) == metrics.Interval(0.5, 0.0, 1.0)


@pytest.mark.parametrize("count", [30, 200])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_wilson_covers_the_truth(count, share):
    """The chance that the interval holds the true share, summed over all numbers of hits."""
    chances = scipy.stats.binom.pmf(np.arange(count + 1), count, share)
    ends = [metrics.wilson(hits, count) for hits in range(count + 1)]
    covered = sum(chance for chance, found in zip(chances, ends, strict=True) if found.low <= share <= found.high)
    assert covered == pytest.approx(0.95, abs=0.03)


def test_label_agreement():
    found = metrics.label_agreement(np.array([0, 0, 1, 2, 2, 2]), np.array([0, 0, 1, 1, 2, 0]))
    assert found.overall.value == pytest.approx(4 / 6)
    assert {label: row.value for label, row in found.by_class.items()} == pytest.approx({0: 2 / 3, 1: 1 / 2, 2: 1})
    assert all(0 <= row.low < row.value <= row.high <= 1 for row in found.by_class.values())
    assert metrics.label_agreement(np.array([7]), np.array([7])).overall.low < 0.3  # one hit proves little
    for predicted, requested in (([1, 2], [1]), ([[1, 2]], [[1, 2]]), ([], []), ([[1], [2]], [1, 2])):
        with pytest.raises(ValueError, match="N numbers each, not of shapes"):
            metrics.label_agreement(np.array(predicted), np.array(requested))


def test_the_bounds_of_the_inception_score():
    same, sure = np.full((50, 10), 0.1), np.eye(10)[np.arange(200) % 10]
    assert metrics.inception_score(same).value == pytest.approx(1)
    assert metrics.inception_score(sure, splits=1).value == pytest.approx(10)
    assert metrics.inception_score(sure * 3, splits=1).value == pytest.approx(10)  # scaled to shares
    by_class = np.sort(np.arange(200) % 10)
    assert metrics.inception_score(np.eye(10)[by_class], 10, seed=None).value == pytest.approx(
        1
    )  # parts of two classes each at most
    assert metrics.inception_score(np.eye(10)[by_class], 10).value > 6
    assert metrics.inception_score(np.eye(10)[by_class], 10) == metrics.inception_score(np.eye(10)[by_class], 10)
    assert metrics.inception_score(sure[:1]) == metrics.Parts(1.0, 0.0, 1)
    with pytest.raises(ValueError, match="softmax"):
        metrics.inception_score(np.array([[-1.0, 2.0]]))


@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (2, 3, 1, 1), (2, 1, 2, 30), (3, 4, 33, 65)])
def test_ms_ssim_of_any_size(shape, rng):
    a, b = rng.integers(0, 256, (2, *shape), dtype=np.uint8)
    assert metrics.ms_ssim(a, a) == pytest.approx(1)
    assert ((metrics.ms_ssim(a, b) >= 0) & (metrics.ms_ssim(a, b) <= 1)).all()
    assert metrics.ms_ssim(a * 0, b * 0 + 255).max() < 0.2
    np.testing.assert_allclose(metrics.ms_ssim(a, b), metrics.ms_ssim(b, a), rtol=1e-9)


def test_ms_ssim_ranks_pictures_by_similarity(rng):
    varied = rng.integers(0, 256, (30, 1, 24, 24), dtype=np.uint8)
    assert metrics.ms_ssim_of_pairs(varied[:1].repeat(30, axis=0)).value == pytest.approx(1)
    assert metrics.ms_ssim_of_pairs(varied).value < 0.2
    assert metrics.ms_ssim_of_pairs(varied[:1]) == metrics.Estimate(1.0, float("inf"))
    two = np.stack([np.zeros((1, 24, 24), np.uint8), np.full((1, 24, 24), 255, np.uint8)])
    assert (
        metrics.ms_ssim_of_pairs(two).value
        == pytest.approx(  # no picture is compared with itself
            float(metrics.ms_ssim(two[:1], two[1:])[0])
        )
    )


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        (np.zeros((3, 2)), np.zeros((3, 4)), "2 and 4 columns"),
        (np.zeros(3), np.zeros((3, 4)), "N x D"),
        (np.zeros((0, 4)), np.zeros((3, 4)), "at least one row"),
        (np.full((3, 4), np.nan), np.zeros((3, 4)), "NaN"),
    ],
)
@pytest.mark.parametrize(
    "metric",
    [
        metrics.frechet_distance,
        metrics.frechet_extrapolated,
        metrics.kernel_distance_estimate,
        metrics.precision_recall,
        metrics.density_coverage,
        metrics.intra_class_diversity,
        lambda a, b: metrics.memorisation(a, b, b),
    ],
)
def test_invalid_features_are_refused(metric, a, b, words):
    with pytest.raises(ValueError, match=words):
        metric(a, b)


def test_metrics_need_no_torch():
    code = "import sys, sparring.metrics as m, numpy as n; m.frechet_distance(n.eye(3), n.eye(3)); "
    code += "print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )


def test_held_out_pictures_are_no_copies(rng):
    from sklearn.datasets import load_digits

    pixels = rng.permutation(load_digits().data)
    training, held_out, fresh = pixels[:1000], pixels[1000:1400], pixels[1400:]
    honest, copier = (
        metrics.memorisation(made, training, held_out)
        for made in (fresh, training[:300] + rng.normal(0, 0.5, (300, 64)))
    )
    assert not honest.copies
    assert copier.copies
    assert list(copier.neighbours) == list(copier.samples)
