//! Prints what `crates/SETTINGS.md` has below its mark.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(aggregator_settings::markdown().as_bytes())
}
