"""The paths of a service: those that its run can answer."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from ..util.files import json_text
from ..util.versions import __version__
from . import requests
from .errors import Abandoned, Refused
from .evaluation import Evaluations
from .guards import as_json
from .limits import Limits
from .measurements import Measurements
from .media import media_type
from .model_thread import Job, ModelThread
from .requests import Asked
from .served_run import File, ServedRun

STATUSES = {
    400: (
        "The host is not one of this service, or the body cannot be read.",
        "this service does not answer for this host",
    ),
    401: ("The token is missing or wrong.", "this service needs the header 'Authorization: Bearer TOKEN'"),
    403: (
        "A page of another site sent the request.",
        "this service answers no requests that pages of other sites send",
    ),
    408: ("The body did not arrive in time.", "the body of the request did not arrive within 15 s"),
    413: ("The body is too large, or unfolds to too many pixels.", "the body is larger than this service takes"),
    422: ("The run cannot answer this; the sentence says why.", "this model has no class '33'; did you mean '3'?"),
    429: ("Too many requests; see Retry-After.", "64 requests wait already; ask again in 4 s"),
    503: ("The service is stopping, or has too little memory.", "the service is stopping; ask again later"),
    504: ("It took too long.", "this took longer than 60 s; ask for less"),
}
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": what,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "example": {"error": sentence}}
        },
    }
    for status, (what, sentence) in STATUSES.items()
}


class Answers:
    """Waits for the thread of the model on behalf of requests."""

    def __init__(self, served: ServedRun, thread: ModelThread, limits: Limits):
        self.served, self.thread, self.limits = served, thread, limits

    async def of(self, job: Job, request: Request) -> File:
        """The answer of a job. It is abandoned when the client goes or the time is up.

        Raises Refused, and what the job raises.
        """
        self.thread.submit(job)
        future = asyncio.wrap_future(job.future)
        gone = asyncio.ensure_future(_gone(request))
        try:
            done, _ = await asyncio.wait(
                {future, gone}, timeout=self.limits.seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if future in done:
                return future.result()
        finally:
            gone.cancel()
            future.cancel()
        if gone in done:
            raise Abandoned
        raise Refused(504, f"this took longer than {self.limits.seconds:g} s; ask for less")


def router(
    served: ServedRun,
    thread: ModelThread,
    measurements: Callable[[], Measurements],
    evaluations: Evaluations,
    limits: Limits,
) -> APIRouter:
    """All paths of a run."""
    made, answers = APIRouter(responses=ERRORS), Answers(served, thread, limits)
    _add_state(made, served, thread, measurements, limits)
    _add_evaluation(made, served, evaluations)
    if served.gan is not None:
        _add_generate(made, answers)
    if served.gan is not None and served.gan.modality.supports_latent_walk:
        _add_walks(made, answers)
        _add_moves(made, answers)
        if served.gan.is_style_based:
            _add_mixtures(made, answers)
    if served.translators or served.classifier:
        _add_apply(made, answers)
    return made


def _add_state(
    made: APIRouter,
    served: ServedRun,
    thread: ModelThread,
    measurements: Callable[[], Measurements],
    limits: Limits,
) -> None:
    @made.get("/healthz", summary="Whether the service answers.", tags=["state"])
    async def healthz() -> dict[str, str]:
        if not thread.is_alive:
            raise Refused(503, "the service is stopping")
        return {"status": "ok"}

    @made.get("/metrics", summary="Counters, for Prometheus.", tags=["state"], response_class=Response)
    async def metrics() -> Response:
        return Response(measurements().page(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @made.get("/v1/info", summary="What is served.", tags=["state"])
    async def info(request: Request) -> dict[str, Any]:
        offered = sorted({route.path for route in made.routes})  # type: ignore[attr-defined]
        return {**about(served, limits), "paths": offered}


def about(served: ServedRun, limits: Limits) -> dict[str, Any]:
    """What /v1/info says of a run."""
    gan = served.gan
    return {
        "run": served.name,
        "recipe": served.recipe.name,
        "modality": served.about["modality"],
        "shape": list(served.about["shape"]),
        "classes": list(gan.classes) if gan else (served.classifier.names if served.classifier else []),
        "formats": list(gan.modality.formats) if gan else [],
        "latent_walk": gan is not None and gan.modality.supports_latent_walk,
        "layers": gan.generator.num_layers if gan and gan.is_style_based else 0,
        "truncation": _truncation(served),
        "conditions": gan is not None and gan.modality.takes_conditions,
        "fills_holes": served.fills_holes,
        "reverse": len(served.translators) > 1,
        "version": served.version,
        "program": f"sparring {__version__}",
        "shares_passes": served.shares_passes,
        "limits": {
            "samples": limits.samples,
            "pixels": limits.pixels,
            "body": limits.body,
            "waiting": limits.waiting,
            "seconds": limits.seconds,
        },
    }


def _truncation(served: ServedRun) -> list[float]:
    """The smallest and the largest useful truncation; [] where there is none."""
    if served.gan is None or (not served.gan.is_style_based and served.gan.recipe.latent.distribution != "normal"):
        return []
    return [0.0, 1.0] if served.gan.is_style_based else [0.3, 3.0]


def _add_evaluation(made: APIRouter, served: ServedRun, evaluations: Evaluations) -> None:
    Evaluate = requests.evaluate_request()

    @made.get("/v1/evaluate", summary="The scores that the run has.", tags=["evaluation"], response_class=Response)
    async def scores() -> Response:
        known = served.run.evaluation()
        if not known:
            raise Refused(404, "this run has not been evaluated yet: POST to /v1/evaluate measures it")
        return Response(json_text(known, indent=2), media_type="application/json")

    @made.post(
        "/v1/evaluate",
        summary="Measure the run, as `sparring evaluate RUN --json`. Takes minutes.",
        tags=["evaluation"],
        response_class=Response,
    )
    @_asks(Evaluate, in_query=False)
    async def evaluate(asked: Asked) -> Response:
        return Response(await evaluations.measure(asked.model_dump()), media_type="application/json")


def _add_generate(made: APIRouter, answers: Answers) -> None:
    served, limits = answers.served, answers.limits
    Generate = requests.generate_request(served, limits)
    described = _described(
        "New samples: the bytes of the file that `sparring generate RUN -n COUNT -o samples.FORMAT` writes.",
        served.gan.modality.formats if served.gan else (),
    )

    async def answer(asked: Asked, request: Request) -> Response:
        values = asked.model_dump()
        tag = _tag(served, request.url.path, values)
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        count, first, format, grid = (values.pop(name) for name in ("count", "first", "format", "grid"))
        if (drawn := count * (values["candidates"] or 1)) > limits.samples:
            raise Refused(422, f"{drawn:,} samples and candidates are more than {limits.samples:,}; ask for fewer")
        shared = served.can_share(count, first, values)
        job = Job(
            lambda made: served.generate(count, first, format, grid, values, made),
            (lambda: served.draw(count, values["seed"], values["label"], values["truncation"])) if shared else None,
            ("generate", values["truncation"]) if shared else None,
            count,
        )
        return _response(await answers.of(job, request), tag)

    @made.get("/v1/generate", tags=["samples"], **described)
    @_asks(Generate, in_query=True)
    async def generate(asked: Asked, request: Request) -> Response:
        return await answer(asked, request)

    @made.post("/v1/generate", tags=["samples"], **described)
    @_asks(Generate, in_query=False)
    async def generate_by_body(asked: Asked, request: Request) -> Response:
        return await answer(asked, request)


def _add_walks(made: APIRouter, answers: Answers) -> None:
    served = answers.served
    Interpolate, Invert = requests.interpolate_request(served, answers.limits), requests.invert_request(served)
    walk = _described("A walk through latent space: a strip or a film, as `sparring interpolate` writes it.", (".png",))

    @made.get("/v1/interpolate", tags=["samples"], **walk)
    @_asks(Interpolate, in_query=True)
    async def interpolate(asked: Asked, request: Request) -> Response:
        values = asked.model_dump()
        if (pictures := values["keyframes"] * values["frames"]) > answers.limits.samples:
            raise Refused(
                422, f"a walk of {pictures:,} pictures is longer than {answers.limits.samples:,}; ask for less"
            )
        tag = _tag(served, request.url.path, values)
        job = Job(lambda _: served.interpolate(values.pop("format"), values))
        return _response(await answers.of(job, request), tag)

    found = _described("The latent of an uploaded sample, as `sparring invert` finds it.", (".png",), upload=True)

    @made.post("/v1/invert", tags=["samples"], **found)
    @_asks(Invert, in_query=True)
    async def invert(asked: Asked, request: Request) -> Response:
        body, values = await _body(request), asked.model_dump()
        job = Job(lambda _: served.invert(body, values.pop("format"), values))
        return _response(await answers.of(job, request))


def _add_moves(made: APIRouter, answers: Answers) -> None:
    served = answers.served
    Move = requests.move_request(served)
    moved = _described(
        "The sample of a seed, moved along the directions in which samples change most; the first request finds them.",
        served.gan.modality.formats if served.gan else (),
    )

    @made.get("/v1/move", tags=["samples"], **moved)
    @_asks(Move, in_query=True)
    async def move(asked: Asked, request: Request) -> Response:
        values = asked.model_dump()
        tag = _tag(served, request.url.path, values)
        along = [float(number) for number in values.pop("along").split(",") if number]
        job = Job(lambda _: served.move(along, values.pop("format"), values))
        return _response(await answers.of(job, request), tag)


def _add_mixtures(made: APIRouter, answers: Answers) -> None:
    served = answers.served
    Mix = requests.mix_request(served)
    mixed = _described(
        "The sample of a seed, with the styles of another one from some layer on.",
        served.gan.modality.formats if served.gan else (),
    )

    @made.get("/v1/mix", tags=["samples"], **mixed)
    @_asks(Mix, in_query=True)
    async def mix(asked: Asked, request: Request) -> Response:
        values = asked.model_dump()
        tag = _tag(served, request.url.path, values)
        style_seed, layers, format = (values.pop(name) for name in ("style_seed", "layers", "format"))
        return _response(await answers.of(Job(lambda _: served.mix(style_seed, layers, format, values)), request), tag)


def _add_apply(made: APIRouter, answers: Answers) -> None:
    served = answers.served
    Apply = requests.apply_request(served)
    described = _described("What the run makes of a picture, as `sparring apply` writes it.", (".png",), upload=True)

    @made.post("/v1/apply", tags=["pictures"], **described)
    @_asks(Apply, in_query=True)
    async def apply(asked: Asked, request: Request) -> Response:
        body = await _body(request)
        values = {"format": None, "reverse": False, "ensemble": False, **asked.model_dump()}
        return _response(await answers.of(Job(lambda _: served.apply(body, **values)), request))


def _asks(model: type[Asked], in_query: bool) -> Callable[[Any], Any]:
    """A decorator: `asked` is such a request, which is made for the run, read from the query or from a JSON body."""

    def decorated(endpoint: Any) -> Any:
        endpoint.__annotations__["asked"] = Annotated[model, Query()] if in_query else model
        return endpoint

    return decorated


def _described(summary: str, suffixes: tuple[str, ...], upload: bool = False) -> dict[str, Any]:
    """What OpenAPI says of a path that answers with a file. upload: it takes one as its body."""
    kinds = dict.fromkeys(map(media_type, suffixes))
    binary = {"schema": {"type": "string", "format": "binary"}}
    body = {"requestBody": {"required": True, "content": {"application/octet-stream": binary, "image/png": binary}}}
    return {
        "summary": summary,
        "response_class": Response,
        "responses": {200: {"description": "The file.", "content": dict.fromkeys(kinds, binary)}},
        "openapi_extra": body if upload else None,
    }


def _response(file: File, tag: str | None = None) -> Response:
    headers = {"Sparring-Notes": as_json(file.notes)} if file.notes else {}
    if tag:
        headers |= {"ETag": tag, "Cache-Control": "private, no-cache"}  # kept, and asked for again by its tag
    return Response(file.content, media_type=media_type(file.suffix), headers=headers)


def _tag(served: ServedRun, path: str, values: dict[str, Any]) -> str:
    """Names the bytes of an answer: the weights, the program and what was asked decide them."""
    asked = as_json([served.version, __version__, path, sorted(values.items())])
    return f'"{hashlib.sha256(asked.encode()).hexdigest()[:32]}"'


async def _body(request: Request) -> bytes:
    body = await request.body()
    if not body:
        raise Refused(422, "the body of the request is empty; send the file itself as the body")
    return body


async def _gone(request: Request) -> None:
    """Returns when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
