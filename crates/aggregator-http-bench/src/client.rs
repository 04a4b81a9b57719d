//! A client that writes and reads bytes: what it costs itself is little, and the same for all endpoints.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::Instant;

/// Bytes that are read at a time.
const BUFFER: usize = 8 << 10;

/// A request as bytes, after which the connection ends.
pub fn request(method: &str, path: &str, headers: &str, body: &str) -> Bytes {
    let length = body.len();
    let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
    let head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{kind}{headers}");
    Bytes::from(format!("{head}content-length: {length}\r\n\r\n{body}"))
}

/// Sends a request and reads to the end of the connection; `read` gets what comes, as it comes.
///
/// # Panics
/// When the connection breaks.
pub(crate) async fn ask(mut stream: DuplexStream, request: &[u8], mut read: impl FnMut(&[u8])) {
    stream.write_all(request).await.expect("the server reads");
    let mut buffer = [0; BUFFER];
    loop {
        match stream.read(&mut buffer).await.expect("the pipe does not break") {
            0 => return,
            length => read(&buffer[..length]),
        }
    }
}

/// The amount of what was read: its lines and quotation marks. Ids, times and lengths, which differ from request to request, have
/// none.
pub(crate) fn amount(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| matches!(byte, b'\n' | b'"')).count() as u64
}

/// What is read, with the times at which it came.
#[derive(Debug)]
pub(crate) struct Reading {
    began: Instant,
    bytes: Vec<u8>,
    /// When these many bytes were there.
    at: Vec<(Duration, usize)>,
}

impl Reading {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), bytes: Vec::new(), at: Vec::new() }
    }

    pub(crate) fn read(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.at.push((self.began.elapsed(), self.bytes.len()));
    }

    /// # Panics
    /// When what was read is no response.
    pub(crate) fn response(self) -> Response {
        let total = self.began.elapsed();
        let end_of_head =
            self.bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a response has a head") + 4;
        let head = std::str::from_utf8(&self.bytes[..end_of_head]).expect("a head is text");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a response has a status");
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        };
        let headers: HeaderMap = lines.filter_map(header).collect();
        let (status, is_chunked) =
            (status.parse().expect("a status is a number"), headers.contains_key("transfer-encoding"));
        let at = |end: usize| self.at.iter().find(|(_, length)| *length >= end).expect("it was read").0;
        let mut pieces = Vec::new();
        if is_chunked {
            let mut start = end_of_head;
            loop {
                let line = self.bytes[start..].windows(2).position(|two| two == b"\r\n").expect("a piece has a length");
                let length = std::str::from_utf8(&self.bytes[start..start + line]).expect("a length is text");
                let length = usize::from_str_radix(length, 16).expect("a length is a number");
                let (from, to) = (start + line + 2, start + line + 2 + length);
                if length == 0 {
                    break;
                }
                pieces.push((at(to), Bytes::copy_from_slice(&self.bytes[from..to])));
                start = to + 2;
            }
        } else {
            pieces.push((at(self.bytes.len()), Bytes::copy_from_slice(&self.bytes[end_of_head..])));
        }
        Response { status, headers, pieces, first_byte: at(1), total, amount: amount(&self.bytes) }
    }
}

/// A response that was read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// The pieces of its body as they were sent, each with the time since the request at which it was read.
    pub pieces: Vec<(Duration, Bytes)>,
    /// Time since the request of the first byte.
    pub first_byte: Duration,
    /// Time of the whole response.
    pub total: Duration,
    /// Lines and quotation marks.
    pub(crate) amount: u64,
}

impl Response {
    /// The body, with ids and the time of day made equal, as they differ from one run to the next.
    ///
    /// # Panics
    /// When the body is not UTF-8.
    pub fn body(&self) -> String {
        let bytes: BytesMut = self.pieces.iter().flat_map(|(_, piece)| piece.iter().copied()).collect();
        let mut text = String::from_utf8(bytes.to_vec()).expect("a body is text");
        for (field, ends) in [("\"id\":\"chatcmpl-", '"'), ("\"created\":", ',')] {
            let mut made = String::with_capacity(text.len());
            let mut parts = text.split(field);
            made.push_str(parts.next().unwrap_or_default());
            for part in parts {
                let (value, rest) = part.split_at(part.find(ends).expect("a value ends"));
                made.push_str(field);
                made.extend(value.chars().map(|_| '0'));
                made.push_str(rest);
            }
            text = made;
        }
        text
    }
}
