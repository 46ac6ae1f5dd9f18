"""What a service answers with where it does not answer with a result: a status and one sentence."""

from __future__ import annotations


class Refused(Exception):
    """A request that gets no result.

    Attributes:
        status: The HTTP status.
        sentence: What is wrong, and what to do.
        headers: Of the answer, such as Retry-After.
    """

    def __init__(self, status: int, sentence: str, headers: dict[str, str] | None = None):
        super().__init__(sentence)
        self.status, self.sentence, self.headers = status, sentence, headers or {}


class Abandoned(Exception):
    """Nobody waits for the result any more: the time is up, or the client has gone."""
