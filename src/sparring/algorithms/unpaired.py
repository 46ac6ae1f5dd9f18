"""What translators without pairs share."""

from __future__ import annotations

from pydantic import Field

from .adversarial import AdversarialConfig


class UnpairedConfig(AdversarialConfig):
    """domains: Two classes of the data; the first is turned into the second. Null means the two that there are.

    identity: Weight of leaving pictures of the second domain as they are (Zhu et al. 2017, arXiv:1703.10593, section
        5.2).
    """

    domains: tuple[str, str] | None = None
    identity: float = Field(0.0, ge=0)

    translates = True
