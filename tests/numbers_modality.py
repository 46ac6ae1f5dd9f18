"""A small modality: pairs of numbers in text files, as a package or a folder of modalities would define it."""

IMPORTS = """
import numpy as np

from sparring.data.options import DataOptions
from sparring.data.source import ScanReport, Source
from sparring.modalities import Modality, Preview
from sparring.modalities.points import codec, features
from sparring.util.files import write_text
"""

MODALITY = '''
class PairsOfNumbers(Source):
    """NAME: the modality."""

    modality, unit, classes, notes = "NAME", "numbers", (), ()

    def __init__(self, values):
        self.name, self.shape, self.report, self.content_hash = "numbers", (2,), ScanReport(), str(values.sum())
        self._parts = {"train": values[:-40], "test": values[-40:], "validation": values[:0]}

    def count(self, split="train"):
        return len(self._parts[split])

    def values(self, indices, split="train"):
        return self._parts[split][indices]

    def labels(self, indices, split="train"):
        raise NotImplementedError


class Numbers(Modality):
    unit, default_recipe, Options = "numbers", "points", OPTIONS

    def recognises(self, path):
        return path.suffix == ".numbers"

    def open_path(self, path, options, context):
        return PairsOfNumbers(getattr(options, "scale", 1) * np.loadtxt(path, dtype=np.float32))

    def fit_codec(self, source, value_range="symmetric"):
        return codec.fit_codec(source, value_range)

    def codec_from(self, description):
        return codec.codec_from(description)

    def fit_features(self, source, seed, progress=None):
        return features.fit_features(source, seed)

    def features_from(self, description, tensors):
        return features.features_from(description, tensors)

    def preview(self, values, codec, columns=8):
        return Preview({".txt": str(values).encode(), ".csv": b"x,y"})

    def items(self, values, codec, seed=0, labels=None):
        return list(values)

    def write(self, values, labels, out, grid=False, codec=None, seed=0):
        write_text(out, str(values))
        return [out]
'''


def numbers_modality(name: str, options: str = "DataOptions") -> str:
    """The source of the modality, to be called `name`, with options of this class."""
    return MODALITY.replace("NAME", name).replace("OPTIONS", options)
