"""Generators and translators as graphs: tensors in, tensors out, with the parts of the codec that a graph can hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import UserError
from ..modalities.pairs.graph import decode_module, encode_module, example, numbers_of, values_of
from ..networks import LanguageModel, StepwiseLanguageModel, sampling
from ..networks.text import END
from .generator import Gan
from .translator import Translator

BATCHES = (2, 1, 17)  # of the examples
SIZES = ((2, 24, 20), (1, 37, 53), (3, 64, 48))  # the same with height and width, odd and even ones


@dataclass(frozen=True)
class Graph:
    """A module, and what is known of its inputs.

    Attributes:
        module: Called with the inputs in their order.
        inputs: By name, the dimensions that may have any size, with names for them.
        examples: Inputs: the first to trace it with, all to compare results on.
        expected: What the run itself makes of inputs, by its own codec: one array for each output.
        facts: For the reader of the file, as plain values.
        outputs: Names.
    """

    module: nn.Module
    inputs: dict[str, dict[int, str]]
    examples: Sequence[tuple[Tensor, ...]]
    expected: Callable[..., tuple[np.ndarray, ...]]
    facts: dict[str, Any]
    outputs: tuple[str, ...] = ("output",)


class FromLatents(nn.Module):
    """Latents, with classes and noise where the generator takes them -> samples, decoded as far as `decode` does."""

    def __init__(self, generator: nn.Module, inputs: tuple[str, ...], decode: nn.Module):
        super().__init__()
        self.generator, self.inputs, self.decode = generator, inputs, decode

    def forward(self, *given: Tensor) -> Tensor:
        named = dict(zip(self.inputs, given, strict=True))
        condition = {"class": named["class"]} if "class" in named else None
        return self.decode(self.generator(named["latent"], condition, named.get("noise")))


class FromPictures(nn.Module):
    """Pictures or label maps -> pictures or label maps, in the numbers of the data."""

    def __init__(self, translator: Translator):
        super().__init__()
        encode, decode = encode_module(translator.input), decode_module(translator.output)
        self.steps = nn.Sequential(encode, translator.generator, decode)

    def forward(self, *given: Tensor) -> Tensor:
        return self.steps(*given)


class Classifier(nn.Module):
    """Pictures, in the numbers of the data -> probabilities of the classes, N x classes."""

    def __init__(self, codec: Any, network: nn.Module):
        super().__init__()
        self.encode, self.network = encode_module(codec), network

    def forward(self, *given: Tensor) -> Tensor:
        return self.network(self.encode(*given), None).class_logits.softmax(dim=1)


class TextStep(nn.Module):
    """Tokens, what the model remembers, and classes where it has some -> logits of the next tokens, the new state."""

    def __init__(self, generator: Any):
        super().__init__()
        self.generator = generator

    def forward(self, *given: Tensor) -> tuple[Tensor, Tensor]:
        token, state, *label = given
        return self.generator.step(token, state, {"class": label[0]} if label else None)


def graph_of_classifier(codec: Any, network: nn.Module, classes: Sequence[str]) -> Graph:
    """The graph of a discriminator that tells the classes of pictures. classes: their names."""
    examples = [(example(codec, count, codec.height, codec.width),) for count in BATCHES]

    def expected(pictures: Tensor) -> tuple[np.ndarray, ...]:
        return (network(codec.encode(values_of(codec, pictures)), None).class_logits.softmax(dim=1).numpy(),)

    facts = {"classes": list(classes), "decoded": True}
    return Graph(Classifier(codec, network).eval(), {"picture": {0: "count"}}, examples, expected, facts)


def graph_of_gan(gan: Gan) -> Graph:
    """The graph of a generator that makes samples from latents, or of one step of a language model.

    Raises UserError for a language model that has no steps.
    """
    if isinstance(gan.generator, StepwiseLanguageModel):
        return _graph_of_step(gan)
    if isinstance(gan.generator, LanguageModel):
        raise UserError("this language model does not draw one token after the other, and cannot be exported")
    inputs, decode = _latent_names(gan), gan.modality.graph_output(gan.codec)

    def expected(*given: Tensor) -> tuple[np.ndarray, ...]:
        samples = FromLatents(gan.generator, inputs, nn.Identity())(*given)
        return (gan.modality.own_numbers(gan.codec.decode(samples), gan.codec) if decode else samples.numpy(),)

    facts = {
        "latent": gan.recipe.latent.model_dump(),
        "classes": list(gan.classes),
        "noise_size": gan.generator.noise_size,
        "decoded": decode is not None,
    }
    module = FromLatents(gan.generator.for_graph(), inputs, decode or nn.Identity()).eval()
    examples = [latent_inputs(gan, 0, range(count)) for count in BATCHES]
    return Graph(module, {name: {0: "count"} for name in inputs}, examples, expected, facts)


def latent_inputs(gan: Gan, seed: int, indices: Sequence[int]) -> tuple[Tensor, ...]:
    """What the graph of a generator takes for these samples: of each class in turn, where there are classes."""
    named = {
        "latent": sampling.latents(gan.recipe.latent, seed, indices),
        "class": torch.tensor(indices) % max(1, len(gan.classes)),
        "noise": sampling.noise(gan.generator, seed, indices),
    }
    return tuple(named[name] for name in _latent_names(gan))  # type: ignore[misc]


def _latent_names(gan: Gan) -> tuple[str, ...]:
    return ("latent", *(["class"] if gan.classes else []), *(["noise"] if gan.generator.noise_size else []))


def _graph_of_step(gan: Gan) -> Graph:
    """The graph of one step of a language model: the reader draws a token and comes back with it."""
    generator: Any = gan.generator
    inputs = ("token", "state", *(["class"] if gan.classes else []))
    rng = torch.Generator().manual_seed(0)

    def example_of(count: int) -> tuple[Tensor, ...]:
        token = torch.randint(generator.layout.generated, (count,), generator=rng)
        state = torch.rand((count, *generator.state_shape), generator=rng) * 2 - 1
        return (token, state, torch.arange(count) % len(gan.classes))[: len(inputs)]

    def expected(*given: Tensor) -> tuple[np.ndarray, ...]:
        return tuple(each.numpy() for each in TextStep(generator)(*given))

    facts = {
        "classes": list(gan.classes),
        "steps": {"state": list(generator.state_shape), "most": generator.shape[0], "end": END},
        "decoded": False,
    }
    free = {name: {0: "count"} for name in inputs}
    examples = [example_of(count) for count in BATCHES]
    return Graph(TextStep(generator).eval(), free, examples, expected, facts, ("logits", "next_state"))


def graph_of_translator(translator: Translator) -> Graph:
    """The graph of a generator that turns pictures into others, of any size."""
    examples = [(example(translator.input, *size),) for size in SIZES]

    def expected(pictures: Tensor) -> tuple[np.ndarray, ...]:
        made = translator.values(values_of(translator.input, pictures))
        return (numbers_of(translator.output, made),)

    free = {"picture": {0: "count", 2: "height", 3: "width"}}
    facts = {"scale": translator.scale, "decoded": True}
    return Graph(FromPictures(translator).eval(), free, examples, expected, facts)
