//! Decoders of streams: server-sent events and lines of JSON.
