"""A disk that fails at random, over and over, under load: libfiu makes the C library's calls fail."""

import collections
import contextlib
import random
import shutil
import subprocess
import time

import pytest
from support.gateway import Gateway
from support.promises import Load, audit_files, calls, check
from support.simulator import PATIENCE, Simulator, connection, wait_until

#: The calls that the audit makes and little else does, and how often each fails: with EIO, ENOSPC, EROFS.
FAULTS = [("posix/io/sync/fdatasync", 0.02, 5), ("posix/io/sync/fsync", 0.2, 5), ("posix/io/dir/rename", 0.2, 28),
          ("posix/io/dir/unlink", 0.2, 30), ("posix/io/rw/ftruncate", 0.3, 5), ("posix/io/oc/open", 0.1, 28)]
#: At least so long, and until enough has happened, since how much that is depends on the machine; at most ten times as long.
SECONDS = 12
SEED = 4


class Faults:
    """Libfiu in a running gateway."""

    def __init__(self, folder):
        if shutil.which("fiu-run") is None:
            pytest.skip("libfiu isn't installed (Debian: fiu-utils)")
        self._path = str(folder / "fiu")
        self.prefix = ["fiu-run", "-x", "-f", self._path]

    def command(self, gateway, text):
        subprocess.run(["fiu-ctrl", "-f", self._path, "-c", text, str(gateway.process.pid)], check=True,
                       capture_output=True, timeout=PATIENCE)


def given_up(gateway):
    return sum(line["message"] == "audit file given up" for line in gateway.log())


def statuses_of(answers):
    return collections.Counter(answer.status for answer in answers.copy().values())


def enough(gateway, answers):
    """Whether files were given up, and calls refused and answered around that."""
    statuses = statuses_of(answers)
    return given_up(gateway) > 0 and statuses[503] > 0 and statuses[404] > 50


def test_what_was_promised_holds_on_a_disk_that_fails_at_random(tmp_path):
    dice = random.Random(SEED)
    faults, answers = Faults(tmp_path), {}
    log = tmp_path / "log"
    log.mkdir()
    seed = [connection(f"c-{number:012}") for number in range(0, 3000, 3)]
    with Simulator(seed=seed) as simulator, Gateway(simulator.url, folder=log, prefix=faults.prefix) as gateway:
        simulator.fault("slow", delayMs=10)
        for name, probability, code in FAULTS:
            faults.command(gateway, f"enable_random name={name},probability={probability},failinfo={code}")
        rotations, start = 0, time.monotonic()
        with Load(gateway, calls(dice)) as load:
            while (elapsed := time.monotonic() - start) < SECONDS or (
                    not enough(gateway, load.answers) and elapsed < 10 * SECONDS):
                time.sleep(dice.uniform(0.5, 2))
                # The gateway may have moved it aside itself.
                with contextlib.suppress(FileNotFoundError):
                    gateway.audit.rename(log / f"audit.jsonl.{rotations + 1}")
                    rotations += 1
            for name, _, _ in FAULTS:
                faults.command(gateway, f"disable name={name}")
            wait_until(lambda: gateway.ready().status == 200, "the gateway to be ready again")
            time.sleep(0.3)
        answers.update(load.answers)
        gateway.stop()
        files = audit_files(log)
        intents, recovered = check(files, answers, simulator.requests())
    print(f"\n{dict(statuses_of(answers))}, {intents} intents, {len(files)} files, {given_up(gateway)} times given up")
    assert enough(gateway, answers)
    # It never died, so that there was nothing to recover.
    assert recovered == 0
