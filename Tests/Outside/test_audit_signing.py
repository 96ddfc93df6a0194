"""Checkpoints: what the gateway signs, openssl and the second verifier take; and what `audit verify` says of what is signed
and what isn't."""

import base64
import hashlib
import json
import os
import re
import signal
import subprocess

import pytest
from support.audit_logs import CHECKPOINT, CLOSED, OPENED, Key, chain, denied, goes_on
from support.gateway import Gateway, run
from support.second_verifier import verify
from support.simulator import PATIENCE, UNKNOWN, Simulator, wait_until


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True, timeout=PATIENCE, **options)


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


@pytest.fixture
def key(tmp_path):
    """A key as openssl makes it: the private key's file and the public one's."""
    private, public = tmp_path / "audit.key", tmp_path / "audit.pub"
    openssl("genpkey", "-algorithm", "ed25519", "-out", private)
    private.chmod(0o600)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    return private, public


def verified(*files, keys=(), code=0):
    ended = run("audit", "verify", *[part for key in keys for part in ("--public-key", key)], *files)
    assert (ended.returncode, ended.stderr) == (code, ""), ended
    return ended.stdout


class TestKeygen:
    def test_makes_a_key_that_openssl_reads_and_only_its_owner_can(self, tmp_path):
        file = tmp_path / "audit.key"
        made = run("audit", "keygen", "--out", file, prefix=["sh", "-c", 'umask 0; exec "$@"', "sh"])
        assert made.returncode == 0, made
        assert file.stat().st_mode & 0o7777 == 0o600
        assert openssl("pkey", "-in", file, "-pubout").stdout.decode() == made.stdout
        assert "ED25519 Private-Key" in openssl("pkey", "-in", file, "-noout", "-text").stdout.decode()
        raw = openssl("pkey", "-in", file, "-pubout", "-outform", "DER").stdout[-32:]
        key_id = openssl("dgst", "-sha256", "-r", input=raw).stdout.decode()[:16]
        assert made.stderr.count("\n") == 1 and key_id in made.stderr

    def test_makes_another_key_each_time(self, tmp_path):
        public = {run("audit", "keygen", "--out", tmp_path / f"{number}.key").stdout for number in range(3)}
        assert len(public) == 3

    @pytest.mark.parametrize("content", [b"", b"something"])
    def test_never_writes_to_a_file_that_is_there(self, tmp_path, content):
        file = tmp_path / "audit.key"
        file.write_bytes(content)
        made = run("audit", "keygen", "--out", file)
        assert made.returncode == 78 and made.stdout == "" and made.stderr.count("\n") == 1, made
        assert file.read_bytes() == content

    def test_never_follows_a_link(self, tmp_path):
        (tmp_path / "audit.key").symlink_to(tmp_path / "elsewhere")
        assert run("audit", "keygen", "--out", tmp_path / "audit.key").returncode == 78
        assert not (tmp_path / "elsewhere").exists()

    def test_a_folder_that_isnt_there_is_told(self, tmp_path):
        made = run("audit", "keygen", "--out", tmp_path / "none" / "audit.key")
        assert made.returncode == 78 and made.stderr.count("\n") == 1 and "--out" in made.stderr

    def test_without_a_place_it_is_wrong_usage(self):
        assert run("audit", "keygen").returncode == 64


class TestSigned:
    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
    def test_the_gateway_signs_what_it_wrote_and_openssl_agrees(self, simulator, tmp_path, key, mode):
        private, public = key
        private.chmod(mode)
        with Gateway(simulator.url, env={"GATEWAY_AUDIT_SIGNING_KEY": private}, folder=tmp_path) as gateway:
            gateway.reject(UNKNOWN)
        *_, closed, checkpoint = gateway.records()
        assert (closed["stage"], checkpoint["stage"]) == ("closed", "checkpoint")
        signed = tmp_path / "signed"
        signed.write_text("connection-gateway audit checkpoint 1\n"
                          f"{checkpoint['time']}\n{checkpoint['seq']}\n{checkpoint['prev']}\n")
        (tmp_path / "signature").write_bytes(base64.b64decode(checkpoint["signature"]))
        openssl("pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", signed, "-sigfile",
                tmp_path / "signature")
        output = verified(gateway.audit, keys=[public])
        assert f"vouched for: seq 1 to 5, {checkpoint['time']}, by the last of 1 checkpoints, of the key " \
               f"{checkpoint['keyId']}\n" in output
        assert output.splitlines()[-1].startswith("whole: 5 records")
        assert verify([gateway.audit.read_bytes()], [public.read_bytes()]).vouched == 5

    def test_every_100_records_and_at_every_end_of_a_file(self, simulator, tmp_path, key):
        private, public = key
        rotated = tmp_path / "audit.jsonl.1"
        with Gateway(simulator.url, arguments=["--audit-signing-key", private], folder=tmp_path) as gateway:
            for _ in range(60):
                gateway.reject(UNKNOWN)
            os.rename(gateway.audit, rotated)
            gateway.signal(signal.SIGHUP)
            wait_until(gateway.audit.exists, "the new file")
            gateway.reject(UNKNOWN)
        places = [record["seq"] for record in gateway.records(audit=rotated) if record["stage"] == "checkpoint"]
        # opened and 99 others; 21 and closed.
        assert places == [101, 124]
        assert [record["stage"] for record in gateway.records()] == ["opened", "intent", "outcome", "closed", "checkpoint"]
        output = verified(rotated, gateway.audit, keys=[public])
        assert "seq 1 to 129" in output and "whole: 129 records" in output and "could be anyone's" not in output

    def test_the_key_is_nowhere_but_in_its_file(self, simulator, tmp_path, key):
        private, _ = key
        with Gateway(simulator.url, arguments=["--audit-signing-key", private, "--log-level", "trace"],
                     folder=tmp_path) as gateway:
            gateway.reject(UNKNOWN)
            metrics = gateway.call("GET", "/metrics", token=None, address=gateway.admin_address).body
        seed = openssl("pkey", "-in", private, "-outform", "DER").stdout[-32:]
        for place in [gateway.log_text().encode(), gateway.audit.read_bytes(), metrics]:
            for text in [seed, seed.hex().encode(), base64.b64encode(seed)[:20], private.read_bytes().split(b"\n")[1]]:
                assert text not in place
        assert {line["keyId"] for line in gateway.log() if line["message"] == "the audit is signed"} == {
            gateway.records("checkpoint")[0]["keyId"]}

    def test_doctor_looks_at_the_key(self, tmp_path, key):
        private, _ = key
        for mode, status in [(0o600, "ok"), (0o666, "problem")]:
            private.chmod(mode)
            doctor = run("doctor", "--json", "--audit-signing-key", private, "--audit-log", tmp_path / "audit.jsonl",
                         env={"AWS_REGION": "eu-west-1", "AWS_ENDPOINT_URL_OPENSEARCH": "http://127.0.0.1:9",
                              "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"})
            checks = {check["name"]: check["status"] for check in json.loads(doctor.stdout)["checks"]}
            assert checks["audit-signing-key"] == status, doctor.stdout


class TestHead:
    """Without a key, and with one: the head is logged, and its number is in the metrics."""

    @pytest.mark.parametrize("signed", [False, True])
    def test_is_logged_every_100_records_and_at_close(self, simulator, tmp_path, key, signed):
        arguments = ["--audit-signing-key", key[0]] if signed else []
        with Gateway(simulator.url, arguments=arguments, folder=tmp_path) as gateway:
            for _ in range(51):
                gateway.reject(UNKNOWN)
            assert gateway.metrics()["connection_gateway_audit_head_sequence"] == len(gateway.records())
        heads = [(int(line["seq"]), line["hash"]) for line in gateway.log() if line["message"] == "audit head"]
        assert [number for number, _ in heads] == ([101, 106] if signed else [100, 104])
        # The logged hash of a record stands in the next one; that of the last is what verify prints.
        records = gateway.records()
        assert records[heads[0][0]]["prev"] == heads[0][1]
        assert f"head {heads[1][1]}" in verified(gateway.audit)


class TestVerify:
    @pytest.fixture
    def write(self, tmp_path):
        def write(name, lines):
            file = tmp_path / name
            file.write_bytes(lines if isinstance(lines, bytes) else b"".join(lines))
            return file
        return write

    @pytest.fixture
    def keys(self, write):
        """Three keys, and the files of their public ones."""
        keys = [Key() for _ in range(3)]
        return keys, [write(f"{number}.pub", key.public_pem) for number, key in enumerate(keys)]

    def test_says_up_to_where_and_how_many_records_after_it_arent(self, write, keys):
        (key, *_), (public, *_) = keys
        lines = chain([OPENED, denied("/a"), CHECKPOINT, denied("/b"), denied("/c")], key=key)
        output = verified(write("audit", lines), keys=[public])
        assert re.search(r"^vouched for: seq 1 to 3, .* of the key " + key.id + "; 2 records after it could be anyone's$",
                         output, re.MULTILINE)

    def test_without_a_public_key_says_that_nothing_was_checked(self, write, keys):
        (key, *_), _ = keys
        output = verified(write("audit", chain([OPENED, CHECKPOINT], key=key)))
        assert "not checked: the signatures of 1 checkpoints" in output and "vouched for" not in output
        assert "not checked" not in verified(write("audit", chain([OPENED])))

    def test_a_log_without_checkpoints_isnt_good_if_a_public_key_is_given(self, write, keys):
        _, publics = keys
        for lines in [chain([OPENED, denied("/"), CLOSED]), []]:
            output = verified(write("audit", lines), keys=publics, code=1)
            assert output.splitlines()[-1].startswith(f"unsigned: {len(lines)} records")

    def test_a_wrong_signature_is_a_break(self, write, keys):
        (key, other, _), (public, *_) = keys
        forged = Key()
        forged.id, forged._key = key.id, other._key
        output = verified(write("audit", chain([OPENED, denied("/"), CHECKPOINT], key=forged)), keys=[public], code=1)
        assert re.search(r"^broken: .*/audit, line 3: its signature is wrong", output, re.MULTILINE)
        assert "before that: 2 records" in output

    def test_an_unknown_key_is_a_break_that_names_it(self, write, keys):
        (key, other, _), (public, *_) = keys
        output = verified(write("audit", chain([OPENED, CHECKPOINT], key=other)), keys=[public], code=1)
        assert re.search(f"^broken: .*/audit, line 2: .*{other.id}", output, re.MULTILINE)

    @pytest.mark.parametrize("change", [
        lambda record: record.update(time="2026-11-22T16:00:01.000000Z"), lambda record: record.update(keyId="0" * 16)])
    def test_a_checkpoint_that_was_changed_is_a_break(self, write, keys, change):
        (key, *_), (public, *_) = keys
        *lines, last = chain([OPENED, denied("/"), CHECKPOINT], key=key)
        record = json.loads(last)
        change(record)
        changed = json.dumps(record, separators=(",", ":")).encode() + b"\n"
        assert "line 3" in verified(write("audit", [*lines, changed]), keys=[public], code=1)

    def test_a_checkpoint_of_another_log_is_a_break(self, write, keys):
        (key, *_), (public, *_) = keys
        lines = chain([OPENED, denied("/a"), CHECKPOINT], key=key)
        other = chain([OPENED, denied("/b"), CHECKPOINT], key=key)
        assert "line 3" in verified(write("audit", [*lines[:2], other[2]]), keys=[public], code=1)

    def test_says_up_to_where_a_broken_log_is_vouched_for(self, write, keys):
        (key, *_), (public, *_) = keys
        lines = chain([OPENED, CHECKPOINT, denied("/a"), denied("/b"), CHECKPOINT], key=key)
        output = verified(write("audit", [*lines[:3], *lines[4:]]), keys=[public], code=1)
        assert "vouched for: seq 1 to 2" in output and "line 4" in output

    def test_several_keys_may_have_signed_it(self, write, keys):
        keys, publics = keys
        lines = chain([OPENED, CLOSED, CHECKPOINT], key=keys[0])
        lines += chain([OPENED, CLOSED, CHECKPOINT], sequence=4, previous=hashlib.sha256(lines[-1]).hexdigest(), key=keys[1])
        later = goes_on(lines, [CLOSED, CHECKPOINT], key=keys[2])
        files = [write("audit.1", lines), write("audit", later)]
        assert "seq 1 to 9" in verified(*files, keys=reversed(publics))
        for missing in range(3):
            verified(*files, keys=[public for number, public in enumerate(publics) if number != missing], code=1)

    def test_cut_off_at_a_checkpoint_it_looks_whole_but_isnt_closed(self, write, keys):
        """What no check of the files can show; the logged head can."""
        (key, *_), (public, *_) = keys
        lines = chain([OPENED, denied("/a"), CHECKPOINT, denied("/b"), CLOSED, CHECKPOINT], key=key)
        output = verified(write("audit", lines[:3]), keys=[public])
        assert "not closed" in output and "could be anyone's" not in output
        assert "not closed" not in verified(write("audit", lines), keys=[public])

    @pytest.mark.parametrize("content", [b"", b"something", None, "private"], ids=["empty", "other", "missing", "private"])
    def test_a_public_key_that_cant_be_read_is_told(self, write, keys, tmp_path, content):
        (key, *_), _ = keys
        file = tmp_path / "key"
        if content is not None:
            write("key", key.private_pem if content == "private" else content)
        log = write("audit", chain([OPENED, CHECKPOINT], key=key))
        ended = run("audit", "verify", "--public-key", file, log)
        assert ended.returncode == 2 and ended.stdout == "" and ended.stderr.count("\n") == 1, ended
        assert str(file) in ended.stderr
