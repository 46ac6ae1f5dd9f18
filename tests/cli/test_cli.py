"""The command line as a newcomer meets it."""

import contextlib
import io
import json
import pickle
import subprocess
import sys

import pytest

from smoke import ArraySource, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.cli import main


def sparring(*arguments):
    """Run the command line in this process: starting one for each command takes most of the time."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as end:
        main([*map(str, arguments)])
    return subprocess.CompletedProcess(arguments, end.value.code or 0, out.getvalue(), err.getvalue())


def process(*arguments):
    return subprocess.run([sys.executable, "-m", "sparring", *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("cli") / "bars"
    return api.train(
        ArraySource(train=60, test=20), "dcgan-small", out, settings=smoke_settings("dcgan-small"), console=Callback()
    ).path


def refused(done, *words):
    """One sentence on stderr, code 2, no traceback."""
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    assert done.stderr.startswith("sparring: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_processes_say_and_return_the_same():
    for arguments in (["--version"], ["recipes", "dcgan"], ["recipes", "dcgn"], ["trian", "digits"]):
        started, here = process(*arguments), sparring(*arguments)
        assert (started.returncode, started.stdout, started.stderr) == (here.returncode, here.stdout, here.stderr)


def test_the_same_seed_gives_the_same_files_whatever_the_batch_size(run, tmp_path):
    for name, size in (("one", 1), ("many", 64)):
        assert (
            sparring("generate", run, "-n", 40, "--seed", 7, "--batch-size", size, "-o", tmp_path / name).returncode
            == 0
        )
    files = {name: {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "many")}
    assert files["one"] == files["many"]
    assert len([name for name in files["one"] if name.endswith(".png")]) == 40


def test_generate_one_class_and_a_sheet(run, tmp_path):
    assert sparring("generate", run, "-n", 4, "--label", "class 1", "-o", tmp_path / "sheet.png").returncode == 0
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")
    refused(sparring("generate", run, "--label", "clas 1", "-o", tmp_path / "x"), "did you mean 'class 1'")
    refused(sparring("generate", run, "-o", tmp_path / "x.bmpx"), ".bmpx")


def test_generate_replaces_nothing_in_a_folder(run, tmp_path):
    """One file that is named whole is replaced: who names it means it."""
    own = tmp_path / "photos" / "000003.png"
    own.parent.mkdir()
    own.write_bytes(b"a photograph of my own")
    refused(sparring("generate", run, "-n", 4, "-o", own.parent), "holds 000003.png already")
    assert sparring("generate", run, "-n", 3, "-o", own.parent).returncode == 0
    refused(sparring("generate", run, "-n", 3, "-o", own.parent), "holds 000000.png already")
    refused(sparring("generate", run, "-n", 3, "-o", run), "is the folder of a run")
    assert own.read_bytes() == b"a photograph of my own"
    for _ in range(2):
        assert sparring("generate", run, "-n", 4, "-o", tmp_path / "sheet.png").returncode == 0


@pytest.mark.parametrize("suffix", [".gif", ".png", ".mp4"])
def test_interpolate(run, tmp_path, suffix):
    done = sparring("interpolate", run, "-o", tmp_path / f"walk{suffix}", "--keyframes", 3, "--frames", 4)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / f"walk{suffix}").stat().st_size > 100


def test_recipes_lists_and_shows():
    done = sparring("recipes")
    assert "dcgan-small" in done.stdout
    assert "arXiv:1511.06434" in sparring("recipes", "dcgan").stdout
    refused(sparring("recipes", "dcgn"), "did you mean 'dcgan'")


def test_check_as_json():
    told = json.loads(sparring("check", "digits", "--json").stdout)
    assert told["counts"]["train"] + told["counts"]["test"] == 1797
    assert told["classes"] == [str(number) for number in range(10)]


def test_check_of_tables_and_series(tmp_path):
    steps = [f"{number // 20},{number % 20},{number % 7},{number % 7 + number % 3}" for number in range(400)]
    (tmp_path / "walks.csv").write_text("series_id,step,low,high\n" + "\n".join(steps))
    assert "table of shape" in sparring("check", tmp_path / "walks.csv", "--constraint", "low <= high").stdout
    assert "series of shape 20 x 2" in sparring("check", tmp_path / "walks.csv", "--recipe", "series").stdout
    refused(sparring("check", tmp_path / "walks.csv", "--constraint", "high < low"), "does not hold in 400 of 400 rows")
    refused(sparring("check", "digits", "--constraint", "high < low"), "--constraint is for rows of a table")


def test_report_of_a_run(run):
    done = sparring("report", run)
    assert done.returncode == 0
    assert (run / "report.html").is_file()


def test_what_is_no_data_is_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no pictures here")
    refused(sparring("train", tmp_path / "empty", "--out", tmp_path / "run"), "empty")
    refused(sparring("train", tmp_path / "missing", "-o", tmp_path / "run"), "missing")
    refused(sparring("train", tmp_path / "notes.txt", "--out", tmp_path / "run"), "notes.txt")
    refused(sparring("train", "mnits", "--out", tmp_path / "run"), "mnist")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--size", "big"], "--size"),
        (["--fit", "patchs"], "did you mean 'patches'"),
        (["--examples", "many"], "many"),
        (["--budget", "soon"], "soon"),
        (["--examples", "1k", "--budget", "1m"], "either"),
        (["--epochs", "3", "--examples", "1k"], "either"),
        (["--epochs", "0"], "--epochs should be a whole number of at least 1, not 0"),
        (["--recipe", "dcgn"], "dcgan"),
        (["--set", "batch"], "key=value"),
        (["--set", "algorithm.objective.name=hing"], "hinge"),
        (["--device", "cuda:99"], "not available"),
        (["--init-from", "nowhere"], "not a run folder"),
        (["--examples", "1e400"], "1e400"),
        (["--device", "meta"], "not available"),
        (["--set", "players.generator.options.lowest_resolution=0"], "lowest_resolution"),
        (["--set", "players.generator.options.width=-5"], "width"),
        (["--set", "players.generator.options.output=sigmoid"], "output"),
        (["--set", "players.generator.optimizer.betas=[0.5, 1.0]"], "betas"),
        (["--set", "players.generator.optimizer.lr=.inf"], "finite"),
        (["--set", "algorithm.objective.real_target=5"], "real_target"),
        (["--set", "latent.size=0"], "latent.size"),
        (["--set", "batch=1"], "batch"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(tmp_path, arguments, word):
    refused(sparring("train", "digits", "--out", tmp_path / "run", *arguments), word)
    assert not (tmp_path / "run" / "recipe.yaml").exists()


def test_what_is_no_run_is_one_sentence(tmp_path):
    refused(sparring("generate", tmp_path), "not a run folder")
    refused(sparring("report", tmp_path / "nowhere"), "not a run folder")


class Evil:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (self.mark, "w"))


def test_a_pickle_as_weights_or_data_is_refused_not_run(run, tmp_path):
    import shutil

    mark = tmp_path / "it-ran"
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "generator.safetensors").write_bytes(pickle.dumps(Evil(str(mark))))
    refused(sparring("generate", copy, "-o", tmp_path / "x"), "not a safetensors file")
    for name in ("data.npy", "data.npz", "data.zip", "data.parquet", "data.pkl"):
        (tmp_path / name).write_bytes(pickle.dumps(Evil(str(mark))))
        refused(sparring("train", tmp_path / name, "--out", tmp_path / "run"))
    assert not mark.exists()


def test_damaged_run_files_are_one_sentence(run, tmp_path):
    import shutil

    for name, text in (
        ("recipe.yaml", "format: 2\nname: ["),
        ("recipe.yaml", "format: 9"),
        ("codec.json", "{"),
        ("source.json", '{"format": 3}'),
    ):
        copy = tmp_path / "copy"
        shutil.copytree(run, copy)
        (copy / name).write_text(text)
        refused(sparring("generate", copy, "-o", tmp_path / "x"), name)
        shutil.rmtree(copy)


def test_a_mistyped_verb_or_option_is_one_sentence():
    refused(sparring("trian", "digits"), "there is no command 'trian'; did you mean 'train'?")
    refused(sparring("sample", "runs/digits"), "use generate")
    refused(sparring("--verbose", "train"), "--verbose")
    refused(sparring("train", "digits", "--gpus", 2), "train has no option --gpus; use --device cuda")
    refused(sparring("train"), "missing argument")
    refused(sparring("generate", "x", "-n", "many"), "--count should be a whole number from 1")


def test_help_teaches_every_verb():
    assert "digits" in sparring("--help").stdout
    assert "digits" in sparring().stdout
    for verb in ("train", "generate", "interpolate", "check", "recipes", "report"):
        done = sparring(verb, "--help")
        assert done.returncode == 0
        assert len(done.stdout) > 300
    assert sparring("--version").stdout.startswith("sparring 0.")


def test_torch_is_imported_only_when_used():
    code = (
        "import sys, sparring, sparring.cli; assert not {'torch', 'numpy', 'matplotlib', 'pydantic'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_times_are_read():
    from sparring.callbacks.progress import seconds_from
    from sparring.errors import UserError
    from sparring.util.progress import duration

    assert [seconds_from(text) for text in ("90", "90s", "10m", "1.5h", "1h30m", 5)] == [90, 90, 600, 5400, 5400, 5]
    for text in ("", "soon", "0s", "-3m"):
        with pytest.raises(UserError):
            seconds_from(text)
    assert [duration(seconds) for seconds in (5, 90, 3700)] == ["5s", "1m30s", "1h01m"]
