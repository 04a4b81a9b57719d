//! Load on the engine and on the server, and what it must find.

mod command_line;
mod defects;
mod over_http;
mod places;
mod support;
