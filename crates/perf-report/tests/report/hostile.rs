//! Text from outside cannot become markup, whichever field it comes in.

use perf_gate::Metric;
use perf_judge::budget::Reference;
use perf_judge::next_step::NextStep;
use perf_judge::report::Report;
use perf_judge::report::comparison::{Comparison, Revision};
use perf_judge::text::is_invisible;
use perf_report::{Page, Trend, TrendPoint, Trends, render_html};

use crate::parsed::{Element, elements};
use crate::sample::{case, small};

const HOSTILE: [&str; 7] = [
    "<script>alert(1)</script>",
    "\" onload=\"alert(1)\" x=\"",
    "' style='color:red",
    "</style></title></pre></details><img src=x onerror=alert(1)>",
    "&lt;script&gt; &#60;b&#62; <!-- -->",
    "a\u{202e}b\u{2066}c\u{200b}d\u{0}e\u{1b}[31mf\u{7}\r\n\tg\u{feff}",
    "]]><![CDATA[<b>",
];

/// Puts a text in every field that is a text.
fn with_text(text: &str) -> (Report, Trends) {
    let own = || text.to_owned();
    let mut report = small();
    (report.provenance.commit, report.provenance.machine) = (own(), own());
    report.only = Some(own());
    if let Some(rules) = &mut report.rules {
        rules.iter_mut().for_each(|rule| rule.what = own());
    }
    for row in &mut report.rows {
        row.reason = Some(own());
        row.harness = Some(own());
        row.reference = Some(Reference { promised: own(), measured: own() });
    }
    let revision = || Revision { commit: own(), chosen: own() };
    let mut others = Vec::new();
    for comparison in [
        Comparison::None(own()),
        Comparison::Unchanged(revision()),
        Comparison::Unaffected { revision: revision(), packages: vec![own(), own()] },
    ] {
        let mut other = small().harnesses.remove(0);
        (other.package, other.comparison, other.tools) = (own(), comparison, Err(own()));
        others.push(other);
    }
    for harness in &mut report.harnesses {
        harness.package = own();
        let key = &mut harness.key;
        for field in
            [&mut key.rustc, &mut key.target, &mut key.profile, &mut key.rustflags, &mut key.packages, &mut key.inputs]
        {
            *field = own();
        }
        if let Ok(tools) = &mut harness.tools {
            (tools.valgrind, tools.libc) = (own(), own());
        }
        if let Comparison::Pairs(pairing) = &mut harness.comparison {
            pairing.revision = revision();
            (pairing.own_cases, pairing.baseline_not_comparable) = (Some(own()), Some(own()));
        }
    }
    report.harnesses.extend(others);
    let points = vec![TrendPoint { commit: own(), date: own(), value: 0.0, interval: None }; 2];
    let trends = Trends::from([((case("words/count/10"), Metric::TIME.name()), Trend { points, changes: vec![1] })]);
    (report, trends)
}

fn drawn(text: &str) -> String {
    let (report, trends) = with_text(text);
    let wording = |_: &NextStep, _: Option<&str>| format!("{text}: cargo {text}");
    render_html(&Page { report: &report, wording: &wording, command: "cargo xtask", trends: &trends })
}

/// Tags and names of attributes, which no text may change.
fn structure(document: &str) -> Vec<(String, Vec<String>)> {
    let names = |element: Element| element.attributes.into_iter().map(|(name, _)| name).collect();
    elements(document).into_iter().map(|element| (element.tag.clone(), names(element))).collect()
}

#[test]
fn text_from_outside_changes_no_structure() {
    let harmless = structure(&drawn("harmless"));
    assert!(harmless.len() > 300, "{} elements", harmless.len());
    for text in HOSTILE {
        let document = drawn(text);
        assert_eq!(structure(&document), harmless, "{text}");
        for forbidden in ["<script", "<img", "<!--", "<![CDATA", " onload=\"", "style='", "<b>&lt;"] {
            assert!(!document.contains(forbidden) || forbidden == "<b>&lt;", "`{forbidden}` by {text}");
        }
        let invisible: Vec<char> = document.chars().filter(|c| *c != '\n' && is_invisible(*c)).collect();
        assert!(invisible.is_empty(), "{invisible:?} by {text:?}");
    }
}

/// The test above would pass if the fields were not shown at all.
#[test]
fn every_field_is_shown() {
    let document = drawn("MARK");
    assert!(document.matches("MARK").count() > 70, "{}", document.matches("MARK").count());
    let text: String = elements(&document)
        .iter()
        .filter(|element| element.tag == "main")
        .map(|element| element.text.as_str())
        .collect();
    for shown in [
        "commitMARK",
        "machineMARK",
        "casesMARK",
        "rustcMARK",
        "flagsMARK",
        "valgrind MARK, MARK",
        "not measured: MARK",
        "MARK, MARK",
    ] {
        assert!(text.replace('\n', "").contains(shown), "{shown} is not in {text}");
    }
}
