use std::ffi::OsString;
use std::io::IsTerminal;

use anyhow::{Context, Result};
use muniment_record::format_date;
use muniment_search::{Hit, Paging, Query, Reader, Results, Scope, Snippet};

use super::{Setting, print_json};
use crate::cli::SearchArgs;
use crate::exit::Exit;

/// The program's arguments. What a query excludes (`search đất -nhà`) looks like options: a blank before it says that it
/// is none, and the quotation marks of a phrase, which the shell took, are put back.
pub fn arguments(given: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut is_search = false;
    given.map(move |argument| {
        is_search |= argument == "search";
        match argument.to_str().and_then(|text| text.strip_prefix('-')) {
            Some(excluded) if is_search && !excluded.starts_with('-') && excluded.chars().count() > 1 => {
                let is_phrase = excluded.contains(char::is_whitespace) && !excluded.contains(':');
                if is_phrase { format!(" -\"{excluded}\"").into() } else { format!(" -{excluded}").into() }
            }
            _ => argument,
        }
    })
}

/// Searches the whole archive: whoever may run this program on the home may read all of it anyway.
pub fn run(setting: &Setting, args: &SearchArgs) -> Result<Exit> {
    if args.limit == 0 {
        eprintln!(
            "muniment: {}",
            setting.say(
                "--limit phải từ 1 trở lên; muốn biết có bao nhiêu kết quả, xem dòng đầu của kết quả tìm",
                "--limit must be at least 1; how many records match is said in the first line of any search"
            )
        );
        return Ok(Exit::Usage);
    }
    let home = setting.open_home()?;
    let reader =
        Reader::open(&home.index()).context("failed to open the search index; try: muniment rebuild")?;
    let query = Query::parse(&args.query.join(" "));
    let paging = Paging { offset: args.offset, limit: args.limit, ..Paging::default() };
    let results = reader.search(&Scope::Everything, &query, &paging).context("failed to search")?;
    if setting.json {
        print_json(&results)?;
    } else {
        show(setting, &results, args.offset);
    }
    Ok(Exit::Done)
}

fn show(setting: &Setting, results: &Results, offset: usize) {
    for notice in &results.notices {
        println!("{}", notice.message(setting.language));
    }
    if results.approximate {
        println!(
            "{}",
            setting.say(
                "Không có kết quả đúng từng chữ; đây là kết quả gần giống.",
                "Nothing matches exactly; these are similar."
            )
        );
    }
    println!("{}", results.total.message(setting.language));
    for (number, hit) in (offset + 1..).zip(&results.hits) {
        show_hit(setting, number, hit);
    }
    for suggestion in &results.suggestions {
        println!("{}: {suggestion}", setting.say("Có phải bạn tìm", "Did you mean"));
    }
}

fn show_hit(setting: &Setting, number: usize, hit: &Hit) {
    println!("\n{number}. {}", hit.title);
    println!("   {} · {} · {}", hit.symbol, format_date(hit.issued_on), hit.agency);
    println!("   {} · {}", hit.holder, hit.status.label(setting.language));
    println!("   {}", marked(&hit.snippet));
    if let Some(code) = &hit.result_code {
        println!("   {code}");
    }
    println!("   {}", hit.id);
}

/// The passage with its matches in bold on a terminal, in brackets elsewhere.
fn marked(snippet: &Snippet) -> String {
    let (open, close) = if std::io::stdout().is_terminal() { ("\u{1b}[1m", "\u{1b}[0m") } else { ("[", "]") };
    let pieces = snippet.pieces().into_iter();
    let text: String = pieces
        .map(|(text, hit)| if hit { format!("{open}{text}{close}") } else { text.to_owned() })
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
