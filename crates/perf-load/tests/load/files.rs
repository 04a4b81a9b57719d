//! Scenario files and their errors.

use std::path::Path;

use perf_load::{
    Aggregate, Arrivals, CancelAfter, Gaps, Model, Scenario, ScenarioError, StageKind, Subject, Think, Trace,
};

use crate::common::{millis, parsed};

const FULL: &str = r#"
schema = 1
name = "full"
about = "Everything that a file can say."
seed = 7
timeout = "20s"
stall = "500ms"
confidence = 99
thresholds = ["ttft.p95 < 900ms", { threshold = "errors.rate < 5%", abort_on_fail = true, after = "10s" }]

[closed]
users = 5
spawn_rate = 2.5
think = { between = ["100ms", "2s"] }
queries_per_user = [1, 10]

[[stages]]
kind = "ramp"
duration = "30s"
to = 100

[[stages]]
kind = "soak"
duration = "1min"

[[queries]]
name = "a"
text = "what is a?"
weight = 3
expect = { results = 3 }
data = { pool = 60 }

[[queries]]
name = "b"
text = "what is b?"

[target]
profile = "typical"
data = { model = "ember" }

[[target.faults]]
name = "rate-limited"
share = "13%"
data = { status = 429 }

[client.slow]
share = "10%"
pause = "50ms"

[client.cancel]
share = "5%"
after = { events = 20 }

[[objectives]]
name = "interactive"
ttft = "900ms"
results = "3"
"#;

#[test]
fn everything_that_a_file_says_is_read() {
    let scenario = parsed(FULL).unwrap_or_else(|error| panic!("{error}"));
    let Model::Closed(closed) = &scenario.model else { panic!("it has users") };
    assert_eq!((closed.spawn_rate, closed.queries_per_user), (Some(2.5), Some((1, 10))));
    assert_eq!(closed.think, Think::Between(millis(100), millis(2_000)));
    assert_eq!((closed.users.initial(), closed.users.max()), (5.0, 100.0));
    assert_eq!(closed.users.stages()[1].kind, StageKind::Soak);
    assert_eq!((scenario.seed, scenario.timeout, scenario.stall), (7, millis(20_000), millis(500)));
    assert_eq!((scenario.confidence, scenario.duration()), (0.99, millis(90_000)));
    let query = &scenario.queries[0];
    assert_eq!((query.weight, query.query.expect["results"].as_integer()), (3.0, Some(3)));
    assert_eq!((scenario.queries[1].weight, query.query.data["pool"].as_integer()), (1.0, Some(60)));
    let fault = &scenario.target.faults[0];
    assert_eq!((fault.name.as_str(), fault.share.get()), ("rate-limited", 0.13));
    assert_eq!(scenario.client.cancel.map(|cancel| cancel.after), Some(CancelAfter::Events(20)));
    assert_eq!(scenario.client.slow.map(|slow| slow.pause), Some(millis(50)));
    assert_eq!(scenario.objectives[0].limits.len(), 2);
    let abort = &scenario.thresholds[1];
    assert_eq!((&abort.subject, abort.aggregate), (&Subject::Errors(None), Aggregate::Rate));
    assert_eq!((abort.abort_on_fail, abort.abort_delay), (true, millis(10_000)));
}

#[test]
fn arrivals_are_read() {
    let open = |text: &str| {
        let text = format!("schema = 1\nname = \"n\"\n{text}\n[[queries]]\nname = \"q\"\ntext = \"t\"\n");
        match parsed(&text).unwrap_or_else(|error| panic!("{error}")).model {
            Model::Open(open) => open,
            Model::Closed(_) => panic!("it has arrivals"),
        }
    };
    let gaps = |text: &str| match open(&format!("duration = \"1s\"\n[open]\nrate = 5.0\n{text}")).arrivals {
        Arrivals::Rate { gaps, .. } => gaps,
        Arrivals::Trace { .. } => panic!("it has a rate"),
    };
    assert_eq!(gaps(""), Gaps::Constant);
    assert_eq!(gaps("arrivals = \"poisson\""), Gaps::Poisson);
    assert_eq!(gaps("arrivals = \"gamma\"\nburstiness = 0.5"), Gaps::Gamma(0.5));
    let replay = open("duration = \"1s\"\n[open]\ntrace = \"t.csv\"\ntime_scale = 0.5\nmax_in_flight = 7");
    assert_eq!(replay.max_in_flight, 7);
    let Arrivals::Trace { trace, time_scale, duration } = replay.arrivals else { panic!("it has a trace") };
    assert_eq!((trace.arrivals().len(), time_scale, duration), (3, 0.5, Some(millis(1_000))));
}

/// Each line: what is replaced in the full file, by what, and the error.
const WRONG: &[(&str, &str, &str)] = &[
    ("schema = 1", "schema = 2", "2:10: schema 2 is not the version that this program reads (1)"),
    ("seed = 7", "colour = 7", "5:1: unknown field `colour`"),
    ("name = \"full\"", "name = \" \"", "3:8: the name is empty"),
    ("timeout = \"20s\"", "timeout = \"20\"", "6:11: `20` is no duration; write a number and a unit"),
    ("timeout = \"20s\"", "timeout = 20", "6:11: invalid type: integer `20`, expected a duration in quotes"),
    ("stall = \"500ms\"", "stall = \"0s\"", "7:9: `stall` is 0"),
    ("confidence = 99", "confidence = 90", "8:14: the confidence is 90; write 95 or 99"),
    ("\"ttft.p95 < 900ms\"", "\"ttft.p95 < 900\"", "9:15: `900` is no duration"),
    ("\"ttft.p95 < 900ms\"", "\"tftt.p95 < 1s\"", "9:15: `tftt` is not known"),
    ("\"ttft.p95 < 900ms\"", "5", "9:14: a text such as"),
    ("abort_on_fail = true, ", "", "9:35: `after` is of `abort_on_fail = true` only"),
    ("errors.rate < 5%", "memory.max < 1GiB", "9:35: memory is judged when the run has ended"),
    ("errors.rate < 5%", "errors.rate_limited.rate < 5%", "9:35: no kind of errors is named `rate_limited`"),
    ("users = 5", "users = -5", "12:9: invalid value: integer `-5`"),
    ("users = 5", "users = 5_000_000", "12:9: `users` is 5000000; at most"),
    ("spawn_rate = 2.5", "spawn_rate = 0.0", "13:14: `spawn_rate` is 0; it must be from 0.001"),
    ("[\"100ms\", \"2s\"]", "[\"2s\", \"100ms\"]", "14:9: the first time of `between` is longer"),
    ("[1, 10]", "[10, 1]", "15:20: the first number of the range is larger"),
    ("[1, 10]", "0", "15:20: `queries_per_user` is 0"),
    ("[1, 10]", "\"many\"", "15:20: a number such as 5, or a range"),
    ("kind = \"ramp\"", "kind = \"step\"", "18:8: unknown variant `step`"),
    ("to = 100", "", "17:1: `ramp` and `spike` need `to`"),
    ("to = 100", "to = -1", "20:6: `to` is -1; it must be from 0"),
    ("kind = \"soak\"", "kind = \"soak\"\nto = 3", "24:6: `hold` and `soak` keep the level"),
    (
        "duration = \"1min\"",
        "duration = \"23h\"\n[[stages]]\nkind = \"hold\"\nduration = \"2h\"",
        "all stages together are longer than 24 h",
    ),
    ("[closed]", "[open]\nrate = 1.0\n[closed]", "11:1: there are both `[closed]` and `[open]`"),
    ("weight = 3", "weight = 0", "29:10: `weight` is 0; it must be"),
    ("name = \"b\"", "name = \"a\"", "there are two queries `a`; rename one"),
    (
        "share = \"13%\"",
        "share = \"0.13\"",
        "43:9: `0.13` is no share; write a number from 0 to 100 and a percent sign",
    ),
    ("after = { events = 20 }", "after = \"lunch\"", "unknown variant `lunch`"),
    ("name = \"interactive\"", "", "the objective has no `name`"),
    ("results = \"3\"", "gap = \"1s\"", "`gap` is no metric of a request"),
    ("ttft = \"900ms\"", "ttft = \"fast\"", "`fast` is no duration"),
];

#[test]
fn each_error_has_its_place_and_what_to_do() {
    for (from, to, expected) in WRONG {
        assert!(FULL.contains(from), "{from}");
        let error = parsed(&FULL.replacen(from, to, 1)).expect_err(to).to_string();
        assert!(error.starts_with("test.toml:") && error.contains(expected), "{from} -> {to}:\n{error}\n{expected}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let error = |text: &str| {
        let text = format!("schema = 1\nname = \"n\"\n{text}\n[[queries]]\nname = \"q\"\ntext = \"t\"\n");
        parsed(&text).expect_err(&text).to_string()
    };
    for (text, expected) in [
        ("", "1:1: there is no load; add `[closed]` for users, or `[open]` for arrivals"),
        ("[closed]\nusers = 3", "there is no end; add `duration`, or `[[stages]]`"),
        ("duration = \"1s\"\n[closed]\nusers = 0", "5:9: `users` is 0 all the time"),
        ("duration = \"1s\"\n[open]", "4:1: `[open]` has no load; add `rate` or `trace`"),
        ("duration = \"1s\"\n[open]\nrate = 1.0\ntrace = \"t\"", "there are both `rate` and `trace`"),
        ("duration = \"1s\"\n[open]\nrate = 1.0\nburstiness = 1.0", "`burstiness` is of `arrivals = \"gamma\"` only"),
        ("duration = \"1s\"\n[open]\nrate = 1.0\narrivals = \"gamma\"", "gamma arrivals need `burstiness`"),
        ("duration = \"1s\"\n[open]\nrate = 1.0\ntime_scale = 2.0", "`time_scale` is of a trace"),
        ("duration = \"1s\"\n[open]\ntrace = \"t\"\narrivals = \"poisson\"", "a trace has its own arrivals"),
        ("duration = \"24h\"\n[open]\nrate = 1000.0", "5:8: these are 86400000 requests; at most 5000000 are planned"),
        ("duration = \"1s\"\n[open]\nrate = 1.0\nmax_in_flight = 0", "nothing could be started"),
    ] {
        assert!(error(text).contains(expected), "{text}:\n{}", error(text));
    }
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let nowhere = Scenario::read(Path::new("no/such/file.toml")).unwrap_err();
    assert!(matches!(&nowhere, ScenarioError::Unreadable { file, .. } if file == "no/such/file.toml"), "{nowhere}");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(matches!(Scenario::read(folder), Err(ScenarioError::Unreadable { .. })));
    let text = "schema = 1\nname = \"n\"\n[open]\ntrace = \"t\"\n[[queries]]\nname = \"q\"\ntext = \"t\"\n";
    let error = Scenario::parse("s.toml", text, &|_| Trace::parse("t.csv", "x\n")).unwrap_err();
    assert!(error.to_string().starts_with("t.csv:1:1: the first line must be"), "{error}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    /// Whatever is cut out of a file, reading it panics nowhere, and an error is within the text.
    #[test]
    fn a_damaged_file_is_an_error_or_a_scenario(from in 0..FULL.len(), length in 1_usize..60, with in "[\\[\\]{}\"=a0.-]{0,3}") {
        let mut text = FULL.to_owned();
        text.replace_range(from..(from + length).min(FULL.len()), &with);
        if let Err(ScenarioError::Invalid { line, .. }) = parsed(&text) {
            proptest::prop_assert!(line <= text.lines().count() + 1);
        }
    }
}
