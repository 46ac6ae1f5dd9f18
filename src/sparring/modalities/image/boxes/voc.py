"""Pascal VOC xml (Everingham et al. 2010, IJCV 88): one file for each picture.

xmin, ymin, xmax, ymax count pixels from 1, and the last one belongs to the box: the first pixel alone is 1, 1, 1, 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.parsers import expat

from ....data.contents import Member
from ....errors import UserError
from .scenes import Found, Scene, number, safe_name, whole

ROOT = "annotation"
SIDES = ("xmin", "ymin", "xmax", "ymax")
DATABASE = "made by sparring"  # of pictures that are synthetic


def is_voc(member: Member) -> bool:
    """Whether an xml file annotates a picture, by its first bytes."""
    try:
        return f"<{ROOT}".encode() in member.read()[:4096]
    except Exception:  # damaged archives raise nearly anything
        return False


def parsed(member: Member) -> ElementTree.Element:
    """The root element. Raises UserError for a damaged file, and for one that defines entities."""
    data, forbidden = member.whole(), False

    def refuse(*_: object) -> None:
        nonlocal forbidden
        forbidden = True
        raise ValueError

    looking = expat.ParserCreate()
    looking.StartDoctypeDeclHandler = refuse  # entities are defined there: they may grow without end, or read files
    try:
        looking.Parse(data, True)
        found = ElementTree.fromstring(data)
    except (expat.ExpatError, ElementTree.ParseError, ValueError, RecursionError, LookupError) as error:
        if forbidden:
            raise UserError(f"{member.shown} has a document type, which may define entities: remove it") from None
        raise UserError(f"{member.shown} is no whole xml file ({error}): write it again") from None
    if found.tag != ROOT:
        raise UserError(f"{member.shown} should hold an <{ROOT}>, as Pascal VOC does, and holds a <{found.tag}>")
    return found


def picture(root: ElementTree.Element, place: str) -> tuple[str, int, int, bool]:
    """File name, width, height of the picture, and whether it is synthetic. Sizes of 0 mean that none are given."""
    sides = (_text(root, f"size/{side}", "0") for side in ("width", "height"))
    width, height = (whole(value, f"{place}: size") for value in sides)
    synthetic = _text(root, "source/database", "") == DATABASE
    return safe_name(root.findtext("filename"), f"{place}: filename"), width, height, synthetic


def boxes(root: ElementTree.Element, place: str) -> list[tuple[str, Found]]:
    """The class name and the box of each object. Class numbers are still open.

    Objects marked as difficult are not counted in a test, like the crowds of COCO.
    """
    found = []
    for at, each in enumerate(root.findall("object"), 1):
        here = f"{place}: object {at}"
        name = _text(each, "name", "")
        if not name:
            raise UserError(f"{here} has no name; correct the annotations")
        texts = [each.findtext(f"bndbox/{side}") for side in SIDES]
        left, top, right, bottom = (number(text, f"{here}, {side}") for side, text in zip(SIDES, texts, strict=True))
        box = (left - 1, top - 1, right - left + 1, bottom - top + 1)
        difficult, pasted = (_text(each, mark, "0") == "1" for mark in ("difficult", "synthetic"))
        found.append((name, Found(box, -1, f"{here} ({name})", difficult, pasted=pasted)))
    return found


def _text(element: ElementTree.Element, path: str, default: str) -> str:
    return (element.findtext(path) or default).strip()


def document(scene: Scene, name: str, classes: Sequence[str]) -> bytes:
    """The annotation of one picture. name: its file name."""
    root = ElementTree.Element(ROOT)
    _add(root, "filename", name)
    if scene.synthetic:
        _add(ElementTree.SubElement(root, "source"), "database", DATABASE)
    size = ElementTree.SubElement(root, "size")
    for side, value in (("width", scene.width), ("height", scene.height), ("depth", 3)):
        _add(size, side, str(value))
    for box, label, crowd, _, pasted in zip(*scene.objects, strict=True):
        each = ElementTree.SubElement(root, "object")
        _add(each, "name", classes[label])
        _add(each, "difficult", str(int(crowd)))
        if pasted:
            _add(each, "synthetic", "1")
        corners = ElementTree.SubElement(each, "bndbox")
        left, top, width, height = box
        for side, value in zip(SIDES, (left + 1, top + 1, left + width, top + height), strict=True):
            _add(corners, side, f"{value:.15g}")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _add(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = text
