"""Calls to a gateway, several at a time, and what its audit has of each."""

import collections
import concurrent.futures
import contextlib
import pathlib
import tempfile

from .gateway import Gateway, make_token, run

#: Both scopes there are.
SCOPES = ("connections:reject", "connections:read")


@contextlib.contextmanager
def gateway_for(upstream, **options):
    """A gateway whose `token` may do all there is; its files are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="connection-gateway-") as folder:
        both = make_token(pathlib.Path(folder) / "tokens.json", scopes=SCOPES)
        with Gateway(upstream, folder=folder, **options) as gateway:
            gateway.token = both
            yield gateway


def get(gateway, path, **options):
    """A look-up: `path` is what follows `/connections`."""
    return gateway.call("GET", f"/connections{path}", **options)


def at_once(call, arguments, threads=None):
    """Makes a call for each of the arguments, all of them (or so many) at the same time; the answers in their order."""
    arguments = list(arguments)
    with concurrent.futures.ThreadPoolExecutor(threads or len(arguments)) as pool:
        return list(pool.map(call, arguments))


def records_by_request(gateway):
    """The audit's records of calls, by request id."""
    found = collections.defaultdict(list)
    for record in gateway.records():
        if "requestId" in record:
            found[record["requestId"]].append(record)
    return found


def outcome_record(gateway, reply):
    """The outcome record of a call that had an intent."""
    records = records_by_request(gateway)[reply.headers["X-Request-Id"]]
    assert [record["stage"] for record in records] == ["intent", "outcome"], records
    return records[1]


def assert_chain_is_whole(gateway):
    """By the gateway's own `audit verify`; the gateway has to be stopped."""
    verified = run("audit", "verify", gateway.audit)
    assert verified.returncode == 0, verified.stdout + verified.stderr
