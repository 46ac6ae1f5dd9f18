"""The class of pictures, by a discriminator that names classes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import torch

from .. import modalities
from ..data.contents import is_hidden
from ..errors import UserError
from ..runs.folder import Run
from ..util import files
from .apply import Applied
from .generator import load_player

MOST_COLUMNS = 200  # classes whose probability gets a column of its own


def classifies(run: Path) -> bool:
    """Does this run name classes?"""
    found = Run(run)
    return found.exists and bool(found.read_json("source.json").get("known_classes"))


def classify_files(run: Path, given: Path, out: Path) -> Iterator[Applied]:
    """Write a CSV of the file, its most likely class and the probability of every class, for a picture or all below a folder.

    Inputs that cannot be used are told, and the rest goes on. Raises UserError where there is nothing to do.
    """
    if out.suffix.lower() != ".csv":
        raise UserError(f"classes are written as a table: name it labels.csv or the like, not {out.name}")
    if not given.exists():
        raise UserError(f"there is no file or folder {given}")
    opened = Run(run)
    names = [str(name) for name in opened.read_json("source.json")["known_classes"]]
    _, source, codec, network = load_player(opened, "discriminator")
    modality = modalities.get(source["modality"])
    inputs = [given] if given.is_file() else sorted(path for path in given.rglob("*") if path.is_file())
    inputs = [path for path in inputs if not is_hidden(path.name)]
    if not inputs:
        raise UserError(f"{given} holds no files")
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["file", "label", "probability", *names[:MOST_COLUMNS]])
    for path in inputs:
        try:
            value = modality.read(path, codec)
        except UserError as error:
            yield Applied(path, None, str(error).removeprefix(f"{path}: "))
            continue
        with torch.no_grad():
            shares = network(codec.encode(value[None]), None).class_logits.softmax(dim=1)[0]
        best = int(shares.argmax())
        name = path.name if given.is_file() else path.relative_to(given).as_posix()
        rows.writerow([name, names[best], f"{float(shares[best]):.4f}", *(f"{float(share):.4f}" for share in shares[:MOST_COLUMNS])])
        yield Applied(path, out)
    out.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(out, table.getvalue())
