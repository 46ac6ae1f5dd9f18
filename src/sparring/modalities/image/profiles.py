"""Colour profiles: what their numbers look like in sRGB, the colour space in which pictures are learned."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

from PIL import Image, ImageCms

MAX_NAME = 40  # characters of a profile's name that are shown
STANDARD = "sRGB"  # in the names of profiles that need no conversion
SPACES = {"RGB": b"RGB ", "CMYK": b"CMYK"}  # mode -> colour space of a profile, bytes 16 to 20


def in_srgb(picture: Image.Image) -> tuple[Image.Image, str]:
    """A colour picture of 8 bits with its profile applied, and the name of the profile; "" where none was needed."""
    profile, mode = picture.info.get("icc_profile"), picture.mode.removesuffix("A")
    if not profile or profile[16:20] != SPACES.get(mode):
        return picture, ""
    transform, name = _transform(profile, mode)
    if transform is None:
        return picture, name
    alpha = picture.getchannel("A") if picture.mode.endswith("A") else None
    converted = ImageCms.applyTransform(picture.convert(mode) if alpha else picture, transform)
    assert converted is not None
    if alpha:
        converted.putalpha(alpha)
    return converted, name


@lru_cache(maxsize=64)
def _transform(profile: bytes, mode: str) -> tuple[Any, str]:
    """How to come from a profile to sRGB, None where there is no need or no way; and the name of the profile."""
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        name = " ".join(ImageCms.getProfileDescription(opened).split())[:MAX_NAME]
        if STANDARD in name:
            return None, ""
        return ImageCms.buildTransform(opened, ImageCms.createProfile("sRGB"), mode, "RGB"), name or "without a name"
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None, ""
