"""Power cuts: the disk as it is at a random moment under load, on a real ext4, and a gateway that starts on that.

The file system lies in an image. A copy of it, made while the gateway is held, is what a power cut would leave: what is
only in the kernel's memory isn't in it.
"""

import contextlib
import random
import shutil
import signal
import subprocess
import time

import pytest
from support.gateway import Gateway
from support.promises import Load, audit_files, calls, check
from support.simulator import PATIENCE, Simulator, connection, wait_until

CUTS = 5
SEED = 4


def make_image(path):
    mkfs = shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin")
    if mkfs is None:
        pytest.skip("mkfs.ext4 isn't installed (Debian: e2fsprogs)")
    with open(path, "wb") as image:
        image.truncate(32 << 20)
    subprocess.run([mkfs, "-q", "-F", path], check=True, capture_output=True, timeout=PATIENCE)


@contextlib.contextmanager
def mounted(image, folder):
    """The image as a file system, which commits nothing of its own accord for minutes."""
    folder.mkdir()
    ended = subprocess.run(["mount", "-o", "loop,commit=300", image, folder], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        pytest.skip(f"an image can't be mounted here: {ended.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True, timeout=PATIENCE)


def test_what_was_promised_holds_after_every_power_cut(tmp_path):
    dice = random.Random(SEED)
    image, seed = tmp_path / "image", [connection(f"c-{number:012}") for number in range(0, 3000, 3)]
    make_image(image)
    recovered = 0
    with Simulator(seed=seed) as simulator, mounted(image, tmp_path / "disk") as disk, Gateway(
            simulator.url, folder=disk) as gateway:
        simulator.fault("slow", delayMs=10)
        next_call, answers = calls(dice), {}
        for number in range(CUTS):
            with Load(gateway, next_call) as load:
                time.sleep(dice.uniform(0.05, 0.4))
                if number % 2:
                    gateway.audit.rename(disk / f"audit.jsonl.{number}")
                    wait_until(gateway.audit.exists, "the new file")
                gateway.signal(signal.SIGSTOP)
                # Everything that anyone can have relied on at this moment.
                promised = {**answers, **load.answers}
                requests = simulator.requests()
                cut = tmp_path / f"cut-{number}"
                shutil.copyfile(image, cut)
                gateway.signal(signal.SIGCONT)
            answers.update(load.answers)
            with mounted(cut, tmp_path / f"disk-{number}") as copy, Gateway(simulator.url, folder=copy) as after:
                recovered += len(after.records("recovered"))
                after.stop()
                check(audit_files(copy), promised, requests)
    print(f"\n{CUTS} power cuts, {len(answers)} answers, {recovered} calls recovered")
    assert recovered > 0, "nothing was under way when the power was cut"
