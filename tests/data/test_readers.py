"""Folders and archives give the same source; damaged and hostile ones give one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from data_samples import classes, everything, mnist_like, packed_tar, packed_zip, picture, png, put
from sparring.data.archives import list_archive
from sparring.data.folders import list_folder
from sparring.errors import UserError
from sparring.modalities import opening
from sparring.modalities.opening import open_data

pytestmark = pytest.mark.usefixtures("own_cache")


def test_folder_zip_and_tar_are_one_source(tmp_path):
    files = classes()
    sources = [
        open_data(put(tmp_path / "folder", files)),
        open_data(packed_zip(tmp_path / "stored.zip", files)),
        open_data(
            packed_zip(
                tmp_path / "deflated.zip",
                {f"wrap/{name}": content for name, content in files.items()},
                zipfile.ZIP_DEFLATED,
            )
        ),
        open_data(packed_tar(tmp_path / "plain.tar", files)),
        open_data(packed_tar(tmp_path / "packed.tar.gz", files)),
        open_data(packed_tar(tmp_path / "packed.tar.xz", files)),
    ]
    assert len({source.content_hash for source in sources}) == 1
    assert all((everything(source) == everything(sources[0])).all() for source in sources)
    assert [source.name for source in sources[:2]] == ["folder", "stored"]
    assert sources[4].name == "packed"


def test_content_hash_sees_values_labels_and_splits(tmp_path):
    files = classes("train/") | classes("test/", each=3, start=100)
    base = open_data(put(tmp_path / "a", files)).content_hash
    other = files | {"train/cat/0.png": png(picture(77777))}
    assert open_data(put(tmp_path / "b", other)).content_hash != base
    assert open_data(tmp_path / "a", {"labels": "none"}).content_hash != base
    moved = {name.replace("test/cat/0", "train/cat/new"): content for name, content in files.items()}
    assert open_data(put(tmp_path / "c", moved)).content_hash != base


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /dev/fd")
def test_archive_members_are_read_in_any_order_from_a_forked_child(tmp_path):
    files = classes()
    for path in (packed_zip(tmp_path / "a.zip", files), packed_tar(tmp_path / "a.tar", files)):
        members = list_archive(path).members
        handles = [
            int(name) for name in os.listdir("/dev/fd") if os.path.realpath(f"/dev/fd/{name}") == str(path.resolve())
        ]
        places = [os.lseek(handle, 0, os.SEEK_CUR) for handle in handles]
        child = os.fork()
        if child == 0:
            os._exit(0 if all(member.read() == files[member.name] for member in reversed(members)) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert (
            places == [os.lseek(handle, 0, os.SEEK_CUR) for handle in handles] != []
        )  # a shared position would have moved
        assert all(member.read() == files[member.name] for member in members)


def test_names_that_climb_out_are_just_names(tmp_path):
    inside = tmp_path / "in" / "side"
    inside.mkdir(parents=True)
    files = classes() | {"../../evil.png": png(picture(5)), "/etc/evil.png": png(picture(6))}
    for path in (packed_zip(inside / "slip.zip", files), packed_tar(inside / "slip.tar", files)):
        source = open_data(path, {"labels": "none"})
        assert source.count() + source.count("test") == 42
    assert sorted(file.name for file in tmp_path.rglob("*") if file.is_file()) == ["slip.tar", "slip.zip"]


def test_links_are_followed_and_nothing_counts_twice(tmp_path):
    root = put(tmp_path / "root", {f"{index}.png": png(picture(index)) for index in range(20)})
    put(tmp_path / "outside", {"alone.png": png(picture(99)), "deep/more.png": png(picture(98))})
    (root / "file.png").symlink_to(tmp_path / "outside" / "alone.png")
    (root / "folder").symlink_to(tmp_path / "outside" / "deep")
    (root / "inside.png").symlink_to(root / "0.png")
    (root / "loop").symlink_to(root)
    (root / "none.png").symlink_to(tmp_path / "gone.png")
    (root / "up").symlink_to(tmp_path / "outside")
    (tmp_path / "outside" / "back").symlink_to(tmp_path)
    source = open_data(root)
    assert source.count() + source.count("test") == 22
    reasons = dict(source.report.skipped)
    assert reasons == {
        "inside.png": "a link to what is read already: 0.png",
        "loop": "a link to what is read already: this folder",
        "none.png": "a link that leads nowhere",
    }


def test_many_linked_files_are_listed_quickly(tmp_path):
    """A subset made of links, as tools for large data sets do it."""
    put(tmp_path / "store", {f"{index}": b"x" for index in range(3000)})
    (tmp_path / "subset").mkdir()
    for index in range(3000):
        (tmp_path / "subset" / f"{index}.png").symlink_to(tmp_path / "store" / str(index))
    (tmp_path / "subset" / "again.png").symlink_to(tmp_path / "store" / "7")
    found = list_folder(tmp_path / "subset")
    assert len(found.members) == 3000
    assert found.skipped == [("again.png", "a link to what is read already: 7.png")]


def test_hidden_files_are_skipped_by_name(tmp_path):
    files = classes() | {".DS_Store": b"x", "__MACOSX/cat/._0.png": b"x", "cat/._1.png": b"x"}
    for path in (put(tmp_path / "folder", files), packed_zip(tmp_path / "a.zip", files)):
        source = open_data(path)
        assert source.classes == ("cat", "dog")
        assert {reason for _, reason in source.report.skipped} == {"hidden"}


def test_damaged_parts_of_known_sets_are_one_sentence(tmp_path):
    path = packed_zip(tmp_path / "a.zip", {"labels.csv": b"file,label\n" + b"0.png,a\n" * 9} | classes())
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"0.png,a") + 3] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(UserError, match="labels.csv cannot be read"):
        open_data(path)
    for text in ("", "[]", "{}", '{"splits": ["gone"]}'):
        with pytest.raises(UserError, match="not a whole data set"):
            open_data(put(tmp_path / "saved", {"dataset_dict.json": text.encode() or b" "}))


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.npy", "a.npz"])
def test_damaged_containers_are_one_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 this is nothing" * 40)
    with pytest.raises(UserError, match="whole"):
        open_data(tmp_path / name)


def test_a_damaged_member_is_skipped_by_name(tmp_path):
    files = classes()
    path = packed_zip(tmp_path / "a.zip", files)
    raw = bytearray(path.read_bytes())
    place = raw.index(files["cat/3.png"])
    raw[place + 60] ^= 0xFF
    path.write_bytes(raw)
    assert [name for name, _ in open_data(path).report.skipped] == ["cat/3.png"]


def test_what_cannot_be_opened_is_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    put(
        tmp_path,
        {"text.txt": b"words", "zero.zip": b"", "one/a.png": png(picture(1))},
    )
    for name, text in (
        ("empty", "is empty"),
        ("text.txt", "two different"),
        ("zero.zip", "is empty"),
        ("one", "two different"),
        ("gone", "no file"),
    ):
        with pytest.raises(UserError, match=text) as caught:
            open_data(tmp_path / name)
        assert "\n" not in str(caught.value)
    for url in ("https://example.org/photos.zip", "S3://bucket/photos", "gs://bucket/a.csv"):
        with pytest.raises(UserError, match="is elsewhere: download it first"):
            open_data(url)
    with pytest.raises(UserError, match="did you mean 'mnist'"):
        open_data("mnits")


def test_names_and_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "digits", classes())
    built_in, own = open_data("digits"), open_data("./digits")
    assert built_in.count() + built_in.count("test") == 1797
    assert any("write ./digits" in note for note in built_in.notes)
    assert own.count() + own.count("test") == 40
    assert open_data(Path("digits")).report.counts == own.report.counts
    assert {"digits", "ring", "mnist", "cifar10"} <= set(opening.known_names())


UNPRIVILEGED = """
import os, sys
from pathlib import Path
from sparring.modalities.opening import open_data
from sparring.errors import UserError
root = Path(sys.argv[1])
open_data(root / "warm")  # every import, while Python itself can surely be read
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for name in ("closed", "closed/inner", "closed.zip", "closed.npy"):
    try:
        open_data(root / name)
    except UserError as error:
        assert "permission" in str(error), error
        assert chr(10) not in str(error)
    else:
        raise AssertionError(name)
source = open_data(root / "open")
skipped = dict(source.report.skipped)
assert skipped == {"cat/0.png": "no permission to read it", "secret": "no permission to read this folder"}, skipped
print("as told")
"""


@pytest.fixture
def open_folder():
    """A folder that other users may enter, unlike pytest's: those are shared by every session of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="permissions work otherwise there")
def test_unreadable_paths_as_an_unprivileged_user(open_folder):
    put(
        open_folder,
        {f"open/{name}": content for name, content in classes().items()}
        | {"open/secret/x.png": b"x", "closed/inner/a.png": b"x"},
    )
    packed_zip(open_folder / "closed.zip", classes())
    put(open_folder / "warm", classes())
    np.save(open_folder / "closed.npy", mnist_like()[0])
    for name in ("open/secret", "open/cat/0.png", "closed", "closed.zip", "closed.npy"):
        (open_folder / name).chmod(0)
    cache = open_folder / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    try:
        done = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, str(open_folder)],
            capture_output=True,
            text=True,
            env=os.environ | {"SPARRING_CACHE": str(cache)},
            check=False,
        )
    finally:
        for name in ("open/secret", "closed"):
            (open_folder / name).chmod(0o755)
    assert done.stdout.strip() == "as told", done.stderr


SHARED = Path(os.environ.get("SPARRING_DATA") or "")  # read before the fixture hides it


@pytest.mark.skipif(not (SHARED / "mnist").is_dir(), reason="set SPARRING_DATA to a folder with mnist/")
def test_real_mnist(monkeypatch):
    monkeypatch.setenv("SPARRING_DATA", str(SHARED))
    source = open_data("mnist")
    assert (source.count("train"), source.count("test"), len(source.classes)) == (60_000, 10_000, 10)
    assert source.labels(np.arange(10)).tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert everything(source).mean() == pytest.approx(33.318, abs=0.001)


@pytest.mark.skipif(not (SHARED / "fruits64").is_dir(), reason="set SPARRING_DATA to a folder with fruits64/")
def test_real_fruits():
    source = open_data(SHARED / "fruits64" / "fruits64.zip")
    assert (source.count("train"), source.count("test"), len(source.classes)) == (7810, 1065, 71)
    assert set(source.report.labels.values()) == {110}


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "cifar10").is_dir(), reason="set SPARRING_DATA to a folder with cifar10/")
def test_real_cifar(monkeypatch):
    monkeypatch.setenv("SPARRING_DATA", str(SHARED))
    source = open_data("cifar10")
    assert (source.count("train"), source.count("test"), source.name) == (50_000, 10_000, "cifar10")
    assert set(source.report.labels.values()) == {5000}
