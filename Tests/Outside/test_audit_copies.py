"""`--audit-copy`: each record goes elsewhere as well, once it is on disk; a copy that blocks or fails holds up nobody."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
from support.gateway import BINARY, Gateway, run
from support.rsyslog import Rsyslog
from support.simulator import ACCESS_KEY_ID, PATIENCE, PENDING, SECRET_ACCESS_KEY, UNKNOWN, Simulator, environment, wait_until

#: RFC 5424, section 6: PRI, VERSION, TIMESTAMP, HOSTNAME, APP-NAME, PROCID, MSGID, STRUCTURED-DATA, MSG.
RFC_5424 = re.compile(
    rb"<86>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([!-~]{1,255}) connection-gateway (\d+) ([a-z]+) - ({.*})", re.DOTALL)


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


@contextlib.contextmanager
def pipe():
    """The two ends; whoever closes one himself sets it to `None`."""
    ends = list(os.pipe())
    try:
        yield ends
    finally:
        for end in ends:
            if end is not None:
                os.close(end)


def some_calls(gateway, count=5):
    for number in range(count):
        assert gateway.reject(UNKNOWN, body={"reason": f"CHG-{number} \u00fc\u2028\x1b"}).status == 404
    assert gateway.reject(UNKNOWN, token=None).status == 401


def many_large_calls(gateway, count):
    """Calls whose intents have 6 kB each, on one connection."""
    host, _, port = gateway.address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
    body = json.dumps({"reason": "\U000E0001" * 500}, ensure_ascii=False).encode()
    headers = {"Authorization": f"Bearer {gateway.token}", "Content-Type": "application/json"}
    with contextlib.closing(connection):
        for _ in range(count):
            connection.request("POST", f"/connections/{UNKNOWN}/reject", body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 404


def missed(gateway, kind):
    return gateway.metrics()[f'connection_gateway_audit_copy_missed_total{{copy="{kind}"}}']


def complaints(gateway):
    return [line for line in gateway.log() if line["message"] == "audit copy fails"]


class TestStandardOutput:
    def test_has_the_log_byte_for_byte(self, simulator, tmp_path):
        out = tmp_path / "out"
        with open(out, "wb") as stdout, Gateway(
                simulator.url, arguments=["--audit-copy", "stdout"], stdout=stdout, folder=tmp_path) as gateway:
            some_calls(gateway)
            assert missed(gateway, "stdout") == 0
        assert out.read_bytes() == gateway.audit.read_bytes()
        assert len(gateway.records()) == 2 + 5 * 2 + 1
        assert run("audit", "verify", out).returncode == 0

    def test_that_nobody_reads_holds_up_nobody_and_what_it_misses_is_counted(self, simulator, tmp_path):
        with pipe() as (_, write_end), Gateway(
                simulator.url, env={"GATEWAY_AUDIT_COPY": "stdout"}, stdout=write_end, folder=tmp_path) as gateway:
            # The pipe takes 64 kB, the queue 8 MiB.
            many_large_calls(gateway, 1600)
            assert gateway.ready().status == 200
            assert 0 < missed(gateway, "stdout") < 3000
            wait_until(lambda: complaints(gateway), "a line in the log")
            assert complaints(gateway)[0]["copy"] == "stdout"
            began = time.monotonic()
            gateway.stop()
            assert time.monotonic() - began < 10
        gateway.check_chain()
        assert len(gateway.records()) == 2 + 2 * 1600
        # It isn't said again and again: now, and once more at the end.
        assert len(complaints(gateway)) <= 3

    def test_that_comes_to_life_again_goes_on_with_the_lines_that_waited(self, simulator, tmp_path):
        with pipe() as ends, Gateway(
                simulator.url, arguments=["--audit-copy", "stdout"], stdout=ends[1], folder=tmp_path) as gateway:
            os.close(ends[1])
            ends[1] = None
            many_large_calls(gateway, 100)
            received = bytearray()

            def read():
                while piece := os.read(ends[0], 1 << 16):
                    received.extend(piece)

            reader = threading.Thread(target=read)
            reader.start()
            gateway.stop()
            reader.join(PATIENCE)
            assert bytes(received) == gateway.audit.read_bytes()

    def test_whose_reader_leaves_is_counted_and_the_gateway_lives_on(self, simulator, tmp_path):
        with pipe() as ends, Gateway(
                simulator.url, arguments=["--audit-copy", "stdout"], stdout=ends[1], folder=tmp_path) as gateway:
            some_calls(gateway)
            os.close(ends[0])
            ends[0] = None
            some_calls(gateway)
            wait_until(lambda: missed(gateway, "stdout") == 11, "the records to be counted")
            wait_until(lambda: complaints(gateway), "a line in the log")
            assert "Broken pipe" in complaints(gateway)[0]["reason"]
        gateway.check_chain()

    def test_that_is_closed_is_refused(self, tmp_path):
        self.refused(tmp_path, 'exec "$@" >&-', "standard output is closed")

    def test_that_is_the_log_itself_is_refused(self, tmp_path):
        (tmp_path / "audit.jsonl").write_bytes(b"")
        self.refused(tmp_path, f'exec "$@" >>"{tmp_path}/audit.jsonl"', "standard output is the audit log itself")

    @staticmethod
    def refused(folder, script, reason):
        tokens = folder / "tokens.json"
        run("token", "create", "--name", "x", "--scope", "connections:reject", "--tokens", tokens)
        ended = run("serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--tokens", tokens,
                    "--audit-log", folder / "audit.jsonl", "--audit-copy", "stdout", env={"AWS_REGION": "eu-west-1"},
                    prefix=["sh", "-c", script, "sh"])
        assert ended.returncode == 78
        assert ended.stderr == f"connection-gateway: --audit-copy: {reason}\n"

    @pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
    def test_nothing_gets_into_the_log_from_a_stream_that_was_closed(self, tmp_path, closed):
        tokens, audit = tmp_path / "tokens.json", tmp_path / "audit.jsonl"
        run("token", "create", "--name", "x", "--scope", "connections:reject", "--tokens", tokens)
        process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" {closed}', "sh", BINARY, "serve", "--listen", "127.0.0.1:0", "--admin-listen",
             "127.0.0.1:0", "--tokens", tokens, "--audit-log", audit, "--log-level", "trace"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(
                tmp_path, AWS_REGION="eu-west-1", AWS_ACCESS_KEY_ID=ACCESS_KEY_ID,
                AWS_SECRET_ACCESS_KEY=SECRET_ACCESS_KEY))
        try:
            wait_until(lambda: audit.exists() and audit.read_bytes().count(b"\n"), "the opened record")
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()
            process.wait(PATIENCE)
        assert [json.loads(line)["stage"] for line in audit.read_bytes().splitlines()] == ["opened", "closed"]
        assert json.loads(tokens.read_text())["version"] == 1


class Daemon:
    """The datagram socket of a syslog daemon, and the messages that came; a context manager. It has to read all the time:
    the kernel keeps no more than a few messages for it."""

    def __init__(self, path):
        self._path, self._socket = path, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.messages = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self):
        while message := self._socket.recv(1 << 20):
            self.messages.append(message)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # An empty message, which comes after all the others, ends the thread.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", str(self._path))
        self._thread.join(PATIENCE)
        self._socket.close()
        self._path.unlink()


class TestSyslog:
    def test_has_a_message_of_rfc_5424_for_each_line(self, simulator, tmp_path):
        with Daemon(tmp_path / "log") as daemon, Gateway(
                simulator.url, arguments=["--audit-copy", f"syslog:{tmp_path}/log"], folder=tmp_path) as gateway:
            some_calls(gateway)
        messages = [RFC_5424.fullmatch(message) for message in daemon.messages]
        assert all(messages)
        assert b"".join(message[5] + b"\n" for message in messages) == gateway.audit.read_bytes()
        for message, record in zip(messages, gateway.records(), strict=True):
            assert message[1].decode() == record["time"]
            assert message[2].decode() == socket.gethostname()
            assert int(message[3]) == gateway.process.pid
            assert message[4].decode() == record["stage"]

    def test_whose_daemon_comes_and_goes_misses_nothing_that_can_wait(self, simulator, tmp_path):
        path = tmp_path / "log"
        with Gateway(simulator.url, arguments=["--audit-copy", f"syslog:{path}"], folder=tmp_path) as gateway:
            some_calls(gateway)
            received = []
            for _ in range(3):
                with Daemon(path) as daemon:
                    wait_until(lambda: len(received + daemon.messages) == len(gateway.records()), "every message so far")
                received += daemon.messages
                some_calls(gateway)
            assert complaints(gateway)[0]["copy"] == "syslog"
            with Daemon(path) as daemon:
                wait_until(lambda: len(received + daemon.messages) == len(gateway.records()), "every message so far")
                gateway.stop()
            received += daemon.messages
        assert b"".join(RFC_5424.fullmatch(message)[5] + b"\n" for message in received) == gateway.audit.read_bytes()

    def test_without_a_daemon_the_gateway_does_its_job_and_says_at_the_end_what_is_missing(self, simulator, tmp_path):
        copies = ["--audit-copy", f"syslog:{tmp_path}/none", "--audit-copy", "stdout"]
        out = tmp_path / "out"
        with open(out, "wb") as stdout, Gateway(
                simulator.url, arguments=copies, folder=tmp_path, stdout=stdout) as gateway:
            some_calls(gateway)
        assert complaints(gateway)[-1] | {"time": ""} == {
            "time": "", "level": "warning", "message": "audit copy fails", "copy": "syslog", "missed": "13",
            "reason": "connect: No such file or directory"}
        assert out.read_bytes() == gateway.audit.read_bytes()

    def test_rsyslogd_understands_it(self, simulator, tmp_path):
        path, out = tmp_path / "log", tmp_path / "out"
        with Rsyslog(tmp_path / "rsyslog", f"""
                global(maxMessageSize="64k")
                module(load="imuxsock" SysSock.Use="off")
                input(type="imuxsock" Socket="{path}" CreatePath="on" UseSpecialParser="off" ParseHostname="on")
                template(name="all" type="string" string="%pri-text% %hostname% %app-name% %procid% %msgid% %msg%\\n")
                action(type="omfile" file="{out}" template="all")
                """):
            with Gateway(simulator.url, arguments=["--audit-copy", f"syslog:{path}"], folder=tmp_path) as gateway:
                some_calls(gateway)
                many_large_calls(gateway, 3)
                process_id = gateway.process.pid
            records = gateway.records()
            lines = wait_until(lambda: out.exists() and (lines := out.read_bytes().splitlines(keepends=True))
                               and len(lines) == len(records) and lines, "every line to arrive")
        prefixes = [f"authpriv.info {socket.gethostname()} connection-gateway {process_id} {record['stage']} ".encode()
                    for record in records]
        assert all(line.startswith(prefix) for line, prefix in zip(lines, prefixes, strict=True))
        assert b"".join(line.removeprefix(prefix) for line, prefix in zip(lines, prefixes)) == gateway.audit.read_bytes()


@pytest.mark.parametrize("copy", ["file", "syslog:", "syslog:relative", "", "stdout,syslog"])
def test_a_copy_to_somewhere_else_is_refused(copy):
    ended = run("serve", "--audit-copy", copy, env={"AWS_REGION": "eu-west-1"})
    assert ended.returncode == 78
    assert ended.stderr.startswith(f"connection-gateway: --audit-copy: '{copy}' has to be ")
