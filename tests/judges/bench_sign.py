#!/usr/bin/env python3
"""How many files pyHanko signs in a CPU-second: the same file, key and level (B-B) as our own example bench_sign.

    bench_sign.py FOLDER    as the example left it
"""

import io
import sys
import time
from pathlib import Path

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

SECONDS = 3


def main():
    folder = Path(sys.argv[1])
    unsigned = (folder / "unsigned.pdf").read_bytes()
    signer = signers.SimpleSigner.load(folder / "key.pem", folder / "certificate.pem", ca_chain_files=[folder / "chain.pem"])
    start, count = time.process_time(), 0
    while time.process_time() - start < SECONDS:
        writer = IncrementalPdfFileWriter(io.BytesIO(unsigned))
        settings = signers.PdfSignatureMetadata(field_name="Signature", subfilter=fields.SigSeedSubFilter.PADES)
        out = signers.sign_pdf(writer, settings, signer=signer)
        count += 1
    seconds = time.process_time() - start
    print(f"pyHanko, B-B, P-256: {count / seconds:.0f} files a CPU-second ({count} in {seconds:.2f} s, {out.getbuffer().nbytes} bytes each)")


if __name__ == "__main__":
    main()
