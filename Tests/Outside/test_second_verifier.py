"""`audit verify` and the second verifier, which share no code, agree on good logs and on bad ones of every kind.

The bad ones are made by chance, from seeds: the seed is in the test's name.
"""

import hashlib
import json
import os
import random
import re
import signal

import pytest
from support.audit_logs import (
    CALLER, CHECKPOINT, CLIENT, CLOSED, OPENED, Key, chain, denied, goes_on, intent, line_of, outcome)
from support.gateway import Gateway, run
from support.second_verifier import verify
from support.simulator import ACTIVE, UNKNOWN, Simulator, wait_until

#: So many damaged logs are made of each good one. The one that the gateway wrote is long, and slow to check.
SEEDS = {"written": 80, "made": 320}


@pytest.fixture(scope="module")
def key():
    return Key()


@pytest.fixture(scope="module")
def other_key():
    return Key()


@pytest.fixture(scope="module")
def written(tmp_path_factory, key):
    """A log that the gateway wrote: three files, a checkpoint in the middle of one and at the end of each."""
    folder = tmp_path_factory.mktemp("written")
    (folder / "audit.key").write_bytes(key.private_pem)
    (folder / "audit.key").chmod(0o600)
    files = []
    with Simulator() as simulator, Gateway(simulator.url, folder=folder,
                                           arguments=["--audit-signing-key", folder / "audit.key"]) as gateway:
        for calls in (60, 5):
            for number in range(calls):
                gateway.reject([UNKNOWN, ACTIVE][number % 2], body={"reason": f"\u00fc\u2028\U0001F600 \\ \" {number}"})
            gateway.reject(UNKNOWN, token=None)
            files.append(folder / f"audit.{calls}")
            os.rename(gateway.audit, files[-1])
            gateway.signal(signal.SIGHUP)
            wait_until(gateway.audit.exists, "the new file")
        gateway.reject(UNKNOWN)
    return [file.read_bytes() for file in [*files, gateway.audit]]


@pytest.fixture(scope="module")
def made(key):
    """A log with every stage and member that there is, and with text of all kinds."""
    # But for BS, FF and DEL, which Python writes in another form than the log has them in.
    strange = "".join(chr(code) for code in [*range(0x20), 0x22, 0x5C, 0x9F, 0xA0, 0xE9, 0x2028, 0xFEFF, 0xFFFF, 0x1F600]
                      if code not in (0x08, 0x0C))
    full = {**intent("a"), "stage": "outcome", "httpStatus": 409, "code": "connection_not_rejectable",
            "outcome": "not_rejected",
            "aws": {"code": "ConflictException", "requestId": "x", "httpStatus": 409, "attempts": 2},
            "tries": [{"operation": "reject", "ending": "no_answer"},
                      {"operation": "look_up", "ending": "answered", "code": "X", "requestId": "y", "httpStatus": 500}],
            "sharedWith": "b", "accessKeyId": "AKIDEXAMPLE", "durationMs": 0}
    suppressed = {"stage": "suppressed", "client": {"address": "2001:db8::/64"}, "count": 17,
                  "since": "2024-02-29T23:59:59.999999Z"}
    recovered = {"stage": "recovered", "requestId": "c", "action": "connections.reject", "connectionId": "c-0123456789",
                 **CALLER, **CLIENT, "outcome": "unknown", "recovers": 5}
    first = chain([
        OPENED, intent("a", reason=strange), intent("b"), full, intent("c"), denied(strange), suppressed, CHECKPOINT,
        OPENED, recovered, outcome("nobody"), CLOSED, CHECKPOINT], key=key)
    last = json.loads(first[-1])
    list_call = {name: value for name, value in intent("d").items() if name != "connectionId"}
    second = chain([
        {**OPENED, "previousFile": "audit.jsonl.1", "openIntents": 1},
        {**list_call, "client": {**CLIENT["client"], "userAgent": strange}}, denied("/"),
        {"stage": "recovered", "outcome": "unknown", "recovers": 3}, intent("e"), CHECKPOINT, intent("e")],
        sequence=last["seq"] + 1, previous=hashlib.sha256(first[-1]).hexdigest(), key=key)
    return [b"".join(first), b"".join(second)]


@pytest.fixture
def compare(tmp_path, key):
    """Has both check the files, and compares all that they say. Gives what the second one found."""
    public = tmp_path / "audit.pub"
    public.write_bytes(key.public_pem)

    def compare(contents, *, with_key):
        verdict = verify(contents, [key.public_pem] if with_key else [])
        said = run_verify(tmp_path, contents, ["--public-key", public] if with_key else [])
        expected = {"broken": verdict.broken_at, "count": verdict.count, "head": verdict.head, "torn": verdict.torn,
                    "unanswered": verdict.unanswered, "vouched": verdict.vouched}
        # A torn line before the last file is a break, and named as such.
        assert {name: said[name] for name in expected} == expected, (verdict, said["text"])
        good = verdict.broken_at is None and (not with_key or verdict.vouched is not None)
        assert said["code"] == (0 if good else 1), said["text"]
        if verdict.broken_at is None:
            assert ("not closed" in said["text"]) == (verdict.count > 0 and not verdict.is_closed), said["text"]
        return verdict
    return compare


def run_verify(folder, contents, arguments):
    """Runs `audit verify` on files of these contents, and reads what it prints."""
    files = []
    for number, content in enumerate(contents, start=1):
        files.append(folder / f"{number}.jsonl")
        files[-1].write_bytes(content)
    ended = run("audit", "verify", *arguments, *files)
    assert ended.stderr == "", ended
    output = ended.stdout

    def found(pattern):
        match = re.search(pattern, output, re.MULTILINE)
        return tuple(int(part) if part.isdigit() else part for part in match.groups()) if match else None
    count, = found(r"^(?:whole|unsigned|before that): (\d+) records")
    head = re.search(r", head ([0-9a-f]{64})(?:$|;)", output, re.MULTILINE)
    return {"code": ended.returncode, "text": output, "count": count, "head": head and head[1],
            "broken": found(r"^broken: .*/(\d+)\.jsonl, line (\d+): .+"),
            "torn": found(r"^torn last line: .*/(\d+)\.jsonl, line (\d+), (\d+) bytes"),
            "vouched": (found(r"^vouched for: seq 1 to (\d+),") or [None])[0],
            "unanswered": [int(number) for number in re.findall(r"^intent without outcome: seq (\d+),", output,
                                                                re.MULTILINE)]}


@pytest.mark.parametrize("with_key", [True, False], ids=["with a key", "without"])
def test_they_agree_that_good_logs_are_good(written, made, compare, with_key):
    for log in [written, made, [b""], [b"", *made, b""], made[1:], written[1:], written[:2]]:
        verdict = compare(log, with_key=with_key)
        assert verdict.broken_at is None
    assert compare(written, with_key=with_key).checkpoints == 4
    assert compare(made, with_key=with_key).unanswered == [15, 18, 20]


def forms():
    """What may stand in a line, and what may not, just inside and just outside of what the format says."""
    for text in ["", " ~", "\u00a0", "\u0085", "\u009f", "\u007f", "\u2027", "\u2028", "\u2029", "\ufffe", "\U0010ffff", "\t",
                 r"\u0085", r"\u007f", r"\u007e", r"\u0020", r"\u001f", r"\u000a", r"\u0009", r"\u0022", r"\u00a0",
                 r"\u00A0", r"\ud800", r"\udc00", r"\ud800\udc00", r"\udc00\ud800", r"\ud800\ud800", r"\ud83dx",
                 r"\ud83d\n", r"\b", r"\f", r"\/", r"\'", r"\x41", r"\n\r\t", '\\"', "\\\\", "\\"]:
        yield "/", '"path":"/"', f'"path":"{text}"'
    for raw in ["80", "bf", "c080", "c1bf", "c2a0", "c29f", "dfbf", "c2", "e0a080", "e09fbf", "ed9fbf", "eda080", "ee8080",
                "efbfbf", "f0908080", "f08fbfbf", "f48fbfbf", "f4908080", "f5808080", "ff", "e282", "f09f98"]:
        yield "/", '"path":"/"', b'"path":"' + bytes.fromhex(raw) + b'"'
    for time in ["2000-02-29T00", "2100-02-29T00", "2024-02-29T00", "2023-02-29T00", "2024-02-30T00", "2023-04-30T00",
                 "2023-04-31T00", "2023-12-31T00", "2023-12-32T00", "2023-13-01T00", "2023-00-01T00", "2023-01-00T00",
                 "0001-01-01T00", "0000-01-01T00", "9999-12-31T23", "2023-01-01T24", "2023-01-01t00", "2023-1-01T00",
                 "\u0662\u0660\u0662\u0663-01-01T00"]:
        yield "/", "2026-11-22T16", time
    for old, new in [(":00.000000Z", ":59.999999Z"), (":00.000000Z", ":60.000000Z"), (":00.000000Z", ":00.00000Z"),
                     (":00.000000Z", ":00.0000000Z"), (":00.000000Z", ":00Z"), ("Z", "+00:00")]:
        yield "/", old, new
    for name, length in [("x", 0), ("x", 1), ("x", 128), ("x", 129), ("~._-Az09", 1), ("a b", 1), ("\u00e9", 1)]:
        yield "/", '"requestId":"r"', f'"requestId":"{name * length}"'
    for name in ["c" * 9, "c" * 10, "c" * 256, "c" * 257, "1234567890", "c-0-9-----", "C123456789", "c_23456789"]:
        yield "b", "c-0123456789", name
    for name in ["", "x" * 64, "x" * 65, "A-z.0_9@:+", "a b", "a/b"]:
        yield "b", '"name":"test"', f'"name":"{name}"'
    for name in ["", "a", "a" * 64, "a" * 65, "a.b_9", "9a", "_a", "aB", "a-b"]:
        yield "b", "connections.reject", name
    for old in ['"durationMs":0', '"attempts":2', '"httpStatus":409']:
        for number in ["0", "1", "00", "01", "-0", "-1", "1.0", "1e1", "99", "100", "999", "1000", "9" * 18, "1" + "0" * 18,
                       "true", "null", '"1"', ""]:
            yield "full", old, old.partition(":")[0] + ":" + number
    for number in ["0", "1", "4", "8", "9", "10", "11", "9" * 18, "9" * 19]:
        yield "recovered", '"recovers":5', f'"recovers":{number}'
    for last in "AQgwBRhxaz09+/=":
        yield "checkpoint", re.compile(rb'.==",'), f'{last}==",'.encode()
    for signature in ["", "=" * 88, "A" * 88, "A" * 86 + "=", "A" * 85 + "===", "A" * 84 + "-A==", "A" * 90 + "=="]:
        yield "checkpoint", re.compile(rb'"signature":"[^"]*"'), f'"signature":"{signature}"'.encode()
    for members in ["", '"openIntents":1,', '"previousFile":"x",', '"previousFile":"","openIntents":1,',
                    '"openIntents":1,"previousFile":"x",', '"previousFile":"x","openIntents":0,']:
        yield "opened", '"prev"', members + '"prev"'
    for old, new in [('"tries":[{', '"tries":[{},{'), ('"code":"X"', '"code":""'), ('"aws":{', '"aws":{"attempts":1},"x":{'),
                     ('"ending":"no_answer"},', '"ending":"no_answer"}, '), ('"ending":"no_answer"},{', '"ending":"no_answer"},[],{'),
                     (re.compile(rb'"tries":\[.*?\],'), b'"tries":[],'), (re.compile(rb'"tries":\[.*?\],'), b""),
                     (re.compile(rb'"aws":.*?\},'), b'"aws":null,'), ('"not_rejected"', '"NOT_REJECTED"')]:
        yield "full", old, new


def test_they_agree_on_what_just_may_stand_in_a_line_and_what_just_may_not(made, compare):
    lines = made[0].splitlines(keepends=True)
    number = {"opened": 0, "b": 2, "full": 3, "/": 5, "checkpoint": 7, "recovered": 9}
    denied_line = line_of({**json.loads(lines[5]), "path": "/"})
    valid = invalid = 0
    for stage, old, new in forms():
        line = denied_line if stage == "/" else lines[number[stage]]
        if isinstance(old, re.Pattern):
            changed = old.sub(lambda _: new, line, count=1)
        else:
            changed = line.replace(old.encode(), new if isinstance(new, bytes) else new.encode(), 1)
        damaged = [*lines[:number[stage]], changed, *lines[number[stage] + 1:]]
        mended = mend([damaged])[0]
        try:
            verdict = compare([b"".join(mended)], with_key=False)
        except AssertionError as disagreement:
            raise AssertionError(changed) from disagreement
        valid, invalid = valid + (verdict.broken_at is None), invalid + (verdict.broken_at is not None)
        assert verdict.broken_at in (None, (1, number[stage] + 1)), (changed, verdict)
    assert valid > 60 and invalid > 120


class TestDamaged:
    """What has been done to these logs, somebody did who can't sign; often the chain was mended afterwards."""

    @pytest.mark.parametrize("with_key", [True, False], ids=["with a key", "without"])
    @pytest.mark.parametrize("source", ["written", "made"])
    def test_they_agree(self, request, tmp_path, key, other_key, source, with_key):
        good = request.getfixturevalue(source)
        compare = request.getfixturevalue("compare")
        verdicts = []
        for seed in range(SEEDS[source]):
            damaged = damage(good, random.Random(f"{source} {seed}"), other_key)
            try:
                verdicts.append(compare(damaged, with_key=with_key))
            except AssertionError as disagreement:
                raise AssertionError(f"seed {seed}") from disagreement
        # The damage is of all kinds: most of it is found, some can't be, and it is found in many ways.
        broken = [verdict for verdict in verdicts if verdict.broken_at]
        assert SEEDS[source] * 0.5 < len(broken) < SEEDS[source]
        assert len({verdict.why for verdict in broken}) >= 10
        assert any(verdict.torn for verdict in verdicts)


def damage(files, chance, other_key):
    """The files after someone was at them."""
    files = [content.splitlines(keepends=True) for content in files]
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        chance.choice(DAMAGES)(files, chance)
        files = [lines for lines in files if lines is not None] or [[]]
    if chance.random() < 0.5:
        files = mend(files, chance, other_key)
    return [b"".join(lines) for lines in files]


def place(files, chance):
    """A file that has lines, and one of its lines."""
    lines = chance.choice([lines for lines in files if lines] or [[b"\n"]])
    return lines, chance.randrange(len(lines))


def edit_byte(files, chance):
    lines, at = place(files, chance)
    line = bytearray(lines[at])
    index = chance.randrange(len(line))
    how = chance.choice(["flip", "set", "insert", "delete", "cut"])
    if how == "flip":
        line[index] ^= 1 << chance.randrange(8)
    elif how == "set":
        line[index] = chance.choice(b'\0\n\r "\\{},:09afAFzZ=\x7f\x80\xc3\xff')
    elif how == "insert":
        line[index:index] = chance.choice([b" ", b"0", b'"', b"\\", b"\n", b"\0", b"\xc3\xa9", b"\xe2\x80\xa8", b"\xff"])
    else:
        del line[index:index + (1 if how == "delete" else chance.randrange(1, 30))]
    lines[at] = bytes(line)


def edit_text(files, chance):
    """Another form of the same, or of something like it."""
    lines, at = place(files, chance)
    old, new = chance.choice([
        (b'":', b'": '), (b",", b", "), (b"\\n", b"\\u000a"), (b"\\u00", b"\\U00"), (b"\\ud83d", b"\\uD83D"),
        (b"\\ud83d", b""), (b"\\u00e9", "é".encode()), (b"\\u2028", "\u2028".encode()), (b"/", b"\\/"),
        (b"r", b"\\u0072"), (b"Z", b"z"), (b":00.", b":60."), (b"T16", b"T24"), (b"-11-22", b"-02-29"),
        (b"-11-22", b"-11-31"), (b"2026", b"2024"), (b"2026", b"0000"), (b'"seq":', b'"seq":0'), (b'"seq":', b'"seq":-'),
        (b'"seq":1', b'"seq":1.'), (b'"stage"', b'"Stage"'), (b"intent", b"outcome"), (b"outcome", b"denied"),
        (b"closed", b"opened"), (b'"prev":"', b'"prev":"A'), (b"==", b"="), (b'="', b'A"'), (b"10.1.2.3", b""),
        (b"c-0123", b"C-0123"), (b"409", b"99"), (b"200", b"1000"), (b"200", b"null"), (b"200", b"true"), (b"200", b"2e2"),
        (b'"client":{', b'"client":{"more":1,'), (b'"peer"', b'"address"'), (b'"tries":[{', b'"tries":[[],{'),
        (b"connections.reject", b"connections reject"), (b"0.1.0", "0.1.0\u202e\ufeff".encode()),
        (b'"recovers":', b'"recovers":9'), (b'"count":17', b'"count":0'), (b"}\n", b"}\r\n"), (b"}\n", b"} \n"),
        (b"{", b"[{"), (b'"token":"', b'"token":"0'), (b'"unknown"', b'"rejected"'),
    ])
    lines[at] = lines[at].replace(old, new, 1)


def edit_members(files, chance):
    """Members in another order, one too many or one too few."""
    lines, at = place(files, chance)
    try:
        members = list(json.loads(lines[at]).items())
    except (ValueError, AttributeError):
        return
    one, other = chance.randrange(len(members)), chance.randrange(len(members))
    how = chance.choice(["swap", "remove", "add", "value"])
    if how == "swap":
        members[one], members[other] = members[other], members[one]
    elif how == "remove":
        del members[one]
    elif how == "add":
        members.insert(one, chance.choice([
            ("reason", "x"), ("more", 1), ("connectionId", "c-9876543210"), ("previousFile", "a/b"), ("path", ""),
            ("code", "x"), ("openIntents", 2), ("recovers", 1), ("requestId", "z")]))
    else:
        members[one] = (members[one][0], chance.choice(
            ["", "x", 0, 1, 7, -1, 1.5, None, True, [], {}, 10 ** 18, 10 ** 18 - 1, "a" * 64, "0" * 16, "\ud800", [{}]]))
    lines[at] = line_of(dict(members))


def remove_lines(files, chance):
    lines, at = place(files, chance)
    del lines[at:at + chance.choice([1, 1, 2, 5])]


def cut_beginning(files, chance):
    lines, at = place(files, chance)
    del lines[:at]


def cut_end(files, chance):
    lines, at = place(files, chance)
    del lines[at:]


def tear(files, chance):
    lines, at = place(files, chance)
    torn = lines[at][:chance.randrange(len(lines[at]))]
    del lines[at:]
    lines.append(torn)


def repeat_line(files, chance):
    lines, at = place(files, chance)
    other, to = place(files, chance)
    other.insert(to, lines[at])


def swap_lines(files, chance):
    lines, at = place(files, chance)
    other, to = place(files, chance)
    lines[at], other[to] = other[to], lines[at]


def splice(files, chance):
    """A piece of the log in another place."""
    lines, at = place(files, chance)
    other, to = place(files, chance)
    other[to:to] = lines[at:at + chance.randrange(1, 6)]


def other_files(files, chance):
    how = chance.choice(["remove", "repeat", "reverse", "swap", "join", "split", "empty"])
    one, other = chance.randrange(len(files)), chance.randrange(len(files))
    if how == "remove" and len(files) > 1:
        del files[one]
    elif how == "repeat":
        files.insert(other, list(files[one]))
    elif how == "reverse":
        files.reverse()
    elif how == "swap":
        files[one], files[other] = files[other], files[one]
    elif how == "join" and one < other:
        files[one] += files.pop(other)
    elif how == "split":
        at = chance.randrange(len(files[one]) + 1)
        files[one:one + 1] = [files[one][:at], files[one][at:]]
    else:
        files.insert(one, [])


DAMAGES = [edit_byte, edit_byte, edit_text, edit_text, edit_text, edit_members, edit_members, remove_lines, cut_beginning,
           cut_end, tear, repeat_line, swap_lines, splice, other_files]


def mend(files, chance=None, other_key=None):
    """The numbers and hashes put right as a forger would, as far as lines can be read; from some line on, or from the
    first. Checkpoints he leaves as they are, takes out, or signs with a key of his own."""
    how = chance.choice(["leave", "take out", "sign"]) if chance else "leave"
    sequence, previous = 0, "0" * 64
    mended = []
    for lines in files:
        mended.append([])
        for line in lines:
            is_checkpoint = b'"stage":"checkpoint"' in line
            if is_checkpoint and how == "take out":
                continue
            line = re.sub(rb'"seq":\d+', b'"seq":%d' % (sequence + 1), line)
            line = re.sub(rb'"prev":"[0-9a-f]{64}"', b'"prev":"%s"' % previous.encode(), line)
            if is_checkpoint and how == "sign":
                time = re.search(rb'"time":"([^"]*)"', line)
                signed = other_key.members(time[1].decode(errors="replace") if time else "", sequence + 1, previous)
                line = re.sub(rb'"keyId":"[0-9a-f]*"', b'"keyId":"%s"' % signed["keyId"].encode(), line)
                line = re.sub(rb'"signature":"[^"]*"', b'"signature":"%s"' % signed["signature"].encode(), line)
            mended[-1].append(line)
            if line.endswith(b"\n"):
                sequence, previous = sequence + 1, hashlib.sha256(line).hexdigest()
    return mended
