"""Rows from other programs, run by a Python that has them.

    python peers/tables.py ctgan train.csv columns.json SEED COUNT rows.csv

columns.json: {"numbers": [...], "categories": [...]}. Prints {"seconds": of fitting, "version"}. ctgan (MIT until 0.5,
Business Source Licence since) is trained at its defaults; it refuses empty numbers, so these become the column's median
and a category of its own says which they were. copula is the normal copula of `copulas` with beta margins over columns
that `rdt` makes numbers of, which is what SDV's GaussianCopulaSynthesizer does.
"""

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

EMPTY, HOLE = "(nothing)", "__empty__"


def ctgan(frame, numbers, categories, seed, count):
    import torch
    from ctgan import CTGAN

    np.random.seed(seed)  # noqa: NPY002 - what this library draws from
    torch.manual_seed(seed)
    shown = frame.copy()
    holes = [name for name in numbers if frame[name].isna().any()]
    for name in holes:
        shown[name + HOLE] = frame[name].isna().astype(str)
        shown[name] = frame[name].fillna(frame[name].median())
    shown[categories] = shown[categories].astype(object).where(shown[categories].notna(), EMPTY).astype(str)
    start = time.perf_counter()
    model = CTGAN()
    model.set_random_state(seed)
    model.fit(shown, [*categories, *(name + HOLE for name in holes)])
    seconds = time.perf_counter() - start
    made = model.sample(count)
    for name in holes:
        made.loc[made[name + HOLE] == "True", name] = np.nan
    made[categories] = made[categories].where(made[categories] != EMPTY)
    return made, seconds


def copula(frame, numbers, categories, seed, count):
    from copulas.multivariate import GaussianMultivariate
    from copulas.univariate import BetaUnivariate
    from rdt import HyperTransformer
    from rdt.transformers import FloatFormatter, UniformEncoder

    np.random.seed(seed)  # noqa: NPY002 - what this library draws from
    frame = frame.assign(**{name: frame[name].astype(object) for name in categories})
    start = time.perf_counter()
    transformer = HyperTransformer()
    types = {**dict.fromkeys(numbers, "numerical"), **dict.fromkeys(categories, "categorical")}
    transformers = {
        **{name: FloatFormatter(enforce_min_max_values=True, learn_rounding_scheme=True) for name in numbers},
        **{name: UniformEncoder() for name in categories},
    }
    transformer.set_config({"sdtypes": types, "transformers": transformers})
    shown = transformer.fit_transform(frame)
    model = GaussianMultivariate(distribution=BetaUnivariate, random_state=seed)
    model.fit(shown)
    seconds = time.perf_counter() - start
    return transformer.reverse_transform(model.sample(count)), seconds


def main():
    peer, train, columns, seed, count, out = sys.argv[1:]
    frame, kinds = pd.read_csv(train), json.loads(Path(columns).read_text())
    frame = frame[[*kinds["numbers"], *kinds["categories"]]]
    generate = {"ctgan": ctgan, "copula": copula}[peer]
    made, seconds = generate(frame, kinds["numbers"], kinds["categories"], int(seed), int(count))
    made[frame.columns].to_csv(out, index=False)
    print(json.dumps({"seconds": seconds, "version": version({"copula": "copulas"}.get(peer, peer))}))


if __name__ == "__main__":
    main()
