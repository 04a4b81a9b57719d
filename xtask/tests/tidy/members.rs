//! What each package of the workspace may depend on.

/// The packages of the workspace that a member may depend on.
pub struct Member {
    pub name: &'static str,
    pub normal: &'static [&'static str],
    pub dev: &'static [&'static str],
    /// Never among the packages that the member is built from, at any depth.
    pub never: &'static [&'static [&'static str]],
}

/// Types of HTTP that clients and servers in Rust share: hyper, axum, reqwest, tonic, tungstenite and ureq are built from it.
const HTTP: &[&str] = &["http"];
/// Sockets and TLS, which the clients of services need and what they make of responses does not.
const NETWORK: &[&str] = &["hyper", "reqwest", "ring", "rustls", "socket2"];
const SERDE: &[&str] = &["serde", "serde_core", "serde_json"];
const ENTROPY: &[&str] = &["fastrand", "getrandom", "rand", "rand_core"];
const ENGINE: &[&str] = &["aggregator-core", "aggregator-mocks", "tokio"];
const PROCESSES_AND_FILES: &[&str] = &["ctrlc", "indicatif", "rustix", "tempfile"];

/// The rules. No member may have a build dependency on another.
pub const MEMBERS: &[Member] = &[
    Member {
        name: "aggregator-cases",
        normal: &["aggregator-core", "aggregator-mocks", "perf-gate"],
        dev: &[],
        never: &[HTTP, ENTROPY],
    },
    Member { name: "aggregator-core", normal: &[], dev: &["aggregator-mocks"], never: &[HTTP, SERDE] },
    Member { name: "aggregator-documents", normal: &[], dev: &[], never: &[HTTP, SERDE, ENGINE] },
    Member {
        name: "aggregator-eval",
        normal: &["aggregator-core", "aggregator-extract", "aggregator-index", "rag-eval"],
        dev: &[],
        never: &[HTTP],
    },
    Member {
        name: "aggregator-extract",
        normal: &["aggregator-core", "aggregator-words"],
        dev: &["aggregator-mocks"],
        never: &[HTTP, SERDE, ENTROPY],
    },
    Member {
        name: "aggregator-gateway",
        normal: &["aggregator-core"],
        dev: &["aggregator-mocks"],
        never: &[HTTP, SERDE, ENTROPY],
    },
    Member {
        name: "aggregator-http",
        normal: &[
            "aggregator-core",
            "aggregator-gateway",
            "aggregator-observe",
            "aggregator-policies",
            "aggregator-wire",
        ],
        dev: &["aggregator-mocks"],
        never: &[],
    },
    Member {
        name: "aggregator-http-bench",
        normal: &[
            "aggregator-core",
            "aggregator-gateway",
            "aggregator-http",
            "aggregator-mocks",
            "aggregator-observe",
            "perf-gate",
            "perf-harness",
        ],
        dev: &[],
        never: &[],
    },
    Member {
        name: "aggregator-index",
        normal: &["aggregator-core", "aggregator-documents", "aggregator-words"],
        dev: &["aggregator-mocks"],
        never: &[HTTP],
    },
    Member {
        name: "aggregator-index-bench",
        normal: &[
            "aggregator-core",
            "aggregator-extract",
            "aggregator-index",
            "aggregator-words",
            "perf-gate",
            "perf-harness",
        ],
        dev: &[],
        never: &[HTTP],
    },
    Member {
        name: "aggregator-mocks",
        normal: &["aggregator-core", "aggregator-settings"],
        dev: &[],
        never: &[HTTP, ENTROPY],
    },
    Member {
        name: "aggregator-load",
        normal: &["aggregator-core", "aggregator-mocks", "aggregator-providers", "perf-load"],
        dev: &["aggregator-gateway", "aggregator-http", "aggregator-mocks", "aggregator-wire", "perf-judge"],
        never: &[],
    },
    Member {
        name: "aggregator-load-bench",
        normal: &["aggregator-core", "aggregator-load", "perf-gate", "perf-harness", "perf-load"],
        dev: &[],
        never: &[],
    },
    Member {
        name: "aggregator-observe",
        normal: &["aggregator-core"],
        // Itself, with its features.
        dev: &["aggregator-gateway", "aggregator-mocks", "aggregator-observe"],
        // OpenTelemetry has random identifiers, and is a feature.
        never: &[HTTP, SERDE, ENTROPY],
    },
    Member {
        name: "aggregator-policies",
        normal: &["aggregator-core"],
        dev: &["aggregator-mocks"],
        never: &[HTTP, ENTROPY],
    },
    Member {
        name: "aggregator-providers",
        normal: &["aggregator-core", "aggregator-documents"],
        dev: &["aggregator-mocks"],
        never: &[],
    },
    Member {
        name: "aggregator-providers-bench",
        normal: &[
            "aggregator-core",
            "aggregator-gateway",
            "aggregator-mocks",
            "aggregator-policies",
            "aggregator-providers",
            "perf-gate",
            "perf-harness",
        ],
        dev: &[],
        never: &[NETWORK],
    },
    Member { name: "aggregator-redis", normal: &["aggregator-policies"], dev: &[], never: &[HTTP, SERDE] },
    Member {
        name: "aggregator-server",
        normal: &[
            "aggregator-core",
            "aggregator-eval",
            "aggregator-extract",
            "aggregator-gateway",
            "aggregator-http",
            "aggregator-index",
            "aggregator-load",
            "aggregator-mocks",
            "aggregator-observe",
            "aggregator-policies",
            "aggregator-providers",
            "aggregator-redis",
            "aggregator-settings",
            "aggregator-wire",
            "perf-load",
        ],
        dev: &["aggregator-mocks"],
        never: &[],
    },
    Member { name: "aggregator-settings", normal: &["aggregator-core"], dev: &[], never: &[HTTP] },
    Member { name: "aggregator-wire", normal: &["aggregator-core"], dev: &["aggregator-mocks"], never: &[HTTP] },
    Member { name: "aggregator-words", normal: &[], dev: &[], never: &[HTTP, SERDE, ENGINE] },
    Member { name: "perf-digest", normal: &[], dev: &[], never: &[HTTP, ENGINE, SERDE] },
    Member {
        name: "perf-gate",
        normal: &[],
        dev: &["aggregator-cases", "aggregator-mocks", "perf-harness"],
        never: &[HTTP, ENGINE],
    },
    Member {
        name: "perf-github",
        normal: &["perf-judge"],
        dev: &[],
        never: &[&["aggregator-core", "aggregator-mocks"]],
    },
    Member { name: "perf-harness", normal: &["perf-gate"], dev: &[], never: &[HTTP, ENGINE] },
    Member {
        name: "perf-history",
        normal: &["perf-gate", "perf-statistics"],
        dev: &[],
        never: &[HTTP, ENGINE, PROCESSES_AND_FILES],
    },
    Member {
        name: "perf-judge",
        normal: &["perf-gate", "perf-statistics"],
        dev: &[],
        never: &[HTTP, ENGINE, PROCESSES_AND_FILES],
    },
    Member {
        name: "perf-load",
        normal: &["perf-statistics"],
        dev: &[],
        never: &[HTTP, &["aggregator-core", "aggregator-mocks"], PROCESSES_AND_FILES],
    },
    Member { name: "perf-profile", normal: &[], dev: &[], never: &[HTTP, ENGINE, ENTROPY, PROCESSES_AND_FILES] },
    Member {
        name: "perf-report",
        normal: &["perf-gate", "perf-judge"],
        dev: &[],
        never: &[HTTP, ENGINE, PROCESSES_AND_FILES],
    },
    Member {
        name: "perf-runner",
        normal: &["perf-digest", "perf-gate", "perf-history", "perf-judge", "perf-profile"],
        dev: &[],
        never: &[HTTP, ENGINE],
    },
    Member {
        name: "perf-cli",
        normal: &["perf-gate", "perf-history", "perf-judge", "perf-report", "perf-runner"],
        dev: &[],
        never: &[HTTP, ENGINE],
    },
    Member { name: "perf-statistics", normal: &[], dev: &[], never: &[HTTP, ENGINE, ENTROPY, PROCESSES_AND_FILES] },
    Member { name: "rag-eval", normal: &[], dev: &[], never: &[HTTP, ENGINE, ENTROPY, PROCESSES_AND_FILES] },
    Member {
        name: "xtask",
        normal: &["perf-cli"],
        dev: &["perf-gate", "perf-history", "perf-judge", "perf-runner"],
        never: &[HTTP, ENGINE],
    },
    Member {
        name: "xtask-selftest",
        normal: &["perf-cli", "perf-gate", "perf-judge", "perf-runner"],
        dev: &[],
        never: &[HTTP, ENGINE],
    },
];
