#![allow(clippy::unwrap_used)]
use super::*;

const SOUND: &str = r#"title = "Uji"
repeat = "quick"
input = "last"
page_septets = 160
[[callback]]
method = ["GET"]
path = "/"
body = "none"
meaning = "unsaid"
fields.number = "query:msisdn"
fields.dialogue = "query:session"
fields.input = "query:text"
[reply]
headers.Content-Type = "text/plain"
body = "{text}"
when.continue.headers.Freeflow = "FC"
when.end.headers.Freeflow = "FB"
"#;

/// The problems of the sound profile with one thing changed.
fn changed(from: &str, to: &str) -> Vec<String> {
    assert!(SOUND.contains(from), "{from}");
    Profile::parse("uji.toml", &SOUND.replace(from, to)).err().unwrap_or_default().iter().map(Problem::to_string).collect()
}

#[test]
fn shipped_profiles_are_sound() {
    for name in Profile::shipped_names() {
        let problems = Profile::shipped(name).unwrap().err().unwrap_or_default();
        assert!(problems.is_empty(), "{problems:?}");
    }
    assert!(Profile::shipped("nobody").is_none());
}

#[test]
fn a_problem_is_told_with_its_place() {
    for (from, to, problem) in [
        ("title = \"Uji\"", "title = \"\"", "uji.toml:1:9: the title is empty"),
        ("quick", "cumulative", "uji.toml:2:10: repeat = \"cumulative\" and input = \"whole\" go together"),
        ("\"last\"", "\"whole\"", "uji.toml:2:10: repeat = \"cumulative\" and input = \"whole\" go together"),
        ("\"quick\"", "\"never\"", "uji.toml:2:10: unknown variant"),
        ("\"quick\"", "\"sequence\"", "uji.toml:5:1: repeat = \"sequence\" needs fields.sequence"),
        ("160", "127", "uji.toml:4:16: page_septets must lie between 128 and 182"),
        ("\"GET\"", "\"GOT\"", "uji.toml:6:11: method must be GET, POST or PUT"),
        ("[\"GET\"]", "[]", "uji.toml:5:1: a callback needs a method"),
        ("path = \"/\"", "path = \"x\"", "uji.toml:7:8: a path begins with /"),
        ("query:msisdn", "form:msisdn", "uji.toml:10:17: a form: place needs body = \"form\""),
        ("query:msisdn", "json:/msisdn", "uji.toml:10:17: a json: place needs body = \"json\""),
        ("query:msisdn", "path:msisdn", "uji.toml:10:17: the callback's path has no segment of this name"),
        ("query:msisdn", "soap:msisdn", "uji.toml:10:17: known places are"),
        ("fields.number = \"query:msisdn\"", "", "uji.toml:5:1: a callback that begins a dialogue needs fields.number"),
        ("fields.input = \"query:text\"", "", "uji.toml:5:1: a callback that begins or continues a dialogue needs fields.input"),
        ("fields.dialogue = \"query:session\"", "", "uji.toml:5:1: a callback that is about a dialogue needs fields.dialogue"),
        ("fields.input", "fields.inputs", "unknown field `inputs`"),
        ("meaning = \"unsaid\"", "", "uji.toml:5:1: a callback needs either meaning or told_by"),
        ("meaning = \"unsaid\"", "meaning = \"inquiry\"", "uji.toml:5:1: an inquiry needs an [inquiry] reply"),
        ("meaning = \"unsaid\"", "meaning = \"ended\"", "uji.toml:1:1: no callback begins or continues a dialogue"),
        ("meaning = \"unsaid\"", "told_by = { at = \"query:op\" }", "uji.toml:9:18: told_by needs equals or starts"),
        ("body = \"{text}\"", "body = \"{teks}\"", "no placeholder {teks} here"),
        ("body = \"{text}\"", "body = \"halo\"", "uji.toml:13:1: both replies must show {text}"),
        ("body = \"{text}\"", "body = \"{text}\"\nescape = \"json\"", "uji.toml:13:1: the body is not JSON"),
        ("\"FB\"", "\"FC\"", "uji.toml:13:1: the replies that continue and end a dialogue are the same"),
        ("headers.Content-Type = \"text/plain\"", "", "uji.toml:13:1: a reply with a body needs headers.Content-Type"),
        ("headers.Content-Type", "headers.\"Content Type\"", "no header can be called or hold this"),
        ("body = \"{text}\"", "body = \"{text}\"\nstatus = 99", "uji.toml:13:1: status must lie between 200 and 599"),
    ] {
        let problems = changed(from, to);
        assert!(problems.iter().any(|own| own.contains(problem)), "{to}: {problems:?}");
    }
    assert_eq!(changed("160", "161"), Vec::<String>::new());
}

const MESSAGES: &str = r#"title = "Uji"
[[callback]]
method = ["GET"]
path = "/"
body = "none"
meaning = "sms"
fields.from = "query:from"
fields.text = "query:text"
fields.udh = "query:udh"
[[callback]]
method = ["GET"]
path = "/receipt"
body = "none"
meaning = "report"
fields.ours = "query:id"
status = { at = "query:type", equals = { 1 = "delivered" } }
[answer]
headers.Content-Type = "text/plain"
body = "{text}"
[send]
method = "POST"
path = "/{username}"
optional = ["from"]
headers.Content-Type = "application/json"
escape = "json"
body = '{"to": "{to}", "text": "{text}"}'
query.from = "{from}"
[[send.answer]]
status = 200
means = "accepted"
id = "json:/id"
[[send.answer]]
words = ["busy"]
means = "later"
code = "busy"
"#;

#[test]
fn a_problem_with_messages_is_told_with_its_place() {
    assert_eq!(Profile::parse("uji.toml", MESSAGES).err(), None);
    for (from, to, problem) in [
        ("fields.from = \"query:from\"", "", "uji.toml:2:1: a callback that brings a message needs fields.from"),
        ("fields.text = \"query:text\"", "", "uji.toml:2:1: a callback that brings a message needs fields.text"),
        (
            "\"query:udh\"",
            "\"query:udh\"\nfields.part = { reference = \"query:r\", total = \"query:t\", number = \"query:n\" }",
            "uji.toml:2:1: either fields.part or fields.udh",
        ),
        ("fields.ours = \"query:id\"", "", "uji.toml:10:1: a callback that brings a report needs fields.ours or fields.theirs"),
        ("status = { at", "#", "uji.toml:10:1: a callback that brings a report needs status"),
        ("{ 1 = \"delivered\" }", "{}", "uji.toml:16:17: status needs equals or starts"),
        ("\"delivered\"", "\"arrived\"", "unknown variant `arrived`"),
        ("meaning = \"sms\"", "meaning = \"report\"", "an [answer] goes back to a message, but no callback brings one"),
        (
            "meaning = \"sms\"",
            "meaning = \"begin\"\nfields.dialogue = \"query:d\"\nfields.number = \"query:n\"\nfields.input = \"query:i\"",
            "a profile whose callbacks begin or continue dialogues needs [reply]",
        ),
        ("body = \"{text}\"", "body = \"\"", "uji.toml:17:1: an answer must show {text}"),
        ("body = \"{text}\"", "body = \"{id}\"", "no placeholder {id} here; known are {text}"),
        ("\"POST\"", "\"PATCH\"", "uji.toml:21:10: method must be GET, POST or PUT"),
        ("\"/{username}\"", "\"{username}\"", "uji.toml:20:1: a path begins with /"),
        ("\"/{username}\"", "\"/{user}\"", "no placeholder {user} here; known are {from}, {id}"),
        ("[\"from\"]", "[\"username\"]", "uji.toml:20:1: username cannot be optional"),
        ("\"{to}\"", "{to}", "uji.toml:20:1: the body is not JSON"),
        ("\"{to}\"", "\"{from}\"", "uji.toml:20:1: a request must show {to} or {to_local}, and {text}"),
        ("headers.Content-Type = \"application/json\"", "", "uji.toml:20:1: a request with a body needs headers.Content-Type"),
        ("query.from", "form.from", "uji.toml:20:1: either a form or a body"),
        ("means = \"accepted\"\nid = \"json:/id\"", "means = \"never\"\ncode = \"x\"", "no answer means accepted"),
        ("status = 200", "", "an answer needs status or words"),
        ("status = 200", "status = 200\nat = \"json:/a\"", "at needs words"),
        ("json:/id", "form:id", "in an answer, known places are body, header, json and xml"),
        ("json:/id\"", "json:/id\"\ncode = \"x\"", "an answer that accepts has no code"),
        ("code = \"busy\"", "", "an answer that refuses needs a code"),
        ("code = \"busy\"", "code = \"So busy\"", "a code is lower-case letters and _"),
    ] {
        assert!(MESSAGES.contains(from), "{from}");
        let problems: Vec<_> = Profile::parse("uji.toml", &MESSAGES.replacen(from, to, 1)).err().unwrap_or_default();
        assert!(problems.iter().any(|own| own.to_string().contains(problem)), "{to}: {problems:?}");
    }
}

/// XML, echoes, conditions and what else a profile may say.
const RICH: &str = r#"title = "Uji"
repeat = "quick"
input = "last"
page_septets = 160
[credentials]
key = "header:X-Key"
[[callback]]
method = ["POST"]
path = "/"
body = "xml"
when."xml:/a/@op" = ["1", "2"]
with = ["xml:/a/n"]
needs = ["xml:/a/s"]
meaning = "unsaid"
fields.number = ["xml:/a/n", "xml://m/@number"]
fields.dialogue = "xml:/a/s"
fields.input = { at = "xml:/a/t", regex = '^(.*)$', absent = "" }
echo.user = "xml:/a/u"
[reply]
headers.Content-Type = "text/xml"
headers.X-User = "{echo.user}"
escape = "xml"
body = '<a u="{echo.user}" op="{1|2}">{text}</a>'
replace = { "|" = "/" }
[send]
method = "POST"
computed.login = { base64 = "{username}:{password}" }
headers.Authorization = "Basic {computed.login}"
form.to = "{to}"
form.text = "{text}"
[[send.answer]]
status = 200
at = { at = "body:", regex = '(\d)' }
words = ["1"]
means = "accepted"
id = "xml:/ok/@id"
"#;

#[test]
fn a_problem_with_what_is_rarely_said_is_told_with_its_place() {
    assert_eq!(Profile::parse("uji.toml", RICH).err(), None);
    for (from, to, problem) in [
        ("title", "draft = true\ntitle", "uji.toml:1:1: a draft says why"),
        ("title", "why = \"x\"\ntitle", "uji.toml:1:7: why is for a draft"),
        ("key = \"header", "token = \"header", "uji.toml:6:9: a credential is the channel's key, password or username"),
        ("\"header:X-Key\"", "\"head:X-Key\"", "uji.toml:6:7: known places are"),
        ("body = \"xml\"", "body = \"form\"", "uji.toml:11:21: an xml: place needs body = \"xml\""),
        ("body = \"xml\"", "body = \"xml\"\neach = \"xml:/a/b\"", "uji.toml:7:1: each is for messages and reports"),
        ("body = \"xml\"", "body = \"xml\"\neach = \"json:/a\"", "uji.toml:11:8: each is a json: or xml: place"),
        ("\"xml:/a/n\", \"xml://m", "\"xml:a/n\", \"xml://m", "uji.toml:15:17: an XML path begins with /"),
        ("[\"xml:/a/n\", \"xml://m/@number\"]", "[]", "uji.toml:15:17: a field stands somewhere: at is empty"),
        ("needs = [\"xml:/a/s\"]", "needs = [\"form:s\"]", "uji.toml:13:10: a form: place needs body = \"form\""),
        ("'^(.*)$'", "'^.*$'", "uji.toml:17:16: a regex has exactly one (group)"),
        ("'^(.*)$'", "'^(.*$'", "uji.toml:17:16: regex: "),
        ("absent = \"\"", "absnt = \"\"", "unknown field `absnt`"),
        ("meaning = \"unsaid\"", "meaning = \"refused\"\nonly = 1", "invalid type"),
        ("echo.user = ", "echo.User = ", "uji.toml:18:13: a name is lower-case letters and _"),
        ("op=\"{1|2}\"", "op=\"{echo.code}{1|2}\"", "uji.toml:19:1: no callback has echo.code"),
        ("op=\"{1|2}\"", "", "uji.toml:19:1: the replies that continue and end a dialogue are the same"),
        ("op=\"{1|2}\"", "op=\"{1|2}\" url=\"{to}\"", "uji.toml:19:1: no placeholder {to} here"),
        ("{ \"|\" = \"/\" }", "{ \"||\" = \"/\" }", "uji.toml:19:1: replace names one letter"),
        (
            "[send]",
            "[page]\nmethod = \"POST\"\nheaders.Content-Type = \"text/plain\"\nbody = \"{text}{1|2}\"\n[send]",
            "uji.toml:25:1: either [reply] or [page]",
        ),
        ("[send]", "[acknowledgement]\nheaders.Content-Type = \"text/plain\"\nbody = \"{1|2}\"\n[send]", "only a page knows"),
        ("{ base64 = ", "{ rot13 = ", "unknown variant `rot13`"),
        (
            "{ base64 = \"{username}:{password}\" }",
            "{ base64 = \"a\", md5 = \"b\" }",
            "uji.toml:25:1: computed.login is made by one function",
        ),
        ("Basic {computed.login}", "Basic {computed.token}", "uji.toml:25:1: there is no computed.token"),
        ("at = \"body:\", regex", "at = \"query:a\", regex", "uji.toml:33:6: in an answer, known places are body, header, json and xml"),
    ] {
        assert!(RICH.contains(from), "{from}");
        let problems: Vec<_> = Profile::parse("uji.toml", &RICH.replacen(from, to, 1)).err().unwrap_or_default();
        assert!(problems.iter().any(|own| own.to_string().contains(problem)), "{to}: {problems:?}");
    }
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
    let source = concat!(include_str!("file.rs"), include_str!("file/callback.rs"));
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
