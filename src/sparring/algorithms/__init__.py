"""Algorithms: who is trained in which phase, and on which loss. One file each, found by its name in a recipe."""

from .base import Algorithm, Batch, Phase, PhaseResult, algorithm_class, build, register_algorithm
from .step_random import StepRandom

__all__ = ["Algorithm", "Batch", "Phase", "PhaseResult", "StepRandom", "algorithm_class", "build", "register_algorithm"]
