"""Calls for the same connection at the same time are one call to AWS, and there are never more calls than allowed."""

import concurrent.futures
import contextlib
import itertools
import socket

import pytest
from support.calls import assert_chain_is_whole, at_once, gateway_for, get, records_by_request
from support.gateway import make_token
from support.simulator import ACTIVE, PATIENCE, Simulator, connection, wait_until

#: How long a slow answer of AWS takes: long enough for every caller of a test to come in meanwhile.
SLOW_MS = 2500
CALLERS = 20

IDS = (f"c-shared-{number:04}" for number in itertools.count())


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(simulator):
    with gateway_for(simulator.url) as running:
        yield running
        running.stop()
        running.check_chain()
        assert_chain_is_whole(running)


@pytest.fixture
def pending(simulator):
    """Makes connections that wait for their acceptance, and that no other test has."""
    def make():
        new = next(IDS)
        simulator.put_connection(connection(new))
        return new
    yield make
    simulator.clear_faults()


@contextlib.contextmanager
def in_background(call, *arguments, **options):
    """Begins a call; gives its future."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        yield pool.submit(call, *arguments, **options)


def seen(simulator, connection_id):
    return simulator.truth(connection_id)["rejects"]["seen"]


def wait_until_asked(simulator, *ids):
    wait_until(lambda: all(seen(simulator, each) for each in ids), "the calls to reach AWS")


class TestOneCallForAll:
    def test_twenty_callers_are_one_reject_and_each_has_an_answer_and_records(self, simulator, gateway, pending):
        one = pending()
        simulator.fault("slow", delayMs=SLOW_MS, connectionId=one)
        replies = at_once(lambda number: gateway.reject(
            one, body={"reason": f"CHG-{number}"}, headers={"X-Request-Id": f"{one}.{number}"}), range(CALLERS))
        assert simulator.truth(one)["rejects"] == {"seen": 1, "applied": 1}
        assert [reply.status for reply in replies] == [200] * CALLERS
        # Each has its own id; what AWS said is the same for all.
        assert [reply.json["requestId"] for reply in replies] == [f"{one}.{number}" for number in range(CALLERS)]
        assert len({reply.json["awsRequestId"] for reply in replies}) == 1
        assert {reply.json["connection"]["status"] for reply in replies} == {"REJECTING"}

        records = records_by_request(gateway)
        leaders = []
        for number, reply in enumerate(replies):
            intent, outcome = records[reply.headers["X-Request-Id"]]
            assert (intent["stage"], intent["reason"]) == ("intent", f"CHG-{number}")
            assert (outcome["stage"], outcome["httpStatus"], outcome["outcome"]) == ("outcome", 200, "rejected")
            assert (outcome["aws"]["requestId"], outcome["aws"]["attempts"]) == (reply.json["awsRequestId"], 1)
            assert outcome["connectionId"] == one
            if "sharedWith" not in outcome:
                leaders.append(outcome["requestId"])
        assert len(leaders) == 1
        shared = {records[f"{one}.{number}"][1].get("sharedWith") for number in range(CALLERS)}
        assert shared == {None, *leaders}

    def test_what_aws_refuses_it_refuses_to_all(self, simulator, gateway):
        simulator.fault("slow", delayMs=SLOW_MS, connectionId=ACTIVE)
        try:
            replies = at_once(lambda _: gateway.reject(ACTIVE), range(5))
        finally:
            simulator.clear_faults()
        assert {(reply.status, reply.code, reply.outcome) for reply in replies} == {
            (409, "connection_not_rejectable", "not_rejected")}
        assert seen(simulator, ACTIVE) == 1

    def test_what_isnt_known_nobody_is_told_to_be_known(self, simulator, gateway, pending):
        one = pending()
        # It happens, but the answer is an error that doesn't tell, and look-ups show nothing yet.
        simulator.fault("error", status=500, applied=True, connectionId=one)
        simulator.fault("lag", hidden=True, operation="DescribeInboundConnections", connectionId=one)
        replies = at_once(lambda _: gateway.reject(one), range(5))
        assert {(reply.status, reply.code, reply.outcome) for reply in replies} == {(502, "upstream_error", "unknown")}
        assert simulator.truth(one)["rejects"]["applied"] == 1
        tries = [records_by_request(gateway)[reply.headers["X-Request-Id"]][1]["tries"] for reply in replies]
        assert all(each == tries[0] for each in tries)

    def test_callers_with_other_tokens_share_and_are_told_apart_in_the_audit(self, simulator, gateway, pending):
        one = pending()
        other = make_token(gateway.tokens, name="other")
        wait_until(lambda: gateway.reject("c-no-such-connection", token=other).status == 404, "the token to count")
        simulator.fault("slow", delayMs=SLOW_MS, connectionId=one)
        replies = at_once(lambda token: gateway.reject(one, token=token), [gateway.token, other])
        assert [reply.status for reply in replies] == [200, 200] and seen(simulator, one) == 1
        records = records_by_request(gateway)
        callers = [{record["caller"]["name"] for record in records[reply.headers["X-Request-Id"]]} for reply in replies]
        assert callers == [{"test"}, {"other"}]

    def test_who_may_not_reject_doesnt_get_in_by_sharing(self, simulator, gateway, pending):
        one = pending()
        reader = make_token(gateway.tokens, name="reader", scopes=("connections:read",))
        wait_until(lambda: get(gateway, f"/{one}", token=reader).status == 200, "the token to count")
        simulator.fault("slow", delayMs=SLOW_MS, connectionId=one)
        with in_background(gateway.reject, one) as first:
            wait_until_asked(simulator, one)
            assert gateway.reject(one, token=reader).code == "insufficient_scope"
            assert not first.done()

    def test_a_caller_who_leaves_takes_nothing_with_him(self, simulator, gateway, pending):
        one = pending()
        simulator.fault("slow", delayMs=SLOW_MS, connectionId=one)
        host, _, port = gateway.address.rpartition(":")
        with socket.create_connection((host, int(port))) as leaver:
            leaver.sendall(f"POST /connections/{one}/reject HTTP/1.1\r\nHost: {gateway.address}\r\n"
                           f"Authorization: Bearer {gateway.token}\r\nX-Request-Id: {one}.leaver\r\n\r\n".encode())
            wait_until_asked(simulator, one)
        reply = gateway.reject(one)
        assert (reply.status, seen(simulator, one)) == (200, 1)
        wait_until(lambda: len(records_by_request(gateway)[f"{one}.leaver"]) == 2, "the record of who left")
        assert records_by_request(gateway)[f"{one}.leaver"][1]["outcome"] == "rejected"
        assert records_by_request(gateway)[reply.headers["X-Request-Id"]][1]["sharedWith"] == f"{one}.leaver"

    def test_other_connections_have_calls_of_their_own(self, simulator, gateway, pending):
        ids = [pending(), pending()]
        for each in ids:
            simulator.fault("slow", delayMs=SLOW_MS, connectionId=each)
        replies = at_once(gateway.reject, ids * 5)
        assert [reply.json["connection"]["id"] for reply in replies] == ids * 5
        assert [seen(simulator, each) for each in ids] == [1, 1]
        assert len({reply.json["awsRequestId"] for reply in replies}) == 2

    def test_what_comes_after_the_answer_is_a_call_of_its_own(self, simulator, gateway, pending):
        one = pending()
        assert gateway.reject(one).status == 200
        assert gateway.reject(one).code == "connection_not_rejectable"
        assert seen(simulator, one) == 2

    def test_a_dry_run_and_a_look_up_never_share_a_reject(self, simulator, gateway, pending):
        one = pending()
        simulator.fault("slow", delayMs=SLOW_MS, connectionId=one)
        with in_background(gateway.reject, one) as first:
            wait_until_asked(simulator, one)
            dry = gateway.call("POST", f"/connections/{one}/reject?dryRun=true")
            assert (dry.status, dry.json["dryRun"]) == (200, True)
            assert get(gateway, f"/{one}").status == 200
            assert not first.done()
        assert seen(simulator, one) == 1


class TestTheBound:
    @pytest.fixture
    def narrow(self, simulator):
        with gateway_for(simulator.url, arguments=["--max-in-flight", "2"]) as running:
            yield running

    def assert_overloaded(self, gateway, reply):
        assert (reply.status, reply.code, reply.outcome) == (503, "overloaded", "not_sent"), reply
        assert int(reply.headers["Retry-After"]) > 0
        stages = [(record["stage"], record["code"]) for record in
                  records_by_request(gateway)[reply.headers["X-Request-Id"]]]
        assert stages == [("denied", "overloaded")]

    def test_over_it_callers_are_told_at_once_and_nothing_is_sent(self, simulator, narrow, pending):
        first, second, third = pending(), pending(), pending()
        for each in (first, second):
            simulator.fault("slow", delayMs=SLOW_MS, connectionId=each)
        with in_background(narrow.reject, first) as one, in_background(narrow.reject, second) as other:
            wait_until_asked(simulator, first, second)
            before = len(simulator.requests("DescribeInboundConnections"))
            self.assert_overloaded(narrow, narrow.reject(third))
            self.assert_overloaded(narrow, narrow.call("POST", f"/connections/{third}/reject?dryRun=true"))
            self.assert_overloaded(narrow, get(narrow, f"/{third}"))
            self.assert_overloaded(narrow, get(narrow, ""))
            # At once: the slow ones are still under way. And health isn't a call to AWS.
            assert not one.done() and not other.done()
            assert narrow.ready().status == 200
            assert seen(simulator, third) == 0
            assert len(simulator.requests("DescribeInboundConnections")) == before
            assert (one.result(PATIENCE).status, other.result(PATIENCE).status) == (200, 200)
        # Then it goes on.
        assert get(narrow, f"/{third}").status == 200
        assert narrow.reject(third).status == 200

    def test_callers_who_share_take_no_place(self, simulator, narrow, pending):
        first, second = pending(), pending()
        simulator.fault("slow", delayMs=SLOW_MS, connectionId=first)
        with in_background(at_once, narrow.reject, [first] * 10) as many:
            wait_until_asked(simulator, first)
            # One place is left, and none of the ten has it.
            assert narrow.reject(second).status == 200
            assert not many.done()
            assert {reply.status for reply in many.result(PATIENCE)} == {200}
        assert seen(simulator, first) == 1

    def test_where_it_is_full_one_can_still_share(self, simulator, narrow, pending):
        first, second = pending(), pending()
        for each in (first, second):
            simulator.fault("slow", delayMs=SLOW_MS, connectionId=each)
        with in_background(narrow.reject, first) as one, in_background(narrow.reject, second) as other:
            wait_until_asked(simulator, first, second)
            assert narrow.reject(first).status == 200
            assert (one.result(PATIENCE).status, other.result(PATIENCE).status) == (200, 200)
        assert seen(simulator, first) == 1

    def test_many_more_callers_than_places_are_each_answered_and_audited(self, simulator, narrow, pending):
        ids = [pending() for _ in range(12)]
        for each in ids:
            simulator.fault("slow", delayMs=300, connectionId=each)
        replies = at_once(narrow.reject, ids)
        statuses = [reply.status for reply in replies]
        assert set(statuses) <= {200, 503} and statuses.count(200) >= 2
        for each, status in zip(ids, statuses, strict=True):
            assert simulator.truth(each)["rejects"]["seen"] == (status == 200)
        records = records_by_request(narrow)
        stages = [tuple(record["stage"] for record in records[reply.headers["X-Request-Id"]]) for reply in replies]
        assert stages == [("intent", "outcome") if status == 200 else ("denied",) for status in statuses]

    def test_a_caller_who_waits_for_the_end_keeps_no_place(self, simulator, pending):
        first, second = pending(), pending()
        simulator.settings(rejectingForMs=3000)
        try:
            with gateway_for(simulator.url, arguments=["--max-in-flight", "1"]) as single:
                waiting = "POST", f"/connections/{first}/reject?wait=15s"
                with in_background(single.call, *waiting) as one:
                    wait_until(lambda: simulator.status_of(first) == "REJECTING", "the reject")
                    # Between its look-ups there is nothing under way.
                    wait_until(lambda: single.reject(second).status == 200, "a place", deadline=3)
                    assert not one.done()
                    assert one.result(PATIENCE).json["connection"]["status"] == "REJECTED"
        finally:
            simulator.reset_settings()
