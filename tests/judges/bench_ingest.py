#!/usr/bin/env python3
"""Measures archived pages, ours and the peers', made from the same scans in the same run.

For every scan (the first page of what is made of it counts) and every program:

    kB      size of the whole PDF
    CPU     seconds of user and system time, children included; `OCR` with the text read once
    reread  what is added where a page is drawn to be read again as it is archived, as one in REREAD_ONE_IN is; the target
            is for both together, on the mean
    cer     error rate of the text layer. Each line of the truth is laid at its best place anywhere in the text, so that
            neither the order of lines nor the words of a stamp count; text is NFC with single spaces
    recer   the error rate when the archived page is rendered at the scan's size and its red channel read by Tesseract,
            beside `scan`, the same of the scan itself
    ssim    structural similarity of luma at half the size of the scan

The likeness is held to its target where the folder is named `real`: the grain of drawn pages is noise that nobody misses.
The error rate of the text layer is held to its target over all pages with a truth.

Ends with 1 where a target is missed, and with 2 where there is nothing to measure.
"""

import argparse
import os
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import edlib
import numpy
import pymupdf
from PIL import Image
from skimage.metrics import structural_similarity

LUMA = numpy.array([0.299, 0.587, 0.114], numpy.float32)
SINGLE = {**os.environ, "OMP_THREAD_LIMIT": "1", "THREADS": "1", "REREAD_ONE_IN": "0"}

# The default of the program: of so many pages one is read again.
REREAD_ONE_IN = 50

# What the project holds itself to: measure, limit, whether more is better.
TARGETS = [
    ("kB", 65.0, False),
    ("CPU", 0.25, False),
    ("CPU, OCR, reread", 1.25, False),
    ("recer - scan", 0.1, False),
]
TARGETS_REAL = [("ssim", 0.975, True)]
MOST_CER = 0.8


def spent(command, environment=SINGLE):
    """Runs a command and gives its CPU seconds, or None where it fails."""
    with open(os.devnull, "wb") as nowhere:
        child = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime if child.returncode == 0 else None


def least(command, rounds, environment=SINGLE):
    """The least of several runs: a machine that others load only adds to it."""
    times = [spent(command, environment) for _ in range(rounds)]
    return None if None in times else min(times)


def normal(text):
    return " ".join(unicodedata.normalize("NFC", text).split())


def misread(truth, text):
    """Edits and characters over the lines of the truth."""
    text, edits, characters = normal(text), 0, 0
    for line in map(normal, truth.splitlines()):
        if line:
            distance = edlib.align(line, text, mode="HW")["editDistance"] if text else len(line)
            edits += min(distance, len(line))
            characters += len(line)
    return edits, characters


def read(image, folder):
    """The text that Tesseract reads in the red channel."""
    path = folder / "read.tif"
    Image.fromarray(numpy.asarray(image)[..., 0]).save(path, dpi=(300, 300))
    command = ["tesseract", str(path), "-", "-l", "vie", "--dpi", "300", "--psm", "3"]
    return subprocess.run(command, capture_output=True, check=True, env=SINGLE).stdout.decode()


def rendered(page, size):
    width, height = size
    pixels = page.get_pixmap(matrix=pymupdf.Matrix(width / page.rect.width, height / page.rect.height), alpha=False)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples).crop((0, 0, width, height))


def half_luma(image):
    half = image.resize((image.width // 2, image.height // 2), Image.BOX)
    return numpy.asarray(half, numpy.float32) @ LUMA


class Program:
    """A program that makes a PDF of a scan, with and without text."""

    def __init__(self, name, plain, reading, rereads=False):
        self.name, self.plain, self.reading, self.rereads = name, plain, reading, rereads

    def make(self, scan, folder, rounds):
        """Makes the PDF and gives its path and CPU times: without text, with text, read twice.

        The PDF is the one with text, where there is one.
        """
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{scan.stem}.pdf"
        plain = least(self.plain(scan, target), rounds, {**SINGLE, "OCR": "none"}) if self.plain else None
        command = self.reading(scan, target) if self.reading else None
        twice = least(command, rounds, {**SINGLE, "REREAD_ONE_IN": "1"}) if self.rereads else None
        reading = least(command, rounds if self.rereads else 1) if command else None
        return target, plain, reading, twice


def programs(prepare):
    """Ours first, then those peers that are installed."""
    ours = lambda scan, target: [prepare, str(target.parent), str(scan)]
    found = [Program("muniment", ours, ours, rereads=True)]
    if shutil.which("img2pdf"):
        found.append(Program("img2pdf", lambda scan, target: ["img2pdf", "--output", str(target), str(scan)], None))
    if shutil.which("ocrmypdf"):
        # Without Ghostscript it makes no PDF/A, which spares it work.
        kind = "pdfa" if shutil.which("gs") else "pdf"
        base = ["ocrmypdf", "--quiet", "--jobs", "1", "--image-dpi", "300", "--output-type", kind]
        for level in ("1", "3"):
            plain = lambda scan, target, level=level: base + ["-O", level, "--tesseract-timeout", "0", str(scan), str(target)]
            reading = lambda scan, target, level=level: base + ["-O", level, "-l", "vie", str(scan), str(target)]
            found.append(Program(f"ocrmypdf -O{level}", plain, reading))
    if shutil.which("recode_pdf"):
        found.append(Program("archive-pdf-tools", recoding, None))
    return found


def recoding(scan, target):
    """archive-pdf-tools wants the words first; they are read once and not counted."""
    words = target.with_suffix("")
    if not words.with_suffix(".hocr").exists():
        subprocess.run(["tesseract", str(scan), str(words), "-l", "vie", "hocr"], check=True, capture_output=True, env=SINGLE)
    # Its best coders are programs apart; Pillow's JPEG 2000 and Group 4 stand in where they are missing.
    coders = [] if shutil.which("kdu_compress") else ["-J", "pillow"]
    coders += [] if shutil.which("jbig2") else ["--mask-compression", "ccitt"]
    files = ["--from-imagestack", str(scan), "--hocr-file", f"{words}.hocr"]
    return ["recode_pdf", *coders, *files, "--dpi", "300", "-o", str(target)]


class Sums:
    """Means and error rates of one program over the scans of a folder."""

    def __init__(self):
        self.values, self.errors, self.failed = {}, {}, 0

    def add(self, name, value):
        if value is not None:
            self.values.setdefault(name, []).append(value)

    def misread(self, name, edits, characters):
        had = self.errors.get(name, (0, 0))
        self.errors[name] = (had[0] + edits, had[1] + characters)

    def measures(self):
        row = {name: sum(values) / len(values) for name, values in self.values.items()}
        row.update({name: 100 * edits / characters for name, (edits, characters) in self.errors.items() if characters})
        if "recer" in row:
            row["recer - scan"] = row["recer"] - row["scan"]
        if "reread" in row:
            row["CPU, OCR, reread"] = row["CPU, OCR"] + row["reread"] / REREAD_ONE_IN
        return row


def measure(sums, scan, image, target, truth, scan_text, folder):
    with pymupdf.open(target) as document:
        page = document[0]
        shown, text = rendered(page, image.size), page.get_text()
    sums.add("kB", target.stat().st_size / 1000)
    sums.add("ssim", float(structural_similarity(half_luma(image), half_luma(shown), data_range=255)))
    if truth is not None:
        if text.strip():
            sums.misread("cer", *misread(truth, text))
        sums.misread("recer", *misread(truth, read(shown, folder)))
        sums.misread("scan", *misread(truth, scan_text))


def table(folder, rows):
    """Prints measures, and those of peers as multiples of ours."""
    names = ["kB", "CPU", "CPU, OCR", "reread", "cer", "recer", "scan", "ssim"]
    print(f"\n{folder}\n{'':20}" + "".join(f"{name:>18}" for name in names))
    ours = rows["muniment"]
    for program, row in rows.items():
        cells = []
        for name in names:
            cell = "-" if name not in row else f"{row[name]:.{4 if name == 'ssim' else 2}f}"
            if program != "muniment" and name in ("kB", "CPU", "CPU, OCR") and name in row and name in ours:
                cell += f" ({row[name] / ours[name]:.1f}x)"
            cells.append(f"{cell:>18}")
        print(f"{program:20}" + "".join(cells))
    targets = TARGETS + (TARGETS_REAL if folder.name == "real" else [])
    return sum(is_missed(name, ours[name], limit, more) for name, limit, more in targets if name in ours)


def is_missed(name, value, limit, more=False):
    good = value >= limit if more else value <= limit
    print(f"  {'met   ' if good else 'MISSED'}  {name} {value:.4g}, target {'>=' if more else '<='} {limit}")
    return not good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scans", nargs="+", type=Path)
    parser.add_argument("--prepare", required=True, help="the example `prepare` of muniment-ingest")
    parser.add_argument("--work", required=True, type=Path, help="a folder for what is made")
    parser.add_argument("--rounds", type=int, default=3, help="runs without OCR, of which the least counts")
    options = parser.parse_args()
    pymupdf.TOOLS.mupdf_display_errors(False)
    missed, measured, edits, characters = 0, 0, 0, 0
    for number, folder in enumerate(options.scans):
        every = {program.name: (program, Sums()) for program in programs(options.prepare)}
        for scan in sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png")):
            image = Image.open(scan).convert("RGB")
            truth_file = scan.with_suffix(".gt.txt")
            truth = truth_file.read_text().split("\f")[0] if truth_file.exists() else None
            scan_text = read(image, options.work) if truth is not None else ""
            for program, sums in every.values():
                made = options.work / str(number) / program.name.replace(" ", "")
                target, plain, reading, twice = program.make(scan, made, options.rounds)
                sums.add("CPU", plain)
                sums.add("CPU, OCR", reading)
                if twice is not None and reading is not None:
                    sums.add("reread", max(twice - reading, 0))
                if target.exists():
                    measure(sums, scan, image, target, truth, scan_text, options.work)
                    measured += 1
                else:
                    print(f"{program.name} made nothing of {scan.name}", file=sys.stderr)
        rows = {name: sums.measures() for name, (_, sums) in every.items() if sums.values}
        if "muniment" in rows:
            missed += table(folder, rows)
            more = every["muniment"][1].errors.get("cer", (0, 0))
            edits, characters = edits + more[0], characters + more[1]
        else:
            print(f"{folder}: nothing was made", file=sys.stderr)
            missed += 1
    if measured == 0:
        sys.exit(2)
    if characters:
        print("\nall pages with a truth")
        missed += is_missed("cer", 100 * edits / characters, MOST_CER)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
