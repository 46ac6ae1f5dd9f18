"""Average precision equals that of the COCO authors' program, and cases worked out by hand."""

import contextlib
import io

import numpy as np
import pytest

from sparring.metrics.average_precision import (
    AREAS,
    Detections,
    Truth,
    matched,
    mean_average_precision,
    overlap,
)

CLASSES = 3


def scenes(rng, pictures=12, crowds=0.1):
    """Boxes of all sizes, and detections near some of them, with scores that are equal here and there."""
    truth, said = [], []
    for _ in range(pictures):
        count = int(rng.integers(0, 9))
        sizes = np.exp(rng.uniform(np.log(6), np.log(200), (count, 2)))
        boxes = np.column_stack([rng.uniform(0, 300, (count, 2)), sizes])
        labels = rng.integers(0, CLASSES, count)
        truth.append(Truth(boxes, labels, rng.random(count) < crowds, boxes[:, 2:].prod(axis=1)))
        near = np.repeat(np.arange(count), rng.integers(0, 3, count))
        found = boxes[near] + rng.normal(size=(len(near), 4)) * 0.08 * boxes[near][:, [2, 3, 2, 3]]
        stray = np.column_stack([rng.uniform(0, 300, (4, 2)), rng.uniform(5, 150, (4, 2))])
        found = np.concatenate([found, stray])
        found[:, 2:] = np.maximum(found[:, 2:], 1)
        own = np.where(rng.random(len(found)) < 0.1, rng.integers(0, CLASSES, len(found)), 0)
        own[: len(near)] = np.where(own[: len(near)] > 0, own[: len(near)], labels[near])
        said.append(Detections(found, own, np.round(rng.random(len(found)), 2)))
    return truth, said


def of_pycocotools(truth, said, most=100):
    """AP by area, from the program of COCO's authors: recalls x classes x areas."""
    coco = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    with contextlib.redirect_stdout(io.StringIO()):
        real, key = {"images": [], "annotations": [], "categories": [{"id": n} for n in range(CLASSES)]}, 0
        results = []
        for picture, (one, other) in enumerate(zip(truth, said, strict=True)):
            real["images"].append({"id": picture})
            for box, label, crowd, area in zip(*one, strict=True):
                key += 1
                about = {"id": key, "image_id": picture, "category_id": int(label), "bbox": box.tolist()}
                real["annotations"].append({**about, "area": float(area), "iscrowd": int(crowd)})
            for box, label, score in zip(*other, strict=True):
                about = {"image_id": picture, "category_id": int(label), "bbox": box.tolist()}
                results.append({**about, "score": float(score)})
        base = coco.COCO()
        base.dataset = real
        base.createIndex()
        judged = evaluation.COCOeval(base, base.loadRes(results), "bbox")
        judged.params.maxDets = [1, most]
        judged.evaluate()
        judged.accumulate()
    precision = judged.eval["precision"][..., 1]  # thresholds x recalls x classes x areas
    return np.where(precision.max(axis=1) < 0, np.nan, precision.mean(axis=1))


@pytest.mark.parametrize("most", [100, 2])
def test_it_equals_pycocotools(rng, most):
    for _ in range(5):
        truth, said = scenes(rng)
        expected = of_pycocotools(truth, said, most)
        for number, area in enumerate(AREAS):
            found = mean_average_precision(truth, said, CLASSES, area, most)
            np.testing.assert_allclose(found.T, expected[..., number], atol=1e-12)


def one(boxes, labels=None, crowd=None):
    boxes = np.array(boxes, dtype=float).reshape(-1, 4)
    labels = np.zeros(len(boxes), int) if labels is None else np.array(labels)
    crowd = np.zeros(len(boxes), bool) if crowd is None else np.array(crowd)
    return Truth(boxes, labels, crowd, boxes[:, 2:].prod(axis=1))


def said(boxes, scores):
    boxes = np.array(boxes, dtype=float).reshape(-1, 4)
    return Detections(boxes, np.zeros(len(boxes), int), np.array(scores, dtype=float))


def test_by_hand():
    """Two boxes; the surest detection is right, the second wrong, the third right: precision 1, then 2/3."""
    truth = [one([[0, 0, 10, 10], [50, 50, 10, 10]])]
    found = [said([[0, 0, 10, 10], [80, 80, 5, 5], [50, 50, 10, 10]], [0.9, 0.8, 0.7])]
    expected = (51 * 1 + 50 * 2 / 3) / 101
    np.testing.assert_allclose(mean_average_precision(truth, found, 1), expected)
    nothing = [said([], [])]
    assert (mean_average_precision(truth, nothing, 1) == 0).all()
    assert np.isnan(mean_average_precision([one([])], found, 1)).all()


def test_a_second_detection_of_one_box_is_wrong_and_one_in_a_crowd_is_neither():
    found = [said([[0, 0, 10, 10], [0, 0, 10, 10]], [0.9, 0.8])]
    assert matched([one([[0, 0, 10, 10]])], found, 0).right[0].tolist() == [True, False]
    crowd = matched([one([[0, 0, 40, 40]], crowd=[True])], found, 0)
    assert crowd.ignored.all()
    assert crowd.boxes.tolist() == [0]


def test_weights_of_pictures_are_repetitions(rng):
    truth, detections = scenes(rng, crowds=0)
    times = rng.integers(0, 3, len(truth))
    several = [each for each, count in zip(truth, times, strict=True) for _ in range(count)]
    said_several = [each for each, count in zip(detections, times, strict=True) for _ in range(count)]
    for label in range(CLASSES):
        weighted = matched(truth, detections, label).average_precision(times.astype(float))
        repeated = matched(several, said_several, label).average_precision()
        # equal scores of unlike pictures come in another order, which moves a step of the curve a little
        np.testing.assert_allclose(weighted, repeated, atol=0.03)


def test_overlaps():
    boxes = np.array([[0.0, 0, 2, 2], [1, 0, 2, 2], [5, 5, 1, 1]])
    np.testing.assert_allclose(overlap(boxes, boxes)[0], [1, 1 / 3, 0])
    np.testing.assert_allclose(overlap(boxes[:1], boxes[1:2], np.array([True])), 0.5)
