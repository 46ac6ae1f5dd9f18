# ---
# jupyter:
#   jupytext: {formats: "py:percent"}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # `dcgan`:步幅为 2 的层多了一层
#
# 卷积程序:一个没有偏置、输出 7 x 7 x 256 的全连接层,批归一化与 leaky ReLU;然后是三个 5 x 5 转置卷积,通道数为 128、
# 64、1,最后是 tanh。
# 判别器有两个 5 x 5、步幅为 2 的卷积(64、128 个通道)、leaky ReLU、0.3 的 dropout 和一个全连接层。
# Adam 的学习率为 0.0002,beta1 为 0.5,在 MNIST 上训练 50 轮,批量 128。

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
# ## 印出的程序
#
# `strides` 是三个转置卷积的步幅;程序里印的都是 2。


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
# ## 它错在哪里
#
# - **它运行不了。** 7 x 7 加倍三次是 56 x 56,而图片是 28 x 28,判别器的全连接层也只有 28 x 28 所需的权重。
#   三层中的第一层步幅必须是 1:7、7、14、28。
# - **它起步很慢。** 对这么小的图片来说网络太宽,每一步只移动一点。CPU 的一个核在一分钟内只能看几千张图片,
#   还看不到数字。
# - **各框架没有说出口的默认值不同。** Keras 的批归一化保留滑动平均的 0.99,PyTorch 保留 0.9;
#   Keras 的 leaky ReLU 斜率为 0.3,PyTorch 为 0.01;Keras 用 Glorot 初始化,PyTorch 用 Kaiming 初始化。
#   印出的程序指的是 Keras 的数值。
#
# 只改正那一个步幅的程序:

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
# ## 用 sparring 写同样的程序
#
# 配方 `dcgan` 采用改正后的层与 Keras 的数值,并能适应任意尺寸:其他图片会得到更多的级。配方 `mixture` 进行同样的对抗,
# 但卷积判别器较小,生成器以拟合到数据的高斯混合为起点,不必从零学起数字在哪里。

# %%
np.savez("digits28.npz", x=pictures, y=labels)
for recipe in ("dcgan", "mixture"):
    run = sparring.train("digits28.npz", recipe, f"runs/tutorial-{recipe}", budget=f"{SECONDS:g}s")
    samples = sparring.load(run.path).values(500, seed=0)[:, 0]
    numbers(f"sparring, {recipe}", samples, pictures)
    sheet(samples, f"dcgan-{recipe}.png")

# %% [markdown]
# ## 结果
#
# MNIST,AMD EPYC 的一个共享核。从左到右:改正后的程序、`sparring` 的 `dcgan` 与 `mixture`:
#
# ![三者的样本](../pictures/tutorial-dcgan.png)
#
# 各训练一分钟之后:
#
# | 程序 | 核距离(真实图片 0.002) | 多样性 |
# | --- | --- | --- |
# | 印出的程序,已改正 | 1.922 | 34 % |
# | `sparring` 的 `dcgan` | 3.525 | 4 % |
# | `sparring` 的 `mixture` | 0.003 | 98 % |
#
# 同样的网络在 `sparring` 里学得同样慢:第一分钟并不比改正后的程序好。
# 十分钟后 `dcgan` 能画出全部十个数字([样本](../pictures/mnist-dcgan-10m.png)),`mixture` 只要几秒钟。
