"""Decoded pictures on disk.

Large sources open at once the second time, and sources larger than the memory can be trained on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ...data.contents import Contents
from ...util import files
from ...util.hashed import hash_matches, with_hash
from ...util.notes import warn
from .options import Form
from .scale import scale_from
from .scan import Scan
from .spool import RAM_LIMIT

VERSION = 3  # raise it when decoding changes
MIN_FILES = 2000  # fewer are decoded again, which is quick
DISK_LIMIT = 20 << 30  # bytes of all cached sources; beyond it those go that were not used for the longest time


def key(contents: Contents, form: Form) -> str:
    """The name under which decoded contents are stored.

    It changes with the listing (names, sizes, times), the form and VERSION.
    """
    about = hashlib.sha256(repr((VERSION, contents.stamp, form)).encode())
    for member in contents.members:
        about.update(f"{member.shown}\0{member.size}\0{member.stamp}\n".encode("utf-8", "surrogateescape"))
    return about.hexdigest()[:32]


def item_hashes(values: np.ndarray) -> list[bytes]:
    """A hash of each item's values."""
    return [hashlib.sha256(item.tobytes()).digest() for item in values]


def load(name: str) -> tuple[Scan, np.ndarray, list[bytes]] | None:
    """A stored scan, its values and their hashes; None where there is none. A damaged one is told to the user."""
    try:
        folder = files.cache_folder("decoded") / name
        if not folder.exists():
            return None
    except OSError:
        return None
    try:
        facts = json.loads((folder / "facts.json").read_text("utf-8"))
        values = np.load(folder / "values.npy", mmap_mode="r", allow_pickle=False)
        if values.nbytes <= RAM_LIMIT:
            values = np.array(values)
        hashes = item_hashes(values)
        total = hashlib.sha256(b"".join(hashes)).hexdigest()
        if not hash_matches(facts) or [total, *_layout(values)] != [facts["hash"], facts["shape"], facts["dtype"]]:
            raise ValueError("its content does not match its hash")
        os.utime(folder / "facts.json")
        return _scan_from(facts), values, hashes
    except Exception as error:  # damaged headers of arrays raise nearly anything
        warn(f"the decoded pictures in {folder} are damaged ({error}); they are decoded anew")
        return None


def store(name: str, found: Scan, items: Iterable[np.ndarray], shape: tuple[int, ...]) -> None:
    """Write values one by one, never all in memory, and the facts of the scan. Raises OSError on a full disk."""
    root = files.cache_folder("decoded")
    aside = files.temporary_path(root / name)
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        total = hashlib.sha256()
        with open(aside / "values.npy", "wb") as file:  # written, not mapped: a full disk is an error here, not a crash
            np.lib.format.write_array_header_1_0(
                file, {"descr": found.scale.dtype.str, "fortran_order": False, "shape": shape}
            )
            for item in items:
                data = item.tobytes()
                total.update(hashlib.sha256(data).digest())
                file.write(data)
            file.flush()
            os.fsync(file.fileno())
        layout = {"hash": total.hexdigest(), "shape": list(shape), "dtype": found.scale.dtype.str}
        files.write_json(aside / "facts.json", with_hash(_facts(found) | layout))
        files.replace_folder(aside, root / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _prune(root, name)


def _layout(values: np.ndarray) -> tuple[list[int], str]:
    """What the bytes of an array do not say."""
    return list(values.shape), values.dtype.str


def _facts(found: Scan) -> dict[str, Any]:
    sizes = [[*size, count] for size, count in found.sizes.items()]
    return {
        "size": found.size,
        "mode": found.mode,
        "scale": found.scale.describe(),
        "written_scale": found.written_scale.describe(),
        "kept": found.kept,
        "sizes": sizes,
        "modes": found.modes,
        "skipped": found.skipped,
        "notes": found.notes,
    }


def _scan_from(facts: dict[str, Any]) -> Scan:
    height, width = facts["size"]
    sizes = Counter({(high, wide): count for high, wide, count in facts["sizes"]})
    skipped = [(name, reason) for name, reason in facts["skipped"]]
    return Scan(
        (height, width),
        facts["mode"],
        scale_from(facts["scale"]),
        scale_from(facts["written_scale"]),
        facts["kept"],
        sizes,
        Counter(facts["modes"]),
        skipped=skipped,
        notes=facts["notes"],
    )


def _prune(root: Path, keep: str) -> None:
    total = 0
    stored = sorted(root.glob("*/facts.json"), key=lambda facts: (facts.parent.name != keep, -facts.stat().st_mtime))
    for facts in stored:
        total += sum(file.stat().st_size for file in facts.parent.iterdir())
        if total > DISK_LIMIT and facts.parent.name != keep:
            shutil.rmtree(facts.parent, ignore_errors=True)
