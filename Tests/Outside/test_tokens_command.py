"""`token create`, `list` and `revoke`, and the file they keep."""

import concurrent.futures
import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import zlib

import pytest
from support.gateway import BINARY, Gateway, make_token, run
from support.simulator import UNKNOWN, Simulator

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ARGUMENTS = ["--name", "runbook-eu", "--scope", "connections:reject"]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "tokens.json"


def create(file, *arguments, **options):
    return run("token", "create", *(arguments or ARGUMENTS), "--tokens", file, **options)


def entries(file):
    return json.loads(file.read_text())["tokens"]


def time_of(text):
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", text)
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")


class TestCreate:
    def test_prints_the_token_and_nothing_else_on_stdout(self, file):
        made = create(file)
        assert made.returncode == 0
        assert re.fullmatch(r"cgw_[0-9A-Za-z]{46}\n", made.stdout)
        token = made.stdout.strip()
        assert token not in made.stderr and "runbook-eu" in made.stderr

    def test_its_last_six_characters_are_a_checksum(self, file):
        for number in range(5):
            token = create(file, "--name", f"n{number}", "--scope", "connections:read").stdout.strip()
            value, digits = zlib.crc32(token[:-6].encode()), ""
            for _ in range(6):
                value, digit = divmod(value, 62)
                digits = ALPHABET[digit] + digits
            assert value == 0 and token[-6:] == digits

    def test_makes_the_file_with_mode_0600_and_the_hash_alone(self, file):
        before = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        token = create(file, *ARGUMENTS, "--scope", "connections:read", "--expires", "90d").stdout.strip()
        after = datetime.datetime.now(datetime.timezone.utc)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        document = json.loads(file.read_text())
        assert list(document) == ["version", "tokens"] and document["version"] == 1
        [entry] = document["tokens"]
        assert list(entry) == ["id", "name", "hash", "scopes", "createdAt", "expiresAt"]
        digest = hashlib.sha256(token.encode()).hexdigest()
        assert entry["hash"] == f"sha256:{digest}" and entry["id"] == digest[:12]
        assert entry["name"] == "runbook-eu"
        assert sorted(entry["scopes"]) == ["connections:read", "connections:reject"]
        assert before <= time_of(entry["createdAt"]) <= after
        assert time_of(entry["expiresAt"]) - time_of(entry["createdAt"]) == datetime.timedelta(days=90)
        assert token not in file.read_text() and token[4:20] not in file.read_text()
        assert [each.name for each in file.parent.iterdir()] == ["tokens.json"]

    @pytest.mark.parametrize("umask", [0, 0o022, 0o077, 0o777])
    def test_whatever_the_umask_the_mode_is_0600(self, file, umask):
        made = subprocess.run(["sh", "-c", f'umask {umask:o} && exec "$0" "$@"', str(BINARY), "token", "create",
                               *ARGUMENTS, "--tokens", str(file)], capture_output=True, text=True, check=False, env={})
        assert made.returncode == 0, made.stderr
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    @pytest.mark.parametrize("expires, days", [("12h", 0.5), ("1d", 1), ("365d", 365), ("never", None), (None, 90)])
    def test_ends_when_it_is_told_to(self, file, expires, days):
        assert create(file, *ARGUMENTS, *(["--expires", expires] if expires else [])).returncode == 0
        [entry] = entries(file)
        if days is None:
            assert entry["expiresAt"] is None
        else:
            assert time_of(entry["expiresAt"]) - time_of(entry["createdAt"]) == datetime.timedelta(days=days)

    def test_two_of_one_name_stand_side_by_side(self, file):
        tokens = {create(file).stdout for _ in range(2)}
        assert len(tokens) == 2 and [entry["name"] for entry in entries(file)] == ["runbook-eu"] * 2

    def test_eight_at_once_lose_nothing(self, file):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda number: create(file, "--name", f"n{number}", "--scope", "connections:reject"),
                                 range(8)))
        assert [each.returncode for each in made] == [0] * 8, made
        hashes = {f"sha256:{hashlib.sha256(each.stdout.strip().encode()).hexdigest()}" for each in made}
        assert len(hashes) == 8 and {entry["hash"] for entry in entries(file)} == hashes
        assert [each.name for each in file.parent.iterdir()] == ["tokens.json"]

    def test_creating_and_revoking_at_once_lose_nothing(self, file):
        for number in range(4):
            create(file, "--name", f"old{number}", "--scope", "connections:reject")
        ids = [entry["id"] for entry in entries(file)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            work = [pool.submit(run, "token", "revoke", each, "--tokens", file) for each in ids]
            work += [pool.submit(create, file, "--name", f"new{number}", "--scope", "connections:reject")
                     for number in range(4)]
            assert [each.result().returncode for each in work] == [0] * 8
        assert {entry["name"] for entry in entries(file)} == {f"new{number}" for number in range(4)}

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o400, 0o440])
    def test_a_file_that_is_there_keeps_its_mode_and_owner(self, file, mode):
        create(file)
        file.chmod(mode)
        group = os.getgid()
        if os.geteuid() == 0:
            os.chown(file, 12345, 23456)
            group = 23456
        assert create(file).returncode == 0
        assert stat.S_IMODE(file.stat().st_mode) == mode
        assert file.stat().st_gid == group and file.stat().st_uid == (12345 if os.geteuid() == 0 else os.getuid())
        assert len(entries(file)) == 2

    def test_a_link_stays_a_link(self, file, tmp_path):
        create(file)
        link = tmp_path / "link.json"
        link.symlink_to(file)
        assert create(link).returncode == 0
        assert link.is_symlink() and not file.is_symlink() and len(entries(file)) == 2

    def test_a_link_that_leads_nowhere_stays_and_no_token_is_made(self, file, tmp_path):
        link = tmp_path / "link.json"
        link.symlink_to(file)
        made = create(link)
        assert made.returncode == 78 and made.stdout == "" and made.stderr.count("\n") == 1
        assert "--tokens" in made.stderr and "is a link to a file that doesn't exist" in made.stderr
        assert link.is_symlink() and not file.exists()

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file a group that its owner isn't in")
    @pytest.mark.parametrize("mode, is_kept", [(0o640, False), (0o600, True)], ids=["0640", "0600"])
    def test_a_group_that_cant_be_kept_isnt_changed_where_it_matters(self, mode, is_kept):
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if run("--version", prefix=nobody).returncode != 0:
            pytest.skip("another user can't run the binary")
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "tokens.json")
            create(file)
            os.chown(folder, 65534, 65534)
            os.chown(file, 65534, 0)
            file.chmod(mode)
            before = file.read_bytes()
            made = create(file, prefix=nobody)
            assert os.listdir(folder) == ["tokens.json"]
            if is_kept:
                assert made.returncode == 0 and len(entries(file)) == 2
            else:
                assert made.returncode == 78 and made.stdout == "" and made.stderr.count("\n") == 1
                assert "its group 0 can't be kept" in made.stderr
                assert file.read_bytes() == before and file.stat().st_gid == 0

    def test_the_file_may_be_named_by_the_environment(self, file):
        made = run("token", "create", *ARGUMENTS, env={"GATEWAY_TOKENS": str(file)})
        assert made.returncode == 0 and len(entries(file)) == 1

    def test_what_was_there_stays_as_it_was(self, file):
        create(file)
        first = entries(file)[0]
        create(file, "--name", "other", "--scope", "connections:read", "--expires", "never")
        assert entries(file)[0] == first

    @pytest.mark.parametrize("content, mode", [
        ("", 0o600), ("{", 0o600), ('{"version":2,"tokens":[]}', 0o600), ('{"version":1,"tokens":[]}', 0o666)])
    def test_a_file_that_cant_be_used_stays_as_it_is(self, file, content, mode):
        file.write_text(content)
        file.chmod(mode)
        made = create(file)
        assert made.returncode == 78 and made.stdout == ""
        assert made.stderr.count("\n") == 1 and "--tokens" in made.stderr
        assert file.read_text() == content and [each.name for each in file.parent.iterdir()] == ["tokens.json"]

    def test_a_folder_that_isnt_there_is_told(self, file):
        made = create(file.parent / "none" / "tokens.json")
        assert made.returncode == 78 and made.stdout == "" and "--tokens" in made.stderr

    def test_a_disk_that_is_full_changes_nothing(self, file):
        if shutil.which("strace") is None:
            pytest.skip("strace isn't installed (Debian: strace)")
        create(file)
        before = file.read_text()
        for call, error in [("fsync", "EIO"), ("rename", "ENOSPC"), ("fchmod", "EPERM")]:
            made = create(file, prefix=["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                                        "-e", f"inject={call}:error={error}:when=1"])
            assert made.returncode == 78 and made.stdout == "" and "--tokens" in made.stderr, made
            assert file.read_text() == before
            assert [each.name for each in file.parent.iterdir()] == ["tokens.json"]

    @pytest.mark.parametrize("arguments", [
        [], ["--name", "x"], ["--scope", "connections:reject"], ["--name", "", "--scope", "connections:reject"],
        ["--name", "x y", "--scope", "connections:reject"], ["--name", "x\ny", "--scope", "connections:reject"],
        ["--name", "x" * 65, "--scope", "connections:reject"], ["--name", "\u00fc", "--scope", "connections:reject"],
        ["--name", "x", "--scope", "connections:accept"], ["--name", "x", "--scope", "*"],
        ["--name", "x", "--scope", ""],
        [*ARGUMENTS, "--expires", "0d"], [*ARGUMENTS, "--expires", "yesterday"], [*ARGUMENTS, "--expires", "90"],
        [*ARGUMENTS, "--expires", ""], [*ARGUMENTS, "--expires", "99999999999d"], [*ARGUMENTS, "--expires=-1d"],
        [*ARGUMENTS, "--token", "cgw_x"], [*ARGUMENTS, "extra"]], ids=lambda arguments: " ".join(arguments)[:60])
    def test_wrong_usage_makes_no_token(self, file, arguments):
        made = run("token", "create", *arguments, "--tokens", file)
        assert made.returncode == 64, made
        assert made.stdout == "" and made.stderr
        assert not file.exists()


class TestList:
    def test_shows_what_there_is_and_no_secret(self, file):
        token = make_token(file, name="first", scopes=["connections:reject", "connections:read"], expires="90d")
        make_token(file, name="second", expires="never")
        listed = run("token", "list", "--tokens", file)
        assert listed.returncode == 0 and listed.stderr == ""
        for entry in entries(file):
            [line] = [line for line in listed.stdout.splitlines() if line.startswith(entry["id"])]
            assert entry["name"] in line and (entry["expiresAt"] or "never") in line
            assert all(scope in line for scope in entry["scopes"])
            assert entry["hash"].removeprefix("sha256:") not in listed.stdout
        assert token not in listed.stdout

    def test_as_json_is_for_programs(self, file):
        make_token(file, name="first")
        make_token(file, name="gone", expires="1ms")
        listed = json.loads(run("token", "list", "--json", "--tokens", file).stdout)
        assert [entry["name"] for entry in listed] == ["first", "gone"]
        assert [entry["expired"] for entry in listed] == [False, True]
        assert [entry["id"] for entry in listed] == [entry["id"] for entry in entries(file)]
        assert not any("hash" in entry for entry in listed)

    def test_a_missing_file_is_told(self, file):
        for arguments in (["list"], ["revoke", "0" * 12]):
            ended = run("token", *arguments, "--tokens", file)
            assert ended.returncode == 78 and ended.stderr.count("\n") == 1 and "--tokens" in ended.stderr
            assert not file.exists()


class TestRevoke:
    def test_takes_the_token_out_and_leaves_the_others(self, file):
        for name in ("first", "second", "third"):
            make_token(file, name=name)
        first, second, third = entries(file)
        revoked = run("token", "revoke", second["id"], "--tokens", file)
        assert revoked.returncode == 0 and revoked.stdout == ""
        assert entries(file) == [first, third]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_what_isnt_there_is_told_and_what_was_given_isnt_shown(self, file):
        token = make_token(file)
        before = file.read_bytes()
        for given in ["0" * 12, "", token, entries(file)[0]["name"], entries(file)[0]["id"][:11]]:
            revoked = run("token", "revoke", given, "--tokens", file)
            assert revoked.returncode == 64 and revoked.stdout == ""
            assert token not in revoked.stderr
            assert file.read_bytes() == before


def test_a_token_that_python_made_by_the_rule_is_taken(tmp_path):
    """The file's format is a contract: another program may write it."""
    secret = "cgw_" + "A1b2C3d4E5" * 4
    value, digits = zlib.crc32(secret.encode()), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = ALPHABET[digit] + digits
    token = secret + digits
    digest = hashlib.sha256(token.encode()).hexdigest()
    file = tmp_path / "python.json"
    file.write_text(json.dumps({"version": 1, "tokens": [{
        "id": digest[:12], "name": "by-python", "hash": f"sha256:{digest}", "scopes": ["connections:reject"],
        "createdAt": "2026-01-01T00:00:00Z", "expiresAt": None}]}, indent=4))
    file.chmod(0o640)
    with Simulator() as simulator, Gateway(simulator.url, arguments=["--tokens", file]) as gateway:
        assert gateway.reject(UNKNOWN, token=token).status == 404
        assert gateway.records("intent")[0]["caller"] == {"token": digest[:12], "name": "by-python"}
