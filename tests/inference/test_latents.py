"""Uses of a trained generator: interpolation, directions, mixtures, truncation, inversion."""

import numpy as np
import pytest
import torch
from torch import nn

import sparring
from smoke import ArraySource, smoke_settings
from sparring import api, modalities
from sparring.callbacks.base import Callback
from sparring.config.reading import load_recipe
from sparring.config.recipe import Latent
from sparring.inference.explore import explore_files, principal_directions
from sparring.inference.generator import Gan
from sparring.inference.interpolate import between, interpolate_file
from sparring.inference.invert import invert, invert_file
from sparring.modalities.image.codec import ImageCodec
from sparring.networks import Generator, StyleGenerator, sampling


class Linear(Generator):
    """A generator with known properties: picture = tanh(0.5 M latent), M with orthogonal columns of falling length."""

    def __init__(self, size=6):
        super().__init__()
        basis = torch.linalg.qr(torch.randn(64, size, generator=torch.Generator().manual_seed(0)))[0]
        self.matrix = nn.Parameter(basis * torch.linspace(1, 0.1, size))

    def forward(self, latent, condition=None, noise=None):
        return torch.tanh(0.5 * latent @ self.matrix.T).view(-1, 1, 8, 8)


class Styled(Linear, StyleGenerator):
    """The same with two style layers, of which the second adds brightness."""

    num_layers, noise_size = 2, 3

    def map(self, latent, condition=None):
        return (2 * latent + 1)[:, None].expand(-1, 2, -1)

    def truncate(self, styles, psi):
        return 1 + psi * (styles - 1)

    def synthesise(self, styles, noise=None):
        picture = super().forward(styles[:, 0]) + 0.05 * styles[:, 1].mean(dim=1)[:, None, None, None]
        return picture if noise is None else picture + 0.01 * noise.mean(dim=1)[:, None, None, None]

    def forward(self, latent, condition=None, noise=None):
        return self.synthesise(self.map(latent), noise)


def gan_of(generator, size=6):
    recipe = load_recipe("mlp").model_copy(update={"latent": Latent(size=size)})
    return Gan(recipe, generator.eval().requires_grad_(False), ImageCodec(1, 8, 8, mode="L"), "image", (), ())


def test_directions_of_a_known_generator():
    """With columns of lengths 1 to 0.1 the directions are the axes, the longest first."""
    directions, _ = principal_directions(gan_of(Linear()), 3)
    assert directions.abs().argmax(dim=1).tolist() == [0, 1, 2]
    torch.testing.assert_close(directions @ directions.T, torch.eye(3, dtype=directions.dtype), atol=1e-6, rtol=0)


def test_directions_of_styles_are_principal_components():
    directions, deviations = principal_directions(gan_of(Styled()), 6)
    torch.testing.assert_close(deviations, torch.full((6,), 2.0), atol=0.1, rtol=0)
    torch.testing.assert_close(directions @ directions.T, torch.eye(6), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("generator", "space"), [(Linear, "latent"), (Styled, "w"), (Styled, "w+"), (Styled, "latent")]
)
def test_own_samples_are_inverted_nearly_exactly(generator, space):
    gan = gan_of(generator())
    found = invert(gan, gan.decode(sampling.latents(gan.recipe.latent, 7, [0]))[0], space=space, steps=300)
    assert found.error < 0.004  # one grey level
    assert found.space == space


def test_truncation_of_styles_and_of_latents():
    styled, plain = gan_of(Styled()), gan_of(Linear())
    none = styled.values(20, truncation=0.0).astype(float)
    assert np.abs(none - none[0]).max() <= 3  # the noise alone is left
    np.testing.assert_array_equal(styled.values(5, truncation=1.0), styled.values(5))
    assert sampling.latents(plain.recipe.latent, 0, range(50), 0.5).abs().max() <= 0.5
    assert plain.values(50, truncation=0.1).std() < plain.values(50).std()
    for gan, wrong in ((styled, 1.5), (styled, -0.1), (plain, 0.0)):
        with pytest.raises(sparring.UserError, match="truncation"):
            gan.values(1, truncation=wrong)


def test_noise_of_a_sample_depends_on_seed_and_index_alone():
    gan = gan_of(Styled())
    np.testing.assert_array_equal(gan.at([3, 17], seed=2), gan.values(18, seed=2)[[3, 17]])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "bars"
    return api.train(
        ArraySource(), "mlp", folder, settings=smoke_settings("mlp"), device="cpu", console=Callback()
    ).path


def test_explore_writes_its_sheets(run, tmp_path):
    (sheet,) = explore_files(run, tmp_path / "explored", directions=2, columns=3, label="class 1")
    assert sheet.name == "directions.png"
    assert sheet.stat().st_size > 100


def test_a_picture_is_inverted_from_its_file(run, tmp_path):
    modalities.get("image").write(np.full((1, 1, 30, 20), 128, np.uint8), None, tmp_path / "grey.png", False)
    found, paths = invert_file(run, tmp_path / "grey.png", tmp_path / "out" / "pair.png", steps=9)
    assert found.values.shape == (1, 8, 8)
    assert all(path.is_file() for path in paths)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(sparring.UserError, match="damaged"):
        invert_file(run, tmp_path / "text.png", tmp_path / "x.png")
    with pytest.raises(sparring.UserError, match="no space"):
        invert_file(run, tmp_path / "grey.png", tmp_path / "x.png", space="z+")


def test_methods_that_do_not_fit_are_refused(run, tmp_path):
    for method, words in (("style", "style-based"), ("diagonal", "unknown")):
        with pytest.raises(sparring.UserError, match=words):
            interpolate_file(run, tmp_path / "x.png", 2, 2, method=method)


def test_normal_latents_keep_their_length():
    a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    points = between(a, b, torch.tensor([0.0, 0.5, 1.0]), "spherical")
    torch.testing.assert_close(points[0], a)
    torch.testing.assert_close(points[2], b, atol=1e-6, rtol=0)
    assert points[1].norm().item() == pytest.approx(1.0)


def test_uniform_latents_stay_in_their_box():
    points = between(torch.tensor([-1.0, 1.0]), torch.tensor([1.0, 1.0]), torch.tensor([0.5]), "linear")
    assert points[0].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("other", [[-2.0], [2.0]])
def test_opposite_and_equal_directions_have_no_great_circle(other):
    points = between(torch.tensor([1.0]), torch.tensor(other), torch.linspace(0, 1, 5), "spherical")
    assert points.abs().max() <= 2.0 + 1e-5
