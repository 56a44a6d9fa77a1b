-- Result codes and dossier codes are kept with the agency's code in canonical form (docs/format.md), so that 000.00.12.H05
-- and H05.12 are one agency. Where one result came in under both forms, the row of the second keeps its spelling.
UPDATE OR IGNORE records SET
    result_code = substr(result_code, 11, 3) || CASE
        WHEN substr(result_code, 1, 3) <> '000'
        THEN '.' || substr(result_code, 8, 2) || '.' || substr(result_code, 5, 2) || '.' || substr(result_code, 1, 3)
        WHEN substr(result_code, 5, 2) <> '00' THEN '.' || substr(result_code, 8, 2) || '.' || substr(result_code, 5, 2)
        WHEN substr(result_code, 8, 2) <> '00' THEN '.' || substr(result_code, 8, 2)
        ELSE '' END || substr(result_code, 14)
WHERE result_code GLOB '[0-9][0-9][0-9].[0-9][0-9].[0-9][0-9].[A-Z][0-9][0-9]-*';

UPDATE records SET
    dossier_code = substr(dossier_code, 11, 3) || CASE
        WHEN substr(dossier_code, 1, 3) <> '000'
        THEN '.' || substr(dossier_code, 8, 2) || '.' || substr(dossier_code, 5, 2) || '.' || substr(dossier_code, 1, 3)
        WHEN substr(dossier_code, 5, 2) <> '00' THEN '.' || substr(dossier_code, 8, 2) || '.' || substr(dossier_code, 5, 2)
        WHEN substr(dossier_code, 8, 2) <> '00' THEN '.' || substr(dossier_code, 8, 2)
        ELSE '' END || substr(dossier_code, 14)
WHERE dossier_code GLOB '[0-9][0-9][0-9].[0-9][0-9].[0-9][0-9].[A-Z][0-9][0-9]-*';
