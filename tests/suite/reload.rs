//! A menu that is changed while the gateway serves: new dialogues get the new one, those under way end on their own, a bad one is refused.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::thread;
use std::time::Duration;

use kentongan::config::{MenuFiles, Taken};
use kentongan::menu::Menu;
use kentongan::turn::{KEPT_FOR, KEPT_MAX, Swapped};
use serde_json::Value;

use crate::house::House;
use crate::messages::IN_REPLY;
use crate::served::{Served, edit, program, put_menus};

/// Callers of the load, and how long it lasts: long enough for a dozen menus.
const LOAD: [&str; 6] = ["--callers", "8", "--seconds", "3", "--mix", "status=100,booking=0"];

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Two choices of one screen change their digits, and its words with them.
fn swap_choices(menus: &Path) {
    edit(&menus.join("dukcapil.yaml"), "2: info_status, 3: kontak", "2: kontak, 3: info_status");
    edit(&menus.join("texts/id.yaml"), "2: Arti status, 3: Telepon & alamat", "2: Telepon & alamat, 3: Arti status");
}

#[test]
fn a_dialogue_stays_on_the_menu_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let menus = folder.path().join("menus");
    put_menus(&menus);
    let served = Served::start(folder.path(), "menus = \"menus\"\n");
    let status = || serde_json::from_str::<Value>(&out(&served.ask(&["status", "--format", "json"]))).unwrap()["menu"].clone();
    let before = status();
    assert!(served.call(1, "a", "").contains("1 Cek KTP"));
    assert!(served.call(1, "a", "3").contains("2 Arti status"));

    swap_choices(&menus);
    edit(&menus.join("texts/id.yaml"), "1: Cek KTP", "1: Periksa KTP");
    let reloaded = served.ask(&["reload", "--format", "json"]);
    assert_eq!(reloaded.status.code(), Some(0), "{reloaded:?}");
    let reloaded: Value = serde_json::from_str(&out(&reloaded)).unwrap();
    let after = status();
    assert_eq!(reloaded["outcome"], "in_force");
    assert!(after["menu"] == reloaded["menu"] && after["menu"] != before["menu"], "{after}");
    let ready: Value = serde_json::from_str(&served.get("/readyz")).unwrap();
    assert_eq!((&ready["menu"]["version"], &ready["menu"]["since"]), (&after["menu"], &after["since"]));

    assert!(served.call(2, "b", "").contains("1 Periksa KTP"), "who dials now");
    assert!(served.call(2, "b", "3").contains("3 Arti status"));
    assert!(served.call(2, "b", "3*3").contains("BELUM REKAM"));
    assert!(served.call(1, "a", "3*3").contains("1500537"), "who chose from the old page");
    assert!(served.call(1, "a", "3*3*00").contains("1 Cek KTP"), "to its end");
    assert!(served.call(1, "c", "").contains("1 Periksa KTP"), "and then not any more");

    assert!(out(&served.ask(&["reload"])).starts_with("nothing has changed"));
}

#[test]
fn digits_of_an_old_poster_lead_where_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let menus = folder.path().join("menus");
    put_menus(&menus);
    let published = menus.join("published.yaml");
    edit(&published, "  9: bahasa", "  9: bahasa\n  3*2: info_status");
    let served = Served::start(folder.path(), "menus = \"menus\"\n");
    assert!(served.call(1, "a", "3*2").contains("BELUM REKAM"));

    swap_choices(&menus);
    assert!(out(&served.ask(&["reload"])).contains("*123*3*2# is published for `info_status` and leads to `kontak`"));
    edit(&published, "  3*2: info_status", "  3*2: info_status\nmoved: { 3*2: 3*3 }");
    assert_eq!(served.ask(&["reload"]).status.code(), Some(0));

    assert!(served.call(2, "b", "3*2").contains("BELUM REKAM"), "who dials what stands on the poster");
    assert!(served.call(2, "b", "3*2*00").contains("1 Cek KTP"));
    assert!(served.call(2, "b", "3*2*00*3").contains("2 Telepon & alamat"));
    assert!(served.call(2, "b", "3*2*00*3*2").contains("1500537"), "who reads the page and chooses");
    assert!(served.call(3, "c", "3*3").contains("BELUM REKAM"), "the new digits");
}

#[test]
fn a_bad_menu_is_refused_as_check_refuses_it() {
    let folder = tempfile::tempdir().unwrap();
    let menus = folder.path().join("menus");
    put_menus(&menus);
    let served = Served::start(folder.path(), "menus = \"menus\"\n");
    edit(&menus.join("dukcapil.yaml"), "2: info_status, 3: kontak", "2: info_stats, 3: kontak");
    edit(&menus.join("texts/id.yaml"), "1: Cek KTP", "1: Cek «KTP»");
    let (refused, checked) = (served.ask(&["reload"]), served.ask(&["check"]));
    assert_eq!((refused.status.code(), checked.status.code()), (Some(1), Some(1)));
    let (refused, checked) = (out(&refused), out(&checked));
    assert!(refused.starts_with(checked.trim_end()) && checked.contains("M003") && checked.contains("info_stats"), "{refused}\n{checked}");
    assert!(refused.contains("stays in force") && refused.contains("restart"), "{refused}");
    assert!(served.call(1, "a", "").contains("1 Cek KTP"));
    assert!(out(&served.ask(&["status"])).contains("REFUSED"));

    served.signal("HUP");
    served.until_logged("the menu was refused", 1);
    assert!(served.log().contains("\"first\":\"M003\""), "{}", served.log());

    fs::remove_file(menus.join("dukcapil.yaml")).unwrap();
    assert_eq!(served.ask(&["reload"]).status.code(), Some(3), "nothing to read");
    put_menus(&menus);
    fs::write(menus.join("sms.yaml"), include_str!("../../menus/sms.yaml").replace("keywords:", "keyword:")).unwrap();
    assert!(out(&served.ask(&["reload"])).contains("C017"));
    fs::write(menus.join("sms.yaml"), include_str!("../../menus/sms.yaml").replace("[petugas", "[petugas, pegawainya")).unwrap();
    assert!(out(&served.ask(&["reload"])).contains("is in force"), "the words by which messages are understood count too");
    assert!(!out(&served.ask(&["status"])).contains("REFUSED"));
}

#[test]
fn where_no_folder_is_named_it_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "");
    let output = served.ask(&["reload"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("built in"), "{output:?}");
    served.signal("HUP");
    served.until_logged("the one built in is served", 1);
    drop(served);
    let config = folder.path().join("kentongan.toml").display().to_string();
    assert_eq!(program().args(["reload", "--config", &config]).status().unwrap().code(), Some(5), "nobody serves");
}

#[test]
fn reloading_under_load_drops_no_turn() {
    let folder = tempfile::tempdir().unwrap();
    let menus = folder.path().join("menus");
    put_menus(&menus);
    let served = Served::start(folder.path(), "menus = \"menus\"\n");
    let people = folder.path().join("people.csv");
    let rows: String = (1..=20).map(|day| format!("160609{day:02}01909999,1234,PRR,2026-11-20,\n")).collect();
    fs::write(&people, format!("nik,kk4,status,tanggal,tempat\n{rows}")).unwrap();
    let people = people.display().to_string();
    assert!(served.ask(&["registry", "import", &people]).status.success());
    let url = format!("http://{}", served.address);
    let mut load = program();
    load.args(["load", "--json", "--url", &url, "--citizens-file", &people]).args(LOAD).stdout(std::process::Stdio::piped());
    let load = load.spawn().unwrap();
    let mut times = 0;
    thread::sleep(Duration::from_millis(300));
    for (was, is) in [("1: Cek KTP", "1: Cek e-KTP"), ("1: Cek e-KTP", "1: Cek KTP")].repeat(6) {
        edit(&menus.join("texts/id.yaml"), was, is);
        served.signal("HUP");
        times += 1;
        served.until_logged("the menu was read anew and is in force", times);
    }
    let report: Value = serde_json::from_slice(&load.wait_with_output().unwrap().stdout).unwrap();
    assert!(report["errors"].as_object().unwrap().is_empty() && report["turns"].as_u64() > Some(100), "{report}");
    let log = served.log();
    assert!(!log.contains("ERROR") && times == 12, "{log}");
}

/// The shipped menu with one text changed.
fn changed(is: &str) -> Taken {
    let folder = tempfile::tempdir().unwrap();
    put_menus(folder.path());
    edit(&folder.path().join("texts/id.yaml"), "1: Cek KTP", is);
    MenuFiles::of_folder(folder.path()).examine().unwrap().take().unwrap()
}

fn put(house: &House, taken: &Taken) -> Swapped {
    house.turns.put_in_force(taken.menu.clone(), taken.words.clone())
}

/// The shipped menu with two choices swapped, and the screen of one under another name.
fn swapped() -> Taken {
    let folder = tempfile::tempdir().unwrap();
    put_menus(folder.path());
    swap_choices(folder.path());
    for file in ["dukcapil.yaml", "texts/id.yaml", "texts/jav.yaml", "texts/plm.yaml"] {
        let file = folder.path().join(file);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(&file, text.replace("info_status", "arti_status")).unwrap();
    }
    MenuFiles::of_folder(folder.path()).examine().unwrap().take().unwrap()
}

#[tokio::test]
async fn what_is_not_kept_any_more_is_asked_again() {
    let swapped = swapped();
    let house = House::new(12).await;
    house.call(1, "a", "").await;
    house.call(1, "a", "3").await;
    house.call(2, "b", "").await;
    house.call(3, "c", "").await;
    house.call(3, "c", "3").await;
    assert!(house.call(3, "c", "3*2").await.text.contains("BELUM REKAM"));
    assert_eq!(put(&house, &swapped), Swapped::InForce);
    assert_eq!(put(&house, &swapped), Swapped::Unchanged);
    house.clock.set(house.clock.now().plus(Duration::from_secs(14 * 60)));
    assert!(house.call(1, "a", "3*2").await.text.contains("BELUM REKAM"), "as the page said that it shows");
    assert!(house.call(1, "a", "3*2*0").await.text.contains("2 Arti status"));
    // The page once more, so that these dialogues are not over.
    house.call(2, "b", "98").await;
    house.call(3, "c", "3*2*98").await;
    house.clock.set(house.clock.now().plus(Duration::from_secs(4 * 60 + 1)));
    house.turns.menus().forget_old(house.clock.now());
    assert_eq!(house.turns.menus().kept(), 0, "after {KEPT_FOR:?}");
    let page = house.call(1, "a", "3*2*0*2").await.text;
    assert!(page.contains("3 Arti status"), "the choice was made on another page: {page}");
    assert!(house.call(1, "a", "3*2*0*2*3").await.text.contains("BELUM REKAM"));
    assert!(house.call(2, "b", "98*3").await.text.contains("3 Arti status"), "where nothing has changed nobody is asked again");
    assert!(house.call(3, "c", "3*2*98*0").await.text.contains("DUKCAPIL MUBA"), "a screen that is gone");
}

#[tokio::test]
async fn an_answer_by_sms_is_to_the_page_that_it_answers() {
    let house = House::new(12).await;
    let answered = async |text: &str| house.text(text, None, IN_REPLY).await.body.unwrap_or_default();
    answered("BANTUAN").await;
    assert!(answered("3").await.contains("2 Arti status"));
    put(&house, &swapped());
    house.clock.set(house.clock.now().plus(KEPT_FOR));
    let page = answered("2").await;
    assert!(page.contains("3 Arti status"), "{page}");
    assert!(answered("3").await.contains("BELUM REKAM"));
    // What has changed elsewhere does not matter.
    answered("BANTUAN").await;
    put(&house, &changed("1: Cek KTP"));
    house.clock.set(house.clock.now().plus(KEPT_FOR));
    assert!(answered("3").await.contains("2 Arti status"));
}

#[tokio::test]
async fn so_many_earlier_menus_are_kept_and_no_more() {
    let house = House::new(12).await;
    // In marks: all languages say the same numbers.
    let numbered = |at| changed(&format!("1: Cek KTP{}", "!".repeat(at + 1)));
    let first: String = house.call(1, "a", "").await.text;
    for at in 0..=KEPT_MAX {
        assert_eq!(put(&house, &numbered(at)), Swapped::InForce);
        let kept = house.turns.menus().kept();
        assert_eq!(kept, (at + 1).min(KEPT_MAX));
        let page = house.call(1, "a", &["98"; 9][..=at].join("*")).await.text;
        assert_eq!(page == first, at < KEPT_MAX, "{at}: {page}");
    }
    let newest: &Menu = &house.turns.menu();
    assert_eq!(put(&house, &numbered(KEPT_MAX - 1)), Swapped::InForce, "back to one that is kept");
    assert_ne!(newest.fingerprint(), house.turns.menu().fingerprint());
    assert_eq!(house.turns.menus().kept(), KEPT_MAX, "the one in force is not among them, the one before is");
}
