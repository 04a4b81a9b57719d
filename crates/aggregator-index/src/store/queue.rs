//! How much waits between who reads documents and the thread that writes the index.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tantivy::TantivyDocument;
use tantivy::schema::Document;

/// Texts of the documents that wait, in bytes. The engine's own queue takes 10,000 documents, and is full whenever a segment
/// is being written: with passages of a thousand bytes that is as much as the writer's heap.
const ROOM: usize = 1_024 * 1_024;

/// How long a document waits for room. Then it goes on without room: the thread that writes may have ended, and only the
/// engine can say so, when it is given a document. While a segment is written, a few more documents get in.
const PATIENCE: Duration = Duration::from_millis(100);

/// Room for documents that wait.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    taken: Mutex<usize>,
    freed: Condvar,
}

impl Queue {
    /// The document with its room, as soon as there is room for it. One that needs more than there is at all waits until
    /// it is alone.
    pub(crate) fn admit(self: &Arc<Self>, document: TantivyDocument, bytes: usize) -> Queued {
        let full = |taken: &mut usize| *taken > 0 && *taken + bytes > ROOM;
        let (mut taken, _) =
            self.freed.wait_timeout_while(self.taken(), PATIENCE, full).unwrap_or_else(PoisonError::into_inner);
        *taken += bytes;
        Queued { document, bytes, queue: Arc::clone(self) }
    }

    fn taken(&self) -> MutexGuard<'_, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A document that gives its room back when it is dropped, after it was written.
pub(crate) struct Queued {
    document: TantivyDocument,
    bytes: usize,
    queue: Arc<Queue>,
}

impl Drop for Queued {
    fn drop(&mut self) {
        *self.queue.taken() -= self.bytes;
        self.queue.freed.notify_one();
    }
}

impl Document for Queued {
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
        let large = admit(2 * ROOM);
        let began = Instant::now();
        let second = admit(1);
        assert!(
            began.elapsed() >= PATIENCE,
            "no room was made: the document waits as long as it may, and then goes on"
        );
        drop((large, second));
        assert_eq!(*queue.taken(), 0);

        let first = admit(ROOM);
        let writer = thread::spawn(move || drop(first));
        drop(admit(ROOM));
        writer.join().unwrap();
        assert_eq!(*queue.taken(), 0);
    }
}
