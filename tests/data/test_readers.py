"""Every format gives the same source; damaged and hostile ones give one sentence."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from data_samples import classes, picture, png, put

from sparring import data
from sparring.data import OpenOptions
from sparring.data.archives import list_archive
from sparring.errors import UserError


def packed_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def packed_tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:" + path.suffix[1:].replace("tar", "").replace("tgz", "gz")) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def idx(values: np.ndarray) -> bytes:
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.astype(np.uint8).tobytes()


def mnist_like(count: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 6, 5), dtype=np.uint8), np.arange(count, dtype=np.uint8) % 3


def everything(source, split="train") -> np.ndarray:
    return source.values(np.arange(source.count(split)), split)


def test_folder_zip_and_tar_are_one_source(tmp_path):
    files = classes()
    sources = [
        data.open(put(tmp_path / "folder", files)),
        data.open(packed_zip(tmp_path / "stored.zip", files)),
        data.open(packed_zip(tmp_path / "deflated.zip", {f"wrap/{name}": content for name, content in files.items()}, zipfile.ZIP_DEFLATED)),
        data.open(packed_tar(tmp_path / "plain.tar", files)),
        data.open(packed_tar(tmp_path / "packed.tar.gz", files)),
        data.open(packed_tar(tmp_path / "packed.tar.xz", files)),
    ]
    assert len({source.content_hash for source in sources}) == 1
    assert all((everything(source) == everything(sources[0])).all() for source in sources)
    assert [source.name for source in sources[:2]] == ["folder", "stored"]
    assert sources[4].name == "packed"


def test_content_hash_sees_values_labels_and_splits(tmp_path):
    files = classes("train/") | classes("test/", each=3, start=100)
    base = data.open(put(tmp_path / "a", files)).content_hash
    other = files | {"train/cat/0.png": png(picture(77777))}
    assert data.open(put(tmp_path / "b", other)).content_hash != base
    assert data.open(tmp_path / "a", OpenOptions(labels="none")).content_hash != base
    moved = {name.replace("test/cat/0", "train/cat/new"): content for name, content in files.items()}
    assert data.open(put(tmp_path / "c", moved)).content_hash != base


def test_archive_members_are_read_in_any_order_from_a_forked_child(tmp_path):
    files = classes()
    for path in (packed_zip(tmp_path / "a.zip", files), packed_tar(tmp_path / "a.tar", files)):
        members = list_archive(path).members
        child = os.fork()
        if child == 0:
            os._exit(0 if all(member.read() == files[member.name] for member in reversed(members)) else 1)
        mine = all(member.read() == files[member.name] for member in members)
        assert mine
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_names_that_climb_out_are_just_names(tmp_path):
    inside = tmp_path / "in" / "side"
    inside.mkdir(parents=True)
    files = classes() | {"../../evil.png": png(picture(5)), "/etc/evil.png": png(picture(6))}
    for path in (packed_zip(inside / "slip.zip", files), packed_tar(inside / "slip.tar", files)):
        source = data.open(path, OpenOptions(labels="none"))
        assert source.count() + source.count("test") == 42
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == ["slip.tar", "slip.zip"]


def test_links_that_lead_out_are_not_followed(tmp_path):
    root = put(tmp_path / "root", {f"{index}.png": png(picture(index)) for index in range(20)})
    put(tmp_path / "outside", {"secret.png": png(picture(99)), "deep/secret.png": png(picture(98))})
    (root / "file.png").symlink_to(tmp_path / "outside" / "secret.png")
    (root / "folder").symlink_to(tmp_path / "outside" / "deep")
    (root / "loop").symlink_to(root)
    (root / "inside.png").symlink_to(root / "0.png")
    source = data.open(root)
    assert source.count() + source.count("test") == 21
    assert {name: "out of the folder" in reason for name, reason in source.report.skipped} == {"file.png": True, "folder": True, "loop": False}


def test_hidden_files_are_skipped_by_name(tmp_path):
    files = classes() | {".DS_Store": b"x", "__MACOSX/cat/._0.png": b"x", "cat/._1.png": b"x"}
    for path in (put(tmp_path / "folder", files), packed_zip(tmp_path / "a.zip", files)):
        source = data.open(path)
        assert source.classes == ("cat", "dog")
        assert {reason for _, reason in source.report.skipped} == {"hidden"}


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_the_four_mnist_files(tmp_path, suffix):
    pack = gzip.compress if suffix else bytes
    for part, count, seed in (("train", 30, 0), ("t10k", 12, 1)):
        values, labels = mnist_like(count, seed)
        put(tmp_path, {f"{part}-images-idx3-ubyte{suffix}": pack(idx(values)), f"{part}-labels-idx1-ubyte{suffix}": pack(idx(labels))})
    source = data.open(tmp_path)
    assert (source.count("train"), source.count("test")) == (30, 12)
    assert source.classes == ("0", "1", "2")
    assert (everything(source)[:, 0] == mnist_like(30, 0)[0]).all()
    assert (source.labels(np.arange(30)) == mnist_like(30, 0)[1]).all()
    lone = data.open(tmp_path / f"train-images-idx3-ubyte{suffix}")
    assert lone.classes == source.classes
    assert lone.count("train") + lone.count("test") == 30
    (tmp_path / f"train-labels-idx1-ubyte{suffix}").unlink()
    assert data.open(tmp_path / f"train-images-idx3-ubyte{suffix}").classes == ()


@pytest.mark.parametrize("damage", [lambda good: good[:-1], lambda good: good + b"x", lambda good: good[:3], lambda good: b"\0\0\x08\x03" + b"\xff" * 12])
def test_damaged_idx_is_one_sentence(tmp_path, damage):
    with pytest.raises(UserError, match="not a whole IDX file"):
        data.open(put(tmp_path, {"train-images-idx3-ubyte": damage(idx(mnist_like()[0]))}))


def test_cifar_binary(tmp_path):
    rng = np.random.default_rng(0)
    records = {name: rng.integers(0, 256, (20, 3073), dtype=np.uint8) for name in ("data_batch_1.bin", "data_batch_2.bin", "test_batch.bin")}
    for batch in records.values():
        batch[:, 0] = np.arange(20) % 10
    names = "airplane automobile bird cat deer dog frog horse ship truck".split()
    files = {f"cifar-10-batches-bin/{name}": batch.tobytes() for name, batch in records.items()}
    files["cifar-10-batches-bin/batches.meta.txt"] = "\n".join(names).encode()
    (tmp_path / "archived").mkdir()
    packed_tar(tmp_path / "archived" / "cifar-10-binary.tar.gz", files)
    for path in (put(tmp_path / "plain", files), tmp_path / "archived"):
        source = data.open(path)
        assert list(source.classes) == names
        assert (source.count("train"), source.count("test")) == (40, 20)
        assert (everything(source, "test").reshape(20, -1) == records["test_batch.bin"][:, 1:]).all()
    with pytest.raises(UserError, match="not a whole CIFAR-10 batch"):
        data.open(put(tmp_path / "broken", {"data_batch_1.bin": b"\0" * 3000}))


@pytest.mark.parametrize(
    ("shape", "stored"),
    [((30, 6, 5), (1, 6, 5)), ((30, 6, 5, 1), (1, 6, 5)), ((30, 6, 5, 3), (3, 6, 5)), ((30, 3, 6, 5), (3, 6, 5)), ((30, 4, 6, 5), (4, 6, 5)), ((30, 2, 6, 5), (2, 6, 5))],
)
def test_npy_axes(tmp_path, shape, stored):
    values = np.random.default_rng(0).integers(1, 256, shape, dtype=np.uint8)
    np.save(tmp_path / "x.npy", values)
    source = data.open(tmp_path / "x.npy")
    assert source.shape == stored
    first = values[0] if shape[1:] == stored else np.moveaxis(values[0].reshape(6, 5, -1), 2, 0)
    assert any((item == first).all() for split in ("train", "test") for item in everything(source, split))


@pytest.mark.parametrize(("dtype", "scale"), [("float32", 1 / 255), ("float64", 1.0), ("uint16", 257), ("int64", 1)])
def test_npy_ranges(tmp_path, dtype, scale):
    values = np.random.default_rng(0).integers(0, 256, (30, 6, 5))
    values[:, 0, 0], values[:, 0, 1] = 0, 255
    np.save(tmp_path / "x.npy", (values * scale).astype(dtype))
    np.save(tmp_path / "plain.npy", values.astype(np.uint8))
    assert data.open(tmp_path / "x.npy").content_hash == data.open(tmp_path / "plain.npy").content_hash


def test_symmetric_floats_and_values_that_are_no_numbers(tmp_path):
    values = np.linspace(-1, 1, 30 * 30).reshape(30, 6, 5)
    values[3, 0, 0] = np.nan
    np.save(tmp_path / "x.npy", values)
    source = data.open(tmp_path / "x.npy")
    assert source.report.skipped == [("x.npy[3]", "holds values that are no numbers")]
    assert {int(everything(source).min()), int(everything(source).max())} <= {0, 255} | set(range(256))
    np.save(tmp_path / "y.npy", values * 1e9)
    with pytest.raises(UserError, match="scale them"):
        data.open(tmp_path / "y.npy")


def test_npz_splits_and_labels(tmp_path):
    (x, y), (x2, y2) = mnist_like(30), mnist_like(9, 1)
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_test=x2, y_test=y2)
    np.savez(tmp_path / "b.npz", train_images=x, train_labels=y[:, None], test_images=x2, test_labels=np.eye(3)[y2])
    first, second = data.open(tmp_path / "a.npz"), data.open(tmp_path / "b.npz")
    assert (first.count("train"), first.count("test"), first.classes) == (30, 9, ("0", "1", "2"))
    assert first.content_hash == second.content_hash
    np.savez(tmp_path / "c.npz", images=x, labels=np.array(["a", "b", "c"])[y])
    assert data.open(tmp_path / "c.npz").classes == ("a", "b", "c")
    np.savez(tmp_path / "d.npz", images=x, labels=y[:5])
    with pytest.raises(UserError, match="5 labels .* for 30 items"):
        data.open(tmp_path / "d.npz")
    np.savez(tmp_path / "e.npz", one=x, two=x)
    with pytest.raises(UserError, match="one, two"):
        data.open(tmp_path / "e.npz")


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
            data.open(tmp_path / name)
    root = put(tmp_path / "folder", classes() | {"cat/model.pkl": pickle.dumps(Bomb(str(mark))), "dog/x.png": pickle.dumps(Bomb(str(mark)))})
    assert len(data.open(root).report.skipped) == 2
    assert not mark.exists()


def huggingface(names: list[str]) -> dict[bytes, bytes]:
    features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def rows(count: int, start: int = 0):
    pa = pytest.importorskip("pyarrow")
    image = pa.array([{"bytes": png(picture(start + index)), "path": f"{index}.png"} for index in range(count)])
    table = pa.table({"image": image, "label": pa.array([index % 2 for index in range(count)]), "kind": [f"k{index % 3}" for index in range(count)]})
    return table.replace_schema_metadata(huggingface(["cat", "dog"]))


def test_parquet(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    (tmp_path / "hub" / "data").mkdir(parents=True)
    parquet.write_table(rows(40), tmp_path / "hub" / "data" / "train-00000-of-00001.parquet", row_group_size=7)
    parquet.write_table(rows(6, 500), tmp_path / "hub" / "data" / "test-00000-of-00001.parquet")
    source = data.open(tmp_path / "hub")
    assert (source.count("train"), source.count("test"), source.classes) == (40, 6, ("cat", "dog"))
    assert (source.labels(np.arange(4)) == [0, 1, 0, 1]).all()
    assert (everything(source)[17] == np.asarray(picture(17)).transpose(2, 0, 1)).all()
    assert data.open(tmp_path / "hub", OpenOptions(labels="kind")).classes == ("k0", "k1", "k2")
    assert data.open(tmp_path / "hub", OpenOptions(labels="none")).classes == ()
    with pytest.raises(UserError, match="no column 'colour'"):
        data.open(tmp_path / "hub", OpenOptions(labels="colour"))
    lone = data.open(tmp_path / "hub" / "data" / "train-00000-of-00001.parquet")
    assert lone.count("train") + lone.count("test") == 40


def test_parquet_of_plain_bytes_with_bad_rows(tmp_path):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    cells = [png(picture(index)) for index in range(20)] + [None, b"", b"nonsense"]
    parquet.write_table(pa.table({"img": pa.array(cells, pa.binary())}), tmp_path / "x.parquet")
    source = data.open(tmp_path / "x.parquet")
    assert source.count("train") + source.count("test") == 20
    assert [name for name, _ in source.report.skipped] == ["x.parquet row 20", "x.parquet row 21", "x.parquet row 22"]
    parquet.write_table(pa.table({"a": [1, 2]}), tmp_path / "numbers.parquet")
    with pytest.raises(UserError, match="no column with encoded items"):
        data.open(tmp_path / "numbers.parquet")
    (tmp_path / "broken.parquet").write_bytes((tmp_path / "x.parquet").read_bytes()[:-20])
    with pytest.raises(UserError, match="not a whole table"):
        data.open(tmp_path / "broken.parquet")


def test_huggingface_saved_to_disk(tmp_path):
    pa = pytest.importorskip("pyarrow")
    for split, table in (("train", rows(40)), ("test", rows(6, 500))):
        folder = tmp_path / "saved" / split
        folder.mkdir(parents=True)
        with pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
            stream.write_table(table, max_chunksize=9)
        (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
    (tmp_path / "saved" / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    source = data.open(tmp_path / "saved")
    assert (source.count("train"), source.count("test"), source.classes) == (40, 6, ("cat", "dog"))
    assert (everything(source)[30] == np.asarray(picture(30)).transpose(2, 0, 1)).all()
    assert data.open(tmp_path / "saved" / "train").classes == ("cat", "dog")


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install \"sparring\[table\]\""):
        data.open(tmp_path / "x.parquet")


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.npy", "a.npz"])
def test_damaged_containers_are_one_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 this is nothing" * 40)
    with pytest.raises(UserError, match="whole"):
        data.open(tmp_path / name)


def test_a_damaged_member_is_skipped_by_name(tmp_path):
    files = classes()
    path = packed_zip(tmp_path / "a.zip", files)
    raw = bytearray(path.read_bytes())
    place = raw.index(files["cat/3.png"])
    raw[place + 60] ^= 0xFF
    path.write_bytes(raw)
    assert [name for name, _ in data.open(path).report.skipped] == ["cat/3.png"]


def test_what_cannot_be_opened_is_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    put(tmp_path, {"text.txt": b"words", "zero.zip": b"", "texts/a.txt": b"a", "texts/b.txt": b"b", "one/a.png": png(picture(1))})
    for name, text in (("empty", "is empty"), ("text.txt", "nothing"), ("zero.zip", "is empty"), ("texts", "nothing"), ("one", "two different"), ("gone", "no file")):
        with pytest.raises(UserError, match=text) as caught:
            data.open(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="did you mean 'mnist'"):
        data.open("mnits")


def test_names_and_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "digits", classes())
    built_in, own = data.open("digits"), data.open("./digits")
    assert built_in.count() + built_in.count("test") == 1797
    assert any("write ./digits" in note for note in built_in.notes)
    assert own.count() + own.count("test") == 40
    assert data.check(Path("digits")).report.counts == own.report.counts
    assert {"digits", "ring", "mnist", "cifar10"} <= set(data.known_names())


UNPRIVILEGED = """
import os, sys
from pathlib import Path
from sparring import data
from sparring.errors import UserError
root = Path(sys.argv[1])
data.open(root / "warm")  # every import, while Python itself can surely be read
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for name in ("closed", "closed/inner", "closed.zip", "closed.npy"):
    try:
        data.open(root / name)
    except UserError as error:
        assert "permission" in str(error), error
        assert chr(10) not in str(error)
    else:
        raise AssertionError(name)
source = data.open(root / "open")
assert dict(source.report.skipped) == {"cat/0.png": "no permission to read it", "secret": "no permission to read this folder"}, source.report.skipped
print("as told")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="permissions work otherwise there")
def test_unreadable_paths_as_an_unprivileged_user(tmp_path):
    put(tmp_path, {f"open/{name}": content for name, content in classes().items()} | {"open/secret/x.png": b"x", "closed/inner/a.png": b"x"})
    packed_zip(tmp_path / "closed.zip", classes())
    put(tmp_path / "warm", classes())
    np.save(tmp_path / "closed.npy", mnist_like()[0])
    for name in ("open/secret", "open/cat/0.png", "closed", "closed.zip", "closed.npy"):
        (tmp_path / name).chmod(0)
    opened = [tmp_path, *list(tmp_path.parents)[:-2]]
    before = [folder.stat().st_mode for folder in opened]
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    try:
        for folder in opened:  # pytest's folders are closed to other users
            if folder.stat().st_uid == os.getuid():
                folder.chmod(folder.stat().st_mode | 0o555)
        done = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, str(tmp_path)], capture_output=True, text=True, env=os.environ | {"SPARRING_CACHE": str(cache)}, check=False
        )
    finally:
        for folder, mode in zip(opened, before, strict=True):
            if folder.stat().st_uid == os.getuid():
                folder.chmod(mode)
        for name in ("open/secret", "closed"):
            (tmp_path / name).chmod(0o755)
    assert done.stdout.strip() == "as told", done.stderr


SHARED = Path(os.environ.get("SPARRING_DATA") or "")  # read before the fixture hides it


@pytest.mark.skipif(not (SHARED / "mnist").is_dir(), reason="set SPARRING_DATA to a folder with mnist/")
def test_real_mnist(monkeypatch):
    monkeypatch.setenv("SPARRING_DATA", str(SHARED))
    source = data.open("mnist")
    assert (source.count("train"), source.count("test"), len(source.classes)) == (60_000, 10_000, 10)
    assert source.labels(np.arange(10)).tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert everything(source).mean() == pytest.approx(33.318, abs=0.001)


@pytest.mark.skipif(not (SHARED / "fruits64").is_dir(), reason="set SPARRING_DATA to a folder with fruits64/")
def test_real_fruits():
    source = data.open(SHARED / "fruits64" / "fruits64.zip")
    assert (source.count("train"), source.count("test"), len(source.classes)) == (7810, 1065, 71)
    assert set(source.report.labels.values()) == {110}


@pytest.mark.skipif(not (SHARED / "cifar10").is_dir(), reason="set SPARRING_DATA to a folder with cifar10/")
def test_real_cifar(monkeypatch):
    monkeypatch.setenv("SPARRING_DATA", str(SHARED))
    source = data.open("cifar10")
    assert (source.count("train"), source.count("test"), source.name) == (50_000, 10_000, "cifar10")
    assert set(source.report.labels.values()) == {5000}
