"""The keys of statistics about containers. Pure."""


def container_name(container: str, pod: str) -> str | None:
    """Return the name of a container, after that of its pod if it is in one; None if there is no container."""
    return (f"{pod}/{container}" if pod else container) or None
