"""A large table with a unique column and thousands of categories, in bounded memory."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np, pandas as pd
import sparring

rows, draw = 300_000, np.random.default_rng(0)
shop = (draw.pareto(1.2, rows) * 30).astype(int) % 5000
opened = draw.integers(0, 900, rows)
frame = pd.DataFrame({
    "code": [f"K{number:07d}" for number in draw.permutation(9_000_000)[:rows]],
    "shop": [f"shop {number}" for number in shop],
    "opened": pd.Timestamp("2021-01-01") + pd.to_timedelta(opened, "D"),
    "closed": pd.Timestamp("2021-01-01") + pd.to_timedelta(opened + draw.poisson(shop % 30), "D"),
    "price": np.round(draw.lognormal(2 + shop % 7 / 7, 1), 2),
})
rules = ["opened <= closed", "unique(code)"]
model = sparring.TableGAN(examples=100_000, constraints=rules, run=sys.argv[1]).fit(frame)
made = model.sample(100_000, where="closed >= 2022-01-01 and price > 5")
assert len(made) == 100_000 and made.code.is_unique and made.code.str.fullmatch(r"K\\d{7,8}").all()
assert len(set(made.code) & set(frame.code)) < 0.05 * len(made)  # of ten million possible codes the data has 3 %
assert (made.opened <= made.closed).all() and (made.closed >= "2022-01-01").all() and (made.price > 5).all()
assert set(made.shop) <= set(frame.shop) and made.shop.nunique() > 1000
assert made.dtypes.equals(frame.dtypes)
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_300000_rows_fit_in_two_gigabytes(tmp_path):
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path / "run")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "about 3." in done.stdout and "of them are values of the data" in done.stdout
    peak = int(done.stdout.split("peak ")[1]) / 2**20
    print(done.stdout[-600:])
    assert peak < 2, f"{peak:.2f} GB"
