import gzip
import json
import zipfile

import numpy as np
import pytest

import text_samples
from sparring.data.in_memory import InMemory
from sparring.data.options import OpenContext
from sparring.errors import UserError
from sparring.modalities.opening import modality_of, open_data
from sparring.modalities.text.cutting import Cut, pieces
from sparring.modalities.text.simulated import follows_law
from text_samples import texts_in

TEXTS, LABELS = text_samples.sentences(60)
LINES = "\n".join(TEXTS) + "\n"
POEM = "\n\n".join(
    f"SPEAKER {number}:\nsome words are said here, and more of them.\nand a last line." for number in range(90)
)


def noted(source, what):
    return any(what in note for note in source.notes)


def table(name, folder, texts=TEXTS, more=None):
    """A table of texts with labels, as a file of this kind."""
    import pandas as pd

    frame = pd.DataFrame({"text": texts, "mood": LABELS[: len(texts)], **(more or {})})
    path = folder / name
    if name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(row) + "\n" for row in frame.to_dict("records")))
    elif name.endswith(".parquet"):
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if ".tsv" in name else ",")
    return path


@pytest.mark.parametrize("name", ["names.txt", "names.txt.gz"])
def test_each_line_of_a_file_is_a_text(name, tmp_path):
    (tmp_path / name).write_bytes(gzip.compress(LINES.encode()) if name.endswith("gz") else LINES.encode())
    assert modality_of(tmp_path / name) == "text"
    source = open_data(tmp_path / name)
    assert sorted(texts_in(source)) == sorted(TEXTS) and source.name == "names"
    assert noted(source, "Each line of") and noted(source, "--texts passages takes it as one long text")
    assert noted(source, "learned by characters")
    assert source.count("test") == 8


def test_empty_lines_and_line_ends_of_windows_are_no_part_of_texts(tmp_path):
    (tmp_path / "a.txt").write_bytes(LINES.replace("\n", "\r\n").encode() + b"\r\n")
    source = open_data(tmp_path / "a.txt")
    assert sorted(texts_in(source)) == sorted(TEXTS)
    assert noted(source, "1 empty texts or lines are left out")


def test_the_hard_texts_come_back(tmp_path):
    (tmp_path / "a.txt").write_text("\n".join([*text_samples.HARD * 2, "plain"]))
    assert set(texts_in(open_data(tmp_path / "a.txt", {"texts": "lines"}))) == {*text_samples.HARD, "plain"}


def test_a_text_with_empty_lines_is_learned_by_passages_that_hold_all_of_it(tmp_path):
    (tmp_path / "play.txt").write_text(POEM)
    source = open_data(tmp_path / "play.txt")
    assert source.kind == "passages" and source.codec.passages and noted(source, "lines are empty")
    found = texts_in(source)
    assert sum(map(len, found)) == len(POEM) and all(text in POEM for text in found)
    assert max(map(len, found)) <= 256 and all(text.endswith("\n") for text in found if text not in POEM[-300:])
    lines = open_data(tmp_path / "play.txt", {"texts": "lines"})
    assert lines.kind == "lines" and "and a last line." in texts_in(lines)
    short = open_data(tmp_path / "play.txt", {"characters": 40})
    assert max(map(len, texts_in(short))) <= 40


def test_passages_end_with_a_line_or_a_word_or_where_they_are_full():
    assert pieces("ab cd ef gh", Cut(6, True)) == ["ab cd ", "ef gh"]
    assert pieces("abcdef\nghij", Cut(9, True)) == ["abcdef\n", "ghij"]
    assert pieces("abcdefghij", Cut(4, True)) == ["abcd", "efgh", "ij"]
    assert pieces("abcdefghij", Cut(4, False)) == ["abcd"]


def test_a_few_long_texts_give_their_beginnings_and_that_is_told(tmp_path):
    texts = [f"text {number}" for number in range(60)] + ["long " * 100]
    (tmp_path / "a.txt").write_text("\n".join(texts))
    source = open_data(tmp_path / "a.txt")
    assert noted(source, "1 of 61 texts are longer than 256 characters, and their beginnings are learned")
    assert max(map(len, texts_in(source))) == 256


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv", "a.jsonl", "a.parquet"])
def test_a_table_of_texts_with_labels_is_told_from_other_tables(name, tmp_path):
    path = table(name, tmp_path)
    assert modality_of(path) == "text"
    source = open_data(path)
    assert source.classes == ("blame", "praise") and sorted(texts_in(source)) == sorted(TEXTS)
    assert noted(source, "Texts are those of the column 'text'") and noted(source, "2 classes from the column 'mood'")
    assert open_data(path, {"labels": "none"}).classes == ()
    pairs = dict(zip(TEXTS, LABELS, strict=True))
    values, numbers = texts_in(source, "train"), source.labels(np.arange(source.count("train")))
    assert all(source.classes[number] == pairs[text] for text, number in zip(values, numbers, strict=True))


def test_a_table_with_numbers_or_without_free_text_stays_a_table(tmp_path):
    assert modality_of(table("n.csv", tmp_path, more={"price": np.arange(60) / 7})) == "table"
    (tmp_path / "people.csv").write_text("name,city\n" + "Ann,Rome\nBob,Oslo\n" * 20)
    assert modality_of(tmp_path / "people.csv") == "table"
    (tmp_path / "dates.csv").write_text(
        "day\n" + "".join(f"Monday, {day} March 2021 {day}:05 pm\n" for day in range(1, 29))
    )
    assert modality_of(tmp_path / "dates.csv") == "table"
    (tmp_path / "zh.csv").write_text(
        "姓名,城市\n" + "".join(f"王{letter}明,上海\n" for letter in "一二三四五六七八九十")
    )
    assert modality_of(tmp_path / "zh.csv") == "table"
    (tmp_path / "zh2.csv").write_text(
        "评论\n" + "".join(f"这部电影真的很{letter}好看我喜欢\n" for letter in "一二三四五六七八")
    )
    assert modality_of(tmp_path / "zh2.csv") == "text"
    two = table("two.csv", tmp_path, more={"reply": [f"a reply to text {number}" for number in range(60)]})
    assert modality_of(two) == "table"


def test_a_table_is_opened_as_texts_where_a_recipe_asks_for_it(tmp_path):
    context = OpenContext(modalities=("text",))
    path = table("n.csv", tmp_path, more={"price": np.arange(60) / 7})
    source = open_data(path, None, context)
    assert source.modality == "text" and noted(source, "Other columns are not used: price")
    two = table("two.csv", tmp_path, more={"reply": [f"a reply to text {number}" for number in range(60)]})
    assert texts_in(open_data(two, {"text_column": "reply"}, context))[0].startswith("a reply")
    (tmp_path / "three.csv").write_text("one,two\n" + "a b c d,e f g h\nh i j,k l m\n" * 20)
    with pytest.raises(UserError, match="say with --text-column which one"):
        open_data(tmp_path / "three.csv", None, context)
    with pytest.raises(UserError, match="no column 'nix'"):
        open_data(path, {"text_column": "nix"}, context)
    with pytest.raises(UserError, match="no column 'nix' to take labels from"):
        open_data(path, {"labels": "nix"}, context)


def test_a_split_column_is_followed(tmp_path):
    path = table("a.csv", tmp_path, more={"split": ["train"] * 40 + ["val"] * 5 + ["test"] * 15})
    source = open_data(path)
    assert [source.count(split) for split in ("train", "validation", "test")] == [40, 5, 15]


def test_cells_with_quotes_line_ends_and_separators_come_back(tmp_path):
    hard = ['he said, "well, no"', "two\nlines of it", "  spaces around it  ", "it's 5; or 6 | 7"]
    texts = [f"{hard[number % 4]}{number}" for number in range(60)]
    path = table("a.csv", tmp_path, texts)
    source = open_data(path, None, OpenContext(modalities=("text",)))
    assert set(texts_in(source)) == set(texts)


def test_a_line_with_too_many_cells_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\n" + "some good text,a\nother bad text,b\n" * 9 + "one, two, three,c\n")
    with pytest.raises(UserError, match="line 20, has 4 cells, and there are 2 columns"):
        open_data(tmp_path / "a.csv", None, OpenContext(modalities=("text",)))


@pytest.mark.parametrize("packed", [False, True])
def test_folders_of_files_are_classes(packed, tmp_path):
    root = tmp_path / "moods"
    for number, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True)):
        (root / label).mkdir(parents=True, exist_ok=True)
        (root / label / f"{number}.txt").write_text(text)
    (root / "blame" / "broken.txt").write_bytes(b"caf\xe9 " * 30)
    if packed:
        with zipfile.ZipFile(tmp_path / "moods.zip", "w") as archive:
            for path in sorted(root.rglob("*.txt")):
                archive.write(path, path.relative_to(root))
        root = tmp_path / "moods.zip"
    assert modality_of(root) == "text"
    source = open_data(root)
    assert source.classes == ("blame", "praise") and sorted(texts_in(source)) == sorted(TEXTS)
    assert [name for name, _ in source.report.skipped] == ["blame/broken.txt"]
    assert "is not UTF-8" in source.report.skipped[0][1]


def test_files_named_by_splits_hold_a_text_a_line(tmp_path):
    (tmp_path / "train.txt").write_text("\n".join(TEXTS[:40]))
    (tmp_path / "test.txt").write_text("\n".join(TEXTS[40:]))
    source = open_data(tmp_path)
    assert sorted(texts_in(source, "test")) == sorted(TEXTS[40:])


def test_a_folder_of_pictures_with_notes_is_no_folder_of_texts(tmp_path):
    for number in range(5):
        (tmp_path / f"{number}.png").write_bytes(b"")
        (tmp_path / f"{number}.txt").write_text("0 0.5 0.5 1 1")
    assert modality_of(tmp_path) == "image"


def test_repeated_texts_are_held_out_as_often_as_they_occur_and_that_is_told(tmp_path):
    (tmp_path / "a.txt").write_text("\n".join(["same text"] * 100 + [f"text {number}" for number in range(100)]))
    source = open_data(tmp_path / "a.txt")
    held = texts_in(source, "test")
    assert 4 <= held.count("same text") <= 16
    assert noted(source, f"{held.count('same text')} of the 20 held-out texts") and noted(
        source, "Duplicates of other texts: 99"
    )


def test_the_same_texts_train_the_same_way_whatever_the_file_is_called(tmp_path):
    (tmp_path / "a.txt").write_text(LINES)
    (tmp_path / "b.txt").write_text(LINES)
    first, second = open_data(tmp_path / "a.txt"), open_data(tmp_path / "b.txt")
    assert first.content_hash == second.content_hash


def test_lists_and_tables_of_a_program_are_texts():
    import pandas as pd

    source = open_data(TEXTS)
    assert source.modality == "text" and sorted(texts_in(source)) == sorted(TEXTS)
    assert open_data(InMemory(TEXTS, LABELS)).classes == ("blame", "praise")
    frame = pd.DataFrame({"text": TEXTS, "mood": LABELS})
    assert open_data(frame, None, OpenContext(modalities=("text",))).classes == ("blame", "praise")
    with pytest.raises(UserError, match="one for each"):
        open_data(InMemory(TEXTS, LABELS[:3]))


def test_counting_follows_its_law():
    source = open_data("counting")
    assert all(map(follows_law, texts_in(source))) and source.classes == ("down", "up")
    assert not any(map(follows_law, ["1 3", "5", "", "2 1 2", "1  2", "01 02", "20 21", "a b"]))


def test_texts_that_are_read_like_shorter_ones_are_cut_and_that_is_told():
    codec = open_data([f"text {number}" for number in range(30)]).codec
    source = open_data([f"a longer text {number}" for number in range(30)], None, OpenContext(like=codec))
    assert source.codec == codec and source.shape == (codec.width,)
    assert set(map(len, texts_in(source))) == {codec.width}
    assert noted(source, f"30 texts are longer than {codec.width} bytes")
