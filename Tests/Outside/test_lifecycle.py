"""The process: how it starts, reloads, stops and dies, and that no call is lost on the way."""

import concurrent.futures
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import time

import pytest
from support.gateway import Gateway, make_token, run
from support.simulator import PATIENCE, PENDING, UNKNOWN, Simulator, wait_until


@pytest.fixture
def simulator():
    with Simulator() as running:
        yield running


@contextlib.contextmanager
def in_background(function, *arguments, **options):
    """Calls the function in a thread; gives its future."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        yield pool.submit(function, *arguments, **options)


def wait_until_asked(simulator, count=1):
    wait_until(lambda: len(simulator.requests()) >= count, "the call to reach AWS")


def wait_until_stopping(gateway):
    wait_until(lambda: [line for line in gateway.log() if line["message"] == "stopping"], "the stop to begin")


def refuses_connections(address):
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def stages(gateway):
    return [record["stage"] for record in gateway.records()]


class TestStop:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_with_nothing_to_do_it_ends_at_once(self, simulator, number):
        with Gateway(simulator.url) as gateway:
            gateway.signal(number)
            assert gateway.process.wait(PATIENCE) == 0
            assert stages(gateway) == ["opened", "closed"]
            assert gateway.records()[0]["instance"] == gateway.records()[1]["instance"]
            assert gateway.records()[0]["version"] == "0.1.0"
            gateway.check_chain()

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_call_in_flight_is_answered_and_audited(self, simulator, number):
        simulator.fault("slow", delayMs=1000, count=1)
        with Gateway(simulator.url) as gateway, in_background(gateway.reject, PENDING) as reply:
            wait_until_asked(simulator)
            gateway.signal(number)
            answer = reply.result(PATIENCE)
            assert answer.status == 200 and answer.json["connection"]["status"] == "REJECTING"
            assert answer.headers["Connection"].lower() == "close"
            assert gateway.process.wait(PATIENCE) == 0
            assert stages(gateway) == ["opened", "intent", "outcome", "closed"]
            assert gateway.records("outcome")[0]["outcome"] == "rejected"
            gateway.check_chain()

    def test_many_calls_in_flight_are_all_answered_and_audited(self, simulator):
        simulator.fault("slow", delayMs=700)
        with Gateway(simulator.url) as gateway, concurrent.futures.ThreadPoolExecutor(40) as pool:
            # Calls for the same connection would be one.
            replies = [pool.submit(gateway.reject, f"c-in-flight-{number:04}") for number in range(40)]
            wait_until_asked(simulator, 40)
            gateway.signal(signal.SIGTERM)
            assert {reply.result(PATIENCE).status for reply in replies} == {404}
            assert gateway.process.wait(PATIENCE) == 0
            assert len(gateway.records("intent")) == len(gateway.records("outcome")) == 40
            assert stages(gateway)[-1] == "closed"

    def test_while_it_stops_readiness_says_so_and_calls_on_kept_connections_are_still_answered(self, simulator):
        simulator.fault("slow", delayMs=3000, count=1)
        with Gateway(simulator.url) as gateway, in_background(gateway.reject, PENDING) as reply:
            # Connections that were there before the stop: one for the call, one for readiness.
            host, _, port = gateway.address.rpartition(":")
            kept = [http.client.HTTPConnection(host, int(port), timeout=PATIENCE) for _ in range(2)]
            for each in kept:
                each.request("GET", "/livez")
                assert each.getresponse().read()
            wait_until_asked(simulator)
            gateway.signal(signal.SIGTERM)
            wait_until_stopping(gateway)

            kept[0].request("POST", f"/connections/{UNKNOWN}/reject",
                            headers={"Authorization": f"Bearer {gateway.token}"})
            late = kept[0].getresponse()
            assert (late.status, json.loads(late.read())["code"]) == (404, "connection_not_found")
            assert late.headers["Connection"].lower() == "close"
            kept[1].request("GET", "/readyz")
            ready = kept[1].getresponse()
            assert (ready.status, json.loads(ready.read())["status"]) == (503, "not_ready")
            # Whoever watches the admin listener sees it as well, and new connections to the public one are refused.
            admin = gateway.call("GET", "/readyz", token=None, address=gateway.admin_address)
            assert (admin.status, admin.json["status"]) == (503, "not_ready")
            wait_until(lambda: refuses_connections(gateway.address), "new connections to be refused")

            assert reply.result(PATIENCE).status == 200
            assert gateway.process.wait(PATIENCE) == 0
            assert len(simulator.requests()) == 2
            assert stages(gateway) == ["opened", "intent", "intent", "outcome", "outcome", "closed"]

    def test_a_stalled_call_holds_the_stop_up_no_longer_than_its_deadline(self, simulator):
        simulator.fault("stall", count=1)
        with Gateway(simulator.url, arguments=["--request-timeout", "2s"]) as gateway, in_background(
                gateway.reject, PENDING) as reply:
            wait_until_asked(simulator)
            begin = time.monotonic()
            gateway.signal(signal.SIGTERM)
            assert (reply.result(PATIENCE).status, reply.result().outcome) == (504, "unknown")
            assert gateway.process.wait(PATIENCE) == 0
            assert time.monotonic() - begin < 4
            assert stages(gateway) == ["opened", "intent", "outcome", "closed"]

    def test_after_25_seconds_what_is_left_is_ended_and_told_truly(self, simulator):
        # Look-ups stall as well.
        simulator.fault("stall")
        with Gateway(simulator.url, arguments=["--request-timeout", "5m"]) as gateway, in_background(
                gateway.reject, PENDING, timeout=60) as reply:
            wait_until_asked(simulator)
            begin = time.monotonic()
            gateway.signal(signal.SIGTERM)
            answer = reply.result(60)
            assert (answer.status, answer.code, answer.outcome) == (504, "upstream_timeout", "unknown")
            assert gateway.process.wait(PATIENCE) == 0
            assert 24 < time.monotonic() - begin < 32
            assert [record["outcome"] for record in gateway.records("outcome")] == ["unknown"]
            assert stages(gateway)[-1] == "closed"

    def test_clients_that_only_hold_their_connections_open_hold_nothing_up(self, simulator):
        with Gateway(simulator.url) as gateway:
            host, _, port = gateway.address.rpartition(":")
            with contextlib.ExitStack() as stack:
                head = b"POST /connections/c-0123456789/reject HTTP/1.1\r\nHost: x\r\n"
                for data in [b"", b"P", head, head + b"Content-Length: 5\r\n\r\n{"]:
                    stack.enter_context(socket.create_connection((host, int(port)))).sendall(data)
                begin = time.monotonic()
                gateway.signal(signal.SIGTERM)
                assert gateway.process.wait(PATIENCE) == 0
                assert time.monotonic() - begin < 5

    def test_a_second_signal_does_no_harm(self, simulator):
        simulator.fault("slow", delayMs=800, count=1)
        with Gateway(simulator.url) as gateway, in_background(gateway.reject, PENDING) as reply:
            wait_until_asked(simulator)
            for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                gateway.signal(number)
            assert reply.result(PATIENCE).status == 200
            assert gateway.process.wait(PATIENCE) == 0
            assert stages(gateway) == ["opened", "intent", "outcome", "closed"]


class TestClientsThatLeave:
    def test_their_call_is_still_finished_and_audited(self, simulator):
        simulator.fault("slow", delayMs=500, count=1)
        with Gateway(simulator.url) as gateway:
            host, _, port = gateway.address.rpartition(":")
            with socket.create_connection((host, int(port))) as wire:
                wire.sendall(f"POST /connections/{PENDING}/reject HTTP/1.1\r\nHost: x\r\nX-Request-Id: left\r\n"
                             f"Authorization: Bearer {gateway.token}\r\n\r\n".encode())
                wait_until_asked(simulator)
            [outcome] = wait_until(lambda: gateway.records("outcome"), "the outcome's record")
            assert (outcome["requestId"], outcome["outcome"], outcome["httpStatus"]) == ("left", "rejected", 200)
            assert gateway.reject(UNKNOWN).status == 404

    def test_nor_does_the_stop_wait_for_them_in_vain(self, simulator):
        simulator.fault("slow", delayMs=500, count=20)
        with Gateway(simulator.url) as gateway:
            host, _, port = gateway.address.rpartition(":")
            for number in range(20):
                with socket.create_connection((host, int(port))) as wire:
                    wire.sendall(f"POST /connections/c-left-alone-{number:04}/reject HTTP/1.1\r\nHost: x\r\n"
                                 f"Authorization: Bearer {gateway.token}\r\n\r\n".encode())
            wait_until_asked(simulator, 20)
            begin = time.monotonic()
            gateway.signal(signal.SIGTERM)
            assert gateway.process.wait(PATIENCE) == 0
            assert time.monotonic() - begin < 10
            assert len(gateway.records("outcome")) == 20


class TestDeath:
    def test_after_a_kill_the_chain_goes_on(self, simulator, tmp_path):
        simulator.fault("stall", connectionId=PENDING)
        with Gateway(simulator.url, folder=tmp_path) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
            with in_background(swallow, gateway.reject, PENDING, headers={"X-Request-Id": "cut-off"}):
                wait_until_asked(simulator, 2)
                gateway.kill()
            before = gateway.audit.read_bytes()
            gateway.start()
            assert gateway.reject(UNKNOWN).status == 404
            gateway.stop()
            assert gateway.audit.read_bytes().startswith(before)
            gateway.check_chain()
            opened = gateway.records("opened")
            assert len(opened) == 2 and opened[0]["instance"] != opened[1]["instance"]
            verified = run("audit", "verify", gateway.audit)
            assert verified.returncode == 0 and "intent without outcome" not in verified.stdout
            [recovered] = gateway.records("recovered")
            assert (recovered["recovers"], recovered["requestId"]) == (4, "cut-off")

    def test_a_kill_under_load_loses_nothing_that_was_answered(self, simulator, tmp_path):
        with Gateway(simulator.url, folder=tmp_path) as gateway, concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = [pool.submit(swallow, gateway.reject, UNKNOWN) for _ in range(300)]
            wait_until(lambda: sum(reply.done() for reply in replies) > 60, "some calls to be answered")
            gateway.kill()
            answered = {answer.headers["X-Request-Id"] for answer in (reply.result() for reply in replies) if answer}
            assert 60 <= len(answered) < 300
            # No answer without its outcome, and no request to AWS without its intent.
            gateway.audit.write_bytes(gateway.audit.read_bytes().rpartition(b"\n")[0] + b"\n")
            assert answered <= {record["requestId"] for record in gateway.records("outcome")}
            assert len(simulator.requests()) <= len(gateway.records("intent"))
            assert run("audit", "verify", gateway.audit).returncode == 0
            gateway.start()
            assert gateway.reject(UNKNOWN).status == 404
            gateway.stop()
            gateway.check_chain()


def swallow(call, *arguments, **options):
    """The call's answer, or nothing where the gateway is gone."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        return call(*arguments, **options)
    return None


class TestTokens:
    @pytest.fixture
    def gateway(self, simulator):
        with Gateway(simulator.url) as running:
            yield running

    def status(self, gateway, token):
        return gateway.reject(UNKNOWN, token=token).status

    def test_a_new_one_counts_within_two_seconds(self, gateway):
        token = make_token(gateway.tokens, name="new")
        begin = time.monotonic()
        wait_until(lambda: self.status(gateway, token) == 404, "the new token to count")
        assert time.monotonic() - begin < 3
        assert self.status(gateway, gateway.token) == 404
        assert gateway.metrics()["connection_gateway_tokens"] == 2

    def test_sighup_reads_the_file_even_where_nothing_has_changed(self, gateway):
        assert not [line for line in gateway.log() if line["message"] == "tokens loaded"]
        gateway.signal(signal.SIGHUP)
        wait_until(
            lambda: [line for line in gateway.log() if line["message"] == "tokens loaded"], "the file to be read")
        assert self.status(gateway, gateway.token) == 404

    @pytest.mark.parametrize("spoil", ["text", "mode", "gone", "folder"])
    def test_a_file_that_cant_be_used_changes_nothing_and_is_told(self, gateway, spoil):
        content = gateway.tokens.read_bytes()
        if spoil == "text":
            gateway.tokens.write_text('{"version":1,"tokens":[')
        elif spoil == "mode":
            gateway.tokens.chmod(0o666)
        else:
            gateway.tokens.unlink()
            if spoil == "folder":
                gateway.tokens.mkdir()
        ready = wait_until(lambda: next((answer for answer in [gateway.ready()] if answer.status == 503), None),
                           "readiness to fail")
        assert {check["name"]: check["status"] for check in ready.json["checks"]} == {
            "audit": "ok", "credentials": "ok", "tokens": "failing"}
        assert self.status(gateway, gateway.token) == 404
        metrics = gateway.metrics()
        assert metrics["connection_gateway_tokens_current"] == 0
        assert metrics["connection_gateway_tokens_reload_failures_total"] >= 1
        assert metrics["connection_gateway_tokens"] == 1
        errors = [line for line in gateway.log() if line["level"] == "error"]
        assert len(errors) == 1 and "tokens.json" in errors[0]["reason"]

        if spoil == "folder":
            gateway.tokens.rmdir()
        gateway.tokens.write_bytes(content)
        gateway.tokens.chmod(0o600)
        wait_until(lambda: gateway.ready().status == 200, "the file that was put right to count")
        assert self.status(gateway, gateway.token) == 404
        assert gateway.metrics()["connection_gateway_tokens_current"] == 1

    def test_an_empty_list_refuses_everyone(self, gateway):
        gateway.tokens.write_text('{"version":1,"tokens":[]}')
        wait_until(lambda: self.status(gateway, gateway.token) == 401, "the empty list to count")
        assert gateway.ready().status == 200

    def test_a_file_that_is_replaced_through_a_symbolic_link_counts(self, simulator, tmp_path):
        for version in ("one", "two"):
            (tmp_path / version).mkdir()
        tokens = [make_token(tmp_path / version / "tokens.json") for version in ("one", "two")]
        (tmp_path / "current").symlink_to("one")
        # As Kubernetes mounts a secret.
        link = tmp_path / "link.json"
        link.symlink_to("current/tokens.json")
        with Gateway(simulator.url, arguments=["--tokens", link]) as gateway:
            assert [self.status(gateway, token) for token in tokens] == [404, 401]
            (tmp_path / "next").symlink_to("two")
            (tmp_path / "next").rename(tmp_path / "current")
            wait_until(lambda: [self.status(gateway, token) for token in tokens] == [401, 404], "the new file to count")


class TestStart:
    def test_the_real_port_is_logged_and_the_two_lines_come_in_order(self, simulator):
        with Gateway(simulator.url) as gateway:
            lines = [line for line in gateway.log() if line["message"] == "listening"]
            assert [line["listener"] for line in lines] == ["public", "admin"]
            assert all(not line["address"].endswith(":0") for line in lines)
            assert list(lines[0])[:3] == ["time", "level", "message"]

    def test_an_ipv6_address_can_be_listened_on(self, simulator):
        if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
            pytest.skip("this machine has no IPv6")
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError as reason:
            pytest.skip(f"this machine has no ::1: {reason}")
        with Gateway(simulator.url, arguments=["--listen", "[::1]:0"]) as gateway:
            port = int(gateway.address.removeprefix("[::1]:"))
            connection = http.client.HTTPConnection("::1", port, timeout=PATIENCE)
            connection.request("POST", "/connections/x/y", headers={"Host": f"[::1]:{port}"})
            assert connection.getresponse().status == 404
            connection.close()
            assert gateway.records()[-1]["client"] == {"address": "::1", "peer": "::1"}

    def test_how_long_until_the_first_answer(self, simulator):
        with Gateway(simulator.url) as gateway:
            gateway.stop()
            begin = time.monotonic()
            gateway.start()
            assert gateway.call("GET", "/livez", token=None).status == 200
            print(f"from the start of the process to its first answer: {time.monotonic() - begin:.3f} s")

    def test_it_runs_with_its_files_named_by_relative_paths(self, simulator, tmp_path):
        token = make_token(tmp_path / "tokens.json")
        with Gateway(simulator.url, prefix=["env", f"--chdir={tmp_path}"],
                     arguments=["--tokens", "tokens.json", "--audit-log", "audit.jsonl"]) as gateway:
            assert gateway.reject(UNKNOWN, token=token).status == 404
            gateway.stop()
        assert run("audit", "verify", tmp_path / "audit.jsonl").returncode == 0
        assert (tmp_path / "audit.jsonl").stat().st_mode & 0o777 == 0o640

    def test_the_audits_mode_doesnt_hang_on_the_umask(self, simulator, tmp_path):
        before = os.umask(0)
        try:
            with Gateway(simulator.url, folder=tmp_path) as gateway:
                assert gateway.audit.stat().st_mode & 0o777 == 0o640
                assert gateway.tokens.stat().st_mode & 0o777 == 0o600
        finally:
            os.umask(before)


def test_metrics_are_prometheus_text(simulator):
    with Gateway(simulator.url) as gateway:
        for connection_id, token in [(PENDING, True), (UNKNOWN, True), (UNKNOWN, None), ("bad", True)]:
            gateway.reject(connection_id, token=token)
        gateway.call("GET", "/nowhere", token=None)
        page = gateway.call("GET", "/metrics", token=None, address=gateway.admin_address)
        assert page.status == 200
        assert page.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = page.body.decode()
        assert text.endswith("\n")
        kinds, names = {}, set()
        for line in text.splitlines():
            if line.startswith("# "):
                _, word, name, rest = line.split(" ", 3)
                assert word in ("HELP", "TYPE") and rest
                if word == "TYPE":
                    kinds[name] = rest
            else:
                sample = re.fullmatch(r'([a-z_]+)(?:\{([a-z]+="[^"\\\n]*"(?:,[a-z]+="[^"\\\n]*")*)\})? ([0-9.]+)', line)
                assert sample, line
                names.add(sample[1])
        assert set(kinds.values()) <= {"counter", "gauge", "histogram"}
        assert all(name in kinds or re.sub("_(bucket|sum|count)$", "", name) in kinds for name in names)
        assert all(name.endswith("_total") for name, kind in kinds.items() if kind == "counter")
        samples = gateway.metrics()
        prefix = "connection_gateway_"
        assert samples[f'{prefix}requests_total{{code="",route="reject",status="200"}}'] == 1
        assert samples[f'{prefix}requests_total{{code="connection_not_found",route="reject",status="404"}}'] == 1
        assert samples[f'{prefix}requests_total{{code="unauthenticated",route="reject",status="401"}}'] == 1
        assert samples[f'{prefix}requests_total{{code="invalid_request",route="reject",status="400"}}'] == 1
        assert samples[f'{prefix}requests_total{{code="route_not_found",route="none",status="404"}}'] == 1
        assert samples[f'{prefix}upstream_calls_total{{operation="reject",result="accepted"}}'] == 1
        assert samples[f'{prefix}upstream_calls_total{{operation="reject",result="not_found"}}'] == 1
        assert samples[f'{prefix}upstream_requests_total{{ending="answered",operation="reject"}}'] == 2
        assert samples[f"{prefix}upstream_in_flight"] == 0
        assert samples[f"{prefix}audit_records_total"] == 6
        assert samples[f"{prefix}audit_writable"] == samples[f"{prefix}tokens_current"] == 1
        assert samples[f"{prefix}reject_duration_seconds_count"] == 4
        assert samples[f'{prefix}reject_duration_seconds_bucket{{le="+Inf"}}'] == 4
        # No caller, no connection and no address in a label.
        assert PENDING not in text and UNKNOWN not in text and "127.0.0.1" not in text
