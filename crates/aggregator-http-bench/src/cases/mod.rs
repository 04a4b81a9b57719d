//! The cases, written once for all three targets and for the tests.

mod events;
mod metrics;
mod observed;
mod reading;
mod requests;
mod streams;

use crate::case::{Case, Workload};
use crate::fault::Fault;

/// Every case, in the order of `--list`.
pub const CASES: &[Case] = &[
    heavy("http/query-floor/10", requests::query_floor),
    case("http/query-standard/40", 5, requests::query_standard),
    case("http/chat-standard/40", 5, requests::chat_standard),
    case("http/chat-whole/40", 5, requests::chat_whole),
    heavy("http/search-floor/10", requests::search_floor),
    heavy("http/health/1", requests::health),
    heavy("http/metrics/1", requests::metrics),
    heavy("http/open-streams/20", streams::in_answer),
    heavy("http/gone-in-search/20", streams::in_search),
    case("http-observe/off/10x40", 20, observed::off),
    case("http-observe/on/10x40", 20, observed::on),
    case("http-observe/spans/10x40", 20, observed::spans),
    case("http-yardstick/gateway-floor/10", 50, events::floor),
    case("http-yardstick/gateway-standard/40", 10, events::standard),
    heavy("http-yardstick/bare-floor/10", requests::bare_floor),
    case("http-yardstick/bare-standard/40", 10, requests::bare_standard),
    case("http-yardstick/bare-chat/40", 10, requests::bare_chat),
    heavy("http-yardstick/bare-health/1", requests::bare_health),
    case("http-yardstick/bare-streams/20", 5, streams::bare_in_answer),
];

const fn case(name: &'static str, operations: u32, set_up: fn(Option<Fault>) -> Box<dyn Workload>) -> Case {
    Case { name, operations, heavy: false, set_up }
}

/// A case without instructions and wall time. Routes and figures are in hash tables with random keys, so what is freed before a case
/// runs differs, and with it where its buffers lie; `memcpy` takes other steps for other addresses. In short cases that is 0.1 % to
/// 0.8 % between two processes.
const fn heavy(name: &'static str, set_up: fn(Option<Fault>) -> Box<dyn Workload>) -> Case {
    Case { name, operations: 0, heavy: true, set_up }
}

impl perf_harness::Case for Case {
    const ALL: &'static [Self] = CASES;

    fn name(&self) -> &'static str {
        self.name
    }

    fn is_heavy(&self) -> bool {
        self.heavy
    }
}
