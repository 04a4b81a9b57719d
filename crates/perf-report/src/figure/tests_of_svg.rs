//! Reads a figure back, for tests of its geometry.

use html5gum::{Token, Tokenizer};

use crate::html::Html;

/// The elements and the text of a figure.
pub struct Svg {
    elements: Vec<(String, Vec<(String, String)>)>,
    /// All text, without separators.
    pub text: String,
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

impl Svg {
    /// The figure that `draw` writes.
    pub fn of(draw: impl FnOnce(&mut Html)) -> Self {
        let document = Html::document(draw);
        let mut svg = Self { elements: Vec::new(), text: String::new() };
        for token in Tokenizer::new(document.as_str()).flatten() {
            match token {
                Token::StartTag(tag) => {
                    let attributes = tag.attributes.iter().map(|(name, value)| (utf8(name), utf8(value))).collect();
                    svg.elements.push((utf8(&tag.name), attributes));
                }
                Token::String(text) => svg.text.push_str(utf8(&text).trim()),
                _ => {}
            }
        }
        assert!(!document.contains("NaN") && !document.contains("inf\"") && !document.contains("inf%"), "{document}");
        svg
    }

    /// The values of an attribute of the elements of a class, in order.
    pub fn values(&self, tag: &str, class: &str, attribute: &str) -> Vec<String> {
        let value = |of: &[(String, String)], name: &str| Some(of.iter().find(|(found, _)| found == name)?.1.clone());
        let of_class = self
            .elements
            .iter()
            .filter(|(name, attributes)| name == tag && value(attributes, "class").as_deref() == Some(class));
        of_class.filter_map(|(_, attributes)| value(attributes, attribute)).collect()
    }

    /// The places of the dots of a class.
    pub fn dots(&self, class: &str) -> Vec<[f64; 2]> {
        let path = self.values("path", class, "d").concat();
        let dots = path.split('M').filter(|dot| !dot.is_empty());
        let place = |dot: &str| {
            let (x, y) = dot.strip_suffix("h0")?.split_once(' ')?;
            Some([x.parse().ok()?, y.parse().ok()?])
        };
        dots.map(|dot| place(dot).unwrap_or_else(|| panic!("`{dot}` is no dot"))).collect()
    }

    /// What the figure shows, in words.
    pub fn label(&self) -> String {
        self.values("svg", "figure", "aria-label").concat()
    }
}
