"""The command line: arguments, settings, answers that need no capture, and shell completion."""
