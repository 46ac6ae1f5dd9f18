"""Classes of picture files, by a discriminator that classifies."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import torch

from .. import modalities
from ..data.contents import is_hidden
from ..errors import UserError
from ..networks.sampling import device_of
from ..runs.folder import Run
from ..util import files
from ..util.spreadsheets import defused_row
from .apply import Applied
from .generator import load_player

MAX_PROBABILITY_COLUMNS = 200  # classes whose probability gets a column of its own


def classifies(run: Path) -> bool:
    """Whether the discriminator of this run classifies."""
    found = Run(run)
    return found.exists and bool(found.read_json("source.json").get("known_classes"))


def classify_files(run: Path, input: Path, out: Path, device: str = "cpu") -> Iterator[Applied]:
    """Writes a CSV of each file, its most likely class, and the probability of every class.

    Args:
        run: The folder of a run that classifies.
        input: A picture, or a folder of pictures.
        out: The .csv file.
        device: See `load`.

    Yields:
        What became of each input. One that cannot be used has a reason, and the others go on.

    Raises:
        UserError: There is nothing to classify, or `out` is no .csv.
    """
    if out.suffix.lower() != ".csv":
        raise UserError(f"classes are written as a table: name it labels.csv or the like, not {out.name}")
    if not input.exists():
        raise UserError(f"there is no file or folder {input}")
    opened = Run(run)
    names = [str(name) for name in opened.read_json("source.json")["known_classes"]]
    _, source, codec, network = load_player(opened, "discriminator", device)
    where = device_of(network)
    modality = modalities.get(source["modality"])
    inputs = [input] if input.is_file() else sorted(path for path in input.rglob("*") if path.is_file())
    inputs = [path for path in inputs if not is_hidden(path.name)]
    if not inputs:
        raise UserError(f"{input} holds no files")
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(defused_row(["file", "label", "probability", *names[:MAX_PROBABILITY_COLUMNS]]))
    for path in inputs:
        try:
            value = modality.read(path, codec)
        except UserError as error:
            yield Applied(path, None, str(error).removeprefix(f"{path}: "))
            continue
        with torch.no_grad():
            probabilities = network(codec.encode(value[None]).to(where), None).class_logits.softmax(dim=1)[0]
        best = int(probabilities.argmax())
        name = path.name if input.is_file() else path.relative_to(input).as_posix()
        columns = [f"{float(each):.4f}" for each in probabilities[:MAX_PROBABILITY_COLUMNS]]
        rows.writerow(defused_row([name, names[best], f"{float(probabilities[best]):.4f}", *columns]))
        yield Applied(path, out)
    out.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(out, table.getvalue())
