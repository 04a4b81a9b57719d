//! Files are results only where a provider says that it finds documents of this machine.

use aggregator_core::provider::{Hit, HitStream, SearchRequest};
use aggregator_core::{Engine, Query, SearchProvider};

struct Folder {
    local: bool,
}

impl SearchProvider for Folder {
    fn name(&self) -> &str {
        "folder"
    }

    fn is_local(&self) -> bool {
        self.local
    }

    fn search(&self, _: SearchRequest) -> HitStream {
        let hit =
            |place: &str| Hit::new(format!("file:///docs/guide.md{place}"), "Guide").with_snippet("```\ncode\n```");
        Box::pin(futures::stream::iter(["#install", "#usage", "#install"].map(|place| Ok(hit(place)))))
    }
}

#[tokio::test(start_paused = true)]
async fn files_are_results_of_a_local_provider_only() {
    let ask = async |local| {
        let engine = Engine::builder().provider(Folder { local }).build().unwrap();
        engine.ask(Query::new("how is it installed?").unwrap()).await.summary
    };
    let summary = ask(true).await;
    let shown: Vec<_> = summary.sources.iter().map(|source| (&*source.source.url, &*source.source.snippet)).collect();
    let code = "```\ncode\n```";
    assert_eq!(shown, [("file:///docs/guide.md#install", code), ("file:///docs/guide.md#usage", code)]);
    assert_eq!((summary.hits.emitted, summary.hits.merged), (2, 1));

    let summary = ask(false).await;
    assert_eq!((summary.sources.len(), summary.hits.dropped.invalid_url), (0, 3));
}
