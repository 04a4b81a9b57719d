//! Pages over sockets of this machine, which stands for the Internet: checked addresses lead to a server on loopback.

mod addresses;
mod closing;
mod content;
mod literals;
mod redirects;
mod robots;
mod web;
mod wording;
