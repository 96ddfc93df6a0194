"""Raw bytes at the listener: what could be read in two ways is refused, and nothing behind it is ever run.

libmicrohttpd reads much that RFC 9112 forbids. The gateway compares the head's size on the wire with the size that its
fields would have (the canonical-size check). Each row here goes through libmicrohttpd's own parser, so each of them
shows whether the check holds. The few answers that libmicrohttpd gives by itself, and that nobody can mend from
outside, stand in a table of their own. They are those of libmicrohttpd 0.9.75, which Debian 12 has.
"""

import dataclasses
import itertools
import json
import re
import socket

import pytest
from support.gateway import Gateway
from support.simulator import PATIENCE, PENDING, UNKNOWN, USUAL_SEED, Simulator, connection

SMUGGLED = [f"c-smuggled-{number:04}" for number in range(400)]

#: Replaced by the gateway's token when a row is sent.
TOKEN = b"<token>"
HOST = b"Host: gateway\r\n"
AUTHORIZATION = b"Authorization: Bearer " + TOKEN + b"\r\n"
LINE = f"POST /connections/{UNKNOWN}/reject HTTP/1.1\r\n".encode()
#: A reject that only its last header lines and the empty line are missing from.
REJECT = LINE + HOST + AUTHORIZATION
LIVEZ = b"GET /livez HTTP/1.1\r\n"


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        return self.json.get("code")


@dataclasses.dataclass
class Talk:
    """What came back on a connection until the gateway closed it."""
    received: bytes

    @property
    def answers(self):
        found, rest = [], self.received
        while rest:
            head, separator, rest = rest.partition(b"\r\n\r\n")
            assert separator, f"an answer that breaks off: {self.received!r}"
            status_line, *lines = head.decode("latin-1").split("\r\n")
            assert re.fullmatch(r"HTTP/1\.1 \d{3} .*", status_line), self.received
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            length = int(headers.get("content-length", 0))
            assert len(rest) >= length, f"an answer that breaks off: {self.received!r}"
            found.append(Answer(int(status_line.split()[1]), headers, rest[:length]))
            rest = rest[length:]
        return found

    @property
    def statuses(self):
        """Of whatever looks like an answer, however it is put together."""
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.received)]


@pytest.fixture(scope="module")
def service():
    seed = USUAL_SEED + [connection(connection_id) for connection_id in SMUGGLED]
    with Simulator(seed=seed) as simulator, Gateway(simulator.url) as gateway:
        gateway.scatter = True
        yield simulator, gateway


@pytest.fixture
def smuggled(counter=itertools.count()):
    """The id of a connection that no other test rejects."""
    return SMUGGLED[next(counter)]


def talk(gateway, data, *, address=None):
    """Sends the bytes, and reads until the gateway closes the connection. Fails if it doesn't."""
    host, _, port = (address or gateway.address).rpartition(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout=PATIENCE, source_address=gateway.source()) as wire:
        try:
            wire.sendall(data.replace(TOKEN, gateway.token.encode()))
            while piece := wire.recv(65536):
                received += piece
        except (ConnectionResetError, BrokenPipeError):
            # It closed while bytes of ours were still on their way. What it sent before that has been read.
            pass
    return Talk(received)


def reject_of(connection_id):
    """A reject that is in order, after which the gateway closes the connection."""
    return f"POST /connections/{connection_id}/reject HTTP/1.1\r\n".encode() + (
        HOST + AUTHORIZATION + b"Connection: close\r\n\r\n")


#: Every id that `assert_never_run` was asked for.
NEVER_RUN = set()


def assert_never_run(service, connection_id):
    NEVER_RUN.add(connection_id)
    simulator, gateway = service
    assert simulator.status_of(connection_id) == "PENDING_ACCEPTANCE"
    assert connection_id not in {request.get("connectionId") for request in simulator.requests()}
    assert connection_id not in {record.get("connectionId") for record in gateway.records()}


def assert_alive(gateway):
    assert gateway.call("GET", "/livez", token=None).status == 200


def lines(text):
    return text.replace(b"\r\n", b"\n")


#: What is refused by the gateway itself, with what it says: 400 `invalid_request`, unless it is named.
REFUSED = {
    # The length of the body.
    "two lengths that agree": REJECT + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "two lengths that differ": REJECT + b"Content-Length: 0\r\nContent-Length: 60\r\n\r\n",
    "a length of 2^63": REJECT + b"Content-Length: 9223372036854775808\r\n\r\n",
    "a length, and white space before its colon": REJECT + b"Content-Length : 2\r\n\r\n{}",
    "a length and chunks": (REJECT + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                            501, "not_implemented"),
    "chunks and a length": (REJECT + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                            501, "not_implemented"),
    "chunks": (REJECT + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 501, "not_implemented"),
    "chunks in capitals": (REJECT + b"TRANSFER-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n", 501, "not_implemented"),
    "chunks with a trailer": (REJECT + b"Transfer-Encoding: chunked\r\nTrailer: X-Request-Id\r\n\r\n0\r\n"
                              b"X-Request-Id: from-the-trailer\r\n\r\n", 501, "not_implemented"),
    "the identity encoding": (REJECT + b"Transfer-Encoding: identity\r\n\r\n", 501, "not_implemented"),
    "an encoding that is nearly chunked": (REJECT + b"Transfer-Encoding: xchunked\r\n\r\n", 501, "not_implemented"),
    "two encodings in one line": (REJECT + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                                  501, "not_implemented"),
    "two encodings in two lines": (REJECT + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"
                                   b"0\r\n\r\n", 501, "not_implemented"),
    "chunks after a tab": (REJECT + b"Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n", 501, "not_implemented"),
    "chunks in HTTP/1.0": (LINE.replace(b"1.1", b"1.0") + AUTHORIZATION + b"Transfer-Encoding: chunked\r\n\r\n"
                           b"0\r\n\r\n", 501, "not_implemented"),
    "chunks, and white space before the colon": REJECT + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "chunks in a folded line": (REJECT + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
    "a body that is announced larger than 4096 bytes": (
        REJECT + b"Content-Type: application/json\r\nContent-Length: 4097\r\n\r\n", 413, "body_too_large"),
    # The ends of lines, and lines that aren't fields.
    "a folded line": REJECT + b"X-Note: one\r\n two\r\n\r\n",
    "a line folded with a tab": REJECT + b"X-Note: one\r\n\ttwo\r\n\r\n",
    "a folded first line": LINE + b" " + HOST + AUTHORIZATION + b"\r\n",
    "bare LF everywhere": lines(REJECT) + b"\n",
    "a bare LF between two fields": REJECT + b"X-Note: a\nX-Other: b\r\n\r\n",
    "a bare LF for the empty line": REJECT + b"\n",
    "a bare LF after the request line": lines(LINE) + HOST + AUTHORIZATION + b"\r\n",
    "a bare CR in a value": REJECT + b"X-Note: a\rb\r\n\r\n",
    "a bare CR between two fields": REJECT + b"X-Note: a\rContent-Length: 60\r\n\r\n",
    "a CR before CRLF": REJECT + b"X-Note: a\r\r\n\r\n",
    "a line that starts with its colon": REJECT + b": value\r\n\r\n",
    "a line that starts with its colon, and one more": REJECT + b": value\r\nContent-Length: 60\r\n\r\n",
    "white space before the colon": REJECT + b"X-Note : a\r\n\r\n",
    "a tab before the colon": REJECT + b"X-Note\t: a\r\n\r\n",
    "no space after the colon": REJECT + b"X-Note:a\r\n\r\n",
    "two spaces after the colon": REJECT + b"X-Note:  a\r\n\r\n",
    "a space at a value's end": REJECT + b"X-Note: a \r\n\r\n",
    "a space in a name": REJECT + b"X Note: a\r\n\r\n",
    "brackets in a name": REJECT + b"X(Note): a\r\n\r\n",
    "a name that isn't ASCII": REJECT + "X-N\u00f6te: a\r\n\r\n".encode(),
    # NUL and other control characters.
    "NUL in a value": REJECT + b"X-Note: a\0b\r\n\r\n",
    "NUL behind the token": LINE + HOST + AUTHORIZATION.replace(b"\r\n", b"\0junk\r\n") + b"\r\n",
    "NUL in the path": LINE.replace(b"reject ", b"reject\0junk ") + HOST + AUTHORIZATION + b"\r\n",
    "NUL in the id": LINE.replace(b"/reject ", b"\0/reject ") + HOST + AUTHORIZATION + b"\r\n",
    "NUL in the method": b"POST\0" + LINE[4:] + HOST + AUTHORIZATION + b"\r\n",
    "a control character in a value": REJECT + b"X-Note: a\x01b\r\n\r\n",
    "DEL in a value": REJECT + b"X-Note: a\x7fb\r\n\r\n",
    "an escape sequence in a value": REJECT + b"User-Agent: \x1b[2J\r\n\r\n",
    "a control character in the path": LINE.replace(b"reject ", b"reject\x01 ") + HOST + AUTHORIZATION + b"\r\n",
    "a control character in the method": b"PO\x01ST" + LINE[4:] + HOST + AUTHORIZATION + b"\r\n",
    "a tab in the path": LINE.replace(b"reject ", b"reject\t ") + HOST + AUTHORIZATION + b"\r\n",
    "a space in the path": LINE.replace(b"reject ", b"rej ect ") + HOST + AUTHORIZATION + b"\r\n",
    "UTF-8 in the path": LINE.replace(b"/reject", "\u00e9/reject".encode()) + HOST + AUTHORIZATION + b"\r\n",
    "a fragment": LINE.replace(b"reject ", b"reject#there ") + HOST + AUTHORIZATION + b"\r\n",
    # Fields that decide something, more or less than once.
    "no host": LINE + AUTHORIZATION + b"\r\n",
    "two hosts": LINE + HOST + HOST + AUTHORIZATION + b"\r\n",
    "two hosts that differ": LINE + HOST + b"Host: elsewhere\r\n" + AUTHORIZATION + b"\r\n",
    "a host with a path and a user": LINE + b"Host: a/b@c\r\n" + AUTHORIZATION + b"\r\n",
    "a host with a space": LINE + b"Host: a b\r\n" + AUTHORIZATION + b"\r\n",
    "two hosts in one line": LINE + b"Host: a,b\r\n" + AUTHORIZATION + b"\r\n",
    "two authorizations that agree": REJECT + AUTHORIZATION + b"\r\n",
    "two authorizations that differ": REJECT + b"Authorization: Basic dXNlcjpwYXNz\r\n\r\n",
    "two media types": REJECT + b"Content-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2"
                                b"\r\n\r\n{}",
    # The request line.
    "a target with scheme and host": LINE.replace(b" /", b" http://gateway/") + HOST + AUTHORIZATION + b"\r\n",
    "a target that is an authority": b"CONNECT gateway:443 HTTP/1.1\r\n" + HOST + AUTHORIZATION + b"\r\n",
    "a target that is an asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST + AUTHORIZATION + b"\r\n",
    "a target without its slash": LINE.replace(b" /", b" ") + HOST + AUTHORIZATION + b"\r\n",
    "HTTP/1.2": LINE.replace(b"1.1", b"1.2") + HOST + AUTHORIZATION + b"\r\n",
    "two spaces on the request line": LINE.replace(b"POST ", b"POST  ") + HOST + AUTHORIZATION + b"\r\n",
    "one word too many on the request line": LINE.replace(b" HTTP", b" x HTTP") + HOST + AUTHORIZATION + b"\r\n",
    "a method that is no token": b"PO(ST" + LINE[4:] + HOST + AUTHORIZATION + b"\r\n",
    # Too much of it.
    "a head of many headers": (REJECT + b"".join(b"X-%d: %s\r\n" % (number, b"a" * 150) for number in range(110))
                               + b"\r\n", 431, "headers_too_large"),
    "a header of 18 kB": (REJECT + b"X-Note: " + b"a" * 18_000 + b"\r\n\r\n", 431, "headers_too_large"),
    "a path of 18 kB": (LINE.replace(UNKNOWN.encode(), b"a" * 18_000) + HOST + AUTHORIZATION + b"\r\n",
                        431, "headers_too_large"),
    "9000 query arguments": (LINE.replace(b"reject ", b"reject?" + b"a&" * 9000 + b" ") + HOST + AUTHORIZATION
                             + b"\r\n", 431, "headers_too_large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_could_be_read_in_two_ways_is_refused_with_all_that_follows(service, smuggled, name):
    _, gateway = service
    row = REFUSED[name]
    data, status, code = row if isinstance(row, tuple) else (row, 400, "invalid_request")
    answers = talk(gateway, data + reject_of(smuggled)).answers
    assert [(answer.status, answer.code) for answer in answers] == [(status, code)], answers
    answer = answers[0]
    assert answer.json["outcome"] == "not_sent"
    assert answer.headers["connection"].lower() == "close"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == answer.json["requestId"]
    assert_never_run(service, smuggled)
    assert_alive(gateway)
    if b"/connections/" in data.partition(b"HTTP/1")[0]:
        records = [record for record in gateway.records() if record.get("requestId") == answer.json["requestId"]]
        assert [(record["stage"], record["httpStatus"], record["code"]) for record in records] == [
            ("denied", status, code)]


#: What libmicrohttpd answers before anyone else is asked: with text/html, sometimes with its head twice, sometimes not
#: at all. The statuses that it may have.
LIBRARY_REFUSES = {
    "a length that is a list": (REJECT + b"Content-Length: 0, 0\r\n\r\n", {400}),
    "a length with a plus": (REJECT + b"Content-Length: +2\r\n\r\n{}", {400}),
    "a negative length": (REJECT + b"Content-Length: -2\r\n\r\n{}", {400}),
    "a length in hex": (REJECT + b"Content-Length: 0x2\r\n\r\n{}", {400}),
    "a length with a letter behind": (REJECT + b"Content-Length: 2x\r\n\r\n{}", {400}),
    "an empty length": (REJECT + b"Content-Length: \r\n\r\n{}", {400}),
    "a length that no number holds": (REJECT + b"Content-Length: 99999999999999999999\r\n\r\n{}", {413}),
    "a line without a colon": (REJECT + b"X-Note\r\n\r\n", {400}),
    "NUL in a name": (REJECT + b"X-No\0te: a\r\n\r\n", {400}),
    "HTTP/0.9 without an empty line": (b"GET /livez\r\n", {400}),
    "HTTP/0.9 with an empty line": (b"GET /livez\r\n\r\n", {400}),
    "HTTP/0.9 by its name": (b"GET /livez HTTP/0.9\r\n" + HOST + b"\r\n", {400, 505}),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
    "HTTP/2.0": (LINE.replace(b"1.1", b"2.0") + HOST + AUTHORIZATION + b"\r\n", {400, 505}),
    "HTTP/11.1": (LINE.replace(b"1.1", b"11.1") + HOST + AUTHORIZATION + b"\r\n", {400, 505}),
    "HTTP/1.10": (LINE.replace(b"1.1", b"1.10") + HOST + AUTHORIZATION + b"\r\n", {400, 505}),
    "http in small letters": (LINE.replace(b"HTTP", b"http") + HOST + AUTHORIZATION + b"\r\n", {400, 505}),
    "a version of another kind": (LINE.replace(b"HTTP/1.1", b"JUNK") + HOST + AUTHORIZATION + b"\r\n", {400, 505}),
    "a space behind the version": (LINE.replace(b"1.1", b"1.1 ") + HOST + AUTHORIZATION + b"\r\n", {400}),
    "a space before the method": (b" " + REJECT + b"\r\n", {400}),
    "tabs on the request line": (LINE.replace(b" ", b"\t") + HOST + AUTHORIZATION + b"\r\n", {400}),
    "no target": (b"POST  HTTP/1.1\r\n" + HOST + AUTHORIZATION + b"\r\n", {400}),
    "a method alone": (b"POST\r\n" + HOST + AUTHORIZATION + b"\r\n", {400}),
    "a TLS handshake": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(128, 256)) * 4 + b"\r\n\r\n",
                        {400}),
    # What finds no room in the memory of a connection.
    "a header of 64 KiB": (REJECT + b"X-Note: " + b"a" * 65536 + b"\r\n\r\n", {431}),
    "a header of 200 kB": (REJECT + b"X-Note: " + b"a" * 200_000 + b"\r\n\r\n", {431}),
    "a path of 64 KiB": (b"POST /" + b"a" * 65536 + b" HTTP/1.1\r\n" + HOST + AUTHORIZATION + b"\r\n", {414, 431}),
    "40000 query arguments": (LINE.replace(b"reject ", b"reject?" + b"a&" * 40_000 + b" ") + HOST + AUTHORIZATION
                              + b"\r\n", {414, 431}),
    "a path of 200 kB": (b"POST /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + HOST + AUTHORIZATION + b"\r\n", {414, 431}),
    "thousands of tiny headers": (REJECT + b"a: b\r\n" * 2500 + b"\r\n", {431}),
    "tens of thousands of tiny headers": (REJECT + b"a: b\r\n" * 25_000 + b"\r\n", {431}),
    "thousands of cookies": (REJECT + b"Cookie: " + b"a=b;" * 3500 + b"\r\n\r\n", {431}),
}


@pytest.mark.parametrize("name", LIBRARY_REFUSES)
def test_what_libmicrohttpd_refuses_by_itself_runs_nothing_that_follows(service, smuggled, name):
    _, gateway = service
    data, statuses = LIBRARY_REFUSES[name]
    reply = talk(gateway, data + reject_of(smuggled))
    assert set(reply.statuses) <= statuses, reply.received
    assert_never_run(service, smuggled)
    assert_alive(gateway)


#: What is in order as a message, whatever else is wrong with it: it gets an answer, and what follows gets one, too.
TAKEN = {
    "a plain reject": (REJECT + b"\r\n", 404, "connection_not_found"),
    "an empty value": (REJECT + b"X-Note: \r\n\r\n", 404, "connection_not_found"),
    "a tab within a value": (REJECT + b"X-Note: a\tb\r\n\r\n", 404, "connection_not_found"),
    "bytes that are no UTF-8 in a value": (REJECT + b"X-Note: a\xff\xfe\r\n\r\n", 404, "connection_not_found"),
    "names in any case": (LINE + b"hOST: gateway\r\n" + AUTHORIZATION.upper().replace(TOKEN.upper(), TOKEN) + b"\r\n",
                          404, "connection_not_found"),
    "an empty line before the request line": (b"\r\n" + REJECT + b"\r\n", 404, "connection_not_found"),
    "a length with zeros before it": (REJECT + b"Content-Type: application/json\r\nContent-Length: 0002\r\n\r\n{}",
                                      404, "connection_not_found"),
    "a head of exactly 16 KiB": (lambda head: head.replace(b"<room>", b"a" * (16 * 1024 - len(head) + 6)),
                                 404, "connection_not_found"),
    "a head of 16 KiB and a byte": (lambda head: head.replace(b"<room>", b"a" * (16 * 1024 - len(head) + 7)),
                                    431, "headers_too_large"),
    "a hundred headers": (REJECT + b"a: b\r\n" * 100 + b"\r\n", 404, "connection_not_found"),
    "4000 query arguments": (LINE.replace(b"reject ", b"reject?" + b"a&" * 4000 + b" ") + HOST + AUTHORIZATION
                             + b"\r\n", 400, "invalid_request"),
    "a protocol to upgrade to": (REJECT + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 404, "connection_not_found"),
    "an expectation that nobody knows": (REJECT + b"Expect: a-miracle\r\n\r\n", 404, "connection_not_found"),
    "a host with a port": (LINE + b"Host: [::1]:8080\r\n" + AUTHORIZATION + b"\r\n", 404, "connection_not_found"),
    # Nothing in a path is ever decoded or resolved.
    "dots that are encoded": (LINE.replace(UNKNOWN.encode(), b"%2e%2e%2fetc%2fpasswd") + HOST + AUTHORIZATION + b"\r\n",
                              400, "invalid_request"),
    "a slash that is encoded": (LINE.replace(b"/reject", b"%2Freject") + HOST + AUTHORIZATION + b"\r\n",
                                405, "method_not_allowed"),
    "a letter that is encoded": (LINE.replace(b"/c-", b"/%63-") + HOST + AUTHORIZATION + b"\r\n",
                                 400, "invalid_request"),
    "a letter of the route that is encoded": (LINE.replace(b"/reject", b"/%72eject") + HOST + AUTHORIZATION + b"\r\n",
                                              404, "route_not_found"),
    "NUL that is encoded, in the id": (LINE.replace(b"/reject", b"%00/reject") + HOST + AUTHORIZATION + b"\r\n",
                                       400, "invalid_request"),
    "NUL that is encoded, at the end": (LINE.replace(b"/reject", b"/reject%00") + HOST + AUTHORIZATION + b"\r\n",
                                        404, "route_not_found"),
    "a line's end that is encoded": (LINE.replace(b"/reject", b"%0d%0aX-Note:%20a/reject") + HOST + AUTHORIZATION
                                     + b"\r\n", 400, "invalid_request"),
    "UTF-8 that is overlong": (LINE.replace(b"/reject", b"%c0%af/reject") + HOST + AUTHORIZATION + b"\r\n",
                               400, "invalid_request"),
    "a percent sign alone": (LINE.replace(b"/reject", b"%/reject") + HOST + AUTHORIZATION + b"\r\n",
                             400, "invalid_request"),
    "an encoding of an encoding": (LINE.replace(b"/reject", b"%252freject/reject") + HOST + AUTHORIZATION + b"\r\n",
                                   400, "invalid_request"),
    "dots in the path": (LINE.replace(b"/connections", b"/livez/../connections") + HOST + AUTHORIZATION + b"\r\n",
                         404, "route_not_found"),
    "two slashes": (LINE.replace(b"/connections", b"//connections") + HOST + AUTHORIZATION + b"\r\n",
                    404, "route_not_found"),
    "a parameter of a path segment": (LINE.replace(b"/reject", b"/reject;a=b") + HOST + AUTHORIZATION + b"\r\n",
                                      404, "route_not_found"),
    "a method that nobody knows": (b"FROB" + LINE[4:] + HOST + AUTHORIZATION + b"\r\n", 405, "method_not_allowed"),
    "a method in small letters": (b"post" + LINE[4:] + HOST + AUTHORIZATION + b"\r\n", 405, "method_not_allowed"),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_message_that_is_in_order_gets_its_answer_and_the_next_one_too(service, smuggled, name):
    simulator, gateway = service
    data, status, code = TAKEN[name]
    if callable(data):
        # The head as long as it will be with the real token.
        data = data((REJECT + b"X-Note: <room>\r\n\r\n").replace(TOKEN, gateway.token.encode()))
    answers = talk(gateway, data + reject_of(smuggled)).answers
    assert (answers[0].status, answers[0].code) == (status, code), answers
    if status == 431:
        assert len(answers) == 1
        assert_never_run(service, smuggled)
    else:
        assert [answer.status for answer in answers[1:]] == [200], answers
        assert simulator.status_of(smuggled) in ("REJECTING", "REJECTED")
        assert len([request for request in simulator.requests() if request.get("connectionId") == smuggled]) == 1


def test_requests_that_are_sent_at_once_are_answered_in_their_order(service):
    _, gateway = service
    names = [f"pipelined-{number}" for number in range(20)]
    data = b"".join(REJECT + f"X-Request-Id: {name}\r\n\r\n".encode() for name in names[:-1])
    data += REJECT + f"X-Request-Id: {names[-1]}\r\nConnection: close\r\n\r\n".encode()
    answers = talk(gateway, data).answers
    assert [answer.headers["x-request-id"] for answer in answers] == names
    assert {answer.status for answer in answers} == {404}
    assert len([record for record in gateway.records("outcome") if record["requestId"] in names]) == 20


def test_what_follows_a_body_is_no_part_of_it(service, smuggled):
    _, gateway = service
    data = REJECT + b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" + b"{}"
    answers = talk(gateway, data + reject_of(smuggled)).answers
    # The second pair of braces belongs to the next request's method, and that is no token.
    assert [(answer.status, answer.code) for answer in answers] == [
        (404, "connection_not_found"), (400, "invalid_request")]
    assert_never_run(service, smuggled)


BROKEN_OFF = reject_of("<id>").replace(
    b"Connection: close\r\n", b"Content-Type: application/json\r\nContent-Length: 20\r\n") + b'{"reason":'


@pytest.mark.parametrize(
    "kept", [1, 10, len(LINE), len(LINE) + 4, len(REJECT), BROKEN_OFF.index(b"{"), len(BROKEN_OFF)])
@pytest.mark.parametrize("half", [False, True], ids=["closed", "half closed"])
def test_a_request_that_breaks_off_sends_nothing(service, smuggled, kept, half):
    _, gateway = service
    host, _, port = gateway.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as wire:
        wire.sendall(BROKEN_OFF[:kept].replace(b"<id>", smuggled.encode()).replace(TOKEN, gateway.token.encode()))
        if half:
            wire.shutdown(socket.SHUT_WR)
    # libmicrohttpd may take the rest of its idle time to notice: the last test here looks again.
    assert_never_run(service, smuggled)
    assert_alive(gateway)


def test_a_body_is_asked_for_where_the_client_waits_for_that(service):
    _, gateway = service
    host, _, port = gateway.address.rpartition(":")
    head = (REJECT + b"Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
            b"Connection: close\r\n\r\n").replace(TOKEN, gateway.token.encode())
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as wire:
        wire.sendall(head)
        received = b""
        while b"\r\n\r\n" not in received:
            received += wire.recv(4096)
        assert received.startswith(b"HTTP/1.1 100 "), received
        interim, _, received = received.partition(b"\r\n\r\n")
        wire.sendall(b"{}")
        while piece := wire.recv(65536):
            received += piece
    assert [answer.status for answer in Talk(received).answers] == [404]


def test_a_body_that_is_too_large_is_refused_before_the_client_sends_it(service):
    _, gateway = service
    answers = talk(gateway, REJECT + b"Content-Type: application/json\r\nContent-Length: 5000\r\n"
                   b"Expect: 100-continue\r\n\r\n").answers
    # Not a byte of the body was sent, and no interim answer asked for it.
    assert [(answer.status, answer.code) for answer in answers] == [(413, "body_too_large")]
    assert answers[0].headers["connection"].lower() == "close"


@pytest.mark.parametrize("host", [HOST, b""], ids=["with a host", "without a host"])
def test_http_1_0_is_answered_and_its_connection_closed(service, smuggled, host):
    _, gateway = service
    data = LINE.replace(b"1.1", b"1.0") + host + AUTHORIZATION + b"\r\n"
    answers = talk(gateway, data + reject_of(smuggled)).answers
    assert [(answer.status, answer.code) for answer in answers] == [(404, "connection_not_found")]
    assert_never_run(service, smuggled)


@pytest.mark.parametrize("name", [
    "two lengths that agree", "chunks", "a folded line", "bare LF everywhere", "NUL in a value", "two hosts",
    "white space before the colon", "a header of 18 kB"])
def test_the_admin_listener_is_as_strict(service, name):
    _, gateway = service
    row = REFUSED[name]
    data, status, code = row if isinstance(row, tuple) else (row, 400, "invalid_request")
    head = data.replace(b"POST /connections/" + UNKNOWN.encode() + b"/reject", b"GET /metrics")
    answers = talk(gateway, head + LIVEZ + HOST + b"\r\n", address=gateway.admin_address).answers
    assert [(answer.status, answer.code) for answer in answers] == [(status, code)]
    assert answers[0].headers["connection"].lower() == "close"


def test_through_all_of_this_nothing_smuggled_ran_and_the_chain_holds(service):
    simulator, gateway = service
    assert_alive(gateway)
    assert simulator.status_of(PENDING) == "PENDING_ACCEPTANCE"
    assert not NEVER_RUN & {request.get("connectionId") for request in simulator.requests()}
    assert not NEVER_RUN & {record.get("connectionId") for record in gateway.records()}
    assert all(request["verdict"] == "valid" for request in simulator.requests())
    gateway.check_chain()
