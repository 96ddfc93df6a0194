"""deploy/try, run as one who has just cloned this would."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest
from support.simulator import PATIENCE, ROOT, environment, wait_until

TRY = ROOT / "deploy" / "try"
#: It builds first, and may have to wait for another build.
BUILD_TIME = 900


def in_session(session):
    """The processes of a session, as pid and command line: all that a program has started and that is still there."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state, _, _, sid = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(sid) == session and state != "Z":
                found.append((folder.name, (folder / "cmdline").read_text().replace("\0", " ")))
        except (FileNotFoundError, ProcessLookupError):
            pass  # It ended in the meantime.
    return found


class Try:
    """A running deploy/try in a session of its own; a context manager."""

    def __init__(self, folder, *arguments):
        self._output_file, self._errors_file = folder / "output", folder / "errors"
        swift = shutil.which("swift")
        assert swift, "swift isn't on the PATH"
        # SwiftPM keeps the lock of .build among the temporary files: builds at the same time have to share it.
        shared = {"TMPDIR": os.environ["TMPDIR"]} if "TMPDIR" in os.environ else {}
        env = environment(folder, **shared)
        env["PATH"] = f"{os.path.dirname(swift)}:{env['PATH']}"
        with open(self._output_file, "wb") as output, open(self._errors_file, "wb") as errors:
            # From another folder: it has to find its own way.
            self.process = subprocess.Popen([TRY, *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                            cwd=folder, env=env, start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid, _ in in_session(self.process.pid):
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(PATIENCE)

    @property
    def output(self):
        return self._output_file.read_text()

    @property
    def everything(self):
        return self.output + self._errors_file.read_text()

    def end(self, timeout=PATIENCE):
        """Waits for the end, and gives its exit status. No process of it may be left."""
        code = self.process.wait(timeout)
        assert in_session(self.process.pid) == [], self.everything
        return code


def test_it_shows_four_calls_and_a_whole_audit_log_and_leaves_nothing(tmp_path):
    with Try(tmp_path) as running:
        assert running.end(BUILD_TIME) == 0, running.everything
        output = running.output
    assert re.findall(r"^HTTP/1\.1 (\d+)", output, re.M) == ["200", "404", "409", "401"], output
    answers = [json.loads(line) for line in output.splitlines() if line.startswith(('{"connection":', '{"type":'))]
    assert answers[0]["connection"]["status"] == "REJECTING"
    assert [answer["code"] for answer in answers[1:]] == [
        "connection_not_found", "connection_not_rejectable", "unauthenticated"]
    records = [json.loads(line) for line in output.splitlines() if line.startswith('{"time":')]
    assert [record["stage"] for record in records] == [
        "opened", *["intent", "outcome"] * 3, "denied", "closed"]
    assert records[1]["reason"] == "CHG-1234"
    assert re.search(rf"^whole: {len(records)} records, \S+ to \S+, head [0-9a-f]{{64}}$", output, re.M), output
    assert not re.search("cgw_[A-Za-z0-9]", running.everything)


def send_ctrl_c(process):
    """What a terminal does: SIGINT to all that run in the foreground."""
    os.killpg(process.pid, signal.SIGINT)


def send_sigint(process):
    process.send_signal(signal.SIGINT)


def send_sigterm(process):
    process.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("stop", [send_ctrl_c, send_sigint, send_sigterm])
def test_it_stays_up_and_its_lines_work_when_pasted_until_a_signal_ends_it(tmp_path, stop):
    with Try(tmp_path, "--serve") as running:

        def all_printed():
            assert running.process.poll() is None, running.everything
            return "The audit log:" in running.output and running.output

        output = wait_until(all_printed, "the lines to paste", BUILD_TIME)
        lines = [line for line in output.splitlines() if line.startswith(("export ", "curl "))]
        assert [line.split()[0] for line in lines] == ["export", "curl", "curl", "curl", "curl"], output
        pasted = subprocess.run(["bash"], input="\n".join(lines) + "\n", capture_output=True, text=True,
                                timeout=PATIENCE, cwd=tmp_path, env=environment(tmp_path))
        assert pasted.returncode == 0, pasted.stderr
        # A body ends without a new line, so the next answer begins right behind it.
        assert re.findall(r"HTTP/1\.1 (\d+)", pasted.stdout) == ["200", "404", "409", "401"], pasted.stdout
        audit = pathlib.Path(re.search(r"^The audit log: (\S+)$", output, re.M)[1])
        assert '"reason":"CHG-1234"' in audit.read_text()
        assert {"tokens.json", "gateway.log", "simulator.log"} < {path.name for path in audit.parent.iterdir()}
        stop(running.process)
        assert running.end() == 0, running.everything
        assert not audit.parent.exists()


def test_help_and_a_usage_error():
    for arguments, code in ((["--help"], 0), (["-h"], 0), (["--nonsense"], 64), (["--serve", "x"], 64)):
        done = subprocess.run([TRY, *arguments], capture_output=True, text=True, timeout=PATIENCE,
                              env=environment("/nonexistent"))
        assert done.returncode == code, (arguments, done)
        assert "usage: deploy/try" in (done.stderr if code else done.stdout)


@pytest.fixture
def bare_path(tmp_path):
    """A folder for PATH with hardly anything in it; gives a function that adds a script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "env", "dirname"):
        (folder / name).symlink_to(shutil.which(name))

    def add(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    def run():
        env = {**environment(tmp_path), "PATH": str(folder)}
        return subprocess.run([TRY], capture_output=True, text=True, timeout=PATIENCE, env=env)

    add.run = run
    return add


def test_without_swift_it_says_where_to_get_it(bare_path):
    done = bare_path.run()
    assert done.returncode == 1
    assert "https://swift.org/install" in done.stderr and done.stdout == ""


def test_with_a_swift_that_is_too_old_it_says_so(bare_path):
    bare_path("swift", "echo 'Swift version 5.10.1 (swift-5.10.1-RELEASE)'")
    done = bare_path.run()
    assert done.returncode == 1
    assert "this is 5.10" in done.stderr and "https://swift.org/install" in done.stderr


def test_where_a_package_is_missing_and_may_not_be_installed_it_prints_the_line_that_would(bare_path):
    bare_path("swift", "echo 'Swift version 6.3 (swift-6.3-RELEASE)'")
    bare_path("dpkg-query", 'case "$*" in *libmicrohttpd-dev) exit 1;; *) printf installed;; esac')
    bare_path("sudo", "exit 1")
    bare_path("apt-get", "exit 100")
    done = bare_path.run()
    assert done.returncode == 1
    [line] = [line.strip() for line in done.stderr.splitlines() if "apt-get install" in line]
    sudo = "(sudo )?"
    assert re.fullmatch(
        f"{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends libmicrohttpd-dev", line), line
