//! Search: the best passages for a query.

pub(crate) mod find;
pub(crate) mod query;
pub(crate) mod terms;
