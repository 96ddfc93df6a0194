"""The recipe that ships the audit log to another host, run by two real rsyslogds: lines arrive as they are, and in order.

What is asked of it is what its own comment promises: each line once, as long as nothing breaks; after a break each line
once at least, and the comment's command takes out what came twice.
"""

import contextlib
import json
import re
import shlex
import signal
import socket
import subprocess
import threading

import pytest
from support.gateway import Gateway, run
from support.rsyslog import Rsyslog
from support.simulator import ROOT, UNKNOWN, Certificates, Simulator, environment, wait_until

#: How long rsyslogd may take to notice that the receiver is back, and to catch up.
PATIENCE = 60

#: What Debian has around the drop-ins of /etc/rsyslog.d, without what would read this machine's own logs.
AROUND = """
module(load="imuxsock" SysSock.Use="off")
$FileOwner {user}
{drop_in}
*.* {folder}/other-logs
"""


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


def changed(text, changes):
    """The shipped text with each of these lines changed; each has to be there once."""
    for pattern, replacement in changes:
        text, count = re.subn(pattern, lambda _: replacement, text, flags=re.MULTILINE)
        assert count == 1, pattern
    return text


@contextlib.contextmanager
def free_port():
    """A port on loopback that nobody else is given: it is bound, but nobody listens."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


class Pair:
    """The shipped sender and receiver, each in an rsyslogd of its own."""

    def __init__(self, folder, audit, port, *, tls=False, sender_name="localhost"):
        self.copy, self._port = folder / "copies" / "127.0.0.1.jsonl", port
        sender = changed((ROOT / "deploy" / "rsyslog.conf").read_text(), [
            (r'file="/var/log/connection-gateway/audit\.jsonl"', f'file="{audit}"'),
            (r'target="receiver\.example\.com" port="2514"', f'target="127.0.0.1" port="{port}"'),
            (r'action\.resumeInterval="10"', 'action.resumeInterval="1"')])
        receiver = changed((ROOT / "deploy" / "rsyslog-receiver.conf").read_text(), [
            (r'"/var/log/connection-gateway-copies/%fromhost-ip%\.jsonl"',
             f'"{folder}/copies/%fromhost-ip%.jsonl"'),
            (r'port="2514"', f'port="{port}" address="127.0.0.1"')])
        if tls:
            certificates = folder / "certificates"
            certificates.mkdir()
            made = Certificates(certificates)
            sender, receiver = (self._with_tls(text, made, sender_name) for text in (sender, receiver))
        self.sender, self.receiver = (
            Rsyslog(folder / name, AROUND.format(folder=folder / name, drop_in=text, user="root"))
            for name, text in [("sender", sender), ("receiver", receiver)])

    @staticmethod
    def _with_tls(text, made, sender_name):
        for old, new in [("/etc/ssl/audit/ca.pem", made.ca_file), ("/etc/ssl/audit/this-host.pem", made.certificate),
                         ("/etc/ssl/audit/this-host.key", made.key), ("receiver.example.com", "localhost"),
                         ("gateway.example.com", sender_name)]:
            text = text.replace(old, str(new))
        text, count = re.subn(r"#(?=tls)", "", text)
        assert count == 3
        return text

    def __enter__(self):
        self.start_receiver()
        self.sender.start()
        return self

    def start_receiver(self):
        """Starts it, and waits until it listens."""
        self.receiver.start()
        wait_until(self._is_listening, "the receiver to listen")

    def _is_listening(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def __exit__(self, kind, error, trace):
        for daemon in (self.sender, self.receiver):
            daemon.stop(hard=kind is not None)

    def wait_for(self, *files):
        """Until the copy is these files, one after another, byte for byte."""
        self._wait(lambda: self.copy.exists() and self.copy.read_bytes(), files)

    def wait_for_all(self, *files):
        """The same, with what came twice taken out of the copy."""
        self._wait(lambda: self.copy.exists() and without_repeats(self.copy), files)

    def _wait(self, copied, files):
        expected = b"".join(file.read_bytes() for file in files)
        assert expected.endswith(b"\n")
        try:
            wait_until(lambda: len(copied() or b"") >= len(expected), "the lines", deadline=PATIENCE)
        except AssertionError:
            raise AssertionError(self.sender.complaints() + self.receiver.complaints()) from None
        assert copied() == expected


def without_repeats(copy):
    """What the command in the shipped file's comment makes of a copy."""
    shipped = (ROOT / "deploy" / "rsyslog.conf").read_text()
    command = re.search(r"^# +(awk .*) COPY > WITHOUT_REPEATS$", shipped, re.MULTILINE)[1]
    return subprocess.run([*shlex.split(command), copy], check=True, stdout=subprocess.PIPE, timeout=PATIENCE,
                          env=environment("/nonexistent")).stdout


@pytest.fixture(params=["plain", "tls"])
def shipping(simulator, tmp_path, request):
    """A gateway, and the pair that ships its log."""
    with Gateway(simulator.url, folder=tmp_path) as gateway, free_port() as port, Pair(
            tmp_path, gateway.audit, port, tls=request.param == "tls") as pair:
        yield gateway, pair


#: A character that takes 12 bytes in the log.
LONG = "\U000E0001"


def some_calls(gateway, count=20):
    for number in range(count):
        # Every line has what could get lost on the way, and the last one is longer than rsyslog's 8 KiB.
        is_last = number == count - 1
        reason = f"  {number} \u00fc \u2028 \x1b \\ \" %msg% \t" + LONG * 450 * is_last
        answer = gateway.reject(
            UNKNOWN, body=json.dumps({"reason": reason}, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json", "User-Agent": ("a" + LONG * 450 * is_last).encode()})
        assert answer.status == 404, answer
    assert max(map(len, gateway.audit.read_bytes().splitlines())) > 9000


def rotate(gateway, name):
    old = gateway.audit.rename(gateway.folder / name)
    # Calls go on until the gateway has noticed.
    assert gateway.reject(UNKNOWN).status == 404
    gateway.signal(signal.SIGHUP)
    wait_until(lambda: gateway.audit.exists() and gateway.audit.stat().st_size > 0, "the new file")
    return old


@pytest.mark.parametrize("name", ["rsyslog.conf", "rsyslog-receiver.conf"])
def test_rsyslogd_has_nothing_against_the_shipped_files(tmp_path, name):
    text = (ROOT / "deploy" / name).read_text()
    assert Rsyslog(tmp_path, AROUND.format(folder=tmp_path, drop_in=text, user="root")).check() == []


def test_lines_arrive_as_they_are_and_nowhere_else(shipping):
    gateway, pair = shipping
    some_calls(gateway)
    pair.wait_for(gateway.audit)
    gateway.stop()
    pair.wait_for(gateway.audit)
    assert run("audit", "verify", pair.copy).returncode == 0
    for daemon in (pair.sender, pair.receiver):
        others = daemon.folder / "other-logs"
        assert not others.exists() or b"requestId" not in others.read_bytes()


def test_a_rotation_changes_nothing(shipping):
    gateway, pair = shipping
    some_calls(gateway)
    pair.wait_for(gateway.audit)
    old = rotate(gateway, "audit.jsonl.1")
    some_calls(gateway)
    pair.wait_for(old, gateway.audit)


def test_a_receiver_that_was_away_gets_it_all(shipping):
    gateway, pair = shipping
    some_calls(gateway)
    pair.wait_for(gateway.audit)
    for hard in (False, True):
        pair.receiver.stop(hard=hard)
        some_calls(gateway)
        pair.start_receiver()
        pair.wait_for_all(gateway.audit)
    pair.receiver.stop()
    some_calls(gateway)
    old = rotate(gateway, "audit.jsonl.1")
    some_calls(gateway)
    pair.start_receiver()
    pair.wait_for_all(old, gateway.audit)


def test_a_receiver_that_dies_while_lines_arrive_loses_none(shipping):
    gateway, pair = shipping
    is_over, wrong = threading.Event(), []

    def call():
        while not is_over.is_set():
            if (answer := gateway.reject(UNKNOWN)).status != 404:
                wrong.append(answer)

    def size():
        return pair.copy.stat().st_size if pair.copy.exists() else 0

    caller = threading.Thread(target=call)
    caller.start()
    try:
        for _ in range(3):
            before = size()
            wait_until(lambda: size() > before + 5000, "some lines", deadline=PATIENCE)  # noqa: B023
            pair.receiver.stop(hard=True)
            pair.start_receiver()
    finally:
        is_over.set()
        caller.join()
    assert wrong == []
    pair.wait_for_all(gateway.audit)


def test_an_rsyslogd_that_was_away_goes_on_where_it_was(shipping):
    gateway, pair = shipping
    for _ in range(3):
        some_calls(gateway)
        pair.wait_for_all(gateway.audit)
        pair.sender.stop()
        some_calls(gateway)
        pair.sender.start()
    pair.wait_for_all(gateway.audit)


def test_a_sender_that_comes_before_its_receiver_gets_it_all_through(shipping):
    gateway, pair = shipping
    some_calls(gateway)
    pair.wait_for(gateway.audit)
    pair.sender.stop()
    pair.receiver.stop()
    some_calls(gateway)
    pair.sender.start()
    some_calls(gateway)
    pair.start_receiver()
    pair.wait_for_all(gateway.audit)
    # Here rsyslog 8.2302 sends a line twice.
    verified = run("audit", "verify", pair.copy)
    assert verified.returncode == (0 if pair.copy.read_bytes() == gateway.audit.read_bytes() else 1), verified


def test_a_line_of_the_copy_that_is_missing_or_there_twice_is_found(shipping, tmp_path):
    gateway, pair = shipping
    some_calls(gateway)
    pair.wait_for(gateway.audit)
    lines = pair.copy.read_bytes().splitlines(keepends=True)
    spoiled = tmp_path / "spoiled.jsonl"
    for changed_lines, line in [(lines[:7] + lines[8:], 8), (lines[:8] + lines[7:], 9)]:
        spoiled.write_bytes(b"".join(changed_lines))
        verified = run("audit", "verify", spoiled)
        assert verified.returncode == 1 and f"{line}: " in verified.stdout + verified.stderr, verified
    # The last one is the copy with a repeat.
    assert without_repeats(spoiled) == pair.copy.read_bytes()


def test_a_sender_with_another_name_in_its_certificate_gets_nothing_through(simulator, tmp_path):
    with Gateway(simulator.url, folder=tmp_path) as gateway, free_port() as port, Pair(
            tmp_path, gateway.audit, port, tls=True, sender_name="gateway.example.com") as pair:
        some_calls(gateway, 1)
        wait_until(lambda: "authentication error" in pair.receiver.complaints(), "the refusal", deadline=PATIENCE)
        assert not pair.copy.exists()
