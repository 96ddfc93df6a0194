"""AWS's answer breaks at each of its bytes: it is cut off, goes on as noise, or no more comes. What the caller is told
is never wrong against what the simulator knows that it did, and where a look-up can settle it, it is settled."""

import contextlib
import socket

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from support.calls import assert_chain_is_whole, at_once, gateway_for, get, records_by_request
from support.simulator import ACCESS_KEY_ID, PATIENCE, REGION, SECRET_ACCESS_KEY, Simulator, connection
from support.truth import Reject

API = "/2021-01-01/opensearch/cc/inboundConnection"
THREADS = 48


class Series:
    """Connections whose answers break at one byte after the other, each in a way of its own."""

    def __init__(self, name, status="PENDING_ACCEPTANCE"):
        self.name, self.status = name, status
        self.seed = []

    def add(self, kind, position, *, operation=None, **options):
        """One more; its id has the same length for all, so that its answers do."""
        new = f"c-{self.name}-{kind[:3]}-{position:05}"
        fault = {"fault": f"{kind}-at", "bytes": position, "count": 1, **options}
        if kind == "garbage":
            fault["seed"] = position
        if operation:
            fault |= {"operation": operation}
        self.seed.append(connection(new, self.status, fault=fault))

    @property
    def ids(self):
        return [each["ConnectionId"] for each in self.seed]


def wire_length(method, path, body=b"", status="PENDING_ACCEPTANCE"):
    """How many bytes AWS's whole answer about one connection of a series has."""
    with Simulator([connection("c-length-cut-00000", status)]) as simulator:
        # It closes the connection behind the whole answer, and so it is as long as one that breaks.
        simulator.fault("cut-at", bytes=1_000_000)
        request = AWSRequest(method, simulator.url + path, data=body, headers={"Content-Length": str(len(body))})
        SigV4Auth(Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY), "es", REGION).add_auth(request)
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        host, _, port = simulator.address.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as wire:
            wire.sendall(f"{method} {path} HTTP/1.1\r\nHost: {simulator.address}\r\n{head}\r\n".encode() + body)
            received = b""
            while piece := wire.recv(65536):
                received += piece
    assert received.startswith(b"HTTP/1.1 ") and received.endswith(b"}"), received
    return len(received)


REJECT = "PUT", f"{API}/c-length-cut-00000/reject"


@contextlib.contextmanager
def service(series, *, timeout, **env):
    with Simulator(series.seed) as simulator, \
            gateway_for(simulator.url, arguments=["--request-timeout", timeout], env=env) as gateway:
        yield simulator, gateway
        gateway.stop()
        gateway.check_chain()
        assert_chain_is_whole(gateway)


def check_rejects(simulator, gateway, series):
    """Rejects all of them; what the callers were told, by id."""
    replies = at_once(gateway.reject, series.ids, THREADS)
    records = records_by_request(gateway)
    told = {}
    for one, reply in zip(series.ids, replies, strict=True):
        call = Reject(one, series.status, reply)
        try:
            call.check(simulator.truth(one), records[reply.headers["X-Request-Id"]])
        except AssertionError as error:
            raise AssertionError(f"{one}: {reply} {records[reply.headers['X-Request-Id']]}") from error
        told[one] = call.outcome
    return told


@pytest.mark.parametrize("kind", ["cut", "garbage"])
class TestAReject:
    def test_that_was_taken_is_told_as_taken_wherever_the_answer_broke(self, kind):
        series = Series("length")
        length = wire_length(*REJECT)
        for position in range(length + 1):
            series.add(kind, position, applied=True)
        with service(series, timeout="30s") as (simulator, gateway):
            told = check_rejects(simulator, gateway, series)
            # A look-up can tell, so nobody is left in doubt. Behind the last byte there is nothing to break.
            assert {one for one, outcome in told.items() if outcome != "rejected"} == set()
            whole = gateway.records("outcome")
            assert sum("tries" not in record for record in whole) == 1

    def test_that_was_not_taken_is_told_as_taken_only_if_a_second_one_was(self, kind):
        series = Series("length")
        for position in range(wire_length(*REJECT) + 1):
            series.add(kind, position, applied=False)
        with service(series, timeout="1s") as (simulator, gateway):
            told = check_rejects(simulator, gateway, series)
            # That nothing happened can't be known.
            assert set(told.values()) == {"rejected", "unknown"}

    def test_that_is_refused_is_never_told_as_taken(self, kind):
        series = Series("length", "ACTIVE")
        for position in range(wire_length(*REJECT, status="ACTIVE") + 1):
            series.add(kind, position)
        with service(series, timeout="1s") as (simulator, gateway):
            told = check_rejects(simulator, gateway, series)
            assert set(told.values()) == {"not_rejected", "unknown"}

    def test_whose_look_up_breaks_is_looked_up_again(self, kind):
        series = Series("length")
        body = b'{"Filters":[{"Name":"connection-id","Values":["c-length-cut-00000"]}],"MaxResults":1}'
        for position in range(wire_length("POST", f"{API}/search", body) + 1):
            series.add(kind, position, operation="DescribeInboundConnections")
        # One attempt for each look-up: the one that breaks isn't tried again, but another one is made.
        with service(series, timeout="30s", AWS_MAX_ATTEMPTS=1) as (simulator, gateway):
            simulator.fault("cut", applied=True, operation="RejectInboundConnection")
            told = check_rejects(simulator, gateway, series)
            assert {one for one, outcome in told.items() if outcome != "rejected"} == set()


@pytest.mark.parametrize("kind", ["cut", "garbage"])
def test_a_look_up_shows_the_connection_or_an_error_wherever_the_answer_broke(kind):
    series = Series("length")
    body = b'{"Filters":[{"Name":"connection-id","Values":["c-length-cut-00000"]}],"MaxResults":1}'
    length = wire_length("POST", f"{API}/search", body)
    for position in range(length + 1):
        series.add(kind, position, operation="DescribeInboundConnections")
    with service(series, timeout="30s", AWS_MAX_ATTEMPTS=1) as (_, gateway):
        replies = at_once(lambda one: get(gateway, f"/{one}"), series.ids, THREADS)
        records = records_by_request(gateway)
        for one, reply in zip(series.ids, replies, strict=True):
            outcome = records[reply.headers["X-Request-Id"]][1]
            assert (outcome["httpStatus"], outcome.get("code")) == (reply.status, reply.code)
            if reply.status == 200:
                shown = reply.json["connection"]
                assert (shown["id"], shown["status"]) == (one, "PENDING_ACCEPTANCE")
            else:
                # Least of all that there is no such connection.
                assert (reply.status, reply.code) in [(502, "upstream_error"), (504, "upstream_timeout")], (one, reply)
        assert replies[-1].status == 200


@pytest.mark.parametrize("applied", [True, False])
def test_an_answer_that_stops_somewhere_is_told_as_unknown_or_what_a_look_up_shows(applied):
    """Each costs the time that a call may take, and so not every byte has one."""
    series = Series("length")
    length = wire_length(*REJECT)
    for position in [*range(0, length, 9), length - 1]:
        series.add("stall", position, applied=applied)
    # All of them come to their deadline at the same moment, and a fifth of it is left for their look-ups.
    with service(series, timeout="5s") as (simulator, gateway):
        told = check_rejects(simulator, gateway, series)
        assert set(told.values()) == {"rejected" if applied else "unknown"}
