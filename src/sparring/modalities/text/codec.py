"""How texts become rows of token numbers and come back exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from ...data.text_rows import rows_of, texts_of
from ...errors import UserError
from ...networks.text import END, TextLayout
from .word_pieces import Merges, WordPieces, installed, learn_merges, pieces_of

MIN_COUNT = 3  # times that a character occurs in training texts, to be a token of its own
MAX_ALPHABET = 4096  # characters
MIN_COVERED = 0.9  # share of all characters that are tokens of their own, else bytes are learned
MAX_PIECES = 1000  # of words, of more than one character
# Of all training texts, and of one on average, to be learned by pieces of words.
MIN_CHARACTERS, MIN_LENGTH = 100_000, 30
LACKING = ' Pieces of words would be quicker for so many long texts: pip install "sparring[text]" brings them.'
FIRST = 1  # the number of the first character


@dataclass(frozen=True)
class TextCodec:
    """Texts, N x bytes uint8 of UTF-8 with zeros after the end <-> token numbers, N x tokens float32.

    The tokens are 0, the end; then the characters of the alphabet; then pieces of words; then the 256 bytes. A
    character outside of the alphabet is written as its UTF-8 bytes, so that every text has tokens, and the same text
    comes back.

    Attributes:
        alphabet: The characters that are tokens of their own; "" where bytes are learned.
        tokens: Of an encoded text, its end included.
        width: Of a value, in bytes.
        writes_bytes: Did training texts need bytes? Else none is generated.
        passages: Are the texts passages of longer ones, which go on?
        merges: The pairs of pieces that make longer pieces; () where there are only characters.
    """

    alphabet: str
    tokens: int
    width: int
    writes_bytes: bool
    passages: bool = False
    merges: Merges = ()
    input: ClassVar[None] = None

    @property
    def shape(self) -> tuple[int]:
        return (self.tokens,)

    @property
    def layout(self) -> TextLayout:
        first_byte = self._first_byte
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
        found, known = list[int](), list[str]()
        for character in text:
            if character in self._numbers:
                known.append(character)
                continue
            found += [*self._known("".join(known)), *(self._first_byte + byte for byte in character.encode())]
            known.clear()
        return found + self._known("".join(known))

    def describe(self) -> dict[str, Any]:
        """codec.json."""
        return {
            "modality": "text",
            "alphabet": self.alphabet,
            "tokens": self.tokens,
            "width": self.width,
            "writes_bytes": self.writes_bytes,
            "passages": self.passages,
            "merges": [list(pair) for pair in self.merges],
            "decode": "0 ends a text; then come the characters of the alphabet, in order, what each of the merges "
            "joins, and the 256 bytes of UTF-8",
        }

    @property
    def _first_byte(self) -> int:
        return FIRST + len(self._numbers)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Of characters and pieces."""
        return {piece: number for number, piece in enumerate([*self.alphabet, *pieces_of(self.merges)], FIRST)}

    @cached_property
    def _split(self) -> Callable[[str], list[int]]:
        return WordPieces(self._numbers, self.merges)

    def _known(self, text: str) -> list[int]:
        """The tokens of a text of the alphabet's characters."""
        return self._split(text) if self.merges and text else [self._numbers[character] for character in text]

    @cached_property
    def _spellings(self) -> list[bytes]:
        """The bytes that each token stands for."""
        return [b"", *(piece.encode() for piece in self._numbers), *(bytes([each]) for each in range(256))]

    def _text(self, numbers: list[int]) -> str:
        end = numbers.index(END) if END in numbers else len(numbers)
        data = b"".join(self._spellings[number] for number in numbers[:end])
        return data.replace(b"\0", b"").decode("utf-8", "ignore")


def fit_codec(training: Sequence[str], every: Sequence[str], asked: str, passages: bool) -> tuple[TextCodec, str]:
    """The codec for texts, and a note on what was chosen.

    Args:
        training: The texts whose characters make the alphabet.
        every: All texts, the longest of which must fit.
        asked: auto, characters, pieces or bytes.
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
    long = total >= max(MIN_CHARACTERS, MIN_LENGTH * len(training))
    wanted = bool(alphabet) and (asked == "pieces" or (asked == "auto" and long))
    lacking = wanted and asked == "auto" and not installed()
    merges = learn_merges(training, alphabet, MAX_PIECES) if wanted and not lacking else ()
    codec = TextCodec(alphabet, 1, 1, bool(set(counts) - set(alphabet)), passages, merges)
    longest = max(len(codec.numbers(text)) for text in every)
    size = max(len(text.encode()) for text in every)
    note = _note(codec, len(counts), covered, asked) + LACKING * lacking
    return replace(codec, tokens=longest + 1, width=size), note


def codec_from(description: dict[str, Any]) -> TextCodec:
    """The inverse of TextCodec.describe(). Raises UserError for what another version, or nobody, has written."""
    if description.get("modality") != "text":
        raise UserError("codec.json is not a description of texts: use the version of sparring that wrote it.")
    names = ("alphabet", "tokens", "width", "writes_bytes", "passages")
    merges = tuple((str(first), str(second)) for first, second in description["merges"])
    codec = TextCodec(**{name: description[name] for name in names}, merges=merges)
    joined = set("".join(pieces_of(merges)))
    if len(set(codec.alphabet)) != len(codec.alphabet) or joined - set(codec.alphabet):
        raise UserError("codec.json is damaged: its alphabet or its merges cannot be.")
    if min(codec.tokens, codec.width) < 1:
        raise UserError("codec.json is damaged: its lengths cannot be.")
    return codec


def _note(codec: TextCodec, known: int, covered: float, asked: str) -> str:
    alphabet, pieces = codec.alphabet, len(pieces_of(codec.merges))
    why = ", as asked" if asked != "auto" else ""
    if not alphabet:
        reason = why or f": {known:,} different characters, of which few are frequent"
        return f"Texts are learned by UTF-8 bytes{reason}."
    rare = known - len(alphabet)
    others = f"; {rare:,} rare ones, {1 - covered:.2%} of all, are spelled by their bytes" if rare else ""
    if pieces:
        return f"Texts are learned by {pieces:,} pieces of words{why}, and by characters: {len(alphabet):,}{others}."
    return f"Texts are learned by characters{why}: {len(alphabet):,} different ones{others}."
