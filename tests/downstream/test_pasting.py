"""What pasting promises: boxes hold what is visible, occluded boxes shrink or go, scenes follow from (seed, number)."""

import numpy as np
import pytest

import detection_samples as samples
from detection_samples import HEIGHT, WIDTH, objects
from sparring.downstream.detection.objects import Cut, cuts_of, generated_cut, soft_box, square
from sparring.downstream.detection.pasting import LEAST_VISIBLE, Canvasful
from sparring.downstream.detection.supply import Paster
from sparring.downstream.examples import Examples, Unavailable
from sparring.modalities.image.boxes.pixels import decoded


class Places:
    """A generator of random numbers that gives these places and no other size."""

    def __init__(self, *places):
        self.places = iter(places)

    def uniform(self, low, high):
        return 0.0

    def integers(self, low, high):
        return next(self.places)


def solid(side, colour=255, picture=(HEIGHT, WIDTH)):
    """A square without ground around it."""
    share = float(np.hypot(side, side) / np.hypot(*picture))
    return Cut(np.full((side, side, 3), colour, np.uint8), np.ones((side, side), np.float32), 1, share, True)


def canvas(boxes=()):
    return Canvasful(np.zeros((HEIGHT, WIDTH, 3), np.uint8), objects(boxes))


def test_the_new_box_holds_the_pasted_pixels_and_nothing_else():
    held = canvas()
    assert held.paste(solid(10), Places(5, 20))
    assert held.finished().boxes.tolist() == [[20, 5, 10, 10]]
    assert held.finished().pasted.tolist() == [True]
    changed = np.argwhere(held.pixels[..., 0] > 0)
    assert changed.min(axis=0).tolist() == [5, 20]
    assert changed.max(axis=0).tolist() == [14, 29]


def test_an_occluded_box_shrinks_to_what_is_visible_and_others_keep_every_digit():
    held = canvas([[10.25, 10.5, 20, 20], [40.1, 2.3, 7.7, 5.9]])
    assert held.paste(solid(22), Places(9, 26))  # over the right of the first box, all the way down
    assert held.finished().boxes[0].tolist() == [10.25, 10.5, 26 - 10.25, 20]
    assert held.finished().boxes[1].tolist() == [40.1, 2.3, 7.7, 5.9]


def test_a_box_that_is_hardly_visible_goes():
    held = canvas([[10, 10, 12, 12]])
    held._put(np.zeros((12, 10, 3), np.uint8), np.ones((12, 10), np.float32), np.ones((12, 10), bool), 10, 10, 1)
    assert LEAST_VISIBLE > 2 / 12
    assert held.finished().labels.tolist() == [1]


def test_nothing_is_pasted_where_too_little_of_an_older_object_would_be_left():
    held = canvas([[10, 10, 12, 12]])
    before = held.pixels.copy()
    assert not held.paste(solid(12), Places(*[10] * 24))
    assert len(held.finished().labels) == 1
    assert (held.pixels == before).all()
    assert not held.paste(solid(44), Places())  # larger than the picture allows


def test_boxes_stay_within_the_picture_and_none_is_empty(rng):
    train = samples.scenes(rng, {"train": 6})["train"]
    paster = Paster(train, 2, decoded)
    for made in paster.scenes(60, 3):
        boxes = made.objects.boxes
        assert (boxes[:, 2:] > 0).all()
        assert (boxes[:, :2] >= 0).all()
        assert (boxes[:, :2] + boxes[:, 2:] <= [WIDTH, HEIGHT]).all()
        assert made.objects.pasted.any()


def test_scenes_follow_from_seed_and_number(rng):
    paster = Paster(samples.scenes(rng, {"train": 6})["train"], 2, decoded)
    few, many = paster.scenes(3, 5), paster.scenes(8, 5)
    for one, other in zip(few, many, strict=False):
        assert (one.pixels == other.pixels).all()
        assert (one.objects.boxes == other.objects.boxes).all()
    assert any((one.pixels != other.pixels).any() for one, other in zip(few, paster.scenes(3, 6), strict=True))


def test_soft_boxes_are_half_opaque_at_the_edge():
    opacity = soft_box((30, 40), (5, 5, 30, 20))
    body = opacity >= 0.5
    assert np.argwhere(body).min(axis=0).tolist() == [5, 5]
    assert np.argwhere(body).max(axis=0).tolist() == [24, 34]
    assert opacity[15, 20] == 1
    assert opacity[0, 0] < 0.05


def test_outlines_are_cut_and_what_the_edge_cuts_off_is_not(rng):
    pixels = rng.integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    triangle = ((10.0, 10.0, 26.0, 10.0, 10.0, 26.0),)
    held = objects([[10, 10, 16, 16], [0, 30, 10, 10], [40, 20, 2, 9]], masks=[triangle, None, None])
    (cut,) = cuts_of(samples.scene(pixels, held), pixels)
    assert cut.outlined
    assert 0.4 < (cut.opacity >= 0.5).sum() / 256 < 0.6
    assert square(cut, 16, opaque=False).shape == (16, 16, 4)


def test_crowds_are_not_cut(rng):
    pixels, _ = samples.drawn(rng)
    assert cuts_of(samples.scene(pixels, objects([[10, 10, 16, 16]], crowd=[True])), pixels) == []


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_generated_objects_get_the_size_of_real_ones(rng, channels):
    like = Cut(np.zeros((26, 13, 3), np.uint8), np.ones((26, 13), np.float32), 1, 0.2, False)
    value = rng.integers(0, 255, (channels, 32, 32), dtype=np.uint8)
    if channels == 4:
        value[3] = 0
        value[3, 8:24] = 255
    cut = generated_cut(value, like)
    assert cut.pixels.shape == (26, 13, 3)
    body = np.argwhere(cut.opacity >= 0.5)
    height = body.max(axis=0)[0] - body.min(axis=0)[0] + 1
    assert abs(height - (20 if channels < 4 else 13)) <= 1  # 26 / 1.3, and half of 26 where the opacity says so


def test_generated_objects_are_pasted_and_where_there_are_none_it_is_said(rng):
    paster = Paster(samples.scenes(rng, {"train": 6})["train"], 2, decoded)
    red = np.zeros((5, 3, 8, 8), np.uint8)
    red[:, 0] = 255
    made = paster.scenes(4, 0, Examples(red, np.zeros(5, np.int64)))
    assert all((each.objects.labels[each.objects.pasted] == 0).all() for each in made)
    assert all(((each.pixels[..., 0] > 150) & (each.pixels[..., 1] < 90)).any() for each in made)
    with pytest.raises(Unavailable):
        paster.scenes(1, 0, Examples(red[:0], np.zeros(0, np.int64)))
