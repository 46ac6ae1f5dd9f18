"""The judge of pictures with boxes: a small anchor-free detector, trained in the same way for every arm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from ...losses.detection import centre_loss, gaussians
from ...metrics.average_precision import Detections
from ...networks.initialisation import seeded
from ...networks.small_detector import STRIDE, Heat, SmallDetector
from ...util.random import derive_seed, make_torch_rng
from .canvas import Seen
from .views import Boxed, shown

BATCH, LEAST_STEPS, MOST_STEPS, PASSES = 8, 400, 1600, 16
RATE, DECAY = 3e-3, 1e-3
SPREAD, NEAREST = 0.54 / 3, 0.3  # deviation of a bell as a share of the side, and at least so many cells
REGRESSED = 0.6  # cells where a bell is as high learn the box too
OFFSET_WEIGHT, SIZE_WEIGHT = 1.0, 1.0
MOST, LEAST_SCORE, CHUNK = 100, 0.01, 32
Detect = Callable[[np.ndarray], np.ndarray]  # N x 3 x H x W uint8 -> M x 7: picture, class, score, box


class SmallDetectorJudge:
    """CenterNet's heat map on a body of about 270,000 weights. steps: of Adam, the same for each arm."""

    name, title = "detector", "small anchor-free detector"

    def __init__(self, steps: int):
        self.steps = steps

    def fit(self, seen: Seen, classic: str, classes: int, seed: int) -> Detect:
        """Learn to find `classes` classes. The result depends on the arguments alone."""
        net = seeded(derive_seed(seed, "detector", "start"), lambda: SmallDetector(3, classes))
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=self.steps, pct_start=0.1)
        pictures, every = torch.from_numpy(seen.values), boxed(seen)
        rng, net = make_torch_rng(seed, "detector", "batches"), net.train()
        order = torch.zeros(0, dtype=torch.int64)
        for _ in range(self.steps):
            while len(order) < BATCH:  # each picture as often as the others, but for one
                order = torch.cat([order, torch.randperm(len(pictures), generator=rng)])
            picked, order = order[:BATCH], order[BATCH:]
            batch, boxes = shown(pictures[picked].float() / 127.5 - 1, _picked(every, picked), classic, rng)
            loss = detection_loss(net(batch.contiguous(memory_format=torch.channels_last)), boxes)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
            optimizer.step()
            schedule.step()
        net.eval()
        return lambda values: detected(net, values)


def boxed(seen: Seen) -> Boxed:
    """The boxes of pictures as tensors."""
    counts = [len(each.labels) for each in seen.objects]
    boxes, labels, crowd = (np.concatenate([each[part] for each in seen.objects]) for part in (0, 1, 2))
    pictures = torch.from_numpy(np.repeat(np.arange(len(counts)), counts))
    return Boxed(torch.from_numpy(boxes).float(), torch.from_numpy(labels), pictures, torch.from_numpy(crowd))


def _picked(every: Boxed, picked: Tensor) -> Boxed:
    """The boxes of the pictures of a batch, where a picture may be twice."""
    places, boxes = (picked[:, None] == every.pictures[None]).nonzero(as_tuple=True)
    return Boxed(every.boxes[boxes], every.labels[boxes], places, every.crowd[boxes])


def detection_loss(said: Heat, boxed: Boxed) -> Tensor:
    """Losses of centres, offsets and sizes. Cells in a crowd teach nothing."""
    count, classes, rows, columns = said.centres.shape
    cells = boxed.boxes / STRIDE
    centres, sides = cells[:, :2] + cells[:, 2:] / 2, cells[:, 2:]
    limit = torch.tensor([columns, rows]) - 1e-3
    centres = torch.minimum(centres.clamp(min=0), limit)
    bells = gaussians(centres, (SPREAD * sides).clamp(min=NEAREST), rows, columns).flatten(1)
    real = ~boxed.crowd
    heat = torch.zeros(count * classes, rows * columns)
    places = (boxed.pictures * classes + boxed.labels)[real, None].expand(-1, rows * columns)
    heat = heat.scatter_reduce(0, places, bells[real], "amax").view(count, classes, rows, columns)
    loss = centre_loss(said.centres, heat, _outside_crowds(boxed, cells, count, rows, columns))
    best = torch.zeros(count, rows * columns)
    best = best.scatter_reduce(0, boxed.pictures[real, None].expand(-1, rows * columns), bells[real], "amax")
    mine = (bells >= REGRESSED) & (bells >= best[boxed.pictures]) & real[:, None]
    box, cell = mine.nonzero(as_tuple=True)
    if not len(box):
        return loss
    weights = bells[box, cell] / bells[box, cell].sum()
    middles = torch.stack([cell % columns, cell // columns], dim=1) + 0.5
    offsets, sizes = (part.flatten(2)[boxed.pictures[box], :, cell] for part in (said.offsets, said.sizes))
    apart = (offsets - (centres[box] - middles)).abs().sum(dim=1)
    wrong = (sizes - sides[box].clamp(min=0.1).log()).abs().sum(dim=1)
    return loss + (weights * (OFFSET_WEIGHT * apart + SIZE_WEIGHT * wrong)).sum()


def _outside_crowds(boxed: Boxed, cells: Tensor, count: int, rows: int, columns: int) -> Tensor:
    """N x 1 x rows x columns: 0 in crowds, else 1."""
    weight = torch.ones(count, 1, rows, columns)
    for at in boxed.crowd.nonzero()[:, 0].tolist():
        left, top, width, height = cells[at].tolist()
        down, across = slice(int(top), int(top + height) + 1), slice(int(left), int(left + width) + 1)
        weight[boxed.pictures[at], 0, down, across] = 0
    return weight


@torch.no_grad()
def detected(net: SmallDetector, values: np.ndarray) -> np.ndarray:
    """What a trained detector finds in pictures N x 3 x H x W: rows of picture, class, score, left, top, width, height.

    A detection is a cell that no neighbour of the class exceeds (Zhou et al. 2019, section 4.1).
    """
    found = []
    for start in range(0, len(values), CHUNK):
        batch = torch.from_numpy(values[start : start + CHUNK]).float() / 127.5 - 1
        said = net(batch.contiguous(memory_format=torch.channels_last))
        chances = torch.sigmoid(said.centres)
        chances = chances * (max_pool2d(chances, 3, 1, padding=1) == chances)
        _, classes, rows, columns = chances.shape
        scores, places = chances.flatten(1).topk(min(MOST, classes * rows * columns), dim=1)
        cell = places % (rows * columns)
        middles = torch.stack([cell % columns, cell // columns], dim=2) + 0.5
        index = cell[:, None].expand(-1, 2, -1)
        offsets, sizes = (part.flatten(2).gather(2, index).transpose(1, 2) for part in (said.offsets, said.sizes))
        sides = sizes.clamp(max=8).exp()
        corner = middles + offsets - sides / 2
        pictures = torch.arange(start, start + len(batch), dtype=torch.float32)[:, None].expand_as(scores)
        numbers = (places // (rows * columns)).float()
        every = torch.cat([torch.stack([pictures, numbers, scores], 2), STRIDE * corner, STRIDE * sides], dim=2)
        found.append(every[scores >= LEAST_SCORE].numpy())
    return np.concatenate(found) if found else np.zeros((0, 7), np.float32)


def detections(rows: np.ndarray, count: int) -> list[Detections]:
    """Rows of `detected` by picture. count: of the pictures."""
    pictures = rows[:, 0].astype(np.int64)
    parts = [rows[pictures == at] for at in range(count)]
    return [
        Detections(each[:, 3:].astype(np.float64), each[:, 1].astype(np.int64), each[:, 2].astype(np.float64))
        for each in parts
    ]


def detector_judge(count: int) -> SmallDetectorJudge:
    """The judge of so many real training pictures, from which the steps follow."""
    return SmallDetectorJudge(min(MOST_STEPS, max(LEAST_STEPS, PASSES * count // BATCH)))
