"""The split and the class of every item, from folders, labels files or columns; and what is held out for scoring."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import UserError
from .contents import Contents, Item, Skipped
from .file_names import classes_in_names
from .source import Split

SPLIT_WORDS: dict[str, Split] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
BESIDE_SPLITS = ("set", "images", "image", "imgs", "img", "pictures", "photos", "data", "dataset", "split", "seg")
FILENAME = "filename"  # asks for labels from the names of the files
NOT_COLUMNS = ("auto", "none", FILENAME)  # what `labels` may be beside the name of a column
DOMAIN = re.compile(r"(train|val|test)[_-]?([AB])", re.IGNORECASE)  # split and class in the name of one folder
MAX_UNLABELLED = 0.05  # share of items without a class that is left out; with more, the folders are no classes


def split_of(word: str) -> Split | None:
    """The split that a name names: train, training_set, seg_test, val2017; None for other names."""
    parts = [part for part in re.split(r"[^a-z]+", word.lower()) if part and part not in BESIDE_SPLITS]
    return SPLIT_WORDS.get(parts[0]) if len(parts) == 1 else None


@dataclass
class Arrangement:
    """Split (None: left out) and class number (None without labels) of every item. classes: () without labels."""

    splits: list[Split | None]
    labels: list[int | None]
    classes: tuple[str, ...] = ()
    out: set[int] = field(default_factory=set)
    skipped: Skipped = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def drop(self, index: int, item: Item, reason: str) -> None:
        """Leave an item out."""
        self.out.add(index)
        self.skipped.append((item.shown, reason))

    def among(self, split: Split) -> list[int]:
        """The positions of the items of a split."""
        return [index for index, own in enumerate(self.splits) if own == split and index not in self.out]


def arrange(
    items: Sequence[Item], hashes: Sequence[bytes], contents: Contents, labels: str = "auto", label_level: str = "first"
) -> Arrangement:
    """Give every item its split and class; hold some out where the data has no test split.

    Args:
        items: of the contents.
        hashes: of the items' values.
        contents: which the items are in.
        labels: "auto", "none", "filename" or the name of a column.
        label_level: which folder level names the class, "first" or "leaf".

    Raises:
        UserError: fewer than two different items are left, or there is no column of this name.
    """
    if labels not in NOT_COLUMNS and contents.label_column != labels:
        source = f"labels come from {contents.labelled_by}" if contents.labelled_by else "no table names them"
        raise UserError(
            f"There is no column '{labels}' to take labels from ({source}): give a labels.csv or Parquet data that has "
            "it, or use labels auto."
        )
    done = Arrangement(splits=[item.split for item in items], labels=[None] * len(items))
    below = _place_splits(items, done)
    if labels == FILENAME:
        _number(items, _file_labels(items), (), "the names of the files", False, done)
    elif labels != "none":
        names = [item.label for item in items] if contents.labelled_by else _folder_labels(below, label_level)
        where = contents.labelled_by or f"the {'first' if label_level == 'first' else 'deepest'} folder level"
        _number(items, names, contents.classes, where, labels == "auto", done)
        if contents.labelled_by and not any(names):
            done.notes.append(f"No item has a label in {where}, so labels are not used.")
        if (
            done.classes
            and not contents.labelled_by
            and label_level == "first"
            and any(len(each) > 1 for each in below)
        ):
            done.notes.append("Folders below those of the classes are not used (--label-level leaf takes the deepest).")
        if labels == "auto" and not done.classes and (found := classes_in_names([item.name for item in items])):
            kinds = sorted({name for name in found if name}, key=natural)
            done.notes.append(
                f"The names of the files could tell {len(kinds)} classes ({_some(kinds)}), which are not used: ask for "
                f"them with --labels {FILENAME}."
            )
    _fill_splits(hashes, done)
    return done


def _place_splits(items: Sequence[Item], done: Arrangement) -> list[list[str]]:
    """Find folders that name splits. Returns the folders of each item below these."""
    below = [item.name.split("/")[:-1] for item in items]
    groups: dict[Split | None, list[int]] = {}
    for index, item in enumerate(items):
        groups.setdefault(item.split, []).append(index)
    for split, group in groups.items():
        _unwrap(below, split, group)
    loose = groups.get(None, [])
    _part_domains(below, loose)
    firsts = {below[index][0] for index in loose if below[index]}
    kinds = {split_of(first) for first in firsts} - {None}
    if not kinds or not (all(map(split_of, firsts)) or ("train" in kinds and len(kinds) > 1)):
        _splits_below(below, loose, done)
        return below  # a lone folder "train" beside "bus" and "car" is a class
    for index in loose:
        done.splits[index] = split_of(below[index][0]) if below[index] else None
        if done.splits[index] is None:
            done.drop(index, items[index], "outside of the train and test folders")
        del below[index][:1]
    for split in kinds:
        _drop_repeated(below, split, [index for index in loose if done.splits[index] == split])
    return below


def _drop_repeated(below: list[list[str]], split: Split | None, group: list[int]) -> None:
    """Drop a folder that repeats the split and holds all of its items: train/train/cat."""
    tops = {below[index][0] if len(below[index]) > 1 else "" for index in group}
    if len(tops) == 1 and split_of(tops.pop()) == split:
        for index in group:
            del below[index][0]


def _splits_below(below: list[list[str]], group: list[int], done: Arrangement) -> None:
    """Find folders below those of the classes that name splits: cat/train, cat/test."""
    seconds = {split_of(below[index][1]) if len(below[index]) > 1 else None for index in group}
    if None in seconds or "train" not in seconds or len(seconds) < 2:
        return
    for index in group:
        done.splits[index] = split_of(below[index].pop(1))


def _unwrap(below: list[list[str]], split: Split | None, group: list[int]) -> None:
    """Drop folders that hold all of these items: they name neither class nor split."""
    while True:
        tops = {below[index][0] if below[index] else "" for index in group}
        top = tops.pop() if len(tops) == 1 else ""
        deeper = all(len(below[index]) > 1 for index in group)
        if not top or (split_of(top) is not None if split is None else split_of(top) != split and not deeper):
            return
        for index in group:
            del below[index][0]


def _part_domains(below: list[list[str]], group: list[int]) -> None:
    """Make folders named trainA, trainB, testA, testB (as for CycleGAN) folders A and B of splits."""
    firsts = {below[index][0] if below[index] else "" for index in group}
    if len(firsts) < 2 or not all(DOMAIN.fullmatch(first) for first in firsts):
        return
    for index in group:
        match = DOMAIN.fullmatch(below[index][0])
        assert match
        below[index][:1] = match.groups()


def _folder_labels(below: Sequence[list[str]], level: str) -> list[str | None]:
    """The folder of each item that names its class, on the first or the deepest level."""
    return [(folders[0] if level == "first" else folders[-1]) if folders else None for folders in below]


def _file_labels(items: Sequence[Item]) -> list[str | None]:
    """Raises UserError where the names of the files tell no classes."""
    found = classes_in_names([item.name for item in items])
    if found is None:
        raise UserError(
            "The names of the files tell no classes: they should be like cat.0.jpg, 0_12.png or img-17_label-3.png, "
            "with several files for each class."
        )
    return found


def _number(
    items: Sequence[Item], names: Sequence[str | None], order: Sequence[str], where: str, auto: bool, done: Arrangement
) -> None:
    """Turn the class names of the training items (of all items, where no split is known) into numbers.

    order: of the classes, where the data defines one. where: the names come from, for notes. auto: may labels that
    make no sense be left out?
    """
    used = [index for index in range(len(items)) if index not in done.out]
    training = [index for index in used if done.splits[index] == "train"] or used
    counts = Counter(names[index] for index in training)
    missing = counts.pop(None, 0)
    if not counts:
        return
    if len(counts) == 1:
        done.notes.append(f"There is one class only ('{next(iter(counts))}', from {where}), so labels are not used.")
    elif auto and missing > MAX_UNLABELLED * len(training):
        done.notes.append(f"Labels from {where} are not used: {missing} of {len(training)} items have none.")
    elif auto and len(counts) > max(2, len(training) / 2):
        done.notes.append(
            f"Labels from {where} are not used: {len(counts)} classes for {len(training)} items name nearly every "
            "item on its own."
        )
    elif not auto and len(counts) > max(2, len(training) / 2):
        raise UserError(
            f"{where[0].upper()}{where[1:]} names {len(counts)} classes for {len(training)} items, nearly one "
            "each: choose another column with --labels, or none."
        )
    else:
        present = {str(name) for name in counts}
        done.classes = tuple(name for name in order if name in present) or tuple(sorted(present, key=natural))
        done.notes.append(f"{len(done.classes)} classes from {where}: {_some(done.classes)}.")
        if lone := [name for name in done.classes if counts[name] == 1]:
            done.notes.append(f"Of {_some(lone)} there is a single item each: it can be copied, not learned from.")
        number = {name: index for index, name in enumerate(done.classes)}
        for index in used:
            name = names[index]
            done.labels[index] = None if name is None else number.get(name)
            if done.labels[index] is None:
                done.drop(
                    index,
                    items[index],
                    "no label" if name is None else f"class '{name}' is not among the training classes",
                )


def natural(name: str) -> tuple[Any, ...]:
    """A sort key by which 9 comes before 10, and class 9 before class 10."""
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", name, re.ASCII):
        return 0, float(name), name
    parts: list[Any] = re.split(r"(\d+)", name)
    parts[1::2] = [(len(digits), digits) for digits in (part.lstrip("0") for part in parts[1::2])]
    return 1, parts, name


def _some(names: Sequence[str], limit: int = 6) -> str:
    """The first names and the last one, for a note."""
    return ", ".join(names[:limit]) + (f", ... {names[-1]}" if len(names) > limit else "")


def _fill_splits(hashes: Sequence[bytes], done: Arrangement) -> None:
    """Give every item a split.

    Items without one are training items. Where there is no test split, the validation split becomes the test split,
    or else training items are held out.
    """
    done.splits = [None if index in done.out else split or "train" for index, split in enumerate(done.splits)]
    train, validation, test = (done.among(split) for split in ("train", "validation", "test"))
    if not train and (test or validation):
        done.splits = [split and "train" for split in done.splits]
        done.notes.append("There is no training split, so all items are taken together.")
        train, validation, test = done.among("train"), [], []
    if test:
        seen = {hashes[index] for index in train}
        leaked = sum(hashes[index] in seen for index in test)
        if leaked:
            done.notes.append(
                f"{leaked} of the {len(test)} test items are in the training split too: scores on them flatter the "
                "model."
            )
    elif validation:
        done.splits = ["test" if split == "validation" else split for split in done.splits]
        done.notes.append(
            f"There is no test split: the {len(validation)} items of the validation split take its place."
        )
    else:
        held = hold_out([hashes[index] for index in train], [done.labels[index] for index in train])
        for position in held:
            done.splits[train[position]] = "test"
        rule = "10 %" if len(train) >= 80 else "at least 8" if len(train) >= 16 else "half of so few"
        done.notes.append(
            f"{len(held)} of {len(train)} items ({rule}) are held out for scoring, chosen by content, and never "
            "trained on."
        )


def hold_out(hashes: Sequence[bytes], labels: Sequence[int | None]) -> list[int]:
    """Positions of the items to hold out: 10 %, at least 8, at most half.

    The choice depends on the contents, not on the names. Classes are held out in proportion, and the last item of a
    class only when all others are. Equal contents stay on one side. Raises UserError where all contents are equal.
    """
    wanted = min(max(8, round(0.1 * len(hashes))), len(hashes) // 2)
    groups: dict[bytes, list[int]] = {}
    for position, content in enumerate(hashes):
        groups.setdefault(content, []).append(position)
    if len(groups) < 2:
        raise UserError(
            "There are fewer than two different usable items here: training needs some to learn from and some to be "
            "scored on."
        )
    by_class: dict[int, list[bytes]] = {}
    for content in sorted(groups):
        label = labels[groups[content][0]]
        by_class.setdefault(-1 if label is None else label, []).append(content)
    order = sorted(
        (rank == len(members) - 1, (rank + 0.5) / len(members), content)
        for members in by_class.values()
        for rank, content in enumerate(members)
    )
    held: list[int] = []
    for *_, content in order[: len(groups) - 1]:
        if len(held) >= wanted:
            break
        held += groups[content]
    return sorted(held)
