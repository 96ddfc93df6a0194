"""Answers that end at any of their bytes, and what the simulator then knows that the client doesn't."""

import contextlib
import http.client
import json
import pathlib
import random
import re
import socket
import time

import pytest
from support.simulator import ACTIVE, PATIENCE, PENDING, Simulator, connection, wait_until
from test_simulator import (  # noqa: F401
    REJECT, REJECT_PATH, SEARCH_PATH, client, last_request, nothing_of_this_machine, read_all, run, send, signed,
    simulator)

#: More bytes than any answer here has.
ALL = 1_000_000
#: How long nothing has to come until it is taken for nothing, in seconds.
SILENCE = 0.3


def dial(simulator, timeout=PATIENCE):
    host, port = simulator.address.rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)), timeout)


def message(simulator, method="PUT", path=REJECT_PATH, body=b"", *, last=True):
    """The bytes of a signed request. After the last one on its connection the other side is to close that."""
    headers = {"Host": simulator.address, "Content-Length": str(len(body)),
               **signed(simulator, method, path, body), **({"Connection": "close"} if last else {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def exchange(simulator, request):
    """Sends these bytes over a plain socket; everything that comes back until the other side closes."""
    with dial(simulator) as wire:
        wire.sendall(request)
        return read_all(wire)


def raw_search(simulator):
    """A look-up's answer, as it goes over the wire."""
    return exchange(simulator, message(simulator, "POST", SEARCH_PATH, b'{"MaxResults":1}'))


def raw_reject(simulator, connection_id=PENDING):
    """A reject's answer, as it goes over the wire."""
    return exchange(simulator, message(simulator, path=REJECT_PATH.replace(PENDING, connection_id)))


def changing(answer):
    """The places of an answer's bytes that aren't the same each time: the digits of the request's id."""
    found = re.search(rb"(?i)x-amzn-requestid: ([0-9a-f-]+)", answer)
    return set(range(*found.span(1)))


def same(left, right, but):
    """Whether the two are the same as far as both go, except in those places."""
    return all(a == b for place, (a, b) in enumerate(zip(left, right)) if place not in but)


@pytest.fixture
def whole(simulator):
    """A look-up's answer, unharmed, as it goes over the wire. The date stands still."""
    simulator.settings(date={"value": "Sun, 22 Nov 2026 16:00:00 GMT"})
    simulator.fault("cut-at", bytes=ALL, count=1)
    answer = raw_search(simulator)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and json.loads(body)["Connections"]
    assert b"connection: close" in head.lower()
    return answer


class TestEachByte:
    def test_an_answer_is_cut_at_each_of_its_bytes(self, simulator, whole):
        for count in range(len(whole) + 2):
            simulator.fault("cut-at", bytes=count, count=1)
            got = raw_search(simulator)
            assert len(got) == min(count, len(whole))
            assert same(got, whole, changing(whole)), got

    def test_noise_begins_at_each_of_its_bytes(self, simulator, whole):
        fixed = set(range(len(whole))) - changing(whole)
        for count in range(0, len(whole) + 2, 3):
            simulator.fault("garbage-at", bytes=count, seed=7, count=2)
            got, again = raw_search(simulator), raw_search(simulator)
            assert len(got) == len(again) == len(whole)
            assert [place for place in fixed if got[place] != whole[place]] == [
                place for place in fixed if place >= count]
            assert same(got, again, changing(whole))

    def test_another_seed_is_another_noise(self, simulator, whole):
        noises = set()
        for options in ({}, {"seed": 0}, {"seed": 1}, {"seed": 2**63 - 1}):
            simulator.fault("garbage-at", bytes=len(whole) - 20, count=1, **options)
            noises.add(raw_search(simulator)[-20:])
        assert len(noises) == 3

    @pytest.mark.parametrize("place", [0, 1, 12, 13, 50, -40, -1, ALL])
    def test_an_answer_stalls_at_a_byte_and_the_connection_stays_open(self, simulator, whole, place):
        count = place if place >= 0 else len(whole) + place
        expected = whole[:count]
        simulator.fault("stall-at", bytes=count, count=1)
        with dial(simulator) as wire:
            wire.sendall(message(simulator, "POST", SEARCH_PATH, b'{"MaxResults":1}'))
            got = b""
            while len(got) < len(expected):
                got += wire.recv(65536)
            assert len(got) == len(expected) and same(got, expected, changing(whole))
            wire.settimeout(SILENCE)
            with pytest.raises(TimeoutError):
                wire.recv(1)

    def test_what_stalls_is_closed_when_the_simulator_ends(self, simulator):
        simulator.fault("stall-at", bytes=5)
        with dial(simulator) as wire:
            wire.sendall(message(simulator))
            assert wire.recv(5, socket.MSG_WAITALL) == b"HTTP/"
            simulator.stop()
            assert read_all(wire) == b""

    def test_a_client_that_leaves_a_stalled_answer_harms_nobody(self, simulator):
        simulator.fault("stall-at", bytes=5, count=20)
        for _ in range(20):
            with dial(simulator) as wire:
                wire.sendall(message(simulator, "POST", SEARCH_PATH))
                assert wire.recv(5, socket.MSG_WAITALL) == b"HTTP/"
        assert len(client(simulator).describe_inbound_connections()["Connections"]) == 3

    def test_an_error_suffers_like_a_success(self, simulator):
        simulator.put_connection(connection(PENDING, "ACTIVE"))
        simulator.fault("cut-at", bytes=30, count=1)
        assert raw_reject(simulator).startswith(b"HTTP/1.1 409 Conflict\r\n")
        [line] = simulator.requests(REJECT)
        assert (line["status"], line["code"], line["applied"]) == (409, "DisabledOperationException", False)

    def test_a_client_sees_what_it_would_see_of_a_broken_network(self, simulator):
        simulator.fault("cut-at", bytes=0, count=1)
        with pytest.raises(http.client.RemoteDisconnected):
            send(simulator, headers=signed(simulator))
        simulator.put_connection(connection(PENDING))
        simulator.fault("cut-at", bytes=200, count=1)
        with pytest.raises((http.client.IncompleteRead, http.client.HTTPException)):
            send(simulator, headers=signed(simulator))

    @pytest.mark.parametrize("count, seen", [(0, False), (11, False), (12, True), (ALL, True)])
    def test_the_log_has_the_status_if_it_went_out(self, simulator, count, seen):
        simulator.fault("cut-at", bytes=count)
        raw_reject(simulator)
        [line] = simulator.requests(REJECT)
        assert (line["fault"], line["applied"]) == ("cut-at", True)
        assert ("status" in line, "awsRequestId" in line) == (seen, seen)


class TestApplied:
    """What is done, and what the answer says of it."""

    FAILING = [{"fault": "error"}, {"fault": "html"}]
    SUFFERING = [
        {"fault": "cut"}, {"fault": "cut-mid"}, {"fault": "garbage"}, {"fault": "empty"},
        {"fault": "cut-at", "bytes": 9}, {"fault": "cut-at", "bytes": ALL}, {"fault": "garbage-at", "bytes": 9},
        {"fault": "garbage-at", "bytes": ALL}]

    def outcome(self, simulator, fault):
        """Rejects once with this fault; the answer's bytes, and whether it was applied."""
        simulator.fault(fault["fault"], count=1, **{name: fault[name] for name in fault if name != "fault"})
        answer = raw_reject(simulator)
        rejects = simulator.truth(PENDING)["rejects"]
        assert rejects["seen"] == 1
        assert rejects["applied"] == (simulator.status_of(PENDING) == "REJECTED")
        assert last_request(simulator)["applied"] == bool(rejects["applied"])
        return answer, bool(rejects["applied"])

    @pytest.mark.parametrize("fault", [*FAILING, {"fault": "throttle"}], ids=json.dumps)
    def test_what_answers_an_error_isnt_done(self, simulator, fault):
        assert self.outcome(simulator, fault)[1] is False

    @pytest.mark.parametrize("fault", FAILING, ids=json.dumps)
    def test_unless_it_is_told_to(self, simulator, fault):
        answer, applied = self.outcome(simulator, {**fault, "applied": True})
        assert applied and re.match(rb"HTTP/1.1 50\d ", answer)

    @pytest.mark.parametrize("fault", SUFFERING, ids=json.dumps)
    def test_what_only_suffers_is_done(self, simulator, fault):
        assert self.outcome(simulator, fault)[1] is True

    @pytest.mark.parametrize("fault", SUFFERING, ids=json.dumps)
    def test_unless_it_is_told_not_to_and_then_no_whole_success_goes_out(self, simulator, fault):
        answer, applied = self.outcome(simulator, {**fault, "applied": False})
        assert not applied
        assert not self.is_whole_success(answer)

    @staticmethod
    def is_whole_success(answer):
        head, end, body = answer.partition(b"\r\n\r\n")
        if not end or not head.startswith(b"HTTP/1.1 200 "):
            return False
        length = re.search(rb"(?i)content-length: (\d+)", head)
        with contextlib.suppress(ValueError):
            return len(body) == int(length[1]) and "Connection" in json.loads(body)
        return False

    def test_all_but_the_last_byte_of_such_a_success_goes_out(self, simulator):
        right = self.outcome(simulator, {"fault": "cut-at", "bytes": ALL})[0]
        assert self.is_whole_success(right)
        for fault in ({"fault": "cut-at"}, {"fault": "garbage-at"}):
            with Simulator() as another:
                wrong = self.outcome(another, {**fault, "bytes": ALL, "applied": False})[0]
                assert wrong[-10:-1] == right[-10:-1] if len(wrong) == len(right) else wrong[-9:] == right[-10:-1]
                assert wrong[-1:] != right[-1:] or len(wrong) == len(right) - 1

    def test_a_refused_reject_is_told_whole_though_nothing_is_applied(self, simulator):
        simulator.put_connection(connection(PENDING, "ACTIVE"))
        answer, applied = self.outcome(simulator, {"fault": "cut-at", "bytes": ALL, "applied": False})
        assert not applied
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["message"]

    @pytest.mark.parametrize("fault", [{"fault": "stall"}, {"fault": "stall-at", "bytes": 0}], ids=json.dumps)
    @pytest.mark.parametrize("applied", [True, False])
    def test_what_is_never_answered_may_be_done_or_not(self, simulator, fault, applied):
        simulator.fault(**{"kind": fault["fault"], "applied": applied}, **(
            {"bytes": fault["bytes"]} if "bytes" in fault else {}))
        with dial(simulator) as wire:
            wire.sendall(message(simulator))
            line = wait_until(lambda: simulator.requests(REJECT), "the reject's line")[0]
            assert line["applied"] == applied
            assert simulator.truth(PENDING)["rejects"] == {"seen": 1, "applied": int(applied)}

    def test_a_look_up_has_nothing_to_apply(self, simulator):
        simulator.fault("cut-at", bytes=ALL, applied=False)
        answer = raw_search(simulator)
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["Connections"]
        assert "applied" not in last_request(simulator)

    def test_no_whole_success_is_ever_false(self):
        """Random faults: who gets a whole success of a reject can rely on it."""
        chance = random.Random(2026)
        kinds = ["cut-at", "garbage-at", "cut-mid", "cut", "garbage", "empty", "html", "error"]
        ids = [f"c-{number:010}" for number in range(150)]
        successes = 0
        with Simulator(seed=[connection(one) for one in ids]) as simulator:
            for one in ids:
                kind, options = chance.choice(kinds), {"applied": chance.random() < 0.5}
                if kind.endswith("-at"):
                    options["bytes"] = chance.choice([chance.randint(0, 700), ALL])
                simulator.fault(kind, count=1, connectionId=one, **options)
                is_success = self.is_whole_success(raw_reject(simulator, one))
                truth = simulator.truth(one)
                is_applied = truth["Connection"]["ConnectionStatus"]["StatusCode"] == "REJECTED"
                assert truth["rejects"] == {"seen": 1, "applied": int(is_applied)}
                assert is_applied == options["applied"]
                assert is_applied or not is_success, (kind, options)
                successes += is_success
        assert successes > 0


class TestRelay:
    """What is between client and listener isn't noticed."""

    def test_a_connection_is_kept_for_many_requests(self, simulator):
        with contextlib.closing(simulator.connect()) as wire:
            for _ in range(50):
                wire.request("POST", SEARCH_PATH, headers=signed(simulator, "POST", SEARCH_PATH))
                answer = wire.getresponse()
                assert answer.status == 200 and len(json.loads(answer.read())["Connections"]) == 3

    def test_requests_that_come_together_are_answered_in_turn(self, simulator):
        with dial(simulator) as wire:
            wire.sendall(message(simulator, last=False) + message(simulator))
            answers = read_all(wire)
        assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200", b"409"]

    def test_a_long_answer_arrives_whole(self):
        seed = [connection("c-" + f"{number:x>200}", message="m" * 5000) for number in range(100)]
        with Simulator(seed=seed) as simulator:
            assert client(simulator).describe_inbound_connections()["Connections"] == seed

    def test_a_client_that_leaves_before_its_answer_harms_nobody(self, simulator):
        simulator.fault("slow", delayMs=50, count=20)
        for _ in range(20):
            with dial(simulator) as wire:
                wire.sendall(message(simulator, "POST", SEARCH_PATH))
        wait_until(lambda: len(simulator.requests()) == 20, "every line")
        assert len(client(simulator).describe_inbound_connections()["Connections"]) == 3

    def test_connections_that_are_over_leave_nothing_behind(self, simulator):
        def count(what):
            return len(list(pathlib.Path(f"/proc/{simulator.process.pid}", what).iterdir()))

        def has_nothing_more():
            # The pool of threads for Swift's own work may still grow by a few.
            return count("fd") <= files and count("task") <= threads + 5

        for _ in range(20):
            simulator.status_of(PENDING)
        before = wait_until(lambda: count("task") < 20 and (count("fd"), count("task")), "the first threads' end")
        files, threads = before
        simulator.fault("stall-at", bytes=3, count=10)
        simulator.fault("stall", count=10)
        for number in range(20):
            with dial(simulator) as wire:
                wire.sendall(message(simulator, "POST", SEARCH_PATH))
                wait_until(lambda: len(simulator.requests()) > number, "the request's line")
        for _ in range(40):
            simulator.status_of(PENDING)
        wait_until(has_nothing_more, "no more files and threads than before")

    def test_it_listens_on_ipv6_too(self):
        with Simulator(arguments=["--listen", "[::1]:0"]) as simulator:
            assert simulator.address.startswith("[::1]:")
            simulator.fault("cut-at", bytes=8, count=1)
            assert raw_reject(simulator) == b"HTTP/1.1"
            assert simulator.status_of(PENDING) == "REJECTED"

    def test_an_answer_is_as_fast_as_can_be(self, simulator):
        # Waiting for the other side's acknowledgement (Nagle) would be 40 ms each.
        with contextlib.closing(simulator.connect()) as wire:
            start = time.monotonic()
            for _ in range(50):
                wire.request("GET", "/_simulator/settings")
                wire.getresponse().read()
            assert time.monotonic() - start < 1.5


class TestRefused:
    @pytest.mark.parametrize("body, words", [
        ({"fault": "cut-at"}, "'bytes'"), ({"fault": "stall-at", "bytes": -1}, "'bytes'"),
        ({"fault": "garbage-at", "bytes": 1_000_001}, "'bytes'"), ({"fault": "garbage-at", "bytes": "1"}, "'bytes'"),
        ({"fault": "cut-at", "bytes": 1, "seed": 1}, "'seed'"),
        ({"fault": "garbage-at", "bytes": 1, "seed": -1}, "'seed'"),
        ("cut-at", "'bytes'"), ({"fault": "cut-at", "byte": 1}, "'bytes'")])
    def test_a_fault_that_isnt_one_is_named(self, simulator, body, words):
        status, _, answer = send(simulator, "POST", "/_simulator/faults", json.dumps(body).encode())
        assert status == 400
        assert words in json.loads(answer)["message"]
        assert client(simulator).reject_inbound_connection(ConnectionId=PENDING)

    @pytest.mark.parametrize("path, body, name", [
        ("faults", {"fault": "cut-at", "bytes": 1}, "cut-at"),
        ("faults", {"fault": "stall-at", "bytes": 1}, "stall-at"),
        ("faults", {"fault": "garbage-at", "bytes": 1}, "garbage-at"),
        ("faults", {"fault": "date", "absent": True}, "date"),
        ("faults", {"fault": "error", "headers": {"Date": None}}, "error"),
        ("settings", {"date": {"absent": True}}, "date")])
    def test_what_needs_the_bytes_is_refused_with_tls(self, path, body, name):
        with Simulator(tls=True) as simulator:
            status, _, answer = send(simulator, "POST", f"/_simulator/{path}", json.dumps(body).encode())
            assert status == 400
            said = json.loads(answer)["message"]
            assert f"'{name}'" in said and "this simulator serves HTTPS; use plain HTTP" in said
            # The others work there as well.
            simulator.fault("date", value="x", count=1)
            simulator.settings(lag={"ms": 5})
            assert send(simulator, headers=signed(simulator))[1]["date"] == "x"

    def test_a_seed_that_needs_them_is_one_line_and_78_with_tls(self, tmp_path):
        pem = tmp_path / "pem"
        pem.write_text("")
        result = run(tmp_path, "--tls-certificate", pem, "--tls-key", pem,
                     seed=[connection(ACTIVE, fault={"fault": "cut-at", "bytes": 5})])
        assert result.returncode == 78
        assert "connection 1: 'Fault': 'cut-at' needs the answer's bytes" in result.stderr
