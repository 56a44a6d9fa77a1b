#!/usr/bin/env python3
"""Judges PAdES levels with programs that we did not write: pyHanko (validate and adesverify), pdfsig, openssl cms and openssl ts.

    levels.py --trust ANCHOR.pem --crls LISTS.pem --at SECONDS FOLDER

A file's name ends in its level: ...-b-b.pdf, ...-b-t.pdf, ...-b-lt.pdf. The lists are lent for B-B and B-T; a B-LT file has to do with
the data in it. Every signature has to be of the level. Needs pyHanko: run it with the Python of .venv.
"""

import logging
import re
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from asn1crypto import crl, parser, pem, x509
from click.testing import CliRunner
from pyhanko.cli import cli_root
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext

from judging import Verdict, arguments, first_lines, need, pdfs_below, run


def read_pem(path, kind, load):
    return [load(der) for found, _, der in pem.unarmor(Path(path).read_bytes(), multiple=True) if found == kind]


def judge_with_validate(reader, signature, level, roots, lists, moment):
    settings = {"trust_roots": roots, "allow_fetching": False, "revocation_mode": "hard-fail", "moment": moment}
    if level == "b-lt":
        context = DocumentSecurityStore.read_dss(reader).as_validation_context(settings)
    else:
        context = ValidationContext(**settings, crls=lists)
    status = validate_pdf_signature(signature, signer_validation_context=context, ts_validation_context=context)
    faults = [] if status.bottom_line else [f"validate: {status.summary()}"]
    if (level == "b-b") != (status.timestamp_validity is None):
        faults.append("validate: a timestamp is missing, or there is one too many")
    elif status.timestamp_validity is not None and not status.timestamp_validity.trusted:
        faults.append("validate: the timestamp is not trusted")
    return faults


def judge_with_adesverify(pdf, level, anchor, moment):
    """The command, in this process. It takes no lists, so that without a store it can judge all but revocation."""
    options = ["--trust", str(anchor), "--trust-replace", "--validation-time", moment.isoformat(), "--executive-summary"]
    if level != "b-lt":
        options.append("--no-revocation-check")
    result = CliRunner().invoke(cli_root, ["sign", "adesverify", *options, str(pdf)])
    return [] if result.exit_code == 0 else [f"adesverify: {first_lines(result.output)}"]


def judge_with_openssl(content, signature, level, anchor, moment, folder):
    """The signature as CAdES, and its timestamp over the signature value."""
    length, resume, after = (int(number) for number in list(signature.byte_range)[1:])
    (folder / "covered").write_bytes(content[:length] + content[resume : resume + after])
    (folder / "cms").write_bytes(signature.signed_data_der)
    at = str(int(moment.timestamp()))
    code, output = run(
        "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", folder / "cms", "-content", folder / "covered",
        "-CAfile", anchor, "-purpose", "any", "-attime", at, "-out", "/dev/null",
    )
    faults = [] if code == 0 else [f"openssl cms: {first_lines(output)}"]
    if level == "b-b":
        return faults
    signer = signature.signed_data["signer_infos"][0]
    tokens = [entry["values"][0] for entry in signer["unsigned_attrs"] if entry["type"].native == "signature_time_stamp_token"]
    if len(tokens) != 1:
        return faults + ["not one timestamp"]
    (folder / "token").write_bytes(tokens[0].dump())
    (folder / "value").write_bytes(signer["signature"].native)
    code, output = run(
        "openssl", "ts", "-verify", "-token_in", "-in", folder / "token", "-data", folder / "value", "-CAfile", anchor, "-attime", at
    )
    return faults if code == 0 else faults + [f"openssl ts: {first_lines(output)}"]


def judge_with_pdfsig(pdf, expected):
    code, output = run("pdfsig", "-nocert", pdf)
    verdicts = re.findall(r"Signature Validation: (.*)", output)
    sound = code == 0 and verdicts == ["Signature is Valid."] * expected
    return [] if sound else [f"pdfsig: {first_lines(output)}"]


def judge(pdf, level, given, roots, lists, moment, folder):
    faults = []
    with open(pdf, "rb") as stream:
        reader = PdfFileReader(stream)
        signatures = reader.embedded_regular_signatures
        if not signatures:
            return ["it has no signature"]
        if (level == "b-lt") != ("/DSS" in reader.root):
            faults.append("the document security store is missing, or there is one too many")
        content = Path(pdf).read_bytes()
        for signature in signatures:
            # What follows the message is padding.
            signature.signed_data_der = signature.pkcs7_content[: parser.peek(signature.pkcs7_content)]
            faults += judge_with_validate(reader, signature, level, roots, lists, moment)
            faults += judge_with_openssl(content, signature, level, given.trust, moment, folder)
    faults += judge_with_adesverify(pdf, level, given.trust, moment)
    return faults + judge_with_pdfsig(pdf, len(signatures))


def main():
    given = arguments(
        "Judges PAdES levels with pyHanko, pdfsig and openssl.",
        (["--trust"], {"required": True, "metavar": "PEM", "help": "the trust anchor"}),
        (["--crls"], {"required": True, "metavar": "PEM", "help": "revocation lists"}),
        (["--at"], {"required": True, "type": int, "metavar": "SECONDS", "help": "the moment of validation"}),
    )
    need("pdfsig", "openssl")
    logging.disable(logging.CRITICAL)
    roots = read_pem(given.trust, "CERTIFICATE", x509.Certificate.load)
    lists = read_pem(given.crls, "X509 CRL", crl.CertificateList.load)
    moment = datetime.fromtimestamp(given.at, timezone.utc)
    verdict = Verdict("levels (pyHanko, pdfsig, openssl)")
    with tempfile.TemporaryDirectory() as folder:
        for pdf in pdfs_below(given.paths):
            verdict.judged += 1
            level = re.search(r"b-(b|t|lt)$", pdf.stem)[0]
            try:
                faults = judge(pdf, level, given, roots, lists, moment, Path(folder))
            except Exception as error:  # whatever makes a judge give up is a failure of that file
                faults = [f"it cannot be judged: {type(error).__name__}: {error}"]
            for fault in faults:
                verdict.fail(pdf, fault)
    verdict.finish()


if __name__ == "__main__":
    main()
