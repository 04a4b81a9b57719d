//! What the run was made with: machine, keys, tools, comparison.

use std::fmt::Display;

use perf_judge::report::HarnessRun;
use perf_judge::report::comparison::{Comparison, LayoutMethod, Pairing, Revision};
use perf_judge::report::number::seconds;

use crate::html::Html;
use crate::input::Page;

/// Writes the facts of the run, then those of each harness.
pub fn write(html: &mut Html, page: &Page<'_>) {
    let report = page.report;
    html.leaf("h2", &[], "Machine and comparison");
    html.element("dl", &[], |html| {
        fact(html, "commit", &report.provenance.commit);
        fact(html, "machine", &report.provenance.machine);
        fact(html, "repeats", if report.quick { "fewer (--quick)" } else { "all" });
        fact(html, "cases", report.only.as_deref().unwrap_or("all"));
        fact(html, "loosened rules", if report.rules_forbidden { "fail the run" } else { "are listed" });
    });
    for harness in &report.harnesses {
        html.leaf("h3", &[], &harness.package);
        html.element("dl", &[], |html| of_harness(html, harness));
    }
}

fn of_harness(html: &mut Html, harness: &HarnessRun) {
    let key = &harness.key;
    let fields = [
        ("rustc", &key.rustc),
        ("target", &key.target),
        ("flags", &key.rustflags),
        ("profiles", &key.profile),
        ("packages", &key.packages),
        ("inputs", &key.inputs),
    ];
    for (name, value) in fields {
        fact(html, name, if value.is_empty() { "none" } else { value });
    }
    match &harness.tools {
        Ok(tools) => fact(html, "tools", format_args!("valgrind {}, {}", tools.valgrind, tools.libc)),
        Err(reason) => fact(html, "instructions", format_args!("not measured: {reason}")),
    }
    let base = |html: &mut Html, revision: &Revision| {
        fact(html, "base", format_args!("{}, {}", revision.commit, revision.chosen))
    };
    match &harness.comparison {
        Comparison::None(reason) => fact(html, "base", format_args!("none: {reason}")),
        Comparison::Unchanged(revision) => {
            base(html, revision);
            fact(html, "comparison", "nothing measured differs");
        }
        Comparison::Unaffected { revision, packages } => {
            base(html, revision);
            let packages = packages.join(", ");
            fact(html, "comparison", format_args!("not measured: the change touches none of {packages}"));
        }
        Comparison::Pairs(pairing) => {
            base(html, &pairing.revision);
            of_pairing(html, pairing);
        }
    }
}

fn of_pairing(html: &mut Html, pairing: &Pairing) {
    fact(html, "seed", pairing.seed);
    fact(html, "pairs", format_args!("{}, {} of them by an earlier run", pairing.pairs, pairing.earlier_pairs));
    fact(html, "looks", format_args!("{} interim looks; each halves alpha", pairing.looks));
    fact(html, "time for pairs", seconds(pairing.budget_seconds));
    fact(
        html,
        "time taken",
        format_args!(
            "building {}, measuring {}, waiting for the linker {}",
            seconds(pairing.building_seconds),
            seconds(pairing.measuring_seconds),
            seconds(pairing.linking_seconds)
        ),
    );
    fact(html, "control", format_args!("{}: the base measured against itself", pairing.control));
    let layouts = match pairing.layouts {
        LayoutMethod::Shuffled => "shuffled: each pair is linked with its functions in another order",
        LayoutMethod::Padded => "padded: a function of random size precedes the others",
    };
    fact(html, "layouts", layouts);
    if let Some(reason) = &pairing.own_cases {
        fact(
            html,
            "cases of the base",
            format_args!("its own, because those of the change do not build with it: {reason}"),
        );
    }
    if let Some(reason) = &pairing.baseline_not_comparable {
        fact(
            html,
            "counted values",
            format_args!("compared with the base as measured here, because the baseline is {reason}"),
        );
    }
}

fn fact(html: &mut Html, name: &'static str, value: impl Display) {
    html.element("div", &[], |html| {
        html.leaf("dt", &[], name);
        html.leaf("dd", &[], value);
    });
}
