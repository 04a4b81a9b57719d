//! What cargo built, from its JSON messages (`--message-format=json`).

use std::path::PathBuf;

use serde::Deserialize;

/// The used part of one line.
#[derive(Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// The path of a built program. `kind` is that of its target, such as `bin` or `bench`; `None` if cargo built no such target.
pub fn find_executable(messages: &str, kind: &str, name: &str) -> Option<PathBuf> {
    messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok()).find_map(|message| {
        let target = message.target?;
        let is_it = message.reason == "compiler-artifact"
            && target.name == name
            && target.kind.iter().any(|found| found == kind);
        if is_it { message.executable } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_kind_and_name() {
        let message = |name: &str, kind: &str, path: &str| {
            format!(
                "{{\"reason\":\"compiler-artifact\",\"target\":{{\"name\":\"{name}\",\"kind\":[\"{kind}\"]}},\
                 \"executable\":{path}}}\n"
            )
        };
        let messages = [
            "no JSON\n".to_owned(),
            message("eval", "lib", "null"),
            message("other", "bin", "\"/t/other\""),
            message("eval", "bin", "\"/t/eval\""),
            "{\"reason\":\"build-finished\",\"success\":true}\n".to_owned(),
        ];
        assert_eq!(find_executable(&messages.concat(), "bin", "eval"), Some("/t/eval".into()));
        assert_eq!(find_executable(&messages.concat(), "bench", "eval"), None);
        assert_eq!(find_executable(&messages[..3].concat(), "bin", "eval"), None);
    }
}
