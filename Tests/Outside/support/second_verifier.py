"""A second verifier of the audit log, on hashlib and json alone (and `cryptography` for the signatures).

It is written from the format's description above `AuditRecord` (Sources/GatewayCore/Audit/AuditRecord.swift), and shares
nothing with `audit verify`. Where the two disagree, one of them or the description is wrong.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

LINE_LIMIT = 1_048_576
LOWER, DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"
LETTERS = LOWER + LOWER.upper()
ZEROS = "0" * 64


class Invalid(Exception):
    """A line, or its place, isn't valid."""


@dataclass
class Verdict:
    """What a check of files found; files and lines count from 1."""
    broken_at: tuple | None = None
    why: str = ""
    count: int = 0
    head: str | None = None
    torn: tuple | None = None
    checkpoints: int = 0
    vouched: int | None = None
    is_closed: bool = False
    unanswered: list = field(default_factory=list)


def verify(files, public_keys=()):
    """Checks the files' contents, given as bytes, in their order. The keys are in PEM."""
    return _Check(public_keys).run(files)


class _Check:
    def __init__(self, public_keys):
        self.keys = {}
        for pem in public_keys:
            key = serialization.load_pem_public_key(pem)
            raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            self.keys[hashlib.sha256(raw).hexdigest()[:16]] = key
        self.verdict = Verdict()
        self.sequence = None
        self.open_intents = []

    def run(self, files):
        for number, content in enumerate(files, start=1):
            if self.verdict.torn:
                return self.broken(*self.verdict.torn[:2], "torn, and not in the last file")
            *lines, rest = content.split(b"\n")
            for line_number, line in enumerate(lines, start=1):
                try:
                    self.take(line + b"\n", is_first=line_number == 1)
                except Invalid as invalid:
                    return self.broken(number, line_number, str(invalid))
            if rest:
                self.verdict.torn = (number, len(lines) + 1, len(rest))
        return self.finished()

    def broken(self, file, line, why):
        self.verdict.broken_at, self.verdict.why = (file, line), why
        return self.finished()

    def finished(self):
        self.verdict.unanswered = [intent["seq"] for intent in self.open_intents]
        return self.verdict

    def take(self, line, *, is_first):
        record = parse(line)
        stage, sequence, prev = record["stage"], record["seq"], record["prev"]
        if is_first:
            require(stage == "opened" and ("previousFile" in record) == (sequence != 1), "no beginning of a file")
        else:
            require("previousFile" not in record, "goes on from another file in the middle of one")
        if self.sequence is None:
            require((prev == ZEROS) == (sequence == 1), "only the log's very first line has no line before it")
        else:
            require(prev == self.verdict.head, "prev isn't the hash of the line before")
            require(sequence == self.sequence + 1, "seq doesn't count")
        require(not self.verdict.is_closed or stage in ("opened", "checkpoint"), "after closed")
        if stage == "checkpoint":
            self.checkpoint(record)
        self.match(record)
        self.sequence = sequence
        self.verdict.head = hashlib.sha256(line).hexdigest()
        self.verdict.count += 1
        self.verdict.is_closed = stage == "closed" or (self.verdict.is_closed and stage == "checkpoint")

    def checkpoint(self, record):
        if self.keys:
            require(record["keyId"] in self.keys, "signed by another key")
            text = f"connection-gateway audit checkpoint 1\n{record['time']}\n{record['seq']}\n{record['prev']}\n"
            try:
                self.keys[record["keyId"]].verify(base64.b64decode(record["signature"]), text.encode())
            except InvalidSignature:
                raise Invalid("wrong signature") from None
            self.verdict.vouched = record["seq"]
        self.verdict.checkpoints += 1

    def match(self, record):
        if record["stage"] == "intent":
            self.open_intents.append(record)
            return
        for intent in self.open_intents:
            if record["stage"] == "outcome":
                is_its = all(intent.get(name) == record.get(name) for name in ("requestId", "connectionId"))
            else:
                is_its = record["stage"] == "recovered" and intent["seq"] == record["recovers"]
            if is_its:
                self.open_intents.remove(intent)
                return


def require(holds, why):
    if not holds:
        raise Invalid(why)


# --- One line -----------------------------------------------------------------------------------------------------

def parse(line):
    """The record of a line with its LF."""
    require(len(line) <= LINE_LIMIT, "too long")
    try:
        text = line.decode()
        pairs = json.loads(text, object_pairs_hook=Pairs)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValueError):
        raise Invalid("no JSON in UTF-8") from None
    require(isinstance(pairs, Pairs), "no object")
    require(written(pairs) + "\n" == "".join(map(normal, text)), "not in the one form")
    stage = dict(pairs).get("stage")
    require(isinstance(stage, str) and stage in STAGES, "unknown stage")
    check_members(pairs, COMMON + STAGES[stage] + [("prev", hexadecimal(64))])
    record = {name: value for name, value in pairs}
    require("openIntents" not in record or "previousFile" in record, "openIntents without previousFile")
    require(record.get("recovers", 0) < record["seq"], "recovers what isn't before it")
    return record


class Pairs(list):
    """An object's members, in order, twice given ones included."""


def normal(character):
    """A character of a line; from U+00A0 on in the escaped form, which stands for the same."""
    code = ord(character)
    require(not 0x7F <= code < 0xA0 and code not in (0x2028, 0x2029), "a character that has to be escaped")
    return character if code < 0xA0 else escaped(character)


def escaped(character):
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[index]:02x}{units[index + 1]:02x}" for index in range(0, len(units), 2))


def written(value):
    """The value in the log's one form, with every character from U+00A0 on escaped."""
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{written(name)}:{written(item)}" for name, item in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(map(written_character, value)) + '"'
    require(type(value) is int and 0 <= value < 10 ** 18, "no number of the log's")
    return str(value)


def written_character(character):
    short = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    if character in short:
        return short[character]
    require(not 0xD800 <= ord(character) < 0xE000, "half a surrogate pair")
    return character if 0x20 <= ord(character) < 0x7F else escaped(character)


# --- What values may be -------------------------------------------------------------------------------------------

def check_members(pairs, members):
    """The members are these, in this order; those whose name ends in `?` may be missing."""
    rest = list(pairs)
    for name, check in members:
        if rest and rest[0][0] == name.removesuffix("?"):
            require(check(rest.pop(0)[1]), f"a bad {name}")
        else:
            require(name.endswith("?"), f"no {name}")
    require(not rest, "more members")


def text(value):
    return isinstance(value, str)


def integer(low, high=10 ** 18 - 1):
    return lambda value: type(value) is int and low <= value <= high


def characters(allowed, low, high, *, first=None):
    return lambda value: (isinstance(value, str) and low <= len(value) <= high and set(value) <= set(allowed)
                          and value[0] in (first or allowed))


def hexadecimal(count):
    return characters(DIGITS + "abcdef", count, count)


def one_of(*values):
    return lambda value: isinstance(value, str) and value in values


def members(*members):
    def check(value):
        require(isinstance(value, Pairs), "no object")
        check_members(value, members)
        return True
    return check


def array(check):
    return lambda value: type(value) is list and value != [] and all(map(check, value))


def time(value):
    shape = "dddd-dd-ddTdd:dd:dd.ddddddZ"
    if not isinstance(value, str) or len(value) != len(shape):
        return False
    if not all(c in DIGITS if s == "d" else c == s for c, s in zip(value, shape)):
        return False
    year, month, day = int(value[:4]), int(value[5:7]), int(value[8:10])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (year >= 1 and 1 <= month <= 12 and 1 <= day <= days[month - 1] and int(value[11:13]) < 24
            and int(value[14:16]) < 60 and int(value[17:19]) < 60)


def signature(value):
    return (isinstance(value, str) and len(value) == 88 and value.endswith("==")
            and set(value[:86]) <= set(LETTERS + DIGITS + "+/") and value[85] in "AQgw")


WORD = characters(LOWER + DIGITS + "._", 1, 64, first=LOWER)
REQUEST_ID = characters(LETTERS + DIGITS + "._~-", 1, 128)
STATUS = integer(100, 999)
OUTCOME = one_of("not_sent", "not_rejected", "rejected", "unknown")
CALL = [("requestId", REQUEST_ID), ("action", WORD),
        ("connectionId?", characters(LOWER + DIGITS + "-", 10, 256, first=LOWER)),
        ("caller", members(("token", hexadecimal(12)), ("name", characters(LETTERS + DIGITS + "._@:+-", 1, 64)))),
        ("client", members(("address", text), ("peer", text), ("userAgent?", text)))]
ANSWER = [("code?", text), ("requestId?", text), ("httpStatus?", STATUS)]


def optional(name):
    """The member of a call's, which may be missing."""
    [(found, check)] = [(found, check) for found, check in CALL if found.removesuffix("?") == name]
    return f"{found.removesuffix('?')}?", check


BOUNDS = [("instance", hexadecimal(16)), ("version", text)]
COMMON = [("time", time), ("seq", integer(1)), ("stage", text)]
STAGES = {
    "opened": [*BOUNDS, ("previousFile?", text), ("openIntents?", integer(1))],
    "closed": BOUNDS,
    "intent": [*CALL, ("reason?", text)],
    "outcome": [*CALL, ("httpStatus", STATUS), ("code?", WORD), ("outcome", OUTCOME),
                ("aws?", members(*ANSWER, ("attempts", integer(0)))),
                ("tries?", array(members(("operation", WORD), ("ending", WORD), *ANSWER))),
                ("sharedWith?", REQUEST_ID), ("accessKeyId?", text), ("durationMs?", integer(0))],
    "denied": [CALL[0], optional("action"), CALL[2], ("path?", text), optional("caller"), CALL[4],
               ("httpStatus", STATUS), ("code", WORD), ("outcome", OUTCOME)],
    "suppressed": [("client", members(("address", text))), ("count", integer(1)), ("since", time)],
    "recovered": [*map(optional, ["requestId", "action", "connectionId", "caller", "client"]),
                  ("outcome", one_of("unknown")), ("recovers", integer(1))],
    "checkpoint": [("keyId", hexadecimal(16)), ("signature", signature)],
}
