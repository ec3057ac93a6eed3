//! The real program, serving in earnest from a folder of its own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use kentongan::menu::MenuSource;
use kentongan::store::seal::Keys;

/// A start that takes longer has failed.
const START_MAX: Duration = Duration::from_secs(30);
const STARTS_MAX: usize = 5;
/// One that no telco is needed for: the channel lets this machine in.
const CONFIG: &str = r#"
data = "data"
keys = "keys"

[listen]
callbacks = "127.0.0.1:CALLBACKS"
health = "127.0.0.1:HEALTH"

[[channel]]
name = "africastalking"
profile = "africastalking-ussd"
addresses = ["127.0.0.1/32"]

# Nobody listens there, and the secret is of no use.
[[channel]]
name = "kannel"
profile = "kannel-sms"
addresses = ["127.0.0.1/32"]
send_url = "http://127.0.0.1:1"
from = "2000"
username = "uji"
password_file = "keys"

[people]
officers = []
"#;

/// Killed when dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) folder: PathBuf,
    pub(crate) address: String,
    pub(crate) health: String,
}

impl Served {
    /// `more`: what stands before [`CONFIG`].
    pub(crate) fn start(folder: &Path, more: &str) -> Self {
        fs::write(folder.join("keys"), Keys::generate().unwrap().to_text()).unwrap();
        // Ports that are free now may be somebody else's in a moment.
        (0..STARTS_MAX).find_map(|_| Self::try_start(folder, more)).unwrap()
    }

    /// `None`: the ports were taken.
    fn try_start(folder: &Path, more: &str) -> Option<Self> {
        let [callbacks, health] = free_ports();
        let config = CONFIG.replace("CALLBACKS", &callbacks.to_string()).replace("HEALTH", &health.to_string());
        fs::write(folder.join("kentongan.toml"), format!("{more}{config}")).unwrap();
        let log = fs::File::create(folder.join("log")).unwrap();
        let child = program().arg("serve").args(config_of(folder)).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let [address, health] = [callbacks, health].map(|port| format!("127.0.0.1:{port}"));
        let mut served = Self { child, folder: folder.to_owned(), address, health };
        let started = Instant::now();
        // The last thing that is opened.
        while !folder.join("data/admin.sock").exists() {
            match served.child.try_wait().unwrap() {
                Some(status) if status.code() == Some(5) => return None,
                Some(_) => panic!("{}", served.log()),
                None => assert!(started.elapsed() < START_MAX, "{}", served.log()),
            }
            thread::sleep(Duration::from_millis(10));
        }
        Some(served)
    }

    /// One callback with the whole path so far; the page.
    pub(crate) fn call(&self, phone: u32, dialogue: &str, text: &str) -> String {
        let body = format!("sessionId={dialogue}&serviceCode=*123#&phoneNumber=+62812000{phone:05}&networkCode=51010&text={text}");
        let head = "POST /in/africastalking HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded";
        exchange(&self.address, &format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
    }

    /// A page for the operator.
    pub(crate) fn get(&self, path: &str) -> String {
        exchange(&self.health, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    }

    pub(crate) fn ask(&self, args: &[&str]) -> Output {
        program().args(args).args(config_of(&self.folder)).output().unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status().unwrap().success());
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// Until the log says so `times` times.
    pub(crate) fn until_logged(&self, words: &str, times: usize) {
        let started = Instant::now();
        while self.log().matches(words).count() < times {
            assert!(started.elapsed() < START_MAX, "not {times} times \"{words}\":\n{}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        self.child.wait().unwrap();
    }
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_kentongan"))
}

/// Writes the shipped menu into a folder.
pub(crate) fn put_menus(folder: &Path) {
    fs::create_dir_all(folder.join("texts")).unwrap();
    let source = MenuSource::shipped();
    for (name, text) in source.files.iter().chain(&source.published) {
        fs::write(folder.join(name.strip_prefix("menus/").unwrap()), text).unwrap();
    }
}

/// Changes a file: `was` must be in it.
pub(crate) fn edit(file: &Path, was: &str, is: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(was), "{}: no {was}", file.display());
    fs::write(file, text.replacen(was, is, 1)).unwrap();
}

fn config_of(folder: &Path) -> [String; 2] {
    ["--config".to_owned(), folder.join("kentongan.toml").display().to_string()]
}

fn free_ports() -> [u16; 2] {
    let held = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

/// The body of the reply.
fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply.split_once("\r\n\r\n").unwrap().1.to_owned()
}
