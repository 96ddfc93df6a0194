"""A stand-in for AWS that says, byte for byte, what a test tells it to: for answers that no sound server gives."""

import collections
import contextlib
import json
import socket
import ssl
import struct
import subprocess
import threading
import warnings

from .simulator import PATIENCE, environment

Request = collections.namedtuple("Request", "connection number method path headers body")


def body_of(connection_id, status="REJECTING", **members):
    """The body of AWS's answer to a reject. A member that is `None` is left out."""
    connection = {
        "ConnectionId": connection_id,
        "LocalDomainInfo": {
            "AWSDomainInformation": {"OwnerId": "123456789012", "DomainName": "logs-eu", "Region": "eu-west-1"}},
        "RemoteDomainInfo": {
            "AWSDomainInformation": {"OwnerId": "210987654321", "DomainName": "archive", "Region": "eu-west-1"}},
        "ConnectionStatus": {"StatusCode": status},
        "ConnectionMode": "DIRECT",
        **members}
    return json.dumps({"Connection": {name: value for name, value in connection.items() if value is not None}})


def answer(status, body=b"", headers=(), *, length=None):
    """An answer's bytes. `headers` is a list of pairs; `length` is what `Content-Length` says where it isn't true."""
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Whatever", "x-amzn-RequestId: stub-request",
             *(f"{name}: {value}" for name, value in headers),
             f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def error(status, code, message="a message", members=None):
    """AWS's answer of an error: its code in a header, its message in the body."""
    return answer(status, {"message": message, **(members or {})}, [("x-amzn-errortype", code)])


def page_of(*connections):
    """AWS's answer to a look-up, with these connections (see `body_of`)."""
    return answer(200, {"Connections": [json.loads(connection)["Connection"] for connection in connections]})


def is_look_up(request):
    return request.method == "POST" and request.path.endswith("/inboundConnection/search")


def connection_id_of(request):
    """The connection that a reject is about."""
    return request.path.split("/")[-2]


class Wire:
    """The server's end of a connection, for a script to write to."""

    def __init__(self, end, stopping):
        self._end, self._stopping = end, stopping

    def send(self, data):
        """Sends the bytes; that the other side doesn't want them any more is no error."""
        with contextlib.suppress(OSError):
            self._end.sendall(data)

    def reset(self):
        """Closes the connection with a RST."""
        self._end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._end.close()

    def hold(self, seconds=3600):
        """Says nothing for so long, or until the stub is stopped; whether it was stopped."""
        return self._stopping.wait(seconds)


class Upstream:
    """A running stub; a context manager.

    `script(request, wire)` is called for each whole request and sends what it wants to. The connection stays open for
    the next one if it returns `True`, else it is closed. Without a script each reject succeeds. Look-ups have a script of
    their own, `look_up`, which finds nothing unless a test sets it: look-ups lag.

    Parameters: `certificate` and `key` (PEM files) make it speak TLS, with `tls_version` (an `ssl.TLSVersion`) only
    that version, and `greeting(wire)` is called for each connection before anything is read.
    """

    def __init__(self, script=None, *, certificate=None, key=None, tls_version=None, greeting=None):
        self.script, self._greeting = script or self.succeed, greeting
        self.look_up = self.find_nothing
        self._tls = certificate and self._context(certificate, key, tls_version)
        #: Every request so far.
        self.requests = []
        #: How many TCP connections there were.
        self.connection_count = 0
        self._stopping = threading.Event()
        self._threads = []

    @staticmethod
    def _context(certificate, key, version):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if version is not None:
            # OpenSSL has the old versions at its lowest level alone.
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = context.maximum_version = version
        context.load_cert_chain(certificate, key)
        return context

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        #: `127.0.0.1:43210`
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"{'https' if self._tls else 'http'}://{self.address}"
        self._begin(self._accept)
        return self

    def __exit__(self, *error):
        self._stopping.set()
        # Wakes the thread that accepts, which closing the socket wouldn't.
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        self._listener.close()

    @staticmethod
    def succeed(request, wire):
        """The answer of a reject that went well; keeps the connection."""
        wire.send(answer(200, body_of(connection_id_of(request))))
        return True

    @staticmethod
    def find_nothing(request, wire):
        """The answer of a look-up that sees no connection; keeps the connection."""
        wire.send(page_of())
        return True

    def look_ups(self, connection_id):
        """The look-ups that came for this connection."""
        return [request for request in self.requests if is_look_up(request) and connection_id in request.body.decode()]

    def puts(self, connection_id):
        """The rejects that came for this connection."""
        return [request for request in self.requests
                if request.method == "PUT" and f"/{connection_id}/" in request.path]

    def _begin(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self._stopping.is_set():
            try:
                end, _ = self._listener.accept()
            except OSError:
                return
            self.connection_count += 1
            self._begin(self._serve, end, self.connection_count)

    def _serve(self, end, number):
        # Whatever the other side does to the connection, here it only ends.
        with contextlib.suppress(OSError, ValueError), contextlib.closing(end):
            end.settimeout(PATIENCE)
            if self._tls:
                end = self._tls.wrap_socket(end, server_side=True)
            with contextlib.closing(end):
                self._converse(end, number)

    def _converse(self, end, number):
        wire = Wire(end, self._stopping)
        if self._greeting:
            self._greeting(wire)
        # Short, so that a connection that is kept for nothing doesn't outlive the stub.
        end.settimeout(0.1)
        unread = b""
        while not self._stopping.is_set():
            while b"\r\n\r\n" not in unread:
                piece = self._receive(end)
                if not piece:
                    return
                unread += piece
            head, _, unread = unread.partition(b"\r\n\r\n")
            request_line, *lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            while len(unread) < int(headers.get("content-length", 0)):
                piece = self._receive(end)
                if not piece:
                    return
                unread += piece
            length = int(headers.get("content-length", 0))
            method, path, _ = request_line.split(" ")
            request = Request(number, len(self.requests) + 1, method, path, headers, unread[:length])
            unread = unread[length:]
            self.requests.append(request)
            end.settimeout(PATIENCE)
            script = self.look_up if is_look_up(request) else self.script
            if not script(request, wire):
                return
            end.settimeout(0.1)

    def _receive(self, end):
        while not self._stopping.is_set():
            try:
                return end.recv(65536)
            except TimeoutError:
                continue
        return b""


class Authority:
    """A throwaway certificate authority, with openssl, for certificates that are right and for ones that aren't."""

    def __init__(self, folder):
        self._folder = folder
        self.ca_file, self._ca_key = folder / "authority.pem", folder / "authority.key"
        settings = folder / "authority.cnf"
        settings.write_text(
            "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=Upstream test authority\n[ext]\n"
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n")
        self._openssl("req", "-x509", *self._new_key(self._ca_key), "-config", settings, "-days", "30", "-out",
                      self.ca_file)

    def certificate(self, name, *, names="IP:127.0.0.1,DNS:localhost", ended=False):
        """The files of a certificate for these names and of its key; `ended` makes it one of last year's."""
        certificate, key, request, settings = (
            self._folder / f"{name}{suffix}" for suffix in (".pem", ".key", ".csr", ".cnf"))
        settings.write_text(
            "[ca]\ndefault_ca=own\n[own]\ndefault_md=sha256\npolicy=any\nx509_extensions=ext\nunique_subject=no\n"
            f"new_certs_dir={self._folder}\ndatabase={self._folder}/{name}.db\nrand_serial=yes\n"
            "[any]\ncommonName=supplied\n"
            "[ext]\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
            f"extendedKeyUsage=serverAuth\nsubjectAltName={names}\n"
            "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        (self._folder / f"{name}.db").touch()
        self._openssl("req", *self._new_key(key), "-subj", f"/CN={name}", "-out", request)
        span = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"] if ended else ["-days", "2"]
        self._openssl("ca", "-batch", "-notext", "-config", settings, "-cert", self.ca_file, "-keyfile", self._ca_key,
                      "-in", request, "-out", certificate, *span)
        return certificate, key

    @staticmethod
    def _new_key(key):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key]

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=PATIENCE,
                       env=environment(self._folder))
