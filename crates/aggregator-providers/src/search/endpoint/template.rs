//! Placeholders: `{query}` and `{max_hits}`.

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

/// What placeholders stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) query: &'a str,
    pub(super) max_hits: u32,
}

/// Puts values in the place of placeholders. A value that looks like a placeholder stays as it is.
pub(super) trait Placeholders {
    /// In an address, escaped.
    fn in_url(&self, template: &str) -> String;
    /// In the texts of a JSON value. A text that is nothing but `{max_hits}` becomes a number.
    fn in_json(&self, template: &Value) -> Value;
}

impl Placeholders for Wanted<'_> {
    fn in_url(&self, template: &str) -> String {
        let query: String = byte_serialize(self.query.as_bytes()).collect();
        // In a path `+` is no space, and in a query `%20` is one, too.
        replaced(template, &query.replace('+', "%20"), self.max_hits)
    }

    fn in_json(&self, template: &Value) -> Value {
        match template {
            Value::String(text) if text == "{max_hits}" => self.max_hits.into(),
            Value::String(text) => replaced(text, self.query, self.max_hits).into(),
            Value::Array(items) => items.iter().map(|item| self.in_json(item)).collect(),
            Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), self.in_json(value))).collect(),
            other => other.clone(),
        }
    }
}

fn replaced(template: &str, query: &str, max_hits: u32) -> String {
    let parts = template.split("{query}").map(|part| part.replace("{max_hits}", &max_hits.to_string()));
    parts.collect::<Vec<_>>().join(query)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_person_asks_stays_text() {
        let wanted = Wanted { query: "a&b={max_hits} \"ü/?#", max_hits: 7 };
        assert_eq!(
            wanted.in_url("https://example.org/{query}?q={query}&n={max_hits}"),
            "https://example.org/a%26b%3D%7Bmax_hits%7D%20%22%C3%BC%2F%3F%23?\
             q=a%26b%3D%7Bmax_hits%7D%20%22%C3%BC%2F%3F%23&n=7",
        );
        assert_eq!(
            wanted
                .in_json(&json!({"q": "{query}", "n": "{max_hits}", "s": "first {max_hits}", "l": [true, "{query}"]})),
            json!({"q": wanted.query, "n": 7, "s": "first 7", "l": [true, wanted.query]}),
        );
    }
}
