"""Starts `opensearch-simulator`, talks to it and reads its log."""

import contextlib
import copy
import http.client
import json
import os
import pathlib
import shutil
import signal
import ssl
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN_DIR = pathlib.Path(os.environ.get("BIN_DIR", ROOT / ".build" / "debug"))
BINARY = BIN_DIR / "opensearch-simulator"

REGION = "eu-west-1"
ACCESS_KEY_ID = "SIMULATORACCESSKEY00"
SECRET_ACCESS_KEY = "simulator-secret-access-key-not-a-real-one"

#: A connection that waits for its acceptance, so that it can be rejected.
PENDING = "c-0123456789abcdef0"
#: One that is in use, so that it can't.
ACTIVE = "c-aaaaaaaaaaaaaaaa1"
#: One that was rejected before.
REJECTED = "c-bbbbbbbbbbbbbbbb2"
#: A valid id that no seed has.
UNKNOWN = "c-ffffffffffffffff9"

#: How long anything may take that takes no time, in seconds: for a slow machine, not for a slow program.
PATIENCE = 20


def connection(connection_id=PENDING, status="PENDING_ACCEPTANCE", *, message=None, local="logs-eu", remote="archive",
               mode="DIRECT", fault=None):
    """A connection as a seed has it, in the form of AWS's `InboundConnection`."""
    seed = {
        "ConnectionId": connection_id,
        "LocalDomainInfo": {
            "AWSDomainInformation": {"OwnerId": "123456789012", "DomainName": local, "Region": REGION}},
        "RemoteDomainInfo": {
            "AWSDomainInformation": {"OwnerId": "210987654321", "DomainName": remote, "Region": REGION}},
        "ConnectionStatus": {"StatusCode": status},
        "ConnectionMode": mode,
    }
    if message is not None:
        seed["ConnectionStatus"]["Message"] = message
    if fault is not None:
        seed["Fault"] = fault
    return seed


#: One connection of each kind.
USUAL_SEED = [connection(PENDING), connection(ACTIVE, "ACTIVE"), connection(REJECTED, "REJECTED")]


#: Where a sanitizer writes its reports (Tests/Sanitizers/run).
SANITIZER = {name: os.environ[name] for name in ("ASAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}


def environment(home, **variables):
    """A child's environment from scratch: nothing of this machine's settings gets in."""
    return {**SANITIZER, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home),
            "LANG": "C.UTF-8", **variables}


def wait_until(condition, what, deadline=PATIENCE):
    """Asks again and again, until the condition gives something true, and returns that."""
    end = time.monotonic() + deadline
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < end, f"waited {deadline} s in vain: {what}"
        time.sleep(0.005)


class Certificates:
    """A throwaway authority and a certificate of it for 127.0.0.1 and localhost, made with openssl."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.ca_file = folder / "ca.pem"
        self.certificate = folder / "server.pem"
        self.key = folder / "server.key"
        ca_key, request = folder / "ca.key", folder / "server.csr"
        ca_settings, settings = folder / "ca.cnf", folder / "server.cnf"
        ca_settings.write_text(
            "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=Simulator test authority\n"
            "[ext]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
            "subjectKeyIdentifier=hash\n")
        settings.write_text(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n"
            "subjectAltName=IP:127.0.0.1,DNS:localhost\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        self._openssl(folder, "req", "-x509", *curve, "-config", ca_settings, "-days", "2", "-keyout", ca_key,
                      "-out", self.ca_file)
        self._openssl(folder, "req", *curve, "-config", ca_settings, "-subj", "/CN=localhost", "-keyout", self.key,
                      "-out", request)
        self._openssl(folder, "x509", "-req", "-in", request, "-CA", self.ca_file, "-CAkey", ca_key,
                      "-CAcreateserial", "-days", "2", "-extfile", settings, "-out", self.certificate)

    @staticmethod
    def _openssl(home, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=PATIENCE,
                       env=environment(home))


class Simulator:
    """A running simulator; a context manager.

    Parameters: `seed` is a list of connections (see `connection`), `tls` serves HTTPS with a throwaway certificate,
    `session_token` makes the keys temporary ones, and `arguments` are more flags.
    """

    def __init__(self, seed=None, tls=False, region=REGION, access_key_id=ACCESS_KEY_ID,
                 secret_access_key=SECRET_ACCESS_KEY, session_token=None, arguments=()):
        self.region, self.access_key_id, self.secret_access_key = region, access_key_id, secret_access_key
        self.session_token = session_token
        self._seed = copy.deepcopy(USUAL_SEED if seed is None else seed)
        self._tls = tls
        self._arguments = list(arguments)
        self.ca_file = None
        self.process = None

    def __enter__(self):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="opensearch-simulator-"))
        try:
            self._start()
        except BaseException:
            self._kill()
            shutil.rmtree(self._folder)
            raise
        return self

    def __exit__(self, kind, error, trace):
        try:
            # After a failed test the failure is what counts.
            self.stop() if kind is None else self._kill()
        finally:
            shutil.rmtree(self._folder)

    def _start(self):
        seed_file, self._log_file = self._folder / "seed.json", self._folder / "log.jsonl"
        self._stderr_file = self._folder / "stderr"
        seed_file.write_text(json.dumps(self._seed))
        command = [BINARY, "--listen", "127.0.0.1:0", "--seed", seed_file, "--log", self._log_file, "--region",
                   self.region, "--access-key-id", self.access_key_id, "--secret-access-key", self.secret_access_key]
        if self.session_token is not None:
            command += ["--session-token", self.session_token]
        if self._tls:
            certificates = Certificates(self._folder)
            self.ca_file = str(certificates.ca_file)
            command += ["--tls-certificate", certificates.certificate, "--tls-key", certificates.key]
        with open(self._stderr_file, "wb") as stderr:
            self.process = subprocess.Popen(
                [str(part) for part in command] + self._arguments, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=stderr, env=environment(self._folder))
        listening = wait_until(self._first_line, "the simulator's listening line")
        assert listening["event"] == "listening", listening
        #: `127.0.0.1:43210`
        self.address = listening["address"]
        #: `http://127.0.0.1:43210`
        self.url = f"{listening['scheme']}://{self.address}"

    def _first_line(self):
        assert self.process.poll() is None, f"the simulator didn't start: {self.stderr()}"
        return next(iter(self.log()), None)

    def stderr(self):
        """What the simulator wrote to stderr."""
        return self._stderr_file.read_text()

    def log(self):
        """Every line of the log so far. A line that is still being written isn't there yet."""
        if not self._log_file.exists():
            return []
        whole_lines = self._log_file.read_text().rpartition("\n")[0]
        return [json.loads(line) for line in whole_lines.split("\n") if line]

    def requests(self, operation=None):
        """What reached the service so far, valid or not; only those for one operation, if it is named."""
        return [line for line in self.log()
                if line["event"] == "request" and operation in (None, line.get("operation"))]

    def fault(self, kind, **options):
        """Sets a fault, e.g. `fault("slow", delayMs=200, count=1)`."""
        return self.control("POST", "/_simulator/faults", {"fault": kind, **options})

    def clear_faults(self):
        """Deletes every fault, those of the seed too."""
        return self.control("DELETE", "/_simulator/faults")

    def connections(self):
        """The connections as they are now, by id."""
        answer = self.control("GET", "/_simulator/connections")
        return {connection["ConnectionId"]: connection for connection in answer["Connections"]}

    def status_of(self, connection_id):
        """A connection's `StatusCode` as it is now."""
        return self.connections()[connection_id]["ConnectionStatus"]["StatusCode"]

    def truth(self, connection_id):
        """What the simulator knows of one id: `Connection` if there is one, and `rejects` with `seen` and `applied`."""
        return self.control("GET", f"/_simulator/connections/{connection_id}")

    def put_connection(self, seed):
        """Adds a connection (see `connection`) behind all others, or changes the one there is."""
        return self.control("PUT", f"/_simulator/connections/{seed['ConnectionId']}", seed)

    def delete_connection(self, connection_id):
        """Takes a connection away."""
        return self.control("DELETE", f"/_simulator/connections/{connection_id}")

    def settings(self, **members):
        """Changes settings, e.g. `settings(clockOffsetSeconds=-600, lag={"ms": 500})`, and gives all of them.

        `None` puts one back to what it was at the start.
        """
        if not members:
            return self.control("GET", "/_simulator/settings")
        return self.control("POST", "/_simulator/settings", members)

    def reset_settings(self):
        """Puts every setting back to what it was at the start."""
        return self.control("DELETE", "/_simulator/settings")

    def set_credentials(self, credentials):
        """From now on these keys are accepted and no others.

        Each has `accessKeyId`, `secretAccessKey` and, if it is a temporary one, `sessionToken` and `expiresAt`.
        """
        return self.control("PUT", "/_simulator/credentials", credentials)

    def reset_credentials(self):
        """The keys of the command line are the accepted ones again."""
        return self.control("DELETE", "/_simulator/credentials")

    def connect(self, timeout=PATIENCE):
        """A raw connection, an `http.client` one."""
        if self.ca_file is None:
            return http.client.HTTPConnection(self.address, timeout=timeout)
        trust = ssl.create_default_context(cafile=self.ca_file)
        return http.client.HTTPSConnection(self.address, timeout=timeout, context=trust)

    def control(self, method, path, body=None):
        """A call about the simulator itself; fails if it isn't taken."""
        with contextlib.closing(self.connect()) as wire:
            wire.request(method, path, body=None if body is None else json.dumps(body))
            answer = wire.getresponse()
            text = answer.read()
        assert answer.status == 200, f"{method} {path}: {answer.status} {text}"
        return json.loads(text)

    def stop(self):
        """SIGTERM; the simulator has to end with 0. A second call does nothing."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(PATIENCE)
            assert code == 0, f"the simulator ended with {code}: {self.stderr()}"

    def _kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
