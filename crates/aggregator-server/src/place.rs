//! Where a passage is, as a person would open it.

use std::path::Path;

use url::Url;

/// The path of a file and the place in it, from the folder that the program was called in: `docs/guide.md#install`, or with a line
/// `src/lib.rs:12`. Another address is shown as it is.
pub fn shown(address: &str, here: &Path) -> String {
    let file = Url::parse(address).ok().filter(|url| url.scheme() == "file");
    let Some((url, path)) = file.and_then(|url| url.to_file_path().ok().map(|path| (url, path))) else {
        return address.to_owned();
    };
    let relative = path.strip_prefix(here).ok().filter(|relative| !relative.as_os_str().is_empty());
    let path = relative.unwrap_or(&path).to_string_lossy();
    // A name may hold anything; one that would move the cursor is shown escaped, as in the address.
    let path = if aggregator_core::event::CleanText::line(&*path).as_str() == path {
        path.into_owned()
    } else {
        url.path().to_owned()
    };
    match url.fragment() {
        None => path,
        Some(place) => match place.strip_prefix('L').filter(|line| line.bytes().all(|byte| byte.is_ascii_digit())) {
            Some(line) if !line.is_empty() => format!("{path}:{line}"),
            _ => format!("{path}#{}", decoded(place)),
        },
    }
}

/// A fragment as it was before it was escaped, where nothing speaks against showing that.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let [first, behind @ ..] = rest {
        let escaped = match (first, behind) {
            (b'%', [high, low, ..]) => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok())
            }
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &rest[3..] } else { behind };
    }
    match String::from_utf8(bytes) {
        Ok(text) if aggregator_core::event::CleanText::line(&*text).as_str() == text && !text.contains(' ') => text,
        _ => fragment.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_from_here_and_lines_as_compilers_write_them() {
        let shown = |address| shown(address, Path::new("/srv/docs"));
        assert_eq!(shown("file:///srv/docs/a%20b.md#install"), "a b.md#install");
        assert_eq!(shown("file:///srv/docs/src/lib.rs#L12"), "src/lib.rs:12");
        assert_eq!(shown("file:///srv/docs/a.md#L"), "a.md#L");
        assert_eq!(shown("file:///elsewhere/a.md"), "/elsewhere/a.md");
        assert_eq!(shown("file:///srv/docs/a.md#gr%C3%B6%C3%9Fe"), "a.md#größe");
        assert_eq!(shown("https://example.org/a#b"), "https://example.org/a#b");
    }

    #[test]
    fn names_that_would_move_the_cursor_stay_escaped() {
        let shown = |address| shown(address, Path::new("/d"));
        assert_eq!(shown("file:///d/%1B%5B2J.md"), "/d/%1B%5B2J.md");
        assert_eq!(shown("file:///d/%E2%80%AEdm.a#%0Ax"), "/d/%E2%80%AEdm.a#%0Ax");
        assert_eq!(shown("file:///d/a.md#%E2%80%AE%%4"), "a.md#%E2%80%AE%%4");
    }
}
