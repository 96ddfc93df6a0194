"""nginx with the shipped server block in front of the gateway."""

import http.client
import json
import re
import socket
import subprocess
import threading

import jsonschema
import pytest
import yaml
from support.gateway import Gateway
from support.nginx import Nginx, read_answer
from support.simulator import (
    ACTIVE, PATIENCE, PENDING, REJECTED, ROOT, UNKNOWN, Simulator, connection, environment, wait_until)


def headers_of(answer):
    """The headers, less those that tell one answer of a kind from another, and less nginx's own."""
    changing = {"date", "x-request-id", "connection", "server"}
    return sorted((name.lower(), value) for name, value in answer.headers.items() if name.lower() not in changing)


def body_of(answer):
    """The document, less its request ids."""
    document = answer.json
    document.get("aws", {}).pop("requestId", None)
    return {name: value for name, value in document.items() if name not in ("requestId", "awsRequestId")}


TWO_PENDING = [connection(PENDING), connection("c-0123456789abcdef1"), connection(ACTIVE, "ACTIVE"),
               connection(REJECTED, "REJECTED")]


@pytest.fixture(scope="module")
def service():
    """The simulator, a gateway that trusts no proxy, and nginx."""
    with Simulator(seed=TWO_PENDING) as simulator, Gateway(simulator.url) as gateway, Nginx(gateway.address) as nginx:
        yield simulator, gateway, nginx


@pytest.fixture(scope="module")
def trusting():
    """The same with a gateway that trusts nginx, as README tells one to set it up."""
    with Simulator() as simulator, Gateway(simulator.url, arguments=["--trusted-proxy", "127.0.0.1"]) as gateway:
        with Nginx(gateway.address) as nginx:
            yield simulator, gateway, nginx


@pytest.fixture(scope="module")
def problem_schema():
    document = yaml.safe_load((ROOT / "openapi" / "openapi.yaml").read_text())
    return jsonschema.Draft202012Validator(
        {"$ref": "#/components/schemas/Problem", "components": document["components"]})


class TestTheSameCalls:
    @pytest.mark.parametrize("direct_id, nginx_id, with_token, status", [
        (PENDING, "c-0123456789abcdef1", True, 200),
        (UNKNOWN, UNKNOWN, True, 404),
        (ACTIVE, ACTIVE, True, 409),
        (ACTIVE, ACTIVE, False, 401),
    ])
    def test_nginx_changes_nothing_in_an_answer(self, service, direct_id, nginx_id, with_token, status):
        simulator, gateway, nginx = service
        direct = gateway.reject(direct_id, token=with_token)
        through = nginx.reject(nginx_id, token=gateway.token if with_token else None)
        assert direct.status == through.status == status, (direct, through)
        want = json.loads(json.dumps(body_of(direct)).replace(direct_id, nginx_id))
        assert body_of(through) == want
        assert headers_of(through) == headers_of(direct)

    def test_the_reason_in_the_body_reaches_the_audit(self, service):
        simulator, gateway, nginx = service
        answer = nginx.reject(ACTIVE, token=gateway.token, body='{"reason": "CHG-5678"}',
                              headers={"Content-Type": "application/json", "X-Request-Id": "with-reason"})
        assert answer.status == 409, answer
        [intent] = records(gateway, "with-reason", "intent")
        assert intent["reason"] == "CHG-5678"

    def test_the_open_documents_are_there_too(self, service):
        simulator, gateway, nginx = service
        for path in ("/livez", "/readyz", "/openapi.json"):
            through = nginx.call("GET", path)
            assert (through.status, through.body) == (200, gateway.call("GET", path, token=None).body), path
            head = nginx.call("HEAD", path)
            assert (head.status, head.body) == (200, b""), path
        assert nginx.call("GET", "/metrics").status == 404

    def test_a_path_is_handed_on_exactly_as_it_came(self, service):
        simulator, gateway, nginx = service
        before = len(simulator.requests())
        # The first one is a connection's path, with an id that is none: it takes no POST.
        for path, status in [(f"/connections/{PENDING}%2freject", 405),
                             (f"/connections/../connections/{PENDING}/reject", 404),
                             (f"//connections/{PENDING}/reject", 404), (f"/connections/{PENDING}/%72eject", 404)]:
            assert nginx.call("POST", path, token=gateway.token).status == status, path
        assert len(simulator.requests()) == before

    def test_a_chunked_body_arrives_as_a_plain_one(self, service):
        simulator, gateway, nginx = service
        answer = nginx.raw(
            f"POST /connections/{ACTIVE}/reject HTTP/1.1\r\nHost: gateway.test\r\nX-Request-Id: chunked\r\n"
            f"Authorization: Bearer {gateway.token}\r\nContent-Type: application/json\r\n"
            "Transfer-Encoding: chunked\r\n\r\n13\r\n{\"reason\": \"CHG-1\"}\r\n0\r\n\r\n".encode())
        assert (answer.status, answer.code) == (409, "connection_not_rejectable"), answer
        assert records(gateway, "chunked", "intent")[0]["reason"] == "CHG-1"

    def test_curl_gets_on_with_it(self, service):
        simulator, gateway, nginx = service
        made = subprocess.run(
            ["curl", "-sS", "-i", "-X", "POST", "--cacert", nginx.ca_file, "-H",
             f"Authorization: Bearer {gateway.token}", f"https://127.0.0.1:{nginx.port}/connections/{UNKNOWN}/reject"],
            capture_output=True, text=True, timeout=PATIENCE, env=environment("/nonexistent"))
        assert made.returncode == 0, made.stderr
        head, _, body = made.stdout.partition("\n\n" if "\n\n" in made.stdout else "\r\n\r\n")
        assert " 404" in head.split("\n")[0] and json.loads(body)["code"] == "connection_not_found", made.stdout


def records(gateway, request_id, stage=None):
    return [record for record in gateway.records(stage) if record.get("requestId") == request_id]


class TestRequestId:
    def test_the_callers_own_passes(self, service):
        simulator, gateway, nginx = service
        for request_id in ("night-shift.7~a_b", "x", "a" * 128):
            answer = nginx.reject(UNKNOWN, token=gateway.token, headers={"X-Request-Id": request_id})
            assert answer.headers.get_all("X-Request-Id") == [request_id]
            assert answer.json["requestId"] == request_id
            assert {record["stage"] for record in records(gateway, request_id)} == {"intent", "outcome"}

    @pytest.mark.parametrize("sent", ["two words", "a" * 129, "né", "", "cgw_" + "A" * 46, None])
    def test_another_is_replaced_by_one_and_the_same_everywhere(self, service, sent):
        simulator, gateway, nginx = service
        headers = {} if sent is None else {"X-Request-Id": sent.encode()}
        answer = nginx.reject(UNKNOWN, token=gateway.token, headers=headers)
        assert answer.status == 404, answer
        [request_id] = answer.headers.get_all("X-Request-Id")
        assert request_id != sent and re.fullmatch(r"[0-9a-f]{32}", request_id)
        assert answer.json["requestId"] == request_id
        assert len(records(gateway, request_id)) == 2


def client_of(gateway, request_id):
    """Who the audit says has called: `address` and `peer`."""
    [record] = records(gateway, request_id, "intent")
    return record["client"]["address"], record["client"]["peer"]


class TestForwardedFor:
    """Every client here has a loopback address of its own, so that it can be told from nginx."""

    FORGED = ["6.6.6.6", "203.0.113.7, 6.6.6.6", "127.0.0.1", "::1", "garbage"]

    @pytest.mark.parametrize("forged", FORGED)
    def test_through_nginx_it_is_not_believed_unless_trusted(self, service, forged):
        simulator, gateway, nginx = service
        request_id = f"untrusted-{self.FORGED.index(forged)}"
        nginx.reject(UNKNOWN, token=gateway.token, source="127.0.0.2",
                     headers={"X-Forwarded-For": forged, "X-Request-Id": request_id})
        assert client_of(gateway, request_id) == ("127.0.0.1", "127.0.0.1")

    @pytest.mark.parametrize("forged", [None, *FORGED])
    def test_trusted_it_is_what_nginx_saw_and_never_what_the_client_wrote(self, trusting, forged):
        simulator, gateway, nginx = trusting
        request_id = f"trusted-{[None, *self.FORGED].index(forged)}"
        headers = {"X-Request-Id": request_id} | ({} if forged is None else {"X-Forwarded-For": forged})
        nginx.reject(UNKNOWN, token=gateway.token, source="127.0.0.2", headers=headers)
        assert client_of(gateway, request_id) == ("127.0.0.2", "127.0.0.1")

    def test_so_it_is_for_a_client_that_is_trusted_itself(self):
        # Clients in a trusted network: were what they wrote passed on, it would count.
        with Simulator() as simulator, Gateway(simulator.url, arguments=["--trusted-proxy", "127.0.0.0/8"]) as gateway:
            with Nginx(gateway.address) as nginx:
                nginx.reject(UNKNOWN, token=gateway.token, source="127.0.0.2",
                             headers={"X-Forwarded-For": "6.6.6.6", "X-Request-Id": "inside"})
            assert client_of(gateway, "inside") == ("127.0.0.2", "127.0.0.1")

    def test_the_record_of_a_refused_call_says_it_as_well(self, trusting):
        simulator, gateway, nginx = trusting
        nginx.reject(UNKNOWN, source="127.0.0.3", headers={"X-Forwarded-For": "6.6.6.6", "X-Request-Id": "denied"})
        [record] = records(gateway, "denied")
        assert record["stage"] == "denied"
        assert (record["client"]["address"], record["client"]["peer"]) == ("127.0.0.3", "127.0.0.1")

    @pytest.mark.parametrize("forged", FORGED)
    def test_a_direct_caller_that_forges_it_changes_nothing(self, service, forged):
        simulator, gateway, nginx = service
        request_id = f"direct-{self.FORGED.index(forged)}"
        gateway.reject(UNKNOWN, headers={"X-Forwarded-For": forged, "X-Request-Id": request_id})
        assert client_of(gateway, request_id) == ("127.0.0.1", "127.0.0.1")

    def test_a_direct_caller_is_not_nginx_even_where_nginx_is_trusted(self, trusting):
        simulator, gateway, nginx = trusting
        host, _, port = gateway.address.rpartition(":")
        wire = http.client.HTTPConnection(host, int(port), timeout=PATIENCE, source_address=("127.0.0.4", 0))
        wire.request("POST", f"/connections/{UNKNOWN}/reject", headers={
            "Authorization": f"Bearer {gateway.token}", "X-Forwarded-For": "6.6.6.6", "X-Request-Id": "from-4"})
        assert wire.getresponse().status == 404
        wire.close()
        assert client_of(gateway, "from-4") == ("127.0.0.4", "127.0.0.4")


#: What a chain of trusted proxies wrote into one or more X-Forwarded-For headers, and who called.
CHAINS = {
    "one-entry": (["203.0.113.7"], "203.0.113.7"),
    "the-rightmost-counts": (["6.6.6.6, 203.0.113.7"], "203.0.113.7"),
    "through-a-trusted-entry": (["6.6.6.6, 203.0.113.7, 127.0.0.9"], "203.0.113.7"),
    "through-two-ranges": (["203.0.113.7,2001:db8:1::9, 10.1.2.3 ,127.0.0.9"], "203.0.113.7"),
    "all-are-trusted": (["10.1.2.3, 127.0.0.9"], "10.1.2.3"),
    "ipv6": (["6.6.6.6, 2001:db8:2::7"], "2001:db8:2::7"),
    "ipv6-in-its-long-form": (["2001:0DB8:0002:0000:0000:0000:0000:0007"], "2001:db8:2::7"),
    "ipv4-inside-ipv6": (["6.6.6.6, ::ffff:203.0.113.7"], "203.0.113.7"),
    "trusted-ipv4-inside-ipv6": (["203.0.113.7, ::ffff:10.1.2.3"], "203.0.113.7"),
    "two-headers": (["6.6.6.6", "203.0.113.7"], "203.0.113.7"),
    "two-headers-and-a-trusted-entry": (["6.6.6.6, 203.0.113.7", "10.1.2.3"], "203.0.113.7"),
    "just-outside-a-range": (["6.6.6.6, 10.2.0.0"], "10.2.0.0"),
    # What a trusted proxy didn't write as an address says nothing: who is known last is the one.
    "garbage": (["6.6.6.6, garbage"], "127.0.0.1"),
    "garbage-behind-a-trusted-entry": (["6.6.6.6, garbage, 10.1.2.3"], "10.1.2.3"),
    "garbage-in-front": (["garbage, 203.0.113.7"], "203.0.113.7"),
    "empty": ([""], "127.0.0.1"),
    "an-empty-entry": (["203.0.113.7,"], "127.0.0.1"),
    "only-commas": ([",,,"], "127.0.0.1"),
    "with-a-port": (["6.6.6.6, 203.0.113.7:8080"], "203.0.113.7"),
    "in-brackets": (["6.6.6.6, [2001:db8:2::7]"], "2001:db8:2::7"),
    "in-brackets-with-a-port": (["6.6.6.6, [2001:db8:2::7]:8080, 10.1.2.3:80"], "2001:db8:2::7"),
    "with-what-is-no-port": (["203.0.113.7:80a"], "127.0.0.1"),
    "a-comma-hidden-by-what-stands-before": (["6.6.6.6\u0600, 203.0.113.7".encode().decode("latin-1")], "203.0.113.7"),
    "in-quotes": (['"203.0.113.7"'], "127.0.0.1"),
    "with-a-zone": (["fe80::1%eth0"], "127.0.0.1"),
    "with-leading-zeros": (["203.000.113.007"], "127.0.0.1"),
    "a-short-form": (["127.1"], "127.0.0.1"),
    "a-number": (["3405803783"], "127.0.0.1"),
    "a-name": (["localhost"], "127.0.0.1"),
    "unknown": (["unknown"], "127.0.0.1"),
    "a-range": (["203.0.113.0/24"], "127.0.0.1"),
    "not-utf-8": (["203.0.113.7, \xff"], "127.0.0.1"),
    "very-many": (["6.6.6.6, " * 900 + "203.0.113.7"], "203.0.113.7"),
}


@pytest.fixture(scope="module")
def chained():
    ranges = ["127.0.0.0/8", "10.1.0.0/16", "2001:db8:1::/48"]
    flags = [part for each in ranges for part in ("--trusted-proxy", each)]
    with Simulator() as simulator, Gateway(simulator.url, arguments=flags) as gateway:
        yield gateway


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_of_proxies_is_read_from_the_right(chained, name):
    entries, address = CHAINS[name]
    lines = b"".join(b"X-Forwarded-For: %s\r\n" % entry.encode("latin-1") for entry in entries)
    answer = chained.raw(
        f"POST /connections/{UNKNOWN}/reject HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n"
        f"Authorization: Bearer {chained.token}\r\nX-Request-Id: {name}\r\n".encode() + lines + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 404 "), answer
    assert client_of(chained, name) == (address, "127.0.0.1")


def test_what_browsers_need_passes(service):
    simulator, *_ = service
    origin = "https://tools.example.com"
    with Gateway(simulator.url, arguments=["--cors-origin", origin]) as gateway, Nginx(gateway.address) as nginx:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = nginx.call("OPTIONS", f"/connections/{UNKNOWN}/reject", headers=asked)
        assert (preflight.status, preflight.headers["Access-Control-Allow-Methods"]) == (204, "POST")
        refused = nginx.reject(UNKNOWN, headers={"Origin": origin})
        assert (refused.status, refused.code) == (401, "unauthenticated")
        for answer in (preflight, refused):
            assert answer.headers.get_all("Access-Control-Allow-Origin") == [origin]
            assert answer.headers.get_all("Vary") == ["Origin"]
        page = nginx.call("GET", "/")
        assert page.status == 200 and page.headers["Content-Security-Policy"].startswith("default-src 'none'; ")


def assert_own_problem(answer, schema, status, code, outcome):
    """A problem document that nginx wrote, in the contract's form."""
    assert (answer.status, answer.code, answer.outcome) == (status, code, outcome), answer
    assert answer.headers.get_content_type() == "application/problem+json"
    document = answer.json
    schema.validate(document)
    assert document["status"] == status
    assert document["type"] == f"urn:connection-gateway:problem:{code}"
    assert answer.headers.get_all("X-Request-Id") == [document["requestId"]]
    assert answer.headers.get_all("Cache-Control") == ["no-store"]
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers["Server"] == "nginx"


class TestNginxOwnErrors:
    """What nginx refuses by itself, which the gateway never sees."""

    def head(self, method, path, *lines):
        return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: gateway.test", *lines, "", ""]).encode()

    @pytest.fixture
    def unseen(self, service):
        """nginx; afterwards the gateway has heard of nothing."""
        simulator, gateway, nginx = service
        before = gateway.records()
        yield nginx
        assert gateway.records() == before

    def test_a_gateway_that_is_down(self, problem_schema):
        with socket.socket() as taken:
            # Taken, so that no one else listens there, but nobody listens.
            taken.bind(("127.0.0.1", 0))
            with Nginx("127.0.0.1:%d" % taken.getsockname()[1]) as nginx:
                answer = nginx.reject(PENDING, headers={"X-Request-Id": "gateway-is-down"})
                assert_own_problem(answer, problem_schema, 502, "upstream_unreachable", "not_sent")
                assert answer.json["requestId"] == "gateway-is-down"
                answer = nginx.call("GET", "/readyz")
                assert_own_problem(answer, problem_schema, 502, "upstream_unreachable", "not_sent")

    def test_a_body_that_is_far_too_large(self, unseen, problem_schema):
        answer = unseen.reject(PENDING, body=b"x" * 17000, headers={"X-Request-Id": "large"})
        assert_own_problem(answer, problem_schema, 413, "body_too_large", "not_sent")
        assert answer.json["requestId"] == "large"

    def test_a_body_that_is_only_somewhat_too_large_is_the_gateways_to_refuse_and_audit(self, service):
        simulator, gateway, nginx = service
        answer = nginx.reject(PENDING, token=gateway.token, body=b" " * 5000,
                              headers={"X-Request-Id": "somewhat", "Content-Type": "application/json"})
        assert (answer.status, answer.code) == (413, "body_too_large"), answer
        assert [record["stage"] for record in records(gateway, "somewhat")] == ["denied"]

    @pytest.mark.parametrize("path, allow", [
        (f"/connections/{PENDING}/reject", "POST"), ("/livez", "GET, HEAD"), ("/openapi.json?x=1", "GET, HEAD"),
        ("/", "GET, HEAD")])
    def test_a_method_that_nginx_does_not_pass_on(self, unseen, problem_schema, path, allow):
        answer = unseen.raw(self.head("TRACE", path))
        assert_own_problem(answer, problem_schema, 405, "method_not_allowed", "not_sent")
        assert answer.headers.get_all("Allow") == [allow]

    def test_another_bad_method_is_the_gateways_to_refuse(self, service):
        simulator, gateway, nginx = service
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "BREW"):
            answer = nginx.call(method, f"/connections/{PENDING}/reject", token=gateway.token)
            assert (answer.status, answer.code) == (405, "method_not_allowed"), (method, answer)
            assert answer.headers.get_all("Allow") == ["POST"]

    def test_a_path_that_is_too_long(self, unseen, problem_schema):
        answer = unseen.raw(self.head("GET", "/" + "a" * 9000))
        assert_own_problem(answer, problem_schema, 431, "headers_too_large", "not_sent")

    def test_headers_that_are_too_large(self, unseen, problem_schema):
        answer = unseen.raw(self.head("GET", "/livez", "X-Large: " + "a" * 40000))
        assert_own_problem(answer, problem_schema, 431, "headers_too_large", "not_sent")

    @pytest.mark.parametrize("message", [
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /livez HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET /livez HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /../ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ])
    def test_a_message_that_is_not_well_formed(self, unseen, problem_schema, message):
        assert_own_problem(unseen.raw(message), problem_schema, 400, "invalid_request", "not_sent")

    def test_a_transfer_encoding_other_than_chunked(self, unseen, problem_schema):
        answer = unseen.raw(self.head("POST", f"/connections/{PENDING}/reject", "Transfer-Encoding: gzip"))
        assert_own_problem(answer, problem_schema, 501, "not_implemented", "not_sent")

    def test_plain_http_on_the_tls_port(self, unseen, problem_schema):
        with socket.create_connection(("127.0.0.1", unseen.port), timeout=PATIENCE) as wire:
            wire.sendall(self.head("GET", "/livez", "X-Request-Id: in-the-clear"))
            answer = read_answer(wire)
        assert_own_problem(answer, problem_schema, 400, "invalid_request", "not_sent")

    def test_the_places_of_these_documents_can_not_be_called(self, service):
        simulator, gateway, nginx = service
        for name in ("invalid-request", "bad-gateway", ""):
            answer = nginx.call("GET", f"/nginx-problem/{name}")
            assert (answer.status, answer.code) == (404, "route_not_found"), answer

    def test_what_a_caller_sends_cannot_break_a_document(self, unseen, problem_schema):
        for request_id in ('"},"code":"x', "</script>", "\\", "a\tb"):
            answer = unseen.raw(self.head("TRACE", "/livez", f"X-Request-Id: {request_id}"))
            assert_own_problem(answer, problem_schema, 405, "method_not_allowed", "not_sent")
            assert request_id not in answer.body.decode()


@pytest.mark.parametrize("changes, sent", [
    ({}, 1),
    # So it would be without the measure, which shows that this test would notice.
    ({"proxy_next_upstream off;": "proxy_next_upstream error timeout http_502 http_503 http_504 non_idempotent;"}, 2),
], ids=["as-shipped", "without-the-measure"])
def test_a_reject_is_never_sent_twice_when_the_gateway_dies_under_it(problem_schema, changes, sent):
    with Simulator() as simulator, Gateway(simulator.url) as first:
        second = Gateway(simulator.url, arguments=["--tokens", first.tokens])
        with second, Nginx(first.address, second.address, changes=changes) as nginx:
            simulator.fault("stall", count=1)
            answers = []
            caller = threading.Thread(target=lambda: answers.append(
                nginx.reject(PENDING, token=first.token, headers={"X-Request-Id": "once"})))
            caller.start()
            wait_until(lambda: simulator.requests(), "the simulator to see the reject")
            gateways = {len(records(gateway, "once", "intent")): gateway for gateway in (first, second)}
            gateways[1].kill()
            caller.join(PATIENCE)
            assert len(answers) == 1
            assert len(simulator.requests("RejectInboundConnection")) == sent
            assert len(records(gateways[0], "once")) == (0 if sent == 1 else 2)
            if sent == 1:
                assert_own_problem(answers[0], problem_schema, 502, "upstream_error", "unknown")
                assert answers[0].json["requestId"] == "once"
                # nginx goes on with the gateway that is left.
                assert nginx.reject(UNKNOWN, token=first.token).status == 404
