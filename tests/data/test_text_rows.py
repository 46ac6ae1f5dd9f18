import numpy as np
import pytest

import text_samples
from sparring.data.text_rows import rows_of, texts_of


def test_every_text_comes_back():
    texts = [*text_samples.HARD, "", "\n\r\t", "\u2028\u0085"]
    rows = rows_of(texts, 64)
    assert rows.dtype == np.uint8 and rows.shape == (len(texts), 64)
    assert texts_of(rows) == texts


def test_a_long_text_is_cut_behind_a_whole_character():
    assert texts_of(rows_of(["aé", "中中"], 2)) == ["a", ""]
    assert texts_of(rows_of(["中中"], 5)) == ["中"]


def test_a_text_with_a_nul_is_refused():
    with pytest.raises(ValueError, match="NUL"):
        rows_of(["a\0b"], 5)
