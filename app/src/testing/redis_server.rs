//! A Redis of one's own, which can be killed, stopped and started again.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;

/// A `redis-server` on a port of its own, which keeps nothing. Dropped, it ends.
#[derive(Debug)]
pub(crate) struct RedisServer {
    port: u16,
    process: Option<Child>,
}

impl RedisServer {
    /// Starts one, and waits until it answers.
    pub(crate) async fn start() -> Self {
        let mut this = Self {
            port: free_port(),
            process: None,
        };
        this.start_again().await;
        this
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// Starts it again on the same port, empty.
    pub(crate) async fn start_again(&mut self) {
        let port = self.port.to_string();
        let words = [
            "--port",
            &port,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ];
        let process = Command::new("redis-server")
            .args(words)
            .stdout(Stdio::null())
            .spawn();
        self.process = Some(process.unwrap());
        let began = Instant::now();
        while self.connect().await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "no redis-server");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Holds it as it is: it takes connections and answers nothing.
    pub(crate) fn freeze(&self) {
        self.signal(rustix::process::Signal::STOP);
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal(rustix::process::Signal::CONT);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let process = self.process.as_ref().unwrap();
        let id = rustix::process::Pid::from_child(process);
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Runs a command behind the server's back.
    pub(crate) async fn command(&self, words: &[&str]) {
        let mut connection = self.connect().await.unwrap();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command
            .query_async::<redis::Value>(&mut connection)
            .await
            .unwrap();
    }

    async fn connect(&self) -> redis::RedisResult<MultiplexedConnection> {
        let client = redis::Client::open(self.url())?;
        client.get_multiplexed_async_connection().await
    }
}

/// A port that is nobody's: the listener that finds it ends with this function.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
