"""Traffic designed to hurt the monitor: what it costs (`make attacks`), and what breaks it (`make fuzz`)."""
