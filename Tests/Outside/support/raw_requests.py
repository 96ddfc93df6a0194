"""Raw requests, and what becomes of each: directly at the gateway, and behind nginx with the shipped server block.

What a row sends is followed by a whole, well-formed reject of another connection: the request that a smuggler would
like to be seen. The outcome is a text that says all there is to say:

- the answers in their order, each as status and code: `404 connection_not_found`. `200` is a success, `100` asks for a
  body. `page` for a code is libmicrohttpd's own bare page, which is there before anyone else is asked. `nginx` behind
  the code: nginx answered by itself, and the gateway has never seen the message. `HTTP/0.9`: the body alone was sent.
- then `closed`, or `next`: the request that follows was seen as one, and rejected its connection. Wherever it says
  `next`, what follows is a request by the only reading, or, behind nginx, by the one that nginx has made of it.

The answers of libmicrohttpd are those of version 0.9.75, nginx's those of 1.22: Debian 12 has them.
"""

import dataclasses
import re

from .simulator import UNKNOWN

#: Replaced by the gateway's token when a row is sent.
TOKEN = b"<token>"
#: Replaced by the id of a connection that nobody else rejects.
NEXT = b"<next>"
HOST = b"Host: gateway\r\n"
AUTHORIZATION = b"Authorization: Bearer " + TOKEN + b"\r\n"
LINE = f"POST /connections/{UNKNOWN}/reject HTTP/1.1\r\n".encode()
#: A reject that only its last header lines and the empty line are missing from.
REJECT = LINE + HOST + AUTHORIZATION
JSON = b"Content-Type: application/json\r\n"
LIVEZ = b"GET /livez HTTP/1.1\r\n"
#: What every row is followed by, after which the gateway closes the connection.
FOLLOWING = b"POST /connections/" + NEXT + b"/reject HTTP/1.1\r\n" + HOST + AUTHORIZATION + b"Connection: close\r\n\r\n"
#: A header without its space: a byte less than in the plain form.
TIGHT = b"X:a\r\n"
#: Closes the connection, and rejects nothing.
LAST = LIVEZ + HOST + b"Connection: close\r\n\r\n"

#: 150 cookies in 8,191 bytes, and a head so long that with libmicrohttpd's copy and list of them it is 28 KiB.
FILLING = REJECT + JSON + b"Content-Length: 5\r\nCookie: " + b"a;" * 149 + b"b" * (8191 - 298) + b"\r\nX-Fill: "
FILLING += b"f" * (28 * 1024 - 8192 - 64 * (150 + 6) - len(FILLING) - 4) + b"\r\n\r\n"

CLOSED = "closed"
INVALID = "400 invalid_request, closed"
INVALID_NGINX = "400 invalid_request nginx, closed"
PAGE = "400 page, closed"
NOT_FOUND = "404 connection_not_found, next"
BAD_ID = "400 invalid_request, next"
NO_ROUTE = "404 route_not_found, next"
TOO_LARGE = "431 headers_too_large, closed"
TOO_LARGE_NGINX = "431 headers_too_large nginx, closed"
NO_CHUNKS = "501 not_implemented, closed"
NO_CHUNKS_NGINX = "501 not_implemented nginx, closed"


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    #: What becomes of it at the gateway's own listener.
    direct: str
    #: What becomes of it behind nginx.
    nginx: str
    data: bytes
    #: What comes behind it: `request`, which is `FOLLOWING`; `nothing`, since it brings its own end along; the `FIN`
    #: that tells that no more will come; or `silence`.
    then: str = "request"

    @property
    def waits(self):
        """Whether it is a deadline that ends it."""
        return self.then in ("FIN", "silence")

    def bytes(self, token, following):
        """What is sent, for a gateway with this token, where `following` is the id of the request that follows."""
        data = self.data + (FOLLOWING if self.then == "request" else b"")
        data = data.replace(TOKEN, token.encode()).replace(NEXT, following.encode())
        length = len(FOLLOWING.replace(TOKEN, token.encode()).replace(NEXT, following.encode()))
        data = data.replace(b"<length of next>", str(length).encode())
        return re.sub(rb"(?s)^(.*)<to (\d+)>(.*?\r\n\r\n)", lambda found: found[1] + b"a" * (
            int(found[2]) - len(found[1]) - len(found[3])) + found[3], data)


def line(old, new):
    """A reject with another request line."""
    assert LINE.count(old) == 1, old
    return LINE.replace(old, new) + HOST + AUTHORIZATION + b"\r\n"


def path(new):
    """A POST to this path."""
    return b"POST " + new + b" HTTP/1.1\r\n" + HOST + AUTHORIZATION + b"\r\n"


def host(value):
    return LINE + b"Host: " + value + b"\r\n" + AUTHORIZATION + b"\r\n"


def length(value, body=b""):
    return REJECT + JSON + b"Content-Length: " + value + b"\r\n\r\n" + body


def chunks(body):
    return REJECT + JSON + b"Transfer-Encoding: chunked\r\n\r\n" + body


def bare(text, end=b"\n"):
    """With another end of each line."""
    return text.replace(b"\r\n", end)


ROWS = [
    # The length of the body.
    Row("two lengths that agree", INVALID, INVALID_NGINX, REJECT + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n"),
    Row("two lengths that differ", INVALID, INVALID_NGINX, REJECT + b"Content-Length: 0\r\nContent-Length: 60\r\n\r\n"),
    Row("two lengths, the larger one first", INVALID, INVALID_NGINX,
        REJECT + b"Content-Length: 60\r\nContent-Length: 0\r\n\r\n"),
    Row("a length that is a list", PAGE, INVALID_NGINX, length(b"0, 0")),
    Row("a length that is a list of two that differ", PAGE, INVALID_NGINX, length(b"2, 60", b"{}")),
    Row("a length with a plus", PAGE, INVALID_NGINX, length(b"+2", b"{}")),
    Row("a negative length", PAGE, INVALID_NGINX, length(b"-2", b"{}")),
    Row("a length in hex", PAGE, INVALID_NGINX, length(b"0x2", b"{}")),
    Row("a length with an exponent", PAGE, INVALID_NGINX, length(b"2e0", b"{}")),
    Row("a length with a fraction", PAGE, INVALID_NGINX, length(b"2.0", b"{}")),
    Row("a length with a letter behind", PAGE, INVALID_NGINX, length(b"2x", b"{}")),
    Row("a length with a space within", PAGE, INVALID_NGINX, length(b"0 2", b"{}")),
    Row("a length with a vertical tab behind it", PAGE, INVALID_NGINX, length(b"2\x0b", b"{}")),
    Row("an empty length", PAGE, INVALID_NGINX, length(b"", b"{}")),
    Row("a length with zeros before it", NOT_FOUND, NOT_FOUND, length(b"0002", b"{}")),
    Row("a length of 2^63", INVALID, INVALID_NGINX, length(b"9223372036854775808")),
    Row("a length of 2^64 and 2", "413 page, closed", INVALID_NGINX, length(b"18446744073709551618", b"{}")),
    Row("a length that no number holds", "413 page, closed", INVALID_NGINX, length(b"99999999999999999999", b"{}")),
    Row("a length, and white space before its colon", INVALID, INVALID_NGINX, REJECT + b"Content-Length : 2\r\n\r\n{}"),
    Row("a length in a folded line", INVALID, INVALID_NGINX, REJECT + JSON + b"Content-Length:\r\n 2\r\n\r\n{}"),
    Row("a length with an underscore in its name", NOT_FOUND, NOT_FOUND, REJECT + b"Content_Length: 60\r\n\r\n"),
    Row("a body", NOT_FOUND, NOT_FOUND, length(b"2", b"{}")),
    Row("a body that is announced larger than 4096 bytes", "413 body_too_large, closed", CLOSED,
        length(b"4097"), "silence"),
    Row("a body that is announced larger than nginx takes", "413 body_too_large, closed",
        "413 body_too_large nginx, closed", length(b"16385"), "silence"),
    Row("a body longer than announced", "404 connection_not_found, 400 invalid_request, closed",
        "404 connection_not_found, 400 invalid_request nginx, closed",
        length(b"2", b"{}{}")),
    Row("a body longer than announced by a line's end", NOT_FOUND, NOT_FOUND, length(b"2", b"{}\r\n")),
    Row("a body that wasn't announced", "404 connection_not_found, 400 invalid_request, closed",
        "404 connection_not_found, 400 invalid_request nginx, closed",
        REJECT + b"\r\n{}"),
    Row("a body shorter than announced", CLOSED, CLOSED,
        length(b"40", b"{}"), "FIN"),
    Row("a body that was announced and doesn't come", CLOSED, CLOSED,
        length(b"40"), "FIN"),
    Row("a body that stops coming", CLOSED, CLOSED, length(b"40", b"{}"), "silence"),
    Row("a request as the body of another", "400 invalid_request, 200, closed", "400 invalid_request, 200, closed",
        length(b"<length of next>", FOLLOWING) + LAST, "nothing"),
    Row("a request as the body of a GET", "200, 200, closed", "200, 200, closed",
        LIVEZ + HOST + b"Content-Length: <length of next>\r\n\r\n" + FOLLOWING + LAST, "nothing"),
    Row("a request as the body of a HEAD", "200, 200, closed", "200, 200, closed",
        b"HEAD /livez HTTP/1.1\r\n" + HOST + b"Content-Length: <length of next>\r\n\r\n" + FOLLOWING + LAST, "nothing"),
    Row("a request as the body of an OPTIONS", "405 method_not_allowed, 200, closed",
        "405 method_not_allowed, 200, closed",
        b"OPTIONS /livez HTTP/1.1\r\n" + HOST + b"Content-Length: <length of next>\r\n\r\n" + FOLLOWING + LAST,
        "nothing"),
    Row("a request as the body of one that leads nowhere", "404 route_not_found, 200, closed",
        "404 route_not_found, 200, closed",
        b"POST /nowhere HTTP/1.1\r\n" + HOST + b"Content-Length: <length of next>\r\n\r\n" + FOLLOWING + LAST,
        "nothing"),
    Row("a request as the body of one without a token", "401 unauthenticated, 200, closed",
        "401 unauthenticated, 200, closed",
        LINE + HOST + JSON + b"Content-Length: <length of next>\r\n\r\n" + FOLLOWING + LAST, "nothing"),
    Row("a request as the body of one that has another media type", "415 unsupported_media_type, 200, closed",
        "415 unsupported_media_type, 200, closed",
        REJECT + b"Content-Type: text/plain\r\nContent-Length: <length of next>\r\n\r\n" + FOLLOWING + LAST, "nothing"),
    Row("a request as a body that isn't announced so long", INVALID,
        "400 invalid_request, 400 invalid_request nginx, closed",
        length(b"4", FOLLOWING), "nothing"),
    Row("a request as a body that is announced too large", "413 body_too_large, closed", CLOSED,
        length(b"5000", FOLLOWING), "silence"),
    # Chunks.
    Row("chunks", NO_CHUNKS, NOT_FOUND, chunks(b"2\r\n{}\r\n0\r\n\r\n")),
    Row("a length and chunks", NO_CHUNKS, INVALID_NGINX,
        REJECT + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Row("chunks and a length", NO_CHUNKS, INVALID_NGINX,
        REJECT + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    Row("a length and an encoding with white space before its colon", INVALID, INVALID_NGINX,
        REJECT + b"Content-Length: 5\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    Row("a length and an encoding with an underscore in its name", NOT_FOUND, NOT_FOUND,
        REJECT + JSON + b"Content-Length: 2\r\nTransfer_Encoding: chunked\r\n\r\n{}"),
    Row("chunks in capitals", NO_CHUNKS, NOT_FOUND, REJECT + b"TRANSFER-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n"),
    Row("chunks with a trailer", NO_CHUNKS, NOT_FOUND,
        REJECT + b"Transfer-Encoding: chunked\r\nTrailer: X-Request-Id\r\n\r\n0\r\n"
        b"X-Request-Id: from-the-trailer\r\n\r\n"),
    Row("the identity encoding", NO_CHUNKS, NO_CHUNKS_NGINX, REJECT + b"Transfer-Encoding: identity\r\n\r\n"),
    Row("an empty encoding", NO_CHUNKS, NO_CHUNKS_NGINX, REJECT + b"Transfer-Encoding: \r\n\r\n"),
    Row("an encoding that is nearly chunked", NO_CHUNKS, NO_CHUNKS_NGINX,
        REJECT + b"Transfer-Encoding: xchunked\r\n\r\n"),
    Row("an encoding in quotes", NO_CHUNKS, NO_CHUNKS_NGINX,
        REJECT + b"Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
    Row("an encoding with a parameter", NO_CHUNKS, NO_CHUNKS_NGINX,
        REJECT + b"Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n"),
    Row("two encodings in one line", NO_CHUNKS, NO_CHUNKS_NGINX,
        REJECT + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    Row("chunks twice in one line", NO_CHUNKS, NO_CHUNKS_NGINX,
        REJECT + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    Row("two encodings in two lines", NO_CHUNKS, INVALID_NGINX,
        REJECT + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    Row("chunks after a tab", NO_CHUNKS, NO_CHUNKS_NGINX, REJECT + b"Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n"),
    Row("chunks after a vertical tab", INVALID, NO_CHUNKS_NGINX,
        REJECT + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"),
    Row("chunks in HTTP/1.0", NO_CHUNKS, INVALID_NGINX,
        LINE.replace(b"1.1", b"1.0") + AUTHORIZATION + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Row("chunks, and white space before the colon", INVALID, INVALID_NGINX,
        REJECT + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    Row("chunks in a folded line", INVALID, INVALID_NGINX, REJECT + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
    Row("chunks to be asked for", NO_CHUNKS, "100, 404 connection_not_found, next",
        REJECT + b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n0\r\n\r\n"),
    Row("a chunk of a negative size", NO_CHUNKS, INVALID_NGINX, chunks(b"-2\r\n{}\r\n0\r\n\r\n")),
    Row("a chunk of a size with a plus", NO_CHUNKS, INVALID_NGINX, chunks(b"+2\r\n{}\r\n0\r\n\r\n")),
    Row("a chunk of a size in hex with its mark", NO_CHUNKS, INVALID_NGINX, chunks(b"0x2\r\n{}\r\n0\r\n\r\n")),
    Row("a chunk of a size with a space before it", NO_CHUNKS, INVALID_NGINX, chunks(b" 2\r\n{}\r\n0\r\n\r\n")),
    Row("a chunk of a size with a space behind it", NO_CHUNKS, NOT_FOUND, chunks(b"2 \r\n{}\r\n0\r\n\r\n")),
    Row("a chunk of an empty size", NO_CHUNKS, INVALID_NGINX, chunks(b"\r\n{}\r\n0\r\n\r\n")),
    Row("a chunk of a size that is no number", NO_CHUNKS, INVALID_NGINX, chunks(b"xy\r\n{}\r\n0\r\n\r\n")),
    Row("a chunk of a size that no number holds", NO_CHUNKS, INVALID_NGINX,
        chunks(b"10000000000000002\r\n{}\r\n0\r\n\r\n")),
    Row("a chunk of 2^63 bytes", NO_CHUNKS, INVALID_NGINX, chunks(b"8000000000000000\r\n{}\r\n0\r\n\r\n")),
    Row("a chunk of too many bytes", NO_CHUNKS, CLOSED, chunks(b"1388\r\n"), "silence"),
    Row("a chunk with an extension", NO_CHUNKS, NOT_FOUND, chunks(b"2;a=b\r\n{}\r\n0\r\n\r\n")),
    Row("a chunk with an extension that has a bare LF", NO_CHUNKS, INVALID_NGINX, chunks(b"2;a\nb\r\n{}\r\n0\r\n\r\n")),
    Row("a chunk's size ended by LF alone", NO_CHUNKS, NOT_FOUND, chunks(b"2\n{}\r\n0\r\n\r\n")),
    Row("a chunk ended by LF alone", NO_CHUNKS, NOT_FOUND, chunks(b"2\r\n{}\n0\r\n\r\n")),
    Row("a chunk ended by two other bytes", NO_CHUNKS, INVALID_NGINX, chunks(b"2\r\n{}xx0\r\n\r\n")),
    Row("a chunk longer than its size", NO_CHUNKS, INVALID_NGINX, chunks(b"2\r\n{}{}\r\n0\r\n\r\n")),
    Row("a last chunk written with many zeros", NO_CHUNKS, NOT_FOUND, chunks(b"2\r\n{}\r\n0000000\r\n\r\n")),
    Row("chunks without a last one", NO_CHUNKS, CLOSED,
        chunks(b"2\r\n{}\r\n"), "silence"),
    # The ends of lines, and lines that aren't fields.
    Row("a folded line", INVALID, INVALID_NGINX, REJECT + b"X-Note: one\r\n two\r\n\r\n"),
    Row("a line folded with a tab", INVALID, INVALID_NGINX, REJECT + b"X-Note: one\r\n\ttwo\r\n\r\n"),
    Row("a folded first line", INVALID, INVALID_NGINX, LINE + b" " + HOST + AUTHORIZATION + b"\r\n"),
    Row("a folded last line", INVALID, INVALID_NGINX, REJECT + b"X-Note: one\r\n \r\n\r\n"),
    Row("a line of white space between request line and headers", PAGE, INVALID_NGINX,
        LINE + b" \r\n" + HOST + AUTHORIZATION + b"\r\n"),
    Row("a line of white space for the empty line", INVALID, INVALID_NGINX, REJECT + b" \r\n\r\n"),
    Row("a folded token", INVALID, INVALID_NGINX, LINE + HOST + b"Authorization: Bearer\r\n " + TOKEN + b"\r\n\r\n"),
    Row("bare LF everywhere", INVALID, NOT_FOUND, bare(REJECT) + b"\n"),
    Row("a bare LF between two fields", INVALID, NOT_FOUND, REJECT + b"X-Note: a\nX-Other: b\r\n\r\n"),
    Row("a bare LF for the empty line", INVALID, NOT_FOUND, REJECT + b"\n"),
    Row("a bare LF after the request line", INVALID, NOT_FOUND, bare(LINE) + HOST + AUTHORIZATION + b"\r\n"),
    Row("a bare CR in a value", INVALID, INVALID_NGINX, REJECT + b"X-Note: a\rb\r\n\r\n"),
    Row("a bare CR between two fields", INVALID, INVALID_NGINX, REJECT + b"X-Note: a\rContent-Length: 60\r\n\r\n"),
    Row("a bare CR for the empty line", INVALID, INVALID_NGINX, REJECT + b"\rX-Note: a\r\n\r\n"),
    Row("a bare CR after the request line", PAGE, INVALID_NGINX, LINE[:-1] + HOST + AUTHORIZATION + b"\r\n"),
    Row("bare CR everywhere", PAGE, INVALID_NGINX, (REJECT + b"\r\n").replace(b"\n", b"") + b"\r\n\r\n"),
    Row("a CR before CRLF", INVALID, NOT_FOUND, REJECT + b"X-Note: a\r\r\n\r\n"),
    Row("a line that starts with its colon", INVALID, INVALID_NGINX, REJECT + b": value\r\n\r\n"),
    Row("a line that starts with its colon, and one more", INVALID, INVALID_NGINX,
        REJECT + b": value\r\nContent-Length: 60\r\n\r\n"),
    Row("a line without a colon", PAGE, NOT_FOUND, REJECT + b"X-Note\r\n\r\n"),
    Row("a line without a colon, and one more", PAGE, "415 unsupported_media_type, 400 invalid_request nginx, closed",
        REJECT + b"X-Note\r\nContent-Length: 60\r\n\r\n"),
    Row("white space before the colon", INVALID, INVALID_NGINX, REJECT + b"X-Note : a\r\n\r\n"),
    Row("a tab before the colon", INVALID, INVALID_NGINX, REJECT + b"X-Note\t: a\r\n\r\n"),
    Row("no space after the colon", INVALID, NOT_FOUND, REJECT + b"X-Note:a\r\n\r\n"),
    Row("two spaces after the colon", INVALID, NOT_FOUND, REJECT + b"X-Note:  a\r\n\r\n"),
    Row("a tab after the colon", NOT_FOUND, BAD_ID, REJECT + b"X-Note:\ta\r\n\r\n"),
    Row("a space at a value's end", INVALID, NOT_FOUND, REJECT + b"X-Note: a \r\n\r\n"),
    Row("a space in a name", INVALID, INVALID_NGINX, REJECT + b"X Note: a\r\n\r\n"),
    Row("brackets in a name", INVALID, NOT_FOUND, REJECT + b"X(Note): a\r\n\r\n"),
    Row("a name that isn't ASCII", INVALID, NOT_FOUND, REJECT + "X-N\u00f6te: a\r\n\r\n".encode()),
    Row("an empty value", NOT_FOUND, NOT_FOUND, REJECT + b"X-Note: \r\n\r\n"),
    Row("a tab within a value", NOT_FOUND, NOT_FOUND, REJECT + b"X-Note: a\tb\r\n\r\n"),
    Row("bytes that are no UTF-8 in a value", NOT_FOUND, NOT_FOUND, REJECT + b"X-Note: a\xff\xfe\r\n\r\n"),
    Row("names in any case", NOT_FOUND, NOT_FOUND,
        LINE + b"hOST: gateway\r\n" + AUTHORIZATION.upper().replace(TOKEN.upper(), TOKEN) + b"\r\n"),
    Row("an empty line before the request line", NOT_FOUND, NOT_FOUND, b"\r\n" + REJECT + b"\r\n"),
    Row("two empty lines before the request line", NOT_FOUND, NOT_FOUND, b"\r\n\r\n" + REJECT + b"\r\n"),
    Row("a bare LF before the request line", NOT_FOUND, NOT_FOUND, b"\n" + REJECT + b"\r\n"),
    # NUL and other control characters; test_wire.py has every byte in every place.
    Row("NUL in a value", INVALID, INVALID_NGINX, REJECT + b"X-Note: a\0b\r\n\r\n"),
    Row("NUL in a name", INVALID, INVALID_NGINX, REJECT + b"X-No\0te: a\r\n\r\n"),
    Row("NUL behind a name", INVALID, INVALID_NGINX, REJECT + b"Content-Length\0: 60\r\n\r\n"),
    Row("NUL behind the token", INVALID, INVALID_NGINX,
        LINE + HOST + AUTHORIZATION.replace(b"\r\n", b"\0junk\r\n") + b"\r\n"),
    Row("NUL in the path", INVALID, INVALID_NGINX, line(b"reject ", b"reject\0junk ")),
    Row("NUL in the id", INVALID, INVALID_NGINX, line(b"/reject ", b"\0/reject ")),
    Row("NUL in the query", INVALID, INVALID_NGINX, line(b"reject ", b"reject?dryRun=true\0 ")),
    Row("NUL in the method", INVALID, INVALID_NGINX, line(b"POST", b"POST\0")),
    Row("NUL in the version", PAGE, INVALID_NGINX, line(b"1.1", b"1.1\0")),
    Row("NUL before the request line", INVALID, INVALID_NGINX, b"\0" + REJECT + b"\r\n"),
    Row("NUL for the empty line", PAGE, INVALID_NGINX, REJECT + b"\0\r\n\r\n"),
    # libmicrohttpd itself puts NUL where a line's CR and LF were.
    Row("NUL for a value's CR", INVALID, INVALID_NGINX, REJECT + b"X-Note: a\0\n\r\n"),
    Row("NUL for an empty value's CR", INVALID, INVALID_NGINX, REJECT + b"X-Note: \0\n\r\n"),
    Row("NUL for the token's CR", INVALID, INVALID_NGINX, LINE + HOST + bare(AUTHORIZATION, b"\0\n") + b"\r\n"),
    Row("NUL for the host's CR", INVALID, INVALID_NGINX, LINE + bare(HOST, b"\0\n") + AUTHORIZATION + b"\r\n"),
    Row("NUL for the request line's CR", PAGE, INVALID_NGINX, bare(LINE, b"\0\n") + HOST + AUTHORIZATION + b"\r\n"),
    Row("NUL for the empty line's CR", PAGE, INVALID_NGINX, REJECT + b"\0\n"),
    Row("NUL for every CR", PAGE, INVALID_NGINX, bare(REJECT, b"\0\n") + b"\0\n"),
    Row("NUL for the CR before a length", INVALID, INVALID_NGINX,
        REJECT + JSON + b"X-Note: a\0\nContent-Length: 2\r\n\r\n{}"),
    Row("NUL for a length's CR", PAGE, INVALID_NGINX, REJECT + JSON + b"Content-Length: 2\0\n\r\n{}"),
    Row("NUL for the CR before a second length", INVALID, INVALID_NGINX,
        REJECT + JSON + b"Content-Length: 2\r\nX-Note: a\0\nContent-Length: <length of next>\r\n\r\n{}"),
    Row("NUL for the CR before chunks", INVALID, INVALID_NGINX,
        REJECT + JSON + b"X-Note: a\0\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Row("NUL between two LFs", PAGE, INVALID_NGINX, REJECT + b"X-Note: a\n\0\n"),
    Row("two NULs between two LFs", PAGE, INVALID_NGINX, REJECT + b"X-Note: a\n\0\0\n"),
    Row("NUL and a byte between two LFs", PAGE, INVALID_NGINX, REJECT + b"X-Note: a\n\0x\n"),
    Row("NUL and a tab between two LFs", PAGE, INVALID_NGINX, REJECT + b"X-Note: a\n\0\t\n"),
    Row("LF, NUL, CRLF", PAGE, INVALID_NGINX, REJECT + b"X-Note: a\n\0\r\n"),
    Row("NUL before CRLF and LF", INVALID, INVALID_NGINX, REJECT + b"X-Note: a\0\r\n\n"),
    Row("two NULs, two LFs", INVALID, INVALID_NGINX, REJECT + b"X-Note: a\0\0\n\n"),
    Row("NUL in the body", BAD_ID, BAD_ID, REJECT + JSON + b"Content-Length: 3\r\n\r\n{\0}"),
    Row("NUL in the reason", BAD_ID, BAD_ID, REJECT + JSON + b'Content-Length: 17\r\n\r\n{"reason": "a\0b"}'),
    Row("a byte behind NUL, made up for by bare LF", INVALID, INVALID_NGINX, REJECT + b"X-Note: a\0b\n\n"),
    Row("a control character in a value", INVALID, BAD_ID, REJECT + b"X-Note: a\x01b\r\n\r\n"),
    Row("a control character in a name", INVALID, INVALID_NGINX, REJECT + b"X-No\x01te: a\r\n\r\n"),
    Row("DEL in a value", INVALID, BAD_ID, REJECT + b"X-Note: a\x7fb\r\n\r\n"),
    Row("an escape sequence in a value", INVALID, BAD_ID, REJECT + b"User-Agent: \x1b[2J\r\n\r\n"),
    Row("a control character in the path", INVALID, INVALID_NGINX, line(b"reject ", b"reject\x01 ")),
    Row("a control character in the method", INVALID, INVALID_NGINX, line(b"POST", b"PO\x01ST")),
    Row("a tab in the path", INVALID, INVALID_NGINX, line(b"reject ", b"reject\t ")),
    Row("a space in the path", INVALID, INVALID_NGINX, line(b"reject ", b"rej ect ")),
    Row("UTF-8 in the path", INVALID, BAD_ID, line(b"/reject", "\u00e9/reject".encode())),
    # Of the right length all the same: what is too much is made up for by what is missing elsewhere.
    Row("NUL in a value, made up for by missing spaces", INVALID, INVALID_NGINX,
        REJECT + b"X-Note: a\0bcd\r\n" + TIGHT * 4 + b"\r\n"),
    Row("NUL behind the token, made up for by missing spaces", INVALID, INVALID_NGINX,
        LINE + HOST + AUTHORIZATION.replace(b"\r\n", b"\0junk\r\n") + TIGHT * 5 + b"\r\n"),
    Row("NUL in the path, made up for by missing spaces", INVALID, INVALID_NGINX,
        LINE.replace(b"reject ", b"reject\0junk ") + HOST + AUTHORIZATION + TIGHT * 5 + b"\r\n"),
    Row("NUL in a length, made up for by missing spaces", PAGE, INVALID_NGINX,
        REJECT + JSON + b"Content-Length: 2\x000\r\n" + TIGHT * 2 + b"\r\n{}"),
    Row("a folded line, made up for by missing spaces", INVALID, INVALID_NGINX,
        REJECT + b"X-Note: a\r\n b\r\n" + TIGHT * 3 + b"\r\n"),
    Row("a folded length, made up for by missing spaces", INVALID, INVALID_NGINX,
        REJECT + JSON + b"Content-Length:\r\n 2\r\n" + TIGHT * 2 + b"\r\n{}"),
    Row("two spaces after the colon, made up for by a bare LF", INVALID, NOT_FOUND,
        REJECT + b"X-Note:  a\nX-Other: b\r\n\r\n"),
    Row("two spaces on the request line, made up for by a missing one", INVALID, NOT_FOUND,
        LINE.replace(b"POST ", b"POST  ") + HOST + AUTHORIZATION + TIGHT + b"\r\n"),
    Row("white space before the colon, made up for by a missing space", INVALID, INVALID_NGINX,
        REJECT + b"Content-Length :60\r\n\r\n"),
    Row("a hidden length, made up for by missing spaces", INVALID, INVALID_NGINX,
        REJECT + TIGHT * 24 + b": a\r\nContent-Length: 60\r\n\r\n"),
    Row("a hidden encoding, made up for by missing spaces", INVALID, INVALID_NGINX,
        REJECT + TIGHT * 33 + b": a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    # Too much of it.
    Row("a hundred headers", NOT_FOUND, "431 headers_too_large, next", REJECT + b"a: b\r\n" * 98 + b"\r\n"),
    Row("a hundred headers and one", TOO_LARGE, "431 headers_too_large, next", REJECT + b"a: b\r\n" * 99 + b"\r\n"),
    Row("a thousand headers", "431 page, closed", "431 page, next", REJECT + b"a: b\r\n" * 998 + b"\r\n"),
    Row("tens of thousands of headers", "431 page, closed", TOO_LARGE_NGINX, REJECT + b"a: b\r\n" * 25_000 + b"\r\n"),
    # libmicrohttpd makes a list of cookies where the body would be read into.
    Row("hundreds of cookies", TOO_LARGE, "431 headers_too_large, next",
        REJECT + JSON + b"Content-Length: 2\r\nCookie: " + b"a=b; " * 349 + b"a=b\r\n\r\n{}"),
    Row("cookies that fill the memory to its last byte", CLOSED, TOO_LARGE_NGINX, FILLING),
    Row("a long cookie, and a length that is no number", CLOSED, TOO_LARGE_NGINX,
        LINE.replace(b"/connections", b"/" + b"t" * 15_000) + HOST + b"Content-Length: abc\r\nCookie: " + b"c" * 7000
        + b"\r\n\r\n"),
    Row("a head of many headers", TOO_LARGE, "431 headers_too_large, next",
        REJECT + b"".join(b"X-%d: %s\r\n" % (number, b"a" * 200) for number in range(90)) + b"\r\n"),
    Row("a head of exactly 16 KiB", NOT_FOUND, "431 headers_too_large, next",
        REJECT + b"".join(b"X-Note: %s\r\n" % (b"a" * 4000) for _ in range(3)) + b"X-Note: <to 16384>\r\n\r\n"),
    Row("a head of 16 KiB and a byte", TOO_LARGE, "431 headers_too_large, next",
        REJECT + b"".join(b"X-Note: %s\r\n" % (b"a" * 4000) for _ in range(3)) + b"X-Note: <to 16385>\r\n\r\n"),
    Row("a header of 8 kB", NOT_FOUND, NOT_FOUND, REJECT + b"X-Note: " + b"a" * 8000 + b"\r\n\r\n"),
    Row("a header of 15 kB", NOT_FOUND, TOO_LARGE_NGINX, REJECT + b"X-Note: " + b"a" * 15_000 + b"\r\n\r\n"),
    Row("a header of 18 kB", TOO_LARGE, TOO_LARGE_NGINX, REJECT + b"X-Note: " + b"a" * 18_000 + b"\r\n\r\n"),
    Row("a header of 64 KiB", "431 page, closed", TOO_LARGE_NGINX, REJECT + b"X-Note: " + b"a" * 65_536 + b"\r\n\r\n"),
    Row("a header of 200 kB", "431 page, closed", TOO_LARGE_NGINX, REJECT + b"X-Note: " + b"a" * 200_000 + b"\r\n\r\n"),
    Row("a header's name of 64 KiB", "431 page, closed", TOO_LARGE_NGINX, REJECT + b"a" * 65_536 + b": a\r\n\r\n"),
    Row("a header that doesn't end", "431 page, closed", TOO_LARGE_NGINX,
        REJECT + b"X-Note: " + b"a" * 200_000, "silence"),
    Row("a token of 15 kB", "401 unauthenticated, next", "401 unauthenticated, next",
        LINE + HOST + b"Authorization: Bearer " + b"a" * 7900 + b"\r\n\r\n"),
    Row("a path of 7 kB", BAD_ID, BAD_ID, path(b"/connections/" + b"a" * 7000 + b"/reject")),
    Row("a path of 15 kB", BAD_ID, TOO_LARGE_NGINX, path(b"/connections/" + b"a" * 15_000 + b"/reject")),
    Row("a path of 18 kB", TOO_LARGE, TOO_LARGE_NGINX, path(b"/connections/" + b"a" * 18_000 + b"/reject")),
    Row("a path of 64 KiB", "414 page, closed", TOO_LARGE_NGINX, path(b"/" + b"a" * 65_536)),
    Row("a path of 200 kB", "414 page, closed", TOO_LARGE_NGINX, path(b"/" + b"a" * 200_000)),
    Row("a path that doesn't end", "414 page, closed", TOO_LARGE_NGINX, b"POST /" + b"a" * 200_000, "silence"),
    Row("a method of 7 kB", "405 method_not_allowed, next", "405 method_not_allowed, next", line(b"POST", b"P" * 7000)),
    Row("a method of 64 KiB", "414 page, closed", TOO_LARGE_NGINX, line(b"POST", b"P" * 65_536)),
    Row("a version of 64 KiB", "414 page, closed", INVALID_NGINX, line(b"1.1", b"1." + b"1" * 65_536)),
    Row("3000 query arguments", BAD_ID, BAD_ID, line(b"reject ", b"reject?" + b"a&" * 3000 + b" ")),
    Row("9000 query arguments", TOO_LARGE, TOO_LARGE_NGINX, line(b"reject ", b"reject?" + b"a&" * 9000 + b" ")),
    Row("40000 query arguments", "414 page, closed", TOO_LARGE_NGINX,
        line(b"reject ", b"reject?" + b"a&" * 40_000 + b" ")),
    Row("thousands of cookies", CLOSED, TOO_LARGE_NGINX, REJECT + b"Cookie: " + b"a=b;" * 3500 + b"\r\n\r\n"),
    Row("a thousand empty lines before the request line", NOT_FOUND, NOT_FOUND, b"\r\n" * 1000 + REJECT + b"\r\n"),
    # The path: nothing in it is ever decoded or resolved.
    Row("dots that are encoded", BAD_ID, BAD_ID, line(UNKNOWN.encode(), b"%2e%2e%2fetc%2fpasswd")),
    Row("dots that are encoded, to another connection", NO_ROUTE, NO_ROUTE,
        path(b"/connections/c-nowhere000/%2e%2e/" + UNKNOWN.encode() + b"/reject")),
    Row("dots that are encoded, beyond the root", NO_ROUTE, INVALID_NGINX,
        line(b"/connections", b"/%2e%2e/connections")),
    Row("a slash that is encoded", "405 method_not_allowed, next", "405 method_not_allowed, next",
        line(b"/reject", b"%2Freject")),
    Row("a slash that is encoded, in small letters", NO_ROUTE, NO_ROUTE, line(b"/connections/", b"/connections%2f")),
    Row("a letter that is encoded", BAD_ID, BAD_ID, line(b"/c-", b"/%63-")),
    Row("a letter of the route that is encoded", NO_ROUTE, NO_ROUTE, line(b"/reject", b"/%72eject")),
    Row("a letter of the first segment that is encoded", NO_ROUTE, NO_ROUTE, line(b"/connections", b"/%63onnections")),
    Row("NUL that is encoded, in the id", BAD_ID, INVALID_NGINX, line(b"/reject", b"%00/reject")),
    Row("NUL that is encoded, at the end", NO_ROUTE, INVALID_NGINX, line(b"/reject", b"/reject%00")),
    Row("a line's end that is encoded", BAD_ID, BAD_ID, line(b"/reject", b"%0d%0aX-Note:%20a/reject")),
    Row("a question mark that is encoded", NO_ROUTE, NO_ROUTE, line(b"/reject", b"/reject%3fdryRun=true")),
    Row("a number sign that is encoded", BAD_ID, BAD_ID, line(b"/reject", b"%23/reject")),
    Row("UTF-8 that is overlong", BAD_ID, BAD_ID, line(b"/reject", b"%c0%af/reject")),
    Row("UTF-8 that is overlong, for a dot", NO_ROUTE, NO_ROUTE, line(b"/connections", b"/%c0%ae%c0%ae/connections")),
    Row("UTF-8 that is encoded", BAD_ID, BAD_ID, line(b"/reject", b"%c3%a9/reject")),
    Row("an encoding by Unicode's number", "405 method_not_allowed, next", INVALID_NGINX,
        line(b"/reject", b"%u002freject")),
    Row("a percent sign alone", BAD_ID, INVALID_NGINX, line(b"/reject", b"%/reject")),
    Row("an encoding that is no hex", BAD_ID, INVALID_NGINX, line(b"/reject", b"%zz/reject")),
    Row("an encoding of an encoding", BAD_ID, BAD_ID, line(b"/reject", b"%252freject/reject")),
    Row("dots of an encoding of an encoding", NO_ROUTE, NO_ROUTE, line(b"/connections", b"/%252e%252e/connections")),
    Row("dots in the path", NO_ROUTE, NO_ROUTE, line(b"/connections", b"/livez/../connections")),
    Row("dots in the path, beyond the root", NO_ROUTE, INVALID_NGINX, line(b"/connections", b"/../connections")),
    Row("a dot in the path", NO_ROUTE, NO_ROUTE, line(b"/connections", b"/./connections")),
    Row("dots at the end of the path", NO_ROUTE, NO_ROUTE, line(b"/reject", b"/reject/..")),
    Row("two slashes", NO_ROUTE, NO_ROUTE, line(b"/connections", b"//connections")),
    Row("two slashes within", NO_ROUTE, NO_ROUTE, line(b"/reject", b"//reject")),
    Row("a slash at the end", NO_ROUTE, NO_ROUTE, line(b"/reject", b"/reject/")),
    Row("a path in capitals", NO_ROUTE, NO_ROUTE, line(b"/connections", b"/CONNECTIONS")),
    Row("a parameter of a path segment", NO_ROUTE, NO_ROUTE, line(b"/reject", b"/reject;a=b")),
    Row("a parameter of the id", BAD_ID, BAD_ID, line(b"/reject", b";a=b/reject")),
    Row("a backslash in the path", INVALID, BAD_ID, line(b"/reject", b"\\reject")),
    Row("dots and a backslash in the path", INVALID, BAD_ID, line(b"/connections", b"/livez\\..\\connections")),
    Row("a bar in the path", INVALID, BAD_ID, line(b"/reject", b"|/reject")),
    Row("brackets in the path", INVALID, BAD_ID, line(b"/reject", b"<a>/reject")),
    Row("quotes in the query", INVALID, BAD_ID, line(b"reject ", b"reject?dryRun=\"true\" ")),
    Row("a fragment", INVALID, BAD_ID, line(b"reject ", b"reject#there ")),
    Row("a fragment behind a query", INVALID, BAD_ID, line(b"reject ", b"reject?dryRun=true#there ")),
    Row("a place of nginx's own", NO_ROUTE, "404 route_not_found nginx, next", path(b"/nginx-problem/bad-gateway")),
    Row("a place of nginx's own by a detour", NO_ROUTE, "404 route_not_found nginx, next",
        path(b"/livez/../nginx-problem/bad-gateway")),
    # The request line.
    Row("a target with scheme and host", INVALID, NOT_FOUND, line(b" /", b" http://gateway/")),
    Row("a target with the scheme of TLS", INVALID, NOT_FOUND, line(b" /", b" https://gateway/")),
    Row("a target with another host", INVALID, NOT_FOUND, line(b" /", b" http://elsewhere/")),
    Row("a target with a user", INVALID, INVALID_NGINX, line(b" /", b" http://user@gateway/")),
    Row("a target with a scheme that nobody knows", INVALID, NOT_FOUND, line(b" /", b" gopher://gateway/")),
    Row("a target with a host and no path", INVALID, "200, next", b"GET http://gateway HTTP/1.1\r\n" + HOST + b"\r\n"),
    Row("a target that is an authority", INVALID, INVALID_NGINX,
        b"CONNECT gateway:443 HTTP/1.1\r\n" + HOST + AUTHORIZATION + b"\r\n"),
    Row("a path to connect to", "405 method_not_allowed, next", "405 method_not_allowed nginx, closed",
        line(b"POST", b"CONNECT")),
    Row("a target that is an asterisk", INVALID, INVALID_NGINX,
        b"OPTIONS * HTTP/1.1\r\n" + HOST + AUTHORIZATION + b"\r\n"),
    Row("an asterisk for another method", INVALID, INVALID_NGINX,
        b"POST * HTTP/1.1\r\n" + HOST + AUTHORIZATION + b"\r\n"),
    Row("a target without its slash", INVALID, INVALID_NGINX, line(b" /", b" ")),
    Row("a target that is a query", INVALID, INVALID_NGINX, path(b"?dryRun=true")),
    Row("no target", PAGE, INVALID_NGINX, b"POST  HTTP/1.1\r\n" + HOST + AUTHORIZATION + b"\r\n"),
    Row("a method alone", CLOSED, INVALID_NGINX, b"POST\r\n" + HOST + AUTHORIZATION + b"\r\n"),
    Row("a method that nobody knows", "405 method_not_allowed, next", "405 method_not_allowed, next",
        line(b"POST", b"FROB")),
    Row("a method in small letters", "405 method_not_allowed, next", INVALID_NGINX, line(b"POST", b"post")),
    Row("a method that is no token", INVALID, INVALID_NGINX, line(b"POST", b"PO(ST")),
    Row("a method that echoes", "405 method_not_allowed, next", "405 method_not_allowed nginx, closed",
        line(b"POST", b"TRACE")),
    Row("HTTP/0.9 without an empty line", PAGE, "200 HTTP/0.9, closed", b"GET /livez\r\n"),
    Row("HTTP/0.9 with an empty line", PAGE, "200 HTTP/0.9, closed", b"GET /livez\r\n\r\n"),
    Row("HTTP/0.9 by its name", "505 page, closed", INVALID_NGINX, b"GET /livez HTTP/0.9\r\n" + HOST + b"\r\n"),
    Row("a reject in HTTP/0.9", PAGE, "400 invalid_request nginx HTTP/0.9, closed", LINE.replace(b" HTTP/1.1", b"")),
    Row("HTTP/1.2", INVALID, NOT_FOUND, line(b"1.1", b"1.2")),
    Row("HTTP/1.10", PAGE, NOT_FOUND, line(b"1.1", b"1.10")),
    Row("HTTP/01.1", PAGE, INVALID_NGINX, line(b"1.1", b"01.1")),
    Row("HTTP/11.1", PAGE, INVALID_NGINX, line(b"1.1", b"11.1")),
    Row("HTTP/2.0", "505 page, closed", INVALID_NGINX, line(b"1.1", b"2.0")),
    Row("HTTP/2", PAGE, INVALID_NGINX, line(b"1.1", b"2")),
    Row("the preface of HTTP/2", "505 page, closed", INVALID_NGINX, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Row("the preface of HTTP/2 and its settings", "505 page, closed", INVALID_NGINX,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0"),
    Row("http in small letters", PAGE, INVALID_NGINX, line(b"HTTP", b"http")),
    Row("a version of another kind", PAGE, INVALID_NGINX, line(b"HTTP/1.1", b"JUNK")),
    Row("a space behind the version", PAGE, NOT_FOUND, line(b"1.1", b"1.1 ")),
    Row("a space before the method", CLOSED, INVALID_NGINX, b" " + REJECT + b"\r\n"),
    Row("two spaces on the request line", INVALID, NOT_FOUND, line(b"POST ", b"POST  ")),
    Row("tabs on the request line", CLOSED, INVALID_NGINX, LINE.replace(b" ", b"\t") + HOST + AUTHORIZATION + b"\r\n"),
    Row("one word too many on the request line", INVALID, INVALID_NGINX, line(b" HTTP", b" x HTTP")),
    Row("a header before the request line", PAGE, INVALID_NGINX, b"X-Note: a\r\n" + REJECT + b"\r\n"),
    Row("a TLS handshake", CLOSED, INVALID_NGINX,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(128, 256)) * 4 + b"\r\n\r\n"),
    # Fields that decide something, more or less than once.
    Row("no host", INVALID, INVALID_NGINX, LINE + AUTHORIZATION + b"\r\n"),
    Row("an empty host", INVALID, INVALID_NGINX, host(b"")),
    Row("two hosts", INVALID, INVALID_NGINX, LINE + HOST + HOST + AUTHORIZATION + b"\r\n"),
    Row("two hosts that differ", INVALID, INVALID_NGINX,
        LINE + HOST + b"Host: elsewhere\r\n" + AUTHORIZATION + b"\r\n"),
    Row("two hosts in one line", INVALID, NOT_FOUND, host(b"a,b")),
    Row("a host with a path and a user", INVALID, INVALID_NGINX, host(b"a/b@c")),
    Row("a host with a user", INVALID, NOT_FOUND, host(b"user:password@gateway")),
    Row("a host with a space", INVALID, INVALID_NGINX, host(b"a b")),
    Row("a host with a scheme", INVALID, INVALID_NGINX, host(b"http://gateway")),
    Row("a host with a port", NOT_FOUND, NOT_FOUND, host(b"gateway:8080")),
    Row("a host with an IPv6 address and a port", NOT_FOUND, NOT_FOUND, host(b"[::1]:8080")),
    Row("a host with an IPv6 address out of brackets", INVALID, INVALID_NGINX, host(b"::1")),
    Row("a host with a bracket that stays open", INVALID, NOT_FOUND, host(b"[::1")),
    Row("a host with an empty port", NOT_FOUND, NOT_FOUND, host(b"gateway:")),
    Row("a host with a port that is no number", INVALID, NOT_FOUND, host(b"gateway:http")),
    Row("a host with a negative port", INVALID, NOT_FOUND, host(b"gateway:-1")),
    Row("a host with a port beyond 65535", INVALID, NOT_FOUND, host(b"gateway:65536")),
    Row("a host with two ports", INVALID, NOT_FOUND, host(b"gateway:80:80")),
    Row("a port without a host", INVALID, INVALID_NGINX, host(b":8080")),
    Row("a host that is a percent sign", INVALID, NOT_FOUND, host(b"%")),
    Row("a host that isn't ASCII", INVALID, NOT_FOUND, host("g\u00e4teway".encode())),
    Row("two authorizations that agree", INVALID, INVALID_NGINX, REJECT + AUTHORIZATION + b"\r\n"),
    Row("two authorizations that differ", INVALID, INVALID_NGINX,
        REJECT + b"Authorization: Basic dXNlcjpwYXNz\r\n\r\n"),
    Row("two media types", INVALID, BAD_ID,
        REJECT + b"Content-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"),
    Row("two request ids", NOT_FOUND, NOT_FOUND, REJECT + b"X-Request-Id: one\r\nX-Request-Id: two\r\n\r\n"),
    Row("two forwarded addresses", NOT_FOUND, NOT_FOUND,
        REJECT + b"X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2\r\n\r\n"),
    Row("two cookies", NOT_FOUND, NOT_FOUND, REJECT + b"Cookie: a=b\r\nCookie: c=d\r\n\r\n"),
    Row("a connection both to close and to keep", "404 connection_not_found, closed",
        "404 connection_not_found, closed",
        REJECT + b"Connection: close, keep-alive\r\n\r\n"),
    Row("a connection to keep, and to close in another line", "404 connection_not_found, closed",
        "404 connection_not_found, closed",
        REJECT + b"Connection: keep-alive\r\nConnection: close\r\n\r\n"),
    Row("a connection that claims the token for itself", NOT_FOUND, NOT_FOUND,
        REJECT + b"Connection: Authorization\r\n\r\n"),
    Row("a protocol to upgrade to", NOT_FOUND, NOT_FOUND,
        REJECT + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"),
    Row("a socket to upgrade to", NOT_FOUND, NOT_FOUND,
        REJECT + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"),
    Row("a method to take in this one's place", NOT_FOUND, NOT_FOUND,
        REJECT + b"X-HTTP-Method-Override: DELETE\r\n\r\n"),
    Row("a path to take in this one's place", NOT_FOUND, NOT_FOUND,
        REJECT + b"X-Original-URL: /connections/" + NEXT + b"/reject\r\nX-Rewrite-URL: /livez\r\n\r\n"),
    # Clients that wait to be asked for the body.
    Row("a body to be asked for, which comes at once", "100, 404 connection_not_found, next",
        "100, 404 connection_not_found, next",
        REJECT + JSON + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}"),
    Row("a body to be asked for, which is too large", "413 body_too_large, closed", "100, closed",
        REJECT + JSON + b"Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n", "silence"),
    Row("a body to be asked for, which is larger than nginx takes", "413 body_too_large, closed",
        "413 body_too_large nginx, closed",
        REJECT + JSON + b"Content-Length: 50000\r\nExpect: 100-continue\r\n\r\n", "silence"),
    Row("no body, to be asked for", "100, 404 connection_not_found, next", "100, 404 connection_not_found, next",
        REJECT + b"Expect: 100-continue\r\n\r\n"),
    Row("a body to be asked for in HTTP/1.0", "404 connection_not_found, closed", "404 connection_not_found, closed",
        LINE.replace(b"1.1", b"1.0") + HOST + AUTHORIZATION + JSON
        + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n{}"),
    Row("an expectation that nobody knows", NOT_FOUND, NOT_FOUND, REJECT + b"Expect: a-miracle\r\n\r\n"),
    # Several requests, and HTTP/1.0.
    Row("two requests at once", "404 connection_not_found, 404 connection_not_found, next",
        "404 connection_not_found, 404 connection_not_found, next",
        REJECT + b"\r\n" + REJECT + b"\r\n"),
    Row("a good request and a bad one", "404 connection_not_found, 400 invalid_request, closed",
        "404 connection_not_found, 400 invalid_request nginx, closed",
        REJECT + b"\r\n" + REJECT + b"X-Note : a\r\n\r\n"),
    Row("a request to close after", "404 connection_not_found, closed", "404 connection_not_found, closed",
        REJECT + b"Connection: close\r\n\r\n"),
    Row("HTTP/1.0", "404 connection_not_found, closed", "404 connection_not_found, closed",
        LINE.replace(b"1.1", b"1.0") + HOST + AUTHORIZATION + b"\r\n"),
    Row("HTTP/1.0 without a host", "404 connection_not_found, closed", "404 connection_not_found, closed",
        LINE.replace(b"1.1", b"1.0") + AUTHORIZATION + b"\r\n"),
    Row("HTTP/1.0 with two hosts", INVALID, INVALID_NGINX,
        LINE.replace(b"1.1", b"1.0") + HOST + HOST + AUTHORIZATION + b"\r\n"),
    Row("HTTP/1.0 to be kept", NOT_FOUND, NOT_FOUND,
        LINE.replace(b"1.1", b"1.0") + HOST + AUTHORIZATION + b"Connection: keep-alive\r\n\r\n"),
    # Requests that break off.
    Row("nothing", CLOSED, CLOSED, b"", "FIN"),
    Row("a line's end alone", CLOSED, CLOSED, b"\r\n", "FIN"),
    Row("a letter", CLOSED, CLOSED, b"P", "FIN"),
    Row("a request line without its end", CLOSED, CLOSED, LINE[:-2], "FIN"),
    Row("a request line", CLOSED, CLOSED, LINE, "FIN"),
    Row("a head without its empty line", CLOSED, CLOSED, REJECT, "FIN"),
    Row("a head without the empty line's end", CLOSED, CLOSED,
        REJECT + b"\r", "FIN"),
    Row("a header without its end", CLOSED, CLOSED, REJECT + b"X-Note: a", "FIN"),
    Row("half a body", CLOSED, CLOSED, length(b"20", b'{"reason":'), "FIN"),
    Row("nothing, for long", CLOSED, CLOSED, b"", "silence"),
    Row("a head that stops coming", CLOSED, CLOSED, REJECT, "silence"),
]
