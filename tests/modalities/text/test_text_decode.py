"""What is no text, or of another encoding, is refused in one sentence that says what to do."""

import gzip

import pytest

from sparring.errors import UserError
from sparring.modalities.opening import open_data
from text_samples import texts_in

GARBAGE = {
    "utf-16 with a mark": ("hello\nworld\n" * 20).encode("utf-16"),
    "utf-16 without a mark": ("hello\nworld\n" * 20).encode("utf-16-le"),
    "utf-32": ("hello\nworld\n" * 20).encode("utf-32"),
    "latin-1": "café\nnaïve\n".encode("latin-1") * 20,
    "mixed": "café\n".encode() * 9 + "café\n".encode("latin-1"),
    "nul": b"a text\nanother\0text\n" * 20,
    "binary": bytes(range(1, 256)) * 40,
    "controls": b"\x01\x02\x03\x04\n\x05\x06" * 40,
    "empty lines": b"\n\n  \n\n",
    "one long line": b"x" * 2_000_000,
    "damaged gzip": gzip.compress("".join(f"text {number}\n" for number in range(1000)).encode())[:900],
    "one line": b"alone\n",
}
SAID = {
    "utf-16 with a mark": "UTF-16-LE text, not UTF-8: say --encoding utf-16-le",
    "utf-16 without a mark": "UTF-16-LE text, not UTF-8",
    "utf-32": "UTF-32-LE text",
    "latin-1": "line 1 has the byte 0xe9.*--encoding, such as cp1252",
    "mixed": "mixes encodings: line 1 is UTF-8, and line 10 has the byte 0xe9",
    "nul": "NUL characters .the first in line 2",
    "binary": "is binary",
    "controls": "is binary",
    "empty lines": "holds no text: what is there is empty",
    "one long line": "line 1, has 2,000,000 characters.*--texts passages",
    "damaged gzip": "not a whole gzip file",
    "one line": "fewer than two different usable items",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_refused_in_one_sentence(name, tmp_path):
    path = tmp_path / ("texts.txt.gz" if "gzip" in name else "texts.txt")
    path.write_bytes(GARBAGE[name])
    with pytest.raises(UserError, match=SAID[name]) as caught:
        open_data(path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "gb18030"])
def test_another_encoding_is_read_where_a_person_names_it(encoding, tmp_path):
    texts = ["café", "naïve", "déjà vu"] if encoding != "gb18030" else ["中文", "你好", "再见"]
    (tmp_path / "texts.txt").write_bytes("\n".join(texts * 4).encode(encoding))
    source = open_data(tmp_path / "texts.txt", {"encoding": encoding})
    assert set(texts) == set(texts_in(source))


def test_a_mark_of_utf8_is_no_part_of_a_text(tmp_path):
    (tmp_path / "texts.txt").write_bytes(b"\xef\xbb\xbf" + b"first\nsecond\nthird\n")
    assert set(texts_in(open_data(tmp_path / "texts.txt"))) == {"first", "second", "third"}


def test_a_wrong_encoding_is_named(tmp_path):
    (tmp_path / "texts.txt").write_bytes("a café\n".encode("latin-1") * 9)
    with pytest.raises(UserError, match="is not ascii text .byte 5."):
        open_data(tmp_path / "texts.txt", {"encoding": "ascii"})
