//! The names against those of the conventions.

use aggregator_observe::names;
use opentelemetry_semantic_conventions::{SCHEMA_URL, attribute};

#[test]
#[allow(deprecated)] // As moved to another repository, under the same names.
fn names_are_those_of_the_conventions() {
    for (own, theirs) in [
        (names::SCHEMA_URL, SCHEMA_URL),
        (names::OPERATION_NAME, attribute::GEN_AI_OPERATION_NAME),
        (names::WORKFLOW_NAME, attribute::GEN_AI_WORKFLOW_NAME),
        (names::DATA_SOURCE_ID, attribute::GEN_AI_DATA_SOURCE_ID),
        (names::REQUEST_MODEL, attribute::GEN_AI_REQUEST_MODEL),
        (names::REQUEST_STREAM, attribute::GEN_AI_REQUEST_STREAM),
        (names::TIME_TO_FIRST_CHUNK, attribute::GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK),
        (names::FINISH_REASONS, attribute::GEN_AI_RESPONSE_FINISH_REASONS),
        (names::INPUT_TOKENS, attribute::GEN_AI_USAGE_INPUT_TOKENS),
        (names::OUTPUT_TOKENS, attribute::GEN_AI_USAGE_OUTPUT_TOKENS),
        (names::RETRIEVAL_QUERY_TEXT, attribute::GEN_AI_RETRIEVAL_QUERY_TEXT),
        (names::ERROR_TYPE, attribute::ERROR_TYPE),
    ] {
        assert_eq!(own, theirs);
    }
    assert_eq!(names::QUERY_SPAN, format!("{} {}", names::INVOKE_WORKFLOW, names::WORKFLOW));
}
