"""The recipe: one complete, typed description of a training, read from and written to YAML.

A value of `null` is open: `choose` fills it from the data, the machine and the budget, and notes the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import UserError, nearest
from ..util.files import read_text

FORMAT = 1


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
    """The learning rate as a function of images seen: a factor that rises from 0 over `warmup` images and then goes from 1 to `final`.

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


WEIGHT_PENALTIES = ("l1", "l2", "orthogonal")
DISCRIMINATOR_PENALTIES = ("r1", "r2", "gradient-penalty", "dragan", "consistency")
BESIDE_PICTURES = tuple(name for name in DISCRIMINATOR_PENALTIES if name != "consistency")  # which shifts one of two that belong together
GENERATOR_PENALTIES = ("path-length",)


@dataclass(frozen=True)
class Rules:
    """What a game makes of a recipe.

    penalties: its players, and those that each can have. turns: who learns together; the first of them counts the images.
    without: parts of a recipe that mean nothing in it; only: parts that mean something in few games, this one among them. lazy: penalties
    may be turns of their own.
    """

    penalties: dict[str, tuple[str, ...]]
    turns: tuple[tuple[str, ...], ...]
    without: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    lazy: bool = True
    latents: tuple[str, ...] = ("normal", "uniform", "unit-uniform")


OPPONENTS = {"generator": WEIGHT_PENALTIES, "discriminator": WEIGHT_PENALTIES + DISCRIMINATOR_PENALTIES}
IN_TURN = (("discriminator",), ("generator",))
RULES = {
    "synthesis": Rules({**OPPONENTS, "generator": WEIGHT_PENALTIES + GENERATOR_PENALTIES}, IN_TURN, only=("shared_fakes",)),
    "autoencoder": Rules(
        {"encoder": WEIGHT_PENALTIES, "generator": WEIGHT_PENALTIES},
        (("encoder", "generator"),),
        without=("objective", "class_loss", "augmentation", "style_mixing"),
        lazy=False,
        latents=("normal",),  # what its encoder's are drawn towards
    ),
    "translation": Rules(
        {**OPPONENTS, "discriminator": WEIGHT_PENALTIES + BESIDE_PICTURES},
        IN_TURN,
        without=("class_loss", "style_mixing", "augmentation"),
        only=("fidelity", "degradations", "label_maps"),
    ),
    "cycle": Rules(
        {"generator": (), "back": (), "discriminator": ("r1",), "discriminator_back": ("r1",)},
        (("discriminator", "discriminator_back"), ("generator", "back")),
        without=("class_loss", "style_mixing", "augmentation"),
        only=("cycle", "identity", "pool", "domains"),
        lazy=False,
    ),
    "contrast": Rules(
        OPPONENTS,
        IN_TURN,
        without=("class_loss", "style_mixing", "augmentation"),
        only=("contrast", "identity", "domains"),
    ),
    "semi-supervised": Rules(
        {**OPPONENTS, "discriminator": (*OPPONENTS["discriminator"], "pseudo-labels")},
        IN_TURN,
        without=("class_loss", "style_mixing"),
        only=("labelled", "opponent", "shared_fakes"),
    ),
}
RARE = {part for rules in RULES.values() for part in rules.only}


class Penalty(Part):
    """A regulariser of a player: added to its loss, or, every `every` steps, a turn of its own with `every` times the weight, times
    the player's `repeats` (lazy regularisation: Karras et al. 2020, arXiv:1912.04958, appendix B)."""

    weight: float = Field(gt=0)
    every: int = Field(1, ge=1, le=64)


class Player(Part):
    """One named network and how it learns."""

    network: str
    options: dict[str, Any] = {}
    initialisation: Literal["torch", "keras", "dcgan", "kaiming", "xavier", "orthogonal"] = "torch"
    optimizer: Optimizer = Optimizer()
    schedule: Schedule = Schedule()
    repeats: int = Field(1, ge=1, le=100)  # turns a step
    begin: int = Field(0, ge=0)  # images seen before its first turn: a phase in which its opponent learns alone
    penalties: dict[str, Penalty] = {}
    clip_weights: float | None = Field(None, gt=0)


class Objective(Part):
    name: str = "non-saturating"
    real_target: float = Field(1.0, ge=0, le=1)
    fake_target: float = Field(0.0, ge=0, le=1)


class Augmentation(Part):
    """What is done to every picture before the discriminator sees it.

    ada: with a probability that starts at `strength` and follows the discriminator's over-fitting up to a cap (Karras et al. 2020,
    arXiv:2006.06676); `speed` images take it from 0 to 1, and 0 keeps it fixed. diffaugment: always (Zhao et al. 2020, arXiv:2006.10738).
    operations: those of the method that are used; open means all of them.
    """

    name: Literal["ada", "diffaugment"]
    operations: tuple[str, ...] | None = None
    strength: float = Field(0.0, ge=0, le=0.8)
    target: float = Field(0.6, gt=0, lt=1)
    speed: int = Field(500_000, ge=0)


class Fidelity(Part):
    """Weights, in the generator's loss, of how far what it makes lies from the truth; `adversarial`: of the opponent's verdict, 0: there is none.

    l1: the mean absolute difference. cross_entropy: of label maps. features: the mean absolute difference of what the discriminator's
    layers see (Wang et al. 2018, arXiv:1711.11585, eq. 4). perceptual: the distance in the score's own features (metrics.fidelity).
    every: the opponent plays in every so-many-th step, and what it says counts as much more there. alone: the share of the training in which it
    does not play yet (as Ledig et al. 2017, arXiv:1609.04802, section 3.2, and Wang et al. 2018, arXiv:1809.00219, section 4.1, begin without one).
    """

    adversarial: float = Field(1.0, ge=0)
    every: int = Field(1, ge=1, le=64)
    alone: float = Field(0.0, ge=0, lt=1)
    l1: float = Field(0.0, ge=0)
    cross_entropy: float = Field(0.0, ge=0)
    features: float = Field(0.0, ge=0)
    perceptual: float = Field(0.0, ge=0)

    @model_validator(mode="after")
    def _something_is_learned_from(self) -> Fidelity:
        alone = self.l1 or self.cross_entropy or self.perceptual  # what it learns from without an opponent
        if not (self.adversarial or alone):
            raise ValueError("fidelity weighs nothing; give l1, cross_entropy, perceptual or adversarial a weight")
        if self.every > 1 and not alone:
            raise ValueError("with a rare opponent (fidelity.every) the generator has nothing to learn from in between; give l1 a weight")
        if self.alone and self.every == 1:
            raise ValueError("an opponent that comes later (fidelity.alone) is a rare one too; set fidelity.every to 2 or more")
        return self


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
    name: str
    summary: str = ""
    modalities: tuple[str, ...]
    game: Literal["synthesis", "autoencoder", "translation", "cycle", "contrast", "semi-supervised"] = "synthesis"
    players: dict[str, Player]
    objective: Objective | None = Objective()  # null in a game without an opponent
    class_loss: float = Field(0.0, ge=0)  # weight of the auxiliary classifier (Odena et al. 2017, arXiv:1610.09585) in both players' losses
    needs_labels: bool = False
    labelled: int | None = Field(None, ge=1)  # of the game `semi-supervised`: training examples whose label is shown; null: all
    opponent: float | None = Field(None, gt=0)  # of the same game: weight of real against generated beside the classes; null: 1
    hand_out: Literal["best", "latest"] = "best"  # which snapshot: the one of the best score, or the last
    augmentation: Augmentation | None = None
    style_mixing: Annotated[float, Field(ge=0, le=1)] = 0.0  # share of samples made of two latents (style-based generators)
    shared_fakes: bool = False  # both players learn from the same samples (and draws), made once; else the generator from new ones
    fidelity: Fidelity | None = None  # of the game `translation`
    degradations: tuple[Degradation, ...] | None = None  # of the inputs, which are made from whole pictures, in this order
    label_maps: Literal["input", "output"] | None = None  # which side of pairs should be label maps, where there are any
    domains: tuple[str, str] | None = None  # of the games `cycle` and `contrast`: two classes, the first of which is turned into the second
    cycle: float = Field(0.0, ge=0)  # weight of the way there and back (Zhu et al. 2017, arXiv:1703.10593, eq. 2)
    contrast: float = Field(0.0, ge=0)  # weight of recognising each patch among the others (Park et al. 2020, arXiv:2007.15651, eq. 3)
    identity: float = Field(0.0, ge=0)  # weight of leaving pictures of the other domain as they are (Zhu et al. 2017, section 5.2)
    pool: int = Field(0, ge=0)  # made pictures remembered and shown to the discriminators again (Shrivastava et al. 2017)
    latent: Latent = Latent()
    value_range: Literal["symmetric", "unit"] = "symmetric"  # of encoded values: [-1, 1] or [0, 1]
    batch: int | None = Field(None, ge=1)
    micro_batch: int | None = Field(None, ge=1)  # examples a forward pass; gradients of a batch are accumulated
    images: int | str | None = None  # 2M, 50epochs, 30000steps; see `images_from`
    ema_half_life: int | None = Field(None, ge=0)  # images; 0: no average is kept
    ema_ramp: float = Field(0.05, gt=0, le=1)  # early on the half-life is this share of the images seen (Karras et al. 2020, ADA code)
    tick: int | None = Field(None, ge=1)  # images between two looks at the training
    score_samples: int | None = Field(None, ge=2)  # generated examples that the score of a tick looks at
    final_samples: int | None = Field(None, ge=2)  # and the score of the snapshot that is handed out
    patience: int | None = Field(None, ge=0)  # images without a better score after which the training ends; 0: it never ends early
    rescues: int = Field(2, ge=0)  # how often a training that breaks goes back to its best snapshot, at half the learning rate
    seed: int = 0
    precision: Literal["float32", "bfloat16"] | None = None

    @property
    def restores(self) -> bool:
        """Is what is made of the same kind as what is given, only better?"""
        return bool(self.degradations) and all(each.kind != "grayscale" for each in self.degradations or ())

    @model_validator(mode="after")
    def _game_has_its_players(self) -> Recipe:
        allowed = RULES[self.game].penalties
        if set(self.players) != set(allowed):
            raise ValueError(f"the game '{self.game}' is played by {' and '.join(sorted(allowed))}, not {', '.join(sorted(self.players))}")
        for name, player in self.players.items():
            for penalty, settings in player.penalties.items():
                if penalty not in allowed[name]:
                    raise ValueError(f"the {name} has no penalty '{penalty}'; it can have {', '.join(allowed[name]) or 'none'}")
                if settings.every > 1 and not RULES[self.game].lazy:
                    raise ValueError(
                        f"in the game '{self.game}' a penalty is part of every loss; leave out every of the {name}'s '{penalty}'"
                    )
        return self

    @model_validator(mode="after")
    def _players_know_when_it_is_their_turn(self) -> Recipe:
        turns = RULES[self.game].turns
        for name in turns[0]:
            if self.players[name].begin:
                raise ValueError(f"the {name} begins at image 0: images are counted by its turns")
        for learners in turns:
            if len({(self.players[name].begin, self.players[name].repeats) for name in learners}) > 1:
                raise ValueError(f"the {' and the '.join(learners)} learn in one turn; give them the same begin and repeats")
        if self.shared_fakes and any(player.repeats > 1 for player in self.players.values()):
            raise ValueError("with shared_fakes both players learn once from the same samples; set repeats to 1, or shared_fakes to false")
        if self.fidelity and self.fidelity.every > 1:
            for name, player in self.players.items():
                lazy = any(penalty.every > 1 for penalty in player.penalties.values())
                if player.repeats > 1 or player.begin or lazy:
                    raise ValueError(
                        f"with a rare opponent (fidelity.every) the {name} has no repeats, begin or lazy penalties; set fidelity.every to 1"
                    )
        return self

    @model_validator(mode="after")
    def _says_nothing_that_means_nothing(self) -> Recipe:
        rules = RULES[self.game]
        for key in rules.without:
            if getattr(self, key):
                raise ValueError(
                    f"the game '{self.game}' has no {key}; leave it {'at 0' if isinstance(getattr(self, key), float) else 'null'}"
                )
        for key in RARE - set(rules.only):
            if getattr(self, key):
                raise ValueError(f"the game '{self.game}' has no {key}; leave it out")
        if self.objective is None and "objective" not in rules.without:
            raise ValueError(f"the game '{self.game}' needs an objective, for example {{name: non-saturating}}")
        if self.latent.distribution not in rules.latents:
            raise ValueError(f"in the game '{self.game}' latents are {' or '.join(rules.latents)}, not {self.latent.distribution}")
        return self


def list_recipes() -> list[str]:
    """The names of the recipes that come with the package."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _folder().iterdir() if entry.name.endswith(".yaml"))


def recipe_text(name: str) -> str:
    """The YAML of a shipped recipe, comments and sources included. Raises UserError for an unknown name."""
    if name not in list_recipes():
        raise UserError(f"recipe '{name}' is unknown; {nearest(name, list_recipes())}")
    return (_folder() / f"{name}.yaml").read_text(encoding="utf-8")


def load_recipe(name: str) -> Recipe:
    """A shipped recipe by name, or a recipe of one's own by the path of its YAML file."""
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise UserError(f"there is no recipe file {name}")
        return recipe_from(parse_yaml(read_text(path), name), name)
    return recipe_from(parse_yaml(recipe_text(name), name), name)


def parse_yaml(text: str, origin: str) -> dict[str, Any]:
    """A YAML mapping of format 1, without its `format` key. Raises UserError naming `origin`."""
    try:
        value = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise UserError(f"{origin} is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(value, dict):
        raise UserError(f"{origin} should be a mapping of keys to values")
    found = value.pop("format", None)
    if found != FORMAT:
        raise UserError(f"{origin} has format {found}, this version of sparring reads format {FORMAT}")
    return value


def recipe_from(values: dict[str, Any], origin: str) -> Recipe:
    """A recipe from plain values; refuses unknown keys and impossible values in one sentence."""
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise UserError(f"{origin}: {_sentence(error)}") from None


def with_settings(recipe: Recipe, settings: dict[str, Any], origin: str = "--set") -> Recipe:
    """The recipe with dotted keys replaced: {"players.generator.optimizer.lr": 1e-3}. What lies under `options` or `penalties` may be new."""
    values = recipe.model_dump(mode="json")
    for key, value in settings.items():
        *path, last = key.split(".")
        node = values
        for part in path:
            node = _child(node, part, key, origin)
        if not isinstance(node, dict) or (last not in node and path[-1:] not in (["options"], ["penalties"])):
            _child(node, last, key, origin)
        node[last] = value
    return recipe_from(values, origin)


def parse_settings(settings: list[str] | tuple[str, ...]) -> dict[str, Any]:
    """["batch=64", "players.generator.optimizer.lr=1e-3"] as a mapping; values are read as YAML."""
    parsed = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key:
            raise UserError(f"--set {setting} should look like key=value, for example --set batch=64")
        try:
            parsed[key.strip()] = yaml.load(text, Loader=_Loader)
        except yaml.YAMLError:
            raise UserError(f"--set {setting}: '{text}' is not a value that YAML can read") from None
    return parsed


def images_from(text: int | str, examples: int, images_per_step: int) -> int:
    """A number of images from "200000", "2M", "500k", "50epochs" or "30000steps".

    examples: training examples in an epoch. images_per_step: real examples shown in a step.
    """
    match = re.fullmatch(
        r"\s*([0-9]*\.?[0-9]+(?:e[0-9]+)?)\s*(k|m|epochs?|steps?|images?)?\s*", str(text).lower().replace(",", "").replace("_", "")
    )
    if not match or not 0 < float(match[1]) < 1e12:
        raise UserError(f"'{text}' is not a number of images; write for example 200000, 2M, 50epochs or 30000steps")
    factor = {"k": 1e3, "m": 1e6, "epoch": examples, "step": images_per_step}.get((match[2] or "").removesuffix("s"), 1)
    return max(1, round(float(match[1]) * factor))


def _folder() -> Any:
    return resources.files("sparring") / "recipes"


def _child(node: Any, part: str, key: str, origin: str) -> Any:
    if not isinstance(node, dict) or part not in node:
        known = sorted(node) if isinstance(node, dict) else []
        hint = nearest(part, known) if known else "nothing lies below that"
        raise UserError(f"{origin} {key}: there is no '{part}' here; {hint}")
    return node[part]


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"key '{place}' is unknown; {nearest(str(first['loc'][-1]), _known_keys(first['loc'][:-1]))}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{place}: {message[0].lower()}{message[1:]}" if place else message


def _known_keys(path: tuple[int | str, ...]) -> list[str]:
    """The keys that the part of a recipe at this path may have."""
    model: Any = Recipe
    for step in path:
        if step == "players":
            model = dict[str, Player]
        elif model == dict[str, Player]:
            model = Player
        else:
            found = model.model_fields[str(step)].annotation
            model = next((part for part in get_args(found) if hasattr(part, "model_fields")), found)  # Part | None
    return list(model.model_fields) if hasattr(model, "model_fields") else []


class _Loader(yaml.SafeLoader):
    """SafeLoader that also reads 1e-3 as a number (YAML 1.1 wants 1.0e-3), and refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.value in seen:
                raise yaml.YAMLError(f"key '{key_node.value}' is given twice (line {key_node.start_mark.line + 1})")
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+0123456789."))
