//! Scenarios and runs for tests.

use std::sync::Arc;

use aggregator_load::MockTarget;
use perf_load::{Report, Run, Scenario, Trace, Verdict};

/// A scenario of 100 users over the mocks of the scenario `standard` of `aggregator-mocks`, with more lines.
pub fn scenario(more: &str) -> Scenario {
    let text = format!(
        r#"
schema = 1
name = "test"
seed = 7
timeout = "30s"
{more}
[[queries]]
name = "one"
text = "what does a promise cost?"
"#
    );
    Scenario::parse("test.toml", &text, &|name| Trace::parse(name, ""))
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Runs in virtual time.
pub fn virtual_time<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// The report of a run of mocks in virtual time.
pub fn report(scenario: &Scenario, change: impl FnOnce(MockTarget) -> MockTarget) -> Report {
    virtual_time(async {
        let target = change(MockTarget::new(scenario).await.unwrap());
        Run::new(scenario, Arc::new(target)).run(&mut ()).await
    })
}

/// The thresholds that failed.
pub fn failed(report: &Report) -> Vec<&str> {
    let failed = report.thresholds.iter().filter(|judged| judged.verdict == Verdict::Fail);
    failed.map(|judged| judged.threshold.as_str()).collect()
}
