//! The mock provider.

use std::sync::Arc;

use aggregator_core::SearchProvider;
use aggregator_core::provider::{Hit, HitStream, SearchRequest};

use crate::corpus::{Corpus, List};
use crate::probe::Probe;
use crate::script::{Items, Pace, ScriptedStream, Step, apply_pace, scripted_panic};

/// A provider that performs a script over the pages of a corpus.
///
/// Which pages it finds depends on its name and the seed of the request only. Its list is made ahead for one seed, so
/// that making it is not measured; for another seed it is made when asked.
#[derive(Debug, Clone)]
pub struct ScriptedProvider {
    name: String,
    script: Arc<[Step]>,
    corpus: Arc<Corpus>,
    list: List,
    made_for: u64,
    made: Arc<[Hit]>,
    panic_on_call: bool,
    panic_on_drop: bool,
    probe: Option<Probe>,
}

impl ScriptedProvider {
    /// A provider that performs `script` at the given pace, its list made ahead for `seed`.
    pub fn new(name: &str, script: &[Step], pace: Pace, corpus: &Arc<Corpus>, list: List, seed: u64) -> Self {
        let script = apply_pace(script, pace);
        let made = make(corpus, seed, name, &script, list);
        Self {
            name: name.to_owned(),
            script,
            corpus: Arc::clone(corpus),
            list,
            made_for: seed,
            made,
            panic_on_call: false,
            panic_on_drop: false,
            probe: None,
        }
    }

    /// Lets a probe see its calls.
    #[must_use]
    pub fn probed(mut self, probe: &Probe) -> Self {
        self.probe = Some(probe.clone());
        self
    }

    /// Panics when called.
    #[must_use]
    pub fn panicking_on_call(mut self) -> Self {
        self.panic_on_call = true;
        self
    }

    /// Panics when its stream is dropped.
    #[must_use]
    pub fn panicking_on_drop(mut self) -> Self {
        self.panic_on_drop = true;
        self
    }
}

fn make(corpus: &Corpus, seed: u64, name: &str, script: &[Step], list: List) -> Arc<[Hit]> {
    // A script that only floods still needs something to flood with.
    let hits = script.iter().map(Step::items).sum::<u32>().max(1);
    corpus.hits(seed, name, hits, list.pool, list.repeats)
}

impl SearchProvider for ScriptedProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let guard = self.probe.as_ref().map(|probe| probe.called(&self.name, request.query.text(), request.seed()));
        if self.panic_on_call {
            scripted_panic();
        }
        let hits = match request.seed() == self.made_for {
            true => Arc::clone(&self.made),
            false => make(&self.corpus, request.seed(), &self.name, &self.script, self.list),
        };
        #[cfg(feature = "seeded-faults")]
        if aggregator_core::seeded_fault::is_active(aggregator_core::seeded_fault::Fault::EmptyMock) {
            return Box::pin(futures::stream::empty());
        }
        Box::pin(ScriptedStream::new(Arc::clone(&self.script), Hits(hits), request.max_hits, guard, self.panic_on_drop))
    }
}

/// The hits of a list; beyond it only a flood goes on.
pub(crate) struct Hits(pub(crate) Arc<[Hit]>);

impl Items for Hits {
    type Item = Hit;

    fn item(&self, index: u32) -> Hit {
        if let Some(hit) = self.0.get(index as usize) {
            return hit.clone();
        }
        // Beyond the list only a flood goes on: ever new pages.
        let hit = &self.0[index as usize % self.0.len()];
        let separator = if hit.url.contains('?') { '&' } else { '?' };
        let mut hit = hit.clone();
        hit.url = format!("{}{separator}flood={index}", hit.url.replace("#section", ""));
        hit
    }
}
