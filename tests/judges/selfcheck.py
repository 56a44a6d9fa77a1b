#!/usr/bin/env python3
"""Judges the judges: each must pass a good store, and fail on each way of damaging it.

    selfcheck.py --trust ROOT.pem OCFL_ROOT

The store is copied; the original is not touched. Needs the Python of .venv.
"""

import re
import shutil
import sys
import tempfile
from pathlib import Path

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from judging import arguments, run

HERE = Path(__file__).parent
# A root that has signed nothing; its key was thrown away.
OTHER_ROOT = """-----BEGIN CERTIFICATE-----
MIIBsDCCAVWgAwIBAgIUN4UttMIdA5IAF02NAWHOplZJ8IYwCgYIKoZIzj0EAwIw
JDEiMCAGA1UEAwwZU3RyYW5nZXIgLSBubyBsZWdhbCB2YWx1ZTAgFw0yNjExMjQw
NDMzMDZaGA8yMTI2MTAzMTA0MzMwNlowJDEiMCAGA1UEAwwZU3RyYW5nZXIgLSBu
byBsZWdhbCB2YWx1ZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEI65pf+RuBJ
A5em+vMHBfhEkIumcu8qXSlH+w1wdwU2IiOiGhsuRh+zU3AduKVXSI6ZkeCfEeQy
WUnL5ndTCeOjYzBhMB0GA1UdDgQWBBSlo0VLc4O9pks+U7l1lnrX27+crTAfBgNV
HSMEGDAWgBSlo0VLc4O9pks+U7l1lnrX27+crTAPBgNVHRMBAf8EBTADAQH/MA4G
A1UdDwEB/wQEAwIBBjAKBggqhkjOPQQDAgNJADBGAiEAjyhqG2yn1ai4fpHNhdil
EeayP5fwE/xFh2C5aMxwzzwCIQDz66XzyeHKsewfZRL0YOhC5ZU6w4RvZaZCIgRb
p7BGnA==
-----END CERTIFICATE-----
"""


def flip(path, place):
    """Changes one bit of a file, at a place given as a part of its length."""
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 1
    path.write_bytes(content)


def flip_in_mask(root):
    """Changes one bit in the middle of a mask of a page: such data are opaque to who looks at the structure alone."""
    mask = re.compile(rb"/JBIG2Decode\b(?:(?!endobj).)*?\bstream\r?\n(.*?)\r?\nendstream", re.DOTALL)
    for path in sorted(root.rglob("*.pdf")):
        content = bytearray(path.read_bytes())
        masks = [found.span(1) for found in mask.finditer(content)]
        if masks:
            start, end = max(masks, key=lambda span: span[1] - span[0])
            content[(start + end) // 2] ^= 1
            path.write_bytes(content)
            return
    sys.exit("no page of the store has a mask")


def cut(path, place):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * place)])


def turn_page(path):
    """Changes a page after the signing, as a well-formed incremental update."""
    with open(path, "rb+") as stream:
        writer = IncrementalPdfFileWriter(stream, strict=False)
        page = writer.root["/Pages"]["/Kids"][0]
        page["/Rotate"] = generic.NumberObject(180)
        writer.update_container(page)
        writer.write_in_place()


def append_junk(path):
    with open(path, "ab") as stream:
        stream.write(b"\n% added after signing\n")


def first(root, pattern):
    return sorted(path for path in root.rglob(pattern) if path.is_file())[0]


# What is damaged, how, and which judges must see it.
DAMAGES = [
    ("nothing", lambda root: None, set()),
    ("a bit of a mask flipped", flip_in_mask, {"signatures", "storage"}),
    ("a PDF cut short", lambda root: cut(first(root, "*.pdf"), 0.7), {"structure", "signatures", "storage"}),
    ("a PDF emptied", lambda root: cut(first(root, "*.pdf"), 0), {"structure", "signatures", "storage"}),
    ("a page turned after signing", lambda root: turn_page(first(root, "*.pdf")), {"signatures", "storage"}),
    ("bytes added after signing", lambda root: append_junk(first(root, "*.pdf")), {"signatures", "storage"}),
    ("a bit of a record flipped", lambda root: flip(first(root, "version.json"), 0.5), {"storage"}),
    ("a record deleted", lambda root: first(root, "version.json").unlink(), {"storage"}),
    ("an inventory changed", lambda root: flip(first(root, "inventory.json"), 0.5), {"storage"}),
    ("an inventory's digest deleted", lambda root: first(root, "inventory.json.sha512").unlink(), {"storage"}),
    ("a file slipped in", lambda root: (first(root, "version.json").parent / "more.json").write_text("{}"), {"storage"}),
]


def judge(name, root, trust):
    options = ["--trust", trust] if name == "signatures" else []
    return run(sys.executable, HERE / f"{name}.py", *options, root, seconds=600)


def main():
    given = arguments(
        "Judges the judges.",
        (["--trust"], {"required": True, "metavar": "PEM", "help": "trust anchors and revocation lists"}),
    )
    wrong = 0
    checks = 0

    def expect(what, name, code, output, expected):
        nonlocal wrong, checks
        checks += 1
        if code != expected:
            wrong += 1
            print(f"FAILED {name} on {what}: ends with {code}, should with {expected}\n{output}")

    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        for what, damage, seen_by in DAMAGES:
            shutil.rmtree(store, ignore_errors=True)
            shutil.copytree(given.paths[0], store)
            damage(store)
            for name in ("structure", "signatures", "storage"):
                code, output = judge(name, store, given.trust)
                expect(what, name, code, output, 1 if name in seen_by else 0)
        shutil.rmtree(store)
        shutil.copytree(given.paths[0], store)
        stranger = Path(folder) / "stranger.pem"
        stranger.write_text(OTHER_ROOT)
        code, output = judge("signatures", store, stranger)
        expect("a signer whom nobody trusts", "signatures", code, output, 1)
        empty = Path(folder) / "empty"
        empty.mkdir()
        for name in ("structure", "signatures"):
            code, output = judge(name, empty, given.trust)
            expect("an empty folder", name, code, output, 2)
    print(f"judges: {checks} judged, {wrong} failed")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
