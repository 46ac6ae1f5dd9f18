"""One film from a file of its own, as a trained model wants it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...data.folders import read_file
from ...errors import UserError
from ..image.fit import fitted, in_mode
from ..image.unusable import Unusable
from .codec import VideoCodec
from .decode import frames_of, header_of
from .timing import frames_at


def read(path: Path, codec: VideoCodec) -> np.ndarray:
    """The beginning of a film, frames x channels x height x width. Raises UserError where it cannot be read."""
    try:
        data = read_file(path)
        header = header_of(data, path.name)
        assert header.seconds is not None
        chosen = frames_at(header.seconds, codec.fps)
        frames = list(frames_of(data, path.name))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None
    except (Unusable, ValueError) as error:
        raise UserError(f"{path} is no usable film ({error})") from None
    if len(chosen) < codec.frames or len(frames) <= chosen[codec.frames - 1]:
        raise UserError(
            f"{path} has {len(chosen):,} frames at {codec.fps:g} a second, and this model learned {codec.frames}"
        )
    mode = "RGB" if codec.channels == 3 else "L"
    shown = [in_mode(fitted(frames[index], (codec.height, codec.width), codec.fit), mode) for index in chosen]
    return np.stack(shown[: codec.frames]).transpose(0, 3, 1, 2)
