"""Tokens that end: who is told, when. And when they were last used."""

import datetime
import json
import time

import pytest
from support.gateway import Gateway, make_token, run
from support.simulator import PENDING, UNKNOWN, Simulator, wait_until

ENDS_SOON = "a token ends soon; 'token rotate' makes the one after it"
HAS_ENDED = "a token has ended, and is refused from now on"


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


def entries(file):
    return {entry["name"]: entry for entry in json.loads(file.read_text())["tokens"]}


def told(gateway, message):
    return [line for line in gateway.log() if line["message"] == message]


class TestWarnings:
    def test_log_and_metrics_tell_of_tokens_that_end(self, simulator):
        with Gateway(simulator.url, token_life="1h") as gateway:
            samples = gateway.metrics()
            end = datetime.datetime.strptime(entries(gateway.tokens)["test"]["expiresAt"], "%Y-%m-%dT%H:%M:%S%z").timestamp()
            assert samples["connection_gateway_tokens_expiring"] == 1
            assert samples["connection_gateway_tokens_expired"] == 0
            assert samples["connection_gateway_tokens_next_expiry_timestamp_seconds"] == end
            [warning] = wait_until(lambda: told(gateway, ENDS_SOON), "the warning of the first token")
            assert warning["level"] == "warning" and warning["name"] == "test"
            assert warning["token"] == entries(gateway.tokens)["test"]["id"]
            assert warning["expiresAt"] == entries(gateway.tokens)["test"]["expiresAt"]
            assert warning["left"] in ("60 minutes", "59 minutes")

            make_token(gateway.tokens, name="long", expires="15d")
            make_token(gateway.tokens, name="short", expires="4s")
            wait_until(lambda: [line["name"] for line in told(gateway, ENDS_SOON)] == ["test", "short"], "its warning")
            [ended] = wait_until(lambda: told(gateway, HAS_ENDED), "the end of the short one")
            assert ended["level"] == "warning" and ended["token"] == entries(gateway.tokens)["short"]["id"]
            samples = gateway.metrics()
            assert samples["connection_gateway_tokens"] == 3
            assert samples["connection_gateway_tokens_expiring"] == 1
            assert samples["connection_gateway_tokens_expired"] == 1
            # Not every second anew.
            time.sleep(2.2)
            assert len(told(gateway, ENDS_SOON)) == 2 and len(told(gateway, HAS_ENDED)) == 1
            assert gateway.ready().status == 200

    def test_without_an_end_there_is_nothing_to_tell(self, simulator, tmp_path):
        make_token(tmp_path / "tokens.json", expires="never")
        with Gateway(simulator.url, arguments=["--tokens", tmp_path / "tokens.json"]) as gateway:
            assert "connection_gateway_tokens_next_expiry_timestamp_seconds" not in gateway.metrics()
            assert gateway.metrics()["connection_gateway_tokens_expiring"] == 0

    def test_after_a_rotation_nobody_is_warned_of_the_old_one(self, simulator):
        with Gateway(simulator.url) as gateway:
            assert run("token", "rotate", "test", "--tokens", gateway.tokens).returncode == 0
            # The table has both, and the next look at it came after that: this one is new to both.
            make_token(gateway.tokens, name="short", expires="5s")
            wait_until(lambda: told(gateway, HAS_ENDED), "the end of the short one")
            assert [line["name"] for line in told(gateway, ENDS_SOON)] == ["short"]
            samples = gateway.metrics()
            assert samples["connection_gateway_tokens"] == 3 and samples["connection_gateway_tokens_expiring"] == 0
            listed = run("token", "list", "--tokens", gateway.tokens)
            assert listed.returncode == 0 and listed.stderr == ""
            old, new, _ = listed.stdout.splitlines()[1:]
            assert " (in 7 days) " in old or " (in 6 days) " in old
            assert "(" not in new

    def test_the_list_shows_and_warns_of_tokens_that_end_soon(self, tmp_path):
        file = tmp_path / "tokens.json"
        for name, expires in [("long", "15d"), ("soon", "73h"), ("gone", "1ms"), ("ever", "never")]:
            make_token(file, name=name, expires=expires)
        listed = run("token", "list", "--tokens", file)
        assert listed.returncode == 0
        lines = {line.split()[1]: line for line in listed.stdout.splitlines()}
        assert " (in 3 days) " in lines["soon"] and " (expired) " in lines["gone"] and " never " in lines["ever"]
        assert "(" not in lines["long"]
        [warning] = listed.stderr.splitlines()
        assert warning.startswith("warning: ") and entries(file)["soon"]["id"] in warning and "3 days" in warning


class TestLastUse:
    def listed(self, tokens, *arguments, **options):
        ended = run("token", "list", "--json", "--tokens", tokens, *arguments, **options)
        assert ended.returncode == 0
        return {entry["name"]: entry["lastUsedAt"] for entry in json.loads(ended.stdout)}, ended.stderr

    def test_is_the_time_of_the_last_record_with_the_token(self, simulator, tmp_path):
        tokens = tmp_path / "tokens.json"
        made = {name: make_token(tokens, name=name, expires="90d") for name in ("used", "refused", "idle")}
        with Gateway(simulator.url, arguments=["--tokens", tokens]) as gateway:
            gateway.reject(PENDING, token=made["refused"], body={"reason": '"caller":{"token":"' + "0" * 12})
            gateway.reject(UNKNOWN, token=made["used"])
            gateway.call("GET", "/connections", token=made["refused"])
            gateway.reject(UNKNOWN, token=None)
            last = {record["caller"]["name"]: record["time"][:19] + "Z" for record in gateway.records() if "caller" in record}
            expected = {"used": last["used"], "refused": last["refused"], "idle": None}
            assert self.listed(tokens, "--audit-log", gateway.audit) == (expected, "")
            assert self.listed(tokens, env={"GATEWAY_AUDIT_LOG": str(gateway.audit)}) == (expected, "")
            lines = run("token", "list", "--tokens", tokens, "--audit-log", gateway.audit).stdout.splitlines()
            assert "LAST USED" in lines[0]
            assert expected["used"] in lines[1] and expected["refused"] in lines[2]
            assert lines[3].split()[4:] == ["-", "connections:reject", "-"]

    @pytest.mark.parametrize("log", ["none", "a folder", "secret"])
    def test_a_log_that_cant_be_read_is_told_where_it_was_named_and_fails_nothing(self, tmp_path, log):
        tokens, audit = tmp_path / "tokens.json", tmp_path / "audit.jsonl"
        make_token(tokens, expires="90d")
        if log == "a folder":
            audit.mkdir()
        if log == "secret":
            audit = "/proc/1/nothing/audit.jsonl"
        uses, told = self.listed(tokens, "--audit-log", audit)
        assert uses == {"test": None}
        assert told.count("\n") == 1 and "--audit-log" in told and str(audit) in told
        assert " unknown " in run("token", "list", "--tokens", tokens, "--audit-log", audit).stdout
        # Nobody named the log that is read by default.
        assert self.listed(tokens)[1] == ""

    def test_what_isnt_an_audit_log_says_nothing(self, tmp_path):
        tokens, audit = tmp_path / "tokens.json", tmp_path / "audit.jsonl"
        make_token(tokens, expires="90d")
        [entry] = entries(tokens).values()
        audit.write_bytes(b'{"time":"2026-11-22T16:00:00.000000Z","caller":{"token":"%s","name":"test"}}\n\xff\0\n{"'
                          % entry["id"].encode())
        assert self.listed(tokens, "--audit-log", audit) == ({"test": None}, "")
