//! Codes that a citizen can read out: a letter, six digits and a check digit, as in `K4821735`.
//!
//! The check digit is Damm's (H. M. Damm, "Total anti-symmetrische Quasigruppen", 2004): it finds every single wrong digit and
//! every swap of neighbours, the mistakes people make on the phone. The letter takes part as two digits. A code is not a secret.

/// Without I and O, which are read as 1 and 0.
const LETTERS: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";

const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// Reads a code as a citizen types it: any case, spaces and dashes, `O` for 0 and `I` for 1 among the digits. `None` if it cannot be one.
pub fn read(typed: &str) -> Option<String> {
    let mut letters = typed.chars().filter(|c| !c.is_whitespace() && *c != '-' && *c != '.').map(|c| c.to_ascii_uppercase());
    let letter = letters.next().filter(|c| u8::try_from(*c).is_ok_and(|byte| LETTERS.contains(&byte)))?;
    let digits: String = letters
        .map(|c| {
            if c == 'O' {
                '0'
            } else if c == 'I' || c == 'L' {
                '1'
            } else {
                c
            }
        })
        .collect();
    if digits.len() != 7 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let code = format!("{letter}{digits}");
    (check(&code) == 0).then_some(code)
}

/// Was a code meant, right or wrong? A letter and most of its digits.
pub fn resembles(typed: &str) -> bool {
    let mut letters = typed.chars().filter(|c| !c.is_whitespace() && *c != '-' && *c != '.');
    let begins = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    let digits: Vec<char> = letters.collect();
    begins && (5..=9).contains(&digits.len()) && digits.iter().all(char::is_ascii_digit)
}

/// The code that this number stands for: 24 million of them, then the same ones again.
pub fn from_number(random: u64) -> String {
    let letter = char::from(LETTERS[usize::try_from(random % 24).unwrap_or(0)]);
    let digits = random / 24 % 1_000_000;
    let body = format!("{letter}{digits:06}");
    let digit = check(&body);
    format!("{body}{digit}")
}

/// Damm's interim digit over letter (as its two-digit place in the alphabet) and digits; 0 for a complete code.
fn check(code: &str) -> u8 {
    let step = |interim: u8, digit: u8| DAMM[usize::from(interim)][usize::from(digit % 10)];
    code.bytes().fold(0, |interim, byte| match byte {
        b'A'..=b'Z' => {
            let place = byte - b'A';
            step(step(interim, place / 10), place % 10)
        }
        _ => step(interim, byte.wrapping_sub(b'0')),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_digit_and_every_swap_is_noticed() {
        for random in (0..2_000u64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)) {
            let code = from_number(random);
            assert_eq!(read(&code).as_deref(), Some(code.as_str()));
            for at in 1..8 {
                for digit in b'0'..=b'9' {
                    let mut other = code.clone().into_bytes();
                    if other[at] != digit {
                        other[at] = digit;
                        assert_eq!(read(std::str::from_utf8(&other).unwrap()), None, "{code} with one wrong digit");
                    }
                }
                let mut swapped = code.clone().into_bytes();
                if at < 7 && swapped[at] != swapped[at + 1] {
                    swapped.swap(at, at + 1);
                    assert_eq!(read(std::str::from_utf8(&swapped).unwrap()), None, "{code} with two digits swapped");
                }
            }
        }
    }

    #[test]
    fn typed_as_people_type() {
        let code = from_number(7);
        let typed = format!(" {}-{} {}", code[..1].to_lowercase(), &code[1..4], &code[4..]);
        assert_eq!(read(&typed).as_deref(), Some(code.as_str()));
        assert!(resembles(&typed) && resembles("K48-2173") && !resembles("K12") && !resembles("KTP 4821735") && !resembles("4821735"));
        for wrong in ["", "K", "1234567", "I1234567", "K123456", "K12345678", "K12345a7"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
