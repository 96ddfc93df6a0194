"""No secret is ever written down or told: whatever is put where, and however much is logged."""

import base64
import os
import pathlib
import shutil
import subprocess
import tempfile
import urllib.parse

import pytest
from support.gateway import BINARY, Gateway, make_token, run
from support.simulator import (
    ACTIVE, PENDING, SECRET_ACCESS_KEY, UNKNOWN, Simulator, connection, environment, wait_until)

SESSION_TOKEN = "session/token+of=the" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" * 4
OTHERS_PASSWORD = "a-password-of-someone-else"
#: A token of no gateway here, with a checksum that is wrong: what people paste need not be one of ours.
FOREIGN_TOKEN = "cgw_" + "Zz9" * 15 + "Z"


class Run:
    """Everything that one run of the gateway said, in every place."""

    def __init__(self, gateway):
        self.gateway, self.answers = gateway, []

    def call(self, *arguments, **options):
        answer = self.gateway.call(*arguments, **options)
        self.answers.append(answer)
        return answer

    def raw(self, data):
        self.answers.append(self.gateway.raw(data))

    def places(self):
        answers = "\n".join(
            str(answer) if isinstance(answer, bytes) else f"{answer.headers}\n{answer.body.decode()}"
            for answer in self.answers)
        metrics = self.gateway.call("GET", "/metrics", token=None, address=self.gateway.admin_address)
        return {
            "answers": answers, "log": self.gateway.log_text(), "audit": self.gateway.audit.read_text(),
            "metrics": metrics.body.decode(),
            "token list": run("token", "list", "--json", "--tokens", self.gateway.tokens).stdout}


@pytest.fixture(scope="module", params=["trace", "debug"])
def finished(request):
    """A run with calls of every kind, and tokens in every place a token could end up in by mistake."""
    seed = [connection(PENDING), connection(ACTIVE, "ACTIVE")]
    flags = ["--log-level", request.param, "--request-timeout", "1s"]
    with Simulator(seed=seed, session_token=SESSION_TOKEN) as simulator, Gateway(
            simulator.url, env={"AWS_SESSION_TOKEN": SESSION_TOKEN}, arguments=flags) as gateway:
        gateway.scatter = True
        all_of_it = Run(gateway)
        call, token = all_of_it.call, gateway.token
        reject = f"/connections/{UNKNOWN}/reject"
        # What goes well, and what AWS refuses.
        assert call("POST", f"/connections/{PENDING}/reject").status == 200
        assert call("POST", f"/connections/{ACTIVE}/reject").status == 409
        quoting = {"status": 403, "code": "InvalidSignatureException", "message": SESSION_TOKEN}
        for fault, options in [("error", quoting), ("throttle", {}), ("html", {}), ("cut", {}), ("garbage", {}),
                               ("stall", {})]:
            # For all attempts, and the look-ups that follow.
            simulator.fault(fault, **options)
            assert call("POST", reject).status >= 500
            simulator.clear_faults()
        for secret in (token, FOREIGN_TOKEN):
            # In the right place, in the wrong way.
            for value in [f"Bearer {secret[:-1]}", f"Bearer {secret}x", f"Basic {secret}", f"bearer: {secret}", secret,
                          f"Bearer {secret} {secret}", f"Bearer {secret.upper()}"]:
                assert call("POST", reject, token=None, headers={"Authorization": value}).status == 401
            # In the wrong place.
            for path in [f"/connections/{secret}/reject", f"/connections/{secret.replace('_', '%5F')}/reject",
                         f"/connections/{secret}", f"/{secret}", f"{reject}/{secret}",
                         f"{reject}?token={secret}", f"{reject}?{secret}", f"{reject}?{secret}=1",
                         f"{reject}?access_token={secret}", f"/connections/x{secret}x/reject?{secret}",
                         f"/livez?{secret}"]:
                for method in ("POST", "GET", "PUT"):
                    call(method, path)
            for name in ["X-Request-Id", "User-Agent", "X-Forwarded-For", "Cookie", "Referer", "X-Api-Key",
                         "Content-Type", "Forwarded", "Accept"]:
                call("POST", reject, headers={name: secret})
                call("POST", reject, headers={name: f"before-{secret}-after"}, token=None)
            for body in [{"reason": secret}, {"reason": f"see {secret}."}, {"reason": f"{secret}{secret}"},
                         {secret: "x"}, {"token": secret}, secret, [secret]]:
                call("POST", reject, body=body)
            # In a message that is refused whole.
            all_of_it.raw(f"POST {reject} HTTP/1.1\r\nHost: {secret}\r\nAuthorization: Bearer {secret}\r\n"
                          f"Authorization: Bearer {secret}\r\n\r\n".encode())
            all_of_it.raw(f"POST {reject}\0{secret} HTTP/1.1\r\nHost: x\r\nX-{secret} : a\r\n\r\n".encode())
            all_of_it.raw(f"{secret} {reject} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            all_of_it.raw(f"POST {reject} HTTP/1.1\r\nHost: x\r\nno colon {secret}\r\n\r\n".encode())
        basic = base64.b64encode(f"user:{OTHERS_PASSWORD}".encode()).decode()
        call("POST", reject, token=None, headers={"Authorization": f"Basic {basic}"})
        call("POST", reject, headers={"Proxy-Authorization": f"Basic {basic}", "Cookie": OTHERS_PASSWORD})
        # A token that may do less, one whose time is over, one that was taken back.
        for name, scope, expires in [("less", "connections:read", "1h"), ("over", "connections:reject", "1ms")]:
            call("POST", reject, token=make_token(gateway.tokens, name=name, scopes=[scope], expires=expires))
        places = all_of_it.places()
        gateway.stop()
        places["log"], places["audit"] = gateway.log_text(), gateway.audit.read_text()
        yield gateway, places, basic


def spellings(secret):
    """The secret as it is, and as it would be in other hands."""
    return {secret, urllib.parse.quote(secret, safe=""), base64.b64encode(secret.encode()).decode().rstrip("=")}


def assert_nowhere(places, secret, *, length=16):
    for name, text in places.items():
        for spelling in spellings(secret):
            assert spelling not in text, f"in the {name}"
        # Nor any larger piece of it.
        for start in range(0, len(secret) - length, 4):
            assert secret[start:start + length] not in text, f"a part of it in the {name}"


def test_the_run_was_logged(finished):
    _, places, _ = finished
    assert places["log"].count('"message":"responded"') > 100
    assert places["audit"].count('"denied"') > 50


def test_no_gateway_token_is_told(finished):
    gateway, places, _ = finished
    assert_nowhere(places, gateway.token)
    assert_nowhere(places, FOREIGN_TOKEN)


def test_the_place_of_a_token_is_still_seen(finished):
    _, places, _ = finished
    assert '"reason":"see cgw_[redacted]."' in places["audit"]
    assert '"userAgent":"before-cgw_[redacted]-after"' in places["audit"]
    assert '"path":"/connections/cgw_[redacted]/reject"' in places["audit"]


def test_no_secret_key_and_no_session_token_is_told(finished):
    _, places, _ = finished
    assert_nowhere(places, SECRET_ACCESS_KEY)
    assert_nowhere(places, SESSION_TOKEN)


def test_no_authorization_is_told(finished):
    _, places, basic = finished
    for name in ("log", "audit", "metrics"):
        for text in (basic, OTHERS_PASSWORD, "Bearer cgw_", "AWS4-HMAC-SHA256", "Signature="):
            assert text not in places[name], f"{text} in the {name}"
    assert basic not in places["answers"] and OTHERS_PASSWORD not in places["answers"]


def test_answers_dont_tell_what_the_gateway_knows_of_itself(finished):
    gateway, places, _ = finished
    for text in (str(gateway.folder), "tokens.json", "audit.jsonl", "SIMULATORACCESSKEY00", "libcurl", "microhttpd",
                 "amazonaws"):
        assert text not in places["answers"]


def test_no_answer_of_the_library_tells_its_name(finished):
    gateway, places, _ = finished
    assert "Server:" not in places["answers"]
    assert "127.0.0.1:" not in places["answers"]


def test_memory_cant_be_read_by_others():
    """The gateway forbids core files and other processes' reads: then /proc/<pid> belongs to root, whoever runs it."""
    prefix, folder = [], pathlib.Path(tempfile.mkdtemp(prefix="connection-gateway-"))
    try:
        tokens = folder / "tokens.json"
        make_token(tokens)
        if os.geteuid() == 0:
            # As root there is no difference to see.
            prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            tried = subprocess.run([*prefix, str(BINARY), "--version"], capture_output=True, text=True, check=False)
            if tried.returncode != 0:
                pytest.skip(f"as another user {BINARY} can't be run: {tried.stderr.strip()}")
            shutil.chown(tokens, 65534)
            shutil.chown(folder, 65534)
        with Simulator() as simulator, Gateway(simulator.url, folder=folder, prefix=prefix) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
            assert os.stat(f"/proc/{gateway.process.pid}/mem").st_uid == 0
            # The difference: a process that forbids nothing.
            with subprocess.Popen([*prefix, "sleep", "60"], env=environment(folder)) as other:
                wait_until(lambda: os.stat(f"/proc/{other.pid}/mem").st_uid != 0, "the other process to be its user's")
                other.kill()
    finally:
        shutil.rmtree(folder)
