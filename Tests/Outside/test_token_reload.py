"""The tokens file while the gateway runs: however it changes, that counts within 2 seconds; what can't be used doesn't."""

import json
import os
import pathlib
import random
import stat
import subprocess
import tempfile
import time

import pytest
from support.gateway import BINARY, Gateway, make_token, run
from support.simulator import PATIENCE, UNKNOWN, Simulator, environment, wait_until

#: Two seconds, and what a busy machine takes to ask.
SOON = 3

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


@pytest.fixture
def versions(tmp_path):
    """Two versions of the file with a token each, and what stands in them."""
    folder = tmp_path / "versions"
    folder.mkdir()
    tokens = [make_token(folder / name) for name in ("old.json", "new.json")]
    contents = [(folder / name).read_bytes() for name in ("old.json", "new.json")]
    assert len(contents[0]) == len(contents[1])
    return tokens, contents


@pytest.fixture
def gateway(simulator, tmp_path, versions):
    """A gateway with the old version."""
    link = tmp_path / "tokens.json"
    link.symlink_to("data/tokens.json")
    put_folder(tmp_path, "first", versions[1][0])
    (tmp_path / "data").symlink_to("first")
    with Gateway(simulator.url, arguments=["--tokens", link]) as running:
        running.file = link
        assert accepted(running, versions) == [True, False]
        yield running


def put_folder(parent, name, content):
    (parent / name).mkdir()
    put(parent / name / "tokens.json", content)


def put(file, content):
    file.write_bytes(content)
    file.chmod(0o600)


def accepted(gateway, versions):
    return [{404: True, 401: False}[gateway.reject(UNKNOWN, token=token).status] for token in versions[0]]


def wait_for(gateway, versions, expected, what):
    """Waits until these tokens are the ones that count; they have to be soon."""
    begin = time.monotonic()
    wait_until(lambda: accepted(gateway, versions) == expected, what)
    assert time.monotonic() - begin < SOON


def errors(gateway):
    return [line for line in gateway.log() if line["level"] == "error"]


def in_place(file, content):
    with open(file, "r+b") as opened:
        opened.write(content)


def emptied_and_written(file, content):
    with open(file, "wb") as opened:
        opened.write(content)


def renamed(file, content):
    """Where the link leads to, as `token create` does it."""
    target = file.resolve()
    put(target.with_name("next"), content)
    os.replace(target.with_name("next"), target)


def copied_over_the_link(file, content):
    put(file.with_name("next"), content)
    os.replace(file.with_name("next"), file)


def link_swapped(file, content):
    """As Kubernetes changes a mounted secret: the folder that a link in the middle leads to."""
    put_folder(file.parent, "second", content)
    (file.parent / "data.next").symlink_to("second")
    os.replace(file.parent / "data.next", file.parent / "data")


def first_link_swapped(file, content):
    put(file.with_name("elsewhere.json"), content)
    file.with_name("next").symlink_to("elsewhere.json")
    os.replace(file.with_name("next"), file)


def removed_and_made(file, content):
    target = file.resolve()
    target.unlink()
    put(target, content)


def in_place_with_the_times_of_before(file, content):
    before = os.stat(file)
    in_place(file, content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


WAYS = [in_place, emptied_and_written, renamed, copied_over_the_link, link_swapped, first_link_swapped, removed_and_made,
        in_place_with_the_times_of_before]


@pytest.mark.parametrize("change", WAYS, ids=lambda way: way.__name__)
def test_a_change_counts_soon_however_it_is_made(gateway, versions, change):
    change(gateway.file, versions[1][1])
    wait_for(gateway, versions, [False, True], "the new version to count")
    # Once, or once more where half of it was seen.
    assert len([line for line in gateway.log() if line["message"] == "tokens loaded"]) >= 1
    assert gateway.ready().status == 200


def test_a_revoked_token_is_refused_soon(gateway, versions):
    begin = time.monotonic()
    assert run("token", "revoke", json.loads(versions[1][0])["tokens"][0]["id"], "--tokens", gateway.file).returncode == 0
    wait_until(lambda: gateway.reject(UNKNOWN, token=versions[0][0]).status == 401, "the token to be refused")
    assert time.monotonic() - begin < SOON
    assert gateway.file.is_symlink() and (gateway.file.parent / "data").is_symlink()


class TestBadFile:
    """The last good file stays in force, readiness, log and metric say so, and what is good again counts."""

    @staticmethod
    def assert_kept(gateway, versions, reason):
        wait_until(lambda: gateway.ready().status == 503, "readiness to fail", SOON)
        assert accepted(gateway, versions) == [True, False]
        assert gateway.metrics()["connection_gateway_tokens_current"] == 0
        assert gateway.metrics()["connection_gateway_tokens_reload_failures_total"] >= 1
        assert reason in errors(gateway)[-1]["reason"]
        status, said = gateway.ready_for_admins()["tokens"]
        assert status == "failing" and reason in said
        assert errors(gateway)[-1]["message"] == "tokens not reloaded, the last good ones stay"

    @staticmethod
    def assert_taken(gateway, versions, expected):
        begin = time.monotonic()
        wait_until(lambda: gateway.ready().status == 200, "the good file to count")
        assert time.monotonic() - begin < SOON
        assert accepted(gateway, versions) == expected
        assert gateway.metrics()["connection_gateway_tokens_current"] == 1

    @pytest.mark.parametrize("content, reason", [
        (b"", "isn't valid"), (b"what is this", "isn't valid"), (b'{"version":2,"tokens":[]}', "'version'"),
        (b'{"version":1,"tokens":[{"hash":"cgw_secret"}]}', "token 1"),
        (b'{"version":1,"tokens":[],"note":1}', "a member")])
    def test_what_isnt_one_changes_nothing(self, gateway, versions, content, reason):
        renamed(gateway.file, content)
        self.assert_kept(gateway, versions, reason)
        assert "secret" not in gateway.log_text()
        renamed(gateway.file, versions[1][1])
        self.assert_taken(gateway, versions, [False, True])

    @pytest.mark.parametrize("restriction, reason", [
        ({"connections": []}, "'connections'"), ({"from": []}, "'from'"), ({"connections": ["*"]}, "'connections'"),
        ({"from": ["10.0.0.1/8"]}, "'from'"), ({"rate": None}, "'rate'"), ({"networks": ["10.0.0.0/8"]}, "a member")],
        ids=json.dumps)
    def test_a_restriction_that_isnt_one_changes_nothing(self, gateway, versions, restriction, reason):
        document = json.loads(versions[1][1])
        document["tokens"][0] |= restriction
        renamed(gateway.file, json.dumps(document).encode())
        self.assert_kept(gateway, versions, reason)

    @pytest.mark.parametrize("mode", [0o644, 0o660, 0o606])
    def test_a_mode_that_lets_others_in(self, gateway, versions, mode):
        in_place(gateway.file, versions[1][1])
        gateway.file.chmod(mode)
        self.assert_kept(gateway, versions, f"has the mode 0{mode:o}")
        gateway.file.chmod(0o640)
        self.assert_taken(gateway, versions, [False, True])

    @ROOT_ONLY
    def test_an_owner_who_is_neither_root_nor_the_gateways_user(self, gateway, versions):
        os.chown(gateway.file, 12345, 0)
        self.assert_kept(gateway, versions, "belongs to the user 12345, but has to belong to root or to the user")
        os.chown(gateway.file, 0, 0)
        self.assert_taken(gateway, versions, [True, False])

    def test_a_folder_that_is_writable_for_all(self, gateway, versions):
        (gateway.file.parent / "first").chmod(0o777)
        in_place(gateway.file, versions[1][1])
        self.assert_kept(gateway, versions, "where anyone may put another file in its place")
        (gateway.file.parent / "first").chmod(0o700)
        gateway.signal(1)
        self.assert_taken(gateway, versions, [False, True])

    def test_one_that_is_gone_and_comes_back(self, gateway, versions):
        gateway.file.resolve().unlink()
        self.assert_kept(gateway, versions, "doesn't exist")
        put(gateway.file.parent / "first" / "tokens.json", versions[1][1])
        self.assert_taken(gateway, versions, [False, True])

    def test_one_that_is_half_written(self, gateway, versions):
        with open(gateway.file, "wb", buffering=0) as opened:
            opened.write(versions[1][1][:100])
            self.assert_kept(gateway, versions, "isn't valid")
            opened.write(versions[1][1][100:])
            self.assert_taken(gateway, versions, [False, True])


def test_while_it_is_written_to_in_pieces_what_is_in_all_versions_counts_all_the_time(gateway, versions):
    """An editor that is none of the careful ones: each version is written in place, a few bytes at a time."""
    seed = random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)
    old, new = (json.loads(content) for content in versions[1])
    both = [{**old, "tokens": old["tokens"] + new["tokens"] * number} for number in (0, 1)]
    end = time.monotonic() + 4
    number = 0
    while time.monotonic() < end:
        content = json.dumps(both[number % 2], indent=chance.choice([None, 1, 4])).encode()
        number += 1
        with open(gateway.file, "wb", buffering=0) as opened:
            for start in range(0, len(content), 60):
                opened.write(content[start:start + 60])
                if chance.random() < 0.1:
                    time.sleep(chance.random() * 0.05)
        assert gateway.reject(UNKNOWN, token=versions[0][0]).status == 404, seed
    emptied_and_written(gateway.file, versions[1][1])
    wait_for(gateway, versions, [False, True], f"the last version to count (seed {seed})")


class TestStart:
    """What keeps the gateway from starting, said in a line."""

    @pytest.fixture
    def file(self, tmp_path):
        make_token(tmp_path / "tokens.json")
        return tmp_path / "tokens.json"

    @staticmethod
    def fail(file):
        ended = subprocess.run(
            [str(BINARY), "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--tokens", str(file),
             "--audit-log", str(file.parent / "audit.jsonl")], capture_output=True, text=True, check=False,
            timeout=PATIENCE, env=environment(file.parent, AWS_REGION="eu-west-1"))
        assert ended.returncode == 78 and ended.stderr.count("\n") == 1 and "--tokens" in ended.stderr, ended
        assert not (file.parent / "audit.jsonl").exists()
        return ended.stderr

    @ROOT_ONLY
    def test_a_file_of_someone_else(self, file):
        os.chown(file, 12345, 0)
        assert "belongs to the user 12345" in self.fail(file)
        # Whoever may write it may use the commands on it.
        assert run("token", "list", "--tokens", file).returncode == 0

    @ROOT_ONLY
    def test_as_another_user_its_own_and_roots_are_good(self, simulator):
        """The gateway as it is installed: not as root."""
        for parent in BINARY.parents:
            if parent.stat().st_mode & stat.S_IXOTH == 0:
                pytest.skip(f"{parent} isn't open to other users")
        with tempfile.TemporaryDirectory(prefix="connection-gateway-") as name:
            self.check_as_another_user(pathlib.Path(name), simulator)

    @staticmethod
    def check_as_another_user(folder, simulator):
        os.chown(folder, 12345, 12345)
        make_token(folder / "tokens.json")
        for owner, mode in [(12345, 0o600), (0, 0o640)]:
            os.chown(folder / "tokens.json", owner, 12345)
            (folder / "tokens.json").chmod(mode)
            with Gateway(simulator.url, folder=folder,
                         prefix=["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"]) as gateway:
                assert gateway.reject(UNKNOWN).status == 404

    def test_a_folder_that_is_writable_for_all(self, file):
        file.parent.chmod(0o777)
        assert f"lies in {file.parent}, where anyone may put another file" in self.fail(file)
        made = run("token", "create", "--name", "x", "--scope", "connections:read", "--tokens", file)
        assert made.returncode == 78 and made.stdout == ""
        file.parent.chmod(0o1777)
        assert run("token", "list", "--tokens", file).returncode == 0
