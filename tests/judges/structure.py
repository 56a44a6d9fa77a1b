#!/usr/bin/env python3
"""Judges the structure of PDFs with qpdf and poppler: every file is sound, has pages and can be drawn.

    structure.py PATH...
"""

import re

from judging import Verdict, arguments, first_lines, need, pdfs_below, run


def main():
    given = arguments("Judges the structure of PDFs with qpdf and poppler.")
    need("qpdf", "pdfinfo")
    verdict = Verdict("structure (qpdf, pdfinfo)")
    for pdf in pdfs_below(given.paths):
        verdict.judged += 1
        code, output = run("qpdf", "--check", pdf)
        # qpdf ends with 3 where it had to warn: a file of ours gives no cause for that either.
        if code != 0:
            verdict.fail(pdf, f"qpdf --check ends with {code}: {first_lines(output[output.find('WARNING'):] or output)}")
        code, output = run("pdfinfo", pdf)
        complaints = [line for line in output.splitlines() if re.match(r"(Syntax|Internal|Command Line) \w+", line)]
        if code != 0 or complaints:
            verdict.fail(pdf, f"pdfinfo ends with {code}: {first_lines(output)}")
        elif not re.search(r"^Pages:\s+[1-9]", output, re.MULTILINE):
            verdict.fail(pdf, "pdfinfo finds no page")
    verdict.finish()


if __name__ == "__main__":
    main()
