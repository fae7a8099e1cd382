"""Frames in, records out. Pure: no sockets, threads, clocks or printing; time comes with the frames."""
