"""Runs as one page: what a browser makes of it is what the run makes, and nothing is asked of anybody else."""

from __future__ import annotations

import base64
import gzip
import json
import re

import numpy as np
import pytest

import sparring
import table_samples
from smoke import ArraySource, smoke_settings
from sparring.callbacks.base import Callback
from sparring.inference import export_page as module
from sparring.inference.export_page import export_page
from sparring.networks import sampling

NAMES = ("class 0", "</script><script>alert(1)</script>", '" onerror="alert(1)')


def trained(source, recipe, folder):
    settings = smoke_settings(recipe, examples=32, tick=16)
    return sparring.train(source, recipe, folder, settings=settings, device="cpu", console=Callback()).path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    source = ArraySource((3, 8, 12), train=40)
    source.classes = NAMES
    source.report.labels = dict(zip(NAMES, source.report.labels.values(), strict=True))
    return trained(source, "dcgan-small", tmp_path_factory.mktemp("runs") / "bars & more")


@pytest.fixture
def without_runtime(monkeypatch):
    monkeypatch.setattr(module, "runtime_parts", lambda given: {"runtime": b"// none", "wasm": b"\0asm"})


def test_a_page_holds_the_model_and_no_address(run, without_runtime, tmp_path):
    page = export_page(run, tmp_path / "page.html")
    text = page.path.read_text(encoding="utf-8")
    assert page.size == page.path.stat().st_size and page.difference <= 1
    (facts,) = re.findall(r'id="facts">(.*?)</script>', text)
    facts = json.loads(facts)
    assert facts["classes"] == list(NAMES) and facts["shape"] == [3, 8, 12]
    assert "<title>bars &amp; more</title>" in text and "<script>alert" not in text
    assert len(facts["directions"]) == 8 and len(facts["directions"][0]) == facts["latent"]["size"]
    (packed,) = re.findall(r'id="model">([^<]*)<', text)
    model = gzip.decompress(base64.b64decode(packed))
    assert b"sparring" in model
    own = re.sub(r'id="(model|wasm|runtime)">[^<]*<', "", text)
    assert not re.search(r"https?://|//\w+\.", own)
    assert "default-src 'none'" in own
    again = export_page(run, tmp_path / "again.html").path.read_bytes()
    assert again == page.path.read_bytes()


def test_what_makes_no_pictures_of_8_bits_gets_no_page(without_runtime, tmp_path):
    rows = trained(table_samples.source(120), "table-small", tmp_path / "rows")
    with pytest.raises(sparring.UserError, match="pictures of 8 bits"):
        export_page(rows, tmp_path / "page.html")
    with pytest.raises(sparring.UserError, match=r"should end in \.html"):
        export_page(rows, tmp_path / "page.onnx")


def test_a_runtime_that_is_another_is_refused(tmp_path):
    (tmp_path / "runtime.tgz").write_bytes(b"something else")
    with pytest.raises(sparring.UserError, match="checksum differs"):
        module.runtime_parts(tmp_path / "runtime.tgz")
    with pytest.raises(sparring.UserError, match="there is no file"):
        module.runtime_parts(tmp_path / "nothing.tgz")


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["dcgan-small", "mixture", "stylegan2"])
def test_a_browser_makes_what_the_run_makes_and_asks_nobody(recipe, browser, tmp_path):
    path = trained(ArraySource((3, 16, 24), train=40), recipe, tmp_path / "run")
    try:
        page = export_page(path, tmp_path / "page.html").path
    except sparring.UserError as error:
        if module.RUNTIME_URL not in str(error):
            raise
        pytest.skip("the runtime cannot be downloaded here")
    gan = sparring.load(path)
    latents = sampling.latents(gan.recipe.latent, 3, range(3))
    noise = sampling.noise(gan.generator, 0, [0])
    asked, faults = [], []
    opened = browser.new_page()
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.goto(page.as_uri())
    opened.get_by_text("Made in this browser").wait_for(timeout=60_000)
    canvas = "[...document.querySelector('canvas').getContext('2d').getImageData(0, 0, 24, 16).data]"

    first = opened.evaluate(canvas)
    assert len(set(first)) > 2
    for number, latent in enumerate(latents):
        found = opened.evaluate(f"(async () => [...await sparring.values({latent.tolist()}, {number})])()")
        if noise is None:  # a page has noise of its own
            made = gan.decode(latent[None], [number])[0]
            assert np.abs(np.array(found) - made.reshape(-1)).max() <= 1
        assert len(found) == 3 * 16 * 24

    drawn = opened.evaluate("[...sparring.latentOf(7)]")
    assert len(drawn) == gan.recipe.latent.size and abs(float(np.mean(drawn))) < 4 / len(drawn) ** 0.5
    for change in (
        lambda: opened.get_by_label("Direction 1").fill("3"),
        lambda: opened.get_by_label("Class").select_option(label="class 2"),
        lambda: opened.get_by_label("Seed").fill("5"),
    ):
        before = opened.evaluate(canvas)
        change()
        opened.evaluate("new Promise((done) => setTimeout(done, 200))")
        assert opened.evaluate(canvas) != before
    with opened.expect_download() as saved:
        opened.get_by_text("Save as PNG").click()
    assert saved.value.suggested_filename == "run-5.png"
    assert not faults
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    opened.close()


@pytest.mark.slow
def test_names_of_classes_are_text_in_a_browser(run, browser, tmp_path):
    try:
        page = export_page(run, tmp_path / "page.html").path
    except sparring.UserError:
        pytest.skip("the runtime cannot be downloaded here")
    opened = browser.new_page()
    opened.on("dialog", lambda dialog: pytest.fail("a name was run"))
    opened.goto(page.as_uri())
    opened.get_by_text("Made in this browser").wait_for(timeout=60_000)
    assert opened.locator("option").all_text_contents() == list(NAMES)
