"""Kills, full disks, two trainings of one run, changed options: nothing is lost and every answer is one sentence."""

import builtins
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import filelock
import pytest

import sparring
from smoke import ArraySource, StopAt, fingerprint, pair_source, smoke_settings
from sparring import api
from sparring.callbacks.base import Callback
from sparring.config.reading import recipe_text
from sparring.errors import Diverged, UserError
from sparring.util import files


def train(out, source=None, recipe="mlp", console=None, stop=None, settings=None, **options):
    return api.train(
        source or ArraySource(train=60, test=20),
        recipe,
        out,
        settings=settings or smoke_settings(recipe or "mlp"),
        console=console or Callback(),
        stop=stop,
        **options,
    )


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    return train(tmp_path_factory.mktemp("straight") / "run").path


def fail_from(monkeypatch, number):
    """From the number-th write on, the disk is full: bytes asked for by files.write_bytes, log lines, folders.

    Returns the counter.
    """
    count = [0]
    write, open_ = files.write_bytes, builtins.open

    def check():
        count[0] += 1
        if count[0] >= number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def failing_write(path, data):
        check()
        write(path, data)

    def failing_open(file, mode="r", *arguments, **options):
        if "a" in mode and str(file).endswith("log.jsonl"):
            check()
        return open_(file, mode, *arguments, **options)

    monkeypatch.setattr(files, "write_bytes", failing_write)
    monkeypatch.setattr(builtins, "open", failing_open)
    return count


def writes_of_a_run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        count = fail_from(patch, 10**9)
        train(tmp_path_factory.mktemp("count") / "run")
    return count[0]


def test_a_full_disk_at_every_write_leaves_the_run_resumable(straight, tmp_path, tmp_path_factory):
    expected = fingerprint(straight)
    total = writes_of_a_run(tmp_path_factory)
    assert total > 20
    for number in range(1, total + 1):
        out = tmp_path / str(number)
        with pytest.MonkeyPatch.context() as patch:
            fail_from(patch, number)
            with pytest.raises(OSError, match="No space"):
                train(out)
        train(out)
        assert fingerprint(out) == expected, number


def test_a_finished_run_is_left_alone(straight):
    before = fingerprint(straight)
    train(straight)
    assert fingerprint(straight) == before


def test_more_images_extend_a_finished_run(tmp_path):
    run = train(tmp_path / "run")
    longer = {key: value for key, value in smoke_settings("mlp").items() if key != "examples"}
    train(tmp_path / "run", settings=longer, examples=192)
    log = run.log()
    assert [line["examples"] for line in log if line["event"] == "tick"] == [32, 64, 96, 128, 160, 192]
    assert [line["event"] for line in log].count("final") == 1
    assert log[-1]["examples"] == 192


def test_an_opponent_that_has_come_stays_when_a_run_is_extended(tmp_path):
    settings = {
        **smoke_settings("pix2pix", examples=64, tick=32),
        "algorithm.adversarial": 0.3,
        "algorithm.reconstruction.l1": 1.0,
        "algorithm.adversarial_interval": 2,
        "algorithm.pretrain_fraction": 0.5,
    }
    train(tmp_path / "run", pair_source(), "pix2pix", settings=settings)
    longer = {key: value for key, value in settings.items() if key != "examples"}
    run = train(tmp_path / "run", pair_source(), "pix2pix", settings=longer, examples=128)
    assert run.recipe()[0].algorithm.pretrain_fraction * 128 == 32
    assert all(
        "discriminator" in line["losses"] for line in run.log() if line["event"] == "tick" and line["examples"] > 32
    )


@pytest.mark.parametrize(
    ("options", "difference"),
    [
        ({"seed": 5}, "seed"),
        ({"settings": {"batch": 8}}, "batch"),
        ({"recipe": "mlp-small"}, "recipe"),
        ({"labels": "none"}, "labels"),
    ],
)
def test_a_changed_option_is_refused_with_the_difference(straight, options, difference):
    before = fingerprint(straight)
    with pytest.raises(UserError, match=difference) as raised:
        train(straight, **options)
    assert "with `out`" in str(raised.value)
    assert fingerprint(straight) == before


@pytest.mark.parametrize(
    "options",
    [{"labels": "auto"}, {"seed": 0}, {"size": "8x8"}, {"fit": "crop"}, {"mode": "auto", "label_level": "first"}],
)
def test_a_stated_default_and_what_was_chosen_anyway_are_no_change(straight, options):
    before = fingerprint(straight)
    train(straight, **options)
    assert fingerprint(straight) == before


def test_a_recipe_file_may_move_but_not_change(tmp_path):
    text = recipe_text("mlp")
    (tmp_path / "mine.yaml").write_text(text)
    out = train(tmp_path / "run", recipe=str(tmp_path / "mine.yaml")).path
    (tmp_path / "moved.yaml").write_text(text)
    train(out, recipe=str(tmp_path / "moved.yaml"))
    (tmp_path / "moved.yaml").write_text(text.replace("batch: ", "batch: 1"))
    with pytest.raises(UserError, match="batch"):
        train(out, recipe=str(tmp_path / "moved.yaml"))


TIMED = {key: value for key, value in smoke_settings("mlp").items() if key != "examples"}


@pytest.fixture(scope="module")
def timed(tmp_path_factory):
    """A run with a budget that was stopped at once."""
    stop = threading.Event()
    stop.set()
    return train(tmp_path_factory.mktemp("timed") / "run", settings=TIMED, budget="1.50s", stop=stop)


@pytest.mark.parametrize("same", ["1.5s", "1.5", 1.5, "0.025m", "1s", None])
def test_the_same_budget_in_other_words_is_no_change_and_less_is_none(timed, same):
    before = timed.recipe()
    stop = threading.Event()
    stop.set()
    train(timed.path, settings=TIMED, budget=same, stop=stop)
    assert timed.recipe() == before


def test_more_time_extends_a_run(tmp_path, timed):
    shutil.copytree(timed.path, tmp_path / "run")
    run, planned = sparring.Run(tmp_path / "run"), timed.recipe()[0].examples
    stop = threading.Event()
    stop.set()
    train(run.path, settings=TIMED, budget="1h", stop=stop)
    longer, about = run.recipe()
    assert longer.examples > 10 * planned
    assert (about["asked"]["budget"], about["planned_seconds"] > 3000) == ("1h", True)
    for budget in ("60m", "2s", None):
        train(run.path, settings=TIMED, budget=budget, stop=stop)
        assert run.recipe()[0] == longer


def test_a_time_extends_a_run_that_was_planned_in_examples(tmp_path):
    run, stop = train(tmp_path / "run"), threading.Event()
    stop.set()
    train(run.path, settings=TIMED, budget="10m", stop=stop)
    assert run.recipe()[0].examples > 960


def test_other_data_is_refused(straight):
    with pytest.raises(UserError, match="not what .* was trained on"):
        train(straight, source=ArraySource(train=60, test=20, seed=9))


def test_two_trainings_of_one_run_are_refused(straight):
    with filelock.FileLock(straight / ".lock"), pytest.raises(UserError, match="another training"):
        train(straight)


def test_the_lock_is_given_back(tmp_path):
    out = tmp_path / "run"
    with pytest.raises(UserError):
        train(out, settings={"batch": "many"})
    train(out)


def test_fine_tuning_starts_from_the_weights_of_another_run(straight, tmp_path):
    first = sparring.load(straight)
    stop = threading.Event()
    stop.set()
    out = train(
        tmp_path / "tuned", recipe=None, init_from=straight, stop=stop, settings={**smoke_settings("mlp"), "seed": 9}
    ).path
    state = (out / "checkpoints" / "000000000" / "players.safetensors").read_bytes()
    from sparring.util.safetensors import from_bytes

    tensors = from_bytes(state, out)
    for name, value in first.generator.state_dict().items():
        assert (tensors[f"generator.{name}"] == value).all()


def test_fine_tuning_of_another_shape_is_refused(straight, tmp_path):
    with pytest.raises(UserError, match="is another network"):
        train(tmp_path / "tuned", source=ArraySource((1, 9, 9), train=60, test=20), recipe=None, init_from=straight)


def test_a_training_that_diverges_says_so_and_keeps_the_best(tmp_path):
    broken = {
        **smoke_settings("mlp"),
        "examples": 640,
        "algorithm.objective.name": "least-squares",
        "players.discriminator.optimizer": {"name": "sgd", "lr": 1e4},
    }
    with pytest.raises(Diverged, match="not finite"):
        train(tmp_path / "run", settings=broken)
    assert json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[-1])["health"] == "diverged"
    with pytest.raises(Diverged, match="learning rate"):
        train(tmp_path / "run", settings=broken)


@pytest.mark.parametrize("kept", [0, 0.5, 1])
def test_a_training_goes_on_without_lines_that_its_log_lost(straight, tmp_path, kept, caplog):
    stop, run = threading.Event(), tmp_path / "run"
    train(run, console=StopAt(48, stop), stop=stop)
    whole = (run / "log.jsonl").read_bytes()
    (run / "log.jsonl").write_bytes(whole[: int(kept * len(whole))])
    train(run)
    assert ("log.jsonl has lost" in caplog.text) == (kept < 1)
    expected, found = fingerprint(straight), fingerprint(run)
    assert (found.pop("log") == expected.pop("log")) == (kept == 1)
    assert found == expected


def test_max_time_saves_and_can_go_on(straight, tmp_path):
    out = tmp_path / "run"
    console, told = Callback(), []
    console.note = told.append
    train(out, max_time="0.01s", console=console)
    assert "preparing took all of it, so give more than" in told[-1]
    assert not any(line["event"] == "final" for line in sparring.Run(out).log())
    train(out)
    assert fingerprint(out) == fingerprint(straight)


def command(out, recipe="dcgan", *more, examples=640):
    settings = {**smoke_settings(recipe), "examples": examples, "tick": 64}
    sets = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    return [
        sys.executable,
        "-m",
        "sparring",
        "train",
        "digits",
        "--recipe",
        recipe,
        "--out",
        str(out),
        "--device",
        "cpu",
        *sets,
        *more,
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_save_and_end_with_their_code(tmp_path, number):
    process = subprocess.Popen(command(tmp_path / "run", examples=10_000_000), stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if "examples/s" in line:
            break
    process.send_signal(number)
    rest = process.stdout.read()
    assert process.wait() == 128 + number
    assert "run the same command to go on" in rest
    assert sparring.Run(tmp_path / "run").log()[-1]["event"] == "tick"


def test_a_file_size_limit_is_one_sentence_and_code_2(tmp_path):
    limited = subprocess.run(
        ["bash", "-c", 'ulimit -f 8; exec "$@"', "limited", *command(tmp_path / "run")], capture_output=True, text=True
    )
    assert limited.returncode == 2, limited.stderr
    assert limited.stderr.count("\n") == 1
    assert "size limit" in limited.stderr
    assert subprocess.run(command(tmp_path / "run"), capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(("recipe", "labels"), [("mlp", "auto"), ("mlp", "none"), ("dcgan", "auto"), ("dcgan", "none")])
def test_25_kills_at_random_moments(tmp_path, recipe, labels):
    """kill -9 anywhere, in the middle of writing too: the run always resumes and ends as one that was never touched."""
    straight = command(tmp_path / "straight", recipe, "--labels", labels)
    begin = time.monotonic()
    subprocess.run(straight, check=True, capture_output=True)
    longest = time.monotonic() - begin
    draw, kills = random.Random(f"{recipe}{labels}"), 0
    while kills < 25:
        process = subprocess.Popen(
            command(tmp_path / f"killed-{kills // 5}", recipe, "--labels", labels),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        time.sleep(draw.uniform(0.5, 1.0) * longest if kills % 5 == 0 else draw.uniform(0.3, 1.0) * longest)
        process.kill()
        _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors
        kills += 1
    for number in range(5):
        subprocess.run(
            command(tmp_path / f"killed-{number}", recipe, "--labels", labels), check=True, capture_output=True
        )
        assert fingerprint(tmp_path / f"killed-{number}") == fingerprint(tmp_path / "straight")


def test_a_refused_training_leaves_no_folder(tmp_path):
    with pytest.raises(UserError):
        train(tmp_path / "run", settings={"batch": "many"})
    assert not (tmp_path / "run").exists()


def test_too_small_a_disk_is_said_before_the_start(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 10**6, 10**6))
    with pytest.raises(UserError, match="1 MB|0 MB"):
        train(tmp_path / "run")
    assert not (tmp_path / "run" / "recipe.yaml").exists()


def test_tensorboard_files_on_request(tmp_path):
    pytest.importorskip("tensorboard")
    run = train(tmp_path / "run", tensorboard=True)
    assert list((run.path / "tensorboard").glob("events*"))


# -- what a kill between two writes leaves, made by hand ---------------------------------------------------------------


def test_a_kill_before_the_first_tick_keeps_the_weights_that_were_started_from(straight, tmp_path):
    whole = train(tmp_path / "whole", recipe=None, init_from=straight, settings={**smoke_settings("mlp"), "seed": 9})
    stop = threading.Event()
    train(
        tmp_path / "cut",
        recipe=None,
        init_from=straight,
        settings={**smoke_settings("mlp"), "seed": 9},
        console=StopAt(16, stop),
        stop=stop,
    )
    shutil.rmtree(tmp_path / "cut" / "checkpoints" / "000000016")  # as if killed just before it was written
    train(tmp_path / "cut", recipe=None, init_from=straight, settings={**smoke_settings("mlp"), "seed": 9})
    assert fingerprint(tmp_path / "cut") == fingerprint(whole.path)


def test_a_kill_while_a_finished_run_is_extended_still_extends_it(tmp_path):
    run = train(tmp_path / "run")
    recipe, about = run.recipe()
    run.write_recipe(recipe.model_copy(update={"examples": 192}), about)  # the first write of an extension
    train(tmp_path / "run")
    assert run.log()[-1]["examples"] == 192


def test_a_kill_before_the_report_is_made_up_for(tmp_path):
    run = train(tmp_path / "run")
    (run.path / "report.html").unlink()
    before = fingerprint(run.path)
    train(tmp_path / "run")
    assert (run.path / "report.html").is_file()
    assert fingerprint(run.path) == before


def test_features_of_an_earlier_attempt_are_not_used(tmp_path):
    full = ArraySource((1, 8, 8), classes=0, train=60, test=20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))
        with pytest.raises(UserError, match="free"):
            train(tmp_path / "run", source=full)
    run = train(tmp_path / "run")
    assert "label_agreement" in run.log()[-1]["scores"]


def test_a_run_without_checkpoints_is_not_begun_anew_in_silence(straight, tmp_path):
    shutil.copytree(straight, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    before = (tmp_path / "run" / "generator.safetensors").read_bytes()
    with pytest.raises(UserError, match="no checkpoint"):
        train(
            tmp_path / "run",
            settings={key: value for key, value in smoke_settings("mlp").items() if key != "examples"},
            examples=960,
        )
    assert (tmp_path / "run" / "generator.safetensors").read_bytes() == before
    shutil.copytree(straight, tmp_path / "other")
    (tmp_path / "other" / "recipe.yaml").unlink()
    (tmp_path / "other" / "checkpoints" / "description.json").unlink()
    with pytest.raises(UserError, match=r"no recipe\.yaml"):
        train(tmp_path / "other")


def test_a_changed_recipe_file_is_refused_with_the_difference(tmp_path):
    from sparring.config.reading import recipe_text

    mine = tmp_path / "mine.yaml"
    mine.write_text(recipe_text("mlp"))
    train(tmp_path / "run", recipe=str(mine), settings=smoke_settings("mlp"))
    mine.write_text(recipe_text("mlp").replace("lr: 2e-4", "lr: 3e-4", 1))
    with pytest.raises(UserError, match=r"players\.generator\.optimizer\.lr 0\.0002 -> 0\.0003"):
        train(tmp_path / "run", recipe=str(mine), settings=smoke_settings("mlp"))


@pytest.mark.parametrize(("count", "test"), [(1, 1), (2, 1), (3, 2)])
def test_very_few_examples_train(tmp_path, count, test):
    run = train(tmp_path / "run", source=ArraySource(classes=0, train=count, test=test))
    assert run.log()[-1]["selection"] is not None


def test_divergence_while_timing_is_one_sentence(tmp_path):
    settings = {key: value for key, value in smoke_settings("mlp").items() if key != "tick"}
    with pytest.raises(Diverged, match="learning rate"):
        train(tmp_path / "run", settings={**settings, "players.discriminator.optimizer": {"name": "sgd", "lr": 1e30}})
