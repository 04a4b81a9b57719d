//! Colours of bars: light enough for dark text, on a light and on a dark page.

use crate::name::{crate_of, split_file};

/// Colours of crates. They differ in lightness too, for readers who see few colours.
const CRATES: [&str; 8] = ["#f4a582", "#fddbc7", "#e6c35c", "#f7e39c", "#b8d98d", "#d9ead3", "#9ecae1", "#d4c5e8"];

/// The colour of what did not change.
const EQUAL: &str = "#d9d9d9";

/// A colour that is the same for all functions of a source file, or if the name has none, for all of a crate. Functions of C
/// are one crate.
pub fn of_origin(name: &str) -> &'static str {
    let origin = match split_file(name) {
        (_, "") if name.contains("::") => crate_of(name),
        (_, file) => file,
    };
    // FNV-1a: small, and the same everywhere.
    let hash = origin
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    CRATES[(hash >> 32) as usize % CRATES.len()]
}

/// Red for more, blue for less, the stronger the larger the change is in relation to the largest one.
pub fn of_change(change: f64, largest: f64) -> String {
    if change.abs() < 0.5 || largest <= 0.0 {
        return EQUAL.into();
    }
    let strength = (change.abs() / largest).min(1.0);
    // From a pale tone, so that a small change still has a colour, to one on which dark text can be read.
    let fade = |pale: f64, full: f64| (pale + (full - pale) * strength).round() as u8;
    let (strong, middle, weak) = (255, fade(222.0, 125.0), fade(215.0, 105.0));
    if change > 0.0 {
        format!("#{strong:02x}{middle:02x}{weak:02x}")
    } else {
        format!("#{weak:02x}{:02x}{strong:02x}", fade(228.0, 165.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_red_and_less_is_blue() {
        assert_eq!([of_change(0.4, 9.0), of_change(0.0, 0.0)], [EQUAL, EQUAL]);
        assert_eq!([of_change(10.0, 10.0), of_change(-10.0, 10.0)], ["#ff7d69", "#69a5ff"]);
        assert_eq!([of_change(1.0, 1_000.0), of_change(-1.0, 1_000.0)], ["#ffded7", "#d7e4ff"]);
    }

    #[test]
    fn functions_of_one_origin_have_one_colour() {
        assert_eq!(of_origin("core::a::b"), of_origin("<core::c::D as x::Y>::z"));
        assert_eq!(of_origin("malloc"), of_origin("free"));
        assert_eq!(of_origin("new (src/a.rs)"), of_origin("core::x::y (src/a.rs)"));
        assert_ne!(of_origin("core::a"), of_origin("engine::a"));
    }
}
