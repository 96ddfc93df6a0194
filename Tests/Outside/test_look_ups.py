"""`GET /connections` and `GET /connections/{id}`: what AWS shows is shown, whole and once, and each call is audited."""

import base64
import itertools
import os
import random
import socket

import pytest
from support.calls import assert_chain_is_whole, gateway_for, get, outcome_record
from support.gateway import Gateway, make_token
from support.simulator import ACTIVE, PENDING, REGION, UNKNOWN, Simulator, connection

SEED = int(os.environ.get("PAGES_SEED") or random.SystemRandom().randrange(2**32))

STATES = ["PENDING_ACCEPTANCE", "APPROVED", "PROVISIONING", "ACTIVE", "REJECTING", "REJECTED", "DELETING", "DELETED"]
DENIED = {"status": 403, "code": "AccessDeniedException", "operation": "DescribeInboundConnections"}
SEARCH = "DescribeInboundConnections"

#: More than a page of AWS's holds, in every state, of several domains.
MANY = [connection(f"c-many-{number:04}", STATES[number % 8], local=f"local-{number % 3}",
                   remote=f"remote-{number % 5}", message=f"number {number}", mode=["DIRECT", "VPC_ENDPOINT"][number % 2])
        for number in range(117)]
#: By what they are told apart: the query's name, and how a connection is seen to fit.
FILTERS = {
    "status": lambda each: each["ConnectionStatus"]["StatusCode"],
    "localDomain": lambda each: each["LocalDomainInfo"]["AWSDomainInformation"]["DomainName"],
    "remoteDomain": lambda each: each["RemoteDomainInfo"]["AWSDomainInformation"]["DomainName"]}


@pytest.fixture(scope="module")
def running():
    with Simulator(MANY + [connection(PENDING), connection(ACTIVE, "ACTIVE")]) as simulator, \
            gateway_for(simulator.url, arguments=["--request-timeout", "2s"]) as gateway:
        yield simulator, gateway
        gateway.stop()
        gateway.check_chain()
        assert_chain_is_whole(gateway)


@pytest.fixture
def service(running):
    yield running
    running[0].clear_faults()
    running[0].reset_settings()


def shown(each):
    """One of the simulator's connections, as the gateway shows it."""
    def domain(info):
        inside = info["AWSDomainInformation"]
        return {"ownerId": inside["OwnerId"], "domainName": inside["DomainName"], "region": inside["Region"]}
    status = each["ConnectionStatus"]
    return {"id": each["ConnectionId"], "status": status["StatusCode"],
            **({"statusMessage": status["Message"]} if "Message" in status else {}), "mode": each["ConnectionMode"],
            "local": domain(each["LocalDomainInfo"]), "remote": domain(each["RemoteDomainInfo"])}


def pages(gateway, between=lambda: None, **query):
    """Every page, from the first to the one that has no cursor."""
    cursor = {}
    for _ in range(1000):
        reply = get(gateway, "?" + "&".join(f"{name}={value}" for name, value in {**query, **cursor}.items()))
        assert reply.status == 200, reply
        assert reply.json.keys() <= {"connections", "nextCursor"}
        assert len(reply.json["connections"]) <= int(query.get("limit", 100))
        yield reply.json["connections"]
        if "nextCursor" not in reply.json:
            return
        cursor = {"cursor": reply.json["nextCursor"]}
        between()
    raise AssertionError("the pages don't end")


def all_of(found):
    return list(itertools.chain.from_iterable(found))


def assert_problem(gateway, reply, status, code, outcome, action):
    """The problem and the audit tell the same; the outcome's record."""
    assert (reply.status, reply.code, reply.outcome) == (status, code, outcome), reply
    record = outcome_record(gateway, reply)
    assert (record["httpStatus"], record["code"], record["outcome"]) == (status, code, outcome)
    assert record["action"] == action
    return record


class TestOne:
    def test_it_is_shown_with_all_that_aws_says_and_audited(self, service):
        simulator, gateway = service
        for each in (MANY[0], MANY[5], MANY[116]):
            reply = get(gateway, f"/{each['ConnectionId']}")
            assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
            assert reply.json == {
                "connection": shown(each), "requestId": reply.headers["X-Request-Id"],
                "awsRequestId": simulator.requests(SEARCH)[-1]["awsRequestId"]}
            record = outcome_record(gateway, reply)
            assert (record["action"], record["connectionId"]) == ("connections.get", each["ConnectionId"])
            assert (record["httpStatus"], record["aws"]["attempts"]) == (200, 1)
            assert record["aws"]["requestId"] == reply.json["awsRequestId"]
        assert simulator.requests("RejectInboundConnection") == []

    def test_head_is_get_without_the_body(self, service):
        _, gateway = service
        for path, status in [(f"/{PENDING}", 200), ("", 200), (f"/{UNKNOWN}", 404)]:
            full, head = get(gateway, path), gateway.call("HEAD", f"/connections{path}")
            assert (head.status, head.body) == (full.status, b"") and full.status == status
            assert head.headers["Content-Type"] == full.headers["Content-Type"]
            assert outcome_record(gateway, head)["action"] == outcome_record(gateway, full)["action"]

    def test_one_that_isnt_there_is_a_404_that_names_the_region(self, service):
        _, gateway = service
        reply = get(gateway, f"/{UNKNOWN}")
        record = assert_problem(gateway, reply, 404, "connection_not_found", "not_rejected", "connections.get")
        assert REGION in reply.json["detail"] and record["connectionId"] == UNKNOWN

    def test_it_shows_the_past_where_aws_does(self, service):
        simulator, gateway = service
        new = "c-look-up-lags-1"
        simulator.put_connection(connection(new))
        simulator.fault("lag", hidden=True, operation=SEARCH, connectionId=new, count=1)
        assert get(gateway, f"/{new}").code == "connection_not_found"
        assert get(gateway, f"/{new}").json["connection"]["status"] == "PENDING_ACCEPTANCE"
        simulator.delete_connection(new)


@pytest.mark.parametrize("path, action", [(f"/{PENDING}", "connections.get"), ("?limit=5", "connections.list")])
class TestWhatGoesWrong:
    def test_no_right_to_look_is_not_the_callers_fault(self, service, path, action):
        simulator, gateway = service
        simulator.fault("error", **DENIED)
        record = assert_problem(gateway, get(gateway, path), 502, "upstream_denied", "not_rejected", action)
        assert record["aws"]["code"] == "AccessDeniedException"

    def test_throttling_asks_to_come_again(self, service, path, action):
        simulator, gateway = service
        simulator.fault("throttle", operation=SEARCH)
        reply = get(gateway, path)
        assert_problem(gateway, reply, 503, "upstream_throttled", "not_rejected", action)
        assert int(reply.headers["Retry-After"]) > 0

    @pytest.mark.parametrize("kind", ["garbage", "empty", "html"])
    def test_what_isnt_understood_is_said_to_be_so(self, service, path, action, kind):
        simulator, gateway = service
        simulator.fault(kind, operation=SEARCH)
        assert_problem(gateway, get(gateway, path), 502, "upstream_error", "not_rejected", action)

    def test_an_answer_that_doesnt_come_is_a_timeout(self, service, path, action):
        simulator, gateway = service
        simulator.fault("stall", operation=SEARCH, count=1)
        assert_problem(gateway, get(gateway, path), 504, "upstream_timeout", "not_rejected", action)

    def test_a_failure_is_tried_again_and_every_try_is_in_the_record(self, service, path, action):
        simulator, gateway = service
        simulator.fault("error", status=500, operation=SEARCH, count=1)
        simulator.fault("cut", operation=SEARCH, count=1)
        reply = get(gateway, path)
        assert reply.status == 200, reply
        record = outcome_record(gateway, reply)
        assert [(each["operation"], each["ending"], each.get("code")) for each in record["tries"]] == [
            ("look_up", "answered", "InternalException"), ("look_up", "no_answer", None), ("look_up", "answered", None)]
        assert (record["aws"]["attempts"], record["action"]) == (3, action)

    def test_where_nobody_listens_nothing_was_sent(self, service, path, action):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with gateway_for(url) as gateway:
            assert_problem(gateway, get(gateway, path), 502, "upstream_unreachable", "not_sent", action)

    def test_without_credentials_nothing_is_sent(self, service, path, action):
        none = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_EC2_METADATA_DISABLED": "true"}
        before = len(service[0].requests())
        with gateway_for(service[0].url, env=none) as gateway:
            assert_problem(gateway, get(gateway, path), 503, "credentials_unavailable", "not_sent", action)
        assert len(service[0].requests()) == before

    def test_it_takes_the_scope_for_reading(self, service, path, action):
        simulator, gateway = service
        before = len(simulator.requests())
        with Gateway(simulator.url) as other:
            reader = make_token(other.tokens, scopes=["connections:read"])
            rejecter = other.token
            other.stop()
            other.start()
            assert get(other, path, token=reader).status == 200
            assert get(other, path, token=rejecter).code == "insufficient_scope"
            assert other.call("POST", f"/connections/{PENDING}/reject?dryRun=true", token=reader).status == 403
            assert other.reject(PENDING, token=reader).status == 403
        assert len(simulator.requests()) == before + 1


class TestTheList:
    @pytest.mark.parametrize("lengths", [
        None, [1], [2, 3], [0, 2, 0, 0, 5], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7], [100], [99, 0, 1]], ids=str)
    @pytest.mark.parametrize("limit", [1, 7, 100])
    def test_nothing_is_skipped_and_nothing_repeated_however_aws_cuts_its_pages(self, service, lengths, limit):
        simulator, gateway = service
        simulator.settings(pageLengths=lengths)
        found = all_of(pages(gateway, limit=limit))
        assert found == [shown(each) for each in simulator.connections().values()]

    def test_nor_at_random_with_filters(self, service):
        simulator, gateway = service
        rng = random.Random(SEED)
        every = list(simulator.connections().values())
        for _ in range(60):
            lengths = [rng.choice([0, 0, 1, 2, 5, 30, 100]) for _ in range(rng.randint(1, 6))] + [rng.randint(1, 9)]
            query = {name: rng.choice([fits(each) for each in every] + ["nothing"])
                     for name, fits in FILTERS.items() if rng.random() < 0.4}
            expected = [shown(each) for each in every
                        if all(FILTERS[name](each) == value for name, value in query.items())]
            simulator.settings(pageLengths=lengths)
            limit = rng.choice([1, 2, 3, 10, 99, 100])
            found = all_of(pages(gateway, limit=limit, **query))
            assert found == expected, f"PAGES_SEED={SEED}: {lengths} {limit} {query}"

    def test_what_changes_between_the_pages_makes_nothing_else_come_twice_or_never(self, service):
        simulator, gateway = service
        steady = list(simulator.connections())
        number = itertools.count()
        def churn():
            """One comes, one goes, one changes its state."""
            fresh = next(number)
            simulator.put_connection(connection(f"c-churn-{fresh:04}"))
            if fresh >= 2:
                simulator.put_connection(connection(f"c-churn-{fresh - 1:04}", "DELETED"))
                simulator.delete_connection(f"c-churn-{fresh - 2:04}")
        simulator.settings(pageLengths=[3, 0, 1])
        try:
            found = [each["id"] for each in all_of(pages(gateway, limit=11, between=churn))]
            assert [each for each in found if each in set(steady)] == steady
            assert len(set(found)) == len(found)
        finally:
            for each in set(simulator.connections()) - set(steady):
                simulator.delete_connection(each)

    def test_a_page_is_a_call_and_has_its_records(self, service):
        simulator, gateway = service
        before = len(simulator.requests(SEARCH))
        reply = get(gateway, "?limit=10&localDomain=local-1")
        assert (len(reply.json["connections"]), len(simulator.requests(SEARCH))) == (10, before + 1)
        record = outcome_record(gateway, reply)
        assert (record["action"], record["httpStatus"], record["aws"]["attempts"]) == ("connections.list", 200, 1)
        assert "connectionId" not in record

    def test_the_limit_may_change_on_the_way_and_a_cursor_be_used_twice(self, service):
        simulator, gateway = service
        first = get(gateway, "?limit=10").json
        second, again = (get(gateway, f"?limit=20&cursor={first['nextCursor']}").json for _ in range(2))
        assert second["connections"] == again["connections"]
        found = [each["id"] for each in first["connections"] + second["connections"]]
        assert found == list(simulator.connections())[:30]

    def test_a_cursor_of_other_filters_or_made_up_is_a_400_and_nothing_is_sent(self, service):
        simulator, gateway = service
        cursor = get(gateway, "?limit=10&localDomain=local-1").json["nextCursor"]
        before = len(simulator.requests())
        for query in [f"cursor={cursor}", f"cursor={cursor}&localDomain=local-2",
                      f"cursor={cursor}&remoteDomain=local-1", f"cursor={cursor}&localDomain=local-1&status=ACTIVE",
                      "cursor=made-up", "cursor=%20",
                      f"cursor={base64.urlsafe_b64encode(b'0123456789abcdef').decode().rstrip('=')}"]:
            reply = get(gateway, f"?{query}")
            assert (reply.status, reply.code, reply.outcome) == (400, "invalid_request", "not_sent"), query
            assert "cursor" in reply.json["detail"]
        assert len(simulator.requests()) == before

    def test_a_cursor_that_aws_doesnt_take_any_more_is_a_400_too(self, service):
        simulator, gateway = service
        cursor = get(gateway, "?limit=10").json["nextCursor"]
        inside = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        forged = base64.urlsafe_b64encode(inside.partition(b"\n")[0] + b"\nforged").decode().rstrip("=")
        reply = get(gateway, f"?limit=10&cursor={forged}")
        assert (reply.status, reply.code, reply.outcome) == (400, "invalid_request", "not_rejected")
        assert simulator.requests(SEARCH)[-1]["code"] == "InvalidPaginationTokenException"

    @pytest.mark.parametrize("query, name", [
        ("limit=0", "limit"), ("limit=101", "limit"), ("limit=-1", "limit"), ("limit=ten", "limit"),
        ("limit=", "limit"), ("status=A%20B", "status"), ("localDomain=a/b", "localDomain"), ("remoteDomain=" + "x" * 29, "remoteDomain"),
        ("limit=1&limit=2", "limit"), ("color=red", "color"), ("Status=ACTIVE", "Status")])
    def test_a_bad_query_is_a_400_that_names_it(self, service, query, name):
        simulator, gateway = service
        before = len(simulator.requests())
        reply = get(gateway, f"?{query}")
        assert (reply.status, reply.code, reply.outcome) == (400, "invalid_request", "not_sent")
        assert f"'{name}'" in reply.json["detail"] and len(simulator.requests()) == before
