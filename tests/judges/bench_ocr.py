#!/usr/bin/env python3
"""Measures the own reader of text beside Tesseract, on the same pages, in the same way through the same program.

    CPU     seconds a page for reading alone: with a reader less without one, children included, one thread
    whole   seconds a page for the whole preparation
    cer     error rate of the text layer: each line of the truth at its best place anywhere in the text (NFC, single spaces)
    places  of the words that both read alike on a page, the share whose boxes overlap by half of their union at least

Ends with 1 where a target is missed, and with 2 where there is nothing to measure.
"""

import argparse
import sys
from pathlib import Path

import pymupdf
from bench_ingest import SINGLE, least, misread

# Of Tesseract's error rate; CPU seconds a page of reading alone and of all; share of words.
TARGETS = {"cer": 0.9, "CPU": 0.15, "whole": 0.40, "places": 0.99}


def overlap(one, other):
    both = one & other
    shared = max(both.width, 0) * max(both.height, 0) if not both.is_empty else 0
    return shared / max(one.get_area() + other.get_area() - shared, 1e-6)


def words(page):
    return [(pymupdf.Rect(word[:4]), word[4]) for word in page.get_text("words")]


def places(ours, theirs):
    """How many words that both have there are, and how many of them lie at the same place."""
    alike = placed = 0
    texts = {}
    for box, text in ours:
        texts.setdefault(text, []).append(box)
    for box, text in theirs:
        if text in texts:
            alike += 1
            placed += max(overlap(box, mine) for mine in texts[text]) >= 0.5
    return alike, placed


def measure(prepare, scans, work, rounds):
    """By reader: CPU seconds of all pages; and the folder of what it made."""
    spent, folders = {}, {}
    for reader in ("none", "native", "tesseract"):
        folders[reader] = work / scans[0].parent.name / reader
        folders[reader].mkdir(parents=True, exist_ok=True)
        command = [prepare, str(folders[reader]), *map(str, scans)]
        spent[reader] = least(command, rounds, {**SINGLE, "OCR": reader})
    return spent, folders


def main():
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--prepare", required=True)
    given.add_argument("--work", required=True, type=Path)
    given.add_argument("--rounds", type=int, default=2)
    given.add_argument("folders", nargs="+", type=Path)
    given = given.parse_args()
    missed = pages = 0
    for folder in given.folders:
        scans = sorted(path for path in folder.iterdir() if path.suffix in (".jpg", ".png"))
        if not scans:
            continue
        pages += len(scans)
        spent, made = measure(given.prepare, scans, given.work, given.rounds)
        if None in spent.values():
            sys.exit(f"bench-ocr: {given.prepare} failed on {folder}")
        errors = {reader: [0, 0] for reader in ("native", "tesseract")}
        alike = placed = 0
        for scan in scans:
            layer = {reader: pymupdf.open(made[reader] / f"{scan.stem}.pdf")[0] for reader in errors}
            counts = places(words(layer["native"]), words(layer["tesseract"]))
            alike, placed = alike + counts[0], placed + counts[1]
            truth = scan.with_suffix(".gt.txt")
            if not truth.exists():
                continue
            # A form feed parts the pages; the first one is measured.
            text = truth.read_text().split("\f")[0]
            for reader, sums in errors.items():
                edits, length = misread(text, layer[reader].get_text())
                sums[0] += edits
                sums[1] += length
        rates = {reader: sums[0] / max(sums[1], 1) for reader, sums in errors.items()}
        alone = {reader: (spent[reader] - spent["none"]) / len(scans) for reader in errors}
        print(f"{folder.name}: {len(scans)} pages, {errors['native'][1]} letters of truth")
        for reader in errors:
            whole = spent[reader] / len(scans)
            print(f"  {reader:10} CPU {alone[reader]:.3f}  whole {whole:.3f}  cer {100 * rates[reader]:.2f} %")
        found = {
            "cer": rates["native"] / rates["tesseract"] if rates["tesseract"] else None,
            "CPU": alone["native"],
            "whole": spent["native"] / len(scans),
            "places": placed / max(alike, 1),
        }
        for name, value in found.items():
            if value is None:
                continue
            met = value >= TARGETS[name] if name == "places" else value <= TARGETS[name]
            missed += not met
            print(f"  {name:8} {value:.3f}  target {TARGETS[name]}  {'met' if met else 'MISSED'}")
    if not pages:
        sys.exit(2)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
