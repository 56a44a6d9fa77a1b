//! Metadata as fields of text, the one form in which it arrives: a row of a manifest, or a JSON file flattened to
//! dotted names. All broken rules are reported at once, each with its field.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use jiff::civil::{Date, date};

use super::{AccessLevel, Description, Invalid, LegalStatus, Level, Originality, PaperSigner};
use crate::{
    Agency, DossierCode, Holder, HolderId, HolderKind, ParseError, PersonalId, Procedure, ProcedureCode,
    Procedures, ResultCode, nfc, parse_date,
};

/// The day from which there are no districts any more.
const DISTRICTS_ENDED: Date = date(2025, 7, 1);
const LONGEST_TEXT: usize = 2000;

impl Description {
    /// The names of all fields that [`Description::from_fields`] knows; `N` stands for a number from 1.
    pub const FIELDS: &[&str] = &[
        "result_code",
        "dossier_code",
        "procedure_code",
        "procedure_name",
        "doc_type",
        "result_kind",
        "agency_issuing.code",
        "agency_issuing.name",
        "agency_receiving.code",
        "agency_receiving.name",
        "agency_holding.code",
        "agency_holding.name",
        "level",
        "title",
        "symbol",
        "issued_on",
        "abstract",
        "signer_on_paper.name",
        "signer_on_paper.title",
        "valid_from",
        "valid_to",
        "scope",
        "legal_status",
        "basis_symbol",
        "superseded_by",
        "holder.kind",
        "holder.id",
        "holder.name",
        "holder.birth_year",
        "co_holders.N.kind",
        "co_holders.N.id",
        "co_holders.N.name",
        "co_holders.N.birth_year",
        "capture.physical_sheets",
        "capture.physical_pages",
        "capture.images",
        "capture.dpi",
        "capture.colour",
        "capture.scale_pct",
        "capture.originality",
        "capture.operator",
        "capture.scanner_id",
        "paper_location",
        "paper_file_code",
        "fonds_code",
        "retention_rule",
        "access_level",
        "privacy_class",
        "keywords",
    ];

    /// Reads a description from fields of text by their dotted names. Empty values count as absent. What is not given
    /// and follows from the procedure is filled in from its row.
    ///
    /// # Errors
    ///
    /// Every broken rule, in the order of [`Description::FIELDS`] where it can be told; unknown fields first.
    pub fn from_fields(
        fields: &BTreeMap<String, String>,
        procedures: &Procedures,
        today: Date,
    ) -> Result<Self, Vec<Invalid>> {
        let mut reader = Reader::new(fields);
        let description = reader.description(procedures, today);
        match description {
            Some(description) if reader.invalid.is_empty() => Ok(description),
            _ => Err(reader.invalid),
        }
    }
}

struct Reader<'a> {
    fields: BTreeMap<&'a str, String>,
    invalid: Vec<Invalid>,
}

impl<'a> Reader<'a> {
    fn new(fields: &'a BTreeMap<String, String>) -> Self {
        let mut reader = Self { fields: BTreeMap::new(), invalid: Vec::new() };
        for (name, value) in fields {
            if !is_known(name) {
                reader.refuse(name, "not a field that is known here");
            } else if value.chars().count() > LONGEST_TEXT {
                reader.refuse(name, "longer than 2000 characters");
            } else if !value.trim().is_empty() {
                reader.fields.insert(name, nfc(value));
            }
        }
        reader
    }

    fn description(&mut self, procedures: &Procedures, today: Date) -> Option<Description> {
        let result_code = self.result_code();
        let procedure_code: Option<ProcedureCode> = self.required("procedure_code");
        let procedure = procedure_code.as_ref().and_then(|code| procedures.find(code));
        if procedure_code.is_some() && procedure.is_none() {
            self.refuse("procedure_code", "not in this home's procedures.csv");
        }
        let agency_issuing = self.agency("agency_issuing");
        if agency_issuing.is_none() {
            self.refuse_once("agency_issuing.code", "required");
        }
        let agency_receiving = self.agency("agency_receiving").or_else(|| agency_issuing.clone());
        let agency_holding = self.agency("agency_holding").or_else(|| agency_issuing.clone());
        let issued_on = self.day_required("issued_on");
        if issued_on.is_some_and(|day| day > today) {
            self.refuse("issued_on", "lies in the future");
        }
        let level = self.level(procedure, issued_on);
        if self.fields.contains_key("signer_on_paper.title") && self.text("signer_on_paper.name").is_none() {
            self.refuse("signer_on_paper.title", "only with signer_on_paper.name");
        }
        let title: Option<String> = self.text("title");
        if title.is_none() {
            self.refuse("title", "required");
        }
        let symbol = self.required("symbol");
        let valid_from = self.day("valid_from");
        let valid_to = self.day("valid_to");
        if let (Some(last), Some(first)) = (valid_to, valid_from.or(issued_on))
            && last < first
        {
            self.refuse("valid_to", "lies before the first day of validity");
        }
        let legal_status = self.legal_status();
        let holder = self.holder("holder");
        if holder.is_none() {
            self.refuse_once("holder.kind", "required");
        }
        let co_holders = self.co_holders();
        let physical_pages = self.number("capture.physical_pages");
        let images = self.number("capture.images");
        self.capture_rules();
        let retention_rule = self.optional("retention_rule").or(procedure.map(|row| row.retention_rule));
        let result_kind = self.optional("result_kind").or(procedure.map(|row| row.result_kind));
        let privacy_class = self.optional("privacy_class").or(procedure.map(|row| row.privacy_class));
        let physical_sheets = self.number("capture.physical_sheets");
        let originality = self.optional("capture.originality").unwrap_or(Originality::Original);
        let access_level = self.optional("access_level").unwrap_or(AccessLevel::Normal);

        let title = title?;
        Some(Description {
            result_code,
            procedure_code: procedure_code?,
            procedure_name: self.text("procedure_name").or(procedure.map(|row| row.name.clone()))?,
            doc_type: self.text("doc_type").or(procedure.map(|row| row.doc_type.clone()))?,
            result_kind: result_kind?,
            agency_receiving: agency_receiving?,
            agency_issuing: agency_issuing?,
            agency_holding: agency_holding?,
            level: level?,
            abstract_text: self.text("abstract").unwrap_or_else(|| title.clone()),
            title,
            symbol: symbol?,
            issued_on: issued_on?,
            signer_on_paper: self
                .text("signer_on_paper.name")
                .map(|name| PaperSigner { name, title: self.text("signer_on_paper.title") }),
            valid_from,
            valid_to,
            scope: self.text("scope"),
            legal_status: legal_status?,
            holder: holder?,
            co_holders,
            physical_sheets,
            physical_pages: images.or(physical_pages),
            originality,
            operator: self.text("capture.operator"),
            scanner_id: self.text("capture.scanner_id"),
            paper_location: self.text("paper_location"),
            paper_file_code: self.text("paper_file_code"),
            fonds_code: self.text("fonds_code"),
            retention_rule: retention_rule?,
            access_level,
            privacy_class: privacy_class?,
            keywords: self.keywords(),
        })
    }

    fn result_code(&mut self) -> Option<ResultCode> {
        let result: Option<ResultCode> = self.optional("result_code");
        let dossier: Option<DossierCode> = self.optional("dossier_code");
        match (result, dossier) {
            (Some(result), Some(dossier)) if *result.dossier() != dossier => {
                self.refuse("dossier_code", "is not the dossier of result_code");
                None
            }
            (Some(result), _) => Some(result),
            (None, Some(dossier)) => Some(ResultCode::first_of(dossier)),
            (None, None) => {
                let was_given =
                    ["result_code", "dossier_code"].iter().any(|name| self.fields.contains_key(name));
                if !was_given && !self.fields.contains_key("paper_file_code") {
                    let rule =
                        "required (a result without a dossier needs dossier_code or paper_file_code instead)";
                    self.refuse("result_code", rule);
                }
                None
            }
        }
    }

    fn level(&mut self, procedure: Option<&Procedure>, issued_on: Option<Date>) -> Option<Level> {
        let level = self.optional("level").or(procedure.map(|row| row.level));
        if level == Some(Level::District) && issued_on.is_some_and(|day| day >= DISTRICTS_ENDED) {
            self.refuse("level", "there are no districts since 1 July 2025");
        }
        level
    }

    fn agency(&mut self, prefix: &str) -> Option<Agency> {
        let (code_field, name_field) = (format!("{prefix}.code"), format!("{prefix}.name"));
        let name = self.text(&name_field);
        let code = if name.is_some() || self.fields.contains_key(code_field.as_str()) {
            self.required(&code_field)
        } else {
            None
        };
        if code.is_some() && name.is_none() {
            self.refuse(&name_field, "required");
        }
        Some(Agency { code: code?, name: name? })
    }

    fn legal_status(&mut self) -> Option<LegalStatus> {
        let status = self.text("legal_status");
        let needed = match status.as_deref() {
            Some("revoked" | "annulled") => "basis_symbol",
            Some("superseded") => "superseded_by",
            _ => "",
        };
        for (field, rule) in [
            ("basis_symbol", "only with legal_status revoked or annulled"),
            ("superseded_by", "only with legal_status superseded"),
        ] {
            if field != needed && self.fields.contains_key(field) {
                self.refuse(field, rule);
            }
        }
        match status.as_deref().unwrap_or("in_force") {
            "in_force" => Some(LegalStatus::InForce),
            "revoked" => self.required("basis_symbol").map(|basis| LegalStatus::Revoked { basis }),
            "annulled" => self.required("basis_symbol").map(|basis| LegalStatus::Annulled { basis }),
            "superseded" => self.required("superseded_by").map(|by| LegalStatus::Superseded { by }),
            _ => {
                self.refuse("legal_status", "must be one of: in_force, revoked, annulled, superseded");
                None
            }
        }
    }

    fn holder(&mut self, prefix: &str) -> Option<Holder> {
        let id_field = format!("{prefix}.id");
        let year_field = format!("{prefix}.birth_year");
        let kind: HolderKind = match self.text(&format!("{prefix}.kind")).as_deref() {
            Some("person") => HolderKind::Person,
            Some("org") => HolderKind::Org,
            Some("foreigner") => HolderKind::Foreigner,
            other => {
                let rule = other.map_or("required", |_| "must be one of: person, org, foreigner");
                self.refuse(&format!("{prefix}.kind"), rule);
                return None;
            }
        };
        let id = self.text(&id_field).and_then(|text| match HolderId::parse(kind, &text) {
            Ok(id) => Some(id),
            Err(error) => {
                self.refuse(&id_field, error.rule);
                None
            }
        });
        let year = self.number(&year_field);
        let birth_year =
            year.and_then(|year| i16::try_from(year).ok()).filter(|year| (1850..=2200).contains(year));
        if year.is_some() && birth_year.is_none() {
            self.refuse(&year_field, "not a year of birth");
        }
        let personal_id = id.as_ref().and_then(|id| id.as_str().parse::<PersonalId>().ok());
        if let (Some(year), Some(id), HolderKind::Person) = (birth_year, personal_id, kind)
            && id.birth_year() != year
        {
            self.refuse(&year_field, "does not agree with the year in the personal identification number");
        }
        let name = self.text(&format!("{prefix}.name"));
        if name.is_none() {
            self.refuse(&format!("{prefix}.name"), "required");
        }
        Some(Holder { kind, id, name: name?, birth_year })
    }

    fn co_holders(&mut self) -> Vec<Holder> {
        let mut numbers: BTreeSet<u32> = BTreeSet::new();
        let mut padded: Vec<&str> = Vec::new();
        for name in self.fields.keys().copied() {
            let Some(number) = name.strip_prefix("co_holders.").and_then(|rest| rest.split('.').next())
            else {
                continue;
            };
            if number.starts_with('0') {
                padded.push(name);
            } else if let Ok(number) = number.parse() {
                numbers.insert(number);
            }
        }
        for name in padded {
            self.refuse(name, "co_holders are numbered from 1, without zeros before the number");
        }
        numbers.into_iter().filter_map(|number| self.holder(&format!("co_holders.{number}"))).collect()
    }

    /// What the law asks of a scan (NĐ 30/2020/NĐ-CP): colour, 200 dpi or more, real size.
    fn capture_rules(&mut self) {
        let dpi = self.number("capture.dpi");
        if dpi.is_some_and(|dpi| dpi < 200) {
            self.refuse("capture.dpi", "a scan needs 200 dpi or more");
        }
        let scale = self.number("capture.scale_pct");
        if scale.is_some_and(|scale| scale != 100) {
            self.refuse("capture.scale_pct", "a scan is made at real size, 100");
        }
        if self.text("capture.colour").is_some_and(|colour| !matches!(colour.as_str(), "true" | "false")) {
            self.refuse("capture.colour", "must be true or false");
        }
    }

    fn keywords(&self) -> Vec<String> {
        let text = self.text("keywords").unwrap_or_default();
        text.split(';').map(nfc).filter(|word| !word.is_empty()).collect()
    }

    fn text(&self, field: &str) -> Option<String> {
        self.fields.get(field).cloned()
    }

    fn optional<T: FromStr<Err = ParseError>>(&mut self, field: &str) -> Option<T> {
        match self.text(field)?.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(field, error.rule);
                None
            }
        }
    }

    fn number(&mut self, field: &str) -> Option<u32> {
        let number = self.text(field)?.parse().ok();
        if number.is_none() {
            self.refuse(field, "must be a whole number");
        }
        number
    }

    fn required<T: FromStr<Err = ParseError>>(&mut self, field: &str) -> Option<T> {
        if !self.fields.contains_key(field) {
            self.refuse_once(field, "required");
        }
        self.optional(field)
    }

    fn day(&mut self, field: &str) -> Option<Date> {
        let text = self.text(field)?;
        match parse_date(&text) {
            Ok(day) => Some(day),
            Err(error) => {
                self.refuse(field, error.rule);
                None
            }
        }
    }

    fn day_required(&mut self, field: &str) -> Option<Date> {
        if !self.fields.contains_key(field) {
            self.refuse(field, "required");
        }
        self.day(field)
    }

    fn refuse(&mut self, field: &str, rule: &str) {
        self.invalid.push(Invalid { field: field.to_owned(), rule: rule.to_owned() });
    }

    fn refuse_once(&mut self, field: &str, rule: &str) {
        let prefix = field.split('.').next().unwrap_or(field);
        if !self.invalid.iter().any(|known| known.field.split('.').next() == Some(prefix)) {
            self.refuse(field, rule);
        }
    }
}

/// Whether the name is one of [`Description::FIELDS`], a number standing in place of `N`.
fn is_known(name: &str) -> bool {
    let mut parts: Vec<&str> = name.split('.').collect();
    if let ["co_holders", number, _] = parts[..]
        && (1..=2).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        parts[1] = "N";
    }
    Description::FIELDS.contains(&parts.join(".").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = date(2026, 11, 24);

    fn procedures() -> Procedures {
        let row = r#"{"code":"1.990009.000.00.00.H05","name":"Cấp giấy chứng nhận an toàn thực phẩm","level":"tinh",
            "field":"An toàn thực phẩm","result_name":"Giấy chứng nhận","result_kind":"certificate",
            "doc_type":"KQ.990009.01","retention_rule":"Y10","privacy_class":"none"}"#;
        serde_json::from_str::<Procedure>(row).into_iter().collect()
    }

    fn complete() -> BTreeMap<String, String> {
        [
            ("result_code", "000.00.12.H05-260224-0017-KQ1"),
            ("procedure_code", "1.990009.000.00.00.H05"),
            ("title", "Giấy chứng nhận cơ sở đủ điều kiện an toàn thực phẩm"),
            ("symbol", "34/2026/ATTP-CNĐK"),
            ("issued_on", "2026-03-02"),
            ("valid_to", "01/03/2029"),
            ("agency_issuing.code", "H05.12"),
            ("agency_issuing.name", "Sở Y tế tỉnh Bắc Ninh"),
            ("holder.kind", "org"),
            ("holder.id", "2399990012"),
            ("holder.name", "Công ty TNHH Thực phẩm Mẫu Kinh Bắc"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    fn broken(changes: &[(&str, &str)]) -> Vec<String> {
        let mut fields = complete();
        fields.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let refused = Description::from_fields(&fields, &procedures(), TODAY).err().unwrap_or_default();
        refused.into_iter().map(|invalid| invalid.field).collect()
    }

    #[test]
    fn what_follows_from_the_procedure_is_filled_in() -> Result<(), Vec<Invalid>> {
        let description = Description::from_fields(&complete(), &procedures(), TODAY)?;
        assert_eq!(description.doc_type, "KQ.990009.01");
        assert_eq!(description.level, Level::Province);
        assert_eq!(description.agency_holding, description.agency_issuing);
        assert_eq!(
            description.dossier_code().map(ToString::to_string).as_deref(),
            Some("000.00.12.H05-260224-0017")
        );
        Ok(())
    }

    #[test]
    fn each_broken_rule_names_its_field() {
        for (field, value) in [
            ("issued_on", "31/02/2026"),
            ("issued_on", "2027-01-01"),
            ("valid_to", "2020-01-01"),
            ("procedure_code", "1.123456"),
            ("holder.id", "2399990013"),
            ("holder.kind", "firm"),
            ("level", "huyen"),
            ("dossier_code", "H05-260224-0001"),
            ("access_level", "mật"),
            ("capture.dpi", "150"),
            ("capture.images", "một"),
            ("legal_status", "gone"),
            ("co_holders.1.kind", "x"),
            ("co_holders.01.kind", "org"),
            ("co_holders.0.kind", "org"),
            ("holder.birth_year", "99999"),
            ("holder.birth_year", "1849"),
            ("basis_symbol", "12/QĐ-UBND"),
            ("superseded_by", "H05.12-260224-0018-KQ1"),
            ("signer_on_paper.title", "Giám đốc"),
            ("surprise", "1"),
        ] {
            assert_eq!(broken(&[(field, value)]), [field], "{field} = {value}");
        }
        assert_eq!(broken(&[("legal_status", "revoked")]), ["basis_symbol"]);
        assert_eq!(broken(&[("agency_issuing.name", "")]), ["agency_issuing.name"]);
    }

    #[test]
    fn every_missing_field_is_reported_at_once() {
        let refused =
            Description::from_fields(&BTreeMap::new(), &procedures(), TODAY).err().unwrap_or_default();
        let fields: Vec<&str> = refused.iter().map(|invalid| invalid.field.as_str()).collect();
        let expected = [
            "result_code",
            "procedure_code",
            "agency_issuing.code",
            "issued_on",
            "title",
            "symbol",
            "holder.kind",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn a_birth_year_must_agree_with_the_number() {
        let person =
            [("holder.kind", "person"), ("holder.id", "099188000017"), ("holder.birth_year", "1990")];
        assert_eq!(broken(&person), ["holder.birth_year"]);
    }
}
