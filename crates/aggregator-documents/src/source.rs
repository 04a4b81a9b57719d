//! Programs and configuration: comments are prose, other lines are code.

use crate::passage_builder::{Block, PassageBuilder};

/// A passage of a program ends before an item at the left margin; its address is its line.
pub(crate) fn read(text: &str, builder: &mut PassageBuilder<'_>) {
    let mut comments = Comments::default();
    let mut run = LineRun::default();
    let mut blank = true;
    for (line, number) in text.lines().zip(1u32..) {
        let line = line.trim_end();
        if line.is_empty() {
            blank = true;
            continue;
        }
        let comment_text = comments.comment_text(line);
        let margin = !line.starts_with([' ', '\t', '}', ')', ']']);
        // Something new begins after an empty line; the comment of an item stands directly above it.
        if blank && margin {
            run.add(builder);
            if builder.is_long_enough() {
                builder.flush();
            }
        }
        // Long items are cut at lines.
        if run.is_prose != comment_text.is_some() || run.text.len() >= 16 * 1_024 {
            run.add(builder);
        }
        if run.text.is_empty() {
            (run.is_prose, run.begin) = (comment_text.is_some(), number);
        } else {
            run.text.push_str(if blank { "\n\n" } else { "\n" });
        }
        blank = false;
        run.text.push_str(comment_text.unwrap_or(line));
        if let Some(comment_text) = comment_text.filter(|comment_text| comment_text.contains(' ')) {
            builder.prose(comment_text);
        }
    }
    run.add(builder);
}

/// Lines that follow each other and are all comments, or all code.
#[derive(Default)]
struct LineRun {
    text: String,
    is_prose: bool,
    begin: u32,
}

impl LineRun {
    fn add(&mut self, builder: &mut PassageBuilder<'_>) {
        if self.text.is_empty() {
            return;
        }
        if builder.gathered_bytes() == 0 {
            builder.part(format!("L{}", self.begin));
        }
        let block = if self.is_prose { Block::Lines } else { Block::Code("") };
        builder.block(block, &self.text, self.begin);
        self.text.clear();
    }
}

/// Which lines are comments. A program is not parsed: what looks like a comment in a text of several lines is one.
#[derive(Default)]
struct Comments {
    /// What ends the comment of several lines that is open.
    open: Option<&'static str>,
}

impl Comments {
    /// The words of a line that is a comment in some language, without its marks.
    fn comment_text<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        let text = line.trim_start();
        if let Some(end) = self.open {
            let inside = text.strip_suffix(end).unwrap_or(text);
            if text.contains(end) {
                self.open = None;
            }
            return Some(strip_mark(inside, "*"));
        }
        for (begin, end) in [("/**", "*/"), ("/*", "*/"), ("\"\"\"", "\"\"\""), ("<!--", "-->"), ("{-", "-}")] {
            if let Some(inside) = text.strip_prefix(begin) {
                if !inside.contains(end) {
                    self.open = Some(end);
                } else if !inside.ends_with(end) {
                    return None;
                }
                return Some(inside.strip_suffix(end).unwrap_or(inside).trim());
            }
        }
        if let Some(inside) = text.strip_prefix("//") {
            return Some(strip_mark(inside.trim_start_matches('/'), "!"));
        }
        // A mark that code begins with too, as `#[derive]` and `--x`, is one only before a space.
        ["#", "--", ";", "%", ";;", "REM", "##"]
            .iter()
            .find_map(|mark| text.strip_prefix(mark).filter(|inside| inside.is_empty() || inside.starts_with(' ')))
            .map(|inside| inside.strip_prefix(' ').unwrap_or(inside))
    }
}

/// A line without a mark, and without the space behind it; what is indented more is code in a comment.
fn strip_mark<'a>(text: &'a str, mark: &str) -> &'a str {
    let text = text.strip_prefix(mark).unwrap_or(text);
    text.strip_prefix(' ').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Vec<(Option<String>, u32, String)> {
        let mut seen = Vec::new();
        let mut sink = |piece: crate::passage_builder::ParsedPassage| seen.push((piece.anchor, piece.line, piece.text));
        let mut builder = PassageBuilder::new(&mut sink);
        read(text, &mut builder);
        builder.finish();
        seen
    }

    #[test]
    fn items_stay_with_their_comments_and_are_found_by_line() {
        let item = |name: &str| {
            let body = "    let value = compute(argument);\n\n".repeat(20);
            format!("/// Says what {name} does.\nfn {name}() {{\n{body}}}\n\n")
        };
        let text = format!("\n\n{}{}", item("first"), item("second"));
        let seen = seen(&text);
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert_eq!((seen[0].0.as_deref(), seen[0].1), (Some("L3"), 3));
        assert!(seen[0].2.starts_with("Says what first does.\n\n```\nfn first") && seen[0].2.ends_with("}\n```"));
        assert_eq!((seen[1].0.as_deref(), seen[1].1), (Some("L47"), 47));
        assert!(seen[1].2.starts_with("Says what second does."));
    }

    #[test]
    fn long_items_are_cut_at_lines_with_the_right_numbers() {
        let text: String = (1..=3_000).map(|number| format!("line number {number}\n")).collect();
        for (anchor, line, text) in seen(&text) {
            assert_eq!(text.lines().nth(1), Some(format!("line number {line}").as_str()));
            assert_eq!(anchor, Some(format!("L{line}")));
        }
    }

    #[test]
    fn what_comments_say_is_prose_in_many_languages() {
        let comment_text = |lines: &[&str]| {
            let mut comments = Comments::default();
            lines.iter().map(|line| comments.comment_text(line).map(str::to_owned)).collect::<Vec<_>>()
        };
        let prose = |texts: &[&str]| texts.iter().map(|text| Some((*text).to_owned())).collect::<Vec<_>>();
        assert_eq!(
            comment_text(&["    /// how large it is", "//! # Errors", "//", "// a"]),
            prose(&["how large it is", "# Errors", "", "a"])
        );
        assert_eq!(
            comment_text(&["# wie groß es ist", "-- c'est grand", "; ini", "%% x"])[..3],
            prose(&["wie groß es ist", "c'est grand", "ini"])
        );
        assert_eq!(comment_text(&["/**", " * One.", " *   two", " */"]), prose(&["", "One.", "  two", ""]));
        assert_eq!(
            comment_text(&["\"\"\"Reads it.", "    And more.", "\"\"\""]),
            prose(&["Reads it.", "And more.", ""])
        );
        for code in [
            "let a = \"b c\";",
            "#[derive(Debug)]",
            "#include <a.h>",
            "#!/bin/sh",
            "--x;",
            "*a = 1",
            "/* a */ b();",
            "\"a b\",",
        ] {
            assert_eq!(comment_text(&[code]), [None], "{code}");
        }
    }

    #[test]
    fn comments_and_code_take_turns_in_a_passage() {
        let text = "//! Clocks.\n\n/// A clock.\npub struct Clock {\n    /// The hour, 0 to 23.\n    hour: u8,\n}\n";
        let [(anchor, 1, text)] = &seen(text)[..] else { panic!("{:?}", seen(text)) };
        assert_eq!(anchor.as_deref(), Some("L1"));
        let expected =
            "Clocks.\n\nA clock.\n\n```\npub struct Clock {\n```\n\nThe hour, 0 to 23.\n\n```\n    hour: u8,\n}\n```";
        assert_eq!(text, expected);
    }
}
