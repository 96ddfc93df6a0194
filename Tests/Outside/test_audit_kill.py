"""SIGKILL at random moments under load, again and again: what was promised holds in the log, each time.

AUDIT_KILL_ROUNDS is how many times (24 by default; by hand 200 and more), AUDIT_KILL_SEED which random moments.
"""

import collections
import os
import random
import shutil
import signal
import time

import pytest
from support.crash import cut_off_call
from support.gateway import Gateway, run
from support.promises import Load, audit_files, calls, check
from support.simulator import UNKNOWN, Simulator, connection

ROUNDS = int(os.environ.get("AUDIT_KILL_ROUNDS", "24"))
SEED = int(os.environ.get("AUDIT_KILL_SEED", "4"))


def test_what_was_promised_holds_after_every_kill(tmp_path):
    dice = random.Random(SEED)
    answers, next_call, rotations, kills = {}, calls(dice), 0, collections.Counter()
    seed = [connection(f"c-{number:012}") for number in range(0, 3000, 3)]
    with Simulator(seed=seed) as simulator, Gateway(simulator.url, folder=tmp_path) as gateway:
        # So that there are calls under way when it dies.
        simulator.fault("slow", delayMs=10)
        for number in range(ROUNDS):
            with Load(gateway, next_call) as load:
                time.sleep(dice.uniform(0, 0.3))
                if dice.random() < 0.3:
                    rotations += 1
                    gateway.audit.rename(tmp_path / f"audit.jsonl.{rotations}")
                    if dice.random() < 0.5:
                        gateway.signal(signal.SIGHUP)
                    time.sleep(dice.choice([0, 0.01, 0.1]))
                gateway.kill()
            kills["under load"] += 1
            answers.update(load.answers)
            # And while it starts, before it serves.
            while dice.random() < 0.4:
                gateway.spawn()
                time.sleep(dice.uniform(0, 0.15))
                gateway.kill()
                kills["at the start"] += 1
            gateway.start()
            if number % 8 == 7 or number == ROUNDS - 1:
                check(audit_files(tmp_path), answers, simulator.requests())
        gateway.stop()
        intents, recovered = check(audit_files(tmp_path), answers, simulator.requests())
        print(f"\n{kills['under load']} kills under load, {kills['at the start']} at the start, {rotations} rotations: "
              f"{intents} intents, {len(simulator.requests())} calls at the simulator, {len(answers)} answers, "
              f"{recovered} calls recovered; seed {SEED}")
        assert recovered > 0 and len(answers) > ROUNDS, "nothing was under way when it was killed"


#: The calls that a start makes to mend a log, each of them the one at which it is killed.
MENDING = [("fdatasync", 1), ("fsync", 1), ("ftruncate", 1), ("fdatasync", 2), ("fsync", 2), ("pread64", 1),
           ("pread64", 2), ("pread64", 3)]


@pytest.mark.parametrize("call, number", MENDING)
def test_a_start_that_is_killed_while_it_mends_the_log_can_be_made_again(tmp_path, call, number):
    if shutil.which("strace") is None:
        pytest.skip("strace isn't installed (Debian: strace)")
    with Simulator() as simulator, Gateway(simulator.url, folder=tmp_path) as gateway:
        cut_off_call(simulator, gateway, "cut-off")
        whole = gateway.audit.read_bytes()
        torn = b'{"time":"2026-11-22T16:00:00.123456Z","seq":'
        gateway.audit.write_bytes(whole + torn)
        gateway.spawn(prefix=["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                              "-e", f"inject={call}:signal=KILL:when={number}"])
        assert gateway.process.wait(20) == -signal.SIGKILL
        gateway.start()
        assert gateway.reject(UNKNOWN).status == 404
        gateway.stop()
        assert gateway.audit.read_bytes().startswith(whole)
        assert [record["requestId"] for record in gateway.records("recovered")] == ["cut-off"]
        # The start that was killed may have begun to keep it, too.
        kept = [file.read_bytes() for file in tmp_path.glob("*.torn-*")]
        assert torn in kept and all(torn.startswith(each) for each in kept)
        verified = run("audit", "verify", gateway.audit)
        assert verified.returncode == 0 and "without outcome" not in verified.stdout, verified
