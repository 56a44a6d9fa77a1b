//! Codes in a plan: a tier of scores of their own.

use tantivy::Term;
use tantivy::query::{EmptyQuery, Query as EngineQuery};

use super::{Boxed, Planner, all_of, any_of, plain};
use crate::code::{Code, CodeKind, MOST_PARTS};
use crate::prefix::PrefixQuery;
use crate::query::Place;
use crate::rank::Rank;
use crate::text::Word;

/// Scores of codes: no sum of words comes near them.
const WHOLE: f32 = 4000.0;
const BEGINNING: f32 = 2000.0;
const FRAGMENT: f32 = 1000.0;

impl Planner<'_> {
    /// The demands of a code as such, or of its parts as words.
    pub(super) fn code(
        &mut self,
        kind: Option<CodeKind>,
        code: &Code,
        words: &[Word],
    ) -> tantivy::Result<Vec<Boxed>> {
        let mut ways: Vec<(f32, Boxed)> = Vec::new();
        for known in CodeKind::ALL {
            if kind.is_none_or(|kind| kind == known) {
                self.code_of_kind(known, code, &mut ways)?;
            }
        }
        let mut in_scope = Vec::with_capacity(ways.len());
        for (score, way) in ways {
            if self.is_in_scope(&*way)? {
                in_scope.push((score, way));
            }
        }
        let ways = in_scope;
        if ways.is_empty() && kind.is_some() {
            return Ok(vec![Box::new(EmptyQuery)]);
        }
        if ways.is_empty() {
            return self.words_of_code(words);
        }
        for word in words {
            self.plan.sought.add(&word.folded);
        }
        let symbol = CodeKind::Symbol.whole(&CodeKind::Symbol.compact(code));
        let is_symbol = self.is_anywhere(&self.code_term(&symbol))?;
        let mut queries: Vec<Boxed> = Vec::with_capacity(ways.len() + 1);
        for (score, way) in ways {
            queries.push(way.box_clone());
            self.plan.ranks.push(Rank::Query(way, score));
        }
        // Who knows a whole symbol looks for that record; other texts have its words too, in any order.
        if kind.is_none() && !is_symbol {
            let terms = words.iter().map(|word| Term::from_field_text(self.fields.all, &word.folded));
            queries.push(all_of(terms.map(plain).collect()));
        }
        Ok(vec![any_of(queries)])
    }

    /// The parts of something that is no known code, as words.
    fn words_of_code(&mut self, words: &[Word]) -> tantivy::Result<Vec<Boxed>> {
        let choices = self.plan.choices.len();
        let mut all = self.words(Place::Anywhere, words, false)?;
        all.extend(self.plan.choices.drain(choices..).map(|choice| any_of(choice.ways)));
        Ok(all)
    }

    fn code_of_kind(&self, kind: CodeKind, code: &Code, ways: &mut Vec<(f32, Boxed)>) -> tantivy::Result<()> {
        let compact = kind.compact(code);
        if kind != CodeKind::Dossier {
            let whole = self.code_term(&kind.whole(&compact));
            if self.is_anywhere(&whole)? {
                ways.push((WHOLE, plain(whole)));
            }
            if compact.len() >= kind.least_beginning() {
                let beginning = PrefixQuery::new(self.fields.code, &kind.whole(&compact));
                if beginning.is_anywhere(self.searcher)? {
                    ways.push((BEGINNING, Box::new(beginning)));
                }
            }
        }
        if !kind.has_parts() || (code.parts.len() == 1 && compact.len() < 4) {
            return Ok(());
        }
        for start in 0..MOST_PARTS.saturating_sub(code.parts.len()) + 1 {
            if let Some(fragment) = self.fragment(kind, code, start)? {
                ways.push((if start == 0 { BEGINNING } else { FRAGMENT }, fragment));
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
            if !self.is_anywhere(&term)? {
                return Ok(None);
            }
            all.push(plain(term));
        }
        let beginning = kind.part(start + former.len(), last);
        let term = self.code_term(&beginning);
        if self.is_anywhere(&term)? {
            all.push(plain(term));
        } else {
            let unfinished = PrefixQuery::new(self.fields.code, &beginning);
            if former.is_empty() || !unfinished.is_anywhere(self.searcher)? {
                return Ok(None);
            }
            all.push(Box::new(unfinished) as Box<dyn EngineQuery>);
        }
        Ok(Some(all_of(all)))
    }

    fn code_term(&self, text: &str) -> Term {
        Term::from_field_text(self.fields.code, text)
    }
}
