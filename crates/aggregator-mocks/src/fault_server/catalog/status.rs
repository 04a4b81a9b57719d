//! Redirects, and statuses that say no, except 429.

use super::super::response::{complete, head};
use super::super::script::{Script, Step};
use super::answer::Answer;
use super::entry::{Ending, Entry, Service};
use super::outcome::ExpectedOutcome::{
    self, Auth, ContentType, Idle, InvalidResponse, RateLimited, Redirect, Request, TooLarge, Truncated, Unavailable,
};

pub(super) fn entries(answer: &Answer) -> Vec<Entry> {
    let mut all = redirects(answer.service);
    all.extend(refusals(answer.service));
    all.extend(failures(answer.service));
    all
}

/// The body of an error, as the service writes it.
pub(super) fn error_body(service: Service, status: u16, code: &str, message: &str) -> (&'static str, String) {
    let body = match service {
        Service::Brave => format!(
            "{{\"type\":\"ErrorResponse\",\"error\":{{\"id\":\"e1\",\"status\":{status},\"code\":\"{code}\",\
                 \"detail\":\"{message}\"}},\"time\":1}}"
        ),
        // A page of its web framework.
        Service::Searxng => {
            return ("text/html; charset=utf-8", format!("<!doctype html><h1>{status}</h1><p>{message}</p>"));
        }
        Service::OpenAi => {
            format!(r#"{{"error":{{"message":"{message}","type":"{code}","param":null,"code":"{code}"}}}}"#)
        }
        Service::Anthropic => format!(r#"{{"type":"error","error":{{"type":"{code}","message":"{message}"}}}}"#),
        Service::Ollama => format!(r#"{{"error":"{message}"}}"#),
    };
    ("application/json", body)
}

/// A complete response with such a body and these headers.
pub(super) fn error(service: Service, status: u16, code: &str, message: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let (content_type, body) = error_body(service, status, code, message);
    complete(status, &[&[("Content-Type", content_type)], headers].concat(), body.as_bytes())
}

fn redirects(service: Service) -> Vec<Entry> {
    let to = |fault, does, status: u16, target: &'static str| {
        let make = move |elsewhere: &str| {
            Script::answering(complete(status, &[("Location", &target.replace("{elsewhere}", elsewhere))], b""))
        };
        Entry::made(service, fault, does, make).status(status).expect(Redirect)
    };
    vec![
        to("redirect-301", "moved to another server", 301, "{elsewhere}/moved"),
        to("redirect-302", "found on another server", 302, "{elsewhere}/found?q=1"),
        to("redirect-303", "see another server", 303, "{elsewhere}/see"),
        to("redirect-307", "the same request to another server", 307, "{elsewhere}/same"),
        to("redirect-308", "moved to another server, with the same request", 308, "{elsewhere}/same"),
        to("redirect-to-itself", "a redirect to the same path each time", 302, "/"),
        to("redirect-to-a-file", "a file of the client's machine", 302, "file:///etc/passwd"),
        to("redirect-to-no-url", "a place that is no URL", 302, "http://[::1"),
        Entry::new(
            service,
            "redirect-nowhere",
            "a redirect that does not say where",
            Script::answering(complete(302, &[], b"")),
        )
        .status(302)
        .expect(Redirect)
        .or(InvalidResponse),
    ]
}

fn refusals(service: Service) -> Vec<Entry> {
    let entry = |fault, does, status: u16, code: &str, message: &str, expected: ExpectedOutcome| {
        let bytes = error(service, status, code, message, &[]);
        Entry::new(service, fault, does, Script::answering(bytes)).status(status).expect(expected)
    };
    // The key is in the head that is sent back, where the message of the error would be.
    let (content_type, form) = error_body(service, 401, "invalid_api_key", "Incorrect API key provided: {head}");
    let (before, behind) = form.split_once("{head}").unwrap_or((&form, ""));
    let quoting = head(401, &[("Content-Type", content_type), ("Connection", "close")]);
    let quoting =
        Script::answering([&*quoting, before.as_bytes()].concat()).then(Step::SendRequestHead).send(behind.as_bytes());
    vec![
        entry("400", "the request is invalid", 400, "invalid_request_error", "Bad parameter", Request),
        entry("401", "the key is refused", 401, "invalid_api_key", "Incorrect API key", Auth),
        Entry::new(service, "401-quoting", "the key is refused, and the error quotes the request's head", quoting)
            .status(401)
            .expect(Auth),
        Entry::new(
            service,
            "401-endless",
            "the key is refused, with a body that does not end",
            Script::answering(head(401, &[("Content-Type", "text/plain"), ("WWW-Authenticate", "Bearer")]))
                .repeat([b'x'; 4096], std::time::Duration::ZERO),
        )
        .status(401)
        .ends(Ending::Endless)
        .expect(Auth)
        .or(TooLarge),
        entry("402", "there is no money left", 402, "billing_error", "Your credit balance is too low", Auth)
            .or(Request),
        entry("403", "the key may not do this", 403, "permission_error", "Not allowed", Auth).or(Request),
        entry("404", "there is no such address or model", 404, "not_found_error", "No such model", Request),
        entry("422", "a value is out of range", 422, "VALIDATION", "count must be below 20", Request),
        Entry::new(service, "204", "no content", Script::answering(head(204, &[("Connection", "close")])))
            .status(204)
            .or(if service.is_search() { ContentType } else { Truncated }),
        Entry::new(service, "status-999", "a status that no standard has", Script::answering(complete(999, &[], b"")))
            .status(999)
            .or(Unavailable),
        Entry::new(
            service,
            "status-no-number",
            "a status that is no number",
            Script::answering(&b"HTTP/1.1 OK 200\r\nContent-Length: 0\r\n\r\n"[..]),
        )
        .no_status(),
    ]
}

fn failures(service: Service) -> Vec<Entry> {
    let entry =
        |fault, does, status: u16, script| Entry::new(service, fault, does, script).status(status).expect(Unavailable);
    let failing = |status, headers: &[(&str, &str)]| {
        Script::answering(error(service, status, "api_error", "Something failed", headers))
    };
    let gateway = |status| {
        let page = b"<html><center><h1>Bad Gateway</h1></center><hr>nginx</html>";
        Script::answering(complete(status, &[("Content-Type", "text/html")], page))
    };
    let quoting = head(500, &[("Content-Type", "text/plain"), ("Connection", "close")]);
    let silent = head(500, &[("Content-Type", "application/json"), ("Content-Length", "100")]);
    vec![
        entry("500", "the service failed", 500, failing(500, &[])),
        entry(
            "500-quoting",
            "the service failed, and its page for developers quotes the request's head",
            500,
            Script::answering(quoting).send("Traceback: ").then(Step::SendRequestHead),
        ),
        entry(
            "500-hanging",
            "the service failed, and the body of the error never comes",
            500,
            Script::answering(silent).hang(),
        )
        .ends(Ending::Silent)
        .or(Idle),
        entry("502", "a gateway's page", 502, gateway(502)),
        entry("503", "not now", 503, failing(503, &[])),
        entry("503-retry-after", "not now, but in 7 s", 503, failing(503, &[("Retry-After", "7")]))
            .or(RateLimited { wait: Some(std::time::Duration::from_secs(7)) }),
        entry("504", "a gateway's page: the service was too slow", 504, gateway(504)),
        entry("529", "overloaded, in Anthropic's number", 529, failing(529, &[])),
    ]
}
