"""The server: sockets, connections that are too slow, and an end in good order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from ..errors import UserError
from .limits import Limits

MAX_CONNECTIONS = 4096
HEAD_BYTES = 32 << 10  # of the head of a request
MIN_TOKEN = 16  # characters
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def protocol(limits: Limits) -> type[H11Protocol]:
    """HTTP over connections that end where they are too slow."""
    head = limits.upload_seconds
    whole = limits.upload_seconds + max(limits.seconds, limits.evaluation_seconds) + limits.upload_seconds

    class Connection(H11Protocol):
        """Uvicorn waits for the head of a request, and for a client to read its answer, as long as they take."""

        _end: asyncio.TimerHandle | None = None
        _seen: Any = None  # the request whose time runs

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._ends_after(head)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is not None and self.cycle is not self._seen and not self.cycle.response_complete:
                self._seen = self.cycle
                self._ends_after(whole)

        def on_response_complete(self) -> None:
            self._ends_after(head)  # for the client to read what is left of it, and to send the next head
            super().on_response_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._end is not None:
                self._end.cancel()
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            body = json.dumps({"error": f"{msg.rstrip('.').lower()}: this is no HTTP that can be read"}).encode()
            head = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n"
            self.transport.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            self.transport.close()

        def _ends_after(self, seconds: float) -> None:
            if self._end is not None:
                self._end.cancel()
            self._end = self.loop.call_later(seconds, self.transport.abort)

    return Connection


class Server(uvicorn.Server):
    """A server that ends when an event is set. Signals are the business of the command line."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event, started: Callable[[int], None]):
        super().__init__(config)
        self.stop, self.on_start = stop, started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets:
            self.on_start(sockets[0].getsockname()[1])

    async def on_tick(self, counter: int) -> bool:
        return await super().on_tick(counter) or self.stop.is_set()


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens. port 0: any that is free. Raises UserError where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is named; else each waits 40 ms.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except (OSError, OverflowError) as error:
        found.close()
        why = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{host}:{port} cannot be served ({why.lower()}); choose another --port or --host") from None
    return found


def check_names(names: Sequence[str]) -> None:
    """Raises UserError for names of hosts that mean nothing: a star stands for all names, or for the first part."""
    for name in names:
        if "*" in name[1:] or (name.startswith("*") and name != "*" and not name.startswith("*.")) or "/" in name:
            raise UserError(f"--allow-host {name} is no name of a host; give gan.example.org, *.example.org or *")


def _max_connections() -> int:
    """As many as there may be open files, less those that answers need."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MAX_CONNECTIONS
    return min(MAX_CONNECTIONS, max(16, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2))


def check_exposed(host: str, token: str | None) -> None:
    """Raises UserError for a service that others can reach and that asks for no token."""
    if host not in LOOPBACK and not token:
        raise UserError(
            f"--host {host} lets other machines in, which demands a token: set SPARRING_TOKEN, or give --token"
        )
    if token is not None and (len(token) < MIN_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        raise UserError(f"a token has at least {MIN_TOKEN} letters and digits, and no spaces; make a longer one")


def run(
    app: Any, listening: socket.socket, limits: Limits, stop: threading.Event, started: Callable[[int], None]
) -> None:
    """Serve until `stop` is set; requests that are being answered get their answers first.

    started: Is told the port once connections are taken.
    """
    config = uvicorn.Config(
        app,
        http=protocol(limits),
        ws="none",
        lifespan="on",
        loop="asyncio",
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=MAX_CONNECTIONS,
        limit_concurrency=_max_connections(),
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=max(1, int(limits.upload_seconds)),
        timeout_graceful_shutdown=int(limits.seconds) + 1,
    )
    Server(config, stop, started).run([listening])
