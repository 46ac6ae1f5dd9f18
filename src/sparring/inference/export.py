"""Exports what a run has learned as one ONNX file, which runs without this program, Python or torch."""

from __future__ import annotations

import importlib.util
import json
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import UserError
from ..runs.folder import Run
from ..util import checks, files
from ..util.spelling import spells_options
from ..util.versions import __version__
from .classify import classifies
from .generator import load, load_picture_translator
from .loading import load_player
from .onnx_graphs import Graph, graph_of_classifier, graph_of_gan, graph_of_translator

FORMAT = 1  # of the facts in the file
TOLERANCE = 1e-4  # by which what a file makes may differ from the run, as a share of the range of the values
ROUNDING = 1e-6  # the same as a share of the largest value, for values that differ little from each other
ROUNDED_OTHERWISE = 1e-3  # share of whole numbers that may differ, where values lie in the middle of two
PRECISIONS = ("fp32", "int8")
NEEDED = ("onnx", "onnxscript", "onnxruntime")


@dataclass(frozen=True)
class Exported:
    """An exported file.

    Attributes:
        path: The file.
        inputs: Names.
        decoded: Whether what comes out are values of the data; else the reader decodes them by the facts in the file.
        difference: The largest difference between ONNX Runtime and torch that was seen, in units of the output.
        distances: In 8 bits: the Frechet distance to held-out examples before, "fp32", and after, "int8".
    """

    path: Path
    inputs: tuple[str, ...]
    decoded: bool
    difference: float
    distances: dict[str, float] | None = None


@spells_options
def export(
    run: str | Path,
    out: str | Path | None = None,
    *,
    reverse: bool = False,
    classifier: bool = False,
    precision: str = "fp32",
) -> Exported:
    """Write the generator of a run, or its classifier, as an ONNX file.

    What ONNX Runtime makes of it is compared with what torch makes, before it is written.
    Inputs have any count, and pictures any height and width. Facts for a reader (classes, the distribution of latents,
    the codec) are in the file's metadata under "sparring", as JSON.

    Args:
        run: The run folder.
        out: The file, with the suffix .onnx. Default: NAME.onnx here.
        reverse: Export the direction from outputs to inputs, of runs that have learned both.
        classifier: Export the discriminator of a run that has learned to classify, instead of the generator.
        precision: fp32, or int8: whole numbers of 8 bits, calibrated on the run's own latents. They are measured on the
            run's data, by its features, and refused where the Frechet distance grows by more than 5 %.

    Raises:
        UserError: The run has no generator yet, a package is missing, or the results differ.
    """
    folder = Run(checks.path(run, "RUN"))
    target = Path(f"{folder.path.name or 'run'}.onnx") if out is None else checks.path(out, "--out")
    if target.suffix.lower() != ".onnx":
        raise UserError(f"{target} should end in .onnx")
    checks.one_of(precision, "--precision", PRECISIONS)
    check_installed()
    recipe, _ = folder.recipe()
    if precision != "fp32" and (classifier or recipe.algorithm.translates):
        raise UserError("--precision int8 is for generators that make pictures of latents; leave it out")
    if classifier:
        graph = _classifier(folder)
    elif recipe.algorithm.translates:
        graph = graph_of_translator(load_picture_translator(folder.path, reverse))
    elif reverse:
        raise UserError(f"{folder.path} makes samples and translates nothing; leave --reverse out")
    else:
        graph = graph_of_gan(load(folder.path))
    data, difference = checked_file(folder, graph, reverse)
    distances = None
    if precision == "int8":
        from .export_int8 import in_8_bits

        data, distances = in_8_bits(load(folder.path), graph, data)
    files.write_bytes(target, data)
    return Exported(target, tuple(graph.inputs), graph.facts["decoded"], difference, distances)


def checked_file(run: Run, graph: Graph, reverse: bool = False) -> tuple[bytes, float]:
    """The contents of an ONNX file, and its largest difference from the run. Raises UserError as `export`."""
    recipe = run.recipe()[0].name
    facts = {"format": FORMAT, "sparring": __version__, "recipe": recipe, "reverse": reverse, **graph.facts}
    data = _onnx(graph, {**facts, "codec": run.read_json("codec.json")})
    return data, _difference(graph, data)


def _classifier(run: Run) -> Graph:
    if not classifies(run.path):
        raise UserError(f"{run.path} has not learned to classify (see recipe sgan); leave --classifier out")
    _, source, codec, network = load_player(run, "discriminator")
    return graph_of_classifier(codec, network, source["known_classes"])


def check_installed() -> None:
    """Raises UserError where a library that exports is missing."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(f'exporting needs {" and ".join(missing)}; run: pip install "sparring[onnx]"')


def _onnx(graph: Graph, facts: dict[str, Any]) -> bytes:
    """The file's contents. Raises UserError for a network that cannot be exported."""
    import onnx

    shapes = tuple(dict.fromkeys(dimensions, torch.export.Dim.DYNAMIC) for dimensions in graph.inputs.values())
    with _quiet(), torch.no_grad():
        try:
            program = torch.onnx.export(
                graph.module,
                graph.examples[0],
                dynamo=True,
                dynamic_shapes=(shapes,),
                input_names=list(graph.inputs),
                output_names=list(graph.outputs),
                verbose=False,
            )
        except torch.onnx.errors.OnnxExporterError as error:
            raise UserError(f"this network cannot be exported ({_why(error)})") from error
    assert program is not None
    model = program.model_proto
    onnx.helper.set_model_props(model, {"sparring": json.dumps(facts, sort_keys=True)})
    for value, dimensions in zip(model.graph.input, graph.inputs.values(), strict=True):
        for place, name in dimensions.items():
            value.type.tensor_type.shape.dim[place].dim_param = name
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _why(error: BaseException) -> str:
    """The first line of what an error of the exporter comes from, without colours of a terminal."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip() or type(error).__name__
    return text.splitlines()[0][:200]


def _difference(graph: Graph, data: bytes) -> float:
    """The largest difference between ONNX Runtime and the run on the examples. Raises UserError where it is large."""
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    largest = 0.0
    for inputs in graph.examples:
        with torch.no_grad():
            expected = graph.expected(*inputs)
        given = {name: each.numpy() for name, each in zip(graph.inputs, inputs, strict=True)}
        for found, wanted in zip(session.run(None, given), expected, strict=True):
            if found.shape != wanted.shape or not _agree(found, wanted):
                raise UserError("what the exported file makes differs from what the run makes; it was not written")
            apart = np.abs(found.astype(np.float64) - wanted.astype(np.float64))
            largest = max(largest, float(apart.max(initial=0)))
    return largest


def _agree(found: np.ndarray, expected: np.ndarray) -> bool:
    """Are these the same but for rounding?"""
    if np.issubdtype(expected.dtype, np.integer):
        return bool((found != expected).mean() <= ROUNDED_OTHERWISE)
    allowed = max(TOLERANCE * float(np.ptp(expected)), ROUNDING * float(np.abs(expected).max(initial=0)))
    return bool(np.abs(found.astype(np.float64) - expected).max(initial=0) <= allowed)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says about itself."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
