//! The load of a scenario as a file for Locust, where one machine does not suffice.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::scenario::{CancelAfter, Closed, Model, Query, Scenario, Think};

/// How Locust's users ask.
#[derive(Debug, Clone, PartialEq)]
pub struct LocustOptions {
    /// The path below Locust's `--host`.
    pub path: String,
    /// The body of a request. In its texts `{query}` stands for the text of the query.
    pub body: Value,
    /// The variable of the environment that has the bearer token, if one is needed. The token itself is never in the file.
    pub token_variable: Option<String>,
    /// The line at the end of a complete answer; an answer without it has failed. `None`: no such line is expected.
    pub end_line: Option<String>,
}

impl Default for LocustOptions {
    /// Streamed chat completions in the form of OpenAI's interface.
    fn default() -> Self {
        Self {
            path: "/v1/chat/completions".to_owned(),
            body: json!({"stream": true, "messages": [{"role": "user", "content": "{query}"}]}),
            token_variable: None,
            end_line: Some("data: [DONE]".to_owned()),
        }
    }
}

/// A scenario cannot be written for Locust.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocustError {
    /// It has arrivals.
    #[error(
        "`{0}` has arrivals (`[open]`), and Locust has users only: the load would fall when the target slows down; write a scenario \
         with `[closed]`, or run this one with several processes of the load program"
    )]
    OpenModel(String),
}

/// A Locust file with the users, stages, mix and think times of a scenario. It is for Locust 2.47 and later, and needs no other package.
///
/// What Locust cannot do or measure is left out, and said in a comment at the head of the file.
///
/// # Errors
/// If the scenario has no users.
pub fn locust(scenario: &Scenario, options: &LocustOptions) -> Result<String, LocustError> {
    let Model::Closed(closed) = &scenario.model else {
        return Err(LocustError::OpenModel(scenario.name.clone()));
    };
    let mut out = String::new();
    out.push_str("\"\"\"");
    out.push_str(&comment(scenario, closed));
    out.push_str("\"\"\"\n\n");
    out.push_str("import json\nimport os\nimport random\nimport time\n\nfrom locust import HttpUser, LoadTestShape, task\nfrom locust.exception import StopUser\n\n");
    let queries: Vec<Value> = scenario.queries.iter().map(|one| query(&one.query, one.weight)).collect();
    constant(&mut out, "QUERIES", &Value::Array(queries));
    let segments = closed.users.segments();
    let segments = segments.iter().map(|one| json!([one.start, one.seconds, one.from, one.to])).collect();
    constant(&mut out, "STAGES", &Value::Array(segments));
    constant(&mut out, "BODY", &options.body);
    constant(&mut out, "PATH", &json!(options.path));
    constant(&mut out, "END_LINE", &json!(options.end_line));
    constant(&mut out, "TOKEN_VARIABLE", &json!(options.token_variable));
    constant(&mut out, "TIMEOUT", &json!(scenario.timeout.as_secs_f64()));
    constant(&mut out, "SPAWN_RATE", &json!(closed.spawn_rate.unwrap_or_else(|| closed.users.max().max(1.0))));
    constant(&mut out, "QUERIES_PER_USER", &json!(closed.queries_per_user.map(|(low, high)| [low, high])));
    let slow = scenario.client.slow.map(|slow| [slow.share.get(), slow.pause.as_secs_f64()]);
    constant(&mut out, "SLOW_READERS", &json!(slow));
    let cancel = scenario.client.cancel.and_then(|cancel| match cancel.after {
        CancelAfter::Events(events) => Some(json!([cancel.share.get(), events, null])),
        CancelAfter::Time(time) => Some(json!([cancel.share.get(), null, time.as_secs_f64()])),
        CancelAfter::FirstText => None,
    });
    constant(&mut out, "CANCELS", &json!(cancel));
    let think = match closed.think {
        Think::Constant(time) => seconds(time),
        Think::Between(low, high) => format!("random.uniform({}, {})", seconds(low), seconds(high)),
        Think::Exponential(mean) if mean.is_zero() => "0.0".to_owned(),
        Think::Exponential(mean) => format!("random.expovariate(1.0 / {})", seconds(mean)),
    };
    let _ = write!(out, "\n\ndef think_time():\n    return {think}\n");
    out.push_str(PROGRAM);
    Ok(out)
}

fn query(query: &Query, weight: f64) -> Value {
    json!({"name": query.name, "text": query.text, "weight": weight})
}

fn seconds(time: Duration) -> String {
    format!("{:?}", time.as_secs_f64())
}

/// A constant whose value is JSON inside a text, which Python reads as it is.
fn constant(out: &mut String, name: &str, value: &Value) {
    let text = Value::String(value.to_string());
    let _ = writeln!(out, "{name} = json.loads({text})");
}

/// What the file is, and what it leaves out.
fn comment(scenario: &Scenario, closed: &Closed) -> String {
    // Neither can end the text of Python in which it stands.
    let plain = |text: &str| text.replace('\\', "/").replace('"', "'");
    let mut out = format!("The load of the scenario `{}` for Locust.\n\n", plain(&scenario.name));
    out.push_str(
        "    locust -f FILE --headless --host URL --master --expect-workers 2\n    locust -f FILE --worker --master-host ADDRESS\n\n\
         The users, their stages, the mix of queries and the think times are those of the scenario. Not here, because Locust has no\n\
         such thing:\n\n\
         - Times from the intended start. Users wait for answers, so the load falls when the target slows down.\n\
         - Gaps between pieces of text, stalls, results and sources. The first event and the whole answer are measured.\n\
         - Percentiles with three digits: Locust rounds times to two, and 105 ms becomes 100 ms.\n\
         - Whether there are enough requests for a percentile, thresholds with a verdict, and objectives.\n\
         - Whether answers are right: only their status and their end are looked at.\n\
         - The same random numbers in each run: each worker draws its own.\n",
    );
    if scenario.target.profile.is_some() || !scenario.target.faults.is_empty() {
        out.push_str("- The target's profile and faults: Locust asks what is there.\n");
    }
    if scenario.client.cancel.is_some_and(|cancel| cancel.after == CancelAfter::FirstText) {
        out.push_str("- Clients that go away after the first text, which Locust cannot tell from other events.\n");
    }
    if closed.queries_per_user.is_some() {
        out.push_str("- Users that have sent all of their queries stop, and Locust goes on to show them as users.\n");
    }
    out
}

/// What does not depend on the scenario.
const PROGRAM: &str = r#"

def filled(value, text):
    if isinstance(value, str):
        return value.replace("{query}", text)
    if isinstance(value, list):
        return [filled(one, text) for one in value]
    if isinstance(value, dict):
        return {key: filled(one, text) for key, one in value.items()}
    return value


class Reader(HttpUser):
    def wait_time(self):
        return think_time()

    def on_start(self):
        self.left = random.randint(*QUERIES_PER_USER) if QUERIES_PER_USER else None

    @task
    def ask(self):
        if self.left is not None:
            if self.left == 0:
                raise StopUser()
            self.left -= 1
        query = random.choices(QUERIES, [query["weight"] for query in QUERIES])[0]
        slow = SLOW_READERS is not None and random.random() < SLOW_READERS[0]
        cancels = CANCELS is not None and random.random() < CANCELS[0]
        headers = {"Authorization": "Bearer " + os.environ[TOKEN_VARIABLE]} if TOKEN_VARIABLE else {}
        start = time.perf_counter()
        first, events, size, ended, error = None, 0, 0, END_LINE is None, None
        with self.client.post(
            PATH,
            json=filled(BODY, query["text"]),
            headers=headers,
            stream=True,
            timeout=TIMEOUT,
            catch_response=True,
            name=query["name"] + ": headers",
        ) as response:
            if response.status_code != 200:
                response.failure("status " + str(response.status_code))
                return
            response.success()
            try:
                for line in response.iter_lines():
                    now = time.perf_counter() - start
                    # Empty lines end events, and a colon begins a comment.
                    if not line or line.startswith(b":"):
                        continue
                    first = now if first is None else first
                    events += 1
                    size += len(line)
                    ended = ended or line.decode(errors="replace") == END_LINE
                    if now > TIMEOUT:
                        error = TimeoutError("longer than the timeout of the scenario")
                        break
                    if cancels and (events == CANCELS[1] or (CANCELS[2] is not None and now >= CANCELS[2])):
                        return
                    if slow:
                        time.sleep(SLOW_READERS[1])
            except Exception as failure:
                error = failure
            finally:
                response.close()
        whole = time.perf_counter() - start
        if error is None and not ended:
            error = EOFError("the answer has no end")
        fire = self.environment.events.request.fire
        if first is not None:
            fire(
                request_type="STREAM",
                name=query["name"] + ": first event",
                response_time=first * 1000,
                response_length=0,
                exception=None,
                context={},
            )
        fire(
            request_type="STREAM",
            name=query["name"] + ": whole answer",
            response_time=whole * 1000,
            response_length=size,
            exception=error,
            context={},
        )


class Stages(LoadTestShape):
    def tick(self):
        now = self.get_run_time()
        for start, seconds, before, after in STAGES:
            if now < start + seconds:
                users = before + (after - before) * max(0.0, now - start) / seconds
                return round(users), SPAWN_RATE
        return None
"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<String, LocustError> {
        let text = format!("schema = 1\nname = \"a \\\"\\\"\\\" b\\\\\"\n{text}");
        let scenario =
            Scenario::parse("s.toml", &text, &|_| unreachable!("no trace")).unwrap_or_else(|error| panic!("{error}"));
        locust(&scenario, &LocustOptions { token_variable: Some("API_KEY".to_owned()), ..LocustOptions::default() })
    }

    #[test]
    fn users_stages_mix_and_think_times_are_in_the_file() {
        let text = written(
            r#"
            [closed]
            users = 0
            spawn_rate = 5.0
            think = { between = ["100ms", "2s"] }
            queries_per_user = [1, 10]
            [[stages]]
            kind = "ramp"
            duration = "30s"
            to = 100
            [[stages]]
            kind = "hold"
            duration = "30s"
            [client.cancel]
            share = "5%"
            after = { events = 3 }
            [target]
            profile = "typical"
            [[queries]]
            name = "short"
            text = "what is \"it\" 'now'?"
            weight = 3
            [[queries]]
            name = "long"
            text = "line\nline"
            "#,
        );
        insta::assert_snapshot!(text.unwrap());
    }

    #[test]
    fn arrivals_are_refused() {
        let error =
            written("duration = \"1s\"\n[open]\nrate = 1.0\n[[queries]]\nname = \"q\"\ntext = \"t\"\n").unwrap_err();
        assert!(error.to_string().contains("Locust has users only"), "{error}");
    }
}
