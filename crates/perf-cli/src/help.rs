//! What the help of every command has in common: its width, the name of the program, and that hidden options stay hidden.

use clap::error::{ContextKind, ContextValue};
use clap::{Command, Error};

/// Columns that a help text may use.
const WIDTH: usize = 100;

/// Stands for the name of the program in a text below the options.
const NAME: &str = "{command}";

/// Completes a command line: `name` is how the program is called, such as `cargo xtask`.
pub fn complete(command: Command, name: &str) -> Command {
    insert_name(command.name(name.to_owned()).bin_name(name.to_owned()), name).max_term_width(WIDTH)
}

fn insert_name(command: Command, name: &str) -> Command {
    let text = command.get_after_long_help().map(|text| text.to_string().replace(NAME, name));
    let command = command.mut_subcommands(|command| insert_name(command, name));
    match text {
        Some(text) => command.after_long_help(text),
        None => command,
    }
}

/// An error of clap without suggestions of hidden options: clap suggests any option that is spelled like the unknown one.
pub fn without_hidden_options(command: &Command, mut error: Error) -> Error {
    let hidden = hidden_options(command);
    let is_hidden = |text: &str| hidden.iter().any(|option| text.contains(option.as_str()));
    if matches!(error.get(ContextKind::SuggestedArg), Some(ContextValue::String(option)) if is_hidden(option)) {
        error.remove(ContextKind::SuggestedArg);
    }
    if let Some(ContextValue::StyledStrs(mut tips)) = error.remove(ContextKind::Suggested) {
        tips.retain(|tip| !is_hidden(&tip.to_string()));
        if !tips.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
    }
    error
}

/// Long names of the hidden options of a command and of its subcommands, with their dashes.
fn hidden_options(command: &Command) -> Vec<String> {
    let hidden = command.get_arguments().filter(|argument| argument.is_hide_set());
    let own = hidden.filter_map(|argument| Some(format!("--{}", argument.get_long()?)));
    own.chain(command.get_subcommands().flat_map(hidden_options)).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::CommandLine;

    fn command_line() -> Command {
        let mut command = complete(CommandLine::command(), "cargo xtask");
        command.build();
        command
    }

    /// Every command, with its name below the program, like `baseline update`.
    fn all_commands(command: &Command, name: &str, out: &mut Vec<(String, Command)>) {
        out.push((name.to_owned(), command.clone()));
        for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
            all_commands(subcommand, format!("{name} {}", subcommand.get_name()).trim(), out);
        }
    }

    #[test]
    fn every_help_has_exit_codes_and_an_example_and_fits() {
        let mut all = Vec::new();
        all_commands(&command_line(), "", &mut all);
        assert_eq!(all.len(), 15, "{:?}", all.iter().map(|(name, _)| name).collect::<Vec<_>>());
        for (name, command) in all {
            let mut command = command.term_width(WIDTH);
            let (short, long) = (command.render_help().to_string(), command.render_long_help().to_string());
            insta::assert_snapshot!(format!("help {name}").trim().replace(' ', "_"), long);
            assert!(long.contains("\nExit codes") && long.contains("\nExample") && !long.contains(NAME), "{long}");
            assert!(!short.contains("Exit codes") && short.lines().count() < 50, "{short}");
            let wide: Vec<&str> = long.lines().filter(|line| line.chars().count() > WIDTH).collect();
            assert!(wide.is_empty(), "{wide:#?}");
        }
    }

    #[test]
    fn a_mistyped_hidden_option_is_not_suggested() {
        let mut command = command_line();
        assert_eq!(hidden_options(&command), ["--seeded-faults"; 4]);
        let mut message = |arguments: &[&str]| {
            let error = command.try_get_matches_from_mut([&["cargo xtask"], arguments].concat()).unwrap_err();
            without_hidden_options(&command, error).to_string()
        };
        for arguments in [
            &["perf", "--seeded-fault"][..],
            &["baseline", "update", "--seeded-fault"],
            &["--seeded-fault", "perf"],
            &["baseline", "--seeded-fault", "diff"],
        ] {
            let message = message(arguments);
            assert!(message.contains("unexpected argument '--seeded-fault'"), "{message}");
            assert!(!message.contains("--seeded-faults"), "{message}");
        }
        let message = message(&["perf", "--quik"]);
        assert!(message.contains("a similar argument exists: '--quick'"), "{message}");
    }
}
