"""`--report`: the last View as a page, in a file."""

from collections.abc import Callable, Sequence

from outputs.report.page import Page
from outputs.report_file import ReportFile
from view.outlet import Outlet
from view.view import View

LastView = Callable[[float | None], View | None]
"""Gives the last View in a window, in seconds; None is all that is kept."""


class HtmlReport(Outlet):
    """Waits for the end, and for what comes after it: the page is about the bucket under way too, once it is closed."""

    def __init__(self, path: str, windows: Sequence[float]) -> None:
        """Open the file, and read all that the page is made from. `windows`: the short ones there are, in seconds.

        Raises:
            UnavailableError: the file cannot be written to.
        """
        self.notices: tuple[str, ...] = ()
        """Why there is no report, once that is so."""
        self._last: View | None = None
        self._windows = sorted(windows)
        self._page = Page()
        self._file = ReportFile(path)

    def finish(self, view: View) -> None:
        """Remember it, for `write`."""
        self._last = view

    def write(self, last_view: LastView) -> None:
        """Write the page, of the shortest window that holds all of the run: what is short is drawn finer."""
        last = self._last
        if last is None:
            return
        run = last.now - last.started + 2 * last.bucket_size
        window = next((window for window in self._windows if run <= window), None)
        try:
            self._file.write(self._page.html(last_view(window) or last))
        except OSError as reason:
            self.notices = (f"cannot write the report to {self._file.name}: {reason.strerror}",)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def fileno(self) -> int:
        """Of the open file; -1 when it is closed."""
        return self._file.fileno()
