"""Find the relations that hold in every row of a table, so that they hold in every generated row too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ....errors import UserError, nearest
from ..column_groups import ColumnGroup
from ..columns import Column
from . import order_search
from .arithmetic_search import arithmetic, sums_of_counts
from .calendar_search import days_of_times
from .lookup_search import Table, determined, emptiness, parts_of_times, years_of_times
from .relation import Relation, in_order

MAX_COLUMNS = 120  # in which relations are looked for: the first ones
MAX_ROWS, MAX_CELLS = 300_000, 4_000_000  # in which they are looked for; whether they hold is then asked of all
MIN_ROWS = 30
MAX_SHOWN = 30
ALL = "all"
Finder = Callable[[Table, set[int]], Iterable[Relation]]


@dataclass(frozen=True)
class Relations:
    """What was found: relations to apply, groups of columns that keep more of them, and what to tell a person."""

    applied: tuple[Relation, ...] = ()
    groups: tuple[ColumnGroup, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def replaced(self) -> set[int]:
        """Places of columns that are worked out from others."""
        return {each.target for each in self.applied if each.replaces}


def find_relations(
    columns: Sequence[Column],
    cells: np.ndarray,
    train: np.ndarray,
    constrained: Sequence[ColumnGroup],
    ignored: Sequence[str],
) -> Relations:
    """The relations between these columns.

    Args:
        columns: that are learned.
        cells: of all rows, N x columns.
        train: the rows to learn from, N bool.
        constrained: groups of columns with constraints that a person gave.
        ignored: relations that are switched off, by their texts; "all" switches all off.

    Raises:
        UserError: a text in `ignored` is no relation that holds.
    """
    wanted_off = {_bare(text) for text in ignored}
    if ALL in wanted_off or len(cells) < MIN_ROWS:
        return Relations()
    taken = {place for group in constrained for place in group.places}
    most = min(MAX_ROWS, MAX_CELLS // min(cells.shape[1], MAX_COLUMNS))
    rows = slice(None) if len(cells) <= most else np.random.default_rng(0).permutation(len(cells))[:most]
    table = Table(columns[:MAX_COLUMNS], cells[rows, :MAX_COLUMNS], taken)
    search = _Search(table, cells, wanted_off)
    search.relations(
        parts_of_times,
        order_search.same_times,
        determined,
        years_of_times,
        order_search.spans,
        order_search.counts_of_times,
    )
    search.totals(train)
    search.relations(arithmetic, sums_of_counts)
    groups = search.orders(train)
    together, raised = [group.places for group in groups], {each.target for each in search.raised}
    search.relations(
        lambda table, done: days_of_times(table, done | raised, together),
        emptiness,
        done_too=False,
    )
    unknown = sorted(wanted_off - {_bare(text) for text in search.texts})
    if unknown:
        known = list(dict.fromkeys(search.texts))
        raise UserError(
            f"--ignore-relation '{unknown[0]}' is no relation that was found; {nearest(unknown[0], known)}"
            if known
            else f"--ignore-relation '{unknown[0]}': no relation was found that could be switched off"
        )
    applied = in_order([*search.found, *search.raised])
    lost = {each.text for each in (*search.found, *search.raised)} - {each.text for each in applied}
    search.kept = [text for text in search.kept if text not in lost]
    return Relations(applied, groups, search.notes(len(columns)))


def _bare(text: str) -> str:
    return " ".join(text.split())


class _Search:
    def __init__(self, table: Table, cells: np.ndarray, off: Collection[str]):
        self.table, self.cells, self.off = table, cells, off
        self.found: list[Relation] = []
        self.raised: list[Relation] = []
        self.texts: list[str] = []
        self.kept: list[str] = []
        self.kept_groups: list[ColumnGroup] = []
        self.done: set[int] = set()

    def relations(self, *finders: Finder, done_too: bool = True) -> None:
        """Look for relations by these functions, one after the other."""
        for finder in finders:
            for each in list(finder(self.table, self.done)):
                if not self._circles(each) and self._on(each.text) and self._holds_everywhere(each):
                    self.found.append(each)
                    self.kept.append(each.text)
                    if done_too:
                        self.done.add(each.target)

    def _circles(self, relation: Relation) -> bool:
        """Does a source follow from the target already, so that neither could be worked out first?"""
        open_, seen = list(relation.sources), set()
        while open_:
            place = open_.pop()
            if place == relation.target:
                return True
            if place not in seen:
                seen.add(place)
                open_ += [source for each in self.found if each.target == place for source in each.sources]
        return False

    def totals(self, train: np.ndarray) -> None:
        """Keep groups of flags and constant totals."""
        for each in [
            *order_search.one_hot(self.table, self.done),
            *order_search.constant_totals(self.table, self.done),
            *order_search.at_most_one(self.table, self.done),
        ]:
            self._keep(each, train)

    def orders(self, train: np.ndarray) -> tuple[ColumnGroup, ...]:
        """Keep orders. Returns all groups of columns that keep relations; each column is in one at most."""
        table = self.table
        pairs = [
            pair for pair in order_search.orders(table, self.done) if self._on(_order_text(table, pair), told=False)
        ]
        for each in order_search.chains(table, pairs):
            self._keep(each, train)
        chained = [group.places for group in self.kept_groups]
        left = [pair for pair in pairs if not any({*pair} <= {*places} for places in chained)]
        empty = [pair for pair in pairs if pair not in left and np.isnan(self.cells[:, pair[1]]).any()]
        self.raised += order_search.at_least(table, [*left, *empty])
        told = [_order_text(table, pair) for pair in left]
        self.kept += told
        self.texts += told
        return tuple(self.kept_groups)

    def _keep(self, each: order_search.FoundGroup, train: np.ndarray) -> None:
        places = each.group.places
        if self.table.taken & set(places) or not self._on(each.text):
            return
        own = self.cells[:, places]
        if not each.group.fitted(own).holds(own).all():  # type: ignore[attr-defined]
            return
        self.kept_groups.append(each.group.fitted(own[train]))  # type: ignore[attr-defined]
        self.kept.append(each.text)
        self.table.taken |= set(places)

    def _on(self, text: str, told: bool = True) -> bool:
        if told or _bare(text) in self.off:
            self.texts.append(text)
        return _bare(text) not in self.off

    def _holds_everywhere(self, relation: Relation) -> bool:
        if len(self.cells) == len(self.table.cells):
            return True
        found, own = relation.apply(self.cells), self.cells[:, relation.target]
        close = 1e-6 * np.maximum(1, np.abs(np.nan_to_num(own)))
        with np.errstate(invalid="ignore"):
            right = (np.abs(found - own) <= close) | (np.isnan(found) & np.isnan(own))
        if not right.all():
            self.table.near[relation.text] = float(right.mean())
        return bool(right.all())

    def notes(self, columns: int) -> tuple[str, ...]:
        """What to tell a person."""
        same = [column.name for at, column in enumerate(self.table.columns) if self.table.different[at] == 1]
        first = self.kept[0] if self.kept else ""
        known = {text.partition(" = ")[0] for text in self.kept if " = " in text}
        near = dict[str, tuple[str, float]]()  # of lines that differ in their constant alone, the best one
        for text, share in sorted(self.table.near.items(), key=lambda each: -each[1]):
            if text not in self.kept and text.partition(" = ")[0] not in known:
                near.setdefault(text.partition(" + ")[0], (text, share))
        off = f"Switch one off with --ignore-relation '{first}', all with --ignore-relation all." * bool(self.kept)
        some = f"Relations were looked for among the first {MAX_COLUMNS} of {columns:,} columns." * (
            columns > MAX_COLUMNS
        )
        found = [
            *(f"Holds in every row, and is kept: {text}" for text in self.kept[:MAX_SHOWN]),
            *([f"and {len(self.kept) - MAX_SHOWN} more relations"] if len(self.kept) > MAX_SHOWN else []),
            *([off] if self.kept else []),
            *(
                f"Holds in {share:.2%} of the rows, and is not kept: {text}"
                for text, share in [*near.values()][:MAX_SHOWN]
            ),
            *([f"Has one value only: {', '.join(same[:MAX_SHOWN])}"] if same else []),
            *([some] if some else []),
        ]
        return tuple(found)


def _order_text(table: Table, pair: tuple[int, int]) -> str:
    return f"{table.columns[pair[0]].name} <= {table.columns[pair[1]].name}"
