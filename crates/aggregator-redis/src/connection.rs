//! The one connection to the server, which all questions share. It is made when it is needed, and made anew after any failure.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aggregator_policies::StoreError;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisError};

use crate::failure::failure;

/// The connection, open or not.
pub(crate) struct Connection {
    client: Client,
    connect_within: Duration,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    /// Counts the connections that were made.
    number: u64,
    opened: Option<Opened>,
}

/// A connection that is open or being opened, for all that wait for it.
type Opened = Shared<BoxFuture<'static, Result<MultiplexedConnection, StoreError>>>;

impl Connection {
    pub(crate) fn new(client: Client, connect_within: Duration) -> Self {
        Self { client, connect_within, current: Mutex::default() }
    }

    /// Asks over the connection. After an error it is closed, and also if the future is dropped before an answer: over a connection
    /// to a machine that is gone nothing comes for minutes, no error either.
    pub(crate) async fn ask<T, F>(
        self: &Arc<Self>,
        ask: impl FnOnce(MultiplexedConnection) -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, RedisError>>,
    {
        let (number, opened) = self.opened();
        // Nothing is closed while this waits: a connection may take longer to be made than a caller waits.
        let connection = match opened.await {
            Ok(connection) => connection,
            Err(error) => {
                self.close(number);
                return Err(error);
            }
        };
        let unanswered = Unanswered { connection: self, number };
        let answer = ask(connection).await;
        match answer {
            Ok(answer) => {
                std::mem::forget(unanswered);
                Ok(answer)
            }
            Err(error) => {
                Err(failure("the Redis server has not kept a limit", &error, self.client.get_connection_info()))
            }
        }
    }

    fn opened(self: &Arc<Self>) -> (u64, Opened) {
        let mut current = self.lock();
        if let Some(opened) = &current.opened {
            return (current.number, opened.clone());
        }
        current.number += 1;
        let number = current.number;
        // In a task of its own, so that it goes on when a caller has given up.
        let opening = tokio::spawn(Arc::clone(self).open(number));
        let opened = async move {
            opening
                .await
                .unwrap_or_else(|_| Err(StoreError::new("the program ends: no connection to the Redis server is made")))
        };
        let opened = opened.boxed().shared();
        current.opened = Some(opened.clone());
        (number, opened)
    }

    async fn open(self: Arc<Self>, number: u64) -> Result<MultiplexedConnection, StoreError> {
        // Whoever asks bounds the time of the answer.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(self.connect_within)).set_response_timeout(None);
        let opened = self.client.get_multiplexed_async_connection_with_config(&config).await;
        opened.map_err(|error| {
            self.close(number);
            failure(
                "no connection to the Redis server (does it run, are address and password right?)",
                &error,
                self.client.get_connection_info(),
            )
        })
    }

    /// The next question makes a new connection. Questions that are under way keep theirs.
    fn close(&self, number: u64) {
        let mut current = self.lock();
        if current.number == number {
            current.opened = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Unanswered<'a> {
    connection: &'a Connection,
    number: u64,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.connection.close(self.number);
    }
}
