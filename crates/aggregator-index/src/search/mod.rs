//! Passages that answer a query, best first.

pub(crate) mod find;
pub(crate) mod query;
pub(crate) mod terms;
