"""What may be asked, and what is answered where it cannot be: one sentence of JSON, never a traceback."""

import io
import struct
import threading
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from service_samples import TOKEN, endless, service, trained
from sparring.serving.guards import MAX_ADDRESSES, Rate, hosts_of
from sparring.serving.limits import Limits
from sparring.serving.model_thread import Job
from sparring.serving.served_run import ServedRun


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return trained("pictures", tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return trained("pairs", tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def client(pictures):
    with service(pictures) as found:
        yield found


@pytest.fixture(scope="module")
def translator(pairs):
    with service(pairs, Limits(pixels=10_000, body=200_000)) as found:
        yield found


def refused(answer, status, *words):
    """One sentence, with this status, and nothing of the machine behind it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    (name, sentence) = next(iter(answer.json().items()))
    assert name == "error" and "\n" not in sentence and "Traceback" not in answer.text and "/tmp" not in answer.text
    for word in words:
        assert word in sentence, sentence
    return sentence


def answers_still(client):
    assert client.get("/v1/generate").content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"seed": "x"}, ["seed", "integer"]),
        ({"seed": 2**63}, ["seed"]),
        ({"count": 0}, ["count", "1"]),
        ({"count": 1001}, ["count", "1000"]),
        ({"label": "clas 1"}, ["did you mean 'class 1'"]),
        ({"truncation": 0.001}, ["`truncation`", "0.05"]),
        ({"truncation": "nan"}, ["truncation"]),
        ({"where": "age > 3"}, ["`where`", "tables"]),
        ({"length": 7}, ["`length`", "series"]),
        ({"format": ".exe"}, ["format", ".png"]),
        ({"format": "/../../x.png"}, ["format"]),
        ({"colour": "red"}, ["colour"]),
        ({"grid": "perhaps"}, ["grid"]),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(client, asked, words):
    refused(client.get("/v1/generate", params=asked), 422, *words)
    refused(client.post("/v1/generate", json=asked), 422, words[0])
    answers_still(client)


@pytest.mark.parametrize(
    "asked", [{"label": True}, {"count": True}, {"seed": False}, {"truncation": True}, {"seed": 1.5}]
)
def test_json_of_another_type_is_refused(client, asked):
    refused(client.post("/v1/generate", json=asked), 422, next(iter(asked)))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'"' + b"x" * 1000, b"\xff\xfe", b"[]", b"null", b'{"seed": 1e400}', b"NaN"]
)
def test_bodies_that_are_no_request_are_refused(client, body):
    answer = client.post("/v1/generate", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    refused(answer, answer.status_code)
    answers_still(client)


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/redoc", "/v1/apply", "/v1/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/v1/generate/x"]
)
def test_other_paths_are_not_there(client, path):
    refused(client.get(path), 404, "/v1/generate")


def test_other_methods_are_refused(client):
    assert refused(client.delete("/v1/generate"), 405)


def test_other_hosts_and_other_sites_are_refused(client):
    for host in ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "[::1"):
        refused(client.get("/healthz", headers={"host": host}), 400)
    refused(client.get("/healthz", headers={"host": "evil.example"}), 400, "allow-host")
    for host in ("localhost", "127.0.0.1:8000", "[::1]:8000"):
        assert client.get("/healthz", headers={"host": host}).status_code == 200
    for site in ("cross-site", "same-site"):
        refused(client.get("/v1/generate", headers={"sec-fetch-site": site}), 403)
    assert client.get("/v1/generate", headers={"sec-fetch-site": "same-origin"}).status_code == 200
    answer = client.get("/v1/generate", headers={"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert "127.0.0.1" not in hosts_of("127.0.0.1", ["a.example"])[4:] and "a.example" in hosts_of(
        "0.0.0.0", ["a.example"]
    )


def test_a_token_is_asked_for_everywhere_but_by_probes(pictures):
    with service(pictures, token=TOKEN) as client:
        assert client.get("/healthz").status_code == 200
        for path in ("/v1/generate", "/v1/info", "/metrics", "/openapi.json", "/nowhere"):
            for given in ({}, {"authorization": f"Bearer {TOKEN}x"}, {"authorization": TOKEN}, {"authorization": "é"}):
                answer = client.get(path, headers={name: value.encode() for name, value in given.items()})
                refused(answer, 401, "Authorization: Bearer")
                assert answer.headers["www-authenticate"] == "Bearer"
        assert client.get("/v1/info", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


async def _answer(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body"})


def test_the_rate_of_one_address_is_bounded():
    import asyncio

    now = [0.0]
    rate = Rate(_answer, 2, lambda: now[0])

    def status(address, path="/v1/generate"):
        found = []

        async def send(message):
            found.append(message)

        asyncio.run(rate({"type": "http", "path": path, "client": (address, 1)}, None, send))
        return found[0]["status"], dict(found[0]["headers"]).get(b"retry-after")

    assert [status("a")[0] for _ in range(4)] == [200, 200, 429, 429]
    assert status("a")[1] == b"1"
    assert status("b")[0] == status("a", "/healthz")[0] == 200
    now[0] = 0.5
    assert [status("a")[0] for _ in range(2)] == [200, 429]
    for number in range(MAX_ADDRESSES + 5):
        rate._seconds_to_wait(f"address {number}")
    assert len(rate.seen) == MAX_ADDRESSES


def test_an_answer_is_named_so_that_it_is_computed_once(client):
    first = client.get("/v1/generate", params={"seed": 5})
    again = client.get("/v1/generate", params={"seed": 5}, headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304 and again.content == b""
    other = client.get("/v1/generate", params={"seed": 6}, headers={"if-none-match": first.headers["etag"]})
    assert other.status_code == 200 and other.headers["etag"] != first.headers["etag"]


def held_up(client):
    """The model computes until the event that this returns is set."""
    held = threading.Event()
    client.app.state.thread.submit(Job(lambda _: held.wait()))
    while client.app.state.thread.waiting:
        held.wait(0.01)
    return held


def test_a_full_queue_says_when_to_come_again(pictures):
    with service(pictures, Limits(waiting=2)) as client:
        held = held_up(client)
        for _ in range(2):
            client.app.state.thread.submit(Job(lambda _: None))
        answer = client.get("/v1/generate")
        refused(answer, 429, "2 requests wait")
        assert int(answer.headers["retry-after"]) >= 1
        held.set()
        while client.app.state.thread.waiting:
            held.wait(0.01)
        answers_still(client)


def test_what_takes_too_long_is_given_up_and_the_model_is_free_again(pictures, monkeypatch):
    monkeypatch.setattr(ServedRun, "invert", endless)
    with service(pictures, Limits(seconds=0.5)) as client:
        refused(client.post("/v1/invert", content=b"x"), 504, "0.5 s")
        held = held_up(client)  # which waits until the model is free
        refused(client.get("/v1/generate"), 504)
        held.set()


def test_those_that_wait_are_told_that_the_service_stops(pictures):
    with service(pictures) as client:
        thread, held = client.app.state.thread, held_up(client)
        waits = Job(lambda _: None)
        thread.submit(waits)
        thread.stop()
        assert waits.future.exception(1).status == 503
        refused(client.get("/healthz"), 503, "stopping")
        refused(client.get("/v1/generate"), 503, "stopping")
        held.set()
        thread.join(10)
        assert not thread.is_alive


def test_a_fault_is_one_sentence_and_harms_nobody_else(client, monkeypatch, caplog):
    with monkeypatch.context() as patch:
        for error, status, word in (
            (RuntimeError("secret"), 500, "the log"),
            (MemoryError(), 503, "memory"),
            (RuntimeError("can't allocate memory"), 503, "memory"),
            (SystemExit(1), 500, "the log"),
        ):

            def fail(*_, error=error):
                raise error

            patch.setattr(ServedRun, "generate", fail)
            answer = client.get("/v1/generate")
            refused(answer, status, word)
            assert "secret" not in answer.text
    answers_still(client)


# Uploads


def png(shape=(12, 16, 3)):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def png_of_zeros(width, height):
    """A PNG of a few kilobytes that unfolds to any size."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes((width + 1) * min(height, 10)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def tiff_of_pages(*shapes):
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        for shape in shapes:
            file.write(np.zeros(shape, np.uint16), compression="zlib", metadata=None)
    return buffer.getvalue()


def gif_of_frames(count, side):
    frames = [Image.new("L", (side, side), number) for number in range(count)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


@pytest.mark.parametrize(
    "upload",
    [
        png_of_zeros(5000, 5000),
        png_of_zeros(60_000, 60_000),
        tiff_of_pages((4, 4), (120, 120)),
        tiff_of_pages(*[(60, 60)] * 3),
        gif_of_frames(40, 20),
    ],
    ids=["25 million pixels", "beyond what is ever read", "a large second page", "three pages", "forty frames"],
)
def test_small_files_that_unfold_to_much_are_refused_by_their_header(translator, upload, monkeypatch):
    from sparring.inference.translator import Translator

    monkeypatch.setattr(Translator, "translate", lambda *_: pytest.fail("it was decoded"))
    answer = translator.post("/v1/apply", content=upload)
    assert answer.status_code in (413, 422)
    sentence = refused(answer, answer.status_code)
    assert "unfolds to" in sentence or "too large" in sentence


@pytest.mark.parametrize("upload", [b"", b"no picture", png()[:60], b"\x89PNG\r\n\x1a\n", b"II*\x00" + b"\xff" * 40])
def test_what_is_no_picture_is_refused(translator, upload):
    refused(translator.post("/v1/apply", content=upload), 422)
    assert translator.post("/v1/apply", content=png()).status_code == 200


def test_a_body_that_is_too_large_is_refused(translator):
    refused(translator.post("/v1/apply", content=b"x" * 200_001), 413, "--max-body")
    refused(translator.post("/v1/apply", content=(b"x" * 1000 for _ in range(300))), 413)
    answer = translator.post("/v1/apply", content=b"", headers={"content-length": str(1 << 30)})
    refused(answer, 413)
    assert answer.headers["connection"] == "close"


def test_names_of_clients_never_become_paths(translator):
    headers = {"content-disposition": 'attachment; filename="../../x.png"', "content-type": "image/../../x"}
    assert translator.post("/v1/apply", content=png(), headers=headers).status_code == 200
    refused(translator.post("/v1/apply", params={"format": "/../../x.png"}, content=png()), 422, "format")


# What a service says of itself


def test_openapi_describes_every_path_with_the_words_of_the_run(client, translator):
    described = client.get("/openapi.json").json()
    assert set(described["paths"]) == set(client.get("/v1/info").json()["paths"])
    assert "/v1/apply" in translator.get("/openapi.json").json()["paths"]
    asked = {each["name"]: each for each in described["paths"]["/v1/generate"]["get"]["parameters"]}
    assert asked["label"]["schema"]["examples"] == ["class 0", "class 1", "class 2"]
    assert asked["count"]["schema"]["maximum"] == 1000 and ".zip" in asked["format"]["schema"]["enum"]
    errors = described["paths"]["/v1/generate"]["get"]["responses"]
    assert errors["429"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Error"
    assert described["components"]["schemas"]["Error"]["required"] == ["error"]


def test_info_and_counters(client):
    about = client.get("/v1/info").json()
    assert about["classes"] == ["class 0", "class 1", "class 2"] and about["recipe"] == "dcgan-small"
    client.get("/nowhere-1")
    client.get("/nowhere-2")
    page = client.get("/metrics").text
    assert 'sparring_requests_total{method="GET",path="/v1/generate",status="200"}' in page
    assert 'path="other",status="404"' in page and "nowhere" not in page
    assert "sparring_waiting_requests 0.0" in page
