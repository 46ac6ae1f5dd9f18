"""Augmentation of pictures with boxes from end to end: files in, a verdict, and the enlarged data in their form."""

import json

import numpy as np
import pytest
from PIL import Image

import detection_samples as samples
import sparring
from smoke import smoke_settings
from sparring.callbacks.base import Callback
from sparring.downstream.detection import canvas, detector, problem
from sparring.errors import UserError
from sparring.modalities.image.boxes import read_annotated, write_annotated
from sparring.modalities.opening import open_data

COUNTS = {"train": 12, "validation": 6, "test": 8}


class Notes(Callback):
    """Keeps what is said."""

    def __init__(self):
        self.said = []

    def note(self, text):
        self.said.append(text)


@pytest.fixture(scope="module")
def boxed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("boxed") / "shapes"
    folder.mkdir()
    return write_annotated(folder, "coco", samples.CLASSES, samples.scenes(np.random.default_rng(3), COUNTS))


@pytest.fixture(scope="module")
def run(boxed, tmp_path_factory):
    """A generator of the cut objects, hardly trained."""
    out = tmp_path_factory.mktemp("run")
    source = problem.DetectionProblem(read_annotated(boxed), seen=True).examples(out)
    settings = smoke_settings("dcgan-small", examples=64, tick=32)
    return sparring.train(source, "dcgan-small", out / "run", settings=settings, device="cpu", console=Callback())


def augmented(boxed, run, out, monkeypatch, **options):
    monkeypatch.setattr(detector, "MOST_STEPS", 2)
    monkeypatch.setattr(canvas, "MAX_SIDE", 64)
    monkeypatch.setattr(problem, "FILTER_STEPS", 20)
    options = {"run": run.path, "seeds": 2, "amount": 5, "device": "cpu", "console": Notes(), **options}
    return sparring.augment(boxed, out, **options), options["console"]


def test_from_files_to_a_verdict_and_back_to_files(boxed, run, tmp_path, monkeypatch):
    before = {path: path.read_bytes() for path in boxed.rglob("*") if path.is_file()}
    found, console = augmented(boxed, run, tmp_path / "out", monkeypatch, anyway=True)
    told = json.loads((tmp_path / "out" / "verdict.json").read_text())
    assert told == json.loads(json.dumps(found.found))
    assert told["task"] == "detect"
    assert told["verdict"] in ("use", "do not use")
    assert told["counts"] == COUNTS
    assert {arm["kind"] for arm in told["arms"]} >= {"real", "duplicates", "pasted", "pasted generated"}
    assert {"AP50 square", "AP50 disc", "coco"} <= set(told["arms"][0])
    assert "mAP50" in found.sentences[0] or "too few of them" in found.sentences[0]
    assert any("Boxes: COCO json, 2 classes" in note for note in console.said)
    assert {path: path.read_bytes() for path in boxed.rglob("*") if path.is_file()} == before
    held = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"report.html", "README.md", "scenes.png", "objects", "data", "fits"} <= held
    assert "mAP50-95" in (tmp_path / "out" / "report.html").read_text()

    again = read_annotated(found.data)
    real = [scene for scene in again.scenes if not scene.synthetic]
    made = [scene for scene in again.scenes if scene.synthetic]
    assert len(real) == sum(COUNTS.values())
    assert len(made) == told["added"] == 5
    assert all(scene.split == "train" and scene.objects.pasted.any() for scene in made)
    assert {scene.read() for scene in real} == {value for path, value in before.items() if path.suffix == ".png"}
    assert open_data(found.data / "train").count() > 0  # pictures like any others

    fits = {path: path.stat().st_mtime_ns for path in (found.out / "fits").iterdir()}
    once_more, _ = augmented(boxed, run, tmp_path / "out", monkeypatch, anyway=True)
    assert once_more.found == found.found
    assert {path: path.stat().st_mtime_ns for path in (found.out / "fits").iterdir()} == fits


def test_generated_objects_are_learned_from_training_pictures_alone(boxed, tmp_path):
    asked = problem.DetectionProblem(read_annotated(boxed), seen=False)
    source = asked.examples(tmp_path)
    cuts = sum(len(each) for each in asked.paster.cuts)
    assert source.count("train") == cuts > 0
    assert source.shape == (3, problem.SIDE, problem.SIDE)
    assert set(source.classes) == set(samples.CLASSES)


def test_one_class_alone_needs_no_condition(tmp_path, rng):
    held = samples.scenes(rng, COUNTS)
    for scene in [scene for part in held.values() for scene in part]:
        scene.objects.labels[:] = 0
    (tmp_path / "one").mkdir()
    asked = problem.DetectionProblem(read_annotated(write_annotated(tmp_path / "one", "yolo", ["cell"], held)), False)
    source = asked.examples(tmp_path)
    assert source.count("train") > 0
    assert source.classes == ()


def test_wrong_data_and_options_are_answered_in_one_sentence(boxed, run, tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    for number in range(3):
        Image.new("RGB", (8, 8)).save(plain / f"{number}.png")
    outside = samples.coco(tmp_path / "outside", annotations=[samples.box(60, 2, 20, 5)])
    few = samples.coco(tmp_path / "few")
    for data, options, message in (
        (plain, {"task": "detect"}, "holds no boxes"),
        (outside, {}, "lies outside of the picture"),
        (few, {}, "are too few"),
        (boxed, {"target": "age"}, "target. is not for pictures with boxes"),
        (boxed, {"size": 32}, "size. is not for pictures with boxes"),
        (boxed, {"task": "classify"}, "no classes to tell apart"),
    ):
        with pytest.raises(UserError, match=message) as raised:
            sparring.augment(data, tmp_path / "out", device="cpu", console=Callback(), **options)
        assert "\n" not in str(raised.value)
        assert not (tmp_path / "out").exists()
