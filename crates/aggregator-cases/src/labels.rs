//! Quality: how often the engine agrees with the labels of queries, answers, pages, URLs, contradictions and dialogues.
//!
//! The results may change, and the quality rows judge them, so the checksums cover the input texts only.

use aggregator_core::analysis::{AnalysisSettings, Analyzer};
use aggregator_core::event::EventKind;
use aggregator_core::search::select::SelectionSettings;
use aggregator_core::{Engine, Query, Settings};
use aggregator_mocks::labels::Part;
use aggregator_mocks::labels::answers::{LabelledAnswer, answers};
use aggregator_mocks::labels::contradictions::{TextPair, pairs as text_pairs};
use aggregator_mocks::labels::dialogues::{Dialogue, dialogues};
use aggregator_mocks::labels::pages::{LabelledPages, lists};
use aggregator_mocks::labels::queries::{RealQuery, queries};
use aggregator_mocks::labels::urls::{UrlPair, pairs};

use futures::StreamExt as _;
use tokio::runtime::Runtime;

use super::metrics;
use super::query::runtime;
use super::workload::{Observation, Workload, digest};

/// Analyses queries and shortens them for the provider with the smallest limit, one after the other.
pub struct Queries {
    analyzer: Analyzer,
    queries: Vec<RealQuery>,
}

impl Queries {
    pub fn new(part: Part) -> Self {
        let analyzer = Analyzer::new(AnalysisSettings::default()).expect("defaults are valid");
        Self { analyzer, queries: queries(part) }
    }
}

impl Workload for Queries {
    fn run(&mut self) -> u64 {
        let lost = |query: &RealQuery| 1 + std::hint::black_box(query.evaluate(&self.analyzer)).lost.len() as u64;
        self.queries.iter().map(lost).sum()
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let (mut suitable, mut unsuitable, mut sent, mut lost) = (0, 0, 0, 0);
        for query in &self.queries {
            let evaluation = query.evaluate(&self.analyzer);
            suitable += u64::from(query.searchable && evaluation.reason.is_none());
            unsuitable += u64::from(!query.searchable && evaluation.reason.is_some());
            lost += evaluation.lost.len() as u64;
            if evaluation.shortened.is_some() {
                sent += (query.keep.len() - evaluation.lost.len()) as u64;
            }
        }
        let counts = vec![
            (metrics::EVENTS, self.queries.len() as u64),
            (metrics::SEARCHABLE_NOT_ACCUSED, suitable),
            (metrics::UNSEARCHABLE_TOLD, unsuitable),
            (metrics::PIECES_SENT, sent),
        ];
        let checksum = digest(self.queries.iter().map(|query| query.text.as_str()));
        Ok(Observation { amount: self.queries.len() as u64 + lost, checksum, counts })
    }
}

/// Scans answers one after the other, in pieces of [`PIECE`] characters.
pub struct Answers(Vec<LabelledAnswer>);

/// Characters of a piece: about one token of a model.
const PIECE: usize = 4;

impl Answers {
    pub fn new(part: Part) -> Self {
        Self(answers(part))
    }
}

impl Workload for Answers {
    fn run(&mut self) -> u64 {
        self.0.iter().map(|answer| std::hint::black_box(answer.scan(PIECE)).citations.len() as u64).sum()
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let (mut as_labelled, mut whole, mut amount) = (0, 0, 0);
        for answer in &self.0 {
            let scan = answer.scan(PIECE);
            amount += scan.citations.len() as u64;
            as_labelled += u64::from(answer.is_as_labelled(&scan));
            whole += u64::from(scan.text.len() >= answer.after.len());
        }
        let counts = vec![
            (metrics::EVENTS, self.0.len() as u64),
            (metrics::ANSWERS_AS_LABELLED, as_labelled),
            (metrics::ANSWERS_WHOLE, whole),
        ];
        let checksum = digest(self.0.iter().map(|answer| answer.text.as_str()));
        Ok(Observation { amount, checksum, counts })
    }
}

/// Selects sources from lists of pages with the default settings, one query after the other.
pub struct Pages {
    runtime: Runtime,
    lists: Vec<(LabelledPages, Engine)>,
}

impl Pages {
    pub fn new(part: Part) -> Self {
        let engine = |list: LabelledPages| {
            let mut settings = Settings::default();
            settings.selection = Some(SelectionSettings::default());
            let engine = Engine::builder().provider(list.clone()).settings(settings).build();
            (list, engine.expect("it has a provider and valid settings"))
        };
        Self { runtime: runtime(true), lists: lists(part).into_iter().map(engine).collect() }
    }

    /// Counts the selected pages: relevant ones, and others.
    fn kept(&self) -> (u64, u64) {
        let (mut relevant, mut others) = (0, 0);
        for (list, engine) in &self.lists {
            let query = Query::new(list.query.as_str()).expect("a labelled query is valid");
            let kept = self.runtime.block_on(async {
                let mut events = engine.run(query);
                while let Some(event) = events.next().await {
                    if let EventKind::Sources { list, .. } = event.kind {
                        return list;
                    }
                }
                [].into()
            });
            for page in &list.pages {
                let is_kept = kept.iter().any(|source| *source.source.url == *page.url);
                *(if page.relevant { &mut relevant } else { &mut others }) += u64::from(is_kept);
            }
        }
        (relevant, others)
    }
}

impl Workload for Pages {
    fn run(&mut self) -> u64 {
        let (relevant, others) = std::hint::black_box(self.kept());
        relevant + others
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let (relevant, others) = self.kept();
        let counts = vec![(metrics::EVENTS, self.lists.len() as u64), (metrics::RELEVANT_KEPT, relevant)];
        let checksum = digest(self.lists.iter().map(|(list, _)| list.query.as_str()));
        Ok(Observation { amount: relevant + others, checksum, counts })
    }
}

/// Compares pairs of URLs one after the other.
pub struct Urls(Vec<UrlPair>);

impl Urls {
    pub fn new(part: Part) -> Self {
        Self(pairs(part))
    }
}

impl Workload for Urls {
    fn run(&mut self) -> u64 {
        self.0.iter().map(|pair| 1 + u64::from(std::hint::black_box(pair.is_merged()))).sum()
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let count = |wanted: fn(&UrlPair) -> bool| self.0.iter().filter(|pair| wanted(pair)).count() as u64;
        let (merged, apart) =
            (count(|pair| pair.same && pair.is_merged()), count(|pair| !pair.same && !pair.is_merged()));
        let all = self.0.len() as u64;
        let counts = vec![(metrics::EVENTS, all), (metrics::PAIRS_MERGED, merged), (metrics::PAIRS_APART, apart)];
        let checksum = digest(self.0.iter().map(|pair| pair.a.as_str()));
        Ok(Observation { amount: all + count(UrlPair::is_merged), checksum, counts })
    }
}

/// Compares the texts of two sources, one pair after the other.
pub struct Contradictions(Vec<TextPair>);

impl Contradictions {
    pub fn new(part: Part) -> Self {
        Self(text_pairs(part))
    }
}

impl Workload for Contradictions {
    fn run(&mut self) -> u64 {
        self.0.iter().map(|pair| 1 + u64::from(std::hint::black_box(pair.is_reported()))).sum()
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let count = |wanted: fn(&TextPair) -> bool| self.0.iter().filter(|pair| wanted(pair)).count() as u64;
        let all = self.0.len() as u64;
        let counts = vec![
            (metrics::EVENTS, all),
            (metrics::CONTRADICTIONS_FOUND, count(|pair| pair.contradict && pair.is_reported())),
            (metrics::OTHERS_NOT_REPORTED, count(|pair| !pair.contradict && !pair.is_reported())),
        ];
        let checksum = digest(self.0.iter().map(|pair| pair.a.as_str()));
        Ok(Observation { amount: all + count(TextPair::is_reported), checksum, counts })
    }
}

/// Makes the texts to search for of questions with earlier ones, one after the other.
pub struct Dialogues(Vec<Dialogue>);

impl Dialogues {
    pub fn new(part: Part) -> Self {
        Self(dialogues(part))
    }
}

impl Workload for Dialogues {
    fn run(&mut self) -> u64 {
        self.0.iter().map(|dialogue| 1 + std::hint::black_box(dialogue.query()).search_text().len() as u64).sum()
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let count = |follow_up| {
            let right = |dialogue: &&Dialogue| dialogue.follow_up == follow_up && dialogue.is_searched_as_labelled();
            self.0.iter().filter(right).count() as u64
        };
        let counts = vec![
            (metrics::EVENTS, self.0.len() as u64),
            (metrics::FOLLOW_UPS_RESOLVED, count(true)),
            (metrics::OTHERS_LEFT_ALONE, count(false)),
        ];
        let checksum = digest(self.0.iter().map(|dialogue| dialogue.question.as_str()));
        let amount = self.0.iter().map(|dialogue| 1 + dialogue.query().search_text().len() as u64).sum();
        Ok(Observation { amount, checksum, counts })
    }
}
