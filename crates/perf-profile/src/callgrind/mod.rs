//! The costs in callgrind's output file, by function and its callers.
//!
//! [`parse`] reads the file. With callers kept apart (`--separate-callers=<depth>`) the name of a function is followed by those
//! of its callers, innermost first: `f'caller'its caller`. [`names`] takes them apart, and [`Profile::stacks`] makes a tree of
//! them.
//!
//! **Recursion.** Valgrind's options stay at their defaults. A function that calls itself is one frame: callgrind leaves direct
//! recursion out of the callers. `f'2` is a call of `f` while `f` is active; it counts as `f`. Functions that call each other in
//! a circle are frames below each other, as deep as they are called. [`functions`](mod@crate::functions) counts a stack once
//! for a function that occurs in it several times.
//!
//! **Calls.** Numbers of calls in the file include those before the counted function, whose costs are 0. They are not read.

mod names;
mod parse;

pub use names::{Name, names};
pub use parse::{ParseError, parse};

use crate::name::without_hash;
use crate::stacks::{Stacks, Unit};

/// A profile: instructions by function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Instructions of all functions, as the file states them. It is the sum of what the functions spend themselves.
    pub total: u64,
    /// The functions, in the order of their first lines. Functions of different files with the same name are one.
    pub functions: Vec<Function>,
}

/// Instructions of a function, or with callers kept apart those of a function with these callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The name in the file: `f`, `f'2` or `f'caller`.
    pub name: String,
    /// Instructions of the function itself.
    pub own: u64,
    /// Instructions during calls of the function, with what it calls; 0 if nothing calls it. A call inside of such a call counts
    /// twice, so for a circle this is too much.
    pub called: u64,
    /// Instructions of what the function calls.
    pub callees: u64,
}

impl Function {
    /// Instructions with what the function calls, as `callgrind_annotate --inclusive=yes` counts them.
    pub fn inclusive(&self) -> u64 {
        if self.called > 0 { self.called } else { self.own + self.callees }
    }
}

impl Profile {
    /// The stacks inside of the function whose name contains `counted`, which are those of `operations` operations. Hashes are
    /// removed from the names. A stack without this function lost its outer callers, because it has more than callgrind kept
    /// apart.
    pub fn stacks(&self, counted: &str, operations: u64) -> Stacks {
        let mut stacks = Stacks::new(Unit::Instructions, operations);
        for function in self.functions.iter().filter(|function| function.own > 0) {
            // Innermost first.
            let mut frames: Vec<&str> = Vec::new();
            for name in names(&function.name) {
                match name {
                    Name::Function(name) => frames.push(without_hash(name)),
                    Name::Recursion(_) => {}
                }
            }
            match frames.iter().rposition(|frame| frame.contains(counted)) {
                Some(outermost) => stacks.add(frames[..=outermost].iter().rev().copied(), function.own),
                None => stacks.add_cut(frames.iter().rev().copied(), function.own),
            }
        }
        stacks
    }
}
