//! All settings as a table for people.

use std::fmt::Write as _;

use aggregator_core::Settings;
use aggregator_core::settings_by_name::NamedSettings;

/// All settings in Markdown: a table for those of every query, and one for each section.
pub fn markdown() -> String {
    let mut settings = Settings::default();
    let mut out = String::new();
    table(&mut out, &settings);
    for section in settings.sections() {
        let _ = writeln!(out, "\n## `[{section}]`\n");
        if let Some(section) = settings.section(section) {
            table(&mut out, section);
        }
    }
    out
}

fn table(out: &mut String, settings: &dyn NamedSettings) {
    out.push_str("| setting | default | min | max | what it does |\n|---|---:|---:|---:|---|\n");
    for setting in settings.describe() {
        let (min, max) = setting.range.unwrap_or_default();
        let meaning = setting.meaning.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        let (name, default) = (setting.name, setting.default);
        let _ = writeln!(out, "| `{name}` | {default} | {min} | {max} | {meaning} |");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_in_the_documentation_is_that_of_the_code() {
        let documented = include_str!("../../SETTINGS.md");
        let told = documented.split_once("<!-- table -->\n").map(|(_, table)| table);
        assert_eq!(
            told,
            Some(markdown().as_str()),
            "put into crates/SETTINGS.md what `cargo run -p aggregator-settings --example table` prints"
        );
    }
}
