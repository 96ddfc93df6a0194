"""What `connection-gateway doctor` says of the tokens file and the audit log. Where `serve` wouldn't start, there is a
problem."""

import json
import os
import re
import subprocess

import pytest
from support.doctor import Patient
from support.gateway import BINARY, Gateway, make_token, run
from support.simulator import ACCESS_KEY_ID, PATIENCE, REGION, SECRET_ACCESS_KEY, Simulator, environment
from support.sts import STS

#: What is done to the tokens file, and to the log, by name.
TOKENS = ["missing", "not JSON", "empty", "writable for all", "a folder", "revoked", "expired"]
LOGS = ["missing", "whole", "empty", "a torn line", "a torn line alone", "not JSON", "a broken chain", "a folder",
        "no folder", "a file for a folder", "a link to nowhere", "readable for all", "writable for all"]


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


@pytest.fixture(scope="module")
def sts():
    with STS({ACCESS_KEY_ID: (SECRET_ACCESS_KEY, None)}, REGION) as service:
        yield service


@pytest.fixture(scope="module")
def log(simulator):
    """A log that a gateway has written."""
    with Gateway(simulator.url) as gateway:
        gateway.reject("c-not-there-at-all")
        gateway.stop()
        return gateway.audit.read_bytes()


@pytest.fixture
def patient(tmp_path, simulator, sts):
    token = make_token(tmp_path / "tokens.json", expires="90d")
    return Patient(tmp_path, simulator, sts, token)


def change_tokens(tokens, how):
    match how:
        case "missing":
            tokens.unlink()
        case "not JSON" | "empty":
            tokens.write_text("what is this" * (how == "not JSON"))
        case "writable for all":
            tokens.chmod(0o666)
        case "a folder":
            tokens.unlink()
            tokens.mkdir()
        case "revoked":
            run("token", "revoke", json.loads(tokens.read_text())["tokens"][0]["id"], "--tokens", tokens)
        case "expired":
            document = json.loads(tokens.read_text())
            document["tokens"][0] |= {"createdAt": "2020-01-01T00:00:00Z", "expiresAt": "2020-02-01T00:00:00Z"}
            tokens.write_text(json.dumps(document))


def put_log(patient, log, how):
    audit = patient.audit
    match how:
        case "missing":
            return
        case "a folder":
            audit.mkdir()
        case "no folder" | "a file for a folder":
            (patient.folder / "file").touch()
            patient.audit = patient.folder / {"no folder": "none"}.get(how, "file") / "audit.jsonl"
        case "a link to nowhere":
            audit.symlink_to(patient.folder / "none" / "audit.jsonl")
        case _:
            audit.write_bytes({
                "empty": b"", "a torn line": log[:-20], "a torn line alone": log[:40], "not JSON": b"what is this\n",
                "a broken chain": log.replace(b'"stage":"intent"', b'"stage":"INTENT"')}.get(how, log))
            audit.chmod({"readable for all": 0o644, "writable for all": 0o666}.get(how, 0o640))


class TestTokens:
    @pytest.mark.parametrize("how", TOKENS)
    def test_a_file_that_opens_nothing_is_a_problem(self, patient, how):
        change_tokens(patient.tokens, how)
        report = patient.see()
        assert report.not_ok() == {"tokens": "problem"}
        assert str(patient.tokens) in report.detail("tokens")

    def test_tokens_that_end_soon_are_warned_of(self, patient):
        make_token(patient.tokens, name="soon", expires="3d")
        report = patient.see()
        assert (report.code, report.not_ok()) == (0, {"tokens": "warning"})


class TestLog:
    def test_one_that_is_whole_is_ok(self, patient, log):
        put_log(patient, log, "whole")
        report = patient.see()
        assert report.not_ok() == {} and re.search(r"\b4 records", report.detail("audit"))

    def test_a_chain_that_is_broken_is_a_problem_with_its_line(self, patient, log):
        put_log(patient, log, "a broken chain")
        report = patient.see()
        assert report.not_ok() == {"audit": "problem"}
        assert re.search(r"line [23]\b", report.detail("audit")) and str(patient.audit) in report.detail("audit")

    def test_a_torn_last_line_is_told(self, patient, log):
        put_log(patient, log, "a torn line")
        assert "torn" in patient.see().detail("audit")

    @pytest.mark.parametrize("how", ["no folder", "a file for a folder", "a folder"])
    def test_one_that_cant_be_made_is_a_problem(self, patient, log, how):
        put_log(patient, log, how)
        assert patient.see().not_ok() == {"audit": "problem"}


class TestLikeServe:
    """Who believes `doctor` isn't surprised by `serve`. (`serve` starts with less: without a usable token, for one.)"""

    def assert_no_surprise(self, patient, **surroundings):
        report = patient.see(**surroundings)
        assert report.code == 1 or patient.serve_starts(**surroundings), report.checks

    @pytest.mark.parametrize("how", TOKENS)
    def test_of_the_tokens(self, patient, how):
        change_tokens(patient.tokens, how)
        self.assert_no_surprise(patient)

    @pytest.mark.parametrize("how", LOGS)
    def test_of_the_log(self, patient, log, how):
        put_log(patient, log, how)
        self.assert_no_surprise(patient)

    @pytest.mark.parametrize("how", ["folder", "log", "tokens"])
    def test_of_what_may_not_be_written_or_read(self, patient, log, how):
        prefix = self.another_user(patient)
        put_log(patient, log, "whole")
        for path in (patient.tokens, patient.audit, patient.folder):
            if prefix:
                os.chown(path, 65534, 65534)
        path, mode = {"folder": (patient.folder, 0o555), "log": (patient.audit, 0o440),
                      "tokens": (patient.tokens, 0)}[how]
        if how == "folder":
            patient.audit.unlink()
        path.chmod(mode)
        try:
            report = patient.see(prefix=prefix)
        finally:
            patient.folder.chmod(0o755)
        assert report.not_ok() == {"tokens" if how == "tokens" else "audit": "problem"}
        assert str(path) in report.detail("tokens" if how == "tokens" else "audit")

    @staticmethod
    def another_user(patient):
        """What to run it under, so that a file's mode counts: root may do everything."""
        if os.geteuid() != 0:
            return []
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for parent in patient.folder.parents:
            parent.chmod(parent.stat().st_mode | 0o001)
        tried = subprocess.run([*prefix, str(BINARY), "--version"], capture_output=True, text=True, check=False,
                               timeout=PATIENCE, env=environment(patient.folder))
        if tried.returncode != 0:
            pytest.skip(f"as another user {BINARY} can't be run: {tried.stderr.strip()}")
        return prefix
