"""Addresses of files that an <img> or a new tab can open, which send no header: each carries a key of its own."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import quote


class Tickets:
    """Signs paths. A key opens one path, until the studio ends."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def address(self, path: str) -> str:
        """The path, quoted and with its key."""
        return f"{quote(path)}?key={self._key(path)}"

    def opens(self, path: str, key: str) -> bool:
        """Whether the key is that of the path."""
        return hmac.compare_digest(key.encode(), self._key(path).encode())

    def _key(self, path: str) -> str:
        return hmac.new(self._secret, path.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:40]
