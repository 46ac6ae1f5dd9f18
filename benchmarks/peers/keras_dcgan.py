"""Keras' conditional DCGAN on its torch backend, run by a Python that has keras and torch.

    python keras_dcgan.py data.npz SEED SECONDS INTERVAL OUT

As its documentation has it for MNIST (keras.io, "Conditional GAN"): the label joins the latent, and the discriminator's
input as one plane a class; strided convolutions of 64 and 128, transposed ones of 128 and 128, Adam 3e-4, batches of
64, pictures in [0, 1]. data.npz: images (uint8 N x 28 x 28), labels, asked (the classes of the samples). After every
INTERVAL seconds of training samples go to OUT/MILLISECONDS-EXAMPLES.npy, uint8.
"""

import os
import sys
import time
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from keras import layers  # noqa: E402

LATENT, BATCH, CHUNK = 128, 64, 500


def players(classes, side):
    small = side // 4
    discriminator = keras.Sequential(
        [
            layers.Input((side, side, 1 + classes)),
            layers.Conv2D(64, 3, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Conv2D(128, 3, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.GlobalMaxPooling2D(),
            layers.Dense(1),
        ]
    )
    generator = keras.Sequential(
        [
            layers.Input((LATENT + classes,)),
            layers.Dense(small * small * (LATENT + classes)),
            layers.LeakyReLU(0.2),
            layers.Reshape((small, small, LATENT + classes)),
            layers.Conv2DTranspose(128, 4, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Conv2DTranspose(128, 4, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Conv2D(1, 7, padding="same", activation="sigmoid"),
        ]
    )
    return generator, discriminator


def main():
    data, seed, seconds, interval, out = sys.argv[1:]
    seed, seconds, interval, out = int(seed), float(seconds), float(interval), Path(out)
    with np.load(data) as found:
        images, labels, asked = found["images"], found["labels"], found["asked"]
    keras.utils.set_random_seed(seed)
    rng, classes, side = np.random.default_rng(seed), int(labels.max()) + 1, images.shape[1]
    generator, discriminator = players(classes, side)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    adams = {id(player): keras.optimizers.Adam(3e-4) for player in (generator, discriminator)}
    eye = torch.eye(classes)

    def step(player, value):
        player.zero_grad()
        value.backward()
        with torch.no_grad():
            adams[id(player)].apply(
                [weight.value.grad for weight in player.trainable_weights], player.trainable_weights
            )

    def beside(pictures, planes):
        return torch.cat([pictures, planes[:, None, None].expand(-1, side, side, -1)], dim=3)

    def latents(names):
        return torch.cat([torch.randn(len(names), LATENT), eye[names]], dim=1)

    def store(spent, seen):
        with torch.no_grad():
            chunks = [torch.from_numpy(part) for part in np.array_split(asked, len(asked) // CHUNK)]
            parts = [generator(latents(chunk), training=False) for chunk in chunks]
        np.save(out / f"{1000 * spent:09.0f}-{seen}.npy", (torch.cat(parts)[..., 0] * 255).round().byte().numpy())

    seen, spent, stored = 0, 0.0, 0.0
    while spent < seconds:
        start = time.perf_counter()
        rows = rng.integers(len(images), size=BATCH)
        real, names = torch.from_numpy(images[rows]).float()[..., None] / 255, torch.from_numpy(labels[rows])
        planes = eye[names]
        both = torch.cat([beside(generator(latents(names)).detach(), planes), beside(real, planes)])
        targets = torch.cat([torch.ones(BATCH, 1), torch.zeros(BATCH, 1)])  # its labels are turned round, and noisy
        targets = targets + 0.05 * torch.rand(2 * BATCH, 1)
        step(discriminator, loss(targets, discriminator(both, training=True)))
        fake = generator(latents(names), training=True)
        step(generator, loss(torch.zeros(BATCH, 1), discriminator(beside(fake, planes))))
        seen += BATCH
        spent += time.perf_counter() - start
        if spent - stored >= interval or spent >= seconds:
            store(spent, seen)
            stored = spent


if __name__ == "__main__":
    main()
