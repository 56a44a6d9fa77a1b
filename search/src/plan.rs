//! From clauses to what the engine looks for. The scope is part of it, always.

mod codes;
mod mend;
mod words;

use jiff::civil::Date;
use tantivy::query::{
    AllQuery, BooleanQuery, EmptyQuery, EnableScoring, Occur, Query as EngineQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use crate::phrase::{self, Phrase};
use crate::prefix::PrefixQuery;
use crate::query::{Clause, Place, Query, Wanted};
use crate::rank::{Rank, Run};
use crate::schema::{self, Fields, Tag};
use crate::scope::Scope;
use crate::snippet::Sought;
use crate::text::Word;

type Boxed = Box<dyn EngineQuery>;

/// How freely words are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Freedom {
    /// All words, as typed.
    Strict,
    /// The last word may be the beginning of a longer one.
    Unfinished,
    /// Words that are nowhere, or nowhere beside their neighbours, may be similar ones.
    Similar,
    /// The same, but without words that are nowhere, if they are no more than three in ten.
    Known,
    /// Only seven in ten of the words, similar ones too.
    Most,
}

/// What to look for: which records, and what puts one before another.
#[derive(Default)]
pub(crate) struct Plan {
    /// What all records found match, or do not match.
    pub(crate) demands: Vec<(Occur, Boxed)>,
    /// Words that may be one of several, all of which records found have in one way or another.
    pub(crate) choices: Vec<Choice>,
    /// How many records at most meet the demands, as far as the plan knows.
    pub(crate) most: Option<u64>,
    /// Words of which `least` must be there, each with about how many records have it.
    pub(crate) loose: Vec<(u64, Boxed)>,
    pub(crate) least: usize,
    /// Phrases that records found have, or do not have.
    pub(crate) phrases: Vec<Phrase>,
    pub(crate) ranks: Vec<Rank>,
    pub(crate) runs: Vec<Run>,
    pub(crate) sought: Sought,
    /// Whether it may find more than the plan of less freedom.
    pub(crate) is_wider: bool,
}

/// Ways of which one must match, with about how many records have one; `None` where that is not known.
pub(crate) struct Choice {
    pub(crate) frequency: Option<u64>,
    pub(crate) ways: Vec<Boxed>,
}

/// Makes plans for one state of the index and one scope.
pub(crate) struct Planner<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) searcher: &'a Searcher,
    pub(crate) scope: &'a Scope,
    pub(crate) freedom: Freedom,
    plan: Plan,
}

impl<'a> Planner<'a> {
    pub(crate) fn new(
        fields: &'a Fields,
        searcher: &'a Searcher,
        scope: &'a Scope,
        freedom: Freedom,
    ) -> Self {
        Self { fields, searcher, scope, freedom, plan: Plan::default() }
    }

    /// The plan of a whole query.
    pub(crate) fn plan(mut self, query: &Query) -> tantivy::Result<Plan> {
        let last = query.clauses().len().saturating_sub(1);
        let mut demands = Vec::new();
        for (place, clause) in query.clauses().iter().enumerate() {
            if let (true, Wanted::Phrase(Place::Anywhere, words)) = (clause.excluded, &clause.wanted) {
                self.push_phrase(words, true);
            } else if clause.excluded {
                demands.push((Occur::MustNot, self.excluded(clause)?));
            } else {
                let is_open = place == last && query.last_word_is_open();
                let wanted = self.clause(clause, is_open)?;
                if !matches!(clause.wanted, Wanted::Words(..)) {
                    self.plan.most.get_or_insert(u64::MAX);
                }
                demands.extend(wanted.into_iter().map(|query| (Occur::Must, query)));
            }
        }
        let loose = self.plan.loose.len();
        self.plan.least = least(loose);
        self.plan.is_wider |= self.freedom == Freedom::Most && self.plan.least < loose;
        demands.extend(self.scope_filter().map(|filter| (Occur::Must, filter)));
        if loose == 0
            && self.plan.choices.is_empty()
            && !demands.iter().any(|(occur, _)| *occur == Occur::Must)
        {
            demands.push((Occur::Must, Box::new(AllQuery)));
        }
        self.plan.demands = demands;
        Ok(self.plan)
    }

    /// What the searcher may see; `None` where that is everything.
    fn scope_filter(&self) -> Option<Boxed> {
        let terms = schema::scope_terms(self.scope, self.fields)?;
        Some(any_of(terms.into_iter().map(plain).collect()))
    }

    fn excluded(&self, clause: &Clause) -> tantivy::Result<Boxed> {
        // What is left out ranks nothing and is taken as typed.
        let mut strict = Planner::new(self.fields, self.searcher, self.scope, Freedom::Strict);
        Ok(match &clause.wanted {
            Wanted::Words(place, words) | Wanted::Phrase(place, words)
                if *place != Place::Anywhere && has_marks(words) =>
            {
                self.exactly(*place, words)
            }
            _ => {
                let mut all = strict.clause(clause, false)?;
                all.extend(strict.plan.choices.into_iter().map(|choice| any_of(choice.ways)));
                all_of(all)
            }
        })
    }

    /// The demands of a clause, all of which must be met; words that may be one of several become choices of the plan.
    fn clause(&mut self, clause: &Clause, is_open: bool) -> tantivy::Result<Vec<Boxed>> {
        Ok(match &clause.wanted {
            Wanted::Words(place, words) => self.words(*place, words, is_open)?,
            Wanted::Phrase(place, words) => vec![self.phrase(*place, words)],
            Wanted::Code(kind, code, words) => self.code(*kind, code, words)?,
            Wanted::Period(first, last) => vec![self.period(*first, *last)],
            Wanted::Fact(tag) => vec![self.tag(tag)],
        })
    }

    /// Words in a field with their marks as typed, next to each other: whoever leaves out a name with its marks means no
    /// other name.
    fn exactly(&self, place: Place, words: &[Word]) -> Boxed {
        let field = self.field(place);
        let folded = words.iter().map(|word| plain(Term::from_field_text(field, &word.folded)));
        let exact = words.iter().map(|word| plain(Term::from_field_text(self.fields.exact, &word.exact)));
        let typed: Vec<&str> = words.iter().map(|word| word.exact.as_str()).collect();
        let pairs = phrase::pairs(self.fields.exact, &typed).into_iter().map(plain);
        all_of(folded.chain(exact).chain(pairs).collect())
    }

    fn phrase(&mut self, place: Place, typed: &[Word]) -> Boxed {
        let field = self.field(place);
        for word in typed {
            self.plan.sought.add(&word.folded);
        }
        let slots: Vec<words::Slot> = typed.iter().cloned().map(words::Slot::new).collect();
        self.rank(place, &slots, false);
        let terms = typed.iter().map(|word| Term::from_field_text(field, &word.folded));
        let mut all: Vec<Boxed> = terms.map(plain).collect();
        if place == Place::Anywhere {
            self.push_phrase(typed, false);
        } else {
            // Names have no places of words: all the words there, and neighbours in the description.
            let words: Vec<&str> = typed.iter().map(|word| word.folded.as_str()).collect();
            all.extend(phrase::pairs(self.fields.pairs, &words).into_iter().map(plain));
        }
        all_of(all)
    }

    fn push_phrase(&mut self, words: &[Word], is_excluded: bool) {
        let words: Vec<&str> = words.iter().map(|word| word.folded.as_str()).collect();
        self.plan.phrases.push(Phrase {
            words: words.iter().map(|word| Term::from_field_text(self.fields.all, word)).collect(),
            pairs: phrase::pairs(self.fields.pairs, &words),
            is_excluded,
        });
    }

    fn tag(&self, tag: &Tag) -> Boxed {
        plain(Term::from_field_text(self.fields.tag, &tag.term()))
    }

    /// Whole years and months of the period by their own terms, the days at its ends one by one.
    fn period(&self, first: Date, last: Date) -> Boxed {
        let mut tags = Vec::new();
        let mut day = first;
        while day <= last {
            let (tag, end) = if day.day_of_year() == 1 && day.last_of_year() <= last {
                (Tag::Year(day.year()), day.last_of_year())
            } else if day.day() == 1 && day.last_of_month() <= last {
                (Tag::Month(day.year(), day.month()), day.last_of_month())
            } else {
                (Tag::Day(day), day)
            };
            tags.push(self.tag(&tag));
            match end.tomorrow() {
                Ok(next) => day = next,
                Err(_) => break,
            }
        }
        any_of(tags)
    }

    fn field(&self, place: Place) -> Field {
        match place {
            Place::Anywhere => self.fields.all,
            Place::Holder => self.fields.holder,
            Place::Signer => self.fields.signer,
            Place::Procedure => self.fields.procedure,
            Place::Agency => self.fields.agency,
        }
    }

    /// How many records in scope have the word, no more than `most` of them.
    fn frequency(&self, folded: &str, most: u64) -> tantivy::Result<u64> {
        let term = Term::from_field_text(self.fields.all, folded);
        match self.scope_filter() {
            Some(scope) => count(self.searcher, &all_of(vec![scope, plain(term)]), most),
            None => Ok(self.searcher.doc_freq(&term)?.min(most)),
        }
    }

    /// Whether more than so many times as many records in scope have the one word as have the other.
    fn is_commoner(&self, one: &str, other: &str, times: u64) -> tantivy::Result<bool> {
        let term = Term::from_field_text(self.fields.all, one);
        // There are no more in scope than everywhere, so counting may end there.
        let most = self.searcher.doc_freq(&term)? / times + 1;
        let least = self.frequency(other, most)?.saturating_mul(times);
        Ok(self.frequency(one, least.saturating_add(1))? > least)
    }

    /// Whether any description in scope has these neighbours.
    fn is_pair(&self, first: &str, second: &str) -> tantivy::Result<bool> {
        self.is_anywhere(&Term::from_field_text(self.fields.pairs, &format!("{first} {second}")))
    }

    /// Whether any record in scope has the term. What lies outside must not change how a search behaves, nor how long it
    /// takes: so a term that is nowhere is looked for in the scope too.
    pub(crate) fn is_anywhere(&self, term: &Term) -> tantivy::Result<bool> {
        match self.scope_filter() {
            None => Ok(self.searcher.doc_freq(term)? > 0),
            Some(_) => self.is_in_scope(plain(term.clone()).as_ref()),
        }
    }

    /// Whether any record in scope has a term that begins so.
    fn begins_anywhere(&self, beginning: PrefixQuery) -> tantivy::Result<bool> {
        Ok(beginning.is_anywhere(self.searcher)? && self.is_in_scope(&beginning)?)
    }

    /// Whether any record in scope matches a query that some record matches.
    fn is_in_scope(&self, query: &dyn EngineQuery) -> tantivy::Result<bool> {
        match self.scope_filter() {
            None => Ok(true),
            Some(scope) => Ok(count(self.searcher, &all_of(vec![scope, query.box_clone()]), 1)? > 0),
        }
    }
}

/// How many of so many words must be there, where not all are.
fn least(words: usize) -> usize {
    if words < 3 { words } else { (words * 7).div_ceil(10).min(words - 1) }
}

/// Whether words were typed with marks: then a letter without one is meant so.
fn has_marks(words: &[Word]) -> bool {
    words.iter().any(|word| word.exact != word.folded)
}

/// How many living documents match, no more than `most` of them.
fn count(searcher: &Searcher, query: &dyn EngineQuery, most: u64) -> tantivy::Result<u64> {
    let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let mut count = 0;
    for reader in searcher.segment_readers() {
        let mut scorer = weight.scorer(reader, 1.0)?;
        let mut document = scorer.doc();
        while document != tantivy::TERMINATED {
            count += u64::from(!reader.is_deleted(document));
            if count >= most {
                return Ok(count);
            }
            document = scorer.advance();
        }
    }
    Ok(count)
}

fn plain(term: Term) -> Boxed {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

pub(crate) fn any_of(mut queries: Vec<Boxed>) -> Boxed {
    match (queries.len(), queries.pop()) {
        (1, Some(only)) => only,
        (_, None) => Box::new(EmptyQuery),
        (_, Some(last)) => {
            queries.push(last);
            Box::new(BooleanQuery::union(queries))
        }
    }
}

fn all_of(mut queries: Vec<Boxed>) -> Boxed {
    match (queries.len(), queries.pop()) {
        (1, Some(only)) => only,
        (_, None) => Box::new(EmptyQuery),
        (_, Some(last)) => {
            queries.push(last);
            Box::new(BooleanQuery::intersection(queries))
        }
    }
}
