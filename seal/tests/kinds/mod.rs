//! Files of every kind, made with qpdf.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::assemble;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Runs a program and returns what it says.
pub(crate) fn run(program: impl AsRef<Path>, args: &[&str]) -> Result<String> {
    let output = Command::new(program.as_ref()).args(args).output()?;
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(text) } else { Err(format!("{:?}: {text}", program.as_ref()).into()) }
}

/// A path as text.
pub(crate) fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| "an odd path".into())
}

/// One page in each kind of file: classic table, cross-reference stream, object streams, linearized.
pub(crate) fn kinds_of_files(folder: &Path) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let pdf = assemble(&[
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>",
        "<< /Length 6 >>\nstream\nq\nQ\n\n\nendstream",
    ]);
    let plain = folder.join("plain.in");
    fs::write(&plain, &pdf)?;
    let mut kinds = vec![("table", pdf)];
    for (name, options) in [
        ("stream", &["--object-streams=preserve", "--force-version=1.7"][..]),
        ("objects", &["--object-streams=generate"][..]),
        ("linear", &["--linearize"][..]),
    ] {
        let made = folder.join(format!("{name}.in"));
        // qpdf writes a cross-reference stream only where there is an object stream to list.
        let source = if name == "stream" { folder.join("objects-first.in") } else { plain.clone() };
        if name == "stream" {
            run("qpdf", &["--object-streams=generate", text(&plain)?, text(&source)?])?;
        }
        run("qpdf", &[options, &[text(&source)?, text(&made)?]].concat())?;
        kinds.push((name, fs::read(&made)?));
    }
    Ok(kinds)
}
