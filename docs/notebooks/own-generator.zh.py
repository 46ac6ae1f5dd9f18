# ---
# jupyter:
#   jupytext: {formats: "py:percent"}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # 自己写的生成器
#
# 任何把潜变量变成样本的生成器,`sparring` 都能训练。本页用二十行定义一个,在一个 NumPy 数组上与配方 `dcgan`
# 的判别器一起训练,用回调观察训练过程,最后重新载入它。

# %%
import torch
from torch import nn
from tutorial import SECONDS, load_pictures, numbers, sheet

import sparring
from sparring.networks import Generator

pictures, labels = load_pictures()  # uint8, N x 28 x 28

# %% [markdown]
# ## 网络
#
# 生成器继承 `Generator`。构造函数按名字索取它需要的尺寸:`shape` 是一个样本的形状,`latent_size` 是潜变量的长度。
# 只能按关键字传的参数是它的选项,配方可以设置。`forward` 接收潜变量 N x latent_size,返回 N x shape,这里的值在
# [-1, 1] 之间。类别会作为 `condition` 传入;这个网络没有类别。


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
# ## 训练
#
# 装饰器给网络起了名字,`settings` 把它放进配方。其余一切照旧:精确续训、平均后的生成器、分数、健康状态、报告。
# 命令行上的写法是
# `sparring train digits.npz --recipe dcgan --plugin my.py --set players.generator.network=three-step-generator`。


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
# ## 结果
#
# `sparring.load` 按名字重新构建网络。在另一个程序里,要先导入注册它的模块。

# %%
samples = sparring.load(run).values(500, seed=0)[:, 0]
numbers("own generator", samples, pictures)
sheet(samples, "own-generator-samples.png")
sheet(pictures, "own-generator-real.png")
