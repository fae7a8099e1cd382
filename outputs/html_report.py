"""Writes the last View as an HTML page to the file of `--report`."""

from collections.abc import Callable, Sequence

from outputs.report.page import Page
from outputs.report_file import ReportFile
from view.outlet import Outlet
from view.view import View

LastView = Callable[[float | None], View | None]
"""Returns the last View in a window of so many seconds; None means everything kept."""


class HtmlReport(Outlet):
    """Writes the page once the session has ended, so that it includes the current bucket."""

    def __init__(self, file: ReportFile, windows: Sequence[float]) -> None:
        """Read the template. `windows` are the available short windows in seconds."""
        self.warnings: tuple[str, ...] = ()
        """A sentence that says why there is no report; empty unless writing failed."""
        self._last: View | None = None
        self._windows = sorted(windows)
        self._page = Page()
        self._file = file
        self.folder = file.folder
        """The folder in which the file is replaced; empty if it is not."""

    def finish(self, view: View) -> None:
        """Remember the View for `write`."""
        self._last = view

    def write(self, last_view: LastView) -> None:
        """Write the page with the shortest window that contains the run, so that charts are as fine as possible."""
        last = self._last
        if last is None:
            return
        run = last.now - last.started + 2 * last.bucket_size
        window = next((window for window in self._windows if run <= window), None)
        try:
            self._file.write(self._page.html(last_view(window) or last))
        except OSError as reason:
            self.warnings = (f"cannot write the report to {self._file.name}: {reason.strerror}",)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
