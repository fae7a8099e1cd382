"""Decode captured frames into records. This folder is pure: it opens no sockets, starts no threads, reads no clock and
prints nothing; the time comes with the frames.
"""
