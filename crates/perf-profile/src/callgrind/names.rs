//! The parts of a function's name in a profile with callers kept apart.

/// A part of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name<'a> {
    /// A function.
    Function(&'a str),
    /// How often the function before it is active, at least 2.
    Recursion(u32),
}

/// The parts of `f'2'caller'its caller`, innermost first. A quote inside of brackets is part of a name: it begins a lifetime, as
/// in `<dyn for<'a> Fn(&'a str)>`.
pub fn names(name: &str) -> Vec<Name<'_>> {
    let mut parts = split_outside_brackets(name).unwrap_or_else(|| name.split('\'').collect()).into_iter();
    let first = parts.next().map(Name::Function);
    let rest = parts.map(|part| match part.parse() {
        Ok(level) if part.bytes().all(|b| b.is_ascii_digit()) => Name::Recursion(level),
        _ => Name::Function(part),
    });
    first.into_iter().chain(rest).collect()
}

/// `None` if brackets have no partner: then they are none, as in `operator<`.
fn split_outside_brackets(name: &str) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut depth, mut before) = (Vec::new(), 0, 0_u32, ' ');
    for (at, c) in name.char_indices() {
        match c {
            '<' | '(' | '[' | '{' => depth += 1,
            // The arrow of a return type is no bracket.
            '>' if before == '-' => {}
            '>' | ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            '\'' if depth == 0 => {
                parts.push(&name[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        before = c;
    }
    parts.push(&name[start..]);
    (depth == 0).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::Name::{Function, Recursion};
    use super::*;

    #[test]
    fn callers_and_levels_are_told_apart() {
        assert_eq!(names("f"), [Function("f")]);
        assert_eq!(names("f'2'g'h"), [Function("f"), Recursion(2), Function("g"), Function("h")]);
        assert_eq!(names("(below main)'{{closure}}"), [Function("(below main)"), Function("{{closure}}")]);
        let lifetime = "<dyn for<'a> Fn(&'a str) -> u8>::call";
        assert_eq!(names(&format!("{lifetime}'main")), [Function(lifetime), Function("main")]);
        // No brackets, but operators.
        assert_eq!(names("operator<'main"), [Function("operator<"), Function("main")]);
        assert_eq!(names(""), [Function("")]);
        assert_eq!(names("7'f"), [Function("7"), Function("f")], "a name comes first");
        assert_eq!(names("f'99999999999"), [Function("f"), Function("99999999999")]);
    }
}
