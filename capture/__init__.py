"""The I/O edge: where frames come from. Sources hand over batches of `traffic.frame.Frame` and know nothing of HTTP."""
