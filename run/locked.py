"""What came of locking down, for the parts of a run that show it or work around it."""

from typing import NamedTuple

from dashboard.full.new_file import NewFiles


class Locked(NamedTuple):
    """What is in force, and who may still do what it refuses."""

    words: str
    """What is locked down, in words."""
    files: NewFiles
    """Who writes new files that the user names."""
