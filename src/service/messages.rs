//! The messages that leave by SMS, whoever sends them: what each is about, and what must not be left out of it.

use crate::menu::{Field, Kind, MessageSpec};

const CODE: Field = ("kode", Kind::Code);
const NUMBER: Field = ("nomor", Kind::Code);
const DAY: Field = ("hari", Kind::Day);
const WINDOW: Field = ("jam", Kind::Window);

const fn of_code(name: &'static str) -> MessageSpec {
    MessageSpec { name, gives: &[NUMBER], keeps: &["nomor"] }
}

/// Every message that the gateway may want words for.
pub const MESSAGES: &[MessageSpec] = &[
    // The paper that a citizen shows at the counter, and all there is to know about coming.
    MessageSpec {
        name: "bukti",
        gives: &[CODE, DAY, WINDOW, ("tempat", Kind::Text(20)), ("bawa", Kind::Word)],
        keeps: &["kode", "hari", "jam", "tempat", "bawa"],
    },
    MessageSpec { name: "batal_lain", gives: &[CODE, DAY, WINDOW], keeps: &["kode", "hari", "jam"] },
    MessageSpec { name: "tautan_baru", gives: &[("nik", Kind::Nik)], keeps: &["nik"] },
    MessageSpec { name: "kabar", gives: &[("isi", Kind::Text(128))], keeps: &["isi"] },
    MessageSpec { name: "jawaban", gives: &[NUMBER, ("isi", Kind::Text(128))], keeps: &["nomor", "isi"] },
    of_code("belum_dijawab"),
    of_code("tak_dijawab"),
    MessageSpec { name: "terlalu_banyak", gives: &[], keeps: &[] },
    // To officers.
    MessageSpec { name: "keluhan", gives: &[NUMBER, ("pesan", Kind::Text(160))], keeps: &["nomor", "pesan"] },
    MessageSpec { name: "permintaan", gives: &[NUMBER, ("pesan", Kind::Text(160))], keeps: &["nomor", "pesan"] },
];
