//! The fetcher as the engine's reader of pages.

use aggregator_core::{Page, PageFuture, PageReader, ProviderError, ProviderErrorKind, ReadRequest};

use super::error::PageError;
use super::fetcher::PageFetcher;
use crate::http::HttpError;

impl PageReader for PageFetcher {
    fn read(&self, request: ReadRequest) -> PageFuture {
        let fetcher = self.clone();
        Box::pin(async move {
            match PageFetcher::read(&fetcher, &request.url, request.deadline).await {
                Ok(page) => Ok(Page::new(page.passages)),
                Err(error) => Err(ProviderError::new(kind(&error), error.to_string()).with_source(error)),
            }
        })
    }
}

/// The kind that an error has for the engine.
fn kind(error: &PageError) -> ProviderErrorKind {
    match error {
        PageError::Status { status: 401 | 403 } => ProviderErrorKind::Unauthorized,
        PageError::Status { status: 429 } => ProviderErrorKind::RateLimited,
        PageError::Status { status: 502..=504 } => ProviderErrorKind::Unreachable,
        PageError::Http(
            HttpError::Connect { .. }
            | HttpError::ConnectTimeout { .. }
            | HttpError::FirstByteTimeout { .. }
            | HttpError::TotalTimeout { begun: false, .. }
            | HttpError::Tls { .. },
        ) => ProviderErrorKind::Unreachable,
        PageError::Http(
            HttpError::Truncated { .. } | HttpError::IdleTimeout { .. } | HttpError::TotalTimeout { .. },
        ) => ProviderErrorKind::Truncated,
        PageError::BadAddress { .. }
        | PageError::PrivateAddress
        | PageError::Robots
        | PageError::RobotsUnknown { .. } => ProviderErrorKind::Other,
        _ => ProviderErrorKind::BadResponse,
    }
}
