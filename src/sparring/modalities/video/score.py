"""Scores of films while training: frames and motion apart, how much and how fast films move, whether things stay."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...data.source import Source
from ...metrics import film_motion, frechet
from ...metrics.online_score import DetailedScore, choose_examples
from .features import FilmFeatures

MAX_FILMS = 1000  # of each side


class VideoScore(DetailedScore):
    """The online score, and the scores of `film_scores`."""

    def __init__(self, net: Any, source: Source, count: int, seed: int):
        held_out = choose_examples(source.count("test"), MAX_FILMS, seed, "films")
        self.film_net: FilmFeatures = net
        self.held_out = reference(net, source.values(held_out, "test"))
        super().__init__(net, source, count, seed)

    def details(self, values: np.ndarray) -> dict[str, float]:
        return film_scores(self.film_net, values[:MAX_FILMS], self.held_out)


def reference(net: FilmFeatures, films: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The features of frames and of motion of real films."""
    return net.of_frames(films)[0], net.of_motion(films)


def film_scores(net: FilmFeatures, films: np.ndarray, held_out: tuple[np.ndarray, np.ndarray]) -> dict[str, float]:
    """Scores of films by name. held_out: the reference of held-out films."""
    frames, classes = net.of_frames(films)
    scores = {
        "frame_distance": frechet.frechet_distance(frames, held_out[0]),
        "motion_distance": frechet.frechet_distance(net.of_motion(films), held_out[1]),
        "motion_amount": float(film_motion.amounts(films).mean()),
        "motion_variation": film_motion.variation(film_motion.amounts(films)),
        "speed": float(np.nan_to_num(np.nanmean(film_motion.speeds(films)))),
        "speed_variation": film_motion.variation(film_motion.speeds(films)),
    }
    return scores if classes is None else {**scores, "identity_kept": film_motion.kept(classes)}
