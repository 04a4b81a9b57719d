//! What a citation can look like, character by character: `[1]`, `[1, 2]`, `[1 and 2]`, `[1-3]`, `[^1]`, `[Source 1]`, `\[1\]`,
//! `【1】`, `【1†source】`, `［１］`, `[[1]]`, `[1, p. 12]`, each also with spaces inside; and in the digits of several scripts.

use super::words::{Spelling, Word};

/// Longest marker, in bytes; what is longer is text.
const MAX_MARKER_BYTES: usize = 96;

/// Maximum number of numbers and ranges in a marker.
const MAX_ITEMS: usize = 12;

/// Maximum number of digits of a source's number; the engine freezes at most 1,000 sources.
const MAX_DIGITS: u8 = 9;

/// Maximum number of numbers that a range stands for.
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
    state: MarkerState,
    /// Saturated: numbers that large name no source.
    items: [(u16, u16); MAX_ITEMS],
    count: u8,
    number: u16,
    digits: u8,
    /// The first number of a range.
    from: Option<u16>,
    word: Spelling,
    /// Where it began with the word that is read.
    before_word: MarkerState,
    /// Whether the marker has a form that nothing else has.
    explicit: bool,
    /// Whether the marker has a form that other things have too.
    doubtful: bool,
    /// Whether the marker begins with two brackets.
    double: bool,
    /// Whether the marker begins with a caret; it may then end in one.
    caret: bool,
    bytes: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MarkerState {
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
    /// The text is no marker, with this character or without it.
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
            state: if open == Open::Escaped { MarkerState::Slash } else { MarkerState::Open },
            items: [(0, 0); MAX_ITEMS],
            count: 0,
            number: 0,
            digits: 0,
            from: None,
            word: Spelling::new(),
            before_word: MarkerState::Open,
            explicit: open != Open::Square,
            doubtful: false,
            double: false,
            caret: false,
            bytes,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state == MarkerState::Closed
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

    /// Numbers of the marker in their order.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.items[..usize::from(self.count)].iter().flat_map(|&(from, to)| u32::from(from)..=u32::from(to))
    }

    /// Numbers of the marker in their order, each once.
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
            Some(MarkerState::Closed) => {
                self.state = MarkerState::Closed;
                Read::Closed
            }
            Some(state) => {
                self.state = state;
                Read::More
            }
            None => Read::None,
        }
    }

    fn step(&mut self, c: char) -> Option<MarkerState> {
        match self.state {
            MarkerState::Slash => (c == '[').then_some(MarkerState::Open),
            MarkerState::Open
            | MarkerState::Caret
            | MarkerState::Separator
            | MarkerState::Dash
            | MarkerState::BehindWord => self.before_number(c),
            MarkerState::Word => self.in_word(c),
            MarkerState::Number | MarkerState::BehindNumber => self.behind_number(c),
            MarkerState::Place if c.is_ascii_digit() => Some(MarkerState::Tail),
            MarkerState::Place => matches!(c, '.' | ' ' | '\u{a0}').then_some(MarkerState::Place),
            MarkerState::Tail if self.closes(c) => {
                Some(if self.double { MarkerState::HalfClosed } else { MarkerState::Closed })
            }
            MarkerState::Tail => (c.is_alphanumeric() || " -.,:_/#–†‡'&".contains(c)).then_some(MarkerState::Tail),
            MarkerState::CaretBehind | MarkerState::HalfClosed => self.closes(c).then_some(MarkerState::Closed),
            MarkerState::Backslash => (c == ']').then_some(MarkerState::Closed),
            MarkerState::Closed => None,
        }
    }

    fn before_number(&mut self, c: char) -> Option<MarkerState> {
        if let Some(digit) = digit(c) {
            (self.number, self.digits) = (digit, 1);
            return Some(MarkerState::Number);
        }
        match (self.state, c) {
            (MarkerState::Open, '^') if self.open == Open::Square && !self.double => {
                (self.explicit, self.caret) = (true, true);
                Some(MarkerState::Caret)
            }
            // Nothing stands between the two.
            (MarkerState::Open, '[') if self.open == Open::Square && self.bytes == 2 => {
                (self.double, self.doubtful) = (true, true);
                Some(MarkerState::Open)
            }
            (MarkerState::Separator, '§' | '¶') => self.place(),
            (MarkerState::Open | MarkerState::Separator, _) if self.open != Open::Escaped && c.is_alphabetic() => {
                self.begin_word(c)
            }
            (MarkerState::Caret, _) => None,
            (MarkerState::BehindWord, ':' | '：' | '#' | '.') => Some(self.state),
            (state, ' ' | '\u{a0}') if self.open != Open::Escaped => Some(state),
            _ => None,
        }
    }

    fn begin_word(&mut self, c: char) -> Option<MarkerState> {
        self.before_word = self.state;
        self.word = Spelling::new().with(c)?;
        Some(MarkerState::Word)
    }

    fn in_word(&mut self, c: char) -> Option<MarkerState> {
        if let Some(longer) = self.word.with(c) {
            self.word = longer;
            return Some(MarkerState::Word);
        }
        if c.is_alphabetic() {
            return None;
        }
        match (self.word.word()?, self.before_word) {
            (Word::Source, MarkerState::Open | MarkerState::Separator) => self.explicit = true,
            (Word::Document, MarkerState::Open | MarkerState::Separator) => {
                (self.explicit, self.doubtful) = (true, true)
            }
            (Word::And, MarkerState::Separator) => {}
            (Word::And, MarkerState::BehindNumber) => self.end_item()?,
            (Word::To, MarkerState::BehindNumber) if self.from.is_none() => {
                (self.from, self.doubtful) = (Some(self.number), true);
            }
            (Word::Place, MarkerState::Separator) => {
                self.place()?;
                self.state = MarkerState::Place;
                return self.step(c);
            }
            _ => return None,
        }
        self.state = MarkerState::BehindWord;
        if matches!(c, '_' | '-') { Some(MarkerState::BehindWord) } else { self.before_number(c) }
    }

    /// A place in the source that was named last follows. In a paper that is copied it is one of another list of sources.
    fn place(&mut self) -> Option<MarkerState> {
        self.doubtful = true;
        Some(MarkerState::Place)
    }

    fn behind_number(&mut self, c: char) -> Option<MarkerState> {
        if let Some(digit) = digit(c) {
            if self.state != MarkerState::Number || self.digits == MAX_DIGITS {
                return None;
            }
            (self.number, self.digits) = (self.number.saturating_mul(10).saturating_add(digit), self.digits + 1);
            return Some(MarkerState::Number);
        }
        match c {
            ' ' | '\u{a0}' if self.open != Open::Escaped => Some(MarkerState::BehindNumber),
            '-' | '–' | '—' | '‐' | '‑' | '−' | '～' | '〜' if self.from.is_none() => {
                self.from = Some(self.number);
                Some(MarkerState::Dash)
            }
            ',' | ';' | '，' | '；' | '、' | '،' | '؛' | '&' => {
                self.end_item()?;
                Some(MarkerState::Separator)
            }
            '†' | '‡' if self.open != Open::Escaped => {
                self.end_item()?;
                self.explicit = true;
                Some(MarkerState::Tail)
            }
            '\\' if self.open == Open::Escaped => {
                self.end_item()?;
                Some(MarkerState::Backslash)
            }
            '^' if self.state == MarkerState::Number && self.caret => {
                self.end_item()?;
                Some(MarkerState::CaretBehind)
            }
            _ if self.closes(c) => {
                self.end_item()?;
                Some(if self.double { MarkerState::HalfClosed } else { MarkerState::Closed })
            }
            // Where words are not set apart, a word may follow a digit.
            _ if self.open != Open::Escaped
                && c.is_alphabetic()
                && (self.state == MarkerState::BehindNumber || !c.is_ascii()) =>
            {
                self.state = MarkerState::BehindNumber;
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
