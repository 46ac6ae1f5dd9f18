"""Tables in scikit-learn's manner: a thin face of `train` and `load`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import UserError
from .inference.generator import Gan, load
from .runs.folder import Run

if TYPE_CHECKING:
    import pandas as pd

    from .modalities.table.source import TableSource

PART = 10_000  # rows written at once


class TableGAN:
    """`TableGAN(budget="2m").fit(frame).sample(1000, where="age > 60")`.

    budget, examples: how long to train (examples: rows shown); neither: as the recipe says. recipe: None for the one that suits the number of rows.
    types: {"code": "category"}, where the types that are found are wrong. constraints: what holds in every row, as in ["opened <= closed", "together(city, country)"]. run: a folder to keep the training in; the same call goes on there after
    a stop. None: a temporary one, gone with this object. settings: of the recipe, {"batch": 250}.
    """

    def __init__(
        self,
        *,
        budget: str | float | None = None,
        examples: str | int | None = None,
        recipe: str | None = None,
        types: dict[str, str] | None = None,
        constraints: Sequence[str] = (),
        run: str | Path | None = None,
        seed: int = 0,
        device: str = "auto",
        settings: dict[str, Any] | None = None,
    ):
        self.budget, self.examples, self.recipe = budget, examples, recipe
        self.types, self.constraints = types, tuple(constraints)
        self.run, self.seed, self.device, self.settings = run, seed, device, settings
        self._gan: Gan | None = None
        self._source: TableSource | None = None  # None: the run knows where its data lies

    def fit(self, frame: pd.DataFrame, name: str = "table") -> TableGAN:
        """Learn from the rows of a pandas or polars DataFrame. Raises UserError for everything that the caller can mend."""
        from .api import train
        from .modalities.table.reading import checked, from_polars
        from .modalities.table.source import TableSource

        frame = from_polars(frame) if hasattr(frame, "to_pandas") else frame
        self._source = TableSource(checked(frame, name), name, self.types, constraints=self.constraints)
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
            settings=self.settings or {},
        )
        self._gan = load(self.run_.path)
        return self

    @classmethod
    def load(cls, run: str | Path) -> TableGAN:
        """One that was trained before, by `fit` or by `sparring train`."""
        found = cls(run=run)
        found.run_ = Run(run)
        found._gan = load(found.run_.path)
        if found._gan.modality_name != "table":
            raise UserError(f"{run} was not trained on a table")
        return found

    def sample(self, count: int, where: str | None = None, seed: int = 0) -> pd.DataFrame:
        """New rows, with the columns and types that were learned from. Row i depends on (seed, i) and where alone."""
        return self.gan.generate(count, seed, where=where)

    def write(self, path: str | Path, count: int, where: str | None = None, seed: int = 0) -> list[Path]:
        """Any number of new rows into a .csv, .csv.gz, .parquet, .jsonl or .xlsx file, in bounded memory."""
        return self.gan.modality.write_stream(self._parts(count, where, seed), Path(path), self.gan.codec, seed)

    def to_sql(self, url: str, table: str, count: int, where: str | None = None, seed: int = 0) -> None:
        """Append any number of new rows to a table of a database that SQLAlchemy can open: "sqlite:///shop.db"."""
        from .modalities.table.export import write_sql

        write_sql(self._parts(count, where, seed), url, table, self.gan.codec, seed)  # type: ignore[arg-type]

    def evaluate(self, frame: pd.DataFrame | None = None) -> dict[str, Any]:
        """Scores by name, of samples beside held-out rows: those of the data that was learned from, or all of another table's."""
        from .evaluation.run import evaluate
        from .modalities.table.source import TableSource

        source = self._source if frame is None else TableSource(frame, "other", like=self.gan.codec)  # type: ignore[arg-type]
        return {name: score.value for name, score in evaluate(self.run_.path, source).scores.items()}

    @property
    def gan(self) -> Gan:
        if self._gan is None:
            raise UserError("this TableGAN has not learned from any table yet; call fit first")
        return self._gan

    def _parts(self, count: int, where: str | None, seed: int) -> Iterator[np.ndarray]:
        for start in range(0, count, PART):
            yield self.gan.at(range(start, min(count, start + PART)), seed, where=where)
