//! Frames down to TCP segments.
