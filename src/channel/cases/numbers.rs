//! Numbers in cases of others that no phone has (`+123`, `2547-…`): the same case with one that a phone could have.

use serde_json::Value;

use super::number_of;

/// In place of what is no number. Nobody has it.
const REAL: &str = "6281200000001";

/// The case, with another number if its own is none.
pub(super) fn with_a_real_number(case: &Value, country: &str) -> Value {
    let own = case["expect"]["msisdn"].as_str().unwrap_or_default();
    let bare = own.trim_start_matches('+');
    if bare.is_empty() || number_of(own, country).is_some() {
        return case.clone();
    }
    replaced(case, bare)
}

fn replaced(value: &Value, bare: &str) -> Value {
    match value {
        Value::String(text) => replaced_in(text, bare).into(),
        Value::Array(list) => list.iter().map(|one| replaced(one, bare)).collect(),
        Value::Object(map) => map.iter().map(|(key, one)| (replaced_in(key, bare), replaced(one, bare))).collect(),
        other => other.clone(),
    }
}

/// Only where it stands alone: `123` is not a part of `1234`.
fn replaced_in(text: &str, bare: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(bare) {
        let (before, from) = rest.split_at(at);
        let after = from.get(bare.len()..).unwrap_or_default();
        let alone = !before.ends_with(|c: char| c.is_ascii_digit()) && !after.starts_with(|c: char| c.is_ascii_digit());
        out.push_str(before);
        out.push_str(if alone { REAL } else { bare });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The same number, however the two are written: `08800000000` is `8800000000` of some country.
pub(super) fn same(one: &str, other: &str, country: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>().trim_start_matches('0').to_owned();
    let (one_digits, other_digits) = (digits(one), digits(other));
    let ends = |long: &str, short: &str| !short.is_empty() && long.ends_with(short);
    ends(&one_digits, &other_digits)
        || ends(&other_digits, &one_digits)
        || number_of(one, country).is_some_and(|number| Some(number) == number_of(other, country))
}
