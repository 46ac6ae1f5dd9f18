"""Exports a generator of pictures as one HTML file, which generates in any browser without a network.

The file holds the model, ONNX Runtime for browsers and the page, each packed. Browsers forbid a page from a file to
load other files, so everything is in it (microsoft/onnxruntime#16729).
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import string
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..data.download import fetch
from ..errors import UserError
from ..runs.folder import Run
from ..util import checks, files
from .explore import latent_directions
from .export import check_installed, checked_file
from .generator import Gan, load
from .onnx_graphs import graph_of_gan

DIRECTIONS = 8  # sliders
JACOBIAN_SAMPLES = 4  # latents at which directions are measured; a page needs no more of them
MAX_MODEL = 100 << 20  # bytes: browsers do not unpack much more in a page
# ONNX Runtime for browsers, of Microsoft, under the MIT license.
RUNTIME_URL = "https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-1.30.0.tgz"
RUNTIME_SHA256 = "d2228df7e4616bc3348bf504ee888f3bec43789a273f0a63f3e68d203ce3bf71"
RUNTIME_PARTS = {
    "runtime": "package/dist/ort.wasm.bundle.min.mjs",
    "wasm": "package/dist/ort-wasm-simd-threaded.wasm",
}
TEMPLATE = Path(__file__).parent / "page.html"


@dataclass(frozen=True)
class Page:
    """An exported page. difference: the largest one between the model in it and the run, in steps of 255."""

    path: Path
    size: int
    difference: float


def export_page(
    run: str | Path,
    out: str | Path | None = None,
    runtime: str | Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Page:
    """Write a run that makes pictures as one page with sliders along its principal directions, classes and seeds.

    Args:
        run: The run folder.
        out: The file, with the suffix .html. Default: NAME.html here.
        runtime: onnxruntime-web-1.30.0.tgz from npm, for machines without a network. None: it is downloaded once.
        progress: Is told the share of the directions that are measured.

    Raises:
        UserError: The run makes no pictures of 8 bits, a package is missing, the runtime cannot be had, or the results
            of the model differ from those of the run.
    """
    folder = Run(checks.path(run, "RUN"))
    target = Path(f"{folder.path.name or 'run'}.html") if out is None else checks.path(out, "--out")
    if target.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"{target} should end in .html")
    check_installed()
    gan = load(folder.path)
    graph = graph_of_gan(gan)
    example = graph.expected(*graph.examples[0])
    if not graph.facts["decoded"] or example.dtype != np.uint8 or example.ndim != 4:
        raise UserError(f"a page shows pictures of 8 bits, and {folder.path} makes others; use --to onnx")
    parts = runtime_parts(None if runtime is None else checks.path(runtime, "--runtime"))
    model, difference = checked_file(folder, graph)
    if len(model) > MAX_MODEL:
        raise UserError(f"the model of {folder.path} has {len(model) >> 20} MB, too much for a page; use --to onnx")
    facts = {**graph.facts, "shape": example.shape[1:], **_directions(gan, progress)}
    written = _filled(folder.path.resolve().name, {**parts, "model": model}, facts)
    files.write_text(target, written)
    return Page(target, len(written.encode()), difference)


def runtime_parts(given: Path | None) -> dict[str, bytes]:
    """The program and the machine code of the runtime. Raises UserError where they cannot be had."""
    package = given or files.cache_folder("web") / RUNTIME_URL.rpartition("/")[2]
    if given is None:
        fetch(RUNTIME_URL, package, RUNTIME_SHA256)
    elif not given.is_file():
        raise UserError(f"--runtime: there is no file {given}")
    elif not intact_copy(given):
        raise UserError(f"--runtime {given} is not the file of {RUNTIME_URL}: its checksum differs")
    with tarfile.open(package) as archive:
        found = {name: archive.extractfile(member) for name, member in RUNTIME_PARTS.items()}
        return {name: part.read() for name, part in found.items() if part is not None}


def intact_copy(path: Path) -> bool:
    """Whether a file that somebody else keeps is the runtime."""
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest() == RUNTIME_SHA256


def _directions(gan: Gan, progress: Callable[[float], None] | None) -> dict[str, list[object]]:
    count = min(DIRECTIONS, gan.recipe.latent.size)
    directions, deviations = latent_directions(gan, count, JACOBIAN_SAMPLES, progress=progress)
    moves = (directions.float() * deviations.float()[:, None]).tolist()
    return {"directions": [[float(f"{value:.5g}") for value in move] for move in moves]}


def _filled(name: str, parts: dict[str, bytes], facts: dict[str, object]) -> str:
    """The page. Texts of the run become text, never markup: `</script>` in a name of a class ends nothing."""
    packed = {part: base64.b64encode(gzip.compress(data, 9, mtime=0)).decode() for part, data in parts.items()}
    plain = json.dumps(facts).replace("<", "\\u003c")
    return string.Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=html.escape(name), facts=plain, **packed
    )
