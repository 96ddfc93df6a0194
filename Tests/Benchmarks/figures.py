"""What is measured, and how."""

import dataclasses
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import time

import services
from support.simulator import PENDING

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass
class Measurement:
    """One service under one load."""

    service: str
    connections: int
    #: Calls a second.
    throughput: float
    #: What the service's processes used, user and system, for one call, in microseconds.
    cpu_per_call: float
    #: How many cores the service kept busy.
    cores: float
    #: Microseconds.
    p50: int
    p99: int
    #: The service's peak so far, in MiB.
    memory: float
    calls: int
    #: What kinds of error wrk saw, and how many; in the warm-up too.
    errors: dict


def cpu_seconds(pid):
    """User and system time of a process and its children, those that ended included."""
    total = 0
    for member in services.tree(pid):
        # Behind the name: utime, stime, and both of the children that ended (proc(5)).
        fields = pathlib.Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(field) for field in fields[11:15])
    return total / os.sysconf("SC_CLK_TCK")


def peak_memory(pid):
    """MiB, summed over a process and its children; pages that they share count for each."""
    total = 0
    for member in services.tree(pid):
        status = pathlib.Path(f"/proc/{member}/status").read_text()
        total += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return total / 1024


def load(service, connections, seconds):
    """wrk's own account of so many seconds."""
    wrk = subprocess.run(
        ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout", "10s",
         "--script", str(HERE / "reject.lua"), f"http://{service.address}/connections/{PENDING}/reject"],
        capture_output=True, text=True, timeout=seconds + 60, stdin=subprocess.DEVNULL,
        # In the environment, since everyone on the machine can read a command line.
        env=services.environment("/nonexistent", BENCHMARK_TOKEN=service.token))
    assert wrk.returncode == 0, wrk.stdout + wrk.stderr
    return json.loads(wrk.stdout.splitlines()[-1])


def measure(service, connections, seconds):
    """A service under so many connections, once it is warm; and the count of all calls, the warm-up's included."""
    warm_up = load(service, connections, max(1, seconds // 5))
    before = cpu_seconds(service.pid)
    account = load(service, connections, seconds)
    used = cpu_seconds(service.pid) - before
    calls = account["calls"]
    assert calls > 0, f"{service.name} answered no call: {account}"
    errors = {kind: number + warm_up["errors"][kind] for kind, number in account["errors"].items()}
    measurement = Measurement(
        service.name, connections, calls / account["seconds"], used / calls * 1e6, used / account["seconds"],
        account["p50"], account["p99"], peak_memory(service.pid), calls,
        {kind: number for kind, number in errors.items() if number})
    return measurement, warm_up["calls"] + calls


def start_times(service, times):
    """From the spawn to the first answer of `/livez`, in milliseconds, so many times."""
    return [start_time(service) for _ in range(times)]


def start_time(service):
    port = services.free_port()
    command, variables = service.command(port)
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=variables)
    try:
        while True:
            assert process.poll() is None, f"{service.name} ended with {process.returncode} at its start"
            assert time.perf_counter() < began + 30, f"{service.name} didn't start in 30 s"
            try:
                if services.get(f"127.0.0.1:{port}", "/livez")[0] == 200:
                    return (time.perf_counter() - began) * 1000
            except (ConnectionError, http.client.HTTPException):
                # The measure's own grain; asking without a pause would take a core from what is measured.
                time.sleep(0.0005)
    finally:
        services.end(process)


def sync_time(folder, times=300):
    """What one small append and its fdatasync take here, in microseconds: the floor of every audited call."""
    taken = []
    file = os.open(folder / "sync", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for _ in range(times):
            began = time.perf_counter()
            os.write(file, b"x" * 400)
            os.fdatasync(file)
            taken.append(time.perf_counter() - began)
    finally:
        os.close(file)
    return statistics.median(taken) * 1e6
