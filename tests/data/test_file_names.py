"""Classes that the names of files tell, in sets of any size."""

import pytest

from sparring.data.file_names import classes_in_names

FORMS = ["{name}_{number:03d}.png", "{name}.{number}.jpg", "{name} ({number}).png", "sub/{name}-{number}.png"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "counts", [(2, 1), (2, 2), (3, 3), (2, 2, 2), (4, 4, 4), (5, 1, 1, 1), (40, 40), (300, 200, 1)]
)
def test_names_before_a_number_are_classes_in_sets_of_any_size(form, counts):
    classes = [name for name, count in zip(("cat", "dog", "cow", "hen"), counts, strict=False) for _ in range(count)]
    names = [form.format(name=name, number=number) for number, name in enumerate(classes)]
    found = classes_in_names(names)
    assert found is not None and [each.removeprefix("sub/") for each in found if each] == classes


@pytest.mark.parametrize("count", [6, 12, 30])
def test_a_word_in_the_middle_is_a_class_in_sets_of_any_size(count):
    names = [f"img-{number}_label-{number % 3}_{number * 7}.png" for number in range(count)]
    assert classes_in_names(names) == [str(number % 3) for number in range(count)]


def test_one_odd_name_in_a_small_set_has_no_class():
    names = ["cat_1.png", "cat_2.png", "dog_1.png", "dog_2.png", "cover.png"]
    assert classes_in_names(names) == ["cat", "cat", "dog", "dog", None]


@pytest.mark.parametrize(
    "names", [[f"{n}.png" for n in range(9)], ["a_1.png", "b_1.png"], ["IMG_1.png", "IMG_2.png"], []]
)
def test_other_names_tell_nothing(names):
    assert classes_in_names(names) is None
