"""Small feature networks, trained on the user's own data, in whose features online scores are computed.

They need no download, suit any modality, and take seconds. A network learns the labels or, without labels, to denoise
examples. Its at most 64 penultimate values are the features, scaled so that those of training examples have mean 0
and mean variance 1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from ..data.source import Source, Split
from ..util.random import make_rng, make_torch_rng

WIDTH = 64
CHUNK = 250  # examples a forward pass
MIN_CHECK_EVERY, MAX_CHECK_EVERY = 512, 20_000  # training examples between two checks of the validation loss
MAX_VALIDATION = 2000  # training examples kept for validation, at most a tenth
PATIENCE = 2  # checks without a better validation loss
STANDARDISED_ON = 5000  # training examples
NOISE = 0.3  # standard deviation that is added for denoising
Progress = Callable[[float, str], bool | None]  # share done, what is being done; returns True to stop early


class FeatureNet:
    """Maps values, as the codec decodes them, to N x D float64 features, and to classes where it learned labels.

    Args:
        body: Encoded tensors -> N x D.
        head: N x D -> class logits, or None.
        encode: Decoded values -> tensors.
        about: What was learned, for fingerprints.
    """

    def __init__(
        self, body: nn.Module, head: nn.Module | None, encode: Callable[[np.ndarray], Tensor], about: dict[str, Any]
    ):
        self.body, self.head, self.encode, self.about = body.eval(), head.eval() if head else None, encode, about
        self.mean, self.deviation = torch.zeros(1), torch.ones(1)

    @torch.no_grad()
    def __call__(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """N x D features and N predicted classes (None without labels), whatever batches the caller has."""
        raw, classes = [], []
        for start in range(0, len(values), CHUNK):
            features = self.body(self.encode(values[start : start + CHUNK]))
            raw.append((features - self.mean) / self.deviation)
            if self.head is not None:
                classes.append(self.head(features).argmax(dim=1))
        return torch.cat(raw).double().numpy(), torch.cat(classes).numpy() if classes else None

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What says in which features a score was computed; "hurried" where learning them was stopped early."""
        told = {"features": self.identity(), "net": self.about["net"], "task": self.about["task"]}
        return told | ({"hurried": True} if self.about.get("hurried") else {})

    @torch.no_grad()
    def classes_of(self, features: np.ndarray) -> np.ndarray | None:
        """The classes (N) that it sees in features that it returned; None without labels."""
        if self.head is None:
            return None
        raw = torch.from_numpy(features).float() * self.deviation + self.mean
        return self.head(raw).argmax(dim=1).numpy()

    def of(self, source: Source, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        """The features of these examples of a source, of which a chunk at a time is in memory."""
        parts = [indices[start : start + CHUNK] for start in range(0, len(indices), CHUNK)]
        return np.concatenate([self(source.values(part, split))[0] for part in parts])

    def tensors(self) -> dict[str, Tensor]:
        """All weights by name, for a file."""
        parts = {"body": self.body, **({"head": self.head} if self.head is not None else {})}
        found = {
            f"{part}.{name}": value for part, module in parts.items() for name, value in module.state_dict().items()
        }
        return {**found, "mean": self.mean, "deviation": self.deviation}

    def load(self, tensors: dict[str, Tensor]) -> FeatureNet:
        """Take the weights that `tensors` returned."""
        for part, module in (("body", self.body), ("head", self.head)):
            if module is not None:
                prefix = f"{part}."
                module.load_state_dict(
                    {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
                )
        self.mean, self.deviation = tensors["mean"], tensors["deviation"]
        return self

    @torch.no_grad()
    def standardise(self, source: Source, indices: np.ndarray) -> FeatureNet:
        """Fix mean and scale on these training examples."""
        self.mean, self.deviation = torch.zeros(1), torch.ones(1)
        features = torch.from_numpy(self.of(source, indices))
        self.mean = features.mean(dim=0).float()
        self.deviation = features.var(dim=0, correction=0).mean().sqrt().clamp(min=1e-6).float()
        return self

    def identity(self) -> str:
        """A hash of every weight, which says in which features a score was computed."""
        digest = hashlib.sha256()
        for name, value in sorted(self.tensors().items()):
            digest.update(name.encode())
            digest.update(value.numpy().tobytes())
        return digest.hexdigest()[:16]


def fit(
    net: FeatureNet,
    source: Source,
    seed: int,
    repair: nn.Module | None = None,
    examples: int = 100_000,
    batch: int = 64,
    progress: Progress | None = None,
) -> FeatureNet:
    """Train on the source's training split and keep the weights with the lowest validation loss.

    The network learns the classes where it has a head. Else `repair` (N x D -> an example) learns to remove noise
    through the features. Training ends after two checks without a better validation loss, after `examples` examples,
    or when `progress` returns True; about["hurried"] then says so.
    """
    count = source.count("train")
    order = make_rng(seed, "features", "split").permutation(count)
    held = max(1, min(MAX_VALIDATION, count // 10))
    validation, training = order[:held], order[held:] if count > held else order[:held]
    loss = _Loss(net, source, repair, seed)
    optimizer = torch.optim.AdamW(loss.modules.parameters(), lr=2e-3, weight_decay=1e-3, fused=True)
    check_every = max(MIN_CHECK_EVERY, min(len(training), MAX_CHECK_EVERY, examples // 4)) // batch * batch
    rng = make_rng(seed, "features", "order")
    best, state, misses, seen, hurried = float("inf"), None, 0, 0, False
    while seen < examples and misses < PATIENCE and not hurried:
        loss.modules.train()
        repeats = -(-check_every // len(training))
        indices = np.concatenate([rng.permutation(training) for _ in range(repeats)])[:check_every]
        for start in range(0, len(indices), batch):
            optimizer.zero_grad(set_to_none=True)
            loss(indices[start : start + batch]).backward()
            optimizer.step()
            seen += len(indices[start : start + batch])
            if progress and progress(min(1.0, seen / examples), "learning features for the score"):
                hurried = True
                break
        value = loss.total(validation)
        misses = 0 if value < best else misses + 1
        if value < best:
            best, state = value, {name: tensor.clone() for name, tensor in loss.modules.state_dict().items()}
    if progress and not hurried:
        progress(1.0, "learning features for the score")
    if state is not None:
        loss.modules.load_state_dict(state)
    loss.modules.eval().requires_grad_(False)
    if hurried:
        net.about["hurried"] = True
    return net.standardise(source, order[:STANDARDISED_ON])


class _Loss:
    """The mean loss of a batch of training examples: of classes, or of denoising."""

    def __init__(self, net: FeatureNet, source: Source, repair: nn.Module | None, seed: int):
        self.net, self.source, self.repair = net, source, repair
        self.noise = make_torch_rng(seed, "features", "noise")
        self.modules = nn.ModuleList([net.body, *([net.head] if net.head else [repair])])

    def __call__(self, indices: np.ndarray) -> Tensor:
        net = self.net
        values = net.encode(self.source.values(indices))
        if net.head is not None:
            return cross_entropy(net.head(net.body(values)), torch.from_numpy(self.source.labels(indices)))
        assert self.repair is not None
        noisy = values + NOISE * torch.randn(values.shape, generator=self.noise)
        return mse_loss(self.repair(net.body(noisy)), values)

    @torch.no_grad()
    def total(self, indices: np.ndarray) -> float:
        """The summed loss of these examples, in evaluation mode."""
        self.modules.eval()
        parts = [indices[start : start + CHUNK] for start in range(0, len(indices), CHUNK)]
        return float(sum(self(part) * len(part) for part in parts))
