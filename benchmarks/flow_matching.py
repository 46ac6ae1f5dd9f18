"""The baseline that one would choose today in the place of a GAN: flow matching with a small U-Net.

    python benchmarks/flow_matching.py DATA --minutes 20 -o samples.npz

Lipman et al. 2023 (arXiv:2210.02747), with straight paths: the network learns the velocity from noise to a picture, for
a class that is left out of one example in ten (classifier-free guidance: Ho & Salimans 2022, arXiv:2207.12598). Samples
are integrated by Heun's method. `judge.py score` takes the file as it takes a run.
"""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import group_norm, interpolate, silu

from sparring.data.source import Source
from sparring.modalities.opening import open_data

BATCH, RATE, EMA_HALF_LIFE, WITHOUT_CLASS = 64, 1e-3, 20_000, 0.1
GROUPS, EMBEDDING = 8, 128
SEED = 0


class Block(nn.Module):
    """Two 3x3 convolutions with group normalisation, the time and class added in between, and the input added."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(GROUPS, inputs), nn.GroupNorm(GROUPS, outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        self.embed = nn.Linear(EMBEDDING, outputs)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        y = self.conv1(silu(self.norm1(x))) + self.embed(embedding)[:, :, None, None]
        return self.skip(x) + self.conv2(silu(self.norm2(y)))


class Velocity(nn.Module):
    """Pictures on the way (N x C x H x W), times (N) and classes (N; the last number: none) -> velocities."""

    def __init__(self, channels: int, classes: int, width: int):
        super().__init__()
        widths = (width, 2 * width, 2 * width)
        self.register_buffer("frequencies", torch.exp(torch.linspace(0, 6, EMBEDDING // 2)))
        self.time = nn.Sequential(nn.Linear(EMBEDDING, EMBEDDING), nn.SiLU(), nn.Linear(EMBEDDING, EMBEDDING))
        self.label = nn.Embedding(classes + 1, EMBEDDING)
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.down = nn.ModuleList(Block(*pair) for pair in zip((width, *widths), widths, strict=False))
        self.middle = Block(widths[-1], widths[-1])
        self.up = nn.ModuleList(
            Block(below + beside, beside)
            for below, beside in zip((widths[-1], *widths[::-1]), widths[::-1], strict=False)
        )
        self.last = nn.Conv2d(width, channels, 3, padding=1)
        nn.init.zeros_(self.last.weight)

    def forward(self, x: Tensor, times: Tensor, classes: Tensor) -> Tensor:
        angles = times[:, None] * self.frequencies
        embedding = silu(self.time(torch.cat([angles.sin(), angles.cos()], dim=1)) + self.label(classes))
        x, kept = self.first(x), []
        for block in self.down:
            x = block(x, embedding)
            kept.append(x)
            x = interpolate(x, scale_factor=0.5, mode="area")
        x = self.middle(x, embedding)
        for block in self.up:
            beside = kept.pop()
            x = block(torch.cat([interpolate(x, beside.shape[2:]), beside], dim=1), embedding)
        return self.last(silu(group_norm(x, GROUPS)))


def train(source: Source, width: int, minutes: float) -> nn.Module:
    """The average of the weights after so many minutes, the rate falling to 0 over the last half."""
    torch.manual_seed(SEED)
    count, classes = source.count("train"), len(source.classes)
    net = Velocity(source.shape[0], classes, width).to(memory_format=torch.channels_last)
    average, optimizer = (
        copy.deepcopy(net).requires_grad_(False),
        torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.0),
    )
    rng, began, seen, said = np.random.default_rng(SEED), time.monotonic(), 0, 0.0
    while (done := (time.monotonic() - began) / (60 * minutes)) < 1:
        indices = np.sort(rng.choice(count, BATCH, replace=False))
        real = torch.from_numpy(source.values(indices).astype(np.float32) / 127.5 - 1)
        real = real.contiguous(memory_format=torch.channels_last)
        labels = torch.from_numpy(source.labels(indices)).clone()
        mirrored = torch.rand(BATCH) < 0.5
        real[mirrored] = real[mirrored].flip(3)
        labels[torch.rand(BATCH) < WITHOUT_CLASS] = classes
        noise, times = torch.randn_like(real), torch.rand(BATCH)
        way = torch.lerp(noise, real, times[:, None, None, None])
        with torch.autocast("cpu", torch.bfloat16):
            loss = (net(way, times, labels).float() - (real - noise)).square().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, 2 * (1 - done), (seen + BATCH) / 2000)
        optimizer.step()
        seen += BATCH
        keep = 0.5 ** (BATCH / min(EMA_HALF_LIFE, 0.1 * seen))
        torch._foreach_lerp_(list(average.parameters()), [each.data for each in net.parameters()], 1 - keep)
        if time.monotonic() - said > 30:
            said = time.monotonic()
            print(f"{done:.0%}, {seen:,} examples, loss {loss.item():.4f}", flush=True)
    print(f"{seen:,} examples in {minutes:g} minutes", flush=True)
    return average.eval()


@torch.no_grad()
def sample(net: Velocity, labels: np.ndarray, shape: tuple[int, ...], steps: int, guidance: float) -> np.ndarray:
    """A picture for each label, 0 to 255: Heun's method in so many steps, of two evaluations each."""
    rng = torch.Generator().manual_seed(SEED)
    none = net.label.num_embeddings - 1
    found = []
    for start in range(0, len(labels), 250):
        classes = torch.from_numpy(labels[start : start + 250])
        x = torch.randn(len(classes), *shape, generator=rng).contiguous(memory_format=torch.channels_last)

        def velocity(x: Tensor, now: float, classes: Tensor = classes) -> Tensor:
            times = torch.full((len(x),), now)
            with torch.autocast("cpu", torch.bfloat16):
                asked = net(x, times, classes).float()
                if guidance == 1:
                    return asked
                free = net(x, times, torch.full_like(classes, none)).float()
            return torch.lerp(free, asked, guidance)

        for step in range(steps):
            now, then = step / steps, (step + 1) / steps
            first = velocity(x, now)
            ahead = x + first / steps
            x = x + (first + velocity(ahead, then)) / 2 / steps if then < 1 else ahead
        found.append(((x.clamp(-1, 1) + 1) * 127.5).round().byte().numpy())
    return np.concatenate(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--guidance", type=float, default=1.5)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("-o", "--out", type=Path, required=True)
    asked = parser.parse_args()
    source = open_data(asked.data)
    net = train(source, asked.width, asked.minutes)
    labels = np.arange(asked.samples) % len(source.classes)
    began = time.monotonic()
    values = sample(net, labels, source.shape, asked.steps, asked.guidance)
    print(f"{len(values)} samples in {time.monotonic() - began:.0f} s", flush=True)
    np.savez(asked.out, values=values, labels=labels)


if __name__ == "__main__":
    main()
