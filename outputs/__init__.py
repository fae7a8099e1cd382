"""What other programs read: JSON lines, a report, metrics. An I/O edge."""
