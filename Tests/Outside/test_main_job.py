"""The main job, end to end, as README tells it."""

import pytest

from support.gateway import Gateway
from support.simulator import ACTIVE, PENDING, UNKNOWN, Simulator


@pytest.fixture(scope="module")
def service():
    with Simulator() as simulator, Gateway(simulator.url) as gateway:
        yield simulator, gateway


def test_a_pending_connection_is_rejected_and_the_trail_says_so(service):
    simulator, gateway = service
    answer = gateway.reject(PENDING, body={"reason": "CHG-1234"}, headers={"X-Request-Id": "night-shift-1"})
    assert answer.status == 200, answer
    assert answer.json["connection"]["id"] == PENDING
    assert answer.json["connection"]["status"] == "REJECTING"
    assert answer.json["requestId"] == answer.headers["X-Request-Id"] == "night-shift-1"
    assert answer.json["attempts"] == 1
    intent, outcome = [record for record in gateway.records() if record.get("requestId") == "night-shift-1"]
    assert (intent["stage"], intent["reason"]) == ("intent", "CHG-1234")
    assert (outcome["stage"], outcome["outcome"], outcome["httpStatus"]) == ("outcome", "rejected", 200)
    assert outcome["aws"]["requestId"] == answer.json["awsRequestId"]
    gateway.check_chain()


@pytest.mark.parametrize("connection, status, code, aws_code", [
    (UNKNOWN, 404, "connection_not_found", "ResourceNotFoundException"),
    (ACTIVE, 409, "connection_not_rejectable", "DisabledOperationException"),
])
def test_both_of_awss_409s_are_told_apart_by_their_code(service, connection, status, code, aws_code):
    simulator, gateway = service
    answer = gateway.reject(connection)
    assert (answer.status, answer.code, answer.outcome) == (status, code, "not_rejected")
    assert (answer.json["aws"]["code"], answer.json["aws"]["httpStatus"]) == (aws_code, 409)
