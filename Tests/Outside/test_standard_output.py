"""Commands whose output can't be written: none of them ends as if all were well."""

import subprocess

import pytest
from support.audit_logs import OPENED, chain, written
from support.gateway import BINARY, make_token
from support.simulator import PATIENCE, environment


def run(folder, redirection, *words):
    return subprocess.run(["sh", "-c", f'"$@" {redirection}', "sh", str(BINARY), *map(str, words)], capture_output=True, text=True,
                          check=False, timeout=PATIENCE, env=environment(folder))


@pytest.mark.parametrize(("redirection", "reason"), [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")],
                         ids=["full", "closed"])
class TestOutput:
    @pytest.mark.parametrize("flags", [[], ["--json"]], ids=["table", "json"])
    def test_of_token_list(self, tmp_path, redirection, reason, flags):
        make_token(tmp_path / "tokens.json")
        ended = run(tmp_path, redirection, "token", "list", *flags, "--tokens", tmp_path / "tokens.json")
        assert (ended.returncode, ended.stderr) == (74, f"connection-gateway: standard output: {reason}\n")

    def test_of_audit_verify(self, tmp_path, redirection, reason):
        audit = written(tmp_path / "audit.jsonl", chain([OPENED]))
        ended = run(tmp_path, redirection, "audit", "verify", audit)
        assert (ended.returncode, ended.stderr) == (2, f"connection-gateway: standard output: {reason}\n")

    def test_of_audit_verify_for_a_broken_log(self, tmp_path, redirection, reason):
        audit = written(tmp_path / "audit.jsonl", chain([OPENED]) + [b"hello\n"])
        ended = run(tmp_path, redirection, "audit", "verify", audit)
        assert (ended.returncode, ended.stderr) == (1, f"connection-gateway: standard output: {reason}\n")

    def test_of_audit_keygen(self, tmp_path, redirection, reason):
        key = tmp_path / "audit.key"
        ended = run(tmp_path, redirection, "audit", "keygen", "--out", key)
        assert ended.returncode == 74 and ended.stderr.endswith(
            f"standard output: {reason}; 'openssl pkey -in {key} -pubout' prints the public key again\n")
        assert key.stat().st_size > 0

    def test_of_doctor_that_found_a_problem(self, tmp_path, redirection, reason):
        ended = run(tmp_path, redirection, "doctor", "--tokens", tmp_path / "tokens.json", "--audit-log", tmp_path / "audit.jsonl")
        assert (ended.returncode, ended.stderr) == (1, f"connection-gateway: standard output: {reason}\n")
