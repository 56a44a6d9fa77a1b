#!/usr/bin/env python3
"""Judges the signatures of PDFs with pyHanko and poppler's pdfsig: each is intact, of a trusted signer whose certificate is not
revoked, in the form of PAdES, and the last covers the whole file, or all but one revision that holds validation data alone.

    signatures.py --trust ROOT.pem [--trust MORE.pem] [--crl LIST.crl] PATH...

A PEM file may hold certificates (trust anchors) and revocation lists (X509 CRL); --crl reads one list in DER. Nothing is fetched.
Every PDF must have a signature. Needs pyHanko: run it with the Python of .venv.
"""

import logging
import re
from pathlib import Path

from asn1crypto import crl, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from judging import Verdict, arguments, first_lines, need, pdfs_below, run

ESS_CERTIFICATE = "signing_certificate_v2"


def read_trust(files, lists):
    """Trust anchors and revocation lists of PEM files, and of lists in DER."""
    roots, revoked = [], [crl.CertificateList.load(Path(file).read_bytes()) for file in lists]
    for file in files:
        for kind, _, der in pem.unarmor(Path(file).read_bytes(), multiple=True):
            if kind == "CERTIFICATE":
                roots.append(x509.Certificate.load(der))
            elif kind == "X509 CRL":
                revoked.append(crl.CertificateList.load(der))
    return roots, revoked


def judge_with_pyhanko(pdf, roots, revoked):
    """What pyHanko finds wrong with a PDF's signatures, how many there are, and whether validation data follows them."""
    faults = []
    with open(pdf, "rb") as stream:
        reader = PdfFileReader(stream)
        signatures = reader.embedded_signatures
        has_data = "/DSS" in reader.root
        for number, signature in enumerate(signatures):
            where = f"signature {signature.field_name}"
            # Without a list of revoked certificates nothing can be said about revocation.
            context = ValidationContext(
                trust_roots=roots,
                crls=revoked,
                allow_fetching=False,
                revocation_mode="hard-fail" if revoked else "soft-fail",
            )
            if signature.sig_object.get("/SubFilter") == "/ETSI.RFC3161":
                continue
            status = validate_pdf_signature(signature, signer_validation_context=context, ts_validation_context=context)
            last = number == len(signatures) - 1
            checks = [
                (status.intact, "the signed bytes were changed"),
                (status.valid, "the signature does not verify"),
                (status.trusted, f"the signer is not trusted: {status.trust_problem_indic}"),
                (status.bottom_line, "pyHanko's judgement is: invalid"),
                (
                    status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION,
                    f"it covers less than its revision: {status.coverage}",
                ),
                (
                    not last or is_whole(reader, signature, status, has_data),
                    "the last signature does not cover the whole file",
                ),
                (
                    status.modification_level is None or status.modification_level <= ModificationLevel.LTA_UPDATES,
                    f"changed after signing: {status.modification_level}",
                ),
                (
                    signature.sig_object.get("/SubFilter") == "/ETSI.CAdES.detached",
                    "SubFilter is not ETSI.CAdES.detached (ETSI EN 319 142-1)",
                ),
                (has_attribute(signature, ESS_CERTIFICATE), "no signing-certificate-v2 attribute (ETSI EN 319 122-1)"),
            ]
            faults += [f"{where}: {fault}" for passed, fault in checks if not passed]
    return faults, len(signatures), has_data


def is_whole(reader, signature, status, has_data):
    """Whether a signature covers all of the file, but for the one revision of validation data where there is one."""
    if not has_data:
        return status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    is_next_to_last = signature.signed_revision == reader.xrefs.total_revisions - 2
    return is_next_to_last and status.modification_level == ModificationLevel.LTA_UPDATES


def has_attribute(signature, name):
    signer = signature.signed_data["signer_infos"][0]
    return any(attribute["type"].native == name for attribute in signer["signed_attrs"])


def judge_with_pdfsig(pdf, expected, has_data):
    """What pdfsig finds wrong: it does not know our trust anchors, so it judges the signature alone."""
    code, output = run("pdfsig", "-nocert", pdf)
    verdicts = re.findall(r"Signature Validation: (.*)", output)
    faults = [f"pdfsig: {verdict}" for verdict in verdicts if verdict != "Signature is Valid."]
    if code != 0:
        faults.append(f"pdfsig ends with {code}: {first_lines(output)}")
    if len(verdicts) != expected:
        faults.append(f"pdfsig finds {len(verdicts)} signatures, pyHanko {expected}")
    if not has_data and "Total document signed" not in output:
        faults.append("pdfsig: the document is not signed as a whole")
    return faults


def main():
    given = arguments(
        "Judges the signatures of PDFs with pyHanko and pdfsig.",
        (["--trust"], {"action": "append", "required": True, "metavar": "PEM", "help": "trust anchors and revocation lists"}),
        (["--crl"], {"action": "append", "default": [], "metavar": "DER", "help": "a revocation list in DER"}),
    )
    need("pdfsig")
    logging.disable(logging.CRITICAL)
    roots, revoked = read_trust(given.trust, given.crl)
    verdict = Verdict("signatures (pyHanko, pdfsig)")
    for pdf in pdfs_below(given.paths):
        verdict.judged += 1
        try:
            faults, count, has_data = judge_with_pyhanko(pdf, roots, revoked)
        except Exception as error:  # whatever a damaged file makes pyHanko raise is a failure of that file
            verdict.fail(pdf, f"pyHanko cannot read it: {type(error).__name__}: {error}")
            continue
        if count == 0:
            faults = ["it has no signature"]
        else:
            faults += judge_with_pdfsig(pdf, count, has_data)
        for fault in faults:
            verdict.fail(pdf, fault)
    verdict.finish()


if __name__ == "__main__":
    main()
