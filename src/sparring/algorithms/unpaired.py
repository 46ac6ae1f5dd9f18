"""The settings that translation algorithms without pairs share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .adversarial import AdversarialConfig

ClassName = Annotated[str, Field(coerce_numbers_to_str=True)]  # classes may be called 3 and 8


class UnpairedConfig(AdversarialConfig):
    """Settings of translation without pairs.

    domains: Two classes of the data; the generator turns the first into the second. Null means the only two classes.
    identity: Weight of the identity loss, which asks the generator to leave pictures of the second domain unchanged
        (Zhu et al. 2017, arXiv:1703.10593, section 5.2).
    """

    domains: tuple[ClassName, ClassName] | None = None
    identity: float = Field(0.0, ge=0)

    translates = True
