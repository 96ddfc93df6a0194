"""How the gateway starts on an audit log that an earlier run left behind."""

import contextlib
import hashlib
import http.client
import json
import re

import pytest
from support.crash import cut_off_call
from support.gateway import Gateway, run
from support.simulator import PENDING, UNKNOWN, Simulator, wait_until


@pytest.fixture
def simulator():
    with Simulator() as running:
        yield running


@pytest.fixture
def gateway(simulator, tmp_path):
    """Has run, has answered one call, and is stopped."""
    with Gateway(simulator.url, folder=tmp_path) as gateway:
        assert gateway.reject(UNKNOWN).status == 404
        gateway.stop()
        yield gateway


def logged(gateway, message):
    """The log's lines with this in their message."""
    return [line for line in gateway.log() if message in line["message"]]


def verified(*files):
    ended = run("audit", "verify", *files)
    assert ended.returncode == 0, ended
    assert "intent without outcome" not in ended.stdout
    return ended.stdout


def refused(gateway, **options):
    """The one line that a start ends with."""
    ended = run("serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--tokens", gateway.tokens,
                "--audit-log", gateway.audit, env={"AWS_REGION": "eu-west-1"}, **options)
    assert ended.returncode == 78 and ended.stderr.count("\n") == 1, ended
    return ended.stderr.strip()


class TestTornEnd:
    @pytest.mark.parametrize("cut", [1, 5, 100])
    def test_is_set_aside_and_said_and_the_chain_goes_on(self, gateway, cut):
        lines = gateway.audit.read_bytes().splitlines(keepends=True)
        gateway.audit.write_bytes(b"".join(lines)[:-cut])
        gateway.start()
        assert gateway.reject(UNKNOWN).status == 404
        [kept] = gateway.folder.glob("audit.jsonl.torn-*")
        assert re.fullmatch(rf"audit\.jsonl\.torn-\d{{8}}T\d{{6}}Z-{len(lines) - 1}", kept.name)
        assert kept.read_bytes() == lines[-1][:-cut]
        assert kept.stat().st_mode & 0o777 == 0o640
        [line] = logged(gateway, "torn end")
        assert line["level"] == "warning"
        assert (line["keptAs"], line["bytes"]) == (str(kept), str(len(lines[-1]) - cut))
        gateway.stop()
        assert gateway.audit.read_bytes().startswith(b"".join(lines[:-1]))
        gateway.check_chain()

    def test_of_zeros_as_a_power_cut_leaves_them_is_one_too(self, gateway):
        before = gateway.audit.read_bytes()
        gateway.audit.write_bytes(before + bytes(5000))
        gateway.start()
        gateway.stop()
        [kept] = gateway.folder.glob("audit.jsonl.torn-*")
        assert kept.read_bytes() == bytes(5000)
        assert gateway.audit.read_bytes().startswith(before)
        gateway.check_chain()


def wait_for_intent(gateway):
    wait_until(lambda: gateway.records("intent")[-1]["connectionId"] == PENDING, "the call's intent")


class TestIntentsLeftOpen:
    def test_are_closed_as_unknown_before_anything_is_served(self, simulator, gateway):
        gateway.start()
        cut_off_call(simulator, gateway, "cut-off")
        gateway.start()
        assert gateway.reject(UNKNOWN).status == 404
        [intent] = [record for record in gateway.records("intent") if record["requestId"] == "cut-off"]
        [recovered] = gateway.records("recovered")
        shared = ["requestId", "action", "connectionId", "caller", "client"]
        assert [recovered[key] for key in shared] == [intent[key] for key in shared]
        assert (recovered["recovers"], recovered["outcome"]) == (intent["seq"], "unknown")
        assert list(recovered) == ["time", "seq", "stage", *shared, "outcome", "recovers", "prev"]
        stages = [record["stage"] for record in gateway.records()]
        assert stages[stages.index("recovered") - 1] == "opened"
        [line] = logged(gateway, "cut off when the gateway last ended")
        assert (line["level"], line["calls"]) == ("warning", "1")
        gateway.stop()
        gateway.check_chain()
        verified(gateway.audit)

    def test_in_a_file_that_was_rotated_since_are_found(self, simulator, gateway):
        gateway.start()
        simulator.fault("stall", count=1)
        rotated = gateway.folder / "audit.jsonl.1"
        with contextlib.suppress(OSError, http.client.HTTPException):
            # The client gives up; the call stays open until the gateway's deadline.
            gateway.reject(PENDING, headers={"X-Request-Id": "cut-off"}, timeout=0.5)
        wait_for_intent(gateway)
        gateway.audit.rename(rotated)
        gateway.signal(1)
        wait_until(lambda: gateway.audit.exists() and gateway.records("opened"), "a new audit file")
        assert gateway.records()[0]["openIntents"] == 1
        gateway.kill()
        gateway.start()
        assert [record["requestId"] for record in gateway.records("recovered")] == ["cut-off"]
        gateway.stop()
        verified(rotated, gateway.audit)

    def test_in_a_file_that_is_gone_are_said_to_be(self, simulator, gateway):
        gateway.start()
        simulator.fault("stall", count=1)
        with contextlib.suppress(OSError, http.client.HTTPException):
            gateway.reject(PENDING, timeout=0.5)
        wait_for_intent(gateway)
        gateway.audit.unlink()
        gateway.signal(1)
        wait_until(lambda: gateway.audit.exists() and gateway.records("opened"), "a new audit file")
        gateway.kill()
        gateway.start()
        [line] = logged(gateway, "can't be closed")
        assert line["intents"] == "1" and "audit.jsonl (deleted) isn't beside the log" in line["reason"]


class TestNewFile:
    def test_goes_on_with_the_chain_of_one_that_was_rotated_while_the_gateway_didnt_run(self, gateway):
        rotated = gateway.folder / "audit.jsonl-20261122"
        gateway.audit.rename(rotated)
        gateway.start()
        assert gateway.records()[0]["previousFile"] == rotated.name
        assert logged(gateway, "goes on with the chain of another")[0]["previousFile"] == rotated.name
        gateway.stop()
        verified(rotated, gateway.audit)

    def test_begins_a_chain_where_there_is_no_other(self, gateway):
        elsewhere = gateway.folder / "elsewhere"
        elsewhere.mkdir()
        gateway.audit.rename(elsewhere / "audit.jsonl")
        (gateway.folder / "audit.jsonl.gz").write_bytes(b"\x1f\x8b")
        gateway.start()
        assert gateway.records()[0]["seq"] == 1 and "previousFile" not in gateway.records()[0]


class TestBrokenLog:
    def test_keeps_the_gateway_from_starting_and_the_line_says_how_to_go_on(self, simulator, gateway):
        lines = gateway.audit.read_bytes().splitlines(keepends=True)
        broken = b"".join([*lines[:1], lines[1].replace(b'"name":"test"', b'"name":"tset"'), *lines[2:]])
        gateway.audit.write_bytes(broken)
        line = refused(gateway)
        assert line.startswith(f"connection-gateway: --audit-log: {gateway.audit} can't be used: line 3: its 'prev' isn't")
        way_on = re.search(r"such as --audit-log (\S+):", line)[1]
        assert way_on == str(gateway.folder / "audit.2.jsonl")
        assert gateway.audit.read_bytes() == broken

        # The way on, to the letter. The later flag wins.
        old, gateway.audit = gateway.audit, gateway.folder / "audit.2.jsonl"
        gateway.start()
        assert gateway.reject(UNKNOWN).status == 404
        [said] = logged(gateway, "doesn't verify")
        assert (said["level"], said["file"], said["line"]) == ("error", str(old), "3")
        opened = gateway.records()[0]
        assert (opened["previousFile"], opened["seq"]) == ("audit.jsonl", len(lines) + 1)
        assert opened["prev"] == hashlib.sha256(lines[-1]).hexdigest()
        gateway.stop()
        assert old.read_bytes() == broken
        # It can be followed up to the break, and from there on by itself.
        both = run("audit", "verify", old, gateway.audit)
        assert both.returncode == 1 and f"broken: {old}, line 3" in both.stdout
        assert f"begins after seq {len(lines)}" in run("audit", "verify", gateway.audit).stdout

    def test_whose_line_was_taken_out_is_refused(self, gateway):
        lines = gateway.audit.read_bytes().splitlines(keepends=True)
        gateway.audit.write_bytes(b"".join(lines[:1] + lines[2:]))
        assert "line 2: its 'prev' isn't" in refused(gateway)

    def test_with_zeros_in_the_middle_is_refused(self, gateway):
        """As a power cut leaves only the last write."""
        lines = gateway.audit.read_bytes().splitlines(keepends=True)
        assert len({json.loads(line)["time"] for line in lines[2:]}) > 1
        gateway.audit.write_bytes(b"".join([lines[0], bytes(len(lines[1])) + b"\n", *lines[2:]]))
        assert "line 2: it isn't an audit record" in refused(gateway)
