"""What stays in memory of what only a start, or rare work, needs."""

import platform
import re

import pytest

from support import gateway, preload
from support.simulator import PENDING, Simulator, connection, wait_until


@pytest.fixture(scope="module")
def running():
    with Simulator([connection(PENDING, "PENDING_ACCEPTANCE")]) as aws, gateway.Gateway(aws.url) as running:
        yield running


#: A library whose code the dynamic linker writes an address into, and which needs it at the process's end.
RELOCATED = """
#include <stdlib.h>
#include <unistd.h>
void relocated_say(void) { write(2, "relocated\\n", 10); }
__asm__(".text\\nrelocated_jump:\\n movabs $relocated_say, %rax\\n jmp *%rax\\n");
extern void relocated_jump(void);
__attribute__((constructor)) static void relocated_begin(void) { atexit(relocated_jump); }
"""


def resident(running, library):
    """KiB of the library's code that are in memory."""
    maps = re.split(r"^(?=[0-9a-f]+-[0-9a-f]+ )", open(f"/proc/{running.process.pid}/smaps").read(), flags=re.M)
    return sum(int(re.search(r"^Rss: +(\d+) kB", each, re.M)[1]) for each in maps
               if re.match(rf"\S+ r-xp .*/{library}[^/]*$", each.partition("\n")[0]))


def test_what_libraries_ran_at_the_start_is_let_go_of(running):
    # libmicrohttpd sets it up, and speaks no TLS here.
    wait_until(lambda: resident(running, "libgnutls.so") == 0, "the start's code to be gone")
    # What is used is there again.
    assert running.reject(PENDING).status == 200
    assert resident(running, "libcurl.so") > 0
    assert resident(running, "libgnutls.so") == 0


def test_the_tokens_reader_is_let_go_of_whenever_it_has_read(running):
    def loads():
        return sum(line["message"] == "tokens loaded" for line in running.log())

    for number in range(2):
        count = loads()
        gateway.make_token(running.tokens, name=f"more-{number}")
        wait_until(lambda: loads() > count, "the new token")
        # Of the 1400 KiB that reading takes.
        wait_until(lambda: resident(running, "libFoundationEssentials.so") < 512, "the reader's code to be gone")


@pytest.mark.skipif(platform.machine() != "x86_64", reason="it has machine code of x86-64 in it")
def test_a_library_with_text_relocations_keeps_its_code(tmp_path):
    library = preload.library(tmp_path, RELOCATED, "-Wl,-z,notext")
    with gateway.Gateway("http://127.0.0.1:9", env={"LD_PRELOAD": library}) as running:
        wait_until(lambda: resident(running, "libgnutls.so") == 0, "the start's code to be gone")
        running.stop()
        assert "relocated\n" in running.log_text()
