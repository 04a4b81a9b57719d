//! Locations of passages, for people.

use std::path::Path;

use aggregator_core::event::CleanText;
use url::Url;

/// The path of a file and the place in it, from the folder that the program was called in: `docs/guide.md#install`, or with a
/// line `src/lib.rs:12`. Another address is shown as it is.
pub fn display(address: &str, here: &Path) -> String {
    let file = Url::parse(address).ok().filter(|url| url.scheme() == "file");
    let Some((url, path)) = file.and_then(|url| url.to_file_path().ok().map(|path| (url, path))) else {
        return address.to_owned();
    };
    let relative = path.strip_prefix(here).ok().filter(|relative| !relative.as_os_str().is_empty());
    let path = relative.unwrap_or(&path).to_string_lossy();
    // A name may hold anything; one that would move the cursor is shown escaped, as in the address.
    let path = if CleanText::single_line(&*path).as_str() == path { path.into_owned() } else { url.path().to_owned() };
    match url.fragment() {
        None => path,
        Some(place) => match place.strip_prefix('L').filter(|line| line.bytes().all(|byte| byte.is_ascii_digit())) {
            Some(line) if !line.is_empty() => format!("{path}:{line}"),
            _ => format!("{path}#{}", decode_fragment(place)),
        },
    }
}

/// A fragment without its escapes; as it is, where it would hold white space or characters that a terminal must not get.
fn decode_fragment(fragment: &str) -> String {
    match percent_encoding::percent_decode_str(fragment).decode_utf8() {
        Ok(text) if CleanText::single_line(&*text).as_str() == text && !text.contains(' ') => text.into_owned(),
        _ => fragment.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_from_here_and_lines_as_compilers_write_them() {
        let shown = |address| display(address, Path::new("/srv/docs"));
        assert_eq!(shown("file:///srv/docs/a%20b.md#install"), "a b.md#install");
        assert_eq!(shown("file:///srv/docs/src/lib.rs#L12"), "src/lib.rs:12");
        assert_eq!(shown("file:///srv/docs/a.md#L"), "a.md#L");
        assert_eq!(shown("file:///elsewhere/a.md"), "/elsewhere/a.md");
        assert_eq!(shown("file:///srv/docs/a.md#gr%C3%B6%C3%9Fe"), "a.md#größe");
        assert_eq!(shown("https://example.org/a#b"), "https://example.org/a#b");
    }

    #[test]
    fn names_that_would_move_the_cursor_stay_escaped() {
        let shown = |address| display(address, Path::new("/d"));
        assert_eq!(shown("file:///d/%1B%5B2J.md"), "/d/%1B%5B2J.md");
        assert_eq!(shown("file:///d/%E2%80%AEdm.a#%0Ax"), "/d/%E2%80%AEdm.a#%0Ax");
        assert_eq!(shown("file:///d/a.md#%E2%80%AE%%4"), "a.md#%E2%80%AE%%4");
    }
}
