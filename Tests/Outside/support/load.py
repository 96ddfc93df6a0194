"""Callers that don't stop calling, and what each of their calls came to."""

import contextlib
import http.client
import select
import socket
import threading
import time

from .simulator import PATIENCE, wait_until


def connect(address):
    """A connection to `HOST:PORT` or `unix:PATH`."""
    if address.startswith("unix:"):
        wire = socket.socket(socket.AF_UNIX)
        wire.settimeout(PATIENCE)
        try:
            wire.connect(address.removeprefix("unix:"))
        except BaseException:
            wire.close()
            raise
        return wire
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE)


class Wire(http.client.HTTPConnection):
    """http.client on a connection that is there already, and never makes one by itself."""

    def __init__(self, address):
        super().__init__("gateway")
        self.auto_open = 0
        self.sock = connect(address)

    def is_closed_by_peer(self):
        """What every client that keeps connections looks at before it uses one again (urllib3, nginx, Go)."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0))


def ask(wire, method, path, token, request_id):
    """One call; status, the connection's fate (`close` or not), and the body."""
    wire.request(method, path, headers={"Authorization": f"Bearer {token}", "X-Request-Id": request_id})
    answer = wire.getresponse()
    return answer.status, answer.headers.get("Connection", "").lower(), answer.read()


class Load:
    """Clients that reject a connection which isn't there, again and again; a context manager.

    Half of them make a connection for each call, half keep theirs until they are told `Connection: close`. `answers` maps
    request ids to statuses, `lost` has the calls that were sent on a connection that had been accepted, and weren't
    answered, and `refused` counts attempts to connect that failed.
    """

    def __init__(self, address, token, clients=8, until_refused=False):
        self._address, self._token, self._until_refused = address, token, until_refused
        self.answers, self.lost, self.refused, self.closes = {}, [], 0, 0
        self._lock, self._over = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(number, number % 2 == 0)) for number in range(clients)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Returns when the last call has its answer."""
        self._over.set()
        self.join()

    def join(self):
        for thread in self._threads:
            thread.join()

    def wait_for(self, count):
        """Until so many more calls are answered."""
        goal = len(self.answers) + count
        wait_until(lambda: len(self.answers) >= goal or self.lost, f"{goal} calls to be answered")

    def _call(self, client, keeps):
        wire, number = None, 0
        while not self._over.is_set():
            if wire is not None and (not keeps or wire.is_closed_by_peer()):
                wire.close()
                wire = None
            if wire is None:
                try:
                    wire = Wire(self._address)
                except OSError:
                    with self._lock:
                        self.refused += 1
                    if self._until_refused:
                        return
                    time.sleep(0.01)
                    continue
            number += 1
            name = f"c-load-{client:04}-{number:06}"
            try:
                status, fate, _ = ask(wire, "POST", f"/connections/{name}/reject", self._token, name)
            except (OSError, http.client.HTTPException) as error:
                with self._lock:
                    self.lost.append((name, keeps, repr(error)))
                wire.close()
                wire = None
                continue
            with self._lock:
                self.answers[name] = status
                self.closes += fate == "close"
            if fate == "close":
                wire.close()
                wire = None
        if wire is not None:
            wire.close()


def is_refused(address):
    with contextlib.suppress(OSError):
        connect(address).close()
        return False
    return True
