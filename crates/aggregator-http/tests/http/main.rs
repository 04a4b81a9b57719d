//! Requests as clients send them, over a connection in memory and in virtual time.

mod chat;
mod client;
mod crowd;
mod end;
mod hostile;
mod log;
mod native;
mod outcomes;
mod page;
mod planned;
mod refusals;
