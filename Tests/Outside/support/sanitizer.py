"""What a build with a sanitizer (Tests/Sanitizers/run) says nothing of."""

import os

import pytest

NAME = os.environ.get("SANITIZER")

#: For an environment file: leaks aren't looked for here either.
VARIABLES = "ASAN_OPTIONS=detect_leaks=0\n" if NAME else ""

#: So many times as long something may take as without.
SLOWNESS = 3 if NAME else 1

#: For tests that measure memory.
measures_memory = pytest.mark.skipif(
    NAME is not None, reason="a sanitizer takes memory of its own, many times what the program does: there is nothing to measure")

#: For tests that limit how large a file may get.
limits_files = pytest.mark.skipif(
    NAME == "thread", reason="ThreadSanitizer writes a file of its own at its start, a larger one, and dies of the limit")
