"""What the service counts, in the format of Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Collection

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

OTHER = "other"  # stands for every path that is not offered, so that nobody can make the page grow


class Measurements:
    """Counters of one service."""

    def __init__(self, paths: Collection[str], waiting: Callable[[], float]):
        """paths: Those that are offered. waiting: how many requests wait now."""
        self.paths, self.registry = frozenset(paths), CollectorRegistry()
        self._requests = Counter(
            "sparring_requests", "Answered requests.", ["method", "path", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "sparring_request_seconds", "Seconds from the head to the answer.", ["path"], registry=self.registry
        )
        self._pass = Histogram(
            "sparring_pass_requests",
            "Requests that one forward pass answered.",
            buckets=(1, 2, 4, 8, 16, 32),
            registry=self.registry,
        )
        Gauge("sparring_waiting_requests", "Requests that wait for the model.", registry=self.registry).set_function(
            waiting
        )
        ProcessCollector(registry=self.registry)

    def request(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        known = path if path in self.paths else OTHER
        method = method if method in ("GET", "HEAD", "POST") else OTHER
        self._requests.labels(method, known, status).inc()
        self._seconds.labels(known).observe(seconds)

    def shared(self, requests: int) -> None:
        """Count a forward pass."""
        self._pass.observe(requests)

    def page(self) -> bytes:
        """All of them, as Prometheus reads it."""
        return generate_latest(self.registry)
