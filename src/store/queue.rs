use super::*;
use crate::citizen::{KkDigits, Msisdn, Nik};
use crate::clock::Timestamp;
use serde::{Deserialize, Serialize};
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Class {
    Reply,
    Reminder,
    Bulk,
}
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outgoing {
    pub to: Msisdn,
    pub channel: Option<String>,
    pub text: String,
    pub reference: String,
    pub class: Class,
    pub at: Timestamp,
}
impl Outgoing {
    pub fn key(&self, n: [u8; 16]) -> Key {
        Key::new(Space::Outgoing).with(&self.at.millis().to_be_bytes()).with(&n[..])
    }
}
impl Stored for Outgoing {
    const SPACE: Space = Space::Outgoing;
    const FORMAT: u16 = 1;
}
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum DueKind {
    LateAnswer { number: Msisdn, nik: Nik, kk: Option<KkDigits>, code: String },
    Reminder { booking: Vec<u8> },
}
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Due {
    pub at: Timestamp,
    pub kind: DueKind,
}
impl Due {
    pub fn key(&self, n: [u8; 16]) -> Key {
        Key::new(Space::Due).with(&self.at.millis().to_be_bytes()).with(&n[..])
    }
}
impl Stored for Due {
    const SPACE: Space = Space::Due;
    const FORMAT: u16 = 1;
}
