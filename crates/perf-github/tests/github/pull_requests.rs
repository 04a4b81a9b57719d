//! From the event of a run to its comment and its check, on a stand-in of the API.

use crate::stand_in::archives::{self, blocks};
use crate::stand_in::program::{child, comment};
use crate::stand_in::{BOT, Fault, HEAD, StandIn, Storage, TOKEN, artifact, event, pull_request};
use perf_github::check::CheckConclusion;
use perf_github::comment::Done;
use perf_github::comments::CommentAction;
use serde_json::{Value, json};

#[track_caller]
fn shown(done: &Done) -> (u64, CommentAction, CheckConclusion) {
    match done {
        Done::Shown { pull_request, comment, check, .. } => (*pull_request, *comment, *check),
        other => panic!("{other:?}"),
    }
}

/// Nothing was written.
#[track_caller]
fn is_untouched(server: &StandIn) {
    let requests = &server.state().requests;
    assert!(requests.iter().all(|request| request.line.starts_with("GET ")), "{requests:#?}");
}

#[test]
fn a_red_run_makes_a_comment_and_a_check() {
    let server = StandIn::start(archives::of(&archives::red()));
    let done = comment(&server, &event("failure")).unwrap();
    assert_eq!(shown(&done), (7, CommentAction::Created(1_000), CheckConclusion::Failure));
    insta::assert_snapshot!("red", server.own_comments().join("\n====\n"));
    let state = server.state();
    let [check] = state.checks.as_slice() else { panic!("{:?}", state.checks) };
    assert_eq!((&check["head_sha"], &check["name"]), (&json!(HEAD), &json!("perf verdict")));
    assert_eq!((&check["status"], &check["conclusion"]), (&json!("completed"), &json!("failure")));
    let mut check = check.clone();
    check["output"]["summary"] = json!("");
    insta::assert_snapshot!("red_check", serde_json::to_string_pretty(&check).unwrap());
}

#[test]
fn an_undecided_run_is_neutral_and_says_why() {
    let server = StandIn::start(archives::of(&archives::undecided()));
    let done = comment(&server, &event("failure")).unwrap();
    assert_eq!(shown(&done), (7, CommentAction::Created(1_000), CheckConclusion::Neutral));
    insta::assert_snapshot!("undecided", server.own_comments().join("\n====\n"));
}

#[test]
fn a_green_run_makes_a_check_and_no_comment() {
    let server = StandIn::start(archives::of(&archives::green()));
    let done = comment(&server, &event("success")).unwrap();
    assert_eq!(shown(&done), (7, CommentAction::NotNeeded, CheckConclusion::Success));
    assert_eq!(server.own_comments(), [""; 0]);
    assert_eq!(server.state().checks.len(), 1);
}

#[test]
fn the_one_comment_is_kept_up_to_date() {
    let server = StandIn::start(archives::of(&archives::red()));
    comment(&server, &event("failure")).unwrap();
    let green = archives::of(&archives::green());
    server.state().artifacts = vec![artifact(5, green.len() as u64)];
    server.state().storage = Storage::Bytes(green);
    let mut later = event("success");
    later["workflow_run"]["run_number"] = json!(43);
    let done = comment(&server, &later).unwrap();
    assert_eq!(shown(&done), (7, CommentAction::Updated(1_000), CheckConclusion::Success));
    let [green] = server.own_comments().try_into().unwrap();
    insta::assert_snapshot!("green", green);
    // An earlier run that ends later does not bring its own verdict back.
    let done = comment(&server, &event("success")).unwrap();
    assert_eq!(shown(&done).1, CommentAction::Later(1_000));
    assert_eq!(server.own_comments(), [green]);
}

#[test]
fn the_comment_is_found_on_a_later_page() {
    let server = StandIn::start(archives::of(&archives::red()));
    let others = (0..250).map(|id| (id, "somebody".to_owned(), "a comment".to_owned()));
    server.state().comments.extend(others);
    server.state().comments.push((777, BOT.into(), "<!-- perf-gate -->\r\nan older form".into()));
    let done = comment(&server, &event("failure")).unwrap();
    assert_eq!(shown(&done).1, CommentAction::Updated(777));
    assert!(server.was_asked("GET /api/v3/repos/octo/perf/issues/7/comments?per_page=100&page=3"));
}

#[test]
fn somebody_elses_comment_with_the_marker_stays() {
    let server = StandIn::start(archives::of(&archives::red()));
    let forged = [
        (1, "mallory", "<!-- perf-gate -->\n<!-- perf-gate run 99999.1 -->\n### Performance: PASS"),
        (2, "github-actions", "<!-- perf-gate -->\n"),
        // Another workflow of the repository, which quotes the marker.
        (3, BOT, "Quoted:\n<!-- perf-gate -->\n"),
    ];
    let forged: Vec<(u64, String, String)> =
        forged.iter().map(|(id, login, body)| (*id, (*login).into(), (*body).into())).collect();
    server.state().comments.clone_from(&forged);
    let done = comment(&server, &event("failure")).unwrap();
    assert_eq!(shown(&done).1, CommentAction::Created(1_003));
    assert_eq!(server.state().comments[..3], forged);
    assert_eq!(server.state().comments.len(), 4);
}

#[test]
fn a_closed_pull_request_and_one_with_a_newer_head_are_left_alone() {
    let mut closed = pull_request(7, HEAD);
    closed["state"] = json!("closed");
    let mut elsewhere = pull_request(7, HEAD);
    elsewhere["base"]["repo"]["full_name"] = json!("fork/perf");
    let newer = pull_request(7, &"4".repeat(40));
    for pull_requests in [vec![], vec![closed], vec![newer], vec![elsewhere]] {
        let server = StandIn::start(archives::of(&archives::red()));
        server.state().by_commit.clone_from(&pull_requests);
        server.state().pull_requests = pull_requests;
        assert!(matches!(comment(&server, &event("failure")).unwrap(), Done::Nothing(why) if why.contains("no open")));
        is_untouched(&server);
    }
}

#[test]
fn a_pull_request_is_found_by_its_commit_where_its_branch_is_not_known() {
    let server = StandIn::start(archives::of(&archives::red()));
    let pull_requests = std::mem::take(&mut server.state().pull_requests);
    server.state().by_commit = pull_requests;
    assert_eq!(shown(&comment(&server, &event("failure")).unwrap()).0, 7);
    let mut deleted = event("failure");
    deleted["workflow_run"]["head_repository"] = json!(null);
    assert_eq!(shown(&comment(&server, &deleted).unwrap()).0, 7);
    // The commit is not known any more.
    server.state().by_commit.clear();
    server.state().faults = vec![Fault::new("/commits/", 422)];
    assert!(matches!(comment(&server, &event("failure")).unwrap(), Done::Nothing(_)));
}

#[test]
fn a_branch_of_two_pull_requests_comments_on_the_one_that_the_event_names() {
    let server = StandIn::start(archives::of(&archives::red()));
    server.state().pull_requests = vec![pull_request(8, HEAD), pull_request(7, HEAD)];
    let done = comment(&server, &event("failure")).unwrap();
    assert!(matches!(&done, Done::Ambiguous { pull_requests, .. } if *pull_requests == [7, 8]), "{done:?}");
    assert_eq!((server.own_comments().len(), server.state().checks.len()), (0, 1));
    let mut named = event("failure");
    // The number that is no pull request of this head is one of another repository.
    named["workflow_run"]["pull_requests"] = json!([{ "number": 7 }, { "number": 1 }]);
    assert_eq!(shown(&comment(&server, &named).unwrap()).0, 7);
}

#[test]
fn a_forged_head_in_the_artifact_changes_nothing() {
    let mut forged = archives::red();
    forged["commit"] = json!("5".repeat(40));
    forged["harnesses"][0]["base"] = json!("6".repeat(40));
    let server = StandIn::start(archives::of(&forged));
    assert_eq!(shown(&comment(&server, &event("failure")).unwrap()).0, 7);
    for request in &server.state().requests {
        assert!(!request.line.contains("5555555") && !request.line.contains("6666666"), "{}", request.line);
    }
    assert_eq!(server.state().checks[0]["head_sha"], json!(HEAD));
    let [body] = server.own_comments().try_into().unwrap();
    assert!(body.contains("`111111111111` fails"), "{body}");
    // A field for it is no summary at all.
    forged["head_sha"] = json!("5".repeat(40));
    let server = StandIn::start(archives::of(&forged));
    assert_eq!(shown(&comment(&server, &event("failure")).unwrap()).2, CheckConclusion::Neutral);
}

#[test]
fn a_summary_makes_a_verdict_worse_and_never_better() {
    for (conclusion, summary, check) in [
        ("success", archives::green(), CheckConclusion::Success),
        ("failure", archives::green(), CheckConclusion::Neutral),
        ("timed_out", archives::green(), CheckConclusion::Neutral),
        ("success", archives::red(), CheckConclusion::Failure),
        ("success", archives::undecided(), CheckConclusion::Neutral),
    ] {
        let server = StandIn::start(archives::of(&summary));
        assert_eq!(shown(&comment(&server, &event(conclusion)).unwrap()).2, check, "{conclusion}");
    }
}

#[test]
fn a_run_that_says_nothing_is_passed_over() {
    for conclusion in ["cancelled", "skipped", "action_required", "stale", "neutral", "a_new_one"] {
        let server = StandIn::start(archives::of(&archives::red()));
        assert!(matches!(comment(&server, &event(conclusion)).unwrap(), Done::Nothing(_)), "{conclusion}");
        is_untouched(&server);
    }
    let mut push = event("failure");
    push["workflow_run"]["event"] = json!("push");
    let server = StandIn::start(archives::of(&archives::red()));
    assert!(matches!(comment(&server, &push).unwrap(), Done::Nothing(_)));
    assert_eq!(server.state().requests.len(), 0);
}

#[test]
fn a_run_without_a_summary_updates_a_comment_and_makes_none() {
    let server = StandIn::start(Vec::new());
    server.state().artifacts.clear();
    let done = comment(&server, &event("failure")).unwrap();
    assert_eq!(shown(&done), (7, CommentAction::NotNeeded, CheckConclusion::Neutral));
    server.state().comments.push((1, BOT.into(), "<!-- perf-gate -->\n<!-- perf-gate run 41.2 -->\n".into()));
    let done = comment(&server, &event("failure")).unwrap();
    assert_eq!(shown(&done).1, CommentAction::Updated(1));
    insta::assert_snapshot!("no_summary", server.own_comments().join("\n====\n"));
}

#[test]
fn the_artifact_of_an_earlier_attempt_is_not_that_of_this_one() {
    let server = StandIn::start(archives::of(&archives::red()));
    let mut second = event("failure");
    second["workflow_run"]["run_attempt"] = json!(2);
    second["workflow_run"]["run_started_at"] = json!("2026-01-02T09:00:00Z");
    assert_eq!(shown(&comment(&server, &second).unwrap()).2, CheckConclusion::Neutral);
    assert!(!server.was_asked("GET /api/v3/repos/octo/perf/actions/artifacts"));
}

#[test]
fn rows_beyond_two_hundred_are_counted_and_ten_are_annotated() {
    let rows: Vec<Value> = (0..200)
        .map(|n| blocks(&format!("{}/{}/{n:040}", "s".repeat(40), "c".repeat(40)), u64::MAX, 1, "MISSING"))
        .collect();
    let mut summary = archives::red();
    summary["rows"] = json!(rows);
    summary["verdicts"] = json!({ "MISSING": 1_000 });
    let server = StandIn::start(archives::of(&summary));
    comment(&server, &event("failure")).unwrap();
    let [body] = server.own_comments().try_into().unwrap();
    assert!(body.len() < 65_536, "{} bytes", body.len());
    let rows = body.lines().filter(|line| line.starts_with("| **MISSING**")).count();
    assert!(body.contains(&format!("{} more rows in the report", 1_000 - rows)) && rows > 150, "{rows}: {body}");
    let state = server.state();
    assert_eq!(state.checks[0]["output"]["annotations"].as_array().unwrap().len(), 10);
    assert!(state.checks[0]["output"]["summary"].as_str().unwrap().len() < 65_536);
}

#[test]
fn a_comment_whose_answer_is_lost_is_not_made_twice() {
    let server = StandIn::start(archives::of(&archives::red()));
    let lost = Fault { is_carried_out: true, ..Fault::new("POST /api/v3/repos/octo/perf/issues/7/comments", 502) };
    server.state().faults = vec![lost];
    assert_eq!(shown(&comment(&server, &event("failure")).unwrap()).1, CommentAction::Updated(1_000));
    assert_eq!(server.own_comments().len(), 1);
    // One that is gone is made again.
    let server = StandIn::start(archives::of(&archives::red()));
    server.state().comments.push((1, BOT.into(), "<!-- perf-gate -->\n".into()));
    server.state().faults = vec![Fault::new("PATCH ", 404)];
    assert_eq!(shown(&comment(&server, &event("failure")).unwrap()).1, CommentAction::Updated(1));
}

#[test]
fn a_busy_server_is_asked_again_within_bounds() {
    for (status, headers, tries) in [
        (500, "", 2),
        (429, "retry-after: 0\r\n", 2),
        (403, "retry-after: 0\r\n", 2),
        (403, "x-ratelimit-remaining: 0\r\n", 2),
        // Asks for more than is waited.
        (429, "retry-after: 3600\r\n", 1),
        (403, "", 1),
        (404, "", 1),
    ] {
        let server = StandIn::start(archives::of(&archives::red()));
        server.state().faults = vec![Fault { headers, ..Fault::new("/actions/runs/", status) }];
        let done = comment(&server, &event("failure"));
        assert_eq!(done.is_ok(), tries == 2, "{status} {headers}: {done:?}");
        let asked = server.state().requests.iter().filter(|request| request.line.contains("/actions/runs/")).count();
        assert_eq!(asked, tries, "{status} {headers}");
    }
    let server = StandIn::start(archives::of(&archives::red()));
    server.state().faults = vec![Fault::new("/actions/runs/", 503); 9];
    let error = comment(&server, &event("failure")).unwrap_err().to_string();
    assert!(error.contains("503 Service Unavailable") && error.contains("hint: "), "{error}");
    assert_eq!(server.state().faults.len(), 9 - 4);
}

#[test]
fn the_token_reaches_the_api_only() {
    let server = StandIn::start(archives::of(&archives::red()));
    let output = child(&server, &event("failure"));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(stdout, "pull request #7: FAIL; comment 1000 created; check failure\n");
    assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""));
    let state = server.state();
    assert_eq!(state.requests.iter().filter(|request| request.to_storage).count(), 1);
    for request in &state.requests {
        let has_token = request.headers.contains(TOKEN) || request.line.contains(TOKEN) || request.body.contains(TOKEN);
        assert_eq!(has_token, !request.to_storage, "{request:?}");
    }
}

#[test]
fn no_output_has_the_token_or_the_signature() {
    // The server itself says both.
    let said = json!({ "message": format!("{TOKEN} may not ::add-mask::") }).to_string();
    let faults = [
        Fault { body: said.clone(), ..Fault::new("/pulls", 401) },
        Fault { body: said.clone(), ..Fault::new("/check-runs", 403) },
        Fault { body: said.clone(), ..Fault::new("/issues/7", 422) },
        Fault { body: said, ..Fault::new("/blob", 403) },
        Fault { body: format!("\"{TOKEN}\""), ..Fault::new("/pulls", 200) },
    ];
    for fault in faults {
        let server = StandIn::start(archives::of(&archives::red()));
        let request = fault.request;
        server.state().faults = vec![fault];
        let output = child(&server, &event("failure"));
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(2), "{request}: {text}");
        assert!(text.starts_with("error: ") && text.contains("\n  hint: "), "{text}");
        assert!(!text.contains(TOKEN) && !text.contains("signature"), "{text}");
        assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{text}");
    }
}

#[test]
fn wrong_usage_is_told() {
    let server = StandIn::start(Vec::new());
    let output = child(&server, &json!({ "action": "opened" }));
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not an event `workflow_run`"));
    for head in ["", "HEAD", "../../x", &"g".repeat(40)] {
        let mut event = event("failure");
        event["workflow_run"]["head_sha"] = json!(head);
        assert_eq!(child(&server, &event).status.code(), Some(2), "{head}");
    }
    assert_eq!(server.state().requests.len(), 0);
}
