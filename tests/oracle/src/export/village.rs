//! Stops of the mobile unit, who waits for one, and who hears of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Export, Place, Sms, text, whole};

/// A visit of the mobile unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stop {
    pub place_id: u64,
    pub code: String,
    /// The ministry's code.
    pub village: String,
    pub label: String,
    pub day: String,
    pub from: u64,
    pub to: u64,
    /// In all.
    pub seats: u64,
    pub kits: u64,
    pub state: String,
    /// People have seats here that it does not have any more.
    pub settling: bool,
}

impl Stop {
    pub fn is_at(&self, place: &Place) -> bool {
        place.place == place_name(self.place_id)
    }

    /// How many a window may have booked. While people are being moved nobody counts them.
    fn seats_in(&self, window: &Place) -> u64 {
        match (self.settling, self.state.as_str()) {
            (true, _) => u64::MAX,
            (false, "published") => self.seats * window.to.saturating_sub(window.from) / self.to.saturating_sub(self.from).max(1),
            (false, _) => 0,
        }
    }
}

/// Somebody in the list of a village.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiter {
    pub village: String,
    pub to4: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coordinator {
    pub to4: String,
    /// None: was asked, and has not said yes.
    pub area: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Follower {
    pub to4: String,
    pub area: String,
    pub said_yes: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Announcement {
    pub stage: String,
    pub decided4: Option<String>,
    pub audience: u64,
    pub sent: u64,
    pub acknowledged: u64,
}

pub(super) fn enter(export: &mut Export, space: &str, value: &Value) -> Result<(), &'static str> {
    let maybe = |field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
    match space {
        "stop" => export.stops.push(Stop {
            place_id: whole(value, "place_id")?,
            code: text(value, "code")?,
            village: text(value, "village")?,
            label: text(value, "place")?,
            day: text(value, "day")?,
            from: whole(value, "from")?,
            to: whole(value, "to")?,
            seats: whole(value, "seats")?,
            kits: whole(value, "kits")?,
            state: text(value, "state")?,
            settling: value.get("settling").and_then(Value::as_bool).ok_or("settling")?,
        }),
        "queue" => export.waiters.push(Waiter { village: text(value, "village")?, to4: text(value, "number4")? }),
        "coordinator" => export.coordinators.push(Coordinator { to4: text(value, "number4")?, area: maybe("area") }),
        "follower" => {
            let (to4, area) = (text(value, "number4")?, text(value, "area")?);
            export.followers.push(Follower { to4, area, said_yes: maybe("since").is_some() });
        }
        "announcement" => {
            let announcement = Announcement {
                stage: text(value, "stage")?,
                decided4: maybe("decided4"),
                audience: whole(value, "audience")?,
                sent: whole(value, "sent")?,
                acknowledged: whole(value, "acknowledged")?,
            };
            export.announcements.insert(text(value, "code")?, announcement);
        }
        _ => {}
    }
    Ok(())
}

/// As a stop is named beside offices, which have names of their own.
pub(super) fn place_name(place_id: u64) -> String {
    format!("#{place_id}")
}

/// The windows of stops get the seats of these; of a stop that is not there nobody has one.
pub(super) fn seat(export: &mut Export) {
    let stops: BTreeMap<String, &Stop> = export.stops.iter().map(|stop| (place_name(stop.place_id), stop)).collect();
    for slot in export.slots.iter_mut().filter(|slot| slot.at.place.starts_with('#')) {
        slot.seats = stops.get(&slot.at.place).map_or(0, |stop| stop.seats_in(&slot.at));
    }
}

impl Export {
    /// What was told of a seat that was lost at a stop, by the booking's code.
    pub fn lost_seats(&self) -> BTreeMap<&str, Vec<&Sms>> {
        let mut lost: BTreeMap<&str, Vec<&Sms>> = BTreeMap::new();
        for sms in self.messages.values().flatten().filter(|sms| tells_of_lost_seat(sms)) {
            lost.entry(&sms.reference).or_default().push(sms);
        }
        lost
    }
}

/// `… Maaf, keliling batal karena cuaca buruk. Janji K4821735 pindah ke …`, and three more like it.
fn tells_of_lost_seat(sms: &Sms) -> bool {
    sms.text.starts_with("DUKCAPIL MUBA: Maaf, k") && sms.text.contains(&format!("Janji {} ", sms.reference))
}

#[cfg(test)]
mod tests {
    use super::super::read;

    const SAMPLE: &str = r#"{"space":"slot","place":"","place_id":10001,"day":"2026-12-10","from":8,"to":10,"seats":null,"booked":["K4821735"],"held":0}
{"space":"stop","place_id":10001,"code":"S4821735","village":"16.06.09.2007","place":"Pos 7 Mangsang","day":"2026-12-10","from":8,"to":12,"seats":8,"kits":1,"way":"boat","state":"published","reason":null,"settling":false,"claims":0,"by4":"9001"}
{"space":"queue","village":"16.06.09.2007","number4":"0001","since":"x","home":null,"seats":1,"first":false}
{"space":"coordinator","number4":"0002","area":null,"offered":true}
{"space":"follower","number4":"0003","area":"16.06.09.2007","since":null}
{"space":"announcement","code":"P4821735","area":"16.06","stage":"drafted","made":"x","by4":"9002","decided4":null,"audience":2,"parts":2,"sent":0,"acknowledged":0}
{"space":"sent","id":"1","reference":"K4821735","to4":"0001","text":"DUKCAPIL MUBA: Maaf, keliling batal. Janji K4821735 pindah ke Sen 14 Des jam 08-09","fate":"delivered"}
"#;

    #[test]
    fn a_window_of_a_stop_has_its_share_of_the_seats() {
        let export = read(SAMPLE).unwrap();
        assert_eq!((export.slots[0].seats, export.slots[0].at.place.as_str()), (4, "#10001"));
        let seats = |from: &str, to: &str| read(&SAMPLE.replace(from, to)).unwrap().slots[0].seats;
        assert_eq!(seats("\"published\"", "\"cancelled\""), 0);
        assert_eq!(seats("\"settling\":false", "\"settling\":true"), u64::MAX);
        assert_eq!((export.waiters.len(), export.coordinators[0].area.is_none(), export.followers[0].said_yes), (1, true, false));
        assert_eq!(export.announcements["P4821735"].stage, "drafted");
        assert_eq!(export.lost_seats().len(), 1);
    }
}
