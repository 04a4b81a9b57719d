//! Text in a picture: escaped, and cut to what fits.

use crate::name::{last_parts, split_file};
use crate::number;

/// Distance of a label from the border of its bar, in pixels.
pub const PADDING: f64 = 3.0;

/// Width of a character of the labels' font, in pixels, rounded up.
const CHARACTER: f64 = 6.7;

/// Escapes a text for SVG. Control characters, which XML forbids, are left out, except line breaks.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            // The last two are no characters of XML.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

/// The label of a bar: as many parts of the name as fit into `width` pixels, before them the change if there is one. `None` if
/// not even a few letters fit.
pub fn label(name: &str, change: Option<f64>, width: f64) -> Option<String> {
    let room = ((width - 2.0 * PADDING) / CHARACTER).max(0.0) as usize;
    let length = |text: &str| text.chars().count();
    let change = change.filter(|change| change.abs() >= 0.5).map(|change| format!("{} ", number::change(change)));
    let change = change.filter(|change| length(change) + 3 <= room).unwrap_or_default();
    let room = room - length(&change).min(room);
    let function = split_file(name).0;
    let fitting = [name, function, last_parts(function, 3), last_parts(function, 2), last_parts(function, 1)];
    if let Some(name) = fitting.into_iter().find(|name| length(name) <= room) {
        return Some(format!("{change}{name}"));
    }
    // A part of a name says something from 3 letters on.
    let cut: String = last_parts(function, 1).chars().take(room.saturating_sub(1)).collect();
    (length(&cut) >= 3).then(|| format!("{change}{cut}…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_names_is_text() {
        assert_eq!(escape("<a as \"b\"> & 'c'\n\u{1b}[31m\u{ffff}"), "&lt;a as &quot;b&quot;&gt; &amp; 'c'\n[31m");
    }

    #[test]
    fn a_label_fits_into_its_bar() {
        let name = "engine::search::Merger::insert";
        for (width, expected) in [
            (400.0, Some("+1,234 engine::search::Merger::insert")),
            (230.0, Some("+1,234 search::Merger::insert")),
            (160.0, Some("+1,234 Merger::insert")),
            (110.0, Some("+1,234 insert")),
            (88.0, Some("+1,234 inse…")),
            (70.0, Some("insert")),
            (5.0, None),
            (0.0, None),
        ] {
            let found = label(name, Some(1_234.0), width);
            assert_eq!(found.as_deref(), expected, "{width}");
            assert!(found.is_none_or(|found| found.chars().count() as f64 * CHARACTER <= width));
        }
        assert_eq!(label("f", Some(0.2), 100.0).as_deref(), Some("f"));
        assert_eq!(label("insert", None, 40.0).as_deref(), Some("inse…"));
        assert_eq!(label("f (src/a.rs)", None, 60.0).as_deref(), Some("f"));
        assert_eq!(label("", None, 100.0).as_deref(), Some(""));
    }
}
