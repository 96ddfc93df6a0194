"""What crowds do to everybody else: slow connections beside quiet ones, and four times the callers there is room for."""

import asyncio
import collections
import contextlib
import itertools
import os
import pathlib
import re
import statistics
import subprocess
import time

import services
from support.gateway import Gateway
from support.simulator import PENDING, Simulator, wait_until

#: Callers that go on as usual while slow ones hold their connections.
QUIET_CONNECTIONS = 4
#: Calls of each of them a second.
QUIET_RATE = 50
SLOW_CONNECTIONS = 1000
SLOW_WAYS = {"slow headers": ["-H"], "slow bodies": ["-B"], "slow readers": ["-X"]}
#: Seconds between two pieces of each: slowhttptest's own choice, and a harder one. It sends all of them in the same moment.
INTERVALS = (10, 1)
BUSY, IDLE = ["sh", "-c", "while :; do :; done"], ["sleep", "infinity"]
#: How often each is measured. A 99th percentile is the twelfth of some thousand calls: a few late ones make it another.
ROUNDS = 5
#: Places for calls to AWS, each of which takes a second, and how many times as many callers there are.
PLACES, TIMES = 64, 4
#: What a caller does after a 503, in seconds; far less than it was told.
PAUSE = 0.2


def slow(service, folder, seconds):
    """Rows: what is there beside the quiet callers; for each round, how long their calls took with nothing beside them, and then
    with it; the connections that were there. `folder` is on the disk that the audit is on."""
    # Short enough that no slow connection has had its time.
    seconds = min(seconds, 6)
    rows = {}
    for _ in range(ROUNDS):
        for (name, flags), interval in itertools.product(SLOW_WAYS.items(), INTERVALS):
            before = quiet(service, seconds)
            path = "/openapi.json" if flags == ["-X"] else "/connections/c-slow-000001/reject"
            with beside(["slowhttptest", *flags, "-c", str(SLOW_CONNECTIONS), "-r", "1000", "-i", str(interval), "-p", "3",
                         "-l", str(seconds + 30), "-u", f"http://{service.address}{path}"]):
                wait_until(lambda: connections(service.pid) > SLOW_CONNECTIONS * 0.9, "the slow connections")
                rows.setdefault(f"{name}, each {interval} s", []).append(
                    (before, quiet(service, seconds), connections(service.pid)))
            wait_until(lambda: connections(service.pid) < 100, "the slow connections to be gone")
        # What it is worth: slowhttptest takes up most of a processor, since it waits for a file that it has closed, so this is what
        # that alone does, to calls and to the disk; and what the machine does by itself.
        for name, command, measure in (("no connection, a busy process", BUSY, lambda: quiet(service, seconds)),
                                       ("nothing, once more", IDLE, lambda: quiet(service, seconds)),
                                       ("no gateway, the disk alone, a busy process", BUSY, lambda: disk(folder, seconds))):
            before = measure()
            with beside(command):
                rows.setdefault(name, []).append((before, measure(), connections(service.pid)))
    return rows


@contextlib.contextmanager
def beside(command):
    """Runs it meanwhile."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        services.end(process)


def quiet(service, seconds):
    """How long each call took, in ms, of callers who call so many times a second."""
    return [time * 1000 for time in asyncio.run(pace(service, seconds))]


def disk(folder, seconds):
    """What a call asks of the disk, as often as the quiet callers call, one after the other: how long two appends and their
    fdatasync take, in ms."""
    rate, times = QUIET_CONNECTIONS * QUIET_RATE, []
    file = os.open(folder / "disk", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        start = time.monotonic()
        for number in range(seconds * rate):
            time.sleep(max(0, start + number / rate - time.monotonic()))
            began = time.perf_counter()
            for _ in range(2):
                os.write(file, b"x" * 400)
                os.fdatasync(file)
            times.append((time.perf_counter() - began) * 1000)
    finally:
        os.close(file)
    return times


def p99(times):
    return statistics.quantiles(times, n=100)[98]


async def pace(service, seconds):
    host, _, port = service.address.rpartition(":")
    times = []

    async def caller():
        reader, writer = await asyncio.open_connection(host, int(port))
        start = time.monotonic()
        for number in range(seconds * QUIET_RATE):
            await asyncio.sleep(max(0, start + number / QUIET_RATE - time.monotonic()))
            began = time.perf_counter()
            writer.write((f"POST /connections/{PENDING}/reject HTTP/1.1\r\nHost: gateway\r\n"
                          f"Authorization: Bearer {service.token}\r\n\r\n").encode())
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
            assert head.startswith(b"HTTP/1.1 200 "), head
            times.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(caller() for _ in range(QUIET_CONNECTIONS)))
    return times


def connections(pid):
    """How many files a process has open; all but some dozen are connections."""
    return sum(1 for _ in pathlib.Path(f"/proc/{pid}/fd").iterdir())


def overload(folder, seconds):
    """Rows for the undisturbed load and for four times as many callers: calls let in a second, refusals a second, the refusals'
    median in ms, and the memory in MiB after it."""
    with Simulator() as simulator, Gateway(
            simulator.url, folder=folder, arguments=["--max-in-flight", str(PLACES)]) as gateway:
        simulator.fault("slow", delayMs=1000)
        rows = []
        for callers in (PLACES, PLACES * TIMES, PLACES * TIMES):
            let_in, refused, others = asyncio.run(call(gateway, callers, seconds))
            assert not others, others
            memory = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text())
            rows.append((callers, let_in / seconds, len(refused) / seconds,
                         statistics.median(refused) * 1000 if refused else None, int(memory[1]) / 1024))
        return rows


async def call(gateway, callers, seconds):
    """So many callers on connections of their own, each with ids of its own."""
    host, _, port = gateway.address.rpartition(":")
    end = time.monotonic() + seconds
    let_in, refused, others = [], [], collections.Counter()

    async def caller(number):
        reader, writer = await asyncio.open_connection(host, int(port))
        count = 0
        while time.monotonic() < end:
            count += 1
            began = time.monotonic()
            writer.write((f"POST /connections/c-{number:06}-{count:06}/reject HTTP/1.1\r\nHost: gateway\r\n"
                          f"Authorization: Bearer {gateway.token}\r\n\r\n").encode())
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
            status = int(head.split()[1])
            if status == 404:
                let_in.append(time.monotonic())
            elif status == 503 and b"Retry-After: " in head:
                refused.append(time.monotonic() - began)
                await asyncio.sleep(PAUSE)
            else:
                others[status] += 1
        writer.close()

    await asyncio.gather(*(caller(number) for number in range(callers)))
    return sum(moment <= end for moment in let_in), refused, others


def text(slow_rows, overload_rows):
    lines = [f"| beside {QUIET_CONNECTIONS} callers of {QUIET_RATE} calls a second, {ROUNDS} times | median | 99th percentile | "
             "of those with nothing beside, right before | times as much | each time | open files |",
             "|---|---:|---:|---:|---:|---:|---:|"]
    for name, measured in slow_rows.items():
        # A percentile of all calls together says more than one of those that are each of a few calls.
        quiet_ones, others = (list(itertools.chain.from_iterable(row[column] for row in measured)) for column in (0, 1))
        times = sorted(p99(after) / p99(before) for before, after, _ in measured)
        lines.append(f"| {name} | {statistics.median(others):.2f} ms | {p99(others):.2f} ms | {p99(quiet_ones):.2f} ms | "
                     f"{p99(others) / p99(quiet_ones):.2f} | {', '.join(f'{number:.2f}' for number in times)} | "
                     f"{measured[-1][2]} |")
    lines += ["", f"| callers for {PLACES} places | let in, a second | of the undisturbed | refused, a second | "
              "refused after (median) | memory |", "|---|---:|---:|---:|---:|---:|"]
    base = overload_rows[0][1]
    lines += [f"| {callers} | {let_in:.1f} | {let_in / base:.0%} | {refused:.0f} | "
              f"{'–' if median is None else f'{median:.1f} ms'} | {memory:.1f} MiB |"
              for callers, let_in, refused, median, memory in overload_rows]
    return "\n".join(lines)
