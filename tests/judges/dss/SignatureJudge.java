import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.enumerations.Indication;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.pades.validation.PDFDocumentValidator;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.reports.Reports;

/**
 * Judges signed PDFs with the EU's Digital Signature Service, by its default policy and without a network.
 *
 * <p>Arguments: the trust anchor (PEM), a folder of revocation lists (DER), the moment of validation in seconds, and a folder of PDFs. A
 * name ends in the level that every signature must reach (...-b-b.pdf, ...-b-t.pdf, ...-b-lt.pdf); one that begins with "forged-" must
 * not pass. The lists are lent for B-B and B-T; a B-LT file has to do with the data in it. Exit code 0: all as named.
 */
public final class SignatureJudge {
    public static void main(String[] arguments) throws IOException {
        CommonTrustedCertificateSource anchors = new CommonTrustedCertificateSource();
        anchors.addCertificate(DSSUtils.loadCertificate(Path.of(arguments[0]).toFile()));
        Date moment = new Date(Long.parseLong(arguments[2]) * 1000);
        List<Path> files = below(Path.of(arguments[3]), ".pdf");
        int failed = 0;
        for (Path file : files) {
            String name = file.getFileName().toString().replace(".pdf", "");
            CommonCertificateVerifier verifier = new CommonCertificateVerifier();
            verifier.setTrustedCertSources(anchors);
            if (!name.endsWith("-b-lt")) {
                verifier.setCrlSource(lists(Path.of(arguments[1])));
            }
            PDFDocumentValidator validator = new PDFDocumentValidator(new FileDocument(file.toFile()));
            validator.setCertificateVerifier(verifier);
            validator.setValidationTime(moment);
            List<String> faults = judge(name, validator.validateDocument());
            failed += faults.isEmpty() ? 0 : 1;
            faults.forEach(fault -> System.out.println("FAILED " + file + ": " + fault));
        }
        System.out.printf("signatures (EU DSS): %d judged, %d failed%n", files.size(), failed);
        System.exit(files.isEmpty() ? 2 : failed == 0 ? 0 : 1);
    }

    private static List<String> judge(String name, Reports reports) {
        SimpleReport simple = reports.getSimpleReport();
        DiagnosticData data = reports.getDiagnosticData();
        List<String> faults = new ArrayList<>();
        List<String> ids = simple.getSignatureIdList();
        boolean allPassed = !ids.isEmpty();
        for (String id : ids) {
            Indication indication = simple.getIndication(id);
            allPassed &= indication == Indication.TOTAL_PASSED;
            String level = String.valueOf(data.getSignatureFormat(id));
            String found = indication + " " + simple.getSubIndication(id) + " " + level;
            boolean isExpected = indication == Indication.TOTAL_PASSED && level.equals(expected(name));
            if (!name.startsWith("forged-") && !isExpected) {
                faults.add(found + " " + simple.getAdESValidationErrors(id).stream().map(m -> m.getValue()).collect(Collectors.toList()));
            }
        }
        if (ids.isEmpty()) {
            faults.add("no signature was found");
        } else if (name.startsWith("forged-") && allPassed) {
            faults.add("a forgery passes");
        }
        return faults;
    }

    private static String expected(String name) {
        String level = name.substring(name.lastIndexOf('-') + 1).toUpperCase();
        return "PAdES-BASELINE-" + level;
    }

    private static ExternalResourcesCRLSource lists(Path folder) throws IOException {
        List<InputStream> streams = new ArrayList<>();
        for (Path list : below(folder, ".crl")) {
            streams.add(Files.newInputStream(list));
        }
        return new ExternalResourcesCRLSource(streams.toArray(new InputStream[0]));
    }

    private static List<Path> below(Path folder, String ending) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(path -> path.toString().endsWith(ending)).sorted().collect(Collectors.toList());
        }
    }
}
