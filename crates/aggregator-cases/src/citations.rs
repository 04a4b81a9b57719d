//! Scanning the standard scenario's answer for citation markers, delta by delta.

use aggregator_core::internals::{CitationScanner, Scanned};
use aggregator_mocks::{Style, catalog, write_answer};

use super::metrics;
use super::workload::{Observation, Workload, digest, require};

pub struct Scan {
    deltas: Vec<String>,
}

const STYLE: Style = Style { sources: 20, citations: 12, invented: 2 };

impl Scan {
    pub fn new() -> Self {
        Self { deltas: write_answer(&catalog::corpus(), 2, 200, STYLE).to_vec() }
    }

    fn scan(&self, mut take: impl FnMut(Scanned)) -> u32 {
        let mut scanner = CitationScanner::new(STYLE.sources);
        for delta in &self.deltas {
            scanner.push(delta.clone());
            while let Some(scanned) = scanner.pop() {
                take(scanned);
            }
        }
        scanner.finish();
        while let Some(scanned) = scanner.pop() {
            take(scanned);
        }
        scanner.invalid_citations()
    }
}

impl Workload for Scan {
    fn run(&mut self) -> u64 {
        let mut items = 0;
        self.scan(|scanned| {
            std::hint::black_box(scanned);
            items += 1;
        });
        items
    }

    fn observe(&mut self) -> Result<Observation, String> {
        let (mut text, mut amount, mut citations) = (String::new(), 0, 0);
        let invented = self.scan(|scanned| {
            amount += 1;
            match scanned {
                Scanned::Text(piece) => text.push_str(&piece),
                Scanned::Citation { .. } => citations += 1,
            }
        });
        require((citations, invented) == (STYLE.citations, STYLE.invented), || {
            format!("{citations} citations and {invented} invented ones instead of 12 and 2")
        })?;
        let counts = vec![(metrics::EVENTS, amount), (metrics::CITATIONS, u64::from(citations))];
        Ok(Observation { amount, checksum: digest([text.as_str()]), counts })
    }
}
