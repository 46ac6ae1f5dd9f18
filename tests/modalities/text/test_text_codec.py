import json
import sys

import numpy as np
import pytest
import torch

import text_samples
from sparring.data.text_rows import rows_of, texts_of
from sparring.errors import UserError
from sparring.modalities.text.codec import codec_from, fit_codec
from sparring.modalities.text.word_pieces import pieces_of


def fitted(training, every=None, asked="auto"):
    return fit_codec(training, every or training, asked, False)[0]


@pytest.mark.parametrize("asked", ["auto", "characters", "pieces", "bytes"])
def test_every_text_comes_back_whatever_the_alphabet_knows(asked):
    """Chinese, emoji, right-to-left, combining marks: none was in training, and none becomes unknown."""
    codec = fitted(["abc def"] * 9, ["abc def", *text_samples.HARD], asked)
    values = rows_of(text_samples.HARD, codec.width)
    encoded = codec.encode(values)
    assert encoded.shape == (len(text_samples.HARD), *codec.shape) and encoded.dtype == torch.float32
    assert encoded.max() < codec.layout.vocabulary
    np.testing.assert_array_equal(codec.decode(encoded), values)


def test_pieces_of_words_are_those_that_stand_side_by_side_most_often():
    """By hand: "lo" stands in all 20 words, "low" in 16 of them, and a word never joins the next."""
    pytest.importorskip("tokenizers")
    codec, note = fit_codec(["low low"] * 8 + ["lot 中"] * 4, ["low low", "lot 中"], "pieces", False)
    assert pieces_of(codec.merges)[:2] == ["lo", "low"]
    assert not any(" " in piece[1:] for piece in pieces_of(codec.merges))
    assert [codec.texts(torch.tensor([[number]]))[0] for number in codec.numbers("low lot")] == ["low", " ", "lo", "t"]
    assert "pieces of words, as asked" in note and codec.tokens < len("low low") + 1


@pytest.mark.parametrize("texts", [list(text_samples.HARD) * 9, text_samples.sentences(200)[0], ["<0x41> <0x41>"] * 20])
def test_pieces_come_back_exactly_and_are_the_same_each_time(texts):
    pytest.importorskip("tokenizers")
    codec = fitted(texts, [*texts, *text_samples.HARD], "pieces")
    values = rows_of([*texts, *text_samples.HARD, "", " ", "\n\n a\t"], codec.width)
    np.testing.assert_array_equal(codec.decode(codec.encode(values)), values)
    assert fitted(texts, [*texts, *text_samples.HARD], "pieces") == codec
    assert codec.encode(values).max() < codec.layout.vocabulary


def test_long_texts_are_learned_by_pieces_and_short_or_few_ones_by_characters():
    pytest.importorskip("tokenizers")
    long = [f"{text}, and {text} again" for text in text_samples.sentences(2000)[0]]
    assert fitted(long).merges and not fitted(long[:500]).merges
    assert not fitted([text[:12] for text in long] * 5).merges
    assert not fitted(long, asked="characters").merges


def test_without_the_library_texts_are_learned_by_characters(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    long = [f"{text}, and {text} again" for text in text_samples.sentences(2000)[0]]
    codec, note = fit_codec(long, long, "auto", False)
    assert not codec.merges and 'pip install "sparring[text]"' in note
    with pytest.raises(UserError, match="or say --alphabet characters"):
        fit_codec(long, long, "pieces", False)


def test_characters_are_tokens_and_rare_ones_are_bytes():
    codec = fitted(["abab"], ["abab", "aé"])
    assert codec.alphabet == "ab" and not codec.writes_bytes
    assert codec.encode(rows_of(["aé"], 5)).tolist() == [[1, 3 + 0xC3, 3 + 0xA9, 0, 0]]
    assert codec.layout == (3 + 256, 3)  # bytes are known, and never generated


def test_many_rare_characters_are_spelled_by_bytes_that_are_generated():
    rare = "".join(chr(0x4E00 + number) for number in range(300))
    codec, note = fit_codec(["的一" * 2000, rare], [rare], "auto", False)
    assert codec.alphabet == "一的" and codec.writes_bytes
    assert "299 rare ones" in note and codec.layout.generated == codec.layout.vocabulary
    everything, note = fit_codec([rare], [rare], "auto", False)
    assert everything.alphabet == "" and "UTF-8 bytes" in note


def test_any_tensor_is_decoded_to_a_text():
    codec = fitted(["abc", "é"])
    noise = torch.randn(20, codec.tokens) * 300
    noise[0, 0], noise[1, 0] = float("nan"), float("inf")
    assert all(isinstance(text, str) for text in texts_of(codec.decode(noise)))
    broken = torch.tensor([[1.0, 5 + 0xC3, 2.0]])  # half a character between two
    assert codec.texts(broken) == ["ab"]


def test_the_description_gives_the_same_codec():
    codec = fitted(["abc", "中"])
    assert codec_from(codec.describe()) == codec
    pieces = fitted(["low lower"] * 20, asked="pieces")
    assert codec_from(json.loads(json.dumps(pieces.describe()))) == pieces
    with pytest.raises(UserError, match="damaged"):
        codec_from({**pieces.describe(), "merges": [["l", "x"]]})
    with pytest.raises(UserError, match="not a description of texts"):
        codec_from({**codec.describe(), "modality": "audio"})
    with pytest.raises(UserError, match="damaged"):
        codec_from({**codec.describe(), "alphabet": "aab"})


def test_the_choice_is_told():
    assert "27" in fit_codec(["abcdefghijklmnopqrstuvwxyz "], ["a"], "auto", False)[1]
    assert "as asked" in fit_codec(["abc"], ["a"], "bytes", False)[1]
