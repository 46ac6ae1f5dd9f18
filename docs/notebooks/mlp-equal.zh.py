# ---
# jupyter:
#   jupytext: {formats: "py:percent"}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # `mlp-equal`:动量,以及没有居中的噪声
#
# 第三个程序的两个网络隐层宽度都是 h,具体数值没有给出(这里取 256)。生成器的输入是 100 个在 [0, 1] 中均匀抽取的数;
# 输出是线性的,图片在 [0, 1] 之内。
# Adam 的学习率为 0.0001,共 10,000 步,每步 100 张图片。

# %%
import numpy as np
import torch
from torch import nn
from torch.nn.functional import normalize
from tutorial import SECONDS, batches, cross_entropy, load_pictures, numbers, sheet

import sparring

torch.manual_seed(0)
pictures, labels = load_pictures()
values = torch.as_tensor(pictures.reshape(len(pictures), -1), dtype=torch.float32) / 255  # in [0, 1]

# %% [markdown]
# ## 印出的程序

# %%
WIDTH = 256
generator = nn.Sequential(nn.Linear(100, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 784))
discriminator = nn.Sequential(nn.Linear(784, WIDTH), nn.ReLU(), nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 1))
generator_optimizer = torch.optim.Adam(generator.parameters(), lr=1e-4)
discriminator_optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-4)

for real in batches(values, 100):
    fake = generator(torch.rand(len(real), 100))
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
    printed = (generator(torch.rand(500, 100)).clamp(0, 1) * 255).round().byte().numpy().reshape(-1, 28, 28)
numbers("printed", printed, pictures)
sheet(printed, "mlp-equal-printed.png")

# %% [markdown]
# ## 它错在哪里
#
# - **Adam 记得太久。** beta1 默认为 0.9,动量跟随的是早已改变的对手。程序崩溃了:所有样本都是同一张图片。
# - **噪声都指向同一方向。** [0, 1] 中的数平均为 0.5,因此两个潜变量的大部分是相同的。下面的单元格测量这一点:
#   两个这样的潜变量的余弦约为 0.75,两个正态潜变量约为 0。
#   生成器每次看到的输入几乎相同,必须学会放大其中微小的差别。
# - **输出没有边界**,与 `mlp-small` 相同;784 个像素之前只有 256 个单元,所有样本都落在一个 256 维的空间里。

# %%
uniform, normal = (normalize(latents, dim=1) for latents in (torch.rand(1000, 100), torch.randn(1000, 100)))
for name, latents in (("uniform in [0, 1]", uniform), ("normal", normal)):
    print(f"{name}: mean cosine between two latents {(latents[:500] * latents[500:]).sum(1).mean():.2f}")

# %% [markdown]
# ## 用 sparring 写同样的程序
#
# 配方 `mlp-equal` 保留印出的设置:`unit-uniform` 潜变量、线性输出、学习率与批量。在命令行里,`--set` 只改一个值,其余不变;
# 这里用的是 `settings`。第一次训练与印出的相同,第二次换了 beta1,第三次再改用正态潜变量。

# %%
np.savez("digits28.npz", x=pictures, y=labels)
momentum = {f"players.{player}.optimizer.betas": [0.5, 0.999] for player in ("generator", "discriminator")}
variants = {
    "as-printed": {},
    "beta1": momentum,
    "beta1-normal": {**momentum, "latent.distribution": "normal"},
}
for name, settings in variants.items():
    out = f"runs/tutorial-mlp-equal-{name}"
    run = sparring.train("digits28.npz", "mlp-equal", out, budget=f"{SECONDS:g}s", settings=settings)
    samples = sparring.load(run.path).values(500, seed=0)[:, 0]
    numbers(f"sparring, {name}", samples, pictures)
    sheet(samples, f"mlp-equal-{name}.png")

# %% [markdown]
# ## 结果
#
# MNIST,AMD EPYC 的一个共享核。从左到右:印出的程序;`sparring` 中同样的设置、beta1 为 0.5、再加上正态潜变量:
#
# ![四者的样本](../pictures/tutorial-mlp-equal.png)
#
# 各训练一分钟之后:
#
# | 程序 | 核距离(真实图片 0.002) | 多样性 |
# | --- | --- | --- |
# | 印出的程序 | 1.180 | 7 % |
# | `sparring`,与印出的相同 | 0.394 | 13 % |
# | beta1 为 0.5 | 0.144 | 53 % |
# | 再加上正态潜变量 | 0.138 | 68 % |
#
# 按印出的设置,它在 `sparring` 里同样会崩溃,而训练状态会说明这一点:`mode-collapse`。较小的 beta1 能画出数字,
# 居中的噪声让数字更多样。
