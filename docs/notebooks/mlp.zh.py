# ---
# jupyter:
#   jupytext: {formats: "py:percent"}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # `mlp`:教程里的第一个 GAN
#
# GAN 教程印出的第一个程序由两个全连接网络组成。生成器把 100 个正态随机数变成 28 x 28 的图片(256、512、1,024 个单元,
# ReLU,tanh)。
# 判别器判断图片是否真实(512、256 个单元,ReLU)。两者都用 Adam 学习,学习率 0.0002,损失为二元交叉熵,
# 在 MNIST 上训练 100 轮。
#
# 这里每次训练只用一分钟(由 `SPARRING_TUTORIAL_SECONDS` 决定),数据是 scikit-learn 自带的手写数字。

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
# ## 印出的程序


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
# ## 它错在哪里
#
# - **没有任何东西说明训练得怎样。** 两个损失是对抗的损失,样本变好时它们并不下降。程序没有衡量样本质量的数值,
#   因此发现不了模式崩溃,也无法停止或回退。
# - **Adam 记得太久。** beta1 默认为 0.9,动量跟随的是早已改变的对手。在 MNIST 上这个程序会崩溃;
#   Radford 等人(2015)发现 0.5 更稳定。
# - **初始化听天由命。** 用框架的默认初始化,几十万张图片之后判别器就会获胜。
#   对生成器采用 Kaiming 初始化能保住它的信号。
# - **先求概率,再取对数。** 在 float32 中,logit 大于 17 时 sigmoid 恰好等于 1,此时梯度为 0,生成器什么也学不到。
#   直接在 logit 上计算交叉熵就没有这个问题。
# - **交出的是最后一个生成器。** 每一步都让生成器来回摆动,最近若干步权重的平均更好。
#
# ## 用 sparring 写同样的程序
#
# 配方 `mlp` 采用印出的层、学习率与损失,beta1 为 0.5,生成器用 Kaiming 初始化,交叉熵在 logit 上计算,并对权重取平均。
# `sparring recipes mlp` 会显示它以及每个数值的出处。
# 这些数字带有标签,`sparring` 就会使用它们。

# %%
np.savez("digits28.npz", x=pictures, y=labels)
run = sparring.train("digits28.npz", "mlp", "runs/tutorial-mlp", budget=f"{SECONDS:g}s")
samples = sparring.load(run.path).values(500, seed=0)[:, 0]
numbers("sparring", samples, pictures)
sheet(samples, "mlp-sparring.png")

# %% [markdown]
# ## 结果
#
# MNIST,AMD EPYC 的一个共享核。左边是印出的程序,右边是 `sparring` 中同样的程序:
#
# ![两者的样本](../pictures/tutorial-mlp.png)
#
# 各训练一分钟之后:
#
# | 程序 | 核距离(真实图片 0.002) | 多样性 |
# | --- | --- | --- |
# | 印出的程序 | 0.506 | 5 % |
# | `sparring` | 0.023 | 80 % |
#
# 印出的程序已经崩溃:所有样本都是同一张图片,而损失看不出这一点。
#
# `runs/tutorial-mlp/report.html` 展示样本如何变化、每次检查的得分及其测量条件,并用文字说明训练进行得怎样。
