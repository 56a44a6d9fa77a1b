use std::fs;

use anyhow::{Context, Result};
use muniment_archive::Archive;
use muniment_seal::note::NoteKey;
use muniment_seal::pki::{self, Identity};
use muniment_search::Writer;

use super::{Setting, account};
use crate::cli::InitArgs;
use crate::config::{self, Config};
use crate::exit::Exit;
use crate::home::Home;
use crate::{clock, wire};

/// Makes a home. The configuration is written last: a home that lacks it was never finished.
pub async fn run(setting: &Setting, args: &InitArgs) -> Result<Exit> {
    let text = match &args.config {
        Some(file) => {
            fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?
        }
        None => config::DEFAULT_TEXT.to_owned(),
    };
    let config: Config = toml::from_str(&text).context("failed to understand the configuration")?;
    let home = Home::create(&setting.home)?;
    write_development_pki(&home)?;
    home.write_secret("keys/holder.secret", &clock::random::<32>()?)?;
    let log = NoteKey::generate("muniment.invalid/development").context("failed to make the log's key")?;
    home.write_secret("keys/log.key", log.to_secret_text().as_bytes())?;
    home.write("log.pub", log.verifier().to_text().as_bytes())?;
    let store = wire::open_store(&home, &config)?.objects;
    wire::require_locks(&config, store.as_ref())?;
    let catalogue = wire::catalogue_at(&home, &config)?;
    Archive::create_on(catalogue, store).await.context("failed to make the archive")?;
    Writer::open(&home.index()).context("failed to make the search index")?;
    home.finish(&text)?;

    let root = setting.home.display();
    println!("{}: {root}", setting.say("Đã tạo kho", "Made a home"));
    println!(
        "{}",
        setting.say(
            "Khóa và chứng thư trong keys/ chỉ để PHÁT TRIỂN VÀ THỬ NGHIỆM, không có giá trị pháp lý.",
            "Keys and certificates in keys/ are for DEVELOPMENT only: they have no legal value.",
        )
    );
    if args.demo {
        account::add(setting, &home, "canbo", None, true)?;
        account::add(setting, &home, "canbo-yte", Some("H05.12".parse()?), false)?;
    }
    println!(
        "{}\n  muniment --home {root} take …\n  muniment --home {root} serve",
        setting.say("Tiếp theo:", "Next:")
    );
    Ok(Exit::Done)
}

fn write_development_pki(home: &Home) -> Result<()> {
    let pki = pki::development(clock::now()).context("failed to make the development PKI")?;
    let identities: [(&str, &Identity); 5] = [
        ("root", &pki.root),
        ("issuing", &pki.issuing),
        ("agency", &pki.agency),
        ("officer", &pki.officer),
        ("tsa", &pki.tsa),
    ];
    for (name, identity) in identities {
        home.write_secret(&format!("keys/{name}.key.pem"), identity.key_pem.as_bytes())?;
        home.write(&format!("keys/{name}.chain.pem"), identity.chain_pem.as_bytes())?;
    }
    home.write("trust/development.pem", pki.trust_pem().as_bytes())
}
