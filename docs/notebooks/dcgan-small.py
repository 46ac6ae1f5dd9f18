# ---
# jupyter:
#   jupytext: {formats: "py:percent"}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # `dcgan-small`: 256 numbers do not fill 4 x 4 x 1
#
# The second convolutional program has a dense layer of 256 units (leaky ReLU 0.2, batch normalisation with
# 0.8), reshapes them to 4 x 4 x 1, and doubles the size with three transposed convolutions of 4 x 4 (128, 64
# and 1 channels, tanh). The discriminator has two convolutions of 4 x 4 and stride 2 (64 and 128 channels),
# leaky ReLU, dropout 0.3 and a dense layer. Batches have 32 pictures, for 1,000 epochs. It learns from
# simulated data first: pictures of 2-D normal distributions.

# %%
import numpy as np
import torch
from torch import nn
from tutorial import SECONDS, batches, cross_entropy, load_pictures, numbers, sheet

import sparring

torch.manual_seed(0)


def normal_pictures(count: int, seed: int = 0) -> np.ndarray:
    """Densities of random 2-D normal distributions as uint8 pictures, count x 28 x 28, each brightest at its mean."""
    rng = np.random.default_rng(seed)
    axis = np.linspace(-3, 3, 28)
    mean, deviation = rng.uniform(-1.5, 1.5, (count, 2)), rng.uniform(0.4, 1.2, (count, 2))
    correlation = rng.uniform(-0.8, 0.8, (count, 1, 1))
    x = ((axis - mean[:, :1]) / deviation[:, :1])[:, None, :]
    y = ((axis - mean[:, 1:]) / deviation[:, 1:])[:, :, None]
    return np.rint(255 * np.exp(-(x**2 - 2 * correlation * x * y + y**2) / (2 * (1 - correlation**2)))).astype(np.uint8)


pictures = normal_pictures(5000)
values = torch.as_tensor(pictures[:, None], dtype=torch.float32) / 127.5 - 1  # N x 1 x 28 x 28 in [-1, 1]

# %% [markdown]
# ## The program as printed


# %%
def make_generator(start: tuple[int, int, int], first: dict[str, int]) -> nn.Sequential:
    """start: channels, height and width after the reshape. first: the padding of the first transposed convolution."""
    layers: list[nn.Module] = [
        nn.Linear(100, 256),
        nn.LeakyReLU(0.2),
        nn.BatchNorm1d(256, momentum=0.2),
        nn.Unflatten(1, start),
    ]
    for before, after, padding in ((start[0], 128, first), (128, 64, {"padding": 1}), (64, 1, {"padding": 1})):
        layers.append(nn.ConvTranspose2d(before, after, 4, 2, **padding))
        layers += [nn.LeakyReLU(0.2), nn.BatchNorm2d(after, momentum=0.2)] if after > 1 else [nn.Tanh()]
    return nn.Sequential(*layers)


for start in ((1, 4, 4), (16, 4, 4)):
    try:
        fake = make_generator(start, first={"padding": 1})(torch.randn(4, 100))
        print(f"reshape to {start}: generated pictures {tuple(fake.shape)}, real pictures {tuple(values[:4].shape)}")
    except RuntimeError as error:
        print(f"reshape to {start}: {error}")

# %% [markdown]
# ## What is wrong with it
#
# - **The reshape fails.** 256 units are not 4 x 4 x 1, which has 16 values. They are 4 x 4 x 16.
# - **The size is wrong even then.** 4 doubled three times is 32, and a picture has 28 pixels a side. The
#   first layer must go from 4 to 7, and then 14, 28.
# - **0.8 means two things.** In Keras, batch normalisation with a momentum of 0.8 keeps 0.8 of its running
#   mean. In PyTorch the same number is called `momentum=0.2`; and `BatchNorm2d(128, 0.8)`, a frequent
#   translation, sets `eps` to 0.8, which damps the normalisation.
# - **The order is unusual**: the activation comes before the normalisation. That is kept.
#
# The program with both mended:

# %%
generator = make_generator((16, 4, 4), first={"padding": 2, "output_padding": 1})
discriminator = nn.Sequential(
    *(nn.Conv2d(1, 64, 4, 2, padding=1), nn.LeakyReLU(0.2), nn.Dropout(0.3)),
    *(nn.Conv2d(64, 128, 4, 2, padding=1), nn.LeakyReLU(0.2), nn.Dropout(0.3)),
    *(nn.Flatten(), nn.Linear(128 * 7 * 7, 1)),
)
generator_optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
discriminator_optimizer = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))

for real in batches(values, 32):
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
sheet(mended, "dcgan-small-mended.png")

# %% [markdown]
# ## The same in sparring
#
# The recipe `dcgan-small` starts from 4 x 4 x 16 and grows through 7 and 14 to 28; the sizes follow from the
# picture. `normal-pictures` is built in, and so are the digits.

# %%
run = sparring.train("normal-pictures", "dcgan-small", "runs/tutorial-dcgan-small-normal", budget=f"{SECONDS:g}s")
samples = sparring.load(run.path).values(500, seed=0)[:, 0]
numbers("sparring, normal distributions", samples, pictures)
sheet(samples, "dcgan-small-normal.png")

# %%
pictures, labels = load_pictures()
np.savez("digits28.npz", x=pictures, y=labels)
run = sparring.train("digits28.npz", "dcgan-small", "runs/tutorial-dcgan-small", budget=f"{SECONDS:g}s")
samples = sparring.load(run.path).values(500, seed=0)[:, 0]
numbers("sparring, digits", samples, pictures)
sheet(samples, "dcgan-small-digits.png")

# %% [markdown]
# ## The result
#
# One shared core of an AMD EPYC. From left to right: the mended program and `sparring` on normal
# distributions, `sparring` on MNIST:
#
# ![Samples of all three](../pictures/tutorial-dcgan-small.png)
#
# After a minute each:
#
# | program | data | kernel distance (real pictures 0.002) | variety |
# | --- | --- | --- | --- |
# | printed, mended | normal distributions | 0.133 | 121 % |
# | in `sparring` | normal distributions | 0.008 | 93 % |
# | in `sparring` | MNIST | 0.031 | 88 % |
