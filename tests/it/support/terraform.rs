//! Terraform (or OpenTofu) itself, on the built provider: a workspace in a directory of its own, nothing of the machine's
//! environment, no registry. `TF_ACC=1` asks for it.

use std::{
    collections::BTreeMap,
    env::{self, consts},
    fmt,
    fs::{self, Permissions},
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{PermissionsExt, symlink},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Once,
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value as Json;

use super::host::BINARY;

/// The provider block on the demo tenant.
pub(crate) const DEMO: &str = r#"provider "azposture" { environment = "demo" }"#;

/// How long what a CLI has started may outlive it. A provider whose CLI was killed looks for it every second, and the machine may be busy.
const LEFTOVERS_END: Duration = Duration::from_secs(60);

const REQUIRED: &str = r#"
terraform {
  required_providers {
    azposture = { source = "azposture/azposture" }
  }
}
"#;

/// The registries that a source address without a host stands for: Terraform's, and OpenTofu's.
const HOSTS: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// The CLI.
pub(crate) struct Terraform {
    program: PathBuf,
    /// Which one it is.
    pub(crate) version: Version,
}

/// What not every CLI has that the provider serves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ability {
    /// Ephemeral blocks.
    Ephemeral,
    /// Functions of providers.
    Functions,
}

/// A release of Terraform or OpenTofu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// Whether it is OpenTofu.
    pub(crate) is_opentofu: bool,
    /// Major and minor.
    pub(crate) number: (u32, u32),
}

impl Version {
    /// What the first line of `terraform version` says: `Terraform v1.11.4`, `OpenTofu v1.12.6`.
    pub(crate) fn parse(said: &str) -> Option<Self> {
        let (name, number) = said.lines().next()?.split_once(" v")?;
        Some(Self { is_opentofu: name == "OpenTofu", number: numbers(number)? })
    }

    /// Whether it has this.
    pub(crate) fn can(self, ability: Ability) -> bool {
        let since = match (ability, self.is_opentofu) {
            (Ability::Ephemeral, false) => (1, 10),
            (Ability::Ephemeral, true) => (1, 11),
            (Ability::Functions, false) => (1, 8),
            (Ability::Functions, true) => (1, 7),
        };
        self.number >= since
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_opentofu { "OpenTofu" } else { "Terraform" };
        write!(f, "{name} {}.{}", self.number.0, self.number.1)
    }
}

/// Major and minor of `1.11.4` or `1.10`.
pub(crate) fn numbers(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// Says so, past the capture of the test harness, so that a skipped test is not taken for one that ran.
pub(crate) fn skipped(what: &str) {
    drop(writeln!(io::stderr(), "skipped: {what}"));
}

impl Terraform {
    /// The CLI of `TF_ACC_TERRAFORM_PATH`, else terraform, else tofu. None, and a line that says so, unless `TF_ACC` asks for it; then
    /// it has to be there.
    pub(crate) fn find() -> Option<Self> {
        if env::var_os("TF_ACC").is_none_or(|word| word.is_empty()) {
            static ONCE: Once = Once::new();
            ONCE.call_once(|| skipped("tests with the Terraform CLI; set TF_ACC=1 to run them"));
            return None;
        }
        let named = env::var_os("TF_ACC_TERRAFORM_PATH").filter(|path| !path.is_empty()).map(PathBuf::from);
        let program = named.or_else(|| installed("terraform")).or_else(|| installed("tofu"));
        let program = program.expect("TF_ACC is set, so terraform or tofu has to be in PATH, or named by TF_ACC_TERRAFORM_PATH");
        let said = Command::new(&program).arg("version").env("CHECKPOINT_DISABLE", "1").env_remove("TF_CLI_CONFIG_FILE").output();
        let said =
            String::from_utf8(said.unwrap_or_else(|error| panic!("starting {}: {error}", program.display())).stdout).unwrap();
        let version =
            Version::parse(&said).unwrap_or_else(|| panic!("{} is neither Terraform nor OpenTofu: {said}", program.display()));
        Some(Self { program, version })
    }

    /// The CLI if it has this; else none, and a line that says so.
    pub(crate) fn able(ability: Ability) -> Option<Self> {
        let terraform = Self::find()?;
        if !terraform.version.can(ability) {
            let test = thread::current().name().unwrap_or_default().to_owned();
            skipped(&format!("{test}: {} has no {ability:?} yet", terraform.version));
            return None;
        }
        Some(terraform)
    }

    /// The program.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// A new directory with this configuration; what every configuration needs is added.
    pub(crate) fn workspace(&self, configuration: &str) -> Workspace {
        let directory = tempfile::tempdir().unwrap();
        for name in ["home", "tmp", "work"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        let built = Path::new(BINARY).parent().unwrap().display();
        let built = HOSTS.map(|host| format!("    \"{host}/azposture/azposture\" = \"{built}\"\n")).concat();
        let rc = format!("provider_installation {{\n  dev_overrides {{\n{built}  }}\n  direct {{}}\n}}\n");
        fs::write(directory.path().join("cli.tfrc"), rc).unwrap();
        let workspace = Workspace { program: self.program.clone(), directory, variables: BTreeMap::new() };
        workspace.write(configuration);
        if !configuration.contains("required_providers") {
            workspace.write_file("required.tf", REQUIRED);
        }
        workspace
    }
}

/// The name of this platform in registries: `linux_amd64`.
fn platform() -> String {
    let os = if consts::OS == "macos" { "darwin" } else { consts::OS };
    let arch = match consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{os}_{arch}")
}

fn installed(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|directory| directory.join(name)).find(|path| path.is_file())
}

/// A configuration, its state, and the environment the CLI gets. Removed when it is dropped.
pub(crate) struct Workspace {
    program: PathBuf,
    directory: tempfile::TempDir,
    variables: BTreeMap<&'static str, String>,
}

impl Workspace {
    /// Replaces the configuration.
    pub(crate) fn write(&self, configuration: &str) {
        self.write_file("main.tf", configuration);
    }

    /// Writes one more file beside it.
    pub(crate) fn write_file(&self, name: &str, text: &str) {
        fs::write(self.work().join(name), text).unwrap();
    }

    /// From now on the provider comes from a mirror on this machine, as after `make install`, so `init` is needed.
    pub(crate) fn by_mirror(&mut self) {
        let (mirror, version) = (self.directory.path().join("mirror"), env!("CARGO_PKG_VERSION"));
        for host in HOSTS {
            let folder = mirror.join(format!("{host}/azposture/azposture/{version}/{}", platform()));
            fs::create_dir_all(&folder).unwrap();
            symlink(BINARY, folder.join(format!("terraform-provider-azposture_v{version}"))).unwrap();
        }
        let rc = format!("provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n", mirror.display());
        fs::write(self.directory.path().join("cli.tfrc"), rc).unwrap();
    }

    /// From now on nothing is configured but what the CLI finds by itself: the plugins below the home directory, which is this.
    pub(crate) fn by_home(&mut self) -> PathBuf {
        fs::write(self.directory.path().join("cli.tfrc"), "").unwrap();
        self.directory.path().join("home")
    }

    /// Removes a file beside the configuration.
    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.work().join(name)).unwrap();
    }

    /// Puts a shell script in front of everything else in `PATH`. `$WORK` is the directory the CLI runs in.
    pub(crate) fn write_program(&mut self, name: &str, script: &str) {
        let directory = self.directory.path().join("home");
        let path = directory.join(name);
        fs::write(&path, format!("#!/bin/sh\nWORK='{}'\n{script}", self.work().display())).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        self.set("PATH", &format!("{}:/usr/bin:/bin", directory.display()));
    }

    /// Waits until this file is in the directory the CLI runs in.
    pub(crate) fn appears(&self, name: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        while !self.work().join(name).exists() {
            assert!(Instant::now() < until, "{name} has not appeared within a minute");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sets a variable of the environment, or removes it if the value is empty.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.insert(name, value.to_owned());
        self.variables.retain(|_, value| !value.is_empty());
    }

    /// Runs to the end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output =
            self.command(arguments).output().unwrap_or_else(|error| panic!("starting {}: {error}", self.program.display()));
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Output { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Starts, in a process group of its own.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        let mut child = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        for pipe in [Box::new(child.stdout.take().unwrap()) as Box<dyn Read + Send>, Box::new(child.stderr.take().unwrap())] {
            let sender = sender.clone();
            thread::spawn(move || BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        }
        Running { child, lines, said: String::new() }
    }

    /// `terraform apply` without a question.
    pub(crate) fn apply(&self) -> Output {
        self.run(&["apply", "-auto-approve"])
    }

    /// `terraform destroy` without a question.
    pub(crate) fn destroy(&self, more: &[&str]) -> Output {
        self.run(&[&["destroy", "-auto-approve"], more].concat())
    }

    /// A plan, as JSON.
    pub(crate) fn plan_json(&self) -> Json {
        self.run(&["plan", "-out=json.plan"]).succeeds();
        self.json(&["show", "-json", "json.plan"])
    }

    /// What a command answers in JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Json {
        serde_json::from_str(&self.run(arguments).succeeds().stdout).unwrap()
    }

    /// The addresses in the state.
    pub(crate) fn state(&self) -> Vec<String> {
        if !self.work().join("terraform.tfstate").exists() {
            return Vec::new();
        }
        self.run(&["state", "list"]).succeeds().stdout.lines().map(str::to_owned).collect()
    }

    /// Terraform and providers of this workspace that are running.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let temporary = format!("TMPDIR={}", self.temporary().display()).into_bytes();
        let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse::<u32>().ok());
        let ours = |pid: &u32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == temporary)
        };
        pids.filter(ours).collect()
    }

    /// Soon no process of this workspace is left, and nothing of the provider's in the directory for temporary files.
    pub(crate) fn nothing_is_left(&self) {
        let until = Instant::now() + LEFTOVERS_END;
        let left = || (self.processes(), self.sockets());
        while left() != (Vec::new(), Vec::new()) {
            assert!(Instant::now() < until, "left after {LEFTOVERS_END:?}: {:?}", left());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Directories the provider made for its sockets. Terraform's own temporary files are its business.
    fn sockets(&self) -> Vec<PathBuf> {
        fs::read_dir(self.temporary()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.work()).stdin(Stdio::null()).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.directory.path().join("home")).env("TMPDIR", self.temporary());
        command.env("TF_CLI_CONFIG_FILE", self.directory.path().join("cli.tfrc"));
        command.env("TF_DATA_DIR", self.directory.path().join("data"));
        command.env("CHECKPOINT_DISABLE", "1").env("TF_CLI_ARGS", "-no-color").env("TF_INPUT", "0");
        command.envs(&self.variables);
        command
    }

    fn work(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    fn temporary(&self) -> PathBuf {
        self.directory.path().join("tmp")
    }
}

impl Drop for Workspace {
    /// A failed test must leave no process either.
    fn drop(&mut self) {
        for pid in self.processes() {
            if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Output {
    /// The exit code; none after a signal.
    pub(crate) code: Option<i32>,
    /// As it was.
    pub(crate) stdout: String,
    /// As it was.
    pub(crate) stderr: String,
}

impl Output {
    /// It ended with 0.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// It ended with 1.
    #[track_caller]
    pub(crate) fn fails(self) -> Self {
        assert_eq!(self.code, Some(1), "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// It said this, however Terraform wrapped the line.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.text().contains(&flowing(text)), "{text:?} is not in\n{}\n{}", self.stdout, self.stderr);
        self
    }

    /// It did not say this.
    #[track_caller]
    pub(crate) fn never_says(self, text: &str) -> Self {
        assert!(!self.text().contains(&flowing(text)), "{text:?} is in\n{}\n{}", self.stdout, self.stderr);
        self
    }

    fn text(&self) -> String {
        flowing(&format!("{}\n{}", self.stdout, self.stderr))
    }
}

/// Without the frame around diagnostics and the ends of lines.
fn flowing(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || "│╷╵".contains(c)).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A command that has not ended.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    said: String,
}

impl Running {
    /// Waits until it has said this on one line.
    pub(crate) fn says(&mut self, text: &str) {
        while !self.said.contains(text) {
            let line =
                self.lines.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{text:?} is not in {}", self.said));
            self.said.push_str(&format!("{line}\n"));
        }
    }

    /// Sends Ctrl-C as a terminal does: to the whole group, the provider included.
    pub(crate) fn interrupt(&self) {
        let _ = kill_process_group(self.pid(), Signal::INT);
    }

    /// Kills the CLI, and nothing else.
    pub(crate) fn kill(&self) {
        let _ = kill_process(self.pid(), Signal::KILL);
    }

    // A process that has just ended is no failure.
    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// The end, and how long it took from now.
    pub(crate) fn ended(mut self) -> (Output, Duration) {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "still running after a minute");
            thread::sleep(Duration::from_millis(5));
        };
        let took = start.elapsed();
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(1)) {
            self.said.push_str(&format!("{line}\n"));
        }
        (Output { code: status.code(), stdout: self.said, stderr: String::new() }, took)
    }
}
