//! Enums that are one word in JSON.

/// Defines enums without fields, which are words in JSON. `; _` at the end is for non-exhaustive enums of the core: a new
/// variant there becomes `unknown` here until it has a word, and a test fails.
macro_rules! words {
    ($(
        $(#[$about:meta])*
        $name:ident of $core:path {
            $($(#[$what:meta])* $variant:ident),+ $(; $rest:tt)?
        }
    )+) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$what])* $variant,)+
            /// A word that this version does not know.
            #[serde(other)]
            Unknown,
        }

        impl From<$core> for $name {
            fn from(core: $core) -> Self {
                use $core as Core;
                match core {
                    $(Core::$variant => Self::$variant,)+
                    $($rest => Self::Unknown,)?
                }
            }
        }
    )+};
}

pub(crate) use words;
