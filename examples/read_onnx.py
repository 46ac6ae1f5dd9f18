"""Use a file that `sparring export` wrote, without sparring.

python read_onnx.py FILE.onnx OUT.png [PICTURE | SEED] needs numpy, pillow and onnxruntime. Sounds: OUT.wav.
"""

import json
import sys
import wave

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
    """`count` samples: of each class in turn, where there are classes."""
    rng, latent = np.random.default_rng(seed), facts["latent"]
    size = (count, latent["size"])
    low = {"uniform": -1.0, "unit-uniform": 0.0}.get(latent["distribution"])
    drawn = rng.standard_normal(size) if low is None else rng.uniform(low, 1.0, size)
    given = {"latent": drawn.astype(np.float32)}
    if facts["classes"]:
        given["class"] = np.arange(count) % len(facts["classes"])
    if facts["noise_size"]:
        given["noise"] = rng.standard_normal((count, facts["noise_size"])).astype(np.float32)
    return session.run(None, given)[0]


def write_sounds(path, sounds, rate):
    """One WAV of 16 bits with all sounds, N x channels x samples, one after the other."""
    with wave.open(path, "wb") as file:
        file.setnchannels(sounds.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.concatenate(sounds, axis=1).T * 32767).round().astype("<i2").tobytes())


def main(file, out, third="0"):
    """Write a picture. third: the picture that is translated, or the seed of pictures that are made."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    facts = json.loads(session.get_modelmeta().custom_metadata_map["sparring"])
    if not facts["decoded"]:
        sys.exit("this file makes rows, series or tokens: decode them by facts['codec']")
    if "scale" in facts:
        made = translate(session, facts, Image.open(third))
    elif "rate" in facts["codec"]:
        write_sounds(out, generate(session, facts, int(third)), facts["codec"]["rate"])
        return
    else:
        made = np.concatenate(generate(session, facts, int(third)), axis=-1)
    made = made[0] if made.ndim == 4 else made  # of films their first frame
    mode = next(name for name, channels in MODES.items() if channels == len(made))
    Image.fromarray(made.transpose(1, 2, 0).squeeze().astype(np.uint8), mode if len(made) > 1 else "L").save(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
