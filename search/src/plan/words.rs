//! Words in a plan: what is looked for, and what ranks.

use tantivy::Term;
use tantivy::schema::Field;

use super::mend::MOST_SIMILAR;
use super::{Boxed, Choice, Freedom, Planner, any_of, has_marks, least, plain};
use crate::prefix::PrefixQuery;
use crate::query::Place;
use crate::rank::{Rank, Run};
use crate::similar;
use crate::text::Word;

/// What words earn beside their own rarity.
const WORD: f32 = 1.0;
const PAIR: f32 = 1.0;
const EXACT: f32 = 1.0;
const EXACT_PAIR: f32 = 1.0;
const HOLDER: f32 = 0.5;
const UNFINISHED: f32 = 0.5;
const UNFINISHED_PAIR: f32 = 8.0;
const UNFINISHED_EXACT_PAIR: f32 = 6.0;
const UNFINISHED_HOLDER: f32 = 4.0;
const SIMILAR: f32 = 0.5;
/// What all the words earn in the holder's name, in whatever order; no name has more words.
const NAMED: f32 = 12.0;
const LONGEST_NAME: usize = 8;

/// A word with the words that may have been meant by it.
pub(super) struct Slot {
    pub(super) word: Word,
    /// As it was typed, before Telex was decoded.
    pub(super) typed: String,
    pub(super) others: Vec<String>,
}

impl Slot {
    pub(super) fn new(word: Word) -> Self {
        Self { typed: word.folded.clone(), word, others: Vec::new() }
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.word.folded.as_str()).chain(self.others.iter().map(String::as_str))
    }

    pub(super) fn is_decoded(&self) -> bool {
        self.word.folded != self.typed
    }
}

impl Planner<'_> {
    /// One demand for each of the words, none where they are loose.
    pub(super) fn words(
        &mut self,
        place: Place,
        typed: &[Word],
        is_open: bool,
    ) -> tantivy::Result<Vec<Boxed>> {
        let field = self.field(place);
        let slots = self.slots(place, typed, is_open)?;
        let mut demands: Vec<Boxed> = Vec::with_capacity(slots.len());
        for (nth, slot) in slots.iter().enumerate() {
            let folded = &slot.word.folded;
            let group = self.plan.sought.add(folded);
            let term = Term::from_field_text(field, folded);
            let mut frequency = self.searcher.doc_freq(&term)?;
            let mut ways: Vec<Boxed> = Vec::new();
            if self.is_anywhere(&term)? {
                ways.push(plain(term.clone()));
            }
            let certain = ways.len();
            self.plan.ranks.push(by_rarity(place, term, WORD));
            if nth + 1 == slots.len() && is_open {
                self.plan.sought.add_beginning(group, folded);
                let former = nth.checked_sub(1).and_then(|former| slots.get(former));
                self.unfinished(place, former.map(|slot| &slot.word), &slot.word, &mut ways)?;
            }
            if self.freedom >= Freedom::Similar && is_initial(folded) && place != Place::Signer {
                // Names that the last word begins are looked for already.
                self.plan.is_wider |= nth + 1 < slots.len() || !is_open;
                ways.push(Box::new(PrefixQuery::new(self.fields.holder, folded)));
            }
            let is_unfinished = ways.len() > certain;
            for other in &slot.others {
                self.plan.sought.add_to(group, other);
                let term = Term::from_field_text(field, other);
                frequency += self.searcher.doc_freq(&term)?;
                ways.push(plain(term.clone()));
                self.plan.ranks.push(by_rarity(place, term, SIMILAR));
            }
            if self.freedom == Freedom::Most {
                self.plan.loose.push((frequency, any_of(ways)));
            } else if let [_] | [] = &ways[..]
                && !is_unfinished
            {
                self.plan.most = Some(self.plan.most.unwrap_or(u64::MAX).min(frequency));
                demands.push(any_of(ways));
            } else {
                let frequency = Some(frequency).filter(|_| !is_unfinished);
                self.plan.choices.push(Choice { frequency, ways });
            }
        }
        self.rank(place, &slots, is_open);
        Ok(demands)
    }

    /// Ways in which a word may go on: behind its neighbour, and where that is not enough, anywhere.
    fn unfinished(
        &mut self,
        place: Place,
        former: Option<&Word>,
        word: &Word,
        ways: &mut Vec<Boxed>,
    ) -> tantivy::Result<()> {
        let beginning = word.folded.as_str();
        if let Some(former) = former {
            if former.exact != former.folded || word.exact != word.folded {
                // The tone stands at the end of exact words, and may not be typed yet.
                let (letters, tone) = word.letters_and_tone();
                let pair = format!("{} {letters}", former.exact);
                let pairs = PrefixQuery::new(self.fields.exact, &pair).ending_in(tone);
                self.plan.ranks.push(Rank::Beginning(pairs, UNFINISHED_EXACT_PAIR));
            }
            let pair = format!("{} {beginning}", former.folded);
            let pairs = PrefixQuery::new(self.fields.pairs, &pair);
            if pairs.goes_on(self.searcher)? {
                self.plan.ranks.push(Rank::Beginning(pairs.clone(), UNFINISHED_PAIR));
                ways.push(Box::new(pairs));
            }
        }
        if self.freedom == Freedom::Strict {
            return Ok(());
        }
        // One or two letters begin too many words to look for them in whole texts.
        let fields = if place == Place::Anywhere && beginning.len() <= 2 {
            vec![self.fields.holder, self.fields.procedure, self.fields.agency]
        } else {
            vec![self.field(place)]
        };
        for field in fields {
            let query = PrefixQuery::new(field, beginning);
            if query.goes_on(self.searcher)? {
                self.plan.is_wider |= self.freedom == Freedom::Unfinished;
                self.plan.ranks.push(Rank::Beginning(query.clone(), UNFINISHED));
                ways.push(Box::new(query));
            }
        }
        if place == Place::Anywhere {
            let holder = PrefixQuery::new(self.fields.holder, beginning);
            if holder.goes_on(self.searcher)? {
                self.plan.ranks.push(Rank::Beginning(holder, UNFINISHED_HOLDER));
            }
        }
        Ok(())
    }

    /// The words as they were meant, each with the words that may have been meant instead.
    fn slots(&mut self, place: Place, typed: &[Word], is_open: bool) -> tantivy::Result<Vec<Slot>> {
        let field = self.field(place);
        let mut slots = Vec::with_capacity(typed.len());
        for word in typed {
            self.repair(word, &mut slots)?;
        }
        if self.freedom < Freedom::Similar {
            return Ok(slots);
        }
        let count = slots.len();
        self.join(&mut slots)?;
        self.plan.is_wider |= self.freedom == Freedom::Similar && slots.len() < count;
        for slot in &mut slots {
            if !self.is_anywhere(&Term::from_field_text(field, &slot.word.folded))? {
                slot.others.extend(self.similar(field, &slot.typed, 3)?);
            }
        }
        if matches!(place, Place::Anywhere | Place::Holder) {
            self.mend(&mut slots, is_open)?;
            self.doubt(&mut slots)?;
        }
        let is_widened = slots.iter().any(|slot| !slot.others.is_empty());
        self.plan.is_wider |= self.freedom == Freedom::Similar && is_widened;
        if self.freedom == Freedom::Known {
            self.leave_out_unknown(field, &mut slots, is_open)?;
        }
        Ok(slots)
    }

    /// Words of records in scope that are nearly a word.
    pub(super) fn similar(&self, field: Field, typed: &str, shortest: usize) -> tantivy::Result<Vec<String>> {
        similar::words(self.searcher, field, typed, shortest, MOST_SIMILAR, |word| {
            self.is_anywhere(&Term::from_field_text(field, word))
        })
    }

    /// Leaves out the words that are nowhere, if enough remain.
    fn leave_out_unknown(
        &mut self,
        field: Field,
        slots: &mut Vec<Slot>,
        is_open: bool,
    ) -> tantivy::Result<()> {
        let mut is_known = Vec::with_capacity(slots.len());
        for (nth, slot) in slots.iter().enumerate() {
            let word = &slot.word.folded;
            let goes_on =
                is_open && nth + 1 == slots.len() && self.begins_anywhere(PrefixQuery::new(field, word))?;
            is_known.push(
                goes_on
                    || !slot.others.is_empty()
                    || self.is_anywhere(&Term::from_field_text(field, word))?,
            );
        }
        let known = is_known.iter().filter(|is_known| **is_known).count();
        if known < slots.len() && known > 0 && known >= least(slots.len()) {
            let mut is_known = is_known.into_iter();
            slots.retain(|_| is_known.next().unwrap_or(false));
            self.plan.is_wider = true;
        }
        Ok(())
    }

    /// What ranks records that have all the words: neighbours, marks as typed, the holder's name, the words in one run.
    pub(super) fn rank(&mut self, place: Place, slots: &[Slot], is_open: bool) {
        let fields = self.fields;
        let typed: Vec<Word> = slots.iter().map(|slot| slot.word.clone()).collect();
        let has_marks = has_marks(&typed);
        let ranks = &mut self.plan.ranks;
        if place == Place::Anywhere && (2..=LONGEST_NAME).contains(&slots.len()) {
            let ways =
                |slot: &Slot| slot.all().map(|word| Term::from_field_text(fields.holder, word)).collect();
            let last = slots.last().filter(|_| is_open);
            ranks.push(Rank::Name {
                words: slots.iter().map(ways).collect(),
                beginning: last.map(|last| PrefixQuery::new(fields.holder, &last.word.folded)),
                score: NAMED,
            });
        }
        let mut add = |field: Field, text: &str, boost: f32| {
            ranks.push(Rank::Term(Term::from_field_text(field, text), boost));
        };
        for slot in slots {
            if has_marks {
                add(fields.exact, &slot.word.exact, EXACT);
            }
            if place == Place::Anywhere {
                for folded in slot.all() {
                    add(fields.holder, folded, HOLDER);
                }
            }
        }
        for pair in slots.windows(2) {
            let [first, second] = pair else { continue };
            if has_marks {
                add(fields.exact, &format!("{} {}", first.word.exact, second.word.exact), EXACT_PAIR);
            }
            for one in first.all() {
                for other in second.all() {
                    add(fields.pairs, &format!("{one} {other}"), PAIR);
                }
            }
        }
        if place == Place::Anywhere && slots.len() >= 2 {
            let ways = |slot: &Slot| slot.all().map(|word| Term::from_field_text(fields.all, word)).collect();
            self.plan.runs.push(Run { words: slots.iter().map(ways).collect(), is_open });
        }
    }
}

/// How a word ranks. Fields of names hold neither lengths nor how often a word occurs.
fn by_rarity(place: Place, term: Term, boost: f32) -> Rank {
    if place == Place::Anywhere { Rank::Word(term, boost) } else { Rank::Term(term, boost) }
}

/// A single letter that may stand for a name.
fn is_initial(folded: &str) -> bool {
    folded.len() == 1 && folded.bytes().all(|byte| byte.is_ascii_lowercase())
}
