"""A search by one worker or several, until it is done or told to stop."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator

from ...errors import TooLargeError
from ...geometry.domain import Domain, box_of
from ...geometry.recentred_domain import rounding_of_points
from ...network.network import Network
from .found import Keeper
from .packing import pack_layers
from .tasks import PendingCell, Progress, Task, Worker, first_cell


class Splitting:
    """A search through the regions of a domain.

    Parameters
    ----------
    network : Network
    domain : Box or Polytope
    workers : int
        Threads. They never change what is found.
    keep : bool
        Whether regions are kept, or only counted.

    Attributes
    ----------
    root : Task
    done : float
        Share of the work that is done: each cut halves that of its cell.
    regions, inner : int
        Regions found, and facets between two of them: each wall has two.
    stopped : str
        Why the search has stopped before its end: "interrupted", "memory", or what it was told; else "".
    """

    def __init__(self, network: Network, domain: Domain, workers: int = 1, keep: bool = True) -> None:
        self.network, self.domain = network, domain
        self.layers, whole = pack_layers(network, box_of(domain))
        cell, sides = first_cell(self.layers, whole, domain)
        self.root = Task(0, cell)
        self.done, self.regions, self.inner, self.stopped = 0.0, 0, 0, ""
        keeper = Keeper(network, self.layers) if keep else None
        moved = rounding_of_points(box_of(domain))
        self._new_worker: Callable[[], Worker] = lambda: Worker(
            network, self.layers, domain, sides, whole, moved, keeper
        )
        self._workers = [self._new_worker()]
        self._count = workers
        self._lock = threading.Condition()
        self._tasks, self._busy, self._numbers = [self.root], 0, 1

    @property
    def loose(self) -> set[int]:
        """The walls whose facets may come in another order from the other side."""
        return set().union(*(worker.loose() for worker in self._workers))

    @property
    def decided(self) -> int:
        """Number of signs that float64 left open."""
        return sum(worker.exact.decided for worker in self._workers)

    @property
    def finished(self) -> bool:
        """Whether all is searched."""
        return all(task.finished for task in self.root.in_order())

    def stop_at(
        self, limit: int | None, time_limit: float | None, report: Callable[[], None]
    ) -> Callable[[], str]:
        """What :meth:`run` asks whether to stop: beyond so many regions, or seconds from now."""
        end = math.inf if time_limit is None else time.monotonic() + time_limit
        most = math.inf if limit is None else limit

        def stop() -> str:
            report()
            if self.regions > most:
                return "limit"
            return "time" if time.monotonic() > end else ""

        return stop

    def run(self, stop: Callable[[], str]) -> None:
        """Search all; ``stop()`` is asked after each slice, and may say why to stop."""
        try:
            if self._count == 1:
                for _ in self.slices(stop):
                    pass
            else:
                self._run_in_threads(stop)
        except KeyboardInterrupt:
            self.stopped = "interrupted"
        except (MemoryError, TooLargeError):
            self.stopped = "memory"

    def slices(self, stop: Callable[[], str]) -> Iterator[Task]:
        """Search all with one worker in the order of the search; yields the task after each slice."""
        while self._tasks and not self.stopped:
            task = self._tasks.pop()
            for found in self._workers[0].run(task, self._publish):
                self._note(found)
                yield task
                self.stopped = self.stopped or stop()
                if self.stopped:
                    return

    def _publish(self, task: Task, cell: PendingCell) -> None:
        with self._lock:
            made = Task(self._numbers, cell)
            self._numbers += 1
            task.tasks.append(made)
            self._tasks.append(made)
            self._lock.notify()

    def _note(self, found: Progress) -> None:
        self.done += found.share
        self.regions += found.regions
        self.inner += found.inner

    def _run_in_threads(self, stop: Callable[[], str]) -> None:
        self._workers += [self._new_worker() for _ in range(self._count - 1)]
        errors: list[BaseException] = []
        threads = [
            threading.Thread(target=self._work, args=(worker, stop, errors), daemon=True)
            for worker in self._workers
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(0.1)
        except KeyboardInterrupt:
            self.stopped = "interrupted"
            for thread in threads:
                thread.join()
        for error in errors:
            raise error

    def _work(self, worker: Worker, stop: Callable[[], str], errors: list[BaseException]) -> None:
        try:
            while (task := self._next()) is not None:
                for found in worker.run(task, self._publish):
                    with self._lock:
                        self._note(found)
                        self.stopped = self.stopped or stop()
                    if self.stopped:
                        break
                with self._lock:
                    self._busy -= 1
                    self._lock.notify_all()
        except BaseException as error:  # noqa: BLE001  (raised again in the thread that waits)
            with self._lock:
                errors.append(error)
                self.stopped = self.stopped or "memory"
                self._busy -= 1
                self._lock.notify_all()

    def _next(self) -> Task | None:
        with self._lock:
            while not self._tasks and self._busy and not self.stopped:
                self._lock.wait()
            if not self._tasks or self.stopped:
                return None
            self._busy += 1
            return self._tasks.pop()
