//! `muniment-samples`: makes synthetic scans with their text and metadata.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use muniment_samples::{Format, Options, generate, generate_reading};

/// Makes synthetic scans of Vietnamese administrative results, with their exact text and metadata.
///
/// For each document NAME the folder gets the scan (NAME.jpg, .png, .tif, .pdf or a folder NAME of images), NAME.json (metadata) and
/// NAME.gt.txt (the text, line by line in reading order, pages parted by a form feed), and one manifest.csv with the metadata
/// of all. The same seed gives the same documents. Nothing in them is real: every page is marked as a sample without legal
/// value.
#[derive(Parser)]
#[command(name = "muniment-samples", version)]
struct Arguments {
    /// Decides everything that is drawn.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many documents to make; four kinds take turns.
    #[arg(long, value_name = "N", default_value_t = 8)]
    count: u64,
    /// The folder to write to; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Resolution in dots an inch, 100 to 600.
    #[arg(long, value_name = "N", default_value_t = 200)]
    dpi: u32,
    /// Makes single pages that try a reader of text instead, as JPEG: four layouts, three type faces.
    #[arg(long, conflicts_with = "format")]
    reading: bool,
    /// The kind of file to write.
    #[arg(long, value_enum, default_value_t = Format::Mixed)]
    format: Format,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let options = Options {
        seed: arguments.seed,
        count: arguments.count,
        dpi: arguments.dpi,
        format: arguments.format,
    };
    let generated = if arguments.reading {
        generate_reading(options.seed, options.count, options.dpi, &arguments.out)
    } else {
        generate(&options, &arguments.out, &|_| {})
    };
    match generated {
        Ok(stats) => {
            let megabytes = stats.written_bytes as f64 / 1e6;
            println!(
                "{} documents, {} pages, {megabytes:.1} MB in {}",
                stats.documents,
                stats.pages,
                arguments.out.display()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("muniment-samples: {error}");
            let mut cause = std::error::Error::source(&error);
            while let Some(inner) = cause {
                eprintln!("  because: {inner}");
                cause = inner.source();
            }
            ExitCode::FAILURE
        }
    }
}
