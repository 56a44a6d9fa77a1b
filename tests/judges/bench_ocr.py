#!/usr/bin/env python3
"""Measures the own reader of text beside Tesseract, on the same pages, in the same way through the same program.

    CPU     seconds a page for reading alone, children included, one thread: with a reader less without one; for the own reader
            the straightened copy that it reads is left out, too, and shown apart as `copy`
    whole   seconds a page for the whole preparation
    cer     error rate of the text layer: each line of the truth at its best place anywhere in the text (NFC, single spaces)
    places  of the words that Tesseract read as the truth has them (where there is none: that both read alike), the share at
            whose place the own layer has a word whose box overlaps by half of their union at least; where the pages were
            drawn, the place is where the word was drawn, and otherwise where Tesseract has it
    memory  MB that reading a page takes at most, beside what the process has before
    second  share of pages that are read by Tesseract because the own reader is in doubt, where both are at hand

The worst lines of each set, as an image and as both read them, go to the folder `lines`.

Ends with 1 where a target is missed, and with 2 where there is nothing to measure.
"""

import argparse
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import edlib
import pymupdf
from bench_ingest import SINGLE, misread, normal
from PIL import Image

# Of Tesseract's error rate; CPU seconds a page of reading alone and of all; share of words; MB.
TARGETS = {"cer": 0.9, "CPU": 0.15, "whole": 0.40, "places": 0.99, "memory": 60}
CPU_WITH_DOT_PRODUCTS = 0.10
WORST = 10


def run(prepare, reader, scans, folder, rounds):
    """CPU seconds of all pages, the least of several runs; MB that reading took at most; and what the program said last."""
    folder.mkdir(parents=True, exist_ok=True)
    times, peak, said = [], 0, ""
    for _ in range(rounds):
        command = [prepare, str(folder), *map(str, scans)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**SINGLE, "OCR": reader}) as child:
            said = child.stdout.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(f"bench-ocr: {prepare} failed on {folder}")
        times.append(usage.ru_utime + usage.ru_stime)
        took = re.search(r"^reading took (\d+) kB", said, re.MULTILINE)
        peak = max(peak, int(took[1]) / 1024)
    return min(times), peak, said.strip().splitlines()[-1]


def ratio(own, other):
    """Errors as a part of another's; where that one makes none, any is too many."""
    return own / other if other else (math.inf if own else 0.0)


def overlap(one, other):
    both = pymupdf.Rect(one) & other
    shared = 0 if both.is_empty else both.get_area()
    return shared / max(one.get_area() + other.get_area() - shared, 1e-6)


class Layer:
    """The text layer of a page: its words with their boxes, and the text that they make."""

    def __init__(self, pdf):
        page = pymupdf.open(pdf)[0]
        self.size = page.rect
        self.words = [(pymupdf.Rect(word[:4]), normal(word[4])) for word in page.get_text("words")]
        self.text = " ".join(word for _, word in self.words)

    def like(self, line):
        """Edits of the place that is most like a line, the text there and the boxes of its words."""
        if not self.text:
            return len(line), "", []
        found = edlib.align(line, self.text, mode="HW", task="locations")
        start, end = found["locations"][0]
        at, boxes = 0, []
        for box, word in self.words:
            if at <= end and at + len(word) > start:
                boxes.append(box)
            at += len(word) + 1
        return found["editDistance"], self.text[start : end + 1], boxes


def places(own, other, truth, scan):
    """How many words of the other layer are to be found, and how many lie at their place in the own, and in the other."""
    known = set((truth if truth is not None else own.text).split())
    due = [box for box, word in other.words if word in known]
    drawn = scan.with_suffix(".words.tsv")
    if drawn.exists():
        right = {word for _, word in other.words}
        due = [box for box, word in drawn_words(drawn, Image.open(scan), own.size) if normal(word) in right]
    placed = lambda layer: sum(any(overlap(box, mine) >= 0.5 for mine, _ in layer.words) for box in due)
    return len(due), placed(own), placed(other)


def drawn_words(path, image, size):
    """Words and their boxes in points."""
    across, down = size.width / image.width, size.height / image.height
    for row in path.read_text().splitlines():
        left, top, right, bottom, word = row.split("\t")
        yield pymupdf.Rect(float(left) * across, float(top) * down, float(right) * across, float(bottom) * down), word


def line_shown(scan, box, size):
    """The place of a line on the scan, as an image."""
    image = Image.open(scan).convert("RGB")
    across, down = image.width / size.width, image.height / size.height
    margin = 6
    return image.crop(
        (
            max(int((box.x0 - margin) * across), 0),
            max(int((box.y0 - margin) * down), 0),
            min(int((box.x1 + margin) * across), image.width),
            min(int((box.y1 + margin) * down), image.height),
        )
    )


def write_worst(lines, name, folder):
    """The lines that were read worst: images, and a list of what they say and how they were read."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{name}.txt", "w") as out:
        worst = sorted(lines, key=lambda line: -line["edits"])[:WORST]
        for number, line in enumerate((line for line in worst if line["edits"]), 1):
            picture = f"{name}-{number:02}.png"
            if line["box"] is not None:
                line_shown(line["scan"], line["box"], line["size"]).save(folder / picture)
            print(f"{number:2}  {line['edits']} edits, {line['scan'].stem}, {picture}", file=out)
            for label in ("truth", "own", "tesseract"):
                print(f"    {label:10}{line[label]}", file=out)


def compare(scans, made, name, shown):
    """Edits and letters by reader, and words due and placed, over all pages of a set."""
    errors, counts, lines = {"native": [0, 0], "tesseract": [0, 0]}, [0, 0, 0], []
    for scan in scans:
        own, other = (Layer(made[reader] / f"{scan.stem}.pdf") for reader in errors)
        truth_file = scan.with_suffix(".gt.txt")
        # A form feed parts the pages; the first one is measured.
        truth = truth_file.read_text().split("\f")[0] if truth_file.exists() else None
        found = places(own, other, None if truth is None else normal(truth), scan)
        counts = [count + more for count, more in zip(counts, found)]
        if truth is None:
            continue
        for reader, layer in (("native", own), ("tesseract", other)):
            edits, letters = misread(truth, layer.text)
            errors[reader][0] += edits
            errors[reader][1] += letters
        for line in filter(None, map(normal, truth.splitlines())):
            edits, text, boxes = own.like(line)
            _, beside, others = other.like(line)
            # Where a line is not to be found, the other reader tells where it stands.
            boxes = others if edits > len(line) / 3 and others else boxes
            box = pymupdf.Rect(boxes[0]) if boxes else None
            for more in boxes[1:]:
                box |= more
            lines.append(
                {"edits": edits, "scan": scan, "size": own.size, "box": box}
                | {"truth": line, "own": text, "tesseract": beside}
            )
    write_worst(lines, name, shown)
    return errors, counts


def has_dot_products():
    return re.search(r"\bavx512_vnni\b", Path("/proc/cpuinfo").read_text()) is not None


def main():
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--prepare", required=True)
    given.add_argument("--work", required=True, type=Path)
    given.add_argument("--lines", required=True, type=Path, help="the folder for the worst lines")
    given.add_argument("--rounds", type=int, default=2)
    given.add_argument("folders", nargs="+", type=Path)
    given = given.parse_args()
    targets = {**TARGETS, "CPU": CPU_WITH_DOT_PRODUCTS if has_dot_products() else TARGETS["CPU"]}
    missed = pages = 0
    for folder in given.folders:
        scans = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png"))
        if not scans:
            continue
        count, pages = len(scans), pages + len(scans)
        made = {reader: given.work / folder.name / reader for reader in ("none", "blank", "native", "tesseract", "auto")}
        spent, peak = {}, {}
        for reader, into in made.items():
            rounds = given.rounds if reader in ("none", "blank", "native") else 1
            spent[reader], peak[reader], said = run(given.prepare, reader, scans, into, rounds)
        errors, (due, placed, beside) = compare(scans, made, folder.name, given.lines)
        rates = {reader: sums[0] / max(sums[1], 1) for reader, sums in errors.items()}
        alone = {
            "native": (spent["native"] - spent["blank"]) / count,
            "tesseract": (spent["tesseract"] - spent["none"]) / count,
        }
        print(f"{folder.name}: {count} pages, {errors['native'][1]} letters of truth")
        for reader in errors:
            whole = spent[reader] / count
            print(f"  {reader:10} CPU {alone[reader]:.3f}  whole {whole:.3f}  cer {100 * rates[reader]:.2f} %")
        print(f"  places of {due} words: own {placed}, tesseract {beside}")
        print(f"  copy {(spent['blank'] - spent['none']) / count:.3f}  second {said}")
        found = {
            "cer": ratio(rates["native"], rates["tesseract"]) if errors["native"][1] else None,
            "CPU": alone["native"],
            "whole": spent["native"] / count,
            "places": placed / max(due, 1),
            "memory": peak["native"],
        }
        for name, value in found.items():
            if value is None:
                continue
            met = value >= targets[name] if name == "places" else value <= targets[name]
            missed += not met
            print(f"  {name:8} {value:.3f}  target {targets[name]}  {'met' if met else 'MISSED'}", flush=True)
    if not pages:
        sys.exit(2)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
