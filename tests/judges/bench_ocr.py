#!/usr/bin/env python3
"""Measures the own reader of text beside Tesseract, on the same pages, in the same way through the same program.

    CPU       seconds a page for reading alone, children included, one thread: with a reader less without one; for the own
              reader, and for both together (`auto`, the default), the straightened copy that is read is left out, too, and
              shown apart as `copy`
    whole     seconds a page for the whole preparation
    cer       error rate of the text layer: each line of the truth at its best place anywhere in the text (NFC, single spaces)
    invented  letters and digits of the layer that are in no line of the truth, as a part of the truth's: what is read in
              seals and patterns, and what is read twice; `errors` counts them with the misread letters
    places    of the words of which Tesseract is confident, that the truth has and that lie where they were drawn, as far as
              there is a truth and the page was drawn: the share at whose place the own layer has a word. Boxes are as high as
              their line, and overlap by half of their union at least
    drawn     of all words that were drawn, the share at whose place a layer has a word; drawn boxes are made as high as the
              words beside them
    memory    MB that reading a page takes at most, beside what the process has before
    second    share of pages with words of Tesseract because the own reader was in doubt, where both are at hand

The worst lines of each set, as an image and as both read them, go to the folder `lines`.

Ends with 1 where a target is missed or cannot be measured, and with 2 where there is nothing to measure.
"""

import argparse
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import edlib
import numpy
import pymupdf
from bench_ingest import SINGLE, misread, normal
from PIL import Image

# Of Tesseract's errors, misread and with what it invents; CPU seconds a page of reading alone and of all; share of words; MB.
TARGETS = {"cer": 0.9, "errors": 0.9, "CPU": 0.15, "whole": 0.40, "places": 0.99, "memory": 60}
CPU_WITH_DOT_PRODUCTS = 0.10
READERS = ("native", "tesseract", "auto")
# Of 100, as Tesseract says it.
CONFIDENT = 80
WORST = 10


def run(prepare, reader, scans, folder, rounds):
    """CPU seconds of all pages, the least of several runs; MB that reading took at most, or None; and the last it said."""
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
        peak = max(peak, int(took[1]) / 1024) if took and peak is not None else None
    return min(times), peak, said.strip().splitlines()[-1]


def ratio(own, other):
    """Errors as a part of another's; where that one makes none, any is too many."""
    return own / other if other else (math.inf if own else 0.0)


def is_among(box, boxes):
    """Whether one of the boxes, a row each, overlaps by half of what both cover."""
    x0, y0, x1, y1 = boxes.T
    shared = (numpy.minimum(x1, box.x1) - numpy.maximum(x0, box.x0)).clip(0)
    shared *= (numpy.minimum(y1, box.y1) - numpy.maximum(y0, box.y0)).clip(0)
    both = (x1 - x0) * (y1 - y0) + box.get_area() - shared
    return bool((shared >= 0.5 * both).any())


def as_rows(boxes):
    return numpy.array([tuple(box) for box in boxes]).reshape(-1, 4)


class Layer:
    """The text layer of a page: its words with their boxes, and the text that they make."""

    def __init__(self, pdf):
        page = pymupdf.open(pdf)[0]
        self.size = page.rect
        self.words = [(pymupdf.Rect(word[:4]), normal(word[4])) for word in page.get_text("words")]
        self.text = " ".join(word for _, word in self.words)
        self.boxes = as_rows(box for box, _ in self.words)

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


def invented(truth, text):
    """Letters and digits of the text that are in no line of the truth; each stretch of text is of one line at most."""
    left = list(text)
    for line in sorted(filter(None, map(normal, truth.splitlines())), key=len, reverse=True):
        found = edlib.align(line, "".join(left), mode="HW", task="locations") if left else {"editDistance": len(line)}
        if found["editDistance"] <= len(line) / 2:
            start, end = found["locations"][0]
            left[start : end + 1] = "\0" * (end + 1 - start)
    return sum(map(str.isalnum, left))


def places(own, other, truth, drawn, sure):
    """The words of which Tesseract is sure, rightly as far as that is known, and those of them that the own layer has."""
    known = None if truth is None else set(truth.split())
    due = [box for box, word in other.words if word in sure and (known is None or word in known)]
    if drawn:
        drawn = as_rows(drawn)
        due = [box for box in due if is_among(box, drawn)]
    return len(due), sum(is_among(box, own.boxes) for box in due)


def surely_read(path):
    """Words that Tesseract was confident of wherever it read them on a page."""
    rows = [row.split("\t", 1) for row in path.read_text().splitlines()]
    return {normal(word) for _, word in rows} - {normal(word) for sure, word in rows if float(sure) < CONFIDENT}


def drawn_boxes(scan, size):
    """Boxes of the drawn words in points, each as high as itself and two words of its line on either side."""
    path = scan.with_suffix(".words.tsv")
    if not path.exists():
        return []
    image = Image.open(scan)
    across, down = size.width / image.width, size.height / image.height
    rows = [list(map(float, row.split("\t")[:4])) for row in path.read_text().splitlines()]
    boxes = [pymupdf.Rect(x0 * across, y0 * down, x1 * across, y1 * down) for x0, y0, x1, y1 in rows]
    beside = lambda one, other: min(one.y1, other.y1) - max(one.y0, other.y0) > 0.3 * min(one.height, other.height)
    high = []
    for number, box in enumerate(boxes):
        near = [other for other in boxes[max(number - 2, 0) : number + 3] if beside(box, other)]
        top, bottom = min(other.y0 for other in near), max(other.y1 for other in near)
        high.append(pymupdf.Rect(box.x0, top, box.x1, bottom))
    return high


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


class Found:
    """What is counted over all pages of a set."""

    def __init__(self):
        self.edits = dict.fromkeys(READERS, 0)
        self.invented = dict.fromkeys(READERS, 0)
        self.at_place = dict.fromkeys(READERS, 0)
        self.letters = self.due = self.placed = self.drawn = 0
        self.lines = []

    def add(self, scan, made):
        layers = {reader: Layer(made[reader] / f"{scan.stem}.pdf") for reader in READERS}
        own, other = layers["native"], layers["tesseract"]
        truth_file = scan.with_suffix(".gt.txt")
        # A form feed parts the pages; the first one is measured.
        truth = truth_file.read_text().split("\f")[0] if truth_file.exists() else None
        drawn = drawn_boxes(scan, own.size)
        sure = surely_read(made["tesseract"] / f"{scan.stem}.words.tsv")
        due, placed = places(own, other, None if truth is None else normal(truth), drawn, sure)
        self.due, self.placed, self.drawn = self.due + due, self.placed + placed, self.drawn + len(drawn)
        for reader, layer in layers.items():
            self.at_place[reader] += sum(is_among(box, layer.boxes) for box in drawn)
        if truth is None:
            return
        for reader, layer in layers.items():
            edits, letters = misread(truth, layer.text)
            self.edits[reader] += edits
            self.invented[reader] += invented(truth, layer.text)
        self.letters += letters
        self.lines += [compared(line, own, other, scan) for line in filter(None, map(normal, truth.splitlines()))]


def compared(line, own, other, scan):
    """How both read a line of the truth, and where it stands."""
    edits, text, boxes = own.like(line)
    _, beside, others = other.like(line)
    # Where a line is not to be found, the other reader tells where it stands.
    boxes = others if edits > len(line) / 3 and others else boxes
    box = pymupdf.Rect(boxes[0]) if boxes else None
    for more in boxes[1:]:
        box |= more
    shown = {"edits": edits, "scan": scan, "size": own.size, "box": box}
    return shown | {"truth": line, "own": text, "tesseract": beside}


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
        made = {reader: given.work / folder.name / reader for reader in ("none", "blank", *READERS)}
        spent, peak, said = {}, {}, {}
        for reader, into in made.items():
            spent[reader], peak[reader], said[reader] = run(given.prepare, reader, scans, into, given.rounds)
        found = Found()
        for scan in scans:
            found.add(scan, made)
        write_worst(found.lines, folder.name, given.lines)
        without = {"native": "blank", "tesseract": "none", "auto": "blank"}
        alone = {reader: (spent[reader] - spent[base]) / count for reader, base in without.items()}
        part = lambda some, all: f"{100 * some / all:.2f} %" if all else "unknown"
        print(f"{folder.name}: {count} pages, {found.letters} letters of truth, {found.drawn} words drawn")
        for reader in READERS:
            print(
                f"  {reader:10} CPU {alone[reader]:.3f}  whole {spent[reader] / count:.3f}"
                f"  cer {part(found.edits[reader], found.letters)}  invented {part(found.invented[reader], found.letters)}"
                f"  drawn {part(found.at_place[reader], found.drawn)}"
            )
        print(f"  places {found.placed} of {found.due}  copy {(spent['blank'] - spent['none']) / count:.3f}  second {said['auto']}")
        measured = {
            "cer": ratio(found.edits["native"], found.edits["tesseract"]),
            "errors": ratio(*(found.edits[reader] + found.invented[reader] for reader in ("native", "tesseract"))),
            "CPU": alone["native"],
            "whole": spent["native"] / count,
            "places": found.placed / max(found.due, 1),
            "memory": peak["native"],
        }
        if not found.letters:
            del measured["cer"], measured["errors"]
        for name, value in measured.items():
            if value is None:
                met, value = False, math.nan
            else:
                met = value >= targets[name] if name == "places" else value <= targets[name]
            missed += not met
            print(f"  {name:8} {value:.3f}  target {targets[name]}  {'met' if met else 'MISSED'}", flush=True)
    if not pages:
        sys.exit(2)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
