"""Starts nginx with the shipped server block."""

import getpass
import grp
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile

from .gateway import Answer
from .simulator import PATIENCE, ROOT, Certificates, environment, wait_until

SHIPPED = ROOT / "deploy" / "nginx.conf"
BINARY = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])

#: What stands around the shipped file: in a distribution's own nginx.conf, and here with all files in a folder of ours.
AROUND = """
user {user} {group};
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 256; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/connection-gateway.conf;
}}
"""


class Nginx:
    """A running nginx with the shipped file; a context manager.

    Parameters: `upstreams` are the gateways' addresses, and `changes` are texts of the shipped file to put others in
    the place of. Every text to be changed has to be there once.
    """

    def __init__(self, *upstreams, changes=()):
        self._upstreams, self._changes = upstreams, dict(changes)
        self.process = None

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="nginx-"))
        try:
            self._start()
        except BaseException:
            self._end(check=False)
            raise
        return self

    def __exit__(self, kind, *_):
        self._end(check=kind is None)

    def _start(self):
        assert BINARY, "nginx isn't installed"
        certificates = Certificates(self.folder)
        self.ca_file = str(certificates.ca_file)
        # A socket of our own that nginx inherits, as it does when one nginx takes over from another: so the port is a
        # free one, and calls can come in before nginx is up.
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
            self.port = listening.getsockname()[1]
            (self.folder / "connection-gateway.conf").write_text(self._server_block(certificates))
            (self.folder / "nginx.conf").write_text(AROUND.format(
                folder=self.folder, user=getpass.getuser(), group=grp.getgrgid(os.getgid()).gr_name))
            descriptor = listening.fileno()
            self.process = subprocess.Popen(
                [BINARY, "-p", self.folder, "-c", self.folder / "nginx.conf", "-e", self.folder / "error.log"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[descriptor],
                env=environment(self.folder, NGINX=f"{descriptor};"))
        wait_until(self._is_up, "nginx's pid file")

    def _is_up(self):
        assert self.process.poll() is None, f"nginx didn't start: {self.log()}"
        return (self.folder / "nginx.pid").exists()

    def _server_block(self, certificates):
        """The shipped file with its own four lines changed, and the port."""
        block, count = SHIPPED.read_text(), 0
        servers = "".join(f"    server {address};\n" for address in self._upstreams)
        for line, replacement in [
            (r"    server \S+;  # HERE.*\n", servers),
            (r"    server_name \S+;  # HERE.*\n", "    server_name gateway.test;\n"),
            (r"    ssl_certificate +\S+; +# HERE.*\n", f"    ssl_certificate {certificates.certificate};\n"),
            (r"    ssl_certificate_key +\S+; +# HERE.*\n", f"    ssl_certificate_key {certificates.key};\n"),
            (r"    listen 443 ssl;\n", f"    listen 127.0.0.1:{self.port} ssl;\n"),
        ]:
            block, found = re.subn(line, lambda _: replacement, block)
            count += found
        assert count == 5 and "# HERE" not in block, "the shipped file has other lines to change than this test knows"
        for old, new in self._changes.items():
            assert block.count(old) == 1, old
            block = block.replace(old, new)
        return block

    def log(self):
        """What nginx wrote to its error log."""
        file = self.folder / "error.log"
        return file.read_text() if file.exists() else ""

    def connect(self, source="127.0.0.1"):
        """A connection to nginx from this address, without TLS so far."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE, source_address=(source, 0))

    def trust(self):
        """What a client needs to believe that it is nginx."""
        return ssl.create_default_context(cafile=self.ca_file)

    def tls(self, source="127.0.0.1"):
        """A TLS connection to nginx from this address."""
        return self.trust().wrap_socket(self.connect(source), server_hostname="127.0.0.1")

    def call(self, method, path, *, token=None, body=None, headers=None, source="127.0.0.1"):
        """One request on a connection of its own, from the address `source`."""
        headers = dict(headers or {})
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        wire = http.client.HTTPConnection("127.0.0.1", self.port)
        wire.sock = self.tls(source)
        try:
            wire.request(method, path, body=body, headers=headers)
            answer = wire.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            wire.close()

    def reject(self, connection_id, **options):
        return self.call("POST", f"/connections/{connection_id}/reject", **options)

    def raw(self, data):
        """Sends these bytes over TLS; the answer."""
        with self.tls() as wire:
            wire.sendall(data)
            return read_answer(wire)

    def _end(self, check):
        try:
            if self.process is not None and self.process.poll() is None:
                # The graceful stop. With a client's connection left open it would take nginx long.
                self.process.send_signal(signal.SIGTERM)
                code = self.process.wait(PATIENCE)
                assert not check or code == 0, f"nginx ended with {code}: {self.log()}"
        finally:
            if self.process is not None and self.process.poll() is None:
                self.process.kill()
                self.process.wait(PATIENCE)
            shutil.rmtree(self.folder, ignore_errors=True)


def read_answer(wire):
    answer = http.client.HTTPResponse(wire)
    answer.begin()
    return Answer(answer.status, answer.headers, answer.read())
