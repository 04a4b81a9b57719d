//! The labelled pages of `benches-data/pages`: how many relevant ones become sources, and how many others, with selection at
//! its defaults. Of those held out only totals are shown.
//!
//! The other pages were written to look relevant: nearly all have words of the query. So the figure of these says what
//! selection can do at worst, and not how much of what a search finds is left out.

use std::collections::BTreeMap;

use aggregator_core::event::EventKind;
use aggregator_core::search::select::SelectionSettings;
use aggregator_core::{Engine, Query, Settings};
use aggregator_mocks::InvariantChecker;
use aggregator_mocks::labels::Part;
use aggregator_mocks::labels::pages::{LabelledPages, lists};
use futures::StreamExt as _;

/// Least share of the relevant pages, in percent, that become sources in each part: what was reached, less a little.
const FLOORS: [(Part, usize); 2] = [(Part::Tuning, 95), (Part::HeldOut, 85)];

#[derive(Default, Clone, Copy)]
struct Totals {
    relevant: usize,
    relevant_kept: usize,
    others: usize,
    others_kept: usize,
}

impl Totals {
    fn add(&mut self, more: Self) {
        self.relevant += more.relevant;
        self.relevant_kept += more.relevant_kept;
        self.others += more.others;
        self.others_kept += more.others_kept;
    }

    fn line(self, name: &str) -> String {
        let Self { relevant, relevant_kept, others, others_kept } = self;
        format!("{name:<9} {relevant_kept:>4} of {relevant:<4} {others_kept:>6} of {others}\n")
    }
}

/// What becomes of one list.
async fn selected(list: &LabelledPages) -> Totals {
    let mut settings = Settings::default();
    settings.selection = Some(SelectionSettings::default());
    let engine = Engine::builder().provider(list.clone()).settings(settings).build().unwrap();
    let mut events = engine.run(Query::new(list.query.as_str()).unwrap());
    let (mut checker, mut kept) = (InvariantChecker::new(), Vec::new());
    while let Some(event) = events.next().await {
        checker.read(&event);
        if let EventKind::Sources { list, .. } = &event.kind {
            kept = list.iter().map(|source| source.source.url.to_string()).collect();
        }
    }
    checker.check().unwrap();
    let mut totals = Totals::default();
    for page in &list.pages {
        let is_kept = usize::from(kept.contains(&page.url));
        let (all, of_them) = match page.relevant {
            true => (&mut totals.relevant, &mut totals.relevant_kept),
            false => (&mut totals.others, &mut totals.others_kept),
        };
        *all += 1;
        *of_them += is_kept;
    }
    totals
}

#[tokio::test(start_paused = true)]
async fn relevant_pages_become_sources() {
    let mut out = String::from("          relevant kept  others kept\n");
    for (part, floor) in FLOORS {
        let (mut by_language, mut all) = (BTreeMap::<String, Totals>::new(), Totals::default());
        for list in lists(part) {
            let totals = selected(&list).await;
            by_language.entry(list.lang).or_default().add(totals);
            all.add(totals);
        }
        if part == Part::Tuning {
            by_language.iter().for_each(|(language, totals)| out += &totals.line(language));
        }
        out += &all.line(if part == Part::Tuning { "tuning" } else { "held out" });
        let percent = all.relevant_kept * 100 / all.relevant;
        assert!(percent >= floor, "{percent} % of the relevant pages become sources, {floor} % have to: {out}");
    }
    insta::assert_snapshot!(out);
}
