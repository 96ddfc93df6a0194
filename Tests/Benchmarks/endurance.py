"""What a million calls leave behind in memory: calls that AWS hears of, and calls that are refused for their token."""

import json
import pathlib
import re
import subprocess

import services
from support.gateway import Gateway, make_token

CALLS = 1_000_000
#: So many connections, for so many seconds at a time, after each of which memory is looked at.
CONNECTIONS, SECONDS = 64, 4
#: From here on nothing may grow: until then tables, pools and the allocator's arenas fill.
WARM_UP = 200_000
#: In MiB; what an allocator's arenas do by themselves.
TOLERANCE = 4

HERE = pathlib.Path(__file__).resolve().parent


def both(upstream, folder):
    """Rows for calls that AWS answers, and for calls whose token isn't known."""
    rows = []
    # Addresses that guess are remembered; when there are too many to tell apart, some wait for others.
    for name, statuses, rate in (("answered", "404", "off"), ("refused", "401 429", "5/20")):
        part = folder / name
        part.mkdir()
        # Each call comes from a client of its own, as far as the gateway knows.
        with Gateway(upstream.url, ca_file=upstream.ca_file, folder=part, env={"SWIFT_BACKTRACE": "enable=no"},
                     arguments=["--trusted-proxy", "127.0.0.1", "--failure-rate", rate]) as gateway:
            stranger = make_token(folder / f"{name}.json")
            rows.append(run(gateway, gateway.token if name == "answered" else stranger, statuses))
    return rows


def run(gateway, token, statuses):
    """Rows: how many calls there were, and the memory after them in MiB. Ends after a million, each answered with one of these."""
    rows, calls = [(0, memory(gateway.process.pid))], 0
    while calls < CALLS:
        wrk = subprocess.run(
            ["wrk", "--threads", "1", "--connections", str(CONNECTIONS), "--duration", f"{SECONDS}s", "--timeout", "10s",
             "--script", str(HERE / "endurance.lua"), gateway.url],
            capture_output=True, text=True, timeout=SECONDS + 60, stdin=subprocess.DEVNULL,
            env=services.environment("/nonexistent", BENCHMARK_TOKEN=token, BENCHMARK_START=str(calls),
                                     BENCHMARK_STATUSES=statuses))
        assert wrk.returncode == 0, wrk.stdout + wrk.stderr
        account = json.loads(wrk.stdout.splitlines()[-1])
        assert account["errors"] == 0, account
        calls += account["calls"]
        rows.append((calls, memory(gateway.process.pid)))
    return rows


def memory(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def growth(rows):
    """MiB from the warm-up's end to the last row."""
    warm = next(mebibytes for calls, mebibytes in rows if calls >= WARM_UP)
    return rows[-1][1] - warm


def text(name, rows):
    lines = [f"| {name} | memory |", "|---:|---:|"]
    marks = [next(row for row in rows if row[0] >= mark) for mark in range(0, CALLS + 1, CALLS // 10)]
    lines += [f"| {calls:,} | {mebibytes:.1f} MiB |" for calls, mebibytes in marks]
    return "\n".join([*lines, "", f"{growth(rows):+.1f} MiB from {WARM_UP:,} calls on", ""])
