"""What the judges share: finding PDFs, running other programs, and saying what failed.

Every judge ends with 0 where all is well, 1 where something failed (each failure on a line of its own, beginning with
FAILED), and 2 where there was nothing to judge or a tool is missing: an empty set is never a success.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path


class Verdict:
    """Counts what was judged and prints each failure as it is found."""

    def __init__(self, name):
        self.name = name
        self.judged = 0
        self.failed = set()

    def fail(self, subject, reason):
        self.failed.add(subject)
        print(f"FAILED {subject}: {reason}")

    def finish(self):
        """Prints the sum and ends the program."""
        if self.judged == 0:
            print(f"{self.name}: nothing to judge", file=sys.stderr)
            sys.exit(2)
        print(f"{self.name}: {self.judged} judged, {len(self.failed)} failed")
        sys.exit(1 if self.failed else 0)


def arguments(description, *options):
    """Reads the command line: the options given, and paths."""
    parser = argparse.ArgumentParser(description=description)
    for names, settings in options:
        parser.add_argument(*names, **settings)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a PDF, or a folder of PDFs, as deep as they lie")
    return parser.parse_args()


def pdfs_below(paths):
    """The PDFs at and below these paths, in name order."""
    found = []
    for path in paths:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*.pdf") if file.is_file())
        else:
            found.append(path)
    return found


def need(*tools):
    """Ends the program where one of these programs is missing."""
    for tool in tools:
        if shutil.which(tool) is None:
            print(f"{tool} is not installed; scripts/tools.sh test installs it", file=sys.stderr)
            sys.exit(2)


def run(*command, seconds=120):
    """Runs a program; returns its exit code and all that it printed."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -1, f"did not end within {seconds} s"
    return done.returncode, done.stdout.decode("utf-8", "replace")


def first_lines(text, count=3):
    """The beginning of a program's output, on one line."""
    return " | ".join(line.strip() for line in text.splitlines()[:count] if line.strip())
