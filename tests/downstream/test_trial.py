"""Trials: planted examples get the verdict that they deserve, work goes on after a stop, test labels are not used."""

import numpy as np
import pytest

import downstream_samples as samples
from sparring.downstream.amounts import Amount
from sparring.downstream.arms import Arm
from sparring.downstream.arms_trial import Way
from sparring.downstream.candidates import Candidates
from sparring.downstream.examples import Unavailable
from sparring.downstream.filtering import COPY, KEPT, OTHER_CLASS, UNREAL, Filter, isolation
from sparring.downstream.outcome import chosen, opened
from sparring.downstream.store import Store
from sparring.downstream.trial import Trial

FEW, RARE = (15, 15), (120, 20)  # examples of the two classes


def verdicts(folder, supply, count, **options):
    return [
        samples.outcome(folder / str(number), np.random.default_rng(number), supply, **options).verdict
        for number in range(count)
    ]


def test_planted_examples_get_the_verdict_that_they_deserve(tmp_path):
    options = {"counts": FEW, "validation": 120, "seeds": 5}
    assert verdicts(tmp_path / "real", samples.HeldBack, 2, **options) == ["use"] * 2
    assert verdicts(tmp_path / "noise", samples.Noise, 2, **options) == ["do not use"] * 2
    assert verdicts(tmp_path / "copies", samples.Duplicates, 1, **options, amount=80) == ["do not use"]


@pytest.mark.slow
@pytest.mark.parametrize("judges", [(samples.Linear,), (samples.Trees, samples.Linear)])
def test_held_back_real_examples_are_used_20_of_20(tmp_path, judges):
    asked = {"counts": FEW, "validation": 120, "seeds": 5, "judges": judges}
    assert verdicts(tmp_path, samples.HeldBack, 20, **asked).count("use") == 20


@pytest.mark.slow
@pytest.mark.parametrize("counts", [FEW, RARE, (300, 15)])
def test_noise_is_not_used_20_of_20(tmp_path, counts):
    assert verdicts(tmp_path, samples.Noise, 20, counts=counts, validation=120).count("use") == 0


@pytest.mark.slow
@pytest.mark.parametrize("counts", [FEW, RARE, (300, 15)])
def test_duplicates_are_used_at_most_1_of_20(tmp_path, counts):
    assert verdicts(tmp_path, samples.Duplicates, 20, counts=counts, validation=120).count("use") <= 1


@pytest.fixture
def trial(tmp_path, rng):
    asked, labels = samples.setting(rng, samples.HeldBack, counts=RARE, tested=40, seeds=2, amount=30)
    return Trial(asked, Store(tmp_path / "fits")), labels


def test_all_arms_are_tried_for_every_seed(trial):
    found, _ = trial
    ways = found.run()
    kinds = [way.arm.kind for way in ways]
    assert kinds == ["real"] * 4 + ["duplicates", "generated", "filtered"]
    assert [way.arm.resampling for way in ways[:4]] == ["", "", "SMOTENC", "ADASYN"]
    assert all(len(way.losses) == 2 for way in ways)
    assert (np.bincount(found.training(ways[5].arm, 0).examples.labels) == [120, 50]).all()


def test_what_was_trained_is_not_trained_again(trial, tmp_path):
    found, labels = trial
    before = opened(found, found.run(), labels)
    fits = []

    class Counting(samples.Linear):
        def fit(self, *arguments):
            fits.append(arguments)
            return super().fit(*arguments)

    asked = found.setting
    again = Trial(
        type(asked)(**{**vars(asked), "judges": [Counting(samples.NUMERIC, samples.INPUTS)]}), Store(tmp_path / "fits")
    )
    after = opened(again, again.run(), labels)
    assert len(fits) == 1  # the classifier of the filter
    assert after == before
    damaged = next((tmp_path / "fits").glob("*.npz"))
    damaged.write_bytes(damaged.read_bytes()[:50])
    once_more = Trial(again.setting, Store(tmp_path / "fits"))
    assert opened(once_more, once_more.run(), labels) == before
    assert len(fits) == 3


def test_choices_do_not_depend_on_test_labels(trial):
    found, labels = trial
    ways = found.run()
    assert not any(np.shares_memory(labels, part) for part in (found.setting.test, found.setting.validation.labels))
    assert np.isnan(found.setting.test[:, -1]).all()
    one, other = opened(found, ways, labels), opened(found, ways, labels[::-1])
    for found in (one, other):
        assert (found.overall.cheap, found.overall.generated) == chosen(ways)
        assert [each.cheap for each in found.by_judge] == [chosen(ways)[0]]  # there is one judge
    assert one.measured != other.measured


class Prescribed:
    """A trial whose models are right on so many of 400 test examples, the same ones for all seeds."""

    def __init__(self, shares):
        self.shares = shares

    def right(self, way, labels, usual=False):
        return np.tile(np.arange(400) < 400 * self.shares[way], (3, 1))

    def probabilities(self, way):
        return [np.full((400, 2), 0.5)] * 3


def test_another_judge_that_does_as_well_without_forbids_a_use():
    """A weak judge gains much, and a strong one needs nothing: one would use the strong one."""
    labels = np.arange(400) % 2
    made = Arm("generated", Amount("as asked", (9, 9)))

    def way(judge, arm, loss):
        return Way(judge, arm, (loss,) * 3, (0.5,) * 3)

    ways = [way("weak", Arm(), 0.9), way("strong", Arm(), 0.6), way("weak", made, 0.5), way("strong", made, 0.7)]
    for strong, verdict in ((0.9, "do not use"), (0.6, "use")):
        found = opened(Prescribed(dict(zip(ways, (0.6, strong, 0.9, 0.5), strict=True))), ways, labels)
        assert found.by_judge[0].helps
        assert not found.by_judge[1].helps
        assert found.overall.generated is ways[2]
        assert found.overall.cheap is ways[1]
        assert found.verdict == verdict


def test_the_best_on_validation_is_not_enough_where_another_cheap_way_is_as_good():
    labels, made = np.arange(400) % 2, Arm("generated", Amount("as asked", (9, 9)))
    ways = [
        Way("weak", arm, (loss,) * 3, (0.5,) * 3)
        for arm, loss in ((Arm(), 0.6), (Arm(weighted=True), 0.7), (made, 0.5))
    ]
    found = opened(Prescribed(dict(zip(ways, (0.6, 0.89, 0.9), strict=True))), ways, labels)
    assert found.overall.cheap is ways[0]
    assert found.overall.gain.is_gain
    assert found.overall.rival is ways[1]
    assert found.verdict == "do not use"


def test_an_arm_that_cannot_be_tried_is_left_out_with_its_reason(trial):
    found, labels = trial

    def refuse(method, seed):
        raise Unavailable(f"{method} cannot")

    object.__setattr__(found.setting, "resample", refuse)
    ways = found.run()
    assert {arm.resampling: why for arm, why in found.left_out.items()} == {
        "SMOTENC": "SMOTENC cannot",
        "ADASYN": "ADASYN cannot",
    }
    assert opened(found, ways, labels).overall.generated is not None


def test_the_filter_says_why_an_example_is_dropped(rng):
    train, validation = samples.rows(rng, [50, 50]), samples.rows(rng, [50, 50])

    class Supply(samples.HeldBack):
        def realness(self, values, labels):
            return values[:, 0]

    def classify(values):
        return (values[:, 1] > 0).astype(int)

    def features(values):
        return values[:, 2:-1]

    sieve = Filter(classify, Supply(rng), features, train, validation)
    lonely = isolation(features(validation.values), features(train.values)).argmax()  # copies nothing
    shown = np.stack([validation.values[lonely]] * 3 + [train.values[0]])
    shown[:3, :2] = [[0, 1], [-9, 1], [0, -1]]
    assert sieve(shown, 1).tolist() == [KEPT, UNREAL, OTHER_CLASS, COPY]


def test_candidates_are_new_for_each_seed_and_nested_by_amount(rng):
    asked, _ = samples.setting(rng, samples.HeldBack)
    sieve = Filter(lambda values: np.full(len(values), 7), asked.supply, asked.features, asked.train, asked.validation)
    found = Candidates(asked.supply, sieve, asked.amounts[-1].counts)
    small, large = (found.take(amount, False, 0).values for amount in asked.amounts[:2])
    assert all((large == row).all(axis=1).any() for row in small)
    other = found.take(asked.amounts[0], False, 1).values
    assert not any((other == row).all(axis=1).any() for row in small)
    with pytest.raises(Unavailable, match="pass the filter"):
        found.take(asked.amounts[-1], True, 0)  # no example passes


def test_arms_have_keys_of_their_own():
    arms = [Arm(), Arm(weighted=True), Arm(classic="gentle"), Arm(resampling="SMOTENC")]
    assert len({arm.key for arm in arms}) == 4
