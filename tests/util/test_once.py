"""Properties that are computed once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from sparring.util.once import once


class Counted:
    def __init__(self, barrier: threading.Barrier | None = None):
        self.times, self.barrier = 0, barrier

    @once
    def value(self) -> int:
        """What is computed."""
        self.times += 1
        if self.barrier:
            self.barrier.wait(timeout=30)
        return 7


def test_a_value_is_computed_once():
    counted = Counted()
    assert (counted.value, counted.value, counted.times) == (7, 7, 1)
    assert isinstance(Counted.value, once)
    assert Counted.value.__doc__ == "What is computed."


def test_two_threads_compute_at_the_same_time():
    """With functools.cached_property of Python 3.11 the second would wait for the first, and the barrier for both."""
    barrier = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda counted: counted.value, [Counted(barrier), Counted(barrier)])) == [7, 7]
