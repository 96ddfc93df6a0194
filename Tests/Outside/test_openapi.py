"""The contract in openapi/, the code, and what the running gateway answers are one and the same."""

import http.client
import io
import json
import re
import shutil
import socket
import subprocess
import sys
import threading

import jsonschema
import openapi_spec_validator
import pytest
import yaml
from support.calls import gateway_for, get
from support.gateway import ONE_ATTEMPT, Answer, Gateway, make_token, run
from support.sanitizer import limits_files
from support.simulator import ACTIVE, PATIENCE, PENDING, ROOT, UNKNOWN, Simulator, environment, wait_until

DOCUMENT = yaml.safe_load((ROOT / "openapi" / "openapi.yaml").read_text())
RESOURCE = ROOT / "Sources" / "GatewayServer" / "Resources" / "openapi.json"
CODES_IN_SWIFT = ROOT / "Sources" / "GatewayCore" / "Message" / "ProblemCode.swift"

#: The names that swift-http-types gives to statuses.
STATUSES = {
    "badRequest": 400, "unauthorized": 401, "forbidden": 403, "notFound": 404, "methodNotAllowed": 405, "conflict": 409,
    "contentTooLarge": 413, "unsupportedMediaType": 415, "unprocessableContent": 422, "tooManyRequests": 429,
    "requestHeaderFieldsTooLarge": 431, "notImplemented": 501, "badGateway": 502, "serviceUnavailable": 503,
    "gatewayTimeout": 504}


def resolved(node):
    """What a `$ref` refers to; what is beside it stands as well."""
    while isinstance(node, dict) and "$ref" in node:
        target = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def assert_valid(value, schema):
    """Valid by JSON Schema 2020-12, which is what OpenAPI 3.1 uses."""
    whole = {"components": DOCUMENT["components"], "allOf": [schema]}
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(whole).validate(value)


def operations():
    """Every operation by its id: path, method and the operation itself."""
    methods = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
    return {operation["operationId"]: (path, method, operation) for path, item in DOCUMENT["paths"].items()
            for method, operation in item.items() if method in methods}


def responses():
    """Every response that stands in the document: operation id, status, response."""
    return [(name, status, resolved(response)) for name, (_, _, operation) in operations().items()
            for status, response in operation["responses"].items()]


def problem_examples():
    """Every example of a problem, once: status of its response, and the example."""
    found = {}
    for _, status, response in responses():
        for kind, media in response.get("content", {}).items():
            if kind == "application/problem+json":
                for example in media["examples"].values():
                    found[example["$ref"]] = (int(status), resolved(example)["value"])
    return list(found.values())


def codes_in_swift():
    """What ProblemCode.swift says: status and title of each code."""
    source = CODES_IN_SWIFT.read_text()
    codes = {name: raw or name for name, raw in re.findall(r'^  case (\w+)(?: = "(\w+)")?$', source, re.M)}
    statuses = {name: STATUSES[status] for names, status in re.findall(r"case (\.[\w, .]+): \.(\w+)$", source, re.M)
                for name in re.findall(r"\.(\w+)", names)}
    titles = dict(re.findall(r'case \.(\w+): "(.*)"$', source, re.M))
    assert set(codes) == set(statuses) == set(titles), "this test can't read ProblemCode.swift any more"
    return {raw: (statuses[name], titles[name]) for name, raw in codes.items()}


class TestTheDocument:
    def test_what_is_served_was_made_from_it(self):
        command = [sys.executable, ROOT / "openapi" / "generate", "--check"]
        made = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE,
                              env=environment("/nonexistent"))
        assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
        assert json.loads(RESOURCE.read_bytes()) == DOCUMENT

    @pytest.mark.parametrize("mark", ["<!--readiness-->", "<style>", "</style>"])
    @pytest.mark.parametrize("count", [0, 2])
    def test_no_page_is_made_without_one_place_for_the_readiness_and_one_style(self, tmp_path, mark, count):
        shutil.copytree(ROOT / "openapi", tmp_path / "openapi")
        template = tmp_path / "openapi" / "page.html"
        template.write_text(template.read_text().replace(mark, mark * count))
        made = subprocess.run([sys.executable, tmp_path / "openapi" / "generate"], capture_output=True, text=True,
                              timeout=PATIENCE, env=environment("/nonexistent"))
        assert (made.returncode, made.stdout) == (1, "")
        assert f"openapi/page.html has to have one {mark}" in made.stderr

    def test_it_is_valid_openapi_3_1(self):
        assert DOCUMENT["openapi"].startswith("3.1.")
        openapi_spec_validator.OpenAPIV31SpecValidator(DOCUMENT).validate()

    def test_it_has_the_version_of_the_program(self):
        printed = run("--version")
        assert printed.returncode == 0, printed.stderr
        assert DOCUMENT["info"]["version"] == printed.stdout.strip()

    def test_every_example_of_a_body_fits_its_schema(self):
        bodies = [resolved(operation["requestBody"]) for _, _, operation in operations().values()
                  if "requestBody" in operation]
        count = 0
        for body in [*bodies, *(response for _, _, response in responses())]:
            for media in body.get("content", {}).values():
                for name, example in media.get("examples", {}).items():
                    assert_valid(resolved(example)["value"], media["schema"])
                    count += 1
        assert count > 20

    def test_every_example_of_a_header_and_of_a_parameter_fits_its_schema(self):
        described = [*DOCUMENT["components"]["headers"].values(), *DOCUMENT["components"]["parameters"].values()]
        with_example = [each for each in described if "example" in each]
        assert len(with_example) >= 4
        for each in with_example:
            assert_valid(each["example"], each["schema"])

    def test_every_example_inside_a_schema_fits_it(self):
        def check(schema):
            if isinstance(schema, dict):
                # A property may be called `examples`; then it is no list.
                for example in schema["examples"] if isinstance(schema.get("examples"), list) else []:
                    assert_valid(example, {key: value for key, value in schema.items() if key != "examples"})
                for part in schema.values():
                    check(part)
            elif isinstance(schema, list):
                for part in schema:
                    check(part)

        check(DOCUMENT["components"]["schemas"])

    def test_every_example_belongs_to_something(self):
        used = set(re.findall(r"#/components/examples/([\w.]+)", json.dumps(DOCUMENT["paths"])
                              + json.dumps(DOCUMENT["components"]["responses"])))
        assert used == set(DOCUMENT["components"]["examples"])

    def test_every_response_names_the_three_headers_that_all_have(self):
        for name, status, response in responses():
            for header in ("X-Request-Id", "Cache-Control", "X-Content-Type-Options"):
                assert resolved(response["headers"][header])["required"], (name, status, header)


class TestTheCodes:
    def test_the_document_has_exactly_the_codes_of_the_program(self):
        listed = DOCUMENT["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
        assert len(listed) == len(set(listed))
        assert set(listed) == set(codes_in_swift())

    def test_each_code_has_an_example_with_the_programs_status_and_title(self):
        shown = {example["code"]: (example["status"], example["title"]) for _, example in problem_examples()}
        assert shown == codes_in_swift()

    def test_each_example_agrees_with_itself_and_with_its_place(self):
        for status, example in problem_examples():
            assert example["status"] == status, example
            assert example["type"] == f"urn:connection-gateway:problem:{example['code']}", example


def parsed(data):
    """An answer from its bytes."""
    class Wire:
        def makefile(self, _):
            return io.BytesIO(data)

    answer = http.client.HTTPResponse(Wire())
    answer.begin()
    return Answer(answer.status, answer.headers, answer.read())


def assert_documented(operation_id, answer, *, has_body=True):
    """The answer is one that the document has for this operation: status, content type, headers and body."""
    path, method, operation = operations()[operation_id]
    assert str(answer.status) in operation["responses"], f"{operation_id} has no {answer.status}: {answer}"
    response = resolved(operation["responses"][str(answer.status)])
    for name, header in response["headers"].items():
        header, values = resolved(header), answer.headers.get_all(name, [])
        assert len(values) == 1 or (not values and not header.get("required")), (name, values)
        for value in values:
            is_number = resolved(header["schema"])["type"] == "integer"
            assert_valid(int(value) if is_number else value, header["schema"])
    if not has_body:
        assert answer.body == b""
        return
    kind = answer.headers.get_content_type()
    assert kind in response["content"], (kind, answer)
    is_json = kind.endswith("json")
    assert_valid(answer.json if is_json else answer.body.decode(), response["content"][kind]["schema"])
    assert str(len(answer.body)) == answer.headers["Content-Length"]
    if is_json and "requestId" in answer.json:
        assert answer.json["requestId"] == answer.headers["X-Request-Id"]
    if kind == "application/problem+json":
        status, title = codes_in_swift()[answer.code]
        assert (answer.status, answer.json["status"], answer.json["title"]) == (status, status, title)
        assert answer.json["type"] == f"urn:connection-gateway:problem:{answer.code}"


@pytest.fixture(scope="module")
def service():
    with Simulator() as simulator, Gateway(simulator.url) as gateway:
        gateway.reading_token = make_token(gateway.tokens, name="reader", scopes=["connections:read"])
        wait_until(lambda: gateway.reject(PENDING, token=gateway.reading_token).status != 401, "the new token to count")
        yield simulator, gateway


def plain_head(gateway, *lines, method="POST", path=f"/connections/{PENDING}/reject"):
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: gateway.test", f"Authorization: Bearer {gateway.token}",
                        "Connection: close", *lines, "", ""]).encode()


TOO_LARGE = "X-Large: " + "a" * 16384

#: One call for each way in which the gateway itself refuses: status, code and the call.
REFUSED_BY_THE_GATEWAY = {
    "id": (400, "invalid_request", lambda it: it.reject("Not-An-Id")),
    "id-percent-encoded": (400, "invalid_request", lambda it: it.reject(PENDING.replace("0", "%30", 1))),
    "query": (400, "invalid_request", lambda it: it.call("POST", f"/connections/{PENDING}/reject?dryrun=true")),
    "body-not-json": (400, "invalid_request", lambda it: it.reject(
        PENDING, body="{", headers={"Content-Type": "application/json"})),
    "body-unknown-member": (400, "invalid_request", lambda it: it.reject(PENDING, body={"reasons": "x"})),
    "body-reason-too-long": (400, "invalid_request", lambda it: it.reject(PENDING, body={"reason": "x" * 513})),
    "message-no-host": (400, "invalid_request", lambda it: parsed(it.raw(
        plain_head(it).replace(b"Host: gateway.test\r\n", b"")))),
    "message-two-lengths": (400, "invalid_request", lambda it: parsed(it.raw(
        plain_head(it, "Content-Length: 0", "Content-Length: 2") + b"{}"))),
    "message-folded": (400, "invalid_request", lambda it: parsed(it.raw(plain_head(it, "X-Folded: a", " b")))),
    "token-none": (401, "unauthenticated", lambda it: it.reject(PENDING, token=None)),
    "token-wrong": (401, "unauthenticated", lambda it: it.reject(PENDING, token="cgw_" + "0" * 46)),
    "token-of-another-form": (401, "unauthenticated", lambda it: it.reject(
        PENDING, token=None, headers={"Authorization": "Basic YTpi"})),
    "scope": (403, "insufficient_scope", lambda it: it.reject(PENDING, token=it.reading_token)),
    "route": (404, "route_not_found", lambda it: it.call("GET", "/connection")),
    "method": (405, "method_not_allowed", lambda it: it.call("DELETE", f"/connections/{PENDING}/reject")),
    "body-too-large": (413, "body_too_large", lambda it: it.reject(
        PENDING, body="x" * 4097, headers={"Content-Type": "application/json"})),
    "media-type": (415, "unsupported_media_type", lambda it: it.reject(
        PENDING, body="reason=x", headers={"Content-Type": "application/x-www-form-urlencoded"})),
    "headers-too-large": (431, "headers_too_large", lambda it: parsed(it.raw(plain_head(it, TOO_LARGE)))),
    "transfer-encoding": (501, "not_implemented", lambda it: parsed(it.raw(
        plain_head(it, "Transfer-Encoding: chunked") + b"0\r\n\r\n"))),
}

#: One call for each way in which AWS refuses or fails: status, code, outcome, connection and the simulator's fault.
REFUSED_BY_AWS = {
    "unknown-connection": (404, "connection_not_found", "not_rejected", UNKNOWN, None),
    "active-connection": (409, "connection_not_rejectable", "not_rejected", ACTIVE, None),
    "conflict": (409, "connection_not_rejectable", "not_rejected", PENDING,
                 {"kind": "error", "status": 409, "code": "ConflictException", "message": "Busy"}),
    "validation": (422, "upstream_validation", "not_rejected", PENDING,
                   {"kind": "error", "status": 400, "code": "ValidationException", "message": "Use the other SDK"}),
    "denied": (502, "upstream_denied", "not_rejected", PENDING,
               {"kind": "error", "status": 403, "code": "AccessDeniedException", "message": "No"}),
    "failed": (502, "upstream_error", "unknown", PENDING, {"kind": "error"}),
    "a-web-page": (502, "upstream_error", "unknown", PENDING, {"kind": "html"}),
    "garbage": (502, "upstream_error", "unknown", PENDING, {"kind": "garbage"}),
    "nothing": (502, "upstream_error", "unknown", PENDING, {"kind": "empty"}),
    "cut": (504, "upstream_timeout", "unknown", PENDING, {"kind": "cut"}),
    "cut-mid": (504, "upstream_timeout", "unknown", PENDING, {"kind": "cut-mid"}),
    "throttled": (503, "upstream_throttled", "not_rejected", PENDING, {"kind": "throttle"}),
}


class TestTheAnswers:
    """What the running gateway says is what the document says it says."""

    def test_the_document_itself(self, service):
        simulator, gateway = service
        answer = gateway.call("GET", "/openapi.json", token=None)
        assert answer.body == RESOURCE.read_bytes()
        assert_documented("getContract", answer)

    @pytest.mark.parametrize("name", ["Liveness", "Readiness", "Contract", "Page"])
    def test_the_documents_without_a_token(self, service, name):
        simulator, gateway = service
        path = operations()[f"get{name}"][0]
        answer, head = gateway.call("GET", path, token=None), gateway.call("HEAD", path, token=None)
        assert_documented(f"get{name}", answer)
        assert_documented(f"head{name}", head, has_body=False)
        assert (answer.status, head.status) == (200, 200)
        assert head.headers["Content-Length"] == answer.headers["Content-Length"]
        for method in ("POST", "PUT", "DELETE"):
            refused = gateway.call(method, path, token=None)
            assert refused.status == 405
            assert_documented(f"get{name}", refused)
            assert set(refused.headers["Allow"].split(", ")) == {"GET", "HEAD"}
        for status, line in ((400, " Folded: x"), (431, TOO_LARGE), (501, "Transfer-Encoding: chunked")):
            data = plain_head(gateway, "X-First: y", line, method="GET", path=path)
            refused = parsed(gateway.raw(data + (b"0\r\n\r\n" if status == 501 else b"")))
            assert refused.status == status, refused
            assert_documented(f"get{name}", refused)

    def test_success(self):
        with Simulator() as simulator, Gateway(simulator.url) as gateway:
            answer = gateway.reject(PENDING)
            assert answer.status == 200, answer
            assert_documented("rejectConnection", answer)
            assert set(answer.json) == {"connection", "requestId", "awsRequestId", "attempts"}

    @pytest.mark.parametrize("token, status", [(True, 200), ("cgw_" + "0" * 46, 401)])
    def test_one_call_too_many(self, token, status):
        rates = {"GATEWAY_TOKEN_RATE": "1/1", "GATEWAY_FAILURE_RATE": "1/1"}
        with Simulator() as simulator, Gateway(simulator.url, env=rates) as gateway:
            assert gateway.reject(PENDING, token=token).status == status
            # Where a second has passed in between, the next one is let in as well.
            answer = wait_until(lambda: (reply := gateway.reject(PENDING, token=token)).status == 429 and reply, "a 429")
            assert_documented("rejectConnection", answer)
            assert (answer.code, answer.outcome) == ("rate_limited", "not_sent")

    @pytest.mark.parametrize("name", REFUSED_BY_THE_GATEWAY)
    def test_what_the_gateway_refuses(self, service, name):
        simulator, gateway = service
        before = len(simulator.requests())
        status, code, call = REFUSED_BY_THE_GATEWAY[name]
        answer = call(gateway)
        assert (answer.status, answer.code, answer.outcome) == (status, code, "not_sent"), answer
        assert_documented("rejectConnection", answer)
        assert len(simulator.requests()) == before

    @pytest.mark.parametrize("name", REFUSED_BY_AWS)
    def test_what_aws_refuses_or_fails_at(self, name):
        status, code, outcome, connection, fault = REFUSED_BY_AWS[name]
        with Simulator() as simulator, Gateway(simulator.url) as gateway:
            if fault:
                simulator.fault(**fault)
            answer = gateway.reject(connection)
            assert (answer.status, answer.code, answer.outcome) == (status, code, outcome), answer
            assert_documented("rejectConnection", answer)
            assert ("Retry-After" in answer.headers) == (code == "upstream_throttled")

    @pytest.mark.parametrize("kind, status, code", [
        ("garbage", 502, "upstream_error"), ("html", 502, "upstream_error"), ("cut", 504, "upstream_timeout")])
    def test_a_dry_run_that_aws_fails_at(self, kind, status, code):
        with Simulator() as simulator, gateway_for(simulator.url, env=ONE_ATTEMPT) as gateway:
            simulator.fault(kind)
            answer = gateway.call("POST", f"/connections/{PENDING}/reject?dryRun=true")
            assert (answer.status, answer.code, answer.outcome) == (status, code, "not_rejected"), answer
            assert_documented("rejectConnection", answer)

    def test_aws_knows_nothing_of_a_list(self):
        with Simulator() as simulator, gateway_for(simulator.url) as gateway:
            simulator.fault("error", status=409, code="ResourceNotFoundException")
            answer = get(gateway, "")
            assert (answer.status, answer.code, answer.outcome) == (422, "upstream_validation", "not_rejected"), answer
            assert_documented("listConnections", answer)

    def test_aws_does_not_answer_in_time(self):
        with Simulator() as simulator, Gateway(simulator.url, arguments=["--request-timeout", "1s"]) as gateway:
            simulator.fault("stall")
            answer = gateway.reject(PENDING)
            assert (answer.status, answer.code, answer.outcome) == (504, "upstream_timeout", "unknown"), answer
            assert_documented("rejectConnection", answer)

    def test_aws_cannot_be_reached(self):
        with socket.socket() as taken:
            # Taken, so that no one else listens there, but nobody listens.
            taken.bind(("127.0.0.1", 0))
            with Gateway("http://127.0.0.1:%d" % taken.getsockname()[1]) as gateway:
                answer = gateway.reject(PENDING)
                assert (answer.status, answer.code, answer.outcome) == (502, "upstream_unreachable", "not_sent"), answer
                assert_documented("rejectConnection", answer)

    def test_no_credentials(self):
        none = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
        with Simulator() as simulator, Gateway(simulator.url, env=none) as gateway:
            answer = gateway.reject(PENDING)
            assert (answer.status, answer.code, answer.outcome) == (503, "credentials_unavailable", "not_sent"), answer
            assert_documented("rejectConnection", answer)
            ready = gateway.ready()
            assert ready.status == 503
            assert_documented("getReadiness", ready)
            head = gateway.call("HEAD", "/readyz", token=None)
            assert head.status == 503
            assert_documented("headReadiness", head, has_body=False)
            assert simulator.requests() == []

    @limits_files
    def test_the_audit_cannot_be_written(self):
        # No file may grow beyond this, so the audit log is full after some records.
        with Simulator() as simulator, Gateway(simulator.url, prefix=["prlimit", "--fsize=4096"]) as gateway:

            def refused():
                answer = gateway.reject(UNKNOWN)
                return answer if answer.status == 503 else None

            answer = wait_until(refused, "a full audit log")
            assert answer.code == "audit_unavailable", answer
            assert_documented("rejectConnection", answer)

    def test_every_place_is_taken(self):
        with Simulator() as simulator, Gateway(simulator.url, arguments=["--max-in-flight", "1"]) as gateway:
            simulator.fault("stall")
            under_way = []
            caller = threading.Thread(target=lambda: under_way.append(gateway.reject(PENDING)))
            caller.start()
            wait_until(simulator.requests, "the simulator to see the call that is under way")
            answer = gateway.reject(ACTIVE)
            assert (answer.status, answer.code, answer.outcome) == (503, "overloaded", "not_sent"), answer
            assert_documented("rejectConnection", answer)
            assert len(simulator.requests()) == 1
            # So that the call under way needn't be waited for.
            simulator.stop()
            caller.join(PATIENCE)
            assert [each.code for each in under_way] == ["upstream_timeout"]

    def test_every_code_has_its_call_here(self):
        here = {code for _, code, *_ in [*REFUSED_BY_THE_GATEWAY.values(), *REFUSED_BY_AWS.values()]}
        apart = {"rate_limited", "upstream_unreachable", "credentials_unavailable", "audit_unavailable", "overloaded"}
        assert here | apart == set(codes_in_swift())
