//! Reads the robots.txt of a site.

use super::cache::Permission;
use super::parse::Rules;
use crate::http::{Deadline, HttpError};
use crate::pages::address::PageAddress;
use crate::pages::error::PageError;
use crate::pages::hop::{self, Answer, Hop};
use crate::pages::limits::PageLimits;
use crate::pages::sites::Sites;

/// The name by which sites address this program, in any case of letters. It is in the header `User-Agent` of each request.
const PROGRAM: &str = "aggregator";
/// Redirects of a robots.txt that are followed, also to other hosts (RFC 9309, section 2.3.1.2: at least five).
const MAX_REDIRECTS: u32 = 5;

/// What the site of a page allows, within the same limits and to the same addresses as the page itself. RFC 9309, section 2.3.1:
/// a status from 400 to 499 says that there are no rules; with another status, or none, nothing is allowed. 429 is among
/// these: a site that is asked too much is not asked more.
///
/// # Errors
/// If the time is over.
pub(crate) async fn ask(
    sites: &mut Sites<'_>,
    page: &PageAddress,
    limits: &PageLimits,
    deadline: Deadline,
) -> Result<Permission, PageError> {
    match rules(sites, page.robots(), limits, deadline).await {
        Ok(rules) => Ok(Permission::Rules(rules)),
        // How much time there is depends on the caller, and says nothing about the site.
        Err(PageError::Http(error @ HttpError::TotalTimeout { .. })) => Err(error.into()),
        Err(error) => Ok(Permission::Unknown { cause: error.to_string() }),
    }
}

async fn rules(
    sites: &mut Sites<'_>,
    mut address: PageAddress,
    limits: &PageLimits,
    deadline: Deadline,
) -> Result<Rules, PageError> {
    for _ in 0..=MAX_REDIRECTS {
        match hop::ask(sites, &address, "text/plain,*/*;q=0.1", limits, deadline).await? {
            Hop::Redirect(next) => address = next,
            Hop::Answer(answer) => return read(*answer, limits).await,
        }
    }
    Err(PageError::TooManyRedirects { most: MAX_REDIRECTS })
}

async fn read(answer: Answer, limits: &PageLimits) -> Result<Rules, PageError> {
    match answer.status {
        200..=299 => {
            let (mut text, truncated) = answer.read_up_to(limits.robots).await?;
            if truncated {
                // A rule that is cut would be another rule.
                let whole = text.iter().rposition(|byte| matches!(byte, b'\r' | b'\n'));
                text.truncate(whole.unwrap_or_default());
            }
            Ok(Rules::parse(&text, PROGRAM))
        }
        429 => Err(PageError::Status { status: 429 }),
        400..=499 => Ok(Rules::default()),
        status => Err(PageError::Status { status }),
    }
}
