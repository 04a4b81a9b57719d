//! The cases, written once for all three targets and for the tests.

mod answers;
mod decode;
pub mod engine;
mod gateway;
mod metrics;
mod policies;
mod searches;
mod services;

use crate::case::{Case, Workload};
use crate::fault::Fault;

/// Every case, in the order of `--list`.
pub const CASES: &[Case] = &[
    case("decode/sse/4000", 10, decode::sse),
    case("decode/ndjson/8000", 10, decode::ndjson),
    case("parse/openai/4000", 3, answers::parse_openai),
    case("search/brave/20", 50, searches::brave),
    case("search/searxng/20", 50, searches::searxng),
    case("answer/openai/200", 50, answers::openai),
    case("answer/anthropic/200", 50, answers::anthropic),
    case("answer/ollama/200", 50, answers::ollama),
    case("engine/http/20x200", 20, engine::prepare_http),
    case("engine/mocks/20x200", 20, engine::prepare_mocks),
    case("engine/policies/20x200", 20, engine::prepare_policies),
    case("policies/limit/100", 5, policies::limit),
    case("gateway/first/20x200", 10, gateway::first),
    case("gateway/replay/20x200", 20, gateway::replay),
    case("gateway/stampede/100", 2, gateway::stampede),
    case("gateway/overload/1600", 3, gateway::overload),
    case("policies/outage/200", 5, policies::outage),
];

const fn case(name: &'static str, operations: u32, set_up: fn(Option<Fault>) -> Box<dyn Workload>) -> Case {
    Case { name, operations, set_up }
}

impl perf_harness::Case for Case {
    const ALL: &'static [Self] = CASES;

    fn name(&self) -> &'static str {
        self.name
    }
}
