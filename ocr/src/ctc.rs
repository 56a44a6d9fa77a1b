//! From what the network says of each step to characters.
//!
//! The likeliest text is not the likeliest output of each step: a character that is split between two outputs loses to the space
//! between characters, and neighbours that take turns become two. So the parts of all ways to spell a text are summed up
//! (A. Graves et al., Connectionist Temporal Classification, 2006: prefix search), for as many beginnings of the line as are in
//! doubt; words that the language does not have must be that much clearer on the paper.

use crate::charset::Charset;
use crate::dictionary::Dictionary;
use crate::network::Readings;

/// The most beginnings that are followed.
const WIDTH: usize = 8;
/// Parts below this are not followed, nor beginnings below this of the likeliest.
const LEAST_PART: f32 = 0.004;
const LEAST_SHARE: f32 = 1e-3;
/// A step on which the separator has at least this part says nothing else.
const SILENCE: f32 = 0.9995;

/// A character and where along the line it was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    /// The output that stands for it.
    pub(crate) output: usize,
    /// The steps that it was seen on, the last one not included.
    pub(crate) steps: (usize, usize),
    /// The greatest part that it had in one of them, of 1.
    pub(crate) part: f32,
}

/// A beginning of the line: its last character, and the beginning before it.
#[derive(Clone, Copy, Debug)]
struct Node {
    parent: Option<usize>,
    seen: Seen,
}

/// A beginning that is followed.
#[derive(Clone, Copy, Debug)]
struct Path {
    node: Option<usize>,
    /// The part of all ways to spell it that end with the separator, and with its last character.
    separated: f32,
    spelled: f32,
}

impl Path {
    fn part(&self) -> f32 {
        self.separated + self.spelled
    }
}

/// Follows the likeliest beginnings of a line; its room is used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Search {
    nodes: Vec<Node>,
    paths: Vec<Path>,
    next: Vec<Path>,
    candidates: Vec<(usize, f32)>,
    word: String,
}

impl Search {
    /// The characters of a line.
    pub(crate) fn read(
        &mut self,
        readings: &Readings,
        separator: usize,
        charset: &Charset,
        dictionary: &Dictionary,
        seen: &mut Vec<Seen>,
    ) {
        self.nodes.clear();
        self.paths.clear();
        self.paths.push(Path { node: None, separated: 1.0, spelled: 0.0 });
        for (step, parts) in readings.steps().enumerate() {
            let silence = parts[separator];
            if silence >= SILENCE {
                for path in &mut self.paths {
                    *path = Path { separated: path.part(), spelled: 0.0, ..*path };
                }
            } else {
                self.go_on(step, parts, separator, charset, dictionary);
            }
        }
        let ends = std::mem::take(&mut self.paths);
        let weight =
            |search: &mut Self, path: &Path| path.part() * search.weight(path.node, charset, dictionary);
        let mut best = (f32::MIN, None);
        for path in &ends {
            let weight = weight(self, path);
            if weight > best.0 {
                best = (weight, path.node);
            }
        }
        self.paths = ends;
        seen.clear();
        let mut node = best.1;
        while let Some(number) = node {
            seen.push(self.nodes[number].seen);
            node = self.nodes[number].parent;
        }
        seen.reverse();
    }

    fn go_on(
        &mut self,
        step: usize,
        parts: &[f32],
        separator: usize,
        charset: &Charset,
        dictionary: &Dictionary,
    ) {
        self.candidates.clear();
        for output in (0..parts.len()).filter(|&output| parts[output] >= LEAST_PART && output != separator) {
            let part = charset.part(parts, output);
            if part > 0.0 {
                self.candidates.push((output, part));
            }
        }
        self.next.clear();
        for number in 0..self.paths.len() {
            let path = self.paths[number];
            let last = path.node.map(|node| self.nodes[node].seen.output);
            let repeated = last.map_or(0.0, |last| charset.part(parts, last));
            self.add(path.node, path.part() * parts[separator], path.spelled * repeated);
            if let Some(node) = path.node {
                self.nodes[node].seen.last(step, repeated);
            }
            for place in 0..self.candidates.len() {
                let (output, part) = self.candidates[place];
                // The same character again needs a separator between.
                let before = if last == Some(output) { path.separated } else { path.part() };
                let mut spelled = before * part;
                if spelled < LEAST_PART * LEAST_SHARE {
                    continue;
                }
                if !charset.is_letter(output) {
                    spelled *= self.weight(path.node, charset, dictionary);
                }
                let node = self.child(path.node, Seen { output, steps: (step, step + 1), part });
                self.add(Some(node), 0.0, spelled);
            }
        }
        self.keep_likeliest();
    }

    fn add(&mut self, node: Option<usize>, separated: f32, spelled: f32) {
        match self.next.iter_mut().find(|path| path.node == node) {
            Some(path) => {
                path.separated += separated;
                path.spelled += spelled;
            }
            None => self.next.push(Path { node, separated, spelled }),
        }
    }

    /// The beginning that goes on with a character: one that is followed already, or a new one.
    fn child(&mut self, parent: Option<usize>, seen: Seen) -> usize {
        let followed = self.paths.iter().chain(&self.next).filter_map(|path| path.node);
        let is_same =
            |&node: &usize| self.nodes[node].parent == parent && self.nodes[node].seen.output == seen.output;
        if let Some(node) = followed.into_iter().find(is_same) {
            let known = &mut self.nodes[node].seen;
            if seen.part > known.part {
                *known = seen;
            }
            return node;
        }
        self.nodes.push(Node { parent, seen });
        self.nodes.len() - 1
    }

    fn keep_likeliest(&mut self) {
        self.next.sort_unstable_by(|one, other| other.part().total_cmp(&one.part()));
        self.next.truncate(WIDTH);
        let best = self.next.first().map_or(1.0, Path::part).max(f32::MIN_POSITIVE);
        self.next.retain(|path| path.part() >= best * LEAST_SHARE);
        // Parts of a whole line would be too small for a number.
        for path in &mut self.next {
            path.separated /= best;
            path.spelled /= best;
        }
        std::mem::swap(&mut self.paths, &mut self.next);
    }

    /// What the language says of the word that ends here.
    fn weight(&mut self, mut node: Option<usize>, charset: &Charset, dictionary: &Dictionary) -> f32 {
        let mut outputs = [0; 12];
        let mut length = 0;
        while let Some(number) = node {
            let Node { parent, seen } = self.nodes[number];
            if !charset.is_part_of_word(seen.output) {
                break;
            }
            if length == outputs.len() || !charset.is_letter(seen.output) {
                return 1.0;
            }
            outputs[length] = seen.output;
            length += 1;
            node = parent;
        }
        self.word.clear();
        outputs[..length].iter().rev().for_each(|&output| self.word.push_str(charset.text(output)));
        dictionary.weight(&self.word)
    }
}

impl Seen {
    /// It is still seen.
    fn last(&mut self, step: usize, part: f32) {
        const PLAINLY: f32 = 0.3;
        if step == self.steps.1 && part >= PLAINLY {
            self.steps.1 = step + 1;
        }
        self.part = self.part.max(if step <= self.steps.1 { part } else { 0.0 });
    }
}

/// Splits at spaces.
pub(crate) fn words<'a>(seen: &'a [Seen], charset: &Charset) -> impl Iterator<Item = &'a [Seen]> {
    let space = charset.space();
    seen.split(move |seen| Some(seen.output) == space).filter(|word| !word.is_empty())
}
