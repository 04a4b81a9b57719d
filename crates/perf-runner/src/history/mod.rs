//! The history on disk: `history` in the data folder, which git ignores, and a branch of its own for sharing it.
//!
//! - [`folder`]: one file for each run, never changed after it is written. [`index`]: the same by case, and can be rebuilt.
//! - [`branch`]: sends runs to a branch of a remote, and fetches them from there.
//!
//! No part of it is an input of a measurement: the folder is no input of a harness, and the search for a base does not read it.

pub mod branch;
pub mod folder;
pub mod index;
