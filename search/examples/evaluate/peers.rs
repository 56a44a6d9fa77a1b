//! The same questions to other engines on the same data: SQLite FTS5 and PostgreSQL, by their own programs `sqlite3` and
//! `psql`, which tell the time that they took. An engine that is not installed is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::measure::{self, Answer, Question};
use crate::records::{Grown, Raw};

const REPEATS: usize = 8;
const MARK: &str = "#query ";

/// Our median time as a part of the better peer's, for one category.
pub(crate) struct Ratio {
    /// Over all its queries.
    pub(crate) all: f64,
    /// Over the queries for which the peer has a relevant record among its ten; `None` where no peer has any.
    pub(crate) answered: Option<f64>,
    /// The same, with numbers only from us too.
    pub(crate) bare: Option<f64>,
}

/// Asks every peer, and prints what it answers and how our median times compare with the better one's, which it gives by
/// category. `ours` has passages, `bare` has none, as peers make none.
pub(crate) fn compare(
    grown: &Grown<'_>,
    count: u64,
    questions: &[Question],
    ours: &[Answer],
    bare: &[Answer],
) -> Result<BTreeMap<String, Ratio>> {
    let mut peers = Vec::new();
    for (name, ask) in [("SQLite FTS5", sqlite as Ask), ("PostgreSQL", postgres as Ask)] {
        let folder = tempfile::tempdir()?;
        match ask(folder.path(), grown, count, questions) {
            Ok(answers) => {
                measure::print(name, &measure::score(questions, &answers));
                peers.push(answers);
            }
            Err(error) => println!("\n{name} was left out: {error:#}"),
        }
    }
    println!(
        "\nour median time as a part of the better peer's: over all queries; over those that the peer answers with a"
    );
    println!(
        "relevant record among its ten; over the same, with numbers only from us as from the peers; and recall@10"
    );
    let mut ratios = BTreeMap::new();
    if peers.is_empty() {
        return Ok(ratios);
    }
    let categories: BTreeSet<&str> = questions.iter().map(|question| question.category.as_str()).collect();
    for category in categories {
        let places: Vec<usize> =
            (0..questions.len()).filter(|at| questions[*at].category == category).collect();
        let share = |ours: &[Answer], peer: &[Answer], among: &[usize]| {
            (!among.is_empty()).then(|| median(ours, among) / median(peer, among))
        };
        // The better peer is the one that makes our part the greatest.
        let all = peers.iter().filter_map(|peer| share(ours, peer, &places)).fold(0.0, f64::max);
        let greatest = |ours: &[Answer]| {
            let shares = peers.iter().filter_map(|peer| {
                let answers = |at: &usize| measure::reciprocal_rank(&questions[*at], &peer[*at].hits) > 0.0;
                let answered: Vec<usize> = places.iter().copied().filter(answers).collect();
                share(ours, peer, &answered)
            });
            shares.max_by(f64::total_cmp)
        };
        let ratio = Ratio { all, answered: greatest(ours), bare: greatest(bare) };
        let recall = |answers: &[Answer]| {
            let recalls = places.iter().map(|at| measure::recall(&questions[*at], &answers[*at].hits));
            recalls.sum::<f64>() / places.len() as f64
        };
        let theirs: Vec<String> = peers.iter().map(|peer| format!("{:.2}", recall(peer))).collect();
        let shown = |ratio: Option<f64>| ratio.map_or("  none".to_owned(), |ratio| format!("{ratio:>6.2}"));
        println!(
            "  {category:<14} {all:>6.2} {} {}  {:.2} to {}",
            shown(ratio.answered),
            shown(ratio.bare),
            recall(ours),
            theirs.join(", ")
        );
        ratios.insert(category.to_owned(), ratio);
    }
    Ok(ratios)
}

/// The median of the times of some answers, in seconds.
fn median(answers: &[Answer], among: &[usize]) -> f64 {
    let mut times: Vec<Duration> = among.iter().flat_map(|at| answers[*at].times.iter().copied()).collect();
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, Duration::as_secs_f64)
}

type Ask = fn(&Path, &Grown<'_>, u64, &[Question]) -> Result<Vec<Answer>>;

/// What every peer gets of a record: what we index, in three columns.
fn columns(raw: &Raw) -> [String; 3] {
    let head = [&raw.abstract_text, &raw.procedure_name, &raw.holder_name, &raw.issuer, &raw.signer];
    let codes = [&raw.dossier_code, &raw.symbol, &raw.holder_id];
    let join = |parts: &[&String]| parts.iter().map(|part| part.as_str()).collect::<Vec<_>>().join(" ");
    [join(&head), join(&codes), raw.text.clone()]
}

fn sqlite(folder: &Path, grown: &Grown<'_>, count: u64, questions: &[Question]) -> Result<Vec<Answer>> {
    let file = folder.join("peer.sqlite");
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    run(Command::new("sqlite3").arg(&file), |script| {
        writeln!(script, "PRAGMA journal_mode=off; PRAGMA synchronous=off;")?;
        writeln!(
            script,
            "CREATE VIRTUAL TABLE t USING fts5(head, codes, body, tokenize='unicode61 remove_diacritics 2');"
        )?;
        writeln!(script, "BEGIN;")?;
        for number in 0..count {
            let [head, codes, body] = columns(&grown.record(number));
            let (head, codes, body) = (quoted(&head), quoted(&codes), quoted(&body));
            writeln!(
                script,
                "INSERT INTO t(rowid, head, codes, body) VALUES({number},{head},{codes},{body});"
            )?;
        }
        writeln!(script, "COMMIT; INSERT INTO t(t) VALUES('optimize');")
    })?;
    println!("\nSQLite: {:.0} bytes a document with text", file.metadata()?.len() as f64 / count as f64);
    let output = run(Command::new("sqlite3").arg(&file), |script| {
        writeln!(script, ".timer on")?;
        for (nth, question) in questions.iter().enumerate() {
            let terms: Vec<String> = question
                .query
                .split_whitespace()
                .map(|term| format!("\"{}\"", term.replace('"', "")))
                .collect();
            let select = format!(
                "SELECT rowid FROM t WHERE t MATCH {} ORDER BY rank LIMIT 10;",
                quoted(&format!("{}*", terms.join(" ")))
            );
            writeln!(script, ".print {MARK}{nth}")?;
            for _ in 0..=REPEATS {
                writeln!(script, "{select}")?;
            }
        }
        Ok(())
    })?;
    // Run Time: real 0.001 user 0.000137 sys 0.000000
    let time = |line: &str| {
        let fields = line.strip_prefix("Run Time:")?.split_whitespace().collect::<Vec<_>>();
        let seconds = fields.get(3)?.parse::<f64>().ok()? + fields.get(5)?.parse::<f64>().ok()?;
        Some(Duration::from_secs_f64(seconds))
    };
    Ok(answers(&output, grown, questions.len(), time))
}

fn postgres(folder: &Path, grown: &Grown<'_>, count: u64, questions: &[Question]) -> Result<Vec<Answer>> {
    let data = folder.join("data");
    let server = Server::start(folder, &data)?;
    let psql = || {
        let mut command = as_postgres("psql");
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", "postgres", "-h"]).arg(folder);
        command
    };
    let escaped = |text: &str| text.replace('\\', "\\\\").replace(['\t', '\n', '\r'], " ");
    run(&mut psql(), |script| {
        writeln!(script, "CREATE EXTENSION unaccent; CREATE TEXT SEARCH CONFIGURATION vi (COPY = simple);")?;
        writeln!(
            script,
            "ALTER TEXT SEARCH CONFIGURATION vi ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple;"
        )?;
        writeln!(
            script,
            "CREATE TABLE t (id bigint, head text, codes text, body text, words tsvector GENERATED ALWAYS AS"
        )?;
        writeln!(script, "(to_tsvector('vi', head || ' ' || codes || ' ' || body)) STORED);")?;
        writeln!(script, "COPY t (id, head, codes, body) FROM STDIN;")?;
        for number in 0..count {
            let [head, codes, body] = columns(&grown.record(number)).map(|text| escaped(&text));
            writeln!(script, "{number}\t{head}\t{codes}\t{body}")?;
        }
        writeln!(script, "\\.\nCREATE INDEX ON t USING gin (words); VACUUM ANALYZE t;")
    })?;
    let output = run(&mut psql(), |script| {
        writeln!(script, "\\timing on")?;
        for (nth, question) in questions.iter().enumerate() {
            let query = question.query.replace('\'', "''");
            writeln!(script, "\\echo {MARK}{nth}")?;
            for _ in 0..=REPEATS {
                writeln!(
                    script,
                    "SELECT id FROM t, plainto_tsquery('vi', '{query}') q WHERE words @@ q ORDER BY ts_rank(words, q) DESC LIMIT 10;"
                )?;
            }
        }
        Ok(())
    })?;
    drop(server);
    // Time: 1.234 ms
    let time = |line: &str| {
        let milliseconds = line.strip_prefix("Time:")?.split_whitespace().next()?.parse::<f64>().ok()?;
        Some(Duration::from_secs_f64(milliseconds / 1000.0))
    };
    Ok(answers(&output, grown, questions.len(), time))
}

/// Runs a program on a script that is written while it runs, and gives what it printed.
fn run(command: &mut Command, script: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().with_context(|| format!("no {name}"))?;
    let input = child.stdin.take().context("no input")?;
    let reader = std::thread::spawn(move || child.wait_with_output());
    let mut input = BufWriter::new(input);
    script(&mut input)?;
    drop(input);
    let output = reader.join().map_err(|_| anyhow::anyhow!("{name} was lost"))??;
    if !output.status.success() {
        bail!("{name} failed");
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads hits and times between the marks; the first answer's hits count, and all times but the first.
fn answers(
    output: &str,
    grown: &Grown<'_>,
    count: usize,
    time: impl Fn(&str) -> Option<Duration>,
) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::with_capacity(count);
    for block in output.split(MARK).skip(1) {
        let mut answer = Answer { hits: Vec::new(), times: Vec::new(), cpu: Duration::ZERO };
        let mut is_first = true;
        for line in block.lines().skip(1) {
            if let Some(time) = time(line) {
                if !is_first {
                    answer.times.push(time);
                }
                is_first = false;
            } else if let (true, Ok(number)) = (is_first, line.parse()) {
                answer.hits.push(grown.original(number));
            }
        }
        answers.push(answer);
    }
    answers
}

/// A PostgreSQL server in a folder of its own, reached through a socket in it.
struct Server(Child);

impl Server {
    fn start(folder: &Path, data: &Path) -> Result<Self> {
        if is_root()? {
            let status = Command::new("chown").arg("postgres").arg(folder).status()?;
            if !status.success() {
                bail!("there is no account postgres");
            }
        }
        let initialised =
            as_postgres("initdb").args(["-A", "trust", "--no-sync", "-E", "UTF8", "-D"]).arg(data).output();
        if !initialised.context("no initdb")?.status.success() {
            bail!("initdb failed");
        }
        let server = as_postgres("postgres")
            .arg("-D")
            .arg(data)
            .arg("-k")
            .arg(folder)
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
                "-c",
                "shared_buffers=512MB",
                "-c",
                "work_mem=64MB",
            ])
            .stderr(Stdio::null())
            .spawn()
            .context("no postgres")?;
        let server = Self(server);
        for _ in 0..100 {
            let ready =
                as_postgres("pg_isready").args(["-q", "-h"]).arg(folder).status().context("no pg_isready")?;
            if ready.success() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("postgres did not start")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The server was only asked to serve this folder, which goes with it.
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// A program of PostgreSQL, which refuses to run as root.
fn as_postgres(program: &str) -> Command {
    if is_root().unwrap_or(false) {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", program]);
        command
    } else {
        Command::new(program)
    }
}

fn is_root() -> Result<bool> {
    let output = Command::new("id").arg("-u").output().context("no id")?;
    Ok(output.stdout.trim_ascii() == b"0")
}
