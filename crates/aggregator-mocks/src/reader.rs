//! A reader of pages that are written down, each after its time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aggregator_core::{Page, PageFuture, PageReader, ProviderError, ProviderErrorKind, ReadRequest};
use tokio::time::sleep;

/// Reads the pages that it was given; fails for every other address. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct ScriptedReader {
    pages: Arc<BTreeMap<String, ScriptedPage>>,
    asked: Arc<AtomicUsize>,
    running: Arc<AtomicUsize>,
}

/// What becomes of a page.
#[derive(Debug, Clone)]
pub enum ScriptedPage {
    /// After a time it has these passages.
    Passages(Duration, Vec<String>),
    /// After a time it fails.
    Fails(Duration, ProviderErrorKind),
    /// It never comes.
    Hangs,
    /// The reader panics.
    Panics,
}

impl ScriptedPage {
    /// A page with passages after a time.
    pub fn of(after: Duration, passages: &[&str]) -> Self {
        Self::Passages(after, passages.iter().map(|&passage| passage.to_owned()).collect())
    }
}

impl ScriptedReader {
    /// A reader of these addresses.
    pub fn new<const N: usize>(pages: [(&str, ScriptedPage); N]) -> Self {
        let pages = pages.map(|(url, page)| (url.to_owned(), page));
        Self { pages: Arc::new(pages.into()), ..Self::default() }
    }

    /// Pages that were asked for.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// Pages that are being read.
    pub fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }
}

/// Counts a page as long as it is read.
struct Running(Arc<AtomicUsize>);

impl Running {
    fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl PageReader for ScriptedReader {
    fn read(&self, request: ReadRequest) -> PageFuture {
        let page = self.pages.get(&*request.url).cloned();
        let (asked, running) = (Arc::clone(&self.asked), Arc::clone(&self.running));
        Box::pin(async move {
            asked.fetch_add(1, Ordering::Relaxed);
            let _running = Running::new(running);
            match page {
                Some(ScriptedPage::Passages(after, passages)) => {
                    sleep(after).await;
                    Ok(Page::new(passages))
                }
                Some(ScriptedPage::Fails(after, kind)) => {
                    sleep(after).await;
                    Err(ProviderError::new(kind, "the script says so"))
                }
                Some(ScriptedPage::Hangs) => std::future::pending().await,
                Some(ScriptedPage::Panics) => panic!("the script says so"),
                None => Err(ProviderError::new(ProviderErrorKind::BadResponse, "there is no such page in the script")),
            }
        })
    }
}
