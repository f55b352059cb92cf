"""Runs every test of this folder, three classes at a time, each in a process of its own; prints what failed, and at the
end "N passed, N failed". A test that is skipped where servers are required has failed."""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent


def tests_of(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from tests_of(part)
        else:
            yield part.id()


def run(name):
    started = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "unittest", name], cwd=HERE, capture_output=True, text=True, timeout=170)
        text, status = done.stderr + done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        text, status = f"not done after {late.timeout} s", 1
    if "skipped=" in text and os.environ.get("CLICKD_REQUIRE_SERVERS"):
        status = 1
    return name, status == 0, text, time.monotonic() - started


def main():
    names = sorted(tests_of(unittest.defaultTestLoader.discover(HERE)))
    # The long ones first.
    names.sort(key=lambda name: not re.search("kill|nginx|away|full", name))
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(3) as workers:
        for name, is_fine, text, seconds in workers.map(run, names):
            promise = name.removeprefix("test_").replace("_", " ")
            print(f"{'ok  ' if is_fine else 'FAIL'} {promise} ({seconds:.1f} s)", flush=True)
            if is_fine:
                passed += 1
            else:
                failed += 1
                print("".join("     " + line for line in text.splitlines(keepends=True)), flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
