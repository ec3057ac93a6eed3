//! The operator's first day, with the real program: init, check, doctor.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn kentongan(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kentongan")).args(args).output().unwrap()
}

/// A folder as `init` makes it, listening where nobody else does.
fn begun(folder: &Path) -> String {
    let home = folder.join("kentongan");
    let output = kentongan(&["init", home.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let config = home.join("kentongan.toml");
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains("callbacks = \"0.0.0.0:8080\"") && text.contains("health = \"127.0.0.1:8081\""));
    fs::write(&config, text.replace("0.0.0.0:8080", "127.0.0.1:0").replace("127.0.0.1:8081", "127.0.0.1:0")).unwrap();
    config.display().to_string()
}

/// Check, how and remedy of everything found that is not fine.
fn found(config: &str) -> Vec<(String, String, String)> {
    let output = kentongan(&["doctor", "--config", config, "--format", "json"]);
    let lines = String::from_utf8(output.stdout).unwrap();
    let findings = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|finding| finding["how"] != "fine");
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let found: Vec<_> = findings.map(|finding| (word(&finding, "check"), word(&finding, "how"), word(&finding, "remedy"))).collect();
    let has_errors = found.iter().any(|(_, how, _)| how == "error");
    assert_eq!(output.status.code(), Some(i32::from(has_errors)), "{lines}");
    found
}

#[test]
fn what_init_writes_is_accepted_by_check_and_doctor() {
    let folder = tempfile::tempdir().unwrap();
    let config = begun(folder.path());
    let checked = kentongan(&["check", "--config", &config]);
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    // How full this machine's disk is, is not ours to say.
    let wrong: Vec<_> = found(&config).into_iter().filter(|(check, ..)| check != "disk").collect();
    assert_eq!(wrong, []);
    for secret in ["keys", "kannel.path", "africastalking.path"] {
        let file = folder.path().join("kentongan").join(secret);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{secret}");
    }
    let keys = fs::read_to_string(folder.path().join("kentongan/keys")).unwrap();
    let again = kentongan(&["init", folder.path().join("kentongan").to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(fs::read_to_string(folder.path().join("kentongan/keys")).unwrap(), keys);
}

#[test]
fn the_doctor_names_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let config = begun(folder.path());
    let home = folder.path().join("kentongan");
    // Nobody listens on a port that was just given back.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let text = fs::read_to_string(&config).unwrap();
    let text = text.replace("# send_url = \"http://127.0.0.1:13013\"", &format!("send_url = \"http://{nobody}\"\nfrom = \"2000\""));
    let text = text.replace("# username = \"kentongan\"", "username = \"kentongan\"").replace("# password_file", "password_file");
    let text = text.replace("health = \"127.0.0.1:0\"", &format!("health = \"{}\"", taken.local_addr().unwrap()));
    fs::write(&config, text).unwrap();
    fs::write(home.join("kannel.password"), "rahasia").unwrap();
    fs::set_permissions(home.join("data"), Permissions::from_mode(0o755)).unwrap();
    let wrong = found(&config);
    for (check, how, remedy) in
        [("data", "warning", "chmod 700"), ("secrets", "error", "chmod 600"), ("ports", "error", "ss -ltnp"), ("reach", "error", "route")]
    {
        let is_found = wrong.iter().any(|found| found.0 == check && found.1 == how && found.2.contains(remedy));
        assert!(is_found, "{check}: {wrong:?}");
    }
}

#[test]
fn a_command_ends_with_whose_fault_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    fs::write(path("wrong.toml"), "dta = 1\n").unwrap();
    fs::create_dir(path("data")).unwrap();
    for (args, code) in [
        (vec!["doctor", "--config", &path("absent.toml")], 3),
        (vec!["doctor", "--config", &path("wrong.toml")], 3),
        (vec!["serve", "--config", &path("wrong.toml")], 3),
        (vec!["status", "--data", &path("data")], 5),
        (vec!["demo", "--listen", &address], 5),
        (vec!["store", "verify", "--data", &path("data")], 3),
        (vec!["status"], 2),
        (vec!["store", "restore", &path("absent"), "--data", &path("data")], 3),
    ] {
        assert_eq!(kentongan(&args).status.code(), Some(code), "{args:?}");
    }
    assert!(kentongan(&["keys", "new", &path("data.keys")]).status.success());
    assert_eq!(kentongan(&["store", "restore", &path("absent"), "--data", &path("data")]).status.code(), Some(4));
    assert_eq!(kentongan(&["store", "verify", "--data", &path("data")]).status.code(), Some(0));
    assert_eq!(kentongan(&["keys", "rotate", &path("absent")]).status.code(), Some(1));
}
