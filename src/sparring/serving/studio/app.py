"""The application of the studio: the page, what it may ask, and everything that guards both.

The page and its modules hold nothing secret and are given to anybody on this machine. All else needs the token, which
stands behind the # of the address that is printed: browsers send it nowhere, and the page sends it in a header that no
page of another site can set. A cookie would be sent by every page of every server of this machine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import FileResponse, Response
from starlette.routing import Mount

from ...util.versions import __version__
from ..app import add_errors
from ..errors import Refused
from ..guards import Edge, OneSite, Token, UploadTime, hosts_of, refusal
from ..limits import Limits
from .models import Models
from .places import Places
from .routes import Desk, api, keyed_files
from .shelf import Shelf
from .tickets import Tickets
from .trainings import Trainings

PAGE = Path(__file__).parent / "page"
KINDS = {".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
# Nothing from elsewhere, nothing inline, no text that becomes markup.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


def studio(
    runs: Path,
    token: str,
    data: Sequence[Path] = (Path("."),),
    device: str = "cpu",
    plugins: Sequence[str] = (),
    limits: Limits | None = None,
) -> FastAPI:
    """The application.

    Args:
        runs: The folder of runs. It is made where it is missing.
        token: What every request must show but those for the page.
        data: Folders with data that trainings may open.
        device: Where trained runs compute.
        plugins: Modules that commands have to import.
        limits: What requests may take.

    Raises:
        UserError: A folder of `data` is missing.
    """
    limits, places, tickets = limits or Limits(), Places(data), Tickets()
    runs.mkdir(parents=True, exist_ok=True)
    trainings = Trainings(runs, plugins)
    shelf = Shelf(runs, trainings, tickets)
    models = Models(shelf, device, limits)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        yield
        models.close()

    guards = [
        Middleware(Edge),
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts_of("127.0.0.1", ()), www_redirect=False),
        Middleware(OneSite),
        Middleware(RequestBodyLimitMiddleware, max_body_size=limits.body),
        Middleware(UploadTime, seconds=limits.upload_seconds),
    ]
    app = FastAPI(
        title="sparring studio",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        middleware=guards,
        lifespan=life,
    )
    asked = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, middleware=[Middleware(Token, token=token)])
    desk = Desk(shelf, places, tickets, plugins, limits)
    asked.include_router(api(desk, trainings))
    asked.router.routes.append(Mount("/models/{name}", app=models))
    app.include_router(keyed_files(shelf, tickets))
    _add_page(app)
    app.mount("/api", asked)
    for each in (app, asked):
        add_errors(each, str, ("the page at /",))
        each.add_exception_handler(OSError, _gone)
    app.state.trainings, app.state.desk = trainings, desk
    return app


async def _gone(request: Request, error: Exception) -> Response:
    """A folder or file that vanished, or that this person may not read, while it was looked at."""
    return refusal(404, f"a file cannot be read ({getattr(error, 'strerror', None) or error}); look again")


def _add_page(app: FastAPI) -> None:
    @app.get("/")
    def page() -> Response:
        return _file("index.html")

    @app.get("/page/{name}")
    def part(name: str) -> Response:
        if name not in {path.name for path in PAGE.iterdir()}:
            raise Refused(404, "the page has no such part")
        return _file(name)


def _file(name: str) -> Response:
    headers = {"content-security-policy": POLICY, "cache-control": "no-cache", "referrer-policy": "no-referrer"}
    return FileResponse(PAGE / name, media_type=KINDS[Path(name).suffix], headers=headers)
