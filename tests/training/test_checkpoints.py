"""Checkpoints as files: what is kept, and what a damaged or foreign one is called."""

import json

import pytest
import torch

from sparring.errors import UserError
from sparring.training.checkpoints import FORMAT, Checkpoints, State
from sparring.util.hashed import HASH, with_hash
from sparring.util.safetensors import DamagedFile


def state(value=1.0):
    return State({"players": {"generator.weight": torch.full((3,), value)}, "meters": {}}, {"steps": 7})


@pytest.fixture
def three(tmp_path):
    """Checkpoints at 10, 20 and 30 examples, in a folder below one that did not exist."""
    checkpoints = Checkpoints(tmp_path / "runs" / "a" / "checkpoints")
    for examples in (10, 20, 30):
        checkpoints.save(examples, state(examples), keep={10})
    return checkpoints


def change(checkpoints, examples, **changes):
    path = checkpoints.folder / f"{examples:09d}" / "state.json"
    facts = {**json.loads(path.read_text()), **changes}
    facts.pop(HASH, None)
    path.write_text(json.dumps(with_hash(facts)))


def test_a_state_comes_back(three):
    found = three.load(20)
    assert torch.equal(found.groups["players"]["generator.weight"], torch.full((3,), 20.0))
    assert found.groups["meters"] == {} and found.facts["steps"] == 7
    assert three.load_whole()[0] == 30
    assert three.load_whole(preferred=10)[0] == 10


def test_the_two_newest_and_the_kept_ones_remain_and_later_ones_go(three):
    assert three.numbers() == [10, 20, 30]
    three.save(40, state(), keep=set())
    assert three.numbers() == [30, 40]
    three.save(35, state(), keep=set())
    assert three.numbers() == [30, 35]
    three.save(35, state(5.0), keep=set())  # the same again replaces it
    assert three.load(35).groups["players"]["generator.weight"][0] == 5


def test_other_things_in_the_folder_are_no_checkpoints(three):
    for name in ("notes", "12", "٠٠٠٠٠٠٠٤٠", "000000040.old"):
        (three.folder / name).mkdir()
    assert three.numbers() == [10, 20, 30]
    assert Checkpoints(three.folder / "nowhere").numbers() == []


def test_a_failed_save_leaves_nothing(three, monkeypatch):
    before = sorted(three.folder.rglob("*"))
    with pytest.raises(AttributeError):
        three.save(50, State({"players": {"weight": "no tensor"}}, {}), keep=set())
    assert sorted(three.folder.rglob("*")) == before


@pytest.mark.parametrize("hashed", [True, False])
@pytest.mark.parametrize("other", [1, FORMAT + 1])
def test_another_format_is_named_and_is_no_damage(three, hashed, other):
    change(three, 30, format=other)
    if not hashed:
        path = three.folder / "000000030" / "state.json"
        path.write_text(json.dumps({key: value for key, value in json.loads(path.read_text()).items() if key != HASH}))
    for load in (lambda: three.load(30), three.load_whole):
        with pytest.raises(
            UserError, match=f"has format {other}, this version of sparring reads format {FORMAT}$"
        ) as it:
            load()
        assert not isinstance(it.value, DamagedFile)


def _cut(folder):
    path = folder / "players.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def _exchange(folder):
    (folder / "players.safetensors").write_bytes((folder.parent / "000000020" / "players.safetensors").read_bytes())


def _edit(folder):
    path = folder / "state.json"
    path.write_text(path.read_text().replace('"steps": 7', '"steps": 8'))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "state.json").unlink(), "(state.json: No such file or directory)"),
        (lambda folder: (folder / "players.safetensors").unlink(), "(players.safetensors: No such file or directory)"),
        (_edit, "(state.json does not match its hash)"),
        (lambda folder: (folder / "state.json").write_text("{"), "is damaged ("),
        (lambda folder: (folder / "state.json").write_text("[]"), "(state.json does not match its hash)"),
        (_cut, "players.safetensors"),
        (_exchange, "players.safetensors is not of this checkpoint)"),
    ],
)
def test_damage_is_named_and_the_one_before_takes_over(three, caplog, damage, words):
    folder = three.folder / "000000030"
    damage(folder)
    with pytest.raises(DamagedFile) as refusal:
        three.load(30)
    assert str(refusal.value).startswith(f"checkpoint {folder} is damaged (") and words in str(refusal.value)
    assert three.load_whole()[0] == 20
    assert f"{refusal.value}; going on from the one at 20 examples instead" in caplog.text


def test_a_checkpoint_under_another_number_is_refused(three):
    (three.folder / "000000030").rename(three.folder / "000000031")
    with pytest.raises(DamagedFile, match="state.json is that of the checkpoint at 30 examples"):
        three.load(31)


def test_where_all_are_damaged_each_is_named(three):
    for number in three.numbers():
        (three.folder / f"{number:09d}" / "state.json").write_text("")
    with pytest.raises(UserError) as refusal:
        three.load_whole()
    text = str(refusal.value)
    assert text.count("is damaged (") == 3
    assert "; checkpoint" in text and "no checkpoint is whole; put" in text
    assert f"--init-from {three.folder.parent} from" in text
