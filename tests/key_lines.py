"""Key logs for tests: lines of the NSS format with secrets that are easy to find in any output."""


def key_line(number: int, label: str = "CLIENT_TRAFFIC_SECRET_0") -> bytes:
    """Return a line with a secret of its own."""
    return f"{label} {number:064x} {secret(number)}\n".encode()


def key_lines(*numbers: int) -> bytes:
    """Return a line for each number."""
    return b"".join(map(key_line, numbers))


def secret(number: int) -> str:
    """Return the secret of a line, in hexadecimal digits."""
    return f"5ec3e7{number:042x}" + "ab" * 8
