"""Random schedules of what goes wrong: the caller's `outcome` is never wrong against what the simulator knows it did,
the audit tells the same story, and what can be known is known.

The schedules come from a seed that is printed when a test fails; `FAULT_SEED=… pytest test_fault_schedules.py` makes
the same ones again.
"""

import collections
import concurrent.futures
import dataclasses
import itertools
import os
import random

from support.calls import assert_chain_is_whole, at_once, gateway_for, records_by_request
from support.sanitizer import SLOWNESS
from support.simulator import Simulator, connection
from support.truth import Reject

SEED = int(os.environ.get("FAULT_SEED") or random.SystemRandom().randrange(2**32))

#: Gateways, and calls for each. A gateway's quota of retries is that of a process, so that one would soon have none.
BATCHES, SIZE, AT_ONCE = 36, 30, 3

DESCRIBE = "DescribeInboundConnections"

#: What a call meets where all is well. It takes the place of a fault, so that one can follow.
FINE = {"fault": "slow", "delayMs": 1}
BROKEN_ANSWERS = ["html", "cut", "cut-mid", "garbage", "empty"]
ANYWHERE = ["cut-at", "garbage-at"]
#: What AWS says to a reject that it didn't do, so that it is known.
REFUSALS = [(403, "AccessDeniedException"), (409, "ConflictException"), (409, "LimitExceededException"),
            (400, "ValidationException"), (403, "ExpiredTokenException"), (403, "RequestTimeTooSkewed")]
#: What says nothing of what became of it.
FAILURES = [(500, "InternalException"), (503, "ServiceUnavailable"), (424, "DependencyFailureException"),
            (400, "SomethingNew"), (504, "GatewayTimeout")]


def throttle(rng):
    return {"fault": "throttle"} | rng.choice([{}, {"retryAfter": "0"}, {"retryAfter": "60"}, {"retryAfter": "soon"}])


def refusal(rng):
    status, code = rng.choice(REFUSALS)
    return {"fault": "error", "status": status, "code": code, "applied": False}


def failure(rng):
    status, code = rng.choice(FAILURES)
    return {"fault": "error", "status": status, "code": code, "applied": rng.random() < 0.5}


def broken(rng):
    return {"fault": rng.choice(BROKEN_ANSWERS), "applied": rng.random() < 0.5}


def broken_somewhere(rng):
    kind = rng.choice(ANYWHERE)
    noise = {"seed": rng.randrange(1000)} if kind == "garbage-at" else {}
    return {"fault": kind, "bytes": rng.randrange(900), "applied": rng.random() < 0.5, **noise}


def silence(rng):
    return {"fault": "stall", "applied": rng.random() < 0.5} if rng.random() < 0.5 else {
        "fault": "stall-at", "bytes": rng.randrange(900), "applied": rng.random() < 0.5}


def slow(rng):
    return {"fault": "slow", "delayMs": rng.randrange(10, 120)}


def past(rng):
    how = rng.choice([{"hidden": True}, {"frozen": True}, {"ms": 300}, {"ms": 800, "jitter": True}])
    return {"fault": "lag", **how}


REJECT_STEPS = {failure: 5, broken: 6, broken_somewhere: 6, throttle: 3, refusal: 2, slow: 1, silence: 1,
                lambda _: FINE: 2}
LOOK_UP_STEPS = {failure: 2, broken: 2, broken_somewhere: 3, throttle: 1, refusal: 2, slow: 1, silence: 1, past: 5,
                 lambda _: FINE: 3}
STATES = {
    "PENDING_ACCEPTANCE": 12, "ACTIVE": 1, "PROVISIONING": 1, "REJECTING": 1, "REJECTED": 2, "DELETED": 1, None: 2}
QUERIES = {"": 16, "?dryRun=true": 2, "?wait=400ms": 2}


def pick(rng, weights, count=1):
    return rng.choices(list(weights), list(weights.values()), k=count)


@dataclasses.dataclass
class Schedule:
    """What a call meets: faults for its rejects and its look-ups, each for one request, one after the other."""
    connection_id: str
    before: str | None
    rejects: list
    look_ups: list
    query: str

    @classmethod
    def random(cls, number):
        rng = random.Random(f"{SEED}/{number}")
        # Some have no fault at all.
        longest = rng.choice([0, 1, 2, 3, 4])
        return cls(f"c-schedule-{number:05}", *pick(rng, STATES),
                   [step(rng) for step in pick(rng, REJECT_STEPS, rng.randint(min(longest, 1), longest))],
                   [step(rng) for step in pick(rng, LOOK_UP_STEPS, rng.randint(0, longest))], *pick(rng, QUERIES))

    @property
    def is_dry_run(self):
        return "dryRun" in self.query

    def set_up(self, simulator):
        if self.before is not None:
            simulator.put_connection(connection(self.connection_id, self.before))
        for fault in self.rejects:
            self._fault(simulator, fault)
        for fault in self.look_ups:
            self._fault(simulator, fault, operation=DESCRIBE)

    def _fault(self, simulator, fault, **scope):
        options = {name: value for name, value in fault.items() if name != "fault"}
        simulator.fault(fault["fault"], connectionId=self.connection_id, count=1, **scope, **options)

    def call(self, gateway):
        reply = gateway.call("POST", f"/connections/{self.connection_id}/reject{self.query}")
        return Reject(self.connection_id, self.before, reply, self.is_dry_run)

    def _has_time(self):
        """Whether nothing keeps the answer until the deadline, as what is throttled may be kept."""
        return not {"stall", "stall-at", "throttle"} & {fault["fault"] for fault in self.rejects}

    @property
    def must_be_known(self):
        """Whether each answer says what AWS did."""
        return self._has_time() and all(
            fault["fault"] == "slow" or (fault.get("status"), fault.get("code")) in REFUSALS
            for fault in self.rejects)

    def must_be_settled(self, truth):
        """Whether a reject was done, and the first look-up shows it."""
        return self._has_time() and not self.look_ups and truth["rejects"]["applied"] > 0

    def check_use(self, call, truth):
        """Fails if the caller is left in doubt without need."""
        if not self.is_dry_run:
            assert call.outcome != "unknown" or not self.must_be_known, "every answer told what AWS did"
            assert call.outcome == "rejected" or not self.must_be_settled(truth), "a look-up would have told"


def run_batch(simulator, numbers):
    """The calls of a batch on a gateway of their own; what the callers were told, and how often AWS saw each."""
    schedules = [Schedule.random(number) for number in numbers]
    attempts = random.Random(f"{SEED}/batch/{numbers[0]}").choice([1, 3, 3, 5])
    told = []
    with gateway_for(simulator.url, arguments=["--request-timeout", f"{3 * SLOWNESS}s"],
                     env={"AWS_MAX_ATTEMPTS": attempts}) as gateway:
        for schedule in schedules:
            schedule.set_up(simulator)
        calls = at_once(lambda schedule: schedule.call(gateway), schedules)
        records = records_by_request(gateway)
        for schedule, call in zip(schedules, calls, strict=True):
            truth, of_call = simulator.truth(schedule.connection_id), records[call.reply.headers["X-Request-Id"]]
            try:
                call.check(truth, of_call)
                schedule.check_use(call, truth)
            except AssertionError as error:
                story = f"{schedule}\nwith {attempts} attempts: {call.reply}\n{truth}\n{of_call}"
                raise AssertionError(f"FAULT_SEED={SEED}: {error}\n{story}") from error
            told.append(("dry run" if call.is_dry_run else call.outcome, truth["rejects"]))
        assert len(records) == len(schedules), "every call has its records, and there are no others"
        gateway.stop()
        gateway.check_chain()
        assert_chain_is_whole(gateway)
    return told


def test_whatever_goes_wrong_the_outcome_is_never_wrong():
    batches = [range(first, first + SIZE) for first in range(0, BATCHES * SIZE, SIZE)]
    with Simulator([], arguments=["--rejecting-for", "300ms"]) as simulator, \
            concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(itertools.chain.from_iterable(pool.map(lambda numbers: run_batch(simulator, numbers), batches)))
    assert len(told) >= 1000
    counts = collections.Counter(outcome for outcome, _ in told)
    print(f"FAULT_SEED={SEED}: {dict(counts)}")
    # A test of nothing but calls that went well, or of nothing but doubt, would prove nothing.
    assert counts["rejected"] > 200 and counts["not_rejected"] > 50 and 20 < counts["unknown"] < 400, counts
    assert sum(rejects["seen"] > 1 for _, rejects in told) > 200
    assert sum(outcome == "rejected" and rejects["seen"] > 1 for outcome, rejects in told) > 100
