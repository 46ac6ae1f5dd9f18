"""What requests may ask, with the bounds of the service and the words of the run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, create_model

from ..inference.apply import FORMATS
from ..inference.argument_checks import MAX_CANDIDATES
from ..inference.interpolate import FILM_SUFFIXES, METHODS, STRIP_SUFFIX
from ..inference.invert import SPACES
from .limits import Limits
from .served_run import DIRECTIONS, ServedRun

MAX_SEED = 2**63 - 1  # what every client's JSON can say
MAX_TEXT = 10_000  # characters of a condition
MAX_STEPS = 5000  # of a search


def _no_truth(value: Any) -> Any:
    """`true` in JSON would be read as 1."""
    if isinstance(value, bool):
        raise ValueError("should be a number, not true or false")
    return value


Whole = Annotated[int, BeforeValidator(_no_truth)]
Number = Annotated[float, BeforeValidator(_no_truth)]
Fields = dict[str, tuple[Any, Any]]


class Asked(BaseModel):
    """A request. Unknown names are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def generate_request(served: ServedRun, limits: Limits) -> type[Asked]:
    """What /v1/generate may be asked."""
    assert served.gan is not None
    return _model(
        "Generate",
        {
            "count": (Whole, Field(1, ge=1, le=limits.samples, description="How many samples.", examples=[1])),
            "first": (
                Whole,
                Field(0, ge=0, le=10**12, description="Tables: the number of the first row, for parts of one table."),
            ),
            **_seed_and_label(served),
            "truncation": (
                Number | None,
                Field(
                    None,
                    ge=0,
                    le=100,
                    description="Less variety, better quality: 0 to 1 for style-based generators, for others the "
                    "largest latent value.",
                ),
            ),
            "where": (
                str | None,
                Field(None, max_length=MAX_TEXT, description="Tables: a condition that every row fulfils."),
            ),
            "length": (
                Whole | None,
                Field(
                    None,
                    ge=1,
                    le=10**9,
                    description="Series and films: the number of steps of each; texts: the most characters of each.",
                ),
            ),
            "temperature": (
                Number | None,
                Field(None, gt=0, le=100, description="Texts: below 1 safer and more alike, above 1 bolder."),
            ),
            "prompt": (str | None, Field(None, max_length=MAX_TEXT, description="Texts: how each begins.")),
            "candidates": (
                Whole | None,
                Field(
                    None,
                    ge=1,
                    le=MAX_CANDIDATES,
                    description="Texts: how many are drawn for each that is kept, chosen by the discriminator.",
                ),
            ),
            "format": _format(served.gan.modality.formats),
            "grid": (bool, Field(False, description="One sheet of all samples.")),
        },
    )


def interpolate_request(served: ServedRun, limits: Limits) -> type[Asked]:
    """What /v1/interpolate may be asked."""
    return _model(
        "Interpolate",
        {
            "keyframes": (Whole, Field(6, ge=2, le=1000, description="Samples that the walk passes through.")),
            "frames": (Whole, Field(8, ge=1, le=1000, description="Pictures from one sample to the next.")),
            **_seed_and_label(served),
            "fps": (Whole, Field(24, ge=1, le=120, description="Pictures a second.")),
            "method": (_one_of(*METHODS), Field("auto", description="Between latents, or between styles.")),
            "format": _format((STRIP_SUFFIX, *FILM_SUFFIXES)),
        },
    )


def move_request(served: ServedRun) -> type[Asked]:
    """What /v1/move may be asked."""
    assert served.gan is not None
    number = r"[+-]?\d{1,4}(\.\d{0,6})?"
    return _model(
        "Move",
        {
            "along": (
                str,
                Field(
                    "",
                    max_length=200,
                    pattern=rf"^({number}(,{number}){{0,{DIRECTIONS - 1}}})?$",
                    description="How many standard deviations along each principal direction.",
                    examples=["1.5,0,-2"],
                ),
            ),
            **_seed_and_label(served),
            "format": _format(served.gan.modality.formats),
        },
    )


def mix_request(served: ServedRun) -> type[Asked]:
    """What /v1/mix may be asked."""
    assert served.gan is not None
    most = served.gan.generator.num_layers
    return _model(
        "Mix",
        {
            "style_seed": (Whole, Field(1, ge=0, le=MAX_SEED, description="The seed of the styles of later layers.")),
            "layers": (
                Whole,
                Field(most // 2, ge=0, le=most, description="How many of the first layers keep the styles of `seed`."),
            ),
            **_seed_and_label(served),
            "format": _format(served.gan.modality.formats),
        },
    )


def invert_request(served: ServedRun) -> type[Asked]:
    """What /v1/invert may be asked beside the picture."""
    return _model(
        "Invert",
        {
            "space": (_one_of(*SPACES), Field("auto", description="What is searched: latents or styles.")),
            "steps": (Whole, Field(min(600, MAX_STEPS), ge=3, le=MAX_STEPS, description="Steps of the search.")),
            **_seed_and_label(served),
            "format": _format((".png", ".safetensors")),
        },
    )


def apply_request(served: ServedRun) -> type[Asked]:
    """What /v1/apply may be asked beside the picture."""
    if served.classifier:
        return _model("Apply", {})
    fields: Fields = {
        "ensemble": (bool, Field(False, description="Average mirrored and turned copies: better, slower.")),
        "format": (
            _one_of(*FORMATS) | None,
            Field(None, description="The format of the result. Default: that of the picture, where it can hold it."),
        ),
    }
    if len(served.translators) > 1:
        fields["reverse"] = (bool, Field(False, description="Turn outputs into inputs."))
    return _model("Apply", fields)


def evaluate_request() -> type[Asked]:
    """What a new evaluation may be asked."""
    names = r"^[a-z0-9_]+(,[a-z0-9_]+)*$"
    return _model(
        "Evaluate",
        {
            "metrics": (str | None, Field(None, max_length=500, pattern=names, description="Only these: fid,kid.")),
            "samples": (Whole | None, Field(None, ge=2, le=100_000, description="How many samples.")),
        },
    )


def _seed_and_label(served: ServedRun) -> Fields:
    classes = list(served.gan.classes) if served.gan else []
    return {
        "seed": (
            Whole,
            Field(0, ge=-MAX_SEED, le=MAX_SEED, description="The same seed gives the same bytes.", examples=[7]),
        ),
        "label": (
            str | StrictInt | None,
            Field(None, description="Only this class, by name or number.", examples=classes[:3] or None),
        ),
    }


def _format(suffixes: tuple[str, ...]) -> tuple[Any, Any]:
    if not suffixes:  # a modality that does not say what it writes
        return str, Field(pattern=r"^(\.[a-z0-9]{1,12}){1,2}$", description="The format of the answer, such as .txt.")
    return _one_of(*suffixes), Field(suffixes[0], description="The format of the answer.")


def _one_of(*words: str) -> Any:
    return Literal[words]


def _model(name: str, fields: Fields) -> type[Asked]:
    return create_model(name, __base__=Asked, **fields)  # type: ignore[call-overload]
