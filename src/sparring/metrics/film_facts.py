"""The facts of the scores of films."""

from __future__ import annotations

from .score_fact import ScoreFacts

FILM_FACTS = [
    ScoreFacts(
        "frame_distance",
        "Frechet distance of frames",
        "How far single frames of films are from those of real films, whatever their order.",
    ),
    ScoreFacts(
        "motion_distance",
        "Frechet distance of motion",
        "How far what changes from frame to frame is from that of real films.",
    ),
    ScoreFacts(
        "motion_amount",
        "amount of motion",
        "The root mean square change from frame to frame, as a share of the range of values.",
        "",
    ),
    ScoreFacts(
        "motion_variation",
        "variation of motion",
        "The standard deviation of the change from frame to frame, as a share of its mean.",
        "",
    ),
    ScoreFacts(
        "speed",
        "speed (pixels a frame)",
        "How far the middle of what moves travels from frame to frame, as a mean.",
        "",
    ),
    ScoreFacts(
        "speed_variation",
        "variation of speed",
        "The standard deviation of the speed, as a share of its mean.",
        "",
    ),
    ScoreFacts(
        "identity_kept",
        "identity kept",
        "The share of frames in which a classifier sees what it sees in most frames of the film.",
        "higher",
    ),
]
