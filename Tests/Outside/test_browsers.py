"""Browsers: scripts of the named origins' pages may call, those of others may not, and `GET /` is a page for people.

What a browser makes of it, Chromium says.
"""

import base64
import contextlib
import hashlib
import html
import html.parser
import http.client
import json
import re
import subprocess

import pytest
from support.browser import Browser, site
from support.calls import gateway_for
from support.gateway import Gateway, make_token
from support.simulator import ACTIVE, PATIENCE, PENDING, ROOT, UNKNOWN, Simulator, connection, environment, wait_until

ORIGIN, SECOND = "https://tools.example.com", "http://localhost:3000"
#: The `Allow` of each path there is.
PATHS = {"/": "GET, HEAD", "/livez": "GET, HEAD", "/readyz": "GET, HEAD", "/openapi.json": "GET, HEAD",
         "/connections": "GET, HEAD", f"/connections/{PENDING}": "GET, HEAD", f"/connections/{PENDING}/reject": "POST"}
REJECT = f"/connections/{PENDING}/reject"


def preflight(gateway, path=REJECT, origin=ORIGIN, method="POST", headers="authorization,content-type"):
    """What a browser asks before a call."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return gateway.call("OPTIONS", path, token=None,
                        headers={name: value for name, value in asked.items() if value is not None})


def cors_headers(answer):
    """The headers that CORS is about, without the prefix that most of them have."""
    return {name.lower().removeprefix("access-control-"): value for name, value in answer.headers.items()
            if name.lower().startswith("access-control-") or name.lower() == "vary"}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def audited(gateway):
    """How many records there are of calls."""
    return len([record for record in gateway.records() if "requestId" in record])


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


@pytest.fixture(scope="module")
def gateway(simulator):
    with Gateway(simulator.url, arguments=["--cors-origin", ORIGIN, "--cors-origin", SECOND]) as running:
        yield running


class TestTheHeaders:
    EXPOSED = "X-Request-Id, Retry-After, WWW-Authenticate, Allow"

    @pytest.mark.parametrize("origin", [ORIGIN, SECOND])
    @pytest.mark.parametrize("path", PATHS)
    def test_a_preflight_of_an_allowed_origin_is_answered_and_leaves_no_record(self, gateway, path, origin):
        before = audited(gateway)
        answer = preflight(gateway, path, origin)
        assert (answer.status, answer.body) == (204, b"")
        assert cors_headers(answer) == {
            "allow-origin": origin, "allow-methods": PATHS[path], "max-age": "600", "vary": "Origin",
            "allow-headers": "Authorization, Content-Type, X-Request-Id", "expose-headers": self.EXPOSED}
        assert "Content-Length" not in answer.headers and "Content-Type" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["X-Request-Id"]
        assert audited(gateway) == before

    @pytest.mark.parametrize("origin", [
        "https://other.example.com", "http://tools.example.com", ORIGIN + ":443", ORIGIN + "/", ORIGIN.upper(), "null",
        "*", ORIGIN + ".evil.example", f"{ORIGIN}, {ORIGIN}", f"{ORIGIN} {SECOND}", "http://localhost:3001"])
    def test_one_of_another_origin_is_told_nothing_and_written_down(self, gateway, origin):
        answer = preflight(gateway, origin=origin)
        assert (answer.status, answer.code, answer.headers["Allow"]) == (405, "method_not_allowed", "POST")
        assert cors_headers(answer) == {"vary": "Origin"}
        last = gateway.records()[-1]
        assert (last["stage"], last["requestId"]) == ("denied", answer.headers["X-Request-Id"])

    def test_two_origins_are_none(self, gateway):
        with contextlib.closing(http.client.HTTPConnection(gateway.address, timeout=PATIENCE)) as wire:
            wire.putrequest("OPTIONS", "/livez")
            for name, value in [("Origin", ORIGIN), ("Origin", ORIGIN), ("Access-Control-Request-Method", "GET")]:
                wire.putheader(name, value)
            wire.endheaders()
            answer = wire.getresponse()
            assert (answer.status, cors_headers(answer)) == (405, {"vary": "Origin"})
            answer.read()

    @pytest.mark.parametrize("origin, asking", [(None, "POST"), (ORIGIN, None)])
    def test_options_that_is_no_preflight_is_a_method_like_any_other(self, gateway, origin, asking):
        answer = preflight(gateway, origin=origin, method=asking)
        assert (answer.status, answer.code) == (405, "method_not_allowed")
        assert gateway.records()[-1]["requestId"] == answer.headers["X-Request-Id"]

    @pytest.mark.parametrize("path", ["/metrics", "/favicon.ico", f"/connections/{PENDING}/accept"])
    def test_a_path_that_is_not_there_is_not_there_for_a_preflight(self, gateway, path):
        answer = preflight(gateway, path)
        assert (answer.status, answer.code) == (404, "route_not_found")
        assert "allow-methods" not in cors_headers(answer)

    @pytest.mark.parametrize("name, status", [
        ("a look at its health", 200), ("no token", 401), ("no such path", 404), ("another method", 405),
        ("an id that is none", 400), ("a body that is too large", 413), ("an unknown connection", 404),
        ("no scope", 403)])
    def test_whatever_is_answered_to_an_allowed_origin_its_script_may_read(self, gateway, name, status):
        method, path, options = {
            "a look at its health": ("GET", "/readyz", {}),
            "no token": ("POST", REJECT, {"token": None}),
            "no such path": ("GET", "/nowhere", {}),
            "another method": ("DELETE", REJECT, {}),
            "an id that is none": ("POST", "/connections/NO/reject", {}),
            "a body that is too large": ("POST", REJECT, {"body": {"reason": "x" * 5000}}),
            "an unknown connection": ("POST", f"/connections/{UNKNOWN}/reject", {}),
            "no scope": ("GET", f"/connections/{PENDING}", {}),
        }[name]
        for origin in (ORIGIN, "https://other.example.com", None):
            answer = gateway.call(method, path, headers={"Origin": origin} if origin else {}, **options)
            assert answer.status == status, answer
            allowed = {"allow-origin": ORIGIN, "expose-headers": self.EXPOSED} if origin == ORIGIN else {}
            assert cors_headers(answer) == {"vary": "Origin", **allowed}

    def test_without_a_named_origin_all_is_as_if_there_were_no_browsers(self, simulator):
        with Gateway(simulator.url) as gateway:
            assert cors_headers(gateway.call("GET", "/readyz", headers={"Origin": ORIGIN})) == {}
            answer = preflight(gateway)
            assert (answer.status, cors_headers(answer)) == (405, {})
            assert [record["code"] for record in gateway.records("denied")] == ["method_not_allowed"]

    def test_the_admin_listener_has_none_of_it(self, gateway):
        answer = gateway.call("GET", "/readyz", headers={"Origin": ORIGIN}, address=gateway.admin_address)
        assert (answer.status, cors_headers(answer)) == (200, {})

    def test_the_origins_may_come_from_the_environment(self, simulator):
        with Gateway(simulator.url, env={"GATEWAY_CORS_ORIGINS": f"{SECOND},{ORIGIN}"}) as gateway:
            assert preflight(gateway).status == preflight(gateway, origin=SECOND).status == 204

    def test_the_metrics_count_them_apart(self, gateway):
        name = 'connection_gateway_requests_total{code="",route="preflight",status="204"}'
        before = gateway.metrics().get(name, 0)
        preflight(gateway)
        assert gateway.metrics()[name] == before + 1


@pytest.fixture(scope="module")
def browser():
    with Browser() as running:
        yield running


@pytest.fixture(scope="module")
def sites():
    with site() as allowed, site() as other:
        yield allowed, other


@pytest.fixture(scope="module")
def service(sites):
    """A simulator, and a gateway that the first of the sites may call."""
    seed = [connection(PENDING), connection(ACTIVE, "ACTIVE"), connection(NEVER)]
    with Simulator(seed) as simulator, Gateway(simulator.url, arguments=["--cors-origin", sites[0]]) as gateway:
        gateway.reading_token = make_token(gateway.tokens, name="reader", scopes=["connections:read"])
        wait_until(lambda: gateway.call("GET", "/connections", token=gateway.reading_token).status == 200,
                   "the new token to count")
        yield simulator, gateway


#: A connection that no call of a page may reach.
NEVER = "c-0000000000000000e"


@pytest.fixture(scope="module")
def tool(browser, sites, service):
    """A page of the allowed origin."""
    return browser.open(f"{sites[0]}/")


class TestAScript:
    """What a page's script gets in a real browser."""

    def test_of_an_allowed_origin_does_the_main_job(self, service, tool):
        simulator, gateway = service
        before = audited(gateway)
        answer = tool.fetch(
            gateway.url + REJECT, method="POST", body='{"reason": "CHG-1234"}',
            headers={**bearer(gateway.token), "Content-Type": "application/json", "X-Request-Id": "from-a-page"})
        assert answer["status"] == 200, answer
        assert json.loads(answer["body"])["connection"]["id"] == PENDING
        assert answer["headers"]["x-request-id"] == "from-a-page"
        assert simulator.status_of(PENDING) in ("REJECTING", "REJECTED")
        # The preflight is no call.
        assert audited(gateway) == before + 2
        assert [record["stage"] for record in gateway.records() if record.get("requestId") == "from-a-page"] == [
            "intent", "outcome"]

    def test_of_an_allowed_origin_reads_the_look_ups(self, service, tool):
        _, gateway = service
        listed = tool.fetch(f"{gateway.url}/connections?limit=2", headers=bearer(gateway.reading_token))
        one = tool.fetch(f"{gateway.url}/connections/{ACTIVE}", headers=bearer(gateway.reading_token))
        assert [listed["status"], one["status"]] == [200, 200]
        assert json.loads(one["body"])["connection"]["status"] == "ACTIVE"

    @pytest.mark.parametrize("status, code, header", [
        (401, "unauthenticated", "www-authenticate"), (404, "connection_not_found", None),
        (409, "connection_not_rejectable", None), (400, "invalid_request", None),
        (405, "method_not_allowed", "allow")])
    def test_of_an_allowed_origin_reads_a_refusal_too(self, service, tool, status, code, header):
        _, gateway = service
        path, options = {
            401: (REJECT, {"method": "POST"}),
            404: (f"/connections/{UNKNOWN}/reject", {"method": "POST", "headers": bearer(gateway.token)}),
            409: (f"/connections/{ACTIVE}/reject", {"method": "POST", "headers": bearer(gateway.token)}),
            400: ("/connections/NO/reject", {"method": "POST", "headers": bearer(gateway.token)}),
            405: (REJECT, {"headers": bearer(gateway.token)}),
        }[status]
        answer = tool.fetch(gateway.url + path, **options)
        assert (answer["status"], json.loads(answer["body"])["code"]) == (status, code)
        assert json.loads(answer["body"])["requestId"] == answer["headers"]["x-request-id"]
        assert header is None or answer["headers"][header]

    @pytest.mark.parametrize("options", [
        {"method": "POST"}, {"method": "POST", "mode": "same-origin"}, {"method": "GET"},
        {"method": "POST", "credentials": "include"}], ids=json.dumps)
    def test_of_another_origin_is_kept_out(self, service, browser, sites, options):
        simulator, gateway = service
        before = len(simulator.requests()), len(gateway.records("intent"))
        page = browser.open(f"{sites[1]}/")
        path = f"/connections/{NEVER}" + ("/reject" if options["method"] == "POST" else "")
        assert page.fetch(gateway.url + path, headers=bearer(gateway.token), **options) == {"error": "TypeError"}
        # Without a header of its own there is no preflight: the call arrives, but its answer isn't shown.
        assert page.fetch(f"{gateway.url}/readyz") == {"error": "TypeError"}
        assert (len(simulator.requests()), len(gateway.records("intent"))) == before
        assert simulator.truth(NEVER)["rejects"]["seen"] == 0

    def test_of_a_page_without_an_origin_is_kept_out(self, service, browser):
        simulator, gateway = service
        page = browser.open("data:text/html,<title>none</title>")
        assert page.run("self.origin") == "null"
        assert page.fetch(f"{gateway.url}/connections/{NEVER}/reject", method="POST",
                          headers=bearer(gateway.token)) == {"error": "TypeError"}
        assert simulator.truth(NEVER)["rejects"]["seen"] == 0

    def test_may_not_send_the_browsers_own_credentials(self, service, tool):
        simulator, gateway = service
        url = f"{gateway.url}/connections/{NEVER}/reject"
        assert tool.fetch(url, method="POST", credentials="include", headers=bearer(gateway.token)) == {
            "error": "TypeError"}
        assert tool.fetch(f"{gateway.url}/readyz", credentials="include") == {"error": "TypeError"}
        assert simulator.truth(NEVER)["rejects"]["seen"] == 0

    @pytest.mark.parametrize("options", [
        {"method": "DELETE"}, {"method": "PUT"}, {"method": "POST", "headers": {"X-Other": "a"}}], ids=json.dumps)
    def test_may_not_send_what_the_gateway_has_no_use_for(self, service, tool, options):
        simulator, gateway = service
        before = audited(gateway)
        assert tool.fetch(f"{gateway.url}/connections/{NEVER}/reject", **options) == {"error": "TypeError"}
        # The browser asked, was told, and called no more.
        assert audited(gateway) == before


class Structure(html.parser.HTMLParser):
    """The page's elements, and whether every one that is opened is closed again in its place."""

    VOID = {"meta", "link", "br"}

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def attributes(self, name):
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def luminance(colour):
    """WCAG 2.2's relative luminance of `rgb(…)`."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


#: Every pair of text and background that is to be seen.
COLOURS = """
[...new Set([...document.querySelectorAll("body *")].filter(e => [...e.childNodes].some(
  n => n.nodeType === 3 && n.data.trim())).map(e => {
    let back = e;
    while (getComputedStyle(back).backgroundColor === "rgba(0, 0, 0, 0)") back = back.parentElement;
    return getComputedStyle(e).color + "/" + getComputedStyle(back).backgroundColor;
  }))]"""


@pytest.fixture(scope="module")
def answer(gateway):
    return gateway.call("GET", "/", token=None)


@pytest.fixture(scope="module")
def structure(answer):
    return Structure(answer.body.decode())


@pytest.fixture(scope="module")
def page(browser, gateway):
    """The page in the browser."""
    return browser.open(f"{gateway.url}/")


class TestThePage:
    def test_it_comes_without_a_token_and_leaves_no_record(self, gateway):
        before = audited(gateway)
        got, head = (gateway.call(method, "/?x", token=None) for method in ("GET", "HEAD"))
        assert (got.status, head.status, head.body) == (200, 200, b"")
        assert audited(gateway) == before
        assert len(got.body) < 100_000

    def test_its_headers_let_a_browser_do_nothing_but_show_it(self, answer):
        styles = re.findall(rb"<style>(.*?)</style>", answer.body, re.S)
        hashes = [base64.b64encode(hashlib.sha256(style).digest()).decode() for style in styles]
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert [policy.pop("style-src")] == [f"'sha256-{each}'" for each in hashes]
        assert policy == {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'",
                          "frame-ancestors": "'none'"}
        expected = {"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff",
                    "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
                    "Cross-Origin-Resource-Policy": "same-origin"}
        assert {name: answer.headers[name] for name in expected} == expected

    def test_it_is_well_formed_and_has_nothing_that_acts_or_comes_from_elsewhere(self, structure):
        tags = {tag for tag, _ in structure.elements}
        assert not tags & {
            "script", "iframe", "object", "embed", "img", "form", "input", "base", "svg", "video", "audio"}
        names = {name for _, attributes in structure.elements for name in attributes}
        assert not [name for name in names if name.startswith("on") or name in ("style", "src", "srcset", "action")]
        assert all(href.startswith(("#", "/", "data:image/svg+xml,")) and not href.startswith("//")
                   for href in structure.attributes("href"))

    def test_it_can_be_found_ones_way_in(self, structure):
        ids = structure.attributes("id")
        assert len(ids) == len(set(ids))
        assert {href[1:] for href in structure.attributes("href") if href.startswith("#")} <= set(ids)
        assert {name for names in structure.attributes("aria-labelledby") for name in names.split()} <= set(ids)
        assert [attributes["lang"] for tag, attributes in structure.elements if tag == "html"] == ["en"]
        levels = [int(tag[1]) for tag, _ in structure.elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(later - earlier <= 1 for earlier, later in zip(levels, levels[1:]))
        assert all(attributes.get("scope") in ("col", "row") for tag, attributes in structure.elements if tag == "th")
        for landmark in ("header", "nav", "main", "footer"):
            assert [tag for tag, _ in structure.elements].count(landmark) == 1

    def test_it_has_the_whole_contract(self, gateway, structure):
        contract = gateway.call("GET", "/openapi.json", token=None).json
        for path, item in contract["paths"].items():
            for method, operation in item.items():
                if method != "head":
                    assert f"{method.upper()} {path}" in structure.text
                    assert operation["operationId"] in structure.attributes("id")
                    assert operation["summary"] in structure.text
        codes = contract["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
        assert set(codes) <= set(structure.attributes("id"))
        for name, schema in contract["components"]["schemas"].items():
            for member in schema.get("properties", {}):
                assert member in structure.text, (name, member)
        for parameter in contract["components"]["parameters"].values():
            assert parameter["name"] in structure.text
        # What stands in the document as markup is markup here.
        assert "**" not in structure.text and "`" not in structure.text and "|---" not in structure.text

    def test_its_examples_work_as_they_stand_there(self, answer):
        lines = [html.unescape(line) for line in re.findall("<code>(curl .*?)</code>", answer.body.decode(), re.S)]
        assert len(lines) == len(PATHS)
        with Simulator() as simulator, gateway_for(simulator.url) as gateway:
            for line in lines:
                done = subprocess.run(
                    ["bash", "-c", f"{line} --fail"], capture_output=True, text=True, timeout=PATIENCE,
                    env=environment(gateway.folder, GATEWAY=gateway.url, TOKEN=gateway.token))
                assert done.returncode == 0 and done.stdout, (line, done)
            assert simulator.status_of(PENDING) in ("REJECTING", "REJECTED")

    def test_it_says_whether_it_is_ready_and_nothing_more(self, simulator, gateway, structure):
        assert "Ready: it can do its job" in " ".join(structure.text.split())
        checks = {check["name"] for check in gateway.ready().json["checks"]}
        assert checks == {"audit", "credentials", "tokens"}
        none = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_EC2_METADATA_DISABLED": "true"}
        with Gateway(simulator.url, env=none) as other:
            answer = other.call("GET", "/", token=None)
            text = Structure(answer.body.decode()).text
            assert answer.status == 200 and "Not ready: something is failing, so calls may be refused" in text
            for told in (str(other.folder), other.address, other.admin_address, *other.ready_for_admins().values()):
                assert str(told) not in text

    def test_it_shows_nothing_that_a_caller_sends(self, gateway, answer):
        again = gateway.call("GET", "/?q=reflected", token=None, headers={
            "X-Request-Id": "reflected", "User-Agent": "reflected", "Host": "reflected", "Referer": "reflected"})
        assert b"reflected" not in again.body
        without_time = [re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"", each.body) for each in (answer, again)]
        assert without_time[0] == without_time[1]

    def test_a_browser_shows_it_without_a_complaint_and_asks_for_nothing_else(self, gateway, page):
        assert page.run("document.title") == "connection-gateway"
        assert "Ready: it can do its job" in page.run("document.body.innerText")
        # Its style counts, so that the hash is right.
        assert page.run("getComputedStyle(document.querySelector('main table')).borderCollapse") == "collapse"
        assert page.complaints() == []
        assert page.requests() == [f"{gateway.url}/"]

    def test_a_script_that_got_into_it_would_not_run(self, browser, gateway):
        page = browser.open(f"{gateway.url}/")
        page.run("document.body.append(Object.assign(document.createElement('script'), {text: 'self.ran = 1'}))")
        page.run("document.body.append(Object.assign(document.createElement('img'), {src: '/livez'}))")
        page.run("document.body.setAttribute('style', 'border-collapse: separate; color: red')")
        assert page.run("self.ran === undefined && getComputedStyle(document.body).color !== 'rgb(255, 0, 0)'")
        # So what the test above looks for is told where there is something to tell.
        assert "ContentSecurityPolicyIssue" in {each.get("issue", {}).get("code") for each in page.complaints()}
        blocked = [each["blockedReason"] for each in page.told("Network.loadingFailed") if "blockedReason" in each]
        assert (page.requests()[1:], blocked) == ([f"{gateway.url}/livez"], ["csp"])

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_it_can_be_read_by_day_and_by_night(self, page, scheme):
        page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        pairs = [pair.split("/") for pair in page.run(COLOURS)]
        assert len(pairs) > 3
        assert all(contrast(*pair) >= 4.5 for pair in pairs), [(pair, contrast(*pair)) for pair in pairs]
        back = luminance(page.run("getComputedStyle(document.body).backgroundColor"))
        assert back > 0.8 if scheme == "light" else back < 0.1

    def test_it_fits_a_phone(self, page):
        page.command("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
        assert page.run("document.documentElement.scrollWidth") == 360

    def test_a_page_elsewhere_cannot_frame_it(self, browser, gateway, sites):
        outer = browser.open(f"{sites[0]}/")
        outer.run(f"""new Promise(done => document.body.append(Object.assign(
            document.createElement('iframe'), {{src: '{gateway.url}/', onload: done}})))""")
        frames = outer.command("Page.getFrameTree")["frameTree"]["childFrames"]
        assert [frame["frame"].get("unreachableUrl") for frame in frames] == [f"{gateway.url}/"]


def test_the_template_has_no_copy_of_the_contract():
    """What is in it by hand would grow old: no code, no path with a parameter."""
    template = (ROOT / "openapi" / "page.html").read_text()
    assert "invalid_request" not in template and "/connections" not in template
