//! One request: what an address answers, or where it redirects to.

use futures::StreamExt as _;
use http::header::{ACCEPT, HeaderMap, HeaderValue, LOCATION};

use super::address::PageAddress;
use super::error::PageError;
use super::limits::PageLimits;
use super::sites::Sites;
use crate::http::headers::{self, Encoding};
use crate::http::{Body, Deadline, HttpError, Limits};

/// What an address answered.
pub(crate) enum Hop {
    /// A redirect, to an address that may be asked.
    Redirect(PageAddress),
    /// Anything else, with a body that is still to be read.
    Answer(Box<Answer>),
}

/// Status, headers and body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Body,
}

/// Asks an address once. Dropping the future, or what it gives, closes the connection.
///
/// # Errors
/// If the host is not asked or there is no response. If it redirects to an address that is not asked: that of the address.
pub(crate) async fn ask(
    sites: &mut Sites<'_>,
    address: &PageAddress,
    accept: &'static str,
    limits: &PageLimits,
    deadline: Deadline,
) -> Result<Hop, PageError> {
    let site = sites.site(address).await?;
    let accept = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
    let raw = site.get(address.url().clone(), accept).await?;
    let limits = limits_of_response(limits);
    if headers::size(&raw.headers) > limits.headers {
        return Err(HttpError::HeadersTooLarge { limit: limits.headers }.into());
    }
    if matches!(raw.status, 301 | 302 | 303 | 307 | 308) {
        let location = raw.headers.get(LOCATION).map(HeaderValue::as_bytes);
        let location = location.and_then(|location| std::str::from_utf8(location).ok());
        let missing = PageError::BadAddress { why: "the site redirects, and does not say where to" };
        return Ok(Hop::Redirect(address.join(location.ok_or(missing)?)?));
    }
    let stated = headers::content_length(&raw.headers)?;
    let gzip = headers::encoding(&raw.headers)? == Encoding::Gzip;
    let body = Body::new(raw.body, gzip, stated, limits, deadline);
    Ok(Hop::Answer(Box::new(Answer { status: raw.status, headers: raw.headers, body })))
}

impl Answer {
    /// The body up to a number of bytes, and whether there was more. What is beyond is not received: the connection is closed.
    ///
    /// # Errors
    /// If the body does not end in time, or is not what the headers say.
    pub(crate) async fn read_up_to(self, most: usize) -> Result<(Vec<u8>, bool), HttpError> {
        let mut body = self.body;
        let mut bytes = Vec::new();
        while let Some(piece) = body.next().await.transpose()? {
            let room = most - bytes.len();
            bytes.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.len() > room {
                return Ok((bytes, true));
            }
        }
        Ok((bytes, false))
    }
}

/// The page's clock is above the request. The cap on the body is what one piece may become when it is decompressed.
fn limits_of_response(limits: &PageLimits) -> Limits {
    Limits {
        connect: limits.total,
        first_byte: limits.total,
        idle: limits.total,
        total: limits.total,
        body: limits.body.max(limits.robots).saturating_mul(8),
        ..Limits::SEARCH
    }
}
