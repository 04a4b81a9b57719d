//! The profiles, which know no scenario: files of scenarios name them.

use crate::profile::Profile;

/// Names of the profiles, with their text.
const PROFILES: [(&str, &str); 12] = [
    ("azure-code", include_str!("../../../../benches-data/profiles/azure-code.toml")),
    ("azure-conversation", include_str!("../../../../benches-data/profiles/azure-conversation.toml")),
    ("gap-gamma", include_str!("../../../../benches-data/profiles/gap-gamma.toml")),
    ("llm-fireworks-70b", include_str!("../../../../benches-data/profiles/llm-fireworks-70b.toml")),
    ("llm-groq-70b", include_str!("../../../../benches-data/profiles/llm-groq-70b.toml")),
    ("llm-replicate-70b", include_str!("../../../../benches-data/profiles/llm-replicate-70b.toml")),
    ("refusals-lepton", include_str!("../../../../benches-data/profiles/refusals-lepton.toml")),
    ("search-default", include_str!("../../../../benches-data/profiles/search-default.toml")),
    ("search-google", include_str!("../../../../benches-data/profiles/search-google.toml")),
    ("search-wikipedia", include_str!("../../../../benches-data/profiles/search-wikipedia.toml")),
    ("text-passages", include_str!("../../../../benches-data/profiles/text-passages.toml")),
    ("text-snippets", include_str!("../../../../benches-data/profiles/text-snippets.toml")),
];

/// Names of all profiles.
pub fn profile_names() -> impl Iterator<Item = &'static str> {
    PROFILES.iter().map(|(name, _)| *name)
}

/// A profile by its name.
///
/// # Panics
/// When there is none of that name, or its file is no profile; the message says where.
pub fn profile(name: &str) -> Profile {
    let Some((_, text)) = PROFILES.iter().find(|(known, _)| *known == name) else {
        panic!("no profile is named {name}: add its file to PROFILES")
    };
    Profile::from_toml(text).unwrap_or_else(|error| panic!("benches-data/profiles/{name}.toml: {error}"))
}
