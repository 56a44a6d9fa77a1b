//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use muniment_archive::BatchId;
use muniment_ingest::Profile;
use muniment_record::{AgencyCode, Language, RecordId};

/// Digitise the results of administrative procedures, sign them, keep them and prove them.
///
/// Muniment takes in scanned licences, certificates and decisions, makes each a searchable PDF/A signed with the
/// agency's seal, and keeps it under a published layout (OCFL) where it can be found and checked by anyone.
#[derive(Debug, Parser)]
#[command(name = "muniment", version, after_help = EXAMPLES)]
pub struct Cli {
    /// The folder that holds the archive with its configuration, keys and index.
    #[arg(long, global = true, value_name = "DIR", default_value = "./muniment-home", env = "MUNIMENT_HOME")]
    pub home: PathBuf,
    /// Language of messages.
    #[arg(long, global = true, value_enum, default_value_t = Lang::Vi)]
    pub lang: Lang,
    /// Print JSON for machines instead of text for people.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Try it:
  muniment init                          make ./muniment-home with a development PKI (no legal value)
  muniment take scans/ --manifest m.csv  digitise a folder of scans listed in m.csv
  muniment search \"giấy phép xây dựng\"   find records; marks may be left out: giay phep xay dung
  muniment get ID -o licence.pdf         take a copy out
  muniment verify licence.pdf            check its signatures: exit 0 valid, 1 not valid, 2 undecided, 3 not signed
  muniment serve                         open the web pages on http://127.0.0.1:8080/

Exit codes: 0 done, 1 something was found wrong, 2 and 3 see verify, 64 the command line is not understood,
70 the command could not be carried out.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Vietnamese
    Vi,
    /// English
    En,
}

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Vi => Self::Vietnamese,
            Lang::En => Self::English,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a home: configuration, an empty archive and a development PKI that has no legal value.
    Init(InitArgs),
    /// Digitise scans now: PDF/A, text, seal, archive, index. Ends with a ledger that balances.
    #[command(after_help = crate::cli::TAKE_HELP)]
    Take(TakeArgs),
    /// Take in what scanners write into a folder, until the program is told to stop.
    #[command(after_help = crate::cli::WATCH_HELP)]
    Watch(WatchArgs),
    /// Make records of the documents in the queue, until the program is told to stop.
    #[command(after_help = crate::cli::WORK_HELP)]
    Work(WorkArgs),
    /// Show what is in the queue, and what was set aside and why.
    Queue(QueueArgs),
    /// The ingest step alone: scans in, one unsigned PDF/A with a text layer out.
    Prepare(PrepareArgs),
    /// The seal step alone: put the agency's seal on a PDF as an incremental update.
    Sign(SignArgs),
    /// Add to sealed copies what is needed to validate them offline for as long as they are kept (PAdES B-LT).
    #[command(after_help = crate::cli::UPLIFT_HELP)]
    Uplift(UpliftArgs),
    /// Find records. Diacritics may be left out; codes may be typed in part.
    #[command(after_help = crate::cli::SEARCH_HELP)]
    Search(SearchArgs),
    /// Show what the archive knows about a record.
    Show(IdArgs),
    /// Copy a record's PDF out of the archive, checked against its digest.
    Get(GetArgs),
    /// Put a record under a legal hold: nothing of it may be removed or changed until the hold is lifted. The log says so.
    #[command(after_help = crate::cli::HOLD_HELP)]
    Hold(HoldArgs),
    /// Lift the legal hold on a record.
    Release(ReleaseArgs),
    /// Check the signatures of a PDF: exit 0 valid, 1 not valid, 2 undecided, 3 not a signed PDF.
    Verify(VerifyArgs),
    /// Check every object of the archive: digests, signatures, log, catalogue and index. Exit 1 on any finding.
    #[command(after_help = crate::cli::AUDIT_HELP)]
    Audit(AuditArgs),
    /// Make catalogue and index again from storage alone.
    Rebuild(RebuildArgs),
    /// Move the archive to another store, another catalogue, or both, as another configuration says.
    Migrate(MigrateArgs),
    /// Show the intake ledger, in documents and pages: of one batch with its documents, or the sums of every batch.
    Ledger(LedgerArgs),
    /// The transparency log: show its checkpoint, hand out proofs, check them offline.
    #[command(subcommand)]
    Log(LogCommand),
    /// Serve the web pages for citizens, officers and auditors.
    Serve(ServeArgs),
    /// Manage the web pages' local accounts.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Check this machine and home: tools and versions, storage, keys, certificates.
    Doctor(DoctorArgs),
}

#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// What to look at alone, and closely.
    #[command(subcommand)]
    pub what: Option<DoctorCommand>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub enum DoctorCommand {
    /// Lock an object in each store, try to remove and to shorten it, and say what came of it. It stays behind for minutes.
    Storage,
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// Also make demo accounts for the web pages and print their passwords.
    #[arg(long)]
    pub demo: bool,
    /// Settings that the home begins with, in place of the defaults. They say where the archive's files will lie.
    #[arg(long, value_name = "FILE.toml")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct TakeArgs {
    /// PDF, TIFF, JPEG or PNG files, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A CSV file (UTF-8) with a column `file` and one column a metadata field.
    #[arg(long, value_name = "FILE.csv")]
    pub manifest: Option<PathBuf>,
    /// Keep the scans and queue them for `muniment work`, here or on other machines, instead of working on them now.
    #[arg(long)]
    pub queue: bool,
}

#[derive(Debug, Args)]
pub struct HoldArgs {
    /// The record, by its id or a code.
    #[arg(value_name = "ID")]
    pub id: String,
    /// Why, and on whose order. It is kept beside the log and not published.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// The record, by its id or a code.
    #[arg(value_name = "ID")]
    pub id: String,
    /// Why, and on whose order. It is kept beside the log and not published.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// What `hold --help` adds.
const HOLD_HELP: &str = "\
Where the store has locks (storage.locks), every file of the record is held by the server, those of its later versions too, beyond the end of
its retention. A disk has none: there the hold stands in catalogue and log. A hold that is there already stays as it is. The log says that the
record is held, and not why. Stopped midway, run it again.";

#[derive(Debug, Args)]
pub struct WorkArgs {
    /// End when the queue is empty.
    #[arg(long)]
    pub until_empty: bool,
}

/// What `work --help` adds.
const WORK_HELP: &str = "\
Any number of workers may run, on any number of machines that share storage and a PostgreSQL catalogue; on one machine they share the
home. A document whose worker is not heard of for work.lease_seconds is given to another. What fails for a reason that is not the
document's is tried again, ever later, and set aside after work.tries tries: muniment queue shows it. On SIGTERM a worker ends
what it has begun, for up to work.stop_seconds, and gives back the rest.";

#[derive(Debug, Args)]
pub struct MigrateArgs {
    /// The configuration that the home is to have. Nobody may work on the archive meanwhile.
    #[arg(long, value_name = "FILE.toml")]
    pub config: PathBuf,
}

#[derive(Debug, Args)]
pub struct QueueArgs {
    /// Put this document, which was set aside, back into the queue.
    #[arg(long, value_name = "ID")]
    pub retry: Vec<RecordId>,
    /// Put all documents that were set aside back into the queue.
    #[arg(long)]
    pub retry_all: bool,
}

#[derive(Debug, Args)]
pub struct WatchArgs {
    /// The folder, instead of the configured one.
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
    /// Keep the scans and queue them for `muniment work` instead of working on them here.
    #[arg(long)]
    pub queue: bool,
}

/// What `watch --help` adds.
const WATCH_HELP: &str = "\
A file, or a folder of a document's pages, is taken once two looks in a row saw it the same, with its .json file beside it. Names that
programs give to files which they are still writing (.tmp, .part, hidden) wait for their closing rename, and a lock beside a file
(scan.pdf.lock) holds it back. Documents leave the folder when they are durably archived. What is refused goes to khong-nhan/ with a
note that says why; what fails for a reason that is not the document's is tried again, ever later. SIGTERM ends after the batch at hand.";

/// What `audit --help` adds.
const AUDIT_HELP: &str = "\
Without options everything is read: objects, log, catalogue and index. With --minutes or --gigabytes only objects are read, those
first that were not read for longest, until the budget is used up; the next run goes on there. Run so each night, all objects are
read again within as many nights as it takes, and the last line says since when.

Where there is a second store, both are read. With --repair each file that is missing or damaged in one is written again from the other,
if its bytes there are what inventory, log or name say; so too everything in a second store that was added later. What neither has whole
stays a finding. Exit 0 when nothing is wrong any more.";

#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Read objects for so long, and go on there the next time.
    #[arg(long, value_name = "N")]
    pub minutes: Option<u64>,
    /// Read so much of objects, and go on there the next time.
    #[arg(long, value_name = "N")]
    pub gigabytes: Option<u64>,
    /// Put what is missing or damaged in one store right from the other ([storage.second]).
    #[arg(long)]
    pub repair: bool,
}

/// What `uplift --help` adds.
const UPLIFT_HELP: &str = "\
A copy is uplifted once, when `seal.uplift_after_hours` have passed since it was archived: until then a revocation of the
certificate may still become known. The uplifted file is the record's next version; the bytes that were there stay as they
are, and so does the older version. To be run once a day; what could not be done is tried again by the next run.";

/// What `take --help` adds.
const TAKE_HELP: &str = "\
What is one document:
  a PDF, a TIFF or an image is one document;
  a folder of images without metadata of their own is one document, its pages in name order;
  a folder whose files have metadata is a batch.

Metadata stands beside the document (scan.json or scan.jpg.json; nested names are joined by dots) or in the
manifest's row. Required: result_code (or dossier_code, or paper_file_code for a legacy result), procedure_code,
title, symbol, issued_on, agency_issuing.code, agency_issuing.name, holder.kind, holder.name. All fields and their
rules are in docs/format.md.

A manifest is UTF-8, separated by commas, semicolons or tabs. Its column `file` is a path from the manifest's folder,
or from a folder among PATH. A scan that is archived already is not taken again, not even with other metadata.

  file;result_code;procedure_code;title;symbol;issued_on;agency_issuing.code;agency_issuing.name;holder.kind;holder.name
  a.jpg;000.00.12.H05-260224-0017-KQ1;1.990009;Giấy chứng nhận;34/2026/ATTP;02/03/2026;H05.12;Sở Y tế;org;Công ty Mẫu

Exit code 0 when every document is archived or queued, or was archived before, else 1. Source files are never touched.";

/// What `search --help` adds.
const SEARCH_HELP: &str = "\
In a query:
  \"giấy phép\"       the words side by side       -tạm             without this word
  số:45/GPXD        symbol                       hồ sơ:H05-2602   dossier or result code
  tên:nguyen        holder                       ký:              who signed the paper
  thủ tục:          procedure                    cơ quan:H05.12   agency
  ngày:01/03/2026..31/03/2026                    trạng thái:thu hồi";

#[derive(Debug, Args)]
pub struct PrepareArgs {
    /// Files of one document, in page order.
    #[arg(required = true, value_name = "IN")]
    pub inputs: Vec<PathBuf>,
    /// Where to write the PDF/A.
    #[arg(short, long, value_name = "OUT.pdf")]
    pub output: PathBuf,
    /// The document's title; the first file's name where it is not given.
    #[arg(long)]
    pub title: Option<String>,
    /// Do not read text.
    #[arg(long)]
    pub no_ocr: bool,
    /// How page images are compressed; as the configuration says where it is not given.
    #[arg(long, value_enum)]
    pub profile: Option<ProfileArg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProfileArg {
    /// Masks of ink and stamps over a coarse picture of the paper: the smallest
    Compact,
    /// One JPEG a page
    Faithful,
    /// Black and white
    Bitonal,
}

impl From<ProfileArg> for Profile {
    fn from(profile: ProfileArg) -> Self {
        match profile {
            ProfileArg::Compact => Self::Compact,
            ProfileArg::Faithful => Self::Faithful,
            ProfileArg::Bitonal => Self::Bitonal,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SignerArg {
    /// The agency's seal, top right: form of copy, agency, time
    Agency,
    /// The officer's signature, top left: name, time (keys/officer.key.pem)
    Officer,
}

#[derive(Debug, Args)]
pub struct UpliftArgs {
    /// Do not wait for the configured time after archiving.
    #[arg(long)]
    pub now: bool,
}

#[derive(Debug, Args)]
pub struct SignArgs {
    /// The PDF to sign.
    #[arg(value_name = "IN.pdf")]
    pub input: PathBuf,
    /// Where to write the signed PDF.
    #[arg(short, long, value_name = "OUT.pdf")]
    pub output: PathBuf,
    /// Who signs. On a digitised copy the officer signs first, then the agency.
    #[arg(long = "as", value_enum, default_value_t = SignerArg::Agency)]
    pub signer: SignerArg,
}

#[derive(Debug, Args)]
pub struct SearchArgs {
    /// What to look for: words, a code, or a part of one.
    #[arg(required = true, value_name = "QUERY")]
    pub query: Vec<String>,
    /// How many results to show.
    #[arg(long, default_value_t = 10)]
    pub limit: usize,
    /// How many results to pass over.
    #[arg(long, default_value_t = 0)]
    pub offset: usize,
}

#[derive(Debug, Args)]
pub struct IdArgs {
    /// A record id, result code, dossier code or document symbol.
    #[arg(value_name = "ID")]
    pub id: String,
}

#[derive(Debug, Args)]
pub struct GetArgs {
    /// A record id, result code, dossier code or document symbol.
    #[arg(value_name = "ID")]
    pub id: String,
    /// Where to write the PDF.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Also write the receipt: the proof (C2SP tlog-proof) that the record is in the archive's transparency log.
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// PDF files to check, or folders of them.
    #[arg(required = true, value_name = "PATH")]
    pub files: Vec<PathBuf>,
    /// Check as of this time: a day, as 2026-11-24 (its end), or a moment, as 2026-11-24T10:15:00+07:00.
    #[arg(long, value_name = "TIME", value_parser = crate::clock::moment)]
    pub at: Option<Timestamp>,
    /// Trust these certificates and revocation lists (PEM) instead of the home's.
    #[arg(long, value_name = "PEM")]
    pub trust: Vec<PathBuf>,
    /// Revocation lists (PEM or DER) to consult besides.
    #[arg(long, value_name = "FILE")]
    pub crl: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RebuildArgs {
    /// Begin a new transparency log where the old one is gone: proofs handed out before can no longer be checked.
    #[arg(long)]
    pub new_log: bool,
}

#[derive(Debug, Args)]
pub struct LedgerArgs {
    /// The batch, as `20261124T101500-0001`; every batch where it is not given.
    #[arg(value_name = "BATCH")]
    pub batch: Option<BatchId>,
}

#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// Print the newest checkpoint, a C2SP signed note: keep it, and later demand a proof --since it.
    Checkpoint,
    /// Write the proof that a record is in the log, or that the log still begins with a checkpoint that was kept.
    Prove(LogProveArgs),
    /// Check a proof with nothing but its file and the log's key: exit 0 it holds, 1 it does not.
    Check(LogCheckArgs),
}

#[derive(Debug, Args)]
pub struct LogProveArgs {
    /// A record id, result code, dossier code or document symbol.
    #[arg(value_name = "ID", conflicts_with = "since", required_unless_present = "since")]
    pub id: Option<String>,
    /// Prove that the log begins with this checkpoint.
    #[arg(long, value_name = "CHECKPOINT")]
    pub since: Option<PathBuf>,
    /// Where to write the proof; on the terminal where it is not given.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct LogCheckArgs {
    /// The proof: a receipt (C2SP tlog-proof), or with --since a proof of consistency.
    #[arg(value_name = "PROOF")]
    pub proof: PathBuf,
    /// The log's public key, instead of the home's `log.pub`.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The PDF that the proof must be for.
    #[arg(long, value_name = "FILE.pdf", conflicts_with = "since")]
    pub pdf: Option<PathBuf>,
    /// The checkpoint that was kept.
    #[arg(long, value_name = "CHECKPOINT")]
    pub since: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address and port, instead of the configured one. Port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Add an account; its password is made up and printed once.
    Add {
        /// The name to sign in with.
        name: String,
        /// See the records of this agency and the offices below it; everything where it is not given.
        #[arg(long, value_name = "CODE")]
        agency: Option<AgencyCode>,
        /// May see restricted records.
        #[arg(long)]
        restricted: bool,
    },
}
