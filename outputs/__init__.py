"""Writes output for other programs: JSON lines, an HTML report, metrics. This is an I/O edge."""
