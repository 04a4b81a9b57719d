//! Paths and the patterns that rules have for them (RFC 9309, sections 2.2.2 and 2.2.3).

/// A path with its query, or a pattern of such, in the form in which they are compared: what is not ASCII is escaped, escapes
/// are in capital letters, and letters, digits, `-`, `.`, `_` and `~` are not escaped.
///
/// Behind the first `?`, the RFC also has other characters escaped that may stand there as they are: `https://` and
/// `https%3A%2F%2F` are the same in a query. A pattern may match either form, so both are kept where they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparable {
    plain: String,
    escaped: Option<String>,
}

impl Comparable {
    pub(crate) fn new(text: &[u8]) -> Self {
        let plain = normalise(text);
        let escaped = escape_query(&plain);
        Self { plain, escaped }
    }

    /// Bytes of the form that lengths are compared of.
    pub(crate) fn len(&self) -> usize {
        self.plain.len()
    }

    /// Bytes of all forms that are kept.
    pub(crate) fn bytes(&self) -> usize {
        self.plain.len() + self.escaped.as_ref().map_or(0, String::len)
    }

    fn escaped(&self) -> &str {
        self.escaped.as_deref().unwrap_or(&self.plain)
    }

    /// Whether this pattern matches a path: from its beginning, with `*` for any bytes, and up to its end if `$` is the last
    /// character. The time is proportional to the length of both.
    pub(crate) fn matches(&self, path: &Self) -> bool {
        let differ = self.escaped.is_some() || path.escaped.is_some();
        matches(&self.plain, &path.plain) || (differ && matches(self.escaped(), path.escaped()))
    }
}

fn normalise(text: &[u8]) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        let hex = |at: usize| tail.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        match (byte, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                let value = (high * 16 + low) as u8;
                match value {
                    b'-' | b'.' | b'_' | b'~' => normal.push(char::from(value)),
                    _ if value.is_ascii_alphanumeric() => normal.push(char::from(value)),
                    _ => escape(value, &mut normal),
                }
                rest = &tail[2..];
            }
            _ if byte.is_ascii() => normal.push(char::from(*byte)),
            _ => escape(*byte, &mut normal),
        }
    }
    normal
}

/// The form with what RFC 3986 calls `gen-delims` escaped behind the first `?`; `None` if that is the same.
fn escape_query(plain: &str) -> Option<String> {
    let (path, query) = plain.split_once('?')?;
    query.contains([':', '/', '?', '#', '[', ']', '@']).then_some(())?;
    let mut escaped = format!("{path}?");
    for c in query.chars() {
        match c {
            ':' | '/' | '?' | '#' | '[' | ']' | '@' => escape(c as u8, &mut escaped),
            _ => escaped.push(c),
        }
    }
    Some(escaped)
}

fn escape(byte: u8, text: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    text.push('%');
    text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, to_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return !to_end || rest.is_empty() };
    // The first place of each part leaves the most for the others.
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    if to_end { rest.ends_with(last) } else { rest.contains(last) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_match(pattern: &str, path: &str) -> bool {
        Comparable::new(pattern.as_bytes()).matches(&Comparable::new(path.as_bytes()))
    }

    /// RFC 9309, section 2.2.2: the columns "Path" and "Path to Match" of its table.
    #[test]
    fn escapes_are_compared_as_the_rfc_says() {
        for (path, to_match) in [
            ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
            ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar"),
            ("/foo/bar/ツ", "/foo/bar/%E3%83%84"),
            ("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84"),
            ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ] {
            for (pattern, path) in [(path, to_match), (to_match, path), (path, path), (to_match, to_match)] {
                assert!(is_match(&format!("{pattern}$"), path), "{pattern} {path}");
            }
        }
        assert!(is_match("/a%2fb", "/a%2Fb"), "escapes in any case of letters");
        assert!(!is_match("/a/b", "/a%2Fb"), "a slash that is escaped is no part of the path");
        assert!(is_match("/*?u=http://", "/x?u=http://a") && is_match("/*u=http://", "/x?u=http://a"));
        assert!(is_match("/%", "/%") && is_match("/%4", "/%4") && is_match("/%zz", "/%zz"), "no escapes");
    }

    /// RFC 9309, section 2.2.3, and the examples of <https://developers.google.com/search/reference/robots_txt>.
    #[test]
    fn stars_and_the_end_are_special() {
        for (pattern, matching, others) in [
            ("/", &["/", "/fish"][..], &[][..]),
            ("/*", &["/", "/fish"], &[]),
            ("/$", &["/"], &["/fish"]),
            (
                "/fish",
                &["/fish", "/fish.html", "/fishheads/a", "/fish.php?id=1"],
                &["/Fish.asp", "/catfish", "/desert/fish"],
            ),
            ("/fish*", &["/fish", "/fishheads/a"], &["/Fish.asp", "/catfish"]),
            ("/fish/", &["/fish/", "/fish/?id=a", "/fish/salmon.htm"], &["/fish", "/fish.html", "/Fish/a"]),
            ("/*.php", &["/index.php", "/folder/a.php?b", "/folder/any.php.file.html"], &["/", "/windows.PHP"]),
            ("/*.php$", &["/filename.php", "/folder/a.php", "/a.php.php"], &["/a.php?b", "/a.php/", "/a.php5"]),
            ("/fish*.php", &["/fish.php", "/fishheads/a.php?b"], &["/Fish.PHP"]),
            ("/example/page/disallowed.gif", &["/example/page/disallowed.gif"], &["/example/page/"]),
            ("/this/path/exactly$", &["/this/path/exactly"], &["/this/path/exactly/", "/this/path/"]),
            ("/this/*/exactly", &["/this/a/b/exactly/more", "/this//exactly"], &["/this/exactly"]),
            ("/a**b", &["/ab", "/axb"], &["/a"]),
            ("*b", &["/ab"], &["/a"]),
            ("b", &[], &["/b"]),
            ("/a*a$", &["/aa", "/a/a"], &["/a"]),
            ("/a$b", &["/a$b"], &["/a"]),
        ] {
            assert!(matching.iter().all(|path| is_match(pattern, path)), "{pattern} {matching:?}");
            assert!(!others.iter().any(|path| is_match(pattern, path)), "{pattern} {others:?}");
        }
    }

    /// What patterns mean, written down without regard to time.
    fn by_definition(pattern: &[u8], path: &[u8]) -> bool {
        match pattern {
            [] => true,
            [b'$'] => path.is_empty(),
            [b'*', rest @ ..] => (0..=path.len()).any(|at| by_definition(rest, &path[at..])),
            [first, rest @ ..] => path.first() == Some(first) && by_definition(rest, &path[1..]),
        }
    }

    proptest! {
        #[test]
        fn patterns_match_as_defined(pattern in "/[ab*/]{0,8}[$]?", path in "/[ab/]{0,10}") {
            prop_assert_eq!(matches(&pattern, &path), by_definition(pattern.as_bytes(), path.as_bytes()));
        }

        #[test]
        fn any_bytes_match_themselves(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let bytes: Vec<u8> = bytes.into_iter().filter(|byte| !b"*$".contains(byte)).collect();
            let text = Comparable::new(&bytes);
            prop_assert!(text.matches(&text));
            prop_assert_eq!(Comparable::new(text.plain.as_bytes()).plain, text.plain, "the form has itself as its form");
        }
    }
}
