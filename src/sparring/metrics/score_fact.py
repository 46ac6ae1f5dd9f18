"""What is known of one score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher", ""]  # "": neither, or it depends on more than the generator


@dataclass(frozen=True)
class ScoreFacts:
    """A score, described for people.

    Args:
        key: Its name in files and options.
        title: Its name within a sentence.
        meaning: One sentence for a person who has never heard of it, without the direction that is better.
        better: Which direction is better.
        trivial: Whether a trivial baseline is measured too, such as the input itself or the most frequent class.
    """

    key: str
    title: str
    meaning: str
    better: Better = "lower"
    trivial: bool = False

    @property
    def explanation(self) -> str:
        """The meaning, and which direction is better."""
        return f"{self.meaning} {self.better.capitalize()} is better." if self.meaning and self.better else self.meaning
