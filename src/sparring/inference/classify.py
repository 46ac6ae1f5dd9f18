"""Classes of picture files, by a discriminator that classifies."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from .. import modalities
from ..data.contents import is_hidden
from ..errors import UserError
from ..modalities.base import Modality
from ..networks.sampling import device_of
from ..runs.folder import Run
from ..util import files
from ..util.spreadsheets import defused_row
from .apply import Applied
from .loading import load_player

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
    _check_places(input, out)
    yield from classify_with(load_classifier(run, device), input, out)


@dataclass(frozen=True)
class Classifier:
    """A discriminator that classifies, what it takes, and the names of its classes."""

    network: Any
    codec: Any
    modality: Modality
    names: list[str]


def load_classifier(run: Path, device: str = "cpu") -> Classifier:
    """The classifier of a run: that of its best snapshot so far. Raises UserError as `load`."""
    opened = Run(run)
    names = [str(name) for name in opened.read_json("source.json")["known_classes"]]
    _, source, codec, network = load_player(opened, "discriminator", device)
    return Classifier(network, codec, modalities.get(source["modality"]), names)


def classify_with(classifier: Classifier, input: Path, out: Path) -> Iterator[Applied]:
    """Classifies with a classifier that is loaded, as `classify_files` does."""
    _check_places(input, out)
    names, network = classifier.names, classifier.network
    inputs = [input] if input.is_file() else sorted(path for path in input.rglob("*") if path.is_file())
    inputs = [path for path in inputs if not is_hidden(path.name)]
    if not inputs:
        raise UserError(f"{input} holds no files")
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(defused_row(["file", "label", "probability", *names[:MAX_PROBABILITY_COLUMNS]]))
    for path in inputs:
        try:
            value = classifier.modality.read(path, classifier.codec)
        except UserError as error:
            yield Applied(path, None, str(error).removeprefix(f"{path}: "))
            continue
        encoded = classifier.codec.encode(value[None])
        with torch.no_grad():
            probabilities = network(encoded.to(device_of(network)), None).class_logits.softmax(dim=1)[0]
        best = int(probabilities.argmax())
        name = path.name if input.is_file() else path.relative_to(input).as_posix()
        columns = [f"{float(each):.4f}" for each in probabilities[:MAX_PROBABILITY_COLUMNS]]
        rows.writerow(defused_row([name, names[best], f"{float(probabilities[best]):.4f}", *columns]))
        yield Applied(path, out)
    out.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(out, table.getvalue())


def _check_places(input: Path, out: Path) -> None:
    if out.suffix.lower() != ".csv":
        raise UserError(f"classes are written as a table: name it labels.csv or the like, not {out.name}")
    if not input.exists():
        raise UserError(f"there is no file or folder {input}")
