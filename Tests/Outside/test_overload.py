"""More callers than there are places for calls to AWS: the excess is told so at once, and nobody let in is hurt."""

import collections
import concurrent.futures
import itertools

import pytest
from support.gateway import Gateway
from support.simulator import Simulator

PLACES, CALLERS, ROUNDS = 10, 40, 8


@pytest.fixture(scope="module")
def overloaded():
    """What each of many callers was told, who call again and again without a pause, while AWS takes a second for each call."""
    with Simulator() as simulator, Gateway(simulator.url, arguments=["--max-in-flight", str(PLACES)]) as gateway:
        gateway.scatter = True
        simulator.fault("slow", delayMs=1000)
        numbers = itertools.count()

        def caller(_):
            return [gateway.reject(f"c-{next(numbers):012}") for _ in range(ROUNDS)]

        with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
            answers = list(itertools.chain.from_iterable(pool.map(caller, range(CALLERS))))
        gateway.stop()
        yield simulator, gateway, answers


def test_each_is_let_in_or_told_to_come_again(overloaded):
    _, _, answers = overloaded
    statuses = collections.Counter(answer.status for answer in answers)
    assert set(statuses) == {404, 503} and len(answers) == CALLERS * ROUNDS
    for answer in answers:
        if answer.status == 503:
            assert (answer.code, answer.outcome) == ("overloaded", "not_sent")
            assert answer.headers["Retry-After"] == "1"


def test_no_place_stays_empty_and_none_is_given_twice(overloaded):
    simulator, _, answers = overloaded
    let_in = [answer.json["requestId"] for answer in answers if answer.status == 404]
    # Each of them asked AWS, and nobody else did.
    assert len(simulator.requests()) == len(let_in) >= PLACES


def test_refusals_are_all_accounted_for(overloaded):
    _, gateway, answers = overloaded
    stages = collections.Counter(record["stage"] for record in gateway.records())
    counted = sum(record["count"] for record in gateway.records("suppressed"))
    refused = sum(answer.status == 503 for answer in answers)
    assert stages["denied"] + counted == refused
    assert stages["intent"] == stages["outcome"] == len(answers) - refused
