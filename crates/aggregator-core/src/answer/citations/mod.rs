//! Citation markers in streamed text: found even when cut across deltas, invented ones removed.
//!
//! A marker is `[n]`, with `n` in decimal digits. Where a removed one kept apart what would become another marker, as in
//! `[1[99]2]`, a space takes its place. Markers inside Markdown code (between equal runs of back-ticks) are
//! code, as in `array[0]`. A run of one or two back-ticks that is not closed on its line opened nothing.

use std::collections::VecDeque;
use std::ops::Range;

/// Longest number, in digits, that is looked at as a marker; what is longer is text.
pub const MAX_DIGITS: u32 = 32;

/// Most deltas that are held back unchanged while a marker is incomplete; further ones are joined to the last.
const MAX_HELD: u8 = 4;

/// Finds markers in a text that comes in pieces.
///
/// Feed it with [`push`](Self::push), end it with [`finish`](Self::finish), and take what is ready with
/// [`pop`](Self::pop). The concatenated text and the citations are the same however the text is cut. Text is held back
/// only from the delta in which an incomplete marker begins; nothing is copied. A delta in which many markers are invented is
/// moved together once for each, so bound its length: of the engine's 16 KiB it takes 0.4 ms at worst.
#[derive(Debug)]
pub struct CitationScanner {
    /// Numbers from 1 to this name a source.
    sources: u32,
    state: State,
    code: Code,
    /// What is ready, and behind it the deltas that are held back.
    ready: VecDeque<Scanned>,
    /// How many deltas wait for the end of a marker; it begins in the first of them.
    held: u8,
    /// Citations in text that is not given out yet; they follow it.
    found: Vec<Scanned>,
    /// Bytes of text given out or ready.
    emitted: usize,
    /// Bytes seen that begin no character. A marker has none, so before it there are as many. Counted as spans are, around 2^32.
    continuing: u32,
    invented: u32,
}

/// What the scanner gives out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanned {
    /// The next piece of text; never empty.
    Text(String),
    /// A marker of a source, in the text given out before.
    Citation {
        /// Byte offsets into the concatenated text.
        span: Range<u32>,
        /// Characters (Unicode scalar values) before it; it has as many as bytes.
        chars_before: u32,
        /// The number.
        number: u32,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In text.
    Text,
    /// Behind `[` and some digits.
    Marker {
        /// Where the `[` stands: byte offset in the first held delta, or in the current one when none is held.
        start: usize,
        digits: u32,
        /// Saturated: numbers that large name no source anyway.
        number: u64,
        /// Whether it stands directly behind an incomplete marker or a back-tick: without it, that would be joined to
        /// what follows, and might become a marker that nobody checked.
        divides: bool,
    },
}

/// Where Markdown code begins and ends.
#[derive(Debug, Clone, Copy, Default)]
struct Code {
    /// Length of the run of back-ticks that opened the code; 0 outside.
    open: u32,
    /// Back-ticks seen just now.
    run: u32,
}

impl Code {
    #[inline]
    fn see(&mut self, byte: u8) {
        if byte == b'`' {
            self.run = self.run.saturating_add(1);
            return;
        }
        if self.run > 0 {
            if self.open == 0 {
                self.open = self.run;
            } else if self.open == self.run {
                self.open = 0;
            }
            self.run = 0;
        }
        if byte == b'\n' && self.open < 3 {
            self.open = 0;
        }
    }

    fn is_plain(self) -> bool {
        self.open == 0 && self.run == 0
    }
}

impl CitationScanner {
    /// A scanner for an answer that may cite the sources 1 to `sources`.
    pub fn new(sources: u32) -> Self {
        Self {
            sources,
            state: State::Text,
            code: Code::default(),
            ready: VecDeque::new(),
            held: 0,
            found: Vec::new(),
            emitted: 0,
            continuing: 0,
            invented: 0,
        }
    }

    /// Markers so far that named no source.
    pub fn invented(&self) -> u32 {
        self.invented
    }

    /// Takes the next thing that is ready.
    #[inline]
    pub fn pop(&mut self) -> Option<Scanned> {
        if self.ready.len() == usize::from(self.held) { None } else { self.ready.pop_front() }
    }

    /// Bytes of text given out so far; what still waits for [`Self::pop`] is not counted.
    pub fn emitted(&self) -> u32 {
        let ready = self.ready.len() - usize::from(self.held);
        let waiting: usize = self.ready.iter().take(ready).map(bytes).sum();
        u32::try_from(self.emitted - waiting).unwrap_or(u32::MAX)
    }

    /// Whether text without `[` and back-ticks could be passed on as it is: nothing waits, and no code is open.
    pub fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.state == State::Text && self.code.is_plain()
    }

    /// Passes on ASCII text without `[` and back-ticks, when [idle](Self::is_idle); the same as [`Self::push`] and
    /// [`Self::pop`], without looking at it.
    #[inline]
    pub fn pass(&mut self, text: String) -> String {
        debug_assert!(self.is_idle() && text.is_ascii() && !text.contains(['[', '`']));
        self.emitted += text.len();
        text
    }

    /// Takes the next piece of text; what comes of it waits for [`Self::pop`].
    pub fn push(&mut self, mut text: String) {
        let mut at = 0;
        while at < text.len() {
            if self.state == State::Text && self.code.is_plain() {
                // Most of a text: only these two mean anything now.
                let rest = &text.as_bytes()[at..];
                let plain = rest.iter().position(|byte| matches!(byte, b'[' | b'`')).unwrap_or(rest.len());
                self.continuing = self.continuing.wrapping_add(continuing(&rest[..plain]));
                at += plain;
                if at == text.len() {
                    break;
                }
            }
            let byte = text.as_bytes()[at];
            at += 1;
            match (self.state, byte) {
                (State::Marker { start, digits, number, divides }, b'0'..=b'9') if digits < MAX_DIGITS => {
                    let number = number.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
                    self.state = State::Marker { start, digits: digits + 1, number, divides };
                }
                (State::Marker { start, digits, number, divides }, b']') if digits > 0 => {
                    self.state = State::Text;
                    let cited = u32::try_from(number).ok().filter(|n| (1..=self.sources).contains(n));
                    if let Some(number) = cited {
                        let begin = self.emitted + start;
                        self.release();
                        let end = self.emitted + at;
                        let (span, chars_before) =
                            (begin as u32..end as u32, (begin as u32).wrapping_sub(self.continuing));
                        self.found.push(Scanned::Citation { span, chars_before, number });
                    } else {
                        self.invented = self.invented.saturating_add(1);
                        let instead = if divides { " " } else { "" };
                        if self.held == 0 {
                            text.replace_range(start..at, instead);
                            at = start + instead.len();
                        } else {
                            // The others are of the marker only.
                            self.ready.truncate(self.ready.len() - usize::from(self.held - 1));
                            self.held = 1;
                            let first = self.last();
                            first.truncate(start);
                            first.push_str(instead);
                            if first.is_empty() {
                                self.ready.pop_back();
                                self.held = 0;
                            }
                            self.release();
                            text.drain(..at);
                            at = 0;
                        }
                    }
                }
                (state, _) => {
                    let divides = state != State::Text || self.code.run > 0;
                    if state != State::Text {
                        self.state = State::Text;
                        self.release();
                    }
                    self.code.see(byte);
                    self.continuing = self.continuing.wrapping_add(continuing(&[byte]));
                    if byte == b'[' && self.code.is_plain() {
                        self.state = State::Marker { start: at - 1, digits: 0, number: 0, divides };
                    }
                }
            }
        }
        if self.state == State::Text {
            self.give(text);
            self.ready.extend(self.found.drain(..));
        } else if self.held == MAX_HELD {
            self.last().push_str(&text);
        } else if !text.is_empty() {
            self.ready.push_back(Scanned::Text(text));
            self.held += 1;
        }
    }

    /// Ends the text: whatever was held back was no marker.
    pub fn finish(&mut self) {
        self.state = State::Text;
        self.release();
    }

    fn give(&mut self, text: String) {
        if !text.is_empty() {
            self.emitted += text.len();
            self.ready.push_back(Scanned::Text(text));
        }
    }

    /// The last delta that is held back.
    fn last(&mut self) -> &mut String {
        match self.ready.back_mut() {
            Some(Scanned::Text(text)) if self.held > 0 => text,
            _ => unreachable!("what is held back is text, and last"),
        }
    }

    /// Gives out what is held, and the citations in it.
    fn release(&mut self) {
        let held = usize::from(std::mem::take(&mut self.held));
        if held > 0 {
            self.emitted += self.ready.iter().rev().take(held).map(bytes).sum::<usize>();
            self.ready.extend(self.found.drain(..));
        }
    }
}

/// Bytes of text.
fn bytes(scanned: &Scanned) -> usize {
    match scanned {
        Scanned::Text(text) => text.len(),
        Scanned::Citation { .. } => 0,
    }
}

/// Bytes that begin no character.
fn continuing(text: &[u8]) -> u32 {
    text.iter().filter(|&&byte| byte & 0xc0 == 0x80).count() as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan<'a>(sources: u32, pieces: impl IntoIterator<Item = &'a str>) -> (String, Vec<(Range<u32>, u32)>, u32) {
        let mut scanner = CitationScanner::new(sources);
        let (mut text, mut citations) = (String::new(), Vec::new());
        let mut take = |scanned: Option<Scanned>| {
            match scanned {
                Some(Scanned::Text(piece)) => {
                    assert!(!piece.is_empty(), "an empty piece was given out");
                    text.push_str(&piece);
                }
                Some(Scanned::Citation { span, chars_before, number }) => {
                    let marker = &text[span.start as usize..span.end as usize];
                    let in_chars: String = text.chars().skip(chars_before as usize).take(span.len()).collect();
                    assert_eq!(in_chars, marker, "the same place in characters");
                    assert_eq!(marker.trim_matches(['[', ']']).parse::<u64>().unwrap(), u64::from(number));
                    citations.push((span, number));
                }
                None => return false,
            }
            true
        };
        for piece in pieces {
            if scanner.is_idle() && piece.is_ascii() && !piece.contains(['[', '`']) && !piece.is_empty() {
                take(Some(Scanned::Text(scanner.pass(piece.to_owned()))));
            } else {
                scanner.push(piece.to_owned());
            }
            while take(scanner.pop()) {}
        }
        scanner.finish();
        while take(scanner.pop()) {}
        (text, citations, scanner.invented())
    }

    #[test]
    fn markers_are_found_and_invented_ones_removed() {
        for (given, text, numbers, invented) in [
            ("Rust is fast [1].", "Rust is fast [1].", &[1][..], 0),
            ("a[1][2] b[3]", "a[1][2] b[3]", &[1, 2, 3], 0),
            ("none [4] here [0]", "none  here ", &[], 2),
            ("[1[2]", "[1[2]", &[2], 0),
            ("[1[99]2]", "[1 2]", &[], 1),
            ("[[99]1] [9[99][98]9]", "[ 1] [9 9]", &[], 3),
            ("`a`[99]`b`", "`a` `b`", &[], 1),
            ("[ 1] [1 ] [] [a] [-1] [1", "[ 1] [1 ] [] [a] [-1] [1", &[], 0),
            ("[01]", "[01]", &[1], 0),
            ("[18446744073709551616][1]", "[1]", &[1], 1),
            ("`x[1]` and x[1]", "`x[1]` and x[1]", &[1], 0),
            ("``a ` [1] `` [2]", "``a ` [1] `` [2]", &[2], 0),
            ("```\ny[9]\n``` [2]", "```\ny[9]\n``` [2]", &[2], 0),
            ("it`s open\n[2]", "it`s open\n[2]", &[2], 0),
            ("größer [2] 東京[3]", "größer [2] 東京[3]", &[2, 3], 0),
            ("one [1] two [", "one [1] two [", &[1], 0),
        ] {
            let (scanned, citations, dropped) = scan(3, [given]);
            assert_eq!(scanned, text, "{given}");
            assert_eq!(citations.iter().map(|c| c.1).collect::<Vec<_>>(), numbers, "{given}");
            assert_eq!(dropped, invented, "{given}");
        }
        let long = format!("[{}]", "1".repeat(MAX_DIGITS as usize + 1));
        assert_eq!(scan(3, [long.as_str()]), (long.clone(), vec![], 0), "too long to be a marker");
    }

    #[test]
    fn a_marker_cut_across_deltas_keeps_the_deltas_as_they_were() {
        let mut scanner = CitationScanner::new(20);
        scanner.push("see [".into());
        scanner.push("1".into());
        assert_eq!(scanner.pop(), None);
        scanner.push("2] and".into());
        assert_eq!(scanner.pop(), Some(Scanned::Text("see [".into())));
        assert_eq!(scanner.pop(), Some(Scanned::Text("1".into())));
        assert_eq!(scanner.pop(), Some(Scanned::Text("2] and".into())));
        assert_eq!(scanner.pop(), Some(Scanned::Citation { span: 4..8, chars_before: 4, number: 12 }));
        assert_eq!(scanner.pop(), None);
    }

    fn answer() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "[",
            "]",
            "1",
            "2",
            "12",
            "[1]",
            "[2]",
            "[99]",
            "[0]",
            "`",
            "``",
            "```",
            "\n",
            "a",
            " ",
            "é",
            "東",
            "[[",
            "]]",
            "word ",
            "00000000000000000000000000000000",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn i6_however_the_text_is_cut_the_answer_is_the_same(text in answer(), cuts in prop::collection::vec(0usize..120, 0..30)) {
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|&cut| text.is_char_boundary(cut)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]);
            prop_assert_eq!(scan(12, pieces), scan(12, [text.as_str()]));
        }

        #[test]
        fn i6_whoever_scans_the_answer_again_finds_the_same(text in answer()) {
            let (text, citations, _) = scan(12, [text.as_str()]);
            prop_assert_eq!(scan(12, [text.as_str()]), (text.clone(), citations, 0));
        }

        #[test]
        fn i6_only_known_numbers_are_cited(text in answer(), sources in 0u32..13) {
            let (_, citations, _) = scan(sources, [text.as_str()]);
            prop_assert!(citations.iter().all(|(_, number)| (1..=sources).contains(number)));
        }

        #[test]
        fn text_without_brackets_is_untouched(text in "[^\\[]{0,80}") {
            prop_assert_eq!(scan(3, [text.as_str()]), (text.clone(), vec![], 0));
        }
    }
}
