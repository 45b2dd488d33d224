"""Print the port of 127.0.0.1 to use: the one that is wanted, or a free one when it is taken."""

import socket
import sys


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # A connection that has just been closed does not keep a server from listening.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


if __name__ == "__main__":
    wanted = int(sys.argv[1])
    print(wanted if is_free(wanted) else any_free_port())
