"""Write pictures with boxes, in any of the three formats. The same scenes give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from ....util import files
from ....util.files import write_bytes, write_json, write_text
from ...labelled import REAL, SYNTHETIC
from . import coco, voc, yolo
from .reading import Kind
from .scenes import Scene

FOLDERS = {"train": "train", "validation": "val", "test": "test"}


def write_annotated(out: Path, kind: Kind, classes: Sequence[str], scenes: Mapping[str, Sequence[Scene]]) -> Path:
    """Write scenes by split as real-000001.jpg and synthetic-000001.png with their boxes; bytes of pictures are kept.

    COCO: SPLIT/annotations.json beside the pictures. VOC: an xml beside each picture. YOLO: data.yaml, SPLIT/images,
    SPLIT/labels.

    Args:
        out: A folder that is there.
        kind: The format.
        classes: Their names.
        scenes: By split: "train", "validation", "test".
    """
    for split, mine in scenes.items():
        if not mine:
            continue
        folder = out / FOLDERS[split]
        pictures = folder / "images" if kind == "yolo" else folder
        pictures.mkdir(parents=True, exist_ok=True)
        names = _names(mine)
        for scene, name in zip(mine, names, strict=True):
            write_bytes(pictures / name, scene.read())
            if kind == "voc":
                write_bytes((folder / name).with_suffix(".xml"), voc.document(scene, name, classes))
            elif kind == "yolo":
                (folder / "labels").mkdir(exist_ok=True)
                write_text((folder / "labels" / name).with_suffix(".txt"), yolo.document(scene))
        if kind == "coco":
            write_json(folder / "annotations.json", coco.document(mine, names, classes))
    if kind == "yolo":
        paths = {key: f"{FOLDERS[split]}/images" for split, key in (("train", "train"), ("validation", "val"))}
        paths |= {"test": "test/images"}
        write_text(out / "data.yaml", files.json_text({**paths, "names": list(classes)}, indent=1) + "\n")
    return out


def _names(scenes: Sequence[Scene]) -> list[str]:
    counts, found = {REAL: 0, SYNTHETIC: 0}, []
    for scene in scenes:
        kind = SYNTHETIC if scene.synthetic else REAL
        found.append(f"{kind}-{counts[kind]:06d}{PurePosixPath(scene.name).suffix.lower()}")
        counts[kind] += 1
    return found
