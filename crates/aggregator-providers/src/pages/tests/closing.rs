//! Connections end with the page.

use std::sync::Arc;

use aggregator_mocks::fault_server::{Script, Step, response};

use super::web::{Web, without_rules};

fn html_head(length: &str) -> Vec<u8> {
    response::head(200, &[("Content-Type", "text/html"), ("Content-Length", length)])
}

#[tokio::test]
async fn a_page_that_was_read_leaves_no_connection_open() {
    // The server would keep the connection, and closes when the client does.
    let web =
        Web::new(|_, path| without_rules(path, || Script::reading().send(html_head("8")).send("<p>Text.").hang()));
    assert!(web.read("http://a.example/").await.is_ok());
    web.wait_until_closed().await;
}

#[tokio::test]
async fn rules_and_page_come_over_one_connection_if_the_site_keeps_it() {
    let rules = response::head(404, &[("Content-Length", "0")]);
    let both = Script::reading().send(rules).then(Step::ReadRequest).send(html_head("8")).send("<p>Text.").hang();
    let web = Web::new(move |_, _| both.clone());
    assert!(web.read("http://a.example/").await.is_ok());
    web.wait_until_closed().await;
    assert_eq!((web.server.counts().accepted, web.requests().len()), (1, 2));
}

#[tokio::test]
async fn dropping_closes_the_connection_wherever_the_page_is() {
    for at in ["robots", "robots body", "headers", "body"] {
        let web = Web::new(move |_, path| match (path, at) {
            ("/robots.txt", "robots") => Script::reading().hang(),
            ("/robots.txt", "robots body") => Script::reading().send(html_head("9")).send("#").hang(),
            (path, "headers") => without_rules(path, || Script::reading().hang()),
            (path, _) => without_rules(path, || Script::reading().send(html_head("9")).send("<p>").hang()),
        });
        let web = Arc::new(web);
        let read = tokio::spawn({
            let web = web.clone();
            async move { web.read("http://a.example/").await }
        });
        web.wait_for(|counts| counts.hanging == 1).await;
        read.abort();
        assert!(read.await.unwrap_err().is_cancelled(), "{at}");
        web.wait_until_closed().await;
    }
}
