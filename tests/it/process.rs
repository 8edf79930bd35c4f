//! The process as a host meets it: how it starts, who gets in, and when it ends. Nothing may be left behind.

use std::{fs, os::unix::fs::PermissionsExt};

use azposture::{
    demo::{PRODUCTION, SANDBOX},
    plugin::wire::{
        plugin::{
            Empty, grpc_broker_client::GrpcBrokerClient, grpc_controller_client::GrpcControllerClient,
            grpc_stdio_client::GrpcStdioClient,
        },
        tfplugin6::{self as pb, provider_client::ProviderClient},
    },
};
use serde_json::{Value as Json, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    net::UnixStream,
};
use tonic::transport::Channel;

use crate::support::{
    host::{Identity, Launch, Line, connect, nobody, within},
    plugin::Plugin,
};

fn announcing(identity: &Identity) -> Launch {
    Launch::new().with("PLUGIN_CLIENT_CERT", &identity.pem)
}

/// Whether a connection gets an answer. A refusal shows at the first call: in TLS 1.3 the client is done before the server has
/// seen its certificate.
async fn is_served(channel: Result<Channel, tonic::transport::Error>) -> bool {
    let Ok(channel) = channel else { return false };
    within(ProviderClient::new(channel).get_functions(pb::get_functions::Request {})).await.is_ok()
}

#[tokio::test]
async fn by_hand_it_says_what_it_is() {
    for cookie in ["", "another"] {
        let (code, stdout, stderr) = Launch::new().with("TF_PLUGIN_MAGIC_COOKIE", cookie).run().await;
        assert_eq!((code, stdout.as_str()), (Some(1), ""));
        assert!(stderr.contains("required_providers") && stderr.contains("README"), "{stderr}");
    }
}

#[tokio::test]
async fn its_version_is_told_without_a_host() {
    for flag in ["--version", "-version"] {
        let (code, stdout, _) = Launch::new().argument(flag).run().await;
        assert_eq!((code, stdout.trim()), (Some(0), env!("CARGO_PKG_VERSION")));
    }
    let (code, _, stderr) = Launch::new().argument("--nonsense").run().await;
    assert!(code == Some(1) && stderr.contains("--nonsense"), "{stderr}");
}

#[tokio::test]
async fn an_unreadable_client_certificate_is_refused_at_start() {
    let (code, stdout, stderr) = Launch::new().with("PLUGIN_CLIENT_CERT", "x").run().await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(stderr.contains("PLUGIN_CLIENT_CERT"), "{stderr}");
}

#[tokio::test]
async fn the_handshake_line_is_what_go_plugin_parses() {
    // A host that lacks version 6 reads it in the line, and says "Incompatible API version" itself.
    for versions in ["5,6", "6,5", "", "5", "4,5", "x"] {
        let plugin = Plugin::start_with(&[("PLUGIN_PROTOCOL_VERSIONS", versions)]).await;
        let fields: Vec<_> = plugin.line.text.trim_end().split('|').collect();
        assert_eq!((fields.len(), fields[0], fields[1], fields[2], fields[4]), (6, "1", "6", "unix", "grpc"));
        assert!(fields[5].len() > 50 && !fields[5].contains('='), "{}", fields[5]);
    }
}

#[tokio::test]
async fn a_seventh_field_only_goes_to_a_host_that_knows_it() {
    let plugin = Plugin::start_with(&[("PLUGIN_MULTIPLEX_GRPC", "true")]).await;
    assert!(plugin.line.text.ends_with("|false\n"), "{}", plugin.line.text);
}

#[tokio::test]
async fn the_announced_client_certificate_is_accepted_in_both_tls_versions() {
    let identity = Identity::new();
    let plugin = Plugin::launched(announcing(&identity), Some(&identity)).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let tls = identity.client(plugin.line.certificate.as_ref().unwrap(), version);
        assert!(is_served(connect(&plugin.line, Some(tls)).await).await, "{version:?}");
    }
}

#[tokio::test]
async fn a_wrong_client_certificate_is_refused() {
    let identity = Identity::new();
    let plugin = Plugin::launched(announcing(&identity), Some(&identity)).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let tls = Identity::new().client(plugin.line.certificate.as_ref().unwrap(), version);
        assert!(!is_served(connect(&plugin.line, Some(tls)).await).await, "{version:?}");
    }
    assert!(is_served(Ok(plugin.channel())).await);
}

#[tokio::test]
async fn no_client_certificate_is_refused() {
    let plugin = Plugin::start().await;
    let tls = nobody(plugin.line.certificate.as_ref().unwrap());
    assert!(!is_served(connect(&plugin.line, Some(tls)).await).await);
    assert!(!is_served(connect(&plugin.line, None).await).await, "nor plain text");
    assert!(is_served(Ok(plugin.channel())).await);
}

#[tokio::test]
async fn a_client_that_says_nothing_blocks_nobody() {
    let identity = Identity::new();
    let launch = announcing(&identity);
    let mut child = launch.spawn();
    let line = Line::read(&mut BufReader::new(child.stdout.take().unwrap())).await;
    let mut silent = vec![];
    for _ in 0..20 {
        silent.push(UnixStream::connect(&line.address).await.unwrap());
    }
    let tls = identity.client(line.certificate.as_ref().unwrap(), &rustls::version::TLS13);
    assert!(is_served(connect(&line, Some(tls)).await).await);
}

#[tokio::test]
async fn without_tls_it_serves_in_the_clear() {
    let mut plugin = Plugin::launched(Launch::new(), None).await;
    assert!(plugin.line.certificate.is_none() && plugin.line.text.ends_with("|grpc|\n"), "{}", plugin.line.text);
    assert!(plugin.shutdown().await.success());
}

#[tokio::test]
async fn over_tcp_it_listens_on_loopback_within_the_announced_ports() {
    let mut plugin = Plugin::start_with(&[("AZPOSTURE_PLUGIN_TRANSPORT", "tcp")]).await;
    let (host, port) = plugin.line.address.split_once(':').unwrap();
    assert_eq!((plugin.line.network.as_str(), host), ("tcp", "127.0.0.1"));
    assert!((10000..=25000).contains(&port.parse::<u16>().unwrap()));
    let stranger = nobody(plugin.line.certificate.as_ref().unwrap());
    assert!(!is_served(connect(&plugin.line, Some(stranger)).await).await);
    assert!(plugin.shutdown().await.success());
}

#[tokio::test]
async fn the_socket_lies_in_a_directory_of_this_user_alone_which_goes_at_the_end() {
    let mut plugin = Plugin::start().await;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(plugin.line.directory()), 0o700);
    assert_eq!(plugin.launch.leftovers(), [plugin.line.directory()]);
    assert!(plugin.shutdown().await.success());
    assert!(plugin.launch.leftovers().is_empty());
}

#[tokio::test]
async fn the_host_may_choose_directory_and_group_of_the_socket() {
    let chosen = tempfile::tempdir().unwrap();
    let group = within(tokio::process::Command::new("id").arg("-g").output()).await.unwrap().stdout;
    let group = String::from_utf8(group).unwrap().trim().to_owned();
    let launch = Launch::new().with("PLUGIN_UNIX_SOCKET_DIR", chosen.path().to_str().unwrap());
    let mut plugin = Plugin::launched(launch.with("PLUGIN_UNIX_SOCKET_GROUP", group), None).await;
    assert_eq!(plugin.line.directory().parent(), Some(chosen.path()));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(plugin.line.directory()), mode(plugin.line.address.as_ref())), (0o710, 0o660));
    assert!(plugin.shutdown().await.success());
    assert_eq!(fs::read_dir(chosen.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn shutdown_first_ends_the_open_streams_and_then_the_process() {
    let mut plugin = Plugin::start().await;
    let mut stdio = GrpcStdioClient::new(plugin.channel()).stream_stdio(()).await.unwrap().into_inner();
    let nothing = futures::stream::pending();
    let mut broker = GrpcBrokerClient::new(plugin.channel()).start_stream(nothing).await.unwrap().into_inner();
    assert!(plugin.shutdown().await.success());
    assert!(stdio.message().await.unwrap().is_none(), "a clean end, no broken connection");
    assert!(broker.message().await.unwrap().is_none());
    let mut more = String::new();
    plugin.stdout.read_to_string(&mut more).await.unwrap();
    assert_eq!(more, "", "nothing but the handshake goes to stdout");
}

#[tokio::test]
async fn stop_interrupts_the_work_and_not_the_process() {
    let mut plugin = Plugin::start().await;
    plugin.stop().await;
    assert!(is_served(Ok(plugin.channel())).await);
    assert!(plugin.shutdown().await.success());
}

#[tokio::test]
async fn ctrl_c_is_left_to_the_host() {
    let mut plugin = Plugin::start().await;
    plugin.signal("INT").await;
    plugin.signal("INT").await;
    assert!(is_served(Ok(plugin.channel())).await);
    assert!(plugin.shutdown().await.success());
}

#[tokio::test]
async fn termination_ends_in_order() {
    let mut plugin = Plugin::start().await;
    plugin.signal("TERM").await;
    assert!(plugin.ended().await.success());
    assert!(plugin.launch.leftovers().is_empty());
}

#[tokio::test]
async fn it_ends_when_the_last_connection_is_gone() {
    let mut plugin = Plugin::start().await;
    assert!(is_served(Ok(plugin.channel())).await);
    plugin.disconnect();
    assert!(plugin.ended().await.success());
    assert!(plugin.launch.leftovers().is_empty());
}

#[tokio::test]
async fn a_killed_parent_leaves_no_process() {
    let identity = Identity::new();
    let mut plugin = Plugin::launched(announcing(&identity).under_shell(), Some(&identity)).await;
    assert!(is_served(Ok(plugin.channel())).await);
    plugin.kill().await;
    // The provider inherited the pipe: it closes when the provider has ended, although the connection is still open.
    let mut more = vec![];
    within(plugin.stdout.read_to_end(&mut more)).await.unwrap();
    assert!(plugin.launch.leftovers().is_empty());
}

#[tokio::test]
async fn nothing_is_logged_unless_asked_for() {
    let mut plugin = Plugin::start().await;
    assert!(plugin.shutdown().await.success());
    assert_eq!(plugin.stderr(), "");
}

#[tokio::test]
async fn logs_are_what_the_host_parses() {
    let mut plugin = Plugin::start_with(&[("TF_LOG", "off"), ("TF_LOG_PROVIDER_AZPOSTURE", "debug")]).await;
    plugin.stop().await;
    assert!(plugin.shutdown().await.success());
    let stderr = within(async {
        while !plugin.stderr().contains("Shutdown") {
            tokio::task::yield_now().await;
        }
        plugin.stderr()
    });
    for line in stderr.await.lines() {
        let line: Json = serde_json::from_str(line).unwrap();
        assert!(["@level", "@message", "@timestamp", "@module"].iter().all(|key| line[key].is_string()), "{line}");
        assert_eq!(line["@timestamp"].as_str().unwrap().len(), "2006-01-02T15:04:05.000000Z".len());
    }
}

#[tokio::test]
async fn for_a_debugger_it_stays_until_interrupted() {
    let launch = Launch::new().with("TF_PLUGIN_MAGIC_COOKIE", "").argument("-debug");
    let mut child = launch.spawn();
    let (mut text, mut stdout) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
    within(stdout.read_line(&mut text)).await.unwrap();
    let config = text.trim_end().strip_prefix("TF_REATTACH_PROVIDERS='").and_then(|rest| rest.strip_suffix('\'')).unwrap();
    let config: Json = serde_json::from_str(config).unwrap();
    let entry = &config["registry.terraform.io/azposture/azposture"];
    assert_eq!(entry, &config["registry.opentofu.org/azposture/azposture"]);
    assert_eq!((&entry["ProtocolVersion"], &entry["Pid"]), (&json!(6), &json!(child.id().unwrap())));

    let address = entry["Addr"]["String"].as_str().unwrap().to_owned();
    let line = Line { network: "unix".into(), address, certificate: None, text };
    assert_eq!(fs::metadata(line.directory()).unwrap().permissions().mode() & 0o777, 0o700);
    let channel = connect(&line, None).await.unwrap();
    within(GrpcControllerClient::new(channel.clone()).shutdown(Empty {})).await.unwrap();
    drop(channel);
    assert!(is_served(connect(&line, None).await).await, "a host that attached does not own the process");

    let command = format!("kill -INT {}", child.id().unwrap());
    within(tokio::process::Command::new("/bin/sh").args(["-c", &command]).status()).await.unwrap();
    assert!(within(child.wait()).await.unwrap().success());
    assert!(launch.leftovers().is_empty());
}

/// Terraform attaches once for each provider block, and again in each run.
#[tokio::test]
async fn for_a_debugger_each_connection_is_configured_by_itself() {
    let block = |id: &str| json!({"environment": "demo", "subscription_ids": [id]});
    let launch = Launch::new().with("TF_PLUGIN_MAGIC_COOKIE", "").argument("-debug");
    let mut plugin = Plugin::launched(launch, None).await;
    let others = connect(&plugin.line, None).await.unwrap();
    let seen = async |plugin: &Plugin| {
        let (answer, said) = plugin.read("azposture_subscriptions", json!({})).await;
        let answer = answer.ok_or_else(|| said[0].summary.clone())?;
        Ok::<_, String>(answer["subscriptions"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect::<Vec<_>>())
    };
    assert!(plugin.configure(block(PRODUCTION)).await.iter().all(|one| !one.error));
    let first = plugin.over(others);
    assert_eq!(
        seen(&plugin).await,
        Err("Provider is not configured".to_owned()),
        "what another one configured is not this one's"
    );
    assert!(plugin.configure(block(SANDBOX)).await.iter().all(|one| !one.error));
    let second = plugin.over(first);
    assert_eq!(seen(&plugin).await, Ok(vec![json!(format!("/subscriptions/{PRODUCTION}"))]));
    assert!(plugin.configure(json!({"environment": "demo", "tenant_wide": false})).await.iter().any(|one| one.error));
    assert_eq!(seen(&plugin).await, Err("Provider is not configured".to_owned()), "nothing is left of an earlier block");
    plugin.over(second);
    assert_eq!(seen(&plugin).await, Ok(vec![json!(format!("/subscriptions/{SANDBOX}"))]));
}

#[tokio::test]
async fn a_directory_for_temporary_files_that_cannot_be_used_is_passed_over() {
    let plugin = Plugin::start_with(&[("TMPDIR", "/nonexistent/azposture")]).await;
    assert!(plugin.line.network == "unix" && plugin.line.address.starts_with("/tmp/"), "{}", plugin.line.text);
}

#[tokio::test]
async fn a_terraform_that_is_too_old_is_refused_before_anything_is_read() {
    let plugin = Plugin::start().await;
    for (version, refused) in [("1.2.9", true), ("1.3.0", false), ("1.6.0", false)] {
        let config = Some(plugin.provider_config(&json!({"environment": "demo"})).await);
        let request = pb::configure_provider::Request { terraform_version: version.into(), config, client_capabilities: None };
        let said = within(plugin.rpc().configure_provider(request)).await.unwrap().into_inner().diagnostics;
        assert_eq!(said.iter().any(|one| one.summary == "Terraform is too old"), refused, "{version}");
        let (answer, _) = plugin.read("azposture_subscriptions", json!({})).await;
        assert_eq!(answer.is_none(), refused, "{version}");
    }
}
