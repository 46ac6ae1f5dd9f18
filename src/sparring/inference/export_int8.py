"""Whole numbers of 8 bits in the place of an exported generator's floating-point ones, calibrated and measured.

Static quantisation with scales beside the operations (QDQ): dynamic one is neither smaller nor faster for convolutions
(microsoft/onnxruntime#12854, #15888).
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .. import modalities
from ..errors import UserError
from ..modalities.adapters import for_algorithm
from ..util import safetensors
from .generator import Gan
from .onnx_graphs import Graph, latent_inputs

WORSE = 0.05  # by which the distance to held-out examples may grow, as a share
CALIBRATION, MEASURED = 256, 2000  # samples
CALIBRATION_SEED, SCORE_SEED = 2, 1  # not of the same latents; the score's is that of a training
CHUNK = 16
QUANTISED = ["Conv", "ConvTranspose", "Gemm", "MatMul"]


def in_8_bits(gan: Gan, graph: Graph, model: bytes) -> tuple[bytes, dict[str, float]]:
    """The model in whole numbers, and the distances to held-out examples: {"fp32": 3.1, "int8": 3.2}.

    Both are Frechet distances of the run's own features, of the same latents.

    Raises:
        UserError: The run makes no pictures, its data or features are gone, or the distance grows by more than WORSE.
    """
    _refuse_others(gan, graph)
    score = _score(gan)
    quantised = _quantised(gan, graph, model)
    found = {name: _distance(gan, graph, data, score) for name, data in (("fp32", model), ("int8", quantised))}
    if not found["int8"] <= found["fp32"] * (1 + WORSE):
        raise UserError(
            f"in 8 bits the Frechet distance to held-out examples grows from {found['fp32']:.4g} to "
            f"{found['int8']:.4g}, by more than {WORSE:.0%}; use --precision fp32"
        )
    return quantised, found


def _refuse_others(gan: Gan, graph: Graph) -> None:
    example = graph.expected(*graph.examples[0])[0]
    if not graph.facts["decoded"] or example.dtype != np.uint8 or example.ndim != 4:
        raise UserError(f"--precision int8 is for runs that make pictures of 8 bits, and {gan.run} makes others")


def _score(gan: Gan) -> Any:
    """The score of the run's training, of more samples. Raises UserError where its data or its features are gone."""
    assert gan.run is not None
    path = gan.run.path / "features.safetensors"
    try:
        source = for_algorithm(gan.recipe, gan.training_data)
        tensors, about = safetensors.read(path.read_bytes(), path)
    except (UserError, OSError) as error:
        raise UserError(f"--precision int8 is measured on the run's data and by its features: {error}") from None
    net = modalities.get(source.modality).features_from(about, tensors)
    return gan.modality.online_score(net, source, MEASURED, SCORE_SEED)


@contextlib.contextmanager
def _same_places() -> Iterator[None]:
    """The library adds a folder of its own to the places of modules; afterwards they are as before."""
    before = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = before


def _quantised(gan: Gan, graph: Graph, model: bytes) -> bytes:
    with _same_places():
        from onnxruntime import quantization
        from onnxruntime.quantization.shape_inference import quant_pre_process

    class Latents(quantization.CalibrationDataReader):
        def __init__(self) -> None:
            self.parts = _parts(gan, CALIBRATION, CALIBRATION_SEED, graph)

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.parts, None)

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), _same_places():
        warnings.simplefilter("ignore")
        plain, prepared, done = (Path(folder) / name for name in ("plain.onnx", "prepared.onnx", "done.onnx"))
        plain.write_bytes(model)
        quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
        quantization.quantize_static(
            str(prepared),
            str(done),
            Latents(),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=QUANTISED,
            per_channel=True,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8,
        )
        return _with_facts(model, done.read_bytes())


def _with_facts(model: bytes, quantised: bytes) -> bytes:
    """The quantised model with the metadata of the other one."""
    import onnx

    facts = {each.key: each.value for each in onnx.load_from_string(model).metadata_props}
    found = onnx.load_from_string(quantised)
    onnx.helper.set_model_props(found, facts)
    return found.SerializeToString()


def _parts(gan: Gan, count: int, seed: int, graph: Graph) -> Iterator[dict[str, np.ndarray]]:
    for start in range(0, count, CHUNK):
        given = latent_inputs(gan, seed, range(start, min(start + CHUNK, count)))
        yield {name: each.numpy() for name, each in zip(graph.inputs, given, strict=True)}


def _distance(gan: Gan, graph: Graph, model: bytes, score: Any) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    parts = list(_parts(gan, score.count, SCORE_SEED, graph))
    values = np.concatenate([session.run(None, part)[0] for part in parts])
    asked = np.concatenate([part["class"] for part in parts]) if "class" in graph.inputs else None
    return float(score(values, asked)[1]["frechet_distance"]["value"])
