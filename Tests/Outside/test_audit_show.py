"""`audit show`: what a person on call reads of a log, on a terminal of any width, and what a program reads of it."""

import contextlib
import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import unicodedata

import pytest
from support.audit_logs import OPENED, chain, denied, goes_on, intent, line_of, outcome, written
from support.calls import gateway_for, get
from support.gateway import BINARY, ONE_ATTEMPT, make_token, run
from support.sanitizer import measures_memory
from support.simulator import ACTIVE, PATIENCE, PENDING, UNKNOWN, Simulator, connection, environment, wait_until

#: What a caller may try: to clear the screen, to colour it, to turn text around, to begin a line.
NASTY = "\x1b[2J\x1b]0;title\x07\u009b31m\u202ee\nfake\tline\r\u2028漢字🚀"


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The log of a gateway that had each kind of call, and was killed in the middle of one."""
    folder = tmp_path_factory.mktemp("sample")
    seed = [connection(PENDING), connection(ACTIVE, "ACTIVE"), connection("c-slow0000000000000", fault="stall")]
    with Simulator(seed=seed) as simulator, gateway_for(simulator.url, env=ONE_ATTEMPT) as gateway:
        gateway.scatter = True
        gateway.reject(PENDING, body={"reason": "CHG-1234"}, headers={"X-Request-Id": "first"})
        gateway.reject(UNKNOWN, body={"reason": NASTY}, headers={"X-Request-Id": "nasty"})
        get(gateway, f"/{ACTIVE}", headers={"X-Request-Id": "look"})
        gateway.reject(ACTIVE, headers={"X-Request-Id": "active"})
        second = make_token(gateway.tokens, name="reader", scopes=["connections:read"])
        wait_until(lambda: get(gateway, f"/{ACTIVE}", token=second).status == 200, "the second token")
        gateway.reject(PENDING, token=second)
        with contextlib.suppress(TimeoutError):
            gateway.reject("c-slow0000000000000", headers={"X-Request-Id": "cut-off"}, timeout=0.5)
        wait_until(lambda: any(r.get("requestId") == "cut-off" for r in gateway.records("intent")), "the intent")
        gateway.kill()
        killed = gateway.audit.read_bytes()
        gateway.start()
        gateway.scatter = False
        for _ in range(200):
            gateway.reject(PENDING, token=None)
        # What was only counted is written now at the latest.
        gateway.stop()
        (folder / "killed.jsonl").write_bytes(killed)
        (folder / "audit.jsonl").write_bytes(gateway.audit.read_bytes())
        (folder / "tokens").write_text("\n".join(t["id"] for t in json.loads(gateway.tokens.read_text())["tokens"]))
    return folder


def show(*arguments, code=0, env=None):
    ended = run("audit", "show", *arguments, env=env)
    assert ended.returncode == code, ended
    return ended


def rows(*arguments, code=0):
    return [json.loads(line) for line in show("--json", *arguments, code=code).stdout.splitlines()]


def width_of(text):
    """How many columns a terminal needs, by Unicode's own data."""
    return sum(0 if unicodedata.category(character) in ("Mn", "Me") else
               2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def on_terminal(columns, *arguments, env=None):
    """What it writes on a terminal of so many columns."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    command = [str(BINARY), "audit", "show", *map(str, arguments)]
    with subprocess.Popen(command, stdout=theirs, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          env=environment("/nonexistent", TERM="xterm", **(env or {}))) as process:
        os.close(theirs)
        received = b""
        while True:
            assert select.select([ours], [], [], PATIENCE)[0], "it writes nothing more, and doesn't end"
            try:
                received += os.read(ours, 65536)
            except OSError:
                break
        assert process.wait(PATIENCE) == 0, process.stderr.read()
    os.close(ours)
    return received.decode().replace("\r\n", "\n")


def without_colours(text):
    return re.sub(r"\x1b\[(3[1236]|0)m", "", text)


class TestRowsOfARealLog:
    def test_each_call_is_one_row(self, sample):
        records = [json.loads(line) for line in (sample / "audit.jsonl").read_bytes().splitlines()]
        stages = [record["stage"] for record in records]
        shown = rows(sample / "audit.jsonl")
        states = [row["state"] for row in shown]
        assert len(shown) == sum(stages.count(stage) for stage in ("intent", "denied", "suppressed"))
        assert states.count("answered") == stages.count("outcome")
        assert states.count("recovered") == stages.count("recovered") == 1
        assert states.count("suppressed") == stages.count("suppressed") > 0
        assert "open" not in states
        by_number = {record["seq"]: record for record in records}
        for row in shown:
            first, last = by_number[row["seq"]], by_number[row.get("lastSeq", row["seq"])]
            for name in ("time", "requestId", "action", "connectionId", "path", "caller", "client", "reason"):
                assert row.get(name) == first.get(name), (name, row)
            for name in ("httpStatus", "code", "outcome", "aws", "accessKeyId", "durationMs"):
                assert row.get(name) == last.get(name), (name, row)

    def test_a_call_under_way_is_open(self, sample):
        found = rows("--outcome", "open", sample / "killed.jsonl")
        assert [row["requestId"] for row in found] == ["cut-off"]

    def test_a_call_whose_process_died_is_unknown(self, sample):
        found = rows("--outcome", "unknown", sample / "audit.jsonl")
        assert [(row["requestId"], row["state"]) for row in found] == [("cut-off", "recovered")]

    def test_filters_combine(self, sample):
        first = (sample / "tokens").read_text().split("\n")[0]
        audit = sample / "audit.jsonl"
        everything = rows(audit)
        for outcome_name in ["rejected", "not_rejected", "not_sent"]:
            expected = [row for row in everything if row.get("caller", {}).get("token") == first
                        and row.get("connectionId") == PENDING and row.get("outcome") == outcome_name]
            assert rows("--token", first, "--connection", PENDING, "--outcome", outcome_name, audit) == expected
        refused = [row for row in everything if row["state"] in ("denied", "suppressed")]
        assert rows("--outcome", "denied", audit) == refused
        assert refused and rows("--since", "24h", audit) == everything
        middle = everything[len(everything) // 2]["time"]
        assert {row["seq"] for row in rows("--since", middle, audit)} >= {
            row["seq"] for row in everything if row["time"] >= middle}
        assert rows("--since", "2999-01-01T00:00:00+02:00", audit) == []


class TestTable:
    @pytest.mark.parametrize("columns", [60, 80, 120, 200])
    def test_fits_the_terminal(self, sample, columns):
        text = on_terminal(columns, sample / "audit.jsonl")
        lines = without_colours(text).splitlines()
        assert max(map(width_of, lines)) <= columns
        for heading in ("TIME (UTC)", "WHO", "FROM", "WHAT", "OUTCOME", "REASON"):
            assert heading in lines[0] + lines[1]
        if columns >= 80:
            for whole in (f"reject {PENDING}", f"get {ACTIVE}", "not_rejected connection_not_found", "looked up 200",
                          "unknown (the process died)", "denied insufficient_scope 403", "refused calls"):
                assert any(whole in line for line in lines), whole

    def test_shows_nothing_that_moves_the_cursor(self, sample):
        for text in [without_colours(on_terminal(200, sample / "audit.jsonl")), show(sample / "audit.jsonl").stdout,
                     show("--json", sample / "audit.jsonl").stdout]:
            odd = {character for character in text if unicodedata.category(character)[0] == "C"}
            assert odd <= {"\n"}
            assert r"\u001b[2J\u001b]0;title\u0007" in text
        [nasty] = [row for row in rows(sample / "audit.jsonl") if row.get("requestId") == "nasty"]
        assert nasty["reason"] == NASTY

    def test_wide_characters_leave_the_columns_where_they_are(self, tmp_path):
        paths = ["/漢字", "/plain-path", "/e\u0301\u0301", "/🚀🚀"]
        audit = written(tmp_path / "audit.jsonl", chain([OPENED, *map(denied, paths)]))
        for text in (show(audit).stdout, without_colours(on_terminal(200, audit))):
            lines = text.splitlines()
            assert len({width_of(line.partition("denied")[0]) for line in lines[1:]}) == 1, lines

    def test_elsewhere_nothing_is_cut_and_nothing_coloured(self, tmp_path):
        reason = "because " * 60
        audit = written(tmp_path / "audit.jsonl", chain([intent("a", reason=reason), outcome("a")]))
        text = show(audit).stdout
        assert text.splitlines()[1].endswith(reason.rstrip()) and "\x1b" not in text and "…" not in text

    def test_columns_and_no_color_have_their_way(self, sample):
        audit = sample / "audit.jsonl"
        assert "\x1b" in on_terminal(200, audit)
        assert "\x1b" not in on_terminal(200, audit, env={"NO_COLOR": "1"})
        assert max(map(width_of, without_colours(on_terminal(200, audit, env={"COLUMNS": "80"})).splitlines())) <= 80
        assert max(map(width_of, show(audit, env={"COLUMNS": "100"}).stdout.splitlines())) <= 100

    @pytest.mark.parametrize("columns", ["1000000", str(2**63 - 1)])
    def test_more_columns_than_any_terminal_has_are_as_good_as_enough(self, sample, columns):
        audit = sample / "audit.jsonl"
        assert show(audit, env={"COLUMNS": columns}).stdout == show(audit, env={"COLUMNS": "5000"}).stdout


class TestInput:
    @pytest.mark.parametrize("arguments", [
        ("--since", "yesterday"), ("--since", "24"), ("--since", "2026-11-22"), ("--since", ""), ("--since=-1h",),
        ("--since", "0000-01-01T00:00:00Z"), ("--token", "short"), ("--connection", "NO"), ("--outcome", "maybe")])
    def test_what_cannot_be_is_one_line_and_64(self, arguments, tmp_path):
        ended = show(*arguments, written(tmp_path / "audit.jsonl", []), code=64)
        name = arguments[0].partition("=")[0]
        assert re.fullmatch(rf"connection-gateway: {name} has to be [^\n]+\n", ended.stderr) and ended.stdout == ""

    def test_a_token_by_mistake_is_not_shown(self, tmp_path):
        token = "cgw_" + "A" * 43
        assert token not in show("--token", token, written(tmp_path / "audit.jsonl", []), code=64).stderr

    def test_no_files_are_64(self):
        assert show(code=64).stdout == ""

    def test_any_duration_may_be_long(self, sample):
        assert len(rows("--since", "106751991167d", sample / "audit.jsonl")) == len(rows(sample / "audit.jsonl"))

    def test_the_other_rows_are_shown_beside_what_cannot_be_read(self, tmp_path):
        lines = chain([OPENED, intent("a"), outcome("a")])
        audit = written(tmp_path / "audit.jsonl", [*lines[:2], b"\x1b[31mnoise\n", lines[2], b'{"time":"torn'])
        ended = show("--json", audit, code=1)
        assert [json.loads(line)["seq"] for line in ended.stdout.splitlines()] == [2]
        assert ended.stderr == (f"connection-gateway: {audit}, line 3: it isn't an audit record\n"
                                f"connection-gateway: {audit}, line 5: it has no end: torn, or being written\n")

    def test_a_file_that_is_not_there_is_2(self, tmp_path):
        ended = show(tmp_path / "none", code=2)
        assert ended.stderr == f"connection-gateway: {tmp_path / 'none'} can't be read: No such file or directory\n"

    def test_files_in_the_order_of_their_names_are_told(self, tmp_path):
        first = chain([OPENED, intent("a")])
        newest = written(tmp_path / "audit.jsonl", goes_on(first, [outcome("a")]))
        oldest = written(tmp_path / "audit.jsonl.1", first)
        assert show(oldest, newest).stderr == ""
        assert "aren't given oldest first" in show(newest, oldest).stderr

    def test_a_pipe_will_do(self, sample):
        with open(sample / "audit.jsonl", "rb") as log:
            piped = subprocess.run([str(BINARY), "audit", "show", "--json", "/dev/stdin"], input=log.read(),
                                   capture_output=True, timeout=PATIENCE, env=environment("/nonexistent"), check=True)
        assert piped.stdout.decode() == show("--json", sample / "audit.jsonl").stdout

    def test_a_reader_who_leaves_is_no_error(self, tmp_path):
        audit = written(tmp_path / "audit.jsonl", chain([denied("/x")] * 5000))
        command = f"set -o pipefail; '{BINARY}' audit show '{audit}' | head -1"
        ended = subprocess.run(["bash", "-c", command], capture_output=True, timeout=PATIENCE,
                               env=environment("/nonexistent"), check=False)
        assert (ended.returncode, ended.stderr, ended.stdout.count(b"\n")) == (0, b"", 1)


class Following:
    """`audit show --json --follow` of a file."""

    def __init__(self, audit, *arguments):
        self._audit, self._output = audit, audit.parent / "followed"
        with open(self._output, "wb") as stdout:
            self.process = subprocess.Popen(
                [str(BINARY), "audit", "show", "--json", "--follow", *arguments, str(audit)], stdout=stdout,
                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment("/nonexistent"))

    def __enter__(self):
        wait_until(self._has_opened_it, "it to open the file")
        return self

    def _has_opened_it(self):
        with contextlib.suppress(FileNotFoundError):
            folder = f"/proc/{self.process.pid}/fd"
            return any(os.readlink(f"{folder}/{number}") == str(self._audit) for number in os.listdir(folder))

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    @property
    def rows(self):
        return [json.loads(line) for line in self._output.read_text().rpartition("\n")[0].splitlines()]

    def wait_for(self, ids):
        wait_until(lambda: [row.get("requestId") for row in self.rows] == ids, f"the rows {ids}, not {self.rows}")

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        complaints = self.process.communicate(timeout=PATIENCE)[1]
        assert self.process.returncode == 0
        return complaints


class TestFollow:
    def test_goes_on_through_rotations_of_a_real_gateway(self):
        with Simulator() as simulator, gateway_for(simulator.url) as gateway, Following(gateway.audit) as following:
            ids = []
            for number in range(4):
                ids.append(f"call-{number}")
                gateway.reject(UNKNOWN, headers={"X-Request-Id": ids[-1]})
                following.wait_for(ids)
                gateway.audit.rename(gateway.folder / f"audit.jsonl.{number}")
                wait_until(gateway.audit.exists, "a new file")
            assert following.end() == b""
            assert {row["state"] for row in following.rows} == {"answered"}

    def test_joins_what_a_rotation_took_apart_and_reads_the_old_file_to_its_end(self, tmp_path):
        audit = tmp_path / "audit.jsonl"
        first = chain([OPENED, intent("a"), intent("b"), outcome("b")])
        second = goes_on(first, [outcome("a")])
        written(audit, first[:2])
        with Following(audit) as following:
            with open(audit, "ab") as log:
                audit.rename(tmp_path / "audit.jsonl.1")
                written(audit, [])
                log.write(b"".join(first[2:]))
                log.flush()
                following.wait_for(["b"])
                written(audit, second)
                following.wait_for(["b", "a"])
            assert [row["lastSeq"] for row in following.rows] == [4, 6]
            assert following.end(signal.SIGTERM) == b""

    def test_waits_for_the_end_of_a_line(self, tmp_path):
        audit = written(tmp_path / "audit.jsonl", [])
        line = line_of({"time": "2026-11-22T16:00:00.000000Z", "seq": 1, **denied("/x"), "prev": "0" * 64})
        with Following(audit) as following, open(audit, "ab", buffering=0) as log:
            for byte in line:
                log.write(bytes([byte]))
            following.wait_for(["r"])
            assert following.end() == b""

    def test_shows_what_has_no_outcome_at_the_end(self, tmp_path):
        audit = written(tmp_path / "audit.jsonl", chain([OPENED, denied("/x"), intent("a")]))
        with Following(audit) as following:
            following.wait_for(["r"])
            following.end()
            assert [row["state"] for row in following.rows] == ["denied", "open"]

    def test_a_file_that_somebody_cut_is_told_and_read_anew(self, tmp_path):
        audit = written(tmp_path / "audit.jsonl", chain([denied("/x"), {**denied("/x"), "requestId": "second"}]))
        with Following(audit) as following:
            following.wait_for(["r", "second"])
            written(audit, chain([{**denied("/"), "requestId": "third"}]))
            following.wait_for(["r", "second", "third"])
            assert b"somebody cut it" in following.end()

    def test_ends_when_nobody_reads_any_more(self, tmp_path):
        audit = written(tmp_path / "audit.jsonl", chain([denied("/x")]))
        with subprocess.Popen([str(BINARY), "audit", "show", "--follow", str(audit)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment("/nonexistent")) as process:
            process.stdout.readline()
            process.stdout.close()
            assert process.wait(PATIENCE) == 0
            assert process.stderr.read() == b""

    def test_ends_though_nobody_reads_what_it_has_to_say(self, tmp_path):
        audit = written(tmp_path / "audit.jsonl", chain([denied("/x" * 200)] * 3000))
        with subprocess.Popen([str(BINARY), "audit", "show", "--follow", str(audit)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment("/nonexistent")) as process:
            # The pipe is full, and stays so.
            assert select.select([process.stdout], [], [], PATIENCE)[0]
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE) == 0
            assert process.stderr.read() == b""


#: Runs a command, and says on standard error how much memory it had at most, in KiB.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""


def peak_memory(*arguments):
    """In MiB. A process of its own measures it: what the tests ran before would count otherwise."""
    ended = subprocess.run([sys.executable, "-c", MEASURED, str(BINARY), "audit", "show", *map(str, arguments)],
                           capture_output=True, text=True, timeout=10 * PATIENCE, env=environment("/nonexistent"), check=True)
    code, peak = ended.stderr.splitlines()[-1].split()
    assert code == "0", ended.stderr
    return int(peak) / 1024


@measures_memory
class TestMemory:
    """A big log, in short: what matters is that a longer one needs no more."""

    @staticmethod
    def log(path, pieces, piece):
        """A log of many lines; the chain isn't looked at."""
        with open(path, "wb") as file:
            for number in range(pieces):
                for record in piece(number):
                    file.write(line_of({"time": "2026-11-22T16:00:00.000000Z", "seq": number + 1, **record, "prev": "0" * 64}))
        return path

    @pytest.mark.parametrize("arguments", [(), ("--json",), ("--outcome", "unknown")])
    def test_does_not_grow_with_the_log(self, tmp_path, arguments):
        def call(number):
            return intent(f"r-{number}", reason="x" * 200), outcome(f"r-{number}")
        small = self.log(tmp_path / "small", 2_000, call)
        big = self.log(tmp_path / "big", 60_000, call)
        assert big.stat().st_size > 40e6
        assert peak_memory(*arguments, big) < peak_memory(*arguments, small) + 8

    def test_is_bounded_though_no_call_has_an_outcome(self, tmp_path):
        def piece(number):
            return (intent(f"r-{number}", reason="x" * 20_000),)
        audit = self.log(tmp_path / "audit", 6_000, piece)
        assert audit.stat().st_size > 120e6
        ended = run("audit", "show", "--json", audit, timeout=10 * PATIENCE)
        assert ended.returncode == 0 and ended.stdout.count("\n") == 6_000
        assert re.fullmatch(r"connection-gateway: more than [^\n]* shown as open[^\n]*\n", ended.stderr)
        assert peak_memory("--json", audit) < 160
