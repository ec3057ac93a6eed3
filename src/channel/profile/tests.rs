#![allow(clippy::unwrap_used)]
use super::*;

const SOUND: &str = include_str!("../../../tests/fixtures/profiles-broken/dialogues.toml");

#[test]
fn shipped_profiles_are_sound() {
    for name in Profile::shipped_names() {
        let problems = Profile::shipped(name).unwrap().err().unwrap_or_default();
        assert!(problems.is_empty(), "{problems:?}");
    }
    assert!(Profile::shipped("nobody").is_none());
}

/// What `tests/fixtures/profiles-broken` has in one place only.
#[test]
fn the_same_mistake_is_found_elsewhere_too() {
    const MESSAGES: &str = include_str!("../../../tests/fixtures/profiles-broken/messages.toml");
    const PAGE: &str = "[page]\nmethod = \"POST\"\npath = \"x\"\nheaders.Content-Type = \"text/plain\"\nbody = \"{text}{1|2}\"\n[send]";
    for (from, to, problem) in [
        ("\"POST\"", "\"PATCH\"", "uji.toml:21:10: method must be GET, POST or PUT"),
        ("\"/{username}\"", "\"{username}\"", "uji.toml:22:8: a path begins with /"),
        ("\"/{username}\"", "\"/{user}\"", "no placeholder {user} here; known are {from}, {id}"),
        ("\"{to}\"", "{to}", "uji.toml:26:8: the body is not JSON"),
        ("[send]", PAGE, "uji.toml:22:8: a path begins with /"),
    ] {
        assert!(MESSAGES.contains(from), "{from}");
        let problems = Profile::parse("uji.toml", &MESSAGES.replacen(from, to, 1)).err().unwrap_or_default();
        assert!(problems.iter().any(|own| own.to_string().contains(problem)), "{to}: {problems:?}");
    }
    let whole = SOUND.replace("\"last\"", "\"whole\"");
    assert!(Profile::parse("uji.toml", &whole).unwrap_err()[0].message.contains("go together"));
}

#[test]
fn all_problems_come_at_once() {
    let wrong = SOUND.replace("\"Uji\"", "\"\"").replace("160", "1").replace("query:text", "form:text");
    assert_eq!(Profile::parse("uji.toml", &wrong).unwrap_err().len(), 3);
}

#[test]
fn a_callback_that_nothing_reaches_is_a_problem() {
    let (_, callback) = SOUND.split_once("[[callback]]").unwrap();
    let (callback, _) = callback.split_once("[reply]").unwrap();
    let twice = SOUND.replace("[reply]", &format!("[[callback]]{callback}[reply]"));
    let problems = Profile::parse("uji.toml", &twice).unwrap_err();
    assert!(problems.iter().any(|problem| problem.message.contains("earlier callback")), "{problems:?}");
}

/// The page that explains the language has every word of it.
#[test]
fn every_key_is_explained() {
    let page = include_str!("../../../gateway-config/profiles/README.md");
    let source = concat!(include_str!("file.rs"), include_str!("file/callback.rs"), include_str!("file/send.rs"));
    let mut keys: Vec<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub(super) ").or_else(|| line.trim().strip_prefix("pub(in super::super) ")))
        .collect();
    keys.retain(|line| !line.starts_with("struct") && !line.starts_with("enum") && !line.starts_with("const"));
    let keys: Vec<&str> = keys.iter().filter_map(|line| line.split_once(": ")).map(|(key, _)| key).collect();
    assert!(keys.len() > 60);
    // `when.continue` under its Rust name.
    let missing: Vec<_> = keys.iter().filter(|key| **key != "goes_on" && !page.contains(**key)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for name in ["begin", "timed-out", "refused", "xml-rpc", "surplus", "cumulative", "throttled", "cancelled", "sha256", "percent"] {
        assert!(page.contains(name), "{name}");
    }
}

/// What the schema says by hand are the words that are read.
#[test]
fn the_schema_knows_every_digest_and_encoding() {
    let schema = Profile::schema();
    for (key, slip) in [("digest", "digest = \"md6\""), ("encoding", "encoding = \"md6\"")] {
        let words = schema.pointer(&format!("/$defs/SignatureFile/properties/{key}/enum")).and_then(serde_json::Value::as_array).unwrap();
        let words: Vec<_> = words.iter().map(|word| format!("`{}`", word.as_str().unwrap())).collect();
        let signed = format!("[[signature]]\nscheme = \"hmac\"\nat = \"header:X\"\n{slip}\n[[callback]]");
        let problem = Profile::parse("uji.toml", &SOUND.replace("[[callback]]", &signed)).unwrap_err().remove(0).message;
        let (_, known) = problem.split_once("expected ").unwrap();
        let known: Vec<_> = known.trim_start_matches("one of ").split([',', ' ']).filter(|word| word.starts_with('`')).collect();
        assert_eq!(known, words, "{problem}");
    }
}
