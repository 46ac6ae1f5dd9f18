"""Small networks, trained by the project itself on the user's data, whose features the quick score compares.

No download, any modality, a few seconds: a network learns the labels (or, without labels, to repair damaged examples), and its at
most 64 penultimate values become the features, scaled so that those of the training examples have mean 0 and mean variance 1.
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
LOOK = 512, 20_000  # examples learned from, again and again if they are fewer, between two looks at the watched ones: at least, at most
Progress = Callable[[float, str], bool | None]  # share done, what is being done; True where there is no time for more


class FeatureNet:
    """values (as the codec decodes them) -> N x D float64 features, and class probabilities where it learned labels.

    body: encoded tensors -> N x D. head: N x D -> class logits, or None. scale: D means and one deviation.
    """

    def __init__(self, body: nn.Module, head: nn.Module | None, encode: Callable[[np.ndarray], Tensor], about: dict[str, Any]):
        self.body, self.head, self.encode, self.about = body.eval(), head.eval() if head else None, encode, about
        self.mean, self.deviation = torch.zeros(1), torch.ones(1)

    @torch.no_grad()
    def __call__(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """N x D features and N predicted classes (None without labels), in fixed chunks: independent of any batch size."""
        raw, classes = [], []
        for start in range(0, len(values), CHUNK):
            features = self.body(self.encode(values[start : start + CHUNK]))
            raw.append((features - self.mean) / self.deviation)
            if self.head is not None:
                classes.append(self.head(features).argmax(dim=1))
        return torch.cat(raw).double().numpy(), torch.cat(classes).numpy() if classes else None

    def of(self, source: Source, indices: np.ndarray, split: Split = "train") -> np.ndarray:
        """Features of these examples of a source, which are never all in memory."""
        return np.concatenate([self(source.values(indices[start : start + CHUNK], split))[0] for start in range(0, len(indices), CHUNK)])

    def tensors(self) -> dict[str, Tensor]:
        parts = {"body": self.body, **({"head": self.head} if self.head is not None else {})}
        found = {f"{part}.{name}": value for part, module in parts.items() for name, value in module.state_dict().items()}
        return {**found, "mean": self.mean, "deviation": self.deviation}

    def load(self, tensors: dict[str, Tensor]) -> FeatureNet:
        for part, module in (("body", self.body), ("head", self.head)):
            if module is not None:
                module.load_state_dict(
                    {name.removeprefix(f"{part}."): value for name, value in tensors.items() if name.startswith(f"{part}.")}
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
        """A hash of every weight: which features a score was measured in."""
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
    """Train on the source's training split (a tenth, at most 2,000, watched and not learned), keep the weights of the lowest
    watched loss, stop after two looks without a better one, after `examples` examples or when `progress` says so: then about["hurried"].

    With net.head it learns the classes; else `repair` (N x D -> an example) learns to undo noise through the features.
    """
    count = source.count("train")
    order = make_rng(seed, "features", "split").permutation(count)
    watched, learned = order[: max(1, min(2000, count // 10))], order[max(1, min(2000, count // 10)) :]
    learned = learned if len(learned) else watched
    noise = make_torch_rng(seed, "features", "noise")
    modules = nn.ModuleList([net.body, *([net.head] if net.head else [repair])])
    optimizer = torch.optim.AdamW(modules.parameters(), lr=2e-3, weight_decay=1e-3, fused=True)

    def loss(indices: np.ndarray) -> Tensor:
        values = net.encode(source.values(indices))
        if net.head is not None:
            return cross_entropy(net.head(net.body(values)), torch.from_numpy(source.labels(indices)))
        assert repair is not None
        damaged = values + 0.3 * torch.randn(values.shape, generator=noise)
        return mse_loss(repair(net.body(damaged)), values)

    best, state, misses, seen = float("inf"), None, 0, 0
    look = max(LOOK[0], min(len(learned), LOOK[1], examples // 4)) // batch * batch
    rounds = make_rng(seed, "features", "order")
    hurried = False
    while seen < examples and misses < 2 and not hurried:
        modules.train()
        indices = np.concatenate([rounds.permutation(learned) for _ in range(-(-look // len(learned)))])[:look]
        for start in range(0, len(indices), batch):
            optimizer.zero_grad(set_to_none=True)
            loss(indices[start : start + batch]).backward()
            optimizer.step()
            seen += len(indices[start : start + batch])
            if progress and progress(min(1.0, seen / examples), "learning features for the score"):
                hurried = True
                break
        modules.eval()
        with torch.no_grad():
            value = float(
                sum(loss(watched[start : start + CHUNK]) * len(watched[start : start + CHUNK]) for start in range(0, len(watched), CHUNK))
            )
        misses = 0 if value < best else misses + 1
        if value < best:
            best, state = value, {name: tensor.clone() for name, tensor in modules.state_dict().items()}
    if state is not None:
        modules.load_state_dict(state)
    modules.eval().requires_grad_(False)
    if hurried:
        net.about["hurried"] = True
    return net.standardise(source, order[:5000])
