"""Frame sources, where captured frames come from. Sources do the I/O, hand over batches of `traffic.frame.Frame` and
know nothing about HTTP.
"""
