//! `aggregator serve` and `aggregator demo`: answers over HTTP.

use std::net::SocketAddr;
use std::time::Duration;

use aggregator_core::{Engine, ProviderErrorKind};
use aggregator_gateway::Gateway;
use aggregator_http::{ClientKey, Offers, ServeLimits, Service, Settings};
use aggregator_mocks::{List, Pace, ScriptedModel, ScriptedProvider, Step, Style, catalog};
use tokio::net::TcpListener;

use crate::command_line::{DemoArgs, ServeArgs};
use crate::engine::{EXTRACTIVE, EngineParts};
use crate::exit::{Exit, ProgramError};
use crate::interrupt::Interrupt;
use crate::settings::{EffectiveSettings, Server};
use crate::watch::{Field, LogLevel, LogSettings, OtelSettings, Watch};

/// File descriptors that the program needs beside those of connections: documents, index, calls of services.
const OTHER_DESCRIPTORS: u64 = 128;

/// Serves the documents and services of the settings until a signal arrives.
pub fn run(args: &ServeArgs, settings: &EffectiveSettings) -> Result<Exit, ProgramError> {
    let mut server = settings.server.clone();
    server.listen = args.listen.unwrap_or(server.listen);
    let watch = Watch::start(args.log.over(settings.log), &settings.otel)?;
    let http = http_settings(&server, &watch)?;
    let interrupt = Interrupt::listen()?;
    let observer = watch.observer.clone();
    let parts = EngineParts::gather(&args.documents, args.offline, true, settings, observer, &interrupt)?;
    let default = parts.default_model()?;
    let engine = |name: &str| parts.engine(Some(parts.model(Some(name))?));
    let search = gateway(parts.engine(None)?, &server)?;
    let mut offers = Offers::new("aggregator", gateway(engine(&default)?, &server)?, search);
    let others = if args.offline { Vec::new() } else { settings.models.keys().map(String::as_str).collect() };
    for name in others.into_iter().chain([EXTRACTIVE]) {
        offers = offers.with(name, gateway(engine(name)?, &server)?);
    }
    serve(Service::new(offers, http), &server, &interrupt, &watch)
}

/// Serves made-up services and a made-up model, to try clients with.
pub fn demo(args: &DemoArgs) -> Result<Exit, ProgramError> {
    let mut server = Server::default();
    server.listen = args.listen.unwrap_or(server.listen);
    let watch = Watch::start(args.log.over(LogSettings::default()), &OtelSettings::default())?;
    let interrupt = Interrupt::listen()?;
    let engine = |name: &str| catalog::scenario(name).engine(&catalog::corpus(), Pace::Scripted, None);
    let gateway = |name| gateway(engine(name), &server);
    let mut offers = Offers::new("typical", gateway("typical")?, gateway("floor")?);
    for name in ["standard", "degraded", "rate-limited", "heavy-tail"] {
        offers = offers.with(name, gateway(name)?);
    }
    offers = offers.with("broken", self::gateway(broken(&watch)?, &server)?);
    let http = http_settings(&server, &watch)?;
    serve(Service::new(offers, http), &server, &interrupt, &watch)
}

/// An engine whose model fails in the middle of its answer.
fn broken(watch: &Watch) -> Result<Engine, ProgramError> {
    let (ms, corpus, seed) = (Duration::from_millis, catalog::corpus(), 0);
    let (list, style) = (List { pool: 12, repeats: 0 }, Style { sources: 5, citations: 3, invented: 0 });
    let hits = [Step::Emit { items: 5, every: ms(40) }];
    let pieces = [Step::Emit { items: 20, every: ms(30) }, Step::Fail(ProviderErrorKind::Truncated)];
    let provider = ScriptedProvider::new("alder", &hits, Pace::Scripted, &corpus, list, seed);
    let model = ScriptedModel::new("breaks-off", &pieces, Pace::Scripted, &corpus, style, seed);
    let engine = Engine::builder().provider(watch.observer.calls(provider)).model(watch.observer.calls(model)).build();
    engine.map_err(|error| ProgramError::new(Exit::Failed, error))
}

fn gateway(engine: Engine, server: &Server) -> Result<Gateway, ProgramError> {
    let mut builder = Gateway::builder(engine).admission(server.admission).single_flight(server.share_runs);
    if let Some(cache) = server.cache {
        builder = builder.cache(cache);
    }
    builder.build().map_err(|error| ProgramError::new(Exit::Usage, format!("[server]: {error}")))
}

/// # Errors
/// When a key cannot be read, or other machines could ask without one.
fn http_settings(server: &Server, watch: &Watch) -> Result<Settings, ProgramError> {
    let usage = |what: String| ProgramError::new(Exit::Usage, what);
    if !server.listen.ip().is_loopback() && server.keys.is_empty() && !server.without_keys {
        return Err(usage(format!(
            "other machines could ask at {} without a key: set `keys` in [server], or `without_keys = true`",
            server.listen
        )));
    }
    let mut settings = Settings::default();
    for key in &server.keys {
        let secret = key.key.read(|name| std::env::var_os(name));
        let secret = secret.map_err(|error| usage(format!("[server] keys, {:?}: {error}", key.name)))?;
        settings.keys.push(ClientKey::new(&key.name, secret.expose()).with_rate(key.rate));
    }
    settings.hosts.clone_from(&server.hosts);
    settings.origins.clone_from(&server.origins);
    settings.source_list = server.source_list;
    settings.observer = watch.observer.clone();
    settings.log = Some(watch.log.clone());
    // A key is what a page that makes a browser ask does not have.
    settings.any_host = !server.keys.is_empty() || !server.listen.ip().is_loopback();
    Ok(settings)
}

/// Answers until a signal arrives.
fn serve(service: Service, server: &Server, interrupt: &Interrupt, watch: &Watch) -> Result<Exit, ProgramError> {
    let failed = |what: String| ProgramError::new(Exit::Failed, what);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(format!("no runtime can be made: {error}")))?;
    let mut limits = ServeLimits::default();
    (limits.connections, limits.grace) = (connections(server, watch)?, server.grace);
    let ended = runtime.block_on(async {
        let listener = TcpListener::bind(server.listen).await.map_err(|error| {
            let what = format!("{} cannot be listened at: {error}; choose another one with --listen", server.listen);
            ProgramError::new(Exit::Usage, what)
        })?;
        let sending = watch.send(&service)?;
        let address = listener.local_addr().unwrap_or(server.listen);
        let fields = vec![("address", Field::Text(address.to_string()))];
        watch.say(LogLevel::Info, "listening", &started(address, &service, watch.log.is_text()), fields);
        let end = async {
            interrupt.raised().await;
            watch.ending(&service);
        };
        let ended = aggregator_http::serve(listener, service.clone(), limits, end).await;
        sending.end(watch).await;
        Ok::<_, ProgramError>(ended)
    })?;
    let (level, message) = match ended.cut {
        0 => (LogLevel::Info, "ended".to_owned()),
        cut => {
            let message = format!("ended; {cut} connections were cut after {} s", server.grace.as_secs_f64());
            (LogLevel::Warn, message)
        }
    };
    watch.say(level, "ended", &message, vec![("cut", Field::Number(ended.cut as u64))]);
    Ok(Exit::Done)
}

/// The connections for which there are file descriptors.
///
/// # Errors
/// When there are too few for any.
fn connections(server: &Server, watch: &Watch) -> Result<usize, ProgramError> {
    let wanted = server.connections as usize;
    let Some(limit) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current else { return Ok(wanted) };
    let possible = usize::try_from(limit.saturating_sub(OTHER_DESCRIPTORS)).unwrap_or(usize::MAX);
    if possible == 0 {
        let what = format!(
            "this process may open {limit} files, and needs more than {OTHER_DESCRIPTORS}: raise it with ulimit -n"
        );
        return Err(ProgramError::new(Exit::Usage, what));
    }
    if possible < wanted {
        let what =
            format!("this process may open {limit} files: at most {possible} connections; raise it with ulimit -n");
        watch.say(LogLevel::Warn, "connections", &what, vec![("connections", Field::Number(possible as u64))]);
    }
    Ok(possible.min(wanted))
}

fn started(address: SocketAddr, service: &Service, with_routes: bool) -> String {
    let names: Vec<&str> = service.names().collect();
    if !with_routes {
        return format!("listening at http://{address}");
    }
    format!(
        "listening at http://{address}\n  page        GET /\n  events      POST /v1/query\n  chat        POST /v1/chat/completions, models: {}\n  \
         search      POST /v1/search\n  figures     GET /metrics",
        names.join(", ")
    )
}
