"""A RST that nothing has contradicted yet."""


class Reset:
    """A RST of one direction.

    Its receiver acts upon it only if it has exactly the number of the next byte (RFC 5961 section 3), and is silent
    then. So whoever goes on sending shows that it was forged, or never arrived.
    """

    __slots__ = ("direction", "doubted", "seq", "time")

    def __init__(self, time: float, direction: int, seq: int) -> None:
        self.time = time
        self.direction = direction
        self.seq = seq
        self.doubted = False
        """Whether its receiver sent anything after it."""
