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
/// Longer runs of words are not searched for wrong letters.
const MOST_MENDED: usize = 8;
/// So many words at most stand for one that was mistyped.
const MOST_FITTING: usize = 8;
/// What the words in one run earn, and how rare one of them must be to look for it.
const RUN: f32 = 25.0;
const RARE: u64 = 20_000;
/// A term that ranks is in one of so many records at most, in an index that is not small.
const COMMON: u64 = 12;
const SMALL: u64 = 1000;
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

/// A word with the words that may have been meant by it.
struct Slot {
    word: Word,
    others: Vec<String>,
}

impl Slot {
    fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.word.folded.as_str()).chain(self.others.iter().map(String::as_str))
    }
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
            let is_open = place == last && query.last_word_is_open();
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
        let slots = self.slots(place, typed, is_open)?;
        let mut demands: Vec<Boxed> = Vec::with_capacity(slots.len());
        for (nth, slot) in slots.iter().enumerate() {
            let folded = &slot.word.folded;
            self.sought.words.insert(folded.clone());
            let mut ways: Vec<Boxed> = vec![scored(Term::from_field_text(field, folded))];
            if nth + 1 == slots.len() && is_open {
                self.sought.prefix = Some(folded.clone());
                if let Some(former) = nth.checked_sub(1).and_then(|former| slots.get(former)) {
                    ways.push(self.unfinished_pair(&former.word.folded, folded, UNFINISHED));
                }
                if self.freedom != Freedom::Strict {
                    ways.push(self.unfinished(field, place, folded));
                }
            }
            for other in &slot.others {
                self.sought.words.insert(other.clone());
                ways.push(boosted(scored(Term::from_field_text(field, other)), SIMILAR));
            }
            demands.push(any_of(ways));
        }
        self.rank(place, &slots, is_open, optional)?;
        Ok(demands)
    }

    /// The words with Telex decoded, each with the words that may have been meant instead.
    fn slots(&self, place: Place, typed: &[Word], is_open: bool) -> tantivy::Result<Vec<Slot>> {
        let field = self.field(place);
        let words = self.repair(typed)?;
        let mut slots: Vec<Slot> = words.into_iter().map(|word| Slot { word, others: Vec::new() }).collect();
        if matches!(self.freedom, Freedom::Similar | Freedom::Most) {
            for (slot, typed) in slots.iter_mut().zip(typed) {
                if !self.is_anywhere(&Term::from_field_text(field, &slot.word.folded))? {
                    slot.others = self.similar(field, &typed.folded)?;
                }
            }
        }
        if matches!(place, Place::Anywhere | Place::Holder) {
            self.mend(&mut slots, typed, is_open)?;
            self.doubt(&mut slots, typed)?;
        }
        Ok(slots)
    }

    /// Finds words that stand beside no neighbour of theirs in any description, and what they may have been meant for: a
    /// similar word that does stand beside them. Most wrong letters make words that exist somewhere.
    fn mend(&self, slots: &mut [Slot], typed: &[Word], is_open: bool) -> tantivy::Result<()> {
        let count = slots.len();
        if !(2..=MOST_MENDED).contains(&count) {
            return Ok(());
        }
        let mut broken = Vec::with_capacity(count - 1);
        for nth in 0..count - 1 {
            let pair = format!("{} {}", slots[nth].word.folded, slots[nth + 1].word.folded);
            let is_unfinished = is_open && nth + 2 == count;
            let known = self.is_pair(&pair)?
                || (is_unfinished
                    && PrefixQuery::new(self.fields.pairs, &pair).is_anywhere(self.searcher)?);
            broken.push(!known);
        }
        let mut tries = (count / 3).max(1);
        let mut order: Vec<usize> = (0..count).collect();
        let gaps = |broken: &[bool], nth: usize| {
            usize::from(nth > 0 && broken[nth - 1]) + usize::from(nth + 1 < count && broken[nth])
        };
        let mut frequencies = Vec::with_capacity(count);
        for slot in slots.iter() {
            frequencies.push(self.frequency(&slot.word.folded)?);
        }
        order.sort_by_key(|nth| (std::cmp::Reverse(gaps(&broken, *nth)), frequencies[*nth]));
        for nth in order {
            if tries == 0 || gaps(&broken, nth) == 0 {
                continue;
            }
            tries -= 1;
            let others = self.fitting(slots, &typed[nth].folded, &broken, nth)?;
            if !others.is_empty() {
                slots[nth].others = others;
                for gap in [nth.checked_sub(1), Some(nth)].into_iter().flatten() {
                    if let Some(gap) = broken.get_mut(gap) {
                        *gap = false;
                    }
                }
            }
        }
        Ok(())
    }

    /// A key of Telex in a query that is not written in Telex may as well be a wrong letter.
    fn doubt(&self, slots: &mut [Slot], typed: &[Word]) -> tantivy::Result<()> {
        let decoded = |nth: usize, slots: &[Slot]| slots[nth].word.folded != typed[nth].folded;
        let count = (0..slots.len()).filter(|nth| decoded(*nth, slots)).count();
        if count * 2 >= slots.len() || slots.len() > MOST_MENDED {
            return Ok(());
        }
        let all = vec![true; slots.len()];
        for nth in (0..slots.len()).filter(|nth| decoded(*nth, slots)).collect::<Vec<_>>() {
            if slots[nth].others.is_empty() {
                slots[nth].others = self.fitting(slots, &typed[nth].folded, &all, nth)?;
            }
        }
        Ok(())
    }

    /// Words similar to a typed one that stand beside all the neighbours that it does not stand beside.
    fn fitting(
        &self,
        slots: &[Slot],
        typed: &str,
        broken: &[bool],
        nth: usize,
    ) -> tantivy::Result<Vec<String>> {
        let mut others = Vec::new();
        for other in crate::similar::words(self.searcher, self.fields.all, typed, 2, MOST_SIMILAR)? {
            let fits_before = match nth.checked_sub(1) {
                Some(before) if broken[before] => {
                    self.is_pair(&format!("{} {other}", slots[before].word.folded))?
                }
                _ => true,
            };
            let fits_behind = match slots.get(nth + 1) {
                Some(next) if broken[nth] => self.is_pair(&format!("{other} {}", next.word.folded))?,
                _ => true,
            };
            if other != slots[nth].word.folded && fits_before && fits_behind {
                others.push(other);
            }
            if others.len() == MOST_FITTING {
                break;
            }
        }
        Ok(others)
    }

    /// Whether any description in scope has these neighbours.
    fn is_pair(&self, pair: &str) -> tantivy::Result<bool> {
        self.is_anywhere(&Term::from_field_text(self.fields.pairs, pair))
    }

    /// What ranks records that have all the words: neighbours, marks as typed, the holder's name, the words in one run.
    fn rank(
        &self,
        place: Place,
        slots: &[Slot],
        is_open: bool,
        optional: &mut Vec<Boxed>,
    ) -> tantivy::Result<()> {
        let fields = self.fields;
        let has_marks = slots.iter().any(|slot| slot.word.exact != slot.word.folded);
        // What most records have ranks none of them, and to go through it takes the most time.
        let most = (self.searcher.num_docs() / COMMON).max(SMALL);
        let mut add = |field: Field, text: &str, boost: f32| -> tantivy::Result<()> {
            let term = Term::from_field_text(field, text);
            if (1..=most).contains(&self.searcher.doc_freq(&term)?) {
                optional.push(boosted(plain(term), boost));
            }
            Ok(())
        };
        for slot in slots {
            if has_marks {
                add(fields.exact, &slot.word.exact, EXACT)?;
            }
            if place == Place::Anywhere {
                for folded in slot.all() {
                    add(fields.holder, folded, HOLDER)?;
                }
            }
        }
        for pair in slots.windows(2) {
            let [first, second] = pair else { continue };
            add(fields.pairs, &format!("{} {}", first.word.folded, second.word.folded), PAIR)?;
            if has_marks {
                add(fields.exact, &format!("{} {}", first.word.exact, second.word.exact), EXACT_PAIR)?;
            }
            if first.others.len() + second.others.len() > MOST_SIMILAR {
                continue;
            }
            for one in first.all() {
                for other in
                    second.all().filter(|other| *other != second.word.folded || one != first.word.folded)
                {
                    let pair = format!("{one} {other}");
                    add(fields.pairs, &pair, PAIR)?;
                }
            }
        }
        if let ([.., first, second], true) = (slots, is_open) {
            optional.push(self.unfinished_pair(&first.word.folded, &second.word.folded, UNFINISHED_PAIR));
        }
        if place == Place::Anywhere && slots.len() >= 2 {
            optional.extend(self.run(slots)?);
        }
        Ok(())
    }

    /// The words in one run, where that can be looked for in little time: some word must be rare enough.
    fn run(&self, slots: &[Slot]) -> tantivy::Result<Option<Boxed>> {
        let mut rarest = u64::MAX;
        for slot in slots {
            rarest = rarest.min(self.frequency(&slot.word.folded)?);
        }
        if !(1..=RARE).contains(&rarest) {
            return Ok(None);
        }
        let terms = slots.iter().map(|slot| Term::from_field_text(self.fields.all, &slot.word.folded));
        Ok(Some(constant(Box::new(PhraseQuery::new(terms.collect())), RUN)))
    }

    /// Records whose description has the two words as neighbours, the second one unfinished.
    fn unfinished_pair(&self, first: &str, second: &str, score: f32) -> Boxed {
        constant(Box::new(PrefixQuery::new(self.fields.pairs, &format!("{first} {second}"))), score)
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
        crate::similar::words(self.searcher, field, folded, 3, MOST_SIMILAR)
    }

    fn phrase(&mut self, place: Place, words: &[Word], optional: &mut Vec<Boxed>) -> tantivy::Result<Boxed> {
        let field = self.field(place);
        self.sought.words.extend(words.iter().map(|word| word.folded.clone()));
        let slots: Vec<Slot> =
            words.iter().map(|word| Slot { word: word.clone(), others: Vec::new() }).collect();
        self.rank(place, &slots, false, optional)?;
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
