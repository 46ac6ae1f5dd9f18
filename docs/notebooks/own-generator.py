# ---
# jupyter:
#   jupytext: {formats: "py:percent"}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # A generator of your own
#
# `sparring` trains any generator that turns latents into samples. This page defines one in twenty lines,
# trains it on a NumPy array beside the discriminator of the recipe `dcgan`, watches the training with a
# callback, and loads it again.

# %%
import torch
from torch import nn
from tutorial import SECONDS, load_pictures, numbers, sheet

import sparring
from sparring.networks import Generator

pictures, labels = load_pictures()  # uint8, N x 28 x 28

# %% [markdown]
# ## The network
#
# A generator derives from `Generator`. Its constructor asks by name for the dimensions that it needs: `shape`,
# the shape of one sample, and `latent_size`. Keyword-only parameters are its options, which a recipe may set.
# `forward` takes latents, N x latent_size, and returns N x shape, here in [-1, 1]. Classes would come as
# `condition`; this network has none.


# %%
@sparring.register_network("three-step-generator")
class ThreeStepGenerator(Generator):
    def __init__(self, shape: tuple[int, ...], latent_size: int, *, width: int = 48):
        super().__init__()
        channels, side, _ = shape
        self.width, self.start = width, -(-side // 4)
        self.first = nn.Linear(latent_size, 4 * width * self.start**2)
        self.layers = nn.Sequential(
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(4 * width, 2 * width, 3, padding=1),
            nn.ReLU(),
            nn.Upsample(size=side),
            nn.Conv2d(2 * width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, channels, 3, padding=1),
            nn.Tanh(),
        )

    def forward(self, latent: torch.Tensor, condition=None, noise=None) -> torch.Tensor:
        return self.layers(self.first(latent).unflatten(1, (4 * self.width, self.start, self.start)))


# %% [markdown]
# ## The training
#
# The decorator gave the network a name, and `settings` puts it into a recipe. Everything else stays: exact
# resume, the averaged generator, scores, health, the report. On the command line the same is
# `sparring train digits.npz --recipe dcgan --plugin my.py --set players.generator.network=three-step-generator`.


# %%
class Fooled(sparring.Callback):
    """Collects how often the discriminator takes a sample for real."""

    def __init__(self):
        self.rates = []

    def observed(self, observation):
        if observation.event == "tick":
            self.rates.append(observation.values["fooling_rate"])


fooled = Fooled()
settings = {"players.generator.network": "three-step-generator", "players.generator.options": {"width": 32}}
run = sparring.train(
    pictures, "dcgan", "runs/tutorial-own-generator", settings=settings, budget=f"{SECONDS:g}s", callbacks=[fooled]
)
print("fooling rate at each tick:", ", ".join(f"{rate:.0%}" for rate in fooled.rates))

# %% [markdown]
# ## The result
#
# `sparring.load` builds the network again by its name. In another program, import the module that registers it
# first.

# %%
samples = sparring.load(run).values(500, seed=0)[:, 0]
numbers("own generator", samples, pictures)
sheet(samples, "own-generator-samples.png")
sheet(pictures, "own-generator-real.png")
