"""What a modality is: one kind of data, and everything that the rest of the program may ask of it."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from ..data.options import DataOptions, OpenContext
from ..errors import UserError
from ..util.files import write_bytes
from .labelled import Labelled

if TYPE_CHECKING:
    import numpy as np
    import torch
    from torch import nn

    from ..data.in_memory import InMemory
    from ..data.source import Source
    from ..metrics.feature_net import FeatureNet, Progress
    from ..metrics.scores import Score


class Codec(Protocol):
    """How the values of one modality become tensors and come back."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of an encoded value."""

    @property
    def input(self) -> Any:
        """The codec of the inputs that values are made from; None where values are made from latents."""

    @property
    def layout(self) -> Any:
        """What the numbers of an encoded row or step are (tables and series); None elsewhere."""

    def encode(self, values: np.ndarray) -> torch.Tensor:
        """N values as N x ... float32, in the value range that the codec was fitted for."""

    def decode(self, tensor: torch.Tensor) -> np.ndarray:
        """The inverse of `encode`, for any finite tensor of that shape."""

    def describe(self) -> dict[str, Any]:
        """The contents of codec.json: plain values, from which `codec_from` builds the codec again."""


@dataclass(frozen=True)
class Steering:
    """How samples of a language model are steered. None: as learned.

    Attributes:
        temperature: Divides the logits of tokens: below 1 samples are safer and more alike, above 1 bolder.
        prompt: How each sample begins.
        candidates: How many samples are drawn for each that is kept; the discriminator's output weights the choice.
        length: The most characters of each.
        copies: The largest share of samples that equal a training example; more of them are drawn again.
    """

    temperature: float | None = None
    prompt: str | None = None
    candidates: int | None = None
    length: int | None = None
    copies: float | None = None


@dataclass(frozen=True)
class Preview:
    """Samples as files that a person can open. files: contents by suffix, {".png": b"..."}."""

    files: Mapping[str, bytes]

    @property
    def png(self) -> bytes:
        """The picture among the files. Raises UserError where there is none."""
        if ".png" not in self.files:
            raise UserError(f"these samples are shown as {' and '.join(self.files)}, and a picture is needed here")
        return self.files[".png"]

    def write(self, stem: Path) -> list[Path]:
        """Write every file under this path plus its suffix. Returns the paths."""
        paths = [stem.with_name(stem.name + suffix) for suffix in self.files]
        for path, data in zip(paths, self.files.values(), strict=True):
            write_bytes(path, data)
        return paths


class Modality(ABC):
    """One kind of data.

    Every folder of `sparring.modalities` defines a subclass and one instance of it, named `modality`. Abstract
    members are required. `open_path`, `codec_from`, `fit_features` and `features_from` call the functions of these
    names in the modules source.py, codec.py and features.py of the folder. All other members are capabilities: the
    defaults say that the modality does not have them. What is large (torch, pandas, scanners) is imported inside
    methods, so that listing all modalities is quick.
    """

    unit: ClassVar[str]  # what its values are called in the plural, in messages
    default_recipe: ClassVar[str]  # the recipe that is used when none is asked for
    Options: ClassVar[type[DataOptions]]  # what a person may ask when data is opened

    built_in: ClassVar[tuple[str, ...]] = ()  # names that it opens without any file
    asked_first: ClassVar[int] = 0  # above 0: its data may look like data of another modality; the highest comes first
    opens_urls: ClassVar[bool] = False
    has_pixels: ClassVar[bool] = False  # values are C x H x W pictures, which can be augmented and resized
    shows_pairs: ClassVar[bool] = False  # can a preview show samples beside the training examples nearest to them?
    supports_latent_walk: ClassVar[bool] = True  # does a sample turn into another one by steps that can be seen?
    writes_stream: ClassVar[bool] = False  # can `write_stream` be called?
    takes_conditions: ClassVar[bool] = False  # can `conditional_sampling` be called?
    representations: ClassVar[tuple[str, ...]] = ()  # forms in which values can be learned, where there are several
    formats: ClassVar[tuple[str, ...]] = ()  # suffixes that `write` knows, the usual one first
    preview_count: ClassVar[int] = 64  # how many values a preview shows
    extractors: ClassVar[Mapping[str, Callable[..., Any]]] = {}  # of its own features, see evaluation.extractors

    @property
    def name(self) -> str:
        """The name of its folder."""
        return type(self).__module__.rsplit(".", 1)[-1]

    def module(self, name: str) -> Any:
        """A module of the folder of this modality. Raises UserError where a library that it needs is not installed."""
        return importlib.import_module(f"{type(self).__module__}.{name}")

    # Opening data

    @abstractmethod
    def recognises(self, path: Path) -> bool:
        """Does this file or folder hold data of this kind? Answered quickly, from names and first bytes."""

    def open_path(self, path: Path, options: Any, context: OpenContext) -> Source:
        """Open a file or folder. options: an instance of `Options`.

        Raises UserError where nothing in it can be used.
        """
        return self.module("source").open_path(path, options, context)

    def takes(self, memory: InMemory) -> bool:
        """Does this object of a Python program hold data of this kind?"""
        return False

    def open_in_memory(self, memory: InMemory, options: Any, context: OpenContext) -> Source:
        """Open an object of a Python program. Only where `takes` it, or where a recipe asks for this kind of data."""
        raise UserError(f"{self.unit} cannot be read from {memory}")

    def open_name(self, name: str, options: Any, context: OpenContext) -> Source:
        """Open one of `built_in`."""
        raise UserError(f"there are no {self.unit} named '{name}'")

    def open_url(self, url: str, options: Any, context: OpenContext) -> Source:
        """Open what a URL names. Only where `opens_urls`."""
        raise UserError(f"{url} names a database, and this recipe does not learn from tables.")

    def options_for(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """The options with which other data is opened as values of the same kind. about: of a run's source.json."""
        return {}

    def choose_recipe(
        self, source: Source, device: torch.device, examples: int | str | None, seconds: float | None
    ) -> tuple[str, str]:
        """The recipe for a source where the user names none, and why ("": there is no choice).

        examples: The length that the user set. seconds: What remains of the user's budget. None: not set.
        """
        return source.recipe or self.default_recipe, ""

    def labelled(self, source: Any, target: str | None = None) -> Labelled:
        """A source, opened with the context `keep_rows`, as data with classes.

        target: of tables, the column that holds the classes; None: the one that looks like it.

        Raises UserError where there are none.
        """
        raise UserError(f"{source.name} holds {self.unit}, and only pictures and rows of tables can be classified")

    def annotated(self, path: Path) -> Any:
        """The data at a path with boxes around objects; None where there are none, or the modality knows no boxes.

        Raises UserError where boxes are wrong.
        """
        return None

    # Values and tensors

    @abstractmethod
    def fit_codec(self, source: Any, value_range: str = "symmetric") -> Codec:
        """The codec for the values of a source. value_range: of the tensors, "symmetric" [-1, 1] or "unit" [0, 1]."""

    def codec_of(self, representation: str | None, source: Any, value_range: str = "symmetric") -> Codec:
        """As `fit_codec`, with values in one of `representations`; None: the usual one."""
        return self.fit_codec(source, value_range)

    def codec_from(self, description: dict[str, Any]) -> Codec:
        """The inverse of Codec.describe(). Raises UserError for a description that cannot be read."""
        try:
            return self.module("codec").codec_from(description)
        except (AttributeError, LookupError, TypeError, ValueError, ArithmeticError) as error:
            raise UserError(f"codec.json does not describe a codec of {self.name} ({error})") from None

    def graph_output(self, codec: Any) -> nn.Module | None:
        """What turns a generator's tensors into values, as a module for graphs; None: only `Codec.decode` can."""
        return None

    def page_facts(self, codec: Any, reverse: bool = False) -> dict[str, Any] | None:
        """What an exported page needs to show values in a browser ("kind" and more); None where it cannot.

        reverse: Of the direction from outputs to inputs.
        """
        return None

    def pipeline_tag(self, codec: Any) -> str | None:
        """The word of model hubs for what a model of this codec does; None where they have none."""
        return None

    # Scores

    def fit_features(self, source: Any, seed: int, progress: Progress | None = None) -> FeatureNet:
        """The features in which scores are measured, learned from (or drawn for) a source."""
        return self.module("features").fit_features(source, seed, progress)

    def features_from(self, description: dict[str, Any], tensors: dict[str, Any]) -> FeatureNet:
        """The inverse of (FeatureNet.about, FeatureNet.tensors())."""
        return self.module("features").features_from(description, tensors)

    def online_score(self, net: FeatureNet, source: Any, count: int, seed: int) -> Any:
        """The score that is measured at every tick of a training (see metrics.online_score)."""
        from ..metrics.online_score import OnlineScore

        return OnlineScore(net, source, count, seed)

    def translation_scores(
        self,
        codec: Any,
        inputs: np.ndarray,
        outputs: np.ndarray,
        targets: np.ndarray,
        progress: Callable[[float], object],
    ) -> tuple[list[Score], str]:
        """The scores of a translator's outputs against their targets, decoded, each with that of a trivial answer.

        Also what could not be measured, or "". Pictures and label maps are compared by the evaluation itself.
        """
        raise UserError(f"{self.unit} are not compared with targets")

    # Samples for people

    @abstractmethod
    def preview(self, values: np.ndarray, codec: Any, columns: int = 8) -> Preview:
        """Decoded values in one look. columns: of a sheet, where values stand side by side."""

    def preview_pairs(self, codec: Any, inputs: np.ndarray, outputs: np.ndarray, targets: np.ndarray | None) -> Preview:
        """Inputs, what was made from them and, where they are known, the true values.

        Only where values are made from inputs.
        """
        raise UserError(f"{self.unit} are not made from inputs")

    def compare_plot(self, generated: Source, real: Source, codec: Any) -> Preview | None:
        """Generated values (training split) and real ones (test split) in one plot; None where it would add nothing."""
        return None

    @abstractmethod
    def items(self, values: np.ndarray, codec: Any, seed: int = 0, labels: Sequence[str] | None = None) -> Any:
        """Decoded values as Python has them: a list of PIL images or arrays, a DataFrame.

        seed: of what is invented, such as identifiers.
        """

    @abstractmethod
    def write(
        self,
        values: np.ndarray,
        labels: Sequence[str] | None,
        out: Path,
        grid: bool = False,
        codec: Any = None,
        seed: int = 0,
    ) -> list[Path]:
        """Write decoded values, in a format by the suffix of `out`. grid: all in one preview. Returns the paths.

        Raises UserError for a suffix that it cannot write.
        """

    def names_in_folder(self, codec: Any, count: int, grid: bool) -> Iterable[str]:
        """The names of the files that `write` makes in a folder."""
        return ()

    def lost_in(self, out: Path, codec: Any, count: int, grid: bool) -> str:
        """What `write` cannot put into a file of this name, in one sentence; "" where nothing is lost."""
        return ""

    def own_numbers(self, values: np.ndarray, codec: Any) -> np.ndarray:
        """Decoded values as the numbers of the data: pictures have values from 0 to 255 however deep they are."""
        return values

    def write_stream(self, parts: Iterable[np.ndarray], out: Path, codec: Any, seed: int, first: int = 0) -> list[Path]:
        """Write values that come a part at a time, in bounded memory. Only where `writes_stream`.

        first: Number of the first value.
        """
        raise UserError(f"{self.unit} are written all at once")

    def read(self, path: Path, codec: Any) -> np.ndarray:
        """One value from a file of its own, as the codec wants it."""
        raise UserError(f"only pictures can be read from a file each, and this model was trained on {self.unit}")

    def header_size(self, data: bytes) -> int:
        """How many pixels (or samples of sound) a file unfolds to, by its header alone: small files may hold many.

        0 where nothing is unfolded. Raises UserError for a file that `read` cannot read.
        """
        return 0

    # Sampling in special ways

    def conditional_sampling(self, gan: Any, where: str, indices: Sequence[int], seed: int) -> np.ndarray:
        """Samples for which the condition `where` holds."""
        raise UserError(f"conditions are for tables, and this model was trained on {self.unit}; leave --where out")

    def max_joined_length(self, codec: Any) -> int | None:
        """The most steps of values that `extrapolate` joins from windows to the lengths of the data.

        None where values are learned whole, and where there is but one, whose length new ones need not have.
        """
        return None

    def extrapolate(
        self,
        gan: Any,
        length: int | None,
        indices: Sequence[int],
        seed: int,
        label: str | int | None,
        fps: float | None = None,
    ) -> np.ndarray:
        """Samples of `length` steps; None: each as long as some value of the data. fps: steps a second, of films."""
        raise UserError(
            f"a length is for series and films, and this model was trained on {self.unit}; leave --length out"
        )

    def codec_at(self, codec: Any, fps: float) -> Any:
        """The codec of samples with so many steps a second, for writing them."""
        raise UserError(f"frames a second are for films, and this model was trained on {self.unit}; leave --fps out")

    def steer(
        self,
        gan: Any,
        indices: Sequence[int],
        seed: int,
        label: str | int | None,
        steering: Steering,
    ) -> np.ndarray:
        """Samples at a temperature, that begin with a prompt, or the best of several candidates."""
        raise UserError(
            f"a temperature, a prompt, candidates and a share of copies are for texts, and this model was trained on "
            f"{self.unit}; leave --temperature, --prompt, --candidates and --copies out"
        )
