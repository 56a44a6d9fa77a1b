//! People, firms and places that cannot be real. Personal numbers begin with 099, which no province has; tax codes have
//! serials of 9999; streets, wards and firms are named *Mẫu* (sample), *Ví Dụ* (example) and the like.

use crate::random::Random;

/// A person who cannot be real.
#[derive(Debug, PartialEq)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) number: &'static str,
    pub(crate) female: bool,
    pub(crate) birth_year: i16,
}

impl Person {
    pub(crate) fn sex(&self) -> &'static str {
        if self.female { "Nữ" } else { "Nam" }
    }

    pub(crate) fn address(&self) -> &'static str {
        if self.female { "bà" } else { "ông" }
    }
}

/// A firm that cannot be real.
#[derive(Debug, PartialEq)]
pub(crate) struct Firm {
    pub(crate) name: &'static str,
    pub(crate) tax_code: &'static str,
}

pub(crate) const PERSONS: [Person; 5] = [
    Person { name: "Nguyễn Thị Mẫu", number: "099188000017", female: true, birth_year: 1988 },
    Person { name: "Trần Văn Ví Dụ", number: "099075000024", female: false, birth_year: 1975 },
    Person { name: "Lê Hoàng Thử", number: "099203000031", female: false, birth_year: 2003 },
    Person { name: "Phạm Thị Giả Định", number: "099304000048", female: true, birth_year: 2004 },
    Person { name: "Hoàng Văn Minh Họa", number: "099060000055", female: false, birth_year: 1960 },
];

pub(crate) const FIRMS: [Firm; 4] = [
    Firm { name: "Công ty TNHH Thực phẩm Mẫu Kinh Bắc", tax_code: "2399990012" },
    Firm { name: "Công ty Cổ phần Xây dựng Ví Dụ", tax_code: "2399990037" },
    Firm { name: "Phòng khám Đa khoa Thử Nghiệm", tax_code: "2499990016" },
    Firm { name: "Chi nhánh Công ty Ví Dụ", tax_code: "2399990037-001" },
];

/// An invented commune or ward with an invented agency code.
#[derive(Debug)]
pub(crate) struct Commune {
    pub(crate) name: &'static str,
    pub(crate) code: &'static str,
}

pub(crate) const COMMUNES: [Commune; 4] = [
    Commune { name: "phường Ví Dụ", code: "000.00.91.H05" },
    Commune { name: "phường Minh Họa", code: "000.00.92.H05" },
    Commune { name: "xã Thử Nghiệm", code: "000.00.93.H05" },
    Commune { name: "xã Giả Định", code: "000.00.94.H05" },
];

const STREETS: [&str; 6] = [
    "đường Mẫu Số Một",
    "đường Ví Dụ",
    "đường Thử Nghiệm",
    "phố Minh Họa",
    "phố Giả Định",
    "ngõ 12 đường Mẫu",
];

/// Two different people, the second fit to sign for an office.
pub(crate) fn holder_and_leader(random: &mut Random) -> (&'static Person, &'static Person) {
    let holder = random.pick(&PERSONS);
    let leaders: Vec<&Person> =
        PERSONS.iter().filter(|person| *person != holder && person.birth_year < 1990).collect();
    (holder, random.pick::<&Person>(&leaders))
}

/// An address in a commune.
pub(crate) fn address(random: &mut Random, commune: &Commune) -> String {
    let number = random.whole(1, 240);
    let street = random.pick(&STREETS);
    format!("số {number}, {street}, {}, tỉnh Bắc Ninh", commune.name)
}

#[cfg(test)]
mod tests {
    use muniment_record::{AgencyCode, HolderId, HolderKind, ParseError, PersonalId};

    use super::*;

    #[test]
    fn every_number_and_code_is_well_formed_and_cannot_be_real() -> Result<(), ParseError> {
        for person in &PERSONS {
            HolderId::parse(HolderKind::Person, person.number)?;
            assert!(person.number.starts_with("099"));
            assert_eq!(person.number.parse::<PersonalId>()?.birth_year(), person.birth_year);
        }
        for firm in &FIRMS {
            HolderId::parse(HolderKind::Org, firm.tax_code)?;
            assert_eq!(&firm.tax_code[2..6], "9999");
        }
        for commune in &COMMUNES {
            commune.code.parse::<AgencyCode>()?;
        }
        Ok(())
    }
}
