"""Raw bytes at the gateway: what could be read in two ways is refused, and nothing behind it is ever run.

libmicrohttpd reads much that RFC 9112 forbids. The gateway compares where each piece of a head stands on the wire with
where it would stand in the plain form. Each row of the table goes through libmicrohttpd's own parser, so each of them
shows whether that holds; on a TCP and on a UNIX socket, directly and behind nginx.
"""

import concurrent.futures
import contextlib
import json
import pathlib
import re
import socket
import string
import struct
import tempfile

import pytest
from support.gateway import Gateway
from support.nginx import Nginx
from support.raw_requests import FOLLOWING, JSON, LAST, REJECT, ROWS, TOKEN
from support.sanitizer import measures_memory
from support.simulator import PENDING, UNKNOWN, USUAL_SEED, Simulator, connection, wait_until
from support.wire import Talk, TLSWire, connect, talk

#: nginx is believed.
ARGUMENTS = ["--trusted-proxy", "127.0.0.1", "--trusted-proxy", "unix"]
SETTINGS = ["TCP", "UNIX", "nginx to TCP", "nginx to UNIX"]
#: As many connections as there are rows in all settings, and more.
FOLLOWING_IDS = [f"c-following-{number:04}" for number in range(1800)]


class Setting:
    """A way to the gateway."""

    def __init__(self, name, simulator, gateway, nginx, ids):
        self.name, self.simulator, self.gateway, self.nginx, self._ids = name, simulator, gateway, nginx, ids
        #: Whether each caller has an address of its own, so that no refusal is one too many for the audit.
        self.tells_callers_apart = name != "UNIX"
        #: Ids that nothing may ever have been sent for.
        self.never = set()
        self._trust = nginx and nginx.trust()
        self._audit_position = 0

    def open_connections(self):
        """Those of callers, nginx's included."""
        return self.gateway.metrics()["connection_gateway_connections_open"]

    def resources(self):
        """How many open files and how many threads (tasks, to Linux) the gateway has."""
        process = pathlib.Path("/proc", str(self.gateway.process.pid))
        return {kind: len(list((process / kind).iterdir())) for kind in ("fd", "task")}

    def next_id(self):
        """The id of a connection that no one else rejects."""
        return next(self._ids)

    def connect(self):
        if self.nginx:
            return TLSWire(self.nginx.connect(self.gateway.source()[0]), self._trust, "127.0.0.1")
        return connect(self.gateway.address, self.gateway.source())

    def send(self, data):
        return talk(self.connect(), data.replace(TOKEN, self.gateway.token.encode()))

    def new_records(self):
        """The audit's records since the last time."""
        with open(self.gateway.audit, "rb") as audit:
            audit.seek(self._audit_position)
            whole = audit.read().rpartition(b"\n")[0]
        self._audit_position += len(whole) + bool(whole)
        return [json.loads(line) for line in whole.split(b"\n") if line]

    def answer(self, row):
        """Sends a row: what came back, and the id of the connection that the request behind it rejects."""
        following = self.next_id()
        data = row.bytes(self.gateway.token, following)
        return talk(self.connect(), data, ends=row.then == "FIN"), following

    def check(self, row, reply, following):
        """That a row has ended as the table says, and has done nothing else."""
        want = row.nginx if self.nginx else row.direct
        assert reply.outcome(following) == want, reply.received
        seen = self.simulator.truth(following)["rejects"]["seen"]
        assert seen == (1 if want.endswith("next") else 0)
        if not seen:
            self.never.add(following)
        for answer in reply.answers:
            if answer.is_problem:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.headers["x-request-id"] == answer.json["requestId"]
                assert answer.json["outcome"] == ("not_rejected" if answer.status == 404 and answer.json.get("aws")
                                                  else "not_sent")
        if want.endswith("closed") and row.then == "request" and reply.answers and reply.answers[-1].is_problem:
            assert reply.answers[-1].headers["connection"].lower() == "close"

    def check_record(self, row, reply, records):
        """That a refusal is in the audit, once, if it is a call's, and if the gateway has seen it."""
        if not reply.answers or b"/connections/" not in row.data.partition(b"HTTP/1")[0]:
            return
        answer = reply.answers[0]
        if not answer.is_problem or answer.is_of_nginx or answer.json.get("aws") or answer.code == "route_not_found":
            return
        found = [record for record in records if record.get("requestId") == answer.json["requestId"]]
        assert [(record["stage"], record["httpStatus"], record["code"]) for record in found] == [
            ("denied", answer.status, answer.code)]


@pytest.fixture(scope="module")
def settings():
    """Every setting by its name: two gateways, and nginx before each of them."""
    with contextlib.ExitStack() as stack:
        seed = USUAL_SEED + [connection(connection_id) for connection_id in FOLLOWING_IDS]
        simulator, ids = stack.enter_context(Simulator(seed=seed)), iter(FOLLOWING_IDS)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="wire-"))
        found = {}
        for listens, listen in [("TCP", "127.0.0.1:0"), ("UNIX", f"unix:{folder}/gateway")]:
            gateway = stack.enter_context(Gateway(simulator.url, arguments=["--listen", listen, *ARGUMENTS]))
            gateway.scatter = True
            direct = found[listens] = Setting(listens, simulator, gateway, None, ids)
            # From now on it has what it will always have: a connection to AWS.
            assert direct.send(REJECT + b"Connection: close\r\n\r\n").outcome(None).startswith("404 ")
            wait_until(lambda: direct.open_connections() == 0, "the connection to be closed")
            nginx = stack.enter_context(Nginx(gateway.address))
            through = found[f"nginx to {listens}"] = Setting(f"nginx to {listens}", simulator, gateway, nginx, ids)
            direct.before = through.before = direct.resources()
        yield found


@pytest.fixture(params=SETTINGS)
def setting(settings, request):
    found = settings[request.param]
    found.new_records()
    return found


@pytest.mark.parametrize("row", [row for row in ROWS if not row.waits], ids=lambda row: row.name)
def test_a_message_ends_as_the_table_says_and_nothing_else_is_run(setting, row):
    reply, following = setting.answer(row)
    setting.check(row, reply, following)
    records = setting.new_records()
    assert {record.get("connectionId") for record in records} <= {None, UNKNOWN, following} - setting.never
    if setting.tells_callers_apart:
        setting.check_record(row, reply, records)


def test_one_that_only_a_deadline_ends_does_so_too(settings):
    """All of them at once, since they take as long as the deadline."""
    waiting = [(setting, row) for setting in settings.values() for row in ROWS if row.waits]
    with concurrent.futures.ThreadPoolExecutor(len(waiting)) as threads:
        replies = list(threads.map(lambda each: each[0].answer(each[1]), waiting))
    for (setting, row), (reply, following) in zip(waiting, replies):
        try:
            setting.check(row, reply, following)
        except AssertionError as error:
            raise AssertionError(f"{row.name!r}, {setting.name}: {error}") from error


def test_the_table_is_large_and_no_row_stands_twice():
    assert len(ROWS) > 80 and len({row.name for row in ROWS}) == len(
        {(row.data, row.then) for row in ROWS}) == len(ROWS)


#: The characters of a token, and those of a URI's path and query (RFC 9110, RFC 3986).
TOKEN_BYTES = set(b"!#$%&'*+-.^_`|~0123456789" + string.ascii_letters.encode())
URI_BYTES = set(b"-._~:/?[]@!$&'()*+,;=%0123456789" + string.ascii_letters.encode())

#: Each place for a byte: the message with it, the bytes that may stand there, and the status that it has then.
PLACES = {
    "the method": (b"GE%bT /livez HTTP/1.1\r\nHost: a\r\n%b\r\n", TOKEN_BYTES, 405),
    "the path": (b"GET /li%bvez HTTP/1.1\r\nHost: a\r\n%b\r\n", URI_BYTES, 404),
    "the query": (b"GET /livez?a%b HTTP/1.1\r\nHost: a\r\n%b\r\n", URI_BYTES, 200),
    "the version": (b"GET /livez HTTP/1.1%b\r\nHost: a\r\n%b\r\n", set(), None),
    "a name": (b"GET /livez HTTP/1.1\r\nHost: a\r\nX-No%bte: a\r\n%b\r\n", TOKEN_BYTES, 200),
    "a name's beginning": (b"GET /livez HTTP/1.1\r\nHost: a\r\n%bX-Note: a\r\n%b\r\n", TOKEN_BYTES, 200),
    "a name's end": (b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Note%b: a\r\n%b\r\n", TOKEN_BYTES, 200),
    "a value": (b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Note: a%bb\r\n%b\r\n",
                {9, *range(32, 127), *range(128, 256)}, 200),
    "a value's end": (b"GET /livez HTTP/1.1\r\nHost: a\r\nX-Note: a%b\r\n%b\r\n",
                      {*range(33, 127), *range(128, 256)}, 200),
    "a host": (b"GET /livez HTTP/1.1\r\nHost: a%bb\r\n%b\r\n",
               set(b"-._~0123456789" + string.ascii_letters.encode()), 200),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["TCP", "UNIX"])
def test_every_byte_in_every_place_is_taken_or_refused(settings, name, place):
    setting = settings[name]
    message, allowed, status = PLACES[place]
    following = setting.next_id()
    setting.never.add(following)
    behind = FOLLOWING.replace(b"<next>", following.encode())
    found = {}
    for byte in range(256):
        data = message % (bytes([byte]), b"Connection: close\r\n" if byte in allowed else b"")
        answers = setting.send(data + (b"" if byte in allowed else behind)).answers
        found[byte] = [answer.status for answer in answers]
    assert {byte: found[byte] for byte in allowed} == {byte: [status] for byte in allowed}
    # libmicrohttpd closes without a word where it finds no request line.
    assert {byte: each for byte, each in found.items() if byte not in allowed and each not in ([400], [])} == {}
    assert setting.simulator.truth(following)["rejects"]["seen"] == 0


def test_requests_that_are_sent_at_once_are_answered_in_their_order(setting):
    names = [f"pipelined-{number}" for number in range(20)]
    data = b"".join(REJECT + f"X-Request-Id: {name}\r\n\r\n".encode() for name in names[:-1])
    data += REJECT + f"X-Request-Id: {names[-1]}\r\nConnection: close\r\n\r\n".encode()
    answers = setting.send(data).answers
    assert [answer.headers["x-request-id"] for answer in answers] == names
    assert {answer.status for answer in answers} == {404}
    assert [record["requestId"] for record in setting.new_records() if record["stage"] == "outcome"] == names


def test_a_body_is_asked_for_where_the_client_waits_for_that(setting):
    head = (REJECT + JSON + b"Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n").replace(
        TOKEN, setting.gateway.token.encode())
    with setting.connect() as wire:
        wire.sendall(head)
        received = b""
        while b"\r\n\r\n" not in received:
            received += wire.recv(4096)
        assert received.startswith(b"HTTP/1.1 100 "), received
        wire.sendall(b"{}")
        while piece := wire.recv(65536):
            received += piece
    assert Talk(received).outcome(None) == "100, 404 connection_not_found, closed"


@pytest.mark.parametrize("reset", [False, True], ids=["with FIN", "with RST"])
def test_a_client_that_leaves_has_its_call_finished_and_audited(setting, reset):
    simulator, left = setting.simulator, setting.next_id()
    simulator.fault("slow", delayMs=300, connectionId=left)
    name = f"{left}.{reset}"
    data = FOLLOWING.replace(b"<next>", left.encode()).replace(TOKEN, setting.gateway.token.encode())
    wire = setting.connect()
    wire.sendall(data.replace(b"\r\n\r\n", f"\r\nX-Request-Id: {name}\r\n\r\n".encode()))
    wait_until(lambda: simulator.truth(left)["rejects"]["seen"], "AWS to be asked")
    if reset:
        # Closing sends a RST. (A UNIX socket knows none; there it is a plain close.)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.close()
    records = []

    def is_finished():
        records.extend(record for record in setting.new_records() if record.get("requestId") == name)
        return len(records) == 2

    wait_until(is_finished, "the call's outcome")
    assert [record["stage"] for record in records] == ["intent", "outcome"]
    assert (records[1]["httpStatus"], records[1]["outcome"], records[1]["connectionId"]) == (200, "rejected", left)
    assert simulator.truth(left)["rejects"] == {"seen": 1, "applied": 1}


@pytest.mark.parametrize("name", [
    "two lengths that agree", "chunks", "a folded line", "bare LF everywhere", "NUL in a value", "NUL for a value's CR",
    "NUL behind the token, made up for by missing spaces", "two hosts", "white space before the colon",
    "a header of 18 kB"])
def test_the_admin_listener_is_as_strict(settings, name):
    setting = settings["TCP"]
    [row] = [row for row in ROWS if row.name == name]
    head = row.data.replace(b"POST /connections/" + UNKNOWN.encode() + b"/reject", b"GET /metrics")
    data = (head + LAST).replace(TOKEN, setting.gateway.token.encode())
    reply = talk(connect(setting.gateway.admin_address), data)
    assert reply.outcome(None) == row.direct
    assert reply.answers[0].headers["connection"].lower() == "close"


def memory(gateway):
    """What it has in memory, in KiB."""
    status = pathlib.Path("/proc", str(gateway.process.pid), "status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


@measures_memory
def test_the_table_again_and_again_costs_no_memory(settings):
    setting = settings["TCP"]
    rows = [row.bytes(setting.gateway.token, UNKNOWN) for row in ROWS if not row.waits]

    def send_all(times):
        for _ in range(times):
            for data in rows:
                talk(setting.connect(), data)
        return memory(setting.gateway)

    # A KiB for each message would be more than 4 MiB.
    before = send_all(5)
    assert send_all(15) - before < 4096


@measures_memory
def test_requests_whose_end_libmicrohttpd_never_tells_cost_no_memory(settings):
    """It gives up on them without a word; each has more than 20 kB."""
    setting = settings["TCP"]
    row = next(row for row in ROWS if row.name == "a long cookie, and a length that is no number")

    def send(times):
        for _ in range(times):
            talk(setting.connect(), row.bytes(setting.gateway.token, UNKNOWN))
        return memory(setting.gateway)

    before = send(200)
    assert send(1000) - before < 4096


def test_through_all_of_this_nothing_smuggled_ran_nothing_is_left_over_and_the_chain_holds(settings):
    for setting in settings.values():
        gateway = setting.gateway
        assert gateway.process.poll() is None
        assert setting.send(LAST).outcome(None) == "200, closed"
        assert not setting.never & {request.get("connectionId") for request in setting.simulator.requests()}
        assert not setting.never & {record.get("connectionId") for record in gateway.records()}
        gateway.check_chain()
    for setting in settings.values():
        # nginx closes those that it keeps after 5 seconds.
        wait_until(lambda: setting.open_connections() == 0, "every connection to be closed")
        wait_until(lambda: all(count <= setting.before[kind] for kind, count in setting.resources().items()),
                   f"files and threads to be as before, {setting.before}")
    simulator = settings["TCP"].simulator
    assert simulator.status_of(PENDING) == "PENDING_ACCEPTANCE"
    assert all(request["verdict"] == "valid" for request in simulator.requests())
