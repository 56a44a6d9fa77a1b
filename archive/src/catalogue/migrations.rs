//! The schemas of both engines, step by step. A step never changes once it has been released: engines compare its digest.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// A step: its number, what it brings, its statements.
type Step = (i64, &'static str, &'static str);

macro_rules! step {
    ($engine:literal, $number:literal, $name:literal) => {
        (
            $number,
            $name,
            include_str!(concat!("../../migrations/", $engine, "/000", $number, "_", $name, ".sql")),
        )
    };
}

const SQLITE: [Step; 9] = [
    step!("sqlite", 1, "catalogue"),
    step!("sqlite", 2, "log"),
    step!("sqlite", 3, "canonical_codes"),
    step!("sqlite", 4, "log_published"),
    step!("sqlite", 5, "versions"),
    step!("sqlite", 6, "fixity"),
    step!("sqlite", 7, "queue"),
    step!("sqlite", 8, "holds"),
    step!("sqlite", 9, "store"),
];

const POSTGRES: [Step; 3] =
    [step!("postgres", 1, "catalogue"), step!("postgres", 2, "holds"), step!("postgres", 3, "store")];

/// The steps to this version's schema in SQLite.
pub(crate) fn sqlite() -> Migrator {
    migrator(&SQLITE)
}

/// The steps to this version's schema in PostgreSQL.
pub(crate) fn postgres() -> Migrator {
    migrator(&POSTGRES)
}

fn migrator(steps: &[Step]) -> Migrator {
    let migration = |&(number, name, statements): &Step| {
        let kind = MigrationType::Simple;
        Migration::new(number, name.replace('_', " ").into(), kind, statements.into_sql_str(), false)
    };
    Migrator::with_migrations(steps.iter().map(migration).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_step_that_there_is_a_file_of_is_taken() {
        for (engine, steps) in [("sqlite", &SQLITE[..]), ("postgres", &POSTGRES[..])] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
            assert_eq!(fs::read_dir(folder).unwrap().count(), steps.len(), "{engine}");
            assert!(steps.iter().map(|(number, ..)| *number).eq(1..=steps.len() as i64), "{engine}");
        }
    }
}
