//! The messages that a gateway hands over to a telco, read as the telco reads them.
//!
//! ```text
//! GET  /cgi-bin/sendsms?username=…&password=…&from=2000&to=62…&text=…[&coding=2&charset=UTF-8][&dlr-mask=31&dlr-url=…]     Kannel
//! POST /version1/messaging   apiKey: …   username=…&to=%2B62…&message=…&from=2000                                          Africa's Talking
//! GET  /…?cpid=…&pwd=…&sid=…&msisdn=62…&sms=…[&trx_id=…]                                                                   Telkomsel
//! ```

use super::{Aggregator, narrowed};

/// A request, taken apart.
#[derive(Debug)]
pub struct Asked {
    pub method: String,
    /// Without the query.
    pub path: String,
    pub query: String,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What a gateway must know to send.
#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    /// Of Africa's Talking: the API key.
    pub password: String,
}

/// A message that was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submit {
    /// `+62…`
    pub to: String,
    /// As the phone will show it.
    pub text: String,
    pub report: Report,
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// To the channel's address, by the telco's id; or nowhere.
    None,
    /// To this address, for these kinds.
    At { url: String, mask: u8 },
    /// To the channel's address, by the gateway's id.
    Named(String),
}

impl Submit {
    /// The gateway's own id of it, where the format carries one.
    pub fn ours(&self) -> Option<&str> {
        match &self.report {
            Report::None => None,
            Report::At { url, .. } => url.split(['?', '&']).find_map(|pair| pair.strip_prefix("id=")),
            Report::Named(id) => Some(id),
        }
    }
}

impl Aggregator {
    /// Reads a submit, or says what the telco answers to one that it does not take.
    ///
    /// # Errors
    /// Status and body of the answer.
    pub fn read_submit(self, asked: &Asked, login: &Login) -> Result<Submit, (u16, String)> {
        match self {
            Self::AfricasTalking => africas_talking(asked, login),
            Self::Kannel => kannel(asked, login),
            Self::Telkomsel => telkomsel(asked, login),
        }
    }

    /// Status and body of the answer to a submit that was taken under this id.
    pub fn taken(self, submit: &Submit, id: &str) -> (u16, String) {
        match self {
            Self::AfricasTalking => {
                let recipient = serde_json::json!({
                    "statusCode": 101, "number": submit.to, "status": "Success", "cost": "IDR 350.0000", "messageId": id,
                });
                let data = serde_json::json!({ "Message": "Sent to 1/1 Total Cost: IDR 350.0000", "Recipients": [recipient] });
                (201, serde_json::json!({ "SMSMessageData": data }).to_string())
            }
            Self::Kannel => (202, "0: Accepted for delivery".to_owned()),
            Self::Telkomsel => (202, "1:Success".to_owned()),
        }
    }
}

fn kannel(asked: &Asked, login: &Login) -> Result<Submit, (u16, String)> {
    let refused = |status, body: &str| Err((status, body.to_owned()));
    if asked.method != "GET" || !asked.path.ends_with("/cgi-bin/sendsms") {
        return refused(404, "Unknown request.");
    }
    let field = |name| field(asked.query.as_bytes(), name);
    if field("username").as_deref() != Some(&login.username) || field("password").as_deref() != Some(&login.password) {
        return refused(403, "Authorization failed for sendsms");
    }
    if field("from").is_none() {
        return refused(400, "Sender missing and no global set, rejected");
    }
    let Some(to) = field("to").and_then(|to| number(&to)) else { return refused(400, "Missing receiver number, rejected") };
    let text = field("text").unwrap_or_default();
    let text = match (field("coding").as_deref(), field("charset").as_deref()) {
        (None | Some("0"), None | Some("UTF-8")) => narrowed(&text),
        (Some("2"), Some("UTF-8")) => text,
        _ => return refused(400, "Charset or body misformed, rejected"),
    };
    let report = match (field("dlr-mask").and_then(|mask| mask.parse().ok()), field("dlr-url")) {
        (Some(mask), Some(url)) => Report::At { url, mask },
        _ => Report::None,
    };
    Ok(Submit { to, text, report })
}

fn africas_talking(asked: &Asked, login: &Login) -> Result<Submit, (u16, String)> {
    let refused = |status, body: &str| Err((status, body.to_owned()));
    if asked.method != "POST" || !asked.path.ends_with("/version1/messaging") {
        return refused(404, "The requested resource could not be found");
    }
    let header = |name: &str| asked.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
    let field = |name| field(&asked.body, name);
    if header("apikey") != Some(&login.password) || field("username").as_deref() != Some(&login.username) {
        return refused(401, "The supplied authentication is invalid");
    }
    if header("content-type") != Some("application/x-www-form-urlencoded") {
        return refused(415, "The request's Content-Type is not supported");
    }
    let (Some(to), Some(text)) = (field("to"), field("message").filter(|text| !text.is_empty())) else {
        return refused(400, "Request is missing required form field");
    };
    match number(&to).filter(|_| to.starts_with('+')) {
        Some(to) => Ok(Submit { to, text, report: Report::None }),
        None => {
            let recipient = serde_json::json!({ "statusCode": 403, "number": to, "status": "InvalidPhoneNumber", "messageId": "None" });
            Err((201, serde_json::json!({ "SMSMessageData": { "Message": "Sent to 0/1", "Recipients": [recipient] } }).to_string()))
        }
    }
}

fn telkomsel(asked: &Asked, login: &Login) -> Result<Submit, (u16, String)> {
    let refused = |body: &str| Err((202, body.to_owned()));
    let field = |name| field(asked.query.as_bytes(), name);
    for name in ["cpid", "pwd", "sid", "msisdn", "sms"] {
        if field(name).is_none_or(|value| value.is_empty()) {
            return refused(&format!("4:2:{name}"));
        }
    }
    if field("cpid").as_deref() != Some(&login.username) || field("pwd").as_deref() != Some(&login.password) {
        return refused("2:Authentication failed");
    }
    let Some(to) = field("msisdn").filter(|to| to.starts_with("62")).and_then(|to| number(&to)) else { return refused("3:105") };
    let text = narrowed(&field("sms").unwrap_or_default());
    Ok(Submit { to, text, report: field("trx_id").map_or(Report::None, Report::Named) })
}

fn number(text: &str) -> Option<String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    ((8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| format!("+{digits}"))
}

/// The decoded value of a field; of two, the first.
fn field(form: &[u8], name: &str) -> Option<String> {
    let raw = form.split(|&byte| byte == b'&').find_map(|pair| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let [first, after @ ..] = rest {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, after) = rest.split_at_checked(2)?;
                bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
                rest = after;
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        Login { username: "gw".to_owned(), password: "kata sandi".to_owned() }
    }

    fn get(path: &str, query: &str) -> Asked {
        Asked { method: "GET".to_owned(), path: path.to_owned(), query: query.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    #[test]
    fn kannel_takes_what_it_can_read() {
        let known = "username=gw&password=kata+sandi&from=2000&to=6281200000001";
        for (query, want) in [
            (format!("{known}&text=a%26b+%5B%E2%82%AC%5D"), Ok("a&b [€]")),
            (format!("{known}&text=a%E2%9C%93"), Ok("a?")),
            (format!("{known}&text=a%E2%9C%93&coding=2&charset=UTF-8"), Ok("a✓")),
            (format!("{known}&text=a&coding=2"), Err(400)),
            (known.replace("sandi", "x") + "&text=a", Err(403)),
            (known.replace("&from=2000", "") + "&text=a", Err(400)),
            (known.replace("to=62812", "to=x62812") + "&text=a", Err(400)),
        ] {
            let got = Aggregator::Kannel.read_submit(&get("/cgi-bin/sendsms", &query), &login());
            assert_eq!(got.as_ref().map(|submit| submit.text.as_str()).map_err(|(status, _)| *status), want, "{query}");
        }
        let url = "http%3A%2F%2Fgw%2Fin%2Fkannel%2Freceipt%3Fid%3D00ff%26type%3D%25d";
        let submit =
            Aggregator::Kannel.read_submit(&get("/cgi-bin/sendsms", &format!("{known}&text=a&dlr-mask=31&dlr-url={url}")), &login());
        let submit = submit.unwrap();
        assert_eq!(submit.report, Report::At { url: "http://gw/in/kannel/receipt?id=00ff&type=%d".to_owned(), mask: 31 });
        assert_eq!((submit.ours(), submit.to.as_str()), (Some("00ff"), "+6281200000001"));
    }

    #[test]
    fn africas_talking_takes_a_form_with_a_key() {
        let form = "application/x-www-form-urlencoded";
        for (key, content_type, body, want) in [
            ("kata sandi", form, "username=gw&to=%2B6281200000001&message=a%E2%9C%93", Ok("a✓")),
            ("kata", form, "username=gw&to=%2B6281200000001&message=a", Err(401)),
            ("kata sandi", "text/plain", "username=gw&to=%2B6281200000001&message=a", Err(415)),
            ("kata sandi", form, "username=gw&to=%2B6281200000001&message=", Err(400)),
            ("kata sandi", form, "username=gw&to=6281200000001&message=a", Err(201)),
        ] {
            let asked = Asked {
                method: "POST".to_owned(),
                path: "/version1/messaging".to_owned(),
                query: String::new(),
                headers: vec![("apikey".to_owned(), key.to_owned()), ("content-type".to_owned(), content_type.to_owned())],
                body: body.as_bytes().to_vec(),
            };
            let got = Aggregator::AfricasTalking.read_submit(&asked, &login());
            assert_eq!(got.as_ref().map(|submit| submit.text.as_str()).map_err(|(status, _)| *status), want, "{body}");
        }
    }

    #[test]
    fn telkomsel_answers_with_codes() {
        let known = "cpid=gw&pwd=kata%20sandi&sid=KTP&msisdn=6281200000001&sms=Siap";
        for (query, want) in [
            (known.to_owned(), Ok("Siap")),
            (known.replace("cpid=gw", "cpid=x"), Err("2:Authentication failed")),
            (known.replace("&sid=KTP", ""), Err("4:2:sid")),
            (known.replace("62812", "0812"), Err("3:105")),
        ] {
            let got = Aggregator::Telkomsel.read_submit(&get("/mt", &query), &login());
            assert_eq!(got.as_ref().map(|submit| submit.text.as_str()).map_err(|(_, body)| body.as_str()), want, "{query}");
        }
    }
}
