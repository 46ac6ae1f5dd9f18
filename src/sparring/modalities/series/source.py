"""Series, opened."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...data.in_memory import InMemory
from ...data.options import OpenContext
from ...data.source import SPLITS, ScanReport, SequentialSource, Split
from ...data.splits import hold_out, natural
from ...errors import UserError
from ..table.codes import fit_code
from ..table.columns import decimals_of
from .beginnings import quantiles as quantiles_of
from .codec import Channel, SeriesCodec, alive
from .cycles import Cycle, find_cycle
from .options import SeriesOptions
from .reading import in_memory, read
from .sequences import Sequences
from .simulated import SETS

MAX_WHOLE_STEPS = 2048  # of series that are learned as they are; longer ones are learned window by window
MAX_WHOLE_NUMBERS = 10_000  # of one encoded series; with more its statistics take minutes to fit
MIN_WINDOW, MAX_WINDOW = 32, 128  # steps of a window that is chosen
MIN_WINDOWS = 8  # that a lone series is as long as
MIN_STEPS = 8  # of a window
SHORT_SHARE = 0.05  # of the series may be shorter than a window that is chosen
LENGTHS = 257  # quantiles of the lengths of series that are learned in windows
HELD_OUT_SHARE = 0.1  # of a lone series: its end
MAX_NUMBERS = 20_000  # of one encoded series
MIN_SKEWNESS = 2.0  # from which logarithms are tried: that of an exponential distribution
MAX_ZEROS = 0.05  # share of the numbers that may be 0 where logarithms are taken


@dataclass(frozen=True)
class Part:
    """The series of a split.

    series: steps x channels each. cells: of the columns that belong to whole series, one row for each. labels: class
    numbers. places: of the steps in their order, [] where there is none.
    """

    series: list[np.ndarray]
    cells: np.ndarray
    labels: np.ndarray
    places: list[np.ndarray]


class SeriesSource(SequentialSource):
    """Values are steps x columns, float64 (see `codec`).

    A value is a whole series, filled up with NaN, or a window of a longer series.
    """

    modality, unit = "series", "series"

    def __init__(self, found: Sequences, name: str, like: SeriesCodec | None = None, window: int | None = None):
        self.name = name
        lengths = np.array([len(values) for values in found.values])
        if len(lengths) == 1 and lengths[0] < 4 * MIN_STEPS:
            raise UserError(
                f"{name} is one series of {lengths[0]} steps; to learn from one, {4 * MIN_STEPS} at least are needed"
            )
        windows, steps = (like.windows, like.steps) if like else _form(found, lengths, window)
        self._parts = _split(found, steps)
        self._places = {split: _places(part.series, steps, windows) for split, part in self._parts.items()}
        if not len(self._places["train"]) or not len(self._places["test"]):
            raise UserError(
                f"{name} has too few series of {steps} steps: some are needed to learn from and some to be scored on"
            )
        self.codec = like or _fitted(found, self._parts, steps, windows)
        width = self.codec.shape[0] * self.codec.shape[1]
        if not self.codec.channels and not sum(code.width for code in self.codec.choice_codes):
            raise UserError(f"{name}: nothing changes along the series that are learned from")
        if width > MAX_NUMBERS:
            raise UserError(
                f"{name}: a series of {steps} steps is {width:,} numbers when encoded, more than {MAX_NUMBERS:,}; "
                "leave channels out"
            )
        self.shape = (steps, len(found.names) + len(self.codec.whole))
        self.channels = self.codec.numbers_named
        self.classes = tuple(sorted(set(found.labels or ()), key=natural))
        self.content_hash = self._hash(steps, windows)
        labels = self.labels(np.arange(self.count("train")))
        self.report = ScanReport(
            counts={split: self.count(split) for split in SPLITS},
            labels=dict(zip(self.classes, np.bincount(labels, minlength=len(self.classes)).tolist(), strict=False))
            if self.classes
            else {},
        )
        self.notes = self._notes(found, lengths, windows)

    def _hash(self, steps: int, windows: bool) -> str:
        content = hashlib.sha256(
            json.dumps(self.codec.describe(), sort_keys=True, default=str).encode()
            + repr((self.classes, steps, windows)).encode()
        )
        for part in self._parts.values():
            for values, cells in zip(part.series, part.cells, strict=True):
                content.update(np.ascontiguousarray(values).tobytes() + cells.tobytes())
            content.update(part.labels.tobytes())
        return content.hexdigest()

    def _notes(self, found: Sequences, lengths: np.ndarray, windows: bool) -> tuple[str, ...]:
        between = f"{lengths.min():,} to {lengths.max():,}" if lengths.min() < lengths.max() else f"{lengths.max():,}"
        shown = ", ".join(found.names[:12]) + (f" and {len(found.names) - 12} more" if len(found.names) > 12 else "")
        notes = [
            f"{len(lengths):,} series of {between} steps with the channel{'s' if len(found.names) > 1 else ''} "
            f"{shown}.",
            *found.notes,
        ]
        if found.whole:
            notes.append(f"Of each series: {'; '.join(column.about() for column in found.whole)}.")
        if cycle := self.codec.cycle:
            names = ", ".join(found.names[at] for at in cycle.channels)
            notes.append(
                f"What goes with the {cycle.name} ({names}): new series begin at the place in it that fits them."
            )
        if self.classes:
            notes.append(f"{len(self.classes)} classes from '{found.label}'.")
        notes += self._notes_on_lengths(lengths, windows)
        held = sum(len(values) for values in self._parts["test"].series)
        what = (
            f"The last {held:,} steps are" if len(lengths) == 1 else f"{len(self._parts['test'].series):,} series are"
        )
        return (*notes, f"{what} held out for scoring and never trained on.")

    def _notes_on_lengths(self, lengths: np.ndarray, windows: bool) -> list[str]:
        steps = self.codec.steps
        if not windows:
            long = int((lengths > steps).sum())
            cut = [f"{long:,} series are longer than the {steps:,} steps that were learned, and are cut."]
            slow = [f"Whole series are learned; windows would be quicker (--window {MAX_WINDOW})."]
            return (cut if long else []) + (slow if steps > MAX_WINDOW else [])
        notes = [
            f"Series are learned in windows of {steps} steps (--window STEPS for others), wherever these lie: what "
            "happens only at the start or the end is not learned as such. Longer series are joined from windows"
            + (" (--length)." if len(lengths) == 1 else ", and made as long as those of the data.")
        ]
        short = int((lengths < steps).sum())
        return notes + ([f"Not learned from: {short:,} series of fewer than {steps} steps."] if short else [])

    def count(self, split: Split = "train") -> int:
        return len(self._places[split])

    def values(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        steps, channels = self.codec.steps, self.codec.changing
        found = np.full((len(indices), steps, self.shape[1]), np.nan)
        for row, (number, start) in enumerate(self._places[split][np.asarray(indices, dtype=np.int64)]):
            part = self._parts[split].series[number][start : start + steps]
            found[row, : len(part), :channels] = part
            found[row, :, channels:] = self._parts[split].cells[number]
        return found

    def numbers(self, values: np.ndarray) -> np.ndarray:
        return self.codec.numbers(values)

    def labels(self, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        return self._parts[split].labels[self._places[split][np.asarray(indices, dtype=np.int64), 0]]


def _form(found: Sequences, lengths: np.ndarray, window: int | None) -> tuple[bool, int]:
    """Are windows learned, or whole series; and how many steps has a value? window: as a person asks."""
    longest = int(lengths.max())
    if window is not None:
        if not MIN_STEPS <= window <= longest:
            raise UserError(f"a window of {window} steps is impossible: it can have {MIN_STEPS} to {longest:,} here")
        return window < longest or len(lengths) == 1, window
    if len(lengths) == 1:
        return True, max(MIN_STEPS, min(MAX_WINDOW, longest // MIN_WINDOWS))
    width = len(found.names) + sum(len(column.categories) for column in found.choices) + 1
    if longest <= MAX_WINDOW or (longest <= MAX_WHOLE_STEPS and longest * width <= MAX_WHOLE_NUMBERS):
        return False, longest
    short, half = np.quantile(lengths, (SHORT_SHARE, 0.5))
    return True, max(MIN_STEPS, min(MAX_WINDOW, int(max(short, min(half, MIN_WINDOW)))))


def _split(found: Sequences, window: int) -> dict[Split, Part]:
    """The series of each split. window: steps of a value.

    Of a lone series the end is held out, of many some whole series, chosen by content.
    """
    count = len(found.values)
    cells = found.cells if found.whole else np.zeros((count, 0))
    names = sorted(set(found.labels or ()), key=natural)
    numbers = np.array([names.index(label) for label in found.labels] if found.labels else [0] * count, np.int64)
    if count == 1:
        values = found.values[0]
        held = min(len(values) // 3, max(2 * window, round(HELD_OUT_SHARE * len(values))))
        return {
            "train": Part([values[:-held]], cells, numbers, [each[:-held] for each in found.places]),
            "validation": Part([], cells[:0], numbers[:0], []),
            "test": Part([values[-held:]], cells, numbers, [each[-held:] for each in found.places]),
        }
    hashes = [hashlib.sha256(values.tobytes() + cells[at].tobytes()).digest() for at, values in enumerate(found.values)]
    held_out = hold_out(hashes, numbers.tolist() if found.labels else [None] * count)
    order = np.array(sorted(range(count), key=hashes.__getitem__))  # by content, whatever the order of the file
    chosen = np.isin(order, held_out)
    kept: dict[Split, np.ndarray] = {"train": order[~chosen], "validation": order[:0], "test": order[chosen]}
    return {
        split: Part(
            [found.values[at] for at in places],
            cells[places],
            numbers[places],
            [found.places[at] for at in places] if found.places else [],
        )
        for split, places in kept.items()
    }


def _channel(name: str, dtype: str, train: list[np.ndarray], every: list[np.ndarray]) -> Channel:
    """train, every: the values of this channel in each series. Raises UserError where training series have none."""
    numbers = np.concatenate(train)
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        raise UserError(f"column '{name}' is empty in the series that are learned from; leave it out")
    whole = np.concatenate(every)
    low, high, log = float(numbers.min()), float(numbers.max()), _added(numbers)
    coded = numbers if log is None else np.log(numbers + log)
    deviation = float(coded.std())
    constant = deviation <= 1e-12 * max(1.0, float(np.abs(coded).max()))
    gaps, decimals = bool(np.isnan(whole).any()), decimals_of(whole[~np.isnan(whole)], "float64")
    return Channel(name, dtype, float(coded.mean()), 1.0 if constant else deviation, low, high, decimals, gaps, log)


def _added(numbers: np.ndarray) -> float | None:
    """What is added to numbers before their logarithm is taken; None where logarithms are not taken.

    They are taken where all numbers are positive (but for a few zeros), and where this makes their distribution less
    skewed.
    """
    positive = numbers[numbers > 0]
    if (numbers < 0).any() or len(positive) < (1 - MAX_ZEROS) * len(numbers) or skewness(numbers) < MIN_SKEWNESS:
        return None
    added = 0.0 if len(positive) == len(numbers) else float(positive.min()) / 2
    return added if abs(skewness(np.log(numbers + added))) < skewness(numbers) / 2 else None


def skewness(numbers: np.ndarray) -> float:
    """The third standardised moment; 0 of equal numbers."""
    apart = numbers - numbers.mean()
    deviation = float(apart.std())
    return float(((apart / deviation) ** 3).mean()) if deviation > 0 else 0.0


def _fitted(found: Sequences, parts: dict[Split, Part], steps: int, windows: bool) -> SeriesCodec:
    """The codec for these series."""
    train, every = parts["train"].series, [values for part in parts.values() for values in part.series]
    channels = tuple(
        _channel(name, found.dtypes[at], [values[:, at] for values in train], [values[:, at] for values in every])
        for at, name in enumerate(found.names[: len(found.dtypes)])
    )
    choice_codes = tuple(
        fit_code(
            np.concatenate([values[:, at] for values in train]),
            False,
            None,
            any(np.isnan(values[:, at]).any() for values in every),
        )
        for at in range(len(found.dtypes), len(found.names))
    )
    nullable = np.isnan(np.concatenate([part.cells for part in parts.values()])).any(axis=0)
    codes = tuple(
        fit_code(
            parts["train"].cells[:, at],
            column.numeric,
            column.decimals if column.kind != "time" else 0,
            bool(nullable[at]),
        )
        for at, column in enumerate(found.whole)
    )
    lengths = [len(values) for values in found.values]
    cycle = _cycle(found, parts["train"], len(found.dtypes) - found.paced, windows)
    ends = not windows and len(set(lengths)) > 1
    quantiles = np.quantile(lengths, np.linspace(0, 1, LENGTHS), method="inverted_cdf")
    return SeriesCodec(
        steps,
        channels,
        ends,
        windows,
        whole=found.whole,
        codes=codes,
        columns=found.columns,
        order=found.order,
        begins=found.begins,
        step=found.step,
        grid=found.grid,
        parts=found.parts,
        cycle=cycle,
        key=found.key,
        label=found.label,
        choices=found.choices,
        choice_codes=choice_codes,
        paced=found.paced,
        apart=found.apart,
        text_channels=found.text_channels,
        wide=found.wide,
        restarts=found.restarts,
        names_anew=found.names_anew,
        data_lengths=tuple(int(length) for length in quantiles) if windows and len(lengths) > 1 else (),
        starts=quantiles_of(np.array([each[0] for each in parts["train"].places])),
        dialect=dict(found.dialect),
    )


def _cycle(found: Sequences, train: Part, channels: int, windows: bool) -> Cycle | None:
    """The cycle by which it is found when new series begin; None where all begin alike, or follow no cycle."""
    firsts = {float(each[0]) for each in train.places}
    if found.order is None or found.paced or not (windows or len(firsts) > 1):
        return None
    series = [values[:, :channels] for values in train.series]
    return find_cycle(series, train.places, found.step, found.order, found.grid)


def _places(series: list[np.ndarray], steps: int, windows: bool) -> np.ndarray:
    """The series and the step at which each value begins, N x 2. Windows begin and end with a step that has a value."""
    found = []
    for number, values in enumerate(series):
        starts = np.arange(len(values) - steps + 1) if windows else np.zeros(1, np.int64)
        if windows and len(starts):
            starts = starts[
                alive(np.lib.stride_tricks.sliding_window_view(values, steps, axis=0).transpose(0, 2, 1))[:, -1]
            ]
        found.append(np.stack([np.full(len(starts), number), starts], axis=1))
    return np.concatenate(found) if found else np.zeros((0, 2), np.int64)


def open_path(path: Path, options: SeriesOptions, context: OpenContext) -> SeriesSource:
    """Raises UserError where the file or folder holds no series."""
    name = path.name.split(".")[0]
    return SeriesSource(read(path, options, context.like), name, context.like, options.window)


def open_in_memory(memory: InMemory, options: SeriesOptions, context: OpenContext) -> SeriesSource:
    """The series of data in memory. Raises UserError where it holds none."""
    found = in_memory(memory, options, context.like)
    return SeriesSource(found, "table" if memory.is_table else "series", context.like, options.window)


def open_name(name: str, options: SeriesOptions, context: OpenContext) -> SeriesSource:
    """`ar2` or `sines`: always the same simulated series, whose laws are known."""
    if options.labels not in ("auto", "none"):
        raise UserError(f"'{name}' has no column '{options.labels}': its series have no classes")
    values, about = SETS[name]()
    found = Sequences(list(values[:, :, None]), ("value",), ("float64",))
    found.notes.append(about)
    return SeriesSource(found, name, context.like, options.window)
