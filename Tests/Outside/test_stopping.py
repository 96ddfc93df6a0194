"""How a gateway stops, and how another follows it: no call is lost on the way, and none is answered untruly."""

import contextlib
import grp
import json
import os
import signal
import socket
import stat
import subprocess
import time

import pytest
from support.gateway import BINARY, Gateway, make_token, run
from support.load import Load, Wire, ask, is_refused
from support.simulator import PATIENCE, UNKNOWN, Simulator, wait_until


#: How many calls each part of a handover takes.
CALLS = 500


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running
        running.clear_faults()


def outcomes(*gateways):
    """Request id to HTTP status, from the outcome records."""
    return {record["requestId"]: record["httpStatus"] for gateway in gateways for record in gateway.records("outcome")}


def check(load, *gateways):
    """Every call was answered, truly: as the audit has it, and 404 is what AWS says."""
    assert load.lost == []
    assert set(load.answers.values()) == {404}
    records = outcomes(*gateways)
    assert load.answers.items() <= records.items()
    for gateway in gateways:
        assert {record["requestId"] for record in gateway.records("intent")} == set(outcomes(gateway))


def messages(gateway):
    return [line["message"] for line in gateway.log()]


@contextlib.contextmanager
def sigterm(gateway):
    """Tells it to stop; at the end it has stopped, with 0."""
    gateway.signal(signal.SIGTERM)
    yield
    assert gateway.process.wait(PATIENCE) == 0, gateway.log_text()


def serve(folder, *arguments):
    """The command line, with the files of this folder."""
    return [str(BINARY), "serve", "--admin-listen", "127.0.0.1:0", "--tokens", str(folder / "tokens.json"), "--audit-log",
            str(folder / "audit.jsonl"), *arguments]


def follower(simulator, first, *arguments, same_log=False, **options):
    """A gateway that follows another: it knows its tokens, and if told so goes on with its audit log."""
    gateway = Gateway(simulator.url, arguments=["--tokens", first.tokens, *arguments], **options)
    if same_log:
        gateway.audit = first.audit
    return gateway


class TestStop:
    def test_under_load_readiness_fails_first_and_every_call_gets_its_true_answer(self, simulator):
        with Gateway(simulator.url, arguments=["--stop-delay", "3s"]) as gateway:
            with Load(gateway.address, gateway.token, until_refused=True) as load:
                load.wait_for(50)
                simulator.fault("slow", delayMs=300)
                begin = time.monotonic()
                with sigterm(gateway):
                    # New connections are taken all the while, and readiness says that it is time to go elsewhere.
                    wait_until(lambda: gateway.ready().status == 503, "readiness to fail")
                    assert not is_refused(gateway.address)
                    late = Wire(gateway.address)
                    assert ask(late, "POST", f"/connections/{UNKNOWN}/reject", gateway.token, "late")[:2] == (404, "close")
                    late.close()
                    # It hasn't waited for the delay's end.
                    assert time.monotonic() - begin < 3
                    load.join()
                simulator.clear_faults()
            check(load, gateway)
            # Each of those that keep their connections was told.
            assert load.closes >= 4 and load.refused == 8
            gateway.check_chain()
            assert gateway.records()[-1]["stage"] == "closed"

    def test_a_second_signal_ends_the_delay(self, simulator):
        with Gateway(simulator.url, arguments=["--stop-delay", "60s"]) as gateway:
            gateway.signal(signal.SIGTERM)
            wait_until(lambda: gateway.ready().status == 503, "readiness to fail")
            with sigterm(gateway):
                pass

    def test_a_kept_connection_may_bring_a_call_for_two_seconds_and_is_closed_then(self, simulator):
        with Gateway(simulator.url) as gateway:
            busy, idle = Wire(gateway.address), Wire(gateway.address)
            for wire in (busy, idle):
                assert ask(wire, "GET", "/livez", gateway.token, "before")[0] == 200
            begin = time.monotonic()
            with sigterm(gateway):
                wait_until(lambda: is_refused(gateway.address), "new connections to be refused")
                assert ask(busy, "POST", f"/connections/{UNKNOWN}/reject", gateway.token, "busy")[:2] == (404, "close")
                assert idle.sock.recv(1) == b""
                assert 2 < time.monotonic() - begin < 6
            assert outcomes(gateway)["busy"] == 404
            busy.close()
            idle.close()

    def test_calls_that_come_too_late_for_their_time_are_told_so(self, simulator):
        # 25 s less 24.9 s is less than half of them: the first 12.5 s.
        with Gateway(simulator.url, arguments=["--request-timeout", "24900ms"]) as gateway:
            wire = Wire(gateway.address)
            assert ask(wire, "GET", "/livez", gateway.token, "before")[0] == 200
            with sigterm(gateway):
                wait_until(lambda: is_refused(gateway.address), "new connections to be refused")
                assert ask(wire, "POST", f"/connections/{UNKNOWN}/reject", gateway.token, "late")[0] == 404
            wire.close()

    def test_connections_that_nobody_has_accepted_yet_are(self, simulator):
        """The process is held still while callers connect and call, so that the kernel alone has them."""
        with Gateway(simulator.url) as gateway:
            gateway.signal(signal.SIGSTOP)
            wires = [Wire(gateway.address) for _ in range(200)]
            for number, wire in enumerate(wires):
                wire.request("POST", f"/connections/c-queued-{number:04}/reject",
                             headers={"Authorization": f"Bearer {gateway.token}"})
            gateway.signal(signal.SIGTERM)
            gateway.signal(signal.SIGCONT)
            assert {wire.getresponse().status for wire in wires} == {404}
            assert gateway.process.wait(PATIENCE) == 0
            for wire in wires:
                wire.close()
            assert len(outcomes(gateway)) == 200

    @pytest.mark.parametrize("listen", ["127.0.0.1:0", "0.0.0.0:0", "unix:{}/gateway"])
    def test_callers_that_wait_since_there_are_enough_connections_are_answered_too(self, simulator, tmp_path, listen):
        with Gateway(simulator.url, arguments=["--listen", listen.format(tmp_path), "--max-connections", "4"]) as gateway:
            idle = [Wire(gateway.address) for _ in range(4)]
            for wire in idle:
                assert ask(wire, "GET", "/livez", gateway.token, "before")[0] == 200
            waiting = [Wire(gateway.address) for _ in range(30)]
            for number, wire in enumerate(waiting):
                wire.request("POST", f"/connections/c-waiting-{number:04}/reject",
                             headers={"Authorization": f"Bearer {gateway.token}"})
            begin = time.monotonic()
            with sigterm(gateway):
                assert {wire.getresponse().status for wire in waiting} == {404}
            # And not at the end of what a stop may take at the most.
            assert time.monotonic() - begin < 20
            assert len(outcomes(gateway)) == 30
            for wire in idle + waiting:
                wire.close()

    def test_a_token_that_is_revoked_meanwhile_is_no_good(self, simulator):
        with Gateway(simulator.url) as gateway:
            busy, kept = Wire(gateway.address), Wire(gateway.address)
            assert ask(kept, "GET", "/livez", gateway.token, "before")[0] == 200
            simulator.fault("slow", delayMs=6000)
            busy.request("POST", f"/connections/{UNKNOWN}/reject", headers={"Authorization": f"Bearer {gateway.token}"})
            wait_until(lambda: gateway.records("intent"), "the call to be under way")
            simulator.clear_faults()
            loads = messages(gateway).count("tokens loaded")
            identifier = json.loads(gateway.tokens.read_text())["tokens"][0]["id"]
            with sigterm(gateway):
                wait_until(lambda: is_refused(gateway.address), "new connections to be refused")
                assert run("token", "revoke", identifier, "--tokens", gateway.tokens).returncode == 0
                wait_until(lambda: messages(gateway).count("tokens loaded") > loads, "the tokens to be read")
                assert ask(kept, "POST", f"/connections/{UNKNOWN}/reject", gateway.token, "late")[0] == 401
                assert busy.getresponse().status == 404
            busy.close()
            kept.close()


class TestHandover:
    """One gateway follows another while callers go on calling: not one of thousands of calls fails."""

    @pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
    def test_on_the_same_port_with_an_audit_log_of_its_own(self, simulator, host):
        with Gateway(simulator.url, arguments=["--listen", f"{host}:0"]) as first, follower(
                simulator, first, "--listen", first.address) as second:
            assert second.address == first.address
            with Load(first.address, first.token) as load:
                load.wait_for(CALLS)
                assert len(outcomes(first)) > 20 and len(outcomes(second)) > 20
                with sigterm(first):
                    load.wait_for(CALLS)
                load.wait_for(CALLS)
            check(load, first, second)
            assert load.refused == 0 and len(load.answers) >= 3 * CALLS

    def test_with_the_same_audit_log_it_waits_for_the_one_before(self, simulator):
        with Gateway(simulator.url) as first:
            second = follower(simulator, first, "--listen", first.address, "--audit-log", first.audit, "--take-over",
                              "60s", same_log=True)
            try:
                with Load(first.address, first.token) as load:
                    load.wait_for(CALLS)
                    second.spawn()
                    wait_until(lambda: [text for text in messages(second) if text.startswith("taking over")],
                               "the second to wait")
                    load.wait_for(20)
                    with sigterm(first):
                        pass
                    wait_until(second._listening, "the second to listen")
                    load.wait_for(500)
                second.stop()
                check(load, second)
                assert load.refused == 0
                assert [record["stage"] for record in second.records() if record["stage"] in ("opened", "closed")] == [
                    "opened", "closed", "opened", "closed"]
                assert run("audit", "verify", first.audit).returncode == 0
            finally:
                second.kill()
                second._tidy()

    def test_on_an_inherited_socket(self, simulator):
        """A parent holds the socket, as systemd does: the second is started after the first has ended."""
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as held:
            address = "{}:{}".format(*held.getsockname())
            with Gateway(simulator.url, inherited=held, arguments=["--listen", "fd:3"]) as first:
                assert first.address == address
                with Load(address, first.token) as load:
                    load.wait_for(CALLS)
                    first.stop()
                    # Nobody accepts now: callers wait in the socket's queue.
                    with follower(simulator, first, "--listen", "fd:3", inherited=held) as second:
                        load.wait_for(CALLS)
                        second.signal(signal.SIGTERM)
                        assert second.process.wait(PATIENCE) == 0
                        second.start()
                        load.wait_for(CALLS)
                        load.stop()
                        check(load, first, second)
                assert load.refused == 0

    def test_on_a_unix_socket(self, simulator, tmp_path):
        path = tmp_path / "gateway.sock"
        with Gateway(simulator.url, arguments=["--listen", f"unix:{path}"]) as first, Load(
                first.address, first.token) as load:
            load.wait_for(CALLS)
            inode = path.stat().st_ino
            with follower(simulator, first, "--listen", f"unix:{path}") as second:
                assert path.stat().st_ino != inode
                load.wait_for(CALLS)
                with sigterm(first):
                    load.wait_for(CALLS)
                assert path.stat().st_ino != inode
                load.wait_for(CALLS)
                load.stop()
                check(load, first, second)
            assert load.refused == 0
            assert list(tmp_path.iterdir()) == []

    def test_a_second_one_by_mistake_does_no_harm(self, simulator, tmp_path):
        path = tmp_path / "gateway.sock"
        for address in ["127.0.0.1:0", f"unix:{path}"]:
            with Gateway(simulator.url, arguments=["--listen", address]) as gateway, Load(
                    gateway.address, gateway.token) as load:
                load.wait_for(50)
                second = run("serve", "--listen", gateway.address, "--admin-listen", gateway.admin_address, "--tokens",
                             gateway.tokens, "--audit-log", gateway.audit, env=gateway._env)
                assert second.returncode == 78 and "another process is writing to it" in second.stderr
                load.wait_for(50)
                load.stop()
                check(load, gateway)
                assert load.refused == 0

    def test_one_that_waits_in_vain_gives_up_and_leaves_everything_as_it_was(self, simulator, tmp_path):
        path = tmp_path / "gateway.sock"
        with Gateway(simulator.url, arguments=["--listen", f"unix:{path}"]) as gateway:
            inode = path.stat().st_ino
            second = run("serve", "--listen", gateway.address, "--admin-listen", "127.0.0.1:0", "--tokens",
                         gateway.tokens, "--audit-log", gateway.audit, "--take-over", "1s", env=gateway._env)
            assert second.returncode == 78 and "another process is writing to it" in second.stderr
            assert path.stat().st_ino == inode and list(tmp_path.iterdir()) == [path]
            with contextlib.closing(Wire(gateway.address)) as wire:
                assert ask(wire, "GET", "/livez", "any", "after")[0] == 200

    def test_one_that_waits_can_be_stopped(self, simulator):
        with Gateway(simulator.url) as first:
            second = follower(simulator, first, "--audit-log", first.audit, "--take-over", "10m")
            try:
                second.spawn()
                wait_until(lambda: messages(second), "the second to wait")
                with sigterm(second):
                    pass
            finally:
                second.kill()
                second._tidy()


class TestUnixSockets:
    def test_it_has_its_mode_and_its_group_and_is_gone_at_the_end(self, simulator, tmp_path):
        public, admin = tmp_path / "public.sock", tmp_path / "admin.sock"
        # Root may give it to any group, others to their own.
        group = grp.getgrgid(1 if os.geteuid() == 0 else os.getegid())
        for name in (group.gr_name, str(group.gr_gid)):
            with Gateway(simulator.url, arguments=[
                    "--listen", f"unix:{public}", "--admin-listen", f"unix:{admin}", "--socket-mode", "0606",
                    "--socket-group", name]) as gateway:
                for path in (public, admin):
                    status = path.stat()
                    assert stat.S_ISSOCK(status.st_mode)
                    assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o606, group.gr_gid)
                assert (gateway.address, gateway.admin_address) == (f"unix:{public}", f"unix:{admin}")
                with contextlib.closing(Wire(gateway.address)) as wire:
                    assert ask(wire, "POST", f"/connections/{UNKNOWN}/reject", gateway.token, "one")[0] == 404
                    assert ask(wire, "POST", f"/connections/{UNKNOWN}/reject", "wrong", "two")[0] == 401
                with contextlib.closing(Wire(gateway.admin_address)) as wire:
                    assert ask(wire, "GET", "/metrics", "any", "three")[0] == 200
                    assert ask(wire, "GET", "/readyz", "any", "four")[0] == 200
                [intent] = gateway.records("intent")
                assert {"address": "unix", "peer": "unix"}.items() <= intent["client"].items()
                [denied] = gateway.records("denied")
                assert {"address": "unix", "peer": "unix"}.items() <= denied["client"].items()
            assert list(tmp_path.iterdir()) == []

    def test_its_mode_doesnt_hang_on_the_umask(self, simulator, tmp_path):
        for umask in (0, 0o177):
            before = os.umask(umask)
            try:
                with Gateway(simulator.url, arguments=["--listen", f"unix:{tmp_path / 's'}"]):
                    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o660
            finally:
                os.umask(before)

    def test_one_that_a_dead_process_left_is_replaced(self, simulator, tmp_path):
        path = tmp_path / "gateway.sock"
        with Gateway(simulator.url, arguments=["--listen", f"unix:{path}"]) as gateway:
            gateway.kill()
            assert path.exists() and is_refused(f"unix:{path}")
            gateway.start()
            assert not is_refused(gateway.address)
        assert not path.exists()

    @pytest.mark.parametrize(("arguments", "flag", "words"), [
        (["--listen", "unix:{folder}/file"], "--listen", "isn't a socket"),
        (["--admin-listen", "unix:{folder}"], "--admin-listen", "isn't a socket"),
        (["--listen", "unix:{folder}/none/s"], "--listen", "No such file or directory"),
        (["--listen", "unix:{folder}/" + "x" * 100], "--listen", "a UNIX socket's may have 98"),
        (["--listen", "unix:{folder}/s", "--admin-listen", "unix:{folder}/s"], "--admin-listen", "in use"),
        (["--listen", "unix:s"], "--listen", "unix:/PATH"),
        (["--listen", "unix:{folder}/s", "--socket-group", "no-such-group"], "--socket-group", "no group"),
        (["--listen", "unix:{folder}/s", "--socket-mode", "99"], "--socket-mode", "octal"),
        (["--listen", "fd:3"], "--listen", "fd:3: no such descriptor was inherited"),
        (["--take-over", "soon"], "--take-over", "60s"), (["--stop-delay", "6m"], "--stop-delay", "up to 5m"),
    ])
    def test_what_cant_be_listened_on_is_told_in_one_line(self, simulator, tmp_path, arguments, flag, words):
        (tmp_path / "file").write_text("x")
        (tmp_path / "own").mkdir()
        make_token(tmp_path / "own" / "tokens.json")
        settings = {"--listen": "127.0.0.1:0", "--admin-listen": "127.0.0.1:0", "--tokens": tmp_path / "own/tokens.json",
                    "--audit-log": tmp_path / "own/audit.jsonl"}
        settings |= dict(zip(arguments[::2], (text.format(folder=tmp_path) for text in arguments[1::2]), strict=True))
        ended = run("serve", *(part for pair in settings.items() for part in pair),
                    env={"AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"})
        assert ended.returncode == 78, ended.stderr
        [line] = ended.stderr.splitlines()
        assert flag in line and words in line
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "own", "tokens.json"]


class TestInheritedSockets:
    @pytest.mark.parametrize("kind", ["tcp6", "unix"])
    def test_it_may_be_of_another_family(self, simulator, tmp_path, kind):
        with contextlib.ExitStack() as stack:
            if kind == "unix":
                held = stack.enter_context(socket.socket(socket.AF_UNIX))
                held.bind(str(tmp_path / "s"))
                held.listen()
                address = f"unix:{tmp_path / 's'}"
            else:
                held = stack.enter_context(socket.create_server(("::1", 0), family=socket.AF_INET6))
                address = f"[::1]:{held.getsockname()[1]}"
            gateway = stack.enter_context(Gateway(simulator.url, inherited=held, arguments=["--listen", "fd:3"]))
            assert gateway.address == address
            with contextlib.closing(Wire(address)) as wire:
                assert ask(wire, "POST", f"/connections/{UNKNOWN}/reject", gateway.token, "one")[0] == 404
            gateway.stop()
            # The socket is the parent's: it is still there, and so is its path.
            assert not is_refused(address)

    def test_what_isnt_passed_to_it_isnt_used(self, simulator, tmp_path):
        make_token(tmp_path / "tokens.json")
        with socket.create_server(("127.0.0.1", 0)) as held, socket.socket() as deaf, open(tmp_path / "file", "w") as file:
            deaf.bind(("127.0.0.1", 0))
            for inherited, passed, words in [
                    (held, "LISTEN_PID=1 LISTEN_FDS=1", "LISTEN_PID is 1"), (held, "LISTEN_PID=$$", "only one is set"),
                    (held, "LISTEN_PID=$$ LISTEN_FDS=0", "LISTEN_FDS is 0"), (deaf, "A=b", "doesn't listen"),
                    (file, "A=b", "isn't a socket")]:
                ended = subprocess.run(
                    ["bash", "-c", f'exec 3<&{inherited.fileno()}; export {passed}; exec "$@"', "bash",
                     *serve(tmp_path, "--listen", "fd:3")],
                    env={"AWS_REGION": "eu-west-1", "PATH": os.environ["PATH"]}, pass_fds=[inherited.fileno()],
                    capture_output=True, text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)
                assert ended.returncode == 78 and "--listen" in ended.stderr and words in ended.stderr, ended.stderr

    def test_credential_process_gets_neither_the_socket_nor_word_of_it(self, simulator, tmp_path):
        seen = tmp_path / "seen"
        script = tmp_path / "keys.sh"
        script.write_text(f"#!/bin/sh\n{{ env; ls -l /proc/$$/fd; }} > {seen}\n"
                          'echo \'{"Version":1,"AccessKeyId":"A","SecretAccessKey":"B"}\'\n')
        script.chmod(0o700)
        (tmp_path / "config").write_text(f"[default]\ncredential_process = {script}\n")
        with socket.create_server(("127.0.0.1", 0)) as held, Gateway(
                simulator.url, inherited=held, arguments=["--listen", "fd:3"], env={
                    "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
                    "AWS_CONFIG_FILE": tmp_path / "config"}) as gateway:
            wait_until(lambda: gateway.ready().status == 200, "the process to be run")
            assert "PATH=" in seen.read_text()
            assert "LISTEN_" not in seen.read_text() and "socket:" not in seen.read_text()

    def test_one_that_is_passed_and_not_used_is_warned_of(self, simulator):
        with socket.create_server(("127.0.0.1", 0)) as held, Gateway(simulator.url, inherited=held) as gateway:
            assert [line["socket"] for line in gateway.log() if line["message"].startswith("a socket was passed")] == [
                "fd:3"]
