"""A gateway that takes over serves with the tokens of the moment in which it begins, not with those of its start."""

import http.client
import json
import socket

from support.gateway import Gateway, make_token, run
from support.simulator import PATIENCE, UNKNOWN, Simulator, wait_until


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a UNIX socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def ask(path, token):
    """Sends a call that will be answered once somebody serves there."""
    connection = UnixConnection(path)
    connection.request("POST", f"/connections/{UNKNOWN}/reject", headers={"Authorization": f"Bearer {token}"})
    return connection


def test_a_token_that_is_revoked_or_made_while_it_waits_counts_so_from_the_first_call_on(tmp_path):
    path = tmp_path / "gateway.sock"
    with Simulator() as simulator, Gateway(simulator.url) as first:
        revoked = make_token(first.tokens, name="revoked")
        identifier = json.loads(first.tokens.read_text())["tokens"][1]["id"]
        second = Gateway(simulator.url, arguments=["--tokens", first.tokens, "--listen", f"unix:{path}", "--audit-log",
                                                   first.audit, "--take-over", "60s"])
        try:
            second.spawn()
            wait_until(lambda: [line for line in second.log() if line["message"].startswith("taking over")],
                       "the second to wait")
            assert run("token", "revoke", identifier, "--tokens", first.tokens).returncode == 0
            made = make_token(first.tokens, name="made")
            # They wait in the socket's queue, and are the first that it serves.
            waiting = [ask(path, token) for token in (revoked, made, first.token)]
            first.stop()
            assert [connection.getresponse().status for connection in waiting] == [401, 404, 404]
            for connection in waiting:
                connection.close()
            second.stop()
        finally:
            second.kill()
            second._tidy()
