"""Starts everything, measures, prints the tables, ends everything. Exit status 1: a call failed, or wasn't audited."""

import argparse
import contextlib
import os
import pathlib
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

import crowds
import endurance
import figures
import report
import services
from support.simulator import ACTIVE, BIN_DIR, PENDING, UNKNOWN

LOADS = (1, 8, 64)
#: The build whose audit leaves out its `fdatasync`.
NOT_DURABLE = BIN_DIR / "connection-gateway-without-sync"
#: A start of each takes as long as it takes; the comparison's takes a second.
GATEWAY_STARTS, COMPARISON_STARTS = 10, 3
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--venv", type=pathlib.Path)
    parser.add_argument("--audit", action="store_true", help="what the audit's durability costs, and nothing else")
    parser.add_argument("--crowds", action="store_true", help="what crowds do to everybody else, and nothing else")
    parser.add_argument("--endurance", action="store_true", help="what a million calls leave in memory, and nothing else")
    options = parser.parse_args()
    if "BIN_DIR" not in os.environ:
        sys.exit("Start Tests/Benchmarks/run instead: it builds what is measured here.")
    for number in STOPPING:
        signal.signal(number, stop)
    # Beside the build, not in /tmp, which may be memory: then fdatasync would cost nothing.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=BIN_DIR))
    try:
        if options.crowds:
            return run_crowds(options, folder)
        if options.endurance:
            return run_endurance(folder)
        return run_audit(options, folder) if options.audit else run(options, folder)
    finally:
        shutil.rmtree(folder)


def stop(number, _):
    """Leaves by the way that ends the servers; a second signal doesn't cut that short."""
    for other in STOPPING:
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)


def run(options, folder):
    check_file_system(folder)
    load = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        parts = {name: folder / name for name in ("upstream", "gateway", "one", "two")}
        for part in parts.values():
            part.mkdir()
        upstream = stack.enter_context(services.Upstream(parts["upstream"]))
        gateway = stack.enter_context(services.GatewayService(upstream, parts["gateway"]))
        # The same tokens file for all.
        one, two = (stack.enter_context(services.Comparison(
            upstream, parts[name], gateway.tokens, gateway.token, options.venv, workers))
            for name, workers in (("one", 1), ("two", 2)))
        all_services = (gateway, one, two)
        for service in all_services:
            check_answers(service)

        surroundings = look_around(folder, options, load)
        starts = {"gateway": statistics.median(figures.start_times(gateway, GATEWAY_STARTS)),
                  "FastAPI": statistics.median(figures.start_times(one, COMPARISON_STARTS))}
        measurements, calls = measure_all(all_services, options.seconds)
        size = (BIN_DIR / "connection-gateway").stat().st_size
        print(report.text(surroundings, measurements, starts, size))
        return complain(all_services, measurements, calls)


def run_crowds(options, folder):
    check_file_system(folder)
    parts = {name: folder / name for name in ("upstream", "slow", "overload")}
    for part in parts.values():
        part.mkdir()
    with services.Upstream(parts["upstream"]) as upstream, services.GatewayService(upstream, parts["slow"]) as gateway:
        slow = crowds.slow(gateway, folder, options.seconds)
    print(crowds.text(slow, crowds.overload(parts["overload"], options.seconds)))
    return 0


def run_endurance(folder):
    part = folder / "upstream"
    part.mkdir()
    with services.Upstream(part) as upstream:
        rows = endurance.both(upstream, folder)
    for name, account in zip(("calls that AWS answered", "calls with an unknown token"), rows):
        print(endurance.text(name, account))
    return int(any(endurance.growth(account) > endurance.TOLERANCE for account in rows))


def run_audit(options, folder):
    """The gateway beside itself with the audit's `fdatasync` left out."""
    check_file_system(folder)
    load = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        parts = {name: folder / name for name in ("upstream", "durable", "not")}
        for part in parts.values():
            part.mkdir()
        upstream = stack.enter_context(services.Upstream(parts["upstream"]))
        both = (stack.enter_context(services.GatewayService(upstream, parts["durable"], report.DURABLE)),
                stack.enter_context(services.GatewayService(upstream, parts["not"], report.NOT_DURABLE, NOT_DURABLE)))
        for service in both:
            check_answers(service)
        surroundings = look_around(folder, options, load)
        measurements, calls = measure_all(both, options.seconds)
        print(report.audit_text(surroundings, measurements))
        return complain(both, measurements, calls)


def look_around(folder, options, load):
    return report.Surroundings(
        processor=processor(), cores=len(os.sched_getaffinity(0)), kernel=platform.release(),
        sync=figures.sync_time(folder), seconds=options.seconds, load=load)


def measure_all(all_services, seconds):
    """One load after the other, and the services in turn: what else the machine does hits all of them."""
    measurements, calls = [], dict.fromkeys(all_services, 0)
    for connections in LOADS:
        for service in all_services:
            print(f"== {service.name}, {connections} connections", file=sys.stderr, flush=True)
            measurement, count = figures.measure(service, connections, seconds)
            measurements.append(measurement)
            calls[service] += count
    return measurements, calls


def complain(all_services, measurements, calls):
    """Says what failed; the exit status."""
    complaints = [f"{entry.service} at {entry.connections} connections: {entry.errors}"
                  for entry in measurements if entry.errors]
    complaints += [f"{service.name}: {calls[service]} calls answered, {written} outcomes in the audit"
                   for service in all_services if (written := service.outcomes()) < calls[service]]
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def check_answers(service):
    """A service that answers wrongly isn't measured: 200, and 404 and 409 for AWS's two errors, 401 for a bad token."""
    for connection, token, wanted in ((PENDING, service.token, 200), (UNKNOWN, service.token, 404),
                                      (ACTIVE, service.token, 409), (PENDING, "wrong", 401)):
        status, body = services.get(service.address, f"/connections/{connection}/reject", "POST",
                                    {"Authorization": f"Bearer {token}"})
        assert status == wanted, f"{service.name} answered {status} where {wanted} was due: {body}"


def check_file_system(folder):
    kind = subprocess.run(["stat", "--file-system", "--format", "%T", str(folder)], capture_output=True, text=True,
                          check=True).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        sys.exit(f"{folder} is in memory ({kind}): an audit there is not durable, and the figures would mean nothing.")


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    sys.exit(main())
