"""Floods of refused calls: each refusal is in the audit once, as a record of its own or in a count."""

import collections
import http.client
import ipaddress
import shutil
import threading
import time

import pytest
from support.gateway import Gateway
from support.simulator import PENDING, PATIENCE, Simulator, wait_until

#: What an address that was quiet may have written at once, and a second after that.
BURST, RATE = 50, 10


@pytest.fixture
def gateway():
    with Simulator() as simulator, Gateway(simulator.url, arguments=["--trusted-proxy", "127.0.0.9"]) as gateway:
        yield gateway


def flood(gateway, source, count, *, forwarded=None, path=f"/connections/{PENDING}/reject"):
    """So many calls without a token, on one connection from the address `source`; their statuses."""
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    host, _, port = gateway.address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=PATIENCE, source_address=(source, 0))
    statuses = collections.Counter()
    try:
        for _ in range(count):
            connection.request("POST", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            statuses[answer.status] += 1
    finally:
        connection.close()
    return statuses


def tally(gateway):
    """By client address or network: how many refusals are written, how many counted."""
    written, counted = collections.Counter(), collections.Counter()
    for record in gateway.records():
        if record["stage"] == "denied":
            address = record["client"]["address"]
            network = ipaddress.ip_network(f"{address}/64", strict=False) if ":" in address else address
            written[str(network)] += 1
        elif record["stage"] == "suppressed":
            assert set(record) == {"time", "seq", "stage", "client", "count", "since", "prev"}
            assert set(record["client"]) == {"address"}
            assert record["count"] > 0 and record["since"] <= record["time"]
            counted[record["client"]["address"]] += record["count"]
    return written, counted


class TestAFlood:
    def test_from_several_addresses_is_summed_up_exactly(self, gateway):
        # The proxy at 127.0.0.9 is believed; the others speak for themselves, whatever they claim.
        sources = [("127.0.0.2", None, "127.0.0.2", 700), ("127.0.0.3", "10.1.1.1", "127.0.0.3", 400),
                   ("127.0.0.4", None, "127.0.0.4", 20), ("127.0.0.9", "10.2.2.2", "10.2.2.2", 500),
                   ("127.0.0.9", "2001:db8::1", "2001:db8::/64", 150),
                   ("127.0.0.9", "2001:db8::2", "2001:db8::/64", 150)]
        statuses = collections.Counter()

        def run(source, forwarded, count):
            answers = flood(gateway, source, count, forwarded=forwarded)
            with lock:
                statuses.update(answers)

        lock = threading.Lock()
        began = time.monotonic()
        threads = [threading.Thread(target=run, args=(source, forwarded, count))
                   for source, forwarded, _, count in sources]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
        assert statuses == {401: sum(count for *_, count in sources)}

        suppressed = gateway.metrics()["connection_gateway_audit_suppressed_refusals_total"]
        gateway.stop()
        gateway.check_chain()
        written, counted = tally(gateway)
        expected = collections.Counter()
        for _, _, name, count in sources:
            expected[name] += count
        assert written + counted == expected
        assert counted.total() == suppressed > 0
        assert counted["127.0.0.4"] == 0
        for name, number in written.items():
            assert number <= BURST + RATE * (seconds + 1), name
            assert number >= min(BURST, expected[name]), name
        stages = [record["stage"] for record in gateway.records()]
        assert stages[-1] == "closed"

    def test_is_in_the_log_within_10_seconds(self, gateway):
        flood(gateway, "127.0.0.2", 300)
        began = time.monotonic()
        wait_until(lambda: tally(gateway)[1], "a count of refusals")
        assert time.monotonic() - began < 10
        written, counted = tally(gateway)
        assert (written + counted)["127.0.0.2"] == 300
        gateway.stop()
        assert tally(gateway) == (written, counted)

    def test_keeps_nobody_else_out_and_hides_no_success(self, gateway):
        flood(gateway, "127.0.0.1", 300)
        assert gateway.reject(PENDING).status == 200
        assert gateway.reject("NO", body={}).status == 400
        gateway.stop()
        assert [record["outcome"] for record in gateway.records("outcome")] == ["rejected"]
        written, counted = tally(gateway)
        assert written["127.0.0.1"] + counted["127.0.0.1"] == 301

    def test_of_paths_that_arent_audited_leaves_nothing(self, gateway):
        assert flood(gateway, "127.0.0.2", 200, path="/nothing/here") == {404: 200}
        gateway.stop()
        assert tally(gateway) == ({}, {})

    def test_on_a_disk_that_fails_again_and_again_is_summed_up_too(self, tmp_path):
        if shutil.which("strace") is None:
            pytest.skip("strace isn't installed (Debian: strace)")
        # -D: strace is the grandchild, so that the process that is started is the gateway itself.
        prefix = ["strace", "-D", "-f", "-qq", "-o", tmp_path / "strace.log", "-e", "trace=fdatasync",
                  "-e", "inject=fdatasync:error=EIO:when=10+30"]
        with Simulator() as simulator, Gateway(simulator.url, prefix=prefix, folder=tmp_path) as gateway:
            statuses = collections.Counter()
            for number in range(4):
                statuses += flood(gateway, f"127.0.0.{number + 2}", 100)
                wait_until(lambda: gateway.ready().status == 200, "the audit to go on")
            gateway.stop()
            assert statuses.total() == 400 and statuses[503] > 0
            refusals = collections.Counter()
            for file in tmp_path.glob("audit.jsonl*"):
                for record in gateway.records(audit=file):
                    refusals[record["stage"]] += record.get("count", 1)
            assert refusals["denied"] + refusals["suppressed"] == 400
            assert refusals["opened"] > 1
