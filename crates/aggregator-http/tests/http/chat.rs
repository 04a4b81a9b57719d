//! `POST /v1/chat/completions`, and what else clients of OpenAI's interface ask.

use std::time::Duration;

use aggregator_core::Chunk;
use aggregator_http::Settings;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::client::*;
use crate::planned::Plan;

fn chat(fields: Value) -> String {
    let mut body =
        json!({"model": "aggregator", "messages": [{"role": "user", "content": "why do tail latencies grow?"}]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body.to_string()
}

async fn chunks(fields: Value) -> Vec<Value> {
    let (service, _) = service();
    let response = post(&service, "/v1/chat/completions", &chat(fields)).await;
    assert_eq!(response.status, 200, "{}", response.body);
    // No names and no ids, which some clients stop at.
    assert!(response.body.lines().all(|line| line.is_empty() || line.starts_with("data: ")), "{}", response.body);
    let mut data = response.data();
    assert_eq!(data.pop(), Some("[DONE]"));
    data.iter().map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn text(chunks: &[Value]) -> String {
    chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_streamed_answer_has_the_form_that_clients_survive() {
    let chunks = chunks(json!({"stream": true, "stream_options": {"include_usage": true}})).await;
    let (usage, others) = chunks.split_last().unwrap();
    for chunk in others {
        assert_eq!(
            (chunk["object"].as_str(), chunk["choices"].as_array().unwrap().len()),
            (Some("chat.completion.chunk"), 1)
        );
        for field in ["id", "created", "model"] {
            assert_eq!(chunk[field], chunks[0][field]);
        }
    }
    assert_eq!((&usage["choices"], usage["usage"]["total_tokens"].is_u64()), (&json!([]), true), "{usage}");
    let first = &others[0];
    assert_eq!(first["choices"][0]["delta"], json!({"role": "assistant", "content": ""}));
    assert_eq!(first["x_aggregator"]["type"], "status");
    // Annotations come once, and their ranges are characters of the text.
    let annotated: Vec<&Value> =
        others.iter().map(|chunk| &chunk["choices"][0]["delta"]["annotations"]).filter(|it| !it.is_null()).collect();
    let [annotations] = annotated[..] else { panic!("{annotated:?}") };
    let text: Vec<char> = text(others).chars().collect();
    let sources = others.iter().find(|chunk| chunk["search_results"].is_array()).unwrap();
    for (index, annotation) in annotations.as_array().unwrap().iter().enumerate() {
        let citation = &annotation["url_citation"];
        let at = |name: &str| citation[name].as_u64().unwrap() as usize;
        let marker: String = text[at("start_index")..at("end_index")].iter().collect();
        let number: usize = marker.trim_matches(['[', ']']).parse().unwrap();
        assert_eq!(
            (annotation["type"].as_str(), annotation["index"].as_u64()),
            (Some("url_citation"), Some(index as u64))
        );
        assert_eq!(citation["url"], sources["citations"][number - 1]);
        assert_eq!(citation["title"], sources["search_results"][number - 1]["title"]);
    }
    let finish = others.last().unwrap();
    assert_eq!((&finish["choices"][0]["finish_reason"], &finish["citations"]), (&json!("stop"), &sources["citations"]));
    assert!(others[..others.len() - 1].iter().all(|chunk| chunk["choices"][0]["finish_reason"].is_null()));
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_says_the_same_as_a_streamed_one() {
    let (service, _) = service();
    let response = post(&service, "/v1/chat/completions", &chat(json!({}))).await;
    let whole = response.json();
    let streamed = chunks(json!({"stream": true})).await;
    let message = &whole["choices"][0]["message"];
    assert_eq!(message["content"].as_str(), Some(&*text(&streamed)));
    let annotations = streamed.iter().find_map(|chunk| chunk["choices"][0]["delta"].get("annotations")).unwrap();
    assert_eq!(&message["annotations"], annotations);
    assert_eq!(whole["citations"], streamed.last().unwrap()["citations"]);
    assert_eq!((&whole["object"], &whole["choices"][0]["finish_reason"]), (&json!("chat.completion"), &json!("stop")));
    assert!(whole["usage"]["prompt_tokens"].is_u64() && streamed.iter().all(|chunk| chunk.get("usage").is_none()));
}

#[tokio::test(start_paused = true)]
async fn the_first_chunk_comes_before_anything_was_found() {
    let (service, _) = service();
    let (mut connection, begun) = (Connection::open(&service), Instant::now());
    let body = chat(json!({"stream": true}));
    connection.send(&request("POST", "/v1/chat/completions", &[], &body)).await;
    connection.read_until(r#""role":"assistant""#).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn clients_that_show_no_citations_can_have_a_list() {
    let listed = chunks(json!({"stream": true, "x_source_list": true})).await;
    let listed = text(&listed);
    let (answer, list) = listed.split_once("\n\nSources:\n[").unwrap();
    assert_eq!(answer, text(&chunks(json!({"stream": true})).await));
    assert!(list.contains("] ") && list.contains(" — http"), "{list}");
    let mut settings = Settings::default();
    settings.source_list = true;
    let (service, _) = service_with(settings, |gateway| gateway);
    let whole = post(&service, "/v1/chat/completions", &chat(json!({}))).await.json();
    assert_eq!(whole["choices"][0]["message"]["content"].as_str(), Some(&*listed));
}

#[tokio::test(start_paused = true)]
async fn a_chat_is_a_question_with_turns_and_context() {
    let plan = Plan::answering([Ok(Chunk::Text("Yes [1].".into()))]);
    let service = service_of(plan.engine(), Settings::default(), |gateway| gateway);
    let messages = json!([
        {"role": "system", "content": "Answer like a pirate."},
        {"role": "assistant", "content": "Hello!"},
        {"role": "user", "content": [{"type": "text", "text": "what is"}, {"type": "text", "text": "a tide?"}]},
        {"role": "assistant", "content": "Water that comes and goes."},
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "and in lakes?"},
        {"role": "assistant", "content": "(to be continued)"},
    ]);
    let response = post(&service, "/v1/chat/completions", &chat(json!({"messages": messages}))).await;
    assert_eq!(response.status, 200, "{}", response.body);
    let [asked] = &plan.asked()[..] else { panic!("the model is asked once") };
    let turns: Vec<_> = asked.turns().iter().map(|turn| (turn.question.as_str(), turn.answer.as_str())).collect();
    assert_eq!(asked.text().as_str(), "and in lakes?");
    assert_eq!(turns, [("", "Answer like a pirate.\nBe brief."), ("what is\na tide?", "Water that comes and goes.")]);
}

/// The instructions of a chat are kept, and of a long one the last turns.
#[tokio::test(start_paused = true)]
async fn of_a_long_chat_the_context_and_the_last_turns_are_kept() {
    let plan = Plan::answering([Ok(Chunk::Text("Yes [1].".into()))]);
    let service = service_of(plan.engine(), Settings::default(), |gateway| gateway);
    let mut messages = vec![json!({"role": "system", "content": "Be brief."})];
    for number in 0..30 {
        messages.push(json!({"role": "user", "content": format!("question {number}")}));
        messages.push(json!({"role": "assistant", "content": format!("answer {number}")}));
    }
    messages.push(json!({"role": "user", "content": "and now?"}));
    let response = post(&service, "/v1/chat/completions", &chat(json!({"messages": messages}))).await;
    assert_eq!(response.status, 200, "{}", response.body);
    let [asked] = &plan.asked()[..] else { panic!("the model is asked once") };
    let [context, turns @ ..] = asked.turns() else { panic!("{asked:?}") };
    assert_eq!((context.question.as_str(), context.answer.as_str()), ("", "Be brief."));
    let questions: Vec<_> = turns.iter().map(|turn| turn.question.as_str().to_owned()).collect();
    assert_eq!(questions, (15..30).map(|number| format!("question {number}")).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn what_this_server_does_not_do_is_said() {
    let (service, probe) = service();
    let image = json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}]);
    let mut said = Vec::new();
    for fields in [
        json!({"messages": image}),
        json!({"messages": []}),
        json!({"messages": [{"role": "user", "content": "  "}]}),
        json!({"messages": [{"role": "user", "content": "x".repeat(16_001)}]}),
        json!({"messages": "hello"}),
        json!({"model": "gpt-9"}),
        json!({"n": 2}),
        json!({"tool_choice": "required", "tools": []}),
    ] {
        let response = post(&service, "/v1/chat/completions", &chat(fields)).await;
        said.push(format!("{} {}", response.status, response.body));
    }
    let responses = post(&service, "/v1/responses", "{}").await;
    said.push(format!("{} {}", responses.status, responses.body));
    insta::assert_snapshot!("refused", said.join("\n"));
    assert_eq!(probe.calls().len(), 0);
    // Tools that a client only offers are not called.
    let offered =
        json!({"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto", "temperature": 2});
    assert_eq!(post(&service, "/v1/chat/completions", &chat(offered)).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_task_of_a_front_end_causes_no_search() {
    let (service, probe) = service();
    let task = "### Task:\nGenerate a title.\n### Output:\nJSON: { \"title\": \"…\" }\n### Chat History:\n<chat_history>\n\
                USER: why is the sky blue?\n</chat_history>";
    for stream in [false, true] {
        let body = chat(json!({"messages": [{"role": "user", "content": task}], "stream": stream}));
        let response = post(&service, "/v1/chat/completions", &body).await;
        assert!(response.body.contains("why is the sky blue?"), "{}", response.body);
    }
    assert_eq!(probe.calls().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn models_are_listed() {
    let (service, _) = service();
    let list = get(&service, "/v1/models").await.json();
    let names: Vec<_> = list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!((list["object"].as_str(), names), (Some("list"), vec!["aggregator", "other"]));
    assert_eq!(get(&service, "/v1/models/other").await.json()["id"], "other");
    assert_eq!(get(&service, "/v1/models/none").await.status, 404);
}
