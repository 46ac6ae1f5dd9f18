import json
import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch

from sparring.errors import UserError
from sparring.util.safetensors import from_bytes, read_metadata, to_bytes

TENSORS = {"b": torch.ones(2), "a": torch.zeros(3, dtype=torch.int64)}


def test_tensors_and_metadata_come_back():
    data = to_bytes(TENSORS, {"z": 1, "a": [2]})
    loaded = from_bytes(data, Path("file"))
    assert {name: (tensor.tolist(), tensor.dtype) for name, tensor in loaded.items()} == {
        "b": ([1.0, 1.0], torch.float32),
        "a": ([0, 0, 0], torch.int64),
    }
    assert read_metadata(data, Path("file")) == {"z": 1, "a": [2]}
    assert read_metadata(to_bytes(TENSORS), Path("file")) == {}


def test_files_are_the_same_byte_for_byte_and_have_one_metadata_key():
    data = to_bytes(TENSORS, {"z": 1, "a": 2})
    assert data == to_bytes(TENSORS, {"a": 2, "z": 1})
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    assert list(header["__metadata__"]) == ["sparring"]
    assert safetensors.torch.load(data)["b"].tolist() == [1, 1]


class CodeOnLoading:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("read", [from_bytes, read_metadata])
def test_a_pickle_is_refused_without_being_loaded(tmp_path, read):
    path = tmp_path / "weights.safetensors"
    with pytest.raises(UserError, match="weights.safetensors is not a safetensors file"):
        read(pickle.dumps(CodeOnLoading(tmp_path / "code-was-run")), path)
    assert not (tmp_path / "code-was-run").exists()
