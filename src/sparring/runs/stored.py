"""The text files of a run: what each must hold, and writing and reading them with a hash.

A file whose hash does not match was damaged or edited. Neither is taken for what a training wrote.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..config.reading import dump_yaml, load_yaml
from ..errors import UserError
from ..util import files
from ..util.hashed import HASH, hash_matches, with_hash

FORMAT = 4  # of every text file of a run
Count = Annotated[int, Field(ge=0, lt=1 << 53)]
Facts = dict[str, Any]


class _Part(BaseModel):
    """Keys that are not listed here may be there too: modalities add their own."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class Opened(_Part):
    """How the data was opened: what was asked, and what else decided."""

    asked: Facts
    context: Facts


class About(_Part):
    """What recipe.yaml holds beside the recipe itself."""

    data: Opened
    asked: Facts
    recipe_file: Facts | None
    reasons: dict[str, str]
    command: str
    planned_seconds: Annotated[float, Field(ge=0, lt=1e12)] | None
    versions: dict[str, str | int | float | None]
    machine: dict[str, str | int | float | None]


class SourceFacts(_Part):
    """source.json: what the run was trained on."""

    name: str
    modality: str
    unit: str
    shape: Annotated[list[Annotated[int, Field(ge=1, lt=1 << 31)]], Field(min_length=1)]
    classes: list[str]
    counts: dict[str, Count]
    labels: dict[str, Count]
    skipped: Count
    content_hash: str
    notes: list[str]


class CodecFacts(_Part):
    """codec.json: each modality checks the rest."""

    modality: str


class Place(_Part):
    """local.json: where the data lies on this machine."""

    data: str | None
    beside_run: str | None = None


class EvaluationFacts(_Part):
    """evaluation.json: the result of `sparring evaluate`, and the snapshot that it is about."""

    snapshot: Count | None
    scores: dict[str, Facts]
    left_out: dict[str, str]


MODELS: dict[str, type[_Part]] = {
    "recipe.yaml": About,
    "source.json": SourceFacts,
    "codec.json": CodecFacts,
    "local.json": Place,
    "evaluation.json": EvaluationFacts,
}
ABOUT = tuple(About.model_fields)


class UnreadablePart(UserError):
    """A file of a run folder is missing, damaged or was edited.

    brief: The same in a few words, for a list. values: What an edited file holds now; None where it cannot be parsed.
    """

    def __init__(self, sentence: str, brief: str, values: Facts | None = None):
        super().__init__(sentence)
        self.brief, self.values = brief, values


def write(path: Path, values: Facts) -> None:
    """Write the values with their format and hash, atomically. The suffix says whether as YAML or as JSON."""
    files.write_text(path, text(path, values))


def is_cut(path: Path, values: Facts) -> bool:
    """Whether a file holds the beginning of what `write` wrote of these values: somebody's edit would not end so."""
    return text(path, values).encode().startswith(path.read_bytes())


def read(path: Path) -> Facts:
    """The values of a file that `write` wrote, without format and hash.

    Raises:
        UnreadablePart: The file is missing, damaged, was edited, or does not hold what it must.
        UserError: The file has another format than this version reads.
    """
    values = _parsed(path)
    name = path.name
    if HASH not in values and values["format"] != FORMAT:
        found = values["format"]
        raise UserError(f"{path} has format {found}; this version of sparring reads format {FORMAT} only")
    if not hash_matches(values):
        raise UnreadablePart(
            f"{path} is damaged or was edited: its content does not match its hash; {ADVICE.get(name, RUN_AGAIN)}",
            f"{name} is damaged or was edited",
            values,
        )
    plain = {key: value for key, value in values.items() if key not in ("format", HASH)}
    if name in MODELS:
        _check(path, plain)
    return plain


def text(path: Path, values: Facts) -> str:
    """What `write` writes."""
    whole = with_hash({"format": FORMAT, **values})
    if path.suffix == ".yaml":
        return dump_yaml(whole)
    return files.json_text(whole, indent=2) + "\n"  # the order of keys is kept: that of players shows in the log


RUN_AGAIN = "run the train command of this run again, which writes it back"
ADVICE = {
    "local.json": "say with --data where the data lies",
    "evaluation.json": "run `sparring evaluate` again",
}


def _parsed(path: Path) -> Facts:
    name, parse = path.name, load_yaml if path.suffix == ".yaml" else json.loads
    try:
        values = parse(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        advice = "the training was stopped before it began, or somebody removed it: run the same train command again"
        raise UnreadablePart(f"{path.parent} has no {name}; {advice}", f"{name} is not there") from None
    except (OSError, ValueError, TypeError, OverflowError, RecursionError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise UnreadablePart(
            f"{path} is damaged ({why}); {ADVICE.get(name, RUN_AGAIN)}", f"{name} cannot be read"
        ) from None
    if not isinstance(values, dict) or "format" not in values:
        raise UnreadablePart(
            f"{path} is damaged (it says no format); {ADVICE.get(name, RUN_AGAIN)}", f"{name} cannot be read"
        )
    return values


def _check(path: Path, values: Facts) -> None:
    try:
        MODELS[path.name].model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnreadablePart(
            f"{path} does not hold what it must ({place}: {first['msg'][:1].lower()}{first['msg'][1:]}); "
            f"{ADVICE.get(path.name, RUN_AGAIN)}",
            f"{path.name} cannot be read",
        ) from None
