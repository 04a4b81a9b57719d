//! Is this a sum, for which a search engine is no help?

use super::lexicon::{ARITHMETIC_CUE, CALCULATE};
use super::token::{Token, shape};
use crate::step_counter::count_step;

/// Whether a text is a calculation: numbers and operators in an order that can be computed, with nothing around them but
/// words like "what is".
///
/// In doubt it is none, because numbers with marks between them are more often names: dates, ranges of years, telephone
/// numbers, scores, addresses, `9/11`, `4×4`, `50+1`, `2+2=5`. So a sum has a word that asks for one (`calculate`), an `=` at
/// its end, two operators that are not all of one kind of such names, or an operator that names do not have.
pub(super) fn is_calculation(text: &str, tokens: &[Token]) -> bool {
    let mut state = Expression::default();
    let mut asked = false;
    for token in tokens {
        count_step();
        if token.is(shape::ALPHA) {
            if !token.has(ARITHMETIC_CUE) {
                return false;
            }
            asked |= token.has(CALCULATE);
            continue;
        }
        for c in token.text(text).chars() {
            count_step();
            if !state.push(c) {
                return false;
            }
        }
        state.end_number();
    }
    state.is_complete() && (asked || state.equals || !state.looks_like_a_name())
}

#[derive(Default)]
struct Expression {
    /// Digits of the number that is being read.
    digits: u32,
    /// Whether an operand has just ended.
    operand: bool,
    open: u32,
    operators: u32,
    dashes: u32,
    slashes: u32,
    /// Signs of multiplication that measures have, too.
    times: u32,
    plusses: u32,
    powers: u32,
    longest_number: u32,
    /// Whether `=` was read: nothing but a question mark may follow.
    equals: bool,
}

impl Expression {
    fn end_number(&mut self) {
        if self.digits > 0 {
            self.longest_number = self.longest_number.max(self.digits);
            (self.digits, self.operand) = (0, true);
        }
    }

    /// Reads on; false if this is no expression.
    fn push(&mut self, c: char) -> bool {
        match c {
            '0'..='9' if !self.equals => {
                // Two numbers in a row are no sum.
                let fresh = self.digits == 0;
                self.digits += 1;
                !(fresh && self.operand)
            }
            '.' | ',' if self.digits > 0 => true,
            '(' if !self.equals => {
                self.open += 1;
                self.digits == 0 && !self.operand
            }
            ')' => {
                self.end_number();
                let matches = self.open > 0 && self.operand;
                self.open = self.open.saturating_sub(1);
                matches
            }
            '+' | '-' | '−' | '*' | '×' | '·' | '/' | '÷' | '^' if !self.equals => {
                self.end_number();
                if !self.operand {
                    // A sign.
                    return matches!(c, '-' | '−');
                }
                self.operators += 1;
                self.dashes += u32::from(matches!(c, '-' | '−'));
                self.slashes += u32::from(c == '/');
                self.times += u32::from(matches!(c, '×' | '·'));
                self.plusses += u32::from(c == '+');
                self.powers += u32::from(c == '^');
                self.operand = false;
                true
            }
            '%' => {
                self.end_number();
                self.operand
            }
            '=' => {
                self.end_number();
                let first = !self.equals;
                self.equals = true;
                first && self.operand
            }
            '?' | '¿' | '!' | '.' | '？' | '。' | ':' | '：' => true,
            _ => false,
        }
    }

    fn is_complete(&self) -> bool {
        self.operators > 0 && self.operand && self.open == 0
    }

    /// Whether these operators also occur in names: dates, ranges, scores and measures.
    fn looks_like_a_name(&self) -> bool {
        let Self { operators, dashes, slashes, times, plusses, powers, .. } = *self;
        let (range, ratio) = (dashes + slashes == operators, times == operators);
        let (one, many) = (operators == 1 && plusses + powers == 1, operators > 1 && plusses == operators);
        range || ratio || one || many && self.longest_number >= 3
    }
}
