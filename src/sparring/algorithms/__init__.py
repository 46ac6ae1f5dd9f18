"""Algorithms: which players each phase trains, and on which loss. Each has one file; a recipe selects it by name."""

from .base import Algorithm, Batch, Phase, PhaseResult, algorithm_class, build, register_algorithm
from .step_random import StepRandom

__all__ = ["Algorithm", "Batch", "Phase", "PhaseResult", "StepRandom", "algorithm_class", "build", "register_algorithm"]
