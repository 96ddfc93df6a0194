"""Starts rsyslogd, on files and ports of ours alone."""

import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from .simulator import PATIENCE, environment

BINARY = shutil.which("rsyslogd", path="/usr/sbin:/usr/local/sbin:" + os.environ["PATH"])


class Rsyslog:
    """An rsyslogd with this configuration, in a folder of its own; a context manager. `start` and `stop` may be called
    again and again."""

    def __init__(self, folder, configuration):
        if BINARY is None:
            pytest.skip("rsyslogd isn't installed (Debian: rsyslog, rsyslog-relp)")
        self.folder = pathlib.Path(folder)
        self.work = self.folder / "work"
        self.work.mkdir(parents=True, exist_ok=True)
        self.configuration = self.folder / "rsyslog.conf"
        self.configuration.write_text(f'global(workDirectory="{self.work}")\n{configuration}')
        self._stderr = self.folder / "stderr"
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, error, trace):
        self.stop(hard=kind is not None)

    def check(self):
        """`rsyslogd -N1`: what it has against the configuration."""
        checked = subprocess.run([BINARY, "-N1", "-f", self.configuration], capture_output=True, text=True,
                                 timeout=PATIENCE, stdin=subprocess.DEVNULL, env=environment(self.folder))
        assert checked.returncode == 0, checked.stderr
        # Beside the version and the verdict it says nothing.
        return [line for line in checked.stderr.splitlines()
                if "config validation run" not in line and "End of config validation" not in line]

    def start(self):
        with open(self._stderr, "ab") as stderr:
            self.process = subprocess.Popen(
                [BINARY, "-n", "-f", self.configuration, "-i", self.folder / "pid"], stdin=subprocess.DEVNULL,
                stdout=stderr, stderr=stderr, env=environment(self.folder))

    def stderr(self):
        return self._stderr.read_text()

    def complaints(self):
        """What it said on standard error, and what it put in its own log."""
        other = self.folder / "other-logs"
        return self.stderr() + (other.read_text(errors="replace") if other.exists() else "")

    def stop(self, *, hard=False):
        """Ends it; `hard` with SIGKILL, as a crash does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
            self.process.wait(PATIENCE)
