"""Runs as one page: what a browser makes of it is what the run makes, and nothing is asked of anybody else."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re

import numpy as np
import pytest
import soundfile
from PIL import Image

import audio_samples
import sparring
import table_samples
from smoke import ArraySource, pair_source, smoke_settings
from sparring.callbacks.base import Callback
from sparring.inference import export_page as module
from sparring.inference.export_page import export_page
from sparring.inference.generator import load_translator
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


def test_a_translator_gets_a_page_that_takes_pictures(without_runtime, tmp_path):
    path = trained(pair_source((3, 12, 16), "output"), "segment", tmp_path / "run")
    page = export_page(path, tmp_path / "page.html")
    text = page.path.read_text(encoding="utf-8")
    (facts,) = re.findall(r'id="facts">(.*?)</script>', text)
    facts = json.loads(facts)
    assert facts["kind"] == "translator" and facts["inputs"] == 3
    assert facts["palette"] == [[0, 0, 0], [200, 0, 0], [0, 200, 0]]
    assert "default-src 'none'" in text and not re.search(r"https?://", re.sub(r'id="model">[^<]*<', "", text))
    with pytest.raises(sparring.UserError, match="learned one direction only"):
        export_page(path, tmp_path / "back.html", reverse=True)
    maps = trained(pair_source((3, 12, 16), "input"), "layout", tmp_path / "maps")
    with pytest.raises(sparring.UserError, match="a page takes pictures of 8 bits"):
        export_page(maps, tmp_path / "page.html")


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


def page_of(path, target):
    """The page of a run; the test is skipped where the runtime cannot be downloaded."""
    try:
        return export_page(path, target).path
    except sparring.UserError as error:
        if module.RUNTIME_URL not in str(error):
            raise
        pytest.skip("the runtime cannot be downloaded here")


def opened_in(browser, page, ready):
    """The page in a browser, once it is ready; what it asked for, and its faults, are lists that grow."""
    asked, faults = [], []
    tab = browser.new_page()
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.goto(page.as_uri())
    tab.get_by_text(ready).wait_for(timeout=60_000)
    return tab, asked, faults


def asks_nobody(asked, faults):
    assert not faults
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []


@pytest.mark.slow
def test_a_browser_makes_plays_and_saves_sounds(browser, tmp_path):
    path = trained(audio_samples.source(60, "auto", 2), "wave", tmp_path / "run")
    tab, asked, faults = opened_in(browser, page_of(path, tmp_path / "page.html"), "Made in this browser")
    gan = sparring.load(path)
    for number, latent in enumerate(sampling.latents(gan.recipe.latent, 3, range(2))):
        found = tab.evaluate(f"(async () => [...await sparring.values({latent.tolist()}, {number})])()")
        made = gan.decode(latent[None], [number])[0]
        assert np.abs(np.array(found) - made.reshape(-1)).max() <= 1e-4
    assert tab.get_by_text("Walk").count() == 0
    tab.get_by_text("Play").click()
    with tab.expect_download() as saved:
        tab.get_by_text("Save as WAV").click()
    assert saved.value.suggested_filename == "run-0.wav"
    own = tab.evaluate("(async () => [...await sparring.values(sparring.latentOf(0), 0)])()")
    written, rate = soundfile.read(io.BytesIO(saved.value.path().read_bytes()), always_2d=True)
    expected = np.array(own).reshape(2, -1)[:, : len(written)].T
    assert rate == gan.codec.rate and len(written) > 0
    assert np.abs(written - expected).max() <= 2.0 ** -(gan.codec.bits - 1)
    assert not np.array(own).reshape(2, -1)[:, len(written) :].any()
    asks_nobody(asked, faults)
    tab.close()


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "label_maps"), [("pix2pix", None), ("segment", "output")])
def test_a_browser_translates_a_picture_that_is_dropped_on_it(recipe, label_maps, browser, tmp_path):
    path = trained(pair_source((3, 12, 16), label_maps), recipe, tmp_path / "run")
    tab, asked, faults = opened_in(browser, page_of(path, tmp_path / "page.html"), "Ready")
    picture = np.random.default_rng(0).integers(0, 256, (23, 37, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "holiday.png")
    tab.locator("#file").set_input_files(tmp_path / "holiday.png")
    tab.get_by_text("Made in this browser").wait_for(timeout=60_000)
    with tab.expect_download() as saved:
        tab.get_by_text("Save as PNG").click()
    assert saved.value.suggested_filename == "holiday-run.png"
    found = np.asarray(Image.open(saved.value.path()).convert("RGB")).transpose(2, 0, 1).astype(int)
    translator = load_translator(path)
    made = translator.values(picture.transpose(2, 0, 1)[None])
    if label_maps:
        made = translator.output.coloured(made)
        assert (found == made[0]).mean() > 0.99
    else:
        assert np.abs(found - made[0]).max() <= 1
    (tmp_path / "broken.png").write_bytes(b"no picture")
    tab.locator("#file").set_input_files(tmp_path / "broken.png")
    tab.get_by_text("broken.png cannot be used").wait_for(timeout=60_000)
    asks_nobody(asked, faults)
    tab.close()
