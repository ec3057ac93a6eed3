//! Which of our messages a delivery report is about. Telcos name a message by our id, or by their own, and do not always write their own
//! the way they told it: `0000ABCD` comes back as `abcd`, as `43981`, or before it was told at all.

use serde::{Deserialize, Serialize};

use crate::channel::DeliveryStatus;
use crate::clock::Timestamp;
use crate::store::queue::MessageId;
use crate::store::{Field, Key, Space, Store, Stored};

/// Longer ids are not numbers that anybody writes to another base.
const NUMBER_DIGITS_MAX: usize = 16;

/// What is known by a telco's id of a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipt {
    pub at: Timestamp,
    pub tells: Tells,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Tells {
    /// A report that came before the telco's answer to the request it is about.
    Early { status: Told, word: Option<String> },
    /// The id is of this message.
    Of(MessageId),
}

/// A delivery status as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    Cancelled,
    Delivered,
    Failed,
    Pending,
    Sent,
}

impl Stored for Receipt {
    const SPACE: Space = Space::Receipt;
    const FORMAT: u16 = 1;
}

impl Told {
    pub(super) const fn is_final(self) -> bool {
        matches!(self, Self::Cancelled | Self::Delivered | Self::Failed)
    }
}

impl From<DeliveryStatus> for Told {
    fn from(status: DeliveryStatus) -> Self {
        match status {
            DeliveryStatus::Cancelled => Self::Cancelled,
            DeliveryStatus::Delivered => Self::Delivered,
            DeliveryStatus::Failed => Self::Failed,
            DeliveryStatus::Pending => Self::Pending,
            DeliveryStatus::Sent => Self::Sent,
        }
    }
}

impl From<Told> for DeliveryStatus {
    fn from(told: Told) -> Self {
        match told {
            Told::Cancelled => Self::Cancelled,
            Told::Delivered => Self::Delivered,
            Told::Failed => Self::Failed,
            Told::Pending => Self::Pending,
            Told::Sent => Self::Sent,
        }
    }
}

/// Where a telco's id is kept: as it was told, and, if it may be a hexadecimal number, as a decimal one.
pub(super) fn keys(store: &Store, channel: &str, id: &str) -> Vec<Key> {
    let exact = exact(id);
    let decimal = decimal_of_hex(&exact).map(|decimal| key(store, channel, Form::Decimal, &decimal));
    [key(store, channel, Form::Exact, &exact)].into_iter().chain(decimal).collect()
}

/// Where to look for an id that a report names, the surest place first.
pub(super) fn places(store: &Store, channel: &str, id: &str) -> Vec<Key> {
    let exact = exact(id);
    // Told in hexadecimal and reported in decimal, or the other way round.
    let other = key(store, channel, Form::Decimal, &exact);
    let decimal = decimal_of_hex(&exact).map(|decimal| key(store, channel, Form::Exact, &decimal));
    [key(store, channel, Form::Exact, &exact), other].into_iter().chain(decimal).collect()
}

/// Apart, so that an id that is another's in hexadecimal does not hide it.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Form {
    Exact = b'x',
    Decimal = b'd',
}

fn key(store: &Store, channel: &str, form: Form, id: &str) -> Key {
    let named = [channel.as_bytes(), &[0, form as u8], id.as_bytes()].concat();
    Key::new(Space::Receipt).with(&store.hash(Field::Message, &named))
}

/// Without blanks around and zeros in front, in small letters.
fn exact(id: &str) -> String {
    let id = id.trim().to_ascii_lowercase();
    match id.trim_start_matches('0') {
        "" => id,
        rest => rest.to_owned(),
    }
}

fn decimal_of_hex(id: &str) -> Option<String> {
    if id.len() > NUMBER_DIGITS_MAX {
        return None;
    }
    u64::from_str_radix(id, 16).ok().filter(|_| !id.starts_with('+')).map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::Keys;

    /// Whether a report about `reported` finds the message whose id was told as `told`.
    fn meets(told: &str, reported: &str) -> bool {
        let store = Store::memory(&Keys::generate().unwrap());
        let kept = keys(&store, "a", told);
        places(&store, "a", reported).iter().any(|place| kept.contains(place))
    }

    #[test]
    fn forms_of_one_id_meet() {
        for (told, reported, same) in [
            ("ATXid_1", "ATXid_1", true),
            ("ATXid_1", "atxid_1", true),
            (" 0000ABCD", "abcd", true),
            ("0000ABCD", "43981", true),
            ("43981", "0000abcd", true),
            ("43981", "0000043981", true),
            ("0000000012", "18", true),
            ("18", "12", true),
            ("0", "00", true),
            ("12", "13", false),
            ("abcd", "43982", false),
            ("5f0e4b5c-0001", "5f0e4b5c-0002", false),
            ("+1", "1", false),
        ] {
            assert_eq!(meets(told, reported), same, "{told} {reported}");
        }
    }

    #[test]
    fn the_form_that_was_told_goes_first() {
        let store = Store::memory(&Keys::generate().unwrap());
        // 16 is 10 in hexadecimal: both ids are in use, and a report about 16 means the one that was told so.
        assert_eq!(places(&store, "a", "16").first(), keys(&store, "a", "16").first());
        assert!(keys(&store, "a", "10").contains(&places(&store, "a", "16")[1]));
        assert!(!keys(&store, "b", "16").contains(&places(&store, "a", "16")[0]));
    }
}
