"""A port for a server that can only be told a number."""

import random
import socket

BELOW = 32_768
"""Where the kernel begins to give ports to whoever asks for any, at each moment of a test run."""


def free_port() -> int:
    """A port of this machine that nobody listens on, and that nobody is given unasked.

    It is free until the server binds it: the kernel hands out other ones, and two tests that look
    at the same time draw different ones.
    """
    while True:
        port = random.SystemRandom().randrange(BELOW - 12_000, BELOW)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
