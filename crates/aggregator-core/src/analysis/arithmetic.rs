//! Is this a sum, for which a search engine is no help?

use super::lexicon::SUM;
use super::token::{Token, shape};
use super::work::step;

/// Whether a text is a calculation: numbers and operators in an order that can be computed, with nothing around them but
/// words like "what is".
///
/// In doubt it is none: a sum that is searched costs little, a question that is refused is lost. So dates (`2024-05-01`),
/// ranges of years, telephone numbers and fractions like `9/11` that stand alone are no sums.
pub(super) fn is_calculation(text: &str, tokens: &[Token]) -> bool {
    let mut state = Expression::default();
    let mut asked = false;
    for token in tokens {
        step();
        if token.is(shape::ALPHA) {
            if !token.has(SUM) {
                return false;
            }
            asked = true;
            continue;
        }
        for c in token.text(text).chars() {
            step();
            if !state.push(c) {
                return false;
            }
        }
        state.end_number();
    }
    if !state.is_complete() {
        return false;
    }
    // Without spaces and without a question these are dates, ranges and numbers of all kinds.
    let tight = tokens.iter().filter(|token| !token.is(shape::ALPHA)).count() == 1;
    !(tight && !asked && state.looks_like_a_label())
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
                self.dashes += u32::from(c == '-');
                self.slashes += u32::from(c == '/');
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

    fn looks_like_a_label(&self) -> bool {
        let only_dashes = self.dashes == self.operators;
        let only_slashes = self.slashes == self.operators;
        only_slashes || only_dashes && (self.operators > 1 || self.longest_number >= 3)
    }
}
