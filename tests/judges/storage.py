#!/usr/bin/env python3
"""Judges a store with ocfl-py: an OCFL 1.1 storage root, every object valid, every file's digest right (--validate-objects
--check-digests).

    storage.py OCFL_ROOT

Needs ocfl-py: run it with the Python of .venv.
"""

import re
import sys
from pathlib import Path

from judging import Verdict, arguments, first_lines, run


def main():
    given = arguments("Judges OCFL stores with ocfl-py.")
    program = Path(sys.executable).with_name("ocfl-root.py")
    if not program.is_file():
        print(f"{program} is not installed; scripts/tools.sh test installs it", file=sys.stderr)
        sys.exit(2)
    verdict = Verdict("storage (ocfl-py)")
    for root in given.paths:
        command = [sys.executable, program, "validate", "--root", root, "--validate-objects", "--check-digests"]
        code, output = run(*command, seconds=1200)
        # The program ends with 0 whatever it finds, so its words are judged.
        objects = re.search(r"Objects checked: (\d+) / (\d+) are VALID", output)
        root_is_valid = re.search(r"^Storage root .* is VALID", output, re.MULTILINE)
        if objects and int(objects[2]) == 0:
            continue
        verdict.judged += int(objects[2]) if objects else 1
        if code != 0 or not objects or not root_is_valid:
            verdict.fail(root, first_lines(output, 12) or f"ocfl-py ends with {code}")
    verdict.finish()


if __name__ == "__main__":
    main()
