//! Words as they were meant: Telex put right, words run together cut, mistyped ones replaced.

use std::cmp::Reverse;

use super::Planner;
use super::words::Slot;
use crate::prefix::PrefixQuery;
use crate::text::{Word, decode_telex, words};

/// A decoded or joined word must be this many times commoner than the word as typed.
const COMMONER: u64 = 10;
/// Words that more records have are not told apart by how many have them.
const COMMON: u64 = 1000;
/// Longer runs of words are not searched for wrong letters.
const MOST_MENDED: usize = 12;
/// So many words at most stand for one that was mistyped.
const MOST_FITTING: usize = 8;
/// No more similar words are tried for one word.
pub(super) const MOST_SIMILAR: usize = 50;
/// A word of fewer letters is not taken for two that were run together.
const SHORTEST_JOINED: usize = 4;
/// No more words were run together.
const MOST_JOINED: usize = 4;

impl Planner<'_> {
    /// Decodes a word of Telex that nothing converted; cuts a word that is several, run together.
    pub(super) fn repair(&self, typed: &Word, slots: &mut Vec<Slot>) -> tantivy::Result<()> {
        let mut slot = Slot::new(typed.clone());
        if let Some((exact, folded)) = decode_telex(&typed.exact)
            && self.is_commoner(&folded, &typed.folded, COMMONER)?
        {
            slot.word = Word { exact, folded, span: typed.span.clone() };
        } else if typed.folded.len() >= SHORTEST_JOINED
            && typed.folded.is_ascii()
            && self.frequency(&typed.folded, 1)? == 0
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
                None => self.frequency(&first.folded, 1)? > 0,
            };
            if fits && let Some(mut parts) = self.cut(rest, Some(&first.folded), most - 1)? {
                parts.insert(0, first.folded.clone());
                return Ok(Some(parts));
            }
        }
        Ok(None)
    }

    /// Joins a word that is nowhere with its neighbour where both together are a word.
    pub(super) fn join(&self, slots: &mut Vec<Slot>) -> tantivy::Result<()> {
        let mut nth = 0;
        while nth + 1 < slots.len() {
            let [first, second] = &slots[nth..nth + 2] else { break };
            let text = format!("{}{}", first.word.exact, second.word.folded);
            let are_words = !is_number(&first.word.folded) && !is_number(&second.word.folded);
            let is_broken = are_words && !self.is_pair(&first.word.folded, &second.word.folded)?;
            if is_broken
                && let [joined] = &words(&text)[..]
                && (self.is_commoner(&joined.folded, &first.word.folded, COMMONER)?
                    || self.is_commoner(&joined.folded, &second.word.folded, COMMONER)?)
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
    pub(super) fn mend(&self, slots: &mut [Slot], is_open: bool) -> tantivy::Result<()> {
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
            frequencies.push(self.frequency(&slot.word.folded, COMMON)?);
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
    pub(super) fn doubt(&self, slots: &mut [Slot]) -> tantivy::Result<()> {
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
        for other in self.similar(self.fields.all, &slots[nth].typed, 2)? {
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
}

fn is_number(folded: &str) -> bool {
    folded.bytes().any(|byte| byte.is_ascii_digit())
}
