"""What holds for every outside test: nothing of this machine's settings gets in, and no process is left behind."""

import os
import pathlib
import random
import signal

import pytest

# Where several processes share the checks, each has to find the same ones. The first one's choice is theirs, too.
for name in ("CREDENTIALS_SEED", "ORACLE_SEED"):
    os.environ.setdefault(name, str(random.SystemRandom().randrange(2**32)))

# A shell's background jobs ignore it, and so would all that the tests start, which are to end by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# botocore runs inside these tests, and would read them. It never looks further than this either.
for name in list(os.environ):
    if name.startswith("AWS_") or name.lower().endswith("_proxy"):
        del os.environ[name]
os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull, AWS_EC2_METADATA_DISABLED="true")


def children():
    """The processes that the tests have started and that are still there, or that nobody has waited for."""
    tasks = pathlib.Path("/proc/self/task").iterdir()
    pids = [pid for task in tasks for pid in (task / "children").read_text().split()]
    return {pid: pathlib.Path("/proc", pid, "cmdline").read_bytes().replace(b"\0", b" ").decode() for pid in pids}


@pytest.fixture(scope="session", autouse=True)
def no_process_is_left():
    yield
    assert children() == {}
