"""Real sockets: slow and greedy connections, an end in good order, and what may not be started at all."""

import contextlib
import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading

import httpx2
import pytest

from service_samples import TOKEN, answering, endless, trained
from sparring.cli import main
from sparring.errors import UserError
from sparring.serving import server
from sparring.serving.app import application
from sparring.serving.limits import Limits
from sparring.serving.served_run import ServedRun


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained("pictures", tmp_path_factory.mktemp("runs"))


class Counted:
    """Bytes that the server has read, and whether each connection sends what it has at once."""

    def __init__(self):
        self.total, self.at_once = 0, []


@contextlib.contextmanager
def listening(run, limits, **options):
    """Yields (port, bytes read) of a server in a thread of this process."""
    read = Counted()
    usual = server.protocol

    def counting(limits):
        class Counting(usual(limits)):
            def connection_made(self, transport):
                found = transport.get_extra_info("socket")
                read.at_once.append(bool(found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
                super().connection_made(transport)

            def data_received(self, data):
                read.total += len(data)
                super().data_received(data)

        return Counting

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "protocol", counting)
        with answering(application(ServedRun(run, "cpu", limits), **options), limits) as port:
            yield port, read


def connection(port):
    found = socket.create_connection(("127.0.0.1", port))
    found.settimeout(60)
    return found


def everything(found):
    """All that a server sends until it closes the connection."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := found.recv(65536):
            parts.append(part)
    return b"".join(parts)


def answers(port, **headers):
    return httpx2.get(f"http://127.0.0.1:{port}/v1/generate", headers=headers, timeout=100).status_code == 200


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Host: localhost\r\nContent-Length: 1073741824\r\n", b" 401 "),
        (b"Host: localhost\r\nTransfer-Encoding: chunked\r\n", b" 401 "),
        (b"Host: evil.example\r\nContent-Length: 1073741824\r\n", b" 400 "),
        (
            b"Host: localhost\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\nContent-Length: 1073741824\r\n",
            b" 413 ",
        ),
    ],
)
def test_a_gigabyte_is_refused_before_a_megabyte_is_read(run, head, status):
    with listening(run, Limits(), token=TOKEN) as (port, read), connection(port) as client:
        client.sendall(b"POST /v1/invert HTTP/1.1\r\n" + head + b"\r\n")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 1 << 30:
                client.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")
                sent += 65536
        assert sent < 64 << 20  # the rest lies in the buffers of the system
        answer = everything(client)
        assert status in answer.partition(b"\r\n")[0] or not answer  # a reset may take the answer away
        assert read.total < 1 << 20
        assert answers(port, authorization=f"Bearer {TOKEN}")


def test_small_answers_do_not_wait_for_more_to_send(run):
    """Else each waits for the client's delayed acknowledgement, 40 ms."""
    with listening(run, Limits()) as (port, read):
        assert answers(port)
    assert read.at_once == [True]


def test_the_answer_to_a_refused_upload_arrives(run):
    with listening(run, Limits(), token=TOKEN) as (port, _), connection(port) as client:
        client.sendall(b"POST /v1/invert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1073741824\r\n\r\n")
        answer = everything(client)
    assert answer.startswith(b"HTTP/1.1 401 ") and b"connection: close" in answer
    assert answer.endswith(b"Authorization: Bearer TOKEN'\"}")


def test_connections_that_are_too_slow_end(run):
    with listening(run, Limits(upload_seconds=0.3, seconds=5)) as (port, _):
        silent, half_head, half_body = (connection(port) for _ in range(3))
        half_head.sendall(b"GET /healthz HTTP/1.1\r\nHost: local")
        half_body.sendall(b"POST /v1/invert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc")
        assert everything(silent) == everything(half_head) == b""
        answer = everything(half_body)
        assert answer.startswith(b"HTTP/1.1 408 ") and b"0.3 s" in answer
        assert answers(port)
        for each in (silent, half_head, half_body):
            each.close()


def test_a_head_without_end_is_refused(run):
    with listening(run, Limits()) as (port, read), connection(port) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(b"GET /healthz HTTP/1.1\r\n" + b"X-Long: " + b"a" * (1 << 20))
            everything(client)
        assert read.total <= 512 << 10
        assert answers(port)


def test_what_is_no_http_is_refused_in_json(run):
    with listening(run, Limits()) as (port, _):
        for request in (
            b"nonsense\r\n\r\n",
            b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
            b"\x16\x03\x01" + bytes(50) + b"\r\n\r\n",
        ):
            with connection(port) as client:
                client.sendall(request)
                answer = everything(client)
            assert answer.startswith(b"HTTP/1.1 400 ") and answer.endswith(b'is no HTTP that can be read"}')
        assert answers(port)


@pytest.mark.slow
def test_a_thousand_idle_connections_leave_room(run):
    with listening(run, Limits()) as (port, _), contextlib.ExitStack() as held:
        for _ in range(1000):
            held.enter_context(connection(port))
        assert answers(port)


def test_a_client_that_goes_takes_its_request_with_it(run, monkeypatch):
    monkeypatch.setattr(ServedRun, "invert", endless)
    with listening(run, Limits(seconds=3600)) as (port, _):
        with connection(port) as client:
            client.sendall(b"POST /v1/invert HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")
        assert answers(port)


def started(run, *options, **environment):
    process = subprocess.Popen(
        [sys.executable, "-m", "sparring", "serve", str(run), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    found = re.search(r"http://127.0.0.1:(\d+)", process.stdout.readline())
    assert found, process.communicate(timeout=60)
    return process, int(found[1])


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM])
def test_a_service_answers_what_it_began_and_ends(run, number):
    process, port = started(run, SPARRING_TOKEN=TOKEN)
    answer = {}
    headers = {"authorization": f"Bearer {TOKEN}"}

    def ask():
        asked = {"keyframes": 40, "frames": 24, "format": ".gif"}
        answer["is"] = httpx2.get(f"http://127.0.0.1:{port}/v1/interpolate", params=asked, headers=headers, timeout=120)

    asking = threading.Thread(target=ask)
    asking.start()
    asked = re.compile(r"sparring_pass_requests_count 1\.0")
    while not asked.search(httpx2.get(f"http://127.0.0.1:{port}/metrics", headers=headers, timeout=100).text):
        pass
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    asking.join()
    assert answer["is"].content.startswith(b"GIF8")
    assert process.returncode == 0, errors
    assert errors.strip() == "stopping after the requests that are being answered; once more ends at once"


def refused(*arguments):
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), pytest.raises(SystemExit) as end:
        main(["serve", *map(str, arguments)])
    assert end.value.code == 2 and errors.getvalue().count("\n") == 1
    return errors.getvalue()


def test_what_may_not_be_started_is_one_sentence(run, tmp_path, monkeypatch):
    monkeypatch.delenv("SPARRING_TOKEN", raising=False)
    assert "demands a token" in refused(run, "--host", "0.0.0.0")
    assert "at least 16" in refused(run, "--host", "0.0.0.0", "--token", "short")
    for name in ("a*b", "*b", "http://b"):
        assert f"--allow-host {name} is no name" in refused(run, "--allow-host", name)
    assert "not a run folder" in refused(tmp_path)
    assert "--host" in refused(run, "--host", "no.such.host.invalid")
    with server.bound("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port} cannot be served (address already in use)" in refused(run, "--port", port)
    with pytest.raises(UserError, match="no spaces"):
        server.check_exposed("127.0.0.1", "a token with spaces")
    server.check_exposed("127.0.0.1", None)


def test_a_missing_extra_is_one_sentence(run, monkeypatch):
    from sparring.serving import extra

    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "uvicorn" else name)
    assert 'serving needs uvicorn; run: pip install "sparring[serve]"' in refused(run)
