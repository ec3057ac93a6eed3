//! The operator's drill, with the real program: a backup while bookings are made, kill -9, restore, and every booking is there.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// As many as there are seats in the first three windows.
const BOOKERS: usize = 36;

/// What nobody waits for is on disk after some hundredths of a second; on a busy machine after some tenths.
const WRITTEN_WITHIN: Duration = Duration::from_secs(1);

/// A demo with records that last, killed at the end.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kentongan"))
            .args(["demo", "--listen", "127.0.0.1:0", "--clock", "2026-11-24T09:00", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // To its last line: then it serves.
        let said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let said: Vec<_> = said.take_while(|line| !line.starts_with("Stop with")).collect();
        let address = said.iter().find_map(|line| Some(line.split_once("--url http://")?.1.to_owned())).unwrap();
        Self { child, address }
    }

    fn http(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    /// NIK and KK digits of the fake citizens.
    fn citizens(&self) -> Vec<(String, String)> {
        let reply = self.http("GET /sim/api/citizens HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let all: Value = serde_json::from_str(reply.split_once("\r\n\r\n").unwrap().1).unwrap();
        let word = |citizen: &Value, key: &str| citizen[key].as_str().unwrap().to_owned();
        all.as_array().unwrap().iter().map(|citizen| (word(citizen, "nik"), word(citizen, "kk4"))).collect()
    }

    /// Books in two callbacks: what may be dialled at once, and the yes. The code, if a page said that it is recorded.
    fn book(&self, at: usize, nik: &str, kk: &str) -> Option<String> {
        let dialled = format!("2*{nik}*{kk}*1*2*{}", 1 + at % 3);
        self.callback(at, &dialled);
        let page = self.callback(at, &format!("{dialled}*1"));
        let is_code = |word: &&str| word.len() == 8 && word.bytes().skip(1).all(|byte| byte.is_ascii_digit());
        let mut words = page.split(|c: char| !c.is_ascii_alphanumeric());
        page.contains("TERSIMPAN").then(|| words.find(is_code).unwrap().to_owned())
    }

    fn callback(&self, at: usize, text: &str) -> String {
        let body = format!("sessionId=s{at}&serviceCode=*123#&phoneNumber=+62812000{at:05}&networkCode=51010&text={text}");
        let head = "POST /in/africastalking HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded";
        let reply = self.http(&format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
        reply.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn kentongan(args: &[&str], data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kentongan")).args(args).arg("--data").arg(data).output().unwrap()
}

fn fine(args: &[&str], data: &Path) -> String {
    let output = kentongan(args, data);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn fine_alone(args: &[&str]) {
    let status = Command::new(env!("CARGO_BIN_EXE_kentongan")).args(args).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{args:?}");
}

/// Codes of bookings that stand in an export.
fn booked(export: &str) -> Vec<String> {
    let lines = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["space"] == "booking").map(|line| line["code"].as_str().unwrap().to_owned()).collect()
}

fn same(there: &str, wanted: &str) {
    let first = there.lines().zip(wanted.lines()).find(|(there, wanted)| there != wanted);
    assert!(first.is_none() && there.len() == wanted.len(), "{first:?}");
}

#[test]
fn a_backup_taken_while_bookings_are_made_brings_each_of_them_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = |name: &str| path(name).display().to_string();
    let data = path("data");
    let gateway = Running::start(&data);
    let (acknowledged, citizens) = (Mutex::new(Vec::new()), gateway.citizens());
    let mut told = Vec::new();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for (at, (nik, kk)) in citizens.iter().take(BOOKERS).enumerate() {
                acknowledged.lock().unwrap().extend(gateway.book(at, nik, kk));
            }
        });
        for round in 0..3 {
            while acknowledged.lock().unwrap().len() < 8 * (round + 1) {
                assert!(!writer.is_finished(), "too few bookings were made");
                thread::sleep(Duration::from_millis(5));
            }
            told.push(acknowledged.lock().unwrap().clone());
            fine(&["store", "backup", &text(&format!("hot-{round}"))], &data);
        }
    });
    // Once every proof has left, and that is written down too, the records stand still.
    while fine(&["store", "export"], &data).contains("\"space\":\"outgoing\"") {
        thread::sleep(Duration::from_millis(50));
    }
    thread::sleep(WRITTEN_WITHIN);
    fine(&["store", "backup", &text("last")], &data);
    let live = fine(&["store", "export"], &data);
    drop(gateway);
    assert_eq!(kentongan(&["status"], &data).status.code(), Some(5), "nobody answers any more");

    let keys = text("data.keys");
    for (round, told) in told.iter().enumerate() {
        let again = path(&format!("again-{round}"));
        fine(&["store", "restore", &text(&format!("hot-{round}")), "--keys", &keys], &again);
        let there = booked(&fine(&["store", "export", "--keys", &keys], &again));
        let lost: Vec<_> = told.iter().filter(|code| !there.contains(code)).collect();
        assert!(lost.is_empty(), "round {round}: {lost:?} of {} are lost", told.len());
    }
    // A key that was added since does not matter.
    fine_alone(&["keys", "rotate", &keys]);
    assert_eq!(std::fs::metadata(path("data.keys")).unwrap().permissions().mode() & 0o777, 0o600);
    let again = path("again");
    fine(&["store", "restore", &text("last"), "--keys", &keys], &again);
    same(&fine(&["store", "export", "--keys", &keys], &again), &live);
    // What was killed comes back by itself too.
    same(&fine(&["store", "export"], &data), &live);
    assert_eq!(booked(&live).len(), acknowledged.lock().unwrap().len());
}

#[test]
fn a_running_gateway_answers_the_operator() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let gateway = Running::start(&data);
    let (nik, kk) = gateway.citizens().swap_remove(0);
    assert!(gateway.book(1, &nik, &kk).is_some());

    let status: Value = serde_json::from_str(&fine(&["status", "--format", "json"], &data)).unwrap();
    assert_eq!((&status["is_ready"], &status["health"]["store"]), (&Value::from(true), &Value::from("ok")));
    assert_eq!(status["pid"], gateway.child.id());
    let channels = fine(&["channels", "--format", "json"], &data);
    let mut channels = channels.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let called = channels.find(|channel| channel["name"] == "africastalking").unwrap();
    assert_eq!(called["answered"], 2);
    assert!(fine(&["store", "verify"], &data).contains(" 0 unreadable"));

    let csv = folder.path().join("export.csv");
    std::fs::write(&csv, "nik,kk4,status,tanggal,tempat\n1606090101909999,1234,PRR,2026-11-20,\n").unwrap();
    let csv = csv.display().to_string();
    assert!(fine(&["registry", "import", &csv], &data).contains("in force as generation 2"));
    std::fs::write(&csv, "nik,kk4,status,tanggal,tempat\n1606090101909999,abc,PRR,2026-11-20,\n").unwrap();
    let refused = kentongan(&["registry", "import", &csv], &data);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stdout).contains("export.csv:2: "));

    assert!(fine(&["citizen", "forget", "+6281200000001"], &data).contains("1 appointments ahead"));
    assert_eq!(kentongan(&["store", "rebuild"], &data).status.code(), Some(4), "not while it runs");
}

#[test]
fn what_is_no_question_is_refused_and_nobody_else_may_ask() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let _gateway = Running::start(&data);
    let socket = data.join("admin.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    for (asked, said) in [
        ("{\"do\":\"dance\"}\n", "not understood"),
        ("{\"do\":\"import\",\"bad_rows\":\"skip\",\"loud\":true}\n", "not understood"),
        ("\n", "not understood"),
        ("{\"do\":\"import\",\"bad_rows\":\"refuse\"}\nnik,kk4\n", "no column"),
        ("{\"do\":\"backup\",\"folder\":\"/proc/nowhere\"}\n", "/proc/nowhere"),
    ] {
        let mut stream = UnixStream::connect(&socket).unwrap();
        stream.write_all(asked.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        assert!(reply.contains("\"end\"") && reply.contains(said), "{asked}: {reply}");
    }
}
