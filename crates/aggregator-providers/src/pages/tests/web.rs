//! A web of this machine: names, their addresses, and one server for all of them.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aggregator_mocks::fault_server::{Counts, FaultServer, Request, Script, response};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::time::Instant;

use crate::pages::sites::Routes;
use crate::pages::{Page, PageError, PageFetcher, PageLimits, Resolve};

/// Public addresses, which lead to the server.
pub const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34));
pub const PUBLIC_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2606, 0x2800, 0x220, 1, 0x248, 0x1893, 0x25c8, 0x1946));

/// What a busy machine gets to notice that a connection is closed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Long enough for any machine, where what is tested is no clock.
pub fn patient() -> PageLimits {
    PageLimits { total: Duration::from_secs(60), ..PageLimits::ANSWER }
}

pub struct Web {
    pub server: FaultServer,
    pub names: Arc<Names>,
    pub fetcher: PageFetcher,
}

/// Names and the addresses that they have at each time that is asked; the last stays. Others are at [`PUBLIC`].
#[derive(Debug, Default)]
pub struct Names {
    answers: HashMap<&'static str, Vec<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolve for Names {
    fn resolve(&self, name: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let mut asked = self.asked.lock().unwrap();
        let before = asked.iter().filter(|asked| *asked == name).count();
        asked.push(name.to_owned());
        let answers = self.answers.get(name);
        let answer = answers.map_or_else(|| vec![PUBLIC], |answers| answers[before.min(answers.len() - 1)].clone());
        async move { Ok(answer) }.boxed()
    }
}

impl Web {
    /// A web where each request is answered by its host and its path, with the limits of most tests.
    pub fn new(answer: impl Fn(&str, &str) -> Script + Send + Sync + 'static) -> Self {
        Self::with(patient(), [], answer)
    }

    /// One with other limits, where some names have other addresses.
    pub fn with<const N: usize>(
        limits: PageLimits,
        answers: [(&'static str, Vec<Vec<IpAddr>>); N],
        answer: impl Fn(&str, &str) -> Script + Send + Sync + 'static,
    ) -> Self {
        let choose =
            move |_: u64, request: &Request| answer(request.header("host").unwrap_or_default(), &request.target);
        let server = FaultServer::start_with(choose).expect("a port of this machine");
        let names = Arc::new(Names { answers: answers.into(), asked: Mutex::default() });
        let instead = vec![(PUBLIC, server.address()), (PUBLIC_V6, server.address())];
        let fetcher = PageFetcher::with_resolver(limits, names.clone()).expect("this system has certificates");
        Self { fetcher: fetcher.with_routes(Routes { instead }), server, names }
    }

    pub async fn read(&self, url: &str) -> Result<Page, PageError> {
        self.fetcher.read(url, Instant::now() + Duration::from_secs(60)).await
    }

    /// The requests so far as `host/path`, those for robots.txt left out.
    pub fn pages(&self) -> Vec<String> {
        let requests = self.requests();
        requests.into_iter().filter(|request| !request.ends_with("/robots.txt")).collect()
    }

    /// All requests so far as `host/path`.
    pub fn requests(&self) -> Vec<String> {
        let requests = self.server.requests();
        requests.iter().map(|it| format!("{}{}", it.header("host").unwrap_or_default(), it.target)).collect()
    }

    pub async fn wait_until_closed(&self) {
        self.server.wait_until_closed(PATIENCE).await.unwrap();
    }

    pub async fn wait_for(&self, wanted: impl Fn(&Counts) -> bool) {
        self.server.wait_for(PATIENCE, wanted).await.unwrap();
    }
}

/// A page of HTML.
pub fn html(text: &str) -> Script {
    page(200, &[("Content-Type", "text/html")], text)
}

/// A response that is complete.
pub fn page(status: u16, headers: &[(&str, &str)], body: &str) -> Script {
    Script::answering(response::complete(status, headers, body.as_bytes()))
}

/// A redirect.
pub fn redirect(status: u16, location: &str) -> Script {
    page(status, &[("Location", location)], "")
}

/// No rules, for `/robots.txt`; what `answer` says for other paths.
pub fn without_rules(path: &str, answer: impl FnOnce() -> Script) -> Script {
    if path == "/robots.txt" { page(404, &[], "") } else { answer() }
}
