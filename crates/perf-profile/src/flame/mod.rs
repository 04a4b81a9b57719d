//! Flame graphs and difference flame graphs, as SVG that any browser shows: no script, no font and nothing from elsewhere.
//!
//! A frame is a bar; callers are above what they call. The width is the cost with everything below, and the tooltip has the
//! numbers. In a difference the width is the larger cost of both sides, so that what is gone is seen, too. Bars that cost more than
//! in the base are red, bars that cost less are blue; the tooltip and, where it fits, the label have the change in numbers.
//! What is too narrow to be drawn is stated below the title. The same input gives the same bytes.

mod colour;
mod layout;
mod text;

use std::fmt::Write as _;

use crate::difference::Difference;
use crate::number;
use crate::stacks::Unit;
use layout::{Bar, Layout};

/// Width of the picture in pixels.
const WIDTH: f64 = 1_200.0;
/// Distance of the bars from the border in pixels.
const MARGIN: f64 = 10.0;
/// Height of a bar with its distance to the next one, in pixels.
const ROW: f64 = 18.0;
/// Height of a line of text in pixels.
const LINE: f64 = 16.0;

/// Rules for light and dark backgrounds. Bars have the same colours on both, with dark text.
const STYLE: &str = "\
text{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:11px;fill:#111}\
.page{fill:#fff}.said{fill:#222;font-size:12px}.title{font-size:14px;font-weight:bold}\
rect{stroke:#fff;stroke-width:.5}\
@media (prefers-color-scheme:dark){.page{fill:#161616}.said{fill:#ddd}rect{stroke:#161616}}";

/// A graph of the stacks of one case.
#[derive(Debug, Clone, Copy)]
pub struct Graph<'a> {
    /// What is shown, such as `instructions of query/floor/10`.
    pub title: &'a str,
    /// Further lines of text, such as what is lost.
    pub notes: &'a [String],
    /// The stacks.
    pub stacks: &'a Difference,
}

/// A picture of graphs, one below the other.
pub fn svg(graphs: &[Graph<'_>]) -> String {
    let mut body = String::new();
    let mut y = 0.0;
    for graph in graphs {
        y = draw(&mut body, graph, y);
    }
    let height = y + MARGIN;
    let titles: Vec<&str> = graphs.iter().map(|graph| graph.title).collect();
    let title = text::escape(&titles.join("; "));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\"/>\n{body}</svg>\n"
    )
}

/// Draws a graph from `top`, and returns where it ends.
fn draw(out: &mut String, graph: &Graph<'_>, top: f64) -> f64 {
    let layout = Layout::new(graph.stacks, WIDTH - 2.0 * MARGIN);
    let mut y = top + MARGIN + LINE;
    let mut said = |class: &str, text: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "<text class=\"{class}\" x=\"{MARGIN}\" y=\"{y}\">{}</text>", text::escape(text));
        y += LINE;
    };
    said("said title", graph.title);
    legend(graph, &layout).iter().chain(graph.notes).for_each(|line| said("said", line));
    let first = y - LINE + MARGIN;
    for bar in &layout.bars {
        draw_bar(out, graph, bar, layout.largest_change, first);
    }
    first + layout.rows as f64 * ROW
}

/// The lines below the title.
fn legend(graph: &Graph<'_>, layout: &Layout<'_>) -> Vec<String> {
    let Difference { unit, has_base, root, .. } = graph.stacks;
    let (unit, total) = (unit.name(), root.total);
    let mut lines = Vec::new();
    if *has_base {
        lines.push(format!(
            "{} {unit} an operation, {} in the base: {} ({})",
            number::cost(total.head),
            number::cost(total.base),
            number::change(total.change()),
            number::relative(total.base, total.head),
        ));
        lines.push(
            "width: the larger cost of base and change; red (+): more than in the base, blue (-): less".to_owned(),
        );
    } else {
        lines.push(format!("{} {unit} an operation", number::cost(total.head)));
        let origin = if graph.stacks.unit == Unit::Instructions { "crate" } else { "source file" };
        lines.push(format!("width: cost of a function with what it calls, below it; colour: {origin}"));
    }
    if layout.hidden > 0.0 {
        lines.push(format!(
            "not drawn: frames narrower than {} pixels, {} of the width",
            layout::NARROWEST,
            number::share(layout.hidden, layout.whole)
        ));
    }
    lines
}

fn draw_bar(out: &mut String, graph: &Graph<'_>, bar: &Bar<'_>, largest_change: f64, first: f64) {
    let Bar { frame, x, width, row } = bar;
    let has_base = graph.stacks.has_base;
    let (x, y) = (MARGIN + x, first + *row as f64 * ROW);
    let fill = if has_base {
        colour::of_change(frame.total.change(), largest_change)
    } else {
        colour::of_origin(&frame.name).to_owned()
    };
    let name = if frame.name.is_empty() { "all" } else { &frame.name };
    let tooltip = text::escape(&tooltip(graph, bar, name));
    let (height, label) = (ROW - 1.0, text::label(name, has_base.then(|| frame.total.change()), *width));
    let _ = write!(
        out,
        "<g><title>{tooltip}</title><rect x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\" height=\"{height}\" fill=\"{fill}\"/>"
    );
    if let Some(label) = label {
        let (x, y) = (x + text::PADDING, y + 12.5);
        let _ = write!(out, "<text x=\"{x:.2}\" y=\"{y}\">{}</text>", text::escape(&label));
    }
    out.push_str("</g>\n");
}

fn tooltip(graph: &Graph<'_>, bar: &Bar<'_>, name: &str) -> String {
    let (total, own) = (bar.frame.total, bar.frame.own);
    let Difference { unit, root, .. } = graph.stacks;
    let unit = unit.name();
    if graph.stacks.has_base {
        let sides = |sides: crate::difference::Sides| {
            format!(
                "{} → {} ({}, {})",
                number::cost(sides.base),
                number::cost(sides.head),
                number::change(sides.change()),
                number::relative(sides.base, sides.head)
            )
        };
        format!("{name}\n{unit} with what it calls: {}\nitself: {}", sides(total), sides(own))
    } else {
        format!(
            "{name}\n{unit} with what it calls: {} ({})\nitself: {} ({})",
            number::cost(total.head),
            number::share(total.head, root.total.head),
            number::cost(own.head),
            number::share(own.head, root.total.head),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::difference::merge;
    use crate::stacks::tests::stacks;

    const BASE: &str = "run;engine::poll 40\nrun;engine::poll;<alloc::vec::Vec<T> as core::clone::Clone>::clone 30\n\
        run;engine::gone 20\nrun 5";
    const HEAD: &str = "run;engine::poll 40\nrun;engine::poll;<alloc::vec::Vec<T> as core::clone::Clone>::clone 130\n\
        run;engine::new<&str> 10\nrun 5\nrun;tiny 0";

    #[test]
    fn a_flame_graph() {
        let merged = merge(None, &stacks(HEAD, 2));
        let notes = ["callers: up to 64 are kept apart; nothing is lost".to_owned()];
        insta::assert_snapshot!(svg(&[Graph { title: "instructions of a/b/1", notes: &notes, stacks: &merged }]));
    }

    #[test]
    fn a_difference_flame_graph() {
        let merged = merge(Some(&stacks(BASE, 1)), &stacks(HEAD, 1));
        let graph = Graph { title: "instructions of a/b/1", notes: &[], stacks: &merged };
        insta::assert_snapshot!(svg(&[graph, graph]));
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let empty = merge(None, &stacks("", 1));
        let drawn = svg(&[Graph { title: "nothing", notes: &[], stacks: &empty }]);
        assert!(
            drawn.contains("0 instructions an operation") && !drawn.contains("<g>") && !drawn.contains("NaN"),
            "{drawn}"
        );
    }

    proptest::proptest! {
        /// Any name is text, and no bar leaves the picture.
        #[test]
        fn any_names_make_a_well_formed_picture(
            lines in proptest::collection::vec((proptest::collection::vec("\\PC{0,12}", 1..6), 0_u64..1_000), 0..20),
        ) {
            let mut head = stacks("", 1);
            lines.iter().for_each(|(names, cost)| head.add(names.iter().map(String::as_str), *cost));
            for stacks in [merge(None, &head), merge(Some(&stacks("a;b 7", 1)), &head)] {
                let drawn = svg(&[Graph { title: "<&>", notes: &["\"'".to_owned()], stacks: &stacks }]);
                check_elements(&drawn);
                for bar in drawn.split("<g>").skip(1) {
                    let value = |key: &str| -> f64 {
                        let (_, rest) = bar.split_once("<rect ").unwrap().1.split_once(key).unwrap();
                        rest.split('"').next().unwrap().parse().unwrap()
                    };
                    proptest::prop_assert!(value("x=\"") >= MARGIN && value("x=\"") + value("width=\"") <= WIDTH - MARGIN + 0.02);
                }
            }
        }
    }

    /// Each element that begins ends, in order.
    fn check_elements(svg: &str) {
        let mut open = Vec::new();
        let mut rest = svg;
        while let Some((_, after)) = rest.split_once('<') {
            let (tag, after) = after.split_once('>').unwrap();
            assert!(!tag.contains('<'), "{tag}");
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}
