"""The parameter counts in docs/architectures/ are those of the networks, and their columns add up."""

import re
from pathlib import Path

import pytest
import torch

from sparring import networks
from sparring.config.reading import load_recipe
from sparring.networks.text import TextLayout
from sparring.networks.vocoder import WaveLayout

PAGES = Path(__file__).parents[2] / "docs" / "architectures"
PICTURE, COLOUR = (1, 28, 28), (3, 32, 32)
SMALL, LARGE, FOUR_CLASSES = (3, 64, 64), (3, 256, 256), (4, 64, 64)
RESTORING = ("restore-blind", "restore-deblur", "restore-denoise", "restore-jpeg", "enhance")
FULL_STYLE = {"style_width": 512}
CIFAR_STYLE = {"width": 512, "mapping_layers": 2}


def by_options(family, shape, classes=0, latent=64, generator=None, discriminator=None, **shared):
    with torch.device("meta"):
        made = networks.build(
            f"{family}-generator", {**shared, **(generator or {})}, shape=shape, classes=classes, latent_size=latent
        )
        scored = networks.build(
            f"{family}-discriminator", {**shared, **(discriminator or {})}, shape=shape, classes=classes
        )
    return [sum(parameter.numel() for parameter in network.parameters()) for network in (made, scored)]


def _settled(options):
    return {
        option: 16 if value is None else value for option, value in options.items()
    }  # a rank changes no number of weights


def by_recipe(name, shape, classes=0, layout=None, **open_options):
    recipe = load_recipe(name)
    with torch.device("meta"):
        players = [
            networks.build(
                player.network,
                {**_settled(player.options), **open_options},
                shape=shape,
                classes=classes,
                latent_size=recipe.latent.size,
                layout=layout,
            )
            for player in (recipe.players["generator"], recipe.players["discriminator"])
        ]
    return [sum(parameter.numel() for parameter in network.parameters()) for network in players]


def alone(network, shape, input_shape=(), latent=100, **options):
    with torch.device("meta"):
        made = networks.build(network, options, shape=shape, input_shape=input_shape, classes=0, latent_size=latent)
    return [sum(parameter.numel() for parameter in made.parameters())]


def of_waves(name, role="generator", size=1024, rate=22050):
    """The parameters of a player of waves, whose numbers depend on the size of the frames alone."""
    settings, hop = load_recipe(name).players[role], size // 4
    shape, layout = (1, 64 * hop), WaveLayout(rate, 80, size, hop, -60.0, 40.0, 1.0)
    input_shape = (1, 80, 64) if name == "vocoder" else shape
    made = networks.build(
        settings.network,
        settings.options,
        shape=shape,
        input_shape=input_shape,
        layout=layout,
        classes=0,
        latent_size=1,
    )
    return [sum(parameter.numel() for parameter in made.parameters())]


def player(name, shape, input_shape=(), role="generator", **open_options):
    """The parameters of one of a recipe's players, for players that take an input shape or leave different options
    open.
    """
    recipe = load_recipe(name)
    settings = recipe.players[role]
    return alone(settings.network, shape, input_shape, recipe.latent.size, **{**settings.options, **open_options})


QUOTED = {
    "mlp": [
        *(lambda name=name: by_recipe(name, PICTURE) for name in ("mlp", "mlp-small", "mlp-equal")),
        lambda: by_recipe("mlp", PICTURE, 10),
        lambda: by_recipe("points", (2,)),
    ],
    "dcgan": [
        *(
            lambda name=name: by_recipe(name, PICTURE)
            for name in ("dcgan", "dcgan-small", "wgan", "wgan-gp", "lsgan", "dragan")
        ),
        lambda: by_recipe("dcgan", PICTURE, 10),
        lambda: by_recipe("dcgan", (3, 64, 64)),
    ],
    "resnet": [
        lambda: by_options("resnet", COLOUR, 0, 128, {"width": 256}, {"width": 128}),
        lambda: by_recipe("sngan", COLOUR),
    ],
    "stylegan2": [
        *(
            lambda width=width: by_options("stylegan2", (3, 256, 256), 0, 512, FULL_STYLE, width=width)
            for width in (64, 128)
        ),
        lambda: by_options("stylegan2", COLOUR, 0, 512, FULL_STYLE, {"residual": False}, **CIFAR_STYLE),
        *(lambda name=name: by_recipe(name, COLOUR) for name in ("stylegan2", "stylegan2-ada")),
    ],
    "r3gan": [
        *(
            lambda side=side, classes=classes: by_options("r3gan", (3, side, side), classes)
            for side, classes in ((32, 0), (32, 10), (256, 0), (64, 0))
        ),
        lambda: by_options("r3gan", COLOUR, 1000, width=1536, group_size=32),
        lambda: by_options("r3gan", (3, 64, 64), 1000, width=1536, group_size=32, full_stages=5),
        *(lambda classes=classes: by_recipe("r3gan", COLOUR, classes) for classes in (0, 10)),
    ],
    "rnn": [
        lambda: by_options("rnn", PICTURE, 0, 100, cell="lstm", width=350, layers=2),
        *(lambda classes=classes: by_recipe("rnn", PICTURE, classes) for classes in (0, 10)),
    ],
    "refiner": [
        *(lambda classes=classes: by_recipe("mixture", PICTURE, classes, width=16) for classes in (0, 10)),
        lambda: by_recipe("mixture", (3, 64, 64), width=32),
    ],
    "translators": [
        lambda: alone("unet-translator", LARGE, LARGE, width=64, lowest_resolution=1),
        *(lambda side=side: player("pix2pix", side, side) for side in (SMALL, LARGE)),
        lambda: player("segment", FOUR_CLASSES, SMALL),
        lambda: player("layout", SMALL, FOUR_CLASSES),
        lambda: player("colorize", SMALL, (1, 64, 64)),
        *(lambda blocks=blocks: alone("resnet-translator", LARGE, LARGE, width=64, blocks=blocks) for blocks in (6, 9)),
        *(lambda role=role: player("cyclegan", LARGE, LARGE, role) for role in ("generator", "reverse_generator")),
        lambda: player("cut", LARGE, LARGE),
        lambda: alone("restorer", LARGE, SMALL, width=64, growth=32, blocks=23, dense_blocks=3),
        *(lambda name=name: player(name, SMALL, SMALL) for name in RESTORING),
        lambda: player("restore-superres", (3, 128, 128), SMALL),
        lambda: alone("inpainter", SMALL, FOUR_CLASSES, width=24),
        lambda: player("restore-inpaint", SMALL, FOUR_CLASSES),
    ],
    "wavegan": [
        lambda: by_options("wavegan", (1, 16384), 0, 100, width=64),
        *(lambda classes=classes: by_recipe("wave", (1, 8192), classes) for classes in (0, 10)),
    ],
    "text": [
        lambda recipe=recipe, classes=classes: by_recipe(recipe, (16,), classes, TextLayout(283, 27))
        for recipe in ("text", "text-gumbel")
        for classes in (0, 10)
    ],
    "film": [lambda classes=classes: by_recipe("video", (16, 1, 32, 32), classes) for classes in (0, 10)],
    "vocoder": [
        *(lambda name=name: of_waves(name) for name in ("vocoder", "enhance-speech", "extend-speech")),
        *(
            lambda size=size, rate=rate: of_waves("vocoder", size=size, rate=rate)
            for size, rate in ((512, 8000), (4096, 48000))
        ),
        lambda: of_waves("vocoder", "discriminator"),
    ],
    "projected": [lambda classes=classes: by_recipe("projected", COLOUR, classes) for classes in (0, 10)],
    "image-discriminators": [
        lambda: alone("patch-discriminator", LARGE, LARGE, width=64),
        lambda: player("pix2pix", LARGE, LARGE, "discriminator"),
        *(
            lambda role=role: player("cyclegan", LARGE, LARGE, role)
            for role in ("discriminator", "reverse_discriminator")
        ),
        lambda: player("cut", LARGE, LARGE, "discriminator"),
        lambda: player("segment", FOUR_CLASSES, SMALL, "discriminator"),
        lambda: player("layout", SMALL, FOUR_CLASSES, "discriminator"),
        lambda: alone("unet-discriminator", SMALL, SMALL, width=64),
        *(
            lambda name=name: player(name, SMALL, SMALL, "discriminator")
            for name in (*RESTORING, "restore-superres", "restore-inpaint", "colorize")
        ),
    ],
    "classifiers": [
        lambda: alone("conv-classifier", COLOUR, num_classes=10, width=96),
        *(
            lambda shape=shape: player("sgan", shape, role="discriminator", num_classes=10)
            for shape in (COLOUR, PICTURE)
        ),
        lambda: player("sgan", PICTURE, width=16),
        lambda: alone("mlp-classifier", PICTURE, num_classes=10),
        lambda: alone("mlp-generator", PICTURE, widths=[500, 500]),
    ],
}


@pytest.mark.parametrize("family", sorted(QUOTED))
def test_the_totals_are_those_of_the_networks(family):
    """Where a recipe has changed, its page has to."""
    page = (PAGES / f"{family}.md").read_text(encoding="utf-8")
    for find in QUOTED[family]:
        for count in find():
            assert re.search(rf"(?<![\d,]){count:,}(?![\d,])", page), f"{family}.md does not say {count:,}"


def test_every_page_is_checked_and_linked():
    names = {path.stem for path in PAGES.glob("*.md")}
    assert names == set(QUOTED)
    overview = PAGES.with_suffix(".md").read_text(encoding="utf-8")
    assert all(f"(architectures/{name}.md)" in overview for name in names)


@pytest.mark.parametrize("family", sorted(QUOTED))
def test_columns_add_up(family):
    """Each bold row is the sum of the rows since the one before it."""
    checked = 0
    for table in re.findall(r"(?:^\|.*\n)+", (PAGES / f"{family}.md").read_text(encoding="utf-8"), flags=re.MULTILINE):
        title, _, *rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()]
        if not any("parameters" in cell for cell in title):
            continue
        sums = [0] * len(title)
        for row in rows:
            numbers = [
                int(cell.strip("*").replace(",", "")) if re.fullmatch(r"\**[\d,]+\**", cell) else None for cell in row
            ]
            if not row[0].startswith("**"):
                sums = [total + (number or 0) for total, number in zip(sums, numbers, strict=True)]
                continue
            for heading, total, number in zip(title, sums, numbers, strict=True):
                if number is not None and not heading.startswith("output"):
                    assert total == number, (family, row[0], heading)
                    checked += 1
            sums = [0] * len(title)
    assert checked >= 4
