//! Muniment: takes in scanned results of administrative procedures, signs them, keeps them and proves them.

#![allow(unreachable_pub, reason = "a program has no callers; `pub` says what a module offers to the others")]

mod cli;
mod clock;
mod command;
mod config;
mod exit;
mod flow;
mod home;
mod hot_folder;
mod index;
mod intake;
mod messages;
mod metadata;
mod metrics;
mod sealer;
mod stop;
mod wire;
mod work;
mod workbench;
mod workshop;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::cli::Cli;
use crate::exit::Exit;

fn main() -> ExitCode {
    // Before anything else: a child builds its walls while it has one thread.
    if std::env::args_os().nth(1).is_some_and(|first| first == workshop::CHILD_ARGUMENT) {
        return workshop::run_child();
    }
    let cli = match Cli::try_parse_from(command::arguments(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => {
            let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            // Nothing is left to tell whoever closed the output.
            let _ = error.print();
            return if asked_for { Exit::Done } else { Exit::Usage }.into();
        }
    };
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("muniment: failed to start: {error}");
            return Exit::Failed.into();
        }
    };
    match runtime.block_on(command::run(cli)) {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("muniment: {error:#}");
            Exit::Failed.into()
        }
    }
}
