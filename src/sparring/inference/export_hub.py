"""Shares a run on a model hub: what loads it again, and a model card. Nothing of this machine goes with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from .. import modalities
from ..errors import UserError
from ..reports.card import Shared, render, without_folders
from ..runs import hub, stored
from ..runs.folder import Run
from ..util import checks
from .loading import described, player_of

LICENCES = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}")  # identifiers of hubs, such as apache-2.0


@dataclass(frozen=True)
class Pushed:
    """A run on a hub. revision: the commit. names: of the files."""

    place: str
    revision: str
    names: tuple[str, ...]
    size: int


def push(
    run: str | Path, name: str, revision: str = hub.DEFAULT_REVISION, private: bool = False, licence: str | None = None
) -> Pushed:
    """Push a run to a model hub, as one commit. The account is the one that `hf auth login` left, or $HF_TOKEN.

    The generator is loaded first, so that nobody gets one that cannot be. The safetensors files, source.json,
    codec.json, evaluation.json and recipe.yaml go, and a README.md with what hubs read; checkpoints, samples, the log
    and local.json do not. The command in recipe.yaml loses its folders. Files of an earlier push that the run does
    not have are removed there.

    Args:
        run: The run folder.
        name: user/name.
        revision: The branch; it is made where there is none.
        private: Make a new repository private. One that exists stays as it is.
        licence: Of the model, as hubs write it, such as apache-2.0.

    Raises:
        UserError: The run has no generator yet, a name is wrong, or the hub refuses.
    """
    folder = Run(checks.path(run, "RUN"))
    address = hub.Address(_name(name), _revision(revision))
    if licence is not None and not (isinstance(licence, str) and LICENCES.fullmatch(licence)):
        raise UserError(f"--license should be an identifier such as apache-2.0, not {checks.shown(licence)}")
    hub.check_installed()
    contents = _contents(folder, f"hf://{address.name}", licence)
    with hub.hub_faults(str(address)):
        commit = _commit(address, contents, private)
    return Pushed(f"hf://{address.name}@{commit}", commit, tuple(contents), sum(map(len, contents.values())))


def _name(name: Any) -> str:
    if not isinstance(name, str) or not hub.NAME.fullmatch(name.removeprefix("hf://")) or ".." in name:
        raise UserError(f"--to hub takes the name user/name of a repository, not {checks.shown(name)}")
    return name.removeprefix("hf://")


def _revision(revision: Any) -> str:
    if not isinstance(revision, str) or not hub.REVISION.fullmatch(revision) or hub.COMMIT.fullmatch(revision):
        raise UserError(f"--revision should be the name of a branch, not {checks.shown(revision)}")
    return revision


def _contents(run: Run, place: str, licence: str | None) -> dict[str, bytes]:
    """What is pushed, by name. Raises UserError for a run that cannot be loaded."""
    recipe, source, codec = described(run)
    classes = 0 if codec.input else len(source["classes"])
    player_of(run, "generator", recipe, codec, classes, "cpu")
    tag = modalities.get(source["modality"]).pipeline_tag(codec)
    parts = run.parts()
    paths = sorted([*run.path.glob("*.safetensors"), *(run.path / name for name in ("source.json", "codec.json"))])
    contents = {path.name: path.read_bytes() for path in paths}
    if parts.evaluation:
        contents["evaluation.json"] = (run.path / "evaluation.json").read_bytes()
    contents["recipe.yaml"] = _recipe(run)
    contents["README.md"] = render(parts, Shared(place, licence, tag)).encode()
    return contents


def _recipe(run: Run) -> bytes:
    """recipe.yaml without the folders of this machine."""
    values = stored.read(run.path / "recipe.yaml")
    told = {key: _without_places(values[key]) for key in ("asked", "data")}
    shared = {**values, **told, "command": without_folders(values["command"])}
    return stored.text(run.path / "recipe.yaml", shared).encode()


def _without_places(value: Any) -> Any:
    """Plain values in which absolute paths are cut to their last names."""
    if isinstance(value, dict):
        return {key: _without_places(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_places(each) for each in value]
    if isinstance(value, str):
        for kind in (PurePosixPath, PureWindowsPath):
            if kind(value).is_absolute():
                return kind(value).name
    return value


def _commit(address: hub.Address, contents: dict[str, bytes], private: bool) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

    api = HfApi()
    api.create_repo(address.name, private=private, exist_ok=True)
    if address.revision != hub.DEFAULT_REVISION:
        api.create_branch(address.name, branch=address.revision, exist_ok=True)
    there = {entry.path for entry in api.list_repo_tree(address.name, revision=address.revision)}
    stale = [name for name in there - contents.keys() if "/" not in name and name.endswith(hub.SUFFIXES)]
    added = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=data) for name, data in contents.items()]
    removed = [CommitOperationDelete(path_in_repo=name) for name in sorted(stale)]
    done = api.create_commit(
        address.name,
        operations=[*added, *removed],
        commit_message="A run of sparring",
        revision=address.revision,
    )
    return str(done.oid)
