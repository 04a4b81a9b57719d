//! Why a page was not read.

use thiserror::Error;

use crate::http::HttpError;

/// Why a page was not read. No text of it has an address, a host or a query.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PageError {
    /// The address, or that of a redirect, is of a kind that is never asked.
    #[error("the address of the page is not used: {why}")]
    BadAddress {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The host is, or has among its addresses, one that is not of the public Internet.
    #[error("the page is in a private or reserved network: such pages are never read")]
    PrivateAddress,
    /// The site does not want the page to be read by programs.
    #[error("the site does not allow programs to read this page (robots.txt)")]
    Robots,
    /// The site may not want it: its robots.txt could not be read.
    #[error(
        "whether the site allows programs to read this page is not known, since its robots.txt was not read: {cause}"
    )]
    RobotsUnknown {
        /// Why it was not read.
        cause: String,
    },
    /// The site answered with a status that is no success and no redirect.
    #[error("the site answered with status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// The page is neither HTML nor plain text.
    #[error("the page is {found}: only HTML and plain text are read")]
    ContentType {
        /// What came, if it is a common type.
        found: &'static str,
    },
    /// The page is not in UTF-8, UTF-16 or Windows-1252, or is no text.
    #[error("the page is not in UTF-8, UTF-16 or Windows-1252: other encodings are not read")]
    Encoding,
    /// The page redirects again and again.
    #[error("the page redirects more than {most} times")]
    TooManyRedirects {
        /// The limit, [`PageLimits::redirects`](super::PageLimits::redirects).
        most: u32,
    },
    /// There was no complete response.
    #[error(transparent)]
    Http(#[from] HttpError),
}
