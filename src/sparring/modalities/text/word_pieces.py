"""Byte-pair encoding: frequent pieces of words as tokens, learned from training texts by Hugging Face `tokenizers`.

Sennrich et al. 2016 (arXiv:1508.07909), section 3.2.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...errors import UserError

WORDS = r" ?[\p{L}\p{M}]+| ?\p{N}+|\s+(?=\S)|\s+|[^\s\p{L}\p{M}\p{N}]+"  # no piece crosses their bounds
MIN_PAIRS = 8  # times that two pieces stand side by side in training texts, to become one

Merges = tuple[tuple[str, str], ...]


def learn_merges(texts: Sequence[str], alphabet: str, count: int) -> Merges:
    """At most `count` pairs of pieces that become one, in the order in which they are joined.

    The first pieces are the characters of the alphabet; other characters belong to no piece.

    Raises:
        UserError: The library is not installed.
    """
    library = _library()
    tokenizer = _split(library, library.models.BPE())
    trainer = library.trainers.BpeTrainer(
        vocab_size=len(alphabet) + count,
        min_frequency=MIN_PAIRS,
        initial_alphabet=list(alphabet),
        limit_alphabet=len(alphabet),
        show_progress=False,
    )
    tokenizer.train_from_iterator(iter(texts), trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return tuple((first, second) for first, second in merges)


def pieces_of(merges: Merges) -> list[str]:
    """The pieces of more than one character, each once, in their order."""
    return list(dict.fromkeys(first + second for first, second in merges))


class WordPieces:
    """Splits texts of known characters into pieces.

    Args:
        numbers: The number of each piece, single characters included.
        merges: The pairs that are joined.
    """

    def __init__(self, numbers: dict[str, int], merges: Merges):
        """Raises UserError where the library is not installed."""
        library = _library()
        self._tokenizer = _split(library, library.models.BPE(vocab=numbers, merges=list(merges)))

    def __call__(self, text: str) -> list[int]:
        """The numbers of the pieces of a text, all of whose characters are known."""
        return self._tokenizer.encode(text).ids


def installed() -> bool:
    """Whether the library is there."""
    try:
        _library()
    except UserError:
        return False
    return True


def _split(library: Any, model: Any) -> Any:
    tokenizer = library.Tokenizer(model)
    tokenizer.pre_tokenizer = library.pre_tokenizers.Split(library.Regex(WORDS), behavior="isolated")
    return tokenizer


def _library() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise UserError(
            'pieces of words need the library tokenizers: run pip install "sparring[text]", or say '
            "--alphabet characters"
        ) from None
    return tokenizers
