//! The gateway as a process: start, wait until it answers, SIGKILL, export. Nothing of it is linked here.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::desk;
use crate::export::{self, Export};
use crate::herald;
use crate::options::Options;
use crate::people::{Citizen, Phone, read_citizens};
use crate::wire::{self, Fault, Line};

/// A start that takes longer has failed. Rebuilding a lost folder is included.
pub const START_MAX: Duration = Duration::from_secs(60);
/// An export or verification that takes longer has failed.
const TOOL_MAX: Duration = Duration::from_secs(120);
/// The day of every row of the registry's export.
const IMPORT_DAY: &str = "2026-01-05";
const POLL: Duration = Duration::from_millis(2);

/// How to start the gateway on one folder.
#[derive(Debug, Clone)]
pub struct Gateway {
    program: PathBuf,
    pub data: PathBuf,
    pub port: u16,
    citizens: u32,
    seats: Option<u32>,
    /// Runs in earnest with this configuration, instead of as a demo.
    config: Option<PathBuf>,
    /// In place of the machine's own.
    clock: Option<Clock>,
}

/// A started gateway. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

impl Gateway {
    /// Refuses a folder that already holds something: what is in it is not in the ledger.
    pub fn new(options: &Options) -> Result<Gateway, String> {
        if options.data.as_os_str().is_empty() {
            return Err("--data names no folder".to_owned());
        }
        if options.data.exists() {
            return Err(format!("{} exists already; name a new folder", options.data.display()));
        }
        let program = fs::canonicalize(&options.gateway).map_err(|e| format!("{}: {e}", options.gateway.display()))?;
        if let Some(parent) = options.data.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
        }
        let data = std::path::absolute(&options.data).map_err(|e| e.to_string())?;
        Ok(Gateway { program, data, port: options.port, citizens: options.citizens, seats: None, config: None, clock: None })
    }

    pub fn with_seats(mut self, seats: u32) -> Gateway {
        self.seats = Some(seats);
        self
    }

    /// From now on it is another day.
    pub fn with_clock(mut self) -> Result<Gateway, String> {
        self.clock = Some(Clock::begin(&self.beside("clock.so"))?);
        Ok(self)
    }

    /// Sets its clock forward, if it has one of its own. It must not run.
    pub fn skip(&mut self, secs: u32) -> bool {
        self.clock.as_mut().map(|clock| clock.skip(secs)).is_some()
    }

    /// From now on in earnest: with keys of its own, the citizens imported from a file, and a channel that sends to an aggregator at this port.
    pub fn in_earnest(mut self, citizens: &[Citizen], aggregator: u16) -> Result<Gateway, String> {
        let write = |name: &str, text: String| {
            let file = self.beside(name);
            fs::write(&file, text).map(|()| file.clone()).map_err(|e| format!("{}: {e}", file.display()))
        };
        let rows: String = citizens.iter().map(|one| format!("{},{},{},{IMPORT_DAY},Sekayu\n", one.nik, one.kk4, one.status)).collect();
        let rows = write("csv", format!("nik,kk4,status,tanggal,tempat\n{rows}"))?;
        write("password", "sandi".to_owned())?;
        let name = self.data.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let port = self.port;
        let [first, second] = desk::OFFICERS.map(Phone::number);
        let (head, supervisor) = (desk::HEAD.number(), herald::SECOND.number());
        let config = write(
            "toml",
            format!(
                r#"data = "{name}"
keys = "{name}.keys"
[listen]
callbacks = "127.0.0.1:{port}"
[[channel]]
name = "africastalking"
profile = "africastalking-ussd"
addresses = ["127.0.0.1/32"]
[[channel]]
name = "kannel"
profile = "kannel-sms"
addresses = ["127.0.0.1/32"]
send_url = "http://127.0.0.1:{aggregator}"
report_url = "http://127.0.0.1:{port}"
username = "oracle"
password_file = "{name}.password"
per_second = 500
in_flight = 32
[people]
officers = ["{first}", "{second}"]
[[people.roster]]
number = "{head}"
role = "head"
[[people.roster]]
number = "{supervisor}"
role = "supervisor"
[outbox]
fake_numbers = "send"
unsure_secs = 1
"#
            ),
        )?;
        fs::create_dir_all(&self.data).map_err(|e| format!("{}: {e}", self.data.display()))?;
        self.must(&["keys", "new", &self.beside("keys").to_string_lossy()])?;
        self.must(&["registry", "import", &rows.to_string_lossy(), "--config", &config.to_string_lossy()])?;
        self.config = Some(config);
        Ok(self)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(clock) = &self.clock {
            clock.stand_before(&mut command);
        }
        command
    }

    fn must(&self, args: &[&str]) -> Result<(), String> {
        let out = self.command().args(args).stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
        let told = [out.stdout, out.stderr].concat();
        if out.status.success() { Ok(()) } else { Err(format!("{}: {}", args.join(" "), last_line(&String::from_utf8_lossy(&told)))) }
    }

    /// `DATA.NAME`: a file of ours beside the gateway's folder, never in it.
    pub fn beside(&self, name: &str) -> PathBuf {
        beside(&self.data, name)
    }

    pub fn start(&self) -> Result<Running, String> {
        self.spawn(self.command())
    }

    /// Starts the gateway with every call that touches a file written to `trace`. The tracer is a process of its own (`-D`), so that
    /// killing what we started kills the gateway.
    pub fn start_traced(&self, trace: &Path, calls: &str) -> Result<Running, String> {
        let mut command = Command::new("strace");
        command.args(["-D", "-f", "-q", "-ttt", "-T", "-y", "-xx", "-s", "3000000", "-e"]);
        command.arg(format!("trace={calls}")).arg("-o").arg(trace).arg(&self.program);
        self.spawn(command)
    }

    fn spawn(&self, mut command: Command) -> Result<Running, String> {
        // What the demo says to its operator names fake citizens to try; the log must name nobody.
        let file = |name: &str| OpenOptions::new().create(true).append(true).open(self.beside(name)).map_err(|e| e.to_string());
        let (out, log) = (file("out")?, file("log")?);
        if let Some(config) = &self.config {
            command.arg("serve").arg("--config").arg(config);
        } else {
            command.arg("demo").arg("--data").arg(&self.data).arg("--listen").arg(format!("127.0.0.1:{}", self.port));
            command.arg("--citizens").arg(self.citizens.to_string());
            if let Some(seats) = self.seats {
                command.arg("--seats").arg(seats.to_string());
            }
        }
        command.stdin(Stdio::null()).stdout(out).stderr(log);
        let child = command.spawn().map_err(|e| format!("the gateway did not start: {e}"))?;
        Ok(Running { child })
    }

    /// Waits until `/livez` is good and a citizen's first dial gets a page; the time since the call.
    pub fn wait_ready(&self, running: &mut Running) -> Result<Duration, String> {
        let began = Instant::now();
        // A phone that takes no part in the run.
        let number = Phone(crate::people::PHONES - 1).number().replace('+', "%2B");
        while began.elapsed() < START_MAX {
            if let Ok(Some(status)) = running.child.try_wait() {
                return Err(format!("the gateway ended by itself ({status}); see {}", self.beside("log").display()));
            }
            if matches!(wire::get(self.port, "/livez"), Ok((200, _))) {
                let body = format!("sessionId=ready-{}&serviceCode=*123#&phoneNumber={number}&networkCode=51010&text=", running.child.id());
                match Line::new(self.port).post(body.as_bytes()) {
                    Ok(page) if page.starts_with(b"CON ") => return Ok(began.elapsed()),
                    Ok(_) | Err(Fault::Gone) => {}
                    Err(fault) => return Err(format!("/livez is good and a dial is answered with {fault}")),
                }
            }
            thread::sleep(POLL);
        }
        Err(format!("not ready within {} s", START_MAX.as_secs()))
    }

    /// The demo's citizens. Their NIK are also written to `DATA.needles`, for `canary`.
    pub fn citizens(&self) -> Result<Vec<Citizen>, String> {
        let citizens = match wire::get(self.port, "/sim/api/citizens") {
            Ok((200, body)) => read_citizens(&body)?,
            Ok((status, _)) => return Err(format!("GET /sim/api/citizens: status {status}")),
            Err(fault) => return Err(format!("GET /sim/api/citizens: {fault}")),
        };
        let needles: String = citizens.iter().flat_map(|citizen| [citizen.nik.as_str(), "\n"]).collect();
        fs::write(self.beside("needles"), needles).map_err(|e| format!("the needles: {e}"))?;
        Ok(citizens)
    }

    /// The records of a folder that no gateway has open.
    pub fn export(&self, folder: &Path) -> Result<Export, String> {
        let (good, out, err) = self.tool("export", folder)?;
        if !good {
            return Err(format!("store export failed: {}", last_line(&err)));
        }
        export::read(&out).map_err(|e| format!("store export: {e}"))
    }

    pub fn verify(&self, folder: &Path) -> Result<(), String> {
        let (good, _, err) = self.tool("verify", folder)?;
        if good { Ok(()) } else { Err(format!("store verify failed: {}", last_line(&err))) }
    }

    fn tool(&self, verb: &str, folder: &Path) -> Result<(bool, String, String), String> {
        let mut command = self.command();
        command.args(["store", verb, "--data"]).arg(folder).arg("--keys").arg(self.beside("keys"));
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|e| format!("store {verb}: {e}"))?;
        let out = drain(child.stdout.take());
        let err = drain(child.stderr.take());
        let deadline = Instant::now() + TOOL_MAX;
        let status = loop {
            match child.try_wait().map_err(|e| e.to_string())? {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("store {verb} took more than {} s", TOOL_MAX.as_secs()));
                }
                None => thread::sleep(POLL),
            }
        };
        let text = |handle: thread::JoinHandle<Vec<u8>>| String::from_utf8_lossy(&handle.join().unwrap_or_default()).into_owned();
        Ok((status.success(), text(out), text(err)))
    }
}

impl Running {
    /// SIGKILL, and wait until the process is gone.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn last_line(text: &str) -> String {
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no word why").chars().take(200).collect()
}

/// `DATA.NAME`.
pub fn beside(data: &Path, name: &str) -> PathBuf {
    let mut path = data.to_owned().into_os_string();
    path.push(".");
    path.push(name);
    PathBuf::from(path)
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    let tell = |e: std::io::Error| format!("copying {}: {e}", from.display());
    fs::create_dir_all(to).map_err(tell)?;
    for entry in fs::read_dir(from).map_err(tell)? {
        let entry = entry.map_err(tell)?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type().map_err(tell)?;
        if kind.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target).map_err(tell)?;
        }
    }
    Ok(())
}

/// Every file below a folder (or the file itself), in a fixed order.
pub fn files_below(path: &Path) -> Vec<PathBuf> {
    if File::open(path).is_ok() && path.is_file() {
        return vec![path.to_owned()];
    }
    let mut files: Vec<PathBuf> = fs::read_dir(path).into_iter().flatten().flatten().flat_map(|entry| files_below(&entry.path())).collect();
    files.sort();
    files
}
