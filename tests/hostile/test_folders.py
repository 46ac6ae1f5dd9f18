"""Folders, archives, labels and arrays that are hostile to a reader: each is read as its owner means it, or refused."""

from __future__ import annotations

import gzip
import io
import json
import stat
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from data_samples import classes, idx, mnist_like, packed_tar, packed_zip, picture, png, put
from hostile_zoo import Case, run_case
from sparring.data.in_memory import InMemory
from sparring.modalities.opening import open_data

pytestmark = pytest.mark.usefixtures("own_cache")
LOOSE = {f"{index}.png": png(picture(index)) for index in range(20)}


def opened(address):
    """The address may be a pair of data and options."""
    data, options = address if isinstance(address, tuple) else (address, {})
    return open_data(data, options)


def holds(classes=(), count=None, noted="", skipped=()):
    """A source with these classes, so many examples, a note with these words, and files skipped with these reasons."""

    def check(source):
        assert source.classes == classes
        assert count is None or sum(source.report.counts.values()) == count, source.report
        assert noted in " ".join(source.notes), source.notes
        reasons = " ".join(f"{name}: {reason}" for name, reason in source.report.skipped)
        for words in skipped:
            assert words in reasons, reasons

    return check


def in_folder(files, **options):
    return lambda folder: (put(folder / "data", files), options)


def labelled(text, name="labels.csv", files=LOOSE, **options):
    return in_folder(files | {name: text if isinstance(text, bytes) else text.encode()}, **options)


def rows(*cells, header="file,label"):
    return "\n".join([header, *(f"{index}.png," + cells[index % len(cells)] for index in range(20))])


def as_json(told):
    return json.dumps(told).encode()


def coco(categories, **more):
    images = [{"id": index, "file_name": f"{index}.png"} for index in range(20)]
    objects = [
        {"image_id": index, **({} if kind is None else {"category_id": kind})}
        for index in range(20)
        for kind in categories[index % len(categories)]
    ]
    names = [{"id": 1, "name": "cat"}, {"id": 7, "name": "dog"}]
    return as_json({"images": images, "annotations": objects, "categories": names, **more})


def linked_classes(folder):
    store = put(folder / "store", LOOSE)
    for name, numbers in (("even", range(0, 20, 2)), ("odd", range(1, 20, 2))):
        (folder / "data" / name).mkdir(parents=True)
        for number in numbers:
            (folder / "data" / name / f"{number}.png").symlink_to(store / f"{number}.png")
    return folder / "data"


def loop(folder):
    root = put(folder / "data", classes())
    (root / "cat" / "again").symlink_to(root)
    (root / "fox").symlink_to(root / "fox")
    return root


def zipped(files, names=lambda name: name, **facts):
    def make(folder):
        with zipfile.ZipFile(folder / "a.zip", "w") as archive:
            for name, content in files.items():
                info = zipfile.ZipInfo(names(name))
                info.external_attr = facts.get("attributes", 0) if name.endswith("1.png") else 0
                archive.writestr(info, content)
        return folder / "a.zip"

    return make


def without_unicode_mark(folder):
    """As programs write that store UTF-8 names and do not say so."""
    path = packed_zip(folder / "a.zip", classes(names=("Äpfel", "Öl")))
    raw = path.read_bytes().replace(b"\x14\x00\x00\x08\x00\x00", b"\x14\x00\x00\x00\x00\x00")
    path.write_bytes(raw)
    return path


def encrypted(folder):
    path = packed_zip(folder / "a.zip", LOOSE)
    raw = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := raw.find(mark, at + 1)) >= 0:
            raw[at + place] |= 1
    path.write_bytes(raw)
    return path


def twice_in_a_zip(folder):
    path = packed_zip(folder / "a.zip", LOOSE | {"again.png": LOOSE["1.png"]})
    path.write_bytes(path.read_bytes().replace(b"again.png", b"././0.png"))
    return path


def tar_with_links(folder):
    with tarfile.open(folder / "a.tar", "w") as archive:
        for name, content in classes().items():
            info = tarfile.TarInfo(f"./{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, kind, target in (
            ("cat/hard.png", tarfile.LNKTYPE, "./cat/0.png"),
            ("cat/soft.png", tarfile.SYMTYPE, "/etc/passwd"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return folder / "a.tar"


def cut_tar(folder):
    path = packed_tar(folder / "a.tar", LOOSE)
    path.write_bytes(path.read_bytes()[: 512 * 12])
    return path


def parquet_beside_pictures(folder):
    import pyarrow
    import pyarrow.parquet

    root = put(folder / "data", LOOSE)
    pyarrow.parquet.write_table(pyarrow.table({"image": [png(picture(1))] * 3}), root / "train.parquet")
    return root


def pair_folders(one, other, change):
    def make(folder):
        rng, files = np.random.default_rng(0), {}
        for index in range(16):
            seen = [Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8)).resize((24, 24)) for _ in range(2)]
            files |= {f"{one}/{index}.png": png(seen[0]), f"{other}/{index}.png": png(change(*seen))}
        return put(folder / "data", files)

    return make


def blurred(first, second):
    return first.filter(ImageFilter.GaussianBlur(2))


def stranger(first, second):
    return second


def half_alike(first, second):
    """Alike and not alike in turn: the pictures do not decide."""
    return first if np.asarray(first)[0, 0, 0] > 200 else second


def is_pairs(source):
    assert (source.modality, sum(source.report.counts.values())) == ("pairs", 16)


def idx_folder(folder, **options):
    values, labels = mnist_like(30)
    files = {"train-images-idx3-ubyte": idx(values), "train-labels-idx1-ubyte.gz": gzip.compress(idx(labels))}
    return put(folder / "data", files), options


ARRAY = np.random.default_rng(0).integers(0, 256, (30, 9, 12, 3), dtype=np.uint8)


def in_memory(data, labels=None):
    return lambda folder: InMemory(data, labels)


def saved(values):
    def make(folder):
        np.save(folder / "a.npy", values)
        return folder / "a.npy"

    return make


def unlabelled_arrays(folder):
    np.savez(folder / "a.npz", ARRAY, np.arange(30))
    return folder / "a.npz"


def labelled_arrays(labels):
    def make(folder):
        np.savez(folder / "a.npz", images=ARRAY, labels=labels)
        return folder / "a.npz"

    return make


AB, CAT_DOG = ("a", "b"), ("cat", "dog")
ZOO = {
    # links
    "class folders of links": Case(linked_classes, holds(("even", "odd"), 20)),
    "links in a circle": Case(loop, holds(CAT_DOG, 40, skipped=["read already: this folder", "leads nowhere"])),
    # what lies around
    "left behind by systems": Case(
        in_folder(classes() | {"Thumbs.DB": b"x", "cat/.DS_Store": b"x", "__MACOSX/cat/._0.png": b"x"}),
        holds(CAT_DOG, 40, skipped=["Thumbs.DB: hidden", "__MACOSX: hidden"]),
    ),
    "an empty class folder": Case(
        lambda folder: [put(folder, classes()), (folder / "fox").mkdir()][0],
        holds(CAT_DOG, 40, skipped=["fox: an empty folder"]),
    ),
    "upper-case and wrong suffixes, empty files": Case(
        in_folder(classes() | {"cat/a.PNG": png(picture(7)), "cat/b.jpg": png(picture(8)), "dog/c.png": b""}),
        holds(CAT_DOG, 42, skipped=["dog/c.png: empty file"]),
    ),
    "classes far below": Case(in_folder(classes("a/b/c/")), holds(CAT_DOG, 40)),
    "classes below classes": Case(
        in_folder(classes("pets/") | classes("wild/", ("fox", "owl"), start=900)),
        holds(("pets", "wild"), 80, noted="--label-level leaf"),
    ),
    "the folders of CycleGAN": Case(
        in_folder(
            {
                f"{name}/{n}.png": png(picture(n + 99 * k))
                for k, name in enumerate(["trainA", "trainB", "testA", "testB"])
                for n in range(10)
            }
        ),
        lambda source: (holds(("A", "B"), 40)(source), source.report.counts["test"] == 20 or pytest.fail("splits")),
    ),
    "splits with other words": Case(
        in_folder(
            {
                f"{split}/{split}/{name}/{n}.png": png(picture(n + 99 * k))
                for k, (split, name) in enumerate(
                    [("seg_train", "cat"), ("seg_train", "dog"), ("seg_test", "cat"), ("seg_test", "dog")]
                )
                for n in range(10)
            }
        ),
        lambda source: (holds(("cat", "dog"), 40)(source), source.report.counts["test"] == 20 or pytest.fail("splits")),
    ),
    "splits below classes": Case(
        in_folder(
            {
                f"{name}/{split}/{n}.png": png(picture(n + 99 * k))
                for k, (name, split) in enumerate(
                    [("cat", "train"), ("cat", "test"), ("dog", "train"), ("dog", "test")]
                )
                for n in range(10)
            }
        ),
        lambda source: (holds(("cat", "dog"), 40)(source), source.report.counts["test"] == 20 or pytest.fail("splits")),
    ),
    "a class that is called train": Case(
        in_folder(
            {f"{name}/{n}.png": png(picture(n + 99 * k)) for k, name in enumerate(["bus", "train"]) for n in range(10)}
        ),
        holds(("bus", "train"), 20),
    ),
    "boxes beside pictures": Case(
        in_folder(
            {f"images/{n}.png": png(picture(n)) for n in range(20)}
            | {f"labels/{n}.txt": b"0 1 1 1 1" for n in range(20)}
        ),
        holds((), 20, skipped=("labels/0.txt: not a picture",)),
    ),
    "numbered classes": Case(
        in_folder(classes(names=("class 2", "class 10", "class 1"))), holds(("class 1", "class 2", "class 10"), 60)
    ),
    "tables beside pictures": Case(parquet_beside_pictures, refused=("train.parquet", "0.png", "one kind alone")),
    "an archive beside pictures": Case(
        in_folder(LOOSE | {"more.zip": b"PK"}), holds((), 20, skipped=["more.zip: an archive", "unpack it"])
    ),
    # pairs or classes
    "pairs named like classes": Case(pair_folders("low", "high", blurred), is_pairs),
    "classes named like pairs": Case(pair_folders("a", "b", stranger), holds(AB, 32, noted="--recipe pix2pix")),
    "pairs or classes": Case(pair_folders("a", "b", half_alike), refused=("--recipe pix2pix", "--recipe mixture")),
    "pairs by their names": Case(pair_folders("input", "target", stranger), is_pairs),
    # labels in tables
    "semicolons and tabs in labels.csv": Case(
        labelled(rows("a", "b").replace(",", ";")), holds(AB, 20, noted="the column 'label'")
    ),
    "several columns of labels": Case(
        labelled(rows("x,3", "y,4", header="file,kind,weight")), holds((), 20, noted="choose one with --labels")
    ),
    "a column that was asked for": Case(
        labelled(rows("x,3", "y,4", header="file,kind,weight"), labels="weight"), holds(("3", "4"), 20, noted="kind")
    ),
    "a column that is not there": Case(labelled(rows("a", "b"), labels="kind"), refused=("no column 'kind'", "label")),
    "numbers as labels": Case(labelled(rows("1.0", "2.0", "10.0")), holds(("1", "2", "10"), 20)),
    "cells of nan": Case(labelled(rows("a", "b", "a", "b", "NaN")), holds((), 20, noted="4 of 20 items have none")),
    "names of files elsewhere": Case(
        labelled(rows("a", "b").replace("\n", "\n../other/")), refused=("none of the files", "../other/0.png")
    ),
    "a number of thousands of digits in a name": Case(
        in_folder({f"{'9' * 200}{index}/{name}": data for index in "ab" for name, data in LOOSE.items()}),
        holds(("9" * 200 + "a", "9" * 200 + "b"), 40),
    ),
    "a number of its own for each": Case(
        labelled("file,score\n" + "\n".join(f"{n}.png,{n / 7}" for n in range(20)), labels="score"),
        refused=("20 classes for 20 items", "--labels"),
    ),
    "several classes in a label": Case(
        labelled(rows("a;b", "b;c", "a;c", "b;a")), holds(("a;b", "a;c", "b;a", "b;c"), 20, noted="each combination")
    ),
    "two labels for a file": Case(
        labelled(rows("a", "b") + "\n3.png,z"), refused=("3.png twice", "'b'", "'z'", "--labels none")
    ),
    "a one among zeros": Case(labelled(rows("1,0", "0,1", header="image_id,cat,dog")), holds(CAT_DOG, 20)),
    "names without suffix, below another folder": Case(
        labelled(
            "id,breed\n" + "\n".join(f"{n},{'ab'[n % 2]}" for n in range(20)),
            files={f"pictures/{name}": content for name, content in LOOSE.items()},
        ),
        holds(AB, 20),
    ),
    "UTF-16, and other cases": Case(
        labelled(rows("ä", "ö").upper().replace("FILE,LABEL", "File,Label").encode("utf-16")), holds(("Ä", "Ö"), 20)
    ),
    "a table about other files": Case(labelled("file,label\nx.png,a\ny.png,b"), refused=("none of the files", "x.png")),
    "a table of an unknown name": Case(
        labelled(rows("a", "b"), name="train_labels.csv"), holds((), 20, noted="Not used: train_labels.csv")
    ),
    "metadata.jsonl with captions": Case(
        labelled(
            "\n".join(json.dumps({"file_name": f"{n}.png", "text": f"no {n}"}) for n in range(20)), "metadata.jsonl"
        ),
        holds((), 20, noted="text"),
    ),
    "metadata.jsonl with labels": Case(
        labelled("\n".join(json.dumps({"file_name": f"{n}.png", "label": n % 2}) for n in range(20)), "metadata.jsonl"),
        holds(("0", "1"), 20),
    ),
    "metadata.jsonl in pieces": Case(labelled('{"file_name": "0.png"', "metadata.jsonl"), refused=("line 1", "JSON")),
    "dataset.json of StyleGAN": Case(
        labelled(as_json({"labels": [[f"{n}.png", n % 4] for n in range(20)]}), "dataset.json"),
        holds(tuple(map(str, range(4))), 20),
    ),
    **{
        f"{name} in {encoding}": Case(
            labelled(make(words).encode(encoding), name, **({"encoding": encoding} if told else {})),
            holds(words, 20, noted="" if told or encoding == "utf-8-sig" else "read as"),
        )
        for encoding, words, told in (
            ("cp1252", ("Chêne", "Érable"), False),
            ("cp1252", ("Chêne", "Érable"), True),
            ("cp1250", ("buk", "dąb"), True),
            ("utf-8-sig", ("Chêne", "Érable"), False),
            ("utf-16", ("Chêne", "Érable"), True),
        )
        for name, make in (
            ("labels.csv", lambda words: rows(*words)),
            ("labels.tsv", lambda words: rows(*words).replace(",", "\t")),
            (
                "metadata.jsonl",
                lambda words: "\n".join(
                    json.dumps({"file_name": f"{n}.png", "label": words[n % 2]}, ensure_ascii=False) for n in range(20)
                ),
            ),
        )
    },
    "labels that are not of the encoding that was said": Case(
        labelled(rows("Chêne", "Érable").encode("cp1252"), encoding="utf-8"), refused=("labels.csv", "cannot be read")
    ),
    "an encoding that there is none of": Case(
        labelled(rows("a", "b"), encoding="cp9999"), refused=("--encoding", "cp9999")
    ),
    "an encoding of nothing": Case(in_folder(LOOSE, encoding="cp1252"), refused=("--encoding", "leave it out")),
    "dataset.json without labels": Case(
        labelled(as_json({"labels": None}), "dataset.json"), holds((), 20, noted="holds no labels")
    ),
    "dataset.json with vectors": Case(
        labelled(as_json({"labels": [[f"{n}.png", [0.3, 0.7]] for n in range(20)]}), "dataset.json"),
        holds((), 20, noted="no class"),
    ),
    "COCO with one kind a picture": Case(
        labelled(coco([[1, 1], [7]]), "annotations/instances_train.json"), holds(CAT_DOG, 20)
    ),
    "COCO with several kinds a picture": Case(
        labelled(coco([[1, 7], [7]]), "annotations.json"), holds((), 20, noted="several categories")
    ),
    "COCO with captions": Case(labelled(coco([[None]]), "captions.json"), holds((), 20, noted="holds no categories")),
    "labels in the names": Case(
        in_folder({f"{'cat' if n % 2 else 'dog'}.{n}.png": png(picture(n)) for n in range(20)}),
        holds((), 20, noted="2 classes (cat, dog), which are not used: ask for them with --labels filename"),
    ),
    "labels in the names, asked for": Case(
        in_folder({f"img{n}_label-{n % 3}.png": png(picture(n)) for n in range(20)}, labels="filename"),
        holds(("0", "1", "2"), 20),
    ),
    "no labels in the names": Case(in_folder(LOOSE, labels="filename"), refused=("tell no classes",)),
    "a column of labels for IDX files": Case(
        lambda folder: idx_folder(folder, labels="kind"), refused=("no column 'kind'", "the labels file")
    ),
    # archives
    "back-slashes": Case(zipped(classes(), lambda name: name.replace("/", "\\")), holds(CAT_DOG, 40)),
    "absolute names and drives": Case(zipped(classes(), lambda name: f"/C:/x/../{name}"), holds(CAT_DOG, 40)),
    "names that climb": Case(zipped(classes(), lambda name: f"../../{name}"), holds(CAT_DOG, 40)),
    "UTF-8 names without the mark": Case(without_unicode_mark, holds(("Äpfel", "Öl"), 40)),
    "links in a zip": Case(
        zipped(LOOSE, attributes=(stat.S_IFLNK | 0o777) << 16), holds((), 18, skipped=["1.png: a link", "11.png"])
    ),
    "a password": Case(encrypted, refused=("protected by a password", "unpack it")),
    "the same name twice": Case(twice_in_a_zip, holds((), 20, skipped=["0.png: a file of the same name"])),
    "links in a tar": Case(tar_with_links, holds(CAT_DOG, 41, skipped=["soft.png: a link"])),
    "a tar that was cut off": Case(cut_tar, refused=("not a whole archive",)),
    # arrays
    "axes in two ways": Case(
        saved(np.zeros((30, 3, 8, 4), np.uint8)), refused=("30 x 3 x 8 x 4", "leave its axis out")
    ),
    "a single picture": Case(saved(ARRAY[0]), refused=("looks like a single picture",)),
    "a single picture, channels first": Case(in_memory(ARRAY[0].transpose(2, 0, 1)), refused=("a single picture",)),
    "flattened pictures": Case(saved(np.zeros((30, 784), np.uint8)), refused=("reshape it to N x 28 x 28",)),
    "labels under another name": Case(unlabelled_arrays, holds((), 30, noted="Not used: arr_1")),
    "a number as labels": Case(in_memory(ARRAY, 5), refused=("a int came beside 30 pictures", "a list")),
    "too few labels": Case(in_memory(ARRAY, [0, 1]), refused=("2 labels came beside 30 pictures",)),
    "ragged labels": Case(in_memory(ARRAY, [[0], [1, 2]] * 15), refused=("beside 30 pictures",)),
    "a label that is None": Case(
        in_memory(ARRAY, [None, *[0, 1] * 14, 0]), holds(("0", "1"), 29, skipped=["array[0]: no label"])
    ),
    "labels that are missing numbers": Case(
        in_memory(list(map(Image.fromarray, ARRAY)), [np.nan, *[0.0, 1.0] * 14, 0.0]),
        holds(("0", "1"), 29, skipped=["no label"]),
    ),
    "no label at all": Case(in_memory(ARRAY, [None] * 30), holds((), 30, noted="No item has a label")),
    "labels without order": Case(in_memory(ARRAY, dict.fromkeys(range(30))), refused=("a dict have no order",)),
    "a pair of arrays": Case(in_memory((ARRAY, np.arange(30))), refused=("a pair of arrays", "labels=")),
    "a dictionary": Case(in_memory({"images": ARRAY}), refused=("of a dictionary give the pictures",)),
    "halves as labels": Case(in_memory(ARRAY, [0.5] * 30), refused=("'0.5' is no label",)),
    "a dataset of pictures and labels of one element": Case(
        in_memory(
            torch.utils.data.TensorDataset(
                torch.tensor(ARRAY).permute(0, 3, 1, 2), torch.arange(30)[:, None].remainder(3)
            )
        ),
        holds(("0", "1", "2"), 30),
    ),
    "an array that masks numbers": Case(
        in_memory(np.ma.masked_greater(ARRAY, 250)), refused=("masks some of its numbers", "fill them")
    ),
    "labels that are missing numbers, in a file": Case(
        labelled_arrays(np.where(np.arange(30) == 0, np.nan, np.arange(30) % 2)), holds(("0", "1"), 29)
    ),
    "a dataset of lone tensors": Case(
        in_memory(torch.utils.data.TensorDataset(torch.tensor(ARRAY).permute(0, 3, 1, 2))), holds((), 30)
    ),
}


@pytest.mark.parametrize("name", ZOO)
def test_zoo(name, tmp_path):
    run_case(ZOO[name], opened, tmp_path)


def test_a_built_in_name_beside_a_folder_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(Path("digits"), LOOSE)
    assert "write ./digits" in open_data("digits").notes[0]
    holds((), 20)(open_data("./digits"))
