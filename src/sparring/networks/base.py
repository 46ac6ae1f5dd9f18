"""The roles that networks play, and what each network declares about itself.

A network derives from the base class of its role and overrides the defaults that do not fit. The rest of the program
reads these declarations and never probes a network for attributes. An own generator needs a constructor and `forward`:

    @register_network("my-generator")
    class MyGenerator(Generator):
        def __init__(self, shape: tuple[int, ...], classes: int, latent_size: int, *, width: int = 64):
            super().__init__()
            self.shape = shape
            self.layers = nn.Sequential(nn.Linear(latent_size, width), nn.ReLU(), nn.Linear(width, prod(shape)))

        def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
            return torch.tanh(self.layers(latent)).unflatten(1, self.shape)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn

from .output import DiscriminatorOutput

Condition = dict[str, Tensor] | None  # named tensors, such as {"class": N class numbers}; None: nothing to condition on
DEFAULT_CHUNK_SIZE = 16  # samples


class Generator(nn.Module):
    """Turns latents into samples: called as `generator(latent, condition, noise)`.

    Attributes:
        noise_size: Values of noise that one sample takes besides its latent; 0 for a generator without noise.
        chunk_size: Samples of one forward pass when sampling. It is fixed, since a matrix product may round differently
            at another batch size.
        untruncated_latents: How many of the latent's first values select a mixture component. The truncation trick
            leaves them alone, so that it rules no component out.
    """

    noise_size: int = 0
    chunk_size: int = DEFAULT_CHUNK_SIZE
    untruncated_latents: int = 0

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        """N x latent_size latents and N x noise_size noise (None where there is none) -> N x shape samples."""
        raise NotImplementedError

    def for_graph(self) -> Generator:
        """A generator that computes the same, but for rounding, and can be traced into a graph of fixed operations."""
        return self


class StyleGenerator(Generator):
    """A generator that maps latents to styles and synthesises samples from styles.

    Styles can be mixed, moved and truncated in between.

    Attributes:
        num_layers: Number of layers that take a style.
        mean_style: The running mean of the styles, a buffer.
        style_width: Values of one style.
    """

    num_layers: int
    mean_style: Tensor
    style_width: int

    def map(self, latent: Tensor, condition: Condition = None) -> Tensor:
        """N x latent_size latents -> N x num_layers x style_width styles."""
        raise NotImplementedError

    def truncate(self, styles: Tensor, psi: float, cutoff: int | None = None) -> Tensor:
        """Styles of the first `cutoff` layers (None: all) moved to the mean style: mean + psi (style - mean)."""
        raise NotImplementedError

    def synthesise(self, styles: Tensor, noise: Tensor | None = None) -> Tensor:
        """N x num_layers x style_width styles and N x noise_size noise (None: none) -> N x shape samples."""
        raise NotImplementedError

    def forward(self, latent: Tensor, condition: Condition = None, noise: Tensor | None = None) -> Tensor:
        """N x latent_size latents and N x noise_size noise (None: none) -> N x shape samples."""
        return self.synthesise(self.map(latent, condition), noise)


class Discriminator(nn.Module):
    """Scores how real samples look: called as `discriminator(sample, condition)`.

    Attributes:
        conditional: Whether it also sees the input of a translation, condition["input"].
    """

    conditional: bool = False

    def forward(self, sample: Tensor, condition: Condition = None) -> DiscriminatorOutput:
        """N x shape samples -> logits and more, see DiscriminatorOutput."""
        raise NotImplementedError


class Encoder(nn.Module):
    """Infers the latents of samples: called as `encoder(sample, condition)`."""

    def forward(self, sample: Tensor, condition: Condition = None) -> tuple[Tensor, Tensor]:
        """N x shape samples -> mean and logarithm of the variance of their latents, N x latent_size each."""
        raise NotImplementedError


class ImageTranslator(nn.Module):
    """Turns input images into output images: called as `translator(image)`.

    Attributes:
        receptive_radius: An output pixel depends on no input pixel farther away than this, in input pixels; None where
            a layer sees the whole image. Large images are made in tiles where it is known.
        patch_heads: Small networks that embed the features of `patch_features`, one for each of its layers; empty where
            there are none.
    """

    receptive_radius: int | None = None
    patch_heads: nn.ModuleList

    def __init__(self) -> None:
        super().__init__()
        self.patch_heads = nn.ModuleList()

    def forward(self, image: Tensor) -> Tensor:
        """N x input channels x H x W -> N x output channels x sH x sW, where s is the scale."""
        raise NotImplementedError

    def patch_features(self, image: Tensor) -> list[Tensor]:
        """Features of an image, N x C x h x w for each of `patch_heads`."""
        raise NotImplementedError


class WaveTranslator(nn.Module):
    """Turns sounds, or what is known of them, into waves: called as `translator(sound)`.

    Attributes:
        layout: What its inputs and outputs mean, as its constructor was told.
        steps_in: Input steps (frames or samples) of a frame.
        steps_out: Output samples of a frame.
        multiple: Parts of a long sound begin at multiples of so many frames.
        receptive_radius: An output frame depends on no input frame farther away than this, so that long sounds can be
            made in parts.
    """

    layout: Any
    multiple: int = 1
    steps_in: int
    steps_out: int
    receptive_radius: int

    def forward(self, sound: Tensor) -> Tensor:
        """N x C x ... x (T steps_in) -> N x C x (T steps_out), for any number of frames T."""
        raise NotImplementedError


class FittedStart(ABC):
    """A capability of a network that begins as a statistical model of the data, fitted before the first step."""

    @abstractmethod
    def statistics_input(self, samples: Tensor) -> Tensor:
        """N x shape encoded samples -> N x D rows in float32, the space in which the model is fitted."""

    @abstractmethod
    def fit(self, rows: Tensor, labels: Tensor | None = None) -> None:
        """Fits the model to rows that `statistics_input` returned. labels: N class numbers, or None without classes."""


class LanguageModel(ABC):
    """A capability of a generator of texts: it knows how likely it makes each text."""

    @abstractmethod
    def log_likelihood(self, samples: Tensor, condition: Condition = None) -> Tensor:
        """N x T encoded texts -> N x T log-probabilities of their tokens, in nats; 0 after the end of each."""


class StepwiseLanguageModel(LanguageModel):
    """A capability of a language model: one step of its drawing, from a token and what it remembers to the next token.

    Attributes:
        state_shape: S x width, what it remembers of a text; zeros before its beginning.
    """

    state_shape: tuple[int, int]

    @abstractmethod
    def step(self, token: Tensor, state: Tensor, condition: Condition = None) -> tuple[Tensor, Tensor]:
        """N tokens (0 before the beginning) and N x state_shape -> N x tokens logits, and the state after them."""


class RelaxedLanguageModel(LanguageModel):
    """A capability of a language model: samples through which a gradient passes.

    Attributes:
        relaxed_noise_size: Numbers of U[0, 1) that one relaxed sample takes.
    """

    relaxed_noise_size: int

    @abstractmethod
    def relaxed(self, uniforms: Tensor, condition: Condition, inverse_temperature: float) -> Tensor:
        """N x relaxed_noise_size numbers of U[0, 1) -> N x T x vocabulary shares of the tokens, which sum to 1."""


class BatchCoupled(nn.Module):
    """A layer whose output for one example depends on the others of its batch, so that a batch must not be split."""


class DrawsNumbers(nn.Module):
    """A layer that draws random numbers in training, from torch's own generator, which a step seeds (as dropout)."""


def is_batch_coupled(module: nn.Module) -> bool:
    """Whether a network has batch normalisation or a BatchCoupled layer."""
    return any(isinstance(layer, nn.modules.batchnorm._BatchNorm | BatchCoupled) for layer in module.modules())


def running_statistics(module: nn.Module) -> list[Tensor]:
    """The running means and variances of a network's batch normalisations, and the mean style."""
    layers = [layer for layer in module.modules() if isinstance(layer, nn.modules.batchnorm._BatchNorm)]
    found = [each for layer in layers for each in (layer.running_mean, layer.running_var)]
    styles = [layer.mean_style for layer in module.modules() if isinstance(layer, StyleGenerator)]
    return [*styles, *(each for each in found if each is not None)]


def class_condition(condition: Condition) -> Tensor:
    """The N class numbers of a condition, for networks that were built with classes."""
    assert condition is not None, "this network was built for labels"
    return condition["class"]
