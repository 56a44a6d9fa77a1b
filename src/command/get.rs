use anyhow::{Context, Result};

use super::{Setting, find_record, write_whole};
use crate::cli::GetArgs;
use crate::exit::Exit;
use crate::wire;

/// Copies a record's PDF out; the archive checks its digest on the way.
pub async fn run(setting: &Setting, args: &GetArgs) -> Result<Exit> {
    let home = setting.open_home()?;
    let archive = wire::open_archive(&home).await?;
    let record = find_record(&archive, &args.id).await?;
    let pdf = archive.pdf(&record).await.context("failed to read the PDF")?;
    write_whole(&args.output, &pdf)?;
    if let Some(receipt) = &args.receipt {
        let proof =
            archive.prove(record.id).await.context("failed to prove that the record is in the log")?;
        write_whole(receipt, proof.to_string().as_bytes())?;
    }
    println!("{}: {} B, SHA-256 {}", args.output.display(), pdf.len(), record.sha256);
    Ok(Exit::Done)
}
