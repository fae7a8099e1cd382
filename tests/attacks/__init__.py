"""Traffic made to hurt the monitor, and what it costs: `python -m tests.attacks.table`."""
