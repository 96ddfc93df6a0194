"""The servers of a benchmark: the stub upstream, and the two services that do the job."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Outside"))

from support import gateway, simulator  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent

environment = simulator.environment
wait_until = simulator.wait_until


def free_port():
    """A port that nobody listens on right now, for a server that can't be asked which one it took."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(address, path, method="GET", headers=None, timeout=simulator.PATIENCE):
    """One request on a connection of its own: status and body."""
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def serves(address):
    """Whether `/livez` says so."""
    try:
        return get(address, "/livez")[0] == 200
    except OSError:
        return False


class Upstream:
    """nginx in AWS's stead; a context manager."""

    def __init__(self, folder):
        self._folder = folder
        self._certificates = simulator.Certificates(folder)
        self.ca_file = str(self._certificates.ca_file)

    def __enter__(self):
        self._port = free_port()
        self.url = f"https://127.0.0.1:{self._port}"
        connection = simulator.connection(simulator.PENDING, "REJECTING")
        values = {"FOLDER": self._folder, "PORT": self._port, "CERTIFICATE": self._certificates.certificate,
                  "KEY": self._certificates.key, "PENDING": simulator.PENDING, "ACTIVE": simulator.ACTIVE,
                  "CONNECTION": json.dumps({"Connection": connection}),
                  # nginx puts the id in that it was asked for.
                  "CONNECTIONOFID": json.dumps({"Connection": connection | {"ConnectionId": "$id"}})}
        settings = self._folder / "nginx.conf"
        settings.write_text(re.sub(r"@([A-Z]+)@", lambda match: str(values[match[1]]),
                                   (HERE / "upstream.conf").read_text()))
        log = self._folder / "nginx-start.log"
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                ["nginx", "-p", self._folder, "-c", settings, "-e", self._folder / "nginx-error.log"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment(self._folder))
        try:
            wait_until(self._listens, "the stub upstream")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        end(self.process)

    def _listens(self):
        assert self.process.poll() is None, (self._folder / "nginx-error.log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
            return True
        except ConnectionRefusedError:
            return False


class GatewayService:
    """The gateway, as `Tests/Outside` starts it."""

    def __init__(self, upstream, folder, name="gateway", binary=gateway.BINARY):
        self.name = name
        # As deploy's unit has it.
        self._extra = {"SWIFT_BACKTRACE": "enable=no"}
        self._upstream = upstream
        self._gateway = gateway.Gateway(
            upstream.url, ca_file=upstream.ca_file, folder=folder, env=self._extra, binary=binary)

    def __enter__(self):
        self._gateway.__enter__()
        self.address, self.token, self.tokens = self._gateway.address, self._gateway.token, self._gateway.tokens
        self.pid = self._gateway.process.pid
        return self

    def __exit__(self, *error):
        self._gateway.__exit__(*error)

    def outcomes(self):
        """How many calls the audit has to their end; stops the gateway, and has it check its own chain."""
        self._gateway.stop()
        verdict = gateway.run("audit", "verify", self._gateway.audit, timeout=300)
        assert verdict.returncode == 0, verdict.stdout + verdict.stderr
        return count(self._gateway.audit, b'"stage":"outcome"')

    def command(self, port):
        """How it is started by hand, on this port, and with what."""
        folder = self._gateway.folder
        variables = environment(
            folder, AWS_REGION=simulator.REGION, AWS_ENDPOINT_URL_OPENSEARCH=self._upstream.url,
            AWS_ACCESS_KEY_ID=simulator.ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY=simulator.SECRET_ACCESS_KEY,
            AWS_CA_BUNDLE=self._upstream.ca_file, **self._extra)
        return ([str(gateway.BINARY), "serve", "--listen", f"127.0.0.1:{port}", "--admin-listen", "127.0.0.1:0",
                 "--tokens", str(self.tokens), "--audit-log", str(folder / "start.jsonl")],
                variables)


class Comparison:
    """FastAPI and boto3 under uvicorn; a context manager."""

    def __init__(self, upstream, folder, tokens, token, venv, workers):
        self.name = "FastAPI" if workers == 1 else f"FastAPI, {workers} workers"
        self.token, self._workers = token, workers
        self._folder, self._log, self._python = folder, folder / "uvicorn.log", venv / "bin" / "python"
        self._variables = environment(
            folder, GATEWAY_TOKENS=str(tokens), COMPARISON_AUDIT_FOLDER=str(folder),
            AWS_DEFAULT_REGION=simulator.REGION, AWS_ACCESS_KEY_ID=simulator.ACCESS_KEY_ID,
            AWS_SECRET_ACCESS_KEY=simulator.SECRET_ACCESS_KEY, AWS_ENDPOINT_URL_OPENSEARCH=upstream.url,
            AWS_CA_BUNDLE=upstream.ca_file, PYTHONDONTWRITEBYTECODE="1")

    def command(self, port):
        """How it is started by hand, on this port, and with what."""
        return ([str(self._python), "-m", "uvicorn", "comparison:app", "--app-dir", str(HERE), "--host", "127.0.0.1",
                 "--port", str(port), "--workers", str(self._workers), "--no-access-log"], self._variables)

    def __enter__(self):
        command, variables = self.command(0)
        with open(self._log, "wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=variables)
        self.pid = self.process.pid
        try:
            self.address = wait_until(self._address, "uvicorn's address")
            # A worker that has its audit file has started.
            wait_until(lambda: len(self._audits()) == self._workers, "uvicorn's workers")
            wait_until(lambda: serves(self.address), "the comparison service")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        end(self.process)

    def outcomes(self):
        """How many calls the audit has to their end."""
        end(self.process)
        return sum(count(audit, b'"stage": "outcome"') for audit in self._audits())

    def _audits(self):
        return list(self._folder.glob("audit-*.jsonl"))

    def _address(self):
        assert self.process.poll() is None, self._log.read_text()
        found = re.search(r"running on http://(127\.0\.0\.1:\d+)", self._log.read_text())
        return found and found[1]


def count(path, text):
    """How many lines have the text."""
    with open(path, "rb") as lines:
        return sum(text in line for line in lines)


def end(process, patience=30):
    """SIGTERM to the process, and SIGKILL to it and its children if that doesn't help."""
    if process.poll() is None:
        family = tree(process.pid)
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            for pid in family:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            process.wait(patience)


def tree(pid):
    """The process and its children, and theirs."""
    children = {}
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name may hold blanks and parentheses; what counts stands behind its end.
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    family = [pid]
    for member in family:
        family += children.get(member, [])
    return family
