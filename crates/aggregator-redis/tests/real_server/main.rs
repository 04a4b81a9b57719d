//! Limits over a real server, each test with one of its own. Where none is installed they say so and pass, unless `REQUIRE_REDIS` is 1.
//! `REDIS_SERVER` names another program, such as `valkey-server`.

#![cfg(unix)]

mod limits;
mod outage;
mod processes;
mod script;
mod server;
