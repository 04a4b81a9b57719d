//! Where the bars of a graph are.

use crate::difference::{Difference, Frame};

/// Bars below this width, in pixels, are not drawn, and neither is what is below them.
pub const NARROWEST: f64 = 0.5;

/// A bar of a graph.
#[derive(Debug)]
pub struct Bar<'a> {
    /// What it shows.
    pub frame: &'a Frame,
    /// Left border, in pixels from the left border of the root.
    pub x: f64,
    /// Width in pixels.
    pub width: f64,
    /// Row, from 0 for the root.
    pub row: usize,
}

/// All bars of a graph, callers before what they call.
#[derive(Debug)]
pub struct Layout<'a> {
    /// The bars.
    pub bars: Vec<Bar<'a>>,
    /// Number of rows.
    pub rows: usize,
    /// The width of the root as a cost. In a difference it is more than the cost of either side if something is gone.
    pub whole: f64,
    /// The part of `whole` that is not drawn.
    pub hidden: f64,
    /// The largest change of a frame, without sign.
    pub largest_change: f64,
}

impl<'a> Layout<'a> {
    /// Lays a graph out in `width` pixels.
    pub fn new(graph: &'a Difference, width: f64) -> Self {
        let whole = extent(&graph.root);
        let mut layout = Self { bars: Vec::new(), rows: 0, whole, hidden: 0.0, largest_change: 0.0 };
        if whole > 0.0 {
            layout.place(&graph.root, 0.0, width / whole, 0);
        }
        layout
    }

    fn place(&mut self, frame: &'a Frame, x: f64, scale: f64, row: usize) {
        let width = extent(frame) * scale;
        if width < NARROWEST {
            self.hidden += extent(frame);
            return;
        }
        self.rows = self.rows.max(row + 1);
        self.largest_change = self.largest_change.max(frame.total.change().abs());
        self.bars.push(Bar { frame, x, width, row });
        let mut x = x;
        for callee in &frame.callees {
            self.place(callee, x, scale, row + 1);
            x += extent(callee) * scale;
        }
    }
}

/// The width of a frame as a cost: for each function in it the larger one of both sides.
fn extent(frame: &Frame) -> f64 {
    frame.own.max() + frame.callees.iter().map(extent).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::difference::merge;
    use crate::stacks::tests::stacks;

    #[test]
    fn callees_fill_their_caller_from_the_left() {
        let graph = merge(Some(&stacks("a;gone 40\na;b 10", 1)), &stacks("a;b 50\na 10\nc 99899\nz 1", 1));
        let layout = Layout::new(&graph, 1_000.0);
        assert_eq!((layout.whole, layout.hidden, layout.largest_change), (100_000.0, 1.0 + 40.0, 99_910.0));
        let shown: Vec<_> =
            layout.bars.iter().map(|bar| (bar.frame.name.as_str(), bar.x, bar.width, bar.row)).collect();
        let expected = [("", 0.0, 1_000.0, 0), ("a", 0.0, 1.0, 1), ("b", 0.0, 0.5, 2), ("c", 1.0, 998.99, 1)];
        for ((name, x, width, row), found) in expected.into_iter().zip(&shown) {
            assert_eq!((name, row), (found.0, found.3));
            assert!((x - found.1).abs() < 1e-9 && (width - found.2).abs() < 1e-9, "{found:?}");
        }
        assert_eq!((shown.len(), layout.rows), (4, 3));
    }
}
