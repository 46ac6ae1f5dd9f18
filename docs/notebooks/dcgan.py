# ---
# jupyter:
#   jupytext: {formats: "py:percent"}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # `dcgan`: one layer of stride 2 too many
#
# The convolutional program: a dense layer to 7 x 7 x 256 without bias, batch normalisation and leaky ReLU,
# then three transposed convolutions of 5 x 5 with 128, 64 and 1 channels, tanh at the end. The discriminator
# has two convolutions of 5 x 5 and stride 2 (64 and 128 channels), leaky ReLU, dropout 0.3 and a dense layer.
# Adam learns at 0.0002 with beta1 0.5, 50 epochs of MNIST in batches of 128.

# %%
import numpy as np
import torch
from torch import nn
from tutorial import SECONDS, batches, cross_entropy, load_pictures, numbers, sheet

import sparring

torch.manual_seed(0)
pictures, labels = load_pictures()
values = torch.as_tensor(pictures[:, None], dtype=torch.float32) / 127.5 - 1  # N x 1 x 28 x 28 in [-1, 1]

# %% [markdown]
# ## The program as printed
#
# `strides` are those of the three transposed convolutions; the program prints 2 for each.


# %%
def make_generator(strides: tuple[int, int, int]) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Linear(100, 7 * 7 * 256, bias=False), nn.BatchNorm1d(7 * 7 * 256), nn.LeakyReLU(0.3)]
    layers.append(nn.Unflatten(1, (256, 7, 7)))
    for before, after, stride in zip((256, 128, 64), (128, 64, 1), strides, strict=True):
        layers.append(nn.ConvTranspose2d(before, after, 5, stride, padding=2, output_padding=stride - 1, bias=False))
        layers += [nn.BatchNorm2d(after), nn.LeakyReLU(0.3)] if after > 1 else [nn.Tanh()]
    return nn.Sequential(*layers)


def make_discriminator() -> nn.Sequential:
    return nn.Sequential(
        *(nn.Conv2d(1, 64, 5, 2, padding=2), nn.LeakyReLU(0.3), nn.Dropout(0.3)),
        *(nn.Conv2d(64, 128, 5, 2, padding=2), nn.LeakyReLU(0.3), nn.Dropout(0.3)),
        *(nn.Flatten(), nn.Linear(128 * 7 * 7, 1)),
    )


generator, discriminator = make_generator(strides=(2, 2, 2)), make_discriminator()
fake = generator(torch.randn(4, 100))
print("generated pictures:", tuple(fake.shape), "real pictures:", tuple(values[:4].shape))
try:
    discriminator(fake)
except RuntimeError as error:
    print("the discriminator refuses them:", error)

# %% [markdown]
# ## What is wrong with it
#
# - **It does not run.** 7 x 7 doubled three times is 56 x 56. A picture has 28 x 28, and the dense layer of
#   the discriminator has as many weights as 28 x 28 needs. The first of the three layers must have stride 1:
#   7, 7, 14, 28.
# - **It is slow to start.** The network is wide for such small pictures, and each step moves it little.
#   A minute of one CPU core is a few thousand pictures, and shows no digit yet.
# - **Frameworks differ in what they leave unsaid.** In Keras, batch normalisation keeps 0.99 of its running
#   mean, in PyTorch 0.9; Keras' leaky ReLU has a slope of 0.3, PyTorch's 0.01; Keras initialises by Glorot,
#   PyTorch by Kaiming. The printed program means Keras' values.
#
# The program with that one stride mended:

# %%
generator = make_generator(strides=(1, 2, 2))
generator_optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
discriminator_optimizer = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))

for real in batches(values, 128):
    fake = generator(torch.randn(len(real), 100))
    on_real, on_fake = discriminator(real), discriminator(fake.detach())
    discriminator_loss = cross_entropy(on_real, 1) + cross_entropy(on_fake, 0)
    discriminator_optimizer.zero_grad()
    discriminator_loss.backward()
    discriminator_optimizer.step()

    generator_loss = cross_entropy(discriminator(fake), 1)
    generator_optimizer.zero_grad()
    generator_loss.backward()
    generator_optimizer.step()

# %%
generator.eval()
with torch.no_grad():
    mended = ((generator(torch.randn(500, 100)) + 1) * 127.5).round().byte().numpy()[:, 0]
numbers("printed, mended", mended, pictures)
sheet(mended, "dcgan-mended.png")

# %% [markdown]
# ## The same in sparring
#
# The recipe `dcgan` has the mended layers with Keras' values, and fits them to any size: other pictures get
# more stages. The recipe `mixture` plays the same game with a smaller convolutional discriminator, and with a
# generator that begins as a mixture of Gaussians fitted to the data. It does not have to learn from nothing
# where a digit is.

# %%
np.savez("digits28.npz", x=pictures, y=labels)
for recipe in ("dcgan", "mixture"):
    run = sparring.train("digits28.npz", recipe, f"runs/tutorial-{recipe}", budget=f"{SECONDS:g}s")
    samples = sparring.load(run.path).values(500, seed=0)[:, 0]
    numbers(f"sparring, {recipe}", samples, pictures)
    sheet(samples, f"dcgan-{recipe}.png")

# %% [markdown]
# ## The result
#
# On MNIST, one shared core of an AMD EPYC. From left to right: the mended program, `dcgan` and `mixture` in
# `sparring`:
#
# ![Samples of all three](../pictures/tutorial-dcgan.png)
#
# After a minute each:
#
# | program | kernel distance (real pictures 0.002) | variety |
# | --- | --- | --- |
# | printed, mended | 1.922 | 34 % |
# | `dcgan` in `sparring` | 3.525 | 4 % |
# | `mixture` in `sparring` | 0.003 | 98 % |
#
# The same network learns as slowly in `sparring`: in its first minute it stands no better than the mended
# program. After ten minutes `dcgan` draws all ten digits ([sheet](../pictures/mnist-dcgan-10m.png)). `mixture`
# has them in seconds.
