//! The best passages of an index.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use tantivy::collector::TopDocs;
use tantivy::schema::Value as _;
use tantivy::{DocAddress, DocId, Score, SegmentReader, TantivyDocument};

use crate::error::IndexError;
use crate::location::address;
use crate::passage::Passage;
use crate::search::query::{BuiltQuery, Weights, build};
use crate::search::terms::terms;
use crate::store::schema::{HEADING_SEPARATOR, ORDER, PROGRAM, SEPARATOR};
use crate::store::snapshot::{Position, Snapshot};
use crate::store::tokenizer::without_language;

/// Maximum number of passages of one file in a result.
const MAX_PER_FILE: usize = 3;
/// Maximum number of passages that are ranked for one search.
const MAX_RANKED: usize = 2_000;

/// A search whose words were looked up.
pub(crate) struct PreparedSearch {
    built: Option<BuiltQuery>,
}

impl PreparedSearch {
    /// Looks up the words of a query.
    pub(crate) fn new(snapshot: &Snapshot, text: &str) -> Result<Self, IndexError> {
        let terms = terms(text, snapshot.languages());
        let built =
            build(snapshot, &terms, &Weights::TUNED).map_err(IndexError::engine(snapshot.root(), "searched"))?;
        Ok(Self { built })
    }

    /// Entries of posting lists that the search reads.
    pub(crate) fn postings(&self) -> u64 {
        self.built.as_ref().map_or(0, |built| built.postings)
    }

    /// The best passages, at most `limit`, best first. Ties are in the order of path and ordinal.
    pub(crate) fn run(&self, snapshot: &Snapshot, limit: usize) -> Result<Vec<Passage>, IndexError> {
        let failed = || IndexError::engine(snapshot.root(), "searched");
        let Some(built) = self.built.as_ref().filter(|_| limit > 0) else { return Ok(Vec::new()) };
        let mut ranked = limit.saturating_mul(3).clamp(30, MAX_RANKED);
        loop {
            let best = best(snapshot, built, ranked).map_err(failed())?;
            let complete = best.len() < ranked || ranked == MAX_RANKED;
            let chosen = select_passages(snapshot, &best, limit).map_err(failed())?;
            if complete || chosen.len() == limit {
                return Ok(chosen);
            }
            ranked = (ranked * 4).min(MAX_RANKED);
        }
    }
}

/// A score in steps that are larger than rounding errors of its sum, and the tie-break.
type Rank = (u32, std::cmp::Reverse<u64>);

/// Steps of a score of 1.
const SCORE_STEPS: f32 = 4_096.0;

/// Factor of a passage of a program: it repeats the words of a question more often than it answers it.
const SOURCE_FACTOR: f32 = 0.65;

fn best(snapshot: &Snapshot, built: &BuiltQuery, count: usize) -> tantivy::Result<Vec<(Rank, DocAddress)>> {
    let collector = TopDocs::with_limit(count).tweak_score(|segment: &SegmentReader| {
        let order = segment.fast_fields().u64(ORDER).ok();
        let program = segment.fast_fields().u64(PROGRAM).ok();
        move |doc: DocId, score: Score| -> Rank {
            let is_program = program.as_ref().and_then(|program| program.first(doc)) == Some(1);
            let score = if is_program { score * SOURCE_FACTOR } else { score };
            let order = order.as_ref().and_then(|order| order.first(doc)).unwrap_or(u64::MAX);
            // Saturates; a score is some hundreds.
            ((score * SCORE_STEPS) as u32, std::cmp::Reverse(order))
        }
    });
    snapshot.searcher().search(&built.query, &collector)
}

fn select_passages(snapshot: &Snapshot, best: &[(Rank, DocAddress)], limit: usize) -> tantivy::Result<Vec<Passage>> {
    let mut chosen: Vec<Passage> = Vec::new();
    let mut of_file: HashMap<PathBuf, usize> = HashMap::new();
    let mut texts = HashSet::new();
    for equal in best.chunk_by(|((a, _), _), ((b, _), _)| a == b) {
        let mut positions = Vec::new();
        for &((steps, _), at) in equal {
            positions.push((snapshot.position(at)?, steps, at));
        }
        positions.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        for (position, steps, at) in positions {
            if chosen.len() == limit {
                return Ok(chosen);
            }
            let count = of_file.get(&position.path).copied().unwrap_or_default();
            if count >= MAX_PER_FILE {
                continue;
            }
            let Some(passage) = load(snapshot, position, at, steps as f32 / SCORE_STEPS)? else { continue };
            // Copies of a file are listed once.
            if texts.insert(passage.text.clone()) {
                of_file.insert(passage.path.clone(), count + 1);
                chosen.push(passage);
            }
        }
    }
    Ok(chosen)
}

fn load(snapshot: &Snapshot, position: Position, at: DocAddress, score: f32) -> tantivy::Result<Option<Passage>> {
    let fields = snapshot.fields();
    let document: TantivyDocument = snapshot.searcher().doc(at)?;
    let text = |field| document.get_first(field).and_then(|value| value.as_str()).unwrap_or_default();
    let Position { path, ordinal, line } = position;
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
