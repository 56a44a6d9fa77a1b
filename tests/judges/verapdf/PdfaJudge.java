import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Judges PDFs by PDF/A-2u (ISO 19005-2) with veraPDF, a validator that we did not write.
 *
 * <p>Arguments: files, and folders whose PDFs are judged, as deep as they lie. Exit code 0: all conform; 1: one does not, or cannot
 * be read; 2: there was nothing to judge.
 */
public final class PdfaJudge {
    private static final PDFAFlavour FLAVOUR = PDFAFlavour.PDFA_2_U;

    public static void main(String[] arguments) throws IOException {
        List<Path> files = new ArrayList<>();
        for (String argument : arguments) {
            files.addAll(pdfsBelow(Path.of(argument)));
        }
        if (files.isEmpty()) {
            System.err.println("PDF/A: no PDF to judge");
            System.exit(2);
        }
        VeraGreenfieldFoundryProvider.initialise();
        int failed = 0;
        for (Path file : files) {
            List<String> broken = brokenRules(file.toFile());
            if (!broken.isEmpty()) {
                failed++;
                broken.forEach(rule -> System.out.println("FAILED " + file + ": " + rule));
            }
        }
        System.out.printf("PDF/A-2u (veraPDF): %d judged, %d failed%n", files.size(), failed);
        System.exit(failed == 0 ? 0 : 1);
    }

    private static List<Path> pdfsBelow(Path start) throws IOException {
        try (Stream<Path> paths = Files.walk(start)) {
            return paths.filter(Files::isRegularFile)
                    .filter(path -> path.equals(start) || path.toString().endsWith(".pdf"))
                    .sorted()
                    .collect(Collectors.toList());
        }
    }

    private static List<String> brokenRules(File file) {
        try (PDFAParser parser = Foundries.defaultInstance().createParser(file, FLAVOUR);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(FLAVOUR, false)) {
            ValidationResult result = validator.validate(parser);
            if (result.isCompliant()) {
                return List.of();
            }
            return result.getTestAssertions().stream()
                    .filter(assertion -> assertion.getStatus() == TestAssertion.Status.FAILED)
                    .map(assertion -> "clause " + assertion.getRuleId().getClause() + ": " + assertion.getMessage())
                    .distinct()
                    .collect(Collectors.toList());
        } catch (Exception error) {
            return List.of("cannot be read: " + error);
        }
    }
}
