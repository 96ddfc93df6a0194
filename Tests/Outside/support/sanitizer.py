"""What a build with a sanitizer (Tests/Sanitizers/run) says nothing of."""

import os

import pytest

IS_USED = "SANITIZER" in os.environ

#: For an environment file: leaks aren't looked for here either.
VARIABLES = "ASAN_OPTIONS=detect_leaks=0\n" if IS_USED else ""

#: For tests that measure memory.
measures_memory = pytest.mark.skipif(
    IS_USED, reason="a sanitizer takes memory of its own, many times what the program does: there is nothing to measure")
