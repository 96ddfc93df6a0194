"""`token rotate`: a new secret under the same name, while the old one goes on for a while; and many commands at once."""

import concurrent.futures
import datetime
import hashlib
import json
import re
import shutil
import stat
import subprocess

import pytest
from support.gateway import BINARY, Gateway, make_token, run
from support.simulator import PATIENCE, UNKNOWN, Simulator, environment, wait_until

DAY = datetime.timedelta(days=1)
RESTRICTED = ["--connection", "eu-*", "--from", "10.0.0.0/8", "--from", "fd00::/8", "--rate", "5/10"]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tokens.json"


def entries(file):
    return json.loads(file.read_text())["tokens"]


def create(file, name="runbook-eu", *flags):
    made = run("token", "create", "--name", name, "--scope", "connections:reject", *flags, "--tokens", file)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def rotate(file, token, *flags, **options):
    return run("token", "rotate", token, *flags, "--tokens", file, **options)


def identifier(token):
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def time_of(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def about(time, expected):
    """As near as the commands' own time on a slow machine."""
    return abs(time - expected) < datetime.timedelta(seconds=PATIENCE)


class TestRotate:
    @pytest.mark.parametrize("by", ["name", "id"])
    def test_the_new_token_is_printed_and_takes_over_all_but_the_secret(self, file, by):
        old = create(file, "runbook-eu", *RESTRICTED, "--scope", "connections:read")
        create(file, "other")
        before = entries(file)
        rotated = rotate(file, "runbook-eu" if by == "name" else identifier(old))
        assert rotated.returncode == 0, rotated.stderr
        assert re.fullmatch(r"cgw_[0-9A-Za-z]{46}\n", rotated.stdout)
        new = rotated.stdout.strip()
        assert new != old and new not in rotated.stderr and old not in rotated.stderr
        assert identifier(old) in rotated.stderr and identifier(new) in rotated.stderr
        first, second, third = entries(file)
        assert second == before[1]
        assert about(time_of(first["expiresAt"]), now() + 7 * DAY)
        assert first == before[0] | {"expiresAt": first["expiresAt"]}
        assert about(time_of(third["createdAt"]), now())
        assert time_of(third["expiresAt"]) - time_of(third["createdAt"]) == 90 * DAY
        assert third == before[0] | {"id": identifier(new), "hash": f"sha256:{hashlib.sha256(new.encode()).hexdigest()}",
                                     "createdAt": third["createdAt"], "expiresAt": third["expiresAt"]}
        assert third["connections"] == ["eu-*"] and third["from"] == ["10.0.0.0/8", "fd00::/8"]
        assert third["rate"] == "5/10"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert [each.name for each in file.parent.iterdir()] == ["tokens.json"]

    @pytest.mark.parametrize("own, flags, expected", [
        ("never", [], 7 * DAY), ("30d", [], 7 * DAY), ("30d", ["--overlap", "12h"], DAY / 2),
        ("2d", [], 2 * DAY), ("2d", ["--overlap", "30d"], 2 * DAY), ("never", ["--overlap", "0s"], 0 * DAY)])
    def test_the_old_token_ends_when_the_overlap_or_its_own_time_is_over(self, file, own, flags, expected):
        create(file, "runbook-eu", "--expires", own)
        assert rotate(file, "runbook-eu", *flags).returncode == 0
        assert about(time_of(entries(file)[0]["expiresAt"]), now() + expected)

    @pytest.mark.parametrize("expires, expected", [("1h", DAY / 24), ("never", None)])
    def test_the_new_token_ends_when_it_is_told_to(self, file, expires, expected):
        create(file)
        assert rotate(file, "runbook-eu", "--expires", expires).returncode == 0
        end = entries(file)[1]["expiresAt"]
        assert end is None if expected is None else about(time_of(end), now() + expected)

    def test_a_name_that_several_in_force_have_wont_do_and_their_ids_are_named(self, file):
        tokens = [create(file), create(file), create(file, "runbook-eu", "--expires", "1ms")]
        before = file.read_bytes()
        rotated = rotate(file, "runbook-eu")
        assert rotated.returncode == 64 and rotated.stdout == "" and rotated.stderr.count("\n") == 1
        assert [identifier(token) in rotated.stderr for token in tokens] == [True, True, False]
        assert file.read_bytes() == before
        assert rotate(file, identifier(tokens[1])).returncode == 0
        assert [entry["id"] for entry in entries(file)[:3]] == [identifier(token) for token in tokens]
        assert entries(file)[0]["expiresAt"] == json.loads(before)["tokens"][0]["expiresAt"]

    def test_a_token_that_has_expired_is_replaced_and_stays_expired(self, file):
        create(file, "runbook-eu", "--expires", "1ms")
        [old] = entries(file)
        rotated = rotate(file, "runbook-eu")
        assert rotated.returncode == 0 and "has expired" in rotated.stderr
        assert entries(file)[0] == old
        assert about(time_of(entries(file)[1]["expiresAt"]), now() + 90 * DAY)

    def test_what_isnt_there_is_told_and_what_was_given_isnt_shown(self, file):
        token = create(file)
        before = file.read_bytes()
        for given in ["0" * 12, "", token, "runbook", identifier(token)[:11]]:
            rotated = rotate(file, given)
            assert rotated.returncode == 64 and rotated.stdout == "" and token not in rotated.stderr
            assert file.read_bytes() == before

    @pytest.mark.parametrize("flags", [
        ["--overlap", ""], ["--overlap", "7"], ["--overlap=-1d"], ["--overlap", "never"], ["--overlap", "99999999d"],
        ["--expires", "0d"], ["--expires", "soon"], ["--scope", "connections:read"], ["--connection", "a*"], ["more"]],
        ids=" ".join)
    def test_wrong_usage_changes_nothing(self, file, flags):
        create(file)
        before = file.read_bytes()
        rotated = rotate(file, "runbook-eu", *flags)
        assert rotated.returncode == 64 and rotated.stdout == "" and rotated.stderr
        assert file.read_bytes() == before

    def test_a_file_that_cant_be_used_is_told(self, file):
        rotated = rotate(file, "runbook-eu")
        assert rotated.returncode == 78 and rotated.stderr.count("\n") == 1 and "--tokens" in rotated.stderr
        assert not file.exists()

    def test_a_disk_that_fails_changes_nothing(self, file):
        if shutil.which("strace") is None:
            pytest.skip("strace isn't installed (Debian: strace)")
        create(file)
        before = file.read_text()
        for call, error in [("fsync", "EIO"), ("rename", "ENOSPC")]:
            rotated = rotate(file, "runbook-eu", prefix=[
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when=1"])
            assert rotated.returncode == 78 and rotated.stdout == "", rotated
            assert file.read_text() == before
            assert [each.name for each in file.parent.iterdir()] == ["tokens.json"]

    @pytest.mark.parametrize("command", [["rotate", "runbook-eu"], ["create", "--name", "x", "--scope", "connections:read"]],
                             ids=["rotate", "create"])
    @pytest.mark.parametrize("output", ["full", "gone", "closed"])
    def test_a_token_that_nobody_could_see_is_told_by_its_id(self, file, command, output):
        create(file)
        words = [str(BINARY), "token", *command, "--tokens", str(file)]
        redirection = {"full": '"$@" >/dev/full', "gone": '{ sleep 0.2; "$@"; echo $? >&2; } | :', "closed": '"$@" >&-'}[output]
        ended = subprocess.run(["sh", "-c", redirection, "sh", *words], capture_output=True, text=True, check=False,
                               timeout=PATIENCE, env=environment(file.parent))
        code = int(ended.stderr.split()[-1]) if output == "gone" else ended.returncode
        assert code == 74 and ended.stdout == "" and "revoke it" in ended.stderr
        assert entries(file)[-1]["id"] in ended.stderr.splitlines()[-2 if output == "gone" else -1]


class TestGateway:
    @pytest.fixture
    def gateway(self):
        with Simulator() as simulator, Gateway(simulator.url) as running:
            yield running

    @staticmethod
    def statuses(gateway, *tokens):
        return [gateway.reject(UNKNOWN, token=token).status for token in tokens]

    def test_both_are_good_until_the_overlap_is_over(self, gateway):
        old = make_token(gateway.tokens, name="runbook-eu")
        wait_until(lambda: self.statuses(gateway, old) == [404], "the old token to count")
        new = rotate(gateway.tokens, "runbook-eu", "--overlap", "6s").stdout.strip()
        wait_until(lambda: self.statuses(gateway, new) == [404], "the new token to count")
        assert self.statuses(gateway, old) == [404]
        wait_until(lambda: self.statuses(gateway, old) == [401], "the old token to end")
        assert self.statuses(gateway, new) == [404]
        assert "expired" in gateway.reject(UNKNOWN, token=old).json["detail"]
        callers = {record["caller"]["token"] for record in gateway.records("intent")}
        assert callers == {identifier(old), identifier(new)}
        assert gateway.records("denied")[-1]["caller"] == {"token": identifier(old), "name": "runbook-eu"}

    def test_without_an_overlap_the_old_one_ends_at_once(self, gateway):
        new = rotate(gateway.tokens, "test", "--overlap", "0s").stdout.strip()
        wait_until(lambda: self.statuses(gateway, gateway.token, new) == [401, 404], "the new token alone to count", 3)


class TestManyAtOnce:
    def test_twenty_commands_lose_nothing(self, file):
        """Creating, rotating and revoking, all at the same time."""
        kept = {name: create(file, name) for name in ("kept-1", "kept-2")}
        revoked = [create(file, f"revoked-{number}") for number in range(5)]
        rotated = [create(file, f"rotated-{number}") for number in range(7)]
        commands = [["revoke", identifier(token)] for token in revoked]
        commands += [["rotate", f"rotated-{number}"] for number in range(7)]
        commands += [["create", "--name", f"new-{number}", "--scope", "connections:reject"] for number in range(8)]
        with concurrent.futures.ThreadPoolExecutor(len(commands)) as pool:
            ended = list(pool.map(lambda command: run("token", *command, "--tokens", file, timeout=60), commands))
        assert [each.returncode for each in ended] == [0] * 20, ended
        printed = [each.stdout.strip() for each in ended[5:]]
        assert len(set(printed)) == 15
        found = {entry["id"]: entry for entry in entries(file)}
        assert found.keys() == {identifier(token) for token in [*kept.values(), *rotated, *printed]}
        assert [found[identifier(token)]["name"] for token in printed] == [
            *(f"rotated-{number}" for number in range(7)), *(f"new-{number}" for number in range(8))]
        for token in rotated:
            assert about(time_of(found[identifier(token)]["expiresAt"]), now() + 7 * DAY)
        for token in kept.values():
            assert about(time_of(found[identifier(token)]["expiresAt"]), now() + 90 * DAY)
        assert [each.name for each in file.parent.iterdir()] == ["tokens.json"]

    def test_of_several_that_rotate_the_same_token_by_its_id_each_gets_one_of_its_own(self, file):
        token = create(file)
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            ended = list(pool.map(lambda _: rotate(file, identifier(token), "--overlap", "1h", timeout=60), range(6)))
        assert [each.returncode for each in ended] == [0] * 6
        assert [entry["id"] for entry in entries(file)][0] == identifier(token)
        assert {entry["id"] for entry in entries(file)[1:]} == {identifier(each.stdout.strip()) for each in ended}
        assert about(time_of(entries(file)[0]["expiresAt"]), now() + DAY / 24)
