"""The application of a service: paths, errors as sentences, and everything that guards them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import JSONResponse, Response

from ..errors import UserError, printable
from ..util.versions import __version__
from .errors import Abandoned, Refused
from .evaluation import Evaluations
from .guards import SENTENCES, Edge, Measured, OneSite, Rate, Token, UploadTime, hosts_of, refusal
from .limits import Limits
from .measurements import Measurements
from .model_thread import ModelThread
from .routes import router
from .served_run import ServedRun

CLOSED = 499  # nginx's status for a client that has gone; nobody reads it
OUT_OF_MEMORY = "not enough memory for this; ask for less"


def application(
    served: ServedRun,
    limits: Limits | None = None,
    *,
    host: str = "127.0.0.1",
    token: str | None = None,
    allowed_hosts: Sequence[str] = (),
    plugins: Sequence[str] = (),
) -> FastAPI:
    """The application that answers for a run. Its thread starts now, and ends with the application.

    Args:
        served: The run.
        limits: What requests may take.
        host: The address that it is bound to, under which it may be asked for.
        token: What every request must show; None: nothing.
        allowed_hosts: Further names under which it may be asked for; "*": any.
        plugins: Modules that an evaluation has to import.
    """
    limits = limits or served.limits
    measurements: list[Measurements] = []
    thread = ModelThread(
        served.gan.made if served.gan else None,
        served.gan.generator.chunk_size if served.gan else 1,
        limits.waiting,
        lambda requests: measurements[0].shared(requests),
    )
    served.watch(thread.check_wanted)
    evaluations = Evaluations(Path(served.run.path), plugins, limits.evaluation_seconds)
    paths = router(served, thread, lambda: measurements[0], evaluations, limits)
    offered = sorted({route.path for route in paths.routes})  # type: ignore[attr-defined]
    measurements.append(Measurements(offered, lambda: thread.waiting))

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        yield
        thread.stop()
        thread.join(limits.seconds)

    guarded = _guards(limits, measurements[0], hosts_of(host, allowed_hosts), token)
    app = FastAPI(
        title=f"sparring: {served.name}",
        version=__version__,
        description="What a trained generator makes, over HTTP. Every error is JSON with one sentence.",
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
        middleware=guarded,
        lifespan=life,
        separate_input_output_schemas=False,
    )
    app.include_router(paths)
    add_errors(app, served.public, offered)
    app.state.thread = thread
    return app


def _guards(limits: Limits, measurements: Measurements, hosts: Sequence[str], token: str | None) -> list[Middleware]:
    """What every request passes, outermost first."""
    return [
        Middleware(Edge),
        Middleware(Measured, observe=measurements.request),
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
        Middleware(OneSite),
        *([Middleware(Token, token=token)] if token else []),
        *([Middleware(Rate, rate=limits.rate)] if limits.rate else []),
        Middleware(RequestBodyLimitMiddleware, max_body_size=limits.body),
        Middleware(UploadTime, seconds=limits.upload_seconds),
    ]


def add_errors(app: FastAPI, public: Callable[[str], str], offered: Sequence[str]) -> None:
    """Every error as one sentence in JSON. public: what others may read of a sentence. offered: the paths there are."""

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return refusal(error.status, public(error.sentence), error.headers)

    @app.exception_handler(UserError)
    async def mendable(request: Request, error: UserError) -> Response:
        return refusal(422, public(str(error)))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return refusal(422, _sentence(error.errors()[0]))

    @app.exception_handler(Abandoned)
    async def abandoned(request: Request, error: Abandoned) -> Response:
        return refusal(CLOSED, "the client has gone")

    @app.exception_handler(HTTPException)
    async def known(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404:
            return refusal(404, f"there is no {printable(request.url.path)[:200]} here; there are {', '.join(offered)}")
        sentence = str(error.detail)
        return refusal(error.status_code, SENTENCES.get(sentence, sentence), dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        memory = isinstance(error, MemoryError) or "can't allocate memory" in str(error)
        if memory or type(error).__name__ == "OutOfMemoryError":
            return refusal(503, OUT_OF_MEMORY)
        return JSONResponse({"error": "a fault of the program; the log of the service says more"}, 500)

    _describe_errors(app)


def _describe_errors(app: FastAPI) -> None:
    """The form of errors in the OpenAPI description, in the place of FastAPI's own."""
    usual = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = usual()
            schema["components"] = {**schema.get("components", {})}
            schemas = {**schema["components"].get("schemas", {})}
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas["Error"] = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
            schema["components"]["schemas"] = schemas
        return app.openapi_schema or usual()

    app.openapi = described  # type: ignore[method-assign]


def _sentence(error: Any) -> str:
    """A fault that validation found, in one sentence."""
    where = ".".join(str(part) for part in error["loc"] if part not in ("query", "body")) or "the body"
    message = str(error["msg"])
    return printable(f"{where}: {message[:1].lower()}{message[1:]}")[:500]
