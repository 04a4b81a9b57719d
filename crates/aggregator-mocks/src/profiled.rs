//! Mocks that behave as real services did: what a request comes to is drawn from the tables of a profile.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aggregator_core::model::{AnswerRequest, Chunk, ChunkStream, Usage};
use aggregator_core::provider::{Hit, HitStream, ProviderErrorKind, SearchRequest};
use aggregator_core::{LanguageModel, SearchProvider};

use crate::corpus::{Corpus, List};
use crate::model::{Style, write_answer};
use crate::probe::Probe;
use crate::profile::{ModelProfile, SearchProfile};
use crate::provider::Hits;
use crate::random::{Quantity, seeded_u64};
use crate::script::{Items, Pace, ScriptedStream, Step, apply_pace};

/// A provider whose latency, hits and lengths of texts are drawn from a [`SearchProfile`].
///
/// What a request comes to depends on the provider's name and the seed of the request only. For the seeds that are named
/// ahead it is made ahead, so that making it is not measured; for others it is made when asked. All hits come at once,
/// as in the answer of a search service.
#[derive(Debug, Clone)]
pub struct ProfiledProvider {
    name: String,
    profile: Arc<SearchProfile>,
    pace: Pace,
    corpus: Arc<Corpus>,
    list: List,
    prepared: BTreeMap<u64, PreparedSearch>,
    probe: Option<Probe>,
}

/// The prepared reply of a provider to a request of one seed.
#[derive(Debug, Clone)]
struct PreparedSearch {
    script: Arc<[Step]>,
    hits: Arc<[Hit]>,
}

impl ProfiledProvider {
    /// A provider at the given pace, which has its answers to requests of these seeds ready.
    pub fn new(
        name: &str,
        profile: Arc<SearchProfile>,
        pace: Pace,
        corpus: &Arc<Corpus>,
        list: List,
        seeds: &[u64],
    ) -> Self {
        let (name, corpus) = (name.to_owned(), Arc::clone(corpus));
        let mut provider = Self { name, profile, pace, corpus, list, prepared: BTreeMap::new(), probe: None };
        provider.prepared = seeds.iter().map(|&seed| (seed, provider.prepare(seed))).collect();
        provider
    }

    /// Lets a probe see its calls.
    #[must_use]
    pub fn probed(mut self, probe: &Probe) -> Self {
        self.probe = Some(probe.clone());
        self
    }

    fn prepare(&self, seed: u64) -> PreparedSearch {
        let drawn = self.profile.draw(seed, &self.name);
        if drawn.refused {
            return PreparedSearch { script: rate_limit_script(drawn.latency, self.pace), hits: Arc::default() };
        }
        let chars = |hit| self.profile.chars(seed, &self.name, hit);
        let hits = self.corpus.hits_of(seed, &self.name, drawn.hits, self.list, chars);
        let script = [Step::Wait(drawn.latency), Step::Emit { items: drawn.hits, every: Duration::ZERO }];
        PreparedSearch { script: apply_pace(&script, self.pace), hits }
    }
}

impl SearchProvider for ProfiledProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn search(&self, request: SearchRequest) -> HitStream {
        let guard = self.probe.as_ref().map(|probe| probe.called(&self.name, request.query.text(), request.seed()));
        let found = self.prepared.get(&request.seed()).cloned();
        let PreparedSearch { script, hits } = found.unwrap_or_else(|| self.prepare(request.seed()));
        Box::pin(ScriptedStream::new(script, Hits(hits), request.max_hits, guard, false))
    }
}

/// A model whose speed and number of tokens are drawn from a [`ModelProfile`].
///
/// What a request comes to depends on the model's name and the seed of the request only; made ahead as a
/// [`ProfiledProvider`]'s. The answer is [`write_answer`]'s, one piece for each token.
#[derive(Debug, Clone)]
pub struct ProfiledModel {
    name: String,
    profile: Arc<ModelProfile>,
    pace: Pace,
    corpus: Arc<Corpus>,
    style: Style,
    prepared: BTreeMap<u64, PreparedAnswer>,
    probe: Option<Probe>,
}

/// Tokens of an answer to one citation marker, at least: a marker is up to three tokens, and a sentence some more.
const TOKENS_PER_MARKER: u32 = 8;

/// The prepared answer of a model to a request of one seed.
#[derive(Debug, Clone)]
struct PreparedAnswer {
    script: Arc<[Step]>,
    pieces: Arc<[String]>,
    usage: Usage,
}

impl ProfiledModel {
    /// A model at the given pace, which has its answers to requests of these seeds ready.
    pub fn new(
        name: &str,
        profile: Arc<ModelProfile>,
        pace: Pace,
        corpus: &Arc<Corpus>,
        style: Style,
        seeds: &[u64],
    ) -> Self {
        let (name, corpus) = (name.to_owned(), Arc::clone(corpus));
        let mut model = Self { name, profile, pace, corpus, style, prepared: BTreeMap::new(), probe: None };
        model.prepared = seeds.iter().map(|&seed| (seed, model.prepare(seed))).collect();
        model
    }

    /// Lets a probe see its calls.
    #[must_use]
    pub fn probed(mut self, probe: &Probe) -> Self {
        self.probe = Some(probe.clone());
        self
    }

    fn prepare(&self, seed: u64) -> PreparedAnswer {
        let drawn = self.profile.draw(seed, &self.name);
        let usage = Usage::new(drawn.context_tokens.into(), drawn.generated_tokens.into());
        if drawn.refused {
            return PreparedAnswer {
                script: rate_limit_script(drawn.first_token, self.pace),
                pieces: Arc::default(),
                usage,
            };
        }
        let seed_of_text = seeded_u64(seed, &self.name, Quantity::Text.counter(0));
        // A short answer has fewer markers, so that it is not made of them.
        let max_markers = drawn.generated_tokens / TOKENS_PER_MARKER;
        let citations = self.style.citations.min(max_markers);
        let style = Style { citations, invented: self.style.invented.min(max_markers - citations), ..self.style };
        let pieces = write_answer(&self.corpus, seed_of_text, drawn.generated_tokens, style);
        let usage_follows = Step::Emit { items: 1, every: Duration::ZERO };
        let script = [Step::EmitAfter(self.profile.waits(&drawn, seed, &self.name)), usage_follows];
        PreparedAnswer { script: apply_pace(&script, self.pace), pieces, usage }
    }
}

impl LanguageModel for ProfiledModel {
    fn name(&self) -> &str {
        &self.name
    }

    /// Number of sources in the list: the mock reads no prompt.
    fn shows(&self, request: &AnswerRequest) -> usize {
        request.sources.len()
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        let guard = self.probe.as_ref().map(|probe| probe.called(&self.name, request.query.text(), request.seed()));
        let written = self.prepared.get(&request.seed()).cloned();
        let PreparedAnswer { script, pieces, usage } = written.unwrap_or_else(|| self.prepare(request.seed()));
        Box::pin(ScriptedStream::new(script, Answer { pieces, usage }, u32::MAX, guard, false))
    }
}

struct Answer {
    pieces: Arc<[String]>,
    usage: Usage,
}

impl Items for Answer {
    type Item = Chunk;

    fn item(&self, index: u32) -> Chunk {
        self.pieces.get(index as usize).map_or(Chunk::Usage(self.usage), |text| Chunk::Text(text.clone()))
    }
}

/// The script of a request that is refused because of a rate limit.
fn rate_limit_script(after: Duration, pace: Pace) -> Arc<[Step]> {
    apply_pace(&[Step::Wait(after), Step::Fail(ProviderErrorKind::RateLimited)], pace)
}
