//! L9: looks for what must not stand anywhere in clear: the NIK and KK of a list, and every test phone's number. In digits (ASCII and
//! UTF-16), as a big- or little-endian u64, and as a LEB128 number, the way compact formats write one.

use std::collections::HashSet;
use std::fs;
use std::ops::Range;

use serde_json::{Value, json};

use crate::findings::{Findings, kind};
use crate::gateway::{beside, files_below};
use crate::options::Options;

/// All test phones: +62 812 000 00000 to +62 812 000 99999, as numbers with and without the country's code.
const NUMBERS: Range<u64> = 6_281_200_000_000..6_281_200_100_000;
const NATIONAL: Range<u64> = 81_200_000_000..81_200_100_000;
/// A NIK or KK has 16 digits.
const NIK_DIGITS: usize = 16;
/// `6281200000001`; `081200000001` is one shorter.
const NUMBER_DIGITS: usize = 13;
const NATIONAL_DIGITS: usize = 12;
/// More hits of one file tell nothing new.
const HITS_A_FILE: usize = 5;

pub fn run(options: &Options) -> Result<(Value, Vec<String>), String> {
    // Without more words: what another mode left beside its folder, looked for in that folder and in what the gateway printed.
    let list = options.needles.clone().unwrap_or_else(|| beside(&options.data, "needles"));
    let default = [options.data.clone(), beside(&options.data, "log")];
    let paths = if options.paths.is_empty() { default.as_slice() } else { &options.paths };
    let text = fs::read_to_string(&list).map_err(|e| format!("{}: {e}", list.display()))?;
    let needles: HashSet<u64> = text.lines().filter_map(|line| line.trim().parse().ok()).filter(|n| NIKS.contains(n)).collect();
    if needles.is_empty() {
        return Err(format!("{} names nothing to look for", list.display()));
    }
    let findings = Findings::default();
    let (mut files, mut bytes, mut hits) = (0_u64, 0_u64, 0_u64);
    for path in paths {
        if !path.exists() {
            return Err(format!("{} is not there", path.display()));
        }
        for file in files_below(path) {
            let content = fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            files += 1;
            bytes += content.len() as u64;
            let found = look(&content, &needles);
            hits += found.len() as u64;
            for hit in found.iter().take(HITS_A_FILE) {
                findings.add(kind::LEAK, format!("{}: a {} as {} at byte {}", file.display(), hit.what, hit.form, hit.at));
            }
        }
    }
    let summary = json!({
        "mode": "canary", "needles": needles.len(), "files": files, "bytes": bytes, "hits": hits, "violations": findings.total(),
    });
    Ok((summary, findings.shown()))
}

/// A NIK or KK as a number: 16 digits, the first not zero.
const NIKS: Range<u64> = 1_000_000_000_000_000..10_000_000_000_000_000;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Hit {
    what: &'static str,
    form: &'static str,
    at: usize,
}

fn look(content: &[u8], needles: &HashSet<u64>) -> Vec<Hit> {
    let mut hits = Vec::new();
    let plain = content.iter().enumerate().map(|(at, byte)| (at, Some(*byte)));
    digits(plain, "digits", needles, &mut hits);
    for start in [0, 1] {
        let pairs = || content.get(start..).unwrap_or_default().chunks_exact(2).enumerate().map(move |(n, pair)| (start + 2 * n, pair));
        let little = pairs().map(|(at, pair)| (at, if let [byte, 0] = pair { Some(*byte) } else { None }));
        digits(little, "UTF-16LE", needles, &mut hits);
        let big = pairs().map(|(at, pair)| (at, if let [0, byte] = pair { Some(*byte) } else { None }));
        digits(big, "UTF-16BE", needles, &mut hits);
    }
    for (at, window) in content.windows(8).enumerate() {
        let Ok(eight) = <[u8; 8]>::try_from(window) else { continue };
        for (value, form) in [(u64::from_le_bytes(eight), "little-endian u64"), (u64::from_be_bytes(eight), "big-endian u64")] {
            hits.extend(what(value, needles).map(|what| Hit { what, form, at }));
        }
    }
    for at in 0..content.len() {
        if let Some(value) = leb128(content.get(at..).unwrap_or_default()) {
            hits.extend(what(value, needles).map(|what| Hit { what, form: "LEB128", at }));
        }
    }
    hits
}

fn what(value: u64, needles: &HashSet<u64>) -> Option<&'static str> {
    if NUMBERS.contains(&value) {
        Some("number")
    } else if NIKS.contains(&value) && needles.contains(&value) {
        Some("NIK")
    } else {
        None
    }
}

/// Slides over runs of digits; a needle counts also in the middle of a longer run.
fn digits(bytes: impl Iterator<Item = (usize, Option<u8>)>, form: &'static str, needles: &HashSet<u64>, hits: &mut Vec<Hit>) {
    let mut run: Vec<(usize, u8)> = Vec::new();
    for (at, byte) in bytes {
        let Some(byte) = byte.filter(u8::is_ascii_digit) else {
            run.clear();
            continue;
        };
        run.push((at, byte - b'0'));
        for (length, national) in [(NIK_DIGITS, false), (NUMBER_DIGITS, false), (NATIONAL_DIGITS, true)] {
            let Some(tail) = run.len().checked_sub(length).and_then(|start| run.get(start..)) else { continue };
            let value = tail.iter().fold(0_u64, |value, (_, digit)| value * 10 + u64::from(*digit));
            let found = match national {
                true => (tail.first().is_some_and(|(_, digit)| *digit == 0) && NATIONAL.contains(&value)).then_some("number"),
                false => what(value, needles),
            };
            let at = tail.first().map_or(at, |(at, _)| *at);
            hits.extend(found.map(|what| Hit { what, form, at }));
        }
        if run.len() > NIK_DIGITS {
            run.remove(0);
        }
    }
}

/// A number of 7 bits a group, lowest first, ended by a byte below 128; only those long enough to be a number or NIK.
fn leb128(bytes: &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for (n, byte) in bytes.iter().take(8).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return (n >= 5).then_some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const NIK: u64 = 1_606_010_101_909_999;
    const NUMBER: u64 = 6_281_200_012_345;

    fn leb(mut value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value > 0x7f {
            bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        bytes.push(u8::try_from(value).unwrap());
        bytes
    }

    #[test]
    fn finds_every_form_at_every_place() {
        let needles = HashSet::from([NIK]);
        let wide = |text: &str, big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        let forms: Vec<(&str, &str, Vec<u8>)> = vec![
            ("NIK", "digits", NIK.to_string().into_bytes()),
            ("number", "digits", format!("+{NUMBER}").into_bytes()),
            ("number", "digits", b"081200012345".to_vec()),
            ("NIK", "UTF-16LE", wide(&NIK.to_string(), false)),
            ("NIK", "UTF-16BE", wide(&NIK.to_string(), true)),
            ("NIK", "little-endian u64", NIK.to_le_bytes().to_vec()),
            ("number", "big-endian u64", NUMBER.to_be_bytes().to_vec()),
            ("NIK", "LEB128", leb(NIK)),
            ("number", "LEB128", leb(NUMBER)),
        ];
        for (what, form, bytes) in forms {
            for before in [vec![], vec![0xff], vec![7, 0xff], b"77x".to_vec()] {
                let content = [before.as_slice(), &bytes, &[0xff, 3]].concat();
                let hits = look(&content, &needles);
                assert!(hits.iter().any(|h| h.what == what && h.form == form), "{what} {form} {before:?}: {hits:?}");
            }
        }
    }

    #[test]
    fn is_silent_about_the_rest() {
        let needles = HashSet::from([NIK]);
        let other = [NIK + 1, 6_281_300_000_000];
        let mut content = b"..9999 K4821735 +628110 1606010101909998 160601010190999".to_vec();
        for value in other {
            content.extend([value.to_le_bytes(), value.to_be_bytes()].concat());
            content.extend(leb(value));
        }
        assert_eq!(look(&content, &needles), []);
    }

    #[test]
    fn a_needle_in_a_longer_run_is_found() {
        let hits = look(format!("99{NIK}11").as_bytes(), &HashSet::from([NIK]));
        assert_eq!(hits, [Hit { what: "NIK", form: "digits", at: 2 }]);
    }
}
