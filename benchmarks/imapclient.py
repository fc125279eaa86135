"""An IMAP client that costs little: sends a line, reads until the tagged answer, counts octets and lines.

The same for Mailwright and its peer, so that what is measured is the server.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence


class Client:
    """One connection, in clear, on this machine."""

    def __init__(self, port: int, *, timeout: float = 300.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._number = 0
        self._rest = b""
        self.line()

    def login(self, name: str, password: str) -> None:
        """Sign in. Raises RuntimeError."""
        self.run(f'LOGIN "{name}" "{password}"')

    def run(self, command: str) -> bytes:
        """Everything the server says to a command. Raises RuntimeError when that ends in anything but OK."""
        tag = self.start(command)
        return self.finish(tag)

    def start(self, command: str) -> bytes:
        """Send a command; its tag."""
        self._number += 1
        tag = b"t%d" % self._number
        self._socket.sendall(tag + b" " + command.encode() + b"\r\n")
        return tag

    def finish(self, tag: bytes) -> bytes:
        """Read up to the tagged answer."""
        pieces = [self._rest]
        tail = self._rest
        while not (tail.endswith(b"\r\n") and tail[:-2].rpartition(b"\r\n")[2].startswith(tag + b" ")):
            data = self._socket.recv(262_144)
            if not data:
                raise RuntimeError("the server hung up")
            pieces.append(data)
            tail = tail[-4096:] + data
        said = b"".join(pieces)
        self._rest = b""
        status = said[said.rfind(tag + b" ") :]
        if not status.startswith(tag + b" OK"):
            raise RuntimeError(status.decode("ascii", "replace"))
        return said

    def append(self, mailbox: str, raw: bytes) -> None:
        """APPEND with a literal that waits for nothing."""
        self._number += 1
        tag = b"t%d" % self._number
        self._socket.sendall(b"%s APPEND %s {%d+}\r\n%s\r\n" % (tag, mailbox.encode(), len(raw), raw))
        self.finish(tag)

    def append_many(self, mailbox: str, messages: Sequence[bytes]) -> None:
        """Many, one after the other, without waiting in between."""
        tags = []
        for start in range(0, len(messages), 100):
            out = []
            for raw in messages[start : start + 100]:
                self._number += 1
                tags.append(b"t%d" % self._number)
                out.append(b"%s APPEND %s {%d+}\r\n%s\r\n" % (tags[-1], mailbox.encode(), len(raw), raw))
            self._socket.sendall(b"".join(out))
            self.finish(tags[-1])

    def line(self) -> bytes:
        """One line."""
        while b"\r\n" not in self._rest:
            data = self._socket.recv(65_536)
            if not data:
                raise RuntimeError("the server hung up")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\r\n")
        return line

    def idle(self) -> None:
        """Begin to IDLE."""
        self._number += 1
        self._socket.sendall(b"t%d IDLE\r\n" % self._number)
        while not self.line().startswith(b"+"):
            pass

    def wait_for(self, what: bytes) -> float:
        """The moment (perf_counter) a line with `what` came."""
        while what not in self.line():
            pass
        return time.perf_counter()

    def close(self) -> None:
        """Cut."""
        self._socket.close()
