"""Named sets: found, else downloaded with resume and checksum. The server is this machine."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import re
import threading

import numpy as np
import pytest

from data_samples import idx
from sparring.data import download, named
from sparring.errors import UserError
from sparring.modalities.opening import open_data

pytestmark = pytest.mark.usefixtures("own_cache")

CONTENT = np.random.default_rng(0).bytes(300_000)
MD5, SHA256 = hashlib.md5(CONTENT).hexdigest(), hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked.append(self.headers.get("Range"))
        content = server.files.get(self.path.lstrip("/"))
        if content is None:
            return self.send_error(404)
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "") if server.ranges else None
        start = int(wanted[1]) if wanted else 0
        if wanted and start >= len(content):
            return self.send_error(416)
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if server.lengths:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:][: server.breaks.pop(0) if server.breaks else None])
        return None

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.files, found.asked, found.ranges, found.lengths, found.breaks = {"x.bin": CONTENT}, [], True, True, []
    found.url = f"http://127.0.0.1:{found.server_port}/"
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.mark.parametrize("checksum", [MD5, SHA256])
def test_download(server, tmp_path, checksum):
    download.fetch(server.url + "x.bin", tmp_path / "x.bin", checksum)
    assert (tmp_path / "x.bin").read_bytes() == CONTENT
    download.fetch(server.url + "x.bin", tmp_path / "x.bin", checksum)
    assert server.asked == [None]
    assert [file.name for file in tmp_path.iterdir()] == ["x.bin"]


def test_a_broken_connection_is_taken_up_where_it_stopped(server, tmp_path):
    server.breaks = [100_000, 50_000]
    download.fetch(server.url + "x.bin", tmp_path / "x.bin", MD5)
    assert server.asked == [None, "bytes=100000-", "bytes=150000-"]
    assert (tmp_path / "x.bin").read_bytes() == CONTENT


def test_a_later_call_goes_on(server, tmp_path):
    server.breaks = [1000] * download.ATTEMPTS
    with pytest.raises(UserError):
        download.fetch(server.url + "x.bin", tmp_path / "x.bin", MD5)
    assert (tmp_path / "x.bin.part").stat().st_size == 1000 * download.ATTEMPTS
    assert not (tmp_path / "x.bin").exists()
    download.fetch(server.url + "x.bin", tmp_path / "x.bin", MD5)
    assert server.asked[-1] == f"bytes={1000 * download.ATTEMPTS}-"


def test_a_server_without_ranges_starts_again(server, tmp_path):
    server.ranges = False
    (tmp_path / "x.bin.part").write_bytes(b"old" * 100)
    download.fetch(server.url + "x.bin", tmp_path / "x.bin", MD5)
    assert (tmp_path / "x.bin").read_bytes() == CONTENT


def test_a_complete_part_is_put_in_place(server, tmp_path):
    (tmp_path / "x.bin.part").write_bytes(CONTENT)
    download.fetch(server.url + "x.bin", tmp_path / "x.bin", MD5)
    assert (tmp_path / "x.bin").read_bytes() == CONTENT


def test_a_wrong_checksum_never_comes_into_place(server, tmp_path):
    with pytest.raises(UserError, match="checksum"):
        download.fetch(server.url + "x.bin", tmp_path / "x.bin", "0" * 32)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("lengths", [True, False])
def test_size_is_bounded(server, tmp_path, lengths):
    server.lengths = lengths
    with pytest.raises(UserError, match="more than the"):
        download.fetch(server.url + "x.bin", tmp_path / "x.bin", MD5, limit=200_000)
    assert not (tmp_path / "x.bin").exists()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 200_000


def test_the_next_mirror_is_tried(server, tmp_path):
    download.fetch_all((server.url + "gone/", server.url), {"x.bin": MD5}, tmp_path)
    assert (tmp_path / "x.bin").read_bytes() == CONTENT


def little_mnist(monkeypatch, url: str) -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    files = {}
    for part, count in (("train", 30), ("t10k", 10)):
        files[f"{part}-images-idx3-ubyte.gz"] = gzip.compress(idx(rng.integers(0, 256, (count, 4, 4))))
        files[f"{part}-labels-idx1-ubyte.gz"] = gzip.compress(idx(np.arange(count) % 3))
    monkeypatch.setitem(
        named.NAMED,
        "mnist",
        named.NamedSet((url,), {name: hashlib.md5(content).hexdigest() for name, content in files.items()}),
    )
    return files


def test_a_named_set_is_downloaded_once(server, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    server.files = little_mnist(monkeypatch, server.url)
    source = open_data("mnist")
    assert (source.name, source.count("train"), source.count("test")) == ("mnist", 30, 10)
    asked = len(server.asked)
    assert open_data("mnist").content_hash == source.content_hash
    assert len(server.asked) == asked == 4


def test_offline_one_sentence_says_where_files_go(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    files = little_mnist(monkeypatch, "http://127.0.0.1:1/")
    with pytest.raises(
        UserError, match="put train-images.*into a folder mnist of the folder that .SPARRING_DATA names"
    ) as caught:
        open_data("mnist")
    assert "\n" not in str(caught.value)
    (tmp_path / "here" / "mnist").mkdir(parents=True)
    for name, content in files.items():
        (tmp_path / "here" / "mnist" / name).write_bytes(content)
    monkeypatch.setenv("SPARRING_DATA", str(tmp_path / "here"))
    assert open_data("mnist").count("train") == 30
    monkeypatch.delenv("SPARRING_DATA")
    monkeypatch.chdir(tmp_path / "here")
    assert any("./mnist" in note for note in open_data("mnist").notes)
