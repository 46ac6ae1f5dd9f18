"""A model hub in this process: repositories, branches and commits, as huggingface_hub asks for them."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from sparring.runs import hub

FIRST_LARGE = ".safetensors"  # kept under their SHA-256, as large files are


def git_hash(data: bytes) -> str:
    return hashlib.sha1(f"blob {len(data)}\0".encode() + data, usedforsecurity=False).hexdigest()


class FakeHub:
    """Repositories by name: branch -> commit, commit -> files.

    asked: method and path of every request. tree, content: change what is listed of a commit, and what is sent of a
    file. down: every request is answered with 503.
    """

    def __init__(self) -> None:
        self.branches: dict[str, dict[str, str]] = {}
        self.commits: dict[str, dict[str, bytes]] = {}
        self.private: dict[str, bool] = {}
        self.large: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.tree: Callable[[list[dict]], list[dict]] = lambda listed: listed
        self.content: Callable[[str, bytes], bytes] = lambda name, data: data
        self.down = False
        self.url = ""

    def put(self, repository: str, branch: str, files: dict[str, bytes]) -> str:
        """A commit of exactly these files. Returns its name."""
        known = "".join(f"{name} {git_hash(data)}\n" for name, data in sorted(files.items()))
        commit = hashlib.sha1(f"{repository} {len(self.commits)} {known}".encode(), usedforsecurity=False).hexdigest()
        self.commits[commit] = dict(files)
        self.branches.setdefault(repository, {})[branch] = commit
        return commit

    def files(self, repository: str, branch: str = "main") -> dict[str, bytes]:
        return self.commits[self.branches[repository][branch]]

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object, dict[str, str]]:
        """Status, content (bytes or what JSON takes) and headers."""
        self.asked.append((method, path))
        if self.down:
            return 503, {"error": "down"}, {}
        for pattern, reply in (
            (r"/api/repos/create", self._create),
            (r"/api/validate-yaml", self._validate),
            (r"/api/models/(?P<name>[^/]+/[^/]+)/branch/(?P<branch>.+)", self._branch),
            (r"/api/models/(?P<name>[^/]+/[^/]+)/preupload/.+", self._preupload),
            (r"/api/models/(?P<name>[^/]+/[^/]+)/commit/(?P<branch>.+)", self._commit),
            (r"/api/models/(?P<name>[^/]+/[^/]+)/revision/(?P<branch>.+)", self._revision),
            (r"/api/models/(?P<name>[^/]+/[^/]+)/tree/(?P<branch>[^/]+)", self._tree),
            (r"/(?P<name>[^/]+/[^/]+)\.git/info/lfs/objects/batch", self._batch),
            (r"/large/(?P<digest>\w+)", self._keep),
            (r"/(?P<name>[^/]+/[^/]+)/resolve/(?P<branch>[^/]+)/(?P<file>.+)", self._resolve),
        ):
            if found := re.fullmatch(pattern, path):
                return reply(body, **found.groupdict())
        return 404, {"error": f"no {path}"}, {}

    def _create(self, body: bytes):
        asked = json.loads(body)
        name = f"{asked['organization']}/{asked['name']}" if asked.get("organization") else asked["name"]
        if name in self.branches:
            return 409, {"error": "exists", "url": f"{self.url}/{name}"}, {}
        self.put(name, "main", {".gitattributes": b"*.safetensors filter=lfs\n"})
        self.private[name] = bool(asked.get("private")) or asked.get("visibility") == "private"
        return 200, {"url": f"{self.url}/{name}", "id": name, "name": name}, {}

    def _validate(self, body: bytes):
        front = yaml.safe_load(json.loads(body)["content"].split("---")[1])
        missing = {"library_name", "license", "tags"} - front.keys()
        return 200, {"errors": [{"message": str(missing)}] if missing else [], "warnings": []}, {}

    def _branch(self, body: bytes, name: str, branch: str):
        if branch in self.branches[name]:
            return 409, {"error": "exists"}, {}
        self.branches[name][branch] = self.branches[name]["main"]
        return 200, {}, {}

    def _preupload(self, body: bytes, name: str):
        listed = [
            {
                "path": each["path"],
                "uploadMode": "lfs" if each["path"].endswith(FIRST_LARGE) else "regular",
                "shouldIgnore": False,
            }
            for each in json.loads(body)["files"]
        ]
        return 200, {"files": listed}, {}

    def _batch(self, body: bytes, name: str):
        listed = [
            {**each, "actions": {"upload": {"href": f"{self.url}/large/{each['oid']}"}}}
            for each in json.loads(body)["objects"]
        ]
        return 200, {"transfer": "basic", "objects": listed}, {"Content-Type": "application/vnd.git-lfs+json"}

    def _keep(self, body: bytes, digest: str):
        assert hashlib.sha256(body).hexdigest() == digest
        self.large[digest] = body
        return 200, {}, {}

    def _commit(self, body: bytes, name: str, branch: str):
        files = dict(self.files(name, branch))
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.large[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
        commit = self.put(name, branch, files)
        return 200, {"commitUrl": f"{self.url}/{name}/commit/{commit}", "commitOid": commit, "success": True}, {}

    def _known(self, name: str, branch: str) -> str | None:
        branch = unquote(branch)
        return self.branches.get(name, {}).get(branch, branch if branch in self.commits else None)

    def _missing(self, name: str):
        code = "RevisionNotFound" if name in self.branches else "RepoNotFound"
        return 404, {"error": code}, {"X-Error-Code": code}

    def _revision(self, body: bytes, name: str, branch: str):
        commit = self._known(name, branch)
        return (200, {"id": name, "sha": commit, "siblings": []}, {}) if commit else self._missing(name)

    def _tree(self, body: bytes, name: str, branch: str):
        commit = self._known(name, branch)
        if commit is None:
            return self._missing(name)
        listed = []
        for path, data in self.commits[commit].items():
            entry = {"type": "file", "path": path, "size": len(data), "oid": git_hash(data)}
            if path.endswith(FIRST_LARGE):
                entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
            listed.append(entry)
        return 200, self.tree(listed), {}

    def _resolve(self, body: bytes, name: str, branch: str, file: str):
        commit = self._known(name, branch)
        if commit is None or unquote(file) not in self.commits[commit]:
            return 404, {"error": "none"}, {"X-Error-Code": "EntryNotFound"}
        data = self.commits[commit][unquote(file)]
        return 200, self.content(file, data), {"ETag": f'"{git_hash(data)}"', "X-Repo-Commit": commit}


def _handler(fake: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content, headers = fake.answer(self.command, urlsplit(self.path).path, body)
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                **headers,
                "Content-Length": str(len(data)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                with contextlib.suppress(ConnectionError):  # a client that has read enough
                    self.wfile.write(data)

        do_GET = do_HEAD = do_POST = do_PUT = handle_any

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def fake_hub(cache: object) -> Iterator[FakeHub]:
    """A hub that huggingface_hub asks within the block. cache: the folder that runs are fetched into."""
    from huggingface_hub import constants

    fake = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    fake.url = url = f"http://127.0.0.1:{server.server_port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "ENDPOINT", url)  # the library reads $HF_ENDPOINT when it is imported
        patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
        patch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        patch.setenv("HF_TOKEN", "hf_none")
        patch.setenv("SPARRING_CACHE", str(cache))
        hub.forget()
        try:
            yield fake
        finally:
            hub.forget()
            server.shutdown()
            server.server_close()
            thread.join(30)
