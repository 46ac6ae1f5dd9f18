"""A judge of generated pictures that has no part in any training: a residual classifier of its own.

    python benchmarks/judge.py train DATA judge.safetensors     # learns the classes of DATA's training split
    python benchmarks/judge.py score DATA judge.safetensors RUN...  # 5,000 samples of each run, classes in turn

A score has the Frechet distance of samples from the held-out pictures in the judge's 128 pooled features, that of as
many training pictures, and the share of samples in which the judge sees the asked class.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad, relu

from sparring.data.source import Source
from sparring.inference.generator import load
from sparring.metrics import frechet
from sparring.modalities.opening import open_data
from sparring.util import safetensors
from sparring.util.files import write_bytes

WIDTHS = (32, 64, 128)
SAMPLES, BATCH, CHUNK, SEED = 5000, 128, 500, 7
MAX_SHIFT = 4  # pixels, of pictures of 32; in proportion for others


class Block(nn.Module):
    """Two 3x3 convolutions with batch normalisation, and the input added (He et al. 2016, arXiv:1512.03385)."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(outputs), nn.BatchNorm2d(outputs)
        self.skip = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(relu(self.norm1(self.conv1(x)))))
        return relu(y + self.skip(x))


class Judge(nn.Module):
    """Pictures, N x C x H x W in [-1, 1] -> 128 pooled features and the logits of the classes."""

    def __init__(self, channels: int, classes: int):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, WIDTHS[0], 3, padding=1), nn.ReLU()]
        for number, (before, after) in enumerate(zip((WIDTHS[0], *WIDTHS), WIDTHS, strict=False)):
            layers += [Block(before, after, 1 if number == 0 else 2), Block(after, after, 1)]
        self.body, self.head = nn.Sequential(*layers), nn.Linear(WIDTHS[-1], classes)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        features = self.body(pictures).mean(dim=(2, 3))
        return features, self.head(features)


def encoded(values: np.ndarray) -> Tensor:
    """Values of 0 to 255 -> [-1, 1]."""
    return torch.from_numpy(values.astype(np.float32) / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def moved(pictures: Tensor, rng: torch.Generator) -> Tensor:
    """Each picture shifted by a few pixels, and half of them mirrored."""
    most = max(1, MAX_SHIFT * pictures.shape[3] // 32)
    wide = pad(pictures, (most,) * 4, mode="reflect")
    height, width = pictures.shape[2:]
    places = torch.randint(2 * most + 1, (len(pictures), 2), generator=rng).tolist()
    cut = [
        each[:, down : down + height, across : across + width]
        for each, (down, across) in zip(wide, places, strict=True)
    ]
    found = torch.stack(cut)
    flips = torch.rand(len(found), generator=rng) < 0.5
    found[flips] = found[flips].flip(3)
    return found.contiguous(memory_format=torch.channels_last)


def train(source: Source, path: Path, epochs: int) -> None:
    """Learns the classes, with a one-cycle learning rate, in bfloat16 where the processor has it."""
    torch.manual_seed(SEED)
    judge = Judge(source.shape[0], len(source.classes)).to(memory_format=torch.channels_last)
    count = source.count("train")
    steps = epochs * (count // BATCH)
    optimizer = torch.optim.SGD(judge.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.2, total_steps=steps)
    rng, began = torch.Generator().manual_seed(SEED), time.monotonic()
    for epoch in range(epochs):
        judge.train()
        order = torch.randperm(count, generator=rng).numpy()
        for start in range(0, count - BATCH + 1, BATCH):
            indices = order[start : start + BATCH]
            pictures, labels = encoded(source.values(indices)), torch.from_numpy(source.labels(indices))
            with torch.autocast("cpu", torch.bfloat16):
                loss = cross_entropy(judge(moved(pictures, rng))[1].float(), labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
        print(
            f"epoch {epoch + 1}: {right(judge, source):.3f} of held-out right, {time.monotonic() - began:.0f} s",
            flush=True,
        )
    write_bytes(
        path, safetensors.to_bytes(judge.state_dict(), {"channels": source.shape[0], "classes": len(source.classes)})
    )


@torch.no_grad()
def seen(judge: Judge, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features (float64) and the classes that the judge sees."""
    parts = [judge(encoded(values[start : start + CHUNK])) for start in range(0, len(values), CHUNK)]
    return torch.cat([part[0] for part in parts]).double().numpy(), torch.cat([part[1] for part in parts]).argmax(
        1
    ).numpy()


def right(judge: Judge, source: Source) -> float:
    """The share of held-out pictures whose class it sees."""
    judge.eval()
    indices = np.arange(source.count("test"))
    return float((seen(judge, source.values(indices, "test"))[1] == source.labels(indices, "test")).mean())


def samples_of(run: Path, source: Source) -> tuple[np.ndarray, np.ndarray]:
    """Samples and their labels: those of a file, or as many of each class of a run's generator."""
    if run.suffix == ".npz":
        with np.load(run) as file:
            return file["values"], file["labels"]
    gan, asked = load(run), np.arange(SAMPLES) % len(source.classes)
    parts = [gan.at(np.flatnonzero(asked == number), SEED, name) for number, name in enumerate(source.classes)]
    return np.concatenate(parts), np.sort(asked)


def score(source: Source, judge: Judge, run: Path, held_out: np.ndarray) -> dict[str, Any]:
    """The score of a run's kept snapshot, or of samples in a file .npz with their `values` and `labels`."""
    values, labels = samples_of(run, source)
    gaussian = frechet.fit(held_out)
    features, classes = seen(judge, values)
    return {
        "run": str(run),
        "frechet_distance": round(frechet.distance(frechet.fit(features), gaussian), 4),
        "asked_class_seen": round(float((classes == labels).mean()), 4),
    }


def arguments(description: str | None, epochs: int) -> argparse.Namespace:
    """What a judge of pictures or sounds is asked. epochs: by default."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["train", "score"])
    parser.add_argument("data")
    parser.add_argument("judge", type=Path)
    parser.add_argument("runs", type=Path, nargs="*")
    parser.add_argument("--epochs", type=int, default=epochs)
    return parser.parse_args()


def main() -> None:
    asked = arguments(__doc__, 12)
    source = open_data(asked.data)
    if asked.what == "train":
        train(source, asked.judge, asked.epochs)
        return
    judge = Judge(source.shape[0], len(source.classes)).to(memory_format=torch.channels_last)
    judge.load_state_dict(safetensors.from_bytes(asked.judge.read_bytes(), asked.judge))
    judge.eval()
    held_out = seen(judge, source.values(np.arange(source.count("test")), "test"))[0]
    order = np.random.default_rng(SEED).permutation(source.count("train"))[:SAMPLES]
    real = seen(judge, source.values(np.sort(order)))[0]
    floor = frechet.distance(frechet.fit(real), frechet.fit(held_out))
    print(
        json.dumps(
            {"run": "training pictures", "frechet_distance": round(floor, 4), "asked_class_seen": right(judge, source)}
        )
    )
    for run in asked.runs:
        print(json.dumps(score(source, judge, run, held_out)), flush=True)


if __name__ == "__main__":
    main()
