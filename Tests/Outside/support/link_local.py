"""Runs in a network of its own: gives the loopback device AWS's link-local addresses, serves them, and asks both sides.

Prints, by name, what botocore and the gateway found and the gateway's log, as JSON.
"""

import contextlib
import fcntl
import json
import pathlib
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

from support.imds import ContainerEndpoint, ControlPlane, InstanceMetadata  # noqa: E402
from support.resolution import by_botocore, by_gateway  # noqa: E402

#: linux/sockios.h and net/if.h
SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8914, 0x8916, 1

CONTAINER, INSTANCE = "169.254.170.2", "169.254.169.254"


def up(device, address=None):
    """Gives a device an address, and switches it on."""
    name = device.encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        if address is not None:
            place = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(control, SIOCSIFADDR, struct.pack("16s16s", name, place))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", name, IFF_UP))


def main(folder):
    up("lo")
    up("lo:1", CONTAINER)
    up("lo:2", INSTANCE)
    path = "/v2/credentials/1"
    cases = {
        "container": {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": path},
        "container, though there is a full URI": {
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": path,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/no"},
        "container by its full URI": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{CONTAINER}{path}"},
        "instance": {},
    }
    results = {}
    with contextlib.ExitStack() as stack:
        stack.enter_context(ContainerEndpoint(path=path, address=CONTAINER, port=80))
        stack.enter_context(InstanceMetadata(address=INSTANCE, port=80))
        upstream = stack.enter_context(ControlPlane())
        for number, (name, variables) in enumerate(cases.items()):
            home = pathlib.Path(folder) / str(number)
            home.mkdir()
            expected, _ = by_botocore(variables, home)
            found, log = by_gateway(variables, home, upstream)
            results[name] = (expected, found, log)
    print(json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1])
