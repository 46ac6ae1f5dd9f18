"""How texts become rows of token numbers and come back exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ...data.text_rows import rows_of, texts_of
from ...errors import UserError
from ...networks.text import END, TextLayout

MIN_COUNT = 3  # times that a character occurs in training texts, to be a token of its own
MAX_ALPHABET = 4096  # characters
MIN_COVERED = 0.9  # share of all characters that are tokens of their own, else bytes are learned
FIRST = 1  # the number of the first character


@dataclass(frozen=True)
class TextCodec:
    """Texts, N x bytes uint8 of UTF-8 with zeros after the end <-> token numbers, N x tokens float32.

    The tokens are 0, the end; then the characters of the alphabet; then the 256 bytes. A character outside of the
    alphabet is written as its UTF-8 bytes, so that every text has tokens, and the same text comes back.

    Attributes:
        alphabet: The characters that are tokens of their own; "" where bytes are learned.
        tokens: Of an encoded text, its end included.
        width: Of a value, in bytes.
        writes_bytes: Did training texts need bytes? Else none is generated.
        passages: Are the texts passages of longer ones, which go on?
    """

    alphabet: str
    tokens: int
    width: int
    writes_bytes: bool
    passages: bool = False
    input: ClassVar[None] = None

    @property
    def shape(self) -> tuple[int]:
        return (self.tokens,)

    @property
    def layout(self) -> TextLayout:
        first_byte = FIRST + len(self.alphabet)
        return TextLayout(first_byte + 256, first_byte + 256 if self.writes_bytes else first_byte)

    def encode(self, values: np.ndarray) -> Tensor:
        """A text of too many tokens is cut, without an end."""
        rows = torch.zeros(len(values), self.tokens)
        for row, text in zip(rows, texts_of(values), strict=True):
            numbers = self.numbers(text)[: self.tokens]
            row[: len(numbers)] = torch.tensor(numbers, dtype=torch.float32)
        return rows

    def decode(self, tensor: Tensor) -> np.ndarray:
        """Up to the first end. Bytes that are no character are left out, and what goes beyond `width` is cut."""
        return rows_of(self.texts(tensor), self.width)

    def texts(self, tensor: Tensor) -> list[str]:
        """Token numbers, N x any, as texts."""
        found = torch.nan_to_num(tensor.detach().to("cpu", torch.float32), nan=0.0).round()
        numbers = found.clamp(0, self.layout.vocabulary - 1).to(torch.int64).tolist()
        return [self._text(row) for row in numbers]

    def numbers(self, text: str) -> list[int]:
        """The tokens of a text, without its end."""
        first_byte, found = FIRST + len(self.alphabet), list[int]()
        for character in text:
            number = self._numbers.get(character)
            if number is None:
                found += [first_byte + byte for byte in character.encode()]
            else:
                found.append(number)
        return found

    def describe(self) -> dict[str, Any]:
        """codec.json."""
        return {
            "modality": "text",
            "alphabet": self.alphabet,
            "tokens": self.tokens,
            "width": self.width,
            "writes_bytes": self.writes_bytes,
            "passages": self.passages,
            "decode": "0 ends a text; then come the characters of the alphabet, in order, then the 256 bytes of UTF-8",
        }

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {character: number for number, character in enumerate(self.alphabet, FIRST)}

    @cached_property
    def _spellings(self) -> list[bytes]:
        """The bytes that each token stands for."""
        return [b"", *(character.encode() for character in self.alphabet), *(bytes([each]) for each in range(256))]

    def _text(self, numbers: list[int]) -> str:
        end = numbers.index(END) if END in numbers else len(numbers)
        data = b"".join(self._spellings[number] for number in numbers[:end])
        return data.replace(b"\0", b"").decode("utf-8", "ignore")


def fit_codec(training: Sequence[str], every: Sequence[str], asked: str, passages: bool) -> tuple[TextCodec, str]:
    """The codec for texts, and a note on what was chosen.

    Args:
        training: The texts whose characters make the alphabet.
        every: All texts, the longest of which must fit.
        asked: auto, characters or bytes.
        passages: See TextCodec.
    """
    counts = Counter(character for text in training for character in text)
    total = sum(counts.values())
    frequent = sorted(counts, key=lambda each: (-counts[each], each))[:MAX_ALPHABET]
    least = 1 if len(counts) <= 256 else MIN_COUNT
    alphabet = "".join(sorted(each for each in frequent if counts[each] >= least))
    covered = sum(counts[each] for each in alphabet) / max(1, total)
    if asked == "bytes" or (asked == "auto" and covered < MIN_COVERED):
        alphabet = ""
    codec = TextCodec(alphabet, 1, 1, bool(set(counts) - set(alphabet)), passages)
    longest = max(len(codec.numbers(text)) for text in every)
    size = max(len(text.encode()) for text in every)
    note = _note(alphabet, len(counts), covered, asked)
    return TextCodec(alphabet, longest + 1, size, codec.writes_bytes, passages), note


def codec_from(description: dict[str, Any]) -> TextCodec:
    """The inverse of TextCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("modality") != "text":
        raise UserError("codec.json is not a description of texts: use the version of sparring that wrote it.")
    names = ("alphabet", "tokens", "width", "writes_bytes", "passages")
    codec = TextCodec(**{name: description[name] for name in names})
    if len(set(codec.alphabet)) != len(codec.alphabet) or min(codec.tokens, codec.width) < 1:
        raise UserError("codec.json is damaged: its alphabet or its lengths cannot be.")
    return codec


def _note(alphabet: str, known: int, covered: float, asked: str) -> str:
    why = ", as asked" if asked != "auto" else ""
    if not alphabet:
        reason = why or f": {known:,} different characters, of which few are frequent"
        return f"Texts are learned by UTF-8 bytes{reason}."
    rare = known - len(alphabet)
    others = f"; {rare:,} rare ones, {1 - covered:.2%} of all, are spelled by their bytes" if rare else ""
    return f"Texts are learned by characters{why}: {len(alphabet):,} different ones{others}."
