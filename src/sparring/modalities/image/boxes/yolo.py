"""YOLO txt: one file for each picture, one line for each box (docs.ultralytics.com, "object detection datasets").

A line is the class number and the middle, width and height of the box, as shares of the picture's width and height.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import yaml

from ....data.contents import Member
from ....errors import UserError
from .scenes import Found, Scene, number, whole

DATA_FILES, NAME_FILES = ("data.yaml", "data.yml"), ("classes.txt", "obj.names")


def names_file(members: Sequence[Member]) -> Member | None:
    """The file that names the classes, if there is one: nearest to the top."""
    wanted = [each for each in members if each.name.rsplit("/", 1)[-1].lower() in (*DATA_FILES, *NAME_FILES)]
    wanted += [each for each in members if each.name.count("/") == 0 and each.name.endswith((".yaml", ".yml"))]
    return min(wanted, key=lambda each: each.name.count("/"), default=None)


def classes_of(member: Member) -> tuple[str, ...]:
    """The names of the classes, in the order of their numbers. Raises UserError where the file names none."""
    try:
        text = member.whole().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{member.shown} is not in UTF-8: write it again") from None
    if member.name.lower().endswith((".yaml", ".yml")):
        try:
            held = yaml.safe_load(text)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise UserError(f"{member.shown} is no YAML ({str(error).splitlines()[0]}): correct it") from None
        names = held.get("names") if isinstance(held, dict) else None
        if isinstance(names, dict) and all(isinstance(key, int) for key in names):
            if sorted(names) != list(range(len(names))):
                raise UserError(f"{member.shown}: the class numbers below names should run from 0 without gaps")
            names = [names[key] for key in sorted(names)]
    else:
        names = text.splitlines()
        while names and not names[-1].strip():
            names.pop()
    if not isinstance(names, list) or not names or not all(str(name).strip() for name in names):
        raise UserError(f"{member.shown} should name the classes: a list below names, or one name a line")
    found = tuple(str(name).strip() for name in names)
    if twice := [name for name in found if found.count(name) > 1]:
        raise UserError(f"{member.shown}: the class '{twice[0]}' appears twice; correct it")
    return found


def label_name(picture: str) -> list[str]:
    """Where the labels of a picture may lie: a folder labels beside the folder images, or beside the picture."""
    parts, found = picture.split("/"), []
    for at in reversed([at for at, part in enumerate(parts[:-1]) if part == "images"]):
        found.append("/".join([*parts[:at], "labels", *parts[at + 1 :]]))
    return [str(PurePosixPath(name).with_suffix(".txt")) for name in (*found, picture)]


def boxes(member: Member, classes: Sequence[str], width: int, height: int) -> list[Found]:
    """The boxes of a picture of this size. Raises UserError for a line that is none and for an unknown class."""
    found = []
    for at, line in enumerate(member.whole().decode("utf-8", "replace").splitlines(), 1):
        here, parts = f"{member.shown}, line {at}", line.split()
        if not parts:
            continue
        if len(parts) != 5 and not (len(parts) >= 7 and len(parts) % 2):
            raise UserError(f"{here}: a class number and four shares are expected, and there are {len(parts)} values")
        label = whole(parts[0], f"{here}, class")
        if not 0 <= label < len(classes):
            raise UserError(f"{here}: there is no class {label}; the {len(classes)} classes have the numbers from 0 on")
        shares = [number(part, f"{here}, share {place}") for place, part in enumerate(parts[1:], 1)]
        if len(shares) == 4:
            x, y, w, h = shares
            found.append(Found(((x - w / 2) * width, (y - h / 2) * height, w * width, h * height), label, here))
            continue
        across, down = [share * width for share in shares[::2]], [share * height for share in shares[1::2]]
        outline = tuple(value for point in zip(across, down, strict=True) for value in point)
        box = (min(across), min(down), max(across) - min(across), max(down) - min(down))
        found.append(Found(box, label, here, mask=(outline,)))
    return found


def document(scene: Scene) -> str:
    """The labels of one picture."""
    lines = []
    for (x, y, w, h), label in zip(scene.objects.boxes, scene.objects.labels, strict=True):
        shares = ((x + w / 2) / scene.width, (y + h / 2) / scene.height, w / scene.width, h / scene.height)
        lines.append(" ".join([str(int(label)), *(f"{share:.12g}" for share in shares)]))
    return "".join(f"{line}\n" for line in lines)
