"""Which picture belongs to which: two folders with matching names, or a table of pairs."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import PurePosixPath

from ...data.contents import Contents, Member, Skipped
from ...data.splits import split_of
from ...errors import UserError

TABLE = "pairs.csv"
GIVEN = ("given", "input", "inputs", "source", "image", "images", "photo", "photos", "a", "low", "lr", "damaged", "noisy", "blurred")
MADE = (
    "made",
    "target",
    "targets",
    "truth",
    "label",
    "labels",
    "mask",
    "masks",
    "map",
    "maps",
    "annotations",
    "b",
    "high",
    "hr",
    "clean",
    "sharp",
)
ENOUGH = 0.5  # of the files of a side must have a partner


@dataclass
class Matched:
    """Partners at the same positions. names: of the pairs, without the side's folder, so that they still tell the split."""

    given: list[Member]
    made: list[Member]
    names: list[str]
    sides: tuple[str, str]  # the names of the two folders or columns
    skipped: Skipped
    of_table: bool = False

    @property
    def named(self) -> bool:
        """Do the names of the folders say that these are pairs? Two classes may well have files of the same names."""
        return self.sides[0].lower() in GIVEN and self.sides[1].lower() in MADE

    def turned(self) -> Matched:
        return Matched(self.made, self.given, self.names, self.sides[::-1], self.skipped, self.of_table)


def matched(contents: Contents, given: str | None = None) -> Matched | None:
    """The pairs in these members; None where there are none. given: the folder or column whose pictures are turned into the others.

    Raises UserError where that is not one of the two.
    """
    return _of_table(contents, given) or _of_folders(contents.members, given)


def _of_folders(members: list[Member], given: str | None) -> Matched | None:
    """Two folders, at one level of the tree, below which the same names lie: images/train/1.jpg beside labels/train/1.png."""
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
        common = sorted(one.keys() & other.keys())
        if common and len(common) >= ENOUGH * max(len(one), len(other)):
            first, second = ordered((names[0], names[1]), given)
            skipped = doubled + [
                (sides[side][name].shown, f"no partner of that name in {other_side}")
                for side, other_side in ((first, second), (second, first))
                for name in sorted(sides[side].keys() - sides[other_side].keys())
            ]
            given_side, made_side = ([sides[side][name] for name in common] for side in (first, second))
            return Matched(given_side, made_side, common, (first, second), skipped)
    return None


def _of_table(contents: Contents, given: str | None) -> Matched | None:
    """pairs.csv: two columns of paths, and a third one named split if you like."""
    tables = [member for member in contents.members if PurePosixPath(member.name).name == TABLE]
    if len(tables) != 1:
        return None
    rows = list(csv.DictReader(io.StringIO(tables[0].whole().decode("utf-8-sig", "replace"))))
    columns = [name for name in (rows[0] if rows else {}) if name and name != "split"]
    if len(columns) != 2:
        raise UserError(
            f"{tables[0].shown} should have two columns of paths (and split if you like); it has {', '.join(columns) or 'none'}"
        )
    first, second = ordered((columns[0], columns[1]), given)
    base = PurePosixPath(tables[0].name).parent
    known = {member.name: member for member in contents.members}
    found = Matched([], [], [], (first, second), [], of_table=True)
    for number, row in enumerate(rows, 2):
        pair = [known.get(str(base / (row[column] or "")).removeprefix("./")) for column in (first, second)]
        if pair[0] is None or pair[1] is None:
            missing = row[first] if pair[0] is None else row[second]
            found.skipped.append((f"{tables[0].shown}, line {number}", f"there is no file {missing}"))
            continue
        found.given.append(pair[0])
        found.made.append(pair[1])
        found.names.append(f"{row['split']}/{number}" if row.get("split") else str(number))
    return found


def ordered(names: tuple[str, str], given: str | None) -> tuple[str, str]:
    """(given, made): as asked, else by what the names say, else in alphabetical order."""
    if given is not None:
        if given not in names:
            raise UserError(f"the pairs are of {names[0]} and {names[1]}, so '{given}' cannot be the given side")
        return (names[0], names[1]) if given == names[0] else (names[1], names[0])
    low = [name.lower() for name in names]
    if low[1] in GIVEN and low[0] not in GIVEN or low[0] in MADE and low[1] not in MADE:
        return names[1], names[0]
    return names
