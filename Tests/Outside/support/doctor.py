"""Runs `connection-gateway doctor`, and checks what holds for each of its reports."""

import json
import re
import subprocess

from .calls import at_once
from .gateway import BINARY, run
from .simulator import ACCESS_KEY_ID, PATIENCE, REGION, SECRET_ACCESS_KEY, environment, wait_until

LINE = re.compile(r"(ok|warning|problem) +(\S+) +(\S.*)")


class Report:
    """What `doctor` said, as text and as JSON."""

    def __init__(self, text, document):
        self.code = text.returncode
        self.lines, self.json = text.stdout.splitlines(), json.loads(document.stdout)
        self.checks = {check["name"]: (check["status"], check["detail"]) for check in self.json["checks"]}

    def status(self, name):
        return self.checks[name][0]

    def detail(self, name):
        return self.checks[name][1]

    def not_ok(self):
        return {name: status for name, (status, _) in self.checks.items() if status != "ok"}


class Patient:
    """Surroundings that are in order but for what a test changes."""

    def __init__(self, folder, simulator, sts, token):
        self.folder = folder
        self.tokens, self.audit = folder / "tokens.json", folder / "audit.jsonl"
        self.token = token
        self.env = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
                    "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY, "AWS_ENDPOINT_URL_OPENSEARCH": simulator.url,
                    "AWS_ENDPOINT_URL_STS": sts.url, "AWS_EC2_METADATA_DISABLED": "true"}
        self.secrets = [SECRET_ACCESS_KEY, token]

    def see(self, *, prefix=(), **env):
        """Runs it twice at a time, for text and for JSON, and checks what always holds."""
        variables = {name: str(value) for name, value in {**self.env, **env}.items() if value is not None}
        files = ["--tokens", self.tokens, "--audit-log", self.audit]
        before = self.snapshot()
        text, document = at_once(lambda more: run(
            "doctor", *files, *more, env=variables, home=self.folder, prefix=prefix, timeout=60), [[], ["--json"]])
        assert self.snapshot() == before, "doctor changed something"
        for ended in (text, document):
            assert ended.stderr == ""
            assert not any(secret in ended.stdout for secret in self.secrets), "a secret was shown"
        report = Report(text, document)
        # One object, complete whatever is wrong, with nothing else in it.
        assert document.stdout.count("\n") == 1
        assert list(report.json) == ["region", "endpoint", "credentials", "checks"]
        assert list(report.json["credentials"]) == ["source", "accessKeyId", "expiresAt"]
        assert all(list(check) == ["name", "status", "detail"] for check in report.json["checks"])
        assert len(report.checks) == len(report.json["checks"]) == len(report.lines)
        # The same, a line each. What takes a measure of time may differ.
        matches = [LINE.fullmatch(line) for line in report.lines]
        assert all(matches), report.lines
        assert [(match[2], match[1]) for match in matches] == [
            (name, status) for name, (status, _) in report.checks.items()]
        assert all(match[3].isprintable() for match in matches)
        # The exit code says whether anything is a problem.
        assert text.returncode == document.returncode == int("problem" in report.not_ok().values()), report.lines
        return report

    def snapshot(self):
        """Every file and folder, with content, mode and times."""
        found = {}
        for path in [self.folder, *sorted(self.folder.rglob("*"))]:
            info = path.lstat()
            content = path.read_bytes() if path.is_file() else None
            found[path.name] = (info.st_mode, info.st_uid, info.st_mtime_ns, info.st_ino, content)
        return found

    def serve_starts(self, *, prefix=(), **env):
        """Whether `serve` starts in the same surroundings. If it does, it is stopped again."""
        variables = {name: str(value) for name, value in {**self.env, **env}.items() if value is not None}
        command = [*prefix, str(BINARY), "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                   "--tokens", str(self.tokens), "--audit-log", str(self.audit), "--log-format", "json"]
        log = self.folder / "serve.log"
        with open(log, "wb") as stderr:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
                                       env=environment(self.folder, **variables))
        try:
            wait_until(lambda: process.poll() is not None or '"listening"' in log.read_text(), "serve's start or end")
            is_running = process.poll() is None
            assert is_running or process.returncode == 78, log.read_text()
            return is_running
        finally:
            process.terminate()
            process.wait(PATIENCE)
            log.unlink()
