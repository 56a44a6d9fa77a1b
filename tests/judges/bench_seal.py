#!/usr/bin/env python3
"""How many files pyHanko signs and verifies in a CPU-second: the same files and key as our own example bench_seal.

    bench_seal.py FOLDER    as the example left it
"""

import io
import logging
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from asn1crypto import pem, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore

SECONDS = 3


def measure(what, work):
    start, count = time.process_time(), 0
    while time.process_time() - start < SECONDS:
        size = work()
        count += 1
    seconds = time.process_time() - start
    print(f"pyHanko, {what}: {count / seconds:.0f} files a CPU-second ({count} in {seconds:.2f} s, {size} bytes each)")


def main():
    logging.disable(logging.CRITICAL)
    folder = Path(sys.argv[1])
    unsigned = (folder / "unsigned.pdf").read_bytes()
    signer = signers.SimpleSigner.load(folder / "key.pem", folder / "certificate.pem", ca_chain_files=[folder / "chain.pem"])

    def sign():
        writer = IncrementalPdfFileWriter(io.BytesIO(unsigned))
        settings = signers.PdfSignatureMetadata(field_name="Signature", subfilter=fields.SigSeedSubFilter.PADES)
        return signers.sign_pdf(writer, settings, signer=signer).getbuffer().nbytes

    kept = (folder / "kept.pdf").read_bytes()
    [(_, _, anchor)] = pem.unarmor((folder / "anchor.pem").read_bytes(), multiple=True)
    settings = {
        "trust_roots": [x509.Certificate.load(anchor)],
        "allow_fetching": False,
        "revocation_mode": "hard-fail",
        "moment": datetime.fromtimestamp(1_795_507_200, timezone.utc),
    }

    def verify():
        reader = PdfFileReader(io.BytesIO(kept))
        context = DocumentSecurityStore.read_dss(reader).as_validation_context(settings)
        [signature] = reader.embedded_regular_signatures
        status = validate_pdf_signature(signature, signer_validation_context=context, ts_validation_context=context)
        assert status.bottom_line, status.summary()
        return len(kept)

    measure("sign B-B, P-256", sign)
    measure("verify B-LT offline, P-256", verify)


if __name__ == "__main__":
    main()
