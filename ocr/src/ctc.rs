//! From what the network says of each step to characters.
//!
//! The likeliest text is not the likeliest output of each step: a character that is split between two outputs loses to the space
//! between characters, and neighbours that take turns become two. So the parts of all ways to spell a text are summed up
//! (A. Graves et al., Connectionist Temporal Classification, 2006: prefix search), for as many beginnings of the line as are in
//! doubt; words that the language does not have must be that much clearer on the paper.

use crate::charset::Charset;
use crate::dictionary::Dictionary;
use crate::network::Readings;

/// The most beginnings that are followed, and the most characters that each may go on with.
const WIDTH: usize = 8;
const MOST_CANDIDATES: usize = 16;
/// Parts below this are not followed, nor beginnings below this of the likeliest.
const LEAST_PART: f32 = 0.004;
const LEAST_SHARE: f32 = 1e-3;
/// A step on which the separator has at least this part says nothing else.
const SILENCE: f32 = 0.9995;
/// The most letters of a word that the language has a say in.
const MOST_LETTERS: usize = 12;

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
    /// The character that it goes on with behind that node; it becomes a node where it is among the likeliest.
    new: Option<Seen>,
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
    letters: Vec<usize>,
    word: String,
}

impl Search {
    /// The characters of a line.
    pub(crate) fn read(
        &mut self,
        readings: &mut Readings,
        separator: usize,
        charset: &Charset,
        dictionary: &Dictionary,
        seen: &mut Vec<Seen>,
    ) {
        self.nodes.clear();
        self.paths.clear();
        self.paths.push(Path { node: None, new: None, separated: 1.0, spelled: 0.0 });
        for (step, parts) in readings.steps().enumerate() {
            charset.join_twins(parts);
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
        let named = parts.iter().copied().enumerate();
        self.candidates.extend(named.filter(|&(output, part)| part >= LEAST_PART && output != separator));
        if self.candidates.len() > MOST_CANDIDATES {
            self.candidates.sort_unstable_by(|one, other| other.1.total_cmp(&one.1));
            self.candidates.truncate(MOST_CANDIDATES);
        }
        self.next.clear();
        for number in 0..self.paths.len() {
            let path = self.paths[number];
            let last = path.node.map(|node| self.nodes[node].seen.output);
            let repeated = last.map_or(0.0, |last| parts[last]);
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
                if charset.is_space(output) {
                    spelled *= self.weight(path.node, charset, dictionary);
                }
                let seen = Seen { output, steps: (step, step + 1), part };
                match self.followed(path.node, seen) {
                    Some(node) => self.add(Some(node), 0.0, spelled),
                    None => {
                        self.next.push(Path { node: path.node, new: Some(seen), separated: 0.0, spelled })
                    }
                }
            }
        }
        self.keep_likeliest();
    }

    fn add(&mut self, node: Option<usize>, separated: f32, spelled: f32) {
        match self.next.iter_mut().find(|path| path.node == node && path.new.is_none()) {
            Some(path) => {
                path.separated += separated;
                path.spelled += spelled;
            }
            None => self.next.push(Path { node, new: None, separated, spelled }),
        }
    }

    /// The beginning that goes on with a character, if it is followed already.
    fn followed(&mut self, parent: Option<usize>, seen: Seen) -> Option<usize> {
        let is_same =
            |&node: &usize| self.nodes[node].parent == parent && self.nodes[node].seen.output == seen.output;
        let node = self.paths.iter().filter_map(|path| path.node).find(is_same)?;
        let known = &mut self.nodes[node].seen;
        if seen.part > known.part {
            *known = seen;
        }
        Some(node)
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
            if let Some(seen) = path.new.take() {
                self.nodes.push(Node { parent: path.node, seen });
                path.node = Some(self.nodes.len() - 1);
            }
        }
        std::mem::swap(&mut self.paths, &mut self.next);
    }

    /// What the language says of the word that ends here: between two spaces letters alone, with punctuation around them. What
    /// has digits or signs among its letters is a code, a number or an address.
    fn weight(&mut self, end: Option<usize>, charset: &Charset, dictionary: &Dictionary) -> f32 {
        let Self { nodes, letters, word, .. } = self;
        let node = |number: Option<usize>| number.map(|number| nodes[number]);
        let backwards = std::iter::successors(node(end), |last| node(last.parent));
        let mut token = backwards
            .map(|node| node.seen.output)
            .take_while(|&output| !charset.is_space(output))
            .skip_while(|&output| charset.is_punctuation(output))
            .peekable();
        letters.clear();
        let last_letters = std::iter::from_fn(|| token.next_if(|&output| charset.is_letter(output)));
        letters.extend(last_letters.take(MOST_LETTERS));
        if !token.all(|output| charset.is_punctuation(output)) {
            return 1.0;
        }
        word.clear();
        letters.iter().rev().for_each(|&output| word.push_str(charset.text(output)));
        dictionary.weight(word)
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
pub(crate) fn words<'a>(seen: &'a [Seen], charset: &'a Charset) -> impl Iterator<Item = &'a [Seen]> {
    seen.split(|seen| charset.is_space(seen.output)).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of characters, each of the output at its place; the first separates.
    fn charset(names: &[&str]) -> Charset {
        let mut list = format!("{}\n", names.len());
        let mut codes = i32::try_from(names.len()).unwrap().to_le_bytes().to_vec();
        for (code, name) in (0_i32..).zip(names) {
            list.push_str(&format!("{name} 0\n"));
            codes.push(1);
            codes.extend([1, code].map(i32::to_le_bytes).concat());
        }
        Charset::read(list.as_bytes(), &codes, names.len()).unwrap()
    }

    fn read(search: &mut Search, steps: &[&[f32]], charset: &Charset, dictionary: &Dictionary) -> String {
        let mut seen = Vec::new();
        search.read(&mut Readings::of(steps), 0, charset, dictionary, &mut seen);
        seen.iter().map(|seen| charset.text(seen.output)).collect()
    }

    #[test]
    fn letters_that_look_the_same_are_read_as_the_one_that_is_written() {
        let charset = charset(&["Joined", "NULL", "Đ", "Ð", "⁄", "/"]);
        let steps: [&[f32]; 3] = [
            &[0.006, 0.0, 0.002, 0.992, 0.0, 0.0],
            &[0.999, 0.0, 0.001, 0.0, 0.0, 0.0],
            &[0.006, 0.0, 0.0, 0.0, 0.991, 0.003],
        ];
        assert_eq!(read(&mut Search::default(), &steps, &charset, &Dictionary::default()), "Đ/");
    }

    #[test]
    fn a_line_in_doubt_from_end_to_end_takes_bounded_room() {
        let names: Vec<String> =
            (0..400).map(|number| char::from_u32(0x4e00 + number).unwrap().into()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let charset = charset(&names);
        // Every other step favours other characters, so that nothing repeats.
        let steps: Vec<Vec<f32>> = (0..500)
            .map(|step| {
                let part = |output: usize| if output % 2 == step % 2 { 0.0048 } else { 0.0002 };
                (0..400).map(part).collect()
            })
            .collect();
        let steps: Vec<&[f32]> = steps.iter().map(Vec::as_slice).collect();
        let mut search = Search::default();
        read(&mut search, &steps, &charset, &Dictionary::default());
        assert!(search.nodes.len() <= WIDTH * steps.len(), "{} beginnings", search.nodes.len());
    }

    #[test]
    fn words_are_judged_and_codes_are_not() {
        let charset = charset(&["Joined", "NULL", "s", "ố", "o", "-", "1", "."]);
        let dictionary = Dictionary::of(&["số"]);
        let text = |codes: &[f32; 8], rest: &[usize]| {
            let certain = |output: usize| std::array::from_fn(|at| if at == output { 1.0 } else { 0.0 });
            let mut steps: Vec<[f32; 8]> = vec![certain(2), *codes];
            steps.extend(rest.iter().map(|&output| certain(output)));
            let steps: Vec<&[f32]> = steps.iter().map(<[f32; 8]>::as_slice).collect();
            read(&mut Search::default(), &steps, &charset, &dictionary)
        };
        let doubtful = [0.0, 0.0, 0.0, 0.4, 0.6, 0.0, 0.0, 0.0];
        for (rest, expected) in [
            (&[][..], "số"),
            (&[1], "số "),
            (&[7, 1], "số. "),
            (&[5, 2], "so-s"),
            (&[6], "so1"),
            (&[7, 2], "so.s"),
            (&[5, 1], "so- "),
        ] {
            assert_eq!(text(&doubtful, rest), expected);
        }
    }
}
