"""The data that a run was trained on, opened again where it lay."""

from __future__ import annotations

from typing import Any

from .. import modalities
from ..data.options import OpenContext
from ..data.source import Source, TranslationSource
from ..errors import UserError
from ..modalities.adapters import for_algorithm
from ..modalities.opening import open_data
from ..runs.folder import Run


def open_as(run: Run, data: Any = None) -> Source:
    """Data opened as the run opened its own. data: None: that of the run, where it lay.

    Raises UserError where it cannot be found or read.
    """
    about, opened = run.read_json("source.json"), run.recipe()[1]["data"]
    modality = modalities.get(about["modality"])
    asked = {**opened["asked"], **modality.options_for(about)}
    context = OpenContext(**opened["context"], like=modality.codec_from(run.read_json("codec.json")))
    place = run.data_place() if data is None else data
    if place is None:
        raise UserError(
            f"{run.path} does not say where its data lies (it came from a Python program, or from another machine); "
            "say so with --data"
        )
    try:
        return open_data(place, asked, context)
    except UserError as error:
        if data is not None:
            raise
        raise UserError(f"{str(error).rstrip('.?')}; say with --data where the data lies now") from None


def adapted(run: Run, source: Source) -> Source:
    """A source as the run's algorithm takes it."""
    return source if isinstance(source, TranslationSource) else for_algorithm(run.recipe()[0], source)


def training_data(run: Run) -> Source:
    """The run's own data. Raises UserError where it is gone, or is not what it was."""
    place = run.data_place()
    if place is None:
        raise UserError(f"{run.path} does not say where its training data lies, so that copies of it cannot be told")
    found = adapted(run, open_as(run, place))
    if found.content_hash != run.read_json("source.json")["content_hash"]:
        raise UserError(f"{place} is not what {run.path} was trained on any more; put that back")
    return found
