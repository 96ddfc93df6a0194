"""Slow senders, slow readers, crowds: each has its limits, and others go on being served."""

import contextlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest
from support.gateway import Gateway, make_token, run
from support.sanitizer import measures_memory
from support.simulator import PATIENCE, UNKNOWN, Simulator, wait_until

LIVEZ = b"GET /livez HTTP/1.1\r\nHost: gateway\r\n\r\n"
#: What a kept connection may cost.
KIB_FOR_EACH = 30


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


def connect(gateway, source="127.0.0.1"):
    host, _, port = gateway.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE, source_address=(source, 0))


def ask(wire, data=LIVEZ):
    """Sends a request and reads the answer, whose body fits one piece; empty if the gateway closed instead."""
    try:
        wire.sendall(data)
        received = b""
        while not (whole := re.match(rb"(?s)(.*?)\r\n\r\n(.*)", received)) or len(whole[2]) < int(
                re.search(rb"(?i)content-length: (\d+)", whole[1])[1]):
            piece = wire.recv(65536)
            if not piece:
                return b""
            received += piece
        return received
    except (ConnectionResetError, BrokenPipeError):
        return b""


def is_closed(wire):
    """Whether the gateway has closed; doesn't wait."""
    wire.setblocking(False)
    try:
        return wire.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def metric(gateway, name):
    page = gateway.call("GET", "/metrics", token=None, address=gateway.admin_address).body.decode()
    return int(re.search(rf"^connection_gateway_{name} (\d+)$", page, re.MULTILINE)[1])


def memory(process):
    with open(f"/proc/{process.pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1])


class Dribbler:
    """Sends a piece every half second for as long as it is let."""

    def __init__(self, gateway, begin, piece):
        self.wire, self._piece = connect(gateway), piece
        self.wire.sendall(begin)
        self.began, self.ended = time.monotonic(), None

    def step(self):
        if self.ended is None:
            with contextlib.suppress(OSError):
                self.wire.send(self._piece)
            if is_closed(self.wire):
                self.ended = time.monotonic()
        return self.ended is not None


def test_whoever_dribbles_is_cut_off_while_others_are_served(simulator):
    post = f"POST /connections/{UNKNOWN}/reject HTTP/1.1\r\nHost: gateway\r\n".encode()
    with Gateway(simulator.url) as gateway:
        body = post + f"Authorization: Bearer {gateway.token}\r\n".encode() + (
            b"Content-Type: application/json\r\nContent-Length: 4000\r\n\r\n")
        dribblers = [Dribbler(gateway, *shape) for shape in [
            (b"", b""), (b"G", b"E"), (post, b"X-A: b\r\n"), (post + b"X-A: ", b"b"), (body, b" ")]]

        def all_cut_off():
            assert gateway.call("GET", "/livez", token=None).status == 200
            time.sleep(0.5)  # The dribblers' own pace.
            return all([dribbler.step() for dribbler in dribblers])

        wait_until(all_cut_off, "the dribblers to be cut off", deadline=40)
        # Not before their time, of which they had 10 seconds; and the end is looked for about once a second.
        assert all(9 <= dribbler.ended - dribbler.began for dribbler in dribblers)
        assert metric(gateway, "connections_expired_total") >= len(dribblers)
        # What never was a whole request was neither asked of AWS nor is it a call.
        assert UNKNOWN not in {request.get("connectionId") for request in simulator.requests()}
        assert gateway.records("intent") == []


def unread(wire):
    """How many bytes of this connection's wait in the kernel for the gateway to read them; `None` if it hasn't got the connection."""
    ends = ["{:08X}:{:04X}".format(int.from_bytes(socket.inet_aton(host), "little"), port)
            for host, port in (wire.getpeername(), wire.getsockname())]
    with open("/proc/net/tcp") as table:
        for line in table:
            fields = line.split()
            if fields[1:3] == ends:
                return int(fields[4].partition(":")[2], 16)
    return None


def test_a_request_that_comes_bit_by_bit_is_not_read_before_it_is_whole(simulator):
    """So that a thousand of them wake nobody who has other callers to serve."""
    with Gateway(simulator.url) as gateway, connect(gateway) as wire:
        head = (f"POST /connections/{UNKNOWN}/reject HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {gateway.token}\r\n"
                "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n").encode()
        sent = 0
        for piece in (head[:1], head[1:40], head[40:-1]):
            wire.sendall(piece)
            sent += len(piece)
            wait_until(lambda: unread(wire) == sent, "the piece of a head")
        # Others are served meanwhile, so that the gateway has had its time to read it.
        assert gateway.call("GET", "/livez", token=None).status == 200
        assert unread(wire) == sent

        wire.sendall(head[-1:])
        wait_until(lambda: unread(wire) == 0, "the head to be read")
        # The first piece of a body is read: with it, it is known how much is missing.
        wire.sendall(b"{")
        wait_until(lambda: unread(wire) == 0, "the body's first piece to be read")
        for count in range(1, 19):
            wire.sendall(b" ")
            wait_until(lambda: unread(wire) == count, "the piece of a body")
        assert gateway.call("GET", "/livez", token=None).status == 200
        assert unread(wire) == 18

        # The next request's bytes count again, one by one.
        assert b" 404 " in ask(wire, b"}")
        assert b" 200 " in ask(wire, LIVEZ)


@pytest.mark.parametrize("data", [
    b"HELLO\r\n", b"GET /livez\r\n", b"GET /livez HTTP/1.1\r\nHost gateway\r\n", b"GET /livez HTTP/1.1\nHost: gateway\n\n"])
def test_what_is_no_request_is_told_so_before_its_time_is_over(simulator, data):
    with Gateway(simulator.url) as gateway, connect(gateway) as wire:
        wire.settimeout(9)
        wire.sendall(data)
        assert re.match(rb"$|HTTP/1\.[01] 400 ", wire.recv(4096))


def test_a_client_that_speaks_tls_to_it_is_told_so_before_its_time_is_over(simulator):
    with Gateway(simulator.url) as gateway:
        told = subprocess.run(["curl", "--silent", "--show-error", "--insecure", "--max-time", "9", f"https://{gateway.address}/livez"],
                              capture_output=True, text=True, timeout=PATIENCE)
        # curl's own words for "no TLS here"; 28 would be that it waited in vain.
        assert told.returncode == 35, told.stderr


def test_an_address_has_so_many_connections_and_no_more(simulator):
    with Gateway(simulator.url, arguments=["--max-connections-per-address", "5"]) as gateway:
        crowd = [connect(gateway, "127.0.0.2") for _ in range(5)]
        assert all(b" 200 " in ask(wire) for wire in crowd)
        with connect(gateway, "127.0.0.2") as one_more:
            assert ask(one_more) == b""
        with connect(gateway, "127.0.0.3") as other:
            assert b" 200 " in ask(other)
        assert metric(gateway, "connections_refused_total") == 1
        crowd.pop().close()

        def is_served_again():
            with connect(gateway, "127.0.0.2") as wire:
                return b" 200 " in ask(wire)

        wait_until(is_served_again, "room for another connection")


def test_a_trusted_proxy_has_no_such_limit(simulator):
    arguments = ["--max-connections-per-address", "5", "--trusted-proxy", "127.0.0.2"]
    with Gateway(simulator.url, arguments=arguments) as gateway:
        crowd = [connect(gateway, "127.0.0.2") for _ in range(30)]
        assert all(b" 200 " in ask(wire) for wire in crowd)


def test_beyond_the_limit_callers_wait_for_a_place(simulator):
    with Gateway(simulator.url, arguments=["--max-connections", "8"]) as gateway:
        # As many as fill each of the workers' shares, whoever of them takes which.
        crowd, answered = [connect(gateway) for _ in range(24)], []

        def ask_and_leave(wire):
            answered.append(ask(wire))
            wire.close()

        threads = [threading.Thread(target=ask_and_leave, args=(wire,)) for wire in crowd]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answered) == 24 and all(b" 200 " in answer for answer in answered)


def limited(soft, hard):
    """`prlimit` as a prefix: so many open files, and so many that the process may allow itself."""
    return ["prlimit", f"--nofile={soft}:{hard}"]


def test_with_few_files_there_are_fewer_connections_and_a_warning(simulator):
    with Gateway(simulator.url, prefix=limited(600, 600)) as gateway:
        warning = [line for line in gateway.log() if line["message"].startswith("fewer connections than asked for")]
        assert len(warning) == 1 and (warning[0]["limit"], warning[0]["wanted"]) == ("600", "12000")
        room = int(warning[0]["connections"])
        # More than there is room for come, and stay: the audit and AWS still have what they need.
        crowd = [connect(gateway) for _ in range(room * 2)]
        for wire in crowd[:room // 2]:
            assert b" 200 " in ask(wire)
        for wire in crowd[room // 4:]:
            wire.close()
        assert gateway.reject(UNKNOWN).status == 404


def test_a_soft_limit_is_raised(simulator):
    with Gateway(simulator.url, prefix=limited(64, 20_000)) as gateway:
        assert not any("fewer connections" in line["message"] for line in gateway.log())
        crowd = [connect(gateway) for _ in range(200)]
        assert all(b" 200 " in ask(wire) for wire in crowd)


def test_with_too_few_files_it_does_not_start(tmp_path):
    tokens, audit = tmp_path / "tokens.json", tmp_path / "audit.jsonl"
    make_token(tokens)
    done = run("serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--tokens", tokens, "--audit-log", audit,
               env={"AWS_REGION": "eu-west-1"}, prefix=limited(256, 256))
    assert done.returncode == 78
    assert re.search(r"--max-connections: .*256 files", done.stderr), done.stderr
    assert not audit.exists()


@pytest.mark.parametrize("count", [127, 128, 256, 512])
def test_many_requests_in_the_very_same_moment_are_all_answered(simulator, count):
    """libmicrohttpd looks at 128 sockets at a time; its own loop (0.9.75) leaves them lying there if it was just as many."""
    with Gateway(simulator.url) as gateway, contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(connect(gateway)) for _ in range(count)]
        for wire in crowd:
            assert b" 200 " in ask(wire)
        # It finds all of them when it wakes up.
        gateway.process.send_signal(signal.SIGSTOP)
        try:
            for wire in crowd:
                wire.sendall(LIVEZ)
        finally:
            gateway.process.send_signal(signal.SIGCONT)
        for wire in crowd:
            assert b" 200 " in wire.recv(65536)


@measures_memory
def test_an_idle_connection_costs_little(simulator):
    count, (soft, hard) = 5000, resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 500:
        pytest.skip(f"this process may open {hard} files only, and {count} connections are wanted")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 500), hard))
    try:
        with Gateway(simulator.url) as gateway, contextlib.ExitStack() as open_ones:
            for _ in range(50):
                assert gateway.reject(UNKNOWN).status == 404
            before = memory(gateway.process)
            crowd = []
            for _ in range(count):
                crowd.append(open_ones.enter_context(connect(gateway)))
                assert b" 200 " in ask(crowd[-1])
            assert metric(gateway, "connections_open") >= count
            each = (memory(gateway.process) - before) / count
            print(f"\n{each:.1f} KiB for each of {count} idle connections")
            assert each <= KIB_FOR_EACH
            # Each of them is still good.
            assert all(b" 200 " in ask(wire) for wire in crowd[::100])
            assert gateway.reject(UNKNOWN).status == 404
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("mode", ["-H", "-B", "-X"], ids=["headers", "body", "read"])
def test_a_thousand_slow_connections_hold_nobody_up(simulator, mode):
    tool = shutil.which("slowhttptest")
    assert tool, "slowhttptest isn't installed"
    with Gateway(simulator.url) as gateway:
        path = "/openapi.json" if mode == "-X" else f"/connections/{UNKNOWN}/reject"
        attack = subprocess.Popen(
            [tool, mode, "-c", "1000", "-r", "500", "-i", "1", "-l", "8", "-u", gateway.url + path, "-p", "3"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: metric(gateway, "connections_open") > 500, "the slow connections")
            for _ in range(50):
                assert gateway.reject(UNKNOWN).status == 404
        finally:
            attack.terminate()
            attack.wait(PATIENCE)
        assert gateway.reject(UNKNOWN).status == 404
