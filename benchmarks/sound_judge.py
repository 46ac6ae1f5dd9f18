"""A judge of generated sounds that has no part in any training: the residual classifier of `judge.py` on spectra.

    python benchmarks/sound_judge.py train DATA judge.safetensors     # learns the classes of DATA's training split
    python benchmarks/sound_judge.py score DATA judge.safetensors RUN...  # 2,000 samples of each run, classes in turn

It sees linear spectra through windows of its own, no mel bands, so that it shares nothing with what a recipe learns. A
score has the Frechet distance of samples from the held-out sounds in the judge's 128 pooled features, and the share of
samples in which it sees the asked class, by class too. Beside it: training sounds (the floor), and held-out sounds that
went through the log-mel codec and back (the ceiling of the recipe `sound`).
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from judge import Judge, arguments
from torch import Tensor
from torch.nn.functional import avg_pool2d, cross_entropy

from sparring import modalities
from sparring.data.source import Source
from sparring.inference.generator import load
from sparring.metrics import frechet
from sparring.modalities.opening import open_data
from sparring.util import safetensors
from sparring.util.files import write_bytes

SAMPLES, BATCH, CHUNK, SEED = 2000, 64, 200, 7
SIZE, HOP, QUIET = 256, 64, 1e-4  # of its spectra; added to magnitudes before the logarithm
SHIFT, GAIN, NOISE = 0.1, 6.0, 0.003  # of training sounds: share of the length, dB, standard deviation
RATE = 0.1  # the largest learning rate


def spectra(waves: Tensor) -> Tensor:
    """Waves, N x C x L -> log spectra N x C x 64 x L / 128, about -1 to 1."""
    flat = torch.stft(waves.flatten(0, 1), SIZE, HOP, window=torch.blackman_window(SIZE), return_complex=True)
    levels = (flat.abs()[:, 1:, :-1] + QUIET).log10().unflatten(0, waves.shape[:2])
    return avg_pool2d((levels + 1.5) / 2.5, 2).contiguous(memory_format=torch.channels_last)


def moved(waves: Tensor, rng: torch.Generator) -> Tensor:
    """Each wave later by a little, louder or quieter, with a little noise."""
    length = waves.shape[2]
    shifts = torch.randint(0, int(SHIFT * length) + 1, (len(waves),), generator=rng).tolist()
    later = torch.stack([wave.roll(shift, dims=1) for wave, shift in zip(waves, shifts, strict=True)])
    gains = 10 ** (GAIN / 20 * (2 * torch.rand(len(waves), 1, 1, generator=rng) - 1))
    strength = NOISE * torch.rand(len(waves), 1, 1, generator=rng)
    return later * gains + strength * torch.randn(waves.shape, generator=rng)


def train(source: Source, path: Path, epochs: int) -> None:
    """Learns the classes, with a one-cycle learning rate."""
    torch.manual_seed(SEED)
    judge = Judge(source.shape[0], len(source.classes)).to(memory_format=torch.channels_last)
    count, rng, began = source.count("train"), torch.Generator().manual_seed(SEED), time.monotonic()
    optimizer = torch.optim.SGD(judge.parameters(), lr=RATE, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=epochs * (count // BATCH))
    for epoch in range(epochs):
        judge.train()
        order = torch.randperm(count, generator=rng).numpy()
        for start in range(0, count - BATCH + 1, BATCH):
            indices = order[start : start + BATCH]
            sounds = spectra(moved(torch.from_numpy(source.values(indices)), rng))
            with torch.autocast("cpu", torch.bfloat16):
                logits = judge(sounds)[1]
            optimizer.zero_grad(set_to_none=True)
            cross_entropy(logits.float(), torch.from_numpy(source.labels(indices))).backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: {time.monotonic() - began:.0f} s", flush=True)
    about = {"channels": source.shape[0], "classes": len(source.classes)}
    write_bytes(path, safetensors.to_bytes(judge.state_dict(), about))


@torch.no_grad()
def seen(judge: Judge, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features (float64) and the classes that the judge sees."""
    parts = [judge(spectra(torch.from_numpy(values[at : at + CHUNK]))) for at in range(0, len(values), CHUNK)]
    features, logits = (torch.cat(side) for side in zip(*parts, strict=True))
    return features.double().numpy(), logits.argmax(1).numpy()


def score(name: str, judge: Judge, values: np.ndarray, labels: np.ndarray, held_out: np.ndarray) -> dict[str, Any]:
    """What the judge says of values and the classes that they should have."""
    features, classes = seen(judge, values)
    by_class = [round(float((classes == labels)[labels == number].mean()), 2) for number in np.unique(labels)]
    return {
        "sounds": name,
        "count": len(values),
        "frechet_distance": round(frechet.distance(frechet.fit(features), frechet.fit(held_out)), 3),
        "asked_class_seen": round(float((classes == labels).mean()), 4),
        "by_class": by_class,
    }


def samples_of(run: Path, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """As many samples of each class, and their labels."""
    gan, asked = load(run), np.sort(np.arange(SAMPLES) % classes)
    parts = [gan.at(np.flatnonzero(asked == number), SEED, gan.classes[number]) for number in range(classes)]
    return np.concatenate(parts), asked


def main() -> None:
    asked = arguments(__doc__, 20)
    source = open_data(asked.data)
    if asked.what == "train":
        train(source, asked.judge, asked.epochs)
        return
    judge = Judge(source.shape[0], len(source.classes)).to(memory_format=torch.channels_last)
    judge.load_state_dict(safetensors.from_bytes(asked.judge.read_bytes(), asked.judge))
    judge.eval()
    test, train_rows = np.arange(source.count("test")), np.arange(source.count("train"))
    held_out, labels = source.values(test, "test"), source.labels(test, "test")
    features = seen(judge, held_out)[0]
    codec = modalities.get(source.modality).fit_codec(source)
    for name, values, wanted in (
        ("training sounds", source.values(train_rows), source.labels(train_rows)),
        ("held-out sounds", held_out, labels),
        ("held-out sounds through the codec", codec.decode(codec.encode(held_out)), labels),
    ):
        print(json.dumps(score(name, judge, values, wanted, features)), flush=True)
    for run in asked.runs:
        values, wanted = samples_of(run, len(source.classes))
        print(json.dumps(score(str(run), judge, values, wanted, features)), flush=True)


if __name__ == "__main__":
    main()
