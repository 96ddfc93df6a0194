"""The standard retry mode, as it looks on AWS's side: how often, how late, and never after the deadline."""

import datetime
import itertools
import socket
import threading
import time

import pytest
from support.calls import at_once, gateway_for, get, outcome_record
from support.gateway import Gateway, run
from support.simulator import (
    ACCESS_KEY_ID, PATIENCE, PENDING, REGION, SECRET_ACCESS_KEY, UNKNOWN, Simulator, connection)
from support.upstream import error

SEARCH = "DescribeInboundConnections"
THROTTLING = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
    "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
    "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException"]

IDS = (f"c-retried-{number:04}" for number in itertools.count())


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running):
    yield running
    running.clear_faults()


@pytest.fixture
def gateway(simulator):
    """With a quota that nobody has used yet."""
    with gateway_for(simulator.url) as fresh:
        yield fresh


def new(simulator):
    """A connection that no other test has."""
    made = next(IDS)
    simulator.put_connection(connection(made))
    return made


def seen(simulator, connection_id):
    return simulator.truth(connection_id)["rejects"]["seen"]


def gaps(simulator, since):
    """The seconds between the requests that came since then."""
    times = [datetime.datetime.fromisoformat(line["time"]) for line in simulator.requests()[since:]]
    return [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)]


class TestHowOften:
    @pytest.mark.parametrize("env, config, attempts", [
        ({}, None, 3), ({"AWS_MAX_ATTEMPTS": "1"}, None, 1), ({"AWS_MAX_ATTEMPTS": "5"}, None, 5),
        ({}, "[default]\nmax_attempts = 2\n", 2), ({"AWS_MAX_ATTEMPTS": "4"}, "[default]\nmax_attempts = 2\n", 4),
        ({"AWS_PROFILE": "other"}, "[default]\nmax_attempts = 2\n[profile other]\nmax_attempts = 4\n", 4),
        ({"AWS_RETRY_MODE": "standard"}, None, 3), ({}, "[default]\nretry_mode = standard\n", 3)])
    def test_so_many_attempts_are_made_as_the_settings_say(self, simulator, tmp_path, env, config, attempts):
        if config is not None:
            (tmp_path / "config").write_text(config)
            env = {**env, "AWS_CONFIG_FILE": tmp_path / "config"}
        simulator.fault("error", status=500, operation=SEARCH)
        with gateway_for(simulator.url, env=env) as gateway:
            before = len(simulator.requests())
            reply = get(gateway, f"/{PENDING}")
            assert (reply.status, reply.code, reply.json["aws"]["attempts"]) == (502, "upstream_error", attempts)
            assert len(simulator.requests()) == before + attempts

    @pytest.mark.parametrize("variable, value", [
        *(("AWS_MAX_ATTEMPTS", value) for value in ("0", "-1", "three", "1.5", "1e1", "2 3", "101", "9" * 30)),
        *(("AWS_RETRY_MODE", value) for value in ("legacy", "adaptive", "sometimes", "standard,adaptive"))])
    @pytest.mark.parametrize("place", ["environment", "profile"])
    def test_a_value_that_isnt_one_is_a_clear_line_and_no_start(self, simulator, tmp_path, place, variable, value):
        name = {"AWS_MAX_ATTEMPTS": "max_attempts", "AWS_RETRY_MODE": "retry_mode"}[variable]
        (tmp_path / "config").write_text(f"[default]\n{name} = {value}\n" if place == "profile" else "")
        ended = run("serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--audit-log",
                    tmp_path / "audit.jsonl", "--tokens", tmp_path / "tokens.json", home=tmp_path, env={
                        "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
                        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY, "AWS_ENDPOINT_URL_OPENSEARCH": simulator.url,
                        "AWS_CONFIG_FILE": str(tmp_path / "config"),
                        **({variable: value} if place == "environment" else {})})
        assert (ended.returncode, ended.stderr.count("\n")) == (78, 1), ended
        assert variable in ended.stderr and f"'{value}'" in ended.stderr

    @pytest.mark.parametrize("status, code", [
        (500, "InternalException"), (502, "SomethingNew"), (503, "ServiceUnavailable"), (504, "SomethingNew"),
        (400, "RequestTimeout"), (400, "RequestTimeoutException"), *((400, code) for code in THROTTLING),
        (429, "ThrottlingException")])
    def test_what_may_be_better_a_moment_later_is_tried_again(self, simulator, gateway, status, code):
        one = new(simulator)
        simulator.fault("error", status=status, code=code, connectionId=one, count=1)
        reply = gateway.reject(one)
        assert (reply.status, reply.json["attempts"]) == (200, 2), reply
        assert simulator.truth(one)["rejects"] == {"seen": 2, "applied": 1}

    @pytest.mark.parametrize("status, code", [
        (409, "LimitExceededException"), (409, "ConflictException"), (409, "InvalidTypeException"),
        (409, "DisabledOperationException"), (403, "AccessDeniedException"), (424, "DependencyFailureException"),
        (501, "SomethingNew"), (400, "SomethingNew"), (409, "ResourceNotFoundException"), (400, "ValidationException")])
    def test_what_wont_be_is_not(self, simulator, gateway, status, code):
        one = new(simulator)
        simulator.fault("error", status=status, code=code, connectionId=one)
        reply = gateway.reject(one)
        assert reply.status >= 400 and reply.json["aws"]["attempts"] == 1
        assert seen(simulator, one) == 1

    def test_a_quota_is_no_throttling_here(self, simulator, gateway):
        one = new(simulator)
        simulator.fault("error", status=409, code="LimitExceededException", connectionId=one)
        reply = gateway.reject(one)
        assert (reply.status, reply.code, reply.outcome) == (409, "connection_not_rejectable", "not_rejected")

    @pytest.mark.parametrize("kind", ["cut", "cut-mid"])
    def test_a_connection_that_breaks_is_tried_again(self, simulator, gateway, kind):
        one = new(simulator)
        simulator.fault(kind, applied=False, connectionId=one, count=2)
        reply = gateway.reject(one)
        assert (reply.status, reply.json["attempts"], seen(simulator, one)) == (200, 3, 3)

    def test_throttled_to_the_end_is_a_503_that_says_when_to_come_again(self, simulator, gateway):
        one = new(simulator)
        simulator.fault("throttle", connectionId=one)
        reply = gateway.reject(one)
        assert (reply.status, reply.code, reply.outcome) == (503, "upstream_throttled", "not_rejected")
        assert int(reply.headers["Retry-After"]) >= 1
        assert (reply.json["aws"]["attempts"], seen(simulator, one)) == (3, 3)

    def test_every_attempt_is_in_the_record_as_aws_knows_it(self, simulator, gateway):
        one = new(simulator)
        simulator.fault("throttle", connectionId=one, count=1)
        simulator.fault("error", status=503, code="ServiceUnavailable", connectionId=one, count=1)
        before = len(simulator.requests())
        reply = gateway.reject(one)
        assert reply.status == 200
        record, log = outcome_record(gateway, reply), simulator.requests()[before:]
        assert record["tries"] == [
            {"operation": "reject", "ending": "answered", **({"code": code} if code else {}),
             "requestId": line["awsRequestId"], "httpStatus": status}
            for line, code, status in zip(
                log, ["ThrottlingException", "ServiceUnavailable", None], [400, 503, 200], strict=True)]
        assert record["aws"]["attempts"] == reply.json["attempts"] == 3
        assert reply.json["awsRequestId"] == log[-1]["awsRequestId"]


class TestQuota:
    """500 for the process: a retry costs 14, or 5 after throttling. A success after retries brings the last one's back."""

    def test_when_aws_is_down_retries_dry_up(self, simulator, gateway):
        simulator.fault("error", status=500, operation=SEARCH)
        before = len(simulator.requests())
        for _ in range(25):
            assert get(gateway, f"/{PENDING}").status == 502
        assert len(simulator.requests()) - before == 25 + 500 // 14

    def test_so_they_do_when_aws_throttles(self, simulator, gateway):
        simulator.fault("throttle", operation=SEARCH)
        before = len(simulator.requests())
        replies = at_once(lambda _: get(gateway, f"/{PENDING}"), range(60))
        assert {reply.code for reply in replies} == {"upstream_throttled"}
        assert len(simulator.requests()) - before == 60 + 500 // 5

    def test_what_comes_right_costs_nothing(self, simulator, gateway):
        for _ in range(60):
            simulator.fault("error", status=500, operation=SEARCH, count=1)
            assert get(gateway, f"/{PENDING}").status == 200


class TestHowLate:
    @pytest.mark.parametrize("operation", [None, SEARCH])
    def test_aws_may_say_how_long_to_wait(self, simulator, gateway, operation):
        one = new(simulator)
        simulator.fault("throttle", retryAfter="1500", connectionId=one, count=1,
                        **({"operation": operation} if operation else {}))
        since = len(simulator.requests())
        reply = get(gateway, f"/{one}") if operation else gateway.reject(one)
        assert reply.status == 200
        (gap,) = gaps(simulator, since)
        assert 1.45 < gap

    def test_not_only_when_it_throttles(self, simulator, gateway):
        simulator.fault("error", status=503, retryAfter="700", operation=SEARCH, count=1)
        since = len(simulator.requests())
        assert get(gateway, f"/{PENDING}").status == 200
        assert gaps(simulator, since)[0] > 0.65

    def test_but_not_for_much_longer_than_it_would_have_been(self, simulator, gateway):
        simulator.fault("error", status=500, retryAfter="600000", operation=SEARCH, count=1)
        since = len(simulator.requests())
        assert get(gateway, f"/{PENDING}").status == 200
        # Five seconds more than at most 50 ms.
        assert 4.95 < gaps(simulator, since)[0] < 5.05 + 1

    @pytest.mark.parametrize("value", ["-1500", "soon", "1.5e3", "1500ms", "0x5dc", "+1500", "9" * 40, "1500,1500"])
    def test_what_isnt_a_number_of_milliseconds_is_ignored(self, simulator, gateway, value):
        simulator.fault("error", status=500, retryAfter=value, operation=SEARCH, count=1)
        since = len(simulator.requests())
        assert get(gateway, f"/{PENDING}").status == 200
        assert gaps(simulator, since)[0] < 0.05 + 1


class TestTheDeadline:
    TIMEOUT = 2

    @pytest.fixture
    def hasty(self, simulator):
        with gateway_for(simulator.url, arguments=["--request-timeout", f"{self.TIMEOUT}s"],
                         env={"AWS_MAX_ATTEMPTS": 20}) as gateway:
            yield gateway

    @staticmethod
    def timed(call, *arguments):
        started = time.monotonic()
        return call(*arguments), time.monotonic() - started

    def test_a_retry_that_would_come_too_late_isnt_waited_for(self, simulator, hasty):
        one = new(simulator)
        simulator.fault("throttle", retryAfter="4000", connectionId=one)
        reply, took = self.timed(hasty.reject, one)
        assert (reply.code, seen(simulator, one)) == ("upstream_throttled", 1)
        assert took < self.TIMEOUT / 2

    @pytest.mark.parametrize("fault", [
        {"kind": "throttle"}, {"kind": "throttle", "retryAfter": "300"}, {"kind": "error", "status": 500},
        {"kind": "cut", "applied": False}, {"kind": "stall"}, {"kind": "stall-at", "bytes": 40},
        {"kind": "slow", "delayMs": 3000}], ids=str)
    @pytest.mark.parametrize("is_reject", [True, False], ids=["reject", "look-up"])
    def test_the_answer_is_there_in_time_whatever_aws_does(self, simulator, hasty, fault, is_reject):
        one = new(simulator)
        # A reject's look-ups meet it as well.
        for operation in ["RejectInboundConnection"] * is_reject + [SEARCH]:
            simulator.fault(**fault, operation=operation)
        reply, took = self.timed(hasty.reject, one) if is_reject else self.timed(get, hasty, f"/{one}")
        assert reply.status in (502, 503, 504), reply
        assert took < self.TIMEOUT + 0.7
        assert outcome_record(hasty, reply)["durationMs"] < (self.TIMEOUT + 0.5) * 1000


class OneAnswer:
    """Answers the first request, and is gone: who tries again finds nobody."""

    def __init__(self, data):
        self._data = data
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self):
        end, _ = self._listener.accept()
        self._listener.close()
        with end:
            received = b""
            while b"\r\n\r\n" not in received:
                received += end.recv(65536)
            end.sendall(self._data)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(PATIENCE)


@pytest.mark.parametrize("data, status, code, outcome", [
    (error(400, "ThrottlingException"), 503, "upstream_throttled", "not_rejected"),
    (error(500, "InternalException"), 502, "upstream_error", "unknown")])
def test_a_retry_that_finds_nobody_doesnt_make_what_was_sent_unsent(data, status, code, outcome):
    data = data.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    with OneAnswer(data) as upstream, Gateway(upstream.url) as gateway:
        reply = gateway.reject(UNKNOWN)
        assert (reply.status, reply.code, reply.outcome) == (status, code, outcome), reply
        tries = outcome_record(gateway, reply)["tries"]
    assert [each["ending"] for each in tries if each["operation"] == "reject"] == ["answered", "not_sent", "not_sent"]
