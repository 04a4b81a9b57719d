//! How often memory of a real process is called leaking: `cargo run --release -p aggregator-load --example soaks -- [SOAKS] [SECONDS]`.
//!
//! Each soak is a process of its own: users who ask the engine over mocks in real time, with resident memory measured ten times a second.
//! Half of the soaks leak 1 KiB a query. Eight run at a time; the default are 40 soaks of 25 s with a leak and 40 without, which takes
//! five minutes.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aggregator_load::MockTarget;
use futures::StreamExt as _;
use perf_load::{ProcessSampler, Run, Scenario, Trace};

const LEAK: usize = 1024;
const AT_ONCE: usize = 8;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: u64| match arguments.get(index) {
        Some(text) => text.parse().unwrap_or_else(|_| panic!("{text:?} is not a number")),
        None => default,
    };
    if arguments.first().is_some_and(|first| first == "soak") {
        return soak(number(1, 0), number(2, 25), number(3, 0) as usize);
    }
    let (soaks, seconds) = (number(0, 40), number(1, 25));
    for leak in [0, LEAK] {
        let mut verdicts = BTreeMap::<String, u32>::new();
        let all: Vec<u64> = (0..soaks).collect();
        for some in all.chunks(AT_ONCE) {
            let children: Vec<_> = some.iter().map(|seed| start(*seed, seconds, leak)).collect();
            for child in children {
                let output = child.wait_with_output().expect("a soak ends");
                assert!(output.status.success(), "a soak failed: {}", output.status);
                let line = String::from_utf8_lossy(&output.stdout);
                println!("  {}", line.trim());
                *verdicts.entry(line.split_whitespace().next().unwrap_or_default().to_owned()).or_default() += 1;
            }
        }
        println!("{leak} bytes leaked a query, {soaks} soaks of {seconds} s: {verdicts:?}");
    }
}

fn start(seed: u64, seconds: u64, leak: usize) -> std::process::Child {
    let this = std::env::current_exe().expect("this program has a file");
    let arguments = [seed.to_string(), seconds.to_string(), leak.to_string()];
    Command::new(this).arg("soak").args(arguments).stdout(Stdio::piped()).spawn().expect("a soak starts")
}

/// One soak; prints its verdict first.
fn soak(seed: u64, seconds: u64, leak: usize) {
    let text = format!(
        "schema = 1\nname = \"soak\"\nseed = {seed}\n[closed]\nusers = 20\nthink = {{ exponential = \"150ms\" }}\n\
         [[stages]]\nkind = \"hold\"\nduration = \"5s\"\n[[stages]]\nkind = \"soak\"\nduration = \"{seconds}s\"\n\
         [target]\nprofile = \"floor\"\n[[queries]]\nname = \"one\"\ntext = \"what does a promise cost?\"\n"
    );
    let scenario = Scenario::parse("soak", &text, &|name| Trace::parse(name, "")).expect("a valid scenario");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let report = runtime.block_on(async {
        let target = MockTarget::new(&scenario).await.expect("known mocks").through(move |events| {
            // Touched, or it would not be resident.
            Box::leak(vec![1_u8; leak].into_boxed_slice());
            events.boxed()
        });
        let run = Run::new(&scenario, Arc::new(target)).sampler(ProcessSampler::this_process());
        tokio::time::timeout(Duration::from_secs(seconds + 60), run.run(&mut ())).await.expect("it ends")
    });
    let growth = report.process.expect("memory is measured").memory.growth;
    let verdict = serde_json::to_value(growth.verdict).expect("a word");
    println!(
        "{} {} requests, {:.0} bytes a request ({:.0} to {:.0}), of {:.0} it would be seen",
        verdict.as_str().unwrap_or_default(),
        report.requests.succeeded,
        growth.bytes_per_request,
        growth.low,
        growth.high,
        growth.smallest_seen.unwrap_or(f64::INFINITY)
    );
}
