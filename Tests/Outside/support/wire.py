"""Sends raw bytes to the gateway, directly or through nginx, and tells what came back."""

import dataclasses
import json
import re
import socket
import ssl

from .nginx import SHIPPED
from .simulator import PATIENCE

#: What nginx's own problem documents say.
NGINX_DETAILS = {detail.replace("\\'", "'") for detail in re.findall(r'"detail":"(.*?)","', SHIPPED.read_text())}


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes
    #: Whether it came without a head, as HTTP/0.9 has it.
    is_bare: bool = False

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("code")

    @property
    def is_page(self):
        """Whether it is libmicrohttpd's own."""
        return self.body.startswith(b"<html>")

    @property
    def is_problem(self):
        """Whether it is a problem document; the answers to HEAD have none."""
        return self.status >= 400 and not self.is_bare and self.body.startswith(b"{")

    @property
    def is_of_nginx(self):
        return self.body.startswith(b"{") and self.json.get("detail") in NGINX_DETAILS

    def __str__(self):
        """As a row of the table says it."""
        if self.is_page:
            return f"{self.status} page"
        code = self.code if self.status >= 400 and self.body else None
        by = "nginx" if self.is_of_nginx else None
        form = "HTTP/0.9" if self.is_bare else None
        return " ".join(filter(None, [str(self.status), code, by, form]))


@dataclasses.dataclass
class Talk:
    """What came back on a connection until it was closed."""
    received: bytes
    #: Whether the first answer is one to HEAD, and so has no body.
    is_head: bool = False

    @property
    def answers(self):
        found, rest = [], self.received
        while rest:
            if not rest.startswith(b"HTTP/1.1 "):
                status = json.loads(rest).get("status")
                return [*found, Answer(status if isinstance(status, int) else 200, {}, rest, is_bare=True)]
            head, separator, rest = rest.partition(b"\r\n\r\n")
            assert separator, f"an answer that breaks off: {self.received!r}"
            status_line, *lines = head.decode("latin-1").split("\r\n")
            assert re.fullmatch(r"HTTP/1\.1 \d{3} .*", status_line), self.received
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            length = 0 if self.is_head and not found else int(headers.get("content-length", 0))
            if length and rest.startswith(b"HTTP/1.1 "):
                # A page of libmicrohttpd's whose head went out twice, as happens to some.
                rest = rest.partition(b"\r\n\r\n")[2]
            assert len(rest) >= length, f"an answer that breaks off: {self.received!r}"
            found.append(Answer(int(status_line.split()[1]), headers, rest[:length]))
            rest = rest[length:]
        return found

    def outcome(self, following):
        """As a row of the table says it; `following` is the connection that the request behind the row rejects."""
        answers = self.answers
        end = "closed"
        if following and answers and answers[-1].status == 200:
            if answers[-1].json.get("connection", {}).get("id") == following:
                answers, end = answers[:-1], "next"
        return ", ".join([*map(str, answers), end])


class TLSWire:
    """A TLS connection from whose socket all that came can be read, even after sending has failed.

    An `SSLSocket` is done with once the other side has closed under what it sends.
    """

    def __init__(self, wire, context, name):
        self._wire = wire
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._await(self._tls.do_handshake)
        self._flush()
        self.shutdown, self.setsockopt, self.close = wire.shutdown, wire.setsockopt, wire.close

    def _await(self, step):
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                self._flush()
                piece = self._wire.recv(65536)
                self._incoming.write(piece) if piece else self._incoming.write_eof()

    def _flush(self):
        if data := self._outgoing.read():
            self._wire.sendall(data)

    def sendall(self, data):
        self._tls.write(data)
        self._flush()

    def recv(self, size):
        try:
            return self._await(lambda: self._tls.read(size))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def connect(address, source=None):
    """A connection to `HOST:PORT` or `unix:PATH`."""
    if address.startswith("unix:"):
        wire = socket.socket(socket.AF_UNIX)
        wire.settimeout(PATIENCE)
        wire.connect(address.removeprefix("unix:"))
        return wire
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE, source_address=source)


def talk(wire, data, *, ends=False):
    """Sends the bytes, and reads until the connection is closed. Fails if it isn't.

    With `ends` no more will come from us, and the other side is told so.
    """
    received = b""
    with wire:
        try:
            wire.sendall(data)
            if ends:
                wire.shutdown(socket.SHUT_WR)
        except (ConnectionResetError, BrokenPipeError):
            # It closed while bytes of ours were still on their way. What it sent before that can still be read.
            pass
        try:
            while piece := wire.recv(65536):
                received += piece
        except ConnectionResetError:
            pass
    return Talk(received, data.startswith(b"HEAD "))
