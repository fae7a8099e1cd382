"""`--report`: the last View as a page, in a file."""

from alerting.events import Event
from dashboard.view import View
from outputs.report.page import Page
from outputs.report_file import ReportFile


class HtmlReport:
    """Waits for the end, and writes the page then."""

    def __init__(self, path: str) -> None:
        """Open the file, and read all that the page is made from.

        Raises:
            UnavailableError: the file cannot be written to.
        """
        self.notices: tuple[str, ...] = ()
        """Why there is no report, once that is so."""
        self._page = Page()
        self._file = ReportFile(path)

    def show(self, view: View, refreshed: bool) -> None:
        """Not the last one."""

    def event(self, event: Event) -> None:
        """Told by the View."""

    def finish(self, view: View) -> None:
        """Write the page."""
        try:
            self._file.write(self._page.html(view))
        except OSError as reason:
            self.notices = (f"cannot write the report to {self._file.name}: {reason.strerror}",)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def fileno(self) -> int:
        """Of the open file; -1 when it is closed."""
        return self._file.fileno()
