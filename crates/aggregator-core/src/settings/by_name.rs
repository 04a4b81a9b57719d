//! Settings with their names, ranges and defaults written once: as fields, and for files and tables.

use std::time::Duration;

/// A setting outside its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} = {given} is not between {min} and {max}")]
pub struct SettingsError {
    name: String,
    given: String,
    min: String,
    max: String,
}

/// A value as a file has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A setting that is a whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// Yes or no.
    Boolean(bool),
}

/// Why a setting was not set.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SetError {
    /// There is none of that name.
    #[error("there is no such setting; there are: {}", .known.join(", "))]
    Unknown {
        /// All names.
        known: Vec<String>,
    },
    /// The setting takes another kind of value.
    #[error("it has to be {wanted}")]
    Kind {
        /// What it takes.
        wanted: &'static str,
    },
    /// The value is outside its range.
    #[error(transparent)]
    Range(#[from] SettingsError),
}

/// The documentation of a setting, for a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingDoc {
    /// Name of the setting in a file; times have their unit in it.
    pub name: String,
    /// Meaning of the setting, in Markdown.
    pub meaning: &'static str,
    /// Default of the setting.
    pub default: String,
    /// Minimum and maximum of the setting, if it is a number.
    pub range: Option<(String, String)>,
}

/// Settings that can be set and listed by name.
pub trait NamedSettings {
    /// Sets a setting to a value within its range.
    ///
    /// # Errors
    /// [`SetError`] says what is wrong with the name or the value; nothing is set then.
    fn set(&mut self, name: &str, value: Value) -> Result<(), SetError>;

    /// The settings of a section, which is made if it is absent; `None` if there is no such section.
    fn section(&mut self, name: &str) -> Option<&mut dyn NamedSettings>;

    /// The documentation of all settings except those of sections, in the order of the fields.
    fn describe(&self) -> Vec<SettingDoc>;

    /// Names of the sections.
    fn sections(&self) -> &'static [&'static str];
}

/// A type that a setting may have.
pub(crate) trait Setting: Sized {
    /// What its name ends with in a file.
    const SUFFIX: &'static str = "";
    /// What it has to be, for a message.
    const KIND: &'static str;
    /// What it is compared as.
    type Bound: PartialOrd + ToString;
    /// The type of the bounds of its range.
    type BoundType: Setting<Bound = Self::Bound>;

    fn read(value: Value) -> Option<Self>;
    fn bound(&self) -> Option<Self::Bound>;
    fn to_text(&self) -> String;
}

macro_rules! whole_number {
    ($($type:ty)+) => {$(
        impl Setting for $type {
            const KIND: &'static str = "a whole number";
            type Bound = Self;
            type BoundType = Self;

            fn read(value: Value) -> Option<Self> {
                match value {
                    Value::Integer(number) => number.try_into().ok(),
                    Value::Float(_) | Value::Boolean(_) => None,
                }
            }

            fn bound(&self) -> Option<Self> {
                Some(*self)
            }

            fn to_text(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

whole_number!(u8 u32);

impl Setting for f64 {
    const KIND: &'static str = "a number";
    type Bound = Self;
    type BoundType = Self;

    fn read(value: Value) -> Option<Self> {
        match value {
            // Exact up to 2^53, and no setting is that large.
            Value::Integer(number) => Some(number as Self),
            Value::Float(number) => Some(number),
            Value::Boolean(_) => None,
        }
    }

    fn bound(&self) -> Option<Self> {
        Some(*self)
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

impl Setting for bool {
    const KIND: &'static str = "true or false";
    type Bound = Self;
    type BoundType = Self;

    fn read(value: Value) -> Option<Self> {
        match value {
            Value::Boolean(yes) => Some(yes),
            Value::Integer(_) | Value::Float(_) => None,
        }
    }

    fn bound(&self) -> Option<Self> {
        None
    }

    fn to_text(&self) -> String {
        self.to_string()
    }
}

/// A duration as files have it: in milliseconds, without a unit, as the name of the setting has that.
#[derive(PartialEq, PartialOrd)]
pub(crate) struct Milliseconds(pub(crate) Duration);

impl std::fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, nanoseconds) = (self.0.as_millis(), self.0.subsec_nanos() % 1_000_000);
        if nanoseconds == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{nanoseconds:06}").trim_end_matches('0'))
    }
}

impl Setting for Duration {
    const SUFFIX: &'static str = "_ms";
    const KIND: &'static str = "a whole number of milliseconds";
    type Bound = Milliseconds;
    type BoundType = Self;

    fn read(value: Value) -> Option<Self> {
        u32::read(value).map(|ms| Self::from_millis(u64::from(ms)))
    }

    fn bound(&self) -> Option<Milliseconds> {
        Some(Milliseconds(*self))
    }

    fn to_text(&self) -> String {
        self.as_millis().to_string()
    }
}

/// Not set is a value of its own, which no file can write: leave the line out.
impl<S: Setting> Setting for Option<S> {
    const SUFFIX: &'static str = S::SUFFIX;
    const KIND: &'static str = S::KIND;
    type Bound = S::Bound;
    type BoundType = S::BoundType;

    fn read(value: Value) -> Option<Self> {
        S::read(value).map(Some)
    }

    fn bound(&self) -> Option<S::Bound> {
        self.as_ref().and_then(S::bound)
    }

    fn to_text(&self) -> String {
        self.as_ref().map_or_else(|| "not set".to_owned(), S::to_text)
    }
}

pub(crate) fn check<T: PartialOrd + ToString>(name: &str, given: T, min: T, max: T) -> Result<(), SettingsError> {
    if given >= min && given <= max {
        return Ok(());
    }
    Err(SettingsError { name: name.to_owned(), given: given.to_string(), min: min.to_string(), max: max.to_string() })
}

pub(crate) fn check_range<S: Setting>(
    name: &str,
    setting: &S,
    min: S::BoundType,
    max: S::BoundType,
) -> Result<(), SettingsError> {
    match (setting.bound(), min.bound(), max.bound()) {
        (Some(given), Some(min), Some(max)) => check(&format!("{name}{}", S::SUFFIX), given, min, max),
        _ => Ok(()),
    }
}

/// The ends of a range as a table shows them.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn range<S: Setting>(min: S::BoundType, max: S::BoundType) -> (String, String) {
    (min.to_text(), max.to_text())
}

/// A struct of settings. Each has a default and, if it is a number, a range; sections are absent by default.
macro_rules! settings {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $type:ty = $default:expr $(, $min:expr => $max:expr)?;
            )+
            $(sections {
                $(
                    $(#[doc = $section_doc:literal])+
                    $section:ident: $section_type:ty;
                )+
            })?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[doc = $doc])+
                #[doc = concat!("\n\nDefault `", stringify!($default), "`", $("; `", stringify!($min), "` to `", stringify!($max), "`",)? ".")]
                pub $field: $type,
            )+
            $($(
                $(#[doc = $section_doc])+
                #[doc = "\n\nDefault `None`."]
                pub $section: Option<$section_type>,
            )+)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ $($($section: None,)+)? }
            }
        }

        impl $name {
            $(
                $(#[doc = $doc])+
                #[must_use]
                pub fn $field(mut self, value: $type) -> Self {
                    self.$field = value;
                    self
                }
            )+

            $($(
                $(#[doc = $section_doc])+
                #[must_use]
                pub fn $section(mut self, section: $section_type) -> Self {
                    self.$section = Some(section);
                    self
                }
            )+)?

            /// Checks every setting against its range.
            ///
            /// # Errors
            /// Names the first setting that is outside.
            pub fn check(&self) -> Result<(), $crate::settings::by_name::SettingsError> {
                $($(
                    $crate::settings::by_name::check_range(stringify!($field), &self.$field, $min, $max)?;
                )?)+
                $($(self.$section.as_ref().map_or(Ok(()), <$section_type>::check)?;)+)?
                Ok(())
            }
        }

        impl $crate::settings::by_name::NamedSettings for $name {
            fn set(
                &mut self,
                name: &str,
                value: $crate::settings::by_name::Value,
            ) -> Result<(), $crate::settings::by_name::SetError> {
                use $crate::settings::by_name::{SetError, Setting};
                $(
                    if name.strip_suffix(<$type as Setting>::SUFFIX) == Some(stringify!($field)) {
                        let wanted = <$type as Setting>::KIND;
                        let value = <$type as Setting>::read(value).ok_or(SetError::Kind { wanted })?;
                        let before = std::mem::replace(&mut self.$field, value);
                        return self.check().map_err(|error| {
                            self.$field = before;
                            error.into()
                        });
                    }
                )+
                let known = $crate::settings::by_name::NamedSettings::describe(self);
                Err(SetError::Unknown { known: known.into_iter().map(|setting| setting.name).collect() })
            }

            fn section(&mut self, name: &str) -> Option<&mut dyn $crate::settings::by_name::NamedSettings> {
                match name {
                    $($(stringify!($section) => Some(self.$section.get_or_insert_with(Default::default)),)+)?
                    _ => None,
                }
            }

            fn describe(&self) -> Vec<$crate::settings::by_name::SettingDoc> {
                use $crate::settings::by_name::{SettingDoc, Setting};
                vec![$(SettingDoc {
                    name: format!("{}{}", stringify!($field), <$type as Setting>::SUFFIX),
                    meaning: concat!($($doc),+),
                    default: Setting::to_text(&self.$field),
                    range: [$($crate::settings::by_name::range::<$type>($min, $max))?].into_iter().next(),
                },)+]
            }

            fn sections(&self) -> &'static [&'static str] {
                &[$($(stringify!($section)),+)?]
            }
        }
    };
}

pub(crate) use settings;
