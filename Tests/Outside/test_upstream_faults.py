"""Whatever AWS, or what stands in its way, does to an attempt: the answer is true and audited, one attempt is one
request."""

import itertools
import json
import socket
import ssl
import time

import pytest
from support.gateway import ONE_ATTEMPT, Gateway
from support.simulator import ACTIVE, PENDING, REGION, SECRET_ACCESS_KEY, UNKNOWN, Simulator, connection
from support.upstream import Authority, Upstream, answer, body_of, connection_id_of, error, is_look_up, page_of

#: The gateway's deadline for a whole call, in seconds: short, and yet longer than any answer takes.
#: In seconds. Long enough for four look-ups with 0.2, 0.4 and 0.8 s between them on a machine that has other things to do as
#: well, and too short for a fifth, after another 1.6 s.
TIMEOUT = 2.8
TIMEOUT_FLAG = ["--request-timeout", f"{TIMEOUT * 1000:.0f}ms"]
IDS = (f"c-upstream-fault-{number:04}" for number in itertools.count())


@pytest.fixture(scope="module")
def simulated():
    """A gateway before a simulator, whose faults each test sets for itself."""
    with Simulator() as simulator, Gateway(simulator.url, env=ONE_ATTEMPT, arguments=TIMEOUT_FLAG) as gateway:
        yield simulator, gateway


@pytest.fixture
def simulator(simulated):
    yield simulated[0]
    simulated[0].clear_faults()


@pytest.fixture(scope="module")
def stubbed():
    """A gateway before a stub, whose script each test sets for itself."""
    with Upstream() as upstream, Gateway(upstream.url, env=ONE_ATTEMPT, arguments=TIMEOUT_FLAG) as gateway:
        yield upstream, gateway


@pytest.fixture
def upstream(stubbed):
    # Look-ups aren't permitted, which settles nothing and hides nothing, unless a test says otherwise.
    stubbed[0].look_up = say(error(403, "AccessDeniedException"))
    yield stubbed[0]
    stubbed[0].script = Upstream.succeed


@pytest.fixture
def connection_id():
    """An id that no other test uses, so that its requests can be counted."""
    return next(IDS)


def say(data, *, keep=True):
    """A script that sends these bytes."""
    def script(request, wire):
        wire.send(data(request) if callable(data) else data)
        return keep
    return script


def records_of(gateway, reply):
    return [record for record in gateway.records() if record.get("requestId") == reply.headers["X-Request-Id"]]


def assert_told(gateway, reply, status, code, outcome, *, aws_code=None):
    """The problem, the intent and the outcome tell one story; the outcome's record."""
    assert (reply.status, reply.code, reply.outcome) == (status, code, outcome), reply
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json["type"] == f"urn:connection-gateway:problem:{code}"
    records = records_of(gateway, reply)
    assert [record["stage"] for record in records] == ["intent", "outcome"]
    assert (records[1]["httpStatus"], records[1]["code"], records[1]["outcome"]) == (status, code, outcome)
    assert (records[1]["aws"].get("code"), records[1]["aws"]["attempts"]) == (aws_code, 1)
    assert records[1]["accessKeyId"] == "SIMULATORACCESSKEY00"
    if aws_code is not None:
        assert (reply.json["aws"]["code"], reply.json["aws"]["attempts"]) == (aws_code, 1)
    # A record tells what AWS's code was; its words are for the caller.
    assert "message" not in records[1]["aws"]
    return records[1]


def rejects_of(simulator):
    return simulator.requests("RejectInboundConnection")


def assert_not_understood(gateway, reply):
    return assert_told(gateway, reply, 502, "upstream_error", "unknown")


def assert_no_answer(gateway, reply):
    return assert_told(gateway, reply, 504, "upstream_timeout", "unknown")


class TestErrorCodes:
    """The code decides, and never the status."""

    @pytest.mark.parametrize("aws_status", [400, 404, 409, 410, 500, 503])
    @pytest.mark.parametrize("aws_code, status, code", [
        ("ResourceNotFoundException", 404, "connection_not_found"),
        ("DisabledOperationException", 409, "connection_not_rejectable"),
        ("ConflictException", 409, "connection_not_rejectable"),
        ("LimitExceededException", 409, "connection_not_rejectable"),
        ("InvalidTypeException", 409, "connection_not_rejectable")])
    def test_awss_refusals_are_told_apart_by_their_code(self, simulated, simulator, aws_code, status, code, aws_status):
        gateway = simulated[1]
        simulator.fault("error", status=aws_status, code=aws_code, message="AWS's own words.", count=1)
        before = len(simulator.requests())
        reply = gateway.reject(PENDING)
        record = assert_told(gateway, reply, status, code, "not_rejected", aws_code=aws_code)
        assert record["aws"]["httpStatus"] == reply.json["aws"]["httpStatus"] == aws_status
        assert record["aws"]["requestId"] == reply.json["aws"]["requestId"] == simulator.requests()[-1]["awsRequestId"]
        assert reply.json["aws"]["message"] == "AWS's own words." and "AWS's own words." in reply.json["detail"]
        assert len(simulator.requests()) == before + 1

    @pytest.mark.parametrize("connection_id, status, code", [
        (UNKNOWN, 404, "connection_not_found"), (ACTIVE, 409, "connection_not_rejectable"),
        # What AWS finds invalid isn't the connection's state, then.
        (PENDING, 422, "upstream_validation")])
    @pytest.mark.parametrize("aws_status", [400, 409, 500])
    def test_a_validation_error_is_settled_by_a_look_up(
            self, simulated, simulator, connection_id, status, code, aws_status):
        gateway = simulated[1]
        simulator.fault("error", status=aws_status, code="ValidationException", message="AWS's own words.", count=1)
        before = len(simulator.requests())
        reply = gateway.reject(connection_id)
        record = assert_told(gateway, reply, status, code, "not_rejected", aws_code="ValidationException")
        assert reply.json["aws"]["message"] == "AWS's own words." and "AWS's own words." in reply.json["detail"]
        assert reply.json.get("connection", {}).get("id") == (None if connection_id == UNKNOWN else connection_id)
        assert [request["operation"] for request in simulator.requests()[before:]] == [
            "RejectInboundConnection", "DescribeInboundConnections"]
        assert [(attempt["operation"], attempt["ending"]) for attempt in record["tries"]] == [
            ("reject", "answered"), ("look_up", "answered")]

    @pytest.mark.parametrize("look_up", [
        error(403, "AccessDeniedException"), error(400, "ThrottlingException"), error(500, "InternalException"),
        answer(200, b"garbage"), b"garbage"], ids=range(5))
    def test_a_validation_error_that_no_look_up_settles_says_what_aws_says(
            self, stubbed, upstream, connection_id, look_up):
        upstream.script, upstream.look_up = say(error(400, "ValidationException", "AWS's own words.")), say(look_up)
        reply = stubbed[1].reject(connection_id)
        assert_told(stubbed[1], reply, 422, "upstream_validation", "not_rejected", aws_code="ValidationException")
        assert reply.json["aws"]["message"] == "AWS's own words." and "AWS's own words." in reply.json["detail"]

    def test_without_any_fault_too(self, simulated, simulator):
        gateway = simulated[1]
        assert_told(gateway, gateway.reject(UNKNOWN), 404, "connection_not_found", "not_rejected",
                    aws_code="ResourceNotFoundException")
        assert_told(gateway, gateway.reject(ACTIVE), 409, "connection_not_rejectable", "not_rejected",
                    aws_code="DisabledOperationException")

    def test_not_found_says_which_region_was_asked(self, simulated, simulator):
        assert REGION in simulated[1].reject(UNKNOWN).json["detail"]

    @pytest.mark.parametrize("aws_status", [400, 429, 503])
    @pytest.mark.parametrize("aws_code", [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled",
        "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown", "PriorRequestNotComplete",
        "EC2ThrottledException"])
    def test_throttling_asks_to_come_again(self, simulated, simulator, aws_code, aws_status):
        gateway = simulated[1]
        simulator.fault("error", status=aws_status, code=aws_code, count=1)
        before = len(simulator.requests())
        reply = gateway.reject(PENDING)
        assert_told(gateway, reply, 503, "upstream_throttled", "not_rejected", aws_code=aws_code)
        assert int(reply.headers["Retry-After"]) > 0
        assert len(simulator.requests()) == before + 1

    def test_throttling_as_it_is_on_the_wire(self, simulated, simulator):
        simulator.fault("throttle", count=1)
        reply = simulated[1].reject(PENDING)
        record = assert_told(
            simulated[1], reply, 503, "upstream_throttled", "not_rejected", aws_code="ThrottlingException")
        assert record["aws"]["httpStatus"] == 400

    @pytest.mark.parametrize("aws_code", [
        "AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId",
        "InvalidAccessKeyId", "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature",
        "MissingAuthenticationToken", "MissingAuthenticationTokenException", "AuthFailure", "ExpiredToken",
        "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed", "OptInRequired", "NotAuthorized"])
    def test_what_aws_has_against_the_gateway_isnt_the_callers_fault(self, simulated, simulator, aws_code):
        gateway = simulated[1]
        simulator.fault("error", status=403, code=aws_code, count=1)
        reply = gateway.reject(PENDING)
        assert_told(gateway, reply, 502, "upstream_denied", "not_rejected", aws_code=aws_code)

    @pytest.mark.parametrize("aws_status, aws_code", [
        (500, "InternalException"), (503, "ServiceUnavailable"), (424, "DependencyFailureException"),
        (400, "BaseException"), (400, "SerializationException"), (404, "UnknownOperationException"), (418, "Teapot"),
        (409, "resourcenotfoundexception"), (404, "ResourceNotFound")])
    def test_any_other_code_leaves_the_outcome_unknown(self, simulated, simulator, aws_status, aws_code):
        gateway = simulated[1]
        simulator.fault("error", status=aws_status, code=aws_code, count=1)
        before = len(rejects_of(simulator))
        reply = gateway.reject(PENDING)
        assert_told(gateway, reply, 502, "upstream_error", "unknown", aws_code=aws_code)
        # What a look-up saw is shown, though it proves nothing: look-ups lag.
        assert reply.json["connection"]["status"] == "PENDING_ACCEPTANCE"
        assert len(rejects_of(simulator)) == before + 1

    @pytest.mark.parametrize("data", [
        error(409, "ResourceNotFoundException:http://internal.amazon.com/coral/com.amazon.coral.service/"),
        error(409, "com.amazonaws.es#ResourceNotFoundException"),
        error(409, "com.amazonaws.es#ResourceNotFoundException:http://internal.amazon.com/"),
        answer(409, {"__type": "ResourceNotFoundException", "message": "a message"}),
        answer(409, {"__type": "com.amazonaws.es#ResourceNotFoundException", "Message": "a message"}),
        answer(409, {"__type": "com.amazonaws.es#ResourceNotFoundException:http://x", "Message": "a message"}),
        answer(409, {"code": "ResourceNotFoundException", "message": "a message"}),
        answer(409, {"Code": "ResourceNotFoundException", "message": "a message"}),
        # The header counts more than the body.
        error(409, "ResourceNotFoundException", members={"__type": "ThrottlingException", "code": "ConflictException"}),
        answer(409, {"code": "ResourceNotFoundException", "__type": "ConflictException", "message": "a message"}),
        answer(409, {"message": "a message"}, [("X-AMZN-ERRORTYPE", "ResourceNotFoundException")]),
        ], ids=range(11))
    def test_the_code_is_found_wherever_aws_puts_it(self, stubbed, upstream, connection_id, data):
        gateway = stubbed[1]
        upstream.script = say(data)
        reply = gateway.reject(connection_id)
        assert_told(gateway, reply, 404, "connection_not_found", "not_rejected", aws_code="ResourceNotFoundException")
        assert reply.json["aws"]["message"] == "a message"
        assert reply.json["aws"]["requestId"] == "stub-request"

    @pytest.mark.parametrize("data", [
        b"<html>503</html>", b"not JSON", b"", b"[]", b'"text"', b"{", b"\xff\xfe", b"[" * 100_000], ids=range(8))
    def test_a_body_without_a_code_leaves_the_status_for_one(self, stubbed, upstream, connection_id, data):
        gateway = stubbed[1]
        upstream.script = say(answer(503, data))
        reply = gateway.reject(connection_id)
        assert_told(gateway, reply, 502, "upstream_error", "unknown", aws_code="503")
        assert len(reply.json["aws"].get("message", "")) <= 256
        assert len(upstream.puts(connection_id)) == 1

    def test_a_code_in_the_header_needs_no_body_that_makes_sense(self, stubbed, upstream, connection_id):
        for body in [b"", b"<html>", b'{"message": 5}']:
            upstream.script = say(answer(409, body, [("x-amzn-errortype", "ResourceNotFoundException")]))
            reply = stubbed[1].reject(connection_id)
            assert_told(stubbed[1], reply, 404, "connection_not_found", "not_rejected",
                        aws_code="ResourceNotFoundException")

    @pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 401, 407, 408, 417, 421, 425, 500, 502, 504, 599])
    def test_no_status_makes_libcurl_ask_again(self, stubbed, upstream, connection_id, status):
        gateway = stubbed[1]
        # First a call that leaves its connection open, since some repetitions are for reused connections alone.
        assert gateway.reject(next(IDS)).status == 200
        before = len(upstream.requests)
        upstream.script = say(answer(status, {}, [
            ("Location", f"{upstream.url}/elsewhere"), ("WWW-Authenticate", "Basic realm=x"), ("Retry-After", "0"),
            ("Proxy-Authenticate", "Basic realm=x")]))
        assert_not_understood(gateway, gateway.reject(connection_id))
        assert len(upstream.puts(connection_id)) == 1
        assert [request for request in upstream.requests[before:] if not is_look_up(request)] == upstream.puts(
            connection_id)


class TestSuccess:
    """Every field has its place, and nothing is invented."""

    def test_all_fields(self, stubbed, upstream, connection_id):
        upstream.script = say(answer(200, body_of(connection_id, ConnectionStatus={
            "StatusCode": "REJECTING", "Message": "Being rejected"}, ConnectionMode="VPC_ENDPOINT")))
        reply = stubbed[1].reject(connection_id)
        assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
        assert reply.json == {
            "connection": {
                "id": connection_id, "status": "REJECTING", "statusMessage": "Being rejected", "mode": "VPC_ENDPOINT",
                "local": {"ownerId": "123456789012", "domainName": "logs-eu", "region": "eu-west-1"},
                "remote": {"ownerId": "210987654321", "domainName": "archive", "region": "eu-west-1"}},
            "requestId": reply.headers["X-Request-Id"], "awsRequestId": "stub-request", "attempts": 1}
        intent, outcome = records_of(stubbed[1], reply)
        assert (outcome["httpStatus"], outcome["outcome"], outcome["aws"]) == (
            200, "rejected", {"requestId": "stub-request", "httpStatus": 200, "attempts": 1})
        assert "code" not in outcome
        assert list(outcome) == ["time", "seq", "stage", "requestId", "action", "connectionId", "caller", "client",
                                 "httpStatus", "outcome", "aws", "accessKeyId", "durationMs", "prev"]
        assert list(intent) == [
            "time", "seq", "stage", "requestId", "action", "connectionId", "caller", "client", "prev"]

    def test_a_status_and_a_mode_of_tomorrow_pass_through(self, stubbed, upstream, connection_id):
        upstream.script = say(answer(200, body_of(connection_id, "REJECTED_BY_A_ROBOT", ConnectionMode="TELEPATHY")))
        reply = stubbed[1].reject(connection_id)
        assert (reply.json["connection"]["status"], reply.json["connection"]["mode"]) == (
            "REJECTED_BY_A_ROBOT", "TELEPATHY")

    def test_members_of_tomorrow_are_no_harm(self, stubbed, upstream, connection_id):
        upstream.script = say(answer(200, body_of(connection_id, NewMember={"a": [1, None]})))
        assert stubbed[1].reject(connection_id).status == 200

    @pytest.mark.parametrize("left_out, missing", [
        ({"ConnectionMode": None}, ["mode"]), ({"ConnectionStatus": None}, ["status", "statusMessage"]),
        ({"LocalDomainInfo": None}, ["local"]), ({"RemoteDomainInfo": None}, ["remote"]),
        ({"LocalDomainInfo": {}}, ["local"]), ({"ConnectionStatus": {}}, ["status", "statusMessage"])], ids=str)
    def test_what_aws_leaves_out_is_left_out(self, stubbed, upstream, connection_id, left_out, missing):
        upstream.script = say(answer(200, body_of(connection_id, **left_out)))
        reply = stubbed[1].reject(connection_id)
        assert reply.status == 200
        assert not set(missing) & set(reply.json["connection"])

    def test_null_is_left_out_too(self, stubbed, upstream, connection_id):
        body = json.dumps({"Connection": {
            "ConnectionId": connection_id, "ConnectionMode": None, "ConnectionStatus": None,
            "LocalDomainInfo": {"AWSDomainInformation": {"OwnerId": None}}}})
        upstream.script = say(answer(200, body))
        assert stubbed[1].reject(connection_id).json["connection"] in (
            {"id": connection_id}, {"id": connection_id, "local": {}})

    def test_a_missing_request_id_is_left_out(self, stubbed, upstream, connection_id):
        upstream.script = say(lambda request: answer(200, body_of(connection_id)).replace(
            b"x-amzn-RequestId: stub-request\r\n", b""))
        reply = stubbed[1].reject(connection_id)
        assert reply.status == 200 and "awsRequestId" not in reply.json

    @pytest.mark.parametrize("interim", [
        b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n" * 3,
        b"HTTP/1.1 103 Early Hints\r\nx-amzn-errortype: ResourceNotFoundException\r\nx-amzn-RequestId: early\r\n\r\n"])
    def test_interim_answers_are_passed_over(self, stubbed, upstream, connection_id, interim):
        upstream.script = say(interim + answer(200, body_of(connection_id)))
        reply = stubbed[1].reject(connection_id)
        assert (reply.status, reply.json["awsRequestId"]) == (200, "stub-request")

    def test_a_body_in_chunks_or_up_to_the_connections_end_is_read(self, stubbed, upstream, connection_id):
        body = body_of(connection_id).encode()
        half = len(body) // 2
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:]))
        upstream.script = say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
        assert stubbed[1].reject(connection_id).status == 200
        upstream.script = say(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body, keep=False)
        assert stubbed[1].reject(connection_id).status == 200

    def test_a_slow_answer_is_waited_for(self, simulated, simulator):
        simulator.fault("slow", delayMs=500, count=1)
        reply = simulated[1].reject(UNKNOWN)
        record = assert_told(
            simulated[1], reply, 404, "connection_not_found", "not_rejected", aws_code="ResourceNotFoundException")
        assert record["durationMs"] >= 500


class TestAnswersThatArentUnderstood:
    """The reject may have been taken: nobody knows, and so it is said."""

    @pytest.mark.parametrize("fault, options", [
        ("garbage", {}), ("empty", {}), ("cut", {}), ("cut-mid", {}), ("cut-mid", {"bytes": 0})], ids=str)
    def test_the_simulators_faults_hide_a_reject_that_a_look_up_shows(self, fault, options):
        # A simulator of its own, since the state of the connection changes.
        with Simulator(seed=[connection()]) as simulator, Gateway(simulator.url, env=ONE_ATTEMPT) as gateway:
            simulator.fault(fault, count=1, **options)
            reply = gateway.reject(PENDING)
            assert (reply.status, reply.json["connection"]["status"]) == (200, "REJECTED"), reply
            assert reply.json["attempts"] == 1
            assert [request.get("fault") for request in simulator.requests()] == [fault, None]
            [outcome] = gateway.records("outcome")
            assert (outcome["httpStatus"], outcome["outcome"]) == (200, "rejected")
            assert [(attempt["operation"], attempt["ending"]) for attempt in outcome["tries"]] == [
                ("reject", "no_answer" if fault.startswith("cut") else "not_understood"), ("look_up", "answered")]
            assert gateway.ready().status == 200

    def test_the_simulators_page_of_a_front_end_rejects_nothing_and_that_isnt_known(self):
        with Simulator(seed=[connection()]) as simulator, Gateway(simulator.url, env=ONE_ATTEMPT) as gateway:
            simulator.fault("html", count=1)
            reply = gateway.reject(PENDING)
            assert_told(gateway, reply, 502, "upstream_error", "unknown", aws_code="502")
            assert reply.json["connection"]["status"] == "PENDING_ACCEPTANCE"
            assert simulator.status_of(PENDING) == "PENDING_ACCEPTANCE"

    @pytest.mark.parametrize("status, shown", [
        ("REJECTING", True), ("REJECTED", True), ("PENDING_ACCEPTANCE", False), ("ACTIVE", False), ("DELETED", False),
        ("REJECTED_BY_A_ROBOT", False)])
    @pytest.mark.parametrize("data, problem", [
        (b"", (504, "upstream_timeout")), (answer(200, b"garbage"), (502, "upstream_error")),
        (error(500, "InternalException"), (502, "upstream_error"))], ids=["no answer", "garbage", "500"])
    def test_only_a_look_up_that_shows_the_reject_makes_it_one(
            self, stubbed, upstream, connection_id, data, problem, status, shown):
        upstream.script = say(data, keep=bool(data))
        upstream.look_up = say(page_of(body_of(connection_id, status)))
        reply = stubbed[1].reject(connection_id)
        assert reply.json["connection"]["status"] == status
        if shown:
            assert reply.status == 200
        else:
            assert (reply.status, reply.code, reply.outcome) == (*problem, "unknown"), reply
        assert records_of(stubbed[1], reply)[1]["outcome"] == ("rejected" if shown else "unknown")
        assert len(upstream.puts(connection_id)) == 1
        # One that doesn't show it proves nothing, so that it is looked at again and again.
        assert len(upstream.look_ups(connection_id)) == (1 if shown else 4)

    def test_a_look_up_that_lags_is_asked_again(self, stubbed, upstream, connection_id):
        def look_up(request, wire):
            if len(upstream.look_ups(connection_id)) < 3:
                return Upstream.find_nothing(request, wire)
            return say(page_of(body_of(connection_id, "REJECTING")))(request, wire)
        upstream.script, upstream.look_up = say(b"", keep=False), look_up
        reply = stubbed[1].reject(connection_id)
        assert (reply.status, reply.json["connection"]["status"]) == (200, "REJECTING")
        assert len(upstream.look_ups(connection_id)) == 3

    @pytest.mark.parametrize("data", [b"", error(500, "InternalException"), answer(200, b"garbage")], ids=range(3))
    def test_a_look_up_that_fails_is_made_again(self, stubbed, upstream, connection_id, data):
        def look_up(request, wire):
            if len(upstream.look_ups(connection_id)) == 1:
                return say(data, keep=False)(request, wire)
            return say(page_of(body_of(connection_id, "REJECTING")))(request, wire)
        upstream.script, upstream.look_up = say(b"", keep=False), look_up
        assert stubbed[1].reject(connection_id).status == 200

    @pytest.mark.parametrize("look_up", [error(403, "AccessDeniedException"), error(400, "ThrottlingException")],
                             ids=["not permitted", "throttled"])
    def test_a_look_up_that_aws_refuses_settles_nothing_and_isnt_made_again(
            self, stubbed, upstream, connection_id, look_up):
        upstream.script, upstream.look_up = say(b"", keep=False), say(look_up)
        reply = stubbed[1].reject(connection_id)
        record = assert_no_answer(stubbed[1], reply)
        assert [(entry["operation"], entry["ending"], entry.get("code")) for entry in record["tries"]] == [
            ("reject", "no_answer", None), ("look_up", "answered", record["tries"][1]["code"])]
        assert "aws" not in reply.json

    def test_a_look_up_that_shows_another_connection_shows_nothing(self, stubbed, upstream, connection_id):
        upstream.script = say(b"", keep=False)
        upstream.look_up = say(page_of(body_of(next(IDS), "REJECTED")))
        reply = stubbed[1].reject(connection_id)
        assert_no_answer(stubbed[1], reply)
        assert "connection" not in reply.json

    @pytest.mark.parametrize("body", [
        b"", b"{}", b"null", b"[]", b"true", b'""', b"{", b"\xff", b"<html></html>", b'{"Connection":null}',
        b'{"Connection":[]}', b'{"Connection":{}}', b'{"connection":{"ConnectionId":"<id>"}}',
        b'{"Connection":{"ConnectionId":null}}', b'{"Connection":{"ConnectionId":5}}',
        b'{"Connection":{"ConnectionId":"c-of-someone-else"}}', b'{"Connection":{"ConnectionId":"<id> "}}',
        b'{"Connection":{"ConnectionId":"<id>","ConnectionStatus":"REJECTING"}}',
        b'{"Connection":{"ConnectionId":"<id>","ConnectionStatus":{"StatusCode":5}}}',
        b'{"Connection":{"ConnectionId":"<id>","ConnectionMode":[]}}',
        b'{"Connection":{"ConnectionId":"<id>","LocalDomainInfo":"x"}}',
        b'{"Connection":{"ConnectionId":"<id>"}', b'{"Connection":{"ConnectionId":"<id>"}}}',
        b'{"Connection":' * 10_000, b"[" * 1_000_000], ids=lambda body: repr(body)[:60])
    def test_a_success_that_tells_of_nothing_or_of_another_connection(self, stubbed, upstream, connection_id, body):
        gateway = stubbed[1]
        upstream.script = say(answer(200, body.replace(b"<id>", connection_id.encode())))
        assert_not_understood(gateway, gateway.reject(connection_id))
        assert len(upstream.puts(connection_id)) == 1

    @pytest.mark.parametrize("status", [204, 206, 304])
    def test_a_status_that_a_reject_doesnt_have(self, stubbed, upstream, connection_id, status):
        upstream.script = say(b"HTTP/1.1 %d Whatever\r\n\r\n" % status, keep=False)
        reply = stubbed[1].reject(connection_id)
        assert (reply.status, reply.code, reply.outcome) == (502, "upstream_error", "unknown")
        assert len(upstream.puts(connection_id)) == 1

    @pytest.mark.parametrize("data", [
        b"", b"H", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Len",
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"Connection":{"Con',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"Con", b"HTTP/1.1 100 Continue\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n", b"\0" * 100, b"\x15\x03\x01\x00\x02\x02\x28", b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n", b"{}\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\x1f\x8b\0\0\0"], ids=repr)
    @pytest.mark.parametrize("reused", [False, True], ids=["new", "reused"])
    def test_an_answer_that_breaks_off_or_is_no_http(self, stubbed, upstream, connection_id, data, reused):
        gateway = stubbed[1]
        if reused:
            assert gateway.reject(next(IDS)).status == 200
        upstream.script = say(data, keep=False)
        reply = gateway.reject(connection_id)
        # The last one is an answer, and a whole one.
        (assert_not_understood if b"gzip" in data else assert_no_answer)(gateway, reply)
        assert len(upstream.puts(connection_id)) == 1
        assert len(upstream.look_ups(connection_id)) >= 1

    def test_a_connection_that_is_reset(self, stubbed, upstream, connection_id):
        def script(request, wire):
            wire.reset()
        upstream.script = script
        assert_no_answer(stubbed[1], stubbed[1].reject(connection_id))
        assert len(upstream.puts(connection_id)) == 1

    @pytest.mark.parametrize("head, body", [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n", None),
        (b"HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n", '{"__type":"ResourceNotFoundException"}')],
        ids=["to the connection's end", "announced", "of an error"])
    def test_a_body_without_bound_isnt_read_to_its_end(self, stubbed, upstream, connection_id, head, body):
        # Whoever did read it would understand it.
        body = (body or body_of(connection_id)).encode().ljust(8_000_000)
        upstream.script = say(head + body, keep=False)
        assert_no_answer(stubbed[1], stubbed[1].reject(connection_id))

    def test_a_body_just_below_the_bound_is_read(self, stubbed, upstream, connection_id):
        upstream.script = say(answer(200, body_of(connection_id).ljust((1 << 20) - 1)))
        assert stubbed[1].reject(connection_id).status == 200

    @pytest.mark.parametrize("headers", [
        b"X-Note: " + b"a" * 2_000_000 + b"\r\n", b"X-Note: aaaaaaaa\r\n" * 200_000], ids=["one", "many"])
    def test_headers_without_bound_arent_read_to_their_end(self, stubbed, upstream, connection_id, headers):
        upstream.script = say(lambda request: b"HTTP/1.1 200 OK\r\n" + headers + answer(
            200, body_of(connection_id)).partition(b"\r\n")[2], keep=False)
        assert_no_answer(stubbed[1], stubbed[1].reject(connection_id))

    def test_a_redirect_isnt_followed(self, stubbed, upstream, connection_id):
        with Upstream() as elsewhere:
            upstream.script = say(answer(307, b"", [("Location", f"{elsewhere.url}/there")]))
            assert_told(stubbed[1], stubbed[1].reject(connection_id), 502, "upstream_error", "unknown", aws_code="307")
            assert elsewhere.connection_count == 0


class TestTime:
    """No call takes longer than the deadline, whatever AWS does."""

    def timed(self, gateway, connection_id):
        begin = time.monotonic()
        reply = gateway.reject(connection_id)
        return reply, time.monotonic() - begin

    def assert_timed_out(self, gateway, connection_id):
        reply, duration = self.timed(gateway, connection_id)
        assert_told(gateway, reply, 504, "upstream_timeout", "unknown")
        assert "aws" not in reply.json
        # A fifth of the time is kept back for look-ups.
        assert TIMEOUT * 0.8 <= duration < TIMEOUT + 3, duration

    def test_an_answer_that_never_comes(self, simulated, simulator):
        simulator.fault("stall", count=1)
        before = len(rejects_of(simulator))
        self.assert_timed_out(simulated[1], PENDING)
        assert len(rejects_of(simulator)) == before + 1
        # The connection that stalled isn't used again.
        assert simulated[1].reject(UNKNOWN).status == 404

    @pytest.mark.parametrize("data", [
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["head", "body", "interim"])
    def test_an_answer_that_stalls_in_the_middle(self, stubbed, upstream, connection_id, data):
        def script(request, wire):
            wire.send(data)
            wire.hold(TIMEOUT + 5)
        upstream.script = script
        self.assert_timed_out(stubbed[1], connection_id)
        assert len(upstream.puts(connection_id)) == 1

    def test_an_answer_that_drips(self, stubbed, upstream, connection_id):
        def script(request, wire):
            wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
            end = time.monotonic() + TIMEOUT + 5
            while time.monotonic() < end and not wire.hold(0.1):
                wire.send(b" ")
        upstream.script = script
        self.assert_timed_out(stubbed[1], connection_id)

    def test_look_ups_that_stall_dont_make_it_longer(self, stubbed, upstream, connection_id):
        def script(request, wire):
            wire.hold(TIMEOUT + 5)
        upstream.script = upstream.look_up = script
        self.assert_timed_out(stubbed[1], connection_id)
        assert len(upstream.look_ups(connection_id)) == 1

    def test_a_handshake_that_never_comes_sends_nothing(self, authority):
        with Upstream(greeting=lambda wire: wire.hold(TIMEOUT + 5)) as upstream, Gateway(
                upstream.url.replace("http:", "https:"), ca_file=authority.ca_file, env=ONE_ATTEMPT,
                arguments=TIMEOUT_FLAG) as gateway:
            reply, duration = self.timed(gateway, PENDING)
            assert_told(gateway, reply, 502, "upstream_unreachable", "not_sent")
            assert duration < TIMEOUT + 3
            assert upstream.requests == []


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


class TestNeverSent:
    """Where no connection came about, nothing was sent, and that is known."""

    def assert_never_sent(self, url, ca_file=None):
        with Gateway(url, ca_file=ca_file, env=ONE_ATTEMPT, arguments=TIMEOUT_FLAG) as gateway:
            reply = gateway.reject(PENDING)
            assert_told(gateway, reply, 502, "upstream_unreachable", "not_sent")
            assert "aws" not in reply.json
            # Which host it was is the gateway's own business.
            assert url.partition("://")[2].rpartition(":")[0] not in reply.body.decode()
            [warning] = [line for line in gateway.log() if line["message"] == "AWS asked to reject"]
            assert warning["cause"]
            assert gateway.call("GET", "/livez", token=None).status == 200

    def test_a_refused_connection(self):
        with socket.create_server(("127.0.0.1", 0)) as holder:
            port = holder.getsockname()[1]
        self.assert_never_sent(f"http://127.0.0.1:{port}")

    def test_a_host_that_isnt_there(self):
        # A label of 64 characters is one too long for DNS: no server is asked.
        self.assert_never_sent(f"https://{'a' * 64}.invalid:443")

    def test_a_certificate_of_an_authority_that_nobody_trusts(self, authority, tmp_path):
        certificate, key = authority.certificate("unknown-authority")
        with Upstream(certificate=certificate, key=key) as upstream:
            self.assert_never_sent(upstream.url, Authority(tmp_path).ca_file)
            self.assert_never_sent(upstream.url)
            assert upstream.requests == []

    def test_a_certificate_for_another_host(self, authority):
        certificate, key = authority.certificate("another-host", names=f"DNS:es.{REGION}.amazonaws.com,IP:127.0.0.2")
        with Upstream(certificate=certificate, key=key) as upstream:
            self.assert_never_sent(upstream.url, authority.ca_file)
            assert upstream.requests == []

    def test_a_certificate_whose_time_is_over(self, authority):
        certificate, key = authority.certificate("time-is-over", ended=True)
        with Upstream(certificate=certificate, key=key) as upstream:
            self.assert_never_sent(upstream.url, authority.ca_file)
            assert upstream.requests == []

    def test_a_server_that_speaks_no_tls(self, authority):
        with Upstream() as upstream:
            self.assert_never_sent(upstream.url.replace("http:", "https:"), authority.ca_file)
            assert upstream.requests == []

    def test_a_server_that_closes_in_the_middle_of_the_handshake(self, authority):
        with Upstream(greeting=lambda wire: wire.reset()) as upstream:
            self.assert_never_sent(upstream.url.replace("http:", "https:"), authority.ca_file)
            assert upstream.requests == []

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=str)
    def test_a_server_that_speaks_old_tls_alone(self, authority, version):
        certificate, key = authority.certificate(f"old-tls-{version.value}")
        try:
            upstream = Upstream(certificate=certificate, key=key, tls_version=version)
        except (ssl.SSLError, ValueError) as reason:
            pytest.skip(f"this machine's OpenSSL has no {version}: {reason}")
        with upstream:
            self.assert_never_sent(upstream.url, authority.ca_file)
            assert upstream.requests == []


class TestTLS:
    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=str)
    def test_a_reject_over_tls_that_is_verified(self, authority, version):
        certificate, key = authority.certificate(f"good-{version.value}")
        with Upstream(certificate=certificate, key=key, tls_version=version) as upstream, Gateway(
                upstream.url, ca_file=authority.ca_file) as gateway:
            assert [gateway.reject(next(IDS)).status for _ in range(3)] == [200, 200, 200]
            assert upstream.connection_count == 1

    def test_the_bundle_stands_in_for_the_systems_certificates(self):
        with Simulator(tls=True) as simulator, Gateway(simulator.url, ca_file=simulator.ca_file) as gateway:
            assert gateway.reject(PENDING).status == 200
            assert simulator.requests()[-1]["verdict"] == "valid"


class TestWhatIsSent:
    def test_the_request_has_what_aws_needs_and_nothing_else(self, stubbed, upstream, connection_id):
        assert stubbed[1].reject(connection_id, body={"reason": "stays here"}, headers={
            "X-Note": "stays here", "Cookie": "stays=here"}).status == 200
        [request] = upstream.puts(connection_id)
        assert request.path == f"/2021-01-01/opensearch/cc/inboundConnection/{connection_id}/reject"
        assert request.body == b"" and request.headers["content-length"] == "0"
        assert set(request.headers) <= {
            "host", "user-agent", "authorization", "x-amz-date", "x-amz-content-sha256", "content-length"}
        assert request.headers["host"] == upstream.address
        assert request.headers["user-agent"].startswith("connection-gateway/")


class TestSecrets:
    """AWS quotes the request when a signature doesn't match, with all that was signed."""

    TOKEN = "session-token/with+signs=" + "0123456789abcdefghijklmnopqrstuvwxyz" * 6

    @pytest.fixture(scope="class")
    def gateway(self, stubbed):
        with Gateway(stubbed[0].url, env={**ONE_ATTEMPT, "AWS_SESSION_TOKEN": self.TOKEN},
                     arguments=["--log-level", "trace"]) as gateway:
            yield gateway

    def assert_hidden(self, gateway, reply):
        for place in (reply.body.decode(), str(reply.headers), gateway.audit.read_text(), gateway.log_text()):
            assert self.TOKEN[:20] not in place and self.TOKEN[-20:] not in place
            assert SECRET_ACCESS_KEY not in place
        assert "SIMULATORACCESSKEY00" not in reply.body.decode()

    def test_what_is_quoted_in_a_message_isnt_passed_on(self, gateway, upstream, connection_id):
        message = (f"The Canonical String was 'x-amz-security-token:{self.TOKEN}' with {SECRET_ACCESS_KEY} of "
                   f"SIMULATORACCESSKEY00, and again {self.TOKEN}.")
        upstream.script = say(error(403, "InvalidSignatureException", message))
        reply = gateway.reject(connection_id)
        assert (reply.status, reply.code) == (502, "upstream_denied")
        assert "The Canonical String was" in reply.json["aws"]["message"]
        self.assert_hidden(gateway, reply)
        assert upstream.puts(connection_id)[0].headers["x-amz-security-token"] == self.TOKEN

    @pytest.mark.parametrize("before", [0, 100, 200, 240])
    def test_nor_is_a_part_of_it_where_a_long_text_is_cut(self, gateway, upstream, connection_id, before):
        upstream.script = say(answer(403, "x" * before + self.TOKEN + " and more"))
        self.assert_hidden(gateway, gateway.reject(connection_id))

    def test_nor_where_the_error_is_of_another_kind(self, gateway, upstream, connection_id):
        for code in ["ResourceNotFoundException", "ThrottlingException", "ValidationException", "SomethingElse"]:
            upstream.script = say(error(400, code, f"You sent {self.TOKEN}"))
            self.assert_hidden(gateway, gateway.reject(connection_id))


def test_through_all_of_this_the_chains_hold_and_the_gateways_live(simulated, stubbed):
    for _, gateway in (simulated, stubbed):
        gateway.check_chain()
        assert gateway.ready().status == 200
        intents, outcomes = (len(gateway.records(stage)) for stage in ("intent", "outcome"))
        assert intents == outcomes
    # Every request that came was for one intent, and none came twice.
    counts = {}
    for request in stubbed[0].requests:
        if is_look_up(request):
            continue
        counts[connection_id_of(request)] = counts.get(connection_id_of(request), 0) + 1
    wanted = {}
    for record in stubbed[1].records("intent"):
        wanted[record["connectionId"]] = wanted.get(record["connectionId"], 0) + 1
    for connection_id, count in counts.items():
        # Another gateway of this module uses the stub as well.
        assert count == wanted.get(connection_id, count)
