"""A gateway that dies in the middle of its work."""

import contextlib
import http.client
import threading

from .simulator import PENDING, wait_until


def cut_off_call(simulator, gateway, request_id):
    """Kills the gateway while AWS hasn't answered a call yet."""
    simulator.fault("stall", count=1)
    before = len(simulator.requests())

    def call():
        with contextlib.suppress(OSError, http.client.HTTPException):
            gateway.reject(PENDING, headers={"X-Request-Id": request_id}, body={"reason": "CHG-1"})

    thread = threading.Thread(target=call)
    thread.start()
    wait_until(lambda: len(simulator.requests()) > before, "the call to reach AWS")
    gateway.kill()
    thread.join()
