"""Divisions: every class in every part, nothing in two parts, and what is held out stays out."""

import numpy as np
import pytest

from sparring.downstream.amounts import MAX_GENERATED, amounts, filled
from sparring.downstream.division import divide
from sparring.errors import UserError


def parts(labels, splits=None, groups=None, **options):
    splits = np.full(len(labels), "train") if splits is None else splits
    groups = np.arange(len(labels)) if groups is None else groups
    names = [f"class {number}" for number in range(int(labels.max()) + 1)]
    return divide(labels, splits, names, "rows", groups, **options)


def test_every_example_is_in_one_part_and_every_class_in_all():
    labels = np.repeat([0, 1, 2], [200, 40, 4])
    found = parts(labels)
    every = np.concatenate([found.train, found.validation, found.test])
    assert sorted(every) == list(range(244))
    for part in (found.train, found.validation, found.test):
        assert set(labels[part]) == {0, 1, 2}
    assert len(found.test) == pytest.approx(61, abs=3)
    assert len(found.validation) == pytest.approx(37, abs=3)
    again = parts(labels)
    assert (again.test == found.test).all()


def test_what_the_data_holds_out_stays_out_and_is_enough_where_it_is_large():
    labels, splits = np.arange(4000) % 2, np.where(np.arange(4000) < 1200, "test", "train")
    assert (parts(labels, splits).test == np.arange(1200)).all()
    small = np.where(np.arange(4000) < 100, "test", "train")
    found = parts(labels, small)
    assert set(range(100)) <= set(found.test)
    assert len(found.test) == 1000


def test_a_run_that_may_have_seen_the_rest_is_tested_on_what_was_held_out():
    labels, splits = np.arange(400) % 2, np.where(np.arange(400) < 20, "test", "train")
    assert (parts(labels, splits, seen=True).test == np.arange(20)).all()
    with pytest.raises(UserError, match="hold none of the class 'class 1'"):
        parts(np.where(splits == "test", 0, labels), splits, seen=True)


def test_equal_pictures_come_to_one_part():
    labels, groups = np.arange(300) % 2, np.arange(300) // 6
    labels = groups % 2
    found = parts(labels, groups=groups)
    for one, other in ((found.train, found.test), (found.train, found.validation), (found.validation, found.test)):
        assert not set(groups[one]) & set(groups[other])


def test_copies_of_test_examples_are_not_learned_from():
    labels, splits = np.arange(200) % 2, np.where(np.arange(200) < 60, "test", "train")
    groups = np.arange(200)
    groups[100:110] = np.arange(10)
    found = parts(labels, splits, groups)
    assert not set(range(100, 110)) & set(np.concatenate([found.train, found.validation]))


@pytest.mark.parametrize("counts", [(2, 3), (50, 3), (1, 1)])
def test_too_few_of_a_class_are_refused(counts):
    with pytest.raises(UserError, match="4 different ones are needed"):
        parts(np.repeat(np.arange(2), counts))


def test_rarer_classes_are_filled_first():
    assert filled([10, 4, 1], 3) == (0, 0, 3)
    assert filled([10, 4, 1], 9) == (0, 3, 6)
    assert filled([10, 4, 1], 18) == (1, 7, 10)
    assert filled([5, 5], 5) in ((3, 2), (2, 3))


def test_amounts_ascend_and_end_with_equal_classes():
    found = amounts([1000, 30])
    assert [each.total for each in found] == [242, 485, 970, 1030]
    assert found[2].counts == (0, 970)
    assert [each.counts for each in amounts([40, 40])] == [(20, 20), (40, 40), (120, 120)]
    assert [each.counts for each in amounts([1000, 30], 100)] == [(0, 100)]
    assert max(each.total for each in amounts([60_000, 60_000])) <= MAX_GENERATED
