//! Input that comes as all answers so far, joined by `*`: what is new in it.

/// What the whole input says against the one before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cumulative<'a> {
    /// What was typed since. May hold `*`: several answers at once, or a `*` that the citizen typed.
    New(&'a str),
    /// Shorter than the one before: a callback that was overtaken.
    Older,
    /// The same: the telco sent it again, or the citizen sent nothing as the first answer.
    Repeat,
    /// Not a continuation of the one before.
    Unrelated,
}

/// Does not show what was typed.
impl std::fmt::Debug for Cumulative<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::New(rest) => write!(f, "New({} bytes)", rest.len()),
            Self::Older => f.write_str("Older"),
            Self::Repeat => f.write_str("Repeat"),
            Self::Unrelated => f.write_str("Unrelated"),
        }
    }
}

/// The previous text is taken off the front, then one `*`.
///
/// Never split on `*` instead: a citizen may type one. The session keeps the previous text's length in bytes and a keyed hash, not
/// the text, hence `previous_matches`, which is asked at most once and about exactly `previous_len` bytes.
pub fn new_input(previous_len: usize, previous_matches: impl Fn(&[u8]) -> bool, whole: &str) -> Cumulative<'_> {
    let bytes = whole.as_bytes();
    let Some((before, _)) = bytes.split_at_checked(previous_len) else { return Cumulative::Older };
    // A length that falls inside a letter cannot come from the previous text.
    let Some(rest) = whole.get(previous_len..) else { return Cumulative::Unrelated };
    if !previous_matches(before) {
        return Cumulative::Unrelated;
    }
    if rest.is_empty() {
        return Cumulative::Repeat;
    }
    match rest.strip_prefix('*') {
        Some(typed) => Cumulative::New(typed),
        // After nothing there is no `*` to join with, and after an empty answer some telcos do not put a second one.
        None if before.is_empty() || before.ends_with(b"*") => Cumulative::New(rest),
        // `1` then `12`: another number, not an answer to `1`.
        None => Cumulative::Unrelated,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn after<'a>(previous: &str, whole: &'a str) -> Cumulative<'a> {
        new_input(previous.len(), |before| before == previous.as_bytes(), whole)
    }

    #[test]
    fn the_difference_is_text_minus_previous_minus_one_star() {
        use Cumulative::{New, Older, Repeat, Unrelated};
        for (previous, whole, expected) in [
            ("", "", Repeat),
            ("", "1", New("1")),
            ("", "1*2", New("1*2")),
            ("", "*5", New("5")),
            ("1", "1", Repeat),
            ("1", "1*2", New("2")),
            ("1", "1*", New("")),
            ("1*", "1**5", New("5")),
            ("1*", "1*5", New("5")),
            ("1*2", "1", Older),
            ("1*2", "", Older),
            ("1", "2", Unrelated),
            ("1", "12", Unrelated),
            ("1", "2*2", Unrelated),
            ("7*a*b", "7*a*b*****", New("****")),
            ("7*a*b**", "7*a*b*****", New("**")),
            ("1", "1*98*00", New("98*00")),
            ("1", "é*2", Unrelated),
            ("é", "é*2", New("2")),
        ] {
            assert!(after(previous, whole) == expected, "{previous:?} {whole:?}: {:?}", after(previous, whole));
        }
    }

    proptest! {
        #[test]
        fn an_appended_answer_comes_back(previous in ".{0,20}", typed in ".{0,20}") {
            let whole = format!("{previous}*{typed}");
            prop_assert!(after(&previous, &whole) == Cumulative::New(&typed));
        }

        #[test]
        fn any_length_and_text_is_fine(previous_len in 0usize..64, whole in ".{0,32}") {
            let _ = new_input(previous_len, |_| true, &whole);
        }
    }
}
