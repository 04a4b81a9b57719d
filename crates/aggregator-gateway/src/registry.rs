//! What is under way, by query.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use aggregator_core::Query;

/// What is under way for each query. It keeps nothing alive: each entry ends with its [`Registration`].
#[derive(Debug)]
pub(crate) struct Registry<T>(Mutex<Entries<T>>);

#[derive(Debug)]
struct Entries<T> {
    by_query: HashMap<Arc<Query>, (u64, Weak<T>)>,
    /// Number of the next entry: a query may have a new entry while its old one still runs.
    next: u64,
}

impl<T> Registry<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Entries { by_query: HashMap::new(), next: 0 }))
    }

    /// The number of entries.
    pub(crate) fn len(&self) -> usize {
        self.lock().by_query.len()
    }

    /// Locks it, so that looking for an entry and adding one is one step.
    pub(crate) fn open(self: &Arc<Self>) -> OpenRegistry<'_, T> {
        OpenRegistry { registry: self, entries: self.lock(), unsuitable: None }
    }

    fn lock(&self) -> MutexGuard<'_, Entries<T>> {
        // An entry without its value, or none for a value, costs a run and nothing else.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A locked registry.
pub(crate) struct OpenRegistry<'a, T> {
    registry: &'a Arc<Registry<T>>,
    entries: MutexGuard<'a, Entries<T>>,
    /// What was looked at and not taken. It may be the last reference, and its registration needs the lock to end, so this field
    /// is dropped after the guard above it.
    unsuitable: Option<Arc<T>>,
}

impl<T> OpenRegistry<'_, T> {
    /// What is under way for a query, if it suits.
    pub(crate) fn find(&mut self, query: &Query, suits: impl FnOnce(&T) -> bool) -> Option<Arc<T>> {
        let found = self.entries.by_query.get(query)?.1.upgrade()?;
        if suits(&found) {
            return Some(found);
        }
        self.unsuitable = Some(found);
        None
    }

    /// Adds what `make` makes, instead of what was there.
    pub(crate) fn insert(&mut self, query: Query, make: impl FnOnce(Registration<T>) -> Arc<T>) -> Arc<T> {
        let (number, query) = (self.entries.next, Arc::new(query));
        self.entries.next += 1;
        let value = make(Registration { registry: Arc::clone(self.registry), query: Arc::clone(&query), number });
        self.entries.by_query.insert(query, (number, Arc::downgrade(&value)));
        value
    }
}

/// An entry; dropping it removes the entry.
#[derive(Debug)]
pub(crate) struct Registration<T> {
    registry: Arc<Registry<T>>,
    query: Arc<Query>,
    number: u64,
}

impl<T> Drop for Registration<T> {
    fn drop(&mut self) {
        let mut entries = self.registry.lock();
        if entries.by_query.get(&self.query).is_some_and(|(number, _)| *number == self.number) {
            entries.by_query.remove(&self.query);
        }
    }
}
