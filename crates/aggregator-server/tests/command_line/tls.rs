//! Services behind TLS: which certificates are trusted, and what is said of others. The certificates are made for each test.

use std::fs;
use std::io::{self, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aggregator_mocks::fault_server::catalog::{Service, good_response};
use aggregator_mocks::fault_server::{FaultServer, Script};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::world::{Ran, World};

const KEY: &str = "canary-77ac01";

/// A company that certifies servers.
fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Who a certificate is for.
fn of(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

/// A server that answers as the services do, and knows what it was asked. Its threads end with the process.
struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(issuer: &CertifiedIssuer<'static, KeyPair>, of: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = of.signed_by(&key, issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
        let server = Self { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let asked = Arc::clone(&server.asked);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (config, asked) = (Arc::clone(&config), Arc::clone(&asked));
                // A handshake that fails is the client's to report.
                std::thread::spawn(move || answer(connection, config, &asked));
            }
        });
        server
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(connection: TcpStream, config: Arc<ServerConfig>, asked: &Mutex<Vec<String>>) -> io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(20)))?;
    let connection_state = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut tls = StreamOwned::new(connection_state, connection);
    let (mut request, mut piece) = (Vec::new(), [0; 4_096]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        match tls.read(&mut piece)? {
            0 => return Ok(()),
            read => request.extend_from_slice(&piece[..read]),
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let service = if request.starts_with("GET ") { Service::Searxng } else { Service::OpenAi };
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    tls.write_all(&good_response(service))?;
    tls.conn.send_close_notify();
    tls.flush()
}

/// Asks the server as a user does whose system trusts an authority.
fn ask(server: &Server, trusted: &CertifiedIssuer<'static, KeyPair>) -> Ran {
    let world = World::new();
    let base = format!("https://{}", server.address);
    let settings = format!(
        "[search]\nread_pages = false\n[search.searxng]\nbase = '{base}'\n\
         [models.gpt]\nservice = 'openai'\nmodel = 'm'\nbase = '{base}/v1'\nkey = '${{GPT_KEY}}'\n"
    );
    fs::write(world.path("aggregator.toml"), settings).unwrap();
    fs::write(world.path("authority.pem"), trusted.pem()).unwrap();
    let mut command = world.command(&["ask", "how many inhabitants has Zürich?"]);
    let output = command.env("GPT_KEY", KEY).env("SSL_CERT_FILE", world.path("authority.pem")).output().unwrap();
    let ran = Ran::of(output, &world.path(""));
    assert!(!format!("{}{}", ran.out, ran.err).contains(KEY), "{}", ran.shown());
    ran
}

#[test]
fn a_machine_without_certificates_asks_services_on_this_machine() {
    let searxng = FaultServer::start(Script::answering(good_response(Service::Searxng))).unwrap();
    let world = World::new();
    let settings = format!("[search]\nread_pages = false\n[search.searxng]\nbase = '{}'\n", searxng.url());
    fs::write(world.path("aggregator.toml"), settings).unwrap();
    let nothing = world.path("docs");
    let mut command = world.command(&["search", "how many inhabitants has Zürich?"]);
    let output = command.env("SSL_CERT_FILE", nothing.join("none.pem")).env("SSL_CERT_DIR", nothing).output().unwrap();
    let ran = Ran::of(output, &world.path("")).ends(0);
    assert!(ran.out.contains("1. "), "{}", ran.shown());
}

#[test]
fn a_service_with_a_trusted_certificate_is_asked_and_no_other() {
    let (known, other) = (authority("Known"), authority("Other"));
    let here = of(&["127.0.0.1"]);
    let server = Server::start(&known, &here);
    let ran = ask(&server, &known).ends(0);
    assert!(ran.out.contains("443,037"), "{}", ran.shown());
    let asked = server.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    let authorization = format!("authorization: Bearer {KEY}");
    assert!(asked.iter().any(|request| request.to_lowercase().contains(&authorization.to_lowercase())), "{asked:?}");

    let mut said = Vec::new();
    let mut expired = here.clone();
    (expired.not_before, expired.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let mut future = here.clone();
    future.not_before = date_time_ymd(4000, 1, 1);
    for (what, server) in [
        ("of an unknown authority", Server::start(&other, &here)),
        ("for another host", Server::start(&known, &of(&["example.org"]))),
        ("expired", Server::start(&known, &expired)),
        ("not valid yet", Server::start(&known, &future)),
    ] {
        let ran = ask(&server, &known).ends(4);
        // Nothing is sent, in particular no key.
        assert_eq!(server.asked(), [""; 0], "{what}");
        said.push(format!("{what}: {}", ran.err.lines().rfind(|line| line.contains("searxng")).unwrap()));
    }
    insta::assert_snapshot!("certificates", said.join("\n"));
}
