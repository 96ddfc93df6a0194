"""The systemd unit that is shipped: how much it takes away, and that the service works with what is left."""

import contextlib
import json
import re
import shutil
import subprocess

import pytest
from support import sanitizer
from support.gateway import BINARY
from support.machine import Machine, Unavailable
from support.simulator import ACCESS_KEY_ID, BINARY as SIMULATOR
from support.simulator import PENDING, ROOT, SECRET_ACCESS_KEY, UNKNOWN, connection, environment, wait_until

UNIT = ROOT / "deploy" / "connection-gateway.service"
SETTINGS = f"""\
AWS_REGION=eu-west-1
AWS_ENDPOINT_URL_OPENSEARCH=http://127.0.0.1:9200
AWS_ACCESS_KEY_ID={ACCESS_KEY_ID}
AWS_SECRET_ACCESS_KEY={SECRET_ACCESS_KEY}
"""


def test_systemd_finds_little_left_to_take_away(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze isn't installed (Debian: systemd)")
    ended = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager", UNIT], capture_output=True,
                           text=True, env=environment(tmp_path))
    level = re.search(r"Overall exposure level for connection-gateway\.service: ([0-9.]+)", ended.stdout)
    assert level, ended.stdout + ended.stderr
    assert float(level[1]) <= 2.0, ended.stdout


@pytest.fixture(scope="module")
def machine():
    with contextlib.ExitStack() as stack:
        try:
            machine = stack.enter_context(Machine())
        except Unavailable as reason:
            pytest.skip(str(reason))
        install(machine)
        yield machine


def install(machine):
    """As the unit's first lines say it, and with an AWS to ask."""
    for name, source in [("usr/local/bin/connection-gateway", BINARY), ("usr/local/bin/opensearch-simulator", SIMULATOR),
                         ("etc/systemd/system/connection-gateway.service", UNIT),
                         ("etc/sysusers.d/connection-gateway.conf", ROOT / "deploy" / "connection-gateway.sysusers")]:
        target = machine.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    machine.run("systemd-sysusers")
    machine.run("install", "-d", "-o", "connection-gateway", "-g", "connection-gateway", "-m", "0750",
                "/etc/connection-gateway")
    (machine.root / "etc/connection-gateway/environment").write_text(SETTINGS + sanitizer.VARIABLES)
    machine.run("systemctl", "daemon-reload")
    machine.token = machine.run("runuser", "-u", "connection-gateway", "--", "connection-gateway", "token", "create",
                                "--name", "me", "--scope", "connections:reject")
    (machine.root / "etc/seed.json").write_text(json.dumps([connection(PENDING)]))
    machine.run("systemd-run", "--unit=simulator", "opensearch-simulator", "--listen", "127.0.0.1:9200", "--seed",
                "/etc/seed.json", "--log", "/var/log/simulator.jsonl", "--region", "eu-west-1", "--access-key-id",
                ACCESS_KEY_ID, "--secret-access-key", SECRET_ACCESS_KEY)
    machine.run("systemctl", "start", "connection-gateway")


def status(machine, method, path):
    """The status of the answer; 0 if there is none."""
    return int(machine.run("curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--request",
                           method, "--header", f"Authorization: Bearer {machine.token}", "--max-time", "20",
                           f"http://127.0.0.1:8080{path}", check=False))


def shown(machine, *names):
    """What systemd knows of the service."""
    lines = machine.run("systemctl", "show", "connection-gateway", *(f"--property={name}" for name in names))
    return dict(line.split("=", 1) for line in lines.splitlines())


def audit(machine):
    return [json.loads(line) for line in machine.run("cat", "/var/log/connection-gateway/audit.jsonl").splitlines()]


def test_the_service_does_its_job_under_the_unit(machine):
    try:
        wait_until(lambda: status(machine, "GET", "/readyz") == 200, "the service to be ready")
    except AssertionError:
        raise AssertionError(machine.run("journalctl", "--no-pager", "--unit", "connection-gateway"))
    assert status(machine, "POST", f"/connections/{PENDING}/reject") == 200
    assert status(machine, "POST", f"/connections/{UNKNOWN}/reject") == 404
    assert [record["stage"] for record in audit(machine)] == ["opened", "intent", "outcome", "intent", "outcome"]
    assert machine.run("stat", "--format=%U %a", "/var/log/connection-gateway/audit.jsonl") == "connection-gateway 640"

    machine.run("systemctl", "reload", "connection-gateway")
    wait_until(lambda: status(machine, "GET", "/readyz") == 200, "the service to be ready after a reload")
    assert shown(machine, "ActiveState", "NRestarts") == {"ActiveState": "active", "NRestarts": "0"}


def test_what_the_unit_takes_away_is_gone(machine):
    pid = shown(machine, "MainPID")["MainPID"]
    process = dict(line.split(":", 1) for line in machine.run("cat", f"/proc/{pid}/status").splitlines())
    kept = {name: process[name].strip() for name in ("NoNewPrivs", "Seccomp", "CapEff", "CapBnd", "CoreDumping")}
    nothing = "0" * 16
    assert kept == {"NoNewPrivs": "1", "Seccomp": "2", "CapEff": nothing, "CapBnd": nothing, "CoreDumping": "0"}
    mounts = machine.run("cat", f"/proc/{pid}/mounts").splitlines()
    options = {place: set(rest.split()[1].split(",")) for _, place, rest in (line.split(" ", 2) for line in mounts)}
    assert "ro" in options["/"] and "rw" in options["/var/log/connection-gateway"]


def test_the_service_stops_when_it_is_told_to(machine):
    machine.run("systemctl", "stop", "connection-gateway")
    assert shown(machine, "Result", "ExecMainStatus") == {"Result": "success", "ExecMainStatus": "0"}
    assert audit(machine)[-1]["stage"] == "closed"
