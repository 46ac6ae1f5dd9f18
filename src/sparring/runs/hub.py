"""Runs on a model hub: `hf://user/name@revision` stands for a run folder wherever one is read.

Only tensors (safetensors) and text (JSON, YAML) are fetched, into the cache, once for each revision. What a hub says
is not trusted: names, sizes and hashes are checked before anything is kept, and nothing is ever unpickled.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..util import files
from ..util.hashed import hash_matches, with_hash
from ..util.notes import warn
from ..util.progress import bar

ADDRESS = re.compile(r"hf:(?:/+(?P<name>[^@]*)(?:@(?P<revision>.*))?)?", re.DOTALL)
NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
REVISION = re.compile(r"[A-Za-z0-9](?!.*\.\.)[\w./-]{0,200}", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
DEFAULT_REVISION = "main"
SUFFIXES = (".safetensors", ".json", ".yaml")
NEVER = ("local.json",)  # says where data lies on one machine: nobody else's business, and nobody else may say it
PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".bin", ".joblib", ".npy", ".npz")
MAX_TENSORS, MAX_TEXT, MAX_WHOLE = 4 << 30, 64 << 20, 8 << 30  # bytes of a file of each kind, and of all
MAX_FILES, MAX_LISTED = 64, 10_000
MANIFEST = ".hub"  # beside the files of a revision: their hashes
_fetched: dict[str, Path] = {}
_one_at_a_time = threading.RLock()


@dataclass(frozen=True)
class Address:
    """A run on a hub. revision: a branch, a tag or a commit."""

    name: str
    revision: str = DEFAULT_REVISION

    def __str__(self) -> str:
        return f"hf://{self.name}@{self.revision}"


@dataclass(frozen=True)
class Listed:
    """A file as the hub lists it. digest: its hash as the hub gives it, SHA-256 or that of git."""

    name: str
    size: int
    digest: str


def is_address(path: Path) -> bool:
    """Whether a path is meant as a run on a hub; `Path` makes one slash of two."""
    return ADDRESS.fullmatch(path.as_posix()) is not None


def address_of(path: Path) -> Address:
    """The parts of hf://user/name@revision. Raises UserError for what is none."""
    found = ADDRESS.fullmatch(path.as_posix())
    name, revision = (found["name"] or "", found["revision"]) if found else ("", None)
    revision = DEFAULT_REVISION if revision is None else revision
    if not NAME.fullmatch(name) or ".." in name or not REVISION.fullmatch(revision):
        raise UserError(f"{path.as_posix()} is no run on a hub; write hf://user/name or hf://user/name@revision")
    return Address(name, revision)


def check_installed() -> None:
    """Raises UserError where the library is missing that talks to the hub."""
    if importlib.util.find_spec("huggingface_hub") is None:
        raise UserError('runs on a hub need huggingface_hub; run: pip install "sparring[hub]"')


def fetched(path: Path) -> Path:
    """The folder in the cache with the run that an address names. What it stands for is said once in a process.

    A commit that is in the cache is used without a request. For a branch or a tag the hub is asked which commit it
    is; where there is no answer, the commit that it was last is used.

    Raises:
        UserError: The address, what the hub sends, or the way there is wrong.
    """
    address = address_of(path)
    with _one_at_a_time:
        if str(address) not in _fetched:
            _fetched[str(address)] = _folder_of(address)
        return _fetched[str(address)]


def forget() -> None:
    """Ask the hub again for every address, as a new process would."""
    with _one_at_a_time:
        _fetched.clear()


def _folder_of(address: Address) -> Path:
    commit, known = _commit_of(address)
    home = _home(address)
    folder = home / commit
    if _is_whole(folder):
        warn(f"{address} is revision {commit}{known}, from the cache")
        return folder
    if known:
        raise UserError(f"{address}: the hub does not answer, and revision {commit} is not whole in the cache")
    listed = _chosen(address, commit)
    temporary = files.temporary_path(folder)
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        for each in listed:
            _fetch(address, commit, each, temporary)
        shutil.rmtree(temporary / ".cache", ignore_errors=True)  # the library's own notes
        files.write_json(
            temporary / MANIFEST, with_hash({each.name: _sha256(temporary / each.name) for each in listed})
        )
        files.replace_folder(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    size = sum(each.size for each in listed)
    warn(f"{address} is revision {commit}: fetched {len(listed)} files, {size / 1e6:.1f} MB")
    return folder


def _home(address: Address) -> Path:
    return files.cache_folder("hub", address.name.replace("/", "--"))


def _commit_of(address: Address) -> tuple[str, str]:
    """The commit of an address; and what to say where the hub did not answer and the last known one is used."""
    if COMMIT.fullmatch(address.revision):
        return address.revision, ""
    note = _home(address) / f"{files.file_name(address.revision)}.revision"
    try:
        with hub_faults(str(address)):
            from huggingface_hub import HfApi

            commit = str(HfApi().model_info(address.name, revision=address.revision).sha)
    except Unreachable:
        commit = note.read_text(encoding="utf-8") if note.is_file() and not note.is_symlink() else ""
        if not COMMIT.fullmatch(commit):
            raise
        return commit, " (as last known: the hub does not answer)"
    if not COMMIT.fullmatch(commit):
        raise UserError(f"{address}: the hub names no revision for it")
    files.write_text(note, commit)
    return commit, ""


def _chosen(address: Address, commit: str) -> list[Listed]:
    """The files that are fetched. Raises UserError for what is no run, or holds what it may not."""
    chosen: list[Listed] = []
    with hub_faults(str(address)):
        from huggingface_hub import HfApi
        from huggingface_hub.hf_api import RepoFile

        for number, entry in enumerate(HfApi().list_repo_tree(address.name, revision=commit)):
            _check_name(address, entry.path)
            if number >= MAX_LISTED:
                raise UserError(f"{address} lists more than {MAX_LISTED:,} files; that is no run")
            if not isinstance(entry, RepoFile) or "/" in entry.path or entry.path in NEVER:
                continue
            if entry.path.endswith(SUFFIXES):
                digest = entry.lfs.sha256 if entry.lfs else entry.blob_id
                chosen.append(Listed(entry.path, entry.size, digest))
    _check_sizes(address, chosen)
    return chosen


def _check_name(address: Address, name: str) -> None:
    if name in ("", ".", "..", MANIFEST) or re.search(r"[\\:\0\n]|^/|(^|/)\.\.(/|$)", name):
        raise UserError(f"{address} holds a file named {name!r}, which would be written elsewhere; nothing was fetched")
    if name.lower().endswith(PICKLES):
        raise UserError(f"{address} holds {name}, a kind of file that can run code; nothing was fetched")


def _check_sizes(address: Address, chosen: list[Listed]) -> None:
    if "recipe.yaml" not in {each.name for each in chosen}:
        raise UserError(f"{address} is no run of sparring: it has no recipe.yaml")
    if len(chosen) > MAX_FILES:
        raise UserError(f"{address} has {len(chosen)} files to fetch, and a run has at most {MAX_FILES}")
    for each in chosen:
        most = MAX_TENSORS if each.name.endswith(".safetensors") else MAX_TEXT
        if not 0 <= each.size <= most:
            raise UserError(f"{address}: {each.name} has {each.size:,} bytes, more than the {most:,} allowed")
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", each.digest or ""):
            raise UserError(f"{address}: the hub gives no hash of {each.name}, so that it cannot be checked")
    if (whole := sum(each.size for each in chosen)) > MAX_WHOLE:
        raise UserError(f"{address} has {whole:,} bytes, more than the {MAX_WHOLE:,} allowed")


def _fetch(address: Address, commit: str, listed: Listed, folder: Path) -> None:
    """Download one file. Raises UserError where it is not what the hub listed."""
    from huggingface_hub import hf_hub_download

    target = folder / listed.name
    with bar(listed.size, listed.name, unit_bytes=True) as advance, hub_faults(str(address)):
        hf_hub_download(
            address.name,
            listed.name,
            revision=commit,
            local_dir=folder,
            tqdm_class=_bounded(address, listed, advance),
        )
    if target.is_symlink() or not target.is_file():
        raise UserError(f"{address}: {listed.name} is a link and no file; nothing was kept")
    if target.stat().st_size != listed.size or _digest(target, listed.digest) != listed.digest:
        raise UserError(f"{address}: {listed.name} has another hash than the hub lists; nothing was kept")
    if listed.name.endswith(".safetensors"):
        _check_tensors(address, target)


def _bounded(address: Address, listed: Listed, advance: Any) -> type:
    """A progress bar that ends a download of more bytes than were listed: no server may fill the disk."""
    from huggingface_hub.utils import tqdm

    class Bounded(tqdm):
        seen = 0

        def __init__(self, *args: Any, **options: Any):
            super().__init__(*args, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> None:
            self.seen += int(n or 0)
            if self.seen > listed.size:
                raise UserError(f"{address} sends more of {listed.name} than the {listed.size:,} bytes that it lists")
            advance(int(n or 0))

    return Bounded


def _check_tensors(address: Address, path: Path) -> None:
    """Raises UserError for a pickle, or anything else, under the name of a file of tensors."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as found:
            found.keys()
    except (SafetensorError, OSError, ValueError) as error:
        why = str(error).partition("\n")[0]
        raise UserError(
            f"{address}: {path.name} is not a safetensors file ({why}); for safety nothing else is loaded"
        ) from None


def _is_whole(folder: Path) -> bool:
    """Whether a folder of the cache holds what was fetched, as it was: no byte changed, no link in place of a file."""
    import json

    try:
        known = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if folder.is_symlink() or not hash_matches(known):
        return False
    paths = {folder / name: digest for name, digest in known.items() if name != "sha256"}
    return all(path.is_file() and not path.is_symlink() and _sha256(path) == digest for path, digest in paths.items())


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(path: Path, like: str) -> str:
    """The hash of a file, of the kind of the expected one: git's own of small files, SHA-256 of large ones."""
    if len(like) == 64:
        return _sha256(path)
    data = path.read_bytes()  # at most MAX_TEXT of texts; tensors that the hub keeps in git are small too
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


class Unreachable(UserError):
    """The hub does not answer."""


@contextlib.contextmanager
def hub_faults(what: str) -> Iterator[None]:
    """What goes wrong between here and the hub, as one sentence. what: what was asked for."""
    check_installed()
    import httpx2
    from huggingface_hub import errors

    try:
        yield
    except errors.GatedRepoError:
        raise UserError(f"{what} is gated: ask for access on its page, then log in with `hf auth login`") from None
    except errors.RepositoryNotFoundError:
        raise UserError(f"{what}: there is no such repository, or you may not see it (`hf auth login`)") from None
    except errors.RevisionNotFoundError:
        raise UserError(f"{what}: the repository has no such revision") from None
    except errors.HFValidationError as error:
        raise UserError(f"{what}: {str(error).partition('. ')[0].rstrip('.')}") from None
    except errors.HfHubHTTPError as error:
        code = getattr(error.response, "status_code", 0)
        if code in (401, 403):
            raise UserError(f"{what}: the hub refuses this account; log in with `hf auth login`") from None
        kind = Unreachable if code >= 500 else UserError
        raise kind(f"{what}: the hub answers {code} ({_first_line(error)})") from None
    except (errors.OfflineModeIsEnabled, errors.LocalEntryNotFoundError, httpx2.TransportError) as error:
        raise Unreachable(f"{what}: the hub does not answer ({_first_line(error)})") from None
    except OSError as error:
        if error.errno is not None:  # of this machine, such as a full disk
            raise
        raise UserError(f"{what}: what the hub sends is not what it lists ({_first_line(error)})") from None
    except (ValueError, KeyError, TypeError, AttributeError, httpx2.HTTPError) as error:  # an answer of another shape
        raise UserError(f"{what}: the hub answers what cannot be understood ({_first_line(error)})") from None


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
