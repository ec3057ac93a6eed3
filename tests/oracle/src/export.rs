//! What `kentongan store export` prints: one JSON object a line, a record each. Spaces that do not concern a booking are skipped.
//!
//! ```text
//! {"space":"booking","code":"K4821735","nik4":"9999","need":"rekam","place":"…","day":"2026-12-01","from":8,"to":10,"state":"booked","unchecked":false}
//! {"space":"slot","place":"…","day":"2026-12-01","from":8,"to":10,"seats":12,"booked":["K4821735"],"held":1}
//! {"space":"code","code":"K4821735"}
//! {"space":"outgoing","id":"00c0…","reference":"K4821735","to4":"0001","text":"…"}
//! {"space":"ticket","code":"A4821735","number4":"0001","state":"open",…}
//! {"space":"sent","id":"00c1…","reference":"K4821735","to4":"0001","text":"…","fate":"delivered"}
//! {"space":"stop","place_id":10001,"code":"S4821735","village":"16.06.09.2007","place":"Pos 7 Mangsang","day":"2026-12-10","from":8,"to":10,"seats":4,…}
//! {"space":"queue","village":"16.06.09.2007","number4":"0001","first":false,…}
//! {"space":"coordinator","number4":"0001","area":"16.06.09.2007",…}
//! {"space":"follower","number4":"0001","area":"16.06.09.2007","since":"2026-12-07T08:40:00+07:00"}
//! {"space":"announcement","code":"P4821735","area":"16.06","stage":"sending","decided4":"9003","audience":9,"sent":2,"acknowledged":1,…}
//! ```

mod village;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::page::Window;
pub use village::{Announcement, Coordinator, Follower, Stop, Waiter};

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Export {
    /// By code; more than one under a code is against L4.
    pub bookings: BTreeMap<String, Vec<Booking>>,
    pub slots: Vec<Slot>,
    /// How often each code is taken.
    pub codes: BTreeMap<String, u32>,
    /// Last four digits of the receivers, by code.
    pub outgoing: BTreeMap<String, Vec<String>>,
    /// Every message, waiting or sent, by its id; more than one record of an id is against L6.
    pub messages: BTreeMap<String, Vec<Sms>>,
    /// Complaints and wishes for a human, by code; more than one under a code is against L4.
    pub tickets: BTreeMap<String, Vec<Ticket>>,
    pub stops: Vec<Stop>,
    pub waiters: Vec<Waiter>,
    pub coordinators: Vec<Coordinator>,
    pub followers: Vec<Follower>,
    /// By code.
    pub announcements: BTreeMap<String, Announcement>,
    /// All lines, of whatever space.
    pub records: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    pub nik4: String,
    pub need: String,
    pub at: Place,
    pub booked: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    pub from4: String,
    pub state: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sms {
    pub reference: String,
    pub to4: String,
    pub text: String,
    /// None: it has come to no end.
    pub fate: Option<String>,
}

/// A window at an office.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub place: String,
    pub day: String,
    pub from: u64,
    pub to: u64,
}

impl Place {
    pub fn window(&self) -> Option<Window> {
        Window::of_record(&self.day, self.from, self.to)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub at: Place,
    pub seats: u64,
    pub booked: Vec<String>,
    pub held: u64,
}

pub fn read(text: &str) -> Result<Export, String> {
    let mut export = Export::default();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let value: Value = serde_json::from_str(line).map_err(|e| format!("line {}: no JSON: {e}", n + 1))?;
        enter(&mut export, &value).map_err(|field| format!("line {}: {field} is missing or of the wrong kind", n + 1))?;
        export.records += 1;
    }
    village::seat(&mut export);
    Ok(export)
}

fn enter(export: &mut Export, value: &Value) -> Result<(), &'static str> {
    match text(value, "space")?.as_str() {
        "booking" => {
            let booked = match text(value, "state")?.as_str() {
                "booked" => true,
                "cancelled" => false,
                // A seat kept for somebody who is still reading the summary: no booking, and no code yet.
                "held" => return Ok(()),
                _ => return Err("state"),
            };
            let booking = Booking { nik4: text(value, "nik4")?, need: text(value, "need")?, at: place(value)?, booked };
            export.bookings.entry(text(value, "code")?).or_default().push(booking);
        }
        "slot" => {
            let list = value.get("booked").and_then(Value::as_array).ok_or("booked")?;
            let booked = list.iter().map(|code| code.as_str().map(str::to_owned).ok_or("booked")).collect::<Result<_, _>>()?;
            export.slots.push(Slot { at: place(value)?, seats: seats(value)?, booked, held: whole(value, "held")? });
        }
        "code" => *export.codes.entry(text(value, "code")?).or_default() += 1,
        "ticket" => {
            let ticket = Ticket { from4: text(value, "number4")?, state: text(value, "state")? };
            export.tickets.entry(text(value, "code")?).or_default().push(ticket);
        }
        // A message waits, or it has left: either way the booking left one.
        space @ ("outgoing" | "sent") => {
            let fate = if space == "sent" { Some(text(value, "fate")?) } else { None };
            let sms = Sms { reference: text(value, "reference")?, to4: text(value, "to4")?, text: text(value, "text")?, fate };
            export.outgoing.entry(sms.reference.clone()).or_default().push(sms.to4.clone());
            export.messages.entry(text(value, "id")?).or_default().push(sms);
        }
        other => village::enter(export, other, value)?,
    }
    Ok(())
}

/// How many a stop has stands in its own line.
fn seats(value: &Value) -> Result<u64, &'static str> {
    if value.get("seats").is_some_and(Value::is_null) { Ok(0) } else { whole(value, "seats") }
}

fn place(value: &Value) -> Result<Place, &'static str> {
    let name = text(value, "place")?;
    let place = if name.is_empty() { village::place_name(whole(value, "place_id")?) } else { name };
    Ok(Place { place, day: text(value, "day")?, from: whole(value, "from")?, to: whole(value, "to")? })
}

fn text(value: &Value, field: &'static str) -> Result<String, &'static str> {
    value.get(field).and_then(Value::as_str).map(str::to_owned).ok_or(field)
}

fn whole(value: &Value, field: &'static str) -> Result<u64, &'static str> {
    value.get(field).and_then(Value::as_u64).ok_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"{"space":"booking","code":"K4821735","nik4":"9999","need":"rekam","place":"Sekayu","day":"2026-12-01","from":8,"to":10,"state":"booked","unchecked":false}
{"space":"slot","place":"Sekayu","day":"2026-12-01","from":8,"to":10,"seats":12,"booked":["K4821735"],"held":1}
{"space":"code","code":"K4821735"}
{"space":"outgoing","id":"00c0","reference":"K4821735","to4":"0001","text":"x"}
{"space":"sent","id":"00c1","reference":"K4821736","to4":"0002","text":"x","fate":"delivered"}
{"space":"session","anything":[1]}
{"space":"ticket","code":"A4821735","number4":"0001","state":"asked","held":true}
{"space":"booking","code":"","nik4":"9999","need":"rekam","place":"Sekayu","day":"2026-12-01","from":8,"to":10,"state":"held","unchecked":false}
"#;

    #[test]
    fn reads_records_and_skips_other_spaces() {
        let export = read(SAMPLE).unwrap();
        assert_eq!((export.records, export.bookings.len()), (8, 1));
        assert_eq!(export.tickets["A4821735"], [Ticket { from4: "0001".to_owned(), state: "asked".to_owned() }]);
        assert!(export.bookings["K4821735"][0].booked);
        assert_eq!(export.slots[0].at, export.bookings["K4821735"][0].at);
        assert_eq!((export.slots[0].seats, export.slots[0].held, export.codes["K4821735"]), (12, 1, 1));
        assert_eq!(
            (&export.outgoing["K4821735"][..], &export.outgoing["K4821736"][..]),
            (&["0001".to_owned()][..], &["0002".to_owned()][..])
        );
    }

    #[test]
    fn says_which_line_is_wrong() {
        for (line, word) in
            [("{", "JSON"), (r#"{"space":"code"}"#, "code"), (r#"{"a":1}"#, "space"), (&SAMPLE.replace("12,", "\"12\","), "seats")]
        {
            let problem = read(line).unwrap_err();
            assert!(problem.contains(word), "{problem}");
        }
    }
}
