//! What a complaint is about, by its words: so that those that are alike are seen to be. Pure.

use serde::{Deserialize, Serialize};

use super::ComplaintClass;
use crate::citizen::spelling;

/// Shorter words must be there as they stand: too many others begin like them.
const STEM_LETTERS_MIN: usize = 5;
/// From so many letters on, one wrong letter is forgiven.
const NEAR_LETTERS_MIN: usize = 6;
/// More of a text is not looked at: what somebody complains about stands at its beginning.
const WORDS_MAX: usize = 60;

/// The number stands in keys, and the place among the others in records: never move or remove one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Topic {
    /// Money was asked for what is free.
    Extortion = 1,
    /// How citizens are spoken to.
    Manner = 2,
    /// Machines, electricity, the line to the centre.
    Equipment = 3,
    /// Wrong in the registry, or on the card.
    Data = 4,
    /// Papers that were wanted.
    Papers = 5,
    /// The way to the office.
    Far = 6,
    Queue = 7,
    /// Not done yet.
    Slow = 8,
    /// None of these words: nobody can say that two of them are alike.
    Other = 9,
}

/// In the order in which they win where several have as many words: what is rarer says more. A citizen's slips and endings are forgiven.
const TOPICS: [(Topic, &str, &[&str]); 9] = [
    (Topic::Extortion, "pungli", &[]),
    (
        Topic::Manner,
        "sikap",
        &[
            "acuh", "bentak", "cuek", "dibentak", "dimarahi", "galak", "jutek", "judes", "kasar", "ketus", "marah", "muring", "nesu",
            "ramah", "sikap", "sinis", "sombong", "sopan", "tidur",
        ],
    ),
    (
        Topic::Equipment,
        "alat",
        &[
            "alat", "blangko", "blanko", "error", "eror", "genset", "gangguan", "internet", "jaringan", "kamera", "komputer", "lampu",
            "listrik", "mesin", "offline", "padam", "printer", "server", "sinyal", "tinta",
        ],
    ),
    (Topic::Data, "data", &["beda", "ejaan", "ganda", "keliru", "kliru", "salah", "tertukar"]),
    (
        Topic::Papers,
        "syarat",
        &[
            "berkas",
            "bolak",
            "dipersulit",
            "dokumen",
            "formulir",
            "fotokopi",
            "fotocopy",
            "pengantar",
            "persyaratan",
            "ribet",
            "sulit",
            "surat",
            "syarat",
        ],
    ),
    (Topic::Far, "jauh", &["adoh", "jarak", "jauh", "kilometer", "ongkos", "pelosok", "perahu", "speedboat", "tebih", "terpencil"]),
    (
        Topic::Queue,
        "antre",
        &["antre", "antri", "berdesakan", "desakan", "jatah", "kuota", "mengantre", "mengantri", "ngantre", "ngantri", "penuh", "sesak"],
    ),
    (
        Topic::Slow,
        "lambat",
        &[
            "belom",
            "belum",
            "berbulan",
            "blm",
            "bulan",
            "dangu",
            "dereng",
            "durung",
            "lama",
            "lamban",
            "lambat",
            "lamo",
            "lelet",
            "lemot",
            "menunggu",
            "minggu",
            "molor",
            "ngenteni",
            "nunggu",
            "suwe",
            "tahun",
            "telat",
            "terlambat",
            "tertunda",
            "tunggu",
        ],
    ),
    (Topic::Other, "lain", &[]),
];

impl Topic {
    pub fn of(class: ComplaintClass, text: &str) -> Self {
        if class == ComplaintClass::Extortion {
            return Self::Extortion;
        }
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()).take(WORDS_MAX).collect();
        let count = |known: &[&str]| words.iter().filter(|word| known.iter().any(|known| means(word, known))).count();
        let mut best = (Self::Other, 0);
        for (topic, _, known) in TOPICS {
            let hits = count(known);
            if hits > best.1 {
                best = (topic, hits);
            }
        }
        best.0
    }

    /// As files, figures and officers name it.
    pub fn word(self) -> &'static str {
        TOPICS.iter().find(|(topic, ..)| *topic == self).map_or("", |(_, word, _)| word)
    }
}

fn means(word: &str, known: &str) -> bool {
    word == known
        || known.len() >= STEM_LETTERS_MIN && word.starts_with(known)
        || ["nya", "nyo", "ne", "e", "an"].iter().any(|ending| word.strip_suffix(ending) == Some(known))
        || known.len() >= NEAR_LETTERS_MIN && spelling::within(known, word, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_about_what_most_of_its_words_say() {
        for (text, expected) in [
            ("antre dari pagi, tidak dilayani", Topic::Queue),
            ("ANTRIAN panjang sekali", Topic::Queue),
            ("KTP belum jadi juga, sudah 3 bulan", Topic::Slow),
            ("pelayanannya lambatt", Topic::Slow),
            ("antrenya lama sekali, belum dipanggil", Topic::Slow),
            ("petugas loket kasar dan judes", Topic::Manner),
            ("listrik padam, alatnya rusak", Topic::Equipment),
            ("jaringn internet putus terus", Topic::Equipment),
            ("nama di KTP salah", Topic::Data),
            ("berkasnya selalu kurang, bolak-balik terus", Topic::Papers),
            ("kantornya jauh, ongkos perahu mahal", Topic::Far),
            ("selamat pagi, alamat saya dalam kota", Topic::Other),
            ("", Topic::Other),
        ] {
            assert_eq!(Topic::of(ComplaintClass::Complaint, text), expected, "{text}");
            assert_eq!(Topic::of(ComplaintClass::Extortion, text), Topic::Extortion);
        }
    }

    #[test]
    fn every_topic_has_its_number_and_a_word_of_its_own() {
        for (at, (topic, word, known)) in (1..).zip(TOPICS) {
            assert_eq!((topic as u8, topic.word()), (at, word));
            assert_eq!(
                TOPICS.iter().filter(|(_, _, others)| known.iter().any(|known| others.contains(known))).count(),
                usize::from(!known.is_empty())
            );
        }
    }
}
