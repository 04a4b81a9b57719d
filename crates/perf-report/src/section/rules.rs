//! The rules that the change loosens.

use perf_judge::rules::RuleChange;

use crate::html::Html;
use crate::input::Page;

/// Writes the list of loosened rules, or that there are none.
pub fn write(html: &mut Html, page: &Page<'_>) {
    html.leaf("h2", &[], "Rules changed by this change");
    match page.report.rules.as_deref() {
        None => html.leaf("p", &[], "Not compared, because there is no base."),
        Some([]) => html.leaf("p", &[], "None is loosened."),
        Some(changes) => html.element("ul", &[], |html| {
            for RuleChange { kind, what } in changes {
                html.element("li", &[], |html| {
                    html.leaf("b", &[], kind);
                    html.text(format_args!(" {what}"));
                });
            }
        }),
    }
}
