//! Requests as the server reads and records them.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes of a head that are read before a connection is given up.
const MOST_HEAD: usize = 64 << 10;
/// Bytes of a body that are read before a connection is given up.
const MOST_BODY: usize = 8 << 20;

/// A request that a client sent, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query, with all escapes.
    pub target: String,
    /// Names and values in order; names as they were written.
    pub headers: Vec<(String, String)>,
    /// The body; empty, if the script read the head only.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of the first header of a name, in any case of letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The head as text, without the empty line behind it.
    pub(super) fn head(&self) -> String {
        let first = format!("{} {} HTTP/1.1", self.method, self.target);
        self.headers.iter().fold(first, |head, (name, value)| head + "\r\n" + name + ": " + value)
    }

    /// Reads one request; with its body, if that is wanted.
    ///
    /// # Errors
    /// The connection ended, the head is no head of HTTP/1.1, or it is larger than 64 KiB; the body is larger than 8 MiB or
    /// is sent in chunks, which no client here does.
    pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin), with_body: bool) -> io::Result<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            // Byte by byte, so that nothing of the body is taken: some scripts leave it unread.
            head.push(stream.read_u8().await?);
            if head.len() > MOST_HEAD {
                return Err(invalid("the head is larger than 64 KiB"));
            }
        }
        let mut request = Self::parse(&head)?;
        if with_body {
            if request.header("transfer-encoding").is_some() {
                return Err(invalid("the body is sent in chunks"));
            }
            let length = request.header("content-length").map_or(Ok(0), str::parse::<usize>);
            let length = length.map_err(|_| invalid("Content-Length is no number"))?;
            if length > MOST_BODY {
                return Err(invalid("the body is larger than 8 MiB"));
            }
            request.body.resize(length, 0);
            stream.read_exact(&mut request.body).await?;
        }
        Ok(request)
    }

    fn parse(head: &[u8]) -> io::Result<Self> {
        let head = std::str::from_utf8(head).map_err(|_| invalid("the head is no UTF-8"))?;
        let mut lines = head.trim_end_matches("\r\n").split("\r\n");
        let mut line = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1"), None) = (line.next(), line.next(), line.next(), line.next())
        else {
            return Err(invalid("the first line is no request of HTTP/1.1"));
        };
        let header = |line: &str| {
            let (name, value) = line.split_once(':').ok_or_else(|| invalid("a header has no colon"))?;
            Ok((name.to_owned(), value.trim().to_owned()))
        };
        let headers = lines.map(header).collect::<io::Result<_>>()?;
        Ok(Self { method: method.to_owned(), target: target.to_owned(), headers, body: Vec::new() })
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
