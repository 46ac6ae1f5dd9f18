"""Exports what a run has learned as one HTML file, which generates or translates in any browser without a network.

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
from typing import Any

from .. import modalities
from ..data.download import fetch
from ..errors import UserError
from ..runs.folder import Run
from ..util import checks, files
from .explore import latent_directions
from .export import check_installed, checked_file
from .generator import Gan, load, load_picture_translator
from .loading import described
from .onnx_graphs import Graph, graph_of_gan, graph_of_translator

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
FOLDER = Path(__file__).parent
TEMPLATES = {"pictures": "page.html", "sounds": "page.html", "translator": "page_translator.html"}
LONGEST = 1024  # pixels of the longer side of a picture that a page translates; longer ones are made smaller


@dataclass(frozen=True)
class Page:
    """An exported page. difference: the largest one between the model in it and the run, in units of the output."""

    path: Path
    size: int
    difference: float


def export_page(
    run: str | Path,
    out: str | Path | None = None,
    runtime: str | Path | None = None,
    progress: Callable[[float], None] | None = None,
    reverse: bool = False,
) -> Page:
    """Write a run as one page.

    One that makes pictures or sounds gets sliders along its principal directions, classes and seeds; pictures are saved
    as PNG, sounds are played and saved as WAV. One that turns pictures into others takes those that are dropped on it.

    Args:
        run: The run folder.
        out: The file, with the suffix .html. Default: NAME.html here.
        runtime: onnxruntime-web-1.30.0.tgz from npm, for machines without a network. None: it is downloaded once.
        progress: Is told the share of the directions that are measured.
        reverse: The direction from outputs to inputs, of runs that have learned both.

    Raises:
        UserError: A page cannot show what the run makes, a package is missing, the runtime cannot be had, or the
            results of the model differ from those of the run.
    """
    folder = Run(checks.path(run, "RUN"))
    target = Path(f"{folder.path.name or 'run'}.html") if out is None else checks.path(out, "--out")
    if target.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"{target} should end in .html")
    check_installed()
    graph, facts = _translator(folder, reverse) if _translates(folder) else _generator(folder, reverse, progress)
    parts = runtime_parts(None if runtime is None else checks.path(runtime, "--runtime"))
    model, difference = checked_file(folder, graph, reverse)
    if len(model) > MAX_MODEL:
        raise UserError(f"the model of {folder.path} has {len(model) >> 20} MB, too much for a page; use --to onnx")
    written = _filled(folder.path.resolve().name, {**parts, "model": model}, {**graph.facts, **facts})
    files.write_text(target, written)
    return Page(target, len(written.encode()), difference)


def _translates(run: Run) -> bool:
    return run.recipe()[0].algorithm.translates


def _generator(run: Run, reverse: bool, progress: Callable[[float], None] | None) -> tuple[Graph, dict[str, Any]]:
    if reverse:
        raise UserError(f"{run.path} makes samples and translates nothing; leave --reverse out")
    gan = load(run.path)
    shown = gan.modality.page_facts(gan.codec)
    if shown is None:
        raise UserError(f"a page shows pictures of 8 bits and sounds, and {run.path} makes others; use --to onnx")
    graph = graph_of_gan(gan)
    shape = graph.expected(*graph.examples[0])[0].shape[1:]
    return graph, {**shown, "shape": shape, **_directions(gan, progress)}


def _translator(run: Run, reverse: bool) -> tuple[Graph, dict[str, Any]]:
    translator = load_picture_translator(run.path, reverse)
    _, source, codec = described(run)
    shown = modalities.get(source["modality"]).page_facts(codec, reverse)
    if shown is None:
        raise UserError(
            f"a page takes pictures of 8 bits, grey or in colours, and {run.path} takes or makes others; use --to onnx"
        )
    return graph_of_translator(translator), {**shown, "longest": LONGEST}


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
    template, start = (
        (FOLDER / each).read_text(encoding="utf-8") for each in (TEMPLATES[str(facts["kind"])], "page_start.js")
    )
    return string.Template(template).substitute(title=html.escape(name), facts=plain, start=start, **packed)
