//! Streams that only services like OpenAI's send.

use super::super::script::Script;
use super::answer::{Answer, OPENAI_DONE, OPENAI_USAGE, TEXT, openai, start, text};
use super::entry::{Entry, Service};
use super::outcome::ExpectedOutcome::{ContentType, Empty, Filtered, InvalidResponse, LengthLimit, Text, Truncated};
use super::stream::{framed, of_pieces, recorded};

pub(super) fn entries(answer: &Answer) -> Vec<Entry> {
    let entry = |fault, does, pieces: &[&[Vec<u8>]]| of_pieces(answer, fault, does, &pieces.concat());
    let good = |fault, does, pieces: &[&[Vec<u8>]]| entry(fault, does, pieces).expect(answer.outcome);
    let start = start(Service::OpenAi);
    let texts = &answer.pieces[start.len()..answer.pieces.len() - 3];
    let finish = [openai("{}", "\"stop\"")];
    let (usage, done) = ([OPENAI_USAGE.to_vec()], [OPENAI_DONE.to_vec()]);
    let refusal = [openai(r#"{"content":null,"refusal":"I cannot help"}"#, "null")];
    let second = [framed(
        Service::OpenAi,
        concat!(
            r#"{"id":"c1","object":"chat.completion.chunk","choices":[{"index":1,"#,
            r#""delta":{"content":"Another."},"finish_reason":null}]}"#,
        ),
    )];
    let bare = |json: &str| [framed(Service::OpenAi, json)];
    let whole = format!(
        "{{\"id\":\"c1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\
             \"choices\":[{{\"index\":0,\"message\":{{\"role\":\"assistant\",\"content\":\"{TEXT}\"}},\
             \"finish_reason\":\"stop\"}}],\"usage\":{{\"prompt_tokens\":9,\"completion_tokens\":12,\
             \"total_tokens\":21}}}}"
    );
    let whole = super::super::response::complete(200, &[("Content-Type", "application/json")], whole.as_bytes());
    vec![
        good("done-missing", "a reason why the answer ended, and no `[DONE]`", &[&start, texts, &finish]),
        good("done-twice", "`[DONE]` twice", &[&start, texts, &finish, &usage, &done, &done]),
        good("done-spaces", "`[DONE]` between spaces", &[&start, texts, &finish, &[b"data:  [DONE] \n\n".to_vec()]])
            .or(InvalidResponse),
        good("finish-missing", "`[DONE]`, and no reason why the answer ended", &[&start, texts, &done]).or(Truncated),
        good(
            "finish-empty",
            "an empty reason in every event",
            &[
                &texts
                    .iter()
                    .map(|event| String::from_utf8_lossy(event).replace(":null}]", ":\"\"}]").into_bytes())
                    .collect::<Vec<_>>(),
                &finish,
                &done,
            ],
        ),
        good("usage-missing", "no usage", &[&start, texts, &finish, &done]),
        good(
            "usage-twice",
            "usage before the reason, and again behind it",
            &[&start, texts, &usage, &finish, &usage, &done],
        ),
        good(
            "usage-odd",
            "a usage of no fields, and one that is null",
            &[
                &start,
                texts,
                &bare(r#"{"choices":[],"usage":{}}"#),
                &bare(r#"{"choices":[],"usage":null}"#),
                &finish,
                &done,
            ],
        ),
        entry("usage-only", "a usage and `[DONE]`, and no choice", &[&usage, &done]).expect(Empty).or(Truncated),
        entry("done-only", "`[DONE]` and nothing else", &[&done]).expect(Empty).or(Truncated),
        good(
            "choices-odd",
            "no choices, null for them, a choice of no delta",
            &[
                &start,
                texts,
                &bare(r#"{"choices":[]}"#),
                &bare(r#"{"choices":null}"#),
                &bare(r#"{"choices":[{"index":0}]}"#),
                &finish,
                &done,
            ],
        )
        .or(InvalidResponse),
        good(
            "content-null",
            "null for text, between two of text",
            &[&start, &texts[..2], &[openai(r#"{"content":null}"#, "null")], &texts[2..], &finish, &done],
        ),
        good(
            "reasoning",
            "the model's reasoning in a field of its own, before the text",
            &[&start, &[openai(r#"{"reasoning_content":"Let me think"}"#, "null")], texts, &finish, &done],
        ),
        good(
            "second-choice",
            "text of a second choice, which was not asked for",
            &[&start, texts, &second, &finish, &done],
        )
        .or(InvalidResponse),
        entry("refusal", "a refusal instead of text", &[&start, &refusal, &finish, &done]).expect(Filtered).or(Empty),
        entry(
            "tool-call-after-text",
            "a call of a tool after the text",
            &[
                &start,
                texts,
                &[openai(
                    concat!(
                        r#"{"tool_calls":[{"index":0,"id":"t1","type":"function","function":{"name":"search","#,
                        r#""arguments":"{}"}}]}"#,
                    ),
                    "null",
                )],
                &[openai("{}", "\"tool_calls\"")],
                &done,
            ],
        )
        .expect(super::ExpectedOutcome::ToolCalls),
        entry(
            "content-no-text",
            "a list for text",
            &[&start, &[openai(r#"{"content":[{"type":"text","text":"a"}]}"#, "null")], &finish, &done],
        )
        .expect(Text("a"))
        .or(InvalidResponse),
        Entry::new(
            Service::OpenAi,
            "not-streamed",
            "the whole answer as one JSON object, as if no stream was asked for",
            Script::answering(whole),
        )
        .expect(ContentType)
        .or(Text(TEXT)),
        good(
            "500-pieces",
            "500 pieces of no text before the text",
            &[&vec![text(Service::OpenAi, ""); 500], texts, &finish, &done],
        ),
        recorded(
            answer,
            "recorded-litellm",
            "bytes of LiteLLM 1.82.6",
            Script::answering(answer.with_body(include_bytes!("recorded/litellm.sse"))),
            "Rust 1.0 was released on May 15, 2015 [1]. The language is sponsored by the Rust Foundation [2]. \
             Ünïcode and 🦀 survive.",
        ),
        recorded(
            answer,
            "recorded-llama",
            "bytes of llama.cpp, with their head and their chunks",
            Script::answering(&include_bytes!("recorded/llama.http")[..]),
            "b'41S isS-a [2]NA",
        )
        .expect(LengthLimit),
    ]
}
