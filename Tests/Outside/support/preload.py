"""Libraries that stand in for a part of the system, for `LD_PRELOAD`."""

import pathlib
import shutil
import subprocess

#: Swift brings it, wherever it is.
CLANG = pathlib.Path(shutil.which("swift")).resolve().with_name("clang")


def library(folder, source, *flags):
    """The library that this C makes, in the folder."""
    text, made = folder / "preload.c", folder / "preload.so"
    text.write_text(source)
    subprocess.run([CLANG, "-shared", "-fPIC", *flags, "-o", made, text], check=True)
    return made
