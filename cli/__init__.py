"""The command line: arguments, settings, what they print without a capture, and the completion of shells."""
