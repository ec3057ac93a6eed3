//! What a citizen wants with a message, read from its words.
//!
//! ```text
//! KTP 1606090101909999                     CEK_KTP   nik=1606090101909999
//! pak ktp#16.06.09.010190.9999 trims budi  CEK_KTP   nik=1606090101909999
//! DAFTAR 1606090101909999 hilang           DAFTAR    nik=1606090101909999 urusan=hilang
//! kapan mobil keliling ke muara medak      KELILING  desa=16.06.09.2015
//! ```
//!
//! Total and bounded: every text is some command, if only [`Intent::TakPaham`]; what is longer than ten parts is cut off. Nothing is
//! judged here beyond its form: whether a NIK can exist, or a code is somebody's, is for the services.
//!
//! In this order, the first that fits:
//! 1. nothing but marks, or a question mark;
//! 2. a registration of a SIM card gone astray (of which nothing is kept);
//! 3. an answer: a digit, yes, no, not yet, and nothing else of weight;
//! 4. a keyword after greetings, by itself or glued to a number; a word that says little (`cek`, `info`, `ktp`) lets the next one speak;
//! 5. a number that is, or was to be, a NIK;
//! 6. free language, by the words that are in it, in the order of the table `hints` of `menus/sms.yaml`.

mod answer;
mod form;
mod intent;
mod lex;
mod mask;
mod number;
mod opening;
mod said;
#[cfg(test)]
mod tests;
mod words;

use std::fmt;

use crate::citizen::area::Names;

pub use lex::CHARS_MAX;
pub use mask::masked;
pub use opening::Opening;
pub use words::{Words, Wrong};

/// Reads a message.
pub fn read(words: &Words, areas: &Names, text: &str) -> Command {
    let said = said::Said::new(words, areas, text);
    let command = intent::decide(&said);
    Command { opening: opening::read(&said, command.intent), ..command }
}

/// What is wanted. `name()` is the word in files and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intent {
    /// `DAFTAR#NIK#KK#`: an appointment, or a telco's form for registering a SIM card. To be asked back.
    AmbiguDaftarReg,
    Bahasa,
    Bantuan,
    Batal,
    CekKtp,
    Daftar,
    Data,
    Ganti,
    Hapus,
    Jawab,
    Keliling,
    Kosong,
    LaporBaru,
    LaporCek,
    Mulai,
    Petugas,
    /// A form for registering a SIM card, meant for 4444. Nothing of it is in the command.
    SalahKirimReg,
    Stop,
    StopSemua,
    Syarat,
    TakPaham,
}

impl Intent {
    pub const ALL: [Self; 21] = [
        Self::AmbiguDaftarReg,
        Self::Bahasa,
        Self::Bantuan,
        Self::Batal,
        Self::CekKtp,
        Self::Daftar,
        Self::Data,
        Self::Ganti,
        Self::Hapus,
        Self::Jawab,
        Self::Keliling,
        Self::Kosong,
        Self::LaporBaru,
        Self::LaporCek,
        Self::Mulai,
        Self::Petugas,
        Self::SalahKirimReg,
        Self::Stop,
        Self::StopSemua,
        Self::Syarat,
        Self::TakPaham,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::AmbiguDaftarReg => "AMBIGU_DAFTAR_REG",
            Self::Bahasa => "BAHASA",
            Self::Bantuan => "BANTUAN",
            Self::Batal => "BATAL",
            Self::CekKtp => "CEK_KTP",
            Self::Daftar => "DAFTAR",
            Self::Data => "DATA",
            Self::Ganti => "GANTI",
            Self::Hapus => "HAPUS",
            Self::Jawab => "JAWAB",
            Self::Keliling => "KELILING",
            Self::Kosong => "KOSONG",
            Self::LaporBaru => "LAPOR_BARU",
            Self::LaporCek => "LAPOR_CEK",
            Self::Mulai => "MULAI",
            Self::Petugas => "PETUGAS",
            Self::SalahKirimReg => "SALAH_KIRIM_REG",
            Self::Stop => "STOP",
            Self::StopSemua => "STOP_SEMUA",
            Self::Syarat => "SYARAT",
            Self::TakPaham => "TAK_PAHAM",
        }
    }

    /// The name of each.
    pub const NAMES: [&str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].name();
            at += 1;
        }
        names
    };

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|intent| intent.name() == name)
    }
}

/// An intent and what came with it. Which parts an intent may have stands at each.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    pub intent: Intent,
    pub opening: Opening,
    /// 16 ASCII digits as typed, not yet judged: of CEK_KTP, DAFTAR, LAPOR_BARU, and of BATAL and GANTI if it came along.
    pub nik: Option<String>,
    /// 4 or 16 ASCII digits, with the NIK or a code.
    pub kk: Option<String>,
    /// Why there is no NIK though one was meant: of CEK_KTP and DAFTAR.
    pub flaw: Option<Flaw>,
    /// Of BATAL, GANTI and LAPOR_CEK, always.
    pub code: Option<Code>,
    /// In the citizen's own words: the complaint of LAPOR_BARU, the remark of a CEK_KTP sent on another office's form.
    pub text: Option<String>,
    /// The complaint is about money asked for.
    pub is_bribe: bool,
    /// Of JAWAB, always.
    pub reply: Option<Reply>,
    /// Of KELILING, and of DAFTAR on another office's form.
    pub village: Option<Village>,
    /// `16.06.09`; with KELILING and DAFTAR.
    pub district: Option<String>,
    /// A key of `topics` in `menus/sms.yaml`; of SYARAT.
    pub topic: Option<String>,
    /// Of DAFTAR.
    pub need: Option<Need>,
    /// `id`, `plm`, `jav`, `mui`; of BAHASA.
    pub language: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// This letter stands among the digits.
    Letter(char),
    /// So many digits, not 16.
    Length(usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// Capital letters and digits: `K4821735`, `ADU-0917`; or digits only, if the letter was left out.
    Typed(String),
    /// None was given: the one that is open, if there is one.
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// 0 to 99.
    Digit(u8),
    No,
    NotYet,
    Yes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Village {
    /// `16.06.09.2015`, `Muara Medak`.
    One { code: String, name: String },
    /// Codes of villages that share the name.
    Several(Vec<String>),
    /// A name that no village has, as typed.
    Unknown(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// As the menu numbers them.
    Digit(u8),
    /// A key of `needs` in `menus/sms.yaml`.
    Named(String),
}

impl Command {
    pub fn new(intent: Intent) -> Self {
        Self {
            intent,
            opening: Opening::default(),
            nik: None,
            kk: None,
            flaw: None,
            code: None,
            text: None,
            is_bribe: false,
            reply: None,
            village: None,
            district: None,
            topic: None,
            need: None,
            language: None,
        }
    }

    /// In clear, as key and value; a reply in words is a key without a value. A village is its code in a question after the mobile
    /// unit, and its name on a form.
    pub fn parts(&self) -> Vec<(&'static str, Option<String>)> {
        let mut parts = Vec::new();
        let mut add = |key, value: Option<String>| {
            if value.is_some() {
                parts.push((key, value));
            }
        };
        add("nik", self.nik.clone());
        add("kk", self.kk.clone());
        add(
            "galat",
            self.flaw.map(|flaw| match flaw {
                Flaw::Letter(letter @ ('o' | 'O')) => format!("huruf_{}", letter.to_ascii_uppercase()),
                Flaw::Letter(letter) => format!("huruf_{letter}"),
                Flaw::Length(_) => "panjang".to_owned(),
            }),
        );
        add(
            "kode",
            self.code.as_ref().map(|code| match code {
                Code::Typed(code) => code.clone(),
                Code::Open => "?".to_owned(),
            }),
        );
        add(if self.intent == Intent::CekKtp { "keluhan" } else { "isi" }, self.text.clone());
        add("kategori", self.is_bribe.then(|| "pungli".to_owned()));
        add("topik", self.topic.clone());
        add(
            "urusan",
            self.need.as_ref().map(|need| match need {
                Need::Digit(digit) => digit.to_string(),
                Need::Named(name) => name.clone(),
            }),
        );
        add(
            "desa",
            self.village.as_ref().map(|village| match village {
                Village::One { code, .. } if self.intent == Intent::Keliling => code.clone(),
                Village::One { name, .. } | Village::Unknown(name) => name.clone(),
                Village::Several(_) => "AMBIGU".to_owned(),
            }),
        );
        add("kec", self.district.clone());
        add("bahasa", self.language.clone());
        match self.reply {
            Some(Reply::Digit(digit)) => parts.push(("pilihan", Some(digit.to_string()))),
            Some(Reply::No) => parts.push(("tidak", None)),
            Some(Reply::NotYet) => parts.push(("belum", None)),
            Some(Reply::Yes) => parts.push(("ya", None)),
            None => {}
        }
        parts
    }
}

/// Which parts there are, not what they say.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.parts().into_iter().map(|(key, _)| key).collect();
        f.debug_struct("Command").field("intent", &self.intent).field("parts", &keys).finish()
    }
}
