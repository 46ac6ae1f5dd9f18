# ---
# jupyter:
#   jupytext: {formats: "py:percent"}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # `dcgan-small`:256 个数填不满 4 x 4 x 1
#
# 第二个卷积程序有一个 256 单元的全连接层(leaky ReLU 0.2,批归一化 0.8),把结果变形为 4 x 4 x 1,
# 再用三个 4 x 4 转置卷积(128、64、1 个通道,tanh)逐层加倍尺寸。
# 判别器有两个 4 x 4、步幅为 2 的卷积(64、128 个通道)、leaky ReLU、0.3 的 dropout 和一个全连接层。批量 32,
# 共 1,000 轮。它先从模拟数据学习:二维正态分布的图片。

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
# ## 印出的程序


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
# ## 它错在哪里
#
# - **变形失败。** 256 个单元不是 4 x 4 x 1,后者只有 16 个数。应为 4 x 4 x 16。
# - **即便如此尺寸也不对。** 4 加倍三次是 32,而图片边长是 28。第一层必须从 4 变到 7,然后是 14、28。
# - **0.8 有两种含义。** 在 Keras 中,动量为 0.8 的批归一化保留滑动平均的 0.8;
#   在 PyTorch 中同样的设置写作 `momentum=0.2`。常见的译法 `BatchNorm2d(128, 0.8)`
#   设置的却是 `eps` 为 0.8,会削弱归一化。
# - **顺序不常见**:激活在归一化之前。这一点予以保留。
#
# 两处都改正后的程序:

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
# ## 用 sparring 写同样的程序
#
# 配方 `dcgan-small` 从 4 x 4 x 16 开始,经 7 和 14 长到 28;尺寸由图片决定。`normal-pictures` 是内置数据,手写数字也是。

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
# ## 结果
#
# AMD EPYC 的一个共享核。从左到右:改正后的程序与 `sparring` 在正态分布上的样本,`sparring` 在 MNIST 上的样本:
#
# ![三者的样本](../pictures/tutorial-dcgan-small.png)
#
# 各训练一分钟之后:
#
# | 程序 | 数据 | 核距离(真实图片 0.002) | 多样性 |
# | --- | --- | --- | --- |
# | 印出的程序,已改正 | 正态分布 | 0.133 | 121 % |
# | `sparring` | 正态分布 | 0.008 | 93 % |
# | `sparring` | MNIST | 0.031 | 88 % |
