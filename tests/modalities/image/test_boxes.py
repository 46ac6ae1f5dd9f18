"""Boxes go through COCO, VOC and YOLO and come back, and what cannot be right is named with its file and place."""

import numpy as np
import pytest

import detection_samples as samples
from detection_samples import HEIGHT, WIDTH, box, coco
from sparring.errors import UserError
from sparring.modalities.image.boxes import kind_of, read_annotated, write_annotated
from sparring.modalities.image.boxes.pixels import decoded

PRECISION = {"coco": 0, "voc": 1e-12, "yolo": 1e-9}  # pixels


def of_split(data, split):
    return sorted((scene for scene in data.scenes if scene.split == split), key=lambda each: each.name)


@pytest.mark.parametrize("start", PRECISION)
def test_round_trip_through_all_three(rng, tmp_path, start):
    by_split = samples.scenes(rng, {"train": 4, "validation": 2, "test": 2})
    for each in by_split["train"]:  # numbers that no decimal holds exactly
        each.objects.boxes[:] += rng.random(each.objects.boxes.shape) / 3
    kinds = [start, *(kind for kind in PRECISION if kind != start)]
    before = by_split
    for number, kind in enumerate(kinds):
        (tmp_path / str(number)).mkdir()
        write_annotated(tmp_path / str(number), kind, samples.CLASSES, before)
        data = read_annotated(tmp_path / str(number))
        assert data.kind == kind_of(tmp_path / str(number)) == kind
        assert set(data.classes) == set(samples.CLASSES)
        after = {split: of_split(data, split) for split in before}
        for split in before:
            for one, other in zip(before[split], after[split], strict=True):
                np.testing.assert_allclose(other.objects.boxes, one.objects.boxes, atol=PRECISION[kind], rtol=0)
                names = [data.classes[label] for label in other.objects.labels]
                assert names == [samples.CLASSES[label] for label in one.objects.labels]
                assert other.read() == one.read()
        numbers = {name: label for label, name in enumerate(data.classes)}
        order = np.argsort([numbers[name] for name in samples.CLASSES])
        before = {
            split: [
                samples.scene(decoded(each), each.objects._replace(labels=order[each.objects.labels]), each.name, split)
                for each in mine
            ]
            for split, mine in after.items()
        }


def test_what_is_synthetic_is_marked_and_read_back(rng, tmp_path):
    pixels, held = samples.drawn(rng)
    held.pasted[0] = True
    real = samples.scene(*samples.drawn(rng))
    made = type(real)("s.png", WIDTH, HEIGHT, "train", held, real.read, True)
    for kind in PRECISION:
        (tmp_path / kind).mkdir()
        write_annotated(tmp_path / kind, kind, samples.CLASSES, {"train": [real, made]})
        found = {scene.name.rsplit("/")[-1]: scene for scene in read_annotated(tmp_path / kind).scenes}
        assert not found["real-000000.png"].synthetic
        assert found["synthetic-000000.png"].synthetic
        if kind != "yolo":  # a line of YOLO has no place for it
            assert found["synthetic-000000.png"].objects.pasted.tolist() == held.pasted.tolist()


def test_one_pixel_over_the_edge_is_rounding_and_is_clipped(tmp_path):
    found = read_annotated(coco(tmp_path / "a", annotations=[box(-1, 0, 11, HEIGHT + 0.7)]))
    np.testing.assert_allclose(found.scenes[0].objects.boxes, [[0, 0, 10, HEIGHT]])


def test_boxes_without_an_area_are_left_out_with_a_note(tmp_path):
    found = read_annotated(coco(tmp_path / "a", annotations=[box(5, 5, 0, 4), box(1, 1, 4, 4, id=2)]))
    assert len(found.scenes[0].objects.labels) == 1
    assert any("1 box without an area left out, first annotations.json: annotation 1" in note for note in found.notes)


IMAGE = {"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}
GARBAGE = {
    "outside": (
        {"annotations": [box(60, 2, 20, 5)]},
        r"annotation 1 \(a.png\): its box from \(60, 2\) to \(80, 7\) lies",
    ),
    "far left": ({"annotations": [box(-3, 2, 20, 5)]}, "lies outside of the picture of 64 x 48"),
    "negative": ({"annotations": [box(5, 5, -3, 5)]}, "negative size, -3 x 5"),
    "NaN": ({"annotations": [box(float("nan"), 2, 5, 5)]}, r"annotation 1 \(a.png\): its box is not finite"),
    "infinite": ({"annotations": [box(1, 2, float("inf"), 5)]}, "not finite"),
    "text": ({"annotations": [box("wide", 2, 5, 5)]}, "annotation 1, bbox: 'wide' is no number"),
    "three numbers": ({"annotations": [{**box(1, 2, 3, 4), "bbox": [1, 2, 3]}]}, "bbox should be four numbers"),
    "unknown class": (
        {"annotations": [box(1, 2, 5, 5, category_id=9)]},
        "annotation 1: there is no category with the id 9",
    ),
    "unknown picture": ({"annotations": [box(1, 2, 5, 5, image_id=9)]}, "no image with the id 9"),
    "same annotation": ({"annotations": [box(1, 2, 5, 5), box(1, 2, 5, 5)]}, "annotation 2: the id 1 appears twice"),
    "same image id": ({"images": [IMAGE, {**IMAGE, "file_name": "b.png"}]}, "image 2: the id 1 appears twice"),
    "same picture": ({"images": [IMAGE, {**IMAGE, "id": 2}]}, "a.png is annotated twice"),
    "same category": ({"categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}, "category 2: the id of 'b'"),
    "missing picture": ({"images": [{**IMAGE, "file_name": "b.png"}]}, "the picture b.png is missing"),
    "wrong size": ({"images": [{**IMAGE, "width": 640}]}, "declared as 640 x 48 pixels and has 64 x 48"),
    "traversal": ({"images": [{**IMAGE, "file_name": "../../etc/passwd"}]}, "leads out of the data"),
    "root": ({"images": [{**IMAGE, "file_name": "/etc/passwd"}]}, "leads out of the data"),
    "drive": ({"images": [{**IMAGE, "file_name": "C:\\a.png"}]}, "leads out of the data"),
    "no entry": ({"images": [7]}, "image 1 should be an object"),
    "no id": ({"images": [{"file_name": "a.png"}]}, "image 1, id"),
}


@pytest.mark.parametrize("case", GARBAGE)
def test_garbage_in_coco_is_one_sentence_with_file_and_place(tmp_path, case):
    parts, message = GARBAGE[case]
    with pytest.raises(UserError, match=message) as caught:
        read_annotated(coco(tmp_path / "a", **parts))
    assert "annotations.json" in str(caught.value) or "a.png" in str(caught.value)


def test_pictures_that_nobody_annotated_are_left_out_and_counted(tmp_path):
    folder = coco(tmp_path / "a")
    (folder / "b.png").write_bytes((folder / "a.png").read_bytes())
    found = read_annotated(folder)
    assert len(found.scenes) == 1
    assert any("1 picture without annotations left out, first b.png" in note for note in found.notes)


VOC = """<annotation><filename>a.png</filename><size><width>64</width><height>48</height></size>
<object><name>cell</name><bndbox><xmin>{}</xmin><ymin>2</ymin><xmax>10</xmax><ymax>9</ymax></bndbox></object>
</annotation>"""


def voc(folder, text):
    coco(folder)
    (folder / "annotations.json").unlink()
    (folder / "a.xml").write_text(text)
    return folder


def test_voc_counts_pixels_from_one_and_the_last_one_belongs_to_the_box(tmp_path):
    found = read_annotated(voc(tmp_path / "a", VOC.format(1)))
    assert found.scenes[0].objects.boxes.tolist() == [[0, 1, 10, 8]]


def test_garbage_in_voc(tmp_path):
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + VOC.format("&b;")
    outer = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + VOC.format(1).replace("cell", "&a;")
    cases = {
        bomb: "a.xml has a document type",
        outer: "a.xml has a document type",
        VOC.format(1)[:-5]: "a.xml is no whole xml file",
        VOC.format("nan"): "a.xml: object 1 .cell.: its box is not finite",
        VOC.format("wide"): "a.xml: object 1, xmin: 'wide' is no number",
        VOC.format(40): "a.xml: object 1 .cell.: its box has a negative size",
        VOC.format(1).replace("a.png", "../a.png"): "leads out of the data",
        VOC.format(1).replace("a.png", "b.png"): "the picture b.png is missing",
    }
    for number, (text, message) in enumerate(cases.items()):
        with pytest.raises(UserError, match=message):
            read_annotated(voc(tmp_path / str(number), text))


def yolo(folder, lines, names="names: [cell]"):
    coco(folder / "images")
    (folder / "images" / "annotations.json").unlink()
    (folder / "labels").mkdir()
    (folder / "labels" / "a.txt").write_text(lines)
    (folder / "data.yaml").write_text(names)
    return folder


def test_yolo_boxes_are_shares_and_outlines_are_read(tmp_path):
    found = read_annotated(yolo(tmp_path / "a", "0 0.5 0.5 0.25 0.5\n0 0 0 0.5 0 0.5 0.5\n"))
    assert found.scenes[0].objects.boxes.tolist() == [[24, 12, 16, 24], [0, 0, 32, 24]]
    assert found.scenes[0].objects.masks == (None, ((0, 0, 32, 0, 32, 24),))


def test_garbage_in_yolo(tmp_path):
    cases = {
        "3 0.5 0.5 0.1 0.1": "a.txt, line 1: there is no class 3",
        "0 0.5 0.5 0.1": "a.txt, line 1: a class number and four shares",
        "\n0 0.5 nan 0.1 0.1": "a.txt, line 2: its box is not finite",
        "0 0.9 0.5 0.5 0.1": "a.txt, line 1: its box from",
        "0.5 0.5 0.5 0.1 0.1": "a.txt, line 1, class: '0.5' is no whole number",
    }
    for number, (text, message) in enumerate(cases.items()):
        with pytest.raises(UserError, match=message):
            read_annotated(yolo(tmp_path / str(number), text))
    with pytest.raises(UserError, match="appears twice"):
        read_annotated(yolo(tmp_path / "twice", "0 0.5 0.5 0.1 0.1", "names: [a, a]"))
    lonely = yolo(tmp_path / "lonely", "0 0.5 0.5 0.1 0.1")
    (lonely / "labels" / "b.txt").write_text("0 0.5 0.5 0.1 0.1")
    with pytest.raises(UserError, match="the picture of labels/b.txt is missing"):
        read_annotated(lonely)


def test_folders_without_boxes_are_none(tmp_path):
    coco(tmp_path / "a")
    (tmp_path / "a" / "annotations.json").write_text('{"images": 3}')
    assert kind_of(tmp_path / "a") is None
    with pytest.raises(UserError, match="holds no boxes"):
        read_annotated(tmp_path / "a")
