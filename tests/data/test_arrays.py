"""IDX, NumPy and CIFAR files: axes, ranges, splits, labels; pickles are refused."""

from __future__ import annotations

import gzip
import pickle

import numpy as np
import pytest

from data_samples import classes, everything, holds, idx, mnist_like, packed_tar, put
from sparring.errors import UserError
from sparring.modalities.opening import open_data

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_four_mnist_files(tmp_path, suffix):
    pack = gzip.compress if suffix else bytes
    for part, count, seed in (("train", 30, 0), ("t10k", 12, 1)):
        values, labels = mnist_like(count, seed)
        put(
            tmp_path,
            {
                f"{part}-images-idx3-ubyte{suffix}": pack(idx(values)),
                f"{part}-labels-idx1-ubyte{suffix}": pack(idx(labels)),
            },
        )
    source = open_data(tmp_path)
    assert (source.count("train"), source.count("test")) == (30, 12)
    assert source.classes == ("0", "1", "2")
    assert holds(source, *mnist_like(30, 0))
    assert holds(source, *mnist_like(12, 1), split="test")
    lone = open_data(tmp_path / f"train-images-idx3-ubyte{suffix}")
    assert lone.classes == source.classes
    assert lone.count("train") + lone.count("test") == 30
    (tmp_path / f"train-labels-idx1-ubyte{suffix}").unlink()
    assert open_data(tmp_path / f"train-images-idx3-ubyte{suffix}").classes == ()


@pytest.mark.parametrize(
    "damage",
    [
        lambda good: good[:-1],
        lambda good: good + b"x",
        lambda good: good[:3],
        lambda good: b"\0\0\x08\x03" + b"\xff" * 12,
    ],
)
def test_damaged_idx_is_one_sentence(tmp_path, damage):
    with pytest.raises(UserError, match="not a whole IDX file"):
        open_data(put(tmp_path, {"train-images-idx3-ubyte": damage(idx(mnist_like()[0]))}))


def test_cifar_binary(tmp_path):
    rng = np.random.default_rng(0)
    records = {
        name: rng.integers(0, 256, (20, 3073), dtype=np.uint8)
        for name in ("data_batch_1.bin", "data_batch_2.bin", "test_batch.bin")
    }
    for batch in records.values():
        batch[:, 0] = np.arange(20) % 10
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    files = {f"cifar-10-batches-bin/{name}": batch.tobytes() for name, batch in records.items()}
    files["cifar-10-batches-bin/batches.meta.txt"] = "\n".join(names).encode()
    (tmp_path / "archived").mkdir()
    packed_tar(tmp_path / "archived" / "cifar-10-binary.tar.gz", files)
    for path in (put(tmp_path / "plain", files), tmp_path / "archived"):
        source = open_data(path)
        assert list(source.classes) == names
        assert (source.count("train"), source.count("test")) == (40, 20)
        assert holds(source, records["test_batch.bin"][:, 1:], np.arange(20) % 10, "test")
    with pytest.raises(UserError, match="not a whole CIFAR-10 batch"):
        open_data(put(tmp_path / "broken", {"data_batch_1.bin": b"\0" * 3000}))


@pytest.mark.parametrize(
    ("shape", "stored"),
    [
        ((30, 6, 5), (1, 6, 5)),
        ((30, 6, 5, 1), (1, 6, 5)),
        ((30, 6, 5, 3), (3, 6, 5)),
        ((30, 3, 6, 5), (3, 6, 5)),
        ((30, 4, 6, 5), (4, 6, 5)),
        ((30, 2, 6, 5), (2, 6, 5)),
    ],
)
def test_npy_axes(tmp_path, shape, stored):
    values = np.random.default_rng(0).integers(1, 256, shape, dtype=np.uint8)
    np.save(tmp_path / "x.npy", values)
    source = open_data(tmp_path / "x.npy")
    assert source.shape == stored
    first = values[0] if shape[1:] == stored else np.moveaxis(values[0].reshape(6, 5, -1), 2, 0)
    assert any((item == first).all() for split in ("train", "test") for item in everything(source, split))


@pytest.mark.parametrize(("dtype", "scale"), [("float32", 1 / 255), ("float64", 1.0), ("uint16", 1), ("int64", 1)])
def test_npy_ranges(tmp_path, dtype, scale):
    values = np.random.default_rng(0).integers(0, 256, (30, 6, 5))
    values[:, 0, 0], values[:, 0, 1] = 0, 255
    np.save(tmp_path / "x.npy", (values * scale).astype(dtype))
    np.save(tmp_path / "plain.npy", values.astype(np.uint8))
    assert open_data(tmp_path / "x.npy").content_hash == open_data(tmp_path / "plain.npy").content_hash


@pytest.mark.parametrize("shape", [(), (30,), (30, 5), (30, 5, 6, 7), (30, 0, 5), (2, 3, 4, 5, 6), (0, 5, 5)])
def test_arrays_of_other_shapes_are_one_sentence(tmp_path, shape):
    np.save(tmp_path / "x.npy", np.zeros(shape, np.uint8))
    with pytest.raises(UserError, match=r"x\.npy"):
        open_data(tmp_path / "x.npy")


def test_symmetric_floats_and_values_that_are_not_numbers(tmp_path):
    values = np.linspace(-1, 1, 30 * 30).reshape(30, 6, 5)
    values[3, 0, 0] = np.nan
    np.save(tmp_path / "x.npy", values)
    source = open_data(tmp_path / "x.npy")
    assert source.report.skipped == [
        ("x.npy[3]", "holds values that are not finite: 1 of 30 are infinite or no numbers")
    ]
    assert {int(everything(source).min()), int(everything(source).max())} <= {0, 255} | set(range(256))
    assert everything(source).dtype == np.float32
    np.save(tmp_path / "y.npy", values * 1e9)
    np.testing.assert_allclose(everything(open_data(tmp_path / "y.npy")), everything(source), atol=1e-3)


def test_npz_splits_and_labels(tmp_path):
    (x, y), (x2, y2) = mnist_like(30), mnist_like(9, 1)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x2, y_test=y2)
    np.savez(tmp_path / "b.npz", train_images=x, train_labels=y[:, None], test_images=x2, test_labels=np.eye(3)[y2])
    first, second = open_data(tmp_path / "a.npz"), open_data(tmp_path / "b.npz")
    assert (first.count("train"), first.count("test"), first.classes) == (30, 9, ("0", "1", "2"))
    assert first.content_hash == second.content_hash
    np.savez(tmp_path / "c.npz", images=x, labels=np.array(["a", "b", "c"])[y])
    assert open_data(tmp_path / "c.npz").classes == ("a", "b", "c")
    np.savez(tmp_path / "d.npz", images=x, labels=y[:5])
    with pytest.raises(UserError, match=r"d\.npz: 5 labels in 'labels' for 30 items in 'images': they do not belong"):
        open_data(tmp_path / "d.npz")
    np.savez(tmp_path / "e.npz", one=x, two=x)
    with pytest.raises(UserError, match=r"^\S+e\.npz holds the arrays one, two: name the one with the items 'images'"):
        open_data(tmp_path / "e.npz")


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (np.eye(3, dtype=np.float32), ("0", "1", "2")),
        (np.eye(3, dtype=bool), ("0", "1", "2")),
        (np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]]), ()),  # several classes of an item
        (np.array([[0, 0, 0], [0, 1, 0], [0, 0, 1]]), ()),  # none of an item
        (np.array([[0.2, 0.8], [1, 0], [0.5, 0.5]]), ()),  # shares
        (np.array([[10, 20, 1], [30, 40, 1], [50, 60, 1]]), ()),  # places in the picture
    ],
)
def test_rows_of_labels_are_classes_where_they_are_one_hot_and_else_named(tmp_path, labels, found):
    x, _ = mnist_like(30)
    np.savez(tmp_path / "a.npz", images=x, labels=np.resize(labels, (30, labels.shape[1])))
    source = open_data(tmp_path / "a.npz")
    assert source.classes == found
    assert any("are not one class for each item" in note for note in source.notes) == (not found)


def test_what_a_folder_holds_instead_of_data_is_said(tmp_path):
    for name in ("a.npy", "deep/b.npy", "c.jxl", "readme"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"?")
    with pytest.raises(UserError, match=r"it holds 2 \.npy, 1 \.jxl files, which go into one array\): give"):
        open_data(tmp_path)


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_pickles_are_refused_not_run(tmp_path):
    mark = tmp_path / "ran"
    bad = np.array([Bomb(str(mark))] * 30, dtype=object)
    np.save(tmp_path / "object.npy", bad, allow_pickle=True)
    np.savez(tmp_path / "object.npz", images=bad)
    (tmp_path / "raw.npy").write_bytes(pickle.dumps(Bomb(str(mark))))
    (tmp_path / "raw.npz").write_bytes(pickle.dumps(Bomb(str(mark))))
    for name in ("object.npy", "object.npz", "raw.npy", "raw.npz"):
        with pytest.raises(UserError, match="pickle|whole"):
            open_data(tmp_path / name)
    root = put(
        tmp_path / "folder",
        classes() | {"cat/model.pkl": pickle.dumps(Bomb(str(mark))), "dog/x.png": pickle.dumps(Bomb(str(mark)))},
    )
    assert len(open_data(root).report.skipped) == 2
    assert not mark.exists()
