"""Small pictures with boxes around squares and discs."""

import io
import json

import numpy as np
from PIL import Image

from sparring.modalities.image.boxes import Objects, Scene

CLASSES = ("square", "disc")
HEIGHT, WIDTH = 48, 64


def objects(boxes, labels=None, masks=None, crowd=None):
    boxes = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    labels = np.zeros(len(boxes), np.int64) if labels is None else np.array(labels, np.int64)
    crowd = np.zeros(len(boxes), bool) if crowd is None else np.array(crowd, bool)
    return Objects(boxes, labels, crowd, tuple(masks or [None] * len(boxes)), np.zeros(len(boxes), bool))


def drawn(rng, count=3):
    """A picture, H x W x 3, and its objects: dark squares and light discs on a grey ground."""
    pixels = np.full((HEIGHT, WIDTH, 3), 120, np.uint8) + rng.integers(0, 12, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    boxes, labels = [], []
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    for place in rng.permutation(6)[:count]:
        side, label = int(rng.integers(8, 15)), int(rng.integers(2))
        x, y = (place % 3) * 21 + int(rng.integers(1, 5)), (place // 3) * 24 + int(rng.integers(1, 7))
        disc = (across + 0.5 - x - side / 2) ** 2 + (down + 0.5 - y - side / 2) ** 2 < side**2 / 4
        inside = (across >= x) & (across < x + side) & (down >= y) & (down < y + side)
        pixels[inside & (disc | (label == 0))] = (40, 40, 90) if label == 0 else (220, 200, 120)
        boxes.append((x, y, side, side))
        labels.append(label)
    return pixels, objects(boxes, labels)


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def scene(pixels, held, name="a.png", split="train"):
    data = png(pixels)
    return Scene(name, pixels.shape[1], pixels.shape[0], split, held, lambda: data)


def scenes(rng, counts):
    """By split so many scenes."""
    found = {}
    for split, count in counts.items():
        found[split] = [scene(*drawn(rng), f"{split}/{number:03d}.png", split) for number in range(count)]
    return found


def coco(folder, images=None, annotations=None, categories=None, name="annotations.json"):
    """A folder with one picture and COCO annotations, in which anything may be wrong. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.png").write_bytes(png(np.zeros((HEIGHT, WIDTH, 3), np.uint8)))
    held = {
        "images": [{"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}] if images is None else images,
        "annotations": [box(1, 2, 10, 12)] if annotations is None else annotations,
        "categories": [{"id": 1, "name": "cell"}] if categories is None else categories,
    }
    (folder / name).write_text(json.dumps(held))
    return folder


def box(x, y, w, h, **more):
    return {"id": 1, "image_id": 1, "category_id": 1, "bbox": [x, y, w, h], **more}
