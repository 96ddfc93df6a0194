"""A machine with a systemd of its own: this one's files under a layer that is thrown away, booted in namespaces."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from .simulator import PATIENCE, environment, wait_until


class Unavailable(Exception):
    """Such a machine can't be had here; why."""


class Machine:
    """A context manager. Its network is a loopback of its own; nothing in it outlives it."""

    def __init__(self):
        if os.geteuid() != 0:
            raise Unavailable("only root can boot a machine in namespaces")
        for tool, package in [("systemd-nspawn", "systemd-container"), ("nsenter", "util-linux")]:
            if shutil.which(tool) is None:
                raise Unavailable(f"{tool} isn't installed (Debian: {package})")
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="machine-"))
        self._mounted, self._process, self._notices = [], None, None

    def __enter__(self):
        try:
            self._boot()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()

    def _boot(self):
        layer, self.root = self._folder / "layer", self._folder / "root"
        layer.mkdir(), self.root.mkdir()
        # In memory: a layer can't lie on a layer, and this machine's root may be one.
        self._mount("-t", "tmpfs", "tmpfs", layer)
        for name in ("upper", "work"):
            (layer / name).mkdir()
        self._mount("-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={layer}/upper,workdir={layer}/work", self.root)
        # How systemd says that it is up (sd_notify(3)).
        self._notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._notices.bind(str(self._folder / "notices"))
        # basic.target: none of the services that happen to be installed here.
        self._process = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--boot", "--directory", self.root, "--machine", f"gateway-test-{os.getpid()}",
             "--register=no", "--keep-unit", "--private-network", "--link-journal=no", "--console=pipe",
             "--notify-ready=yes", "systemd.unit=basic.target"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=environment("/root", NOTIFY_SOCKET=str(self._folder / "notices")))
        wait_until(self._is_up, "the machine to be up", deadline=3 * PATIENCE)
        children = pathlib.Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        self._leader = children.read_text().split()[0]

    def _mount(self, *arguments):
        mounted = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True)
        if mounted.returncode != 0:
            raise Unavailable(f"a layer over this machine's files can't be mounted: {mounted.stderr.strip()}")
        self._mounted.append(arguments[-1])

    def _is_up(self):
        if self._process.poll() is not None:
            raise Unavailable(f"systemd-nspawn: {self._process.stderr.read().strip()}")
        try:
            return b"READY=1" in self._notices.recv(4096)
        except BlockingIOError:
            return False

    def run(self, *command, check=True):
        """A command in the machine, to its end; what it says on standard output."""
        ended = subprocess.run(
            ["nsenter", "--target", self._leader, "--all", *map(str, command)], capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=3 * PATIENCE, env=environment("/root"), cwd="/")
        assert not check or ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
        return ended.stdout.strip()

    def _end(self):
        if self._process is not None:
            # How systemd is told to power its machine off (systemd-nspawn(1)).
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process.stderr.close()
        if self._notices is not None:
            self._notices.close()
        for folder in reversed(self._mounted):
            subprocess.run(["umount", "--lazy", folder], check=True)
        shutil.rmtree(self._folder, ignore_errors=True)
