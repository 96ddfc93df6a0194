"""Which of the gateway's functions a start and some calls run through, by valgrind's account."""

import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

import services
from support import gateway
from support.simulator import ACTIVE, BIN_DIR, PENDING, UNKNOWN

#: Callers at a time, and how often each asks for everything.
CALLERS, TIMES = 8, 5
PATHS = {f"/connections/{PENDING}/reject": 200, f"/connections/{ACTIVE}/reject": 409,
         f"/connections/{UNKNOWN}/reject": 404, "/connections/c-nobodys/reject?no": 400}


def executed(folder):
    """The names that valgrind's file has, as the linker knows them."""
    account = folder / "callgrind.out"
    with services.Upstream(folder) as upstream, gateway.Gateway(
            upstream.url, ca_file=upstream.ca_file, folder=folder,
            prefix=["valgrind", "--tool=callgrind", "--demangle=no", "--fair-sched=yes",
                    f"--callgrind-out-file={account}"]) as served:
        def call(_):
            for path, status in PATHS.items():
                for token in (served.token, "cgw_wrong"):
                    answer = services.get(served.address, path, "POST", {"Authorization": f"Bearer {token}"})
                    assert answer[0] == (status if token == served.token else 401), answer
        with concurrent.futures.ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(call, range(CALLERS * TIMES)))
    return set(re.findall(r"^c?fn=\(\d+\) ([^\s']+)", account.read_text(), re.MULTILINE))


def defined():
    listing = subprocess.run(["nm", "--defined-only", BIN_DIR / "connection-gateway"], capture_output=True, text=True,
                             check=True).stdout
    return {line.split()[-1] for line in listing.splitlines()}


def main():
    with tempfile.TemporaryDirectory(dir=BIN_DIR) as folder:
        names = sorted(executed(pathlib.Path(folder)) & defined())
    pathlib.Path(sys.argv[1]).write_text("\n".join([*names, ""]))
    print(f"{len(names)} functions")


main()
