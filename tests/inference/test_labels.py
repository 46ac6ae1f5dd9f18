"""The class that a person asks for is the class of that name."""

from types import SimpleNamespace

import pytest

from sparring.errors import UserError
from sparring.inference.generator import Gan


def number(label, *classes):
    return Gan.class_number(SimpleNamespace(classes=classes), label)


def test_a_label_is_a_name_first():
    assert number("1", "1", "2", "3", "10") == 0
    assert number(10, "1", "2", "3", "10") == 3
    assert number("0", "cat", "dog") == 0
    assert number(1, "cat", "dog") == 1
    assert number("2.5", "1.5", "2.5") == 1


@pytest.mark.parametrize(
    ("label", "classes"),
    [
        ("0", ("1", "2", "3", "10")),
        (4, ("1", "2", "3", "10")),
        ("0", ("cat", "1")),
        ("2", ("cat", "dog")),
        ("-1", ("cat", "dog")),
        ("٢", ("cat", "dog", "fox")),
        (True, ("cat", "dog")),
        ("", ("cat", "dog")),
    ],
)
def test_what_is_no_class_is_refused(label, classes):
    with pytest.raises(UserError, match="label. should be" if label is True else f"no class '{label}'"):
        number(label, *classes)
