//! Rows by setup, and by what is counted of it.

use crate::quality::row::Row;

/// The rows of one setup, which is the first part of their names.
pub struct Group<'a> {
    /// The setup.
    pub setup: &'a str,
    /// Its rows, in their order.
    pub rows: &'a [Row],
}

/// The rows of each setup. Rows are sorted by name, so those of a setup stand together.
pub fn by_setup(rows: &[Row]) -> impl Iterator<Item = Group<'_>> {
    let same = |a: &Row, b: &Row| a.key.name.setup() == b.key.name.setup();
    rows.chunk_by(same).filter_map(|rows| Some(Group { setup: rows.first()?.key.name.setup(), rows }))
}

impl<'a> Group<'a> {
    /// Its rows by the second part of their names, such as `answer`, `domain` and `ability`; each with that part, which may be
    /// empty.
    pub fn by_kind(&self) -> impl Iterator<Item = (&'a str, &'a [Row])> + use<'a> {
        let same = |a: &Row, b: &Row| a.key.name.kind() == b.key.name.kind();
        self.rows.chunk_by(same).filter_map(|rows| Some((rows.first()?.key.name.kind(), rows)))
    }
}
