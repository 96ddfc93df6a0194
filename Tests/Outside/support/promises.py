"""Calls under load, and what is promised of them, held against the audit log and what reached AWS."""

import collections
import http.client
import itertools
import json
import threading
import time

from .gateway import run

CALLERS = 8


class Load:
    """Callers that call as fast as they are answered, each call with ids of its own."""

    def __init__(self, gateway, calls):
        self._gateway, self._calls = gateway, calls
        self._stop = threading.Event()
        #: Request id to the answer.
        self.answers = {}
        self._threads = [threading.Thread(target=self._run) for _ in range(CALLERS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        while not self._stop.is_set():
            connection_id, request_id, token = next(self._calls)
            try:
                answer = self._gateway.reject(connection_id, headers={"X-Request-Id": request_id}, token=token)
                self.answers[request_id] = answer
                if answer.status == 503:
                    # Nothing is gained by asking a broken disk as fast as can be.
                    time.sleep(0.005)
            except (OSError, http.client.HTTPException):
                # Killed. What became of the call, the audit has to know.
                time.sleep(0.001)


def calls(dice):
    """Endlessly: a connection id that no other call has, a request id, and whether with a token.

    So few are without one that the refusals are all written one by one.
    """
    lock = threading.Lock()
    numbers = itertools.count()

    def one():
        with lock:
            number = next(numbers)
            return f"c-{number:012}", f"r-{number:012}", None if dice.random() < 0.005 else True
    return iter(one, None)


def audit_files(folder):
    """The chain's files, oldest first."""
    files = [file for file in folder.glob("audit.jsonl*") if ".torn-" not in file.name and file.stat().st_size > 0]
    return sorted(files, key=lambda file: json.loads(file.open("rb").readline())["seq"])


def records(files):
    return [json.loads(line) for file in files for line in file.read_bytes().splitlines()]


def check(files, answers, requests):
    """What is promised, of everything so far."""
    verified = run("audit", "verify", *files, timeout=120)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "intent without outcome" not in verified.stdout, verified.stdout

    intents, closings, denials, suppressed = {}, collections.defaultdict(list), {}, 0
    for record in records(files):
        if record["stage"] == "intent":
            assert record["requestId"] not in intents
            intents[record["requestId"]] = record
        elif record["stage"] in ("outcome", "recovered"):
            closings[record["requestId"]].append(record)
        elif record["stage"] == "denied":
            denials[record["requestId"]] = record
        elif record["stage"] == "suppressed":
            suppressed += record["count"]
    # Every intent is closed once, after it was written.
    assert set(closings) == set(intents)
    for request_id, [closing] in closings.items():
        intent = intents[request_id]
        assert closing["seq"] > intent["seq"] and closing["connectionId"] == intent["connectionId"]
        if closing["stage"] == "recovered":
            assert (closing["recovers"], closing["outcome"]) == (intent["seq"], "unknown")
            told = answers.get(request_id)
            assert told is None or told.status == 503, "answered, and its outcome lost"
    # What was answered is written down, with that answer; but for those that were told that it couldn't be.
    for request_id, answer in answers.items():
        if answer.status == 503 and answer.code == "audit_unavailable":
            if request_id in closings:
                assert closings[request_id][0]["outcome"] == answer.outcome, answer
            continue
        record = denials.get(request_id) or next(iter(closings.get(request_id, [])), None)
        if record is None:
            # A refusal that was counted alone.
            assert answer.status == 401, answer
            suppressed -= 1
            continue
        assert record["httpStatus"] == answer.status, record
    assert suppressed >= 0, "refusals that are in no record and in no count"
    # What reached AWS was written down before.
    by_connection = {intent["connectionId"]: intent for intent in intents.values()}
    for request in requests:
        assert by_connection[request["connectionId"]]["time"] <= request["time"], request
    return len(intents), sum(closing[0]["stage"] == "recovered" for closing in closings.values())
