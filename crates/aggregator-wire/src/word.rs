//! Choices that are one word.

/// Enums of variants without fields, which are words in JSON. A `; _` at the end: the enum of the core may get
/// variants that have no word here yet; they would be `unknown`, which a test finds.
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
