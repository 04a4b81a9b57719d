//! `report.html`: a judged run as one HTML file that needs no network and no script.
//!
//! The crate is pure: it uses no file, process, clock or environment (`clippy.toml` forbids them).
//!
//! - [`input`]: what a report is drawn from. [`render`]: the document.
//! - `section`: its parts, in the order in which they are read. `figure`: the pictures, as SVG.
//! - [`html`]: elements that close themselves, and text that is always escaped. `style`: the style sheet and its
//!   digest.
//! - `label`: numbers as text.
//!
//! Bounds: each figure and each list of pairs has at most [`MAX_POINTS`](figure::MAX_POINTS) pairs, and its caption
//! says so where there are more. A report of 50 timed cases with 160 pairs each is smaller than 2 MB.

pub mod figure;
pub mod html;
pub mod input;
mod label;
pub mod render;
mod section;
mod style;

pub use input::{Page, Trend, TrendPoint, Trends};
pub use render::html as render_html;

/// Name of the report for a browser in the output directory.
pub const HTML_FILE: &str = "report.html";
