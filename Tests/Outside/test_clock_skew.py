"""Where AWS's clock and ours differ, the gateway finds out by AWS's answers, and goes by AWS's."""

import email.utils
import itertools
import threading
import time

import pytest
from support.calls import at_once, gateway_for, get, outcome_record
from support.gateway import Gateway
from support.simulator import PATIENCE, PENDING, Simulator, connection
from support.upstream import Upstream, answer, body_of, connection_id_of

#: More than this and a signature is refused; more than four minutes and a clock is corrected.
SIGNATURE_TOLERANCE = 300

IDS = (f"c-clock-{number:04}" for number in itertools.count())

#: What AWS says to a call whose clock is off; each may mean something else as well.
SKEW_CODES = ["InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed",
              "AccessDeniedException"]


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running):
    """With its clock right and no faults, until a test says otherwise."""
    yield running
    running.reset_settings()
    running.clear_faults()


@pytest.fixture
def gateway(running):
    """One that hasn't met AWS yet."""
    with gateway_for(running.url) as fresh:
        yield fresh


def pending(simulator):
    new = next(IDS)
    simulator.put_connection(connection(new))
    return new


def verdicts(simulator, since=0):
    """What the simulator made of each request's signature."""
    return [line["verdict"] for line in simulator.requests()[since:]]


class TestCorrection:
    # In both directions, and right behind the tolerance, too: signatures good for five minutes would have done there.
    @pytest.mark.parametrize("offset", [3600, -3600, 86400 * 400, -86400 * 400, SIGNATURE_TOLERANCE + 2,
                                        -SIGNATURE_TOLERANCE - 2])
    def test_a_call_goes_through_though_our_clock_is_wrong_and_the_next_at_once(self, simulator, gateway, offset):
        simulator.settings(clockOffsetSeconds=offset)
        since = len(simulator.requests())
        reply = gateway.reject(pending(simulator))
        assert (reply.status, reply.json["attempts"]) == (200, 2), reply
        assert verdicts(simulator, since) == ["skewed", "valid"]
        # The refused attempt stands in the record.
        first, second = outcome_record(gateway, reply)["tries"]
        assert [(each["operation"], each["ending"]) for each in (first, second)] == [("reject", "answered")] * 2
        assert (first["code"], first["httpStatus"]) == ("InvalidSignatureException", 403)
        assert "code" not in second and second["httpStatus"] == 200

        # What was learned stays, for rejects and for look-ups.
        reply = gateway.reject(pending(simulator))
        assert (reply.status, reply.json["attempts"]) == (200, 1), reply
        assert get(gateway, f"/{PENDING}").status == 200
        assert verdicts(simulator, since) == ["skewed", "valid", "valid", "valid"]

    def test_a_look_up_corrects_it_as_well(self, simulator, gateway):
        simulator.settings(clockOffsetSeconds=7200)
        since = len(simulator.requests())
        reply = get(gateway, "")
        assert reply.status == 200
        assert [attempt["operation"] for attempt in outcome_record(gateway, reply)["tries"]] == ["look_up", "look_up"]
        assert gateway.reject(pending(simulator)).json["attempts"] == 1
        assert verdicts(simulator, since) == ["skewed", "valid", "valid"]

    def test_a_clock_that_is_put_right_is_noticed(self, simulator, gateway):
        simulator.settings(clockOffsetSeconds=3600)
        assert gateway.reject(pending(simulator)).json["attempts"] == 2
        simulator.settings(clockOffsetSeconds=0)
        assert gateway.reject(pending(simulator)).json["attempts"] == 2
        assert gateway.reject(pending(simulator)).json["attempts"] == 1

    def test_with_one_attempt_allowed_the_next_call_has_the_right_time(self, simulator):
        simulator.settings(clockOffsetSeconds=3600)
        with gateway_for(simulator.url, env={"AWS_MAX_ATTEMPTS": 1}) as once:
            reply = once.reject(pending(simulator))
            assert (reply.status, reply.code, reply.outcome) == (502, "upstream_denied", "not_rejected")
            assert once.reject(pending(simulator)).status == 200

    @pytest.mark.parametrize("code", SKEW_CODES)
    @pytest.mark.parametrize("offset, attempts", [(250, 2), (-250, 2), (230, 1), (-230, 1), (0, 1)])
    def test_every_code_that_may_mean_the_clock_is_tried_again_if_it_is_off(
            self, simulator, gateway, code, offset, attempts):
        simulator.settings(clockOffsetSeconds=offset)
        one = pending(simulator)
        simulator.fault("error", status=403, code=code, connectionId=one, count=1)
        reply = gateway.reject(one)
        assert simulator.truth(one)["rejects"]["seen"] == attempts
        assert reply.status == (200 if attempts == 2 else 502), reply

    def test_another_code_corrects_nothing(self, simulator, gateway):
        simulator.settings(clockOffsetSeconds=250)
        one = pending(simulator)
        simulator.fault("error", status=409, code="ConflictException", connectionId=one, count=1)
        assert gateway.reject(one).code == "connection_not_rejectable"
        simulator.fault("error", status=403, code="InvalidSignatureException", connectionId=one, count=1)
        # Had the conflict's date counted, the clock would be right by now.
        assert gateway.reject(one).json["attempts"] == 2


class TestFourMinutes:
    # An answer's date has whole seconds, cut off: what is exactly four minutes ahead shows a little less, and what is
    # behind a little more.
    @pytest.mark.parametrize("offset, is_corrected", [
        (240, False), (239, False), (-238, False), (242, True), (-241, True)])
    def test_a_smaller_difference_is_none(self, simulator, gateway, offset, is_corrected):
        simulator.settings(clockOffsetSeconds=offset)
        one = pending(simulator)
        simulator.fault("error", status=403, code="RequestTimeTooSkewed", connectionId=one, count=1)
        reply = gateway.reject(one)
        assert (reply.status == 200) == is_corrected, reply
        assert simulator.truth(one)["rejects"]["seen"] == (2 if is_corrected else 1)

    def test_it_counts_from_the_offset_in_use(self, simulator, gateway):
        simulator.settings(clockOffsetSeconds=3600)
        assert gateway.reject(pending(simulator)).json["attempts"] == 2
        for offset, attempts in [(3600 + 230, 1), (3600 + 250, 2)]:
            simulator.settings(clockOffsetSeconds=offset)
            one = pending(simulator)
            simulator.fault("error", status=403, code="AuthFailure", connectionId=one, count=1)
            reply = gateway.reject(one)
            assert simulator.truth(one)["rejects"]["seen"] == attempts
            assert (reply.json["attempts"] if attempts == 2 else reply.json["aws"]["attempts"]) == attempts


class TestTheDate:
    @pytest.mark.parametrize("date", [
        {"absent": True}, {"value": "yesterday"}, {"value": "0"}, {"value": "2026-11-22T16:00:00Z"},
        {"value": "Sun, 99 Nov 2026 16:00:00 GMT"}, {"value": "Sun, 22 Nov 2026 16:00:00 CET"}], ids=str)
    def test_one_that_isnt_there_or_cant_be_read_corrects_nothing(self, simulator, gateway, date):
        simulator.settings(clockOffsetSeconds=3600, date=date)
        since = len(simulator.requests())
        reply = gateway.reject(pending(simulator))
        assert (reply.status, reply.code, reply.outcome) == (502, "upstream_denied", "not_rejected")
        assert reply.json["aws"]["attempts"] == 1 and verdicts(simulator, since) == ["skewed"]
        # With one it goes on.
        simulator.settings(date=None)
        assert gateway.reject(pending(simulator)).json["attempts"] == 2

    def test_one_from_an_answer_before_doesnt_stand_in(self, simulator, gateway):
        """A refusal without a date is not held against the date of another answer."""
        simulator.settings(clockOffsetSeconds=250)
        # Good for the signature, and a date that shows more than four minutes.
        assert gateway.reject(pending(simulator)).json["attempts"] == 1
        one = pending(simulator)
        simulator.fault("error", status=403, code="AuthFailure", connectionId=one, count=1, headers={"Date": None})
        assert gateway.reject(one).code == "upstream_denied"
        assert simulator.truth(one)["rejects"]["seen"] == 1

    def test_one_that_lies_is_believed_only_by_a_call_that_failed_for_it(self, simulator, gateway):
        simulator.settings(date={"offsetSeconds": -900})
        # The signatures are fine, so that nothing is corrected.
        for _ in range(3):
            assert gateway.reject(pending(simulator)).json["attempts"] == 1


def test_calls_at_the_same_time_are_each_corrected():
    """Each was signed with the old time, and each is refused for it. The first to hear of it doesn't spoil it for the
    others, for whom the offset has changed when their refusals come."""
    callers, hour = 8, 3600
    together = threading.Barrier(callers)

    def refuse_together_then_succeed(request, wire):
        date = email.utils.formatdate(time.time() + hour, usegmt=True)
        if upstream.puts(connection_id_of(request)).index(request) == 0:
            together.wait(PATIENCE)
            wire.send(answer(403, {"message": "Signature expired"},
                             [("x-amzn-errortype", "InvalidSignatureException"), ("Date", date)]))
        else:
            wire.send(answer(200, body_of(connection_id_of(request)), [("Date", date)]))
        return True

    with Upstream(refuse_together_then_succeed) as upstream, Gateway(upstream.url) as gateway:
        replies = at_once(gateway.reject, [next(IDS) for _ in range(callers)])
    assert [reply.status for reply in replies] == [200] * callers
