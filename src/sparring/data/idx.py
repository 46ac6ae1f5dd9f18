"""IDX, the file format of MNIST and its successors, plain or gzipped."""

from __future__ import annotations

import gzip
import io
import math
import re
import struct
import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import UserError
from .contents import MAX_ARRAYS, ArrayPart, Contents, Member
from .folders import read_file
from .source import Split

TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
NAME = re.compile(r"^(?P<stem>.*?)-?(?P<kind>images|labels)[-.]idx[13](-ubyte)?(\.gz)?$")
PARTS: dict[str, Split] = {"train": "train", "t10k": "test", "test": "test"}


def parse(data: bytes, name: str) -> np.ndarray:
    """The array of an IDX file. Raises UserError where the file is damaged.

    No more is read than the header promises.
    """
    try:
        file: io.BufferedIOBase = (
            gzip.GzipFile(fileobj=io.BytesIO(data)) if data[:2] == b"\x1f\x8b" else io.BytesIO(data)
        )
        zero, kind, rank = struct.unpack(">HBB", file.read(4))
        shape = struct.unpack(f">{rank}I", file.read(4 * rank))
        expected = math.prod(shape) * np.dtype(TYPES[kind]).itemsize
        if zero or not 1 <= rank <= 4 or expected > MAX_ARRAYS:
            raise ValueError("its header is not that of an IDX file")
        content = file.read(expected + 1)
        if len(content) != expected:
            raise ValueError(
                f"its header promises {expected} bytes, it holds {'more' if len(content) > expected else len(content)}"
            )
    except (OSError, EOFError, ValueError, KeyError, struct.error, zlib.error) as error:
        raise UserError(f"{name} is not a whole IDX file ({error}): download it again.") from None
    return np.frombuffer(content, TYPES[kind]).reshape(shape)


def from_members(members: Sequence[Member]) -> Contents | None:
    """The four files of MNIST, or pairs of images and labels, among these files; None where there are none."""
    known = {
        match["stem"] + "/" + match["kind"]: member
        for member in members
        if (match := NAME.match(member.name.rsplit("/", 1)[-1]))
    }
    stems = sorted(name.removesuffix("/images") for name in known if name.endswith("/images"))
    if not stems:
        return None
    found = Contents(stamp=",".join(f"{member.name}/{member.size}/{member.stamp}" for member in known.values()))
    for stem in stems:
        found.arrays.append(_part(known[f"{stem}/images"], known.get(f"{stem}/labels"), PARTS.get(stem)))
    if all(part.labels for part in found.arrays):
        found.labelled_by = "the labels file"
    return found


def from_file(path: Path) -> Contents | None:
    """A file of images, with the file of labels that lies beside it, if there is one; None for other files."""
    match = NAME.match(path.name)
    if not match or not path.is_file():
        return None
    if match["kind"] == "labels":
        raise UserError(f"{path.name} holds labels only: open the images file beside it, or the folder.")
    labels = [
        file
        for file in path.parent.iterdir()
        if (other := NAME.match(file.name)) and other["kind"] == "labels" and other["stem"] == match["stem"]
    ]
    members = [
        Member(file.name, file.stat().st_size, str(file.stat().st_mtime_ns), partial(read_file, file))
        for file in (path, *labels[:1])
    ]
    part = _part(members[0], members[1] if labels else None, None)
    return Contents(
        arrays=[part], labelled_by="the labels file" if labels else None, stamp=f"{path.resolve()}/{members[0].stamp}"
    )


def _part(images: Member, labels: Member | None, split: Split | None) -> ArrayPart:
    """One array of images with its labels."""
    values = parse(images.whole(), images.shown)
    if values.ndim < 3:
        raise UserError(
            f"{images.shown} holds {values.ndim}-dimensional data: pictures need at least count x height x width."
        )
    if labels is None:
        return ArrayPart(images.shown, values, None, split)
    classes = parse(labels.whole(), labels.shown)
    if classes.shape != values.shape[:1]:
        raise UserError(
            f"{labels.shown} holds {len(classes)} labels for the {len(values)} items of {images.shown}: they do not "
            "belong together."
        )
    return ArrayPart(images.shown, values, [str(label) for label in classes.tolist()], split)
