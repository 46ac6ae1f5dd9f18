"""What one request, and all of them together, may take from the machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The bounds of a service.

    Attributes:
        samples: Samples of one request; frames of one walk.
        values: Pixels times channels, or the like, of all samples of one request.
        pixels: Pixels of one uploaded picture, all of its frames together (or samples of a sound).
        body: Bytes of one request.
        waiting: Requests that may wait for the model; more are refused with 429.
        seconds: How long an answer may take, waiting included.
        upload_seconds: How long the head of a request, and then its body, may take to arrive.
        evaluation_seconds: How long an evaluation may take.
        rate: Requests a second from one address; None: any number.
    """

    samples: int = 1000
    values: int = 1 << 26
    pixels: int = 16_000_000
    body: int = 32 << 20
    waiting: int = 64
    seconds: float = 60.0
    upload_seconds: float = 15.0
    evaluation_seconds: float = 1800.0
    rate: float | None = None
