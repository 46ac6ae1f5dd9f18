"""The binary files of CIFAR-10: records of one label byte and 3 x 32 x 32 colour bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ..errors import UserError
from .contents import ArrayPart, Contents, Member

RECORD_BYTES = 1 + 3 * 32 * 32
NAME = re.compile(r"^(data_batch_\d|test_batch)\.bin$")


def from_members(members: Sequence[Member]) -> Contents | None:
    """The batches among these files; None where there are none. Raises UserError where a batch is damaged."""
    files = {member.name.rsplit("/", 1)[-1]: member for member in members}
    batches = sorted(name for name in files if NAME.match(name))
    if not batches:
        return None
    meta = files["batches.meta.txt"].whole().decode("utf-8", "replace").split() if "batches.meta.txt" in files else []
    classes = tuple(meta) if len(meta) == 10 else tuple(str(number) for number in range(10))
    found = Contents(labelled_by="the records", classes=classes)
    found.stamp = ",".join(f"{name}/{files[name].size}/{files[name].stamp}" for name in batches)
    for name in batches:
        data = np.frombuffer(files[name].whole(), np.uint8)
        if len(data) % RECORD_BYTES or not len(data) or data[::RECORD_BYTES].max() > 9:
            raise UserError(
                f"{files[name].shown} is not a whole CIFAR-10 batch ({len(data)} bytes): download it again."
            )
        records = data.reshape(-1, RECORD_BYTES)
        values = records[:, 1:].reshape(-1, 3, 32, 32)
        found.arrays.append(
            ArrayPart(
                name,
                values,
                [classes[label] for label in records[:, 0]],
                "test" if name.startswith("test") else "train",
            )
        )
    return found
