//! An HTTP proxy that tunnels to the fake cloud, whatever the host is called, and remembers who wanted to go where.

use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// Whom it lets through.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mood {
    /// Everybody.
    Open,
    /// Those who know `user:password`.
    Password(&'static str),
    /// Nobody: answers with this status.
    Refuse(u16),
}

/// A running proxy; it ends when it is dropped.
pub(crate) struct Proxy {
    /// Its address on this machine.
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    /// `route` tells the local port behind a host name.
    pub(crate) async fn start(mood: Mood, route: impl Fn(&str) -> Option<u16> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (asked, mut tasks) = (Arc::<Mutex<Vec<String>>>::default(), JoinSet::new());
        let (log, route) = (Arc::clone(&asked), Arc::new(route));
        tasks.spawn(async move {
            let mut tunnels = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (log, route) = (Arc::clone(&log), Arc::clone(&route));
                tunnels.spawn(async move {
                    // A client that hangs up early ends its tunnel, nothing else.
                    let _ = tunnel(stream, mood, &log, &*route).await;
                });
            }
        });
        Self { address, asked, _tasks: tasks }
    }

    /// What was asked of it: `CONNECT host:port`, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn tunnel(
    mut client: TcpStream,
    mood: Mood,
    log: &Mutex<Vec<String>>,
    route: &(impl Fn(&str) -> Option<u16> + ?Sized),
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    log.lock().unwrap().push(format!("{method} {target}"));
    let knows = |password: &str| {
        let expected = format!("basic {}", STANDARD.encode(password));
        head.lines().any(|line| {
            line.split_once(": ").is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case("proxy-authorization") && value.eq_ignore_ascii_case(&expected)
            })
        })
    };
    let refusal = match mood {
        Mood::Refuse(status) => Some(status),
        Mood::Password(password) if !knows(password) => Some(407),
        Mood::Open | Mood::Password(_) => None,
    };
    let port = route(target.rsplit_once(':').map_or(target, |(host, _)| host));
    let Some(port) = port.filter(|_| refusal.is_none()) else {
        let status = refusal.unwrap_or(502);
        return client.write_all(format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n").as_bytes()).await;
    };
    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
