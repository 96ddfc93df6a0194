"""The recipe that ships the audit log to another host, run by two real rsyslogds: lines arrive as they are and in order."""

import contextlib
import json
import re
import signal
import socket

import pytest
from support.gateway import Gateway, run
from support.rsyslog import Rsyslog
from support.simulator import ROOT, UNKNOWN, Certificates, Simulator, wait_until

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

    def __init__(self, folder, audit, port, *, tls=False):
        self.copy = folder / "copies" / "127.0.0.1.jsonl"
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
            sender, receiver = (self._with_tls(text, made) for text in (sender, receiver))
        self.sender, self.receiver = (
            Rsyslog(folder / name, AROUND.format(folder=folder / name, drop_in=text, user="root"))
            for name, text in [("sender", sender), ("receiver", receiver)])

    @staticmethod
    def _with_tls(text, made):
        for old, new in [("/etc/ssl/audit/ca.pem", made.ca_file), ("/etc/ssl/audit/this-host.pem", made.certificate),
                         ("/etc/ssl/audit/this-host.key", made.key), ("receiver.example.com", "localhost"),
                         ("gateway.example.com", "localhost")]:
            text = text.replace(old, str(new))
        text, count = re.subn(r"#(?=tls\.)", "", text)
        assert count >= 2
        return text

    def __enter__(self):
        self.receiver.start()
        self.sender.start()
        return self

    def __exit__(self, kind, error, trace):
        for daemon in (self.sender, self.receiver):
            daemon.stop(hard=kind is not None)

    def wait_for(self, *files):
        """Until the copy is these files, one after another, byte for byte."""
        expected = b"".join(file.read_bytes() for file in files)
        assert expected.endswith(b"\n")
        try:
            wait_until(lambda: self.copy.exists() and self.copy.stat().st_size >= len(expected), "the lines",
                       deadline=PATIENCE)
        except AssertionError:
            raise AssertionError(self.sender.stderr() + self.receiver.stderr()) from None
        assert self.copy.read_bytes() == expected


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
        pair.receiver.start()
        pair.wait_for(gateway.audit)
    pair.receiver.stop()
    some_calls(gateway)
    old = rotate(gateway, "audit.jsonl.1")
    some_calls(gateway)
    pair.receiver.start()
    pair.wait_for(old, gateway.audit)


def test_an_rsyslogd_that_was_away_goes_on_where_it_was(shipping):
    gateway, pair = shipping
    for _ in range(3):
        some_calls(gateway)
        pair.wait_for(gateway.audit)
        pair.sender.stop()
        some_calls(gateway)
        pair.sender.start()
    pair.wait_for(gateway.audit)
