"""The detector that judges, its classic augmentation, and the verdict on planted detections."""

import numpy as np
import pytest
import torch

import detection_samples as samples
from detection_samples import objects
from sparring.downstream.amounts import Amount
from sparring.downstream.arms import Arm
from sparring.downstream.arms_trial import Way
from sparring.downstream.detection import outcome
from sparring.downstream.detection.canvas import Canvas, canvas_for, seen
from sparring.downstream.detection.detector import SmallDetectorJudge, boxed, detected, detection_loss
from sparring.downstream.detection.division import divide_scenes
from sparring.downstream.detection.trial import USUAL, precision
from sparring.downstream.detection.views import CLASSIC, shown
from sparring.downstream.store import Said
from sparring.errors import UserError
from sparring.losses.detection import centre_loss, gaussians
from sparring.metrics.average_precision import OVERLAPS, Detections, matched
from sparring.networks.small_detector import STRIDE, Heat, SmallDetector


def test_the_detector_learns_squares_and_discs(rng):
    canvas = Canvas(48, 64)
    train, test = (seen([samples.drawn(rng) for _ in range(count)], canvas) for count in (60, 20))
    found = SmallDetectorJudge(120).fit(train, "none", 2, 0)(test.values)
    assert precision(test.truth(), found, (0, 1), USUAL).mean() > 0.8
    again = SmallDetectorJudge(2)
    one, other = (again.fit(train, "turned scenes", 2, 4)(test.values) for _ in range(2))
    assert (one == other).all()


@pytest.mark.parametrize("size", [(32, 32), (60, 44), (120, 160)])
def test_the_detector_takes_any_sides(size):
    heat = SmallDetector(3, 5)(torch.zeros(2, 3, *size))
    assert heat.centres.shape[:2] == (2, 5)
    assert heat.sizes.shape[2:] == (-(-size[0] // 4), -(-size[1] // 4))
    assert sum(each.numel() for each in SmallDetector(3, 3).parameters()) == 248_257


def test_the_centre_loss_by_hand():
    logits, heat = torch.zeros(1, 1, 1, 2), torch.tensor([[[[1.0, 0.5]]]])
    expected = -(0.25 * np.log(0.5) + 0.5**4 * 0.25 * np.log(0.5))
    assert float(centre_loss(logits, heat, torch.ones(1))) == pytest.approx(expected)
    assert float(centre_loss(logits, heat, torch.tensor([[[[1.0, 0.0]]]]))) == pytest.approx(-0.25 * np.log(0.5))


def test_bells_have_their_top_in_the_cell_of_the_centre():
    (bell,) = gaussians(torch.tensor([[3.7, 1.2]]), torch.tensor([[1.0, 2.0]]), 4, 6)
    assert float(bell[1, 3]) == 1
    assert float(bell[1, 4]) == pytest.approx(np.exp(-1 / 2))
    assert float(bell[2, 3]) == pytest.approx(np.exp(-1 / 8))


def test_the_least_loss_is_that_of_the_boxes_themselves(rng):
    """Heat written from the boxes gives them back, whole."""
    canvas = Canvas(48, 64)
    pictures = seen([samples.drawn(rng, 2) for _ in range(3)], canvas)
    boxes = boxed(pictures)
    rows, columns = 48 // STRIDE, 64 // STRIDE
    centres = torch.full((3, 2, rows, columns), -20.0)
    offsets, sizes = torch.zeros(2, 3, 2, rows, columns)
    for (x, y, w, h), label, at in zip(boxes.boxes / STRIDE, boxes.labels, boxes.pictures, strict=True):
        row, column = int(y + h / 2), int(x + w / 2)
        centres[at, label, row, column] = 20.0
        offsets[at, :, row, column] = torch.tensor([x + w / 2 - column - 0.5, y + h / 2 - row - 0.5])
        sizes[at, :, row, column] = torch.stack([w, h]).log()

    class Written:
        def __call__(self, batch):
            return Heat(centres, offsets, sizes)

    found = detected(Written(), pictures.values)
    assert precision(pictures.truth(), found, (0, 1), OVERLAPS).min() == 1
    loss = detection_loss(Heat(centres, offsets, sizes), boxes)
    assert 0 <= float(loss) < float(detection_loss(Heat(centres, offsets + 0.2, sizes), boxes))


@pytest.mark.parametrize("classic", [name for name in CLASSIC if name != "none"])
def test_boxes_follow_the_views(rng, classic):
    """A white rectangle on black is where its box says, whatever the view."""
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[14:30, 20:40] = 255
    one = seen([(pixels, objects([[20, 14, 20, 16]]))] * 30, Canvas(48, 64))
    rng_of_torch = torch.Generator().manual_seed(int(rng.integers(1 << 30)))
    pictures, boxes = shown(torch.from_numpy(one.values).float() / 127.5 - 1, boxed(one), classic, rng_of_torch)
    assert len(boxes.boxes) == 30
    for box, at in zip(boxes.boxes, boxes.pictures, strict=True):
        ground, body = pictures[at].amin(), pictures[at].amax()
        bright = (pictures[at, 0] > ground + 0.75 * (body - ground)).nonzero()  # what is outside is grey
        top, left = bright.amin(dim=0)
        bottom, right = bright.amax(dim=0) + 1
        close = torch.tensor([left, top, right - left, bottom - top]).float()
        assert (box - close).abs().max() <= 1.5, (box, close)


def test_the_canvas_has_the_aspect_of_the_pictures_and_keeps_boxes(rng):
    pixels = np.zeros((480, 640, 3), np.uint8)
    one = samples.scene(pixels, objects([[64, 48, 64, 96]]))
    canvas = canvas_for([one])
    assert canvas == Canvas(120, 160)
    values, held = canvas.see(pixels, one.objects)
    assert held.boxes.tolist() == [[16, 12, 16, 24]]
    tall, held = canvas.see(np.zeros((480, 320, 3), np.uint8), one.objects)
    assert (tall[:, :, 80:] == 128).all()
    assert held.boxes.tolist() == [[16, 12, 16, 24]]


def test_divisions_keep_test_pictures_and_name_classes_without_boxes(rng):
    held = samples.scenes(rng, {"train": 20, "test": 10})
    every = [*held["train"], *held["test"]]
    division, judged = divide_scenes(every, ("square", "disc", "unicorn"), seen=False)
    assert set(division.test) >= set(range(20, 30))
    assert judged == (0, 1)
    assert "'unicorn'" in division.notes[-1]
    with pytest.raises(UserError, match="5 pictures with boxes are too few"):
        divide_scenes(every[:5], ("square", "disc"), seen=False)


# Planted detections: the verdict knows what they are worth.


def planted(rng, truth, quality):
    """Detections that find each box with this probability, and as many strays as there are misses."""
    rows = []
    for at, real in enumerate(truth):
        for box, label in zip(real.boxes, real.labels, strict=True):
            hit = rng.random() < quality
            place = box + rng.normal(size=4) * 0.5 if hit else [*rng.uniform(0, 40, 2), 9, 9]
            rows.append([at, label, rng.uniform(0.3, 1.0) if hit else rng.uniform(0, 0.8), *place])
    return np.array(rows, dtype=np.float32)


class Planted:
    """A trial whose detections are planted: each way with its quality."""

    def __init__(self, rng, truth, qualities, seeds=4):
        self.setting = type("Setting", (), {"judged": (0, 1), "seeds": seeds})
        self.said = {}
        for way, quality in qualities.items():
            for seed in range(seeds):
                found = planted(rng, truth, quality)
                self.said[way.judge, way.arm, seed] = Said(found, found)


AMOUNT = Amount("as asked", (9,))
KINDS = ("real", "duplicates", "pasted", "pasted generated")


def verdict_of(rng, qualities, pictures=40, losses=(0.5, 0.5, 0.4, 0.3)):
    truth = seen([samples.drawn(rng) for _ in range(pictures)], Canvas(48, 64)).truth()
    ways = [
        Way("detector", Arm(kind, None if kind == "real" else AMOUNT), (loss,) * 4, (1 - loss,) * 4)
        for kind, loss in zip(KINDS, losses, strict=True)
    ]
    return outcome.opened(Planted(rng, truth, dict(zip(ways, qualities, strict=True))), ways, truth)


def test_planted_detections_get_the_verdict_that_they_deserve(rng):
    assert verdict_of(rng, (0.5, 0.5, 0.5, 0.9)).verdict == "use"
    assert verdict_of(rng, (0.5, 0.5, 0.9, 0.9)).verdict == "do not use"  # real objects do as well
    assert verdict_of(rng, (0.9, 0.9, 0.9, 0.5)).overall.gain.is_loss
    pasted = verdict_of(rng, (0.5, 0.5, 0.9, 0.5), losses=(0.5, 0.5, 0.3, 0.4))
    assert pasted.verdict == "use"
    assert pasted.overall.generated.arm.kind == "pasted"
    assert not pasted.kinds["generated"].helps


@pytest.mark.slow
def test_ways_that_are_equal_are_used_at_most_2_of_40(rng):
    assert [verdict_of(rng, (0.6, 0.6, 0.6, 0.6)).verdict for _ in range(40)].count("use") <= 2


@pytest.mark.slow
def test_what_is_much_better_is_nearly_always_used(rng):
    """Half or four fifths of the boxes found, on 40 test pictures: 19 of 20 were seen, and chance may take some."""
    assert [verdict_of(rng, (0.5, 0.5, 0.5, 0.8)).verdict for _ in range(20)].count("use") >= 16


@pytest.mark.slow
def test_what_is_worse_is_never_used(rng):
    assert [verdict_of(rng, (0.7, 0.7, 0.7, 0.5)).verdict for _ in range(20)].count("use") == 0


def test_pseudo_values_know_the_error_of_the_mean(rng):
    """Their standard error is that of fresh test pictures, drawn again and again."""
    errors, scores = [], []
    for _ in range(60):
        truth = seen([samples.drawn(rng) for _ in range(40)], Canvas(48, 64)).truth()
        rows = planted(rng, truth, 0.6)
        said = [
            Detections(each[:, 3:].astype(float), each[:, 1].astype(int), each[:, 2].astype(float))
            for each in (rows[rows[:, 0] == at] for at in range(40))
        ]
        matches = [matched(truth, said, label, USUAL) for label in (0, 1)]
        values = outcome.pseudo_values(matches)
        errors.append(values.std(ddof=1) / np.sqrt(len(values)))
        scores.append(np.mean([each.average_precision()[0] for each in matches]))
    assert np.mean(errors) == pytest.approx(np.std(scores, ddof=1), rel=0.35)
