#!/usr/bin/env python3
"""Judges a published transparency log with nothing but Python's standard library, from the specifications: RFC 6962 (tree),
RFC 8032 (Ed25519), C2SP tlog-tiles, signed-note, tlog-checkpoint and tlog-proof.

    log.py --key LOG.pub [--proof FILE]... [--private FILE.json]... LOG/public

The checkpoint must be signed, every tile must follow from the entries and the entries lead to the checkpoint's root, every
entry be canonical JSON, every proof lead to a signed checkpoint. No value of the private files (metadata of documents) may
stand in any published byte, neither as it is nor as a hash that could be found by guessing.
"""

import base64
import hashlib
import json
import re
import sys
import unicodedata
from pathlib import Path

from judging import Verdict, arguments

WIDTH = 256


# Ed25519, RFC 8032, 5.1: only what verifying needs.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        raise ValueError("not a point")
    return P - x if x % 2 != sign else x


def point(encoded):
    value = int.from_bytes(encoded, "little")
    y, sign = value % 2**255, value >> 255
    if y >= P:
        raise ValueError("not a point")
    return recover_x(y, sign), y


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    cross = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + cross, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - cross, -1, P) % P
    return x, y


def multiply(scalar, a):
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = add(result, a)
        a = add(a, a)
        scalar >>= 1
    return result


BASE = (recover_x(4 * pow(5, -1, P) % P, 0), 4 * pow(5, -1, P) % P)


def is_signed(public, message, signature):
    if len(signature) != 64:
        return False
    scalar = int.from_bytes(signature[32:], "little")
    if scalar >= ORDER:
        return False
    try:
        key, nonce = point(public), point(signature[:32])
    except ValueError:
        return False
    hashed = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    return multiply(scalar, BASE) == add(nonce, multiply(hashed, key))


class Key:
    """A verifier key of C2SP signed-note: NAME+ID+BASE64."""

    def __init__(self, text):
        self.name, key_id, encoded = text.strip().split("+", 2)
        typed = base64.b64decode(encoded, validate=True)
        self.id = bytes.fromhex(key_id)
        self.public = typed[1:]
        expected = hashlib.sha256(self.name.encode() + b"\n" + typed).digest()[:4]
        if typed[0] != 1 or len(self.public) != 32 or self.id != expected:
            raise ValueError("not an Ed25519 key of a log")

    def open(self, note):
        """The checkpoint (size, root) of a note, which must be signed."""
        text, _, signatures = note.rpartition("\n\n")
        text += "\n"
        for line in signatures.splitlines():
            name, encoded = line.removeprefix("\u2014 ").rsplit(" ", 1)
            value = base64.b64decode(encoded, validate=True)
            if name == self.name and value[:4] == self.id:
                if not is_signed(self.public, text.encode(), value[4:]):
                    raise ValueError("the signature is wrong")
                origin, size, root = text.splitlines()[:3]
                if origin != self.name:
                    raise ValueError("the checkpoint is another log's")
                return int(size), base64.b64decode(root, validate=True)
        raise ValueError("the note is not signed by the log's key")


# The tree of RFC 6962, 2.1, by its definition.


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_root(hashes):
    if len(hashes) == 1:
        return hashes[0]
    middle = 1 << ((len(hashes) - 1).bit_length() - 1)
    return node_hash(tree_root(hashes[:middle]), tree_root(hashes[middle:]))


def root_of_path(leaf, index, size, path):
    """The root that an inclusion proof leads to, walked from the root downwards by the definition of the proof."""
    if size == 1:
        if path:
            raise ValueError("the proof is too long")
        return leaf
    if not path:
        raise ValueError("the proof is too short")
    middle = 1 << ((size - 1).bit_length() - 1)
    if index < middle:
        return node_hash(root_of_path(leaf, index, middle, path[:-1]), path[-1])
    return node_hash(path[-1], root_of_path(leaf, index - middle, size - middle, path[:-1]))


# The files of C2SP tlog-tiles.


def numbered(index, width):
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups) + (f".p/{width}" if width < WIDTH else "")


def read_row(folder, count):
    """The bytes of all files of a row of `count` hashes or entries."""
    for index in range((count + WIDTH - 1) // WIDTH):
        width = min(WIDTH, count - index * WIDTH)
        path = folder / numbered(index, width)
        yield path, width, path.read_bytes()


def read_entries(public, size):
    entries = []
    for path, width, data in read_row(public / "tile/entries", size):
        before = len(entries)
        while data:
            length = int.from_bytes(data[:2], "big")
            if len(data) < 2 + length:
                raise ValueError(f"{path}: an entry is cut off")
            entries.append(data[2 : 2 + length])
            data = data[2 + length :]
        if len(entries) - before != width:
            raise ValueError(f"{path}: holds {len(entries) - before} entries")
    return entries


def judge_tiles(public, hashes):
    level = 0
    while hashes:
        for index, (path, width, data) in enumerate(read_row(public / "tile" / str(level), len(hashes))):
            if data != b"".join(hashes[index * WIDTH : index * WIDTH + width]):
                raise ValueError(f"{path}: does not follow from the entries")
        full = range(len(hashes) // WIDTH)
        hashes = [tree_root(hashes[index * WIDTH : (index + 1) * WIDTH]) for index in full]
        level += 1


def judge_log(public, key):
    size, root = key.open((public / "checkpoint").read_text("utf-8"))
    entries = read_entries(public, size)
    hashes = [leaf_hash(entry) for entry in entries]
    judge_tiles(public, hashes)
    if tree_root(hashes) != root:
        raise ValueError("the entries do not lead to the checkpoint's root")
    for index, entry in enumerate(entries):
        canonical = json.dumps(json.loads(entry), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if canonical.encode() != entry:
            raise ValueError(f"entry {index} is not canonical JSON")
    return size


def judge_proof(text, key):
    header, extra, index, rest = text.split("\n", 3)
    if header != "c2sp.org/tlog-proof@v1" or not extra.startswith("extra ") or not index.startswith("index "):
        raise ValueError("not a tlog-proof that holds its entry")
    hashes, note = rest.split("\n\n", 1) if not rest.startswith("\n") else ("", rest[1:])
    size, root = key.open(note)
    path = [base64.b64decode(line, validate=True) for line in hashes.splitlines()]
    entry = base64.b64decode(extra.removeprefix("extra "), validate=True)
    position = int(index.removeprefix("index "))
    if position >= size or root_of_path(leaf_hash(entry), position, size, path) != root:
        raise ValueError("the entry does not lead to the checkpoint's root")


# Personal data.


def texts_of(value):
    """Every text of a JSON value that is long enough not to be met by chance."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in texts_of(part)]
    if isinstance(value, list):
        return [text for part in value for text in texts_of(part)]
    return [value] if isinstance(value, str) and len(value) >= 6 else []


def without_marks(text):
    letters = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def spellings(text):
    plain = [text, without_marks(text), re.sub(r"\W", "", text)]
    cased = {form for each in plain for form in (each, each.upper(), each.lower())}
    return {unicodedata.normalize(form, each).encode() for each in cased for form in ("NFC", "NFD") if len(each) >= 6}


def traces(text):
    """What would betray a text: its spellings, and their hashes in the usual notations."""
    found = set()
    for spelling in spellings(text):
        found.add(spelling)
        for algorithm in ("md5", "sha1", "sha256", "sha384", "sha512"):
            for ending in (b"", b"\n"):
                digest = hashlib.new(algorithm, spelling + ending).digest()
                found.update([digest, digest.hex().encode(), base64.b64encode(digest).rstrip(b"=")])
    return found


def judge_privacy(public, documents, verdict):
    published = {path: path.read_bytes() for path in sorted(public.rglob("*")) if path.is_file()}
    for document in documents:
        for text in texts_of(json.loads(document.read_text("utf-8"))):
            wanted = traces(text)
            for path, data in published.items():
                if any(trace in data for trace in wanted):
                    verdict.fail(path, f"shows a text of {document.name}")


def main():
    given = arguments(
        "Judges a published transparency log.",
        (["--key"], {"required": True, "type": Path, "help": "the log's public key"}),
        (["--proof"], {"action": "append", "default": [], "type": Path, "help": "a tlog-proof to check"}),
        (["--private"], {"action": "append", "default": [], "type": Path, "help": "metadata that must not show"}),
    )
    key = Key(given.key.read_text("utf-8"))
    verdict = Verdict("log (Python's standard library)")
    for public in given.paths:
        try:
            verdict.judged += judge_log(public, key)
        except (OSError, ValueError) as fault:
            verdict.judged += 1
            verdict.fail(public, fault)
        judge_privacy(public, given.private, verdict)
    for proof in given.proof:
        verdict.judged += 1
        try:
            judge_proof(proof.read_text("utf-8"), key)
        except (OSError, ValueError) as fault:
            verdict.fail(proof, fault)
    verdict.finish()


if __name__ == "__main__":
    sys.exit(main())
