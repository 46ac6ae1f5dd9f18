"""A small problem of rows in classes, and makers of examples whose worth is known beforehand."""

import numpy as np

from sparring.downstream.amounts import amounts
from sparring.downstream.arms import row_arms
from sparring.downstream.examples import Examples, Unavailable
from sparring.downstream.outcome import opened
from sparring.downstream.resampling import resampled
from sparring.downstream.store import Store
from sparring.downstream.table_judges import Linear, Trees
from sparring.downstream.trial import Setting, Trial

COLUMNS, WEAK = 60, 0.15  # numbers of a row, and how far the classes lie apart in each, in deviations
NUMERIC, INPUTS = (True,) * (COLUMNS + 1), tuple(range(COLUMNS))  # the last column is the class


def rows(rng, counts):
    """Rows of each class: normal numbers around the mean of the class, and the class."""
    labels = np.repeat(np.arange(len(counts)), counts)
    values = rng.normal(size=(len(labels), COLUMNS)) + WEAK * (2.0 * labels[:, None] - 1)
    return Examples(np.column_stack([values, labels]), labels)


class HeldBack:
    """Real examples that the trial has not seen, passed off as generated ones."""

    def __init__(self, rng):
        self.pools = [rows(rng, [0] * number + [4000]).values for number in (0, 1)]

    def draw(self, number, indices):
        return self.pools[number][np.array(indices) % len(self.pools[number])]

    def realness(self, values, labels):
        return None


class Noise(HeldBack):
    """Training examples whose numbers were shuffled, column by column, so that they say nothing of the class."""

    def __init__(self, rng, train):
        self.rng_seed, self.train = int(rng.integers(1 << 30)), train.values

    def draw(self, number, indices):
        rng = np.random.default_rng([self.rng_seed, number, *indices[:1]])
        values = np.stack([rng.choice(column, len(indices)) for column in self.train.T], axis=1)
        values[:, -1] = number
        return values


class Duplicates(HeldBack):
    """Training examples again."""

    def __init__(self, rng, train):
        self.rng_seed = int(rng.integers(1 << 30))
        self.own = [train.values[train.labels == number] for number in np.unique(train.labels)]

    def draw(self, number, indices):
        rng = np.random.default_rng([self.rng_seed, number, *indices[:1]])
        return self.own[number][rng.integers(len(self.own[number]), size=len(indices))]


def setting(rng, supply, counts=(40, 40), tested=750, seeds=3, judges=(Linear,), amount=None, validation=60):
    """A trial of these rows. supply: a class above."""
    train = rows(rng, counts)
    shares = np.array(counts) / sum(counts)
    chosen = rows(rng, np.maximum(4, np.round(shares * validation)).astype(int))
    test = rows(rng, [tested] * len(counts))
    made = supply(rng) if supply is HeldBack else supply(rng, train)

    def resample(method, seed):
        return resampled(method, train, NUMERIC, INPUTS, seed)

    blind = test.values.copy()
    blind[:, -1] = np.nan
    found = Setting(
        train,
        chosen,
        blind,
        len(counts),
        [judge(NUMERIC, INPUTS) for judge in judges],
        row_arms(counts),
        amounts(counts, amount),
        made,
        lambda values: values[:, :-1],
        resample,
        seeds,
    )
    return found, test.labels


def outcome(folder, rng, supply, **options):
    """The verdict on examples of a supply."""
    asked, labels = setting(rng, supply, **options)
    trial = Trial(asked, Store(folder))
    return opened(trial, trial.run(), labels)


__all__ = ["COLUMNS", "INPUTS", "NUMERIC", "Duplicates", "HeldBack", "Linear", "Noise", "Trees", "Unavailable"]
