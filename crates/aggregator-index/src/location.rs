//! Addresses of passages.

use std::path::Path;

use url::Url;

/// The address of a file, `file:///…`, escaped; with a part after `#`. `None` if the path is not absolute.
pub(crate) fn address(path: &Path, anchor: Option<&str>) -> Option<String> {
    let mut url = Url::from_file_path(path).ok()?;
    url.set_fragment(anchor);
    Some(url.into())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_in_a_path_is_escaped() {
        use std::os::unix::ffi::OsStrExt as _;
        let url = |path: &[u8], anchor| address(Path::new(std::ffi::OsStr::from_bytes(path)), anchor);
        assert_eq!(url(b"/a b/#?%.md", Some("x y")).as_deref(), Some("file:///a%20b/%23%3F%25.md#x%20y"));
        assert_eq!(url(b"/\xff\n\xe2\x80\xae", None).as_deref(), Some("file:///%FF%0A%E2%80%AE"));
        assert_eq!(url("/a".as_bytes(), Some("größe")).as_deref(), Some("file:///a#gr%C3%B6%C3%9Fe"));
        assert_eq!(url(b"a", None), None);
    }
}
