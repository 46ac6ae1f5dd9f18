"""A small table with every type of column, made from a seed."""

import numpy as np
import pandas as pd

from sparring import Gan
from sparring.config.reading import load_recipe
from sparring.config.recipe import Latent
from sparring.modalities.table.source import TableSource
from sparring.networks.table import TableGenerator


def frame(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, rows)
    age = rng.normal([30, 45, 60], 4, (rows, 3))[np.arange(rows), kind].round().astype(int)
    start = pd.Timestamp("2020-01-01", tz="Europe/Berlin") + pd.to_timedelta(rng.integers(0, 700, rows) * 24, unit="h")
    return pd.DataFrame(
        {
            "id": [f"C-{number:05d}" for number in rng.permutation(90_000)[:rows]],
            "kind": np.array(["low", "middle", "high"])[kind],
            "age": age,
            "income": np.where(rng.random(rows) < 0.4, 0.0, (age * 100 + rng.normal(0, 200, rows)).round(2)),
            "children": pd.array(np.where(rng.random(rows) < 0.2, None, kind), dtype="Int64"),
            "size": pd.Categorical.from_codes(kind, ["S", "M", "L"], ordered=True),
            "member": rng.random(rows) < 0.3,
            "since": start,
            "day": pd.Series(
                pd.Timestamp("2021-03-01") + pd.to_timedelta(rng.integers(0, 90, rows), unit="D")
            ).dt.strftime("%Y-%m-%d"),
            "void": pd.Series([None] * rows, dtype="float64"),
            "same": 7,
            "maybe": pd.Series(np.where(rng.random(rows) < 0.3, None, rng.random(rows) < 0.5), dtype=object),
            "note": [
                " ".join(rng.choice(["calls", "often", "pays", "late", "new", f"w{number}"], 5))
                for number in range(rows)
            ],
        }
    )


def source(rows=400, seed=0, **options):
    return TableSource(frame(rows, seed), "people", **options)


def started(source):
    """A model as it is before its first step: the start that is fitted to the rows."""
    made = TableGenerator(source.codec.shape, source.codec.layout, 4, parts=8, width=8, blocks=1).eval()
    made.fit(source.codec.encode(source.values(np.arange(source.count()))))
    recipe = load_recipe("table").model_copy(update={"latent": Latent(size=4)})
    return Gan(recipe, made, source.codec, "table", (), ())
