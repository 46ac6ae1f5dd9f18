"""Small valid files of every kind that the program reads, made from a seed."""

from __future__ import annotations

import gzip
import io
import sqlite3
import struct
import tarfile
import zipfile

import numpy as np
import pandas as pd
from PIL import Image

COUNT = 12  # examples in a file


def pictures(shape=(8, 8, 3)):
    return np.random.default_rng(0).integers(0, 255, (COUNT, *shape), dtype=np.uint8)


def encoded(pixels, kind, **options):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def picture_files(kind="PNG", suffix="png"):
    return {f"{'ab'[i % 2]}/{i}.{suffix}": encoded(each, kind) for i, each in enumerate(pictures())}


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(files, mode):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def saved(save, *values, **named):
    buffer = io.BytesIO()
    save(buffer, *values, **named)
    return buffer.getvalue()


def idx(values):
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "kind": rng.choice(["a", "b", "c"], 40),
            "size": rng.normal(size=40).round(3),
            "count": rng.integers(0, 50, 40),
            "when": pd.date_range("2024-01-01", periods=40).astype(str),
        }
    )


def series():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "machine": np.repeat([f"m{number}" for number in range(8)], 10),
            "step": np.tile(np.arange(10), 8),
            "value": rng.normal(size=80).round(3),
        }
    )


def database(path):
    with sqlite3.connect(path) as connection:
        table().to_sql("rows", connection, index=False)
    connection.close()
    return path.read_bytes()


def coco():
    """labels.csv beside pictures, as text."""
    return "file,label\n" + "".join(f"{number}.png,{'ab'[number % 2]}\n" for number in range(COUNT))


# name -> (file name, a function that makes the content; of a database from a path)
FILES = {
    "npy": ("data.npy", lambda: saved(np.save, pictures())),
    "npz": ("data.npz", lambda: saved(np.savez, images=pictures(), labels=np.arange(COUNT) % 2)),
    "npy-series": ("series.npy", lambda: saved(np.save, np.random.default_rng(0).normal(size=(40, 20, 2)))),
    "idx": ("train-images-idx3-ubyte", lambda: idx(pictures((8, 8)))),
    "idx-gz": ("train-images-idx3-ubyte.gz", lambda: gzip.compress(idx(pictures((8, 8))), mtime=0)),
    "zip": ("data.zip", lambda: zipped(picture_files())),
    "tar": ("data.tar", lambda: tarred(picture_files(), "w")),
    "tar-gz": ("data.tar.gz", lambda: tarred(picture_files(), "w:gz")),
    "parquet-pictures": (
        "data.parquet",
        lambda: saved(
            lambda buffer: pd.DataFrame(
                {
                    "image": [{"bytes": data, "path": name} for name, data in picture_files().items()],
                    "label": [0, 1] * 6,
                }
            ).to_parquet(buffer)
        ),
    ),
    "csv": ("rows.csv", lambda: table().to_csv(index=False).encode()),
    "csv-series": ("series.csv", lambda: series().to_csv(index=False).encode()),
    "tsv": ("rows.tsv", lambda: table().to_csv(index=False, sep="\t").encode()),
    "jsonl": ("rows.jsonl", lambda: table().to_json(orient="records", lines=True, date_format="iso").encode()),
    "csv-gz": ("rows.csv.gz", lambda: gzip.compress(table().to_csv(index=False).encode(), mtime=0)),
    "parquet": ("rows.parquet", lambda: saved(lambda buffer: table().to_parquet(buffer))),
    "xlsx": ("rows.xlsx", lambda: saved(lambda buffer: table().to_excel(buffer, index=False))),
    "sqlite": ("rows.db", database),
}
PICTURES = {
    "png": ("PNG", "png"),
    "jpeg": ("JPEG", "jpg"),
    "gif": ("GIF", "gif"),
    "webp": ("WEBP", "webp"),
    "tiff": ("TIFF", "tif"),
    "bmp": ("BMP", "bmp"),
}
