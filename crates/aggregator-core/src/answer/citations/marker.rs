//! What a citation can look like, character by character: `[1]`, `[1, 2]`, `[1 and 2]`, `[1-3]`, `[^1]`, `[Source 1]`, `\[1\]`,
//! `【1】`, `【1†source】`, `［１］`, `[[1]]`, `[1, p. 12]`, each also with spaces inside; and in the digits of several scripts.

use super::words::{Spelling, Word};

/// Longest marker, in bytes; what is longer is text.
const MAX_MARKER_BYTES: usize = 96;

/// Most numbers and ranges in a marker.
const MAX_ITEMS: usize = 12;

/// Most digits of a source's number; the engine freezes at most 1,000 sources.
const MAX_DIGITS: u8 = 9;

/// Most numbers that a range stands for.
const WIDEST_RANGE: u16 = 99;

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
    word: Spelling,
    /// Where it began with the word that is read.
    before_word: Phase,
    /// It has a form that nothing else has.
    explicit: bool,
    /// It has a form that other things have too.
    doubtful: bool,
    /// It begins with two brackets.
    double: bool,
    /// It begins with a caret, and may end in one.
    caret: bool,
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
    /// Behind a word that names a kind of place.
    Place,
    Tail,
    /// Behind the last number, where only the closing brackets can follow.
    Backslash,
    CaretBehind,
    HalfClosed,
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
            word: Spelling::new(),
            before_word: Phase::Open,
            explicit: open != Open::Square,
            doubtful: false,
            double: false,
            caret: false,
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

    /// Whether something else may be written so.
    pub(super) fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Whether it begins with two brackets.
    pub(super) fn is_double(&self) -> bool {
        self.double
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

    /// Its numbers in their order, each once.
    pub(super) fn distinct(&self) -> impl Iterator<Item = u32> + '_ {
        let items = &self.items[..usize::from(self.count)];
        items.iter().enumerate().flat_map(move |(at, &(from, to))| {
            let is_earlier = move |number: &u32| {
                items[..at].iter().any(|&(from, to)| (u32::from(from)..=u32::from(to)).contains(number))
            };
            (u32::from(from)..=u32::from(to)).filter(move |number| !is_earlier(number))
        })
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
            Phase::Place if c.is_ascii_digit() => Some(Phase::Tail),
            Phase::Place => matches!(c, '.' | ' ' | '\u{a0}').then_some(Phase::Place),
            Phase::Tail if self.closes(c) => Some(if self.double { Phase::HalfClosed } else { Phase::Closed }),
            Phase::Tail => (c.is_alphanumeric() || " -.,:_/#–†‡'&".contains(c)).then_some(Phase::Tail),
            Phase::CaretBehind | Phase::HalfClosed => self.closes(c).then_some(Phase::Closed),
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
            (Phase::Open, '^') if self.open == Open::Square && !self.double => {
                (self.explicit, self.caret) = (true, true);
                Some(Phase::Caret)
            }
            // Nothing stands between the two.
            (Phase::Open, '[') if self.open == Open::Square && self.bytes == 2 => {
                (self.double, self.doubtful) = (true, true);
                Some(Phase::Open)
            }
            (Phase::Separator, '§' | '¶') => self.place(),
            (Phase::Open | Phase::Separator, _) if self.open != Open::Escaped && c.is_alphabetic() => {
                self.begin_word(c)
            }
            (Phase::Caret, _) => None,
            (Phase::BehindWord, ':' | '：' | '#' | '.') => Some(self.phase),
            (phase, ' ' | '\u{a0}') if self.open != Open::Escaped => Some(phase),
            _ => None,
        }
    }

    fn begin_word(&mut self, c: char) -> Option<Phase> {
        self.before_word = self.phase;
        self.word = Spelling::new().with(c)?;
        Some(Phase::Word)
    }

    fn in_word(&mut self, c: char) -> Option<Phase> {
        if let Some(longer) = self.word.with(c) {
            self.word = longer;
            return Some(Phase::Word);
        }
        if c.is_alphabetic() {
            return None;
        }
        match (self.word.word()?, self.before_word) {
            (Word::Source, Phase::Open | Phase::Separator) => self.explicit = true,
            (Word::Document, Phase::Open | Phase::Separator) => (self.explicit, self.doubtful) = (true, true),
            (Word::And, Phase::Separator) => {}
            (Word::And, Phase::BehindNumber) => self.end_item()?,
            (Word::To, Phase::BehindNumber) if self.from.is_none() => {
                (self.from, self.doubtful) = (Some(self.number), true);
            }
            (Word::Place, Phase::Separator) => {
                self.place()?;
                self.phase = Phase::Place;
                return self.step(c);
            }
            _ => return None,
        }
        self.phase = Phase::BehindWord;
        if matches!(c, '_' | '-') { Some(Phase::BehindWord) } else { self.before_number(c) }
    }

    /// A place in the source that was named last follows. In a paper that is copied it is one of another list of sources.
    fn place(&mut self) -> Option<Phase> {
        self.doubtful = true;
        Some(Phase::Place)
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
            '-' | '–' | '—' | '‐' | '‑' | '−' | '～' | '〜' if self.from.is_none() => {
                self.from = Some(self.number);
                Some(Phase::Dash)
            }
            ',' | ';' | '，' | '；' | '、' | '،' | '؛' | '&' => {
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
            '^' if self.phase == Phase::Number && self.caret => {
                self.end_item()?;
                Some(Phase::CaretBehind)
            }
            _ if self.closes(c) => {
                self.end_item()?;
                Some(if self.double { Phase::HalfClosed } else { Phase::Closed })
            }
            // Where words are not set apart, a word may follow a digit.
            _ if self.open != Open::Escaped
                && c.is_alphabetic()
                && (self.phase == Phase::BehindNumber || !c.is_ascii()) =>
            {
                self.phase = Phase::BehindNumber;
                self.begin_word(c)
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

/// The value of a digit of ASCII, or of another script that writes numbers by place.
fn digit(c: char) -> Option<u16> {
    if c.is_ascii() {
        return c.to_digit(10).map(|digit| digit as u16);
    }
    // Arabic, Persian, Devanagari, Bengali, Tamil, Thai, full width.
    const ZEROS: [char; 7] = ['٠', '۰', '०', '০', '௦', '๐', '０'];
    let value = |zero: char| (c as u32).checked_sub(zero as u32).filter(|&value| value < 10);
    ZEROS.into_iter().find_map(value).map(|value| value as u16)
}
