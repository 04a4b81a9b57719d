//! Named scripts of what services and networks do, each with the outcome that a client should come to.
//!
//! [`entries`] has all of them. A test of a client plays each entry of the client's [`Service`], and maps
//! [`ExpectedOutcome`] to the client's errors:
//!
//! ```
//! use aggregator_mocks::fault_server::catalog::{self, Service};
//! use aggregator_mocks::fault_server::{FaultServer, Script};
//!
//! // The target of redirects. A client must not send a request to it.
//! let elsewhere = FaultServer::start(Script::reading()).unwrap();
//! for entry in catalog::entries_of(Service::Brave).into_iter().take(3) {
//!     let server = FaultServer::start(entry.script(&elsewhere.url())).unwrap();
//!     // let outcome = … a client with `server.url()` …;
//!     // assert!(entry.accepts(&outcome), "{}: {outcome:?}", entry.name());
//! }
//! assert_eq!(elsewhere.counts().accepted, 0);
//! ```

mod answer;
mod anthropic;
mod connection;
mod content;
mod entry;
mod framing;
mod good;
mod ollama;
mod openai;
mod outcome;
mod rate_limit;
mod search;
mod status;
mod stream;

pub use answer::{HITS, PAUSE, TEXT};
pub use entry::{Ending, Entry, Service};
pub use outcome::ExpectedOutcome;

/// A complete good answer as it is sent, for tests that cut it in their own places.
pub fn good_response(service: Service) -> Vec<u8> {
    let answer = answer::Answer::of(service);
    answer.with_body(&answer.body())
}

/// All entries, by service.
pub fn entries() -> Vec<Entry> {
    Service::ALL.into_iter().flat_map(entries_of).collect()
}

/// The entries of one service: the good answers first.
pub fn entries_of(service: Service) -> Vec<Entry> {
    let answer = answer::Answer::of(service);
    let mut all = good::entries(&answer);
    for more in [connection::entries, framing::entries, content::entries, status::entries, rate_limit::entries] {
        all.extend(more(&answer));
    }
    if service.is_search() {
        all.extend(search::entries(&answer));
    } else {
        all.extend(stream::entries(&answer));
    }
    match service {
        Service::OpenAi => all.extend(openai::entries(&answer)),
        Service::Anthropic => all.extend(anthropic::entries(&answer)),
        Service::Ollama => all.extend(ollama::entries(&answer)),
        Service::Brave | Service::Searxng => {}
    }
    all
}
