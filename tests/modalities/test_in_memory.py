"""Data of a Python program gives the same source as the same data in a folder."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from PIL import Image

from sparring.config.options import how_to_open
from sparring.data.in_memory import InMemory
from sparring.errors import UserError
from sparring.modalities.opening import open_data

COUNT = 30
PICTURES = np.random.default_rng(0).integers(0, 256, (COUNT, 9, 12, 3), dtype=np.uint8)
LABELS = np.arange(COUNT) % 3


def opened(data, names=None, recipe=None, **asked):
    return open_data(data if names is None else InMemory(data, names), *how_to_open(asked, 64, recipe))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("photos")
    for number, (picture, label) in enumerate(zip(PICTURES, LABELS, strict=True)):
        (root / str(label)).mkdir(exist_ok=True)
        Image.fromarray(picture).save(root / str(label) / f"{number}.png")
    return root


class TorchDataset(torch.utils.data.Dataset):
    def __len__(self):
        return COUNT

    def __getitem__(self, index):
        return torch.tensor(PICTURES[index]).permute(2, 0, 1).float() / 255, int(LABELS[index])


def feature(kind, **facts):
    return type(kind, (), facts)()


class HuggingFaceDataset:
    """As `datasets.Dataset` looks from outside."""

    def __init__(self, rows, names=("0", "1", "2")):
        self.rows = rows
        self.column_names = ["image", "label"]
        self.features = {"image": feature("Image"), "label": feature("ClassLabel", names=list(names))}

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        number = self.rows[index]
        return {"image": Image.fromarray(PICTURES[number]), "label": int(LABELS[number])}


PIL = [Image.fromarray(picture) for picture in PICTURES]


@pytest.mark.parametrize(
    ("data", "labels"),
    [
        (PICTURES, LABELS),
        (PICTURES.transpose(0, 3, 1, 2), LABELS.tolist()),
        (torch.tensor(PICTURES), torch.tensor(LABELS)),
        ((PICTURES / 255).astype(np.float32), LABELS.astype(float)),
        (torch.tensor(PICTURES / 127.5 - 1, dtype=torch.float64), LABELS.astype(str)),
        (PIL, LABELS),
        ([(picture, int(label)) for picture, label in zip(PIL, LABELS, strict=True)], None),
        ([{"image": picture, "label": label} for picture, label in zip(PICTURES, LABELS, strict=True)], None),
        (TorchDataset(), None),
        (HuggingFaceDataset(range(COUNT)), None),
    ],
)
def test_the_same_pictures_give_the_same_source_as_a_folder(folder, data, labels):
    expected, source = opened(folder), opened(data, labels)
    assert source.content_hash == expected.content_hash
    assert source.classes == expected.classes
    every = np.arange(expected.count())
    np.testing.assert_array_equal(source.values(every), expected.values(every))
    np.testing.assert_array_equal(source.labels(every), expected.labels(every))


def test_options_of_the_data_hold_in_memory_too(folder):
    assert opened(PICTURES, size=(6, 6)).content_hash == opened(folder, size=(6, 6), labels="none").content_hash
    assert opened(PIL, mode="L").shape == (1, 9, 12)
    assert opened(TorchDataset(), labels="none").classes == ()


def test_pictures_of_several_sizes_and_modes():
    source = opened([*PIL, Image.new("CMYK", (24, 18), (0, 255, 255, 0)), Image.new("L", (12, 9), 7)])
    assert source.shape == (3, 9, 12)
    assert sum(source.count(split) for split in ("train", "test")) == COUNT + 2
    assert source.report.sizes["18x24"] == 1


def test_gray_arrays_without_a_channel_axis():
    assert opened(PICTURES[..., 0]).shape == (1, 9, 12)


def test_splits_and_class_names_of_a_hugging_face_dataset():
    parts = {"train": HuggingFaceDataset(range(24), "abc"), "test": HuggingFaceDataset(range(24, COUNT), "abc")}
    source = opened(parts)
    assert source.classes == ("a", "b", "c")
    assert (source.count("train"), source.count("test")) == (24, 6)
    with pytest.raises(UserError, match="did you mean 'label'"):
        opened(parts, labels="lable")


def test_what_values_mean_is_found_over_all_of_them_and_said():
    dark = PICTURES.astype(np.float32) / 255
    dark[:10] = 0
    dark[:, 0] -= 0.5
    assert "scaled -1 to 1 (a usual range" in opened(dark).notes[1]
    assert "scaled 0 to 1 (a usual range" in opened(np.abs(dark)).notes[1]
    assert "scaled" not in " ".join(opened(PICTURES).notes)


@pytest.mark.parametrize(
    "same",
    [
        PICTURES.astype(np.int64),
        PICTURES.astype(np.float32),
        PICTURES.astype(np.float64) / 255,
        PICTURES.astype(np.float32) / 127.5 - 1,
        PICTURES.astype(np.uint16),
    ],
    ids=["int64", "float of 0 to 255", "float64 of 0 to 1", "float of -1 to 1", "uint16"],
)
def test_8_bit_levels_in_any_numbers_are_the_same_pictures(same):
    plain, source = opened(PICTURES), opened(same)
    assert source.content_hash == plain.content_hash
    assert source.scale.is_plain


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.zeros((5, 3, 4, 3), np.uint8), "5 x 3 x 4 x 3 may be N x H x W x C or N x C x H x W"),
        (np.zeros((8, 8, 3), np.uint8), "looks like a single picture"),
        (np.zeros((8, 8), np.uint8), "holds no pictures"),
        ([PICTURES[0], PIL[0]], "PIL pictures only, or arrays only"),
        ([PICTURES[0], PICTURES[0, :4]], "several shapes"),
        ([(PICTURES[0], 1, 2)] * 20, "an item is a tuple of 3 things"),
        ([[[1, 2], [3], [4]]] * 20, "an item is a list of 3 things"),
        ([{"x": PIL[0]}], "name the picture 'image'"),
        (object(), "object is no data"),
        (None, "NoneType is no data"),
        (InMemory(PICTURES, LABELS[:3]), "3 labels came beside 30 pictures"),
        (InMemory(PICTURES, LABELS + 0.5), "no label"),
        (InMemory(pd.DataFrame({"a": [1, 2]}), [0, 1]), "one of its columns"),
    ],
)
def test_what_is_ambiguous_or_no_data_is_one_sentence(data, words):
    with pytest.raises(UserError, match=words) as raised:
        opened(data)
    assert "\n" not in str(raised.value)


def test_a_column_of_labels_is_for_data_with_columns():
    with pytest.raises(UserError, match="give labels="):
        opened(PICTURES, labels="kind")


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_data_frames_are_tables_or_series(kind):
    rng = np.random.default_rng(0)
    frame = kind({"age": rng.integers(18, 90, 200), "city": rng.choice(["Riga", "Lima"], 200)})
    source = opened(frame, types={"age": "float"})
    assert source.modality == "table"
    assert source.count("train") + source.count("test") == 200
    with pytest.raises(UserError, match="--size is for films, pictures"):
        opened(frame, size=(8, 8))
    from sparring.config.reading import load_recipe

    walks = kind(
        {"series_id": np.repeat(np.arange(20), 10), "step": np.tile(np.arange(10), 20), "x": rng.normal(size=200)}
    )
    assert opened(walks, recipe=load_recipe("series")).modality == "series"


def test_pictures_that_cannot_be_used_are_said_where_none_are_left():
    with pytest.raises(UserError, match="fewer than two different usable items.*Skipped: 8, such as"):
        open_data(np.where(np.arange(9)[:, None, None] > 0, np.nan, np.ones((9, 8, 8))))
