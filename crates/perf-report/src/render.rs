//! The document.

use crate::html::Html;
use crate::input::Page;
use crate::section::{attention, cases, facts, rules, sensitivity, verdict};
use crate::style::{CSS, CSS_DIGEST};

/// Writes one part of the document.
type Section = fn(&mut Html, &Page<'_>);

/// Draws a report. The result loads nothing and runs nothing: its policy forbids both, and allows its one style sheet
/// by digest.
pub fn html(page: &Page<'_>) -> String {
    Html::document(|html| {
        html.element("head", &[], |html| head(html, page));
        html.element("body", &[], |html| {
            html.element("main", &[], |html| {
                verdict::write(html, page);
                let sections: [(&str, Section); 5] = [
                    ("rules", rules::write),
                    ("sensitivity", sensitivity::write),
                    ("attention", attention::write),
                    ("cases", cases::write),
                    ("facts", facts::write),
                ];
                for (id, write) in sections {
                    html.element("section", &[("id", &id)], |html| write(html, page));
                }
            });
        });
    })
}

fn head(html: &mut Html, page: &Page<'_>) {
    html.empty("meta", &[("charset", &"utf-8")]);
    let policy = format_args!(
        "default-src 'none'; style-src 'sha256-{CSS_DIGEST}'; img-src data:; base-uri 'none'; form-action 'none'"
    );
    html.empty("meta", &[("http-equiv", &"Content-Security-Policy"), ("content", &policy)]);
    html.empty("meta", &[("name", &"viewport"), ("content", &"width=device-width, initial-scale=1")]);
    html.empty("meta", &[("name", &"color-scheme"), ("content", &"light dark")]);
    html.empty("meta", &[("name", &"referrer"), ("content", &"no-referrer")]);
    // Without an icon a browser asks the server for one.
    html.empty("link", &[("rel", &"icon"), ("href", &"data:,")]);
    html.leaf(
        "title",
        &[],
        format_args!("Performance of {}: {}", page.report.provenance.commit, page.report.verdict_line()),
    );
    html.style(CSS);
}
