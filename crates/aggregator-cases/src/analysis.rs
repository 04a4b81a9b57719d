//! Analysis of queries: its cost, and how often it agrees with the labels.

use aggregator_core::analysis::{AnalysisSettings, Analyzer};
use aggregator_mocks::labels::classifiers::{self, LabelledQuery};
use perf_gate::Metric;

use super::metrics;
use super::workload::{Observation, Workload, digest, require};

/// Analyses texts one after the other.
pub struct AnalysisWorkload {
    analyzer: Analyzer,
    texts: Vec<String>,
    labelled: Vec<LabelledQuery>,
}

/// An ordinary English question, of which [`CHARS`] characters are used.
const ENGLISH: &str = "what is the difference between optimistic and pessimistic locking in a relational database, and which \
                       of them should I choose for a booking system that has many readers, few writers and long \
                       sessions?";

/// Chinese questions without spaces, of which [`CHARS`] characters are used.
const CHINESE: &str = "关系数据库中的乐观锁和悲观锁有什么区别，对于一个读者很多、写者很少而且会话很长的预订系统，我应该选择哪一种？\
                       如果并发冲突突然变多，性能会怎样变化，怎样才能提前发现这种情况并且避免用户重复提交同一张订单？另外，\
                       在分布式环境里是否还需要额外的锁服务，比如用缓存来实现，它会带来哪些新的风险和维护成本，出错时又该\
                       怎样恢复数据？请说明理由，并且比较两种做法的优点和缺点，最后给出一个适合小型团队的建议以及常见的错误。";

/// Length in characters of the texts of the unlabelled cases.
const CHARS: usize = 200;

impl AnalysisWorkload {
    pub fn english() -> Self {
        Self::new(vec![ENGLISH.chars().take(CHARS).collect()], Vec::new())
    }

    pub fn chinese() -> Self {
        Self::new(vec![CHINESE.chars().take(CHARS).collect()], Vec::new())
    }

    /// All labelled queries; the quality rows count the correct predictions of each classifier.
    pub fn labelled() -> Self {
        Self::from_labelled(|_| true)
    }

    /// The held-out labelled queries, which the author of the classifiers did not see.
    pub fn held_out() -> Self {
        Self::from_labelled(|query| query.held_out)
    }

    fn from_labelled(wanted: impl Fn(&LabelledQuery) -> bool) -> Self {
        let labelled: Vec<_> = classifiers::queries().into_iter().filter(wanted).collect();
        Self::new(labelled.iter().map(|query| query.text.clone()).collect(), labelled)
    }

    /// The English text with another threshold, which has to cost the same. The reference system promised this, and its
    /// test used four thresholds that its code never read.
    pub fn with_threshold(min_complexity_score: f64) -> Self {
        let mut settings = AnalysisSettings::default();
        settings.min_complexity_score = min_complexity_score;
        let analyzer = Analyzer::new(settings).expect("it is between 0 and 1");
        Self { analyzer, ..Self::english() }
    }

    fn new(texts: Vec<String>, labelled: Vec<LabelledQuery>) -> Self {
        let analyzer = Analyzer::new(AnalysisSettings::default()).expect("defaults are valid");
        Self { analyzer, texts, labelled }
    }
}

const RIGHT_METRICS: [Metric; 6] = [
    metrics::RIGHT_INPUT_TYPE,
    metrics::RIGHT_COMPLEXITY,
    metrics::RIGHT_AMBIGUITY,
    metrics::RIGHT_SUITABILITY,
    metrics::RIGHT_SEGMENTS,
    metrics::RIGHT_SUB_QUERIES,
];

impl Workload for AnalysisWorkload {
    fn run(&mut self) -> u64 {
        let segments = |text: &String| std::hint::black_box(self.analyzer.analyze(text)).segments.len() as u64;
        self.texts.iter().map(segments).sum()
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let analyses: Vec<_> = self.texts.iter().map(|text| self.analyzer.analyze(text)).collect();
        if self.labelled.is_empty() {
            require(self.texts.iter().all(|text| text.chars().count() == CHARS), || {
                "a text does not have 200 characters".into()
            })?;
        }
        let amount = analyses.iter().map(|analysis| analysis.segments.len() as u64).sum();
        let mut counts = vec![(metrics::EVENTS, analyses.len() as u64)];
        let mut right = [0; 6];
        for (analysis, query) in analyses.iter().zip(&self.labelled) {
            for (right, (predicted, label)) in
                right.iter_mut().zip(LabelledQuery::predicted(analysis).iter().zip(query.labels))
            {
                *right += u64::from(predicted == label);
            }
        }
        if !self.labelled.is_empty() {
            counts.extend(RIGHT_METRICS.into_iter().zip(right));
        }
        // The analyses of labelled queries may change, and the quality rows judge them: the checksum covers the texts only.
        let digested: Vec<String> = match self.labelled.is_empty() {
            true => analyses.iter().map(|analysis| format!("{analysis:?}")).collect(),
            false => self.texts.clone(),
        };
        Ok(Observation { amount, checksum: digest(digested.iter().map(String::as_str)), counts })
    }
}
