//! Profiles: a telco's wire format as one TOML file, read and proved when the gateway starts.
//!
//! ```toml
//! title = "Africa's Talking USSD"
//! repeat = "cumulative"              # cumulative | quick | sequence (with fields.sequence)
//! input = "whole"                    # whole: all answers so far joined by `*` | last: the last answer
//! page_septets = 160                 # what fits one page
//!
//! [[callback]]                       # one for each kind of request; the first whose method and path fit is taken
//! method = ["POST"]
//! path = "/"                         # after /in/CHANNEL (and the secret); {name} takes one segment
//! body = "form"                      # form | json | none
//! meaning = "unsaid"                 # begin | continue | unsaid | ended | aborted | timed-out | failed | inquiry | sms | report | ignored
//! #told_by = { at = "form:status", equals = { Success = "ended" }, starts = { "*" = "begin" }, otherwise = "failed" }   # instead of `meaning`
//! fields.number = "form:phoneNumber" # constant | form | header | json | path | query, `:`, where
//! fields.dialogue = "form:sessionId"
//! fields.input = "form:text"
//! #absent.input = ""                 # where the telco may leave it out
//!
//! [reply]                            # to a turn; placeholders {text} {release} {dialogue}
//! headers.Content-Type = "text/plain; charset=utf-8"
//! escape = "plain"                   # plain | json | xml | percent
//! when.continue.body = "CON {text}"  # each of the two may set status, headers and body
//! when.end.body = "END {text}"
//!
//! [acknowledgement]                  # to all that needs no page; {dialogue}
//! [inquiry]                          # to an inquiry; {alive} {dialogue}
//! [begun_already]                    # to a begin of a dialogue that we have; {dialogue}. Only where the telco wants an error
//! [unknown_dialogue]                 # to a continue or end of a dialogue that we have not; the same
//! [[refusal]]                        # {field} {reason}
//! when = ["missing"]                 # forged | route | body | missing | value; without it: all others
//! ```
//!
//! Messages; a profile may have them, dialogues or both:
//!
//! ```toml
//! [[callback]]
//! meaning = "sms"
//! fields.from = "query:from"         # a short code or a name is a machine, and not answered
//! fields.text = "query:text"
//! fields.to = "query:to"             # this and the rest where the telco has them
//! fields.charset = "query:charset"   # of the bytes of the text: UTF-8, UTF-16BE, ISO-8859-1, 8-BIT; without it UTF-8, else Latin-1
//! fields.id = "query:id"
//! fields.operator = "query:network"
//! fields.part = { reference = "query:ref", total = "query:parts", number = "query:part" }   # parts handed over one by one
//! #fields.udh = "query:udh"          # the same as a user data header
//!
//! [[callback]]
//! meaning = "report"
//! fields.ours = "query:id"           # the id that we gave the message, or
//! #fields.theirs = "query:msgid"     # the telco's
//! status = { at = "query:type", equals = { 1 = "delivered" }, starts = { UNDELIV = "failed" } }
//!                                    # delivered | failed | sent | pending | cancelled; other words: pending
//! [report_acknowledgement]           # to a report, where [acknowledgement] will not do; {id}
//!
//! [answer]                           # a message in the reply to one, where the telco takes it there; {text}
//! body = "{text}"
//! when.wide.headers.X-Kannel-Coding = "2"   # of text that GSM 7-bit cannot write
//!
//! [send]                             # {to} 62812… {to_local} 0812… {text} {id} {reference}, and from the channel's settings
//! method = "GET"                     # {from} {username} {password} {key} {service} {report_url}
//! path = "/cgi-bin/sendsms"          # behind the channel's send_url
//! optional = ["from"]                # settings that a channel may leave out: then fields that name them are left out too
//! transliterate = true               # what GSM 7-bit cannot write is written with what it can
//! query.text = "{text}"              # query, form and headers; or a `body` with its `escape`
//! when.wide.query.coding = "2"       # added for text that GSM 7-bit cannot write; without `when.wide` there is no such text
//! when.reports.query.dlr-mask = "31" # added where the channel has a report_url
//!
//! [[send.answer]]                    # the longest word that fits tells
//! status = 202
//! words = ["0: Accepted"]            # how the body begins; or, with `at`, what stands there
//! #at = "json:/code"                 # json | header
//! means = "accepted"                 # or why not: later | throttled | elsewhere | never | unsure
//! #id = "json:/id"                   # accepted: the telco's id
//! #code = "blacklisted"              # not accepted: our word for it
//! #ours = true                       # not accepted: an operator should look
//! ```

use std::fmt;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, header};

use super::callback::Callback;
use super::send::Sending;
use super::template::{Escape, Facts, Piece, Template, Value};
use super::{Reason, Refused, Repeat, Reply};

mod check;
mod file;

pub(super) use file::RefusalKind;

/// Longest dialogue id in bytes: a UUID with a prefix four times over; longer ones are no id but an attack.
pub const DIALOGUE_BYTES_MAX: usize = 160;
/// Longest input in bytes: 180 s hold at most some 16 answers of a whole USSD string (182 septets) each.
pub const INPUT_BYTES_MAX: usize = 4096;
/// Longest text of a message in bytes: ten parts of 153 septets, each of three bytes (`€`), and a half.
pub const MESSAGE_BYTES_MAX: usize = 7 * 1024;
/// Longest page that a profile or channel may promise, in septets: 3GPP TS 23.038, one USSD string.
pub const PAGE_SEPTETS_MAX: usize = 182;
/// Shortest one: menus are written for it, a channel may only allow more.
pub const PAGE_SEPTETS_MIN: usize = 128;
/// Longest sequence number, operator code, status word or id of a message in bytes. The longest id known has 43 (Telkomsel).
pub const WORD_BYTES_MAX: usize = 128;

/// The profiles that come with the program, by name.
const SHIPPED: &[(&str, &str)] = &[
    ("africastalking-sms", include_str!("../../gateway-config/profiles/africastalking-sms.toml")),
    ("africastalking-ussd", include_str!("../../gateway-config/profiles/africastalking-ussd.toml")),
    ("infobip-ussd", include_str!("../../gateway-config/profiles/infobip-ussd.toml")),
    ("kannel-sms", include_str!("../../gateway-config/profiles/kannel-sms.toml")),
    ("telkomsel-cp", include_str!("../../gateway-config/profiles/telkomsel-cp.toml")),
];

/// A wire format, ready to read and write. See the [module](self) for its file.
#[derive(Clone, Debug)]
pub struct Profile {
    pub(super) repeat: Repeat,
    pub(super) whole_input: bool,
    pub(super) page_septets: usize,
    pub(super) callbacks: Vec<Callback>,
    /// A page that asks and the last one; `None`: no dialogues.
    pub(super) pages: Option<(Template, Template)>,
    /// A message in the reply to one, and the same for text that GSM 7-bit cannot write.
    pub(super) answer: Option<(Template, Template)>,
    pub(super) acknowledgement: Template,
    pub(super) report_acknowledgement: Option<Template>,
    pub(super) inquiry: Option<Template>,
    pub(super) begun_already: Option<Template>,
    pub(super) unknown_dialogue: Option<Template>,
    /// In order; no kinds: any.
    pub(super) refusals: Vec<(Vec<RefusalKind>, Template)>,
    /// To a refusal that the profile does not shape: the reason in plain words.
    pub(super) plain_refusal: Template,
    pub(super) sending: Option<Sending>,
}

impl Profile {
    /// Reads and proves a profile. `name` is what its problems are reported under.
    ///
    /// # Errors
    /// All problems at once, where the file is readable as TOML; else the first.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        check::compile(name, text)
    }

    /// A profile that comes with the program.
    pub fn shipped(name: &str) -> Option<Result<Self, Vec<Problem>>> {
        SHIPPED.iter().find(|(own, _)| *own == name).map(|(name, text)| Self::parse(&format!("{name}.toml"), text))
    }

    /// The names that [`Profile::shipped`] knows.
    pub fn shipped_names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }

    pub(super) fn refusal(&self, refused: &Refused) -> Reply {
        let kind = match refused {
            Refused::Forged => RefusalKind::Forged,
            Refused::Stale => return self.acknowledgement.render(&Facts::default()),
            Refused::Malformed(Reason::Route) => RefusalKind::Route,
            Refused::Malformed(Reason::Body { .. } | Reason::TooMany { .. }) => RefusalKind::Body,
            Refused::Malformed(Reason::Missing { .. }) => RefusalKind::Missing,
            Refused::Malformed(Reason::Number { .. } | Reason::TooLong { .. } | Reason::Word { .. }) => RefusalKind::Value,
        };
        let field = match refused {
            Refused::Malformed(
                Reason::Missing { field } | Reason::Number { field, .. } | Reason::TooLong { field, .. } | Reason::Word { field },
            ) => field,
            _ => "",
        };
        // Who is not the telco is told nothing.
        let reason = if kind == RefusalKind::Forged { String::new() } else { refused.to_string() };
        let facts = Facts { field, reason: &reason, ..Facts::default() };
        // Nor shown the format, unless the profile names `forged`.
        let fits = |kinds: &[RefusalKind]| kinds.contains(&kind) || (kinds.is_empty() && kind != RefusalKind::Forged);
        if let Some((_, template)) = self.refusals.iter().find(|(kinds, _)| fits(kinds)) {
            return template.render(&facts);
        }
        Reply { status: refused.status(), ..self.plain_refusal.render(&facts) }
    }
}

/// The reason and nothing else.
fn plain_refusal() -> Template {
    Template {
        status: 400,
        headers: Arc::new([(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")) as (HeaderName, HeaderValue)]),
        escape: Escape::Plain,
        body: vec![Piece::Value(Value::Reason)],
    }
}

/// Something wrong in a profile or in a channel's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// From 1; 0: the whole file.
    pub line: usize,
    /// In letters, from 1; 0: the whole file.
    pub col: usize,
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.col)?;
        }
        write!(f, ": {}", self.message)
    }
}

#[cfg(test)]
mod tests {
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
            ("fields.number = \"query:msisdn\"", "", "uji.toml:5:1: a callback that begins or continues a dialogue needs fields.number"),
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
            ("json:/id", "form:id", "in an answer, known places are header and json"),
            ("json:/id\"", "json:/id\"\ncode = \"x\"", "an answer that accepts has no code"),
            ("code = \"busy\"", "", "an answer that refuses needs a code"),
            ("code = \"busy\"", "code = \"So busy\"", "a code is lower-case letters and _"),
        ] {
            assert!(MESSAGES.contains(from), "{from}");
            let problems: Vec<_> = Profile::parse("uji.toml", &MESSAGES.replacen(from, to, 1)).err().unwrap_or_default();
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
}
