//! Names of functions: without what differs between two builds, and short enough to show.

/// Removes the hash from `module::function::h0123456789abcdef`, which differs between builds.
pub fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => name,
        _ => name,
    }
}

/// The crate of a function, as its name begins: `core` for `<core::option::Option<T> as core::fmt::Debug>::fmt`. The whole name
/// for a function of C.
pub fn crate_of(name: &str) -> &str {
    let mut start = name;
    while let Some(rest) =
        ["<", "&", "*", "(", "[", "dyn ", "mut ", "const "].iter().find_map(|it| start.strip_prefix(it))
    {
        start = rest;
    }
    let end = start.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(start.len());
    if end == 0 { name } else { &start[..end] }
}

/// A function with its source file: `item (mocks/src/model.rs)`.
pub fn with_file(function: &str, file: &str) -> String {
    format!("{function} ({file})")
}

/// The function and the file of a name with its source file; the file is empty if the name has none.
pub fn split_file(name: &str) -> (&str, &str) {
    let file = name.strip_suffix(')').and_then(|rest| rest.rsplit_once(" ("));
    file.filter(|(_, file)| file.ends_with(".rs") || file.ends_with(".c")).unwrap_or((name, ""))
}

/// The last parts of a path: `Option<T>::map` for `core::option::Option<T>::map` and 2 parts. Colons inside of brackets separate
/// nothing.
pub fn last_parts(name: &str, parts: usize) -> &str {
    let (mut depth, mut found) = (0_usize, 0);
    let bytes = name.as_bytes();
    for at in (1..bytes.len()).rev() {
        match bytes[at] {
            // The arrow of a return type is no bracket.
            b'>' if bytes[at - 1] == b'-' => {}
            b'>' | b')' | b']' | b'}' => depth += 1,
            b'<' | b'(' | b'[' | b'{' => depth = depth.saturating_sub(1),
            b':' if depth == 0 && bytes[at - 1] == b':' => {
                found += 1;
                if found == parts {
                    // A colon is one byte, so this is the border of a character.
                    return &name[at + 1..];
                }
            }
            _ => {}
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hash_is_removed() {
        assert_eq!(without_hash("a::b::h0123456789abcdef"), "a::b");
        for name in ["a::b", "a::h0123", "a::h0123456789abcdeg", "malloc", "", "a::hello"] {
            assert_eq!(without_hash(name), name);
        }
    }

    #[test]
    fn the_crate_is_the_first_name() {
        for (name, expected) in [
            ("core::option::Option<T>::map", "core"),
            ("<alloc::vec::Vec<T> as core::ops::Drop>::drop", "alloc"),
            ("<&mut dyn engine::Stream as x::Y>::poll", "engine"),
            ("<dyn engine::Stream>::poll", "engine"),
            ("_int_malloc", "_int_malloc"),
            ("memcpy@@GLIBC_2.14", "memcpy"),
            ("(below main)", "below"),
            ("???", "???"),
            ("", ""),
        ] {
            assert_eq!(crate_of(name), expected, "{name}");
        }
    }

    #[test]
    fn a_file_is_told_from_brackets_of_a_name() {
        assert_eq!(
            split_file(&with_file("item<fn(u8) -> u8>", "mocks/src/model.rs")),
            ("item<fn(u8) -> u8>", "mocks/src/model.rs")
        );
        for name in ["f", "f (below main)", "f)", " (.rs", ""] {
            assert_eq!(split_file(name), (name, ""), "{name}");
        }
    }

    #[test]
    fn parts_are_counted_outside_of_brackets() {
        let name = "<a::b::C<d::E> as f::G>::h::{{closure}}";
        assert_eq!(last_parts(name, 1), "{{closure}}");
        assert_eq!(last_parts(name, 2), "h::{{closure}}");
        assert_eq!(last_parts(name, 9), name);
        assert_eq!(last_parts("a::b::c", 2), "b::c");
        assert_eq!(last_parts("f::<fn(a::B) -> c::D>::é", 1), "é");
        for odd in ["", ":", "::", "é::", "<::", ">>>", "a::>b"] {
            let _ = last_parts(odd, 1);
        }
    }
}
