//! A program whose text recogniser misbehaves as it is told: what the walls around a child are tested with.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::Duration;

use muniment_ingest::contained::run_child;
use muniment_ingest::{Error, Gray, Ocr};
use muniment_record::{Area, Word};

fn main() -> ExitCode {
    run_child(|description, _| Ok(Box::new(Misbehaving(description.to_owned()))))
}

/// A word for what to do, then a colon and what to do it with.
struct Misbehaving(String);

impl Ocr for Misbehaving {
    fn name(&self) -> String {
        "misbehaving".to_owned()
    }

    fn folders(&self) -> Vec<PathBuf> {
        let known = self.0.strip_prefix("read-known:");
        known.and_then(|path| Path::new(path).parent()).map(Path::to_owned).into_iter().collect()
    }

    fn read(&self, page: &Gray) -> Result<Vec<Word>, Error> {
        let (deed, with) = self.0.split_once(':').unwrap_or((&self.0, ""));
        let done = match deed {
            "hang" => {
                // What it starts hangs too.
                let child = Command::new("sleep").arg("1000").spawn();
                let number = child.map_or_else(|error| error.to_string(), |child| child.id().to_string());
                fs::write(with, number).map_or_else(|error| error.to_string(), |()| sleep())
            }
            "abort" => std::process::abort(),
            "leave" => std::process::exit(0),
            "babble" => {
                println!("no JSON at all");
                sleep()
            }
            "hoard" => {
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                loop {
                    hoard.push(vec![1; 16 << 20]);
                }
            }
            "spin" => loop {
                std::hint::spin_loop();
            },
            "connect" => attempt(TcpStream::connect(with)),
            "read" | "read-known" => attempt(fs::read(with)),
            "write" => attempt(fs::File::create(with).and_then(|mut file| file.write_all(b"x"))),
            "run" => attempt(Command::new(with).output()),
            _ => deed.to_owned(),
        };
        let place =
            Area { x: page.width as f32 / 4.0, y: page.height as f32 / 4.0, width: 90.0, height: 30.0 };
        Ok(vec![Word { text: done, place, confidence: 95.0, line: 0 }])
    }
}

fn attempt<T>(result: std::io::Result<T>) -> String {
    result.map_or("refused", |_| "done").to_owned()
}

fn sleep() -> String {
    thread::sleep(Duration::from_secs(1000));
    "slept".to_owned()
}
