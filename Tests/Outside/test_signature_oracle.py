"""botocore recomputes the signature of every request that the gateway sends, and the simulator takes no other.

The random cases come from a seed that is printed when a test fails; `ORACLE_SEED=… pytest test_signature_oracle.py`
runs the same ones again.
"""

import calendar
import datetime
import glob
import json
import os
import pathlib
import random
import re
import socket
import socketserver
import string
import threading
import time

import botocore.session
import pytest
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, SharedCredentialProvider
from support.gateway import Gateway, make_token, run
from support.simulator import PATIENCE, PENDING, Simulator

SEED = int(os.environ.get("ORACLE_SEED") or random.SystemRandom().randrange(2**32))
GATEWAYS, CALLS = 30, 10

#: What shifts a gateway's clock: libfaketime for programs with threads, where Debian's package `faketime` has it. A
#: sanitizer needs another library, which Tests/Sanitizers/run names.
CLOCK_LIBRARY = os.environ.get("CLOCK_LIBRARY") or next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)

ID_LETTERS = string.ascii_lowercase + string.digits + "-"
#: Every character that a key or a session token can have on its way through a header.
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
BASE64 = string.ascii_letters + string.digits + "+/="

#: What may stand in an endpoint's URL after the host. A slash at its end makes no difference.
BASE_PATHS = ["", "", "/", "/aws", "/a-b_c.d~e/2/", "/per%20cent/%C3%A9%2F", "/plus+and:at@or,so;on=$!*'()"]

#: What botocore's HTTP client adds after signing, so that it never is part of a signature.
ADDED_AFTER_SIGNING = {"accept", "content-length"}


def regions():
    """Every region in which botocore knows Amazon OpenSearch Service, in every partition."""
    session = botocore.session.Session()
    return sorted(region for partition in session.get_available_partitions()
                  for region in session.get_available_regions("es", partition))


class Recorded:
    """A request exactly as it was on the wire."""

    def __init__(self, head, body):
        request_line, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = request_line.split(" ")
        self.headers = [tuple(line.split(": ", 1)) for line in lines if line]
        self.body = body

    def header(self, name):
        """The one value of a header that has to be there once."""
        [value] = [value for each, value in self.headers if each.lower() == name]
        return value

    @property
    def time(self):
        return datetime.datetime.strptime(self.header("x-amz-date"), SIGV4_TIMESTAMP)


def read_message(wire):
    """A request's head and body; `None` where the client has closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = wire.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    while len(body) < (int(length[1]) if length else 0):
        body += wire.recv(65536)
    return head, body


class Server(socketserver.ThreadingTCPServer):
    """A server on a free port of 127.0.0.1 that lives in threads; a context manager."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self):
        handler = type("Handler", (socketserver.BaseRequestHandler,), {"handle": lambda it: self.talk(it.request)})
        super().__init__(("127.0.0.1", 0), handler)
        self.port = self.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self._thread.join(PATIENCE)
        self.server_close()


class Recorder(Server):
    """An upstream that believes everything: it keeps each request and answers that the connection is being rejected."""

    def __init__(self):
        self.requests = []
        super().__init__()

    def talk(self, wire):
        while message := read_message(wire):
            request = Recorded(*message)
            self.requests.append(request)
            connection_id = request.target.rsplit("/", 2)[1]
            body = json.dumps({"Connection": {"ConnectionId": connection_id}}).encode()
            wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                         % (len(body), body))


class DatedGateway(Gateway):
    """A gateway whose wall clock shows what `set_clock` says. The clock of its deadlines is left alone."""

    def __init__(self, upstream, *, env=None, **options):
        assert CLOCK_LIBRARY, "libfaketime isn't installed; Debian has it in the package faketime"
        self._clock_file = pathlib.Path(options["folder"]) / "clock"
        # `env` as the prefix: the Swift runtime finds the arguments from the environment's place in memory, and the
        # library moves that in the first program it is loaded into. `env` is that one, and then becomes the gateway.
        super().__init__(upstream, prefix=["env"], **options, env={
            "LD_PRELOAD": CLOCK_LIBRARY, "FAKETIME_TIMESTAMP_FILE": self._clock_file, "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1", **(env or {})})

    def set_clock(self, when):
        """The clock shows `when` and goes on from there."""
        offset = calendar.timegm(when.timetuple()) - time.time()
        new = self._clock_file.with_suffix(".new")
        new.write_text(f"{offset:+.6f}\n")
        new.rename(self._clock_file)

    def start(self):
        # One that is still good in the year 2099.
        self.token = make_token(self.tokens, name="oracle", expires="never")
        super().start()

    def __exit__(self, *error):
        try:
            super().__exit__(*error)
        finally:
            # The library's own, which a program that became another one doesn't take away.
            for name in (f"faketime_shm_{self.process.pid}", f"sem.faketime_sem_{self.process.pid}"):
                pathlib.Path("/dev/shm", name).unlink(missing_ok=True)


def authorization(recorded, credentials, region):
    """What botocore would have put into `Authorization` for this request, at the time that the request names."""

    class Signer(SigV4Auth):
        def _modify_request_before_signing(self, request):
            request.context["timestamp"] = recorded.header("x-amz-date")
            super()._modify_request_before_signing(request)

    request = AWSRequest(recorded.method, f"http://{recorded.header('host')}{recorded.target}", data=recorded.body)
    for name, value in recorded.headers:
        # botocore writes `Host` and its own `Authorization` by itself.
        if name.lower() not in ADDED_AFTER_SIGNING | {"host", "authorization"}:
            request.headers[name] = value
    Signer(credentials, "es", region).add_auth(request)
    return request.headers["Authorization"]


def assert_signed_as_botocore_would(recorded, credentials, region):
    assert recorded.header("authorization") == authorization(recorded, credentials, region), recorded.headers
    names = [name.lower() for name, _ in recorded.headers]
    assert ("x-amz-security-token" in names) == (credentials.token is not None)
    if credentials.token is not None:
        assert recorded.header("x-amz-security-token") == credentials.token


def text(chance, letters, shortest, longest):
    return "".join(chance.choices(letters, k=chance.randint(shortest, longest)))


def connection_id(chance):
    """A valid id; the shortest and the longest ones more often than chance has it."""
    length = chance.choice([10, 256, chance.randint(10, 40), chance.randint(10, 256)])
    return chance.choice(string.ascii_lowercase) + "".join(chance.choices(ID_LETTERS, k=length - 1))


def moment(chance):
    """A time of this century; the edges of days and years more often than chance has it."""
    year = chance.randint(2001, 2099)
    return chance.choice([
        datetime.datetime(year, 1, 1) + datetime.timedelta(seconds=chance.randrange(365 * 86400)),
        datetime.datetime(year, 1, 1),
        datetime.datetime(year, 12, 31, 23, 59, 30),
        datetime.datetime(year - year % 4, 2, 29, chance.randrange(24), chance.randrange(60)),
        datetime.datetime(year, chance.randint(1, 9), chance.randint(1, 9), chance.randint(0, 9), 0, 1),
    ])


def keys(chance):
    """Credentials as AWS hands them out, and ones as it never would."""
    plain = chance.random() < 0.5
    return Credentials(
        text(chance, string.ascii_uppercase + string.digits if plain else VISIBLE, 16, 128),
        text(chance, BASE64 if plain else VISIBLE, 40 if plain else 1, 40 if plain else 200),
        # A real one has about a thousand characters.
        chance.choice([None, text(chance, BASE64, 300, 3000), text(chance, VISIBLE, 1, 50), "+/="]))


def variables(credentials):
    return {"AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
            "AWS_SESSION_TOKEN": credentials.token}


@pytest.fixture(scope="module")
def recorder():
    with Recorder() as running:
        yield running


@pytest.fixture
def chance(request):
    print(f"ORACLE_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture(scope="module")
def known_regions():
    found = regions()
    assert {"eu-west-1", "cn-north-1", "us-gov-west-1"} < set(found)
    return found


def only_request(recorder, gateway, connection, **options):
    """Rejects `connection` and gives the one request that this sent."""
    before = len(recorder.requests)
    answer = gateway.reject(connection, **options)
    assert answer.status == 200, answer
    [recorded] = recorder.requests[before:]
    return recorded


@pytest.mark.parametrize("number", range(GATEWAYS))
def test_botocore_comes_to_the_same_signature(recorder, known_regions, chance, number, tmp_path):
    credentials, region = keys(chance), chance.choice(known_regions)
    base_path = chance.choice(BASE_PATHS)
    with DatedGateway(recorder.url + base_path, region=region, folder=tmp_path, env=variables(credentials)) as gateway:
        for _ in range(CALLS):
            connection, when = connection_id(chance), moment(chance)
            gateway.set_clock(when)
            recorded = only_request(recorder, gateway, connection)
            assert (recorded.method, recorded.body) == ("PUT", b"")
            assert recorded.target == (
                f"{base_path.rstrip('/')}/2021-01-01/opensearch/cc/inboundConnection/{connection}/reject")
            assert recorded.header("host") == f"127.0.0.1:{recorder.port}"
            assert datetime.timedelta(0) <= recorded.time - when < datetime.timedelta(seconds=PATIENCE)
            assert_signed_as_botocore_would(recorded, credentials, region)


@pytest.mark.parametrize("base_path", ["/a//b", "/a/./b", "/a/../b", "//a"])
def test_a_base_path_that_is_not_in_its_plain_form_is_refused_at_start(base_path, tmp_path):
    # AWS signs the plain form (IAM User Guide: "Normalize URI paths according to RFC 3986"), and whatever stands in
    # between may send either: such a path could never be relied on.
    ended = run("serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--tokens", tmp_path / "t.json",
                "--audit-log", tmp_path / "a.jsonl", home=tmp_path,
                env={"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_OPENSEARCH": f"http://127.0.0.1:1{base_path}"})
    assert ended.returncode == 78
    assert "AWS_ENDPOINT_URL_OPENSEARCH" in ended.stderr and len(ended.stderr.splitlines()) == 1, ended.stderr


def test_a_signing_key_is_used_on_its_own_day_alone(recorder, chance, tmp_path):
    credentials = keys(chance)
    midnight = datetime.datetime(2028, 2, 29)
    times = [midnight + datetime.timedelta(seconds=seconds) for seconds in (-3600, 0, 3600, -7200, 86400, 60)]
    with DatedGateway(recorder.url, folder=tmp_path, region="eu-west-1", env=variables(credentials)) as gateway:
        days = []
        for when in times:
            gateway.set_clock(when)
            recorded = only_request(recorder, gateway, connection_id(chance))
            assert_signed_as_botocore_would(recorded, credentials, "eu-west-1")
            # From the end, since a key id may have any character.
            days.append(recorded.header("authorization").split("/")[-4])
    assert days == ["20280228", "20280229", "20280229", "20280228", "20280301", "20280229"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_host_is_signed_with_a_port_that_is_not_the_schemes_own(recorder, chance, host):
    credentials = keys(chance)
    url = f"http://{host}:{recorder.port}"
    with Gateway(url, region="eu-west-1", env=variables(credentials)) as gateway:
        recorded = only_request(recorder, gateway, connection_id(chance))
    # Recorded.header("host") goes into botocore's URL, from which botocore makes the Host that it signs.
    assert recorded.header("host").lower() == f"{host.lower()}:{recorder.port}"
    assert_signed_as_botocore_would(recorded, credentials, "eu-west-1")


def test_what_a_caller_sends_changes_nothing_that_is_signed(recorder, chance):
    credentials = keys(chance)
    with Gateway(recorder.url, region="eu-west-1", env=variables(credentials)) as gateway:
        headers = {"X-Amz-Security-Token": "another", "X-Amz-Date": "20010101T000000Z", "Host": "es.example.com",
                   "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", "Accept-Encoding": "gzip", "Expect": "100-continue"}
        recorded = only_request(recorder, gateway, connection_id(chance), headers=headers, body={"reason": "CHG-1"})
    assert recorded.header("host") == f"127.0.0.1:{recorder.port}"
    assert not {"x-amz-content-sha256", "expect"} & {name.lower() for name, _ in recorded.headers}
    assert_signed_as_botocore_would(recorded, credentials, "eu-west-1")


#: What a profile may look like, after its first line.
PROFILES = {
    "plain": "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = abc/def+ghi=\n",
    "no-spaces": "aws_access_key_id=AKIDEXAMPLE\naws_secret_access_key=abc/def+ghi=\n",
    "number-sign-and-semicolon": "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = a#b;c\n",
    "equals-and-colons": "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = a=b:c==d\n",
    "percent-and-quotes": "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = %(x)s\"'$HOME\\\n",
    "session-token": "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\naws_session_token = to/k+en==\n",
    "comments": "# one\n; two\naws_access_key_id = AKIDEXAMPLE\n\naws_secret_access_key = secret\n# three\n",
    "windows-line-ends": "aws_access_key_id = AKIDEXAMPLE  \r\naws_secret_access_key = secret\t\r\n",
}


@pytest.mark.parametrize("name", PROFILES)
def test_keys_of_a_profile_are_those_that_botocore_reads_in_it(recorder, chance, name, tmp_path):
    shared = tmp_path / "credentials"
    shared.write_bytes(("[other]\naws_access_key_id = no\naws_secret_access_key = no\n"
                        f"[{name}]\n{PROFILES[name]}").encode())
    credentials = SharedCredentialProvider(str(shared), name).load()
    with Gateway(recorder.url, region="eu-west-1", env={
            "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_PROFILE": name,
            "AWS_SHARED_CREDENTIALS_FILE": shared, "AWS_CONFIG_FILE": tmp_path / "none"}) as gateway:
        recorded = only_request(recorder, gateway, connection_id(chance))
    assert_signed_as_botocore_would(recorded, credentials, "eu-west-1")


class FlippingProxy(Server):
    """Hands bytes on between the gateway and the simulator, and flips one bit of each request's head.

    `place` says where: given a head, it gives the index of a byte and the bit in it; `None` changes nothing.
    """

    def __init__(self, simulator):
        host, _, port = simulator.address.rpartition(":")
        self._simulator = host, int(port)
        self.place = None
        super().__init__()

    def talk(self, wire):
        with socket.create_connection(self._simulator, timeout=PATIENCE) as upstream:
            while message := read_message(wire):
                head, body = bytearray(message[0]), message[1]
                if self.place is not None:
                    index, bit = self.place(head)
                    head[index] ^= 1 << bit
                upstream.sendall(head + b"\r\n\r\n" + body)
                answer = read_message(upstream)
                if answer is None:
                    return
                wire.sendall(answer[0] + b"\r\n\r\n" + answer[1])


#: The parts of a request that the signature vouches for: where each stands, as the pattern's one group, and what it is
#: made of. A flip to something else may leave no HTTP message, or no reject, whose signature could be looked at.
SIGNED_PARTS = {
    "access-key-id": (rb"Credential=([^/]+)/", VISIBLE),
    "scope-date": (rb"Credential=[^/]+/(\d{8})/", VISIBLE),
    "scope-region": (rb"Credential=[^/]+/\d{8}/([^/]+)/", VISIBLE),
    "scope-service": (rb"Credential=[^/]+/\d{8}/[^/]+/([^/]+)/", VISIBLE),
    "scope-end": (rb"/(aws4_request),", VISIBLE),
    "signed-headers": (rb"SignedHeaders=([a-z0-9;-]+)", VISIBLE),
    "date": (rb"(?i)\r\nx-amz-date: (\d{8}T\d{6}Z)\r\n", VISIBLE),
    "session-token": (rb"(?i)\r\nx-amz-security-token: ([^\r]+)\r\n", VISIBLE),
    "host": (rb"(?i)\r\nhost: ([^\r:]+):\d+\r\n", string.ascii_letters + string.digits + ".-"),
    "connection-id": (rb"inboundConnection/([^/]+)/reject", ID_LETTERS),
}
SIGNATURE = rb"Signature=([0-9a-f]{64})\r\n"
FLIPS = 40


def spans(pattern, head):
    """Where the part stands."""
    return re.search(pattern, head).span(1)


@pytest.fixture(scope="module")
def flipping():
    token = "to+ken/with==every&thing"
    with Simulator(session_token=token) as simulator, FlippingProxy(simulator) as proxy:
        with Gateway(proxy.url, env={"AWS_SESSION_TOKEN": token}) as gateway:
            yield simulator, proxy, gateway


def assert_refused(flipping, places):
    """Each of these flips, in a call of its own, is seen by the simulator, and refused, and the caller is told so."""
    simulator, proxy, gateway = flipping
    before = len(simulator.requests())
    answers = []
    for proxy.place in places:
        answers.append(gateway.reject(PENDING))
    lines = simulator.requests()[before:]
    assert len(lines) == len(answers) > 0
    for answer, line in zip(answers, lines):
        assert line["verdict"] not in ("valid", "unsigned"), line
        assert (answer.status, answer.code, answer.outcome) == (502, "upstream_denied", "not_rejected"), (answer, line)
        assert answer.json["aws"]["httpStatus"] == line["status"] == 403, (answer, line)
    assert simulator.status_of(PENDING) == "PENDING_ACCEPTANCE"
    return lines


def test_the_proxy_that_flips_bits_is_otherwise_honest():
    with Simulator() as simulator, FlippingProxy(simulator) as proxy, Gateway(proxy.url) as gateway:
        answer = gateway.reject(PENDING)
        assert answer.status == 200, answer
        assert [line["verdict"] for line in simulator.requests()] == ["valid"]


def test_each_flipped_bit_in_the_signature_is_refused(flipping):
    def place_of(digit, bit):
        return lambda head: (spans(SIGNATURE, head)[0] + digit, bit)

    # Of the eight bits of a byte these four always make one printable character of another.
    lines = assert_refused(flipping, [place_of(digit, bit) for digit in range(64) for bit in (0, 1, 2, 3)])
    assert {line["verdict"] for line in lines} == {"signature_mismatch"}


@pytest.mark.parametrize("part", SIGNED_PARTS)
def test_a_flipped_bit_in_what_is_signed_is_refused(flipping, chance, part):
    pattern, letters = SIGNED_PARTS[part]

    def place(head):
        start, end = spans(pattern, head)
        while True:
            index, bit = chance.randrange(start, end), chance.randrange(7)
            if chr(head[index] ^ 1 << bit) in letters:
                return index, bit

    assert_refused(flipping, [place] * FLIPS)
