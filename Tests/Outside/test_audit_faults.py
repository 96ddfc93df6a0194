"""The audit log on a disk that fails, is full or is slow, and under rotation. strace puts faults into system calls."""

import concurrent.futures
import contextlib
import os
import re
import shutil
import signal
import subprocess
import time

import pytest
from support.gateway import Gateway, run
from support.sanitizer import limits_files
from support.simulator import ACTIVE, PATIENCE, PENDING, UNKNOWN, Simulator, connection, wait_until

#: The audit's thread makes these, the main thread only the first one of the `opened` record.
FIRST_OUTCOME, SECOND_INTENT = 2, 3


@pytest.fixture
def simulator():
    with Simulator() as running:
        yield running


#: Takes at most half of what is to be written to an audit log.
HALF_WRITES = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
ssize_t write(int file, const void *bytes, size_t count) {
  ssize_t (*next)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  char link[64], name[4096] = "";
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  if (readlink(link, name, sizeof name - 1) > 0 && strstr(name, "/audit.jsonl")) count = (count + 1) / 2;
  return next(file, bytes, count);
}
"""


@contextlib.contextmanager
def small_disk(folder, size):
    """A file system of its own in memory, of this size."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True,
                             text=True, check=False)
    if mounted.returncode != 0:
        pytest.skip(f"a small disk can't be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True, timeout=PATIENCE)


def fill(disk):
    """A file that leaves no room on the disk."""
    filler = disk / "filler"
    with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * 4096)
    return filler


class Trace:
    """A gateway under strace, and what strace saw."""

    def __init__(self, folder, *options):
        if shutil.which("strace") is None:
            pytest.skip("strace isn't installed (Debian: strace)")
        self.file = folder / "strace.log"
        # -D: strace is the grandchild, so that the process that is started is the gateway itself.
        self.prefix = ["strace", "-D", "-f", "-y", "-qq", "-s", "40", "-o", self.file, *options]

    def lines(self):
        """One line for each call, in the order in which the calls ended."""
        unfinished, lines = {}, []
        for line in self.file.read_text(errors="replace").splitlines():
            process, _, text = line.partition(" ")
            text = text.strip()
            if text.endswith("<unfinished ...>"):
                unfinished[process] = text.removesuffix("<unfinished ...>").strip()
            elif resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", text):
                lines.append(unfinished.pop(process, "") + resumed[1])
            else:
                lines.append(text)
        return lines


def assert_whole(*files, without_outcome=0):
    """`audit verify` finds the chain whole across these files, and every intent with its outcome."""
    verified = run("audit", "verify", *files)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert verified.stdout.count("intent without outcome") == without_outcome, verified.stdout
    return verified.stdout


def failed_files(gateway):
    """The files that were given up, oldest first."""
    return sorted(gateway.folder.glob("audit.jsonl.failed-*"), key=lambda file: gateway.records(audit=file)[-1]["seq"])


def failed_files_exist(gateway):
    return any(gateway.folder.glob("audit.jsonl.failed-*"))


def audit_check(gateway):
    ready = gateway.ready()
    return ready.status, {check["name"]: check["status"] for check in ready.json["checks"]}["audit"]


def assert_readiness_fails(gateway):
    # The answer may be there a moment before the flag; a second later the next file is tried.
    wait_until(lambda: audit_check(gateway) == (503, "failing"), "readiness to fail", deadline=0.9)


def wait_until_ready(gateway):
    wait_until(lambda: audit_check(gateway) == (200, "ok"), "the gateway to be ready again", deadline=10)
    assert gateway.ready_for_admins()["audit"] == ("ok", None)


def assert_not_sent(simulator, gateway, connection_id=PENDING):
    """A call while the audit can't be written: nothing reaches AWS."""
    before = len(simulator.requests())
    reply = gateway.reject(connection_id)
    assert (reply.status, reply.code, reply.outcome) == (503, "audit_unavailable", "not_sent"), reply
    assert int(reply.headers["Retry-After"]) > 0
    assert str(gateway.folder) not in reply.body.decode()
    assert len(simulator.requests()) == before


def test_the_intent_is_on_disk_before_the_first_byte_to_aws_and_the_outcome_before_the_answer(simulator, tmp_path):
    trace = Trace(tmp_path, "-e", "trace=fdatasync,sendto,sendmsg,send,write,writev")
    with Gateway(simulator.url, prefix=trace.prefix) as gateway:
        assert gateway.reject(UNKNOWN).status == 404
        assert gateway.reject(UNKNOWN, token=None).status == 401
    lines = trace.lines()
    if not any("PUT /2021-01-01" in line for line in lines):
        pytest.skip("strace can't read the gateway's memory here: it forbids that to others than root")
    patterns = [("synced", r"fdatasync\(.*/audit\.jsonl>\) += 0"), ("record", r'write\(.*/audit\.jsonl>, "{'),
                ("to AWS", r'"PUT /2021-01-01'), ("404", r'"HTTP/1\.1 404'), ("401", r'"HTTP/1\.1 401')]
    events = [name for line in lines for name, pattern in patterns if re.search(pattern, line)]
    assert events == ["record", "synced",  # opened
                      "record", "synced", "to AWS", "record", "synced", "404",
                      "record", "synced", "401",
                      "record", "synced"]  # closed


class TestFdatasync:
    #: Two failed tries to move the file aside make the time without an audit long enough to look at.
    TRACED = ["-e", "trace=fdatasync,ftruncate,rename,pread64", "-e", "inject=rename:error=EIO:when=1..2"]

    def test_of_an_intent_fails(self, simulator, tmp_path):
        trace = Trace(tmp_path, *self.TRACED, "-e", f"inject=fdatasync:error=EIO:when={SECOND_INTENT}")
        with Gateway(simulator.url, prefix=trace.prefix, folder=tmp_path) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
            good = gateway.audit.read_bytes()
            assert_not_sent(simulator, gateway)
            assert_readiness_fails(gateway)
            # Why, is for those who run it, and the log.
            status, reason = gateway.ready_for_admins()["audit"]
            assert status == "failing" and "fdatasync: Input/output error" in reason
            assert b"fdatasync" not in gateway.ready().body
            # The other calls that need a record fail just as well, and those that don't go on.
            assert gateway.reject(PENDING, token=None).code == "audit_unavailable"
            assert gateway.call("GET", "/livez", token=None).status == 200
            metrics = gateway.metrics()
            assert metrics["connection_gateway_audit_writable"] == 0
            # Three records: the intent, and the refusal of each of the two calls.
            assert metrics["connection_gateway_audit_failures_total"] == 3
            wait_until_ready(gateway)
            assert gateway.reject(PENDING).status == 200
            assert gateway.metrics()["connection_gateway_audit_writable"] == 1

            [failed] = failed_files(gateway)
            assert failed.read_bytes() == good
            opened, *rest = gateway.records()
            assert (opened["stage"], opened["previousFile"]) == ("opened", failed.name)
            assert opened["instance"] == gateway.records(audit=failed)[0]["instance"]
            assert [record["stage"] for record in rest] == ["intent", "outcome"]
            errors = [line for line in gateway.log() if line["level"] == "error"]
            assert [line["message"] for line in errors] == ["audit file given up"] + 2 * ["no fresh audit file"]
            assert "fdatasync" in errors[0]["reason"] and "rename" in errors[1]["reason"]
        assert_whole(failed, gateway.audit)
        self.assert_never_synced_again(trace)

    def test_of_an_outcome_fails(self, simulator, tmp_path):
        trace = Trace(tmp_path, *self.TRACED, "-e", f"inject=fdatasync:error=EIO:when={FIRST_OUTCOME}")
        with Gateway(simulator.url, prefix=trace.prefix, folder=tmp_path) as gateway:
            reply = gateway.reject(PENDING, headers={"X-Request-Id": "kept"})
            # AWS took it: that is what the caller is told, beside that it isn't written down.
            assert (reply.status, reply.code, reply.outcome) == (503, "audit_unavailable", "rejected"), reply
            assert reply.json["aws"]["httpStatus"] == 200
            assert simulator.status_of(PENDING) in ("REJECTING", "REJECTED")
            assert_readiness_fails(gateway)
            assert_not_sent(simulator, gateway, ACTIVE)
            wait_until_ready(gateway)
            [failed] = failed_files(gateway)
            opened, kept = gateway.records()
            assert (opened["stage"], kept["stage"], kept["requestId"], kept["outcome"]) == (
                "opened", "outcome", "kept", "rejected")
            assert [record["stage"] for record in gateway.records(audit=failed)] == ["opened", "intent"]
            assert gateway.reject(UNKNOWN).status == 404
        assert_whole(failed, gateway.audit)
        assert "intent without outcome" in run("audit", "verify", failed).stdout
        self.assert_never_synced_again(trace)

    @staticmethod
    def assert_never_synced_again(trace):
        """After the one that failed, the file gets no other, though it would succeed; nor is it read back."""
        lines = trace.lines()
        failed = next(number for number, line in enumerate(lines) if "(INJECTED)" in line)
        moved = next(number for number, line in enumerate(lines) if line.startswith("rename(") and line.endswith("= 0"))
        assert lines[failed].startswith("fdatasync(") and failed < moved
        between = [line.partition("(")[0] for line in lines[failed + 1:moved]]
        assert between == ["ftruncate", "rename", "rename"], lines[failed:moved + 1]
        # From here on the name is the fresh file's.
        after = lines[moved + 1:]
        assert not [line for line in after if ".failed-" in line], after
        assert [line for line in after if line.startswith("fdatasync(") and line.endswith("= 0")]

    def test_fails_for_the_fresh_file_too(self, simulator, tmp_path):
        trace = Trace(tmp_path, "-e", "trace=fdatasync", "-e",
                      f"inject=fdatasync:error=EIO:when={SECOND_INTENT}..{SECOND_INTENT + 2}")
        with Gateway(simulator.url, prefix=trace.prefix, folder=tmp_path) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
            assert_not_sent(simulator, gateway)
            wait_until_ready(gateway)
            assert gateway.reject(UNKNOWN).status == 404
            # The fresh files that couldn't be vouched for hold nothing that counts, and are gone.
            [failed] = failed_files(gateway)
            assert "no fresh audit file" in {line["message"] for line in gateway.log()}
        assert_whole(failed, gateway.audit)

    def test_fails_and_the_gateway_is_stopped_before_there_is_a_fresh_file(self, simulator, tmp_path):
        trace = Trace(tmp_path, "-e", "trace=fdatasync", "-e", f"inject=fdatasync:error=EIO:when={FIRST_OUTCOME}")
        with Gateway(simulator.url, prefix=trace.prefix, folder=tmp_path) as gateway:
            reply = gateway.reject(PENDING, headers={"X-Request-Id": "kept"})
            assert (reply.code, reply.outcome) == ("audit_unavailable", "rejected")
            gateway.stop()
            # What is known is written down before the process that knows it ends.
            [failed] = failed_files(gateway)
            assert [record["stage"] for record in gateway.records()] == ["opened", "outcome", "closed"]
        assert_whole(failed, gateway.audit)

    def test_of_the_first_record_fails_and_the_gateway_doesnt_start(self, simulator, tmp_path):
        trace = Trace(tmp_path, "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=1")
        with Gateway(simulator.url) as other:
            ended = run("serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--tokens", other.tokens,
                        "--audit-log", tmp_path / "audit.jsonl", env={"AWS_REGION": "eu-west-1"}, prefix=trace.prefix)
        assert ended.returncode == 78 and "--audit-log" in ended.stderr and ended.stderr.count("\n") == 1, ended


class TestMovingAside:
    """What it takes to get at a fresh file is tried again where it fails."""

    def test_to_rename_the_old_one(self, simulator, tmp_path):
        trace = Trace(tmp_path, "-e", "trace=fdatasync,rename", "-e", "inject=rename:error=EIO:when=1..2",
                      "-e", f"inject=fdatasync:error=EIO:when={SECOND_INTENT}")
        with Gateway(simulator.url, prefix=trace.prefix, folder=tmp_path) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
            assert_not_sent(simulator, gateway)
            wait_until_ready(gateway)
            assert gateway.reject(UNKNOWN).status == 404
            [failed] = failed_files(gateway)
        assert_whole(failed, gateway.audit)

    def test_to_sync_the_folder(self, simulator, tmp_path):
        # The main thread syncs the folder at the start, so the audit's thread has to do it twice before one can fail
        # for it alone. Its 3rd fdatasync fails, and its 8th, that of the outcome of the third call.
        trace = Trace(tmp_path, "-e", "trace=fdatasync,fsync", "-e", "inject=fsync:error=EIO:when=2..3",
                      "-e", f"inject=fdatasync:error=EIO:when={SECOND_INTENT}+5")
        with Gateway(simulator.url, prefix=trace.prefix, folder=tmp_path) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
            assert_not_sent(simulator, gateway)
            wait_until_ready(gateway)
            assert gateway.reject(UNKNOWN).status == 404
            assert gateway.reject(UNKNOWN).outcome == "not_rejected"
            wait_until_ready(gateway)
            assert gateway.reject(UNKNOWN).status == 404
            files = [*failed_files(gateway), gateway.audit]
            assert len(files) == 3
        assert sum(line.startswith("fsync(") and "(INJECTED)" in line for line in trace.lines()) == 2
        assert_whole(*files)


class TestWrite:
    @pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EDQUOT", "EROFS"])
    def test_of_an_intent_fails(self, simulator, tmp_path, error):
        audit = tmp_path / "audit.jsonl"
        # As in TestFdatasync, the time without an audit has to be long enough to look at.
        trace = Trace(tmp_path, "-P", audit, "-e", "trace=write,rename", "-e", "inject=rename:error=EIO:when=1..2",
                      "-e", f"inject=write:error={error}:when={SECOND_INTENT}")
        with Gateway(simulator.url, prefix=trace.prefix, folder=tmp_path) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
            assert_not_sent(simulator, gateway)
            assert_readiness_fails(gateway)
            wait_until_ready(gateway)
            assert gateway.reject(PENDING).status == 200
            [failed] = failed_files(gateway)
        assert_whole(failed, audit)

    def test_of_an_outcome_fails(self, simulator, tmp_path):
        audit = tmp_path / "audit.jsonl"
        trace = Trace(tmp_path, "-P", audit, "-e", "trace=write",
                      "-e", f"inject=write:error=ENOSPC:when={FIRST_OUTCOME}")
        with Gateway(simulator.url, prefix=trace.prefix, folder=tmp_path) as gateway:
            reply = gateway.reject(PENDING, headers={"X-Request-Id": "kept"})
            assert (reply.status, reply.code, reply.outcome) == (503, "audit_unavailable", "rejected"), reply
            # Nothing that a script would obey by rejecting again.
            assert "Retry-After" not in reply.headers and "Don't call again" in reply.json["detail"]
            wait_until_ready(gateway)
            [failed] = failed_files(gateway)
            assert [record["requestId"] for record in gateway.records("outcome")] == ["kept"]
        assert_whole(failed, audit)

    @limits_files
    def test_is_cut_short_by_a_limit_of_the_files_size(self, simulator, tmp_path):
        """A real short write, and then EFBIG: the kernel raises SIGXFSZ for it, which mustn't end the process."""
        with Gateway(simulator.url, prefix=["prlimit", "--fsize=8192"], folder=tmp_path) as gateway:
            for _ in range(2):
                reply = self.call_until_it_fails(simulator, gateway)
                assert (reply.status, reply.code) == (503, "audit_unavailable"), reply
                wait_until_ready(gateway)
            files = [*failed_files(gateway), gateway.audit]
            assert len(files) == 3
        assert all(file.stat().st_size <= 8192 for file in files)
        assert_whole(*files)

    def test_finds_a_small_disk_full(self, simulator, tmp_path):
        with small_disk(tmp_path / "disk", "64k") as disk, Gateway(
                simulator.url, folder=disk, arguments=["--audit-reserve", "off"]) as gateway:
            filler = fill(disk)
            os.truncate(filler, filler.stat().st_size - 8192)
            self.call_until_it_fails(simulator, gateway)
            assert_readiness_fails(gateway)
            assert "No space left" in gateway.ready_for_admins()["audit"][1]
            # Full it stays, so the fresh files fail as well. The log is on this disk, too, and can't tell.
            for _ in range(20):
                assert_not_sent(simulator, gateway)
            filler.unlink()
            wait_until_ready(gateway)
            assert gateway.reject(UNKNOWN).status == 404
            gateway.stop()
            assert_whole(*failed_files(gateway), gateway.audit)

    def test_announces_a_disk_that_fills_up_while_calls_still_work(self, simulator, tmp_path):
        with small_disk(tmp_path / "disk", "1m") as disk, Gateway(
                simulator.url, folder=disk, arguments=["--audit-reserve", "512KiB"]) as gateway:
            assert audit_check(gateway) == (200, "ok")
            filler = fill(disk)
            os.truncate(filler, filler.stat().st_size - 65536)
            wait_until(lambda: audit_check(gateway) == (200, "warning"), "the warning")
            status, reason = gateway.ready_for_admins()["audit"]
            assert status == "warning" and reason.endswith("are free, less than the reserve of 524288")
            metrics = gateway.metrics()
            assert metrics["connection_gateway_audit_reserve_low"] == 1
            assert metrics["connection_gateway_audit_free_bytes"] <= 65536
            assert metrics["connection_gateway_audit_writable"] == 1
            assert gateway.reject(UNKNOWN).status == 404
            filler.unlink()
            wait_until_ready(gateway)
            metrics = gateway.metrics()
            assert metrics["connection_gateway_audit_reserve_low"] == 0
            assert metrics["connection_gateway_audit_free_bytes"] > 524288
            said = [(line["level"], line["message"]) for line in gateway.log() if "room" in line["message"]]
            assert said == [("warning", "little room is left for the audit"),
                            ("notice", "there is room for the audit again")]

    def test_that_takes_a_part_of_it_goes_on_with_the_rest(self, simulator, tmp_path):
        """Allowed to the kernel, and not to be had from one at will: a library in between takes half of each write."""
        compiler = shutil.which("clang") or shutil.which("cc")
        if compiler is None:
            pytest.skip("there is no C compiler")
        source, library = tmp_path / "half.c", tmp_path / "half.so"
        source.write_text(HALF_WRITES)
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True,
                       timeout=PATIENCE)
        trace = Trace(tmp_path, "-e", "trace=write", "-P", tmp_path / "audit.jsonl")
        with Gateway(simulator.url, folder=tmp_path, prefix=[*trace.prefix, "-E", f"LD_PRELOAD={library}"]) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
            assert gateway.reject(PENDING).status == 200
        assert sum(line.startswith("write(") for line in trace.lines()) > 5 * len(gateway.records())
        assert_whole(gateway.audit)

    @staticmethod
    def call_until_it_fails(simulator, gateway):
        for _ in range(100):
            before = len(simulator.requests())
            reply = gateway.reject(UNKNOWN)
            if reply.status != 404:
                assert (reply.status, reply.code) == (503, "audit_unavailable"), reply
                sent = len(simulator.requests()) - before
                assert (reply.outcome, sent) in (("not_sent", 0), ("not_rejected", 1)), reply
                return reply
        raise AssertionError("the disk was never full")


class TestSlowDisk:
    def test_records_that_come_together_share_one_fdatasync(self, tmp_path):
        calls = 32
        seed = [connection(f"c-together-{number:06}") for number in range(calls)]
        # 20 ms for each, as on a bad disk.
        trace = Trace(tmp_path, "-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=20000")
        with Simulator(seed=seed) as simulator, Gateway(simulator.url, prefix=trace.prefix, folder=tmp_path) as gateway:
            with concurrent.futures.ThreadPoolExecutor(calls) as pool:
                replies = list(pool.map(gateway.reject, [each["ConnectionId"] for each in seed]))
            assert [reply.status for reply in replies] == [200] * calls
            synced = sum(line.startswith("fdatasync(") for line in trace.lines()) - 1
            records = len(gateway.records()) - 1
            print(f"{records} records of {calls} calls took {synced} fdatasync calls")
            assert records == 2 * calls
            assert synced <= records / 3
        gateway.check_chain()

    def test_a_disk_that_is_slower_than_the_deadline_sends_nothing(self, simulator, tmp_path):
        trace = Trace(tmp_path, "-e", "trace=fdatasync", "-e", "inject=fdatasync:delay_enter=700000:when=2+")
        with Gateway(simulator.url, prefix=trace.prefix, arguments=["--request-timeout", "500ms"]) as gateway:
            # The audit's thread's first one comes through in time.
            assert gateway.reject(UNKNOWN).status == 404
            assert_not_sent(simulator, gateway)

    def test_a_disk_that_hangs_holds_nobody_up_beyond_the_deadline(self, simulator, tmp_path):
        trace = Trace(tmp_path, "-e", "trace=fdatasync", "-e",
                      f"inject=fdatasync:delay_enter=4000000:when={SECOND_INTENT}")
        with Gateway(simulator.url, prefix=trace.prefix, folder=tmp_path,
                     arguments=["--request-timeout", "1s"]) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                begin = time.monotonic()
                # The first one's record hangs, those of the others wait behind it, and so do those of refused calls.
                first = pool.submit(gateway.reject, PENDING, headers={"X-Request-Id": "hung"})
                wait_until(lambda: b'"hung"' in gateway.audit.read_bytes(), "the first record to be written")
                others = [pool.submit(gateway.reject, PENDING, headers={"X-Request-Id": f"behind-{number}"})
                          for number in range(10)]
                refused = [pool.submit(gateway.reject, PENDING, token=None) for _ in range(5)]
                for reply in (first, *others, *refused):
                    answer = reply.result()
                    assert (answer.status, answer.code, answer.outcome) == (503, "audit_unavailable", "not_sent")
                assert 0.9 < time.monotonic() - begin < 2.5
            assert len(simulator.requests()) == 1
            assert audit_check(gateway) == (503, "failing")
            assert gateway.ready_for_admins()["audit"][1] == "a write takes longer than a call may"
            wait_until_ready(gateway)
            assert gateway.reject(PENDING).status == 200
            assert gateway.records("intent")[1]["requestId"] == "hung"
            # What was written after all is closed as what it is; what wasn't yet isn't written any more.
            [closing] = [record for record in gateway.records("outcome") if record["requestId"] == "hung"]
            assert (closing["httpStatus"], closing["code"], closing["outcome"]) == (503, "audit_unavailable", "not_sent")
            assert not [record for record in gateway.records() if record.get("requestId", "").startswith("behind")]
        assert_whole(gateway.audit)


class TestRotation:
    @pytest.fixture
    def gateway(self, simulator, tmp_path):
        with Gateway(simulator.url, folder=tmp_path) as running:
            yield running

    def rotate(self, gateway, name):
        """What logrotate does: moves the file and sends SIGHUP. Returns the old file once the new one is in use."""
        old = gateway.folder / name
        gateway.audit.rename(old)
        gateway.signal(signal.SIGHUP)
        wait_until(lambda: gateway.audit.exists() and gateway.records("opened"), "a new audit file")
        return old

    def test_goes_on_in_a_new_file_with_the_chain_of_the_old_one(self, gateway):
        assert gateway.reject(UNKNOWN).status == 404
        old = self.rotate(gateway, "audit.jsonl.1")
        assert gateway.reject(UNKNOWN).status == 404
        assert [record["stage"] for record in gateway.records(audit=old)] == ["opened", "intent", "outcome", "closed"]
        assert [record["stage"] for record in gateway.records()] == ["opened", "intent", "outcome"]
        opened = gateway.records()[0]
        assert opened["previousFile"] == "audit.jsonl.1" and opened["seq"] == 5
        assert gateway.audit.stat().st_mode & 0o777 == 0o640
        assert_whole(old, gateway.audit)
        # The new file alone says where it begins; the other way round they are no chain.
        assert "begins after seq 4" in run("audit", "verify", gateway.audit).stdout
        assert run("audit", "verify", gateway.audit, old).returncode == 1
        assert gateway.ready().status == 200

    def test_takes_an_empty_file_that_stands_there_already(self, gateway):
        old = gateway.folder / "audit.jsonl.1"
        gateway.audit.rename(old)
        gateway.audit.touch(0o600)
        gateway.signal(signal.SIGHUP)
        wait_until(lambda: gateway.records("opened"), "the new audit file to be used")
        assert_whole(old, gateway.audit)

    def test_stays_in_the_old_file_where_the_new_one_isnt_empty(self, gateway):
        old = gateway.folder / "audit.jsonl.1"
        gateway.audit.rename(old)
        gateway.audit.write_text("something else\n")
        gateway.signal(signal.SIGHUP)
        wait_until(
            lambda: [line for line in gateway.log() if line["message"] == "audit file not reopened"], "the error")
        assert gateway.reject(UNKNOWN).status == 404
        assert gateway.audit.read_text() == "something else\n"
        status, reason = gateway.ready_for_admins()["audit"]
        assert status == "warning" and "the new file isn't empty" in reason
        assert gateway.ready().status == 200
        assert [record["stage"] for record in gateway.records(audit=old)] == ["opened", "intent", "outcome"]
        # Put right, it counts without another signal.
        gateway.audit.unlink()
        wait_until(lambda: gateway.audit.exists() and gateway.records("opened"), "a new audit file")
        assert_whole(old, gateway.audit)

    def test_without_a_new_file_nothing_happens(self, gateway):
        gateway.signal(signal.SIGHUP)
        wait_until(lambda: [line for line in gateway.log() if line["message"] == "reloading"], "the signal to be taken")
        assert gateway.reject(UNKNOWN).status == 404
        assert [record["stage"] for record in gateway.records()] == ["opened", "intent", "outcome"]

    @pytest.mark.parametrize("traffic", [True, False])
    def test_is_noticed_without_a_signal(self, gateway, traffic):
        old = gateway.folder / "audit.jsonl-20261122"
        gateway.audit.rename(old)
        begin = time.monotonic()
        while traffic and not gateway.audit.exists():
            assert gateway.reject(UNKNOWN).status == 404
        wait_until(lambda: gateway.audit.exists() and gateway.records("opened"), "a new audit file")
        took = time.monotonic() - begin
        print(f"noticed after {took:.2f} s")
        assert took < 1.5
        assert gateway.records()[0]["previousFile"] == old.name
        gateway.stop()
        assert_whole(old, gateway.audit)

    def test_by_deleting_its_folder_stops_all_calls_until_there_is_one(self, simulator, tmp_path):
        """What is written to a file without a name is gone when the gateway ends."""
        log = tmp_path / "log"
        log.mkdir()
        gateway = Gateway(simulator.url, folder=tmp_path)
        gateway.audit = log / "audit.jsonl"
        with gateway:
            assert gateway.reject(UNKNOWN).status == 404
            shutil.rmtree(log)
            wait_until(lambda: audit_check(gateway) == (503, "failing"), "readiness to fail")
            assert_not_sent(simulator, gateway)
            assert gateway.metrics()["connection_gateway_audit_writable"] == 0
            assert "No such file or directory" in gateway.ready_for_admins()["audit"][1]
            log.mkdir()
            wait_until_ready(gateway)
            assert gateway.reject(PENDING).status == 200
            opened, *rest = gateway.records()
            assert (opened["seq"], opened["previousFile"]) == (4, "audit.jsonl (deleted)")
            assert [record["stage"] for record in rest] == ["intent", "outcome"]

    def test_by_deleting_the_file_is_noticed_and_the_chain_goes_on(self, gateway):
        assert gateway.reject(UNKNOWN).status == 404
        gone = gateway.audit.read_bytes()
        gateway.audit.unlink()
        wait_until(lambda: gateway.audit.exists() and gateway.records("opened"), "a new audit file")
        assert gateway.reject(UNKNOWN).status == 404
        opened = gateway.records()[0]
        assert opened["previousFile"] == "audit.jsonl (deleted)"
        # One line was written to the deleted file after we read it: that it was closed.
        assert opened["seq"] == gone.count(b"\n") + 2
        gateway.stop()
        assert f"begins after seq {opened['seq'] - 1}" in assert_whole(gateway.audit)

    def test_by_cutting_the_file_costs_no_record(self, gateway):
        """What logrotate calls copytruncate. Nothing of it is lost here, since nothing was written in between."""
        assert gateway.reject(UNKNOWN).status == 404
        copy = gateway.folder / "audit.jsonl.1"
        shutil.copyfile(gateway.audit, copy)
        os.truncate(gateway.audit, 0)
        wait_until(lambda: failed_files_exist(gateway), "the file to be given up")
        wait_until_ready(gateway)
        assert gateway.reject(UNKNOWN).status == 404
        [said] = [line for line in gateway.log() if line["message"] == "audit file given up"]
        assert "someone else changed the file: it has 0 bytes instead of" in said["reason"]
        gateway.stop()
        assert_whole(copy, gateway.audit)

    def test_loses_nothing_under_load(self, gateway):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            replies = [pool.submit(gateway.reject, UNKNOWN) for _ in range(400)]
            files = []
            for number in range(4):
                wait_until(lambda: sum(reply.done() for reply in replies) > 80 * number, "some calls to be answered")
                files.append(self.rotate(gateway, f"audit.jsonl.{number}"))
            assert {reply.result().status for reply in replies} == {404}
        files.append(gateway.audit)
        assert f"whole: {400 * 2 + 5 + 4} records" in assert_whole(*files)
        assert run("audit", "verify", files[0], files[2]).returncode == 1
