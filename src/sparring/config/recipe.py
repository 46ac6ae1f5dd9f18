"""The recipe: one complete, typed description of a training.

A value of `null` is open: autoconfig fills it from the data, the machine and the budget, and notes the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Protocol, get_args

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError, field_validator, model_validator

from ..errors import nearest
from ..util.registry import Registry

if TYPE_CHECKING:
    from ..losses.adversarial import AdversarialLoss

Share = Annotated[float, Field(ge=0, lt=1)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Latent(Part):
    """Where samples come from: `normal` N(0, 1), `uniform` U(-1, 1), `unit-uniform` U(0, 1)."""

    size: int = Field(100, gt=0, le=65536)
    distribution: Literal["normal", "uniform", "unit-uniform"] = "normal"


class Optimizer(Part):
    name: Literal["adam", "adamw", "rmsprop", "sgd"] = "adam"
    lr: float = Field(2e-4, gt=0)
    betas: tuple[Share, Share] = (0.9, 0.999)  # adam, adamw; rmsprop smooths with the second
    eps: float = Field(1e-8, gt=0)
    momentum: float = Field(0.0, ge=0, lt=1)  # sgd, rmsprop
    weight_decay: float = Field(0.0, ge=0)


class Schedule(Part):
    """The learning rate as a function of images seen: a factor that rises from 0 over `warmup` images and then goes
    from 1 to `final`.

    Left open, `final` is 0, or a hundredth for an exponential schedule.
    """

    kind: Literal["constant", "linear", "cosine", "exponential"] = "constant"
    warmup: int = Field(0, ge=0)
    final: float | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _exponential_stays_positive(self) -> Schedule:
        if self.kind == "exponential" and self.final == 0:
            raise ValueError("an exponential schedule cannot end at 0; give final a small positive value")
        return self


class Penalty(Part):
    """A regulariser of a player's loss.

    With `interval` 1 it is added to the loss. With a larger one it is a phase of its own, taken in every so-many-th
    step with `interval` times the weight, times the player's `steps` (lazy regularisation: Karras et al. 2020,
    arXiv:1912.04958, appendix B).
    """

    weight: float = Field(gt=0)
    interval: int = Field(1, ge=1, le=64)


class Player(Part):
    """One named network and how it is trained.

    steps: Gradient steps in a row in each step of the training. start: Examples seen before its first one, so that the
        other players learn alone until then. clip_weights: The largest absolute weight (Arjovsky et al. 2017,
        arXiv:1701.07875).
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
    """The adversarial loss by name (see losses.adversarial), with label smoothing where it has labels."""

    name: str = "non-saturating"
    real_target: float = Field(1.0, ge=0, le=1)
    fake_target: float = Field(0.0, ge=0, le=1)


class Augmentation(Part):
    """What is done to every picture before the discriminator sees it.

    ada: With a probability that starts at `strength` and follows the discriminator's overfitting up to a cap (Karras et
        al. 2020, arXiv:2006.06676). `speed` is the number of examples that take it from 0 to 1; 0 keeps it fixed.
    diffaugment: Always (Zhao et al. 2020, arXiv:2006.10738).
    operations: Those of the method that are used; null means its usual ones.
    """

    name: Literal["ada", "diffaugment"]
    operations: tuple[str, ...] | None = None
    strength: float = Field(0.0, ge=0, le=0.8)
    target: float = Field(0.6, gt=0, lt=1)
    speed: int = Field(500_000, ge=0)


class AlgorithmConfig(Part):
    """What an algorithm can be told.

    Each algorithm subclasses this in its own module, so that what it does not have cannot be said.

    allowed_penalties: Its players, and the penalties that each may have.
    player_groups: The players that are trained together, in order. Examples are counted in the first of these.
    lazy_penalties: A penalty may be a phase of its own (`interval` above 1).
    latent_distributions: Those that its latents may have.
    translates: Its generator turns inputs into outputs, and takes no latents.
    """

    name: str

    allowed_penalties: ClassVar[Mapping[str, tuple[str, ...]]]
    player_groups: ClassVar[tuple[tuple[str, ...], ...]] = (("discriminator",), ("generator",))
    lazy_penalties: ClassVar[bool] = True
    latent_distributions: ClassVar[tuple[str, ...]] = ("normal", "uniform", "unit-uniform")
    translates: ClassVar[bool] = False

    @property
    def counting_player(self) -> str:
        """The player whose gradient steps each see new examples, which are counted."""
        return self.player_groups[0][0]

    @property
    def adversarial_loss(self) -> AdversarialLoss | None:
        """What both sides minimise; None where no player is played against another."""
        return None

    @property
    def restores(self) -> bool:
        """Whether the output is the input, only better."""
        return False

    def extended(self, times: float) -> AlgorithmConfig:
        """The same for a training that is made so many times as long after it began."""
        return self

    def without_pretraining(self) -> AlgorithmConfig:
        """The same with all players trained from the start."""
        return self

    @property
    def label_map_side(self) -> Literal["input", "output"] | None:
        """Which side of a pair should be label maps, where there are any."""
        return None

    @property
    def learns_classes(self) -> bool:
        """Whether a loss needs the examples' labels."""
        return False

    @property
    def picture_settings(self) -> list[str]:
        """Which of the settings in use work on pictures alone, by name."""
        return []

    def check(self, players: Mapping[str, Player], latent: Latent) -> None:
        """Raises ValueError where the players or the latents do not suit the algorithm."""
        if set(players) != set(self.allowed_penalties):
            wanted = " and ".join(sorted(self.allowed_penalties))
            raise ValueError(f"the algorithm '{self.name}' has the players {wanted}, not {', '.join(sorted(players))}")
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
    """What the registry of algorithms holds: a class with a config class."""

    Config: ClassVar[type[AlgorithmConfig]]


ALGORITHMS: Registry[Any] = Registry("algorithm", "sparring.algorithms")


RANGES = {  # of the strength of degradations; of others (0, 1000)
    "jpeg": (1, 95),
    "downsample": (1, 64),
    "pixelate": (1, 64),
    "noise": (0, 255),
    **dict.fromkeys(("low_light", "low_contrast", "watermark", "mask", "grayscale"), (0, 1)),
}


class Degradation(Part):
    """One degradation of a whole picture (see modalities.image.degradations). Its strength is drawn between minimum and maximum.

    probability: of happening at all.
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
    """Everything that a training needs to know, beside the data and the device.

    Lengths are counted in examples: real ones shown to the players whose steps count them. A value of null is open;
    autoconfig fills it from the data, the machine and the budget.

    Attributes:
        select: Which snapshot is kept: the one of the best score, or the latest.
        value_range: Of encoded values: [-1, 1] (symmetric) or [0, 1] (unit).
        micro_batch: Examples of a forward pass; the gradients of a batch are accumulated.
        examples: The length: 200000, 2M, 50epochs or 30000steps; see `length_from`.
        ema_half_life: Half-life of the exponential moving average of the weights, in examples; 0 keeps none.
        ema_ramp: Early on the half-life is this share of the examples seen (Karras et al. 2020, the program of ADA).
        tick: Examples between two observations of the training.
        score_samples: Generated examples of which a tick's score is taken.
        final_samples: Those of the score of the snapshot that is kept.
        patience: Examples without a better score after which the training ends; 0 means that it never ends early.
        max_rollbacks: How often a training that breaks goes back to its best snapshot, at half the learning rate.
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
    batch: int | None = Field(None, ge=1)
    micro_batch: int | None = Field(None, ge=1)
    examples: int | str | None = None
    ema_half_life: int | None = Field(None, ge=0)
    ema_ramp: float = Field(0.05, gt=0, le=1)
    tick: int | None = Field(None, ge=1)
    score_samples: int | None = Field(None, ge=2)
    final_samples: int | None = Field(None, ge=2)
    patience: int | None = Field(None, ge=0)
    max_rollbacks: int = Field(2, ge=0)
    seed: int = 0
    precision: Literal["float32", "bfloat16"] | None = None

    @field_validator("algorithm", mode="before")
    @classmethod
    def _of_its_own_class(cls, value: Any) -> Any:
        """The config class of the algorithm that is named."""
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

    @property
    def examples_per_step(self) -> int:
        """Real examples that a step counts. The batch must be filled in."""
        assert self.batch
        return self.batch * self.players[self.algorithm.counting_player].steps


def first_fault(error: ValidationError, model: type[Part] | None = None) -> str:
    """The first fault of a part of a recipe, with the nearest known key where one is unknown."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"key '{place}' is unknown; {nearest(str(first['loc'][-1]), _known_keys(model or Recipe, first['loc'][:-1]))}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{place}: {message[0].lower()}{message[1:]}" if place else message


def _known_keys(model: Any, path: tuple[int | str, ...]) -> list[str]:
    """The keys that the part at this path may have."""
    for step in path:
        if step == "players":
            model = dict[str, Player]
        elif model == dict[str, Player]:
            model = Player
        else:
            found = model.model_fields[str(step)].annotation
            model = next((part for part in get_args(found) if hasattr(part, "model_fields")), found)  # Part | None
    return list(model.model_fields) if hasattr(model, "model_fields") else []
