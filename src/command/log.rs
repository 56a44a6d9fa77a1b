use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use muniment_archive::{Checkpoint, ConsistencyProof, LogProof};
use muniment_record::Digest;
use muniment_seal::note::NoteVerifier;
use serde_json::json;

use super::{Setting, find_record, print_json, write_whole};
use crate::cli::{LogCheckArgs, LogCommand, LogProveArgs};
use crate::exit::Exit;
use crate::wire;

/// Shows the transparency log, hands out proofs and checks them.
pub async fn run(setting: &Setting, command: &LogCommand) -> Result<Exit> {
    match command {
        LogCommand::Checkpoint => checkpoint(setting).await,
        LogCommand::Prove(args) => prove(setting, args).await,
        LogCommand::Check(args) => check(setting, args),
    }
}

async fn checkpoint(setting: &Setting) -> Result<Exit> {
    let archive = wire::open_archive(&setting.open_home()?).await?;
    match archive.checkpoint().await.context("failed to read the checkpoint")? {
        Some(note) => print!("{note}"),
        None => bail!("nothing has been published in the log yet"),
    }
    Ok(Exit::Done)
}

async fn prove(setting: &Setting, args: &LogProveArgs) -> Result<Exit> {
    let archive = wire::open_archive(&setting.open_home()?).await?;
    let proof = match (&args.id, &args.since) {
        (Some(id), _) => {
            let record = find_record(&archive, id).await?;
            let proof = archive.prove(record.id).await;
            proof.context("failed to prove that the record is in the log")?.to_string()
        }
        (None, Some(kept)) => {
            let kept: Checkpoint = read(kept)?.parse().context("failed to read the kept checkpoint")?;
            let proof = archive.prove_consistency(kept.size).await;
            proof.context("failed to prove that the log begins with the kept checkpoint")?.to_string()
        }
        (None, None) => bail!("give a record to prove, or --since with a checkpoint that was kept"),
    };
    match &args.output {
        Some(file) => write_whole(file, proof.as_bytes())?,
        None => print!("{proof}"),
    }
    Ok(Exit::Done)
}

/// Checks a proof with nothing but its file and the log's key.
fn check(setting: &Setting, args: &LogCheckArgs) -> Result<Exit> {
    let key = log_verifier(setting, args.key.as_deref())?;
    let text = read(&args.proof)?;
    let checked = match &args.since {
        Some(kept) => check_consistency(&text, &read(kept)?, &key),
        None => check_inclusion(&text, args.pdf.as_deref(), &key)?,
    };
    let (holds, said) = match checked {
        Ok(said) => (true, said),
        Err(error) => (false, format!("{:#}", anyhow::Error::from(error))),
    };
    if setting.json {
        print_json(&json!({ "holds": holds, "found": said }))?;
    } else {
        let verdict = if holds {
            setting.say("Bằng chứng đúng", "The proof holds")
        } else {
            setting.say("BẰNG CHỨNG SAI", "THE PROOF DOES NOT HOLD")
        };
        println!("{verdict}: {said}");
    }
    Ok(if holds { Exit::Done } else { Exit::Found })
}

type Checked = Result<String, muniment_archive::Error>;

fn check_inclusion(text: &str, pdf: Option<&Path>, key: &NoteVerifier) -> Result<Checked> {
    let leaf = match text.parse::<LogProof>().and_then(|proof| proof.check(key)) {
        Ok(leaf) => leaf,
        Err(error) => return Ok(Err(error)),
    };
    if let Some(pdf) = pdf {
        let bytes = fs::read(pdf).with_context(|| format!("failed to read {}", pdf.display()))?;
        if Digest::of(&bytes) != leaf.sha256 {
            return Ok(Err(muniment_archive::Error::Proof("it is for another PDF")));
        }
    }
    Ok(Ok(format!("record {}, version {}, SHA-256 {}, {}", leaf.record, leaf.version, leaf.sha256, leaf.at)))
}

fn check_consistency(text: &str, kept: &str, key: &NoteVerifier) -> Checked {
    let proof: ConsistencyProof = text.parse()?;
    let now = proof.check(kept, key)?;
    Ok(format!("{} -> {} entries of {}", proof.old_size, now.size, now.origin))
}

/// The given key, else the home's.
fn log_verifier(setting: &Setting, file: Option<&Path>) -> Result<NoteVerifier> {
    match file {
        Some(file) => NoteVerifier::from_text(&read(file)?).context("failed to use the log's key"),
        None => wire::log_verifier(&setting.open_home()?),
    }
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))
}
