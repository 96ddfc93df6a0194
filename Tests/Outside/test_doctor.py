"""`connection-gateway doctor`: one line for each thing it looked at, and `--json` with the same; it changes nothing."""

import contextlib
import json
import re
import socket
import time

import pytest
from support.doctor import Patient
from support.gateway import Gateway, make_token, run
from support.simulator import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Simulator
from support.sts import STS

#: What there is to look at where nothing is in the way.
CHECKS = {"settings", "tls", "region", "endpoint", "credentials", "identity", "describe", "clock", "tokens", "audit"}


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running):
    yield running
    running.clear_faults()
    running.reset_settings()
    running.reset_credentials()


@pytest.fixture(scope="module")
def sts():
    with STS({ACCESS_KEY_ID: (SECRET_ACCESS_KEY, None)}, REGION) as service:
        yield service


@pytest.fixture
def patient(tmp_path, simulator, sts):
    token = make_token(tmp_path / "tokens.json", expires="90d")
    return Patient(tmp_path, simulator, sts, token)


@contextlib.contextmanager
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield address


class TestInOrder:
    def test_everything_is_ok_and_it_tells_what_there_is(self, patient, simulator):
        before = len(simulator.requests())
        report = patient.see()
        assert report.not_ok() == {} and set(report.checks) == CHECKS
        assert report.json["region"] == REGION and report.json["endpoint"] == simulator.url
        assert report.json["credentials"] == {
            "source": report.json["credentials"]["source"], "accessKeyId": ACCESS_KEY_ID, "expiresAt": None}
        assert "environment" in report.json["credentials"]["source"]
        assert ACCESS_KEY_ID in report.detail("credentials") and REGION in report.detail("region")
        assert report.detail("identity").startswith("arn:aws:sts::123456789012:")
        assert re.search(r"libcurl \d+\.\d+.*OpenSSL.*TLS", report.detail("tls"))
        # It looked, once for each run, and rejected nothing.
        assert [line["operation"] for line in simulator.requests()[before:]] == ["DescribeInboundConnections"] * 2
        assert not patient.audit.exists()

    def test_it_tells_which_source_gave_the_credentials_and_until_when(self, patient):
        answer = {"Version": 1, "AccessKeyId": ACCESS_KEY_ID, "SecretAccessKey": SECRET_ACCESS_KEY,
                  "Expiration": "2090-01-01T00:00:00Z"}
        (patient.folder / "answer.json").write_text(json.dumps(answer))
        (patient.folder / "config").write_text(
            f"[profile night]\ncredential_process = /bin/cat {patient.folder}/answer.json\n")
        report = patient.see(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, AWS_PROFILE="night",
                             AWS_CONFIG_FILE=patient.folder / "config")
        assert report.not_ok() == {}
        assert report.json["credentials"]["expiresAt"] == "2090-01-01T00:00:00Z"
        assert "night" in report.json["credentials"]["source"] and "process" in report.json["credentials"]["source"]
        assert "2090-01-01" in report.detail("credentials")

    def test_it_reads_the_variables_that_serve_reads(self, patient):
        """Without a flag."""
        ended = run("doctor", "--json", home=patient.folder, env={
            **patient.env, "GATEWAY_TOKENS": str(patient.tokens), "GATEWAY_AUDIT_LOG": str(patient.audit)})
        checks = {check["name"]: check for check in json.loads(ended.stdout)["checks"]}
        assert ended.returncode == 0 and str(patient.tokens) in checks["tokens"]["detail"]

    def test_it_looks_at_a_gateway_that_runs_without_disturbing_it(self, patient, simulator):
        folder = patient.folder / "running"
        folder.mkdir()
        with Gateway(simulator.url, folder=folder) as gateway:
            assert gateway.reject("c-not-there-at-all").status == 404
            patient.tokens, patient.audit = gateway.tokens, gateway.audit
            patient.secrets.append(gateway.token)
            report = patient.see()
            assert report.not_ok().keys() <= {"tokens"}, report.checks
            assert re.search(r"\b3 records", report.detail("audit"))
            assert gateway.reject("c-not-there-at-all").status == 404
            gateway.stop()
            gateway.check_chain()

    def test_a_usage_error_is_64(self):
        assert run("doctor", "--no-such-flag").returncode == 64


class TestAWS:
    def test_where_nothing_listens_the_report_is_complete(self, patient):
        with closed_port() as nowhere:
            report = patient.see(AWS_ENDPOINT_URL_OPENSEARCH=nowhere, AWS_ENDPOINT_URL_STS=nowhere)
        assert set(report.checks) == CHECKS and report.code == 1
        assert report.not_ok() == {"describe": "problem", "identity": "warning", "clock": "warning"}
        assert (report.json["region"], report.json["endpoint"]) == (REGION, nowhere)
        assert report.json["credentials"]["accessKeyId"] == ACCESS_KEY_ID

    def test_where_nothing_answers_it_is_too_and_doesnt_take_forever(self, patient):
        # Who connects waits in the backlog: nobody accepts, nobody answers.
        with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            started = time.monotonic()
            report = patient.see(AWS_ENDPOINT_URL_OPENSEARCH=url, AWS_ENDPOINT_URL_STS=url)
            # Five seconds for each of the two who are asked.
            assert time.monotonic() - started < 10 + 2
        assert set(report.checks) == CHECKS
        assert report.not_ok() == {"describe": "problem", "identity": "warning", "clock": "warning"}

    def test_without_the_right_to_look_it_warns(self, patient, simulator):
        simulator.fault("error", status=403, code="AccessDeniedException", operation="DescribeInboundConnections")
        report = patient.see()
        assert (report.code, report.not_ok()) == (0, {"describe": "warning"})
        assert "es:DescribeInboundConnections" in report.detail("describe")
        assert "iam-policy.json" in report.detail("describe")

    @pytest.mark.parametrize("keys, code", [
        ({"AWS_ACCESS_KEY_ID": "AKIANOBODYKNOWS00000"}, "UnrecognizedClientException"),
        ({"AWS_SECRET_ACCESS_KEY": "another-secret"}, "InvalidSignatureException")])
    def test_keys_that_aws_doesnt_take_are_a_problem(self, patient, keys, code):
        patient.secrets.append("another-secret")
        with closed_port() as no_sts:
            report = patient.see(**keys, AWS_ENDPOINT_URL_STS=no_sts)
        assert report.status("describe") == "problem" and code in report.detail("describe")

    def test_keys_that_have_ended_are_a_problem(self, patient, simulator):
        patient.secrets += ["ended-secret", "ended-token"]
        simulator.set_credentials([{"accessKeyId": "ASIAENDED00000000001", "secretAccessKey": "ended-secret",
                                    "sessionToken": "ended-token", "expiresAt": "2020-01-01T00:00:00Z"}])
        with closed_port() as no_sts:
            report = patient.see(
                AWS_ACCESS_KEY_ID="ASIAENDED00000000001", AWS_SECRET_ACCESS_KEY="ended-secret",
                AWS_SESSION_TOKEN="ended-token", AWS_ENDPOINT_URL_STS=no_sts)
        assert report.status("describe") == "problem" and "ExpiredTokenException" in report.detail("describe")

    @pytest.mark.parametrize("offset", [3600, -3600, 250])
    def test_a_clock_that_is_wrong_is_warned_of(self, patient, simulator, offset):
        simulator.settings(clockOffsetSeconds=offset)
        report = patient.see()
        assert (report.code, report.not_ok()) == (0, {"clock": "warning"})
        assert any(str(abs(offset) + slack) in report.detail("clock") for slack in (-1, 0, 1))

    @pytest.mark.parametrize("date", [{"absent": True}, {"value": "yesterday"}], ids=str)
    def test_without_a_date_nothing_is_known_of_the_clock(self, patient, simulator, date):
        simulator.settings(date=date)
        assert patient.see().not_ok() == {"clock": "warning"}

    def test_tls_is_looked_at_with_the_authority_that_is_set(self, patient):
        with Simulator(tls=True) as simulator:
            trusted = patient.see(AWS_ENDPOINT_URL_OPENSEARCH=simulator.url, AWS_CA_BUNDLE=simulator.ca_file)
            assert trusted.status("describe") == "ok"
            strange = patient.see(AWS_ENDPOINT_URL_OPENSEARCH=simulator.url)
            assert strange.status("describe") == "problem" and "certificate" in strange.detail("describe").lower()


class TestSettings:
    def test_without_a_region_the_rest_is_still_looked_at(self, patient):
        report = patient.see(AWS_REGION=None)
        assert report.code == 1 and report.json["region"] is None
        assert report.status("settings") == "problem" and "AWS_REGION" in report.detail("settings")
        assert {"tls", "tokens", "audit"} <= {name for name, (status, _) in report.checks.items() if status == "ok"}

    def test_without_credentials_each_source_says_why(self, patient):
        report = patient.see(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
        assert report.not_ok()["credentials"] == "problem"
        assert report.json["credentials"] == {"source": None, "accessKeyId": None, "expiresAt": None}
        assert (report.json["region"], report.json["endpoint"]) == (REGION, patient.env["AWS_ENDPOINT_URL_OPENSEARCH"])
        for source in ("environment", "profile", "web identity", "container", "instance metadata"):
            assert source in report.detail("credentials").lower(), report.detail("credentials")

    def test_a_setting_of_ours_that_cant_be_used_doesnt_keep_it_from_asking_aws(self, patient, simulator):
        report = patient.see(GATEWAY_LISTEN="nowhere")
        assert report.not_ok() == {"settings": "problem"} and set(report.checks) == CHECKS
        assert (report.json["region"], report.json["endpoint"]) == (REGION, simulator.url)
        assert report.json["credentials"]["accessKeyId"] == ACCESS_KEY_ID

    @pytest.mark.parametrize("env, named", [
        ({"GATEWAY_REQUEST_TIMEOUT": "1y"}, "--request-timeout"), ({"GATEWAY_LISTEN": "nowhere"}, "--listen"),
        ({"AWS_MAX_ATTEMPTS": "many"}, "AWS_MAX_ATTEMPTS"), ({"AWS_CA_BUNDLE": "/nonexistent"}, "AWS_CA_BUNDLE"),
        ({"AWS_USE_FIPS_ENDPOINT": "true"}, "AWS_USE_FIPS_ENDPOINT")])
    def test_a_setting_that_cant_be_used_is_named_and_the_files_still_looked_at(self, patient, env, named):
        report = patient.see(**env)
        assert report.code == 1
        assert any(status == "problem" and named in detail for status, detail in report.checks.values()), report.lines
        assert report.status("tokens") == report.status("audit") == "ok"
