//! A bounded queue between the thread that reads documents and the thread that writes the index.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tantivy::TantivyDocument;
use tantivy::schema::Document;

/// Maximum number of bytes of queued documents. The engine's own queue takes 10,000 documents, and is full whenever a segment
/// is being written: with passages of a thousand bytes that is as much as the writer's heap.
const CAPACITY_BYTES: usize = 1_024 * 1_024;

/// Maximum time that a document waits for capacity. Then it is admitted without: the thread that writes may have ended, and
/// only the engine can say so, when it is given a document. While a segment is written, a few more documents get in.
const MAX_WAIT: Duration = Duration::from_millis(100);

/// The capacity for queued documents.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    used: Mutex<usize>,
    freed: Condvar,
}

impl Queue {
    /// Admits a document as soon as there is capacity for it. A document above the whole capacity waits until the queue is
    /// empty.
    pub(crate) fn admit(self: &Arc<Self>, document: TantivyDocument, bytes: usize) -> QueuedDocument {
        let full = |used: &mut usize| *used > 0 && *used + bytes > CAPACITY_BYTES;
        let (mut used, _) =
            self.freed.wait_timeout_while(self.used(), MAX_WAIT, full).unwrap_or_else(PoisonError::into_inner);
        *used += bytes;
        QueuedDocument { document, bytes, queue: Arc::clone(self) }
    }

    fn used(&self) -> MutexGuard<'_, usize> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A document that returns its capacity when it is dropped, after it was written.
pub(crate) struct QueuedDocument {
    document: TantivyDocument,
    bytes: usize,
    queue: Arc<Queue>,
}

impl Drop for QueuedDocument {
    fn drop(&mut self) {
        *self.queue.used() -= self.bytes;
        self.queue.freed.notify_one();
    }
}

impl Document for QueuedDocument {
    type Value<'a> = <TantivyDocument as Document>::Value<'a>;
    type FieldsValuesIter<'a> = <TantivyDocument as Document>::FieldsValuesIter<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.document.iter_fields_and_values()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_document_waits_for_room_and_goes_on_without_it() {
        let queue = Arc::new(Queue::default());
        let admit = |bytes| queue.admit(TantivyDocument::default(), bytes);
        let large = admit(2 * CAPACITY_BYTES);
        let began = Instant::now();
        let second = admit(1);
        assert!(
            began.elapsed() >= MAX_WAIT,
            "no room was made: the document waits as long as it may, and then goes on"
        );
        drop((large, second));
        assert_eq!(*queue.used(), 0);

        let first = admit(CAPACITY_BYTES);
        let writer = thread::spawn(move || drop(first));
        drop(admit(CAPACITY_BYTES));
        writer.join().unwrap();
        assert_eq!(*queue.used(), 0);
    }
}
