"""COCO json (Lin et al. 2014, arXiv:1405.0312; format "object detection" of cocodataset.org).

A box is left, top, width, height in pixels; pixel 0 reaches from 0 to 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ....data.contents import Member
from ....errors import UserError
from .scenes import Found, Polygons, Scene, number, safe_name, whole

KEYS = {"images", "annotations", "categories"}


def is_coco(member: Member) -> bool:
    """Whether a json file holds COCO annotations of boxes, by its keys."""
    try:
        text = member.read()
        if not all(key.encode() in text for key in KEYS):
            return False
        held = json.loads(text)
    except Exception:  # damaged files raise nearly anything; `parsed` names the fault where the file is wanted
        return member.name.lower().endswith(".coco.json")
    return isinstance(held, dict) and set(held) >= KEYS


def parsed(member: Member) -> dict[str, Any]:
    """The contents of a file. Raises UserError where they are no COCO annotations."""
    try:
        held = json.loads(member.whole())
    except (ValueError, RecursionError) as error:
        raise UserError(f"{member.shown} is no whole json file ({error}): write it again") from None
    if not isinstance(held, dict) or not all(isinstance(held.get(key), list) for key in KEYS):
        raise UserError(f"{member.shown} should hold the lists {', '.join(sorted(KEYS))}, as COCO json does")
    return held


def classes_of(held: Mapping[str, Any], place: str) -> dict[int, str]:
    """The name of each category id. Raises UserError for ids or names that appear twice."""
    found: dict[int, str] = {}
    for at, each in enumerate(held["categories"]):
        here = f"{place}: category {at + 1}"
        entry = _entry(each, here)
        key, name = whole(entry.get("id"), f"{here}, id"), str(entry.get("name", "")).strip()
        if not name:
            raise UserError(f"{here} has no name; correct the annotations")
        if key in found or name in found.values():
            raise UserError(f"{here}: the {'id' if key in found else 'name'} of '{name}' appears twice; correct it")
        found[key] = name
    return found


def pictures(held: Mapping[str, Any], place: str) -> dict[int, tuple[str, int, int, bool]]:
    """By id the file name, width, height of each picture, and whether it is synthetic."""
    found: dict[int, tuple[str, int, int, bool]] = {}
    for at, each in enumerate(held["images"]):
        here = f"{place}: image {at + 1}"
        entry = _entry(each, here)
        key = whole(entry.get("id"), f"{here}, id")
        if key in found:
            raise UserError(f"{here}: the id {key} appears twice; correct the annotations")
        width, height = (whole(entry.get(side), f"{here}, {side}") for side in ("width", "height"))
        found[key] = (safe_name(entry.get("file_name"), here), width, height, entry.get("synthetic") is True)
    return found


def boxes(held: Mapping[str, Any], place: str, known: Mapping[int, Any], numbers: Mapping[int, int]) -> Any:
    """By picture id its boxes. numbers: class numbers by category id. Raises UserError for what belongs nowhere."""
    found: dict[int, list[Found]] = {key: [] for key in known}
    seen: set[int] = set()
    for at, each in enumerate(held["annotations"]):
        here = f"{place}: annotation {at + 1}"
        entry = _entry(each, here)
        key = whole(entry.get("id", at), f"{here}, id")
        picture, kind = (whole(entry.get(name), f"{here}, {name}") for name in ("image_id", "category_id"))
        if key in seen:
            raise UserError(f"{here}: the id {key} appears twice; correct the annotations")
        if picture not in known:
            raise UserError(f"{here}: there is no image with the id {picture}; correct the annotations")
        if kind not in numbers:
            raise UserError(f"{here}: there is no category with the id {kind}; correct the annotations")
        box = entry.get("bbox")
        if not isinstance(box, list) or len(box) != 4:
            raise UserError(f"{here}: its bbox should be four numbers; correct the annotations")
        seen.add(key)
        numbers_of_box = tuple(number(value, f"{here}, bbox") for value in box)
        mask = _polygons(entry.get("segmentation"))
        shown = f"{here} ({known[picture][0]})"
        crowd, pasted = entry.get("iscrowd") in (1, True), entry.get("synthetic") is True
        found[picture].append(Found(numbers_of_box, numbers[kind], shown, crowd, mask, pasted))  # type: ignore[arg-type]
    return found


def _entry(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError(f"{place} should be an object with names; correct the annotations")
    return value


def _polygons(given: Any) -> Polygons | None:
    """Outlines. Run lengths and what is damaged count as no outline: the box stands for the object then."""
    if not isinstance(given, list) or not given:
        return None
    try:
        found = tuple(tuple(float(value) for value in part) for part in given)
    except (TypeError, ValueError):
        return None
    finite = all(abs(value) < 1e6 for part in found for value in part)
    return found if finite and all(len(part) >= 6 and len(part) % 2 == 0 for part in found) else None


def document(scenes: Sequence[Scene], names: Sequence[str], classes: Sequence[str]) -> dict[str, Any]:
    """COCO annotations of scenes. names: the file name of each picture."""
    held: dict[str, Any] = {"images": [], "annotations": []}
    for key, (scene, name) in enumerate(zip(scenes, names, strict=True), 1):
        entry: dict[str, Any] = {"id": key, "file_name": name, "width": scene.width, "height": scene.height}
        held["images"].append({**entry, "synthetic": scene.synthetic})
        mine = scene.objects
        for box, label, crowd, mask, pasted in zip(*mine, strict=True):
            about: dict[str, Any] = {"id": len(held["annotations"]) + 1, "image_id": key}
            about |= {"category_id": int(label) + 1, "bbox": [_plain(value) for value in box]}
            about |= {"area": _plain(box[2] * box[3]), "iscrowd": int(crowd), "synthetic": bool(pasted)}
            if mask is not None:
                about["segmentation"] = [[_plain(value) for value in part] for part in mask]
            held["annotations"].append(about)
    held["categories"] = [{"id": at, "name": name} for at, name in enumerate(classes, 1)]
    return held


def _plain(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)
