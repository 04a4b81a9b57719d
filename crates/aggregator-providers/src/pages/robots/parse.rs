//! The rules of a robots.txt for one program.

use super::pattern::Comparable;

/// Most rules of a program; more are not seen. 5,000: each is compared with each address, and the longest files of large sites
/// have a thousand.
const MAX_RULES: usize = 5_000;

/// What a site allows a program to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allows: bool,
    pattern: Comparable,
}

impl Rules {
    /// The rules of the groups that name a program, in any case of letters; if none does, those of the groups for all (RFC 9309,
    /// section 2.2.1). Lines that are no rules are passed over: every text is a robots.txt.
    pub(crate) fn parse(text: &[u8], program: &str) -> Self {
        let (mut own, mut common) = (None, Vec::new());
        // Which programs the group is for, and whether it is still being said.
        let (mut is_own, mut is_common, mut in_names) = (false, false, false);
        for line in text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).split(|byte| matches!(byte, b'\r' | b'\n')) {
            let line = line.split(|&byte| byte == b'#').next().unwrap_or_default();
            let Some(colon) = line.iter().position(|&byte| byte == b':') else { continue };
            let (key, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
            let allows = key.eq_ignore_ascii_case(b"allow");
            if key.eq_ignore_ascii_case(b"user-agent") {
                if !in_names {
                    (is_own, is_common, in_names) = (false, false, true);
                }
                is_common |= value.first() == Some(&b'*');
                if token(value).eq_ignore_ascii_case(program.as_bytes()) {
                    is_own = true;
                    own.get_or_insert_with(Vec::new);
                }
            } else if allows || key.eq_ignore_ascii_case(b"disallow") {
                in_names = false;
                // An empty pattern matches nothing.
                if value.is_empty() {
                    continue;
                }
                let rule = || Rule { allows, pattern: Comparable::new(value) };
                if let Some(own) = own.as_mut().filter(|own| is_own && own.len() < MAX_RULES) {
                    own.push(rule());
                }
                if is_common && common.len() < MAX_RULES {
                    common.push(rule());
                }
            }
        }
        Self(own.unwrap_or(common))
    }

    /// Whether a path with its query may be read: as the longest rule that matches it says, or the one that allows if two are
    /// equally long. What no rule matches is allowed (RFC 9309, section 2.2.2), and so is robots.txt itself.
    pub(crate) fn allow(&self, target: &str) -> bool {
        if target == "/robots.txt" {
            return true;
        }
        let path = Comparable::new(target.as_bytes());
        let matching = self.0.iter().filter(|rule| rule.pattern.matches(&path));
        matching.max_by_key(|rule| (rule.pattern.len(), rule.allows)).is_none_or(|rule| rule.allows)
    }

    /// Bytes of memory that the rules take.
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().map(|rule| size_of::<Rule>() + rule.pattern.bytes()).sum()
    }
}

/// The product token that a line names, without a version or a comment (RFC 9309: letters, `_` and `-`).
fn token(value: &[u8]) -> &[u8] {
    let is_part = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-');
    let end = value.iter().position(|byte| !is_part(byte)).unwrap_or(value.len());
    &value[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn allowed(text: &str, program: &str, path: &str) -> bool {
        Rules::parse(text.as_bytes(), program).allow(path)
    }

    /// RFC 9309, section 5.1.
    const SIMPLE: &str = "User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\n\
        User-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\n\
        User-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n\nEOF\n";

    #[test]
    fn the_first_example_of_the_rfc() {
        for (program, path, expected) in [
            ("anybot", "/a.gif", false),
            ("anybot", "/a.gifs", true),
            ("anybot", "/example/x", false),
            ("anybot", "/publications/", true),
            ("anybot", "/publications/a.gif", true),
            ("anybot", "/other", true),
            ("foobot", "/", false),
            ("foobot", "/publications/", false),
            ("foobot", "/example/page.html", true),
            ("foobot", "/example/allowed.gif", true),
            ("foobot", "/example/disallowed.gif", false),
            ("FooBot", "/example/page.html", true),
            ("barbot", "/example/page.html", false),
            ("barbot", "/a.gif", true),
            ("bazbot", "/example/page.html", false),
            ("bazbot", "/example/", true),
            ("quxbot", "/example/", true),
            ("quxbot", "/a.gif", true),
        ] {
            assert_eq!(allowed(SIMPLE, program, path), expected, "{program} {path}");
        }
    }

    /// RFC 9309, section 5.2.
    #[test]
    fn the_longest_match_decides() {
        let text = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n";
        assert!(!allowed(text, "foobot", "/example/page/disallowed.gif"));
        assert!(allowed(text, "foobot", "/example/page/allowed.gif"));
        let equal = "user-agent: *\ndisallow: /page\nallow: /page\n";
        assert!(allowed(equal, "a", "/page"), "of equal ones, the one that allows");
    }

    #[test]
    fn groups_are_found_as_written_by_people() {
        // RFC 9309, section 2.2.1: groups of one program are one group.
        let split = "user-agent: a\ndisallow: /1\nuser-agent: b\ndisallow: /2\nUSER-AGENT: A/1.0 (x)\nDisallow : /3\n";
        for (path, expected) in [("/1", false), ("/2", true), ("/3", false)] {
            assert_eq!(allowed(split, "a", path), expected, "{path}");
        }
        for (text, expected) in [
            ("", true),
            ("disallow: /\n", true),
            ("user-agent: *\ndisallow:\n", true),
            ("user-agent: *\ndisallow: / # all\n", false),
            ("\u{feff}user-agent: *\rdisallow: /", false),
            ("user-agent: *\r\n\r\nsitemap: https://a/\r\ndisallow: /", false),
            ("user-agent: b\nsitemap: x\nuser-agent: a\ndisallow: /", false),
            ("user-agent: b\ndisallow: /x\n\nuser-agent: a\ncrawl-delay: 1\n", true),
            ("user-agent: ab\ndisallow: /", true),
            ("user-agent: *\ndisallow: /\nuser-agent: a\n", true),
            ("user-agent: a\nuser-agent: *\ndisallow: /", false),
            ("user-agent: # no name\ndisallow: /", true),
            ("<!doctype html><title>a: b</title>", true),
            ("user-agent *\ndisallow /", true),
        ] {
            assert_eq!(allowed(text, "a", "/page"), expected, "{text:?}");
        }
        assert!(allowed("user-agent: *\ndisallow: /", "a", "/robots.txt"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_rules(text: Vec<u8>, path in "/[ -~]{0,20}") {
            Rules::parse(&text, "a").allow(&path);
        }

        #[test]
        fn rules_of_others_change_nothing(lines in proptest::collection::vec("(dis)?allow: /[ab*$]{0,4}", 1..8), path in "/[ab]{0,4}") {
            let own = format!("user-agent: a\n{}\n", lines.join("\n"));
            let other = format!("user-agent: other\ndisallow: /\n{own}user-agent: *\ndisallow: /\n");
            prop_assert_eq!(allowed(&own, "a", &path), allowed(&other, "a", &path));
        }
    }
}
