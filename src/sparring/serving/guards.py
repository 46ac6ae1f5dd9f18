"""What every request passes before the application sees it, outermost first.

`Edge`: errors as JSON, headers of every answer. `Measured`: counts and times. `OneSite`: names of this host, and no
other site's pages. `Token`. `Rate`. `UploadTime`: a body that does not arrive. All decide from the head of a request:
no byte of a body is read for a request that is refused.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPEN_PATH = "/healthz"  # needs no token: who probes whether the service lives knows none
SENTENCES = {  # for the words of Starlette's middleware
    "Invalid host header": "this service does not answer for this host; start it with --allow-host NAME to change that",
    "Content Too Large": "the body is larger than this service takes; send less, or start it with a larger --max-body",
}
MAX_ADDRESSES = 10_000  # whose rate is remembered


def refusal(status: int, sentence: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An answer that is an error."""
    return JSONResponse({"error": sentence}, status, headers)


class Edge:
    """Makes every error JSON, sets headers that protect browsers, and closes connections whose body was not read.

    A connection stays usable only where its body was read; the rest of a refused upload is never read, so it is closed.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        unread = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        start: Message = {}

        async def read() -> Message:
            nonlocal unread
            message = await receive()
            unread = unread and message.get("more_body", False)
            return message

        async def write(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                found = MutableHeaders(raw=message["headers"])
                found["x-content-type-options"] = "nosniff"
                found.setdefault("content-security-policy", "default-src 'none'; frame-ancestors 'none'")
                found["cross-origin-resource-policy"] = "same-origin"
                if unread:
                    found["connection"] = "close"
                if message["status"] >= 400 and found.get("content-type", "").startswith("text/plain"):
                    start = message
                    return
            elif start:
                answer, start = _as_refusal(start, message), {}
                await answer(scope, receive, send)
                return
            await send(message)

        await self.app(scope, read, write)


def _as_refusal(start: Message, body: Message) -> JSONResponse:
    """An error that is plain text, as JSON."""
    kept = MutableHeaders(raw=start["headers"]).items()
    sentence = body.get("body", b"").decode("utf-8", "replace")
    others = {name: value for name, value in kept if name not in ("content-length", "content-type")}
    return refusal(start["status"], SENTENCES.get(sentence, sentence), others)


class Measured:
    """Tells a function (method, path, status, seconds) of every request."""

    def __init__(self, app: ASGIApp, observe: Callable[[str, str, int, float], None]):
        self.app, self.observe = app, observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.monotonic(), 500

        async def write(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, write)
        finally:
            self.observe(scope["method"], scope["path"], status, time.monotonic() - started)


class OneSite:
    """Refuses requests that pages of other sites make a browser send; they could not read the answers anyway."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            site = Headers(scope=scope).get("sec-fetch-site", "none")
            if site not in ("none", "same-origin"):
                response = refusal(403, "this service answers no requests that pages of other sites send")
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


class Token:
    """Answers only requests with `Authorization: Bearer TOKEN`."""

    def __init__(self, app: ASGIApp, token: str):
        self.app, self.expected = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != OPEN_PATH:
            given = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(given, self.expected):
                response = refusal(
                    401, "this service needs the header 'Authorization: Bearer TOKEN'", {"WWW-Authenticate": "Bearer"}
                )
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)


class Rate:
    """Answers so many requests a second from each address, with bursts of one second's requests (a token bucket)."""

    def __init__(self, app: ASGIApp, rate: float, clock: Callable[[], float] = time.monotonic):
        self.app, self.rate, self.clock = app, rate, clock
        self.seen: OrderedDict[Any, tuple[float, float]] = OrderedDict()  # address -> (requests it may send, when)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] != OPEN_PATH:
            seconds = self._seconds_to_wait((scope.get("client") or ("",))[0])
            if seconds > 0:
                answer = refusal(
                    429,
                    f"this service answers {self.rate:g} requests a second from one address; ask again later",
                    {"Retry-After": str(math.ceil(seconds))},
                )
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _seconds_to_wait(self, address: str) -> float:
        now, most = self.clock(), max(1.0, self.rate)
        left, then = self.seen.pop(address, (most, now))
        left = min(most, left + (now - then) * self.rate)
        self.seen[address] = (left - 1 if left >= 1 else left, now)
        if len(self.seen) > MAX_ADDRESSES:
            self.seen.popitem(last=False)
        return 0.0 if left >= 1 else (1 - left) / self.rate


class UploadTime:
    """Refuses a request whose body does not arrive in time."""

    def __init__(self, app: ASGIApp, seconds: float):
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        ends, whole = time.monotonic() + self.seconds, False

        async def read() -> Message:
            nonlocal whole
            if whole:  # what comes now is the end of the connection, for which one waits
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), max(0.0, ends - time.monotonic()))
            except TimeoutError:
                raise SlowUpload from None
            whole = not message.get("more_body", False)
            return message

        try:
            await self.app(scope, read, send)
        except SlowUpload:
            sentence = f"the body of the request did not arrive within {self.seconds:g} s"
            await refusal(408, sentence)(scope, receive, send)


class SlowUpload(BaseException):
    """Not an Exception, so that nothing that reads bodies takes it for damage of the body."""


def hosts_of(host: str, allowed: Sequence[str]) -> list[str]:
    """The names under which a service may be asked for. allowed: further ones."""
    local = ["127.0.0.1", "localhost", "::1", "[::1]"]
    bound = [host] if host not in ("0.0.0.0", "::", *local) else []  # noqa: S104
    return [*local, *bound, *allowed]


def as_json(value: Any) -> str:
    """JSON of ASCII alone, which fits into a header."""
    return json.dumps(value, ensure_ascii=True)
