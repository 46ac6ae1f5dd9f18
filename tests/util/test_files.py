import json
import os
import subprocess
import sys

import pytest

from sparring.errors import UNPRINTABLE, UserError
from sparring.util import files


def temporary_files(folder):
    return list(folder.glob(".*.tmp"))


def test_an_atomic_write_replaces_the_file(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with files.atomic_write(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert not temporary_files(tmp_path)


def test_a_failing_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")

    def fail():
        with files.atomic_write(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert not temporary_files(tmp_path)


def test_a_file_is_named_as_people_know_it_while_it_has_its_temporary_name(tmp_path):
    assert files.final_path(str(files.temporary_path(tmp_path / "a.json"))) == str(tmp_path / "a.json")
    assert files.final_path(str(tmp_path / ".a.tmp")) == str(tmp_path / ".a.tmp")


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert not temporary_files(tmp_path)


def test_json_is_readable_utf8_with_sorted_keys(tmp_path):
    files.write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    text = (tmp_path / "a.json").read_bytes().decode("utf-8")
    assert "é" in text
    assert list(json.loads(text)) == ["a", "b"]


def test_text_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "a.txt").write_bytes("é".encode("latin-1"))
    with pytest.raises(UserError, match="is not text in UTF-8"):
        files.read_text(tmp_path / "a.txt")


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    old, new = tmp_path / "folder", tmp_path / ".folder.tmp"
    for folder, name in ((old, "old"), (new, "new")):
        folder.mkdir()
        (folder / name).write_text(name)
    files.replace_folder(new, old)
    assert [path.name for path in old.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_removing_a_folder_that_is_not_there_does_nothing(tmp_path):
    files.remove_folder(tmp_path / "nothing")
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    files.remove_folder(tmp_path / "folder")
    assert not list(tmp_path.iterdir())


def leave_behind(folder):
    """What processes left in a folder: (names that are leftovers now, names that are not)."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    mine = files.temporary_path(folder / "mine").name
    machine = mine.split(".")[2].split("-")[0]
    gone = [f".a.{machine}-{dead.pid}.tmp", f".b.{machine}-{dead.pid}.tmp"]
    alive = [mine, f".c.{machine}-1.tmp", f".d.0badc0de-{dead.pid}.tmp"]
    for name in [*gone, *alive, "a", ".hidden", "b.tmp", ".e.99.tmp"]:
        (folder / name).write_text("")
    (folder / gone[1]).unlink()
    (folder / gone[1] / "inner").mkdir(parents=True)
    return gone, alive


def test_leftovers_of_killed_processes_are_removed_and_nothing_else(tmp_path):
    gone, alive = leave_behind(tmp_path)
    files.remove_temporary_files(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*alive, "a", ".hidden", "b.tmp", ".e.99.tmp"])
    files.remove_temporary_files(tmp_path, exclusive=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "a", "b.tmp"]


def test_leftovers_of_another_machine_and_of_an_earlier_process_with_our_number_are_removed_when_old(tmp_path):
    mine = files.temporary_path(tmp_path / "mine")
    theirs = tmp_path / ".theirs.0badc0de-1.tmp"
    for path in (mine, theirs):
        path.write_text("")
        os.utime(path, (1e9, 1e9))
    files.remove_temporary_files(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_cache_is_swept_at_its_first_use(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path))
    (tmp_path / "x").mkdir()
    gone, _ = leave_behind(tmp_path / "x")
    files.cache_folder("x")
    assert not any((tmp_path / "x" / name).exists() for name in gone)


class Disk:
    """Records what os does to files, so that a power cut after any of it can be thought through."""

    def __init__(self, monkeypatch):
        self.done, self.names = [], {}
        for name in ("fsync", "replace"):
            monkeypatch.setattr(files.os, name, self.recorded(name, getattr(os, name)))

    def recorded(self, name, real):
        def call(*arguments):
            what = os.readlink(f"/proc/self/fd/{arguments[0]}") if name == "fsync" else str(arguments[1])
            self.done.append((name, what))
            return real(*arguments)

        return call


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="the names of open files are read from /proc")
@pytest.mark.parametrize(
    "write",
    [
        lambda path: files.write_bytes(path, b"a"),
        lambda path: files.write_text(path, "a"),
        lambda path: files.write_json(path, {"a": 1}),
    ],
)
def test_a_file_is_on_the_disk_before_it_has_its_name_and_the_name_is_too(tmp_path, monkeypatch, write):
    disk = Disk(monkeypatch)
    write(tmp_path / "file")
    temporary = str(files.temporary_path(tmp_path / "file"))
    assert disk.done == [("fsync", temporary), ("replace", str(tmp_path / "file")), ("fsync", str(tmp_path))]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="the names of open files are read from /proc")
def test_a_folder_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    (tmp_path / "new").mkdir()
    disk = Disk(monkeypatch)
    files.replace_folder(tmp_path / "new", tmp_path / "folder")
    assert disk.done == [
        ("fsync", str(tmp_path / "new")),
        ("replace", str(tmp_path / "folder")),
        ("fsync", str(tmp_path)),
    ]


def test_a_name_as_long_as_the_file_system_allows_is_written(tmp_path):
    path = tmp_path / ("ü" * 127)
    files.write_text(path, "a")
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_json_escapes_what_a_terminal_would_obey(tmp_path):
    hostile = {"a\x1b[31m": "b\u202e\x9b\u2028\ud800 ü"}
    files.write_json(tmp_path / "a.json", hostile)
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == hostile
    assert "ü" in text and not set(map(ord, text)) & (UNPRINTABLE - {ord("\n")})


def test_the_cache_folder_is_made_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("SPARRING_CACHE", str(tmp_path / "cache"))
    folder = files.cache_folder("a", "b")
    assert folder == tmp_path / "cache" / "a" / "b"
    assert folder.is_dir()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://bob:secret@host/shop", "postgresql://bob:***@host/shop"),
        ("train mysql://bob:a:b@host/x --out run", "train mysql://bob:***@host/x --out run"),
        ("https://host:8080/a", "https://host:8080/a"),
        ("photos/", "photos/"),
    ],
)
def test_passwords_in_urls_are_hidden(text, shown):
    assert files.without_password(text) == shown


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("shop", "shop"),
        ("a/b\\c", "a-b-c"),
        ('<"x">:|?*', "-x-"),
        ("..", "unnamed"),
        (" . ", "unnamed"),
        ("", "unnamed"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("CON", "_CON"),
        ("lpt1.txt", "_lpt1.txt"),
        ("console", "console"),
        ("a\nb", "a-nb"),
        ("ü" * 100, "ü" * 60),
        ("x" + "ü" * 100, "x" + "ü" * 59),  # never half a character
    ],
)
def test_names_of_files_from_any_text(text, name):
    assert files.file_name(text) == name
    assert len(name.encode()) <= files.MAX_NAME_BYTES


def test_what_is_written_in_passing_does_not_wait_for_the_disk(tmp_path, monkeypatch):
    waits = []
    monkeypatch.setattr(files.os, "fsync", waits.append)
    with files.in_passing():
        files.write_bytes(tmp_path / "passing", b"a")
    assert (tmp_path / "passing").read_bytes() == b"a" and not waits
    files.write_bytes(tmp_path / "kept", b"b")
    assert len(waits) == 2  # the file and its folder
