//! Examples that end the long help of a command. A test parses each of them.

/// Of `atp` itself.
pub(crate) const ATP: &str = "\
Examples:
  atp validate suite.yaml
  atp run suite.yaml --agent claude --parallel 20
  atp report .atp-runs/smoke--claude-20261124101500000.jsonl --html run.html";

pub(crate) const VALIDATE: &str = "\
Examples:
  atp validate suites/*.yaml
  atp validate suite.yaml --format json | jq .warnings";

pub(crate) const BENCH: &str = "\
Examples:
  atp bench
  atp bench --format json > bench.json";

#[cfg(unix)]
pub(crate) const SELFTEST: &str = "\
Examples:
  atp selftest
  atp selftest --format json > selftest.json";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  atp completions bash > ~/.local/share/bash-completion/completions/atp
  atp completions zsh > ~/.zfunc/_atp
  atp completions fish > ~/.config/fish/completions/atp.fish";

pub(crate) const MAN: &str = "\
Examples:
  atp man > atp.1
  atp man run | man -l -";

#[cfg(all(test, unix))]
mod tests {
    use crate::Cli;
    use clap::{CommandFactory, Parser};

    /// The commands that a help text shows, as a shell would pass them on.
    fn shown(help: &str) -> Vec<Vec<String>> {
        let lines = help.lines().filter(|line| line.starts_with("  atp "));
        // What follows is the shell's.
        let commands = lines.filter_map(|line| line.split(['>', '|']).next());
        commands.map(|line| shlex::split(line).unwrap_or_else(|| panic!("{line}"))).collect()
    }

    #[test]
    fn each_command_has_examples_and_they_parse() {
        let atp = Cli::command();
        let subcommands = atp.get_subcommands().filter(|it| !it.is_hide_set());
        for command in subcommands.chain([&atp]) {
            let name = command.get_name();
            let help = command.get_after_long_help().or(command.get_after_help());
            let examples = shown(&help.unwrap_or_else(|| panic!("{name}")).to_string());
            assert!((2..=6).contains(&examples.len()), "{name}: {examples:?}");
            for words in examples {
                assert!(name == "atp" || words[1] == name, "{words:?}");
                if let Err(error) = Cli::try_parse_from(&words) {
                    panic!("{words:?}: {error}");
                }
            }
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
