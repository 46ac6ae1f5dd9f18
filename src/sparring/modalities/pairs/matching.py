"""Which pictures belong together: two folders with matching names, or a table of pairs."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import PurePosixPath

from ...data.contents import Contents, Member, Skipped
from ...data.splits import split_of
from ...errors import UserError
from ...util.text_encodings import decoded

TABLE = "pairs.csv"
INPUT_NAMES = ("given", "input", "inputs", "source", "image", "images", "photo", "photos")
OUTPUT_NAMES = (
    *("made", "output", "outputs", "target", "targets", "truth"),
    *("label", "labels", "mask", "masks", "map", "maps", "annotations"),
)
# names of classes too, such as low and high, so that the pictures have to decide
POSSIBLE_INPUT_NAMES = ("a", "low", "lr", "damaged", "noisy", "blurred")
POSSIBLE_OUTPUT_NAMES = ("b", "high", "hr", "clean", "sharp")
TEXTS = (".txt", ".xml", ".json", ".csv", ".yaml")
MIN_MATCHED_SHARE = 0.5  # of the files of a side must have a partner


@dataclass
class Matched:
    """Members of both sides; partners are at the same positions.

    names: of the pairs, without the folder of the side; they still tell the split. sides: names of the two folders or
    columns.
    """

    inputs: list[Member]
    outputs: list[Member]
    names: list[str]
    sides: tuple[str, str]
    skipped: Skipped
    from_table: bool = False

    @property
    def named(self) -> bool:
        """Do the names of the folders say that these are pairs? Files of two classes may have the same names too."""
        return self.sides[0].lower() in INPUT_NAMES and self.sides[1].lower() in OUTPUT_NAMES

    @property
    def perhaps_named(self) -> bool:
        """Are the folders named as those of pairs are, or as classes could be?"""
        one, other = (name.lower() for name in self.sides)
        return one in INPUT_NAMES + POSSIBLE_INPUT_NAMES and other in OUTPUT_NAMES + POSSIBLE_OUTPUT_NAMES

    def reversed(self) -> Matched:
        """With outputs as inputs."""
        return Matched(self.outputs, self.inputs, self.names, self.sides[::-1], self.skipped, self.from_table)


def matched(contents: Contents, input_side: str | None = None, encoding: str | None = None) -> Matched | None:
    """The pairs in these contents; None where there are none.

    input_side: the folder or column that holds the inputs; None: as the names say. encoding: of pairs.csv; None: as it
    looks. Raises UserError where the side is not one of the two, or the table is of another encoding.
    """
    return _from_table(contents, input_side, encoding) or _from_folders(contents.members, input_side)


def _from_folders(members: list[Member], input_side: str | None) -> Matched | None:
    """Two folders at one level of the tree that hold the same names: images/train/1.jpg and labels/train/1.png."""
    paths = [PurePosixPath(member.name) for member in members if "/" in member.name]
    for level in range(3):
        names = sorted({path.parts[level] for path in paths if len(path.parts) > level + 1})
        if len(names) != 2 or all(split_of(name) for name in names):
            continue
        sides: dict[str, dict[str, Member]] = {name: {} for name in names}
        doubled: Skipped = []
        for member in members:
            parts = PurePosixPath(member.name).parts
            if len(parts) > level + 1:
                rest = PurePosixPath(*parts[:level], *parts[level + 1 :])
                first_of = sides[parts[level]].setdefault(str(rest.with_suffix("")), member)
                if first_of is not member:
                    doubled.append((member.shown, f"{first_of.name} has the same name"))
        one, other = (sides[name] for name in names)
        if any(side and all(each.name.lower().endswith(TEXTS) for each in side.values()) for side in (one, other)):
            continue  # labels of objects, not pictures
        common = sorted(one.keys() & other.keys())
        if common and len(common) >= MIN_MATCHED_SHARE * max(len(one), len(other)):
            first, second = ordered((names[0], names[1]), input_side)
            skipped = doubled + [
                (sides[side][name].shown, f"no partner of that name in {other_side}")
                for side, other_side in ((first, second), (second, first))
                for name in sorted(sides[side].keys() - sides[other_side].keys())
            ]
            inputs, outputs = ([sides[side][name] for name in common] for side in (first, second))
            return Matched(inputs, outputs, common, (first, second), skipped)
    return None


def _from_table(contents: Contents, input_side: str | None, encoding: str | None) -> Matched | None:
    """pairs.csv: two columns of paths, and perhaps a column named split."""
    tables = [member for member in contents.members if PurePosixPath(member.name).name == TABLE]
    if len(tables) != 1:
        return None
    try:
        text, _ = decoded(tables[0].whole(), encoding)
    except UnicodeDecodeError as error:
        raise UserError(
            f"{tables[0].shown} is no {error.encoding} text: say its --encoding, or save it in UTF-8"
        ) from None
    rows = list(csv.DictReader(io.StringIO(text)))
    columns = [name for name in (rows[0] if rows else {}) if name and name != "split"]
    if len(columns) != 2:
        raise UserError(
            f"{tables[0].shown} should have two columns of paths (and perhaps a column split); it has "
            f"{', '.join(columns) or 'none'}"
        )
    first, second = ordered((columns[0], columns[1]), input_side)
    base = PurePosixPath(tables[0].name).parent
    known = {member.name: member for member in contents.members}
    found = Matched([], [], [], (first, second), [], from_table=True)
    for number, row in enumerate(rows, 2):
        pair = [known.get(str(base / (row[column] or "")).removeprefix("./")) for column in (first, second)]
        if pair[0] is None or pair[1] is None:
            missing = row[first] if pair[0] is None else row[second]
            found.skipped.append((f"{tables[0].shown}, line {number}", f"there is no file {missing}"))
            continue
        found.inputs.append(pair[0])
        found.outputs.append(pair[1])
        found.names.append(f"{row['split']}/{number}" if row.get("split") else str(number))
    return found


def ordered(names: tuple[str, str], input_side: str | None) -> tuple[str, str]:
    """The names of inputs and outputs: as asked, else as the names say, else in the order given."""
    if input_side is not None:
        if input_side not in names:
            raise UserError(f"the pairs are of {names[0]} and {names[1]}, so '{input_side}' cannot be the input")
        return (names[0], names[1]) if input_side == names[0] else (names[1], names[0])
    inputs, outputs = INPUT_NAMES + POSSIBLE_INPUT_NAMES, OUTPUT_NAMES + POSSIBLE_OUTPUT_NAMES
    low = [name.lower() for name in names]
    if (low[1] in inputs and low[0] not in inputs) or (low[0] in outputs and low[1] not in outputs):
        return names[1], names[0]
    return names
