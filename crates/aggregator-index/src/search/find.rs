//! The best passages of an index.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use tantivy::collector::TopDocs;
use tantivy::schema::Value as _;
use tantivy::{DocAddress, DocId, Score, SegmentReader, TantivyDocument};

use crate::error::IndexError;
use crate::location::address;
use crate::passage::Passage;
use crate::search::query::{Built, Weights, build};
use crate::search::terms::terms;
use crate::store::opened::{Opened, Place};
use crate::store::schema::{HEADING_SEPARATOR, ORDER, PROGRAM, SEPARATOR};
use crate::store::tokenizer::without_language;

/// Most passages of one file, so that it does not take all places.
const OF_ONE_FILE: usize = 3;
/// Most passages that are ranked for one search.
const MAX_RANKED: usize = 2_000;

/// A search that has not been done yet.
pub(crate) struct Prepared {
    built: Option<Built>,
}

impl Prepared {
    /// Looks the words of a query up.
    pub(crate) fn new(opened: &Opened, text: &str) -> Result<Self, IndexError> {
        let terms = terms(text, opened.languages());
        let built = build(opened, &terms, &Weights::CHOSEN).map_err(IndexError::engine(opened.root(), "searched"))?;
        Ok(Self { built })
    }

    /// Entries of posting lists that the search reads.
    pub(crate) fn postings(&self) -> u64 {
        self.built.as_ref().map_or(0, |built| built.postings)
    }

    /// The best passages, at most `limit`, best first. Equally good ones are in the order of path and ordinal.
    pub(crate) fn run(&self, opened: &Opened, limit: usize) -> Result<Vec<Passage>, IndexError> {
        let failed = || IndexError::engine(opened.root(), "searched");
        let Some(built) = self.built.as_ref().filter(|_| limit > 0) else { return Ok(Vec::new()) };
        let mut ranked = limit.saturating_mul(3).clamp(30, MAX_RANKED);
        loop {
            let best = best(opened, built, ranked).map_err(failed())?;
            let complete = best.len() < ranked || ranked == MAX_RANKED;
            let chosen = choose(opened, &best, limit).map_err(failed())?;
            if complete || chosen.len() == limit {
                return Ok(chosen);
            }
            ranked = (ranked * 4).min(MAX_RANKED);
        }
    }
}

/// A score, in steps that are larger than what the order of additions changes, and what decides between equal ones.
type Rank = (u32, std::cmp::Reverse<u64>);

/// Steps of a score.
const STEPS: f32 = 4_096.0;

/// What a passage of a program counts: it repeats the words of a question more often than it answers it.
const OF_A_PROGRAM: f32 = 0.65;

fn best(opened: &Opened, built: &Built, count: usize) -> tantivy::Result<Vec<(Rank, DocAddress)>> {
    let collector = TopDocs::with_limit(count).tweak_score(|segment: &SegmentReader| {
        let order = segment.fast_fields().u64(ORDER).ok();
        let program = segment.fast_fields().u64(PROGRAM).ok();
        move |doc: DocId, score: Score| -> Rank {
            let is_program = program.as_ref().and_then(|program| program.first(doc)) == Some(1);
            let score = if is_program { score * OF_A_PROGRAM } else { score };
            let order = order.as_ref().and_then(|order| order.first(doc)).unwrap_or(u64::MAX);
            // Saturates; a score is some hundreds.
            ((score * STEPS) as u32, std::cmp::Reverse(order))
        }
    });
    opened.searcher().search(&built.query, &collector)
}

fn choose(opened: &Opened, best: &[(Rank, DocAddress)], limit: usize) -> tantivy::Result<Vec<Passage>> {
    let mut chosen: Vec<Passage> = Vec::new();
    let mut of_file: HashMap<PathBuf, usize> = HashMap::new();
    let mut texts = HashSet::new();
    for equal in best.chunk_by(|((a, _), _), ((b, _), _)| a == b) {
        let mut places = Vec::new();
        for &((steps, _), at) in equal {
            places.push((opened.place(at)?, steps, at));
        }
        places.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        for (place, steps, at) in places {
            if chosen.len() == limit {
                return Ok(chosen);
            }
            let count = of_file.get(&place.path).copied().unwrap_or_default();
            if count >= OF_ONE_FILE {
                continue;
            }
            let Some(passage) = load(opened, place, at, steps as f32 / STEPS)? else { continue };
            // Copies of a file say the same.
            if texts.insert(passage.text.clone()) {
                of_file.insert(passage.path.clone(), count + 1);
                chosen.push(passage);
            }
        }
    }
    Ok(chosen)
}

fn load(opened: &Opened, place: Place, at: DocAddress, score: f32) -> tantivy::Result<Option<Passage>> {
    let fields = opened.fields();
    let document: TantivyDocument = opened.searcher().doc(at)?;
    let text = |field| document.get_first(field).and_then(|value| value.as_str()).unwrap_or_default();
    let Place { path, ordinal, line } = place;
    let anchor = Some(text(fields.anchor)).filter(|anchor| !anchor.is_empty());
    let Some(url) = address(&path, anchor) else { return Ok(None) };
    let (language, body) = without_language(text(fields.body));
    let (_, head) = without_language(text(fields.head));
    let mut parts = head.split(SEPARATOR);
    let mut part = || parts.next().unwrap_or_default();
    let (title, headings, name) = (part(), part(), part());
    Ok(Some(Passage {
        url,
        title: if title.is_empty() { name } else { title }.to_owned(),
        headings: headings.split(HEADING_SEPARATOR).filter(|heading| !heading.is_empty()).map(str::to_owned).collect(),
        anchor: anchor.map(str::to_owned),
        text: body.to_owned(),
        language,
        ordinal,
        line,
        score,
        path,
    }))
}
