//! One module a subcommand: each says what it does in the words of `--help`, does it, and shows the result.

mod account;
mod audit;
mod doctor;
mod get;
mod hold;
mod init;
mod ledger;
mod log;
mod migrate;
mod prepare;
mod queue;
mod rebuild;
mod search;
mod serve;
mod show;
mod sign;
mod take;
mod uplift;
mod verify;
mod watch;
mod work;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use muniment_archive::Archive;
use muniment_record::{Language, Record};
use serde::Serialize;

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::home::Home;

pub use search::arguments;

/// What all commands need to know.
struct Setting {
    home: PathBuf,
    language: Language,
    json: bool,
}

impl Setting {
    fn open_home(&self) -> Result<Home> {
        Home::open(&self.home)
    }

    /// One of two texts, in the language asked for.
    fn say<T>(&self, vietnamese: T, english: T) -> T {
        self.language.choose(vietnamese, english)
    }
}

/// Runs the command.
pub async fn run(cli: Cli) -> Result<Exit> {
    let setting = Setting { home: cli.home, language: cli.lang.into(), json: cli.json };
    match cli.command {
        Command::Init(args) => init::run(&setting, &args).await,
        Command::Take(args) => take::run(&setting, &args).await,
        Command::Watch(args) => watch::run(&setting, &args).await,
        Command::Work(args) => work::run(&setting, &args).await,
        Command::Queue(args) => queue::run(&setting, &args).await,
        Command::Prepare(args) => prepare::run(&setting, args),
        Command::Sign(args) => sign::run(&setting, &args),
        Command::Uplift(args) => uplift::run(&setting, &args).await,
        Command::Search(args) => search::run(&setting, &args),
        Command::Show(args) => show::run(&setting, &args.id).await,
        Command::Hold(args) => hold::hold(&setting, &args).await,
        Command::Release(args) => hold::release(&setting, &args).await,
        Command::Get(args) => get::run(&setting, &args).await,
        Command::Verify(args) => verify::run(&setting, &args).await,
        Command::Audit(args) => audit::run(&setting, &args).await,
        Command::Rebuild(args) => rebuild::run(&setting, &args).await,
        Command::Migrate(args) => migrate::run(&setting, &args).await,
        Command::Ledger(args) => ledger::run(&setting, &args).await,
        Command::Log(command) => log::run(&setting, &command).await,
        Command::Serve(args) => serve::run(&setting, &args).await,
        Command::Account(command) => account::run(&setting, &command),
        Command::Doctor(args) => doctor::run(&setting, args.what).await,
    }
}

/// Prints a value as JSON.
fn print_json(value: &impl Serialize) -> Result<()> {
    let mut output = io::stdout().lock();
    serde_json::to_writer_pretty(&mut output, value).context("failed to write JSON")?;
    writeln!(output).context("failed to write JSON")
}

/// Writes a file whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let attempt = || format!("failed to write {}", path.display());
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(attempt)?;
    file.write_all(bytes).with_context(attempt)?;
    file.as_file().sync_all().with_context(attempt)?;
    file.persist(path).with_context(attempt)?;
    Ok(())
}

/// The one record that a person means by an id or code.
async fn find_record(archive: &Archive, code: &str) -> Result<Record> {
    let ids = archive.find(code).await.context("failed to look the code up")?;
    match ids[..] {
        [] => bail!("the archive holds nothing under {code}; try: muniment search \"{code}\""),
        [id] => archive.record(id).await.context("failed to read the record"),
        ref several => {
            let list: Vec<String> = several.iter().map(ToString::to_string).collect();
            bail!("the archive holds several records under {code}; choose one: {}", list.join(", "))
        }
    }
}
