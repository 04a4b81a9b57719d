//! What people read when a page is not read.

use std::time::Duration;

use crate::http::HttpError;
use crate::pages::PageError;

#[test]
fn what_errors_say() {
    let errors = [
        PageError::BadAddress { why: "its port is neither 80 nor 443" },
        PageError::PrivateAddress,
        PageError::Robots,
        PageError::RobotsUnknown { cause: PageError::Status { status: 503 }.to_string() },
        PageError::Status { status: 404 },
        PageError::ContentType { found: "application/pdf" },
        PageError::Encoding,
        PageError::TooManyRedirects { most: 3 },
        PageError::Http(HttpError::TotalTimeout { after: Duration::from_secs(2), begun: true }),
    ];
    insta::assert_snapshot!(errors.map(|error| error.to_string()).join("\n"), @r"
    the address of the page is not used: its port is neither 80 nor 443
    the page is in a private or reserved network: such pages are never read
    the site does not allow programs to read this page (robots.txt)
    whether the site allows programs to read this page is not known, since its robots.txt was not read: the site answered with status 503
    the site answered with status 404
    the page is application/pdf: only HTML and plain text are read
    the page is not in UTF-8, UTF-16 or Windows-1252: other encodings are not read
    the page redirects more than 3 times
    no complete response within 2 s
    ");
}
