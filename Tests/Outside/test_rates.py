"""Rates: a token's calls, and an address whose tokens are no good. What is refused is told when to come again, truly."""

import collections
import http.client
import threading
import time

import pytest
from support.gateway import DEFAULT_RATES, Answer, Gateway, make_token
from support.simulator import PATIENCE, UNKNOWN, Simulator, wait_until

#: A good form and no good checksum, a good form and nobody's, another scheme, and nothing behind the scheme.
BAD = ["Bearer cgw_" + "0" * 46, None, "Basic dXNlcjpwYXNz", "Bearer"]


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def start(simulator):
    """Starts a gateway with these rates; those that aren't said are its own."""
    running = []

    def start(token_rate=None, failure_rate=None, arguments=()):
        flags = [part for flag, rate in (("--token-rate", token_rate), ("--failure-rate", failure_rate)) if rate
                 for part in (flag, rate)]
        gateway = Gateway(simulator.url, env=DEFAULT_RATES, arguments=[*flags, *arguments])
        gateway.__enter__()
        running.append(gateway)
        return gateway

    yield start
    for gateway in running:
        gateway.__exit__(None, None, None)


class Caller:
    """A connection from one address that is kept; a context manager."""

    def __init__(self, gateway, source="127.0.0.1", *, authorization=None, forwarded=None):
        self._gateway, self._authorization, self._forwarded = gateway, authorization, forwarded
        host, _, port = gateway.address.rpartition(":")
        self._wire = http.client.HTTPConnection(host, int(port), timeout=PATIENCE, source_address=(source, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._wire.close()

    def call(self, method="GET", path=f"/connections/{UNKNOWN}", *, authorization="own", forwarded=None):
        """One call; without `authorization` with the connection's own, else the gateway's."""
        if authorization == "own":
            authorization = self._authorization or f"Bearer {self._gateway.token}"
        headers = {"Authorization": authorization, "X-Forwarded-For": forwarded or self._forwarded}
        self._wire.request(method, path, headers={name: value for name, value in headers.items() if value})
        answer = self._wire.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def statuses(self, count, *arguments, **options):
        return collections.Counter(self.call(*arguments, **options).status for _ in range(count))


def assert_limited(answer):
    assert (answer.status, answer.code, answer.outcome) == (429, "rate_limited", "not_sent"), answer
    assert answer.headers.get_all("Retry-After") == ["1"]
    assert answer.headers["WWW-Authenticate"] is None
    assert answer.headers.get_content_type() == "application/problem+json"


def reject(caller, **options):
    return caller.call("POST", f"/connections/{UNKNOWN}/reject", **options)


def refused(caller, **options):
    """The answer to a call too many, and when it was told. A call that is let in, since time has passed, uses up what there
    was."""
    answer = wait_until(lambda: (reply := reject(caller, **options)).status == 429 and reply, "a call too many")
    assert_limited(answer)
    return answer, time.monotonic()


def wait_as_told(answer, told):
    # What is measured here is the wait itself.
    time.sleep(max(0, told + int(answer.headers["Retry-After"]) - time.monotonic()))


class TestATokensRate:
    def test_is_twenty_at_once_and_ten_a_second(self, start, simulator):
        gateway = start()
        before, began = len(simulator.requests()), time.monotonic()
        with Caller(gateway) as caller:
            answers = [reject(caller) for _ in range(60)]
            while time.monotonic() - began < 1.5:
                answers.append(reject(caller))
        seconds = time.monotonic() - began
        limited = [answer for answer in answers if answer.status == 429]
        for answer in limited:
            assert_limited(answer)
        let_in = len(answers) - len(limited)
        assert {answer.status for answer in answers} == {404, 429}
        # The machine may be slow, so that fewer ask than would be let in; but never are more let in.
        assert 20 <= let_in <= 20 + 10 * seconds + 1
        if len(answers) > 200:
            assert let_in >= 20 + 10 * 1.5 - 2
        assert len(simulator.requests()) - before == let_in
        gateway.stop()
        gateway.check_chain()
        assert len(gateway.records("outcome")) == let_in
        denied = gateway.records("denied")
        assert {(record["code"], record["httpStatus"], record["caller"]["name"], record["connectionId"])
                for record in denied} == {("rate_limited", 429, "test", UNKNOWN)}
        assert len(denied) + sum(record["count"] for record in gateway.records("suppressed")) == len(limited)

    def test_is_for_all_that_it_does_and_for_each_token_by_itself(self, start):
        gateway = start("1/3", "off")
        reader = make_token(gateway.tokens, name="reader", scopes=["connections:read"])
        with Caller(gateway, authorization=f"Bearer {reader}") as caller:
            wait_until(lambda: caller.call().status != 401, "the new token to count")
            wait_until(lambda: caller.call().status == 429, "the token's rate to be used up")
            for method, path in [("GET", "/connections"), ("GET", f"/connections/{UNKNOWN}"), ("GET", "/connections?x=1"),
                                 ("POST", f"/connections/{UNKNOWN}/reject"), ("GET", "/connections/NO")]:
                answer = caller.call(method, path)
                if answer.status != 429:  # A second has passed, and one more was let in.
                    answer = caller.call(method, path)
                assert_limited(answer)
                assert "'reader' may make 1 calls a second, and 3 at once" in answer.json["detail"]
            # What needs no token has no rate.
            assert caller.statuses(50, "GET", "/livez") == {200: 50}
        with Caller(gateway) as other:
            assert reject(other).status == 404

    def test_retry_after_is_true(self, start):
        gateway = start("1/1")
        with Caller(gateway) as caller:
            assert reject(caller).status == 404
            let_in = time.monotonic()
            answer, told = refused(caller)
            # A second less, that is, at once, isn't enough.
            if reject(caller).status != 429:
                assert time.monotonic() - let_in >= 1
                answer, told = refused(caller)
            wait_as_told(answer, told)
            assert reject(caller).status == 404

    def test_off_is_none(self, start):
        gateway = start("off")
        with Caller(gateway) as caller:
            assert caller.statuses(100, "POST", f"/connections/{UNKNOWN}/reject") == {404: 100}
        assert gateway.metrics()['connection_gateway_rate_limited_total{kind="token"}'] == 0


class TestAnAddressThatGuesses:
    def test_may_fail_twenty_times_at_once(self, start, simulator):
        gateway = start()
        before = len(simulator.requests())
        nobodys = "Bearer " + make_token(gateway.folder / "others.json")
        bad = [authorization or nobodys for authorization in BAD]
        with Caller(gateway, "127.0.0.2") as caller:
            began = time.monotonic()
            statuses = collections.Counter(reject(caller, authorization=bad[number % 4]).status for number in range(200))
            seconds = time.monotonic() - began
            assert set(statuses) == {401, 429}
            assert 20 <= statuses[401] <= 20 + 5 * seconds + 1
        # Another address, and the same one's calls without a token, aren't held up.
        with Caller(gateway, "127.0.0.3") as other:
            assert reject(other).status == 404
        assert len(simulator.requests()) - before == 1
        metrics = gateway.metrics()
        assert metrics['connection_gateway_rate_limited_total{kind="failures"}'] == statuses[429]
        assert metrics['connection_gateway_rate_limited_total{kind="token"}'] == 0
        gateway.stop()
        denied = [record for record in gateway.records("denied") if record["client"]["address"] == "127.0.0.2"]
        counted = sum(record["count"] for record in gateway.records("suppressed"))
        assert len(denied) + counted == 200
        assert not any("caller" in record for record in denied)
        warnings = [line for line in gateway.log() if line["level"] == "warning"]
        assert [line["network"] for line in warnings] == ["127.0.0.2"]
        assert "cgw_" not in gateway.log_text() + gateway.audit.read_text()

    def test_isnt_looked_at_for_a_while_not_even_with_a_good_token(self, start):
        gateway = start(failure_rate="1/3")
        with Caller(gateway, "127.0.0.2") as caller:
            assert caller.statuses(3, authorization=BAD[0]) == {401: 3}
            assert_limited(reject(caller))
            # Without a token there is nothing to look at, and nothing counted.
            assert caller.call(authorization=None).status == 401
            # Trying on doesn't prolong it: else it would be a minute now.
            for _ in range(60):
                reject(caller, authorization=BAD[0])
            wait_as_told(*refused(caller, authorization=BAD[0]))
            assert reject(caller).status == 404

    def test_is_no_address_that_brings_no_token_or_a_good_one(self, start):
        gateway = start(token_rate="off", failure_rate="1/1")
        with Caller(gateway) as caller:
            for _ in range(20):
                assert caller.call(authorization=None).status == 401
                assert caller.call().status == 403
                assert reject(caller).status == 404

    def test_is_told_by_its_address_behind_a_proxy_and_ipv6_by_its_network(self, start):
        gateway = start(failure_rate="1/2", arguments=["--trusted-proxy", "127.0.0.1"])
        with Caller(gateway) as proxy:
            for client, neighbour, stranger in [("203.0.113.1", "203.0.113.1:4711", "203.0.113.2"),
                                                ("2001:db8:0:7::1", "[2001:db8:0:7:ffff::9]:80", "2001:db8:0:8::1")]:
                statuses = [proxy.call(authorization=BAD[0], forwarded=client).status for _ in range(10)]
                assert statuses[:2] == [401, 401] and 429 in statuses
                wait_until(lambda: proxy.call(authorization=BAD[0], forwarded=client).status == 429, "another refusal")
                assert reject(proxy, forwarded=neighbour).status == 429
                assert reject(proxy, forwarded=stranger).status == 404

    def test_of_many_only_a_few_are_logged(self, start):
        gateway = start(failure_rate="1/1", arguments=["--trusted-proxy", "127.0.0.1"])
        with Caller(gateway, authorization=BAD[0]) as proxy:
            for number in range(200):
                assert proxy.call(forwarded=f"203.0.113.{number}").status == 401
        warnings = [line["network"] for line in gateway.log() if line["level"] == "warning"]
        assert warnings == [f"203.0.113.{number}" for number in range(10)]

    def test_in_parallel_no_more_are_looked_at(self, start):
        gateway = start(failure_rate="1/10")
        statuses = collections.Counter()
        lock = threading.Lock()
        began = time.monotonic()

        def guess():
            with Caller(gateway, "127.0.0.2", authorization=BAD[0]) as caller:
                mine = caller.statuses(50)
            with lock:
                statuses.update(mine)

        threads = [threading.Thread(target=guess) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began
        assert statuses.total() == 400 and set(statuses) == {401, 429}
        assert 10 <= statuses[401] <= 10 + seconds + 1
