"""Small texts for tests: sentences of two kinds, of several alphabets; and bytes that are no text."""

from __future__ import annotations

import numpy as np

from sparring.data.contents import Contents, Item
from sparring.data.options import OpenContext
from sparring.data.text_rows import texts_of
from sparring.modalities.text.gather import Gathered
from sparring.modalities.text.options import TextOptions
from sparring.modalities.text.source import TextSource, build

WORDS = {"praise": ("good", "fine", "great"), "blame": ("bad", "poor", "dull")}
HARD = (  # what must come back exactly
    "naïve café",
    "中文也可以",
    "👩‍👩‍👧 and 🏳️‍🌈",
    "שלום עולם",
    "e\u0301 is not \u00e9",
    "a\ttab and  two spaces ",
    "'quoted' \"twice\", don't",
    "‮mirrored‬",
)


def sentences(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts such as "the film 7 is good", and the class of each."""
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for number in range(count):
        label = list(WORDS)[number % 2]
        thing = f"{('film', 'book', 'play', 'song')[rng.integers(4)]} {rng.integers(1000)}"
        texts.append(f"the {thing} is {'very ' * int(rng.integers(3))}{WORDS[label][rng.integers(3)]}")
        labels.append(label)
    return texts, labels


def source(count: int = 80, labels: str = "auto", seed: int = 0) -> TextSource:
    """A source of sentences, with some letters that bytes must spell."""
    texts, names = sentences(count, seed)
    found = Gathered("lines", contents=Contents(labelled_by="the kind"))
    for number, (text, label) in enumerate(zip(texts, names, strict=True)):
        found.add(text, Item("", f"text {number}", None, label))
    return build("sentences", found, TextOptions(labels=labels), OpenContext())


def texts_in(source: TextSource, split: str | None = None) -> list[str]:
    """All texts of a source, or of one split."""
    splits = ("train", "validation", "test") if split is None else (split,)
    return [text for each in splits for text in texts_of(source.values(np.arange(source.count(each)), each))]
