//! Texts of strangers in a prompt: none ends its section, or begins another one.

use std::sync::{Arc, Mutex};

use aggregator_core::answer::prompt::{Draft, Prompt};
use aggregator_core::event::{CleanText, is_clean};
use aggregator_core::model::{AnswerRequest, Chunk, ChunkStream};
use aggregator_core::provider::Hit;
use aggregator_core::{Engine, LanguageModel, Query, Settings, Turn};
use aggregator_mocks::hostile::{HostileText, texts};
use aggregator_mocks::{ScriptedPage, ScriptedReader};
use futures::{StreamExt as _, stream};

use crate::support::*;

/// A model that keeps what it was asked.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Option<AnswerRequest>>>);

impl LanguageModel for Asked {
    fn name(&self) -> &str {
        "asked"
    }

    fn answer(&self, request: AnswerRequest) -> ChunkStream {
        *self.0.lock().unwrap() = Some(request);
        stream::iter([Ok(Chunk::Text("Yes [1].".into()))]).boxed()
    }
}

/// A prompt by its own marks: what stands outside of them, and what is in each of its sections.
#[derive(Debug, PartialEq, Eq)]
struct Sections {
    outside: Vec<String>,
    inside: Vec<String>,
}

impl Sections {
    /// Reads the marks from the instructions, as a model does.
    fn of(prompt: &Prompt) -> Self {
        let (_, rest) =
            prompt.system.split_once("Everything between a line `<").expect("the instructions name the marks");
        let marker = rest.split_once('`').unwrap().0;
        assert!(marker.len() == 16 && rest.contains(&format!("a line `{marker}>`")), "{}", prompt.system);
        let (begin, end) = (format!("<{marker}"), format!("{marker}>"));
        let mut sections = Self { outside: Vec::new(), inside: Vec::new() };
        let mut open: Option<Vec<&str>> = None;
        for line in prompt.user.split('\n') {
            match &mut open {
                None if line == begin => open = Some(Vec::new()),
                None => sections.outside.push(line.to_owned()),
                Some(lines) if line == end => {
                    sections.inside.push(lines.join("\n"));
                    open = None;
                }
                Some(lines) => lines.push(line),
            }
        }
        assert!(open.is_none(), "a section without an end: {}", prompt.user);
        assert_eq!(prompt.user.matches(marker).count(), 2 * sections.inside.len());
        sections
    }
}

/// The request that a model gets where all of this text is a stranger's: what was found, what its page says, and what was said
/// before. And its prompt, for the last of several models.
async fn asked(text: &str) -> (AnswerRequest, Prompt) {
    let (strange, model) = (text.to_owned(), Asked::default());
    let hits = Custom("web", move |_| {
        let read = Hit::new("https://a.example/read", strange.as_str()).with_snippet(strange.as_str());
        let found = Hit::new("https://b.example/found", strange.as_str()).with_snippet(strange.as_str());
        stream::iter([Ok(read), Ok(found), Ok(Hit::new("https://c.example/", "Tides").with_snippet("The tide."))])
            .boxed()
    });
    let passages = [text, "The tide turns every six hours."];
    let reader = ScriptedReader::new([("https://a.example/read", ScriptedPage::of(MS, &passages))]);
    let mut settings = Settings::default();
    settings.max_prompt_tokens = 50_000;
    let engine =
        Engine::builder().settings(settings).provider(hits).page_reader(reader).model(model.clone()).build().unwrap();
    let turns = [Turn::context(text), Turn::new(text).with_answer(text)];
    read(&mut engine.run(Query::new("When does the tide turn?").unwrap().with_turns(turns))).await;
    let request = model.0.lock().unwrap().take().expect("the model is asked");
    let text = CleanText::multi_line(text).into_string();
    let drafts = [Draft { label: 'A', text }, Draft { label: 'B', text: "Twice a day [3].".into() }];
    let prompt = request.clone().with_drafts(drafts.into()).prompt();
    (request, prompt)
}

#[tokio::test(start_paused = true)]
async fn i10_a_hostile_text_stays_in_its_section_of_a_prompt() {
    let calm = Sections::of(&asked("Tides turn.").await.1);
    assert_eq!(calm.inside.len(), 6, "turns, three sources and two drafts: {calm:#?}");
    for HostileText { kind, text, .. } in texts() {
        let (request, prompt) = asked(&text).await;
        let about = format!("{kind}: {text:.80?}");
        assert!(is_clean(&prompt.user) && is_clean(&prompt.system), "{about}");
        let sections = Sections::of(&prompt);
        assert_eq!(sections.inside.len(), 6, "{about}: {}", prompt.user);
        assert_eq!(sections.outside, calm.outside, "{about}");
        let shown: Vec<String> = request
            .sources
            .iter()
            .map(|ranked| format!("{}\n{}\n{}", ranked.source.title, ranked.source.url, ranked.source.snippet))
            .collect();
        assert_eq!(sections.inside[1..4], shown, "{about}: as the sources are");
        assert_eq!(sections.inside[4], CleanText::multi_line(&*text).as_str(), "{about}: as another model has written");
        assert_eq!(sections.inside[5], calm.inside[5], "{about}");
        // Whatever it asks for, it is there to be read.
        let line = CleanText::single_line(&*text);
        let found = request.sources.iter().filter(|ranked| line.starts_with(ranked.source.title.as_str())).count();
        assert!(found >= 2, "{about}: {:?}", request.sources);
    }
}
