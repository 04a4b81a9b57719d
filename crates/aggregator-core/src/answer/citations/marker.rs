//! What a citation can look like, character by character: `[1]`, `[1, 2]`, `[1-3]`, `[^1]`, `[Source 1]`, `\[1\]`, `【1】`,
//! `【1†source】`, `［１］`, each also with spaces inside.

/// Longest marker, in bytes; what is longer is text.
const MAX_MARKER_BYTES: usize = 96;

/// Most numbers and ranges in a marker.
const MAX_ITEMS: usize = 12;

/// Most digits of a source's number; the engine freezes at most 1,000 sources.
const MAX_DIGITS: u8 = 9;

/// Most numbers that a range stands for.
const WIDEST_RANGE: u16 = 99;

/// Words before a number that say that it is that of a source, in lower case.
const WORDS: [&str; 24] = [
    "source",
    "sources",
    "src",
    "ref",
    "refs",
    "reference",
    "references",
    "citation",
    "cite",
    "doc",
    "document",
    "quelle",
    "quellen",
    "fuente",
    "fuentes",
    "fonte",
    "fonti",
    "fontes",
    "bron",
    "źródło",
    "источник",
    "来源",
    "來源",
    "出典",
];

/// How a marker opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    /// `[`
    Square,
    /// `\[`
    Escaped,
    /// `【`
    Lenticular,
    /// `［`
    Full,
}

/// A marker as far as it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marker {
    open: Open,
    phase: Phase,
    /// Saturated: numbers that large name no source.
    items: [(u16, u16); MAX_ITEMS],
    count: u8,
    number: u16,
    digits: u8,
    /// The first number of a range.
    from: Option<u16>,
    /// The words of [`WORDS`] that begin with what was read of one, as bits, and how much was.
    words: u32,
    letters: u8,
    /// It has a form that nothing else has.
    explicit: bool,
    bytes: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Behind a backslash, which a bracket has to follow.
    Slash,
    Open,
    Caret,
    Word,
    BehindWord,
    Number,
    BehindNumber,
    Separator,
    Dash,
    Tail,
    Backslash,
    Closed,
}

/// What a character made of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    More,
    /// The marker is complete; what follows decides what it is.
    Closed,
    /// It is none, with this character or without it.
    None,
}

impl Marker {
    pub(super) fn new(open: Open) -> Self {
        let bytes = match open {
            Open::Square | Open::Escaped => 1,
            Open::Lenticular | Open::Full => 3,
        };
        Self {
            open,
            phase: if open == Open::Escaped { Phase::Slash } else { Phase::Open },
            items: [(0, 0); MAX_ITEMS],
            count: 0,
            number: 0,
            digits: 0,
            from: None,
            words: u32::MAX,
            letters: 0,
            explicit: open != Open::Square,
            bytes,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Whether its form alone says that it is a citation.
    pub(super) fn is_explicit(&self) -> bool {
        self.explicit
    }

    /// Bytes read.
    pub(super) fn bytes(&self) -> usize {
        usize::from(self.bytes)
    }

    /// Whether it has more than one number.
    pub(super) fn is_list(&self) -> bool {
        self.count > 1 || self.items[0].0 != self.items[0].1
    }

    /// Its numbers in their order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.items[..usize::from(self.count)].iter().flat_map(|&(from, to)| u32::from(from)..=u32::from(to))
    }

    pub(super) fn read(&mut self, c: char) -> Read {
        self.bytes = self.bytes.saturating_add(c.len_utf8() as u8);
        match self.step(c) {
            Some(_) if self.bytes() > MAX_MARKER_BYTES => Read::None,
            Some(Phase::Closed) => {
                self.phase = Phase::Closed;
                Read::Closed
            }
            Some(phase) => {
                self.phase = phase;
                Read::More
            }
            None => Read::None,
        }
    }

    fn step(&mut self, c: char) -> Option<Phase> {
        match self.phase {
            Phase::Slash => (c == '[').then_some(Phase::Open),
            Phase::Open | Phase::Caret | Phase::Separator | Phase::Dash | Phase::BehindWord => self.before_number(c),
            Phase::Word => self.in_word(c),
            Phase::Number | Phase::BehindNumber => self.behind_number(c),
            Phase::Tail if self.closes(c) => Some(Phase::Closed),
            Phase::Tail => (c.is_ascii_alphanumeric() || " -.,:_/#–".contains(c)).then_some(Phase::Tail),
            Phase::Backslash => (c == ']').then_some(Phase::Closed),
            Phase::Closed => None,
        }
    }

    fn before_number(&mut self, c: char) -> Option<Phase> {
        if let Some(digit) = digit(c) {
            (self.number, self.digits) = (digit, 1);
            return Some(Phase::Number);
        }
        match (self.phase, c) {
            (Phase::Open, '^') if self.open == Open::Square => {
                self.explicit = true;
                Some(Phase::Caret)
            }
            (Phase::Open, _) if c.is_alphabetic() && self.open != Open::Escaped => self.in_word(c),
            (Phase::Caret, _) => None,
            (Phase::BehindWord, ':' | '：' | '#' | '.') => Some(self.phase),
            (phase, ' ' | '\u{a0}') if self.open != Open::Escaped => Some(phase),
            _ => None,
        }
    }

    fn in_word(&mut self, c: char) -> Option<Phase> {
        if c.is_alphabetic() {
            let goes_on =
                |word: &str| word.chars().nth(usize::from(self.letters)).is_some_and(|of| c.to_lowercase().eq([of]));
            self.words = of_words(self.words, goes_on);
            self.letters += 1;
            return (self.words > 0).then_some(Phase::Word);
        }
        if of_words(self.words, |word| word.chars().count() == usize::from(self.letters)) == 0 {
            return None;
        }
        self.explicit = true;
        self.phase = Phase::BehindWord;
        self.before_number(c)
    }

    fn behind_number(&mut self, c: char) -> Option<Phase> {
        if let Some(digit) = digit(c) {
            if self.phase != Phase::Number || self.digits == MAX_DIGITS {
                return None;
            }
            (self.number, self.digits) = (self.number.saturating_mul(10).saturating_add(digit), self.digits + 1);
            return Some(Phase::Number);
        }
        match c {
            ' ' | '\u{a0}' if self.open != Open::Escaped => Some(Phase::BehindNumber),
            '-' | '–' | '—' | '‑' | '−' if self.from.is_none() => {
                self.from = Some(self.number);
                Some(Phase::Dash)
            }
            ',' | ';' | '，' | '；' | '、' | '&' => {
                self.end_item()?;
                Some(Phase::Separator)
            }
            '†' | '‡' if self.open != Open::Escaped => {
                self.end_item()?;
                self.explicit = true;
                Some(Phase::Tail)
            }
            '\\' if self.open == Open::Escaped => {
                self.end_item()?;
                Some(Phase::Backslash)
            }
            _ if self.closes(c) => {
                self.end_item()?;
                Some(Phase::Closed)
            }
            _ => None,
        }
    }

    fn end_item(&mut self) -> Option<()> {
        let from = self.from.take();
        let (from, to) = (from.unwrap_or(self.number), self.number);
        // A range that falls, or is one in name only, is a score or an interval.
        let is_range = from != to;
        if is_range && (from > to || to - from > WIDEST_RANGE) {
            return None;
        }
        *self.items.get_mut(usize::from(self.count))? = (from, to);
        self.count += 1;
        Some(())
    }

    fn closes(&self, c: char) -> bool {
        match self.open {
            Open::Square => c == ']',
            Open::Lenticular => c == '】',
            Open::Full => c == '］',
            Open::Escaped => false,
        }
    }
}

/// An ASCII or full-width digit.
fn digit(c: char) -> Option<u16> {
    match c {
        '０'..='９' => Some((c as u32 - '０' as u32) as u16),
        _ => c.to_digit(10).map(|digit| digit as u16),
    }
}

/// Those of some words, as bits, of which something holds.
fn of_words(words: u32, holds: impl Fn(&str) -> bool) -> u32 {
    let bit = |(index, word): (usize, &&str)| if holds(word) { 1 << index } else { 0 };
    words & WORDS.iter().enumerate().map(bit).sum::<u32>()
}
