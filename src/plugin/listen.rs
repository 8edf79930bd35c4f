//! Where the host connects, and who gets in: a socket in a directory that only this user can enter, or a loopback port. Each
//! connection is authenticated in a task of its own, so that a silent client cannot keep the host waiting.

use std::{io, path::PathBuf, time::Duration};

use tempfile::TempDir;
use tokio::{net::TcpListener, sync::mpsc, time};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::{
    Failure,
    connection::{Connection, Io},
    environment::{Environment, Transport},
    lifetime::Presence,
};

/// How long a client may take for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long to wait after a failed accept: what makes it fail (too many open files) does not pass at once.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// A bound listener. Dropping it removes the socket and its directory.
pub(super) struct Listener {
    /// Where it listens.
    pub address: Address,
    socket: Socket,
    directory: Option<TempDir>,
}

/// An address as the handshake line names it.
#[derive(Debug)]
pub(super) struct Address {
    /// `unix` or `tcp`.
    pub network: &'static str,
    /// A path, or host and port.
    pub text: String,
}

enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

impl Listener {
    /// Listens where the host wants it.
    pub(super) async fn bind(environment: &Environment) -> Result<Self, Failure> {
        match environment.transport {
            Transport::Tcp => tcp(environment).await,
            #[cfg(unix)]
            Transport::Unix => unix_or_tcp(environment, &[std::env::temp_dir(), PathBuf::from("/tmp")]).await,
            #[cfg(not(unix))]
            Transport::Unix => tcp(environment).await,
        }
    }

    /// The connections that passed TLS (all of them, without `tls`), until `ending`. The directory stays as long as the second
    /// part of the answer lives.
    pub(super) fn accept(
        self,
        tls: Option<TlsAcceptor>,
        presence: Presence,
        ending: CancellationToken,
    ) -> (ReceiverStream<io::Result<Connection>>, Option<TempDir>) {
        let (sender, receiver) = mpsc::channel(8);
        let socket = self.socket;
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    accepted = socket.accept() => accepted,
                    () = ending.cancelled() => return,
                };
                match accepted {
                    Ok(io) => drop(tokio::spawn(admit(io, tls.clone(), presence.clone(), sender.clone()))),
                    Err(error) => {
                        tracing::warn!(%error, "accepting a connection failed");
                        time::sleep(ACCEPT_AGAIN).await;
                    }
                }
            }
        });
        (ReceiverStream::new(receiver), self.directory)
    }
}

impl Socket {
    async fn accept(&self) -> io::Result<Box<dyn Io>> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Without it, Nagle's algorithm and delayed acknowledgement stall small answers by 40 ms.
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
            #[cfg(unix)]
            Self::Unix(listener) => Ok(Box::new(listener.accept().await?.0)),
        }
    }
}

async fn admit(io: Box<dyn Io>, tls: Option<TlsAcceptor>, presence: Presence, sender: mpsc::Sender<io::Result<Connection>>) {
    let io: Box<dyn Io> = match tls {
        None => io,
        Some(acceptor) => match time::timeout(HANDSHAKE, acceptor.accept(io)).await {
            Ok(Ok(stream)) => Box::new(stream),
            Ok(Err(error)) => return tracing::warn!(%error, "refused a connection"),
            Err(_) => return tracing::warn!("refused a connection that did not finish its TLS handshake"),
        },
    };
    // Fails only when the server has ended, and then nobody needs the connection.
    let _ = sender.send(Ok(Connection::new(io, presence.arrive()))).await;
}

/// A socket in the first of these directories that can hold one: the directory for temporary files may be missing, full, too long a path, or
/// not this user's. Where none can, a loopback port, but only if the host proves itself with its certificate: without one, every
/// user of this machine could read with this sign-in.
#[cfg(unix)]
async fn unix_or_tcp(environment: &Environment, temporary: &[PathBuf]) -> Result<Listener, Failure> {
    let named = environment.socket_directory.as_slice();
    let mut refused = Vec::new();
    for directory in if named.is_empty() { temporary } else { named } {
        match unix::bind(environment, directory) {
            Ok(listener) => return Ok(listener),
            Err(failure) => {
                tracing::warn!(%failure, "no socket here");
                refused.push(failure.to_string());
            }
        }
    }
    match environment.client_certificate.is_some() && named.is_empty() {
        true => tcp(environment).await,
        false => Err(Failure::start(refused.join(" "))),
    }
}

async fn tcp(environment: &Environment) -> Result<Listener, Failure> {
    let ports = environment.ports.clone();
    let place = format!("127.0.0.1, ports {} to {}", ports.start(), ports.end());
    let failure = |error: &io::Error| cannot_listen(&place, error, "Free one of these ports.");
    let mut last = None;
    for port in ports {
        match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => {
                let text = listener.local_addr().map_err(|error| failure(&error))?.to_string();
                let address = Address { network: "tcp", text };
                return Ok(Listener { address, socket: Socket::Tcp(listener), directory: None });
            }
            Err(error) => last = Some(error),
        }
    }
    Err(failure(&last.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into())))
}

fn cannot_listen(place: &str, error: &io::Error, advice: &str) -> Failure {
    Failure::start(format!("Listening for Terraform on {place}: {error}. {advice}"))
}

#[cfg(unix)]
mod unix {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{PermissionsExt, chown},
        path::Path,
    };

    use tokio::net::UnixListener;

    use super::*;

    pub(super) fn bind(environment: &Environment, parent: &Path) -> Result<Listener, Failure> {
        let place = format!("a socket in {}", parent.display());
        let failure = |error: &io::Error| cannot_listen(&place, error, "Set TMPDIR to a short path that this user can write to.");
        // A short name: the system allows about 100 bytes for the whole path.
        let directory = tempfile::Builder::new()
            .prefix("azp")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(|error| failure(&error))?;
        let path = directory.path().join("s");
        let text = spelled(&path)?;
        let listener = UnixListener::bind(&path).map_err(|error| failure(&error))?;
        let shared = environment.socket_group.as_deref();
        share(directory.path(), &path, shared).map_err(|error| failure(&error))?;
        Ok(Listener { address: Address { network: "unix", text }, socket: Socket::Unix(listener), directory: Some(directory) })
    }

    /// The path as it fits into the handshake line, whose fields end at a bar.
    fn spelled(path: &Path) -> Result<String, Failure> {
        match path.to_str() {
            Some(text) if !text.contains(['|', '\n', '\r']) => Ok(text.to_owned()),
            _ => Err(Failure::start(format!(
                "Listening for Terraform on {}: the path cannot be announced to it. Set TMPDIR to a plain path.",
                path.display()
            ))),
        }
    }

    /// Only this user may connect, or the group that the host named.
    fn share(directory: &Path, socket: &Path, group: Option<&str>) -> io::Result<()> {
        let Some(group) = group else { return fs::set_permissions(socket, Permissions::from_mode(0o600)) };
        let group = Some(group_id(group, &fs::read_to_string("/etc/group").unwrap_or_default())?);
        chown(directory, None, group)?;
        fs::set_permissions(directory, Permissions::from_mode(0o710))?;
        chown(socket, None, group)?;
        fs::set_permissions(socket, Permissions::from_mode(0o660))
    }

    /// The number of a group given by number, or by its name in a group file (`name:password:number:members`).
    fn group_id(group: &str, file: &str) -> io::Result<u32> {
        let named = || {
            let mut fields = file.lines().map(|line| line.split(':')).find(|fields| fields.clone().next() == Some(group))?;
            fields.nth(2)?.parse().ok()
        };
        let unknown = || io::Error::other(format!("PLUGIN_UNIX_SOCKET_GROUP names no known group: {group:?}"));
        group.parse().ok().or_else(named).ok_or_else(unknown)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_group_is_found_by_number_or_name() {
            let file = "root:x:0:\ndaemon:x:1:\nstaff:x:50:ana,bo\n";
            assert_eq!(group_id("1234", file).unwrap(), 1234);
            assert_eq!(group_id("staff", file).unwrap(), 50);
            assert!(group_id("nobody", file).unwrap_err().to_string().contains("nobody"));
        }

        #[test]
        fn a_path_that_would_break_the_handshake_line_is_refused() {
            assert!(spelled(Path::new("/tmp/a|b/s")).is_err());
            assert_eq!(spelled(Path::new("/tmp/azp/s")).ok().as_deref(), Some("/tmp/azp/s"));
        }

        fn environment(client_certificate: Option<&str>, socket_directory: Option<&Path>) -> Environment {
            Environment {
                client_certificate: client_certificate.map(str::to_owned),
                socket_directory: socket_directory.map(Path::to_owned),
                ..Environment::without_host()
            }
        }

        #[tokio::test]
        async fn where_one_directory_holds_no_socket_the_next_does_and_at_last_a_port() {
            let good = tempfile::tempdir().unwrap();
            let long = good.path().join("x".repeat(120));
            fs::create_dir(&long).unwrap();
            let unusable = [PathBuf::from("/nonexistent/azposture"), long];
            let hosted = environment(Some("certificate"), None);
            let some = [unusable[0].clone(), unusable[1].clone(), good.path().to_owned()];
            let listener = unix_or_tcp(&hosted, &some).await.unwrap_or_else(|failure| panic!("{failure}"));
            assert!(listener.address.network == "unix" && listener.address.text.starts_with(good.path().to_str().unwrap()));
            let listener = unix_or_tcp(&hosted, &unusable).await.unwrap_or_else(|failure| panic!("{failure}"));
            assert!(listener.address.network == "tcp" && listener.address.text.starts_with("127.0.0.1:"));
        }

        #[tokio::test]
        async fn without_a_certificate_of_the_host_nobody_else_gets_a_port_to_knock_at() {
            let nowhere = [PathBuf::from("/nonexistent/azposture")];
            let Err(failure) = unix_or_tcp(&environment(None, None), &nowhere).await else { panic!("it listens") };
            assert!(
                failure.to_string().contains("/nonexistent/azposture") && failure.to_string().contains("TMPDIR"),
                "{failure}"
            );
        }

        #[tokio::test]
        async fn a_directory_that_the_host_names_is_the_only_one() {
            let (wanted, other) = (Path::new("/nonexistent/azposture"), std::env::temp_dir());
            assert!(unix_or_tcp(&environment(Some("certificate"), Some(wanted)), &[other]).await.is_err());
        }

        #[tokio::test]
        async fn the_directory_belongs_to_this_user_alone_and_goes_with_the_listener() {
            let listener = Listener::bind(&Environment::without_host()).await.unwrap_or_else(|failure| panic!("{failure}"));
            let directory = Path::new(&listener.address.text).parent().unwrap().to_owned();
            assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
            drop(listener);
            assert!(!directory.exists());
        }
    }
}
