"""The simulator, seen by clients that no one here wrote: boto3, the AWS CLI, botocore's signer, raw HTTP."""

import contextlib
import datetime
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from support.simulator import (
    ACTIVE, BINARY, PATIENCE, PENDING, REJECTED, UNKNOWN, USUAL_SEED, Certificates, Simulator, connection,
    environment, wait_until)

REJECT = "RejectInboundConnection"
DESCRIBE = "DescribeInboundConnections"
BASE = "/2021-01-01/opensearch/cc/inboundConnection"
REJECT_PATH = f"{BASE}/{PENDING}/reject"
SEARCH_PATH = f"{BASE}/search"


@pytest.fixture(autouse=True)
def nothing_of_this_machine(monkeypatch):
    """boto3 runs in this process: it finds none of the settings that whoever runs the tests has for AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name.endswith("_CA_BUNDLE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture
def simulator():
    with Simulator() as running:
        yield running


@pytest.fixture
def tls_simulator():
    with Simulator(tls=True) as running:
        yield running


def client(simulator, timeout=PATIENCE, **changes):
    """boto3's own client, which asks once."""
    settings = {"region_name": simulator.region, "aws_access_key_id": simulator.access_key_id,
                "aws_secret_access_key": simulator.secret_access_key, "aws_session_token": simulator.session_token,
                "endpoint_url": simulator.url, "verify": simulator.ca_file or False, **changes}
    config = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=timeout,
                    connect_timeout=timeout, proxies={})
    return boto3.client("opensearch", config=config, **settings)


def signed(simulator, method="PUT", path=REJECT_PATH, body=b"", *, headers=None, region=None, service="es", at=None,
           access_key_id=None, secret_access_key=None, session_token=None):
    """The headers of a request that botocore signed; `at` is the time it is signed for, else now."""

    class Signer(SigV4Auth):
        def _modify_request_before_signing(self, request):
            if at is not None:
                request.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
            super()._modify_request_before_signing(request)

    request = AWSRequest(method, simulator.url + path, data=body, headers=headers or {})
    token = simulator.session_token if session_token is None else session_token
    keys = Credentials(access_key_id or simulator.access_key_id, secret_access_key or simulator.secret_access_key,
                       token)
    Signer(keys, service, region or simulator.region).add_auth(request)
    return dict(request.headers.items())


def send(simulator, method="PUT", path=REJECT_PATH, body=b"", headers=None, timeout=PATIENCE):
    """Sends it as it is. Gives the status, the headers in lower case, and the body."""
    with contextlib.closing(simulator.connect(timeout)) as wire:
        wire.request(method, path, body=body or None, headers=headers or {})
        answer = wire.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


def flip_last_digit(text):
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def last_request(simulator):
    return simulator.requests()[-1]


def assert_refused(simulator, answer, code, verdict, status=403):
    """The answer is this error, the log says why, and nothing happened to the connection."""
    got_status, headers, body = answer
    assert (got_status, headers["x-amzn-errortype"]) == (status, code), body
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["message"]
    line = last_request(simulator)
    assert (line["verdict"], line["status"], line["code"]) == (verdict, status, code)
    assert line["awsRequestId"] == headers["x-amzn-requestid"]
    assert simulator.status_of(PENDING) == "PENDING_ACCEPTANCE"


class TestBoto3:
    """boto3 takes each answer and each error for what the service model says it is."""

    @pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
    def test_a_pending_connection_is_rejected_and_every_field_is_parsed(self, tls):
        with Simulator(seed=[connection(PENDING, message="Waiting for you")], tls=tls) as simulator:
            answer = client(simulator).reject_inbound_connection(ConnectionId=PENDING)
            request_id = answer["ResponseMetadata"]["RequestId"]
            assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", request_id)
            status = answer["Connection"].pop("ConnectionStatus")
            assert status["StatusCode"] == "REJECTING"
            assert isinstance(status["Message"], str)
            assert answer["Connection"] == {
                "ConnectionId": PENDING,
                "ConnectionMode": "DIRECT",
                "LocalDomainInfo": {"AWSDomainInformation": {
                    "OwnerId": "123456789012", "DomainName": "logs-eu", "Region": "eu-west-1"}},
                "RemoteDomainInfo": {"AWSDomainInformation": {
                    "OwnerId": "210987654321", "DomainName": "archive", "Region": "eu-west-1"}},
            }
            assert simulator.status_of(PENDING) == "REJECTED"
            [line] = simulator.requests(REJECT)
            assert line["awsRequestId"] == request_id

    def test_a_connection_is_rejected_once(self, simulator):
        aws = client(simulator)
        aws.reject_inbound_connection(ConnectionId=PENDING)
        with pytest.raises(aws.exceptions.DisabledOperationException):
            aws.reject_inbound_connection(ConnectionId=PENDING)
        assert [line.get("code") for line in simulator.requests(REJECT)] == [None, "DisabledOperationException"]

    @pytest.mark.parametrize(
        "state", ["APPROVED", "PROVISIONING", "ACTIVE", "REJECTING", "REJECTED", "DELETING", "DELETED", "NEW_TOMORROW"])
    def test_a_connection_in_another_state_is_a_disabled_operation(self, state):
        with Simulator(seed=[connection(PENDING, state)]) as simulator:
            aws = client(simulator)
            with pytest.raises(aws.exceptions.DisabledOperationException) as caught:
                aws.reject_inbound_connection(ConnectionId=PENDING)
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
            assert caught.value.response["Error"]["Message"]
            assert simulator.status_of(PENDING) == state

    def test_an_unknown_id_is_a_resource_not_found_with_409(self, simulator):
        aws = client(simulator)
        with pytest.raises(aws.exceptions.ResourceNotFoundException) as caught:
            aws.reject_inbound_connection(ConnectionId=UNKNOWN)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
        assert caught.value.response["Error"]["Message"]
        assert caught.value.response["ResponseMetadata"]["RequestId"] == last_request(simulator)["awsRequestId"]

    @pytest.mark.parametrize("connection_id", ["C-0123456789ABCDEF0", "1234567890", "c_0123456789", "c-0123456789 x",
                                               "c-0123456789/../x", "c-0123456789%", "ç-0123456789", "a" * 257])
    def test_an_id_that_breaks_the_pattern_is_a_validation_exception(self, simulator, connection_id):
        aws = client(simulator)
        with pytest.raises(aws.exceptions.ClientError) as caught:
            aws.reject_inbound_connection(ConnectionId=connection_id)
        assert caught.value.response["Error"]["Code"] == "ValidationException"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        assert last_request(simulator)["verdict"] == "valid"

    def test_a_search_without_filters_finds_all(self, simulator):
        answer = client(simulator).describe_inbound_connections()
        assert {one["ConnectionId"]: one["ConnectionStatus"]["StatusCode"] for one in answer["Connections"]} == {
            PENDING: "PENDING_ACCEPTANCE", ACTIVE: "ACTIVE", REJECTED: "REJECTED"}
        assert "NextToken" not in answer

    FILTERED_SEED = [
        connection("c-first00000", local="logs-eu", remote="archive"),
        connection("c-second0000", local="logs-us", remote="archive"),
        connection("c-third00000", "ACTIVE", local="logs-eu", remote="vault"),
    ]
    FILTERED_SEED[1]["LocalDomainInfo"]["AWSDomainInformation"].update(OwnerId="999999999999", Region="us-east-1")

    @pytest.mark.parametrize("filters, found", [
        ({"connection-id": ["c-second0000"]}, "2"),
        ({"connection-id": ["c-second0000", "c-third00000"]}, "23"),
        ({"connection-id": [UNKNOWN]}, ""),
        ({"local-domain-info.domain-name": ["logs-eu"]}, "13"),
        ({"local-domain-info.owner-id": ["999999999999"]}, "2"),
        ({"local-domain-info.region": ["eu-west-1"]}, "13"),
        ({"remote-domain-info.domain-name": ["archive"]}, "12"),
        ({"local-domain-info.domain-name": ["logs-eu"], "remote-domain-info.domain-name": ["vault"]}, "3"),
    ])
    def test_a_search_finds_what_passes_every_filter(self, filters, found):
        with Simulator(seed=self.FILTERED_SEED) as simulator:
            answer = client(simulator).describe_inbound_connections(
                Filters=[{"Name": name, "Values": values} for name, values in filters.items()])
            expected = [self.FILTERED_SEED[int(number) - 1]["ConnectionId"] for number in found]
            assert [one["ConnectionId"] for one in answer["Connections"]] == expected

    @pytest.mark.parametrize("filters", [[{"Name": "status", "Values": ["ACTIVE"]}],
                                         [{"Name": "connection-id", "Values": []}], [{"Values": ["x"]}]])
    def test_a_filter_that_isnt_known_or_empty_is_a_validation_exception(self, simulator, filters):
        body = json.dumps({"Filters": filters}).encode()
        answer = send(simulator, "POST", SEARCH_PATH, body, signed(simulator, "POST", SEARCH_PATH, body))
        assert (answer[0], answer[1]["x-amzn-errortype"]) == (400, "ValidationException")

    @pytest.mark.parametrize("count, page", [(1, 1), (7, 3), (6, 3), (3, 100), (0, 5)])
    def test_pages_have_every_connection_once_and_in_order(self, count, page):
        ids = [f"c-{number:010}" for number in range(count)]
        with Simulator(seed=[connection(one) for one in ids]) as simulator:
            pages = self.pages(client(simulator), page)
            assert [one["ConnectionId"] for part in pages for one in part] == ids
            assert all(len(part) == page for part in pages[:-1])
            assert len(simulator.requests(DESCRIBE)) == max(1, -(-count // page))

    @staticmethod
    def pages(aws, page):
        pages, more = [], {}
        while True:
            answer = aws.describe_inbound_connections(MaxResults=page, **more)
            pages.append(answer["Connections"])
            if "NextToken" not in answer:
                return pages
            more = {"NextToken": answer["NextToken"]}

    def test_a_page_has_a_hundred_connections_unless_less_is_asked_for(self):
        with Simulator(seed=[connection(f"c-{number:010}") for number in range(101)]) as simulator:
            answer = client(simulator).describe_inbound_connections()
            assert len(answer["Connections"]) == 100
            rest = client(simulator).describe_inbound_connections(NextToken=answer["NextToken"])
            assert [one["ConnectionId"] for one in rest["Connections"]] == ["c-0000000100"]

    @pytest.mark.parametrize("token", ["", "x", "00", "73746172743d2d31", "73746172743d393939"])
    def test_a_made_up_page_token_is_an_invalid_pagination_token(self, simulator, token):
        aws = client(simulator)
        with pytest.raises(aws.exceptions.InvalidPaginationTokenException):
            aws.describe_inbound_connections(NextToken=token)

    @pytest.mark.parametrize("size", [0, 101, -1, 2**40])
    def test_a_page_size_out_of_range_is_a_validation_exception(self, simulator, size):
        body = json.dumps({"MaxResults": size}).encode()
        answer = send(simulator, "POST", SEARCH_PATH, body, signed(simulator, "POST", SEARCH_PATH, body))
        assert (answer[0], answer[1]["x-amzn-errortype"]) == (400, "ValidationException")

    @pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"MaxResults":"5"}', b'{"MaxResults":1.5}',
                                      b'{"Filters":{}}', b'{"Filters":[1]}', b'{"NextToken":7}',
                                      b'{"Filters":[{"Name":"connection-id","Values":[1]}]}', b"[" * 10_000])
    def test_a_body_that_cant_be_read_is_a_serialization_exception(self, simulator, body):
        answer = send(simulator, "POST", SEARCH_PATH, body, signed(simulator, "POST", SEARCH_PATH, body))
        assert (answer[0], answer[1]["x-amzn-errortype"]) == (400, "SerializationException")

    def test_a_search_needs_no_body(self, simulator):
        status, _, body = send(simulator, "POST", SEARCH_PATH, headers=signed(simulator, "POST", SEARCH_PATH))
        assert (status, len(json.loads(body)["Connections"])) == (200, 3)

    def test_what_a_seed_leaves_out_is_left_out_of_the_answer(self):
        bare = {"ConnectionId": PENDING, "ConnectionStatus": {"StatusCode": "NEW_TOMORROW"}}
        with Simulator(seed=[bare]) as simulator:
            assert client(simulator).describe_inbound_connections()["Connections"] == [bare]

    @pytest.mark.parametrize("changes, code", [
        ({"aws_access_key_id": "SOMEONEELSE"}, "UnrecognizedClientException"),
        ({"aws_secret_access_key": "wrong"}, "InvalidSignatureException"),
        ({"aws_session_token": "not-asked-for"}, "UnrecognizedClientException"),
        ({"region_name": "us-east-1"}, "InvalidSignatureException"),
    ])
    def test_wrong_credentials_are_the_errors_that_aws_has_for_them(self, simulator, changes, code):
        aws = client(simulator, **changes)
        with pytest.raises(aws.exceptions.ClientError) as caught:
            aws.reject_inbound_connection(ConnectionId=PENDING)
        assert caught.value.response["Error"]["Code"] == code
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403

    def test_temporary_credentials_need_their_token(self):
        with Simulator(session_token="token/with+odd=characters") as simulator:
            for token in (None, "another"):
                aws = client(simulator, aws_session_token=token)
                with pytest.raises(aws.exceptions.ClientError) as caught:
                    aws.reject_inbound_connection(ConnectionId=PENDING)
                assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"
                assert last_request(simulator)["verdict"] == "bad_session_token"
            client(simulator).reject_inbound_connection(ConnectionId=PENDING)
            assert last_request(simulator)["signedHeaders"] == "host;x-amz-date;x-amz-security-token"

    def test_another_region_and_other_keys_can_be_set(self):
        keys = {"region": "ap-southeast-2", "access_key_id": "OTHERKEY", "secret_access_key": "other/secret+"}
        with Simulator(**keys) as simulator:
            client(simulator).reject_inbound_connection(ConnectionId=PENDING)
            assert last_request(simulator)["accessKeyId"] == "OTHERKEY"


class TestAWSCLI:
    """Debian's `aws`, or whichever there is, over TLS that it verifies."""

    @staticmethod
    def aws(simulator, home, *arguments):
        binary = "/usr/bin/aws" if os.path.exists("/usr/bin/aws") else shutil.which("aws")
        assert binary, "the AWS CLI is needed: apt-get install awscli"
        variables = environment(
            home, AWS_ACCESS_KEY_ID=simulator.access_key_id, AWS_SECRET_ACCESS_KEY=simulator.secret_access_key,
            AWS_DEFAULT_REGION=simulator.region, AWS_CA_BUNDLE=simulator.ca_file, AWS_MAX_ATTEMPTS="1",
            AWS_EC2_METADATA_DISABLED="true")
        if binary != "/usr/bin/aws":
            variables["PATH"] = os.environ["PATH"]
        return subprocess.run(
            [binary, "--endpoint-url", simulator.url, "--output", "json", "opensearch", *arguments],
            env=variables, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)

    def test_it_rejects_and_describes(self, tls_simulator, tmp_path):
        rejected = self.aws(tls_simulator, tmp_path, "reject-inbound-connection", "--connection-id", PENDING)
        assert rejected.returncode == 0, rejected.stderr
        assert json.loads(rejected.stdout)["Connection"]["ConnectionStatus"]["StatusCode"] == "REJECTING"
        described = self.aws(tls_simulator, tmp_path, "describe-inbound-connections", "--filters",
                             f"Name=connection-id,Values={PENDING}")
        assert described.returncode == 0, described.stderr
        [found] = json.loads(described.stdout)["Connections"]
        assert (found["ConnectionId"], found["ConnectionStatus"]["StatusCode"]) == (PENDING, "REJECTED")
        assert [line["operation"] for line in tls_simulator.requests()] == [REJECT, DESCRIBE]

    def test_it_pages_by_itself(self, tmp_path):
        ids = [f"c-{number:010}" for number in range(150)]
        with Simulator(seed=[connection(one) for one in ids], tls=True) as simulator:
            described = self.aws(simulator, tmp_path, "describe-inbound-connections", "--max-results", "100")
            assert described.returncode == 0, described.stderr
            answer = json.loads(described.stdout)
            rest = self.aws(simulator, tmp_path, "describe-inbound-connections", "--next-token", answer["NextToken"])
            assert rest.returncode == 0, rest.stderr
            found = answer["Connections"] + json.loads(rest.stdout)["Connections"]
            assert [one["ConnectionId"] for one in found] == ids

    @pytest.mark.parametrize("connection_id, code", [
        (UNKNOWN, "ResourceNotFoundException"), (ACTIVE, "DisabledOperationException"),
        ("NOT-AN-ID-AT-ALL", "ValidationException")])
    def test_it_names_the_errors(self, tls_simulator, tmp_path, connection_id, code):
        answer = self.aws(tls_simulator, tmp_path, "reject-inbound-connection", "--connection-id", connection_id)
        assert answer.returncode == 254, answer.stderr
        assert f"An error occurred ({code}) when calling the {REJECT} operation" in answer.stderr

    def test_it_refuses_a_certificate_it_cant_verify(self, tls_simulator, tmp_path):
        others = tmp_path / "others"
        others.mkdir()
        tls_simulator.ca_file, right = str(Certificates(others).ca_file), tls_simulator.ca_file
        answer = self.aws(tls_simulator, tmp_path, "reject-inbound-connection", "--connection-id", PENDING)
        tls_simulator.ca_file = right
        assert answer.returncode != 0 and "SSL" in answer.stderr
        assert tls_simulator.requests() == []


class TestSignature:
    """What botocore signed is taken as it is, and refused with any part of it altered."""

    def test_as_signed_it_is_taken(self, simulator):
        status, headers, body = send(simulator, headers=signed(simulator))
        assert (status, headers["content-type"]) == (200, "application/json")
        assert "x-amzn-errortype" not in headers
        line = last_request(simulator)
        assert (line["verdict"], line["signedHeaders"]) == ("valid", "host;x-amz-date")
        assert (line["method"], line["path"], line["operation"]) == ("PUT", REJECT_PATH, REJECT)
        assert (line["connectionId"], line["accessKeyId"]) == (PENDING, simulator.access_key_id)
        assert "code" not in line and "fault" not in line
        assert json.loads(body)["Connection"]["ConnectionId"] == PENDING

    @pytest.mark.parametrize("path", [SEARCH_PATH + "?b=2&a=1&a=0&c", SEARCH_PATH + "?a=%20%2F&empty="])
    def test_a_query_is_part_of_what_is_signed(self, simulator, path):
        headers = signed(simulator, "POST", path)
        assert send(simulator, "POST", path, headers=headers)[0] == 200
        answer = send(simulator, "POST", path + "1", headers=headers)
        assert_refused(simulator, answer, "InvalidSignatureException", "signature_mismatch")

    def test_other_headers_may_be_signed_too(self, simulator):
        extra = {"X-Amz-Extra": "two  spaces\tand a tab", "Content-Type": "application/json", "Zebra": "z"}
        headers = signed(simulator, headers=extra)
        assert send(simulator, headers=headers)[0] == 200
        assert last_request(simulator)["signedHeaders"] == "content-type;host;x-amz-date;x-amz-extra;zebra"

    def test_a_header_that_isnt_amazons_need_not_be_signed(self, simulator):
        assert send(simulator, headers=signed(simulator) | {"X-Amzn-Trace-Id": "Root=1", "Other": "x"})[0] == 200

    @pytest.mark.parametrize("position", [-64, -33, -1])
    def test_a_flipped_digit_in_the_signature_is_refused(self, simulator, position):
        headers = signed(simulator)
        value = headers["Authorization"]
        cut = len(value) + position + 1
        headers["Authorization"] = flip_last_digit(value[:cut]) + value[cut:]
        answer = send(simulator, headers=headers)
        assert_refused(simulator, answer, "InvalidSignatureException", "signature_mismatch")

    @pytest.mark.parametrize("change", [lambda s: s.upper(), lambda s: s[:-1], lambda s: s + "0", lambda s: "x"])
    def test_a_signature_in_another_form_is_refused(self, simulator, change):
        headers = signed(simulator)
        start, signature = headers["Authorization"].rsplit("=", 1)
        assert signature.upper() != signature
        headers["Authorization"] = f"{start}={change(signature)}"
        answer = send(simulator, headers=headers)
        assert_refused(simulator, answer, "InvalidSignatureException", "signature_mismatch")

    def test_another_id_in_the_path_is_refused(self, simulator):
        answer = send(simulator, path=REJECT_PATH.replace(PENDING, flip_last_digit(PENDING)),
                      headers=signed(simulator))
        assert_refused(simulator, answer, "InvalidSignatureException", "signature_mismatch")

    def test_another_method_is_refused(self, simulator):
        answer = send(simulator, "POST", SEARCH_PATH, headers=signed(simulator, "PUT", SEARCH_PATH))
        assert_refused(simulator, answer, "InvalidSignatureException", "signature_mismatch")

    @pytest.mark.parametrize("body", [b'{"MaxResults":11}', b'{"MaxResults":1 }', b'{"MaxResults":1}\n', b"", b"{}"])
    def test_another_body_is_refused(self, simulator, body):
        headers = signed(simulator, "POST", SEARCH_PATH, b'{"MaxResults":1}')
        answer = send(simulator, "POST", SEARCH_PATH, body, {**headers, "Content-Length": str(len(body))})
        assert_refused(simulator, answer, "InvalidSignatureException", "signature_mismatch")

    def test_a_body_where_none_was_signed_is_refused(self, simulator):
        answer = send(simulator, body=b"{}", headers=signed(simulator))
        assert_refused(simulator, answer, "InvalidSignatureException", "signature_mismatch")

    def test_an_unsigned_payload_is_refused(self, simulator):
        headers = signed(simulator, headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
        assert_refused(
            simulator, send(simulator, headers=headers), "InvalidSignatureException", "signature_mismatch")

    def test_another_value_of_a_signed_header_is_refused(self, simulator):
        headers = signed(simulator, headers={"X-Amz-Extra": "one"}) | {"X-Amz-Extra": "onf"}
        assert_refused(
            simulator, send(simulator, headers=headers), "InvalidSignatureException", "signature_mismatch")

    def test_another_host_is_refused(self, simulator):
        headers = signed(simulator) | {"Host": "es.eu-west-1.amazonaws.com"}
        assert_refused(
            simulator, send(simulator, headers=headers), "InvalidSignatureException", "signature_mismatch")

    def test_another_time_is_refused(self, simulator):
        headers = signed(simulator)
        second = (datetime.datetime.strptime(headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").second + 1) % 60
        headers["X-Amz-Date"] = f"{headers['X-Amz-Date'][:13]}{second:02}Z"
        assert_refused(
            simulator, send(simulator, headers=headers), "InvalidSignatureException", "signature_mismatch")

    @pytest.mark.parametrize("minutes, words", [(-6, "Signature expired: "), (6, "Signature not yet current: "),
                                                (-60 * 24 * 365, "Signature expired: ")])
    def test_a_time_more_than_five_minutes_off_is_refused(self, simulator, minutes, words):
        at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
        answer = send(simulator, headers=signed(simulator, at=at))
        assert_refused(simulator, answer, "InvalidSignatureException", "skewed")
        assert json.loads(answer[2])["message"].startswith(words + at.strftime("%Y%m%dT%H%M%SZ"))

    @pytest.mark.parametrize("minutes", [-4, 4])
    def test_a_time_less_than_five_minutes_off_is_taken(self, simulator, minutes):
        at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
        assert send(simulator, headers=signed(simulator, at=at))[0] == 200

    def test_a_scope_of_another_day_is_refused(self, simulator):
        headers = signed(simulator)
        headers["Authorization"] = re.sub(r"/\d{8}/", "/20200101/", headers["Authorization"])
        assert_refused(simulator, send(simulator, headers=headers), "InvalidSignatureException", "wrong_date")

    def test_a_scope_for_another_region_is_refused(self, simulator):
        answer = send(simulator, headers=signed(simulator, region="us-east-1"))
        assert_refused(simulator, answer, "InvalidSignatureException", "wrong_region")
        assert "Credential should be scoped to a valid region" in answer[2].decode()

    def test_a_scope_for_another_service_is_refused(self, simulator):
        answer = send(simulator, headers=signed(simulator, service="aoss"))
        assert_refused(simulator, answer, "InvalidSignatureException", "wrong_service")
        assert "Credential should be scoped to correct service: 'es'" in json.loads(answer[2])["message"]

    def test_an_unknown_key_is_refused(self, simulator):
        answer = send(simulator, headers=signed(simulator, access_key_id="SOMEONEELSE"))
        assert_refused(simulator, answer, "UnrecognizedClientException", "unknown_access_key")
        assert last_request(simulator)["accessKeyId"] == "SOMEONEELSE"

    @pytest.mark.parametrize("name", ["X-Amz-Extra", "X-Amz-Security-Token-2", "x-amz-target"])
    def test_an_amazon_header_that_isnt_signed_is_refused(self, simulator, name):
        answer = send(simulator, headers=signed(simulator) | {name: "x"})
        assert_refused(simulator, answer, "InvalidSignatureException", "missing_signed_header")

    @pytest.mark.parametrize("left_out", ["host", "x-amz-date"])
    def test_a_signature_without_host_or_date_is_refused_though_it_fits(self, simulator, left_out):
        class Signer(SigV4Auth):
            def headers_to_sign(self, request):
                headers = super().headers_to_sign(request)
                del headers[left_out]
                return headers

        request = AWSRequest("PUT", simulator.url + REJECT_PATH)
        keys = Credentials(simulator.access_key_id, simulator.secret_access_key)
        Signer(keys, "es", simulator.region).add_auth(request)
        answer = send(simulator, headers=dict(request.headers.items()))
        assert_refused(simulator, answer, "InvalidSignatureException", "missing_signed_header")

    @pytest.mark.parametrize("names", ["x-amz-date;host", "host;host;x-amz-date", "Host;x-amz-date"])
    def test_signed_headers_out_of_order_are_refused(self, simulator, names):
        headers = signed(simulator)
        headers["Authorization"] = headers["Authorization"].replace("host;x-amz-date", names)
        answer = send(simulator, headers=headers)
        assert_refused(simulator, answer, "InvalidSignatureException", "unsorted_signed_headers")

    @pytest.mark.parametrize("names", ["host;x-amz-date;zebra", "host;x-amz-date;~", "host;x-amz-date;ä"])
    def test_a_signed_header_that_isnt_there_is_refused(self, simulator, names):
        headers = signed(simulator)
        headers["Authorization"] = headers["Authorization"].replace("host;x-amz-date", names)
        headers["Authorization"] = headers["Authorization"].encode().decode("latin-1")
        answer = send(simulator, headers=headers)
        assert_refused(simulator, answer, "InvalidSignatureException", "absent_signed_header")

    def test_without_authorization_it_is_refused(self, simulator):
        headers = signed(simulator)
        del headers["Authorization"]
        answer = send(simulator, headers=headers)
        assert_refused(simulator, answer, "MissingAuthenticationTokenException", "unsigned")

    @pytest.mark.parametrize("value", [
        "Bearer cgw_0000", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request",
        "AWS4-HMAC-SHA512 Credential=a/20200101/b/c/aws4_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/20200101/b/c/aws5_request, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256 Credential=a/20200101/b/c/aws4_request, SignedHeaders=host, Signature=0, Signature=1"])
    def test_another_authorization_is_refused_and_not_logged(self, simulator, value):
        answer = send(simulator, headers=signed(simulator) | {"Authorization": value})
        assert_refused(simulator, answer, "IncompleteSignatureException", "malformed_authorization")
        assert "Bearer" not in json.dumps(simulator.log())

    @pytest.mark.parametrize("date", ["", "yesterday", "20260231T000000Z", "2026-11-22T16:00:00Z", "20261122T160000",
                                      "20261122T16000٣Z", "+0261122T160000Z"])
    def test_a_date_that_is_none_is_refused(self, simulator, date):
        answer = send(simulator, headers=signed(simulator) | {"X-Amz-Date": date.encode().decode("latin-1")})
        assert_refused(simulator, answer, "IncompleteSignatureException", "missing_date")

    def test_two_dates_are_refused(self, simulator):
        answer = send(simulator, headers=signed(simulator) | {"x-amz-date": "20261122T160000Z"})
        assert_refused(simulator, answer, "IncompleteSignatureException", "missing_date")

    def test_a_presigned_request_is_refused(self, simulator):
        answer = send(simulator, path=REJECT_PATH + "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0")
        assert_refused(simulator, answer, "MissingAuthenticationTokenException", "unsigned")

    def test_no_header_value_and_no_secret_gets_into_the_log(self):
        with Simulator(session_token="session-token-value") as simulator:
            headers = signed(simulator, headers={"X-Amz-Extra": "extra-value"})
            assert send(simulator, headers=headers)[0] == 200
            text = json.dumps(simulator.log())
            signature = headers["Authorization"].rsplit("=", 1)[1]
            for secret in ("session-token-value", "extra-value", simulator.secret_access_key, signature):
                assert secret not in text


class TestOtherRequests:
    @pytest.mark.parametrize("method, path", [
        ("GET", "/"), ("GET", REJECT_PATH), ("POST", REJECT_PATH), ("PUT", SEARCH_PATH), ("PUT", REJECT_PATH + "/"),
        ("PUT", BASE + "/reject"), ("PUT", f"{BASE}/{PENDING}/x/reject"), ("PUT", f"{BASE}/{PENDING}/accept"),
        ("DELETE", f"{BASE}/{PENDING}"), ("PUT", "/2021-01-02" + REJECT_PATH[11:])])
    @pytest.mark.parametrize("with_signature", [True, False], ids=["signed", "unsigned"])
    def test_anything_else_is_an_unknown_operation(self, simulator, method, path, with_signature):
        headers = signed(simulator, method, path) if with_signature else {}
        answer = send(simulator, method, path, headers=headers)
        verdict = "valid" if with_signature else "unsigned"
        assert_refused(simulator, answer, "UnknownOperationException", verdict, status=404)

    def test_a_body_that_is_too_large_is_refused_unread(self, simulator):
        body = b" " * (64 * 1024 + 1)
        answer = send(simulator, "POST", SEARCH_PATH, body, signed(simulator, "POST", SEARCH_PATH, body))
        assert_refused(simulator, answer, "RequestEntityTooLargeException", "body_too_large", status=413)

    def test_a_body_of_64_kib_is_read(self, simulator):
        body = b"{}" + b" " * (64 * 1024 - 2)
        assert send(simulator, "POST", SEARCH_PATH, body, signed(simulator, "POST", SEARCH_PATH, body))[0] == 200

    @pytest.mark.parametrize("fields", ["Content-Length: 0\r\nContent-Length: 39\r\n", "X:no space\r\n"])
    def test_a_message_that_can_be_read_two_ways_is_refused_and_the_connection_closed(self, simulator, fields):
        host, port = simulator.address.split(":")
        with socket.create_connection((host, int(port)), PATIENCE) as wire:
            wire.sendall(f"PUT {REJECT_PATH} HTTP/1.1\r\nHost: {simulator.address}\r\n{fields}\r\n"
                         "GET / HTTP/1.1\r\nHost: 127.0.0.1:12345\r\n\r\n".encode())
            answer = read_all(wire)
        assert answer.startswith(b"HTTP/1.1 400 ") and b"MalformedHttpRequestException" in answer
        assert answer.count(b"HTTP/1.1") == 1
        assert [line["verdict"] for line in simulator.requests()] == ["malformed"]

    def test_many_clients_at_once_get_an_answer_and_a_line_each(self):
        ids = [f"c-{number:010}" for number in range(64)]
        with Simulator(seed=[connection(one) for one in ids]) as simulator:
            statuses = []

            def reject(one):
                path = f"{BASE}/{one}/reject"
                statuses.append(send(simulator, path=path, headers=signed(simulator, path=path))[0])

            threads = [threading.Thread(target=reject, args=(one,)) for one in ids * 2]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
            assert sorted(statuses) == [200] * 64 + [409] * 64
            lines = simulator.requests(REJECT)
            assert sorted(line["connectionId"] for line in lines) == sorted(ids * 2)
            assert len({line["awsRequestId"] for line in lines}) == 128


def read_all(wire):
    """Everything up to the end of the connection, however it ends."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while part := wire.recv(65536):
            received += part
    return received


def raw_reject(simulator):
    """A signed reject over a plain socket; everything that comes back until the other side closes."""
    headers = signed(simulator)
    lines = [f"PUT {REJECT_PATH} HTTP/1.1", f"Host: {simulator.address}", "Content-Length: 0"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    host, port = simulator.address.split(":")
    with socket.create_connection((host, int(port)), PATIENCE) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        return read_all(wire)


class TestFaults:
    """Each kind of fault as a client without manners of its own sees it."""

    def reject(self, simulator, **more):
        return send(simulator, headers=signed(simulator), **more)

    def assert_logged(self, simulator, fault, **expected):
        [line] = simulator.requests(REJECT)
        assert (line["verdict"], line["fault"]) == ("valid", fault)
        for name in ("status", "code"):
            assert line.get(name) == expected.get(name)
        return line

    def test_throttle(self, simulator):
        simulator.fault("throttle")
        status, headers, body = self.reject(simulator)
        assert (status, headers["x-amzn-errortype"]) == (400, "ThrottlingException")
        assert json.loads(body) == {"message": "Rate exceeded"}
        self.assert_logged(simulator, "throttle", status=400, code="ThrottlingException")
        assert simulator.status_of(PENDING) == "PENDING_ACCEPTANCE"

    def test_error(self, simulator):
        simulator.fault("error")
        status, headers, body = self.reject(simulator)
        assert (status, headers["x-amzn-errortype"]) == (500, "InternalException")
        assert json.loads(body)["message"]
        self.assert_logged(simulator, "error", status=500, code="InternalException")
        assert simulator.status_of(PENDING) == "PENDING_ACCEPTANCE"

    def test_error_with_options(self, simulator):
        code = "DependencyFailureException:http://internal.amazon.com/coral/"
        simulator.fault("error", status=424, code=code, message="Später")
        aws = client(simulator)
        with pytest.raises(aws.exceptions.DependencyFailureException) as caught:
            aws.reject_inbound_connection(ConnectionId=PENDING)
        assert caught.value.response["Error"]["Message"] == "Später"
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424
        self.assert_logged(simulator, "error", status=424, code=code)

    def test_html(self, simulator):
        simulator.fault("html")
        status, headers, body = self.reject(simulator)
        assert (status, headers["content-type"]) == (502, "text/html")
        assert body.startswith(b"<html>")
        assert not [name for name in headers if name.startswith("x-amzn-")]
        assert "awsRequestId" not in self.assert_logged(simulator, "html", status=502)
        assert simulator.status_of(PENDING) == "PENDING_ACCEPTANCE"

    def test_stall(self, simulator):
        simulator.fault("stall")
        with pytest.raises(TimeoutError):
            self.reject(simulator, timeout=0.5)
        wait_until(lambda: simulator.requests(REJECT), "the simulator to have logged it")
        self.assert_logged(simulator, "stall")
        assert simulator.status_of(PENDING) == "PENDING_ACCEPTANCE"

    @pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
    def test_cut(self, tls):
        with Simulator(tls=tls) as simulator:
            simulator.fault("cut")
            with pytest.raises(http.client.RemoteDisconnected):
                self.reject(simulator)
            self.assert_logged(simulator, "cut")
            assert simulator.status_of(PENDING) == "REJECTED"

    def test_cut_sends_not_one_byte(self, simulator):
        simulator.fault("cut")
        assert raw_reject(simulator) == b""

    @pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
    def test_cut_mid(self, tls):
        with Simulator(tls=tls) as simulator:
            simulator.fault("cut-mid")
            with pytest.raises(http.client.IncompleteRead) as caught:
                self.reject(simulator)
            assert len(caught.value.partial) == 10 and caught.value.expected > 100
            self.assert_logged(simulator, "cut-mid", status=200)
            assert simulator.status_of(PENDING) == "REJECTED"

    @pytest.mark.parametrize("count", [0, 1, 50, 1_000_000])
    def test_cut_mid_sends_so_many_bytes_and_never_all(self, simulator, count):
        simulator.fault("cut-mid", bytes=count)
        answer = raw_reject(simulator)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        announced = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        assert len(body) == min(count, announced - 1)
        assert b'{"Connection":{"LocalDomainInfo":'.startswith(body[:33])

    def test_garbage(self, simulator):
        simulator.fault("garbage")
        status, headers, body = self.reject(simulator)
        assert (status, headers["content-type"]) == (200, "application/json")
        with pytest.raises(json.JSONDecodeError):
            json.loads(body)
        self.assert_logged(simulator, "garbage", status=200)
        assert simulator.status_of(PENDING) == "REJECTED"

    def test_empty(self, simulator):
        simulator.fault("empty")
        status, headers, body = self.reject(simulator)
        assert (status, body, headers["content-length"]) == (200, b"", "0")
        self.assert_logged(simulator, "empty", status=200)
        assert simulator.status_of(PENDING) == "REJECTED"

    def test_slow(self, simulator):
        simulator.fault("slow", delayMs=300)
        start = time.monotonic()
        status, _, body = self.reject(simulator)
        assert time.monotonic() - start >= 0.3
        assert (status, json.loads(body)["Connection"]["ConnectionStatus"]["StatusCode"]) == (200, "REJECTING")
        self.assert_logged(simulator, "slow", status=200)

    def test_a_slow_request_is_logged_before_its_answer_and_holds_up_no_other(self, simulator):
        simulator.fault("slow", delayMs=600_000, count=1)
        with contextlib.closing(simulator.connect()) as wire:
            wire.request("PUT", REJECT_PATH, headers=signed(simulator))
            wait_until(lambda: simulator.requests(REJECT), "the slow request's line")
            assert client(simulator).describe_inbound_connections()["Connections"]

    def test_a_count_is_used_up_by_signed_requests_alone(self, simulator):
        simulator.fault("throttle", count=2)
        assert send(simulator)[0] == 403
        assert [self.reject(simulator)[0] for _ in range(3)] == [400, 400, 200]
        assert [line.get("fault") for line in simulator.requests()] == [None, "throttle", "throttle", None]

    def test_the_oldest_fault_that_matches_counts(self, simulator):
        simulator.fault("error", count=1)
        simulator.fault("throttle", count=1)
        codes = [self.reject(simulator)[1].get("x-amzn-errortype") for _ in range(3)]
        assert codes == ["InternalException", "ThrottlingException", None]

    def test_a_fault_for_a_connection_is_for_its_rejects_alone(self, simulator):
        simulator.fault("throttle", connectionId=ACTIVE)
        aws = client(simulator)
        aws.reject_inbound_connection(ConnectionId=PENDING)
        aws.describe_inbound_connections()
        with pytest.raises(aws.exceptions.ClientError, match="ThrottlingException"):
            aws.reject_inbound_connection(ConnectionId=ACTIVE)

    def test_a_fault_without_connection_is_for_searches_too(self, simulator):
        simulator.fault("throttle")
        aws = client(simulator)
        with pytest.raises(aws.exceptions.ClientError, match="ThrottlingException"):
            aws.describe_inbound_connections()

    def test_faults_are_deleted(self, simulator):
        simulator.fault("stall")
        assert simulator.clear_faults() == {"faults": 0}
        assert self.reject(simulator)[0] == 200

    @pytest.mark.parametrize("fault, codes", [
        ("throttle", ["ThrottlingException"] * 2),
        ({"fault": "throttle"}, ["ThrottlingException"] * 2),
        ({"fault": "error", "status": 503, "code": "Later", "count": 1}, ["Later", None])])
    def test_a_seed_gives_a_connection_a_fault(self, fault, codes):
        with Simulator(seed=[connection(PENDING, fault=fault), connection(ACTIVE, "ACTIVE")]) as simulator:
            path = f"{BASE}/{ACTIVE}/reject"
            other = send(simulator, path=path, headers=signed(simulator, path=path))
            assert other[1]["x-amzn-errortype"] == "DisabledOperationException"
            assert [self.reject(simulator)[1].get("x-amzn-errortype") for _ in range(2)] == codes
            assert all("Fault" not in one for one in simulator.connections().values())

    @pytest.mark.parametrize("body, words", [
        (b"", "JSON"), (b"{", "JSON"), (b"7", "object"), (b"{}", "'fault'"), (b'{"fault":7}', "'fault'"),
        (b'{"fault":"explode"}', "explode"), (b'"explode"', "explode"), (b'{"fault":"cut","delayMs":1}', "delayMs"),
        (b'{"fault":"slow","delay":1}', "'delay'"), (b'{"fault":"slow","delayMs":"1"}', "delayMs"),
        (b'{"fault":"slow","delayMs":-1}', "delayMs"), (b'{"fault":"stall","count":0}', "count"),
        (b'{"fault":"stall","count":1.5}', "count"), (b'{"fault":"error","status":200}', "status"),
        (b'{"fault":"error","code":"a b"}', "code"), (b'{"fault":"error","code":""}', "code"),
        (b'{"fault":"cut-mid","bytes":-1}', "bytes"), (b'{"fault":"stall","connectionId":"X"}', "connectionId")])
    def test_a_fault_that_isnt_one_is_refused_and_named(self, simulator, body, words):
        status, _, answer = send(simulator, "POST", "/_simulator/faults", body)
        assert status == 400
        assert words in json.loads(answer)["message"]
        assert self.reject(simulator)[0] == 200

    @pytest.mark.parametrize("method, path", [("GET", "faults"), ("POST", "connections"), ("GET", "x"), ("GET", "")])
    def test_another_control_call_is_not_found(self, simulator, method, path):
        assert send(simulator, method, f"/_simulator/{path}")[0] == 404

    def test_control_calls_arent_counted_as_requests(self, simulator):
        simulator.fault("stall")
        simulator.clear_faults()
        simulator.connections()
        assert simulator.requests() == []
        assert [(line["method"], line["path"], line["status"]) for line in simulator.log()[1:]] == [
            ("POST", "/_simulator/faults", 200), ("DELETE", "/_simulator/faults", 200),
            ("GET", "/_simulator/connections", 200)]


def run(folder, *arguments, seed=USUAL_SEED):
    """Runs the simulator to its end, which has to come by itself."""
    seed_file = folder / "seed.json"
    seed_file.write_bytes(seed if isinstance(seed, bytes) else json.dumps(seed).encode())
    return subprocess.run([BINARY, "--seed", seed_file, *arguments], env=environment(folder), capture_output=True,
                          text=True, timeout=PATIENCE, stdin=subprocess.DEVNULL)


class TestCommandLine:
    def assert_bad_setting(self, result, *words):
        assert result.returncode == 78, result.stderr
        assert result.stdout == ""
        assert re.fullmatch(r"opensearch-simulator: [^\n]+\n", result.stderr), result.stderr
        for word in words:
            assert word in result.stderr

    @pytest.mark.parametrize("seed, words", [
        (b"", "JSON"), (b"[", "JSON"), (b"\xff\xfe", "UTF-8"), (b"{}", "list"), (b"[1]", "connection 1"),
        ([{"ConnectionStatus": {"StatusCode": "ACTIVE"}}], "'ConnectionId'"),
        ([connection("UPPER-CASE-1")], "'ConnectionId'"), ([connection("short")], "'ConnectionId'"),
        ([connection(), connection()], "connection 2: the id c-0123456789abcdef0 stands twice"),
        ([connection(ACTIVE), connection() | {"Mode": "DIRECT"}], "connection 2 has 'Mode'"),
        ([connection() | {"ConnectionStatus": "ACTIVE"}], "'ConnectionStatus'"),
        ([connection() | {"ConnectionStatus": {}}], "'StatusCode'"),
        ([connection() | {"ConnectionMode": 1}], "'ConnectionMode'"),
        ([connection() | {"LocalDomainInfo": {"DomainName": "x"}}], "'DomainName'"),
        ([connection() | {"LocalDomainInfo": {"AWSDomainInformation": {"OwnerId": 123456789012}}}], "'OwnerId'"),
        ([connection(fault="explode")], "explode"), ([connection(fault={"fault": "slow", "delay": 1})], "'delay'"),
        ([connection(fault={"fault": "cut", "connectionId": ACTIVE})], "'connectionId'")])
    def test_a_bad_seed_is_one_line_and_78(self, tmp_path, seed, words):
        self.assert_bad_setting(run(tmp_path, seed=seed), "--seed", "seed.json", words)

    @pytest.mark.parametrize("arguments, words", [
        (["--listen", "nowhere"], "--listen nowhere: it has to be HOST:PORT"),
        (["--listen", "127.0.0.1:70000"], "--listen 127.0.0.1:70000"),
        (["--log", "/nowhere/at/all"], "--log /nowhere/at/all: No such file or directory"),
        (["--tls-key", "key"], "--tls-key: it needs --tls-certificate"),
        (["--tls-certificate", "certificate"], "--tls-certificate: it needs --tls-key"),
        (["--tls-certificate", "/nowhere", "--tls-key", "/nowhere"], "--tls-certificate /nowhere: No such file")])
    def test_a_bad_setting_is_one_line_and_78(self, tmp_path, arguments, words):
        self.assert_bad_setting(run(tmp_path, *arguments), words)

    def test_a_seed_that_cant_be_read_is_one_line_and_78(self, tmp_path):
        result = subprocess.run([BINARY, "--seed", tmp_path / "none"], env=environment(tmp_path), capture_output=True,
                                text=True, timeout=PATIENCE)
        self.assert_bad_setting(result, "--seed", "No such file or directory")

    def test_a_port_in_use_is_one_line_and_78(self, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.assert_bad_setting(run(tmp_path, "--listen", address), address, "Address already in use")

    def test_a_certificate_that_is_none_is_one_line_and_78(self, tmp_path):
        pem = tmp_path / "pem"
        pem.write_text("not a certificate")
        self.assert_bad_setting(run(tmp_path, "--tls-certificate", pem, "--tls-key", pem), "certificate")

    @pytest.mark.parametrize("arguments", [["--nonsense"], ["--listen"], ["more"]])
    def test_a_wrong_command_line_is_64(self, tmp_path, arguments):
        result = run(tmp_path, *arguments)
        assert (result.returncode, result.stdout) == (64, "")
        assert "Usage: opensearch-simulator" in result.stderr

    def test_no_seed_is_64_and_named(self, tmp_path):
        result = subprocess.run([BINARY], env=environment(tmp_path), capture_output=True, text=True, timeout=PATIENCE)
        assert result.returncode == 64
        assert "'--seed <file>'" in result.stderr.splitlines()[0]

    def test_help_has_a_curl_line_for_every_fault_and_every_one_of_them_works(self, simulator):
        help_text = subprocess.run([BINARY, "--help"], env=environment("/"), capture_output=True, text=True,
                                   timeout=PATIENCE, check=True).stdout
        bodies = [re.sub(r"\s+", " ", body) for body in re.findall(r"curl \$F -d '([^']+)'", help_text)]
        kinds = {json.loads(body)["fault"] for body in bodies}
        assert kinds == {"throttle", "error", "html", "stall", "cut", "cut-mid", "garbage", "empty", "slow", "date",
                         "lag", "cut-at", "stall-at", "garbage-at"}
        for body in bodies:
            assert send(simulator, "POST", "/_simulator/faults", body.encode())[0] == 200
        assert max(map(len, help_text.split("USAGE:")[0].splitlines())) <= 80

    def test_the_seed_in_the_help_is_one(self, tmp_path):
        help_text = subprocess.run([BINARY, "--help"], env=environment(tmp_path), capture_output=True, text=True,
                                   timeout=PATIENCE, check=True).stdout
        example = json.loads(re.search(r"^ *\[\{.*?\}\]$", help_text, re.MULTILINE | re.DOTALL)[0])
        with Simulator(seed=example) as simulator:
            assert list(simulator.connections()) == [PENDING]

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
    def test_a_signal_ends_it_with_0_even_while_requests_stall(self, simulator, number):
        simulator.fault("stall")
        with contextlib.closing(simulator.connect()) as wire:
            wire.request("PUT", REJECT_PATH, headers=signed(simulator))
            wait_until(lambda: simulator.requests(REJECT), "the stalled request's line")
            start = time.monotonic()
            simulator.process.send_signal(number)
            assert simulator.process.wait(PATIENCE) == 0
            assert time.monotonic() - start < 1.5
            with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
                wire.getresponse()
        assert simulator.stderr() == ""

    def test_without_log_file_the_log_goes_to_stdout_line_by_line(self, tmp_path):
        seed_file = tmp_path / "seed.json"
        seed_file.write_text(json.dumps(USUAL_SEED))
        process = subprocess.Popen([BINARY, "--seed", seed_file], env=environment(tmp_path), text=True,
                                   stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        with process:
            try:
                listening = json.loads(process.stdout.readline())
                assert listening.keys() == {"event", "address", "scheme"}
                assert (listening["event"], listening["scheme"]) == ("listening", "http")
                assert re.fullmatch(r"127\.0\.0\.1:[1-9]\d*", listening["address"])
                wire = http.client.HTTPConnection(listening["address"], timeout=PATIENCE)
                wire.request("PUT", REJECT_PATH)
                assert wire.getresponse().status == 403
                wire.close()
                line = json.loads(process.stdout.readline())
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("time"))
                assert re.fullmatch(r"[0-9a-f-]{36}", line.pop("awsRequestId"))
                assert line == {
                    "event": "request", "method": "PUT", "path": REJECT_PATH, "operation": REJECT,
                    "connectionId": PENDING, "verdict": "unsigned", "status": 403,
                    "code": "MissingAuthenticationTokenException"}
            finally:
                process.terminate()
            assert process.wait(PATIENCE) == 0

    def test_a_log_that_cant_be_written_ends_it_with_74(self, tmp_path):
        result = run(tmp_path, "--log", "/dev/full")
        assert result.returncode == 74
        assert result.stderr == "opensearch-simulator: the log can't be written: No space left on device\n"

    def test_the_log_file_is_appended_to(self, tmp_path):
        seed_file, log = tmp_path / "seed.json", tmp_path / "log"
        seed_file.write_text("[]")
        log.write_text('{"event":"before"}\n')
        process = subprocess.Popen([BINARY, "--seed", seed_file, "--log", log], env=environment(tmp_path),
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        with process:
            try:
                wait_until(lambda: log.read_text().count("\n") == 2, "the listening line")
            finally:
                process.terminate()
            assert process.stdout.read() == b""
        assert [json.loads(line)["event"] for line in log.read_text().splitlines()] == ["before", "listening"]
        assert process.returncode == 0
