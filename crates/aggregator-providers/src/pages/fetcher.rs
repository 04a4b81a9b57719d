//! Reads a page.

use std::fmt;
use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use super::address::PageAddress;
use super::error::PageError;
use super::hop::{self, Answer, Hop};
use super::limits::{MAX_TOTAL, PageLimits};
use super::resolve::{Resolve, SystemResolver};
use super::robots::{self, Permission, RobotsCache};
use super::sites::{Routes, Sites};
use super::text::{self, Form};
use crate::http::{Deadline, HttpError, headers};

/// What is asked for. Other types are refused, so that servers with a choice had better know.
const ACCEPT: &str = "text/html,application/xhtml+xml,text/plain;q=0.9";

/// Reads pages. Cheap to clone; clones share what sites allow in their robots.txt, for an hour and 256 sites at most, but no
/// connections: those of a page are closed when it is read.
#[derive(Clone)]
pub struct PageFetcher {
    limits: PageLimits,
    resolver: Arc<dyn Resolve>,
    robots: Arc<RobotsCache>,
    routes: Routes,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its title, at most 200 bytes, if it has one.
    pub title: Option<String>,
    /// Its text in order, at most 1,000 passages of at most 3,100 bytes: the headings that a passage stands under as
    /// `Guide › Install`, an empty line, its text. What the page repeats is there once. Empty if the page has no text. It is
    /// as the page has it: whoever shows it makes it safe.
    pub passages: Vec<String>,
    /// Where it was at last, after redirects.
    pub address: String,
    /// Bytes of the body that were read, after decompression.
    pub bytes: usize,
    /// Whether the page is longer than [`PageLimits::body`], or has more passages.
    pub truncated: bool,
}

impl PageFetcher {
    /// Reads pages of the Internet; the system says which addresses hosts have.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(limits: PageLimits) -> Result<Self, HttpError> {
        Self::with_resolver(limits, Arc::new(SystemResolver))
    }

    /// Reads pages of hosts that have the addresses which `resolver` says. These are checked as those of the system are.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn with_resolver(limits: PageLimits, resolver: Arc<dyn Resolve>) -> Result<Self, HttpError> {
        let limits = PageLimits { total: limits.total.min(MAX_TOTAL), ..limits };
        // Certificates are looked for now, rather than at the first page.
        crate::http::Pinned::new("", Vec::new(), limits.total)?;
        Ok(Self { limits, resolver, robots: Arc::default(), routes: Routes::default() })
    }

    /// Where connections to checked addresses go.
    #[cfg(test)]
    pub(crate) fn with_routes(self, routes: Routes) -> Self {
        Self { routes, ..self }
    }

    /// Reads a page, until `deadline` or for [`PageLimits::total`] at most. The text is taken out of the page in the same task,
    /// in one step that is linear in [`PageLimits::body`].
    ///
    /// Dropping the future closes its connections; a site that was asked what it allows is asked again by the next page.
    ///
    /// # Errors
    /// If the address, or that of a redirect, may not be asked; if the site does not allow it, or has no such page; if what comes
    /// is no text; if there is no response in time.
    pub async fn read(&self, url: &str, deadline: Instant) -> Result<Page, PageError> {
        let begun = Instant::now();
        let at = deadline.min(begun + self.limits.total);
        let deadline = Deadline { at, after: at.saturating_duration_since(begun) };
        let read = timeout_at(at, self.follow(url, deadline)).await;
        read.unwrap_or(Err(HttpError::TotalTimeout { after: deadline.after, begun: false }.into()))
    }

    async fn follow(&self, url: &str, deadline: Deadline) -> Result<Page, PageError> {
        let mut address = PageAddress::parse(url)?;
        let mut sites = Sites::new(&*self.resolver, &self.routes, self.limits.total);
        for _ in 0..=self.limits.redirects {
            // A site with an address that is not asked is not asked for its rules, and the error says why.
            sites.site(&address).await?;
            self.check_robots(&mut sites, &address, deadline).await?;
            match hop::ask(&mut sites, &address, ACCEPT, &self.limits, deadline).await? {
                Hop::Redirect(next) => address = next,
                Hop::Answer(answer) => return page(*answer, address, self.limits.body).await,
            }
        }
        Err(PageError::TooManyRedirects { most: self.limits.redirects })
    }

    async fn check_robots(
        &self,
        sites: &mut Sites<'_>,
        address: &PageAddress,
        deadline: Deadline,
    ) -> Result<(), PageError> {
        let ask = robots::ask(sites, address, &self.limits, deadline);
        match &*self.robots.get(address.origin(), ask).await? {
            Permission::Rules(rules) if rules.allow(address.target()) => Ok(()),
            Permission::Rules(_) => Err(PageError::Robots),
            Permission::Unknown { cause } => Err(PageError::RobotsUnknown { cause: cause.clone() }),
        }
    }
}

/// What a response has, of which `most` bytes are read.
async fn page(answer: Answer, address: PageAddress, most: usize) -> Result<Page, PageError> {
    if !(200..300).contains(&answer.status) {
        return Err(PageError::Status { status: answer.status });
    }
    let media_type = headers::media_type(&answer.headers);
    let form = match media_type.as_str() {
        "text/html" | "application/xhtml+xml" => Form::Html,
        "text/plain" => Form::Plain,
        other => return Err(PageError::ContentType { found: headers::shown_type(other) }),
    };
    let charset = headers::charset(&answer.headers);
    let (bytes, cut) = answer.read_up_to(most).await?;
    let text = text::read(&bytes, form, charset.as_deref(), cut).ok_or(PageError::Encoding)?;
    Ok(Page {
        title: text.title,
        passages: text.passages,
        address: address.url().to_string(),
        bytes: bytes.len(),
        truncated: cut || text.truncated,
    })
}

impl fmt::Debug for PageFetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PageFetcher")
            .field("limits", &self.limits)
            .field("resolver", &self.resolver)
            .finish_non_exhaustive()
    }
}
