"""The settings of the demo, and how long it lasts."""

from typing import Final

DEMO_SETTINGS: Final = {
    "timeout": "1",
    "dashboard_bucket_size": "5",
    "average_bucket_size": "10",
    "average_learning_duration": "15",
    "average_threshold": "25",
}
"""Settings for `Config.with_settings`: learning takes 15 to 20 s; the alert comes 10 or 20 s later, for 10 or 20 s."""
DEMO_DURATION: Final = 65.0
"""Seconds that show all of that."""


def demo_duration(asked: float | None, ui: str) -> float | None:
    """Return the seconds until the demo ends; None on the full screen, which stays until the user quits."""
    return asked or (None if ui == "full" else DEMO_DURATION)
