"""The thread that writes incidents: jobs run in order, a failure is told, and nobody waits for it."""

import threading

from incidents.bundle import BundleError
from incidents.worker import Worker


def test_jobs_run_in_order_and_close_waits_for_them() -> None:
    done: list[int] = []
    worker = Worker()
    for number in range(3):
        worker.put(lambda number=number: done.append(number))  # type: ignore[misc]
    worker.close(5)
    assert (done, worker.failure, worker.waiting) == ([0, 1, 2], "", 0)


def test_waiting_counts_the_job_that_runs() -> None:
    began, go_on = threading.Event(), threading.Event()
    worker = Worker()

    def slow() -> None:
        began.set()
        go_on.wait(5)

    worker.put(slow)
    worker.put(lambda: None)
    assert began.wait(5)
    assert worker.waiting == 2
    go_on.set()
    worker.close(5)
    assert worker.waiting == 0


def test_a_disk_that_hangs_is_told() -> None:
    go_on = threading.Event()
    worker = Worker()

    def hang() -> None:
        go_on.wait(5)

    worker.put(hang)
    worker.close(0.01)
    assert worker.failure == "not all was written within 0.01 s"
    go_on.set()


def test_a_failure_is_told_and_the_next_job_runs() -> None:
    done: list[str] = []

    def fail(error: Exception) -> None:
        raise error

    worker = Worker(patient=True)
    for error, told in (
        (BundleError("no room"), "no room"),
        (OSError(28, "No space left on device", "/x/summary.md"), "/x/summary.md: No space left on device"),
        (ZeroDivisionError("oops"), "ZeroDivisionError: oops"),
    ):
        worker.put(lambda error=error: fail(error))  # type: ignore[misc]
        assert worker.failure == told
    worker.put(lambda: done.append("x"))
    assert done == ["x"]


def test_a_patient_worker_runs_a_job_at_once() -> None:
    thread: list[threading.Thread] = []
    Worker(patient=True).put(lambda: thread.append(threading.current_thread()))
    assert thread == [threading.current_thread()]
