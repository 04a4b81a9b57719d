//! Bodies of requests: JSON, up to a limit, with errors that say where they are wrong.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::error::ApiError;
use crate::shared::Shared;

/// A body that was read as JSON.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Shared> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, ApiError> {
        let (head, body) = request.into_parts();
        check(&head.headers)?;
        let bytes = timeout(shared.settings.body_within, read(body, shared.settings.max_body_bytes, &shared.bodies));
        let (bytes, _room) = bytes.await.map_err(|_| {
            let seconds = shared.settings.body_within.as_secs_f64();
            let what = format!("the body did not come within {seconds} s: send it again");
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "body_timeout", what)
        })??;
        // A list of values would be taken for the fields in their order.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            let what = "the body is not an object of JSON: send {\"name\": value, …}";
            return Err(ApiError::invalid("invalid_json", what));
        }
        serde_json::from_slice(&bytes)
            .map(Self)
            .map_err(|error| ApiError::invalid("invalid_json", format!("the body is not as it should be: {error}")))
    }
}

/// # Errors
/// If the body is not JSON as it is.
fn check(headers: &HeaderMap) -> Result<(), ApiError> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = header(CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/json" && !kind.ends_with("+json") {
        let what = format!("the content type is {kind:?}: send JSON, with content-type: application/json");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", what));
    }
    let encoding = header(CONTENT_ENCODING);
    if !matches!(encoding, "" | "identity") {
        let what = format!("the content encoding is {encoding:?}: send the body as it is");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_encoding", what));
    }
    Ok(())
}

/// Bytes of a body that are read in any case: most questions are shorter.
const ALWAYS_READ: usize = 64 << 10;

/// Reads a body up to a limit; what is longer is not read. What is beyond the first bytes has to have room among all bodies that are
/// read, as long as the permit that is returned lives.
async fn read(
    body: Body,
    max_bytes: usize,
    bodies: &Arc<Semaphore>,
) -> Result<(Bytes, Option<OwnedSemaphorePermit>), ApiError> {
    let too_long = || {
        let what = format!("the body has more than {max_bytes} bytes: send fewer or shorter messages");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", what)
    };
    if body.size_hint().lower() > max_bytes as u64 {
        return Err(too_long());
    }
    let (mut pieces, mut all) = (body.into_data_stream(), BytesMut::new());
    let (mut room, mut in_room) = (None::<OwnedSemaphorePermit>, 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| ApiError::invalid("incomplete_body", "the body broke off: send it again"))?;
        if all.len() + piece.len() > max_bytes {
            return Err(too_long());
        }
        let beyond = (all.len() + piece.len()).saturating_sub(ALWAYS_READ);
        if beyond > in_room {
            let more = u32::try_from(beyond - in_room).unwrap_or(u32::MAX);
            let more = Arc::clone(bodies).try_acquire_many_owned(more).map_err(|_| {
                let what = "too many long requests are read at this time: ask again";
                let full = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", what);
                full.with_retry_after(Duration::from_secs(1))
            })?;
            in_room = beyond;
            match &mut room {
                Some(room) => room.merge(more),
                None => room = Some(more),
            }
        }
        all.extend_from_slice(&piece);
    }
    Ok((all.freeze(), room))
}
