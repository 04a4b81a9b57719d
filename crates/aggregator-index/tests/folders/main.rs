//! The index over real folders.

mod concurrent;
mod hostile;
mod incremental;
mod kills;
mod labels;
mod languages;
mod provider;
mod queries;
mod support;
