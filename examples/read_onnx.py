"""Use a file that `sparring export` wrote, without sparring.

python read_onnx.py FILE.onnx OUT.png [PICTURE | SEED] needs numpy, pillow and onnxruntime.
"""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

MODES = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}


def translate(session, facts, picture):
    """A picture -> a picture. Label maps, whose codec has a legend, go in as class numbers."""
    codec = facts["codec"]["output" if facts["reverse"] else "input"]
    values = np.asarray(picture.convert(codec.get("mode", "L")))
    return session.run(None, {"picture": values.reshape(*values.shape[:2], -1).transpose(2, 0, 1)[None]})[0][0]


def generate(session, facts, seed, count=16):
    """`count` pictures side by side: of each class in turn, where there are classes."""
    rng, latent = np.random.default_rng(seed), facts["latent"]
    size = (count, latent["size"])
    low = {"uniform": -1.0, "unit-uniform": 0.0}.get(latent["distribution"])
    drawn = rng.standard_normal(size) if low is None else rng.uniform(low, 1.0, size)
    given = {"latent": drawn.astype(np.float32)}
    if facts["classes"]:
        given["class"] = np.arange(count) % len(facts["classes"])
    if facts["noise_size"]:
        given["noise"] = rng.standard_normal((count, facts["noise_size"])).astype(np.float32)
    return np.concatenate(session.run(None, given)[0], axis=2)


def main(file, out, third="0"):
    """Write a picture. third: the picture that is translated, or the seed of pictures that are made."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    facts = json.loads(session.get_modelmeta().custom_metadata_map["sparring"])
    if not facts["decoded"]:
        sys.exit("this file makes rows or series: decode them by facts['codec']")
    takes_pictures = "scale" in facts
    made = translate(session, facts, Image.open(third)) if takes_pictures else generate(session, facts, int(third))
    mode = next(name for name, channels in MODES.items() if channels == len(made))
    Image.fromarray(made.transpose(1, 2, 0).squeeze().astype(np.uint8), mode if len(made) > 1 else "L").save(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
