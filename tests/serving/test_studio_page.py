"""The studio's page in a browser: what a person clicks, and that names are text and nobody else is asked."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from service_samples import TOKEN, answering, trained, wait_for
from sparring.serving.limits import Limits
from sparring.serving.studio.app import studio
from sparring.serving.studio.trainings import Trainings

HOSTILE = '"><img src=x onerror=alert(1)>'
SECONDS = 1000  # in milliseconds, as Playwright counts


@contextlib.contextmanager
def opened(browser, address, **options):
    """A page at an address; it may ask nobody else, run no name, and have no fault but refusals, which it shows."""
    page = browser.new_page(**options)
    asked, faults = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("dialog", lambda dialog: faults.append(dialog.message))
    page.goto(address)
    yield page
    here = address.partition("/#")[0]
    assert [url for url in asked if not url.startswith((here, f"blob:{here}", "data:"))] == []
    assert [fault for fault in faults if not re.match(r"Failed to load resource: .* status of 4\d\d", fault)] == []
    page.close()


def test_a_sample_is_turned_and_names_are_text(browser, tmp_path):
    (tmp_path / "runs" / "broken").mkdir(parents=True)
    trained("pictures", tmp_path).rename(tmp_path / "runs" / HOSTILE)
    (tmp_path / "runs" / "broken" / "recipe.yaml").write_text(HOSTILE)
    with (
        answering(studio(tmp_path / "runs", TOKEN, [tmp_path]), Limits()) as port,
        opened(browser, f"http://127.0.0.1:{port}/#token={TOKEN}", locale="zh-CN") as page,
    ):
        page.get_by_role("button", name="English").click()
        assert TOKEN not in page.url
        page.get_by_role("link", name=HOSTILE).click()
        picture = page.locator("figure.newest img").first
        picture.wait_for(timeout=60 * SECONDS)
        page.locator("figure.newest img[src^='blob:']").first.wait_for()
        seen = set()
        for change in (
            lambda: page.get_by_label("Direction 1").fill("3"),
            lambda: page.get_by_label("Seed").first.fill("5"),
            lambda: page.get_by_label("Class").first.select_option(index=2),
        ):
            before = picture.get_attribute("src")
            change()
            page.locator(f"figure.newest img[src^='blob:']:not([src='{before}'])").first.wait_for()
            seen.add(picture.get_attribute("src"))
        assert len(seen) == 3
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save").first.click()
        assert Image.open(saved.value.path()).size == (8, 8)
        page.get_by_role("link", name="Progress").click()
        page.get_by_role("heading", name="Losses").wait_for()


@pytest.mark.slow
def test_styles_are_mixed_a_picture_is_inverted_and_runs_are_compared(browser, tmp_path):
    trained("styles", tmp_path / "runs")
    trained("pictures", tmp_path / "runs")
    Image.new("RGB", (8, 8), (200, 30, 60)).save(tmp_path / "mine.png")
    with (
        answering(studio(tmp_path / "runs", TOKEN, [tmp_path]), Limits()) as port,
        opened(browser, f"http://127.0.0.1:{port}/#token={TOKEN}", locale="en-US") as page,
    ):
        page.get_by_role("link", name=re.compile("styles")).click()
        mixed = page.locator("figure.mixed img")
        page.locator("figure.mixed img[src^='blob:']").wait_for(timeout=60 * SECONDS)
        for change in (
            lambda: page.get_by_label("Seed of the fine layers").fill("7"),
            lambda: page.get_by_role("slider", name="Coarse layers").fill("1"),
        ):
            before = mixed.get_attribute("src")
            change()
            page.locator(f"figure.mixed img[src^='blob:']:not([src='{before}'])").wait_for()
        page.locator("#inverted").set_input_files(tmp_path / "mine.png")
        page.get_by_text("of the value range").wait_for(timeout=300 * SECONDS)
        page.locator("figure.inverted img[src^='blob:']").wait_for()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save the latent").click()
        assert saved.value.suggested_filename == "styles-latent.safetensors"
        page.locator("#inverted").set_input_files(
            {"name": "no.png", "mimeType": "image/png", "buffer": b"no picture at all"}
        )
        page.get_by_role("alert").filter(has_text=re.compile("picture|file")).first.wait_for()

        page.get_by_role("link", name="Compare").click()
        page.get_by_label("First run").select_option("pictures")
        page.get_by_label("Second run").select_option("styles")
        page.get_by_role("heading", name="styles").wait_for()
        page.get_by_role("cell", name="coverage", exact=True).first.wait_for()
        page.get_by_text("do not compare").wait_for()


def test_without_the_token_the_page_says_where_it_is(browser, tmp_path):
    with answering(studio(tmp_path / "runs", TOKEN, [tmp_path]), Limits()) as port:
        page = browser.new_page(locale="en-US")
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_text("Open the address that the studio printed").wait_for()
        page.close()


@contextlib.contextmanager
def studio_process(folder, **environment):
    """A studio in a process of its own: yields it and its address."""
    command = [sys.executable, "-m", "sparring", "studio", "runs", "--port=0"]
    here = {**os.environ, "OMP_NUM_THREADS": "1", **environment}
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=here)
    try:
        yield process, re.search(r"http\S+", process.stdout.readline())[0]
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.stdout.close()
        process.wait(60)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills")
def test_from_an_empty_folder_to_an_exported_model_by_clicks_alone(browser, tmp_path):
    """The studio is killed in the middle of the training, which goes on; screenshots are kept in $SPARRING_SHOTS."""
    shots = Path(os.environ.get("SPARRING_SHOTS") or tmp_path / "shots")
    with studio_process(tmp_path) as (process, address), opened(browser, address, locale="en-US") as page:

        def shot(name):
            page.screenshot(path=shots / f"{name}.png", full_page=True)

        page.get_by_role("link", name="Train on the digits").wait_for()
        shot("1-empty")
        page.get_by_role("link", name="Train on the digits").click()
        page.get_by_role("button", name="Look at the data").click()
        page.get_by_text("1,617 train").wait_for(timeout=60 * SECONDS)
        page.get_by_label("Recipe").select_option("mlp-small")
        shot("2-data")
        page.get_by_role("button", name="Start the training").click()
        page.get_by_role("heading", name="Losses").wait_for(timeout=120 * SECONDS)
        shot("3-training")
        process.kill()
        process.wait()
    trainings = Trainings(tmp_path / "runs")
    assert trainings.running() == "digits"
    with studio_process(tmp_path) as (process, address), opened(browser, address, locale="en-US") as page:
        page.get_by_role("link", name=re.compile("digits")).click()
        page.get_by_text("training", exact=True).wait_for()
        page.get_by_role("button", name="Stop, saved").click()
        page.get_by_role("button", name="Go on").wait_for(timeout=60 * SECONDS)
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("button", name="Train longer").wait_for(timeout=240 * SECONDS)
        shot("4-finished")
        page.get_by_role("link", name="Use").click()
        page.locator("figure.newest img[src^='blob:']").first.wait_for()
        page.get_by_label("Direction 1").fill("2")
        page.get_by_role("button", name="Make the walk").click()
        page.locator(".walk img").wait_for(timeout=60 * SECONDS)
        shot("5-use")
        page.get_by_role("link", name="Evaluate and export").click()
        page.get_by_role("button", name="Measure it").click()
        page.get_by_role("cell", name="precision").wait_for(timeout=300 * SECONDS)
        page.get_by_role("button", name="ONNX file").click()
        with page.expect_download(timeout=180 * SECONDS) as saved:
            page.get_by_role("link", name="digits.onnx").click(timeout=180 * SECONDS)
        assert saved.value.suggested_filename == "digits.onnx"
        saved.value.save_as(tmp_path / "digits.onnx")
        shot("6-exported")
    import onnxruntime

    session = onnxruntime.InferenceSession(tmp_path / "digits.onnx", providers=["CPUExecutionProvider"])
    assert {each.name for each in session.get_inputs()} >= {"latent"}
    wait_for(lambda: trainings.running() is None)


@pytest.mark.slow
def test_a_picture_is_applied_rows_are_filtered_and_every_kind_of_data_is_shown(browser, tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    shown = {
        "sounds": "audio[src^='blob:']",
        "texts": "pre.texts:not(:empty)",
        **dict.fromkeys(("films", "series", "points", "styles"), "img[src^='blob:']"),
    }
    for kind in ("pairs", "table", *shown):
        shutil.move(trained(kind, tmp_path), runs / kind)
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    with (
        answering(studio(runs, TOKEN, [tmp_path]), Limits()) as port,
        opened(browser, f"http://127.0.0.1:{port}/#token={TOKEN}", locale="en-US", viewport=None) as page,
    ):
        page.get_by_role("link", name=re.compile("pairs")).click()
        page.set_input_files("#picture", tmp_path / "photo.png")
        page.get_by_label("Before and after").wait_for()
        page.get_by_role("link", name="All runs").click()
        page.get_by_role("link", name=re.compile("table")).click()
        page.get_by_label("Only rows where").fill("age > 40")
        page.get_by_role("button", name="Show rows").click()
        page.locator("tbody tr").nth(19).wait_for()
        place = page.locator("th").all_text_contents().index("age") + 1
        ages = page.locator(f"td:nth-child({place})")
        wait_for(lambda: min(map(float, ages.all_text_contents())) > 40)  # the first ones, of any age, are replaced
        assert ages.count() == 20
        page.get_by_label("Only rows where").fill("nothing = 3")
        page.get_by_role("button", name="Show rows").click()
        page.get_by_role("alert").get_by_text("nothing").wait_for()
        for kind, selector in shown.items():
            page.goto(page.url.partition("#")[0] + f"#/run/{kind}/use")
            page.locator(f".sheetbox {selector}").wait_for()
