"""Credentials that end every few seconds while calls run: no call fails for it, and each is signed with keys that live.

The simulator checks every signature, session token and end; the keys come from a source that hands out new ones.
"""

import datetime
import itertools
import json
import shlex
import sys
import threading
import time

import pytest
from support.calls import assert_chain_is_whole, gateway_for, get, outcome_record
from support.imds import ContainerEndpoint, iso
from support.simulator import Simulator, connection

NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
THREADS = 8

#: What a `credential_process` is: it asks for new keys, and prints them in its own form.
PROCESS = """
import http.client, json, sys
wire = http.client.HTTPConnection(sys.argv[1])
wire.request("GET", sys.argv[2])
found = json.loads(wire.getresponse().read())
found["SessionToken"] = found.pop("Token")
print(json.dumps({"Version": 1, **found}))
"""


class Issuer:
    """Hands out keys, and tells the simulator until when each is good.

    They live `lifetime` seconds and say so; `told` is what they say instead. With `overlap=False` the ones before end
    where new ones begin.
    """

    def __init__(self, simulator, lifetime, *, told=None, overlap=True):
        self._simulator, self._lifetime, self._told, self._overlap = simulator, lifetime, told or lifetime, overlap
        self._numbers, self._alive = itertools.count(), []
        self.lifetime = lifetime

    @property
    def count(self):
        return len(self._alive)

    def issue(self):
        number, now = next(self._numbers), time.time()
        keys = {"accessKeyId": f"ASIAROTATED{number:09}", "secretAccessKey": f"secret-of-{number}",
                "sessionToken": f"token-of-{number}",
                "expiresAt": datetime.datetime.fromtimestamp(now + self._lifetime, datetime.UTC).strftime(
                    "%Y-%m-%dT%H:%M:%S.%fZ")}
        self._alive.append(keys)
        self._simulator.set_credentials(self._alive if self._overlap else [keys])
        # Whole seconds, cut off: they never say more than is true.
        return {"AccessKeyId": keys["accessKeyId"], "SecretAccessKey": keys["secretAccessKey"],
                "Token": keys["sessionToken"], "Expiration": iso(now + self._told)}

    def secrets(self):
        return [keys[part] for keys in self._alive for part in ("secretAccessKey", "sessionToken")]


@pytest.fixture
def simulator():
    with Simulator([connection(f"c-rotated-{number:05}") for number in range(100)]) as running:
        yield running


def from_process(folder, endpoint):
    """The variables of a gateway that gets its keys from a process."""
    script = folder / "process.py"
    script.write_text(PROCESS)
    address = endpoint.url.removeprefix("http://")
    command = shlex.join([sys.executable, str(script), address, endpoint.path])
    (folder / "config").write_text(f"[default]\ncredential_process = {command}\n")
    return {**NO_KEYS, "AWS_CONFIG_FILE": folder / "config"}


def from_container(folder, endpoint):
    """The variables of one that gets them from a container's endpoint."""
    return {**NO_KEYS, "AWS_CONTAINER_CREDENTIALS_FULL_URI": endpoint.full_url}


def calls_of_every_kind(simulator, gateway, seconds):
    """Calls without a pause from several threads; what went wrong, and how many there were."""
    end, numbers, wrong, count = time.monotonic() + seconds, itertools.count(100), [], itertools.count()

    def work():
        while time.monotonic() < end:
            new = f"c-rotated-{next(numbers):05}"
            simulator.put_connection(connection(new))
            for reply in (get(gateway, f"/{new}"), gateway.call("POST", f"/connections/{new}/reject?dryRun=true"),
                          gateway.reject(new), get(gateway, "?limit=3")):
                next(count)
                if reply.status != 200:
                    wrong.append(reply)

    workers = [threading.Thread(target=work) for _ in range(THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return wrong, next(count)


def check(gateway, issuer):
    """Every call is audited with the key that signed it, and no secret got anywhere."""
    gateway.stop()
    assert_chain_is_whole(gateway)
    outcomes = gateway.records("outcome")
    used = {record["accessKeyId"] for record in outcomes}
    shown = gateway.log_text() + gateway.audit.read_text()
    assert not any(secret in shown for secret in issuer.secrets())
    assert len(gateway.records("intent")) == len(outcomes)
    return used


@pytest.mark.parametrize("source", [from_process, from_container])
def test_keys_that_say_when_they_end_are_renewed_before(simulator, tmp_path, source):
    issuer, seconds = Issuer(simulator, lifetime=3), 9
    with ContainerEndpoint(credentials=issuer.issue) as endpoint, \
            gateway_for(simulator.url, env=source(tmp_path, endpoint)) as gateway:
        wrong, count = calls_of_every_kind(simulator, gateway, seconds)
        assert wrong == [] and count > 100
        assert len(check(gateway, issuer)) >= seconds / issuer.lifetime
    # Ahead of the end: AWS has seen none that had ended. And not at each call.
    verdicts = {line["verdict"] for line in simulator.requests()}
    assert verdicts == {"valid"}
    assert seconds / issuer.lifetime <= issuer.count <= 4 * seconds / issuer.lifetime


def test_keys_that_end_earlier_than_they_said_are_renewed_when_aws_says_so(simulator, tmp_path):
    issuer, seconds = Issuer(simulator, lifetime=1.5, told=6 * 3600), 8
    with ContainerEndpoint(credentials=issuer.issue) as endpoint, \
            gateway_for(simulator.url, env=from_container(tmp_path, endpoint)) as gateway:
        wrong, count = calls_of_every_kind(simulator, gateway, seconds)
        assert wrong == [] and count > 100
        assert len(check(gateway, issuer)) >= 4
    assert "expired_token" in {line["verdict"] for line in simulator.requests()}
    # However many calls notice, the keys are fetched once.
    assert issuer.count <= seconds / issuer.lifetime + 2


def test_keys_that_end_where_others_begin_fail_no_call_under_way(simulator, tmp_path):
    issuer = Issuer(simulator, lifetime=2, overlap=False)
    with ContainerEndpoint(credentials=issuer.issue) as endpoint, \
            gateway_for(simulator.url, env=from_container(tmp_path, endpoint)) as gateway:
        wrong, count = calls_of_every_kind(simulator, gateway, seconds=6)
        assert wrong == [] and count > 100
        assert len(check(gateway, issuer)) >= 3


def test_a_source_that_fails_now_and_then_fails_no_call_while_the_last_keys_live(simulator, tmp_path):
    issuer = Issuer(simulator, lifetime=4)
    requests = itertools.count()

    class Moody(ContainerEndpoint):
        def answer(self, request):
            # Two of three tries; a fetch makes three.
            return (500, "application/json", b"{}") if next(requests) % 3 else super().answer(request)

    with Moody(credentials=issuer.issue) as endpoint, \
            gateway_for(simulator.url, env=from_container(tmp_path, endpoint)) as gateway:
        wrong, count = calls_of_every_kind(simulator, gateway, seconds=9)
        assert wrong == [] and count > 100
        assert len(check(gateway, issuer)) >= 2


def test_keys_that_end_in_the_middle_of_a_call_dont_leave_it_unknown(simulator, tmp_path):
    issuer, one = Issuer(simulator, lifetime=4, told=6 * 3600), "c-rotated-00000"
    # It is done, but nobody is told; and the retry comes when the keys have ended.
    simulator.fault("error", status=500, applied=True, retryAfter="4500", connectionId=one, count=1)
    with ContainerEndpoint(credentials=issuer.issue) as endpoint, \
            gateway_for(simulator.url, env=from_container(tmp_path, endpoint)) as gateway:
        reply = gateway.reject(one)
        assert (reply.status, reply.json["connection"]["status"]) == (200, "REJECTED"), reply
        record = outcome_record(gateway, reply)
    assert [(each["operation"], each.get("code")) for each in record["tries"]] == [
        ("reject", "InternalException"), ("reject", "ExpiredTokenException"), ("reject", "DisabledOperationException"),
        ("look_up", None)]
    assert record["accessKeyId"] == "ASIAROTATED000000001"
    assert simulator.truth(one)["rejects"]["applied"] == 1


def test_new_keys_in_the_files_count_when_aws_refuses_the_old_ones(simulator, tmp_path):
    """As when someone rotates a user's key by hand: nothing says when the old one ends."""
    def write(number):
        (tmp_path / "credentials").write_text(
            f"[default]\naws_access_key_id = AKIAROTATED{number:09}\naws_secret_access_key = secret-of-{number}\n")
        return {"accessKeyId": f"AKIAROTATED{number:09}", "secretAccessKey": f"secret-of-{number}"}

    simulator.set_credentials([write(0)])
    env = {**NO_KEYS, "AWS_SHARED_CREDENTIALS_FILE": tmp_path / "credentials"}
    with gateway_for(simulator.url, env=env) as gateway:
        assert gateway.reject("c-rotated-00001").status == 200
        simulator.set_credentials([write(1)])
        reply = gateway.reject("c-rotated-00002")
        assert (reply.status, reply.json["attempts"]) == (200, 2), reply
        assert outcome_record(gateway, reply)["accessKeyId"] == "AKIAROTATED000000001"


@pytest.mark.parametrize("is_told", [True, False], ids=["ended", "unknown key"])
def test_where_there_are_no_new_ones_aws_has_the_last_word(simulator, tmp_path, is_told):
    issuer = Issuer(simulator, lifetime=0.001, told=6 * 3600)
    fixed = issuer.issue()
    if not is_told:
        simulator.set_credentials([])
    with ContainerEndpoint(credentials=json.loads(json.dumps(fixed))) as endpoint, \
            gateway_for(simulator.url, env=from_container(tmp_path, endpoint)) as gateway:
        reply = gateway.reject("c-rotated-00003")
        assert (reply.status, reply.code, reply.outcome) == (502, "upstream_denied", "not_rejected")
        assert reply.json["aws"]["code"] == ("ExpiredTokenException" if is_told else "UnrecognizedClientException")
        # Not for each call, where it brings nothing.
        asked = len(endpoint.requests)
        assert {gateway.reject("c-rotated-00003").code for _ in range(5)} == {"upstream_denied"}
        assert len(endpoint.requests) == asked
    assert simulator.truth("c-rotated-00003")["rejects"] == {"seen": 0, "applied": 0}
