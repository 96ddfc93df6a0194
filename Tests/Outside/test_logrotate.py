"""The shipped logrotate file with Debian's logrotate: no signal, no restart, nothing lost."""

import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import time

import pytest
from support.gateway import Gateway, run
from support.simulator import PATIENCE, ROOT, UNKNOWN, Simulator, environment, wait_until

SHIPPED = ROOT / "deploy" / "connection-gateway.logrotate"


@pytest.fixture
def logrotate(tmp_path):
    """Rotates now, as the shipped file says, but in this folder and as the user that runs the tests."""
    binary = shutil.which("logrotate", path="/usr/sbin:/usr/bin")
    if binary is None:
        pytest.skip("logrotate isn't installed (Debian: logrotate)")
    user, group = pathlib.Path("/proc/self").owner(), pathlib.Path("/proc/self").group()
    text = SHIPPED.read_text()
    changed = text.replace("/var/log/connection-gateway", str(tmp_path)).replace(
        "su connection-gateway connection-gateway", f"su {user} {group}")
    assert changed.count(str(tmp_path)) == text.count("/var/log/connection-gateway") > 0 and f"su {user}" in changed
    settings = tmp_path / "settings.logrotate"
    settings.write_text(changed)
    settings.chmod(0o644)
    tmp_path.chmod(0o750)

    def rotate(*options):
        ended = subprocess.run([binary, "--state", tmp_path / "state", *options, settings], capture_output=True, text=True,
                               timeout=PATIENCE, env=environment(tmp_path), check=False)
        assert ended.returncode == 0 and "error" not in ended.stderr, ended
        return ended.stderr
    return rotate


def rotated(folder):
    return sorted(folder.glob("audit.jsonl-*"))


def test_under_load_loses_nothing_and_needs_no_signal(logrotate, tmp_path):
    with Simulator() as simulator, Gateway(simulator.url, folder=tmp_path) as gateway:
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            replies = []
            for number in range(1, 4):
                # A rotation has the second in its name.
                wait_until(lambda: not rotated(tmp_path)
                           or time.strftime("%Y%m%d-%H%M%S") > rotated(tmp_path)[-1].name[-15:], "the next second")
                replies += [pool.submit(gateway.reject, UNKNOWN) for _ in range(50)]
                logrotate("--force")
                assert len(rotated(tmp_path)) == number
                replies += [pool.submit(gateway.reject, UNKNOWN) for _ in range(50)]
                wait_until(gateway.audit.exists, "the new file")
            assert {reply.result().status for reply in replies} == {404}
        assert not [line for line in gateway.log() if line["level"] in ("error", "warning")]
        gateway.stop()
        for file in [*rotated(tmp_path), gateway.audit]:
            assert file.stat().st_mode & 0o777 == 0o640
        assert all(re.fullmatch(r"audit\.jsonl-\d{8}-\d{6}", file.name) for file in rotated(tmp_path))
        previous = [gateway.records(audit=file)[0].get("previousFile") for file in [*rotated(tmp_path), gateway.audit]]
        assert previous == [None, *(file.name for file in rotated(tmp_path))]
        # The shell's order of the names is the chain's.
        verified = run("audit", "verify", *rotated(tmp_path), gateway.audit)
        assert verified.returncode == 0, verified
        assert f"whole: {300 * 2 + 4 * 2} records" in verified.stdout


def test_while_the_gateway_doesnt_run_leaves_a_log_that_goes_on(logrotate, tmp_path):
    with Simulator() as simulator, Gateway(simulator.url, folder=tmp_path) as gateway:
        gateway.stop()
        logrotate("--force")
        assert not gateway.audit.exists()
        # Nothing there is nothing to complain of.
        logrotate("--force")
        gateway.start()
        gateway.stop()
        assert run("audit", "verify", *rotated(tmp_path), gateway.audit).returncode == 0
        assert gateway.records()[0]["previousFile"] == rotated(tmp_path)[0].name


def test_without_need_leaves_the_log_alone(logrotate, tmp_path):
    with Simulator() as simulator, Gateway(simulator.url, folder=tmp_path) as gateway:
        logrotate()
        assert rotated(tmp_path) == [] and gateway.audit.exists()
