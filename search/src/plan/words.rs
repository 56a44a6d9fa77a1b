//! Words in a plan: Telex put right, words run together cut, mistyped ones replaced.

use std::cmp::Reverse;

use tantivy::Term;
use tantivy::schema::Field;

use super::{Boxed, Choice, Freedom, Planner, any_of, has_marks, plain};
use crate::prefix::PrefixQuery;
use crate::query::Place;
use crate::rank::{Rank, Run};
use crate::similar;
use crate::text::{Word, decode_telex, words};

/// What words earn beside their own rarity.
const WORD: f32 = 1.0;
const PAIR: f32 = 1.0;
const EXACT: f32 = 1.0;
const EXACT_PAIR: f32 = 1.0;
const HOLDER: f32 = 0.5;
const UNFINISHED: f32 = 0.5;
const UNFINISHED_PAIR: f32 = 8.0;
const UNFINISHED_HOLDER: f32 = 4.0;
const SIMILAR: f32 = 0.5;

/// A decoded or joined word must be this many times commoner than the word as typed.
const COMMONER: u64 = 10;
/// Longer runs of words are not searched for wrong letters.
const MOST_MENDED: usize = 12;
/// So many words at most stand for one that was mistyped.
const MOST_FITTING: usize = 8;
/// No more similar words are tried for one word.
const MOST_SIMILAR: usize = 50;
/// A word of fewer letters is not taken for two that were run together.
const SHORTEST_JOINED: usize = 5;
/// No more words were run together.
const MOST_JOINED: usize = 4;

/// A word with the words that may have been meant by it.
pub(super) struct Slot {
    word: Word,
    /// As it was typed, before Telex was decoded.
    typed: String,
    others: Vec<String>,
}

impl Slot {
    pub(super) fn new(word: Word) -> Self {
        Self { typed: word.folded.clone(), word, others: Vec::new() }
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.word.folded.as_str()).chain(self.others.iter().map(String::as_str))
    }

    fn is_decoded(&self) -> bool {
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
            self.plan.sought.words.insert(folded.clone());
            let term = Term::from_field_text(field, folded);
            let mut frequency = self.searcher.doc_freq(&term)?;
            let mut ways: Vec<Boxed> = vec![plain(term.clone())];
            let mut is_unfinished = false;
            self.plan.ranks.push(by_rarity(place, term, WORD));
            if nth + 1 == slots.len() && is_open {
                self.plan.sought.prefix = Some(folded.clone());
                let former = nth.checked_sub(1).and_then(|former| slots.get(former));
                self.unfinished(place, former.map(|slot| &slot.word), folded, &mut ways);
                is_unfinished = ways.len() > 1;
            }
            if self.freedom == Freedom::Similar && is_initial(folded) && place != Place::Signer {
                is_unfinished = true;
                ways.push(Box::new(PrefixQuery::new(self.fields.holder, folded)));
            }
            for other in &slot.others {
                self.plan.sought.words.insert(other.clone());
                let term = Term::from_field_text(field, other);
                frequency += self.searcher.doc_freq(&term)?;
                ways.push(plain(term.clone()));
                self.plan.ranks.push(by_rarity(place, term, SIMILAR));
            }
            if self.freedom == Freedom::Most {
                self.plan.loose.push((frequency, any_of(ways)));
            } else if let ([_], Some(only)) = (&ways[..], ways.first()) {
                self.plan.most = Some(self.plan.most.unwrap_or(u64::MAX).min(frequency));
                demands.push(only.box_clone());
            } else {
                let frequency = Some(frequency).filter(|_| !is_unfinished);
                self.plan.choices.push(Choice { frequency, ways });
            }
        }
        self.rank(place, &slots, is_open);
        Ok(demands)
    }

    /// Ways in which a word may go on: behind its neighbour, and where that is not enough, anywhere.
    fn unfinished(&mut self, place: Place, former: Option<&Word>, beginning: &str, ways: &mut Vec<Boxed>) {
        if let Some(former) = former {
            let pair = format!("{} {beginning}", former.folded);
            let pairs = PrefixQuery::new(self.fields.pairs, &pair);
            self.plan.ranks.push(Rank::Query(Box::new(pairs.clone()), UNFINISHED_PAIR));
            ways.push(Box::new(pairs));
        }
        if self.freedom == Freedom::Strict {
            return;
        }
        // One or two letters begin too many words to look for them in whole texts.
        let fields = if place == Place::Anywhere && beginning.len() <= 2 {
            vec![self.fields.holder, self.fields.procedure, self.fields.agency]
        } else {
            vec![self.field(place)]
        };
        for field in fields {
            let query = PrefixQuery::new(field, beginning);
            self.plan.ranks.push(Rank::Query(Box::new(query.clone()), UNFINISHED));
            ways.push(Box::new(query));
        }
        if place == Place::Anywhere {
            let holder = PrefixQuery::new(self.fields.holder, beginning);
            self.plan.ranks.push(Rank::Query(Box::new(holder), UNFINISHED_HOLDER));
        }
    }

    /// The words as they were meant, each with the words that may have been meant instead.
    fn slots(&self, place: Place, typed: &[Word], is_open: bool) -> tantivy::Result<Vec<Slot>> {
        let field = self.field(place);
        let mut slots = Vec::with_capacity(typed.len());
        for word in typed {
            self.repair(word, &mut slots)?;
        }
        if !matches!(self.freedom, Freedom::Similar | Freedom::Most) {
            return Ok(slots);
        }
        self.join(&mut slots)?;
        for slot in &mut slots {
            if !self.is_anywhere(&Term::from_field_text(field, &slot.word.folded))? {
                slot.others = similar::words(self.searcher, field, &slot.typed, 3, MOST_SIMILAR)?;
            }
        }
        if matches!(place, Place::Anywhere | Place::Holder) {
            self.mend(&mut slots, is_open)?;
            self.doubt(&mut slots)?;
        }
        Ok(slots)
    }

    /// Decodes a word of Telex that nothing converted; cuts a word that is several, run together.
    fn repair(&self, typed: &Word, slots: &mut Vec<Slot>) -> tantivy::Result<()> {
        let as_typed = self.frequency(&typed.folded)?;
        let mut slot = Slot::new(typed.clone());
        if let Some((exact, folded)) = decode_telex(&typed.exact)
            && self.frequency(&folded)? > as_typed.saturating_mul(COMMONER)
        {
            slot.word = Word { exact, folded, span: typed.span.clone() };
        } else if as_typed == 0
            && typed.folded.len() >= SHORTEST_JOINED
            && typed.folded.is_ascii()
            && let Some(parts) = self.cut(&typed.folded, None, MOST_JOINED)?
        {
            for part in parts {
                let word = words(&part).into_iter().next();
                slots.extend(word.map(|word| Slot::new(Word { span: typed.span.clone(), ..word })));
            }
            return Ok(());
        }
        slots.push(slot);
        Ok(())
    }

    /// Cuts letters into words that stand beside each other in some description.
    fn cut(&self, letters: &str, former: Option<&str>, most: usize) -> tantivy::Result<Option<Vec<String>>> {
        if let Some(former) = former
            && self.is_pair(former, letters)?
        {
            return Ok(Some(vec![letters.to_owned()]));
        }
        if most < 2 {
            return Ok(None);
        }
        // The longest first word first: `nguyen` and not `ng`.
        for place in (1..letters.len()).rev() {
            let (first, rest) = letters.split_at(place);
            let [first] = &words(first)[..] else { continue };
            let fits = match former {
                Some(former) => self.is_pair(former, &first.folded)?,
                None => self.frequency(&first.folded)? > 0,
            };
            if fits && let Some(mut parts) = self.cut(rest, Some(&first.folded), most - 1)? {
                parts.insert(0, first.folded.clone());
                return Ok(Some(parts));
            }
        }
        Ok(None)
    }

    /// Joins a word that is nowhere with its neighbour where both together are a word.
    fn join(&self, slots: &mut Vec<Slot>) -> tantivy::Result<()> {
        let mut nth = 0;
        while nth + 1 < slots.len() {
            let [first, second] = &slots[nth..nth + 2] else { break };
            let text = format!("{}{}", first.word.exact, second.word.folded);
            let are_words = !is_number(&first.word.folded) && !is_number(&second.word.folded);
            let is_broken = are_words && !self.is_pair(&first.word.folded, &second.word.folded)?;
            if is_broken
                && let [joined] = &words(&text)[..]
                && self
                    .frequency(&first.word.folded)?
                    .min(self.frequency(&second.word.folded)?)
                    .saturating_mul(COMMONER)
                    < self.frequency(&joined.folded)?
            {
                let span = first.word.span.start..second.word.span.end;
                slots.splice(nth..nth + 2, [Slot::new(Word { span, ..joined.clone() })]);
            } else {
                nth += 1;
            }
        }
        Ok(())
    }

    /// Finds words that stand beside no neighbour of theirs in any description, and what they may have been meant for: a
    /// similar word that does stand beside them. Most wrong letters make words that exist somewhere.
    fn mend(&self, slots: &mut [Slot], is_open: bool) -> tantivy::Result<()> {
        let count = slots.len();
        if !(2..=MOST_MENDED).contains(&count) {
            return Ok(());
        }
        let mut broken = Vec::with_capacity(count - 1);
        for nth in 0..count - 1 {
            let (first, second) = (&slots[nth].word.folded, &slots[nth + 1].word.folded);
            let is_unfinished = is_open && nth + 2 == count;
            let known = self.is_pair(first, second)?
                || (is_unfinished
                    && self.begins_anywhere(PrefixQuery::new(
                        self.fields.pairs,
                        &format!("{first} {second}"),
                    ))?);
            broken.push(!known);
        }
        let gaps = |broken: &[bool], nth: usize| {
            usize::from(nth > 0 && broken[nth - 1]) + usize::from(nth + 1 < count && broken[nth])
        };
        let mut frequencies = Vec::with_capacity(count);
        for slot in slots.iter() {
            frequencies.push(self.frequency(&slot.word.folded)?);
        }
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|nth| (Reverse(gaps(&broken, *nth)), frequencies[*nth]));
        let mut tries = (count / 2).max(1);
        for nth in order {
            if tries == 0 || gaps(&broken, nth) == 0 {
                continue;
            }
            tries -= 1;
            let others = self.fitting(slots, &broken, nth)?;
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
    fn doubt(&self, slots: &mut [Slot]) -> tantivy::Result<()> {
        let decoded: Vec<usize> = (0..slots.len()).filter(|nth| slots[*nth].is_decoded()).collect();
        if decoded.len() * 2 >= slots.len() || slots.len() > MOST_MENDED {
            return Ok(());
        }
        let all = vec![true; slots.len()];
        for nth in decoded {
            if slots[nth].others.is_empty() {
                slots[nth].others = self.fitting(slots, &all, nth)?;
            }
        }
        Ok(())
    }

    /// Words similar to a typed one that stand beside all the neighbours that it does not stand beside.
    fn fitting(&self, slots: &[Slot], broken: &[bool], nth: usize) -> tantivy::Result<Vec<String>> {
        let before = nth.checked_sub(1).filter(|before| broken[*before]).map(|before| &slots[before]);
        let behind = slots.get(nth + 1).filter(|_| broken[nth]);
        let mut others = Vec::new();
        for other in similar::words(self.searcher, self.fields.all, &slots[nth].typed, 2, MOST_SIMILAR)? {
            let fits_before = match before {
                Some(before) => self.is_pair(&before.word.folded, &other)?,
                None => true,
            };
            let fits = fits_before
                && match behind {
                    Some(behind) => self.is_pair(&other, &behind.word.folded)?,
                    None => true,
                };
            if other != slots[nth].word.folded && fits {
                others.push(other);
            }
            if others.len() == MOST_FITTING {
                break;
            }
        }
        Ok(others)
    }

    /// What ranks records that have all the words: neighbours, marks as typed, the holder's name, the words in one run.
    pub(super) fn rank(&mut self, place: Place, slots: &[Slot], is_open: bool) {
        let fields = self.fields;
        let typed: Vec<Word> = slots.iter().map(|slot| slot.word.clone()).collect();
        let has_marks = has_marks(&typed);
        let ranks = &mut self.plan.ranks;
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

fn is_number(folded: &str) -> bool {
    folded.bytes().any(|byte| byte.is_ascii_digit())
}
