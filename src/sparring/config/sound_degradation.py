"""Degradations of sounds, as a recipe states them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from .part import Part

RANGES = {  # of the strength of each, with its unit
    "noise": (-20, 60),  # dB of the sound above the noise
    "hum": (-20, 60),  # dB of the sound above the hum
    "reverberation": (0.05, 3),  # seconds in which an echo falls by 60 dB
    "clipping": (0.01, 1),  # of the largest sample: what is beyond is cut off
    "packet_loss": (0, 0.9),  # the share of the packets that is lost
    "narrow_band": (0.05, 1),  # of half the sample rate: what is above is lost
}


class SoundDegradation(Part):
    """One degradation of a sound (see modalities.audio.degradations).

    kind: Its name. minimum, maximum: The range of its random strength.
    probability: The probability that it is applied to a sound.
    """

    kind: Literal["noise", "reverberation", "clipping", "packet_loss", "hum", "narrow_band"]
    minimum: float
    maximum: float
    probability: float = Field(1.0, gt=0, le=1)

    @model_validator(mode="after")
    def _strength_is_possible(self) -> SoundDegradation:
        low, high = RANGES[self.kind]
        if not low <= self.minimum <= self.maximum <= high:
            raise ValueError(
                f"the strength of '{self.kind}' is between {low} and {high}, its minimum below its maximum, "
                f"not {self.minimum:g} to {self.maximum:g}"
            )
        return self
