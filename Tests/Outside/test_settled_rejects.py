"""What a reject does beside rejecting: `?dryRun=true`, `?wait=…`, and look-ups that settle what AWS's answer left open."""

import concurrent.futures
import itertools
import time

import pytest
from support.calls import assert_chain_is_whole, gateway_for, get, outcome_record, records_by_request
from support.simulator import ACTIVE, PENDING, REGION, UNKNOWN, Simulator, connection, wait_until

STATES = ["PENDING_ACCEPTANCE", "APPROVED", "PROVISIONING", "ACTIVE", "REJECTING", "REJECTED", "DELETING", "DELETED"]
SEARCH = "DescribeInboundConnections"
DENIED = {"status": 403, "code": "AccessDeniedException", "operation": SEARCH}
INVALID = {"status": 400, "code": "ValidationException", "message": "AWS's own words."}

#: The gateway's deadline for a whole call, in seconds.
TIMEOUT = 4

IDS = (f"c-settled-{number:04}" for number in itertools.count())


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator, \
            gateway_for(simulator.url, arguments=["--request-timeout", f"{TIMEOUT}s"]) as gateway:
        yield simulator, gateway
        gateway.stop()
        gateway.check_chain()
        assert_chain_is_whole(gateway)


@pytest.fixture
def service(running):
    yield running
    running[0].clear_faults()
    running[0].reset_settings()


@pytest.fixture(scope="module")
def single(running):
    """A gateway that makes one attempt: look-ups alone can tell."""
    with gateway_for(running[0].url, env={"AWS_MAX_ATTEMPTS": 1}, arguments=["--request-timeout", "3s"]) as gateway:
        yield gateway


def new(simulator, status="PENDING_ACCEPTANCE"):
    """A connection that no other test has."""
    made = next(IDS)
    simulator.put_connection(connection(made, status))
    return made


def dry_run(gateway, connection_id):
    return gateway.call("POST", f"/connections/{connection_id}/reject?dryRun=true")


def waiting(gateway, connection_id, wait):
    """A reject with `?wait=`: the answer, and how long it took."""
    started = time.monotonic()
    return gateway.call("POST", f"/connections/{connection_id}/reject?wait={wait}"), time.monotonic() - started


def tries(record):
    return [(each["operation"], each["ending"], each.get("code")) for each in record["tries"]]


class TestDryRun:
    @pytest.mark.parametrize("status", STATES)
    def test_it_says_what_a_reject_would_meet_and_sends_none(self, service, status):
        simulator, gateway = service
        one = new(simulator, status)
        reply = dry_run(gateway, one)
        assert reply.status == 200
        expected = {"status": 200} if status == "PENDING_ACCEPTANCE" else {
            "status": 409, "code": "connection_not_rejectable"}
        assert reply.json == {
            "dryRun": True, "expected": expected, "connection": get(gateway, f"/{one}").json["connection"],
            "requestId": reply.headers["X-Request-Id"], "awsRequestId": reply.json["awsRequestId"]}
        assert reply.json["connection"]["status"] == status
        record = outcome_record(gateway, reply)
        assert (record["action"], record["outcome"], record["connectionId"]) == (
            "connections.reject.dry_run", "not_rejected", one)
        assert simulator.truth(one)["rejects"]["seen"] == 0 and simulator.status_of(one) == status
        # It was right.
        real = gateway.reject(one)
        assert (real.status, real.code if real.status != 200 else None) == (expected["status"], expected.get("code"))

    def test_of_one_that_isnt_there_it_is_a_404_with_the_region(self, service):
        _, gateway = service
        reply = dry_run(gateway, UNKNOWN)
        assert (reply.status, reply.code, reply.outcome) == (404, "connection_not_found", "not_rejected")
        assert REGION in reply.json["detail"]
        assert outcome_record(gateway, reply)["action"] == "connections.reject.dry_run"

    def test_where_it_isnt_permitted_to_look_it_says_so(self, service):
        simulator, gateway = service
        simulator.fault("error", **DENIED)
        reply = dry_run(gateway, PENDING)
        assert (reply.status, reply.code, reply.outcome) == (502, "upstream_denied", "not_rejected")
        assert simulator.truth(PENDING)["rejects"]["seen"] == 0

    def test_the_reason_is_in_its_intent(self, service):
        simulator, gateway = service
        reply = gateway.call("POST", f"/connections/{PENDING}/reject?dryRun=true", body={"reason": "CHG-1"})
        intent = records_by_request(gateway)[reply.headers["X-Request-Id"]][0]
        assert (intent["action"], intent["reason"]) == ("connections.reject.dry_run", "CHG-1")


class TestWait:
    def test_it_answers_when_the_connection_is_rejected(self, service):
        simulator, gateway = service
        simulator.settings(rejectingForMs=1200)
        one = new(simulator)
        reply, took = waiting(gateway, one, "20s")
        assert (reply.status, reply.json["connection"]["status"], reply.json["attempts"]) == (200, "REJECTED", 1)
        assert 1.1 < took < 10
        # The record was there before the waiting began, and the look-ups are of this call.
        record = outcome_record(gateway, reply)
        assert record["outcome"] == "rejected" and record["durationMs"] < 1000
        assert simulator.truth(one)["rejects"] == {"seen": 1, "applied": 1}

    def test_when_the_time_is_over_it_is_a_200_too_and_the_status_tells(self, service):
        simulator, gateway = service
        simulator.settings(rejectingForMs=60_000)
        reply, took = waiting(gateway, new(simulator), "1500ms")
        assert (reply.status, reply.json["connection"]["status"]) == (200, "REJECTING")
        assert 1.4 < took < 1.5 + TIMEOUT

    def test_a_look_up_that_shows_the_past_doesnt_take_the_rejection_back(self, service):
        simulator, gateway = service
        one = new(simulator)
        simulator.fault("lag", frozen=True, operation=SEARCH, connectionId=one)
        reply, _ = waiting(gateway, one, "1s")
        assert (reply.status, reply.json["connection"]["status"]) == (200, "REJECTING")

    @pytest.mark.parametrize("fault", [
        {"kind": "stall"}, {"kind": "cut"}, {"kind": "garbage"}, {"kind": "throttle"},
        {"kind": "error", "status": 403, "code": "AccessDeniedException"}], ids=lambda fault: fault["kind"])
    def test_look_ups_that_fail_change_nothing(self, service, fault):
        simulator, gateway = service
        one = new(simulator)
        simulator.fault(**fault, operation=SEARCH, connectionId=one)
        reply, took = waiting(gateway, one, "1200ms")
        assert (reply.status, reply.json["connection"]["status"]) == (200, "REJECTING")
        assert took < 1.2 + 1

    def test_without_a_rejection_there_is_nothing_to_wait_for(self, service):
        simulator, gateway = service
        for one, status in [(ACTIVE, 409), (UNKNOWN, 404)]:
            reply, took = waiting(gateway, one, "30s")
            assert reply.status == status and took < TIMEOUT

    def test_it_doesnt_look_more_often_than_twice_a_second(self, service):
        simulator, gateway = service
        simulator.settings(rejectingForMs=60_000)
        before = len(simulator.requests(SEARCH))
        waiting(gateway, new(simulator), "2s")
        assert 1 <= len(simulator.requests(SEARCH)) - before <= 4

    @pytest.mark.parametrize("wait", ["61s", "2m", "60001ms", "1h"])
    def test_more_than_a_minute_is_a_400_and_nothing_is_sent(self, service, wait):
        simulator, gateway = service
        reply, _ = waiting(gateway, PENDING, wait)
        assert (reply.status, reply.code, reply.outcome) == (400, "invalid_request", "not_sent")
        assert "'wait'" in reply.json["detail"] and simulator.truth(PENDING)["rejects"]["seen"] == 0

    @pytest.mark.parametrize("wait", ["60s", "1m", "60000ms"])
    def test_a_minute_is_taken(self, service, wait):
        simulator, gateway = service
        reply, _ = waiting(gateway, new(simulator), wait)
        assert (reply.status, reply.json["connection"]["status"]) == (200, "REJECTED")

    def test_a_gateway_that_stops_answers_with_what_there_is(self, service):
        simulator, _ = service
        simulator.settings(rejectingForMs=60_000)
        one = new(simulator)
        with gateway_for(simulator.url) as gateway:
            # More than the time that a stop has for the calls in flight.
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                call = pool.submit(waiting, gateway, one, "60s")
                wait_until(lambda: gateway.records("outcome"), "the reject")
                gateway.stop()
                reply, _ = call.result()
        assert (reply.status, reply.json["connection"]["status"]) == (200, "REJECTING")


class TestValidation:
    """AWS says that the call isn't valid where it means the connection: a look-up tells."""

    def settle(self, service, connection_id):
        simulator, gateway = service
        simulator.fault("error", **INVALID, connectionId=connection_id, count=1)
        reply = gateway.reject(connection_id)
        record = outcome_record(gateway, reply)
        assert (reply.outcome, record["outcome"]) == ("not_rejected", "not_rejected")
        # What AWS said to the reject itself is told, and the look-up isn't counted as an attempt of it.
        assert (reply.json["aws"]["code"], reply.json["aws"]["attempts"]) == ("ValidationException", 1)
        assert (record["aws"]["code"], record["aws"]["attempts"]) == ("ValidationException", 1)
        assert tries(record)[0] == ("reject", "answered", "ValidationException")
        assert [each[0] for each in tries(record)[1:]] == ["look_up"] * (len(record["tries"]) - 1) != []
        return reply

    def test_one_that_isnt_there_is_a_404(self, service):
        reply = self.settle(service, UNKNOWN)
        assert (reply.status, reply.code) == (404, "connection_not_found")
        assert REGION in reply.json["detail"]

    @pytest.mark.parametrize("status", STATES[1:])
    def test_one_in_another_state_is_a_409_that_shows_it(self, service, status):
        one = new(service[0], status)
        reply = self.settle(service, one)
        assert (reply.status, reply.code) == (409, "connection_not_rejectable")
        assert (reply.json["connection"]["id"], reply.json["connection"]["status"]) == (one, status)

    def test_one_that_waits_for_its_acceptance_is_a_422_with_what_aws_said(self, service):
        reply = self.settle(service, new(service[0]))
        assert (reply.status, reply.code) == (422, "upstream_validation")
        assert "AWS's own words." in reply.json["detail"] and reply.json["aws"]["message"] == "AWS's own words."

    @pytest.mark.parametrize("fault", [
        {"kind": "error", "status": 403, "code": "AccessDeniedException"}, {"kind": "throttle"}, {"kind": "html"},
        {"kind": "cut"}, {"kind": "stall"}], ids=lambda fault: fault["kind"])
    def test_where_a_look_up_settles_nothing_it_is_a_422_as_well(self, service, fault):
        simulator, _ = service
        one = new(simulator, "ACTIVE")
        simulator.fault(**fault, operation=SEARCH, connectionId=one)
        reply = self.settle(service, one)
        assert (reply.status, reply.code) == (422, "upstream_validation")
        assert "AWS's own words." in reply.json["detail"] and "connection" not in reply.json


class TestLostAnswers:
    """A reject may have reached AWS, and what AWS did with it got lost."""

    #: Each loses the answer in its own way.
    LOSSES = [{"kind": "cut"}, {"kind": "cut-mid"}, {"kind": "garbage"}, {"kind": "empty"}, {"kind": "html"},
              {"kind": "stall"}, {"kind": "error", "status": 500},
              {"kind": "error", "status": 424, "code": "SomethingNew"}]

    def reject(self, service, gateway, loss, *, applied):
        simulator, _ = service
        one = new(simulator)
        simulator.fault(**loss, applied=applied, connectionId=one, count=1)
        return one, gateway.reject(one)

    @pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss["kind"])
    def test_a_look_up_that_shows_the_rejection_makes_it_a_success(self, service, single, loss):
        one, reply = self.reject(service, single, loss, applied=True)
        assert (reply.status, reply.json["connection"]["id"], reply.json["attempts"]) == (200, one, 1), reply
        assert reply.json["connection"]["status"] in ("REJECTING", "REJECTED")
        record = outcome_record(single, reply)
        assert (record["httpStatus"], record["outcome"]) == (200, "rejected")
        assert [each[0] for each in tries(record)] == ["reject", "look_up"]

    @pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss["kind"])
    def test_one_that_doesnt_rules_nothing_out(self, service, single, loss):
        one, reply = self.reject(service, single, loss, applied=False)
        assert (reply.status, reply.outcome) in [(502, "unknown"), (504, "unknown")], reply
        assert (reply.json["connection"]["id"], reply.json["connection"]["status"]) == (one, "PENDING_ACCEPTANCE")
        assert outcome_record(single, reply)["outcome"] == "unknown"

    def test_look_ups_go_on_for_a_while_since_they_lag(self, service, single):
        simulator, _ = service
        one = new(simulator)
        simulator.fault("lag", frozen=True, operation=SEARCH, connectionId=one, count=2)
        simulator.fault("cut", applied=True, connectionId=one, count=1)
        reply = single.reject(one)
        assert reply.status == 200, reply
        assert [each[0] for each in tries(outcome_record(single, reply))] == ["reject"] + ["look_up"] * 3

    @pytest.mark.parametrize("applied", [True, False])
    def test_a_look_up_that_isnt_permitted_settles_nothing_and_hides_nothing(self, service, single, applied):
        simulator, _ = service
        simulator.fault("error", **DENIED)
        loss = {"kind": "error", "status": 500, "message": "It broke."}
        _, reply = self.reject(service, single, loss, applied=applied)
        assert (reply.status, reply.code, reply.outcome) == (502, "upstream_error", "unknown")
        assert (reply.json["aws"]["code"], reply.json["aws"]["message"]) == ("InternalException", "It broke.")
        assert "connection" not in reply.json
        assert tries(outcome_record(single, reply)) == [
            ("reject", "answered", "InternalException"), ("look_up", "answered", "AccessDeniedException")]

    @pytest.mark.parametrize("loss", LOSSES[:5], ids=lambda loss: loss["kind"])
    def test_a_later_attempts_refusal_doesnt_decide(self, service, loss):
        """It may be the first one's success that AWS complains of."""
        simulator, gateway = service
        one, reply = self.reject(service, gateway, loss, applied=True)
        assert reply.status == 200, reply
        # And where look-ups show nothing yet, it stays unknown, whatever AWS said last.
        one = new(simulator)
        simulator.fault("lag", frozen=True, operation=SEARCH, connectionId=one)
        simulator.fault(**loss, applied=True, connectionId=one, count=1)
        reply = gateway.reject(one)
        assert reply.outcome == "unknown", reply
        assert simulator.truth(one)["rejects"]["applied"] == 1
