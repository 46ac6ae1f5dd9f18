# ---
# jupyter:
#   jupytext: {formats: "py:percent"}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # `mlp-small`:数值在 [0, 1],输出却是线性的
#
# 第二个程序的生成器较小(100 个正态随机数,256、512 个单元,ReLU),判别器相同。图片缩放到 [0, 1],生成器的输出是线性的。
# Adam 的学习率为 0.0002,beta1 为 0.5,共 30,000 步,每步 128 张图片。最后印出两个数:对真实图片的准确率 90.32 %,
# 以及假图片被判为真的比例 86.76 %。

# %%
import numpy as np
import torch
from torch import nn
from tutorial import SECONDS, batches, cross_entropy, load_pictures, numbers, sheet

import sparring

torch.manual_seed(0)
pictures, labels = load_pictures()
values = torch.as_tensor(pictures.reshape(len(pictures), -1), dtype=torch.float32) / 255  # in [0, 1]

# %% [markdown]
# ## 印出的程序

# %%
generator = nn.Sequential(nn.Linear(100, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 784))
discriminator = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 1))
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
with torch.no_grad():
    fake = generator(torch.randn(2000, 100))
    on_real, on_fake = discriminator(values[:2000]), discriminator(fake)
outside = ((fake < 0) | (fake > 1)).float().mean()
printed = (fake.clamp(0, 1) * 255).round().byte().numpy().reshape(-1, 28, 28)
accuracy_on_real, fooling_rate = (float((logits > 0).float().mean()) for logits in (on_real, on_fake))
print(f"accuracy on real pictures {accuracy_on_real:.1%}, on fakes {1 - fooling_rate:.1%}")
print(f"fooling rate {fooling_rate:.1%}; values outside of [0, 1] {outside:.1%}")
numbers("printed", printed, pictures)
sheet(printed, "mlp-small-printed.png")

# %% [markdown]
# ## 它错在哪里
#
# - **输出没有边界。** 图片的数值在 [0, 1] 之内,大多恰好为 0。线性输出会略小于 0 或大于 1,
#   而没有一张真实图片是这样的。判别器只看这一点就够了,于是一部分对抗围绕的是它,而不是数字。
# - **印出的两个数说明不了什么。** 如果 90 % 的真图片和 87 % 的假图片都被判为真,
#   那么判别器对假图片的准确率只有 13 %:它几乎对一切都说“真”。
#   完美的生成器和什么也没学到的判别器都会给出同样的两个数。
#   旁边还应有对假图片的准确率,以及一个不依赖判别器的指标。
# - **按步数而不是按图片数。** 30,000 步、每步 128 张,共 384 万张图片,是整个 MNIST 的 64 倍。
#   没有任何东西说明更少是否也够。
#
# ## 用 sparring 写同样的程序
#
# 配方 `mlp-small` 原样保留线性输出与 [0, 1](`value_range: unit`),以便看到它们的影响;解码后的图片会被截断。
# 可与 `mlp` 对比,后者的 tanh 不会越界。
# 报告把对真图片的准确率、对假图片的准确率和愚弄率并列,还有一个不依赖判别器的得分。

# %%
np.savez("digits28.npz", x=pictures, y=labels)
run = sparring.train("digits28.npz", "mlp-small", "runs/tutorial-mlp-small", budget=f"{SECONDS:g}s")
samples = sparring.load(run.path).values(500, seed=0)[:, 0]
numbers("sparring", samples, pictures)
sheet(samples, "mlp-small-sparring.png")

# %% [markdown]
# ## 结果
#
# MNIST,AMD EPYC 的一个共享核。左边是印出的程序,右边是 `sparring` 中同样的程序:
#
# ![两者的样本](../pictures/tutorial-mlp-small.png)
#
# 各训练一分钟之后:
#
# | 程序 | 核距离(真实图片 0.002) | 多样性 |
# | --- | --- | --- |
# | 印出的程序 | 0.226 | 52 % |
# | `sparring` | 0.044 | 68 % |
#
# 印出的生成器有 40 % 的数值落在 [0, 1] 之外。判别器识破了 90 % 的假图片,愚弄率只有 10 %:生成器远远落后。
