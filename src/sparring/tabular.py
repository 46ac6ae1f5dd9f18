"""`TableGAN`: `train`, `load` and `evaluate` for tables, with the interface of scikit-learn."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .data.in_memory import InMemory
from .errors import UserError
from .inference.generator import Gan, load
from .runs.folder import Run
from .util import checks
from .util.spelling import spells_options

if TYPE_CHECKING:
    import pandas as pd

    from .modalities.table.source import TableSource

ROWS_AT_ONCE = 10_000  # rows generated and written at a time


class TableGAN:
    """A GAN of a table: `TableGAN(budget="2m").fit(frame).sample(1000, where="age > 60")`.

    Args:
        budget: How long to train, in time: "10m". Neither budget nor examples: as the recipe says.
        examples: How long to train, in rows shown: "2M", "50epochs".
        recipe: Default: the one that suits the number of rows.
        types: The types of columns where those found are wrong: {"code": "category"}.
        constraints: Rules that hold in every row: ["opened <= closed", "together(city, country)"].
        ignored_relations: Relations that were found but are not to be kept: ["city -> country"], or ["all"].
        run: The run folder; the same call resumes there after a stop. Default: a temporary one, removed with this
            object.
        seed: The seed of everything random.
        device: auto, cpu, cuda, cuda:1 or mps.
        settings: Values of the recipe: {"batch": 250}.
    """

    def __init__(
        self,
        *,
        budget: str | float | None = None,
        examples: str | int | None = None,
        recipe: str | None = None,
        types: dict[str, str] | None = None,
        constraints: Sequence[str] = (),
        ignored_relations: Sequence[str] = (),
        run: str | Path | None = None,
        seed: int = 0,
        device: str = "auto",
        settings: dict[str, Any] | None = None,
    ):
        self.run = None if run is None else checks.path(run, "`run`")
        self.seed = checks.whole_number(seed, "--seed")
        for name, texts in (("constraints", constraints), ("ignored_relations", ignored_relations)):
            listed = isinstance(texts, Sequence) and not isinstance(texts, str)
            if not listed or not all(isinstance(each, str) for each in texts):
                raise UserError(f"`{name}` should be a list of texts, not {checks.shown(texts)}")
        if not (types is None or isinstance(types, Mapping)):
            raise UserError(f"`types` should be a mapping such as {{'code': 'category'}}, not {checks.shown(types)}")
        self.budget, self.examples, self.recipe = budget, examples, recipe
        self.types, self.constraints, self.ignored_relations = types, tuple(constraints), tuple(ignored_relations)
        self.device, self.settings = device, settings
        self._gan: Gan | None = None
        self._source: TableSource | None = None  # None: evaluate reads the data where the run found it

    @spells_options
    def fit(self, frame: Any, name: str = "table") -> TableGAN:
        """Train on the rows of a DataFrame of pandas or polars, or of another table (see `sparring.train`).

        Raises UserError for everything that the caller can mend.
        """
        from .api import train
        from .modalities.table.reading.dispatch import table_of
        from .modalities.table.source import TableSource

        if not InMemory(frame).is_table:
            raise UserError(f"a TableGAN is fitted to a DataFrame or another table, not to {checks.shown(frame)}")
        table = table_of(frame, name)
        self._source = TableSource(
            table.frame,
            name,
            self.types,
            constraints=self.constraints,
            ignored_relations=self.ignored_relations,
            table=table,
        )
        self._temporary = None if self.run else tempfile.TemporaryDirectory(prefix="sparring-")
        folder = Path(self.run or Path(self._temporary.name) / "run")  # type: ignore[union-attr]
        self.run_ = train(
            self._source,
            self.recipe,
            folder,
            examples=self.examples,
            budget=self.budget,
            seed=self.seed,
            device=self.device,
            settings={} if self.settings is None else self.settings,
        )
        self._gan = load(self.run_)
        return self

    @classmethod
    def load(cls, run: str | Path) -> TableGAN:
        """Load a run that `fit` or `sparring train` has trained on a table."""
        found = cls(run=run)
        found.run_ = Run(run)
        found._gan = load(found.run_)
        if found._gan.modality_name != "table":
            raise UserError(f"{run} was not trained on a table")
        return found

    @spells_options
    def sample(self, count: int, where: str | None = None, seed: int = 0) -> pd.DataFrame:
        """Generate rows with the columns and types of the training table.

        Row i depends only on (seed, i) and `where`.
        """
        return self.gan.generate(count, seed, where=where)

    @spells_options
    def write(self, path: str | Path, count: int, where: str | None = None, seed: int = 0) -> list[Path]:
        """Any number of new rows into a .csv, .csv.gz, .parquet, .jsonl or .xlsx file, in bounded memory."""
        target, parts = checks.path(path, "`path`"), self._parts(count, where, seed)
        return self.gan.modality.write_stream(parts, target, self.gan.codec, seed)

    @spells_options
    def to_sql(self, url: str, table: str, count: int, where: str | None = None, seed: int = 0) -> None:
        """Append any number of new rows to a table of a database; url: as SQLAlchemy takes it, "sqlite:///shop.db"."""
        from .modalities.table.export import write_sql

        write_sql(self._parts(count, where, seed), url, table, self.gan.codec, seed)  # type: ignore[arg-type]

    @spells_options
    def evaluate(self, frame: pd.DataFrame | None = None) -> dict[str, Any]:
        """Compare samples with the held-out rows of the training table, or with all rows of another table.

        Returns scores by name.
        """
        from .evaluation.run import evaluate
        from .modalities.table.reading.dispatch import table_of
        from .modalities.table.source import TableSource

        codec: Any = self.gan.codec
        source = self._source if frame is None else TableSource(table_of(frame, "other").frame, "other", like=codec)
        return {name: score.value for name, score in evaluate(self.run_.path, source).scores.items()}

    @property
    def gan(self) -> Gan:
        """The generator of the run. Raises UserError before `fit`."""
        if self._gan is None:
            raise UserError("this TableGAN is not trained yet; call fit first")
        return self._gan

    def _parts(self, count: int, where: str | None, seed: int) -> Iterator[np.ndarray]:
        count = checks.whole_number(count, "--count", 1)
        for start in range(0, count, ROWS_AT_ONCE):
            yield self.gan.at(range(start, min(count, start + ROWS_AT_ONCE)), seed, where=where)
