# ---
# jupyter:
#   jupytext: {formats: "py:percent"}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # `mlp`: the first GAN of the tutorials
#
# The first program that tutorials on GANs print has two fully connected networks. The generator turns 100
# normal numbers into a picture of 28 x 28 pixels (256, 512 and 1,024 units, ReLU, tanh). The discriminator
# says whether a picture is real (512 and 256 units, ReLU). Both learn with Adam at a rate of 0.0002 and
# binary cross-entropy, for 100 epochs of MNIST.
#
# Each training here gets a minute instead (`SPARRING_TUTORIAL_SECONDS` changes it), on the digits that ship
# inside scikit-learn.

# %%
import numpy as np
import torch
from torch import nn
from tutorial import SECONDS, batches, load_pictures, numbers, sheet

import sparring

torch.manual_seed(0)
pictures, labels = load_pictures()
values = torch.as_tensor(pictures.reshape(len(pictures), -1), dtype=torch.float32) / 127.5 - 1  # in [-1, 1], as tanh

# %% [markdown]
# ## The program as printed


# %%
def dense(*widths: int) -> list[nn.Module]:
    """Linear layers of these widths, each followed by ReLU."""
    pairs = zip(widths, widths[1:], strict=False)
    return [layer for before, after in pairs for layer in (nn.Linear(before, after), nn.ReLU())]


generator = nn.Sequential(*dense(100, 256, 512, 1024), nn.Linear(1024, 784), nn.Tanh())
discriminator = nn.Sequential(*dense(784, 512, 256), nn.Linear(256, 1), nn.Sigmoid())
generator_optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4)
discriminator_optimizer = torch.optim.Adam(discriminator.parameters(), lr=2e-4)
loss = nn.BCELoss()

for step, real in enumerate(batches(values, 128)):
    ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)

    fake = generator(torch.randn(len(real), 100))
    discriminator_loss = loss(discriminator(real), ones) + loss(discriminator(fake.detach()), zeros)
    discriminator_optimizer.zero_grad()
    discriminator_loss.backward()
    discriminator_optimizer.step()

    generator_loss = loss(discriminator(fake), ones)
    generator_optimizer.zero_grad()
    generator_loss.backward()
    generator_optimizer.step()

    if step % 500 == 0:
        print(f"step {step}: discriminator {discriminator_loss:.3f}, generator {generator_loss:.3f}")

# %%
with torch.no_grad():
    printed = ((generator(torch.randn(500, 100)) + 1) * 127.5).round().byte().numpy().reshape(-1, 28, 28)
numbers("printed", printed, pictures)
sheet(printed, "mlp-printed.png")

# %% [markdown]
# ## What is wrong with it
#
# - **Nothing says how it goes.** The two losses are those of a game. They do not fall when the samples get
#   better. The program has no number for the quality of its samples, so it cannot notice mode collapse, and
#   it cannot stop or go back.
# - **Adam remembers too much.** With its default beta1 of 0.9, the momentum follows an opponent that has
#   moved on. On MNIST this program collapses; Radford et al. (2015) found 0.5 to be steadier.
# - **The initialisation is left to chance.** With the default of the framework the discriminator wins after
#   some hundred thousand pictures. Kaiming's initialisation of the generator keeps its signal alive.
# - **Probabilities, then logarithms.** In float32 a sigmoid is exactly 1 for logits above 17. Its gradient is
#   then 0, and the generator learns nothing. Cross-entropy on logits does not have this problem.
# - **It returns the last generator.** Each step moves the generator back and forth. An average of its weights
#   over the last steps is better.
#
# ## The same in sparring
#
# The recipe `mlp` has the printed layers, rates and loss, with beta1 0.5, Kaiming's initialisation for the
# generator, cross-entropy on logits and an average of the weights. `sparring recipes mlp` prints it with the
# source of each number. The labels of the digits are there, so `sparring` uses them.

# %%
np.savez("digits28.npz", x=pictures, y=labels)
run = sparring.train("digits28.npz", "mlp", "runs/tutorial-mlp", budget=f"{SECONDS:g}s")
samples = sparring.load(run.path).values(500, seed=0)[:, 0]
numbers("sparring", samples, pictures)
sheet(samples, "mlp-sparring.png")

# %% [markdown]
# ## The result
#
# On MNIST, one shared core of an AMD EPYC. On the left the program as printed, on the right the same in
# `sparring`:
#
# ![Samples of both](../pictures/tutorial-mlp.png)
#
# After a minute each:
#
# | program | kernel distance (real pictures 0.002) | variety |
# | --- | --- | --- |
# | as printed | 0.506 | 5 % |
# | in `sparring` | 0.023 | 80 % |
#
# The printed program has collapsed: all its samples are one picture. Its losses do not show it.
#
# `runs/tutorial-mlp/report.html` shows how the samples changed, the score at every tick with what it was
# measured on, and how the training went, in words.
