//! Requests as a telco would send them, made of what a profile says: to show it, and to prove that it can be read.

use http::Method;
use serde_json::Value;

use super::Profile;
use crate::channel::body::BodyFormat;
use crate::channel::callback::{Callback, Each, Wanted};
use crate::channel::extract::{Decode, Field, Place};
use crate::channel::template::Escape;
use crate::channel::told::{Meaning, MeaningOf, Told};
use crate::channel::xml::Element;

/// A request, and the callback that it is for.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The place of its callback in the profile.
    pub callback: usize,
    /// In the profile's word.
    pub meaning: &'static str,
    pub method: Method,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Values of facts, in an order of which the first that a regex takes is used.
const NUMBER: &[&str] = &["6281200000001"];
const DIALOGUE: &[&str] = &["sesi-1"];
const INPUT: &[&str] = &["*123#", "*123*1#"];
const TEXT: &[&str] = &["CEK KTP", NESTED];
const CODE: &[&str] = &["*123#", "2000", NESTED];
const WORD: &[&str] = &["1", "0", "JSESSIONID=1", NESTED];
const SENDER: &[&str] = &["6281200000001", NESTED];
/// A document in a field (Opera Interactive).
const NESTED: &str = "<field name=\"MOReference\">1</field><field name=\"Remote\">6281200000001</field>\
                      <field name=\"Local\">2000</field><field name=\"Text\">CEK KTP</field>";

impl Profile {
    /// One for each callback.
    pub fn samples(&self) -> Vec<Sample> {
        self.callbacks.iter().enumerate().map(|(at, callback)| self.sample(at, callback)).collect()
    }

    fn sample(&self, at: usize, callback: &Callback) -> Sample {
        let mut facts = Facts::default();
        for guard in &callback.guards {
            match &guard.wanted {
                Wanted::OneOf(words) => facts.set(&guard.field, &[words.first().map_or("", |word| word)]),
                Wanted::Something => {}
                Wanted::Nothing => facts.leave_out(&guard.field),
            }
        }
        let meaning = match &callback.meaning {
            MeaningOf::Fixed(meaning) => *meaning,
            MeaningOf::Told(told) => {
                facts.tell(told, |meaning| matches!(meaning, Meaning::Begin | Meaning::Unsaid)).unwrap_or(Meaning::Ignored)
            }
        };
        if let Some(fields) = &callback.fields.dialogue {
            facts.maybe(fields.number.as_ref(), NUMBER);
            facts.set(&fields.dialogue, DIALOGUE);
            facts.maybe(fields.input.as_ref(), INPUT);
            facts.maybe(fields.service_code.as_ref(), CODE);
            facts.maybe(fields.sequence.as_ref(), WORD);
            facts.maybe(fields.operator.as_ref(), &["51010"]);
        }
        if let Some(fields) = &callback.fields.message {
            facts.set(&fields.from, SENDER);
            facts.set(&fields.text, TEXT);
            facts.maybe(fields.to.as_ref(), CODE.get(1..).unwrap_or_default());
            facts.maybe(fields.id.as_ref(), WORD);
        }
        if let Some(fields) = &callback.fields.report {
            facts.maybe(fields.ours.as_ref().or(fields.theirs.as_ref()), WORD);
            facts.tell(&fields.status, |_| true);
        }
        for field in callback.needs.iter().chain(callback.echo.iter().flatten()) {
            facts.set(field, WORD);
        }
        for guard in callback.guards.iter().filter(|guard| guard.wanted == Wanted::Something) {
            facts.set(&guard.field, WORD);
        }
        let method = callback.methods.first().cloned().unwrap_or(Method::GET);
        let (body, kind) = facts.body(callback);
        let mut headers = facts.headers();
        headers.extend(kind.map(|kind| ("Content-Type".to_owned(), kind.to_owned())));
        let path = callback.path.filled(|name| facts.path(name));
        Sample {
            callback: at,
            meaning: meaning.word(),
            method,
            path,
            query: facts.pairs(|place| matches!(place, Place::Query(_))),
            headers,
            body,
        }
    }
}

/// What stands where.
#[derive(Default)]
struct Facts(Vec<(Place, Option<String>)>);

impl Facts {
    fn maybe(&mut self, field: Option<&Field>, values: &[&str]) {
        if let Some(field) = field {
            self.set(field, values);
        }
    }

    /// At the first of its places, unless something stands there already.
    fn set(&mut self, field: &Field, values: &[&str]) {
        let Some(place) = field.places.first() else { return };
        if self.0.iter().any(|(own, _)| own == place) {
            return;
        }
        let fits = |value: &&&str| field.pattern.as_ref().is_none_or(|pattern| pattern.is_match(value));
        let value = values.iter().find(fits).or(values.first()).copied().unwrap_or_default();
        let value = match field.decode {
            Some(Decode::Base64) => "Q0VLIEtUUA==".to_owned(),
            Some(Decode::Hex) => "43454B204B5450".to_owned(),
            None => value.to_owned(),
        };
        self.0.push((place.clone(), Some(value)));
    }

    fn leave_out(&mut self, field: &Field) {
        self.0.extend(field.places.first().map(|place| (place.clone(), None)));
    }

    /// A word by which the wanted meaning is told, else any.
    fn tell<T: Copy>(&mut self, told: &Told<T>, wanted: impl Fn(T) -> bool) -> Option<T> {
        let place = told.field.places.first()?;
        // What a guard has said already tells.
        if let Some((_, Some(word))) = self.0.iter().find(|(own, _)| own == place) {
            return told.find(word);
        }
        let rules: Vec<_> = told.equals.iter().chain(&told.starts).collect();
        let (word, means) = rules.iter().find(|(_, means)| wanted(*means)).or(rules.first())?;
        self.set(&told.field, &[word, &format!("stat:{word}")]);
        Some(*means)
    }

    fn headers(&self) -> Vec<(String, String)> {
        let header = |(place, value): &(Place, Option<String>)| match place {
            Place::Header(name) => Some((name.to_string(), value.clone()?)),
            _ => None,
        };
        self.0.iter().filter_map(header).collect()
    }

    fn path(&self, name: &str) -> String {
        let wanted = Place::Path(name.into());
        self.0.iter().find(|(place, _)| *place == wanted).and_then(|(_, value)| value.clone()).unwrap_or_default()
    }

    fn pairs(&self, wanted: impl Fn(&Place) -> bool) -> String {
        let mut out = String::new();
        for (place, value) in &self.0 {
            let (Place::Query(name) | Place::Form(name), Some(value)) = (place, value) else { continue };
            if wanted(place) {
                let joint = if out.is_empty() { "" } else { "&" };
                out.push_str(joint);
                out.push_str(name);
                out.push('=');
                Escape::Percent.write(&mut out, value);
            }
        }
        out
    }

    /// And its content type.
    fn body(&self, callback: &Callback) -> (String, Option<&'static str>) {
        match callback.body {
            BodyFormat::Empty | BodyFormat::None => (String::new(), None),
            BodyFormat::Form => (self.pairs(|place| matches!(place, Place::Form(_))), Some("application/x-www-form-urlencoded")),
            BodyFormat::Json => (self.json(callback.each.as_ref()).to_string(), Some("application/json")),
            BodyFormat::Xml => (self.xml(callback.each.as_ref()), Some("text/xml")),
            BodyFormat::XmlRpc => (self.call(), Some("text/xml")),
        }
    }

    fn json(&self, each: Option<&Each>) -> Value {
        let mut entry = Value::Object(serde_json::Map::new());
        for (place, value) in &self.0 {
            if let (Place::Json(pointer), Some(value)) = (place, value) {
                put(&mut entry, &steps(pointer), value.as_str().into());
            }
        }
        match each {
            Some(Each::Json(pointer)) => {
                let mut whole = Value::Null;
                put(&mut whole, &[steps(pointer), vec!["0".to_owned()]].concat(), entry);
                whole
            }
            _ => entry,
        }
    }

    fn xml(&self, each: Option<&Each>) -> String {
        let paths =
            || self.0.iter().filter_map(|(place, value)| if let Place::Xml(path) = place { Some((path, value.as_ref()?)) } else { None });
        let root = paths().find_map(|(path, _)| path.root()).unwrap_or("message");
        let mut entry = Element { name: root.into(), ..Element::default() };
        for (path, value) in paths() {
            path.plant(&mut entry, value);
        }
        let whole = match each {
            Some(Each::Xml(path)) => path.around(entry),
            _ => entry,
        };
        let mut out = String::new();
        whole.write(&mut out);
        out
    }

    fn call(&self) -> String {
        let mut method = "";
        let mut members = String::new();
        for (place, value) in &self.0 {
            match (place, value) {
                (Place::Method, Some(value)) => method = value,
                (Place::Member(name), Some(value)) => {
                    members.push_str(&format!("<member><name>{name}</name><value><string>"));
                    Escape::Xml.write(&mut members, value);
                    members.push_str("</string></value></member>");
                }
                _ => {}
            }
        }
        format!(
            "<methodCall><methodName>{method}</methodName><params><param><value><struct>{members}</struct></value></param></params></methodCall>"
        )
    }
}

/// The steps of a JSON pointer.
fn steps(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect()
}

/// Puts a value where a pointer leads, and makes the way there.
fn put(whole: &mut Value, steps: &[String], value: Value) {
    let Some((step, rest)) = steps.split_first() else {
        *whole = value;
        return;
    };
    if let Ok(at) = step.parse::<usize>() {
        if !whole.is_array() {
            *whole = Value::Array(Vec::new());
        }
        if let Some(list) = whole.as_array_mut() {
            list.resize(list.len().max(at + 1), Value::Null);
            if let Some(next) = list.get_mut(at) {
                put(next, rest, value);
            }
        }
        return;
    }
    if !whole.is_object() {
        *whole = Value::Object(serde_json::Map::new());
    }
    if let Some(map) = whole.as_object_mut() {
        put(map.entry(step.clone()).or_insert(Value::Null), rest, value);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http::{HeaderMap, HeaderName};

    use super::*;
    use crate::channel::{ChannelSettings, HttpChannel, Inbound, Refused, Request};
    use crate::clock::Timestamp;

    /// What a profile says can be sent, is read as what it says it is.
    #[test]
    fn every_shipped_callback_reads_its_own_sample() {
        let mut wrong = Vec::new();
        for name in Profile::shipped_names() {
            let profile = Profile::shipped(name).unwrap().unwrap();
            let settings = ChannelSettings { report_url: Some("http://10.0.0.2:8080".to_owned()), ..ChannelSettings::open(name) };
            let channel = HttpChannel::new("uji", &profile, settings).unwrap();
            for sample in profile.samples() {
                let mut headers = HeaderMap::new();
                for (name, value) in &sample.headers {
                    headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
                }
                let peer = "10.0.0.1".parse().unwrap();
                let (query, body) = (sample.query.as_str(), sample.body.as_bytes());
                let request = Request { method: &sample.method, path: &sample.path, query, headers: &headers, body, peer };
                let read = channel.parse(&request, Timestamp::default());
                let fits = match (&read, sample.meaning) {
                    (Ok(read), meaning) => match read.inbound {
                        Inbound::Delivery(_) => meaning == "report",
                        Inbound::Hangup(_) => matches!(meaning, "ended" | "aborted" | "timed-out" | "failed"),
                        Inbound::Inquiry(_) => meaning == "inquiry",
                        Inbound::Sms(_) => meaning == "sms",
                        Inbound::Ussd(_) => matches!(meaning, "begin" | "continue" | "unsaid"),
                    },
                    (Err(Refused::Stale), meaning) => meaning == "ignored",
                    (Err(Refused::Malformed(_)), meaning) => meaning == "refused",
                    (Err(Refused::Forged | Refused::Reused), _) => false,
                };
                if !fits {
                    wrong.push(format!("{name}: {sample:?} is read as {read:?}"));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
