"""The tables."""

import dataclasses

MEBIBYTE = 1 << 20
DURABLE, NOT_DURABLE = "durable", "without fdatasync"
HEAD = ["service", "connections", "calls/s", "CPU/call us", "cores", "p50 ms", "p99 ms", "peak MiB", "errors"]


@dataclasses.dataclass
class Surroundings:
    """What the figures hang on."""

    processor: str
    cores: int
    kernel: str
    #: An append and its fdatasync, in microseconds.
    sync: float
    seconds: int
    #: The machine's load average before anything was started: what others were doing.
    load: float


def text(surroundings, measurements, starts, size):
    """Everything, as Markdown."""
    at_most = max(entry.connections for entry in measurements)
    gateway, fastapi = (next(entry for entry in measurements if (entry.service, entry.connections) == (name, at_most))
                        for name in ("gateway", "FastAPI"))
    return "\n".join([
        *described(surroundings),
        *table(HEAD, [row(entry) for entry in measurements]),
        "",
        *table(["gateway / FastAPI", "throughput", "CPU per call", "p50", "p99", "peak memory"],
               ratios(measurements)),
        "",
        f"Start to first answer: gateway {starts['gateway']:.0f} ms, FastAPI {starts['FastAPI']:.0f} ms.",
        f"The gateway's binary, stripped: {size / 1e6:.1f} MB ({size / MEBIBYTE:.1f} MiB).",
        "",
        *table(["goal", "wanted", "measured", ""], goals(gateway, fastapi, starts["gateway"], size)),
    ])


def audit_text(surroundings, measurements):
    """What the audit's durability costs."""
    pairs = {}
    for entry in measurements:
        pairs.setdefault(entry.connections, {})[entry.service] = entry
    at_most = pairs[max(pairs)]
    kept = at_most[DURABLE].throughput / at_most[NOT_DURABLE].throughput
    return "\n".join([
        *described(surroundings),
        *table(HEAD, [row(entry) for entry in measurements]),
        "",
        *table([f"{DURABLE} / {NOT_DURABLE}", "throughput", "p50", "p99"],
               [[f"{connections} connections"] + [f"{getattr(pair[DURABLE], name) / getattr(pair[NOT_DURABLE], name):.2f}"
                                                  for name in ("throughput", "p50", "p99")]
                for connections, pair in pairs.items()]),
        "",
        *table(["goal", "wanted", "measured", ""],
               [[f"throughput kept at {max(pairs)} connections", ">= 0.60", f"{kept:.2f}", verdict(kept >= 0.6)]]),
    ])


def described(surroundings):
    return [
        "",
        f"{surroundings.processor}, {surroundings.cores} cores (shared by the service, the stub and wrk), Linux "
        f"{surroundings.kernel}; one append and fdatasync: {surroundings.sync:.0f} us; {surroundings.seconds} s each; "
        f"load average before the start: {surroundings.load:.1f} (with more than a little, believe no throughput).",
        "CPU and peak memory are the service's own, summed over its processes; cores is how many of them it kept busy.",
        "",
    ]


def row(entry):
    return [entry.service, entry.connections, f"{entry.throughput:.0f}", f"{entry.cpu_per_call:.0f}",
            f"{entry.cores:.2f}", f"{entry.p50 / 1000:.2f}", f"{entry.p99 / 1000:.2f}", f"{entry.memory:.1f}",
            sum(entry.errors.values())]


def ratios(measurements):
    """One row for each comparison and load."""
    by_load = {}
    for entry in measurements:
        by_load.setdefault(entry.connections, {})[entry.service] = entry
    for connections, entries in by_load.items():
        gateway = entries.pop("gateway")
        for other in entries.values():
            yield [f"{connections} connections, {other.service}", f"{gateway.throughput / other.throughput:.1f}",
                   f"1/{other.cpu_per_call / gateway.cpu_per_call:.1f}", f"1/{other.p50 / gateway.p50:.1f}",
                   f"1/{other.p99 / gateway.p99:.1f}", f"1/{other.memory / gateway.memory:.1f}"]


def goals(gateway, fastapi, start, size):
    """At the highest load, and against one worker."""
    throughput = gateway.throughput / fastapi.throughput
    cpu = fastapi.cpu_per_call / gateway.cpu_per_call
    return [
        ["throughput, times FastAPI's", ">= 15", f"{throughput:.1f}", verdict(throughput >= 15)],
        ["CPU per call, of FastAPI's", "<= 1/20", f"1/{cpu:.1f}", verdict(cpu >= 20)],
        ["peak memory, MiB", "<= 25", f"{gateway.memory:.1f}", verdict(gateway.memory <= 25)],
        ["start to first answer, ms", "< 100", f"{start:.0f}", verdict(start < 100)],
        ["stripped binary, MB", "<= 20", f"{size / 1e6:.1f}", verdict(size <= 20e6)],
    ]


def verdict(is_met):
    return "met" if is_met else "NOT MET"


def table(head, rows):
    """A Markdown table that is also readable as it is."""
    cells = [list(map(str, cells)) for cells in (head, *rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = [" | ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                        for column, (cell, width) in enumerate(zip(line, widths))) for line in cells]
    lines.insert(1, " | ".join("-" * width if column == 0 else "-" * (width - 1) + ":"
                               for column, width in enumerate(widths)))
    return [f"| {line} |" for line in lines]
