"""Settings that can't be used: one clear line at the start, or, where they may yet come right, a gateway that says what
it lacks and sends nothing."""

import json
import os
import pathlib
import shutil
import socket
import subprocess

import pytest
from support.gateway import BINARY, Gateway, make_token, run
from support.simulator import (
    ACCESS_KEY_ID, PATIENCE, REGION, SECRET_ACCESS_KEY, UNKNOWN, Certificates, Simulator, wait_until)

KEYS = f"aws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key={SECRET_ACCESS_KEY}\n"
PEM = "-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n"


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as running:
        yield running


class Start:
    """A start of `serve` that is in order but for what a test changes."""

    def __init__(self, folder, tokens):
        self.folder = pathlib.Path(folder)
        self.tokens, self.audit = self.folder / "tokens.json", self.folder / "audit.jsonl"
        shutil.copy(tokens, self.tokens)

    def fail(self, *, env=None, prefix=(), home=None, **flags):
        """Runs it to its end, which has to come by itself, and gives the one line that it says."""
        settings = {"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0", "tokens": self.tokens,
                    "audit_log": self.audit, **flags}
        arguments = []
        for name, value in settings.items():
            flag = f"--{name.replace('_', '-')}"
            # What starts with a hyphen would be taken for another flag.
            arguments += [] if value is None else [f"{flag}={value}"] if str(value).startswith("-") else [flag, value]
        variables = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
                     "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY, **(env or {})}
        try:
            ended = run("serve", *arguments, env={name: str(value) for name, value in variables.items()
                                                  if value is not None},
                        home=home or self.folder, prefix=prefix, timeout=PATIENCE / 4)
        except subprocess.TimeoutExpired as still_running:
            raise AssertionError(f"it started: {still_running.stderr}") from None
        assert ended.returncode == 78, ended
        assert ended.stdout == ""
        assert ended.stderr.count("\n") == 1 and ended.stderr.endswith("\n"), f"not one line: {ended.stderr!r}"
        assert ended.stderr.startswith("connection-gateway: "), ended.stderr
        assert ended.stderr.strip().isprintable(), ended.stderr
        return ended.stderr


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    """A tokens file to make copies of."""
    file = tmp_path_factory.mktemp("tokens") / "tokens.json"
    make_token(file)
    return file


@pytest.fixture
def start(tmp_path, tokens):
    return Start(tmp_path, tokens)


@pytest.fixture
def nobody(tmp_path):
    """What to run a command under, so that a file's mode counts: root could read everything."""
    if os.geteuid() != 0:
        return []
    prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for parent in [tmp_path, *tmp_path.parents]:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o001)
    tried = subprocess.run([*prefix, str(BINARY), "--version"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"as another user {BINARY} can't be run: {tried.stderr.strip()}")
    return prefix


class TestAuditSigningKey:
    @pytest.fixture
    def key(self, start):
        """A file with a good key."""
        file = start.folder / "audit.key"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", file], check=True, capture_output=True)
        file.chmod(0o600)
        return file

    def fail(self, start, key, **options):
        line = start.fail(audit_signing_key=key, **options)
        assert line.startswith(f"connection-gateway: --audit-signing-key: {key} "), line
        # What stands in the file is no one's business.
        if key.is_file() and os.access(key, os.R_OK):
            assert not any(text in line for text in key.read_text().split() if len(text) > 12), line
        # Nothing was begun.
        assert not start.audit.exists()
        return line

    def test_a_missing_one_is_told(self, start):
        assert "No such file" in self.fail(start, start.folder / "none.key")

    def test_an_unreadable_one_is_told(self, start, key, nobody):
        key.chmod(0o600 if nobody else 0)
        start.tokens.chmod(0o600)
        if nobody:
            for path in (start.folder, start.tokens):
                os.chown(path, 65534, 65534)
        assert "Permission denied" in self.fail(start, key, prefix=nobody)

    def test_a_folder_is_none(self, start):
        assert "isn't a regular file" in self.fail(start, start.folder)

    @pytest.mark.parametrize("mode", [0o644, 0o660, 0o620, 0o602, 0o604, 0o777])
    def test_one_that_others_can_read_or_write_is_refused(self, start, key, mode):
        key.chmod(mode)
        line = self.fail(start, key)
        assert f"{mode:04o}" in line and "chmod 0600" in line

    @pytest.mark.parametrize(("command", "reason"), [
        ("genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048", "isn't an Ed25519 one"),
        ("genpkey -algorithm x25519", "isn't an Ed25519 one"),
        ("genpkey -algorithm ed448", "isn't an Ed25519 one"),
        ("genpkey -algorithm ec -pkeyopt ec_paramgen_curve:P-256", "isn't an Ed25519 one"),
        ("genpkey -algorithm ed25519 -aes-256-cbc -pass pass:secret", "is encrypted"),
        ("genpkey -algorithm ed25519 -outform DER", "no private key in PEM")])
    def test_another_kind_of_key_is_refused(self, start, command, reason):
        key = start.folder / "audit.key"
        subprocess.run(["openssl", *command.split(), "-out", key], check=True, capture_output=True)
        key.chmod(0o600)
        line = start.fail(audit_signing_key=key)
        assert "--audit-signing-key" in line and reason in line

    def test_the_public_key_is_the_wrong_one(self, start, key):
        key.write_bytes(subprocess.run(["openssl", "pkey", "-in", key, "-pubout"], check=True,
                                       capture_output=True).stdout)
        assert "no private key in PEM" in self.fail(start, key)

    @pytest.mark.parametrize("content", ["", "secret words and more", "-----BEGIN PRIVATE KEY-----\nAAAA\n",
                                         "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLM\n"
                                         "-----END PRIVATE KEY-----\n", "x" * 100_000])
    def test_what_is_no_key_is_refused(self, start, content):
        key = start.folder / "audit.key"
        key.write_text(content)
        key.chmod(0o600)
        self.fail(start, key)

    def test_an_empty_setting_is_told_and_an_empty_variable_is_none(self, start):
        assert "--audit-signing-key: is empty" in start.fail(audit_signing_key="")
        assert "--listen" in start.fail(listen="x", env={"GATEWAY_AUDIT_SIGNING_KEY": ""})
        assert "--audit-signing-key" in start.fail(env={"GATEWAY_AUDIT_SIGNING_KEY": start.folder / "none.key"})


class TestTokensFile:
    def test_a_missing_one_is_told_with_the_command_that_makes_it(self, start):
        line = start.fail(tokens=start.folder / "none.json")
        assert "--tokens" in line and "none.json" in line and "token create" in line

    def test_an_unreadable_one_is_told(self, start, nobody):
        start.tokens.chmod(0o600 if nobody else 0)
        start.folder.chmod(0o777)
        line = start.fail(prefix=nobody)
        assert "--tokens" in line and "Permission denied" in line

    def test_a_folder_is_none(self, start):
        line = start.fail(tokens=start.folder)
        assert "--tokens" in line and str(start.folder) in line

    @pytest.mark.parametrize("mode", [0o644, 0o666, 0o660, 0o620, 0o602, 0o604, 0o601, 0o777])
    def test_one_that_others_can_read_or_write_is_refused(self, start, mode):
        start.tokens.chmod(mode)
        line = start.fail()
        assert "--tokens" in line and f"{mode:04o}" in line and "chmod" in line

    @pytest.mark.parametrize("content", [
        "", "{", "[]", "null", "{}", '{"version":1}', '{"version":2,"tokens":[]}', '{"version":"1","tokens":[]}',
        '{"version":1,"tokens":{}}', '{"version":1,"tokens":[1]}', '{"version":1,"tokens":[{}]}',
        '{"version":1,"tokens":[],"more":1}', "\0", "\ufeff{}"])
    def test_a_malformed_one_is_refused(self, start, content):
        start.tokens.write_text(content)
        line = start.fail()
        assert "--tokens" in line and "isn't valid" in line

    @pytest.mark.parametrize("change", [
        {"id": "0" * 12}, {"id": None}, {"name": ""}, {"name": "a\nb"}, {"name": "x" * 65}, {"hash": "sha256:00"},
        {"hash": None}, {"hash": "md5:" + "0" * 32}, {"scopes": "connections:reject"},
        {"scopes": ["connections:accept"]}, {"scopes": ["*"]}, {"createdAt": "yesterday"}, {"expiresAt": 0},
        {"expiresAt": "2027-02-30T00:00:00Z"},
        {"addresses": ["10.0.0.0/8"]}], ids=str)
    def test_one_with_a_token_that_is_wrong_is_refused_and_nothing_of_it_shown(self, start, change):
        document = json.loads(start.tokens.read_text())
        before = document["tokens"][0]["hash"]
        document["tokens"][0].update(change)
        start.tokens.write_text(json.dumps(document))
        line = start.fail()
        assert "--tokens" in line and "token 1" in line
        assert before not in line

    def test_one_that_has_a_token_twice_is_refused(self, start):
        document = json.loads(start.tokens.read_text())
        document["tokens"] *= 2
        start.tokens.write_text(json.dumps(document))
        assert "token 2" in start.fail()


class TestListening:
    @pytest.fixture
    def taken(self):
        with socket.create_server(("127.0.0.1", 0)) as holder:
            yield f"127.0.0.1:{holder.getsockname()[1]}"

    def test_a_port_in_use_is_told(self, start, taken):
        line = start.fail(listen=taken)
        assert "--listen" in line and taken in line and "in use" in line

    def test_an_admin_port_in_use_is_told(self, start, taken):
        line = start.fail(admin_listen=taken)
        assert "--admin-listen" in line and taken in line and "in use" in line

    def test_one_port_for_both_is_told(self, start):
        with socket.create_server(("127.0.0.1", 0)) as holder:
            address = f"127.0.0.1:{holder.getsockname()[1]}"
        line = start.fail(listen=address, admin_listen=address)
        assert "listen" in line and address in line

    @pytest.mark.parametrize(("public", "admin"), [
        ("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "0.0.0.0"), ("[::]", "127.0.0.1"), ("127.0.0.1", "[::]"), ("[::]", "[::1]"),
        ("0.0.0.0", "[::]")])
    def test_a_port_of_all_addresses_has_no_room_for_another(self, start, public, admin):
        # Held meanwhile, at all addresses: by one who shares it, as the gateway does.
        with socket.socket(socket.AF_INET6) as holder:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            holder.bind(("::", 0))
            port = holder.getsockname()[1]
            line = start.fail(listen=f"{public}:{port}", admin_listen=f"{admin}:{port}")
        assert f"--admin-listen: can't listen on {admin}:{port}: Address already in use by --listen {public}:{port}" in line

    @pytest.mark.parametrize("connections", [1, 12000])
    def test_too_few_open_files_are_told_with_how_many_it_takes(self, start, connections):
        prefix = ("prlimit", "--nofile=400:400")
        line = start.fail(max_connections=connections, prefix=prefix)
        least = 64 + 256 + 128 + min(connections, 16)
        assert f"lets this process open 400 files, and it needs {least} at the least; raise the limit" in line

    def test_an_address_of_another_machine_is_told(self, start):
        # 192.0.2.0/24 is for documentation: no machine has it.
        assert "--listen" in start.fail(listen="192.0.2.1:0")

    @pytest.mark.parametrize("flag", ["listen", "admin_listen"])
    @pytest.mark.parametrize("address", [
        "", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:x", "::1:80",
        "[::1]", "[::1]:x", "http://127.0.0.1:8080", "127.0.0.1:80 80",
        # A label that is too long for DNS: no server is asked.
        f"{'a' * 64}:80"], ids=lambda address: address[:24])
    def test_what_is_no_address_is_told(self, start, flag, address):
        assert f"--{flag.replace('_', '-')}" in start.fail(**{flag: address})


class TestAuditLog:
    def test_a_folder_that_isnt_there_is_told(self, start):
        line = start.fail(audit_log=start.folder / "none" / "audit.jsonl")
        assert "--audit-log" in line and "No such file" in line

    def test_a_folder_is_no_file(self, start):
        line = start.fail(audit_log=start.folder)
        assert "--audit-log" in line and str(start.folder) in line

    def test_a_device_is_no_file(self, start):
        line = start.fail(audit_log="/dev/null")
        assert "--audit-log" in line and "regular file" in line

    def test_one_that_may_not_be_written_is_told(self, start, nobody):
        start.tokens.chmod(0o600)
        if nobody:
            shutil.chown(start.tokens, 65534)
        start.audit.touch(0o600 if nobody else 0o400)
        line = start.fail(prefix=nobody)
        assert "--audit-log" in line and "Permission denied" in line

    def test_one_that_another_gateway_writes_is_told_and_stays_as_it_is(self, start, simulator):
        with Gateway(simulator.url) as gateway:
            before = gateway.audit.read_bytes()
            line = start.fail(audit_log=gateway.audit)
            assert "--audit-log" in line and "another process" in line
            assert gateway.audit.read_bytes() == before
            assert gateway.reject(UNKNOWN).status == 404

    @pytest.mark.parametrize("content", [
        "some text\n", "{}\n", '{"time":"x"}\n', "[]\n", "\n", "\0\n", '{"seq":1,"prev":"' + "0" * 64 + '"}\n',
        # A number after which there is none.
        '{"time":"x","seq":9223372036854775807,"stage":"closed","prev":"' + "0" * 64 + '"}\n'], ids=repr)
    def test_one_with_something_else_in_it_is_told_and_stays_as_it_is(self, start, content):
        start.audit.write_text(content)
        assert "--audit-log" in start.fail()
        assert start.audit.read_text() == content


class TestUpstream:
    def test_no_region_is_told(self, start):
        assert "AWS_REGION" in start.fail(env={"AWS_REGION": None})
        assert "AWS_REGION" in start.fail(env={"AWS_REGION": ""})

    @pytest.mark.parametrize("region", [
        "EU-WEST-1", "eu west 1", "eu_west_1", "eu-west-1.example.com", "eu-west-1/", "eu-west-1:80", "-eu", "\u00e9",
        "a" * 64, "eu-west-1\n", "../x"], ids=repr)
    @pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
    def test_what_is_no_region_is_told(self, start, variable, region):
        assert "REGION" in start.fail(env={"AWS_REGION": None, variable: region})

    @pytest.mark.parametrize("url", [
        "not a url", "127.0.0.1:4566", "localhost", "ftp://127.0.0.1", "file:///etc/passwd", "//127.0.0.1", "https:",
        "https://", "https:///path", "https://user:pass@127.0.0.1", "https://127.0.0.1/?a=b", "https://127.0.0.1/#a",
        "https://127.0.0.1:99999", "https://127.0.0.1:x", "https://127.0.0.1:-1", "https://exa mple", "https://[::1",
        "https://127.0.0.1\r\nX-Note: a", "https://127.0.0.1/a b"], ids=repr)
    @pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_OPENSEARCH", "AWS_ENDPOINT_URL"])
    def test_what_is_no_endpoint_url_is_told(self, start, variable, url):
        line = start.fail(env={variable: url})
        assert variable in line
        assert "pass@" not in line

    @pytest.mark.parametrize("variable", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
    @pytest.mark.parametrize("url_variable", ["AWS_ENDPOINT_URL_OPENSEARCH", "AWS_ENDPOINT_URL"])
    def test_a_url_of_ones_own_together_with_awss_variants_is_told(self, start, variable, url_variable):
        # With a URL of one's own AWS has no such endpoints at all, and every SDK refuses the two together.
        line = start.fail(env={variable: "true", url_variable: "https://127.0.0.1:1"})
        assert variable in line and url_variable in line

    @pytest.mark.parametrize("settings, named", [
        ("endpoint_url = 127.0.0.1:1", "endpoint_url"), ("endpoint_url = ftp://127.0.0.1", "endpoint_url"),
        ("services = mine\n[services mine]\nopensearch =\n  endpoint_url = https://127.0.0.1:x", "services"),
        ("endpoint_url = https://127.0.0.1:1\nuse_fips_endpoint = true", "AWS_USE_FIPS_ENDPOINT"),
        ("endpoint_url = https://127.0.0.1:1\nuse_dualstack_endpoint = true", "AWS_USE_DUALSTACK_ENDPOINT"),
        ("max_attempts = 0", "AWS_MAX_ATTEMPTS"), ("retry_mode = adaptive", "AWS_RETRY_MODE")])
    def test_a_profiles_settings_that_cant_be_used_are_told(self, start, settings, named):
        (start.folder / ".aws").mkdir()
        (start.folder / ".aws" / "config").write_text(f"[default]\n{settings}\n")
        assert named in start.fail()

    @pytest.mark.parametrize("variable, value", [
        *[("AWS_MAX_ATTEMPTS", text) for text in ("0", "-1", "101", "3.0", "three", " 3", "9" * 30)],
        *[("AWS_RETRY_MODE", text) for text in ("legacy", "adaptive", "x")]])
    def test_retries_that_there_arent_are_told(self, start, variable, value):
        assert variable in start.fail(env={variable: value})

    @pytest.mark.parametrize("name, content", [
        ("none.pem", None), ("text.pem", "no certificates here"), ("empty.pem", ""), ("broken.pem", PEM), (".", None)])
    def test_certificates_that_arent_there_are_told(self, start, name, content):
        if content is not None:
            (start.folder / name).write_text(content)
        assert "AWS_CA_BUNDLE" in start.fail(env={"AWS_CA_BUNDLE": start.folder / name})


class TestFlags:
    @pytest.mark.parametrize("flag, value", [
        *[("request_timeout", text) for text in (
            "", "0", "0s", "15", "1.5s", "-1s", "99ms", "301s", "6m", "1d", "5 s", "15S", "9" * 30 + "s", "s", "ms")],
        *[("trusted_proxy", text) for text in (
            "", "x", "10.0.0.0/33", "10.0.0.0/", "/8", "10.0.0.1/8", "::1/129", "10.0.0", "10.0.0.0/8,10.1.0.0/16",
            "010.0.0.0/8", "localhost")],
        *[("cors_origin", text) for text in (
            "", "*", "null", "x", "https://a.example/", "https://A.example", "https://a.example:443", "a.example",
            "https://a.example,https://b.example", "https://user:word@a.example", "ftp://a.example",
            "https://*.example")],
        *[("token_rate", text) for text in (
            "", "x", "10", "10/", "/20", "0/20", "10/0", "-1/20", "+1/20", "1.5/20", "10 / 20", "10/20/30", "OFF",
            "1000001/1", "9" * 30 + "/1")],
        *[("failure_rate", text) for text in ("", "none", "5", "5/", "0/1", "1/1000001")],
        *[("max_in_flight", text) for text in ("", "0", "-1", "+1", "1.0", "x", "65537", "9" * 30)],
        *[("log_level", text) for text in ("", "verbose", "INFO", "5")],
        *[("log_format", text) for text in ("", "xml", "JSON")],
        ("tokens", ""), ("audit_log", "")])
    def test_a_value_that_cant_be_used_is_told_with_its_flag(self, start, flag, value):
        assert f"--{flag.replace('_', '-')}" in start.fail(**{flag: value})

    @pytest.mark.parametrize("variable, value, name", [
        ("GATEWAY_LISTEN", "x", "--listen"), ("GATEWAY_ADMIN_LISTEN", "x", "--admin-listen"),
        ("GATEWAY_TOKENS", "/nonexistent/tokens.json", "--tokens"),
        ("GATEWAY_AUDIT_LOG", "/nonexistent/audit.jsonl", "--audit-log"),
        ("GATEWAY_TRUSTED_PROXIES", "10.0.0.0/8 x", "--trusted-proxy"),
        ("GATEWAY_CORS_ORIGINS", "https://a.example *", "--cors-origin"),
        ("GATEWAY_REQUEST_TIMEOUT", "x", "--request-timeout"), ("GATEWAY_MAX_IN_FLIGHT", "x", "--max-in-flight"),
        ("GATEWAY_TOKEN_RATE", "10", "--token-rate"), ("GATEWAY_FAILURE_RATE", "5", "--failure-rate"),
        ("GATEWAY_LOG_LEVEL", "x", "--log-level"), ("GATEWAY_LOG_FORMAT", "x", "--log-format")])
    def test_so_is_one_from_the_environment(self, start, variable, value, name):
        flag = name[2:].replace("-", "_")
        is_given = flag not in ("trusted_proxy", "cors_origin")
        assert name in start.fail(env={variable: value}, **({flag: None} if is_given else {}))

    @pytest.mark.parametrize("text, normal", [
        ("https://Tools.Example.com/app", "https://tools.example.com"), ("http://localhost:80", "http://localhost")])
    def test_an_origin_that_no_browser_sends_is_told_with_what_to_write(self, start, text, normal):
        assert f"writes {normal};" in start.fail(cors_origin=text)

    def test_a_flag_wins_over_its_variable(self, simulator):
        variables = {"GATEWAY_LISTEN": "x", "GATEWAY_TOKENS": "/nonexistent", "GATEWAY_REQUEST_TIMEOUT": "x"}
        with Gateway(simulator.url, env=variables, arguments=["--request-timeout", "5s"]) as gateway:
            assert gateway.reject(UNKNOWN).status == 404

    @pytest.mark.parametrize("arguments", [
        ["serve", "--no-such-flag"], ["serve", "--listen"], ["serve", "extra"], ["no-such-command"],
        ["serve", "--cors-origin"], ["audit", "verify"], ["token", "no-such-command"],
        ["audit", "no-such-command"]], ids=" ".join)
    def test_wrong_usage_is_another_exit_code(self, arguments):
        ended = run(*arguments)
        assert ended.returncode == 64, ended
        assert ended.stdout == "" and ended.stderr

    def test_help_names_the_variable_and_the_default_beside_each_flag(self):
        ended = run("serve", "--help")
        assert ended.returncode == 0
        text = " ".join(ended.stdout.split("OPTIONS:")[1].split())
        for flag, variable, default in [
                ("--listen", "GATEWAY_LISTEN", "127.0.0.1:8080"),
                ("--admin-listen", "GATEWAY_ADMIN_LISTEN", "127.0.0.1:8081"),
                ("--socket-mode", "GATEWAY_SOCKET_MODE", "0660"), ("--socket-group", "GATEWAY_SOCKET_GROUP", None),
                ("--take-over", "GATEWAY_TAKE_OVER", "off"), ("--stop-delay", "GATEWAY_STOP_DELAY", "0s"),
                ("--tokens", "GATEWAY_TOKENS", "/etc/connection-gateway/tokens.json"),
                ("--audit-log", "GATEWAY_AUDIT_LOG", "/var/log/connection-gateway/audit.jsonl"),
                ("--trusted-proxy", "GATEWAY_TRUSTED_PROXIES", None),
                ("--cors-origin", "GATEWAY_CORS_ORIGINS", None),
                ("--request-timeout", "GATEWAY_REQUEST_TIMEOUT", "15s"),
                ("--max-in-flight", "GATEWAY_MAX_IN_FLIGHT", "256"),
                ("--token-rate", "GATEWAY_TOKEN_RATE", "10/20"), ("--failure-rate", "GATEWAY_FAILURE_RATE", "5/20"),
                ("--log-level", "GATEWAY_LOG_LEVEL", "info"), ("--log-format", "GATEWAY_LOG_FORMAT", None)]:
            entry = text.split(f" {flag} <", 1)[-1].split(" --", 1)[0]
            assert f"[{variable}{f', default: {default}' if default else ''}]" in entry, entry
        for variable in ["AWS_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL_OPENSEARCH", "AWS_CA_BUNDLE",
                         "AWS_MAX_ATTEMPTS", "AWS_USE_FIPS_ENDPOINT", "AWS_WEB_IDENTITY_TOKEN_FILE",
                         "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_DISABLED"]:
            assert variable in ended.stdout

    def test_the_version_is_told(self):
        assert run("--version").stdout == "0.1.0\n"


class TestCredentials:
    """A gateway without credentials starts, since they may come: it says what it lacks, and sends nothing."""

    @pytest.fixture
    def home(self, tmp_path):
        (tmp_path / ".aws").mkdir()
        return tmp_path

    def gateway(self, simulator, home, **env):
        return Gateway(simulator.url, folder=home,
                       env={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
                            "AWS_EC2_METADATA_DISABLED": "true", **env})

    def assert_none(self, simulator, home, *words, **env):
        before = len(simulator.requests())
        with self.gateway(simulator, home, **env) as gateway:
            ready = gateway.ready()
            assert (ready.status, ready.json["status"]) == (503, "not_ready")
            assert {check["name"]: check["status"] for check in ready.json["checks"]} == {
                "audit": "ok", "credentials": "failing", "tokens": "ok"}
            answer = gateway.reject(UNKNOWN)
            assert (answer.status, answer.code, answer.outcome) == (503, "credentials_unavailable", "not_sent")
            intent, outcome = gateway.records()[1:]
            assert (intent["stage"], outcome["stage"], outcome["code"], outcome["outcome"]) == (
                "intent", "outcome", "credentials_unavailable", "not_sent")
            assert outcome["aws"] == {"attempts": 0} and "accessKeyId" not in outcome
            [error] = wait_until(
                lambda: [line for line in gateway.log() if line["level"] == "error"], "the reason to be logged")
            for word in words:
                assert word in error["reason"]
            # What the gateway lacks is said in its log. A caller learns that it lacks something.
            for text in (answer.body.decode(), ready.body.decode()):
                assert ".aws" not in text and "AWS_" not in text and str(home) not in text
            assert gateway.call("GET", "/livez", token=None).status == 200
        assert len(simulator.requests()) == before

    def test_none_anywhere(self, simulator, home):
        self.assert_none(simulator, home, "AWS_ACCESS_KEY_ID", "'default'")

    def test_a_key_without_its_secret(self, simulator, home):
        (home / ".aws" / "credentials").write_text(f"[default]\n{KEYS}")
        self.assert_none(
            simulator, home, "AWS_ACCESS_KEY_ID is set", "AWS_SECRET_ACCESS_KEY isn't", AWS_ACCESS_KEY_ID="half-of-a-pair")

    def test_a_secret_without_its_key(self, simulator, home):
        self.assert_none(simulator, home, "AWS_ACCESS_KEY_ID isn't set", AWS_SECRET_ACCESS_KEY="half-of-a-pair")

    def test_keys_that_would_break_out_of_a_header(self, simulator, home):
        self.assert_none(simulator, home, "white space, control or", AWS_ACCESS_KEY_ID="key\r\nX-Note: a",
                         AWS_SECRET_ACCESS_KEY="secret")

    def test_a_profile_that_isnt_there(self, simulator, home):
        (home / ".aws" / "credentials").write_text(f"[default]\n{KEYS}")
        self.assert_none(
            simulator, home, "'other'", "AWS_PROFILE", ".aws/credentials", ".aws/config", AWS_PROFILE="other")

    def test_a_profile_with_half_of_them(self, simulator, home):
        (home / ".aws" / "credentials").write_text("[default]\naws_access_key_id = half\n")
        self.assert_none(simulator, home, "'default'", "the secret access key is missing")

    @pytest.mark.parametrize("name, text, line", [
        ("credentials", f"[default]\n# a comment\nnonsense\n{KEYS}", 3), ("credentials", f"[default\n{KEYS}", 1),
        ("config", f"\n\n[default]\r\nregion\r\n{KEYS}", 4)])
    def test_a_malformed_line_is_named_with_its_file(self, simulator, home, name, text, line):
        (home / ".aws" / name).write_text(text)
        self.assert_none(simulator, home, f".aws/{name}, line {line}")

    def test_a_file_that_is_no_text(self, simulator, home):
        (home / ".aws" / "credentials").write_bytes(f"[default]\n{KEYS}\xff\n".encode("latin-1"))
        self.assert_none(simulator, home, ".aws/credentials")

    @pytest.mark.parametrize("setting", [
        "role_arn = arn:aws:iam::123456789012:role/x", "web_identity_token_file = /x",
        "credential_process = /bin/false", "sso_account_id = 123456789012", "login_session = x"])
    def test_a_profile_that_this_version_cant_use(self, simulator, home, setting):
        (home / ".aws" / "config").write_text(f"[default]\n{setting}\n")
        self.assert_none(simulator, home, setting.split()[0], "'default'")

    @pytest.mark.parametrize("name, section, profile", [
        ("credentials", "default", None), ("config", "default", None), ("credentials", "mine", "mine"),
        ("config", "profile mine", "mine")])
    def test_static_keys_of_a_profile_sign(self, simulator, home, name, section, profile):
        (home / ".aws" / name).write_text(f"[other]\naws_access_key_id = no\n\n[{section}]\n{KEYS}")
        with self.gateway(simulator, home, AWS_PROFILE=profile) as gateway:
            assert gateway.ready().status == 200
            assert gateway.reject(UNKNOWN).status == 404
        assert simulator.requests()[-1]["verdict"] == "valid"

    def test_files_of_another_place_are_read_where_they_are_named(self, simulator, home):
        (home / "keys").write_text(f"[default]\n{KEYS}")
        (home / "settings").write_text(f"[default]\nregion = {REGION}\n")
        with self.gateway(simulator, home, AWS_SHARED_CREDENTIALS_FILE=home / "keys", AWS_CONFIG_FILE="~/settings",
                          AWS_REGION=None) as gateway:
            assert gateway.reject(UNKNOWN).status == 404

    def test_the_environments_keys_win_over_the_profiles(self, simulator, home):
        (home / ".aws" / "credentials").write_text("[default]\naws_access_key_id=OTHER\naws_secret_access_key=other\n")
        with self.gateway(simulator, home, AWS_ACCESS_KEY_ID=ACCESS_KEY_ID,
                          AWS_SECRET_ACCESS_KEY=SECRET_ACCESS_KEY) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
            assert gateway.records("outcome")[0]["accessKeyId"] == ACCESS_KEY_ID

    def test_a_file_that_is_put_right_counts_without_a_restart(self, simulator, home):
        with self.gateway(simulator, home) as gateway:
            assert gateway.ready().status == 503
            (home / ".aws" / "credentials").write_text(f"[default]\n{KEYS}")
            assert gateway.ready().status == 200
            assert gateway.reject(UNKNOWN).status == 404


class TestForeignVariables:
    """What libcurl and OpenSSL would read from the environment by themselves has no effect."""

    def test_no_tls_secrets_are_written_and_no_proxy_is_asked(self, tmp_path):
        proxies = {name: "http://127.0.0.1:1" for name in (
            "http_proxy", "https_proxy", "HTTPS_PROXY", "HTTP_PROXY", "all_proxy", "ALL_PROXY")}
        secrets = tmp_path / "secrets"
        with Simulator(tls=True) as simulator, Gateway(
                simulator.url, ca_file=simulator.ca_file, env={"SSLKEYLOGFILE": secrets, **proxies}) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
        assert not secrets.exists()

    def test_a_netrc_isnt_read(self, simulator, tmp_path):
        (tmp_path / ".netrc").write_text("default login somebody password something\n")
        with Gateway(simulator.url, folder=tmp_path) as gateway:
            assert gateway.reject(UNKNOWN).status == 404
        assert simulator.requests()[-1]["verdict"] == "valid"

    def test_certificates_that_openssls_variables_name_arent_trusted(self, tmp_path):
        others = Certificates(tmp_path)
        with Simulator(tls=True) as simulator, Gateway(
                simulator.url, ca_file=others.ca_file,
                env={"SSL_CERT_FILE": simulator.ca_file, "CURL_CA_BUNDLE": simulator.ca_file}) as gateway:
            answer = gateway.reject(UNKNOWN)
            assert (answer.status, answer.code) == (502, "upstream_unreachable")
            assert simulator.requests() == []

    def test_a_variable_of_ours_that_isnt_known_is_said(self, simulator):
        with Gateway(simulator.url, env={"GATEWAY_TOKENZ": "x"}) as gateway:
            assert [line["variable"] for line in gateway.log() if line["level"] == "warning"] == ["GATEWAY_TOKENZ"]
