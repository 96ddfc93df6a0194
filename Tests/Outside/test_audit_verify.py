"""`audit verify`: whole is 0, broken is 1 with the place, unreadable is 2; and whoever distrusts it has sha256sum."""

import hashlib
import json
import re
import shutil
import subprocess

import pytest
from support.audit_logs import CLOSED, OPENED, chain, denied, goes_on, intent, outcome
from support.gateway import Gateway, run
from support.sanitizer import measures_memory
from support.simulator import ACTIVE, PATIENCE, UNKNOWN, Simulator

#: The sample has so many lines: opened, 3 × (intent, outcome), denied, closed.
LINES = 9


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The lines of a gateway's log."""
    folder = tmp_path_factory.mktemp("sample")
    with Simulator() as simulator, Gateway(simulator.url, folder=folder) as gateway:
        for connection_id in [UNKNOWN, ACTIVE, UNKNOWN]:
            gateway.reject(connection_id, body={"reason": "\u00fc\u2028\U0001F600 \\ \""})
        gateway.reject(UNKNOWN, token=None)
    lines = (folder / "audit.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == LINES
    return lines


@pytest.fixture
def verify(tmp_path):
    """Writes files of these lines, and verifies them in their order."""
    def verify(*contents, code):
        files = []
        for number, lines in enumerate(contents, start=1):
            file = tmp_path / f"audit.{number}"
            file.write_bytes(b"".join(lines))
            files.append(file)
        ended = run("audit", "verify", *files)
        assert ended.returncode == code, ended
        assert ended.stderr == ""
        return ended.stdout
    return verify


def broken_at(output):
    """File and line of the break."""
    found = re.search(r"^broken: .*/audit\.(\d+), line (\d+): .+", output, re.MULTILINE)
    assert found, output
    assert "whole" not in output
    return int(found[1]), int(found[2])


class TestWhole:
    def test_says_how_many_from_when_to_when_and_the_head(self, sample, verify):
        first, last = (json.loads(sample[index])["time"] for index in (0, -1))
        head = hashlib.sha256(sample[-1]).hexdigest()
        assert verify(sample, code=0) == f"whole: {LINES} records, {first} to {last}, head {head}\n"

    def test_across_files(self, sample, verify):
        second = goes_on(sample, [intent("a"), CLOSED])
        third = goes_on(second, [outcome("a"), CLOSED])
        whole = verify(sample, second, third, code=0)
        assert f"whole: {LINES + 6} records" in whole and hashlib.sha256(third[-1]).hexdigest() in whole
        assert verify([], sample, [], second, third, [], code=0) == whole

    def test_of_a_chain_that_python_made(self, verify):
        assert "whole: 3 records" in verify(chain([OPENED, intent("a"), outcome("a")]), code=0)

    def test_agrees_with_sha256sum(self, sample, tmp_path):
        file = tmp_path / "audit.jsonl"
        file.write_bytes(b"".join(sample))
        for number in range(1, LINES):
            digest = subprocess.run(["sh", "-c", f"sed -n {number}p '{file}' | sha256sum"], capture_output=True,
                                    text=True, check=True, timeout=PATIENCE).stdout.split()[0]
            assert json.loads(sample[number])["prev"] == digest
        assert json.loads(sample[0])["prev"] == "0" * 64

    def test_of_nothing(self, verify):
        assert "whole: 0 records" in verify([], code=0)

    def test_of_a_log_whose_beginning_isnt_given_says_so(self, sample, verify):
        assert f'begins after seq {LINES}, in a file that was called "audit.jsonl.1"' in verify(
            goes_on(sample, [CLOSED]), code=0)

    def test_says_if_the_log_wasnt_closed(self, sample, verify):
        assert "not closed" not in verify(sample, code=0)
        assert "not closed" in verify(sample[:-1], code=0)

    def test_lists_intents_without_an_outcome(self, verify):
        output = verify(chain([
            OPENED, intent("a"), intent("b"), outcome("b"), intent("c"), intent("c"), outcome("c"),
            intent("d", "c-1111111111"), outcome("d", "c-2222222222"), outcome("e")]), code=0)
        assert [line.partition(", connection ")[0] for line in output.splitlines()[:3]] == [
            "intent without outcome: seq 2, request a", "intent without outcome: seq 6, request c",
            "intent without outcome: seq 8, request d"]
        assert ", connection c-1111111111, " in output.splitlines()[2]
        assert output.splitlines()[-1].startswith("whole: 10 records")

    def test_an_outcome_may_stand_in_a_later_file(self, verify):
        lines = chain([OPENED, intent("a")])
        assert "without outcome" not in verify(lines, goes_on(lines, [outcome("a")]), code=0)


class TestTornLine:
    @pytest.mark.parametrize("kept", [1, 50, -1])
    def test_at_the_end_is_said_and_the_rest_is_whole(self, sample, verify, kept):
        output = verify([*sample[:-1], sample[-1][:kept]], code=0)
        assert re.search(rf"^torn last line: .*audit\.1, line {LINES}, \d+ bytes", output, re.MULTILINE)
        assert f"whole: {LINES - 1} records" in output

    def test_in_a_file_before_the_last_is_a_break(self, sample, verify):
        assert broken_at(verify([*sample, b"{"], goes_on(sample, []), code=1)) == (1, LINES + 1)

    def test_is_no_excuse_for_a_break_before_it(self, sample, verify):
        assert broken_at(verify([*sample[:3], *sample[4:-1], sample[-1][:20]], code=1)) == (1, 4)


class TestBroken:
    @pytest.mark.parametrize("line", range(1, LINES))
    def test_by_a_changed_byte(self, sample, verify, line):
        for position in (2, 10, len(sample[line - 1]) // 2, len(sample[line - 1]) - 10, len(sample[line - 1]) - 3):
            changed = bytearray(sample[line - 1])
            changed[position] ^= 1
            file, found = broken_at(verify([*sample[:line - 1], bytes(changed), *sample[line:]], code=1))
            # A changed line is still a line: that it is another one, the next line's 'prev' tells.
            assert file == 1 and found in (line, line + 1)

    @pytest.mark.parametrize("line", range(2, LINES))
    def test_by_a_removed_line(self, sample, verify, line):
        assert broken_at(verify([*sample[:line - 1], *sample[line:]], code=1)) == (1, line)

    @pytest.mark.parametrize("line", range(1, LINES + 1))
    def test_by_a_repeated_line(self, sample, verify, line):
        assert broken_at(verify([*sample[:line], sample[line - 1], *sample[line:]], code=1)) == (1, line + 1)

    @pytest.mark.parametrize("line", range(2, LINES))
    def test_by_swapped_lines(self, sample, verify, line):
        swapped = [*sample[:line - 1], sample[line], sample[line - 1], *sample[line + 1:]]
        assert broken_at(verify(swapped, code=1)) == (1, line)

    def test_by_a_line_that_someone_added(self, sample, verify):
        added = chain([outcome("forged")], sequence=4, previous=hashlib.sha256(sample[2]).hexdigest())
        assert broken_at(verify([*sample[:3], *added, *sample[3:]], code=1)) == (1, 5)

    @pytest.mark.parametrize("line", [
        b"\n", b"{}\n", b"null\n", b"not JSON\n", b"\0\n", b"\xff\n", b"{\n", b"[1]\n",
        b'{"time":1,"seq":1,"prev":1}\n'], ids=repr)
    @pytest.mark.parametrize("place", [0, 4, LINES])
    def test_by_a_line_that_is_no_record(self, sample, verify, line, place):
        assert broken_at(verify([*sample[:place], line, *sample[place:]], code=1)) == (1, place + 1)

    def test_by_other_ends_of_lines(self, sample, verify):
        assert broken_at(verify([line.replace(b"\n", b"\r\n") for line in sample], code=1)) == (1, 1)

    def test_by_a_byte_order_mark(self, sample, verify):
        assert broken_at(verify([b"\xef\xbb\xbf", *sample], code=1))[0] == 1

    def test_by_a_beginning_that_was_cut_off(self, sample, verify):
        for lines in range(1, LINES):
            assert broken_at(verify(sample[lines:], code=1)) == (1, 1)

    def test_by_a_missing_file_whose_name_it_tells(self, sample, verify):
        second = goes_on(sample, [intent("a"), CLOSED])
        third = goes_on(second, [outcome("a")])
        output = verify(sample, third, code=1)
        assert broken_at(output) == (2, 1)
        assert f'seq {LINES + 1} to {LINES + 3} are missing' in output and '"audit.jsonl.1"' in output

    def test_by_files_in_the_wrong_order(self, sample, verify):
        second = goes_on(sample, [intent("a"), CLOSED])
        third = goes_on(second, [outcome("a")])
        output = verify(sample, third, second, code=1)
        assert broken_at(output) == (2, 1) and "wrong order" in output
        assert broken_at(verify(third, second, sample, code=1)) == (2, 1)

    def test_by_a_file_that_is_given_twice(self, sample, verify):
        second = goes_on(sample, [intent("a"), CLOSED])
        for again in [sample, second]:
            output = verify(sample, second, again, code=1)
            assert broken_at(output) == (3, 1) and "the same as" in output

    def test_by_a_file_of_another_log(self, sample, verify):
        other = goes_on(chain([OPENED, *[denied("/x")] * (LINES - 2), CLOSED]), [])
        output = verify(sample, other, code=1)
        assert broken_at(output) == (2, 1) and "two logs" in output

    def test_by_a_number_that_jumps(self, verify):
        lines = chain([OPENED, intent("a")])
        jumped = chain([outcome("a")], sequence=4, previous=hashlib.sha256(lines[1]).hexdigest())
        output = verify([*lines, *jumped], code=1)
        assert broken_at(output) == (1, 3) and "'seq' is 4, not 3" in output

    @pytest.mark.parametrize("number", [-(1 << 63), (1 << 63) - 1, 1 << 63, -1, 0, 1.5, "1", None])
    def test_or_said_to_be_by_numbers_that_no_log_has(self, verify, number):
        """A forger's line must not bring the check down."""
        first = chain([{"seq": number, **OPENED}], previous="1" * 64)
        second = chain([OPENED], sequence=2, previous=hashlib.sha256(first[0]).hexdigest())
        broken_at(verify([*first, *second], code=1))

    def test_says_what_holds_before_the_break(self, sample, verify):
        output = verify([*sample[:3], *sample[4:]], code=1)
        assert f"before that: 3 records, {json.loads(sample[0])['time']} to" in output
        assert f"head {hashlib.sha256(sample[2]).hexdigest()}" in output


class TestUnreadable:
    def assert_unreadable(self, *files, name):
        ended = run("audit", "verify", *files)
        assert ended.returncode == 2, ended
        assert ended.stdout == ""
        assert ended.stderr.count("\n") == 1 and name in ended.stderr and "can't be read" in ended.stderr

    def test_a_file_that_isnt_there(self, sample, tmp_path):
        good = tmp_path / "audit.1"
        good.write_bytes(b"".join(sample))
        self.assert_unreadable(tmp_path / "none.jsonl", name="none.jsonl")
        self.assert_unreadable(good, tmp_path / "none.jsonl", name="none.jsonl")

    def test_a_folder(self, tmp_path):
        self.assert_unreadable(tmp_path, name=str(tmp_path))

    def test_no_file_at_all_is_wrong_usage(self):
        assert run("audit", "verify").returncode == 64


@measures_memory
def test_a_log_of_some_size_is_read_line_by_line(tmp_path):
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit isn't installed (Debian: util-linux)")
    file = tmp_path / "audit.jsonl"
    file.write_bytes(b"".join(chain([OPENED, *[denied("x" * 400)] * 60_000])))
    # 41 MB in a process that may have no more than 24 MB of data.
    ended = run("audit", "verify", file, prefix=["prlimit", "--data=25165824"], timeout=60)
    assert ended.returncode == 0 and "whole: 60001 records" in ended.stdout, ended
