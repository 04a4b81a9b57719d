//! Reads callgrind's output file, as the chapter "Callgrind Format Specification" of valgrind's manual defines it.
//!
//! One file has one part, of format version 1. Names may be compressed (`(7) name`, later `(7)`), and positions relative (`+3`,
//! `-2`, `*`). Of several events the one named `Ir` is read, which is instructions. Jumps and objects are skipped.

use std::collections::HashMap;

use super::{Function, Profile};

/// Why a text is no profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ParseError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub what: String,
}

/// The event that is read.
const INSTRUCTIONS: &str = "Ir";

/// Reads a profile. The costs of all functions have to add up to the total that the file states, so a file that was cut is an
/// error.
///
/// # Errors
/// If the text is not such a file.
pub fn parse(text: &[u8]) -> Result<Profile, ParseError> {
    let mut reader = Reader::default();
    let mut line = 0;
    for bytes in text.split(|&byte| byte == b'\n') {
        line += 1;
        let read = match str::from_utf8(bytes) {
            Ok(text) => reader.read(text.trim_end_matches('\r')),
            Err(_) => Err("the line is not UTF-8".to_owned()),
        };
        read.map_err(|what| ParseError { line, what })?;
    }
    reader.finish().map_err(|what| ParseError { line, what })
}

/// Which name a compressed one stands for. There is one list of functions and one of files and objects each.
#[derive(Debug, Default)]
struct Compressed(HashMap<u64, String>);

#[derive(Debug, Default)]
struct Reader {
    /// Columns of a line before its costs.
    positions: Option<usize>,
    /// Column of the instructions among the costs, and the number of costs.
    events: Option<(usize, usize)>,
    totals: Option<u64>,
    summary: Option<u64>,
    names: Compressed,
    files: Compressed,
    objects: Compressed,
    functions: Vec<Function>,
    by_name: HashMap<String, usize>,
    /// The function that the next lines are of.
    current: Option<usize>,
    /// The function of the last `cfn=`, until its `calls=`.
    callee: Option<usize>,
    /// The callee of the last `calls=`, until its cost.
    call: Option<usize>,
    sum: u64,
}

impl Reader {
    fn read(&mut self, line: &str) -> Result<(), String> {
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '*')) {
            return self.read_cost(line);
        }
        if self.call.is_some() {
            return Err(format!("a cost has to follow `calls=`, not `{}`", shown(line)));
        }
        if let Some((key, value)) = line.split_once('=').filter(|(key, _)| is_key(key)) {
            return self.read_assignment(key, value);
        }
        match line.split_once(':').filter(|(key, _)| is_key(key)) {
            Some((key, value)) => self.read_header(key, value.trim()),
            None => Err(format!("`{}` is neither a cost nor a key with a value", shown(line))),
        }
    }

    fn read_header(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "version" if value == "1" => Ok(()),
            "version" => Err(format!("version `{}` of the format is not known, but only 1", shown(value))),
            "positions" => {
                let known = value.split_whitespace().all(|name| matches!(name, "instr" | "line" | "addr"));
                self.positions = Some(value.split_whitespace().count()).filter(|&count| known && count > 0);
                self.positions.map(drop).ok_or_else(|| format!("`positions: {}` is not known", shown(value)))
            }
            "events" if self.events.is_some() => {
                Err("a second part begins, and only files of one part are read".into())
            }
            "events" => {
                let names: Vec<&str> = value.split_whitespace().collect();
                let column = names.iter().position(|&name| name == INSTRUCTIONS);
                self.events = column.map(|column| (column, names.len()));
                let missing = || format!("`{INSTRUCTIONS}` is not among the events: `{}`", shown(value));
                self.events.map(drop).ok_or_else(missing)
            }
            "totals" | "summary" => {
                let (column, _) = self.events.ok_or_else(|| format!("`{key}:` comes before `events:`"))?;
                let number = value.split_whitespace().nth(column).map_or(Ok(0), number)?;
                let kept = if key == "totals" { &mut self.totals } else { &mut self.summary };
                *kept = Some(number);
                Ok(())
            }
            "part" if self.current.is_some() => Err("a second part begins, and only files of one part are read".into()),
            "creator" | "pid" | "thread" | "part" | "cmd" | "desc" | "event" | "target" => Ok(()),
            _ => Err(format!("the key `{}` is not known", shown(key))),
        }
    }

    fn read_assignment(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "fn" => {
                self.current = Some(self.function(value)?);
                Ok(())
            }
            "cfn" => {
                self.callee = Some(self.function(value)?);
                Ok(())
            }
            "jfn" => self.function(value).map(drop),
            "fl" | "fi" | "fe" | "cfi" | "cfl" | "jfi" => self.files.resolve(value).map(drop),
            "ob" | "cob" => self.objects.resolve(value).map(drop),
            "calls" => {
                self.call = Some(self.callee.take().ok_or("`calls=` without `cfn=` before it")?);
                number(value.split_whitespace().next().unwrap_or_default()).map(drop)
            }
            // The line after a jump is a position without cost.
            "jump" | "jcnd" => Ok(()),
            _ => Err(format!("the key `{}` is not known", shown(key))),
        }
    }

    /// The index of the function with this name, which may be compressed.
    fn function(&mut self, value: &str) -> Result<usize, String> {
        let name = self.names.resolve(value)?;
        if let Some(&index) = self.by_name.get(name) {
            return Ok(index);
        }
        let index = self.functions.len();
        self.by_name.insert(name.to_owned(), index);
        self.functions.push(Function { name: name.to_owned(), own: 0, called: 0, callees: 0 });
        Ok(index)
    }

    fn read_cost(&mut self, line: &str) -> Result<(), String> {
        let (column, columns) = self.events.ok_or("a cost comes before `events:`")?;
        let positions = self.positions.unwrap_or(1);
        let mut fields = line.split_whitespace();
        for _ in 0..positions {
            check_position(fields.next().unwrap_or_default())?;
        }
        let mut cost = 0;
        for index in 0.. {
            let Some(field) = fields.next() else { break };
            if index == columns {
                return Err(format!("more than the {columns} costs that `events:` announces"));
            }
            let value = number(field)?;
            if index == column {
                cost = value;
            }
        }
        let current = self.current.ok_or("a cost comes before the first `fn=`")?;
        let add = |to: &mut u64| {
            *to = to.checked_add(cost).ok_or("the costs are more than 64 bits hold")?;
            Ok::<_, String>(())
        };
        match self.call.take() {
            Some(callee) => {
                add(&mut self.functions[callee].called)?;
                add(&mut self.functions[current].callees)
            }
            None => {
                add(&mut self.functions[current].own)?;
                add(&mut self.sum)
            }
        }
    }

    fn finish(self) -> Result<Profile, String> {
        if self.events.is_none() {
            return Err("the file has no line `events:`".into());
        }
        if self.call.is_some() {
            return Err("the file ends after `calls=`".into());
        }
        // `totals:` is the last line. `summary:` counts what was collected, which is the same.
        let total = self.totals.or(self.summary).ok_or("the file has no line `totals:`, so it is not complete")?;
        if total != self.sum {
            return Err(format!("the costs add up to {}, but the file states {total}", self.sum));
        }
        // Inclusive costs may not exceed 64 bits either.
        if self.functions.iter().any(|function| function.own.checked_add(function.callees).is_none()) {
            return Err("the costs are more than 64 bits hold".into());
        }
        Ok(Profile { total, functions: self.functions })
    }
}

impl Compressed {
    /// The name that `(7) name`, `(7)` or `name` stands for.
    fn resolve<'a>(&'a mut self, value: &'a str) -> Result<&'a str, String> {
        let compressed = value.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let Some((id, name)) = compressed.filter(|(id, _)| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()))
        else {
            return Ok(value);
        };
        let id = number(id)?;
        match name.trim_start() {
            "" => self.0.get(&id).map(String::as_str).ok_or_else(|| format!("({id}) has no name in the lines before")),
            name => {
                self.0.insert(id, name.to_owned());
                Ok(name)
            }
        }
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase())
}

/// Checks a position, whose value is not used: a line, an address, or a difference to the one before.
fn check_position(field: &str) -> Result<(), String> {
    let digits = field.strip_prefix(['+', '-']).unwrap_or(field);
    let is_valid = match digits.strip_prefix("0x") {
        Some(hex) => !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()),
        None => field == "*" || (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit())),
    };
    if is_valid { Ok(()) } else { Err(format!("`{}` is not a position", shown(field))) }
}

fn number(field: &str) -> Result<u64, String> {
    let is_number = !field.is_empty() && field.bytes().all(|b| b.is_ascii_digit());
    let value = field.parse().ok().filter(|_| is_number);
    value.ok_or_else(|| format!("`{}` is not a number of at most 64 bits", shown(field)))
}

/// The beginning of a text for a message, without control characters.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "# callgrind format\nversion: 1\ncreator: callgrind-3.19.0\npositions: line\nevents: Ir\nsummary: 175\n\n\
        ob=(1) /some/count\nfl=(1) /x/engine.rs\nfn=(1) engine::poll::h0123456789abcdef\n10 100\n+2 20\n\
        cfn=(2) engine::event\ncalls=3 7\n* 42\n13 5\njump=3 +2\n*\n\nfn=(2)\n7 40\nfi=(2) /x/inlined.rs\n-8 2\nfe=(1)\n\
        fn=(3) engine::poll::h0123456789abcdef'2\n10 8\n\ntotals: 175\n";

    fn error(from: &str, to: &str) -> String {
        let text = PROFILE.replacen(from, to, 1);
        assert_ne!(text, PROFILE, "{from}");
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn own_costs_and_calls_are_apart() {
        let profile = parse(PROFILE.as_bytes()).unwrap();
        let costs: Vec<_> = profile
            .functions
            .iter()
            .map(|it| (it.name.as_str(), it.own, it.called, it.callees, it.inclusive()))
            .collect();
        let poll = "engine::poll::h0123456789abcdef";
        assert_eq!(
            costs,
            [(poll, 125, 0, 42, 167), ("engine::event", 42, 42, 0, 42), (&format!("{poll}'2"), 8, 0, 0, 8)]
        );
    }

    #[test]
    fn of_several_events_instructions_are_read() {
        let text = "positions: instr line\nevents: Dr Ir Dw\nfn=f\n0x1f 3 1 20 3\n+4 +1 1 20\n* * 5\ntotals: 7 40 3\n";
        let profile = parse(text.as_bytes()).unwrap();
        assert_eq!((profile.total, profile.functions[0].own), (40, 40));
    }

    #[test]
    fn errors_name_the_line_and_the_value() {
        for (from, to, says) in [
            ("version: 1", "version: 2", "line 2: version `2`"),
            ("positions: line", "positions: column", "line 4: `positions: column` is not known"),
            ("events: Ir", "events: Cycles", "line 5: `Ir` is not among the events: `Cycles`"),
            ("events: Ir\n", "", "line 5: `summary:` comes before `events:`"),
            ("fn=(2)\n", "fn=(9)\n", "(9) has no name in the lines before"),
            ("calls=3 7", "calls=x 7", "`x` is not a number"),
            ("cfn=(2) engine::event\n", "", "`calls=` without `cfn=`"),
            ("* 42\n", "fn=(1)\n", "a cost has to follow `calls=`, not `fn=(1)`"),
            ("* 42", "* 42 7", "more than the 1 costs"),
            ("10 100", "10 100,000", "`100,000` is not a number"),
            ("10 100", "10 -100", "`-100` is not a number"),
            ("10 100", "1z 100", "`1z` is not a position"),
            ("10 100", "10 99999999999999999999", "is not a number of at most 64 bits"),
            ("10 100", "10 18446744073709551615", "more than 64 bits"),
            ("10 100", "10 101", "the costs add up to 176, but the file states 175"),
            ("fl=(1)", "f1=(1)", "is neither a cost nor a key"),
            ("fl=(1)", "ff=(1)", "the key `ff` is not known"),
            ("13 5\n", "13 5\npart: 2\n", "a second part begins"),
            ("13 5\n", "13 5\nevents: Ir\n", "a second part begins"),
            ("fn=(1) engine::poll::h0123456789abcdef\n", "", "a cost comes before the first `fn=`"),
        ] {
            let error = error(from, to);
            assert!(error.contains(says), "{from} -> {to}: {error}");
        }
        let cut = PROFILE.replace("summary: 175\n", "").replace("totals: 175\n", "");
        assert!(parse(cut.as_bytes()).unwrap_err().what.contains("it is not complete"));
        assert!(parse(b"").unwrap_err().what.contains("no line `events:`"));
        assert!(parse(b"events: Ir\n\xff\n").unwrap_err().to_string().contains("line 2: the line is not UTF-8"));
        assert!(parse(b"events: Ir\nfn=f\ncfn=g\ncalls=1 1").unwrap_err().what.contains("ends after `calls=`"));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let _ = parse(&bytes);
        }

        /// Lines in any order and of any values: nothing panics, and what is read adds up.
        #[test]
        fn any_lines_are_read_or_refused(lines in proptest::collection::vec(line(), 0..40), total in 0_u64..100) {
            let text = format!("events: Ir\nfn=f\n{}totals: {total}\n", lines.concat());
            if let Ok(profile) = parse(text.as_bytes()) {
                proptest::prop_assert_eq!(profile.functions.iter().map(|it| it.own).sum::<u64>(), total);
            }
        }
    }

    fn line() -> impl proptest::strategy::Strategy<Value = String> {
        use proptest::prelude::*;
        let name = prop_oneof!["\\([0-3]\\) [a-c]'[a-c]", "\\([0-3]\\)", "[a-c]"];
        let key = prop_oneof!["fn", "fl", "fi", "fe", "cfn", "cfi", "ob", "cob", "jfn"];
        prop_oneof![
            (key, name).prop_map(|(key, name)| format!("{key}={name}\n")),
            "[+*-]?[0-9]{0,2} [0-9]{0,2}\n",
            "(calls|jump|jcnd|positions|summary)[:=][0-9]{0,2} [0-9]\n",
        ]
    }
}
