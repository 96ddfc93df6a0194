"""Well-formed messages that ask for something wrong: each gets the code that the contract has for it, a record, and
nothing reaches AWS."""

import json
import re
import time

import pytest
from support.gateway import Gateway, make_token, run
from support.simulator import ACTIVE, PENDING, UNKNOWN, Simulator, wait_until

REALM = 'Bearer realm="connection-gateway"'
INVALID_TOKEN = f'{REALM}, error="invalid_token"'
REJECT = f"/connections/{UNKNOWN}/reject"


def short(value):
    """A row's name, of values that may be long."""
    return repr(value)[:40]


@pytest.fixture(scope="module")
def service():
    with Simulator() as simulator, Gateway(simulator.url) as gateway:
        gateway.scatter = True
        yield simulator, gateway


@pytest.fixture
def gateway(service):
    """The gateway; at the end of the test nothing may have reached the simulator."""
    simulator, gateway = service
    before = len(simulator.requests())
    yield gateway
    assert len(simulator.requests()) == before, "a call that had to be refused reached AWS"


def records_of(gateway, answer):
    return [record for record in gateway.records() if record.get("requestId") == answer.headers["X-Request-Id"]]


def assert_refused(gateway, answer, status, code, *, audited=True):
    """The problem is whole, and there is one record of it, with all that has to be in it."""
    assert (answer.status, answer.code, answer.outcome) == (status, code, "not_sent"), answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json
    assert list(problem) == ["type", "title", "status", "detail", "code", "requestId", "outcome"]
    assert problem["type"] == f"urn:connection-gateway:problem:{code}"
    assert problem["status"] == status
    assert problem["detail"].endswith(".") and len(problem["detail"]) > 20
    assert_standard_headers(answer)
    assert answer.headers["X-Request-Id"] == problem["requestId"]
    records = records_of(gateway, answer)
    if not audited:
        assert records == []
        return None
    [record] = records
    assert (record["stage"], record["httpStatus"], record["code"], record["outcome"]) == (
        "denied", status, code, "not_sent")
    assert record["client"]["address"] == record["client"]["peer"]
    assert record["client"]["address"].startswith("127.")
    assert ("connectionId" in record) != ("path" in record)
    return record


def assert_standard_headers(answer):
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(r"[A-Za-z0-9._~-]{1,128}", answer.headers["X-Request-Id"])


class TestConnectionID:
    @pytest.mark.parametrize("connection_id", [
        "", "short", "c-1234567", "c" * 257, "C-0123456789abcdef0", "c-0123456789ABCDEF0", "0-0123456789abcdef0",
        "--0123456789abcdef0", "c_0123456789abcdef0", "c-0123456789abcdef0.", "c-0123456789abcdef0;x",
        "c-0123456789abcdef0:x", "c-0123456789abcdef0*", "c-0123456789abcdef0'--", "%63-0123456789abcdef0",
        "c-%C3%A90123456789", "%E2%80%A8-0123456789", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2f",
        "c-0123456789abcdef0%00", "c-0123456789abcdef0%0d%0a", "c-0123456789abcdef0%20", "${jndi:ldap://x}"], ids=short)
    def test_what_is_no_id_is_refused_before_anything_is_done_with_it(self, gateway, connection_id):
        answer = gateway.reject(connection_id)
        if "{" in connection_id:
            # No character of a URI, so that the message is refused before the path is looked at.
            assert_refused(gateway, answer, 400, "invalid_request")
        elif "/" in connection_id:
            assert_refused(gateway, answer, 404, "route_not_found")
        else:
            record = assert_refused(gateway, answer, 400, "invalid_request")
            assert record["path"] == f"/connections/{connection_id}/reject"
            assert record["caller"] == {"token": record["caller"]["token"], "name": "test"}

    @pytest.mark.parametrize("connection_id", ["c-12345678", "c" * 256, "a---------"], ids=short)
    def test_the_shortest_and_the_longest_ids_are_asked_for(self, service, connection_id):
        simulator, gateway = service
        answer = gateway.reject(connection_id)
        assert (answer.status, answer.code) == (404, "connection_not_found"), answer
        assert simulator.requests()[-1]["connectionId"] == connection_id


class TestRoutes:
    @pytest.mark.parametrize("path", [
        "/connections//", f"/connections/{PENDING}/",
        f"/connections/{PENDING}/reject/", f"/connections/{PENDING}//reject", f"/connections//{PENDING}/reject",
        f"/connections/{PENDING}/accept", f"/connections/{PENDING}/Reject", f"/connections/{PENDING}/reject/now",
        "/connections/../livez", f"/connections/x/../{PENDING}/reject"])
    def test_an_unknown_path_under_connections_is_not_found_and_audited(self, gateway, path):
        record = assert_refused(gateway, gateway.call("POST", path), 404, "route_not_found")
        assert record["path"] == path

    @pytest.mark.parametrize("path", ["/connections", "/connections/", f"/connections/{PENDING}"])
    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_another_method_on_what_is_looked_up_is_not_allowed_and_audited(self, gateway, method, path):
        answer = gateway.call(method, path)
        record = assert_refused(gateway, answer, 405, "method_not_allowed")
        assert answer.headers["Allow"] == "GET, HEAD"
        assert record["path"] == path

    @pytest.mark.parametrize("path", [
        "//", "/index.html", "/favicon.ico", "/metrics", "/connection", "/connectionsx",
        f"/Connections/{PENDING}/reject",
        f"//connections/{PENDING}/reject", f"/x/connections/{PENDING}/reject", "/livez/", "/readyz/x",
        "/openapi.yaml", "/%6civez", "/.git/config", "/server-status"])
    def test_any_other_unknown_path_is_not_found_and_leaves_no_record(self, gateway, path):
        assert_refused(gateway, gateway.call("POST", path), 404, "route_not_found", audited=False)

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FROB"])
    def test_another_method_on_a_reject_is_not_allowed_and_audited(self, gateway, method):
        answer = gateway.call(method, REJECT)
        record = assert_refused(gateway, answer, 405, "method_not_allowed")
        assert answer.headers["Allow"] == "POST"
        assert record["connectionId"] == UNKNOWN if "connectionId" in record else record["path"] == REJECT

    def test_head_on_a_reject_is_not_allowed_and_has_no_body(self, gateway):
        answer = gateway.call("HEAD", REJECT)
        assert (answer.status, answer.headers["Allow"], answer.body) == (405, "POST", b"")
        assert [record["stage"] for record in records_of(gateway, answer)] == ["denied"]

    @pytest.mark.parametrize("path", ["/", "/livez", "/readyz", "/openapi.json"])
    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    def test_another_method_on_what_is_only_read_is_not_allowed(self, gateway, method, path):
        answer = gateway.call(method, path)
        assert_refused(gateway, answer, 405, "method_not_allowed", audited=False)
        assert answer.headers["Allow"] == "GET, HEAD"

    @pytest.mark.parametrize("path", ["/livez", "/readyz", "/openapi.json"])
    def test_head_works_where_get_does_and_says_the_same(self, gateway, path):
        got, asked = (gateway.call(method, path, token=None) for method in ("GET", "HEAD"))
        assert (got.status, asked.status, asked.body) == (200, 200, b"")
        assert len(got.body) == int(got.headers["Content-Length"]) == int(asked.headers["Content-Length"])
        assert got.headers["Content-Type"] == asked.headers["Content-Type"] == "application/json"
        assert_standard_headers(got)
        assert_standard_headers(asked)

    @pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
    def test_the_admin_listener_has_head_and_no_other_methods(self, gateway, path):
        got, asked, posted = (gateway.call(method, path, token=None, address=gateway.admin_address)
                              for method in ("GET", "HEAD", "POST"))
        assert (got.status, asked.status, asked.body) == (200, 200, b"")
        assert (posted.status, posted.code, posted.headers["Allow"]) == (405, "method_not_allowed", "GET, HEAD")

    @pytest.mark.parametrize("path", ["/", REJECT, "/openapi.json"])
    def test_the_admin_listener_has_nothing_of_the_public_one(self, gateway, path):
        answer = gateway.call("POST", path, address=gateway.admin_address)
        assert (answer.status, answer.code) == (404, "route_not_found")

    @pytest.mark.parametrize("path", ["/livez", "/readyz", "/openapi.json"])
    def test_health_and_contract_leave_no_record(self, gateway, path):
        before = len(gateway.records())
        assert gateway.call("GET", path).status == 200
        assert len(gateway.records()) == before


class TestBody:
    def post(self, gateway, body, content_type="application/json", connection_id=UNKNOWN):
        return gateway.reject(connection_id, body=body, headers={"Content-Type": content_type})

    @pytest.mark.parametrize("body", [
        b" ", b"\n", b"null", b"true", b"1", b'"text"', b"[]", b'[{"reason":"a"}]', b"{", b"}", b'{"reason"',
        b'{"reason"}',
        b'{"reason":}', b'{"reason":"a', b'{"reason":"a"', b'{"reason":"a",}', b"{,}", b"{}{}", b"{},", b"{};", b"{}x",
        b"{'reason':'a'}", b'{reason:"a"}', b'{"reason" "a"}', b'{"reason":"a" "b"}', b"{/**/}", b"//\n{}", b"{}#",
        b'{"reason":NaN}', b'{"reason":tru}', b'{"reason":"\\x"}', b'{"reason":"\\u12"}',
        b'{"reason":"a\nb"}', b'{"reason":"a\tb"}', b'{"reason":"\x01"}', b"\x0b{}", b"\x0c{}", b"\xc2\xa0{}",
        b'{"reason":"\\ud800"}', b'{"reason":"\\udc00\\ud800"}',
        # Other encodings than UTF-8, and UTF-8 that isn't.
        '{"reason":"a"}'.encode("utf-16"), '{"reason":"a"}'.encode("utf-16-le"), '{"reason":"a"}'.encode("utf-16-be"),
        '{"reason":"a"}'.encode("utf-32"), b"\xef\xbb\xbf{}", b"{}\0", b"\0{}", b'{"reason":"a\0b"}',
        b'{"reason":"\xff"}', b'{"reason":"\xc3"}', b'{"reason":"\xc0\xaf"}', b'{"reason":"\xed\xa0\x80"}',
        b'{"reason":"\xf4\x90\x80\x80"}',
        # Deep.
        b"[" * 4096, b"[" * 2048 + b"]" * 2048, b'{"reason":' + b"[" * 2000 + b"]" * 2000 + b"}", b'{"a":' * 800],
        ids=short)
    def test_what_is_no_json_object_is_refused(self, gateway, body):
        assert_refused(gateway, self.post(gateway, body), 400, "invalid_request")

    @pytest.mark.parametrize("body, name", [
        (b'{"reson":"a"}', "reson"), (b'{"reason":"a","dryRun":true}', "dryRun"), (b'{"Reason":"a"}', "Reason"),
        (b'{"reason ":"a"}', "reason "), (b'{"__proto__":{}}', "__proto__"), (b'{"":"a"}', ""),
        (b'{"unknown":{"a":[1,{"b":null}]}}', "unknown"), (b'{"b":1,"a":1}', "a"),
        ('{"raison d\'\u00eatre":1}'.encode(), "raison d'\u00eatre")])
    def test_a_member_that_nobody_knows_is_refused_and_named(self, gateway, body, name):
        answer = self.post(gateway, body)
        assert_refused(gateway, answer, 400, "invalid_request")
        assert f"'{name}'" in answer.json["detail"]

    @pytest.mark.parametrize("body", [
        b'{"reason":"a","reason":"b"}', b'{"reason":"a","reason":"a"}', b'{"reason":"a","\\u0072eason":"b"}',
        b'{"reason":null,"reason":"b"}', b'{"reason":":","reason":"\\":"}'])
    def test_a_member_that_stands_twice_is_refused(self, gateway, body):
        assert_refused(gateway, self.post(gateway, body), 400, "invalid_request")

    @pytest.mark.parametrize("reason", [None, 1, 1.5, True, [], ["a"], {}, {"a": 1}])
    def test_a_reason_that_is_no_string_is_refused(self, gateway, reason):
        answer = gateway.reject(UNKNOWN, body={"reason": reason})
        assert_refused(gateway, answer, 400, "invalid_request")
        assert "'reason' has to be a string" in answer.json["detail"]

    @pytest.mark.parametrize("character", ["x", "\u00e9", "\U0001F600", "\u0301"])
    def test_a_reason_has_512_characters_at_the_most_whatever_they_are(self, service, character):
        simulator, gateway = service
        # Not through json.dumps alone, which would write escapes and so make the body too large.
        bodies = [json.dumps({"reason": character * count}, ensure_ascii=False).encode() for count in (512, 513)]
        taken = self.post(gateway, bodies[0])
        assert (taken.status, taken.code) == (404, "connection_not_found"), taken
        assert records_of(gateway, taken)[0]["reason"] == character * 512
        before = len(simulator.requests())
        refused = self.post(gateway, bodies[1])
        assert_refused(gateway, refused, 400, "invalid_request")
        assert "512" in refused.json["detail"]
        assert len(simulator.requests()) == before

    def test_a_body_has_4096_bytes_at_the_most(self, service):
        simulator, gateway = service
        body = b'{"reason":"a"}'
        taken = self.post(gateway, body + b" " * (4096 - len(body)))
        assert (taken.status, taken.code) == (404, "connection_not_found"), taken
        before = len(simulator.requests())
        refused = self.post(gateway, body + b" " * (4097 - len(body)))
        assert_refused(gateway, refused, 413, "body_too_large")
        assert refused.headers["Connection"].lower() == "close"
        assert "4096" in refused.json["detail"]
        assert len(simulator.requests()) == before

    @pytest.mark.parametrize("body, reason", [
        (b"", None), (b"{}", None), (b' \r\n\t{ } \n', None), (b'{"reason":""}', ""),
        (b'{"reason":"CHG:1 \\"a\\" \\\\ \\/ ,{}"}', 'CHG:1 "a" \\ / ,{}'), (b'{"\\u0072eason":"a"}', "a"),
        (b'{"reason":"\\ud83d\\ude00"}', "\U0001F600"), (b'{"reason":"\\u0000\\r\\n"}', "\0\r\n")])
    def test_bodies_that_are_in_order_are_taken(self, service, body, reason):
        _, gateway = service
        answer = self.post(gateway, body)
        assert (answer.status, answer.code) == (404, "connection_not_found"), answer
        intent, _ = records_of(gateway, answer)
        assert intent.get("reason") == reason

    @pytest.mark.parametrize("content_type", [
        None, "text/plain", "text/json", "application/jsonx", "application/problem+json", "application/*", "*/*",
        "json", "application/json, text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/xml"])
    def test_a_body_of_another_media_type_is_refused(self, gateway, content_type):
        answer = gateway.reject(UNKNOWN, body=b"{}", headers={"Content-Type": content_type} if content_type else {})
        assert_refused(gateway, answer, 415, "unsupported_media_type")

    @pytest.mark.parametrize("content_type", [
        "application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON",
        "application/json ; a=b"])
    def test_parameters_and_case_of_the_media_type_dont_matter(self, service, content_type):
        _, gateway = service
        answer = self.post(gateway, b"{}", content_type)
        assert (answer.status, answer.code) == (404, "connection_not_found"), answer

    def test_without_a_body_the_media_type_doesnt_matter(self, service):
        _, gateway = service
        answer = gateway.reject(UNKNOWN, headers={"Content-Type": "text/plain"})
        assert (answer.status, answer.code) == (404, "connection_not_found"), answer


class TestQuery:
    @pytest.mark.parametrize("query, name", [
        ("dryRun", "dryRun"), ("dryRun=", "dryRun"), ("dryRun=yes", "dryRun"), ("dryRun=TRUE", "dryRun"),
        ("dryRun=1", "dryRun"), ("dryRun=true&dryRun=true", "dryRun"), ("dryRun=true&%64ryRun=false", "dryRun"),
        ("wait", "wait"), ("wait=30", "wait"), ("wait=61s", "wait"), ("wait=-1s", "wait"), ("wait=forever", "wait"),
        ("wait=1s&wait=1s", "wait"), ("dryrun=true", "dryrun"),
        ("a=b&c=d", "a"), ("limit=1", "limit")])
    def test_a_parameter_is_refused_and_named_and_nothing_is_sent(self, gateway, query, name):
        answer = gateway.call("POST", f"/connections/{PENDING}/reject?{query}")
        record = assert_refused(gateway, answer, 400, "invalid_request")
        assert f"'{name}'" in answer.json["detail"]
        assert record["connectionId"] == PENDING

    @pytest.mark.parametrize("query", [
        "=", "=a", "a[]=1", "?", "x" * 5000, "&" * 4999 + "x", "%00", "%zz", "dryRun=%zz", "dry%00Run=true"],
        ids=short)
    def test_whatever_else_stands_there_is_refused_too(self, gateway, query):
        answer = gateway.call("POST", f"/connections/{PENDING}/reject?{query}")
        assert_refused(gateway, answer, 400, "invalid_request")
        assert len(answer.body) < 600

    @pytest.mark.parametrize("query", ["", "&", "&&", "dryRun=false", "wait=0s", "wait=1ms&dryRun=false"])
    def test_what_says_nothing_new_changes_nothing(self, service, query):
        simulator, gateway = service
        answer = gateway.call("POST", f"{REJECT}?{query}")
        assert (answer.status, answer.code) == (404, "connection_not_found"), answer
        assert simulator.requests()[-1]["operation"] == "RejectInboundConnection"

    @pytest.mark.parametrize("query", ["dryRun=true", "%64ryRun=tru%65", "&dryRun=true&"])
    def test_a_dry_run_is_one_however_it_is_encoded(self, service, query):
        simulator, gateway = service
        before = len(simulator.requests("RejectInboundConnection"))
        answer = gateway.call("POST", f"/connections/{PENDING}/reject?{query}")
        assert (answer.status, answer.json["dryRun"]) == (200, True), answer
        assert len(simulator.requests("RejectInboundConnection")) == before
        assert simulator.status_of(PENDING) == "PENDING_ACCEPTANCE"

    def test_the_query_isnt_in_the_record(self, gateway):
        answer = gateway.call("GET", "/connections/x/y?secret=in-the-query")
        record = assert_refused(gateway, answer, 404, "route_not_found")
        assert record["path"] == "/connections/x/y"
        assert "in-the-query" not in gateway.audit.read_text()


class TestRequestID:
    @pytest.mark.parametrize("request_id", ["a", "A.z_~-9", "x" * 128, "-", "cgw_short"], ids=short)
    def test_a_callers_own_is_taken(self, gateway, request_id):
        answer = gateway.call("GET", "/livez", headers={"X-Request-Id": request_id})
        assert answer.headers["X-Request-Id"] == request_id

    @pytest.mark.parametrize("request_id", [
        "", "x" * 129, "a b", "a/b", "a,b", "a:b", "\u00e9", "a\tb", '"a"', "<a>", "%41", "cgw_" + "x" * 46,
        "x-cgw_" + "A1" * 23], ids=short)
    def test_anything_else_is_replaced_by_a_fresh_one(self, gateway, request_id):
        answers = [gateway.call("POST", "/connections", headers={"X-Request-Id": request_id}) for _ in range(2)]
        ids = {answer.headers["X-Request-Id"] for answer in answers}
        assert len(ids) == 2 and request_id not in ids
        assert all(re.fullmatch("[0-9a-f]{32}", each) for each in ids)
        for answer in answers:
            assert_refused(gateway, answer, 405, "method_not_allowed")

    def test_two_of_them_are_none(self, gateway):
        received = gateway.raw(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Request-Id: one\r\nX-Request-Id: two\r\n"
                               b"Connection: close\r\n\r\n")
        assert received.startswith(b"HTTP/1.1 200 ")
        assert re.search(rb"X-Request-Id: [0-9a-f]{32}\r\n", received)


class TestToken:
    """401 and 403, with what RFC 6750 wants in `WWW-Authenticate`."""

    def assert_unauthenticated(self, gateway, answer, challenge, *, connection_id=UNKNOWN):
        record = assert_refused(gateway, answer, 401, "unauthenticated")
        assert answer.headers.get_all("WWW-Authenticate") == [challenge]
        assert record["connectionId"] == connection_id

    def with_authorization(self, gateway, value):
        return gateway.reject(UNKNOWN, token=None, headers={"Authorization": value})

    def test_without_a_token_the_challenge_names_no_error(self, gateway):
        answer = gateway.reject(UNKNOWN, token=None)
        self.assert_unauthenticated(gateway, answer, REALM)
        assert list(records_of(gateway, answer)[0]) == [
            "time", "seq", "stage", "requestId", "action", "connectionId", "client", "httpStatus", "code", "outcome",
            "prev"]

    @pytest.mark.parametrize("value", [
        "Bearer", "Basic dXNlcjpwYXNz", "Digest a=b", "Token {token}", "{token}", "Bearer:{token}", "",
        "AWS4-HMAC-SHA256 x=y"])
    def test_another_scheme_is_no_token(self, gateway, value):
        answer = self.with_authorization(gateway, value.format(token=gateway.token))
        self.assert_unauthenticated(gateway, answer, REALM)

    def test_a_typing_error_is_told_by_the_checksum(self, gateway):
        flipped = gateway.token[:-1] + ("a" if gateway.token[-1] != "a" else "b")
        for mistyped in [flipped, gateway.token[:-1], gateway.token + "a", gateway.token.swapcase(), "x", "cgw_",
                         gateway.token.replace("cgw_", "cgx_"), gateway.token + " x", gateway.token + ",x",
                         f"{gateway.token[:20]}\u00e9{gateway.token[21:]}"]:
            answer = self.with_authorization(gateway, f"Bearer {mistyped}")
            self.assert_unauthenticated(gateway, answer, INVALID_TOKEN)
            assert "mistyped" in answer.json["detail"]

    def test_a_token_of_another_gateway_isnt_known(self, gateway, tmp_path):
        answer = gateway.reject(UNKNOWN, token=make_token(tmp_path / "other.json"))
        self.assert_unauthenticated(gateway, answer, INVALID_TOKEN)
        assert "isn't known" in answer.json["detail"]

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
    def test_the_schemes_case_and_more_spaces_dont_matter(self, service, scheme):
        _, gateway = service
        assert self.with_authorization(gateway, f"{scheme} {gateway.token}").status == 404

    def test_a_token_ends_when_its_time_is_over(self, gateway):
        gone = make_token(gateway.tokens, name="short", expires="1ms")
        # Known first, so that it isn't refused for being unknown.
        answer = wait_until(
            lambda: next((answer for answer in [gateway.reject(UNKNOWN, token=gone)]
                          if "has expired" in answer.json["detail"]), None), "the expired token to be known")
        self.assert_unauthenticated(gateway, answer, INVALID_TOKEN)

    def test_a_revoked_token_counts_no_more(self, service):
        simulator, gateway = service
        token = make_token(gateway.tokens, name="to-be-revoked")
        wait_until(lambda: gateway.reject(UNKNOWN, token=token).status == 404, "the new token to count")
        entry = next(entry for entry in json.loads(gateway.tokens.read_text())["tokens"]
                     if entry["name"] == "to-be-revoked")
        assert run("token", "revoke", entry["id"], "--tokens", gateway.tokens).returncode == 0
        revoked = time.monotonic()
        answer = wait_until(
            lambda: next((answer for answer in [gateway.reject(UNKNOWN, token=token)] if answer.status == 401), None),
            "the revoked token to be refused")
        assert time.monotonic() - revoked < 3
        self.assert_unauthenticated(gateway, answer, INVALID_TOKEN)

    def test_a_token_without_the_scope_is_refused_and_the_scope_named(self, gateway):
        reader = make_token(gateway.tokens, name="reader", scopes=["connections:read"])
        answer = wait_until(
            lambda: next((answer for answer in [gateway.reject(UNKNOWN, token=reader)] if answer.status != 401), None),
            "the reader's token to be known")
        record = assert_refused(gateway, answer, 403, "insufficient_scope")
        assert answer.headers["WWW-Authenticate"] == (
            f'{REALM}, error="insufficient_scope", scope="connections:reject"')
        assert record["connectionId"] == UNKNOWN
        assert record["caller"]["name"] == "reader"
        assert re.fullmatch("[0-9a-f]{12}", record["caller"]["token"])

    @pytest.mark.parametrize("path", ["/connections", f"/connections/{PENDING}"])
    def test_who_may_only_reject_may_not_look(self, gateway, path):
        answer = gateway.call("GET", path)
        record = assert_refused(gateway, answer, 403, "insufficient_scope")
        assert answer.headers["WWW-Authenticate"] == (
            f'{REALM}, error="insufficient_scope", scope="connections:read"')
        assert record["action"] == ("connections.list" if path == "/connections" else "connections.get")
        assert record["caller"]["name"] == "test"


class TestOrder:
    """What is looked at first decides, so that nobody learns more than the token they have lets them."""

    @pytest.mark.parametrize("method, path, token, body, content_type, status", [
        ("GET", "/connections/bad/reject", None, b"x" * 5000, "text/plain", 405),
        ("POST", "/connections/bad/reject", None, b"x" * 5000, "text/plain", 401),
        ("POST", "/connections/bad/reject?a=b", True, b"x" * 5000, "text/plain", 400),
        ("POST", f"{REJECT}?a=b", True, b"x" * 5000, "text/plain", 400),
        ("POST", REJECT, True, b"x" * 5000, "text/plain", 415),
        ("POST", REJECT, True, b"x" * 5000, "application/json", 413),
        ("POST", REJECT, True, b"x" * 500, "application/json", 400)], ids=short)
    def test_the_first_thing_that_is_wrong_is_told(self, gateway, method, path, token, body, content_type, status):
        answer = gateway.call(method, path, token=token, body=body, headers={"Content-Type": content_type})
        assert answer.status == status, answer


def test_nothing_that_a_caller_sends_can_break_a_line_or_fake_one(service):
    _, gateway = service
    before = len(gateway.audit.read_bytes().splitlines())
    fake = '\n{"time":"2026-01-01T00:00:00.000000Z","seq":1,"stage":"outcome"}\n'
    reason = f"{fake}\u2028{fake}\u2029\u0085\r\0\x1b[2J\u202e\u200b\ufeff\U000e0001"
    answer = gateway.reject(ACTIVE, body={"reason": reason}, headers={"User-Agent": "\u00e2\u0080\u00a8 \u00ff curl"})
    intent, outcome = records_of(gateway, answer)
    assert intent["reason"] == reason
    text = gateway.audit.read_text()
    # str.splitlines ends a line at U+2028, U+2029, NEL and the like as well.
    assert len(text.splitlines()) == len(text.split("\n")) - 1 == before + 2
    assert not re.search("[\u202e\u200b\ufeff\x1b\0\r]", text)
    assert intent["client"]["userAgent"] == outcome["client"]["userAgent"]
    gateway.check_chain()


def test_free_text_in_a_record_has_a_bound(service):
    _, gateway = service
    answer = gateway.call("POST", "/connections/" + "a" * 5000, headers={"User-Agent": "b" * 5000})
    [record] = records_of(gateway, answer)
    assert len(record["path"]) <= 512 and len(record["client"]["userAgent"]) <= 512
