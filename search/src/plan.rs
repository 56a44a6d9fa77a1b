//! From clauses to a query of the engine. The scope is part of it, always.

use jiff::civil::Date;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery,
    Query as EngineQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use crate::code::{Code, CodeKind, MOST_PARTS};
use crate::prefix::PrefixQuery;
use crate::query::{Clause, Place, Query, Wanted};
use crate::schema::{self, Fields, Tag};
use crate::scope::Scope;
use crate::snippet::Sought;
use crate::text::{Word, decode_telex};

type Boxed = Box<dyn EngineQuery>;

/// Scores of codes: no sum of words comes near them.
const WHOLE_CODE: f32 = 4000.0;
const CODE_BEGINNING: f32 = 2000.0;
const CODE_FRAGMENT: f32 = 1000.0;

/// What words earn beside their own rarity.
const PAIR: f32 = 1.0;
const EXACT: f32 = 1.0;
const EXACT_PAIR: f32 = 1.0;
const HOLDER: f32 = 0.5;
const UNFINISHED: f32 = 0.5;
const UNFINISHED_PAIR: f32 = 8.0;
const SIMILAR: f32 = 0.5;

/// A decoded Telex word must be this many times commoner than the word as typed.
const TELEX_FACTOR: u64 = 10;
/// No more similar words are tried for one word.
const MOST_SIMILAR: usize = 50;

/// How freely words are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freedom {
    /// All words, as typed.
    Strict,
    /// The last word may be the beginning of a longer one.
    Unfinished,
    /// Words that are nowhere may be similar ones.
    Similar,
    /// Only seven in ten of the words, similar ones too.
    Most,
}

/// Makes engine queries for one state of the index and one scope.
pub(crate) struct Planner<'a> {
    pub(crate) fields: &'a Fields,
    pub(crate) searcher: &'a Searcher,
    pub(crate) scope: &'a Scope,
    pub(crate) freedom: Freedom,
    pub(crate) sought: Sought,
}

impl Planner<'_> {
    /// The whole query.
    pub(crate) fn plan(&mut self, query: &Query) -> tantivy::Result<Boxed> {
        let mut parts: Vec<(Occur, Boxed)> = Vec::new();
        parts.extend(self.scope_filter().map(|filter| (Occur::Must, filter)));
        let mut optional: Vec<Boxed> = Vec::new();
        let last = query.clauses().len().saturating_sub(1);
        for (place, clause) in query.clauses().iter().enumerate() {
            let is_open = place == last && query.last_word_is_open() && self.freedom != Freedom::Strict;
            if clause.excluded {
                let strict = std::mem::replace(&mut self.freedom, Freedom::Strict);
                let sought = std::mem::take(&mut self.sought);
                let excluded = self.clause(clause, false, &mut Vec::new())?;
                self.freedom = strict;
                self.sought = sought;
                parts.extend(excluded.into_iter().map(|(_, query)| (Occur::MustNot, query)));
            } else {
                parts.extend(self.clause(clause, is_open, &mut optional)?);
            }
        }
        if self.freedom == Freedom::Most {
            parts = loosen(parts);
        }
        if !parts.iter().any(|(occur, _)| *occur == Occur::Must) {
            parts.push((Occur::Must, filter(Box::new(AllQuery))));
        }
        parts.extend(optional.into_iter().map(|query| (Occur::Should, query)));
        Ok(Box::new(BooleanQuery::new(parts)))
    }

    /// What the searcher may see; `None` where that is everything.
    pub(crate) fn scope_filter(&self) -> Option<Boxed> {
        let terms = schema::scope_terms(self.scope, self.fields)?;
        Some(filter(any_of(terms.into_iter().map(|term| plain(term)).collect())))
    }

    /// The demands of a clause, each with whether it is a must; what only ranks goes to `optional`.
    fn clause(
        &mut self,
        clause: &Clause,
        is_open: bool,
        optional: &mut Vec<Boxed>,
    ) -> tantivy::Result<Vec<(Occur, Boxed)>> {
        let must = |query: Boxed| vec![(Occur::Must, query)];
        Ok(match &clause.wanted {
            Wanted::Words(place, words) | Wanted::Phrase(place, words)
                if clause.excluded && *place != Place::Anywhere && has_marks(words) =>
            {
                must(self.exactly(*place, words))
            }
            Wanted::Words(place, words) if clause.excluded => {
                let all = self.words(*place, words, false, &mut Vec::new())?;
                must(all_of(all))
            }
            Wanted::Words(place, words) => {
                let occur = if self.freedom == Freedom::Most { Occur::Should } else { Occur::Must };
                let all = self.words(*place, words, is_open, optional)?;
                all.into_iter().map(|query| (occur, query)).collect()
            }
            Wanted::Phrase(place, words) => must(self.phrase(*place, words, optional)?),
            Wanted::Code(kind, code, words) => must(self.code(*kind, code, words)?),
            Wanted::Period(first, last) => must(filter(self.period(*first, *last))),
            Wanted::Fact(tag) => must(filter(self.tag(tag))),
        })
    }

    /// Words in a field with their marks as typed, next to each other: whoever leaves out a name with its marks means no
    /// other name.
    fn exactly(&self, place: Place, words: &[Word]) -> Boxed {
        let field = self.field(place);
        let folded = words.iter().map(|word| plain(Term::from_field_text(field, &word.folded)));
        let exact = words.iter().map(|word| plain(Term::from_field_text(self.fields.exact, &word.exact)));
        let pairs = words.windows(2).filter_map(|pair| match pair {
            [first, second] => {
                let pair = format!("{} {}", first.exact, second.exact);
                Some(plain(Term::from_field_text(self.fields.exact, &pair)))
            }
            _ => None,
        });
        all_of(folded.chain(exact).chain(pairs).collect())
    }

    fn words(
        &mut self,
        place: Place,
        typed: &[Word],
        is_open: bool,
        optional: &mut Vec<Boxed>,
    ) -> tantivy::Result<Vec<Boxed>> {
        let field = self.field(place);
        let words = self.repair(typed)?;
        let mut demands: Vec<Boxed> = Vec::with_capacity(words.len());
        for (nth, word) in words.iter().enumerate() {
            let is_last = nth + 1 == words.len();
            self.sought.words.insert(word.folded.clone());
            let term = Term::from_field_text(field, &word.folded);
            let mut ways: Vec<Boxed> = vec![scored(term.clone())];
            if is_last && is_open {
                self.sought.prefix = Some(word.folded.clone());
                ways.push(self.unfinished(field, place, &word.folded));
            }
            if matches!(self.freedom, Freedom::Similar | Freedom::Most) && !self.is_anywhere(&term)? {
                for similar in self.similar(field, &typed[nth].folded)? {
                    self.sought.words.insert(similar.clone());
                    ways.push(boosted(scored(Term::from_field_text(field, &similar)), SIMILAR));
                }
            }
            demands.push(any_of(ways));
        }
        self.rank(place, &words, is_open, optional);
        Ok(demands)
    }

    /// What ranks records that have all the words: neighbours, marks as typed, the holder's name.
    fn rank(&self, place: Place, words: &[Word], is_open: bool, optional: &mut Vec<Boxed>) {
        let fields = self.fields;
        let has_marks = has_marks(words);
        let mut add = |field: Field, text: &str, boost: f32| {
            optional.push(boosted(plain(Term::from_field_text(field, text)), boost));
        };
        for word in words {
            if has_marks {
                add(fields.exact, &word.exact, EXACT);
            }
            if place == Place::Anywhere {
                add(fields.holder, &word.folded, HOLDER);
            }
        }
        for pair in words.windows(2) {
            let [first, second] = pair else { continue };
            add(fields.pairs, &format!("{} {}", first.folded, second.folded), PAIR);
            if has_marks {
                add(fields.exact, &format!("{} {}", first.exact, second.exact), EXACT_PAIR);
            }
        }
        if let ([.., first, second], true) = (words, is_open) {
            let beginning = format!("{} {}", first.folded, second.folded);
            optional.push(constant(Box::new(PrefixQuery::new(fields.pairs, &beginning)), UNFINISHED_PAIR));
        }
    }

    /// Records with a word that begins so. One or two letters begin too many words to look for them in whole texts.
    fn unfinished(&self, field: Field, place: Place, beginning: &str) -> Boxed {
        if place == Place::Anywhere && beginning.len() <= 2 {
            let fields = [self.fields.holder, self.fields.procedure, self.fields.agency];
            let ways = fields.iter().map(|field| -> Boxed { Box::new(PrefixQuery::new(*field, beginning)) });
            return constant(any_of(ways.collect()), UNFINISHED);
        }
        constant(Box::new(PrefixQuery::new(field, beginning)), UNFINISHED)
    }

    /// Puts words in the place of Telex that nothing converted.
    fn repair(&self, typed: &[Word]) -> tantivy::Result<Vec<Word>> {
        let mut words = Vec::with_capacity(typed.len());
        for word in typed {
            let mut word = word.clone();
            if let Some((exact, folded)) = decode_telex(&word.exact) {
                let as_typed = self.frequency(&word.folded)?;
                let decoded = self.frequency(&folded)?;
                if decoded > as_typed.saturating_mul(TELEX_FACTOR) {
                    word = Word { exact, folded, span: word.span };
                }
            }
            words.push(word);
        }
        Ok(words)
    }

    fn frequency(&self, folded: &str) -> tantivy::Result<u64> {
        self.searcher.doc_freq(&Term::from_field_text(self.fields.all, folded))
    }

    /// Whether any record in scope has the term. What lies outside must not change how a search behaves.
    fn is_anywhere(&self, term: &Term) -> tantivy::Result<bool> {
        if self.searcher.doc_freq(term)? == 0 {
            return Ok(false);
        }
        let Some(scope) = self.scope_filter() else { return Ok(true) };
        let both = BooleanQuery::new(vec![(Occur::Must, scope), (Occur::Must, plain(term.clone()))]);
        is_any(self.searcher, &both)
    }

    /// Words in the index that differ in one letter, the commonest first.
    fn similar(&self, field: Field, folded: &str) -> tantivy::Result<Vec<String>> {
        crate::similar::words(self.searcher, field, folded, MOST_SIMILAR)
    }

    fn phrase(&mut self, place: Place, words: &[Word], optional: &mut Vec<Boxed>) -> tantivy::Result<Boxed> {
        let field = self.field(place);
        self.sought.words.extend(words.iter().map(|word| word.folded.clone()));
        self.rank(place, words, false, optional);
        if place == Place::Anywhere {
            let terms = words.iter().map(|word| Term::from_field_text(field, &word.folded));
            return Ok(Box::new(PhraseQuery::new(terms.collect())));
        }
        // Names have no places of words: all the words there, and neighbours in the description.
        let mut all: Vec<Boxed> =
            words.iter().map(|word| scored(Term::from_field_text(field, &word.folded))).collect();
        for pair in words.windows(2) {
            if let [first, second] = pair {
                let pair = format!("{} {}", first.folded, second.folded);
                all.push(plain(Term::from_field_text(self.fields.pairs, &pair)));
            }
        }
        Ok(all_of(all))
    }

    /// A code in its own tier of scores; if nothing has it, its parts as words.
    fn code(&mut self, kind: Option<CodeKind>, code: &Code, words: &[Word]) -> tantivy::Result<Boxed> {
        let mut ways: Vec<Boxed> = Vec::new();
        let kinds: Vec<CodeKind> =
            CodeKind::ALL.into_iter().filter(|known| kind.is_none_or(|kind| kind == *known)).collect();
        for kind in kinds {
            self.code_of_kind(kind, code, &mut ways)?;
        }
        if ways.is_empty() {
            if kind.is_some() {
                return Ok(Box::new(EmptyQuery));
            }
            let all = self.words(Place::Anywhere, words, false, &mut Vec::new())?;
            return Ok(all_of(all));
        }
        self.sought.words.extend(words.iter().map(|word| word.folded.clone()));
        if kind.is_none() {
            let all = words.iter().map(|word| scored(Term::from_field_text(self.fields.all, &word.folded)));
            ways.push(all_of(all.collect()));
        }
        Ok(any_of(ways))
    }

    fn code_of_kind(&self, kind: CodeKind, code: &Code, ways: &mut Vec<Boxed>) -> tantivy::Result<()> {
        let compact = code.compact();
        if kind != CodeKind::Dossier {
            let whole = self.code_term(&kind.whole(&compact));
            if self.searcher.doc_freq(&whole)? > 0 {
                ways.push(constant(plain(whole), WHOLE_CODE));
            }
            let least = if kind == CodeKind::Holder { 5 } else { 4 };
            if compact.len() >= least {
                let beginning = PrefixQuery::new(self.fields.code, &kind.whole(&compact));
                if beginning.is_anywhere(self.searcher)? {
                    ways.push(constant(Box::new(beginning), CODE_BEGINNING));
                }
            }
        }
        if kind == CodeKind::Holder || (code.parts.len() == 1 && compact.len() < 4) {
            return Ok(());
        }
        for start in 0..MOST_PARTS.saturating_sub(code.parts.len()) + 1 {
            if let Some(fragment) = self.fragment(kind, code, start)? {
                let score = if start == 0 { CODE_BEGINNING } else { CODE_FRAGMENT };
                ways.push(constant(fragment, score));
            }
        }
        Ok(())
    }

    /// The parts of a code at consecutive places from `start` on; the last may be unfinished.
    fn fragment(&self, kind: CodeKind, code: &Code, start: usize) -> tantivy::Result<Option<Boxed>> {
        let Some((last, former)) = code.parts.split_last() else { return Ok(None) };
        let mut all: Vec<Boxed> = Vec::with_capacity(code.parts.len());
        for (nth, part) in former.iter().enumerate() {
            let term = self.code_term(&kind.part(start + nth, part));
            if self.searcher.doc_freq(&term)? == 0 {
                return Ok(None);
            }
            all.push(plain(term));
        }
        let beginning = kind.part(start + former.len(), last);
        let term = self.code_term(&beginning);
        if self.searcher.doc_freq(&term)? > 0 {
            all.push(plain(term));
        } else {
            let unfinished = PrefixQuery::new(self.fields.code, &beginning);
            if former.is_empty() || !unfinished.is_anywhere(self.searcher)? {
                return Ok(None);
            }
            all.push(Box::new(unfinished));
        }
        Ok(Some(all_of(all)))
    }

    fn code_term(&self, text: &str) -> Term {
        Term::from_field_text(self.fields.code, text)
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
}

/// Whether words were typed with marks: then a letter without one is meant so.
fn has_marks(words: &[Word]) -> bool {
    words.iter().any(|word| word.exact != word.folded)
}

/// Whether any living document matches.
pub(crate) fn is_any(searcher: &Searcher, query: &dyn EngineQuery) -> tantivy::Result<bool> {
    let weight = query.weight(tantivy::query::EnableScoring::disabled_from_searcher(searcher))?;
    for reader in searcher.segment_readers() {
        let mut scorer = weight.scorer(reader, 1.0)?;
        let mut document = scorer.doc();
        while document != tantivy::TERMINATED {
            if !reader.is_deleted(document) {
                return Ok(true);
            }
            document = scorer.advance();
        }
    }
    Ok(false)
}

/// Turns the optional words into a demand for seven in ten of them.
fn loosen(parts: Vec<(Occur, Boxed)>) -> Vec<(Occur, Boxed)> {
    let (words, mut others): (Vec<_>, Vec<_>) =
        parts.into_iter().partition(|(occur, _)| *occur == Occur::Should);
    if words.is_empty() {
        return others;
    }
    let most = words.len();
    let least = if most < 3 { most } else { (most * 7).div_ceil(10).min(most - 1) };
    let words = words.into_iter().map(|(_, query)| query).collect();
    others.push((Occur::Must, Box::new(BooleanQuery::union_with_minimum_required_clauses(words, least))));
    others
}

/// A term that scores by its rarity and how often a document has it.
fn scored(term: Term) -> Boxed {
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}

fn plain(term: Term) -> Boxed {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn filter(query: Boxed) -> Boxed {
    constant(query, 0.0)
}

fn constant(query: Boxed, score: f32) -> Boxed {
    Box::new(ConstScoreQuery::new(query, score))
}

fn boosted(query: Boxed, boost: f32) -> Boxed {
    Box::new(BoostQuery::new(query, boost))
}

fn any_of(mut queries: Vec<Boxed>) -> Boxed {
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
