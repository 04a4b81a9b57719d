//! A server of a test: on a socket in a folder of its own, killed when it is dropped.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use aggregator_redis::{RedisLimits, RedisSettings};
use tempfile::TempDir;

/// Longest time that a server may take to start, also on a machine that does a lot else.
const STARTS_WITHIN: u32 = 6_000;

pub struct Server {
    folder: TempDir,
    password: Option<&'static str>,
    program: Option<Child>,
}

impl Server {
    /// A running server, or nothing where none is installed.
    pub fn start() -> Option<Self> {
        Self::with_password(None)
    }

    pub fn with_password(password: Option<&'static str>) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut server = Self { folder, password, program: None };
        server.starts().then_some(server)
    }

    /// Starts it, at the same address as before. Says whether one is installed.
    pub fn starts(&mut self) -> bool {
        let program = std::env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
        let mut command = Command::new(&program);
        command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(self.socket());
        command.arg("--dir").arg(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(password) = self.password {
            command.args(["--requirepass", password]);
        }
        match command.spawn() {
            Ok(child) => self.program = Some(child),
            Err(error) => {
                let required = std::env::var("REQUIRE_REDIS").is_ok_and(|value| value == "1");
                assert!(!required, "REQUIRE_REDIS is 1, and `{program}` does not start: {error}");
                // Written around the test's capture, so that it is seen.
                let line =
                    format!("SKIPPED: `{program}` does not start ({error}); Debian: apt-get install redis-server\n");
                let _ = std::io::stderr().write_all(line.as_bytes());
                return false;
            }
        }
        for _ in 0..STARTS_WITHIN {
            if self.answers() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("`{program}` has not answered within a minute");
    }

    pub fn kill(&mut self) {
        if let Some(mut program) = self.program.take() {
            let _ = program.kill();
            let _ = program.wait();
            let _ = std::fs::remove_file(self.socket());
        }
    }

    pub fn address(&self) -> String {
        let password = self.password.map(|password| format!("?pass={password}")).unwrap_or_default();
        format!("redis+unix://{}{password}", self.socket().display())
    }

    /// A peer of its own.
    pub fn limits(&self) -> RedisLimits {
        RedisLimits::new(&self.address().into(), RedisSettings::default()).unwrap()
    }

    /// Another client, for what a test looks at itself.
    pub fn client(&self) -> redis::Connection {
        redis::Client::open(self.address()).unwrap().get_connection().unwrap()
    }

    /// Its clock, in seconds since 1970.
    pub fn time(&self) -> f64 {
        let (seconds, microseconds): (f64, f64) = redis::cmd("TIME").query(&mut self.client()).unwrap();
        seconds + microseconds / 1e6
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = UnixStream::connect(self.socket()) else { return false };
        let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
        let mut first = [0];
        // An error, because a password is missing, is an answer too.
        stream.write_all(b"PING\r\n").is_ok() && stream.read_exact(&mut first).is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
