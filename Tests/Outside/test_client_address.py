"""Who called, as the audit has it: never what a caller wrote himself."""

import http.client
import re
import socket

import pytest
from support.gateway import Answer, Gateway
from support.simulator import PATIENCE, UNKNOWN, Simulator
from test_nginx import Nginx

PROXY, CALLER = "127.0.0.1", "127.0.0.7"


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def gateway(simulator):
    """Trusts the proxies 127.0.0.1, 127.0.1.0/24, 10.1.0.0/16 and 2001:db8:1::/48, and nobody over a UNIX socket."""
    ranges = [PROXY, "127.0.1.0/24", "10.1.0.0/16", "2001:db8:1::/48"]
    with Gateway(simulator.url, arguments=[part for each in ranges for part in ("--trusted-proxy", each)]) as gateway:
        gateway.names = iter(range(10_000))
        yield gateway


def call(gateway, lines, source=PROXY, method="POST", path=f"/connections/{UNKNOWN}/reject"):
    """A call from this address with these header lines; its answer and the client that its record names."""
    name = f"call-{next(gateway.names)}"
    head = [f"{method} {path} HTTP/1.1", "Host: gateway.test", "Connection: close", f"X-Request-Id: {name}",
            f"Authorization: Bearer {gateway.token}", *lines, "", ""]
    host, _, port = gateway.address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE, source_address=(source, 0)) as wire:
        wire.sendall("\r\n".join(head).encode())
        answer = http.client.HTTPResponse(wire)
        answer.begin()
        answer = Answer(answer.status, answer.headers, answer.read())
    clients = [record["client"] for record in gateway.records() if record.get("requestId") == name]
    assert len({(client["address"], client["peer"]) for client in clients}) == min(1, len(clients))
    return answer, (clients[0]["address"], clients[0]["peer"]) if clients else None


#: What a trusted proxy sends in Forwarded, and who called.
FORWARDED = {
    "one": (["for=203.0.113.7"], "203.0.113.7"),
    "the-rightmost-counts": (["for=6.6.6.6, for=203.0.113.7"], "203.0.113.7"),
    "through-two-proxies": (["for=203.0.113.7, for=10.1.2.3;proto=https ,for=\"[2001:db8:1::9]:80\""], "203.0.113.7"),
    "over-two-lines": (["for=6.6.6.6, for=203.0.113.7", "for=10.1.2.3"], "203.0.113.7"),
    "in-another-case": (["Proto=https;FOR=203.0.113.7;by=_gateway"], "203.0.113.7"),
    "ipv6": (["for=6.6.6.6, for=\"[2001:DB8:2:0::7]\""], "2001:db8:2::7"),
    "ipv4-inside-ipv6": (["for=\"[::ffff:203.0.113.7]:4711\""], "203.0.113.7"),
    "trusted-ipv4-inside-ipv6": (["for=203.0.113.7, for=\"[::ffff:10.1.2.3]\""], "203.0.113.7"),
    "escaped": (["for=\"20\\3.0.113.7\""], "203.0.113.7"),
    "a-comma-in-quotes": (["for=203.0.113.7;host=\"a, for=6.6.6.6\""], "203.0.113.7"),
    "all-are-trusted": (["for=10.1.2.3, for=127.0.1.9"], "10.1.2.3"),
    # What a trusted proxy doesn't tell says nothing: who is known last is the one.
    "unknown": (["for=6.6.6.6, for=unknown"], PROXY),
    "obfuscated": (["for=6.6.6.6, for=_a1, for=10.1.2.3"], "10.1.2.3"),
    "no-for": (["for=6.6.6.6, proto=https"], PROXY),
    "an-empty-element": (["for=6.6.6.6,"], PROXY),
    "an-empty-line": (["for=6.6.6.6", ""], PROXY),
}

MALFORMED = [
    "203.0.113.7", "for=", "for=203.0.113.7; proto=https", "for = 203.0.113.7", "for=203.0.113.7:80", "for=[2001:db8::1]",
    "for=\"2001:db8::1\"", "for=\"[203.0.113.7]\"", "for=localhost", "for=203.0.113.0/24", "for=203.0.113.007",
    "for=\"[fe80::1%eth0]\"", "for=\"203.0.113.7", "for=203.0.113.7\"", "for=203.0.113.7;for=203.0.113.7",
    "for=6.6.6.6 for=203.0.113.7", "for=\"\", for=203.0.113.7", "\", for=203.0.113.7", "for=x, for=203.0.113.7",
]


class TestForwarded:
    @pytest.mark.parametrize("name", FORWARDED)
    def test_from_a_trusted_proxy_it_is_read_from_the_right(self, gateway, name):
        lines, address = FORWARDED[name]
        answer, client = call(gateway, [f"Forwarded: {line}" for line in lines])
        assert answer.status == 404, answer
        assert client == (address, PROXY)

    @pytest.mark.parametrize("value", MALFORMED)
    def test_that_cant_be_read_is_refused_and_audited_with_the_proxys_address(self, gateway, value):
        answer, client = call(gateway, [f"Forwarded: {value}"])
        assert (answer.status, answer.code, answer.outcome) == (400, "invalid_request", "not_sent"), answer
        assert answer.headers["Connection"] == "close"
        assert "RFC 7239" in answer.json["detail"]
        assert client == (PROXY, PROXY)

    @pytest.mark.parametrize("value", ["for=6.6.6.6", *MALFORMED])
    def test_from_anyone_else_it_is_not_looked_at(self, gateway, value):
        answer, client = call(gateway, [f"Forwarded: {value}", "X-Forwarded-For: 6.6.6.7"], source=CALLER)
        assert answer.status == 404
        assert client == (CALLER, CALLER)


class TestBothHeaders:
    @pytest.mark.parametrize("listed, forwarded", [
        ("203.0.113.7", "for=203.0.113.7"), ("6.6.6.6, 203.0.113.7:80", "for=\"203.0.113.7:81\", for=10.1.2.3"),
        ("2001:DB8:2::7", "for=6.6.6.6, for=\"[2001:db8:2:0::7]\"")])
    def test_that_name_the_same_client_are_fine(self, gateway, listed, forwarded):
        answer, client = call(gateway, [f"X-Forwarded-For: {listed}", f"Forwarded: {forwarded}"])
        assert answer.status == 404
        assert client[0] in ("203.0.113.7", "2001:db8:2::7")

    @pytest.mark.parametrize("listed, forwarded", [
        ("203.0.113.7", "for=6.6.6.6"), ("6.6.6.6", "for=203.0.113.7"), ("203.0.113.7", "for=unknown"),
        ("garbage", "for=6.6.6.6"), ("203.0.113.7, 10.1.2.3", "for=10.1.2.3"), ("203.0.113.7", "proto=https")])
    @pytest.mark.parametrize("path", [f"/connections/{UNKNOWN}/reject", "/livez"])
    def test_that_name_different_clients_are_refused(self, gateway, listed, forwarded, path):
        before = gateway.metrics()
        answer, client = call(gateway, [f"X-Forwarded-For: {listed}", f"Forwarded: {forwarded}"], path=path)
        assert (answer.status, answer.code, answer.outcome) == (400, "invalid_request", "not_sent"), answer
        assert answer.headers["Connection"] == "close"
        # Calls under /connections are audited; with the only address that is known for sure.
        assert client == ((PROXY, PROXY) if path.startswith("/connections") else None)
        name = "connection_gateway_audit_records_total"
        assert gateway.metrics()[name] - before[name] == (1 if client else 0)


class TestThePeer:
    @pytest.mark.parametrize("source", ["127.0.0.2", "127.0.0.255", "127.0.2.1"])
    def test_is_the_client_if_it_isnt_trusted_whatever_it_says(self, gateway, source):
        answer, client = call(gateway, ["X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6"], source=source)
        assert (answer.status, client) == (404, (source, source))

    @pytest.mark.parametrize("source", [PROXY, "127.0.1.1", "127.0.1.254"])
    def test_is_believed_if_it_is_trusted(self, gateway, source):
        answer, client = call(gateway, ["X-Forwarded-For: 203.0.113.7"], source=source)
        assert (answer.status, client) == (404, ("203.0.113.7", source))

    def test_may_have_an_ipv6_address(self, simulator):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError as error:
            pytest.skip(f"this machine has no ::1 ({error})")
        # The last one that is given counts.
        for trusted, expected in [("::1", "203.0.113.7"), ("fd00::/8", "::1"), ("127.0.0.1", "::1")]:
            arguments = ["--listen", "[::1]:0", "--trusted-proxy", trusted]
            with Gateway(simulator.url, arguments=arguments) as gateway:
                port = int(re.search(r":(\d+)$", gateway.address)[1])
                wire = http.client.HTTPConnection("::1", port, timeout=PATIENCE)
                wire.request("POST", f"/connections/{UNKNOWN}/reject", headers={
                    "Authorization": f"Bearer {gateway.token}", "X-Forwarded-For": "6.6.6.6, 203.0.113.7"})
                assert wire.getresponse().status == 404
                wire.close()
                [intent] = gateway.records("intent")
                assert (intent["client"]["address"], intent["client"]["peer"]) == (expected, "::1")


#: Ways in which nginx may be told to name the client: the lines that replace the shipped ones.
IN_FRONT = {
    "as-shipped": {},
    "forwarded-alone": {
        "proxy_set_header X-Forwarded-For $remote_addr;": 'proxy_set_header X-Forwarded-For "";',
        'proxy_set_header Forwarded "";': "proxy_set_header Forwarded 'for=$remote_addr;proto=https';",
    },
    "appending": {
        "proxy_set_header X-Forwarded-For $remote_addr;": "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"},
    "both": {
        'proxy_set_header Forwarded "";': "proxy_set_header Forwarded for=$remote_addr;"},
}


@pytest.fixture(scope="module", params=IN_FRONT)
def nginx(gateway, request):
    with Nginx(gateway.address, changes=IN_FRONT[request.param]) as nginx:
        yield nginx


class TestBehindNginx:
    @pytest.mark.parametrize("forged", [
        {}, {"X-Forwarded-For": "6.6.6.6"}, {"Forwarded": "for=6.6.6.6"}, {"Forwarded": "for=\""},
        {"X-Forwarded-For": "6.6.6.6, 10.1.2.3", "Forwarded": "for=6.6.6.6, for=10.1.2.3"}], ids=repr)
    def test_the_client_is_who_called_nginx(self, gateway, nginx, forged):
        name = f"nginx-{next(gateway.names)}"
        answer = nginx.reject(UNKNOWN, token=gateway.token, source=CALLER, headers={"X-Request-Id": name, **forged})
        assert answer.status == 404, answer
        clients = {(record["client"]["address"], record["client"]["peer"]) for record in gateway.records()
                   if record.get("requestId") == name}
        assert clients == {(CALLER, PROXY)}

    def test_that_passes_on_what_the_caller_wrote_such_a_call_is_refused(self, gateway):
        changes = {'        proxy_set_header Forwarded "";  # The same.\n': ""}
        with Nginx(gateway.address, changes=changes) as nginx:
            answer = nginx.reject(UNKNOWN, token=gateway.token, source=CALLER, headers={"Forwarded": "for=6.6.6.6"})
            assert (answer.status, answer.code) == (400, "invalid_request")
            assert nginx.reject(UNKNOWN, token=gateway.token, source=CALLER).status == 404
