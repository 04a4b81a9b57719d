//! Sanitizes text from child processes and files for a terminal.

/// The message of a failed program: its last line that is not empty, sanitized, at most 200 characters. For git, the `fatal:`
/// line and the lines below it; for cargo, the `error:` line and the last cause.
pub fn last_message(text: &str) -> String {
    let shown = anstream::adapter::strip_str(text).to_string();
    if let Some(fatal) = shown.lines().position(|line| line.starts_with("fatal: ")) {
        let said: Vec<&str> = shown.lines().skip(fatal).map(str::trim).filter(|line| !line.is_empty()).collect();
        return sanitize_line(&said.join(" "));
    }
    // A panic prints advice below its message.
    let advice = |line: &str| line.starts_with("note: run with `RUST_BACKTRACE=");
    // Valgrind adds lines below the message of its program: `==900== I   refs:      5,641,168`.
    let of_valgrind = |line: &str| {
        let process = line.strip_prefix("==").and_then(|rest| rest.split_once("==")).map(|(process, _)| process);
        process.is_some_and(|process| !process.is_empty() && process.bytes().all(|b| b.is_ascii_digit()))
    };
    let tells = |line: &String| !line.is_empty() && !advice(line) && !of_valgrind(line);
    let last = shown.lines().rev().map(sanitize_line).find(tells).unwrap_or_default();
    match shown.lines().rev().find(|line| line.starts_with("error: ")) {
        Some(error) if shown.lines().any(|line| line == "Caused by:") => {
            sanitize_line(&format!("{}: {last}", error.chars().take(120).collect::<String>()))
        }
        _ => last,
    }
}

/// The text as [`sanitize`] returns it, cut after 200 characters.
pub fn sanitize_line(text: &str) -> String {
    const LONGEST: usize = 200;
    sanitize(text).chars().take(LONGEST).collect()
}

/// The text on one line, without control characters and invisible marks that a terminal would interpret.
pub fn sanitize(text: &str) -> String {
    let text = text.trim().chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    text.filter(|&c| !is_invisible(c)).collect()
}

/// A number of days before today: `today`, `yesterday`, `3 days ago`.
pub fn days_ago(days: i64) -> String {
    match days {
        ..=0 => "today".into(),
        1 => "yesterday".into(),
        days => format!("{days} days ago"),
    }
}

/// A count with its noun: `1 case`, `2 cases`.
pub fn pluralize(number: usize, thing: &str) -> String {
    format!(
        "{number} {thing}{}",
        if number == 1 {
            ""
        } else if thing.ends_with('s') {
            "es"
        } else {
            "s"
        }
    )
}

/// Whether the character is a control character, or a mark that reorders or hides the text around it.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let said = last_message("first\nlast \u{1b}[31mred\u{1b}[0m \u{202e}back\u{200b}\t.\u{7}\n \n");
        assert_eq!(said, "last red back .");
        assert_eq!(last_message(&"x".repeat(1_000)).len(), 200);
        assert_eq!(last_message(" \n\n"), "");
        let said =
            last_message("error: failed to load x\n\nCaused by:\n  cannot read it\n\nCaused by:\n  no such file\n");
        assert_eq!(said, "error: failed to load x: no such file");
        let said = last_message("warning: x\nfatal: it is not yours\nTo use it, call:\n\n\tgit config\n");
        assert_eq!(said, "fatal: it is not yours To use it, call: git config");
    }

    #[test]
    fn the_last_line_of_a_panic_is_its_message() {
        let panic = "\nthread 'main' (1) panicked at src/main.rs:1:1:\n9 results, expected 10\n\
                     note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
        assert_eq!(last_message(panic), "9 results, expected 10");
        let watched = format!("==900== Callgrind\n{panic}==900== \n==900== I   refs:      5,641,168\n");
        assert_eq!(last_message(&watched), "9 results, expected 10");
        assert_eq!(last_message("=====\n"), "=====");
    }
}
