"""What a token can be kept from: connections and networks. (Its rate is another file's business.)"""

import json

import pytest
from support.gateway import Gateway, run
from support.simulator import PENDING, UNKNOWN, Simulator, connection

EU = [connection(f"eu-{number:010}", "PENDING_ACCEPTANCE") for number in range(30)]
US = [connection(f"us-{number:010}", "PENDING_ACCEPTANCE") for number in range(30)]
BOTH = ["--scope", "connections:reject", "--scope", "connections:read"]


def make(tokens, name, *flags):
    made = run("token", "create", "--name", name, *BOTH, *flags, "--tokens", tokens)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


class TestCreate:
    @pytest.fixture
    def file(self, tmp_path):
        return tmp_path / "tokens.json"

    def test_restrictions_stand_in_the_file_and_in_the_list(self, file):
        make(file, "free")
        make(file, "bound", "--connection", "eu-*", "--connection", PENDING, "--from", "10.0.0.0/8", "--from", "fd00::1",
             "--rate", "1/5")
        make(file, "fast", "--rate", "off")
        free, bound, fast = json.loads(file.read_text())["tokens"]
        assert list(free) == ["id", "name", "hash", "scopes", "createdAt", "expiresAt"]
        assert list(bound) == [*free, "connections", "from", "rate"] and list(fast) == [*free, "rate"]
        restrictions = {"connections": ["eu-*", PENDING], "from": ["10.0.0.0/8", "fd00::1"], "rate": "1/5"}
        assert {name: bound[name] for name in restrictions} == restrictions and fast["rate"] == "off"
        lines = run("token", "list", "--tokens", file).stdout.splitlines()
        assert lines[0].split()[-1] == "RESTRICTIONS"
        assert lines[1].endswith(" -") and lines[3].endswith(" rate=off")
        assert lines[2].endswith(f" connections=eu-*,{PENDING} from=10.0.0.0/8,fd00::1 rate=1/5")
        listed = json.loads(run("token", "list", "--json", "--tokens", file).stdout)
        assert {name: listed[1][name] for name in restrictions} == restrictions
        assert not restrictions.keys() & listed[0].keys()

    @pytest.mark.parametrize("flags", [
        ["--connection", ""], ["--connection", "*"], ["--connection", "eu-*-x"], ["--connection", "EU-*"],
        ["--connection", "short"], ["--connection", "eu-*,us-*"], ["--connection", "eu-**"], ["--connection"],
        ["--from", ""], ["--from", "10.0.0.1/8"], ["--from", "localhost"], ["--from", "10.0.0.0/8,::1"],
        ["--from", "10.0.0.0/33"], ["--from", "unix"], ["--from", "10.0.0.0/+8"], ["--rate", ""], ["--rate", "10"],
        ["--rate", "0/1"], ["--rate", "1/0"], ["--rate", "standard"], ["--rate", "1/5", "--rate", "x"]], ids=" ".join)
    def test_what_isnt_a_restriction_makes_no_token(self, file, flags):
        made = run("token", "create", "--name", "x", *BOTH, *flags, "--tokens", file)
        assert made.returncode == 64 and made.stdout == "" and made.stderr
        assert not file.exists()

    def test_a_token_in_the_wrong_place_isnt_shown(self, file):
        token = make(file, "x")
        for flag in ("--connection", "--from", "--rate"):
            made = run("token", "create", "--name", "y", *BOTH, flag, token, "--tokens", file)
            assert made.returncode == 64 and token not in made.stderr


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    tokens = tmp_path_factory.mktemp("restricted") / "tokens.json"
    made = {
        "free": make(tokens, "free"),
        "eu": make(tokens, "eu", "--connection", "eu-*"),
        "one": make(tokens, "one", "--connection", "us-0000000007", "--connection", "eu-000000001*"),
        "inside": make(tokens, "inside", "--from", "10.0.0.0/8", "--from", "2001:db8::/32"),
        "both": make(tokens, "both", "--from", "10.0.0.0/8", "--connection", "eu-*"),
        "rare": make(tokens, "rare", "--from", "10.0.0.0/8", "--rate", "1/3"),
    }
    seed = [each for pair in zip(EU, US) for each in pair] + [connection(PENDING)]
    with Simulator(seed) as simulator, \
            Gateway(simulator.url, arguments=["--tokens", tokens, "--trusted-proxy", "127.0.0.1"]) as gateway:
        gateway.made = made
        yield simulator, gateway
        gateway.stop()
        gateway.check_chain()


@pytest.fixture
def simulator(running):
    return running[0]


@pytest.fixture
def gateway(running):
    return running[1]


def call(gateway, name, method, path, address=None):
    """A call with the token of this name, from the address that the proxy says."""
    headers = {"X-Forwarded-For": address} if address else {}
    return gateway.call(method, path, token=gateway.made[name], headers=headers)


def assert_forbidden(gateway, simulator, reason, *arguments, **options):
    """The answer is a 403 that says why, AWS isn't asked, and the refusal is in the audit with its caller."""
    asked, denied = len(simulator.requests()), len(gateway.records("denied"))
    answer = call(gateway, *arguments, **options)
    assert answer.status == 403 and answer.code == "insufficient_scope" and answer.outcome == "not_sent", answer
    assert reason in answer.json["detail"]
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="connection-gateway", error="insufficient_scope"')
    assert len(simulator.requests()) == asked
    records = gateway.records("denied")
    assert len(records) == denied + 1
    assert records[-1]["caller"]["name"] == arguments[0] and records[-1]["httpStatus"] == 403
    return records[-1]


class TestConnections:
    def test_its_own_can_be_rejected_and_looked_up(self, gateway):
        assert call(gateway, "eu", "POST", "/connections/eu-0000000003/reject").status == 200
        assert call(gateway, "eu", "GET", "/connections/eu-0000000004").status == 200
        assert call(gateway, "eu", "POST", "/connections/eu-0000000004/reject?dryRun=true").status == 200
        assert call(gateway, "one", "GET", "/connections/us-0000000007").status == 200
        assert call(gateway, "eu", "GET", "/connections/eu-9999999999").status == 404

    @pytest.mark.parametrize("method, path", [
        ("POST", "/connections/{}/reject"), ("POST", "/connections/{}/reject?dryRun=true"),
        ("POST", "/connections/{}/reject?wait=1s"), ("GET", "/connections/{}")])
    @pytest.mark.parametrize("connection_id", ["us-0000000003", UNKNOWN])
    def test_of_others_it_isnt_even_told_whether_they_are_there(self, gateway, simulator, method, path, connection_id):
        record = assert_forbidden(gateway, simulator, "eu-*", "eu", method, path.format(connection_id))
        assert record["connectionId"] == connection_id

    @pytest.mark.parametrize("name, limit, expected", [
        ("eu", 7, [each["ConnectionId"] for each in EU]),
        ("one", 5, ["us-0000000007", *(f"eu-00000000{number}" for number in range(10, 20))]),
        ("free", 100, None)])
    def test_the_list_has_each_of_its_own_once_and_no_other(self, gateway, name, limit, expected):
        found, cursor = [], ""
        for _ in range(100):
            page = call(gateway, name, "GET", f"/connections?limit={limit}{cursor}")
            assert page.status == 200 and len(page.json["connections"]) <= limit
            found += [each["id"] for each in page.json["connections"]]
            if "nextCursor" not in page.json:
                break
            cursor = f"&cursor={page.json['nextCursor']}"
        everything = [*(each["ConnectionId"] for each in EU + US), PENDING]
        assert sorted(found) == sorted(everything if expected is None else expected)

    def test_an_id_that_cant_be_one_is_a_400_all_the_same(self, gateway):
        assert call(gateway, "eu", "GET", "/connections/EU-0000000003").status == 400


class TestNetworks:
    @pytest.mark.parametrize("address", ["10.1.2.3", "10.255.255.255", "::ffff:10.1.2.3", "2001:db8::7"])
    def test_from_its_own_it_may(self, gateway, address):
        assert call(gateway, "inside", "GET", "/connections/eu-0000000005", address).status == 200

    @pytest.mark.parametrize("address", ["11.1.2.3", "2001:db9::7", None])
    @pytest.mark.parametrize("method, path", [
        ("POST", "/connections/eu-0000000006/reject"), ("GET", "/connections/eu-0000000006"), ("GET", "/connections")])
    def test_from_another_it_may_not(self, gateway, simulator, address, method, path):
        record = assert_forbidden(gateway, simulator, "this network", "inside", method, path, address=address)
        assert record["client"]["address"] == (address or "127.0.0.1")

    def test_the_network_comes_before_the_connection(self, gateway, simulator):
        assert_forbidden(gateway, simulator, "this network", "both", "GET", "/connections/us-0000000001", address="11.1.2.3")
        assert_forbidden(gateway, simulator, "eu-*", "both", "GET", "/connections/us-0000000001", address="10.1.2.3")
        assert call(gateway, "both", "GET", "/connections/eu-0000000001", "10.1.2.3").status == 200

    def test_calls_from_another_dont_use_up_its_rate(self, gateway, simulator):
        for _ in range(10):
            assert_forbidden(gateway, simulator, "this network", "rare", "GET", "/connections", address="11.1.2.3")
        assert call(gateway, "rare", "GET", "/connections", "10.1.2.3").status == 200

    def test_which_networks_are_its_own_isnt_told(self, gateway):
        assert b"10.0.0.0" not in call(gateway, "inside", "GET", "/connections").body
