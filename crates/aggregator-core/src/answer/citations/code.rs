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
    state: CodeState,
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
enum CodeState {
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
pub(super) enum SpanDecision {
    Nothing,
    /// The text was a code span.
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
            state: CodeState::Start,
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
        self.state == CodeState::Body && self.span == 0 && self.run == 0 && !self.escaped
    }

    /// Whether the line has nothing yet but white space and marks of quotes and lists.
    pub(super) fn is_at_start(&self) -> bool {
        self.state == CodeState::Start
    }

    /// Whether the next character stands behind a backslash.
    pub(super) fn is_escaping(&self) -> bool {
        self.escaped
    }

    pub(super) fn place(&self) -> Place {
        match self.state {
            CodeState::Fence { .. } | CodeState::Info(_) | CodeState::Block => Place::Code,
            _ if self.span > 0 => Place::Span,
            _ => Place::Text,
        }
    }

    pub(super) fn see(&mut self, c: char) -> SpanDecision {
        count_step();
        match self.state {
            CodeState::Fence { .. } => self.in_fence(c),
            CodeState::Start => return self.at_start(c),
            CodeState::Bullet | CodeState::Digits | CodeState::Stop => return self.list_mark(c),
            CodeState::Marks(mark, count) if c == mark => self.state = CodeState::Marks(mark, count + 1),
            CodeState::Marks('~', FENCE..) | CodeState::Info(_) if c == '\n' => self.open_fence(),
            CodeState::Marks(mark @ '~', length @ FENCE..) => {
                self.state = CodeState::Fence { mark, length, closing: None, ended: false };
            }
            CodeState::Marks(_, count @ FENCE..) if c == '\n' => {
                self.state = CodeState::Info(count);
                self.open_fence();
            }
            CodeState::Marks(_, count @ FENCE..) => self.state = CodeState::Info(count),
            CodeState::Marks(mark, count) => {
                self.state = CodeState::Body;
                if mark == '`' {
                    self.run = count;
                }
                return self.in_body(c);
            }
            CodeState::Info(count) if c == '`' => {
                (self.state, self.span, self.run) = (CodeState::Body, count, 1);
            }
            CodeState::Info(_) => {}
            CodeState::Block if c == '\n' => {
                self.after_block = true;
                self.new_line();
            }
            CodeState::Block => {}
            CodeState::Body => return self.in_body(c),
        }
        SpanDecision::Nothing
    }

    /// The end of the text.
    pub(super) fn end(&mut self) -> SpanDecision {
        let closes = self.run > 0 && self.run == self.span;
        let open = self.span > 0;
        *self = Self::new();
        match (closes, open) {
            (true, _) => SpanDecision::Span,
            (_, true) => SpanDecision::Text,
            _ => SpanDecision::Nothing,
        }
    }

    fn open_fence(&mut self) {
        let (mark, length) = match self.state {
            CodeState::Marks(mark, length) => (mark, length),
            CodeState::Info(length) => ('`', length),
            _ => return,
        };
        self.state = CodeState::Fence { mark, length, closing: Some(0), ended: false };
    }

    fn new_line(&mut self) {
        (self.state, self.columns, self.escaped) = (CodeState::Start, 0, false);
    }

    fn at_start(&mut self, c: char) -> SpanDecision {
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
        SpanDecision::Nothing
    }

    /// The first character of a line.
    fn first(&mut self, c: char) -> SpanDecision {
        let apart = self.after_blank || self.after_block;
        if self.after_blank && self.columns < self.content {
            self.content = 0;
        }
        let is_block = apart && self.span == 0 && self.columns >= self.content + 4;
        (self.after_blank, self.after_block) = (false, false);
        self.state = match c {
            _ if is_block => CodeState::Block,
            '`' | '~' if self.span == 0 && self.run == 0 => CodeState::Marks(c, 1),
            '-' | '*' | '+' => CodeState::Bullet,
            '0'..='9' => CodeState::Digits,
            _ => {
                self.state = CodeState::Body;
                return self.in_body(c);
            }
        };
        if c == '`' || self.run == 0 { SpanDecision::Nothing } else { self.end_run() }
    }

    /// A character behind what may be the mark of a list.
    fn list_mark(&mut self, c: char) -> SpanDecision {
        self.columns += 1;
        match (self.state, c) {
            (CodeState::Digits, '0'..='9') => {}
            (CodeState::Digits, '.' | ')') => self.state = CodeState::Stop,
            (CodeState::Bullet | CodeState::Stop, ' ' | '\t') => {
                self.state = CodeState::Start;
                self.columns += 1;
                self.content = self.columns;
                return self.abandon();
            }
            _ => {
                self.state = CodeState::Body;
                return self.in_body(c);
            }
        }
        SpanDecision::Nothing
    }

    fn in_body(&mut self, c: char) -> SpanDecision {
        if c == '`' && !self.escaped {
            self.run += 1;
            return SpanDecision::Nothing;
        }
        let decided = self.end_run();
        self.escaped = c == '\\' && !self.escaped && self.span == 0;
        if c == '\n' {
            self.new_line();
        }
        decided
    }

    /// What the back-ticks seen just now were, when something else follows.
    fn end_run(&mut self) -> SpanDecision {
        let run = std::mem::take(&mut self.run);
        if run == 0 {
            SpanDecision::Nothing
        } else if self.span == 0 {
            self.span = run;
            SpanDecision::Nothing
        } else if self.span == run {
            self.span = 0;
            SpanDecision::Span
        } else {
            SpanDecision::Nothing
        }
    }

    /// A paragraph ends, and with it what was open.
    fn abandon(&mut self) -> SpanDecision {
        let open = std::mem::take(&mut self.span);
        if open > 0 { SpanDecision::Text } else { SpanDecision::Nothing }
    }

    fn in_fence(&mut self, c: char) {
        let CodeState::Fence { mark, length, closing, ended } = &mut self.state else { return };
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
