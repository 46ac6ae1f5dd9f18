"""The studio over HTTP: who may ask, what a page may name, and runs and trainings in every state."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import sparring
from service_samples import TOKEN, trained, wait_for
from sparring.errors import UserError
from sparring.serving.errors import Refused
from sparring.serving.studio import app as module
from sparring.serving.studio import trainings
from sparring.serving.studio.app import PAGE, studio
from sparring.serving.studio.places import Places
from sparring.serving.studio.tickets import Tickets
from sparring.serving.studio.trainings import Trainings

HOSTILE = "<img src=x onerror=alert(1)>"
KEY = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained("pictures", tmp_path_factory.mktemp("runs"))


@pytest.fixture
def folder(run, tmp_path):
    """A folder of runs with one whole run, and data beside it."""
    (tmp_path / "data").mkdir()
    shutil.copytree(run, tmp_path / "runs" / "pictures")
    return tmp_path / "runs"


@pytest.fixture
def client(folder):
    app = studio(folder, TOKEN, [folder.parent / "data"])
    with TestClient(app, "http://127.0.0.1", raise_server_exceptions=False, headers=KEY) as found:
        yield found


@pytest.fixture
def processes(monkeypatch):
    """In the place of trainings: processes that write what they were asked for and wait. They end with the test."""
    script = "import sys, time; print('asked', *sys.argv[1:], flush=True); time.sleep(60)"
    monkeypatch.setattr(trainings, "command", lambda arguments, plugins: [sys.executable, "-c", script, *arguments])
    started = []
    usual = trainings.subprocess.Popen

    def popen(*arguments, **options):
        started.append(usual(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(trainings.subprocess, "Popen", popen)
    yield started
    for process in started:
        process.kill()
        process.wait()


def refused(answer, status):
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"} and "Traceback" not in answer.text
    return answer.json()["error"]


PATHS = [
    ("GET", "/api/about"),
    ("GET", "/api/folder"),
    ("GET", "/api/runs"),
    ("GET", "/api/runs/pictures"),
    ("GET", "/api/models/pictures/v1/info"),
    ("GET", "/api/models/pictures/v1/move"),
    ("POST", "/api/check"),
    ("POST", "/api/trainings"),
    ("POST", "/api/runs/pictures/stop"),
    ("POST", "/api/runs/pictures/go-on"),
    ("POST", "/api/runs/pictures/evaluate"),
    ("POST", "/api/runs/pictures/export"),
]


def test_these_are_all_paths(client):
    asked = next(route.app for route in client.app.routes if getattr(route, "path", "") == "/api")
    routes = [each for route in asked.routes for each in getattr(route, "original_router", asked).routes]
    offered = {f"/api{route.path}".replace("{name}", "pictures") for route in routes if hasattr(route, "path")}
    assert offered == {path.partition("/v1")[0] for _, path in PATHS}


@pytest.mark.parametrize(("method", "path"), PATHS)
@pytest.mark.parametrize("given", ["", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}"])
def test_without_the_token_nothing_is_told_and_nothing_done(client, method, path, given):
    refused(client.request(method, path, headers={"authorization": given}, content=b"{}"), 401)
    refused(client.request(method, path, headers={"authorization": given}, cookies={"token": TOKEN}), 401)


@pytest.mark.parametrize(("method", "path"), [*PATHS, ("GET", "/"), ("GET", "/page/main.js")])
def test_other_hosts_and_other_sites_are_refused(client, method, path):
    """A page of another site may lead a name of its own to 127.0.0.1, or make a browser send requests."""
    for host in ("evil.example", "127.0.0.1.evil.example", ""):
        refused(client.request(method, path, headers={"host": host}), 400)
    for site in ("cross-site", "same-site"):  # the same site: another port of this machine
        refused(client.request(method, path, headers={"sec-fetch-site": site}), 403)


def test_the_page_is_open_and_holds_no_secret_and_nothing_from_elsewhere(client):
    addresses = ["/", *(f"/page/{path.name}" for path in PAGE.iterdir())]
    assert len(addresses) > 10
    for address in addresses:
        answer = client.get(address, headers={"authorization": ""})
        assert answer.status_code == 200 and TOKEN not in answer.text
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        elsewhere = re.findall(r"(?:https?:)?//[\w.]+", re.sub(r"(?m)(^|\s)// .*$", "", answer.text))
        assert set(elsewhere) <= {"http://www.w3.org"}  # the name of SVG, which nobody fetches
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|style=", answer.text)
    for path in ("/page/..%2fapp.py", "/page/%2e%2e/app.py", "/page/app.py", "/openapi.json", "/docs", "/api/docs"):
        assert client.get(path).status_code == 404


def test_both_languages_say_everything():
    words = (PAGE / "words.js").read_text(encoding="utf-8")
    english, chinese = (
        set(re.findall(r"(?:^|[{,])\s*\"?([\w-]+)\"?: \"", words[words.index(start) : words.index(end)], re.MULTILINE))
        for start, end in (("const en", "const zh"), ("const zh", "const LANGUAGE"))
    )
    assert english == chinese and len(english) > 80
    used = {key for path in PAGE.glob("*.js") for key in re.findall(r"\bt\(\"([\w-]+)\"", path.read_text("utf-8"))}
    assert used <= english
    assert {"training", "finished", "stopped", "damaged", "refused", "diverged", "healthy"} <= english


@pytest.mark.parametrize("name", ["..", ".studio", "%2e%2e%2f..", "..%5c..", "nope", "a%00b", "%252e%252e%252f"])
def test_names_of_runs_lead_nowhere_else(client, folder, name):
    (folder.parent / "recipe.yaml").write_text("secret")
    for method, path in (("GET", ""), ("POST", "/evaluate"), ("POST", "/go-on"), ("POST", "/stop")):
        answer = client.request(method, f"/api/runs/{name}{path}", json=None if method == "GET" else {})
        assert answer.status_code in (404, 405, 409), answer.text
        assert "secret" not in answer.text
    assert client.get(f"/api/models/{name}/v1/info").status_code == 404


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "..", ".hidden", "a/b", "a\\b", "con", "a\0b", "", "x" * 200])
def test_new_runs_are_written_nowhere_else(client, folder, processes, name):
    answer = client.post("/api/trainings", json={"data": "digits", "name": name})
    assert answer.status_code == 422, answer.text
    assert not processes and sorted(path.name for path in folder.iterdir()) == ["pictures"]


def test_data_is_opened_in_the_given_folders_alone(client, folder):
    data, outside = folder.parent / "data", folder.parent / "secret.csv"
    outside.write_text("a\n1\n")
    (data / "mine.csv").write_text("a\n1\n")
    (data / "link.csv").symlink_to(outside)
    (data / "loop").symlink_to(data / "loop")
    listed = client.get("/api/folder").json()
    assert [entry["name"] for entry in listed["entries"]] == ["mine.csv"] and listed["above"] is None
    told = set()
    for path in (str(outside), "../secret.csv", "../nothing.csv", "link.csv", "/etc/passwd", "/nothing", "loop"):
        for answer in (
            client.post("/api/check", json={"data": path}),
            client.post("/api/trainings", json={"data": path, "name": "new"}),
            client.get("/api/folder", params={"path": path}),
        ):
            told.add(refused(answer, 403))
    assert len(told) == 1  # what exists outside cannot be told from what does not
    for path in ("nothing.csv", "~nobody-at-all/x", "http://127.0.0.1/x", "sqlite:///x", "a\0b", " "):
        refused(client.post("/api/check", json={"data": path}), 422)


@pytest.mark.parametrize(
    "asked",
    [
        {"budget": "--out=/tmp/x"},
        {"budget": "0"},
        {"examples": "1 --plugin=x"},
        {"recipe": "/tmp/mine.yaml"},
        {"recipe": "../mine"},
        {"size": "64x64 --out=x"},
        {"seed": "1; ls"},
        {"plugin": "evil"},
        {"settings": "x=1"},
    ],
)
def test_options_are_those_that_are_offered(client, processes, asked):
    refused(client.post("/api/trainings", json={"data": "digits", "name": "new", **asked}), 422)
    assert not processes


def test_keys_open_one_address_each(client):
    details = client.get("/api/runs/pictures").json()
    bare = {"authorization": ""}
    sheet, report = details["sheet"], details["report"]
    assert client.get(sheet, headers=bare).content.startswith(b"\x89PNG")
    page = client.get(report, headers=bare)
    assert page.status_code == 200 and page.headers["content-security-policy"].startswith("sandbox;")
    for address in (sheet.partition("?")[0], f"{sheet[:-1]}~", sheet.replace("/files/pictures/", "/files/other/")):
        refused(client.get(address, headers=bare), 401)
    refused(client.get(report.partition("?")[0] + "?" + sheet.partition("?")[2], headers=bare), 401)
    assert not Tickets().opens(*sheet.split("?key="))  # another studio's


def test_names_are_text(client, folder):
    hostile = folder / HOSTILE
    (folder / "pictures").rename(hostile)
    (folder / "bad\nname").mkdir()
    (folder / "bad\nname" / "recipe.yaml").write_text("x")
    listed = client.get("/api/runs").json()
    assert [line["name"] for line in listed["runs"]] == [HOSTILE] and listed["unlisted"] == 1
    line = listed["runs"][0]
    assert client.get(line["sheet"]).content.startswith(b"\x89PNG")
    details = client.get(f"/api/runs/{HOSTILE}").json()
    assert HOSTILE not in client.get(details["report"]).text
    assert client.get(f"/api/models/{HOSTILE}/v1/info").json()["run"] == HOSTILE


def test_a_damaged_run_says_so_and_harms_no_other(client, folder):
    for name, damage in {"cut": b"format: 4\nname", "binary": b"\xff\xfe\0", "other": b"format: 99\n"}.items():
        shutil.copytree(folder / "pictures", folder / name)
        (folder / name / "recipe.yaml").write_bytes(damage)
    shutil.copytree(folder / "pictures", folder / "empty")
    for path in (folder / "empty").iterdir():
        if path.is_file() and path.name != "recipe.yaml":
            path.write_bytes(b"")
    lines = {line["name"]: line for line in client.get("/api/runs").json()["runs"]}
    assert lines.keys() == {"cut", "binary", "other", "empty", "pictures"}
    assert lines["pictures"]["state"] == "finished" and not lines["pictures"]["missing"]
    assert lines["other"]["state"] == "damaged" and "format 99" in lines["other"]["missing"][0]
    assert all(lines[name]["missing"] for name in ("cut", "binary", "empty"))
    for name in lines:
        assert client.get(f"/api/runs/{name}").status_code == 200
    for name in ("cut", "binary", "other", "empty"):
        refused(client.get(f"/api/models/{name}/v1/generate"), 422)


def test_a_run_that_vanishes_is_gone(client, folder):
    details = client.get("/api/runs/pictures").json()
    assert client.get("/api/models/pictures/v1/generate").status_code == 200
    shutil.rmtree(folder / "pictures")
    for path in ("/api/runs/pictures", "/api/models/pictures/v1/generate", details["sheet"], details["report"]):
        refused(client.get(path), 404)
    assert client.get("/api/runs").json()["runs"] == []
    shutil.rmtree(folder)
    refused(client.get("/api/runs"), 404)


def test_a_newer_snapshot_is_what_answers(client, folder, run):
    before = client.get("/api/models/pictures/v1/generate").content
    other = trained("styles", folder.parent)
    shutil.rmtree(folder / "pictures")
    shutil.copytree(other, folder / "pictures")
    after = client.get("/api/models/pictures/v1/generate").content
    assert after.startswith(b"\x89PNG") and after != before


def test_one_training_at_a_time_is_found_again_and_stopped(client, folder, processes):
    asked = {"data": "digits", "recipe": "mlp", "budget": "1m", "seed": 3, "name": "new"}
    assert client.post("/api/trainings", json=asked).json() == {"name": "new"}
    assert "'new' is being trained" in refused(client.post("/api/trainings", json={**asked, "name": "two"}), 409)
    assert len(processes) == 1

    with TestClient(studio(folder, TOKEN, [folder]), "http://127.0.0.1", headers=KEY) as later:  # another studio
        states = {line["name"]: line["state"] for line in later.get("/api/runs").json()["runs"]}
        assert states == {"new": "training", "pictures": "finished"}
        refused(later.post("/api/trainings", json={**asked, "name": "two"}), 409)
        wait_for(lambda: later.get("/api/runs/new").json()["printed"])
        (printed,) = later.get("/api/runs/new").json()["printed"]
        out = f"--out={(folder / 'new').absolute()}"
        assert printed == f"asked train digits {out} --recipe=mlp --budget=1m --seed=3"
        assert later.post("/api/runs/new/stop").status_code == 200
    wait_for(lambda: processes[0].poll() is not None)
    refused(client.post("/api/runs/new/stop"), 409)
    assert client.get("/api/runs").json()["runs"][0]["name"] == "pictures"  # what wrote nothing is not listed


def test_a_process_of_the_same_number_is_no_training(tmp_path, processes):
    found = Trainings(tmp_path)
    found.start("run", ["digits"])
    assert found.running() == "run"
    path = tmp_path / ".studio" / "run.json"
    record = json.loads(path.read_text())
    for changed in ({"created": record["created"] - 5}, {"pid": 2**40}, {"pid": "x"}, {"pid": None}):
        path.write_text(json.dumps(record | changed))
        assert found.running() is None
        with pytest.raises(Refused):
            found.stop("run")
    path.write_text("{")
    assert found.running() is None and processes[0].poll() is None


def test_a_refused_training_says_why(client, folder, monkeypatch):
    script = "import sys; sys.exit('sparring: the data holds nothing; give another')"
    monkeypatch.setattr(trainings, "command", lambda arguments, plugins: [sys.executable, "-c", script])
    client.post("/api/trainings", json={"data": "digits", "name": "new"})
    wait_for(lambda: client.get("/api/runs/new").json()["state"] == "refused")
    assert client.get("/api/runs/new").json()["missing"] == ["the data holds nothing; give another"]


def test_a_run_goes_on_as_it_was_begun(client, folder, processes):
    client.post("/api/trainings", json={"data": "digits", "budget": "1m", "name": "new"})
    wait_for(lambda: client.get("/api/runs/new").json()["printed"])
    client.post("/api/runs/new/stop")
    wait_for(lambda: processes[0].poll() is not None)
    shutil.copytree(folder / "pictures", folder / "new")
    assert client.post("/api/runs/new/go-on", json={"budget": "2m"}).status_code == 200
    wait_for(lambda: len(client.get("/api/runs/new").json()["printed"]) == 2)
    out = f"--out={(folder / 'new').absolute()}"
    assert client.get("/api/runs/new").json()["printed"][1] == f"asked train digits {out} --budget=2m"


def test_an_evaluation_and_an_export_run_one_at_a_time(client, folder, monkeypatch):
    asked = []

    async def output_of(arguments, *_):
        asked.append(arguments)
        out = next((Path(each[6:]) for each in arguments if each.startswith("--out=")), None)
        if out is not None:
            out.write_bytes(b"model")
        assert client.app.state.desk.busy == {"pictures": "onnx"}
        with pytest.raises(Refused, match="busy"):
            await client.app.state.desk.export("pictures", "html")
        return b"largest difference 0\n/a/path\n"

    monkeypatch.setattr("sparring.serving.studio.routes.output_of", output_of)
    found = client.post("/api/runs/pictures/export", json={"to": "onnx"}).json()
    assert found["file"] == "pictures.onnx" and found["size"] == 5 and found["said"] == ["largest difference 0"]
    answer = client.get(found["address"], headers={"authorization": ""})
    assert answer.content == b"model" and "attachment" in answer.headers["content-disposition"]
    refused(client.post("/api/runs/pictures/export", json={"to": "exe"}), 422)
    assert len(asked) == 1 and not client.app.state.desk.busy


def test_what_a_run_shows(client):
    found = client.get("/api/runs/pictures").json()
    assert found["state"] == "finished" and found["usable"] and found["examples"] == found["planned"]
    assert {curve["key"] for curve in found["curves"]} >= {"losses", "speed"}
    for curve in found["curves"]:
        assert all(len(line) == len(curve["examples"]) for line in curve["lines"].values())
    assert found["summary"][0].startswith("Recipe dcgan-small") and found["scores"]


def test_folders_that_are_missing_are_one_sentence(tmp_path):
    with pytest.raises(UserError, match="there is no such folder"):
        studio(tmp_path / "runs", TOKEN, [tmp_path / "nothing"])
    with pytest.raises(UserError):
        Places([tmp_path / "nothing"])
    assert module.PAGE.is_dir() and sparring.__version__
