//! What operators watch names only what a gateway exports; what is counted is what happened.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::served::Served;

/// Name and labels of a series, or of what a rule asks for.
type Sample = (String, BTreeMap<String, String>);

/// Of a page of `/metrics`.
fn samples(page: &str) -> Vec<(Sample, f64)> {
    let lines = page.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let labels = labels.trim_end_matches('}').split("\",").filter_map(|pair| pair.split_once("=\""));
            let labels = labels.map(|(label, value)| (label.to_owned(), value.trim_end_matches('"').to_owned())).collect();
            ((name.to_owned(), labels), value.parse().unwrap())
        })
        .collect()
}

/// Metrics that a rule or panel names, with what it wants of their labels: `name{label=~"a|b"}`.
fn named(text: &str) -> Vec<Sample> {
    let starts = text.match_indices("kentongan_").map(|(at, _)| &text[at..]);
    starts
        .map(|from| {
            let end = from.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(from.len());
            let (name, rest) = from.split_at(end);
            let matchers = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(matchers, _)| matchers);
            let labels = matchers.split("\",").filter_map(|pair| pair.split_once('='));
            let clean = |text: &str| text.trim_matches(|c: char| "=!~\" ".contains(c)).to_owned();
            (name.to_owned(), labels.map(|(label, values)| (clean(label), clean(values))).collect())
        })
        .collect()
}

/// What is named and not there.
fn missing(text: &str, there: &[(Sample, f64)]) -> Vec<String> {
    let fits = |wanted: &str, value: &str| wanted.strip_suffix(".*").map_or(wanted == value, |begin| value.starts_with(begin));
    let mut missing = Vec::new();
    for (name, labels) in named(text) {
        // Told of as a whole, a histogram has no series of its own name.
        let of_name: Vec<_> = there.iter().filter(|((known, _), _)| *known == name || *known == format!("{name}_bucket")).collect();
        if of_name.is_empty() {
            missing.push(name.clone());
        }
        for (label, values) in labels {
            let unknown = values
                .split('|')
                .filter(|wanted| !of_name.iter().any(|((_, labels), _)| labels.get(&label).is_some_and(|value| fits(wanted, value))));
            missing.extend(unknown.map(|value| format!("{name} {label} {value}")));
        }
    }
    missing
}

/// Every `expr` of a dashboard, a line each.
fn exprs(value: &Value) -> String {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| value.as_str().filter(|_| key == "expr").map_or_else(|| exprs(value), |expr| format!("{expr}\n")))
            .collect(),
        Value::Array(all) => all.iter().map(exprs).collect(),
        _ => String::new(),
    }
}

fn value(page: &str, series: &str) -> f64 {
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series}")).parse().unwrap()
}

#[test]
fn rules_and_dashboard_name_what_is_exported() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "");
    // Left in the middle.
    served.call(1, "a", "2");
    served.call(1, "b", "");
    let page = served.get("/metrics");
    let there = samples(&page);
    let alerts = fs::read_to_string("gateway-config/monitoring/alerts.yaml").unwrap();
    let dashboard: Value = serde_json::from_str(&fs::read_to_string("gateway-config/monitoring/dashboard.json").unwrap()).unwrap();
    let drawn = exprs(&dashboard);
    assert!(named(&alerts).len() > 14 && named(&drawn).len() > 20, "read wrongly");
    assert_eq!(missing(&alerts, &there), [""; 0]);
    assert_eq!(missing(&drawn, &there), [""; 0]);
    // What watches nothing is noticed.
    assert_eq!(missing("rate(kentongan_callbacks_totl[5m]) > 1", &there), ["kentongan_callbacks_totl"]);
    assert_eq!(missing("kentongan_callbacks_total{outcome=~\"failed|fallen\"}", &there), ["kentongan_callbacks_total outcome fallen"]);
    // And what is exported is watched, but for what only explains the rest.
    let watched: Vec<String> = named(&alerts).into_iter().chain(named(&drawn)).map(|(name, _)| name).collect();
    let base = |name: &str| ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned();
    let unwatched: Vec<_> =
        there.iter().map(|((name, _), _)| base(name)).filter(|name| !watched.iter().any(|one| base(one) == *name)).collect();
    assert_eq!(unwatched, [""; 0]);
}

#[test]
fn what_is_counted_has_happened() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "");
    let people = folder.path().join("people.csv");
    fs::write(&people, "nik,kk4,status,tanggal,tempat\n1606090101909999,1234,PRR,2026-11-20,\n1606090101909998,1234,PRR,2026-11-20,\n")
        .unwrap();
    assert!(served.ask(&["registry", "import", people.to_str().unwrap()]).status.success());
    // Comes through; the same callback again and a wrong digit count nothing more.
    for text in ["", "1", "1*1606090101909999", "1*1606090101909999*1234", "1*1606090101909999*1234", "1*1606090101909999*1234*7"] {
        served.call(1, "a", text);
    }
    // Wrong digits: begun, not done, and left there by a new dialogue.
    for text in ["", "1", "1*1606090101909999", "1*1606090101909999*4321"] {
        served.call(2, "b", text);
    }
    served.call(2, "c", "");
    // One has booked, another is reading the summary.
    for (number, nik, until) in [(3, "1606090101909999", 8), (4, "1606090101909998", 7)] {
        let keys = ["2", nik, "1234", "1", "2", "1", "1"];
        for pressed in 0..until {
            served.call(number, "d", &keys[..pressed].join("*"));
        }
    }
    let page = served.get("/metrics");
    for (series, expected) in [
        ("kentongan_tasks_begun_total{task=\"status\"}", 2.0),
        ("kentongan_tasks_done_total{task=\"status\"}", 1.0),
        ("kentongan_tasks_given_up_total{task=\"status\",screen=\"tak_cocok\"}", 1.0),
        ("kentongan_tasks_begun_total{task=\"janji\"}", 2.0),
        ("kentongan_tasks_done_total{task=\"janji\"}", 1.0),
        ("kentongan_seats_taken{state=\"held\"}", 1.0),
        ("kentongan_seats_taken{state=\"booked\"}", 1.0),
        ("kentongan_outcomes_total{action=\"ktp.status\",outcome=\"siap_cetak\"}", 1.0),
        ("kentongan_outcomes_total{action=\"ktp.status\",outcome=\"tak_cocok\"}", 1.0),
        ("kentongan_callbacks_total{channel=\"africastalking\",outcome=\"repeated\"}", 1.0),
        ("kentongan_turn_seconds_count{channel=\"africastalking\",outcome=\"repeated\"}", 1.0),
        ("kentongan_part_state{part=\"store\"}", 0.0),
        ("kentongan_part_state{part=\"channel:kannel\"}", 0.0),
        ("kentongan_menus_kept", 0.0),
    ] {
        assert!((value(&page, series) - expected).abs() < f64::EPSILON, "{series}\n{page}");
    }
    assert!(value(&page, "kentongan_store_sync_seconds_count") > 0.0 && value(&page, "kentongan_store_commit_seconds_count") > 0.0);
    assert_eq!(page.matches("\"1606").count() + page.matches("62812000").count(), 0, "a citizen in a label");
    // Too soon to say how fast the disk fills, and said so.
    assert!(value(&page, "kentongan_disk_full_in_seconds").is_nan() && value(&page, "kentongan_disk_free_bytes") > 0.0);
    let status = String::from_utf8(served.ask(&["status"]).stdout).unwrap();
    assert!(status.contains("known after three days"), "{status}");
}

#[test]
fn readiness_names_each_part() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path(), "");
    let ready: Value = serde_json::from_str(&served.get("/readyz")).unwrap();
    // Nothing was imported: that is worse than it could be, and no reason to send anybody away.
    assert_eq!((&ready["state"], &ready["parts"]["registry"]["state"]), (&Value::from("degraded"), &Value::from("degraded")), "{ready}");
    for part in ["store", "clock", "due", "outbox", "disk", "channel:kannel"] {
        assert_eq!(ready["parts"][part]["state"], "ok", "{part}: {ready}");
    }
    assert!(ready["parts"]["holidays"]["state"].is_string());
    assert_eq!(served.ask(&["status"]).status.code(), Some(0));
}
