import json

import pytest

from sparring.errors import UserError
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


def test_only_temporary_files_are_removed(tmp_path):
    (tmp_path / ".a.99.tmp").write_text("")
    (tmp_path / ".b.99.tmp").mkdir()
    (tmp_path / ".b.99.tmp" / "c").write_text("")
    for name in ("a", ".hidden", "b.tmp"):
        (tmp_path / name).write_text("")
    files.remove_temporary_files(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "a", "b.tmp"]


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
