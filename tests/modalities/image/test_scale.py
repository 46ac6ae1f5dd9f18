"""The line between the data's own numbers and values from 0 to 255, at its ends and beyond."""

import numpy as np
import pytest

from sparring.modalities.image.scale import Scale, misses, scale_from, shown

CT = Scale(-1024, 3071, "int16", False)
DEEP, UNIT = Scale(0, 4095, "uint16", False), Scale(0, 1, "float32", True)


@pytest.mark.parametrize(
    ("scale", "values", "numbers"),
    [
        (Scale(), [-3.0, 0.4, 0.6, 254.6, 300.0], [0, 0, 1, 255, 255]),
        (CT, [0.0, 255.0], [-1024, 3071]),
        (DEEP, [0.0, 127.5, 255.0, 510.0], [0, 2048, 4095, 8190]),
        (Scale(-30000, 30000, "int16", False), [-255.0, 510.0], [-32768, 32767]),
        (Scale(0, 255, "uint16", False), [-1.0, 255.0 * 300], [0, 65535]),
        (UNIT, [0.0, 51.0, 255.0, 510.0], [0, 0.2, 1, 2]),
    ],
)
def test_values_as_own_numbers_end_where_their_type_does(scale, values, numbers):
    found = scale.restored(np.array(values))
    assert found.dtype == scale.kind
    np.testing.assert_allclose(found, numbers, rtol=1e-6)


@pytest.mark.parametrize(("scale", "opaque"), [(CT, 32767), (DEEP, 65535), (UNIT, 1), (Scale(), 255)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_opacity_has_a_scale_of_its_own(scale, opaque, channels):
    """Of 2 or 4 channels the last; from 0 to the peak of the type, whatever black and white are."""
    values = np.full((1, channels, 1, 1), 255.0)
    values[0, 0] = 0
    found = scale.restored_pictures(values)[0, :, 0, 0]
    assert found.dtype == scale.kind
    ends = [scale.low] + [scale.high] * (channels - 1)
    if channels in (2, 4):
        ends[-1] = opaque
    assert found.tolist() == ends
    if channels in (2, 4):
        values[0, -1] = 0
        assert scale.restored_pictures(values)[0, -1, 0, 0] == 0


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 255, False),
        (10, 20, False),
        (-50, -1, True),
        (256, 300, True),
        (-50, 0, True),  # all of one shade
        (255, 300, True),
        (0, 0, False),  # one number, which is on the scale
        (255, 255, False),
        (-1, 256, False),
    ],
)
def test_which_numbers_a_scale_misses(low, high, expected):
    assert misses((0, 255), low, high) is expected


def test_numbers_for_people():
    assert [shown(each) for each in (4095, -1024, 0.0125, 1e15, 999999999999999, 1.5, 1e-9)] == [
        *("4,095", "-1,024", "0.0125", "1e+15", "999,999,999,999,999", "1.5", "1e-09")
    ]
    assert str(CT) == "signed 16-bit values -1,024 to 3,071"
    assert str(Scale(0, 1, "float16", True)) == "float16 values 0 to 1"


@pytest.mark.parametrize(
    "change",
    [
        {"low": 5, "high": 5},
        {"low": 6, "high": 5},
        {"low": float("nan")},
        {"high": float("inf")},
        {"kind": "complex64"},
    ],
)
def test_what_is_no_scale(change):
    assert scale_from(CT.describe()) == CT
    with pytest.raises(ValueError, match="no scale"):
        scale_from(CT.describe() | change)
