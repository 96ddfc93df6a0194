"""Starts `connection-gateway`, calls it and reads its audit."""

import hashlib
import http.client
import itertools
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from .simulator import ACCESS_KEY_ID, BIN_DIR, PATIENCE, REGION, SECRET_ACCESS_KEY, environment, wait_until

BINARY = BIN_DIR / "connection-gateway"

#: For what is about something else than retries.
ONE_ATTEMPT = {"AWS_MAX_ATTEMPTS": "1"}

#: The rates that a gateway has when nothing is said of them. Here it has none, unless a test asks for these or others: tests
#: call often, from few addresses, and with tokens that are no good.
DEFAULT_RATES = {"GATEWAY_TOKEN_RATE": None, "GATEWAY_FAILURE_RATE": None}


def run(*arguments, env=None, home="/nonexistent", timeout=PATIENCE, prefix=()):
    """One call of the command line, to its end."""
    return subprocess.run([*map(str, prefix), str(BINARY), *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, stdin=subprocess.DEVNULL, env=environment(home, **(env or {})))


def make_token(tokens, *, name="test", scopes=("connections:reject",), expires="90d"):
    """A new token in the file `tokens`."""
    flags = [part for scope in scopes for part in ("--scope", scope)]
    made = run("token", "create", "--name", name, *flags, "--expires", expires, "--tokens", tokens)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


class Answer:
    """What the gateway answered."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The problem's code; `None` for a success."""
        return self.json.get("code")

    @property
    def outcome(self):
        return self.json.get("outcome")

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


class Gateway:
    """A running gateway; a context manager.

    Parameters: `upstream` is the URL to ask in AWS's stead (`None`: AWS's own endpoint), `env` adds variables or, with
    `None`, takes them away, `arguments` are more flags, `prefix` a command to run it under (strace, faketime), `binary`
    another build of it, `folder` a place of its own files that outlives it (a temporary one otherwise), `stdout` where
    its standard output goes, and `inherited` a listening socket that it gets as systemd would pass it (`fd:3`).
    `token_life` is when its token ends.
    """

    def __init__(self, upstream, *, env=None, arguments=(), prefix=(), folder=None, region=REGION, ca_file=None,
                 binary=BINARY, stdout=subprocess.DEVNULL, inherited=None, token_life="90d"):
        self._own_folder = folder is None
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="connection-gateway-"))
        self.tokens, self.audit = self.folder / "tokens.json", self.folder / "audit.jsonl"
        self._log_file, self._stdout = self.folder / "gateway.log", stdout
        self._arguments, self._prefix = list(map(str, arguments)), list(map(str, prefix))
        self._binary, self._inherited, self._token_life = binary, inherited, token_life
        variables = {"AWS_REGION": region, "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
                     "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY, "AWS_ENDPOINT_URL_OPENSEARCH": upstream,
                     "AWS_CA_BUNDLE": ca_file, "GATEWAY_TOKEN_RATE": "off", "GATEWAY_FAILURE_RATE": "off",
                     **(env or {})}
        self._env = {name: str(value) for name, value in variables.items() if value is not None}
        self.process = None
        #: Whether each call comes from a loopback address of its own, so that no refusal is one too many of its address.
        self.scatter = False
        self._calls = itertools.count(1)

    def __enter__(self):
        try:
            self.token = make_token(self.tokens, expires=self._token_life)
            self.start()
        except BaseException:
            self.kill()
            self._tidy()
            raise
        return self

    def __exit__(self, kind, error, trace):
        try:
            # After a failed test the failure is what counts.
            self.stop() if kind is None else self.kill()
        finally:
            self._tidy()

    def _tidy(self):
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        """Starts it, or starts it again on the same files."""
        self.spawn()
        listening = wait_until(self._listening, "the gateway's listening lines")
        #: `127.0.0.1:43210`
        self.address, self.admin_address = listening["public"], listening["admin"]
        self.url = f"http://{self.address}"

    def spawn(self, prefix=None):
        """Starts its process, and doesn't wait for it to serve."""
        prefix = self._prefix if prefix is None else list(map(str, prefix))
        if self._inherited is not None:
            # The shell is the process that becomes the gateway, so that $$ is the gateway's number.
            prefix = ["bash", "-c", f'exec 3<&{self._inherited.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"',
                      "bash", *prefix]
        command = [*prefix, str(self._binary), "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                   "--tokens", str(self.tokens), "--audit-log", str(self.audit), "--log-format", "json"]
        with open(self._log_file, "wb") as stderr:
            self.process = subprocess.Popen(command + self._arguments, stdin=subprocess.DEVNULL, stderr=stderr,
                                            stdout=self._stdout, env=environment(self.folder, **self._env),
                                            pass_fds=[self._inherited.fileno()] if self._inherited else [])

    def _listening(self):
        lines = {line["listener"]: line["address"] for line in self.log() if line["message"] == "listening"}
        assert len(lines) == 2 or self.process.poll() is None, f"the gateway didn't start: {self.log_text()}"
        return lines if len(lines) == 2 else None

    def log_text(self):
        return self._log_file.read_text()

    def log(self):
        """The whole lines of the log so far."""
        return [json.loads(line) for line in self.log_text().rpartition("\n")[0].split("\n") if line.startswith("{")]

    def records(self, stage=None, audit=None):
        """The audit's records so far; only those of a stage, if it is named."""
        lines = (audit or self.audit).read_bytes().split(b"\n")[:-1]
        return [record for record in map(json.loads, lines) if stage in (None, record["stage"])]

    def check_chain(self, audit=None):
        """Checks the chain with nothing but hashlib: `prev` is the SHA-256 of the line before, `seq` counts."""
        previous, number = "0" * 64, 0
        for line in (audit or self.audit).read_bytes().splitlines(keepends=True):
            record = json.loads(line)
            number += 1
            assert (record["prev"], record["seq"]) == (previous, number), line
            assert list(record)[0] == "time" and list(record)[-1] == "prev", line
            previous = hashlib.sha256(line).hexdigest()

    def call(self, method, path, *, token=True, body=None, headers=None, address=None, timeout=PATIENCE):
        """One request on a connection of its own. `token=True` sends the gateway's own, `None` none."""
        headers = dict(headers or {})
        if token:
            headers["Authorization"] = f"Bearer {self.token if token is True else token}"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(address or self.address, timeout=timeout, source_address=self.source())
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def source(self):
        """Where the next call comes from, as `source_address` has it."""
        if not self.scatter:
            return None
        number = next(self._calls)
        return f"127.1.{number // 250 % 250}.{number % 250 + 1}", 0

    def reject(self, connection_id, **options):
        """The main job."""
        return self.call("POST", f"/connections/{connection_id}/reject", **options)

    def raw(self, data, *, timeout=PATIENCE, address=None):
        """Sends bytes as they are, and gives back all that comes until the gateway closes the connection."""
        host, _, port = (address or self.address).rpartition(":")
        with socket.create_connection((host, int(port)), timeout=timeout, source_address=self.source()) as wire:
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
            received = b""
            while piece := wire.recv(65536):
                received += piece
        return received

    def metrics(self):
        """The metrics page's samples: name and labels to value."""
        page = self.call("GET", "/metrics", token=None, address=self.admin_address).body.decode()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
                for line in page.splitlines() if not line.startswith("#")}

    def ready(self):
        """The answer of `/readyz`."""
        return self.call("GET", "/readyz", token=None)

    def ready_for_admins(self):
        """What the admin listener's `/readyz` says: each check's status, and why."""
        checks = self.call("GET", "/readyz", token=None, address=self.admin_address).json["checks"]
        return {check["name"]: (check["status"], check.get("detail")) for check in checks}

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, timeout=40):
        """SIGTERM; the gateway has to end with 0. A second call does nothing."""
        if self.process.returncode is None:
            self.signal(signal.SIGTERM)
            code = self.process.wait(timeout)
            assert code == 0, f"the gateway ended with {code}: {self.log_text()}"

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
