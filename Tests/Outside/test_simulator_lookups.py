"""The simulator's look-ups: paging that nothing upsets, pages that are short or empty, look-ups that lag, states that
move. boto3 asks."""

import json
import random
import subprocess
import time

import pytest
from support.simulator import (
    ACTIVE, BINARY, PATIENCE, PENDING, REJECTED, UNKNOWN, Simulator, connection, environment, wait_until)
from test_simulator import (  # noqa: F401
    DESCRIBE, REJECT, SEARCH_PATH, client, last_request, nothing_of_this_machine, run, send, signed, simulator)

ANOTHER = "c-ddddddddddddddd4"


def ids_of(answer):
    return [one["ConnectionId"] for one in answer["Connections"]]


def statuses(aws, **query):
    """The states that a look-up shows, by id."""
    answer = aws.describe_inbound_connections(**query)
    return {one["ConnectionId"]: one["ConnectionStatus"]["StatusCode"] for one in answer["Connections"]}


def of(*connection_ids):
    """The filter of a look-up by id."""
    return [{"Name": "connection-id", "Values": list(connection_ids)}]


def walk(aws, between=lambda: None, **query):
    """Every page of a search, as lists of ids; `between` is called after each page."""
    pages, token = [], {}
    while True:
        answer = aws.describe_inbound_connections(**query, **token)
        pages.append(ids_of(answer))
        assert len(pages) < 1000, "the search doesn't end"
        if "NextToken" not in answer:
            return pages
        token = {"NextToken": answer["NextToken"]}
        between()


def numbered(count, start=0):
    return [f"c-{number:010}" for number in range(start, start + count)]


@pytest.fixture
def nine():
    """Nine connections, of which every third has another local domain."""
    seed = [connection(one, local="logs-us" if number % 3 == 0 else "logs-eu")
            for number, one in enumerate(numbered(9))]
    with Simulator(seed=seed) as running:
        yield running


class TestFilters:
    @pytest.mark.parametrize("value", ["", "x" * 101, "a b", "a/b", "ä", "*"])
    def test_a_value_that_breaks_the_models_rule_is_a_validation_exception(self, simulator, value):
        body = json.dumps({"Filters": of(value)}).encode()
        status, headers, answer = send(
            simulator, "POST", SEARCH_PATH, body, signed(simulator, "POST", SEARCH_PATH, body))
        assert (status, headers["x-amzn-errortype"]) == (400, "ValidationException")
        assert "filters.member.values.member" in json.loads(answer)["message"]

    def test_two_filters_of_one_name_have_both_to_be_passed(self, simulator):
        aws = client(simulator)
        assert statuses(aws, Filters=of(PENDING, ACTIVE) + of(ACTIVE, REJECTED)) == {ACTIVE: "ACTIVE"}

    def test_a_filter_that_isnt_known_is_named(self, simulator):
        aws = client(simulator)
        with pytest.raises(aws.exceptions.ClientError, match="ValidationException.*'connection-status'"):
            aws.describe_inbound_connections(Filters=[{"Name": "connection-status", "Values": ["ACTIVE"]}])


class TestPageTokens:
    LOCAL = {"Name": "local-domain-info.domain-name", "Values": ["logs-eu", "logs-us"]}
    REMOTE = {"Name": "remote-domain-info.domain-name", "Values": ["archive"]}

    @staticmethod
    def token(simulator, **query):
        return client(simulator).describe_inbound_connections(MaxResults=2, **query)["NextToken"]

    def assert_refused(self, simulator, token, **query):
        aws = client(simulator)
        with pytest.raises(aws.exceptions.InvalidPaginationTokenException) as caught:
            aws.describe_inbound_connections(NextToken=token, **query)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400

    def test_a_token_is_for_its_own_filters_alone(self, nine):
        token = self.token(nine, Filters=[self.LOCAL])
        others = [[], [self.REMOTE], [self.LOCAL, self.REMOTE], [self.LOCAL, self.LOCAL],
                  [{**self.LOCAL, "Values": ["logs-eu"]}], [{**self.REMOTE, "Values": self.LOCAL["Values"]}]]
        for filters in others:
            self.assert_refused(nine, token, **({"Filters": filters} if filters else {}))
        self.assert_refused(nine, self.token(nine), Filters=[self.LOCAL])

    def test_the_order_of_filters_and_values_doesnt_matter(self, nine):
        token = self.token(nine, Filters=[self.LOCAL, self.REMOTE])
        turned = {**self.LOCAL, "Values": self.LOCAL["Values"][::-1]}
        answer = client(nine).describe_inbound_connections(NextToken=token, Filters=[self.REMOTE, turned])
        assert ids_of(answer) == numbered(7, 2)

    def test_a_token_can_be_used_again_and_with_another_page_size(self, nine):
        token, aws = self.token(nine), client(nine)
        for size in (1, 3, 3, 7, 100):
            answer = aws.describe_inbound_connections(NextToken=token, MaxResults=size)
            assert ids_of(answer) == numbered(min(size, 7), 2)

    def test_no_digit_of_a_token_can_be_changed(self, nine):
        token = self.token(nine)
        for position in range(len(token)):
            other = "0" if token[position] != "0" else "1"
            self.assert_refused(nine, token[:position] + other + token[position + 1:])
        for other in (token[:-2], token + "00", token.upper() + "A", token * 2):
            self.assert_refused(nine, other)

    def test_a_token_of_another_run_is_none(self, nine):
        with Simulator(seed=[connection(one) for one in numbered(9)]) as other:
            self.assert_refused(nine, self.token(other))

    def test_a_token_doesnt_show_what_it_is(self, nine):
        assert "c-" not in self.token(nine)
        assert self.token(nine) != self.token(nine, Filters=[self.LOCAL])


class TestStablePages:
    @pytest.mark.parametrize("seed", range(12))
    def test_what_was_there_all_the_time_is_shown_once_whatever_happens_between_the_pages(self, seed):
        chance = random.Random(seed)
        ids = numbered(30)
        with Simulator(seed=[connection(one) for one in ids]) as simulator:
            if chance.random() < 0.7:
                lengths = [chance.randint(0, 6) for _ in range(chance.randint(1, 5))] + [1]
                simulator.settings(pageLengths=lengths)
            touched, added = set(), []

            def disturb():
                for _ in range(chance.randint(0, 3)):
                    one = chance.choice(ids)
                    match chance.choice(["state", "remove", "add", "return"]):
                        case "state":
                            if one not in touched:
                                simulator.put_connection(connection(one, chance.choice(["ACTIVE", "REJECTED"])))
                        case "remove":
                            if one not in touched:
                                touched.add(one)
                                simulator.delete_connection(one)
                        case "return":
                            if touched:
                                simulator.put_connection(connection(chance.choice(sorted(touched))))
                        case "add":
                            added.append(f"c-new{len(added):010}")
                            simulator.put_connection(connection(added[-1]))

            shown = sum(walk(client(simulator), disturb, MaxResults=chance.randint(1, 10)), [])
            assert [one for one in shown if one in ids and one not in touched] == [
                one for one in ids if one not in touched]
            assert all(shown.count(one) <= 1 for one in added)

    def test_a_rejected_connection_stays_in_its_place(self, nine):
        aws = client(nine)
        pages = walk(aws, lambda: nine.put_connection(connection(numbered(9)[0], "REJECTED")), MaxResults=4)
        assert pages == [numbered(4), numbered(4, 4), numbered(1, 8)]
        assert list(nine.connections()) == numbered(9)

    def test_a_connection_that_came_is_the_last(self, nine):
        nine.put_connection(connection("c-00000000000"))
        assert sum(walk(client(nine), MaxResults=3), []) == numbered(9) + ["c-00000000000"]


class TestPageLengths:
    @pytest.mark.parametrize("lengths, size, expected", [
        ([0, 4], 100, [[], numbered(4), [], numbered(4, 4), [], numbered(1, 8)]),
        ([3], 100, [numbered(3), numbered(3, 3), numbered(3, 6), []]),
        ([0, 0, 0, 100], 5, [[], [], [], numbered(5), [], [], [], numbered(4, 5)]),
        ([5, 1], 3, [numbered(3), numbered(1, 3), numbered(3, 4), numbered(1, 7), numbered(1, 8)]),
        ([100], 100, [numbered(9)]),
    ])
    def test_pages_have_the_lengths_by_turns_and_never_more_than_asked_for(self, nine, lengths, size, expected):
        assert nine.settings(pageLengths=lengths)["pageLengths"] == lengths
        assert walk(client(nine), MaxResults=size) == expected
        assert walk(client(nine), MaxResults=size) == expected

    def test_a_filtered_search_has_them_too(self, nine):
        nine.settings(pageLengths=[1, 0])
        filters = [{"Name": "local-domain-info.domain-name", "Values": ["logs-us"]}]
        one, two, three = numbered(9)[::3]
        assert walk(client(nine), Filters=filters) == [[one], [], [two], [], [three], [], []]

    def test_they_are_gone_when_they_are_put_back(self, nine):
        nine.settings(pageLengths=[1])
        assert nine.settings(pageLengths=None)["pageLengths"] is None
        assert walk(client(nine)) == [numbered(9)]


class TestLag:
    A_DAY = 86_400_000

    def test_a_look_up_shows_what_was(self, simulator):
        simulator.settings(lag={"ms": self.A_DAY})
        aws = client(simulator)
        aws.reject_inbound_connection(ConnectionId=PENDING)
        simulator.put_connection(connection(ANOTHER))
        simulator.delete_connection(ACTIVE)
        past = {PENDING: "PENDING_ACCEPTANCE", ACTIVE: "ACTIVE", REJECTED: "REJECTED"}
        assert statuses(aws) == past
        assert statuses(aws, Filters=of(ANOTHER)) == {}
        assert simulator.status_of(PENDING) == "REJECTED"
        assert simulator.truth(ANOTHER)["Connection"]["ConnectionId"] == ANOTHER
        simulator.settings(lag=None)
        assert statuses(aws) == {PENDING: "REJECTED", REJECTED: "REJECTED", ANOTHER: "PENDING_ACCEPTANCE"}

    def test_the_truth_comes_through_when_the_time_is_over(self, simulator):
        simulator.settings(lag={"ms": 300})
        aws = client(simulator)
        before = time.monotonic()
        aws.reject_inbound_connection(ConnectionId=PENDING)
        wait_until(lambda: statuses(aws)[PENDING] == "REJECTED", "the look-up that shows the reject")
        assert time.monotonic() - before >= 0.3

    def test_with_jitter_a_later_look_up_may_show_an_older_state(self, simulator):
        aws = client(simulator)
        aws.reject_inbound_connection(ConnectionId=PENDING)
        assert simulator.settings(lag={"ms": 2000, "jitter": True})["lag"] == {"ms": 2000, "jitter": True}
        seen = []

        def went_back():
            seen.append(statuses(aws)[PENDING])
            return seen[-2:] == ["REJECTED", "PENDING_ACCEPTANCE"]

        wait_until(went_back, "a look-up that shows an older state than the one before")

    def test_frozen_look_ups_stand_still_until_they_are_told(self, simulator):
        aws = client(simulator)
        simulator.put_connection(connection(ANOTHER))
        simulator.settings(lag={"frozen": True})
        aws.reject_inbound_connection(ConnectionId=PENDING)
        aws.reject_inbound_connection(ConnectionId=ANOTHER)
        shown = statuses(aws)
        assert (shown[PENDING], shown[ANOTHER]) == ("PENDING_ACCEPTANCE", "PENDING_ACCEPTANCE")
        simulator.settings(lag=None)
        assert statuses(aws)[PENDING] == "REJECTED"

    def test_rejects_know_the_truth_all_the_same(self, simulator):
        simulator.settings(lag={"ms": self.A_DAY})
        aws = client(simulator)
        aws.reject_inbound_connection(ConnectionId=PENDING)
        with pytest.raises(aws.exceptions.DisabledOperationException):
            aws.reject_inbound_connection(ConnectionId=PENDING)

    def test_as_a_fault_it_holds_for_so_many_look_ups(self, simulator):
        aws = client(simulator)
        simulator.fault("lag", ms=self.A_DAY, count=2)
        aws.reject_inbound_connection(ConnectionId=PENDING)
        assert [statuses(aws)[PENDING] for _ in range(3)] == ["PENDING_ACCEPTANCE", "PENDING_ACCEPTANCE", "REJECTED"]
        assert [line.get("fault") for line in simulator.requests()] == [None, "lag", "lag", None]

    def test_as_a_fault_it_counts_more_than_the_setting(self, simulator):
        aws = client(simulator)
        simulator.settings(lag={"ms": self.A_DAY})
        simulator.fault("lag", ms=0, count=1)
        aws.reject_inbound_connection(ConnectionId=PENDING)
        assert [statuses(aws)[PENDING] for _ in range(2)] == ["REJECTED", "PENDING_ACCEPTANCE"]

    def test_a_hidden_connection_isnt_seen_yet(self, simulator):
        aws = client(simulator)
        simulator.fault("lag", hidden=True, connectionId=PENDING, count=2)
        # One that isn't asked for by its id isn't what the fault is about.
        assert set(statuses(aws)) == {PENDING, ACTIVE, REJECTED}
        assert set(statuses(aws, Filters=of(ACTIVE))) == {ACTIVE}
        assert set(statuses(aws, Filters=of(PENDING, ACTIVE))) == {ACTIVE}
        assert statuses(aws, Filters=of(PENDING)) == {}
        assert set(statuses(aws, Filters=of(PENDING))) == {PENDING}

    def test_without_an_id_nothing_is_seen_until_the_fault_is_deleted(self, simulator):
        aws = client(simulator)
        simulator.fault("lag", hidden=True)
        assert [statuses(aws) for _ in range(3)] == [{}, {}, {}]
        aws.reject_inbound_connection(ConnectionId=PENDING)
        simulator.clear_faults()
        assert len(statuses(aws)) == 3


class TestMovingStates:
    def test_a_rejected_connection_is_rejecting_for_as_long_as_is_said(self, simulator):
        simulator.settings(rejectingForMs=300)
        aws = client(simulator)
        before = time.monotonic()
        answer = aws.reject_inbound_connection(ConnectionId=PENDING)
        assert answer["Connection"]["ConnectionStatus"]["StatusCode"] == "REJECTING"
        seen = []

        def is_rejected():
            seen.append(statuses(aws)[PENDING])
            return seen[-1] == "REJECTED"

        wait_until(is_rejected, "REJECTED")
        assert time.monotonic() - before >= 0.3
        assert set(seen[:-1]) <= {"REJECTING"}
        assert simulator.status_of(PENDING) == "REJECTED"

    def test_the_flag_says_it_for_the_start(self):
        with Simulator(arguments=["--rejecting-for", "3m"]) as simulator:
            assert simulator.settings()["rejectingForMs"] == 180_000
            aws = client(simulator)
            aws.reject_inbound_connection(ConnectionId=PENDING)
            assert statuses(aws)[PENDING] == "REJECTING"
            with pytest.raises(aws.exceptions.DisabledOperationException) as caught:
                aws.reject_inbound_connection(ConnectionId=PENDING)
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
            assert simulator.truth(PENDING)["rejects"] == {"seen": 2, "applied": 1}
            simulator.settings(rejectingForMs=0)
            assert statuses(aws)[PENDING] == "REJECTING"
            assert simulator.settings(rejectingForMs=None)["rejectingForMs"] == 180_000

    def test_what_is_set_from_outside_ends_it(self, simulator):
        simulator.settings(rejectingForMs=200)
        aws = client(simulator)
        aws.reject_inbound_connection(ConnectionId=PENDING)
        simulator.put_connection(connection(PENDING, "DELETING"))
        simulator.put_connection(connection(ANOTHER))
        aws.reject_inbound_connection(ConnectionId=ANOTHER)
        wait_until(lambda: statuses(aws)[ANOTHER] == "REJECTED", "REJECTED of the one that was rejected later")
        assert statuses(aws)[PENDING] == "DELETING"

    def test_a_seed_that_is_rejecting_stays_so(self):
        with Simulator(seed=[connection(PENDING, "REJECTING")]) as simulator:
            assert statuses(client(simulator)) == {PENDING: "REJECTING"}

    @pytest.mark.parametrize("text", ["2", "s", "-1s", "1.5s", "2 s", "25h", "2w", "25000m", "٣s"])
    def test_a_flag_that_is_no_duration_is_one_line_and_78(self, tmp_path, text):
        result = run(tmp_path, "--rejecting-for=" + text)
        assert result.returncode == 78
        assert result.stderr == (
            f"opensearch-simulator: --rejecting-for {text}: it has to be a duration such as 250ms, 2s or 1m\n")


class TestTruth:
    def test_it_counts_what_was_asked_and_what_was_done(self, simulator):
        aws = client(simulator)
        assert simulator.truth(PENDING)["rejects"] == {"seen": 0, "applied": 0}
        simulator.fault("throttle", count=1)
        with pytest.raises(aws.exceptions.ClientError):
            aws.reject_inbound_connection(ConnectionId=PENDING)
        assert simulator.truth(PENDING)["rejects"] == {"seen": 1, "applied": 0}
        aws.reject_inbound_connection(ConnectionId=PENDING)
        with pytest.raises(aws.exceptions.DisabledOperationException):
            aws.reject_inbound_connection(ConnectionId=PENDING)
        truth = simulator.truth(PENDING)
        assert truth["rejects"] == {"seen": 3, "applied": 1}
        assert (truth["ConnectionId"], truth["Connection"]) == (PENDING, simulator.connections()[PENDING])
        assert [line["applied"] for line in simulator.requests(REJECT)] == [False, True, False]
        assert simulator.truth(ACTIVE)["rejects"] == {"seen": 0, "applied": 0}

    def test_what_isnt_signed_isnt_seen(self, simulator):
        assert send(simulator)[0] == 403
        assert simulator.truth(PENDING)["rejects"] == {"seen": 0, "applied": 0}
        assert "applied" not in last_request(simulator)

    def test_an_id_without_connection_has_its_counts_too(self, simulator):
        aws = client(simulator)
        with pytest.raises(aws.exceptions.ResourceNotFoundException):
            aws.reject_inbound_connection(ConnectionId=UNKNOWN)
        assert simulator.truth(UNKNOWN) == {"ConnectionId": UNKNOWN, "rejects": {"seen": 1, "applied": 0}}

    def test_a_connection_comes_goes_and_comes_back(self, simulator):
        aws = client(simulator)
        assert simulator.put_connection(connection(ANOTHER))["Connection"] == connection(ANOTHER)
        aws.reject_inbound_connection(ConnectionId=ANOTHER)
        simulator.put_connection(connection(ANOTHER, local="another"))
        answer = aws.reject_inbound_connection(ConnectionId=ANOTHER)
        assert answer["Connection"]["LocalDomainInfo"]["AWSDomainInformation"]["DomainName"] == "another"
        assert simulator.delete_connection(ANOTHER) == {
            "ConnectionId": ANOTHER, "rejects": {"seen": 2, "applied": 2}}
        assert ANOTHER not in statuses(aws)
        with pytest.raises(aws.exceptions.ResourceNotFoundException):
            aws.reject_inbound_connection(ConnectionId=ANOTHER)
        assert send(simulator, "DELETE", f"/_simulator/connections/{ANOTHER}")[0] == 404
        simulator.put_connection({"ConnectionId": ANOTHER, "ConnectionStatus": {"StatusCode": "ACTIVE"}})
        assert statuses(aws)[ANOTHER] == "ACTIVE"

    @pytest.mark.parametrize("path, body, words", [
        (PENDING, b"{", "JSON"), (PENDING, b"[]", "the connection has to be an object"),
        (PENDING, b"{}", "'StatusCode'"), ("UPPER-CASE-1", b"{}", "'UPPER-CASE-1' isn't a connection's id"),
        (PENDING, b'{"ConnectionStatus":{"StatusCode":"ACTIVE"},"Fault":"cut"}', "'Fault'"),
        (PENDING, b'{"ConnectionId":"c-ddddddddddddddd4","ConnectionStatus":{"StatusCode":"ACTIVE"}}', "of the path"),
    ])
    def test_a_connection_that_isnt_one_is_refused_and_named(self, simulator, path, body, words):
        before = simulator.connections()
        status, _, answer = send(simulator, "PUT", f"/_simulator/connections/{path}", body)
        assert status == 400
        assert words in json.loads(answer)["message"]
        assert simulator.connections() == before

    @pytest.mark.parametrize("method, path", [
        ("POST", f"connections/{PENDING}"), ("GET", f"connections/{PENDING}/more"), ("PUT", "settings"),
        ("POST", "credentials"), ("GET", "faults"), ("GET", "settings/lag")])
    def test_another_control_call_is_not_found(self, simulator, method, path):
        assert send(simulator, method, f"/_simulator/{path}", b"{}")[0] == 404


class TestFaultsByOperation:
    def test_access_denied_to_look_ups_alone(self, simulator):
        simulator.fault("error", status=403, code="AccessDeniedException", operation=DESCRIBE,
                        message="User: arn:aws:iam::123456789012:user/x is not authorized to perform: "
                        "es:DescribeInboundConnections")
        aws = client(simulator)
        aws.reject_inbound_connection(ConnectionId=PENDING)
        with pytest.raises(aws.exceptions.ClientError, match="AccessDeniedException.*es:Describe") as caught:
            aws.describe_inbound_connections()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403

    def test_a_fault_for_rejects_alone(self, simulator):
        simulator.fault("throttle", operation=REJECT, count=1)
        aws = client(simulator)
        aws.describe_inbound_connections()
        with pytest.raises(aws.exceptions.ClientError, match="ThrottlingException"):
            aws.reject_inbound_connection(ConnectionId=ACTIVE)
        with pytest.raises(aws.exceptions.DisabledOperationException):
            aws.reject_inbound_connection(ConnectionId=ACTIVE)

    def test_a_fault_for_look_ups_of_one_connection(self, simulator):
        simulator.fault("throttle", operation=DESCRIBE, connectionId=PENDING)
        aws = client(simulator)
        aws.describe_inbound_connections()
        aws.describe_inbound_connections(Filters=of(ACTIVE))
        aws.reject_inbound_connection(ConnectionId=PENDING)
        for filters in (of(PENDING), of(ACTIVE, PENDING), of(PENDING) + of(ACTIVE)):
            with pytest.raises(aws.exceptions.ClientError, match="ThrottlingException"):
                aws.describe_inbound_connections(Filters=filters)

    def test_a_fault_for_rejects_of_one_connection(self, simulator):
        simulator.fault("throttle", operation=REJECT, connectionId=ACTIVE)
        aws = client(simulator)
        aws.describe_inbound_connections(Filters=of(ACTIVE))
        aws.reject_inbound_connection(ConnectionId=PENDING)
        with pytest.raises(aws.exceptions.ClientError, match="ThrottlingException"):
            aws.reject_inbound_connection(ConnectionId=ACTIVE)

    def test_a_seeds_fault_may_be_for_look_ups_of_it(self):
        fault = {"fault": "throttle", "operation": DESCRIBE}
        with Simulator(seed=[connection(PENDING, fault=fault)]) as simulator:
            aws = client(simulator)
            aws.reject_inbound_connection(ConnectionId=PENDING)
            with pytest.raises(aws.exceptions.ClientError, match="ThrottlingException"):
                aws.describe_inbound_connections(Filters=of(PENDING))

    @pytest.mark.parametrize("body, words", [
        ({"fault": "stall", "operation": "reject"}, "'operation' has to be one of RejectInboundConnection, Describe"),
        ({"fault": "stall", "operation": 1}, "'operation'"),
        ({"fault": "lag"}, "'ms'"), ({"fault": "lag", "ms": -1}, "'ms'"),
        ({"fault": "lag", "frozen": False}, "'frozen'"),
        ({"fault": "lag", "ms": 1, "frozen": True}, "'ms'"), ({"fault": "lag", "jitter": True}, "'ms'"),
        ({"fault": "lag", "hidden": False}, "'hidden'"), ({"fault": "lag", "hidden": True, "ms": 5}, "'hidden'"),
        ({"fault": "lag", "ms": 5, "operation": REJECT}, "'lag' is for DescribeInboundConnections alone"),
        ({"fault": "lag", "ms": 5, "applied": True}, "'applied'"),
        ({"fault": "throttle", "applied": True}, "'applied'"), ({"fault": "slow", "applied": False}, "'applied'"),
        ({"fault": "cut", "applied": 1}, "'applied' has to be true or false")])
    def test_a_fault_that_isnt_one_is_refused_and_named(self, simulator, body, words):
        status, _, answer = send(simulator, "POST", "/_simulator/faults", json.dumps(body).encode())
        assert status == 400
        assert words in json.loads(answer)["message"]
        client(simulator).reject_inbound_connection(ConnectionId=PENDING)


def test_the_help_names_every_operation_and_setting(simulator):
    text = subprocess.run([BINARY, "--help"], env=environment("/"), capture_output=True, text=True, timeout=PATIENCE,
                          check=True).stdout
    for name in [DESCRIBE, "--rejecting-for", *simulator.settings()]:
        assert name in text
