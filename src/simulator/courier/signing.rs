//! How those sign who sign, read out of their documents and not out of ours.
//!
//! | who | what |
//! |---|---|
//! | httpSMS | `Authorization: Bearer` JWT, HS256, for our URL |
//! | MessageBird | `MessageBird-Signature-JWT`, HS256, with digests of URL and body |
//! | Plivo, V2 | `X-Plivo-Signature-V2` = base64(HMAC-SHA256(token, URL without its query + nonce)) |
//! | SMSGate | `X-Signature` = hex(HMAC-SHA256(key, body + `X-Timestamp`)) |
//! | textbee | `X-Signature` = hex(HMAC-SHA256(secret, body)) |
//! | Twilio | `X-Twilio-Signature` = base64(HMAC-SHA1(token, URL + sorted names and values)) |
//! | Vonage | `sig` among the parameters = hex(HMAC-SHA256(secret, `&name=value` sorted)) |

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::clock::Timestamp;
use crate::simulator::telco::Place;
use crate::simulator::wire::Composed;
use crate::simulator::{Error, Secrets, fresh_digits};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    HttpSms,
    MessageBird,
    Plivo,
    SmsGate,
    Textbee,
    Twilio,
    Vonage,
}

/// How long a token of MessageBird's or httpSMS's holds; theirs hold a minute and ten.
const TOKEN_SECS: i64 = 60;

impl Signing {
    pub(super) fn sign(self, request: &mut Composed, to: &Place, secrets: &Secrets, at: Timestamp) -> Result<(), Error> {
        let key = secrets.signing_key.as_str();
        let now = at.millis() / 1000;
        let url = to.url(secrets.gateway.as_deref(), request);
        match self {
            Self::HttpSms => {
                let claims = serde_json::json!({
                    "iss": "api.httpsms.com", "aud": [url], "sub": "demo", "nbf": now - TOKEN_SECS, "exp": now + TOKEN_SECS,
                });
                request.headers.push(("Authorization", format!("Bearer {}", token(key, &claims))));
            }
            Self::MessageBird => {
                let mut claims = serde_json::json!({
                    "iss": "MessageBird", "nbf": now, "exp": now + TOKEN_SECS, "jti": fresh_digits()?, "url_hash": hex(&Sha256::digest(&url)),
                });
                if let (Some(claims), false) = (claims.as_object_mut(), request.body.is_empty()) {
                    claims.insert("payload_hash".to_owned(), hex(&Sha256::digest(&request.body)).into());
                }
                request.headers.push(("MessageBird-Signature-JWT", token(key, &claims)));
            }
            Self::Plivo => {
                let nonce = fresh_digits()?;
                request.headers.push(("X-Plivo-Signature-V2", plivo(key, &url, &nonce)));
                request.headers.push(("X-Plivo-Signature-V2-Nonce", nonce));
            }
            Self::SmsGate => {
                let timestamp = now.to_string();
                request.headers.push(("X-Signature", hex(&sha256(key, &[&request.body, &timestamp]))));
                request.headers.push(("X-Timestamp", timestamp));
            }
            Self::Textbee => request.headers.push(("X-Signature", hex(&sha256(key, &[&request.body])))),
            Self::Twilio => request.headers.push(("X-Twilio-Signature", twilio(key, &url, &request.body))),
            Self::Vonage => {
                let signature = vonage(key, &request.query);
                request.query.push_str("&sig=");
                request.query.push_str(&signature);
            }
        }
        Ok(())
    }
}

fn plivo(key: &str, url: &str, nonce: &str) -> String {
    let address = url.split('?').next().unwrap_or_default();
    STANDARD.encode(sha256(key, &[address, nonce]))
}

fn twilio(key: &str, url: &str, form: &str) -> String {
    let mut pairs = pairs(form);
    pairs.sort();
    pairs.dedup();
    let said: String = pairs.into_iter().flat_map(|(name, value)| [name, value]).collect();
    STANDARD.encode(sha1(key, &[url, &said]))
}

fn vonage(key: &str, query: &str) -> String {
    let mut pairs = pairs(query);
    pairs.sort();
    let said: String = pairs.into_iter().map(|(name, value)| format!("&{name}={}", value.replace(['&', '='], "_"))).collect();
    hex(&sha256(key, &[&said]))
}

/// Names and values of a form, in clear.
fn pairs(form: &str) -> Vec<(String, String)> {
    let pairs = form.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(name, value)| (clear(name), clear(value))).collect()
}

/// Undoes the escapes.
fn clear(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = || u8::from_str_radix(std::str::from_utf8(after.get(..2)?).ok()?, 16).ok();
        match (first, if *first == b'%' { escaped() } else { None }) {
            (_, Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
                continue;
            }
            (b'+', None) => bytes.push(b' '),
            (other, None) => bytes.push(*other),
        }
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A JSON Web Token (RFC 7519) by HMAC-SHA256.
fn token(key: &str, claims: &serde_json::Value) -> String {
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let said = format!("{head}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(sha256(key, &[&said]));
    format!("{said}.{signature}")
}

fn sha256(key: &str, parts: &[&str]) -> Vec<u8> {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return Vec::new() };
    parts.iter().for_each(|part| mac.update(part.as_bytes()));
    mac.finalize().into_bytes().to_vec()
}

fn sha1(key: &str, parts: &[&str]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else { return Vec::new() };
    parts.iter().for_each(|part| mac.update(part.as_bytes()));
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::wire::percent;

    /// From the documents and test suites of those who sign.
    #[test]
    fn vectors() {
        let form = |pairs: &[(&str, &str)]| {
            let mut form = String::new();
            for (name, value) in pairs {
                form.push_str(if form.is_empty() { "" } else { "&" });
                form.push_str(name);
                form.push('=');
                percent(value, &mut form);
            }
            form
        };
        let call = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
            ("Caller", "+14158675309"),
        ];
        assert_eq!(twilio("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", &form(&call)), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
        let twice = [("Sid", "CA123"), ("SidAccount", "AC123"), ("Digits", "5678"), ("Digits", "1234"), ("Digits", "1234")];
        assert_eq!(twilio("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", &form(&twice)), "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
        let params = form(&[("param2", "value2"), ("param1", "value1"), ("timestamp", "1234567890")]);
        assert_eq!(vonage("signature_secret", &params), "280c4320703dbc98bfa22db676655ed2acfbfe8792b062ff7622e67f1183c287");
        assert_eq!(plivo("my_auth_token", "https://answer.url", "12345"), "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=");
        let body = r#"{"smsId":"smsId","sender":"+123456789"}"#;
        assert_eq!(
            hex(&sha256("a-secret-of-at-least-20-chars", &[body])),
            "be3f1afc645795f2e5aebe8389a9ef3bcc77110bdce981f5018ba819d3ea2468"
        );
    }

    #[test]
    fn a_token_is_what_messagebird_makes() {
        let claims = concat!(
            r#"{"iss":"MessageBird","nbf":1625479200,"exp":1625479260,"jti":"59a244dc-e9ad-4e23-9778-371faa238f72","#,
            r#""url_hash":"0f115db062b7c0dd030b16878c99dea5c354b49dc37b38eb8846179c7783e9d7"}"#
        );
        let said = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#), URL_SAFE_NO_PAD.encode(claims));
        let key = "36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb";
        let signature = URL_SAFE_NO_PAD.encode(sha256(key, &[&said]));
        assert_eq!(signature, "6Fp0rVOsRr1fj9S2GidXAfkmPVofKr8_RTffC6G6r2E");
        assert_eq!(hex(&Sha256::digest("https://example.com/")), "0f115db062b7c0dd030b16878c99dea5c354b49dc37b38eb8846179c7783e9d7");
    }
}
