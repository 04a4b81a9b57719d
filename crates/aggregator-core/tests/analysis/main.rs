//! How well queries are understood: the labelled ones, and what holds for every text.

mod labelled;
mod properties;
mod real;
