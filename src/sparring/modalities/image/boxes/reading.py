"""From a folder or archive to pictures with boxes, in whichever of the three formats they are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Literal

from ....data import archives, folders
from ....data.contents import Member
from ....data.readers import listed, name_of
from ....data.source import Split
from ....data.splits import split_of
from ....errors import UserError
from ..frames import SUFFIXES, opened
from ..unusable import Unusable, quiet
from . import coco, voc, yolo
from .scenes import Checked, Found, Scene, safe_name

Kind = Literal["coco", "voc", "yolo"]
KINDS: dict[Kind, str] = {"coco": "COCO json", "voc": "Pascal VOC xml", "yolo": "YOLO txt"}
MAX_NAMES = 20_000  # looked at, to say what a folder holds
TURNED = 0x0112  # the EXIF tag of the orientation


@dataclass(frozen=True)
class AnnotatedPictures:
    """Pictures with boxes.

    kind: the format. classes: their names, in the order of their numbers. content_hash: of pictures and boxes,
    independent of paths. notes: sentences for the user.
    """

    name: str
    kind: Kind
    classes: tuple[str, ...]
    scenes: tuple[Scene, ...]
    notes: tuple[str, ...]
    content_hash: str


def kind_of(path: Path) -> Kind | None:
    """The format of the boxes in a folder or archive; None where there are none."""
    if archives.is_archive(path):
        return _kind(archives.list_archive(path).members)
    return _kind(list(islice(folders.walk(path, []), MAX_NAMES))) if path.is_dir() else None


def _kind(members: Sequence[Member]) -> Kind | None:
    texts = {suffix: [each for each in members if each.name.lower().endswith(suffix)] for suffix in (".json", ".xml")}
    if any(map(coco.is_coco, texts[".json"])):
        return "coco"
    if any(map(voc.is_voc, texts[".xml"][:20])):
        return "voc"
    names = {each.name for each in members}
    if yolo.names_file(members) is None:
        return None
    labelled = any(names.intersection(yolo.label_name(name)) for name in names if _is_picture(name))
    return "yolo" if labelled else None


def read_annotated(path: Path) -> AnnotatedPictures:
    """Read a folder or archive with boxes, and check every box.

    Raises UserError, with file and place, for whatever cannot be right: boxes outside of pictures, unknown classes,
    pictures that are missing, ids that appear twice, numbers that are none.
    """
    members = listed(path).members
    kind = _kind(members)
    if kind is None:
        raise UserError(
            f"{path} holds no boxes: give COCO json, Pascal VOC xml, or YOLO txt with a data.yaml, beside the pictures"
        )
    pictures = _Pictures(members)
    checked = Checked()
    classes, scenes, notes = _READERS[kind](members, pictures, checked)
    notes = [f"Boxes: {KINDS[kind]}, {len(classes)} {'class' if len(classes) == 1 else 'classes'}.", *notes]
    notes += [*checked.settle(), *pictures.notes(kind)]
    if not scenes:
        raise UserError(f"{path} holds boxes of no picture: give the pictures beside the annotations")
    digest = hashlib.sha256(repr(classes).encode())
    for scene in sorted(scenes, key=lambda each: each.name):
        digest.update(repr((scene.name, scene.split, scene.width, scene.height, pictures.digests[scene.name])).encode())
        for part in scene.objects[:3]:
            digest.update(part.tobytes())
    return AnnotatedPictures(name_of(path, "pictures"), kind, classes, tuple(scenes), tuple(notes), digest.hexdigest())


def _is_picture(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


class _Pictures:
    """The pictures of the data, found by the names that annotations give them."""

    def __init__(self, members: Iterable[Member]):
        self._all = {each.name: each for each in members if _is_picture(each.name)}
        self._used: set[str] = set()
        self.digests: dict[str, str] = {}
        self._ends: dict[str, list[str]] = {}
        for name in self._all:
            self._ends.setdefault(name.rsplit("/", 1)[-1], []).append(name)

    def find(self, given: str, beside: str, place: str) -> Member:
        """The picture of this name: beside the annotations, or the only one whose path ends so. Raises UserError."""
        folder = beside.rsplit("/", 1)[0] + "/" if "/" in beside else ""
        ends = [name for name in self._ends.get(given.rsplit("/", 1)[-1], []) if f"/{name}".endswith(f"/{given}")]
        split = _split_of(beside)
        near = [name for name in ends if split is not None and _split_of(name) == split]
        if folder + given in self._all:
            found = folder + given
        elif len(ends) == 1 or len(near) == 1:
            found = (near if len(near) == 1 else ends)[0]
        elif ends:
            raise UserError(f"{place}: {len(ends)} pictures are called {given}, such as {ends[0]}; give their folders")
        else:
            raise UserError(f"{place}: the picture {given} is missing; add it, or remove its annotations")
        if found in self._used:
            raise UserError(f"{place}: the picture {found} is annotated twice; keep one of the annotations")
        self._used.add(found)
        return self._all[found]

    def rest(self) -> list[Member]:
        """Pictures that were not asked for."""
        return [member for name, member in self._all.items() if name not in self._used]

    def size(self, member: Member, declared: tuple[int, int], place: str) -> tuple[int, int]:
        """Width and height of a picture, which have to be as declared; 0 declares nothing. Raises UserError."""
        data = member.whole()
        self.digests[member.name] = hashlib.sha256(data).hexdigest()
        try:
            with quiet(), opened(data, member.name) as picture:
                size, turned = picture.size, picture.getexif().get(TURNED, 1) in (5, 6, 7, 8)
        except Unusable as reason:
            raise UserError(f"{member.shown} cannot be used: {reason}; replace it, or remove its annotations") from None
        if declared == size or (turned and declared == size[::-1]):
            return declared
        if 0 in declared:
            return size
        raise UserError(
            f"{place}: {member.shown} is declared as {declared[0]} x {declared[1]} pixels and has {size[0]} x "
            f"{size[1]}; correct the annotations"
        )

    def notes(self, kind: Kind) -> list[str]:
        """What became of pictures without annotations."""
        rest = self.rest()
        if not rest:
            return []
        many = "1 picture" if len(rest) == 1 else f"{len(rest):,} pictures"
        return [f"{many} without annotations left out, first {rest[0].shown}: nobody knows what is on them."]


def _split_of(name: str) -> Split | None:
    """The split that a part of a path names."""
    return next((found for part in name.split("/") if (found := split_of(PurePosixPath(part).stem))), None)


Read = tuple[tuple[str, ...], list[Scene], list[str]]


def _scene(
    member: Member, size: tuple[int, int], split: Split | None, found: list[Found], checked: Checked, synthetic: bool
) -> Scene:
    return Scene(member.name, *size, split, checked.objects(found, *size), member.read, synthetic)


def _coco(members: Sequence[Member], pictures: _Pictures, checked: Checked) -> Read:
    classes: list[str] = []
    scenes = []
    for member in members:
        if not member.name.lower().endswith(".json") or not coco.is_coco(member):
            continue
        held, place = coco.parsed(member), member.shown
        names, known = coco.classes_of(held, place), coco.pictures(held, place)
        classes += [name for name in names.values() if name not in classes]
        numbers = {key: classes.index(name) for key, name in names.items()}
        boxes = coco.boxes(held, place, known, numbers)
        for key, (given, width, height, synthetic) in known.items():
            here = f"{place}, image {key}"
            picture = pictures.find(given, member.name, here)
            size = pictures.size(picture, (width, height), here)
            split = _split_of(member.name) or _split_of(picture.name)
            scenes.append(_scene(picture, size, split, boxes[key], checked, synthetic))
    return tuple(classes), scenes, []


def _voc(members: Sequence[Member], pictures: _Pictures, checked: Checked) -> Read:
    lists = _voc_splits(members)
    rows, names = [], set[str]()
    for member in members:
        if not member.name.lower().endswith(".xml") or not voc.is_voc(member):
            continue
        root, place = voc.parsed(member), member.shown
        given, width, height, synthetic = voc.picture(root, place)
        picture = pictures.find(given, member.name, f"{place}, filename")
        size = pictures.size(picture, (width, height), f"{place}, size")
        found = voc.boxes(root, place)
        names |= {name for name, _ in found}
        split = lists.get(PurePosixPath(member.name).stem) or _split_of(member.name) or _split_of(picture.name)
        rows.append((picture, size, split, found, synthetic))
    classes = tuple(sorted(names))
    scenes = []
    for picture, size, split, found, synthetic in rows:
        numbered = [replace(each, label=classes.index(name)) for name, each in found]
        scenes.append(_scene(picture, size, split, numbered, checked, synthetic))
    return classes, scenes, []


def _voc_splits(members: Sequence[Member]) -> dict[str, Split]:
    """By the stem of a picture its split, from the lists train.txt, val.txt and test.txt below ImageSets/Main."""
    found: dict[str, Split] = {}
    for member in members:
        split = split_of(PurePosixPath(member.name).stem)
        if "ImageSets/Main/" in member.name and member.name.endswith(".txt") and split:
            found |= {line.split()[0]: split for line in member.whole().decode("utf-8", "replace").splitlines() if line}
    return found


def _yolo(members: Sequence[Member], pictures: _Pictures, checked: Checked) -> Read:
    names = yolo.names_file(members)
    assert names is not None
    classes, files, used = yolo.classes_of(names), {each.name: each for each in members}, {names.name}
    scenes, bare = [], []
    for member in pictures.rest():
        labels = next((files[name] for name in yolo.label_name(member.name) if name in files), None)
        picture = pictures.find(member.name, "", member.shown)
        size = pictures.size(picture, (0, 0), member.shown)
        found = [] if labels is None else yolo.boxes(labels, classes, *size)
        if labels is None:
            bare.append(member.shown)
        else:
            used.add(labels.name)
        synthetic = PurePosixPath(member.name).name.startswith("synthetic-")
        scenes.append(_scene(picture, size, _split_of(member.name), found, checked, synthetic))
    lonely = [name for name in files if name.endswith(".txt") and "labels" in name.split("/")[:-1] and name not in used]
    if lonely:
        raise UserError(f"the picture of {safe_name(lonely[0], lonely[0])} is missing; add it, or remove the labels")
    notes = (
        [f"Pictures without a file of labels, which count as empty: {len(bare):,}, first {bare[0]}."] if bare else []
    )
    return classes, scenes, notes


_READERS: dict[Kind, Callable[[Sequence[Member], _Pictures, Checked], Read]] = {
    "coco": _coco,
    "voc": _voc,
    "yolo": _yolo,
}
