//! A server that speaks Anthropic Messages, OpenAI Responses, OpenAI Chat Completions and Ollama's list of models, and
//! says what its script tells it to. For tests: it records every request, and breaks on command in the ways that real
//! servers break.
//!
//! In a test: [`FakeLlm::start`]. Stand-alone: `tidemark-fake-llm --listen 127.0.0.1:0 --script FILE --ready-file FILE`.
//!
//! | | |
//! |---|---|
//! | `PUT /__script` | a new [`Script`]; forgets the requests |
//! | `GET /__requests` | every request to a model so far: [`Seen`] |
//! | `GET /__failures` | what `expect` found wrong |

mod answer;
mod routes;
mod script;
mod seen;
mod wire;

pub use script::{Call, Cut, ErrorAnswer, Hang, Match, Nonsense, Script, Stop, Texts, Turn, Usage};
pub use seen::{Ended, Seen};

use seen::House;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// A running fake; stops when dropped.
pub struct FakeLlm {
    address: SocketAddr,
    house: Arc<House>,
    server: tokio::task::JoinHandle<()>,
}

impl FakeLlm {
    /// On a free loopback port.
    pub async fn start(script: Script) -> Self {
        let listener =
            TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port for a test server");
        Self::on(listener, script)
    }

    /// With a script in JSON, as in a script file.
    pub async fn with(script: serde_json::Value) -> Self {
        Self::start(serde_json::from_value(script).expect("the script is a Script")).await
    }

    pub fn on(listener: TcpListener, script: Script) -> Self {
        let address = listener.local_addr().expect("a bound listener has an address");
        let house = Arc::new(House::new(script));
        let router = routes::router(Arc::clone(&house));
        let server = tokio::spawn(async move {
            // Fails only when the listener does; then every request fails too and says so.
            drop(axum::serve(listener, router).await);
        });
        Self { address, house, server }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
    pub fn script(&self, script: Script) {
        self.house.restart(script);
    }
    pub fn requests(&self) -> Vec<Seen> {
        self.house.seen()
    }
    /// What `expect` found wrong; empty when every request was as expected.
    pub fn failures(&self) -> Vec<String> {
        self.house.failures()
    }
    /// Waits until this many requests to a model have come.
    pub async fn until_requests(&self, count: usize) -> Vec<Seen> {
        self.house.until(|seen| seen.len() >= count).await
    }
    /// Waits until the request of this number (from 0) has ended.
    pub async fn until_ended(&self, number: usize) -> Ended {
        let seen =
            self.house.until(|seen| seen.get(number).is_some_and(|seen| seen.ended != Ended::Open)).await;
        seen[number].ended
    }
    /// Serves until the process ends.
    pub async fn forever(mut self) {
        drop((&mut self.server).await);
    }
}

impl Drop for FakeLlm {
    fn drop(&mut self) {
        self.server.abort();
    }
}
