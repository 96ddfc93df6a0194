"""A name server that takes longer than a call may: the call ends in its time, and nobody else notices."""

import concurrent.futures
import time

import pytest

from support import gateway, preload
from support.simulator import PENDING

#: Seconds that a look-up takes, and a call may.
LOOK_UP, CALL = 15, 1

#: The C library's getaddrinfo, but that it takes its time for one name and doesn't find it.
GETADDRINFO = f"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>
typedef int look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {{
  if (name != NULL && strstr(name, "slow.example") != NULL) {{
    sleep({LOOK_UP});
    return EAI_AGAIN;
  }}
  return ((look_up *)dlsym(RTLD_NEXT, "getaddrinfo"))(name, service, hints, found);
}}
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    library = preload.library(tmp_path_factory.mktemp("names"), GETADDRINFO)
    with gateway.Gateway("https://slow.example", env={"LD_PRELOAD": library, **gateway.ONE_ATTEMPT},
                         arguments=["--request-timeout", f"{CALL}s"]) as running:
        yield running


def test_the_call_ends_in_its_time_and_nobody_else_waits(running):
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        reject = pool.submit(running.reject, PENDING)
        longest = 0
        while not reject.done():
            asked = time.monotonic()
            assert running.call("GET", "/livez", token=False).status == 200
            longest = max(longest, time.monotonic() - asked)
    answer = reject.result()
    assert (answer.status, answer.code, answer.outcome) == (502, "upstream_unreachable", "not_sent")
    # The look-up still goes on.
    assert time.monotonic() - began < LOOK_UP / 2
    assert longest < LOOK_UP / 2


def test_a_second_one_does_too_while_the_first_look_up_goes_on(running):
    began = time.monotonic()
    assert running.reject(PENDING).code == "upstream_unreachable"
    assert time.monotonic() - began < LOOK_UP / 2


def test_the_end_doesnt_wait_for_it_either(running):
    assert running.reject(PENDING).code == "upstream_unreachable"
    began = time.monotonic()
    running.stop()
    assert time.monotonic() - began < LOOK_UP / 2
