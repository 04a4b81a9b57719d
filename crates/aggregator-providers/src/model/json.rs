//! Values of services that keep to no schema: what cannot be used is as good as absent.

use aggregator_core::{ProviderError, ProviderErrorKind};
use serde::de::{Deserializer, IgnoredAny};
use serde::{Deserialize, de};
use serde_json::Value;

/// Reads an event.
///
/// # Errors
/// The event is no JSON object of this kind: with what is wrong, where, and the begin of the event.
pub(super) fn parse<'de, T: Deserialize<'de>>(event: &'de str) -> Result<T, ProviderError> {
    // A list would be read as the fields in their order.
    let value = if event.trim_ascii_start().starts_with('[') {
        Err(de::Error::custom("a list instead of an object"))
    } else {
        serde_json::from_str(event)
    };
    value.map_err(|error: serde_json::Error| {
        let message = format!("an event of the model's stream is malformed ({error}): {event:.200}");
        ProviderError::new(ProviderErrorKind::BadResponse, message)
    })
}

/// Whether a text is one complete JSON value.
pub(super) fn is_complete(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// A text: a string, or a list of parts of which those of type `text` count. Anything else is empty.
#[derive(Debug, Default)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Text;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("any value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Text, E> {
                Ok(Text(text))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut parts: A) -> Result<Text, A::Error> {
                let mut text = String::new();
                while let Some(part) = parts.next_element::<Value>()? {
                    if part["type"] == "text" {
                        text.push_str(part["text"].as_str().unwrap_or_default());
                    }
                }
                Ok(Text(text))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text::default())
            }

            fn visit_unit<E>(self) -> Result<Text, E> {
                Ok(Text::default())
            }

            fn visit_bool<E>(self, _: bool) -> Result<Text, E> {
                Ok(Text::default())
            }

            fn visit_u64<E>(self, _: u64) -> Result<Text, E> {
                Ok(Text::default())
            }

            fn visit_i64<E>(self, _: i64) -> Result<Text, E> {
                Ok(Text::default())
            }

            fn visit_f64<E>(self, _: f64) -> Result<Text, E> {
                Ok(Text::default())
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A count: a number that is not negative, saturating. Anything else is 0.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Count(pub(super) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        // The conversion saturates, and makes no number 0.
        Ok(Self(value.as_u64().or_else(|| value.as_f64().map(|number| number as u64)).unwrap_or_default()))
    }
}
