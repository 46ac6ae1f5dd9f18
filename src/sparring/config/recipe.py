"""The recipe: one complete, typed description of a training.

A value of `null` is open: autoconfig chooses it from the data, the machine and the budget, and records the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, get_args

from pydantic import Field, SerializeAsAny, ValidationError, field_validator, model_validator

from ..errors import nearest
from ..util.registry import Registry
from .part import Part, Share
from .schedules import BurnIn, Schedule

if TYPE_CHECKING:
    from ..losses.adversarial import AdversarialLoss


class Latent(Part):
    """The distribution of latents: `normal` is N(0, 1), `uniform` is U(-1, 1), `unit-uniform` is U(0, 1)."""

    size: int = Field(100, gt=0, le=65536)
    distribution: Literal["normal", "uniform", "unit-uniform"] = "normal"


class Optimizer(Part):
    """An optimizer of torch.optim and its settings.

    betas: For adam and adamw; rmsprop uses the second as its smoothing constant. momentum: For sgd and rmsprop.
    """

    name: Literal["adam", "adamw", "rmsprop", "sgd"] = "adam"
    lr: float = Field(2e-4, gt=0)
    betas: tuple[Share, Share] = (0.9, 0.999)
    eps: float = Field(1e-8, gt=0)
    momentum: float = Field(0.0, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)


class Penalty(Part):
    """A regulariser of a player's loss.

    With `interval` 1 it is added to the loss. With a larger interval it is a phase of its own that runs in every
    interval-th step, with its weight multiplied by `interval` and by the player's `steps` (lazy regularisation: Karras
    et al. 2020, arXiv:1912.04958, appendix B).
    """

    weight: float = Field(gt=0)
    interval: int = Field(1, ge=1, le=64)


class Player(Part):
    """One network and how it is trained.

    network: The name of the network in the registry. options: Arguments of its constructor.
    steps: Gradient steps in a row in each step of the training.
    start: Examples seen before its first gradient step; until then only the other players are trained.
    clip_weights: The largest absolute weight (Arjovsky et al. 2017, arXiv:1701.07875).
    """

    network: str
    options: dict[str, Any] = {}
    initialisation: Literal["torch", "keras", "dcgan", "kaiming", "xavier", "orthogonal"] = "torch"
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    steps: int = Field(1, ge=1, le=100)
    start: int = Field(0, ge=0)
    penalties: dict[str, Penalty] = {}
    clip_weights: float | None = Field(None, gt=0)


class Objective(Part):
    """The adversarial loss by name (see losses.adversarial).

    real_target, fake_target: Targets of the discriminator for reals and fakes (label smoothing), for losses that have
        such targets.
    """

    name: str = "non-saturating"
    real_target: float = Field(1.0, ge=0, le=1)
    fake_target: float = Field(0.0, ge=0, le=1)


class Augmentation(Part):
    """The augmentation of every picture before the discriminator sees it.

    name: "diffaugment" augments every picture (Zhao et al. 2020, arXiv:2006.10738). "ada" augments with a probability
        that starts at `strength` and follows the discriminator's overfitting up to a cap (Karras et al. 2020,
        arXiv:2006.06676).
    operations: The operations of the method that are used; null means its default ones.
    strength: For ada, the probability at the start.
    target: For ada, the mean sign of the discriminator's logits on training examples that the probability aims at.
    speed: For ada, the number of examples in which the probability can go from 0 to 1; 0 keeps it fixed.
    """

    name: Literal["ada", "diffaugment"]
    operations: tuple[str, ...] | None = None
    strength: float = Field(0.0, ge=0, le=0.8)
    target: float = Field(0.6, gt=0, lt=1)
    speed: int = Field(500_000, ge=0)


class AlgorithmConfig(Part):
    """The settings of an algorithm.

    Each algorithm has a subclass in its own module with exactly the settings that it uses.

    allowed_penalties: The algorithm's players, with the penalties that each may have.
    player_groups: The players that each phase trains together, in order. The first group counts the examples.
    lazy_penalties: Whether a penalty may have an `interval` above 1.
    latent_distributions: The distributions that latents may have.
    translates: Whether the generator turns inputs into outputs and takes no latents.
    """

    name: str

    allowed_penalties: ClassVar[Mapping[str, tuple[str, ...]]]
    player_groups: ClassVar[tuple[tuple[str, ...], ...]] = (("discriminator",), ("generator",))
    lazy_penalties: ClassVar[bool] = True
    latent_distributions: ClassVar[tuple[str, ...]] = ("normal", "uniform", "unit-uniform")
    translates: ClassVar[bool] = False

    @property
    def counting_player(self) -> str:
        """The player each of whose gradient steps takes a new batch; these batches count as examples seen."""
        return self.player_groups[0][0]

    @property
    def adversarial_loss(self) -> AdversarialLoss | None:
        """The adversarial loss; None for algorithms without one. Raises UserError for an unknown one."""
        return None

    @property
    def restores(self) -> bool:
        """Whether outputs are restored inputs, that is whether inputs are degraded targets."""
        return False

    def extended(self, times: float) -> AlgorithmConfig:
        """The settings for a training that is extended to `times` its length after it began."""
        return self

    def without_pretraining(self) -> AlgorithmConfig:
        """The settings with all players trained from the start."""
        return self

    @property
    def label_map_side(self) -> Literal["input", "output"] | None:
        """Which side of a pair should be label maps, if the data has any; None for no preference."""
        return None

    @property
    def learns_classes(self) -> bool:
        """Whether a loss needs the labels of the examples."""
        return False

    @property
    def picture_settings(self) -> list[str]:
        """The names of the settings in use that work for pictures only."""
        return []

    def check(self, players: Mapping[str, Player], latent: Latent) -> None:
        """Raise ValueError if the players or the latents do not suit the algorithm."""
        if set(players) != set(self.allowed_penalties):
            wanted = " and ".join(sorted(self.allowed_penalties))
            raise ValueError(
                f"the algorithm '{self.name}' has the players {wanted}, not {', '.join(sorted(players)) or 'none'}"
            )
        for name, player in players.items():
            self._check_penalties(name, player)
        for name in self.player_groups[0]:
            if players[name].start:
                raise ValueError(f"the {name} starts at example 0: its steps count the examples; leave out start")
        for together in self.player_groups:
            if len({(players[name].start, players[name].steps) for name in together}) > 1:
                raise ValueError(
                    f"the {' and the '.join(together)} are trained in one phase; give them the same start and steps"
                )
        if latent.distribution not in self.latent_distributions:
            allowed = " or ".join(self.latent_distributions)
            raise ValueError(f"latents of the algorithm '{self.name}' are {allowed}, not {latent.distribution}")

    def _check_penalties(self, name: str, player: Player) -> None:
        allowed = self.allowed_penalties[name]
        for penalty, settings in player.penalties.items():
            if penalty not in allowed:
                raise ValueError(f"the {name} has no penalty '{penalty}'; it can have {', '.join(allowed) or 'none'}")
            if settings.interval > 1 and not self.lazy_penalties:
                raise ValueError(
                    f"the algorithm '{self.name}' adds penalties to every loss; leave out interval of the {name}'s "
                    f"'{penalty}'"
                )


class HasConfig(Protocol):
    """An entry of the registry of algorithms: a class with a config class."""

    Config: ClassVar[type[AlgorithmConfig]]


ALGORITHMS: Registry[Any] = Registry("algorithm", "sparring.algorithms")


RANGES = {  # of the strength of degradations; (0, 1000) for those that are not listed
    "jpeg": (1, 95),
    "downsample": (1, 64),
    "pixelate": (1, 64),
    "noise": (0, 255),
    **dict.fromkeys(("low_light", "low_contrast", "watermark", "mask", "grayscale"), (0, 1)),
}


class Degradation(Part):
    """One degradation of a picture (see modalities.image.degradations).

    kind: Its name. minimum, maximum: The range of its random strength.
    probability: The probability that it is applied to a picture.
    """

    kind: Literal[
        "noise",
        "blur",
        "motion_blur",
        "jpeg",
        "downsample",
        "pixelate",
        "low_light",
        "low_contrast",
        "spots",
        "scratches",
        "stains",
        "watermark",
        "mask",
        "grayscale",
    ]
    minimum: float = Field(0.0, ge=0)
    maximum: float = Field(1.0, ge=0)
    probability: float = Field(1.0, gt=0, le=1)

    @model_validator(mode="after")
    def _strength_is_possible(self) -> Degradation:
        low, high = RANGES.get(self.kind, (0, 1000))
        if not low <= self.minimum <= self.maximum <= high:
            raise ValueError(
                f"the strength of '{self.kind}' is between {low} and {high}, its minimum below its maximum, "
                f"not {self.minimum:g} to {self.maximum:g}"
            )
        return self


class Recipe(Part):
    """Everything that defines a training, except the data and the device.

    Lengths are counted in examples: real examples seen by the player whose steps count them (see `counting_player`). A
    value of null is open; autoconfig chooses it from the data, the machine and the budget.

    Attributes:
        name: The name of the recipe. summary: What it learns from and makes, in one clause.
        modalities: The modalities whose data it can train on.
        algorithm: The algorithm, by its name or with its settings.
        players: The networks by name.
        needs_labels: Whether the data must have labels.
        select: Which snapshot the run keeps: the one with the best score, or the latest.
        latent: The distribution of latents.
        value_range: The range of encoded values: [-1, 1] (symmetric) or [0, 1] (unit).
        representation: The form in which values are learned, where a modality has several: of sounds, mel or waveform.
        batch: Examples in a batch.
        shards: Equal parts of a batch that are computed at once, by threads or processes. Batch normalisation sees a
            part; null: one for each core. It pays where a step is work enough, as of `projected`.
        micro_batch: Examples in a forward pass; the gradients of a batch are accumulated over its micro-batches.
        examples: The length: 200000, 2M, 50epochs or 30000steps; see `length_from`.
        ema_half_life: Half-life of the exponential moving average of the weights, in examples; 0 keeps none.
        burn_in: How values change early in the training; null: they do not.
        ema_ramp: Early in the training the half-life is this share of the examples seen (Karras et al. 2020, the
            program of ADA).
        tick: Examples between two observations of the training.
        score_samples: The number of samples from which a tick's score is computed.
        final_samples: The number of samples from which the final score of the saved snapshot is computed.
        patience: Examples without a better score after which the training ends; 0 means that it never ends early.
        max_rollbacks: How often a training that breaks goes back to its best snapshot, each time at half the learning
            rate.
        seed: The seed of all random numbers.
        sizes: Named sets of settings, as of --set, such as the paper's own widths: --set size=paper.
        size: The named set that was chosen; null for none.
        precision: The number format of forward passes that need no full precision.
    """

    name: str
    summary: str = ""
    modalities: tuple[str, ...]
    algorithm: SerializeAsAny[AlgorithmConfig]
    players: dict[str, Player]
    needs_labels: bool = False
    select: Literal["best", "latest"] = "best"
    latent: Latent = Latent()
    value_range: Literal["symmetric", "unit"] = "symmetric"
    representation: str | None = None
    batch: int | None = Field(None, ge=1)
    shards: int | None = Field(1, ge=1)
    micro_batch: int | None = Field(None, ge=1)
    examples: int | str | None = None
    ema_half_life: int | None = Field(None, ge=0)
    burn_in: BurnIn | None = None
    ema_ramp: float = Field(0.05, gt=0, le=1)
    tick: int | None = Field(None, ge=1)
    score_samples: int | None = Field(None, ge=2)
    final_samples: int | None = Field(None, ge=2)
    patience: int | None = Field(None, ge=0)
    max_rollbacks: int = Field(2, ge=0)
    seed: int = 0
    sizes: dict[str, dict[str, Any]] = {}
    size: str | None = None
    precision: Literal["float32", "bfloat16"] | None = None

    @field_validator("algorithm", mode="before")
    @classmethod
    def _of_its_own_class(cls, value: Any) -> Any:
        """The settings as an instance of the config class of the named algorithm."""
        if isinstance(value, str):
            value = {"name": value}
        if isinstance(value, dict):
            config: type[AlgorithmConfig] = ALGORITHMS.get(str(value.get("name"))).Config
            try:
                return config.model_validate(value)
            except ValidationError as error:
                raise ValueError(first_fault(error, config)) from None
        return value

    @model_validator(mode="after")
    def _players_suit_the_algorithm(self) -> Recipe:
        self.algorithm.check(self.players, self.latent)
        return self

    def burn_in_factor(self, of: str, examples: int) -> float:
        """What a value is multiplied by after so many examples seen: 1 without a burn-in. of: A field of BurnIn."""
        return 1.0 if self.burn_in is None else self.burn_in.between(getattr(self.burn_in, of), 1, examples)

    @property
    def examples_per_step(self) -> int:
        """Real examples that a step counts. The batch size must be filled in."""
        assert self.batch
        return self.batch * self.players[self.algorithm.counting_player].steps


def first_fault(error: ValidationError, model: type[Part] | None = None) -> str:
    """The first validation error of a recipe in one sentence; for an unknown key, with the nearest known key."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = _known_keys(model or Recipe, first["loc"][:-1])
        return f"key '{place}' is unknown; {nearest(str(first['loc'][-1]), known)}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{place}: {message[0].lower()}{message[1:]}" if place else message


def _known_keys(model: Any, path: tuple[int | str, ...]) -> list[str]:
    """The keys that the part of a recipe at this path may have."""
    for step in path:
        if step == "players":
            model = dict[str, Player]
        elif model == dict[str, Player]:
            model = Player
        else:
            found = model.model_fields[str(step)].annotation
            model = next((part for part in get_args(found) if hasattr(part, "model_fields")), found)  # Part | None
    return list(model.model_fields) if hasattr(model, "model_fields") else []
