//! A message that changes the world: in the ledger before it is sent, brought until the gateway has taken it, the very same again now and then.

use crate::crew::Stage;
use crate::findings::kind;
use crate::ledger::{Asked, Effect, Told};
use crate::people::Phone;
use crate::random::Random;
use crate::texter::bring;

/// Of a hundred messages so many are brought once more although they were taken.
const TWICE_PERCENT: u64 = 20;

/// Writes messages, each with an id of its own.
#[derive(Debug)]
pub struct Letters<'s> {
    pub stage: &'s Stage,
    /// Makes ids unlike those of others.
    name: String,
    said: u64,
    pub random: Random,
}

impl<'s> Letters<'s> {
    pub fn new(stage: &'s Stage, name: String, random: Random) -> Self {
        Letters { stage, name, said: 0, random }
    }

    /// The word that came back at once, as a rule none; nothing if it could not be brought.
    pub fn say(&mut self, from: Phone, text: &str, asked: Asked) -> Option<String> {
        self.said += 1;
        let (number, text) = (escape(&from.number()), escape(text));
        let path = format!("/in/kannel?from={number}&to=2000&text={text}&charset=UTF-8&id={}-{}", self.name, self.said);
        let effect = Effect {
            phone: from,
            citizen: 0,
            nik4: String::new(),
            asked,
            told: Told::Nothing,
            request: path.clone().into_bytes(),
            reply: None,
            told_at: None,
            retried: false,
        };
        let stage = self.stage;
        let Ok(id) = stage.ledger.begin(effect) else {
            stage.findings.add(kind::UNANSWERED, "the oracle's own ledger could not be written");
            return None;
        };
        let change = stage.change();
        let (retried, body) = bring(stage, from, &path)?;
        let word = String::from_utf8_lossy(&body).trim().to_owned();
        stage.ledger.answer(id, &body, Told::Taken(word.clone()), retried);
        if retried {
            stage.count(&stage.tally.retried);
        }
        if self.random.percent(TWICE_PERCENT) {
            stage.count(&stage.tally.repeated);
            let (_, again) = bring(stage, from, &path)?;
            // A page in the reply tells of no effect, and need not outlive a kill.
            let outlives = body.is_empty() || change == stage.change();
            if outlives && again != body {
                stage.findings.add(kind::DIFFERING, format!("{from:?} got another answer to the same message"));
            }
        }
        Some(word)
    }
}

fn escape(text: &str) -> String {
    let escaped = |c: char| if c.is_ascii_alphanumeric() || "-./".contains(c) { c.to_string() } else { format!("%{:02X}", u32::from(c)) };
    text.chars().map(|c| if c == ' ' { "+".to_owned() } else { escaped(c) }).collect()
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn a_text_is_fit_for_a_query() {
        assert_eq!(escape("KELILING Mangsang 08-12, Pos 7: +62"), "KELILING+Mangsang+08-12%2C+Pos+7%3A+%2B62");
    }
}
