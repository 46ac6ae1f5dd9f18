"""InceptionV3 as the Frechet inception distance (Heusel et al. 2017, arXiv:1706.08500) and the inception score use it.

The network is that of Szegedy et al. 2015 (arXiv:1512.00567), frozen in TensorFlow on 2015-12-05. It differs from the
InceptionV3 of most libraries: average pooling does not count the padding, the last block pools by maximum, there are
1008 outputs, pictures are resized within the graph, and the weights differ. Scores in any other Inception do not
compare with published ones.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, batch_norm, max_pool2d, relu, softmax

from ...data.download import fetch, intact
from ...data.source import Source
from ...errors import UserError
from ...util import files, safetensors
from . import pictures
from .base import Extracted, Extractor, Options, array, exact, weights_hash

NAME, SIDE, VARIABLE = "inception", 299, "SPARRING_INCEPTION"
FILE = "pt_inception-2015-12-05-6726825d.pth"
URL = f"https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/{FILE}"
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
BYTES = 95_628_359


class Inception(Extractor):
    """Pool3 features, and probabilities of 1008 classes for the inception score (Salimans et al. 2016)."""

    name, width, classes, chunk = NAME, 2048, 1008, 16

    def __init__(self, tensors: dict[str, Tensor], device: str = "cpu", notes: tuple[str, ...] = ()):
        self.device, self.notes, self.weights = device, notes, weights_hash(tensors)
        self.net = _empty()
        self.net.load_state_dict(tensors, assign=True)
        self.net.eval().requires_grad_(False).to(device)

    def extract(self, values: np.ndarray) -> Extracted:
        with exact():
            resized = pictures.resize_as_tensorflow(pictures.rgb(values, NAME, self.device), SIDE, SIDE)
            features = self.net((resized - 128) / 128)
            return Extracted(array(features), array(softmax(features @ self.net.fc.weight.T, dim=1)))

    def describe(self) -> dict[str, Any]:
        return {
            "features": NAME,
            "version": 1,
            "weights": self.weights,
            "channels": pictures.CHANNELS,
            "resize": f"{SIDE}x{SIDE}, {pictures.TENSORFLOW}",
            "input": "(x - 128) / 128",
            "probabilities": "softmax of the logits without their bias, as in the inception score's own code",
            "width": self.width,
        }


def build(source: Source, options: Options) -> Inception:
    """The extractor for the pictures of a source. Raises UserError for other data and without its weights."""
    pictures.check(source.shape, source.values(np.arange(1)).dtype, NAME)
    tensors, notes = load(find(options.weights))
    return Inception(tensors, options.device, notes)


def find(path: Path | None = None) -> Path:
    """The file with the weights.

    It is `path`, or that of $SPARRING_INCEPTION, of the cache or of torch.hub, else a download into the cache. Raises
    UserError where there is none.
    """
    named = path or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named:
        if not named.is_file():
            raise UserError(
                f"There is no file {named} to take the Inception weights from"
                f"{'' if path else f' (${VARIABLE} names it)'}."
            )
        return named
    target = files.cache_folder("weights") / FILE
    shared = Path(torch.hub.get_dir()) / "checkpoints" / FILE
    if intact(target, SHA256) or shared.is_file():
        return target if target.is_file() else shared
    try:
        fetch(URL, target, SHA256, limit=2 * BYTES)
    except UserError as error:
        raise UserError(
            f"The Inception weights are not on this machine and could not be downloaded ({error}): "
            f"get {FILE} elsewhere and set {VARIABLE} to its path, or use the features efficientnet-lite0."
        ) from None
    return target


def load(path: Path) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """The tensors of a file with weights, and notes for the user.

    A .pth file must equal the published one, bit for bit, before it is opened. Of a .safetensors file only names and
    shapes can be checked. Raises UserError for any other file.
    """
    if path.suffix not in (".pth", ".safetensors"):
        raise UserError(f"{path} is neither {FILE} nor a .safetensors file with the same tensors.")
    data = path.read_bytes()
    notes: tuple[str, ...] = ()
    if path.suffix == ".pth":
        found = hashlib.sha256(data).hexdigest()
        if found != SHA256:
            raise UserError(
                f"{path} has the SHA-256 {found[:16]}..., not the {SHA256[:16]}... of the published {FILE}: "
                f"get it again from {URL}."
            )
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    else:
        tensors = safetensors.from_other_programs(data, path)
        notes = (
            f"The tensors in {path.name} have the right names and shapes; "
            "whether they are the published weights was not checked.",
        )
    tensors = {name: tensor for name, tensor in tensors.items() if not name.endswith("num_batches_tracked")}
    wanted = {name: tensor.shape for name, tensor in _empty().state_dict().items()}
    wrong = sorted(
        name
        for name in wanted | tensors
        if name not in wanted or name not in tensors or tensors[name].shape != wanted[name]
    )
    if wrong:
        raise UserError(
            f"{path} does not hold the FID InceptionV3: {len(wrong)} tensors are missing, unknown "
            f"or of another shape ({wrong[0]}, for one)."
        )
    return {name: tensor.float() for name, tensor in tensors.items()}, notes


class InceptionV3(nn.Module):
    """N x 3 x 299 x 299 in [-1, 1] -> N x 2048 features. Modules have the names of the published weights."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv2d_1a_3x3 = Layer(3, 32, 3, stride=2)
        self.Conv2d_2a_3x3 = Layer(32, 32, 3, padded=False)
        self.Conv2d_2b_3x3 = Layer(32, 64, 3)
        self.Conv2d_3b_1x1 = Layer(64, 80, 1)
        self.Conv2d_4a_3x3 = Layer(80, 192, 3, padded=False)
        self.Mixed_5b = fine(192, pooled=32)
        self.Mixed_5c = fine(256, pooled=64)
        self.Mixed_5d = fine(288, pooled=64)
        self.Mixed_6a = first_halving(288)
        self.Mixed_6b = factorised(768, inner=128)
        self.Mixed_6c = factorised(768, inner=160)
        self.Mixed_6d = factorised(768, inner=160)
        self.Mixed_6e = factorised(768, inner=192)
        self.Mixed_7a = second_halving(768)
        self.Mixed_7b = coarse(1280, average)
        self.Mixed_7c = coarse(2048, largest)
        self.fc = nn.Linear(2048, 1008)

    def forward(self, pictures: Tensor) -> Tensor:
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(pictures)))  # 147
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(halved(x)))  # 71
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(halved(x))))  # 35
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))))  # 17
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))  # 8
        return x.mean(dim=(2, 3))


def average(x: Tensor) -> Tensor:
    """The mean over 3 x 3 neighbours, without those beyond the border."""
    return avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False)


def largest(x: Tensor) -> Tensor:
    """The maximum over 3 x 3 neighbours, N x C x H x W as before."""
    return max_pool2d(x, 3, stride=1, padding=1)


def halved(x: Tensor) -> Tensor:
    """The maximum over 3 x 3 neighbours at every second place, without padding: a side of H becomes (H - 1) // 2."""
    return max_pool2d(x, 3, stride=2)


class Norm(nn.Module):
    """Batch normalisation by stored moments only."""

    def __init__(self, width: int):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = self.running_mean, self.running_var
        return batch_norm(x, mean, variance, self.weight, self.bias, eps=1e-3)  # type: ignore[arg-type]


class Layer(nn.Module):
    """Convolution, normalisation, ReLU. It is padded to keep the size, unless it halves the size."""

    def __init__(self, inputs: int, outputs: int, kernel: int | tuple[int, int], stride: int = 1, padded: bool = True):
        super().__init__()
        high, wide = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = (high // 2, wide // 2) if padded and stride == 1 else 0
        self.conv = nn.Conv2d(inputs, outputs, (high, wide), stride, padding, bias=False)
        self.bn = Norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return relu(self.bn(self.conv(x)))


class Unit(NamedTuple):
    """A layer in the plan of a branch."""

    name: str
    outputs: int
    kernel: int | tuple[int, int]
    stride: int = 1


Pool = Callable[[Tensor], Tensor]


class Mixed(nn.Module):
    """Parallel branches whose outputs are concatenated.

    A branch is a sequence of poolings and units; a list of units in it is a fork.
    """

    def __init__(self, inputs: int, *branches: Sequence[Pool | Unit | list[Unit]]):
        super().__init__()
        self.branches = branches
        for branch in branches:
            width = inputs
            for step in branch:
                if units := _units(step):
                    for unit in units:
                        self.add_module(unit.name, Layer(width, unit.outputs, unit.kernel, unit.stride))
                    width = sum(unit.outputs for unit in units)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self._along(branch, x) for branch in self.branches], dim=1)

    def _along(self, branch: Sequence[Pool | Unit | list[Unit]], x: Tensor) -> Tensor:
        for step in branch:
            x = (
                step(x)
                if callable(step)
                else torch.cat([self.get_submodule(unit.name)(x) for unit in _units(step)], dim=1)
            )
        return x


def _units(step: Pool | Unit | list[Unit]) -> list[Unit]:
    return step if isinstance(step, list) else [step] if isinstance(step, Unit) else []


def fine(inputs: int, pooled: int) -> Mixed:
    """Figure 5: a 5 x 5 convolution parallel to two successive 3 x 3 ones."""
    return Mixed(
        inputs,
        [Unit("branch1x1", 64, 1)],
        [Unit("branch5x5_1", 48, 1), Unit("branch5x5_2", 64, 5)],
        [Unit("branch3x3dbl_1", 64, 1), Unit("branch3x3dbl_2", 96, 3), Unit("branch3x3dbl_3", 96, 3)],
        [average, Unit("branch_pool", pooled, 1)],
    )


def first_halving(inputs: int) -> Mixed:
    """Figure 10: convolutions of stride 2 parallel to a pooling."""
    return Mixed(
        inputs,
        [Unit("branch3x3", 384, 3, 2)],
        [Unit("branch3x3dbl_1", 64, 1), Unit("branch3x3dbl_2", 96, 3), Unit("branch3x3dbl_3", 96, 3, 2)],
        [halved],
    )


def factorised(inputs: int, inner: int) -> Mixed:
    """Figure 6: 7 x 7 as 1 x 7 and 7 x 1, once and twice."""
    flat, tall = (1, 7), (7, 1)
    return Mixed(
        inputs,
        [Unit("branch1x1", 192, 1)],
        [Unit("branch7x7_1", inner, 1), Unit("branch7x7_2", inner, flat), Unit("branch7x7_3", 192, tall)],
        [
            Unit("branch7x7dbl_1", inner, 1),
            Unit("branch7x7dbl_2", inner, tall),
            Unit("branch7x7dbl_3", inner, flat),
            Unit("branch7x7dbl_4", inner, tall),
            Unit("branch7x7dbl_5", 192, flat),
        ],
        [average, Unit("branch_pool", 192, 1)],
    )


def second_halving(inputs: int) -> Mixed:
    """The block Mixed_7a, which halves the size from 17 x 17 to 8 x 8 and makes inputs + 512 channels."""
    return Mixed(
        inputs,
        [Unit("branch3x3_1", 192, 1), Unit("branch3x3_2", 320, 3, 2)],
        [
            Unit("branch7x7x3_1", 192, 1),
            Unit("branch7x7x3_2", 192, (1, 7)),
            Unit("branch7x7x3_3", 192, (7, 1)),
            Unit("branch7x7x3_4", 192, 3, 2),
        ],
        [halved],
    )


def coarse(inputs: int, pool: Callable[[Tensor], Tensor]) -> Mixed:
    """Figure 7: forks of 1 x 3 and 3 x 1, for many channels at few places."""
    flat, tall = (1, 3), (3, 1)
    return Mixed(
        inputs,
        [Unit("branch1x1", 320, 1)],
        [Unit("branch3x3_1", 384, 1), [Unit("branch3x3_2a", 384, flat), Unit("branch3x3_2b", 384, tall)]],
        [
            Unit("branch3x3dbl_1", 448, 1),
            Unit("branch3x3dbl_2", 384, 3),
            [Unit("branch3x3dbl_3a", 384, flat), Unit("branch3x3dbl_3b", 384, tall)],
        ],
        [pool, Unit("branch_pool", 192, 1)],
    )


def _empty() -> InceptionV3:
    """The network without values: nothing is drawn, nothing takes memory."""
    with torch.device("meta"):
        return InceptionV3()
