//! Where Markdown code is (CommonMark 0.31: fenced and indented blocks, code spans), told character by character.
//!
//! Two things are kinder than CommonMark, because an answer is read as it comes: a closing fence closes at any indentation,
//! and marks of quotes before a fence are passed over.

use crate::step_counter::count_step;

/// Characters from the mark of a fence that make one.
const FENCE: u32 = 3;

/// Where a text stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code {
    phase: Phase,
    /// Columns before the first character of the line.
    columns: u32,
    /// Column at which the content of the last list item begins.
    content: u32,
    /// The line before was blank, or there is none.
    after_blank: bool,
    /// The line before is an indented block.
    after_block: bool,
    /// Length of the run of back-ticks that opened a code span; 0 outside.
    span: u32,
    /// Back-ticks seen just now.
    run: u32,
    /// Behind a backslash.
    escaped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Before the first character of a line, white space and the marks of quotes apart.
    Start,
    /// Behind what may be a list marker: a bullet; digits; digits with `.` or `)`.
    Bullet,
    Digits,
    Stop,
    /// In a run of this character at the beginning of a line, with its length so far.
    Marks(char, u32),
    /// On the line that opens a back-tick fence of this length. Another back-tick on it makes it a code span.
    Info(u32),
    Body,
    /// In an indented block, to the end of the line.
    Block,
    Fence {
        mark: char,
        length: u32,
        /// Marks at the beginning of this line; None behind anything else.
        closing: Option<u32>,
        /// Whether white space follows these.
        ended: bool,
    },
}

/// What a character decided about the code span before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decided {
    Nothing,
    /// It was one.
    Span,
    /// Nothing closed it, so it was text.
    Text,
}

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Text,
    /// Code, if the run of back-ticks before it is closed.
    Span,
    Code,
}

impl Code {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Start,
            columns: 0,
            content: 0,
            after_blank: true,
            after_block: false,
            span: 0,
            run: 0,
            escaped: false,
        }
    }

    /// Whether only back-ticks, backslashes and line breaks can change anything.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.phase == Phase::Body && self.span == 0 && self.run == 0 && !self.escaped
    }

    /// Whether the line has nothing yet but white space and marks of quotes and lists.
    pub(super) fn is_at_start(&self) -> bool {
        self.phase == Phase::Start
    }

    /// Whether the next character stands behind a backslash.
    pub(super) fn is_escaping(&self) -> bool {
        self.escaped
    }

    pub(super) fn place(&self) -> Place {
        match self.phase {
            Phase::Fence { .. } | Phase::Info(_) | Phase::Block => Place::Code,
            _ if self.span > 0 => Place::Span,
            _ => Place::Text,
        }
    }

    pub(super) fn see(&mut self, c: char) -> Decided {
        count_step();
        match self.phase {
            Phase::Fence { .. } => self.in_fence(c),
            Phase::Start => return self.at_start(c),
            Phase::Bullet | Phase::Digits | Phase::Stop => return self.list_mark(c),
            Phase::Marks(mark, count) if c == mark => self.phase = Phase::Marks(mark, count + 1),
            Phase::Marks('~', FENCE..) | Phase::Info(_) if c == '\n' => self.open_fence(),
            Phase::Marks(mark @ '~', length @ FENCE..) => {
                self.phase = Phase::Fence { mark, length, closing: None, ended: false };
            }
            Phase::Marks(_, count @ FENCE..) if c == '\n' => {
                self.phase = Phase::Info(count);
                self.open_fence();
            }
            Phase::Marks(_, count @ FENCE..) => self.phase = Phase::Info(count),
            Phase::Marks(mark, count) => {
                self.phase = Phase::Body;
                if mark == '`' {
                    self.run = count;
                }
                return self.in_body(c);
            }
            Phase::Info(count) if c == '`' => {
                (self.phase, self.span, self.run) = (Phase::Body, count, 1);
            }
            Phase::Info(_) => {}
            Phase::Block if c == '\n' => {
                self.after_block = true;
                self.new_line();
            }
            Phase::Block => {}
            Phase::Body => return self.in_body(c),
        }
        Decided::Nothing
    }

    /// The end of the text.
    pub(super) fn end(&mut self) -> Decided {
        let closes = self.run > 0 && self.run == self.span;
        let open = self.span > 0;
        *self = Self::new();
        match (closes, open) {
            (true, _) => Decided::Span,
            (_, true) => Decided::Text,
            _ => Decided::Nothing,
        }
    }

    fn open_fence(&mut self) {
        let (mark, length) = match self.phase {
            Phase::Marks(mark, length) => (mark, length),
            Phase::Info(length) => ('`', length),
            _ => return,
        };
        self.phase = Phase::Fence { mark, length, closing: Some(0), ended: false };
    }

    fn new_line(&mut self) {
        (self.phase, self.columns, self.escaped) = (Phase::Start, 0, false);
    }

    fn at_start(&mut self, c: char) -> Decided {
        match c {
            ' ' => self.columns += 1,
            '\t' => self.columns = (self.columns / 4 + 1) * 4,
            '>' => self.columns = 0,
            '\n' => {
                (self.after_blank, self.columns) = (true, 0);
                return self.abandon();
            }
            _ => return self.first(c),
        }
        Decided::Nothing
    }

    /// The first character of a line.
    fn first(&mut self, c: char) -> Decided {
        let apart = self.after_blank || self.after_block;
        if self.after_blank && self.columns < self.content {
            self.content = 0;
        }
        let is_block = apart && self.span == 0 && self.columns >= self.content + 4;
        (self.after_blank, self.after_block) = (false, false);
        self.phase = match c {
            _ if is_block => Phase::Block,
            '`' | '~' if self.span == 0 && self.run == 0 => Phase::Marks(c, 1),
            '-' | '*' | '+' => Phase::Bullet,
            '0'..='9' => Phase::Digits,
            _ => {
                self.phase = Phase::Body;
                return self.in_body(c);
            }
        };
        if c == '`' || self.run == 0 { Decided::Nothing } else { self.end_run() }
    }

    /// A character behind what may be the mark of a list.
    fn list_mark(&mut self, c: char) -> Decided {
        self.columns += 1;
        match (self.phase, c) {
            (Phase::Digits, '0'..='9') => {}
            (Phase::Digits, '.' | ')') => self.phase = Phase::Stop,
            (Phase::Bullet | Phase::Stop, ' ' | '\t') => {
                self.phase = Phase::Start;
                self.columns += 1;
                self.content = self.columns;
                return self.abandon();
            }
            _ => {
                self.phase = Phase::Body;
                return self.in_body(c);
            }
        }
        Decided::Nothing
    }

    fn in_body(&mut self, c: char) -> Decided {
        if c == '`' && !self.escaped {
            self.run += 1;
            return Decided::Nothing;
        }
        let decided = self.end_run();
        self.escaped = c == '\\' && !self.escaped && self.span == 0;
        if c == '\n' {
            self.new_line();
        }
        decided
    }

    /// What the back-ticks seen just now were, when something else follows.
    fn end_run(&mut self) -> Decided {
        let run = std::mem::take(&mut self.run);
        if run == 0 {
            Decided::Nothing
        } else if self.span == 0 {
            self.span = run;
            Decided::Nothing
        } else if self.span == run {
            self.span = 0;
            Decided::Span
        } else {
            Decided::Nothing
        }
    }

    /// A paragraph ends, and with it what was open.
    fn abandon(&mut self) -> Decided {
        let open = std::mem::take(&mut self.span);
        if open > 0 { Decided::Text } else { Decided::Nothing }
    }

    fn in_fence(&mut self, c: char) {
        let Phase::Fence { mark, length, closing, ended } = &mut self.phase else { return };
        match c {
            '\n' => {
                let closed = closing.is_some_and(|marks| marks >= *length);
                (*closing, *ended) = (Some(0), false);
                if closed {
                    (self.after_blank, self.after_block) = (false, false);
                    self.new_line();
                }
            }
            ' ' | '\t' | '\r' => *ended = closing.is_some_and(|marks| marks > 0),
            '>' if *closing == Some(0) => {}
            _ if c == *mark && !*ended => *closing = closing.map(|marks| marks + 1),
            _ => *closing = None,
        }
    }
}
