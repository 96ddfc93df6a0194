"""Raw bytes at a running gateway: the rows of the outside checks, mutated at random.

    BIN_DIR=… python Tests/Fuzz/wire.py --seconds 300 [--seed N]

Best with a build under AddressSanitizer (swift build --sanitize=address). The gateway has to stay alive, and AWS must not hear
of a call that isn't one by the strictest reading of RFC 9112. An input that breaks this is printed. By hand: what it sends
depends on the seed alone, but what comes first on which connection doesn't.
"""

import argparse
import pathlib
import random
import re
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Outside"))

import test_wire  # noqa: E402
from support.gateway import Gateway  # noqa: E402
from support.simulator import Simulator  # noqa: E402

#: Stands for the gateway's token, which has the same length.
TOKEN = b"<token>"
PIECES = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"\r\n\r\n", b"Content-Length: 5\r\n", b"Content-Length: 60\r\n",
          b"Transfer-Encoding: chunked\r\n", b"X:a\r\n", b"X:  a\r\n", b"X: a\n", b"\r\n ", b"Connection: close\r\n",
          b"Connection: keep-alive\r\n", b"Expect: 100-continue\r\n", b"0\r\n\r\n", b"%2f", b"%00", b"\xff", b"HTTP/1.0",
          b"Host: gateway\r\n", b"?", b"#", b"//", b"http://gateway"]
HEAD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) HTTP/1\.[01]\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\r\n\0]*\r\n)*)\r\n")


def rows():
    """Every message of the outside checks' tables."""
    found = []

    def look(value):
        if isinstance(value, bytes):
            found.append(value)
        elif isinstance(value, dict):
            for item in value.values():
                look(item)
        elif isinstance(value, (tuple, list)):
            for item in value:
                look(item)

    for name, value in vars(test_wire).items():
        if isinstance(value, dict) and not name.startswith("__"):
            look(value)
    return sorted(set(row for row in found if b"HTTP/1" in row))


def mutated(data, choose):
    for _ in range(choose.choice([1, 1, 2, 3, 5])):
        place = choose.randrange(len(data) + 1)
        way = choose.randrange(5)
        if way == 0:
            data = data[:place] + choose.choice(PIECES) + data[place:]
        elif way == 1:
            data = data[:place] + data[place + choose.randrange(1, 8):]
        elif way == 2:
            data = data[:place] + bytes([choose.randrange(256)]) + data[place + 1:]
        elif way == 3:
            end = min(len(data), place + choose.randrange(1, 60))
            data = data[:end] + data[place:end] + data[end:]
        else:
            # A line's end or its colon, where most of what matters is decided.
            marks = [match.start() for match in re.finditer(rb"[\r\n:]", data)]
            if marks:
                place = choose.choice(marks)
                data = data[:place] + choose.choice(PIECES) + data[place + choose.randrange(2):]
    return data


def calls(data):
    """The ids of the rejects in it, by the strictest reading; the first message that isn't in order ends it."""
    found = []
    # libmicrohttpd overwrites line ends, so that these two can't be told from CRLF.
    data = data.replace(b"\0\n", b"\r\n").replace(b"\0\r", b"\r\n")
    while True:
        data = re.sub(rb"\A(\r\n)+", b"", data)
        head = HEAD.match(data)
        if not head:
            return found
        fields = [line.split(b": ", 1) for line in head[3].split(b"\r\n")[:-1]]
        lengths = [value for name, value in fields if name.lower() == b"content-length"]
        if any(name.lower() == b"transfer-encoding" for name, _ in fields) or len(lengths) > 1:
            return found
        length = int(lengths[0]) if lengths and re.fullmatch(rb"[0-9]{1,18}", lengths[0]) else 0 if not lengths else None
        if length is None or len(data) < head.end() + length:
            return found
        target = re.fullmatch(rb"/connections/([a-z0-9-]+)/reject(\?.*)?", head[2])
        if target and head[1] == b"POST":
            found.append(target[1].decode())
        data = data[head.end() + length:]


def send(gateway, data):
    host, _, port = gateway.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20, source_address=gateway.source()) as wire:
        try:
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
            while wire.recv(65536):
                pass
        except (ConnectionResetError, BrokenPipeError, OSError):
            pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    choose, beginnings, count, asked = random.Random(options.seed), rows(), 0, 0
    end = time.monotonic() + options.seconds
    with Simulator() as simulator, Gateway(simulator.url, env={"SWIFT_BACKTRACE": "enable=no"}) as gateway:
        gateway.scatter = True
        while time.monotonic() < end:
            batch = []
            for _ in range(100):
                row = choose.choice(beginnings)
                if choose.random() < 0.5:
                    row += b"POST /connections/c-smuggled-%04d/reject HTTP/1.1\r\nHost: gateway\r\n" % choose.randrange(10000)
                    row += b"Authorization: Bearer " + TOKEN + b"\r\n\r\n"
                data = mutated(row, choose).replace(TOKEN, gateway.token.encode())
                batch.append(data)
                send(gateway, data)
            count += len(batch)
            allowed = {name for data in batch for name in calls(data)}
            assert gateway.process.poll() is None, f"the gateway died: {batch!r}"
            heard = [request["connectionId"] for request in simulator.requests() if request.get("connectionId")]
            for name in heard[asked:]:
                culprits = [data.replace(gateway.token.encode(), TOKEN) for data in batch if name.encode() in data]
                assert name in allowed, f"AWS was asked about {name}, which no message asks for plainly: {culprits!r}"
            asked = len(heard)
    print(f"{count} messages, {asked} calls to AWS")


if __name__ == "__main__":
    main()
