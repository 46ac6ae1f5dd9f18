"""Well-known sets by name: where they are found on this machine, and from where they are downloaded."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..errors import UserError
from ..util.files import cache_folder


@dataclass(frozen=True)
class NamedSet:
    """The files of a set (name -> MD5) and the places that serve all of them."""

    urls: tuple[str, ...]
    files: dict[str, str]


MNIST_FILES = tuple(
    f"{part}-ubyte.gz" for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
)
MNIST_MD5 = (
    "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "d53e105ee54ea40749a09fcbcd1e9432",
    "9fb629c4189551a2d022fa330f9573f3",
    "ec29112dd5afa0611ce80d1b7f02629c",
)
FASHION_MNIST_MD5 = (
    "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    "25c81989df183df01b3e8a0aad5dffbe",
    "bef4ecab320f06d8554ea6380940ec79",
    "bb300cfdad3c16e7a12a480ee83cd310",
)
MODALITY = "image"  # of every set below
NAMED = {
    "mnist": NamedSet(
        ("https://ossci-datasets.s3.amazonaws.com/mnist/",), dict(zip(MNIST_FILES, MNIST_MD5, strict=True))
    ),
    "fashion-mnist": NamedSet(
        ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),  # without TLS: the checksums protect
        dict(zip(MNIST_FILES, FASHION_MNIST_MD5, strict=True)),
    ),
    "cifar10": NamedSet(
        ("https://www.cs.toronto.edu/~kriz/",), {"cifar-10-binary.tar.gz": "c32a1d4ab5d03f1284b67883e8d87530"}
    ),
}


def find(name: str) -> tuple[Path, tuple[str, ...]]:
    """The folder of a named set, and notes for the user.

    The set is looked for in $SPARRING_DATA/NAME, in the cache and in ./NAME; else it is downloaded into the cache.
    Raises UserError where it is nowhere and cannot be downloaded.
    """
    local = Path(name)
    shadowed = (
        (f"The set '{name}' was opened, not the '{name}' in this folder: write ./{name} to open that.",)
        if local.exists()
        else ()
    )
    from .download import fetch_all, intact

    shared = os.environ.get("SPARRING_DATA")
    if shared and (Path(shared) / name).exists():
        return Path(shared) / name, shadowed
    cached = cache_folder("data") / name
    if all(intact(cached / file, checksum) for file, checksum in NAMED[name].files.items()):
        return cached, shadowed
    if local.is_dir():
        return local, (f"The set '{name}' was found in this folder, at ./{name}.",)
    try:
        fetch_all(NAMED[name].urls, NAMED[name].files, cached)
    except UserError as error:
        raise UserError(
            f"The set '{name}' is not on this machine and could not be downloaded ({error}): {where(name, cached)}."
        ) from None
    return cached, shadowed


def where(name: str, cached: Path) -> str:
    """What a person can do where the set cannot be downloaded."""
    files = list(NAMED[name].files)
    return f"put {', '.join(files)} into {cached}, or into a folder {name} of the folder that $SPARRING_DATA names"
