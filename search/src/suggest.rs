//! What somebody may have meant: names of procedures and places, never of persons, and only such as the searcher sees.

use std::cmp::Reverse;

use tantivy::Term;

use crate::labels::{Label, Labels};
use crate::plan::Planner;
use crate::query::{Place, Query, Wanted};
use crate::schema::Tag;
use crate::similar::is_near;
use crate::text::words;

/// No more suggestions are made.
const MOST: usize = 3;
/// A word must have so many letters to be taken for one that is mistyped.
const SHORTEST: usize = 3;
/// So many words at least must agree with a name, one of them mistyped.
const LEAST_AGREEING: usize = 2;

/// Names that are nearly what was typed, the nearest first.
pub(crate) fn suggestions(
    planner: &Planner<'_>,
    labels: &Labels,
    query: &Query,
) -> tantivy::Result<Vec<String>> {
    let mut typed = Vec::new();
    for clause in query.clauses().iter().filter(|clause| !clause.excluded) {
        if let Wanted::Words(Place::Anywhere | Place::Procedure | Place::Agency, words)
        | Wanted::Phrase(Place::Anywhere | Place::Procedure | Place::Agency, words) = &clause.wanted
        {
            typed.extend(words.iter().map(|word| word.folded.clone()));
        }
    }
    if typed.len() < LEAST_AGREEING {
        return Ok(Vec::new());
    }
    let procedures = labels.procedures.values.iter().map(|label| (label, false));
    let agencies = labels.agencies.values.iter().map(|label| (label, true));
    let mut near: Vec<(Nearness, &Label, bool)> = procedures
        .chain(agencies)
        .filter_map(|(label, is_agency)| Some((nearness(&typed, &label.name)?, label, is_agency)))
        .collect();
    near.sort_by(|one, other| one.0.cmp(&other.0).then_with(|| one.1.name.cmp(&other.1.name)));
    let mut names: Vec<String> = Vec::new();
    for (_, label, is_agency) in near {
        if names.len() == MOST {
            break;
        }
        if !names.contains(&label.name) && is_visible(planner, label, is_agency)? {
            names.push(label.name.clone());
        }
    }
    Ok(names)
}

/// How near a name is: the most words that agree first, then the shortest name.
type Nearness = (Reverse<usize>, usize);

/// How near a name is to the typed words; `None` where it is not, or where nothing was mistyped.
fn nearness(typed: &[String], name: &str) -> Option<Nearness> {
    let name: Vec<String> = words(name).into_iter().map(|word| word.folded).collect();
    let (mut agreeing, mut mistyped) = (0, 0);
    for word in typed {
        if name.contains(word) {
            agreeing += 1;
        } else if word.len() >= SHORTEST && name.iter().any(|other| is_near(word, other)) {
            agreeing += 1;
            mistyped += 1;
        }
    }
    let is_near = mistyped > 0 && agreeing >= LEAST_AGREEING && agreeing * 3 >= typed.len() * 2;
    is_near.then_some((Reverse(agreeing), name.len()))
}

fn is_visible(planner: &Planner<'_>, label: &Label, is_agency: bool) -> tantivy::Result<bool> {
    let tag = if is_agency {
        label.code.parse().ok().map(Tag::Agency)
    } else {
        label.code.parse().ok().map(Tag::Procedure)
    };
    match tag {
        Some(tag) => planner.is_anywhere(&Term::from_field_text(planner.fields.tag, &tag.term())),
        None => Ok(false),
    }
}
