"""Small runs of every modality, and a service that answers for one of them in this process."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import audio_samples
import series_samples
import table_samples
import text_samples
import video_samples
from smoke import ArraySource, pair_source, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.cli import main
from sparring.config.reading import load_recipe
from sparring.serving import server
from sparring.serving.app import application
from sparring.serving.limits import Limits
from sparring.serving.served_run import ServedRun

TOKEN = "a-token-of-many-letters"
# Of each kind of data: the source and the recipe.
KINDS = {
    "pictures": (lambda: ArraySource(train=60, test=20), "dcgan-small"),
    "styles": (lambda: ArraySource((3, 8, 8), 3, train=60, test=20), "stylegan2"),
    "table": (lambda: table_samples.source(120), "table-small"),
    "series": (lambda: series_samples.source(60), "series"),
    "points": (lambda: "ring", "points"),
    "sounds": (lambda: audio_samples.source(60), "sound"),
    "texts": (lambda: text_samples.source(90), "text"),
    "films": (lambda: video_samples.source(60), "video"),
    "pairs": (lambda: pair_source(), "pix2pix"),
    "both ways": (lambda: ArraySource((3, 12, 12), 2, train=60, test=20), "cyclegan"),
    "classifier": (lambda: ArraySource(train=60, test=20), "sgan"),
}


def trained(kind: str, folder: Path) -> Path:
    """A run of this kind, trained for a blink."""
    source, recipe = KINDS[kind]
    settings = smoke_settings(recipe)
    if "pretrain_fraction" in load_recipe(recipe).algorithm.model_fields_set:
        settings["algorithm.pretrain_fraction"] = 0.0  # so that every player has learned
    return api.train(source(), recipe, folder / kind, settings=settings, device="cpu", console=Callback()).path


@contextlib.contextmanager
def service(run: Path, limits: Limits | None = None, **options: object) -> Iterator[TestClient]:
    """A client of a service of this run. Faults of the service are answers, as they are for others."""
    app = application(ServedRun(run, "cpu", limits), **options)
    with TestClient(app, "http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


@contextlib.contextmanager
def answering(app: object, limits: Limits) -> Iterator[int]:
    """The port of a server in a thread of this process; it has ended after the block."""
    stop, ready, ports = threading.Event(), threading.Event(), []

    def started(port: int) -> None:
        ports.append(port)
        ready.set()

    arguments = [app, server.bound("127.0.0.1", 0), limits, stop, started]
    thread = threading.Thread(target=server.run, args=arguments, daemon=True)
    thread.start()
    assert ready.wait(60)
    try:
        yield ports[0]
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()


def wait_for(condition: Callable[[], object]) -> None:
    """Waits until a condition holds that another process brings about; a minute at most."""
    pause = threading.Event()
    for _ in range(3000):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come about")


def endless(served: ServedRun, *_: object) -> None:
    """In the place of a computation: it ends only where it is given up."""
    assert served.gan is not None
    while True:
        served.gan.at([0])


def command_line(*arguments: object) -> str:
    """What a command prints; it has to succeed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as end:
        main([*map(str, arguments)])
    assert not end.value.code, arguments
    return out.getvalue()
