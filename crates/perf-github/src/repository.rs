//! The repository whose pull requests are commented.

use std::fmt;
use std::str::FromStr;

/// A repository, `owner/name`, each of letters, digits, `-`, `_` and `.` of ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository(String);

impl FromStr for Repository {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_part = |part: &str| {
            let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            (1..=100).contains(&part.len()) && part.bytes().all(is_allowed) && part.bytes().any(|byte| byte != b'.')
        };
        match text.split_once('/') {
            Some((owner, name)) if is_part(owner) && is_part(name) => Ok(Self(text.to_owned())),
            _ => Err("it is not `owner/name`".into()),
        }
    }
}

impl Repository {
    /// Whether a full name of the API names this repository; case does not matter there.
    pub fn is(&self, full_name: &str) -> bool {
        self.0.eq_ignore_ascii_case(full_name)
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_an_owner_and_a_name() {
        for good in ["octo/perf", "a-b/c.d_e"] {
            assert_eq!(good.parse::<Repository>().unwrap().to_string(), good);
        }
        for bad in ["", "octo", "octo/", "/x", "a/b/c", "../x", "a/..", "a/b?x", "a b/c", "a/b#c", "a/é"] {
            assert!(bad.parse::<Repository>().is_err(), "{bad}");
        }
        assert!("Octo/Perf".parse::<Repository>().unwrap().is("octo/perf"));
    }
}
