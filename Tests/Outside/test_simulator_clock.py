"""The simulator's clock, the headers of its answers, and the keys it accepts, all of which change while it runs."""

import datetime
import email.utils
import json
import re
import subprocess
import threading

import pytest
from support.simulator import BINARY, PATIENCE, PENDING, Simulator, connection, environment, wait_until
from test_simulator import (  # noqa: F401
    REJECT_PATH, SEARCH_PATH, assert_refused, client, last_request, nothing_of_this_machine, send, signed, simulator)
from test_simulator_wire import exchange, message


def now(**offset):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**offset)


def iso(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def search(simulator, **how):
    """A signed look-up."""
    return send(simulator, "POST", SEARCH_PATH, headers=signed(simulator, "POST", SEARCH_PATH, **how))


def offset_of(headers):
    """How far the answer's `Date` is ahead of the clock, in seconds."""
    return (email.utils.parsedate_to_datetime(headers["date"]) - now()).total_seconds()


class TestClock:
    @pytest.mark.parametrize("seconds", [-1_700_000_000, -86_400 * 3, -600, -1, 0, 400, 86_400 * 400, 2_000_000_000])
    def test_the_answers_date_shows_it(self, simulator, seconds):
        assert simulator.settings(clockOffsetSeconds=seconds)["clockOffsetSeconds"] == seconds
        status, headers, _ = search(simulator, at=now(seconds=seconds))
        assert status == 200
        assert abs(offset_of(headers) - seconds) <= 3
        # botocore's own way to write it, so the day of the week is right.
        time = email.utils.parsedate_to_datetime(headers["date"])
        assert headers["date"] == email.utils.format_datetime(time, usegmt=True)

    @pytest.mark.parametrize("seconds", [-3600, -310, 310, 3600])
    def test_a_signature_of_the_right_time_is_refused_by_a_wrong_clock(self, simulator, seconds):
        simulator.settings(clockOffsetSeconds=seconds)
        answer = send(simulator, headers=signed(simulator))
        assert_refused(simulator, answer, "InvalidSignatureException", "skewed")
        assert abs(offset_of(answer[1]) - seconds) <= 3
        words = "Signature expired: " if seconds > 0 else "Signature not yet current: "
        said = json.loads(answer[2])["message"]
        assert said.startswith(words) and said.endswith("5 min.)")
        simulator.settings(clockOffsetSeconds=None)
        assert send(simulator, headers=signed(simulator))[0] == 200

    @pytest.mark.parametrize("seconds", [-290, 290])
    def test_it_is_taken_while_the_clock_is_less_than_five_minutes_off(self, simulator, seconds):
        simulator.settings(clockOffsetSeconds=seconds)
        assert search(simulator)[0] == 200

    def test_the_logs_time_is_the_real_one(self, simulator):
        simulator.settings(clockOffsetSeconds=-86_400)
        search(simulator)
        logged = datetime.datetime.fromisoformat(last_request(simulator)["time"])
        assert abs((logged - now()).total_seconds()) < PATIENCE


class TestDate:
    @pytest.mark.parametrize("seconds", [-900, 0, 3600])
    def test_it_can_be_off_the_clock_that_judges(self, simulator, seconds):
        simulator.fault("date", offsetSeconds=seconds, count=1)
        status, headers, _ = search(simulator)
        assert status == 200 and abs(offset_of(headers) - seconds) <= 3
        assert abs(offset_of(search(simulator)[1])) <= 3

    def test_it_is_off_the_clock_as_it_is_set(self, simulator):
        simulator.settings(clockOffsetSeconds=200, date={"offsetSeconds": -900})
        assert abs(offset_of(search(simulator)[1]) + 700) <= 3

    @pytest.mark.parametrize(
        "text", ["x", "yesterday", "Sun, 22 Nov 2026 16:00:00 CET", "0", "Thu, 01 Jan 1970 00:00:00 GMT"])
    def test_it_can_be_anything(self, simulator, text):
        simulator.fault("date", value=text, count=1)
        assert search(simulator)[1]["date"] == text

    def test_it_can_be_missing(self, simulator):
        simulator.fault("date", absent=True, count=1)
        status, headers, body = search(simulator)
        assert (status, len(json.loads(body)["Connections"])) == (200, 3)
        assert "date" not in headers and headers["connection"] == "close"
        assert int(headers["content-length"]) == len(body)
        assert "date" in search(simulator)[1]

    def test_as_a_setting_it_is_so_for_refusals_too(self, simulator):
        for date, expected in (({"value": "x"}, "x"), ({"absent": True}, None)):
            assert simulator.settings(date=date)["date"] == date
            skewed, unsigned = search(simulator, at=now(hours=-1)), send(simulator)
            for answer in (search(simulator), skewed, unsigned, send(simulator, "GET", "/")):
                assert answer[1].get("date") == expected
        assert simulator.settings(date=None)["date"] is None
        assert abs(offset_of(send(simulator)[1])) <= 3

    @pytest.mark.parametrize("fault", [None, "html", "cut-at", "empty"])
    def test_there_is_never_a_second_one(self, simulator, fault):
        simulator.settings(date={"value": "x"})
        if fault:
            simulator.fault(fault, **({"bytes": 1_000_000} if fault == "cut-at" else {}))
        for request in (message(simulator, "POST", SEARCH_PATH), b"GET / HTTP/1.1\r\nHost: x\r\nX:no space\r\n\r\n"):
            head = exchange(simulator, request).partition(b"\r\n\r\n")[0]
            assert re.findall(rb"(?i)\r\ndate: ([^\r]*)", head) == [b"x"]
            assert head.lower().count(b"connection: close") == 1

    def test_a_fault_counts_more_than_the_setting_and_a_fault_without_more_than_the_clock(self, simulator):
        simulator.settings(date={"absent": True}, clockOffsetSeconds=100)
        simulator.fault("date", value="x", count=1)
        assert search(simulator)[1]["date"] == "x"
        assert "date" not in search(simulator)[1]

    def test_control_answers_have_the_right_one(self, simulator):
        simulator.settings(clockOffsetSeconds=-5000, date={"value": "x"})
        assert abs(offset_of(send(simulator, "GET", "/_simulator/settings")[1])) <= 3


class TestHeaders:
    @pytest.mark.parametrize("text", ["1500", "0", "-1", "1e3", "5.5", "soon", "99999999999999999999", "1 000", "NaN"])
    @pytest.mark.parametrize("kind", ["throttle", "error"])
    def test_retry_after_goes_out_verbatim(self, simulator, kind, text):
        simulator.fault(kind, retryAfter=text)
        assert search(simulator)[1]["x-amz-retry-after"] == text

    def test_an_error_has_the_headers_it_is_given(self, simulator):
        simulator.fault("error", status=503, code="ServiceUnavailable", retryAfter="7", headers={
            "Retry-After": "120", "x-amzn-RequestId": "my-own", "Date": "Sun, 22 Nov 2026 16:00:00 GMT",
            "Content-Type": "text/plain", "x-amzn-errortype": "Another:http://internal"})
        status, headers, _ = search(simulator)
        assert status == 503
        expected = {
            "retry-after": "120", "x-amzn-requestid": "my-own", "date": "Sun, 22 Nov 2026 16:00:00 GMT",
            "content-type": "text/plain", "x-amzn-errortype": "Another:http://internal", "x-amz-retry-after": "7"}
        assert {name: headers[name] for name in expected} == expected
        assert last_request(simulator)["awsRequestId"] == "my-own"

    def test_an_error_can_be_without_date(self, simulator):
        simulator.fault("error", status=403, code="InvalidSignatureException", headers={"Date": None})
        status, headers, body = search(simulator)
        assert (status, headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
        assert json.loads(body)["message"] and "date" not in headers

    def test_boto3_sees_them(self, simulator):
        simulator.fault("throttle", retryAfter="250")
        aws = client(simulator)
        with pytest.raises(aws.exceptions.ClientError) as caught:
            aws.describe_inbound_connections()
        assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["x-amz-retry-after"] == "250"

    @pytest.mark.parametrize("body, words", [
        ({"fault": "error", "retryAfter": 5}, "'retryAfter'"), ({"fault": "error", "retryAfter": ""}, "'retryAfter'"),
        ({"fault": "throttle", "retryAfter": "1\r\nX: y"}, "'retryAfter'"),
        ({"fault": "throttle", "retryAfter": " 1"}, "'retryAfter'"),
        ({"fault": "error", "headers": []}, "'headers'"), ({"fault": "error", "headers": {"X": 1}}, "'X'"),
        ({"fault": "error", "headers": {"X": None}}, "'X' as null"),
        ({"fault": "error", "headers": {"a b": "c"}}, "'a b'"),
        ({"fault": "error", "headers": {"content-length": "5"}}, "'content-length'"),
        ({"fault": "error", "headers": {"Connection": "close"}}, "'Connection'"),
        ({"fault": "throttle", "headers": {"Transfer-Encoding": "chunked"}}, "'Transfer-Encoding'"),
        ({"fault": "html", "headers": {}}, "'headers'"), ({"fault": "slow", "retryAfter": "1"}, "'retryAfter'"),
        ({"fault": "date"}, "'offsetSeconds'"), ({"fault": "date", "absent": False}, "'absent'"),
        ({"fault": "date", "value": "x", "absent": True}, "'absent'"),
        ({"fault": "date", "offsetSeconds": "5"}, "'offsetSeconds'"),
        ({"fault": "date", "value": ""}, "'value'")])
    def test_a_fault_that_isnt_one_is_refused_and_named(self, simulator, body, words):
        status, _, answer = send(simulator, "POST", "/_simulator/faults", json.dumps(body).encode())
        assert status == 400
        assert words in json.loads(answer)["message"]
        assert search(simulator)[0] == 200


class TestSettings:
    START = {"clockOffsetSeconds": 0, "rejectingForMs": 0, "lag": None, "pageLengths": None, "date": None}

    def test_each_is_set_by_itself_and_all_are_put_back(self, simulator):
        assert simulator.settings() == self.START
        simulator.settings(clockOffsetSeconds=-5, pageLengths=[1, 0])
        changed = {**self.START, "clockOffsetSeconds": -5, "pageLengths": [1, 0], "lag": {"frozen": True}}
        assert simulator.settings(lag={"frozen": True}) == changed
        assert simulator.settings(lag=None, clockOffsetSeconds=None) == {**self.START, "pageLengths": [1, 0]}
        assert simulator.reset_settings() == self.START
        assert simulator.settings() == self.START

    @pytest.mark.parametrize("body, words", [
        ("{", "JSON"), ([], "object"), ({"clockOffset": 1}, "'clockOffset'"), ({"clockOffset": None}, "'clockOffset'"),
        ({"clockOffsetSeconds": 1.5}, "'clockOffsetSeconds'"),
        ({"clockOffsetSeconds": 2_000_000_001}, "'clockOffsetSeconds'"),
        ({"rejectingForMs": -1}, "'rejectingForMs'"), ({"rejectingForMs": "2s"}, "'rejectingForMs'"),
        ({"lag": 5}, "'lag'"), ({"lag": {}}, "'lag'"), ({"lag": {"hidden": True}}, "'hidden'"),
        ({"lag": {"ms": "5"}}, "'ms'"), ({"pageLengths": []}, "'pageLengths'"),
        ({"pageLengths": [0, 0]}, "'pageLengths'"),
        ({"pageLengths": [101]}, "'pageLengths'"), ({"pageLengths": [-1, 1]}, "'pageLengths'"),
        ({"pageLengths": 5}, "'pageLengths'"), ({"pageLengths": ["5"]}, "'pageLengths'"), ({"date": "x"}, "'date'"),
        ({"date": {}}, "'date'"), ({"date": {"value": "x", "more": 1}}, "'more'")])
    def test_what_isnt_one_is_refused_and_named_and_nothing_changes(self, simulator, body, words):
        simulator.settings(rejectingForMs=7)
        if isinstance(body, dict):
            body = {"rejectingForMs": 8, **body}
        text = body if isinstance(body, str) else json.dumps(body)
        status, _, answer = send(simulator, "POST", "/_simulator/settings", text.encode())
        assert status == 400
        assert words in json.loads(answer)["message"]
        assert simulator.settings() == {**self.START, "rejectingForMs": 7}

    def test_the_helps_calls_about_them_work(self, simulator):
        text = subprocess.run([BINARY, "--help"], env=environment("/"), capture_output=True, text=True,
                              timeout=PATIENCE, check=True).stdout
        bodies = {name: re.findall(rf"curl (?:-X PUT )?\${name}(?:/ID)? -d '([^']+)'", text) for name in "SCK"}
        assert [len(bodies[name]) for name in "SCK"] == [5, 1, 1]
        for body in bodies["S"]:
            simulator.settings(**json.loads(body))
        simulator.put_connection({"ConnectionId": PENDING, **json.loads(bodies["C"][0])})
        simulator.set_credentials(json.loads(bodies["K"][0]))
        assert simulator.status_of(PENDING) == "ACTIVE"


def keys(number=1, token=None, expires=None):
    """Keys to be accepted."""
    made = {"accessKeyId": f"ASIAROTATED{number:09}", "secretAccessKey": f"secret-of-{number}/+="}
    if token is not None:
        made["sessionToken"] = token
    if expires is not None:
        made["expiresAt"] = expires
    return made


def asked_with(simulator, made):
    """A look-up that is signed with these keys: its status and the error's code."""
    status, headers, _ = search(
        simulator, access_key_id=made["accessKeyId"], secret_access_key=made["secretAccessKey"],
        session_token=made.get("sessionToken"))
    return status, headers.get("x-amzn-errortype")


class TestCredentials:
    TAKEN = (200, None)
    UNKNOWN = (403, "UnrecognizedClientException")
    EXPIRED = (403, "ExpiredTokenException")

    def test_they_are_replaced_while_it_runs(self, simulator):
        first, second = keys(1), keys(2, "token/2")
        assert search(simulator)[0] == 200
        assert simulator.set_credentials([first, second]) == {
            "credentials": [{"accessKeyId": first["accessKeyId"]}, {"accessKeyId": second["accessKeyId"]}]}
        assert search(simulator)[1]["x-amzn-errortype"] == "UnrecognizedClientException"
        assert [asked_with(simulator, one) for one in (first, second)] == [self.TAKEN] * 2
        simulator.set_credentials([second])
        assert [asked_with(simulator, one) for one in (first, second)] == [self.UNKNOWN, self.TAKEN]
        assert last_request(simulator)["accessKeyId"] == second["accessKeyId"]
        assert simulator.reset_credentials() == {"credentials": [{"accessKeyId": simulator.access_key_id}]}
        assert search(simulator)[0] == 200
        assert asked_with(simulator, second) == self.UNKNOWN

    def test_none_at_all_are_accepted_if_that_is_said(self, simulator):
        simulator.set_credentials([])
        aws = client(simulator)
        with pytest.raises(aws.exceptions.ClientError, match="UnrecognizedClientException"):
            aws.describe_inbound_connections()
        assert last_request(simulator)["verdict"] == "unknown_access_key"

    def test_a_token_past_its_time_is_expired(self, simulator):
        made = keys(1, "token", iso(now(hours=1)))
        simulator.set_credentials([made])
        assert asked_with(simulator, made) == self.TAKEN
        simulator.set_credentials([{**made, "expiresAt": iso(now(hours=-1))}])
        aws = client(simulator, aws_access_key_id=made["accessKeyId"], aws_secret_access_key=made["secretAccessKey"],
                     aws_session_token="token")
        with pytest.raises(aws.exceptions.ClientError) as caught:
            aws.reject_inbound_connection(ConnectionId=PENDING)
        assert caught.value.response["Error"] == {
            "Code": "ExpiredTokenException", "Message": "The security token included in the request is expired"}
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
        assert last_request(simulator)["verdict"] == "expired_token"
        assert simulator.truth(PENDING)["rejects"] == {"seen": 0, "applied": 0}

    def test_it_expires_by_the_simulators_clock(self, simulator):
        made = keys(1, "token", iso(now(minutes=2)))
        simulator.set_credentials([made])
        simulator.settings(clockOffsetSeconds=180)
        assert asked_with(simulator, made) == self.EXPIRED
        simulator.settings(clockOffsetSeconds=60)
        assert asked_with(simulator, made) == self.TAKEN

    def test_it_expires_at_a_fraction_of_a_second(self, simulator):
        past = now(seconds=-1).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        made = keys(1, "token", past)
        assert simulator.set_credentials([made])["credentials"][0]["expiresAt"] == past
        assert asked_with(simulator, made) == self.EXPIRED

    def test_a_wrong_token_is_no_expired_one(self, simulator):
        made = keys(1, "token", iso(now(hours=-1)))
        simulator.set_credentials([made])
        assert asked_with(simulator, {**made, "sessionToken": "another"}) == self.UNKNOWN
        assert last_request(simulator)["verdict"] == "bad_session_token"

    def test_a_wrong_secret_is_a_wrong_signature(self, simulator):
        made = keys(1)
        simulator.set_credentials([made])
        assert asked_with(simulator, {**made, "secretAccessKey": "wrong"}) == (403, "InvalidSignatureException")

    def test_one_key_may_have_several_tokens(self, simulator):
        old, new = keys(1, "old", iso(now(hours=-1))), keys(1, "new", iso(now(hours=1)))
        simulator.set_credentials([old, new])
        assert [asked_with(simulator, one) for one in (old, new)] == [self.EXPIRED, self.TAKEN]

    def test_no_secret_ever_comes_out(self, simulator):
        made = keys(1, "the-session-token", iso(now(hours=1)))
        simulator.set_credentials([made])
        asked_with(simulator, made)
        bad = json.dumps([{**made, "expiresAt": "soon"}]).encode()
        path = "/_simulator/credentials"
        seen = [json.dumps(simulator.log()), simulator.stderr(), send(simulator, "GET", path)[2].decode(),
                send(simulator, "PUT", path, bad)[2].decode()]
        for secret in (made["secretAccessKey"], "the-session-token"):
            assert not any(secret in text for text in seen)
        assert made["accessKeyId"] in seen[2]

    @pytest.mark.parametrize("body, words", [
        ("{}", "list"), ("[1]", "credentials 1 has to be an object"), ("[{}]", "'accessKeyId'"),
        ('[{"accessKeyId":"A"}]', "'secretAccessKey'"), ('[{"accessKeyId":"","secretAccessKey":"s"}]', "'accessKeyId'"),
        ('[{"accessKeyId":"A","secretAccessKey":1}]', "'secretAccessKey' has to be a string"),
        ('[{"accessKeyId":"A","secretAccessKey":"s","sessionToken":""}]', "'sessionToken'"),
        ('[{"accessKeyId":"A","secretAccessKey":"s","sessionToken":"t","expiresAt":"soon"}]', "'expiresAt'"),
        ('[{"accessKeyId":"A","secretAccessKey":"s","expiresAt":"2026-11-22T16:00:00Z"}]',
         "'expiresAt' needs a 'sessionToken'"),
        ('[{"accessKeyId":"A","secretAccessKey":"s"},{"accessKeyID":"A"}]', "credentials 2 has 'accessKeyID'")])
    def test_what_isnt_a_list_of_keys_is_refused_and_named_and_nothing_changes(self, simulator, body, words):
        status, _, answer = send(simulator, "PUT", "/_simulator/credentials", body.encode())
        assert status == 400
        assert words in json.loads(answer)["message"]
        assert search(simulator)[0] == 200

    def test_calls_go_on_while_keys_are_rotated(self):
        """As a client does that changes to the new keys before the old ones are gone."""
        with Simulator(seed=[connection(f"c-{number:010}") for number in range(10)]) as simulator:
            simulator.set_credentials([keys(0, "token-0")])
            current, failures, calls, over = [0], [], [0, 0, 0], threading.Event()

            def call(caller):
                while not over.is_set():
                    number = current[0]
                    answer = asked_with(simulator, keys(number, f"token-{number}"))
                    calls[caller] += 1
                    if answer != self.TAKEN:
                        failures.append((number, answer))

            callers = [threading.Thread(target=call, args=(number,)) for number in range(3)]
            for caller in callers:
                caller.start()
            for number in range(1, 25):
                simulator.set_credentials([keys(one, f"token-{one}") for one in (number - 1, number)])
                current[0] = number
                before = list(calls)
                # The second call that ends from now on has begun with the new keys.
                wait_until(lambda: all(now >= then + 2 for now, then in zip(calls, before)), "two calls of everyone")
            over.set()
            for caller in callers:
                caller.join(PATIENCE)
            assert failures == []
            assert asked_with(simulator, keys(22, "token-22")) == self.UNKNOWN


def test_a_seeds_fault_can_have_headers_too():
    fault = {"fault": "error", "status": 429, "code": "TooManyRequestsException", "retryAfter": "30"}
    with Simulator(seed=[connection(PENDING, fault=fault)]) as simulator:
        status, headers, _ = send(simulator, headers=signed(simulator, path=REJECT_PATH))
        assert (status, headers["x-amz-retry-after"]) == (429, "30")
