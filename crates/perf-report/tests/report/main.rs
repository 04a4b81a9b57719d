//! The whole document: what people read, what a browser would load, text from outside, and its size.

mod document;
mod hostile;
mod parsed;
mod sample;
