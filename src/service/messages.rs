//! The messages that leave by SMS, whoever sends them: what each is about, and what must not be left out of it.

use super::requirements::BRING;
use crate::menu::{Field, Kind, MessageSpec};

const CODE: Field = ("kode", Kind::Code);
const NUMBER: Field = ("nomor", Kind::Code);
const DAY: Field = ("hari", Kind::Day);
const WINDOW: Field = ("jam", Kind::Window);

const fn of_code(name: &'static str) -> MessageSpec {
    MessageSpec { name, gives: &[NUMBER], keeps: &["nomor"] }
}

const fn with_text(name: &'static str) -> MessageSpec {
    MessageSpec { name, gives: &[NUMBER, ("pesan", Kind::Text(160))], keeps: &["nomor", "pesan"] }
}

const fn of_cluster(name: &'static str) -> MessageSpec {
    let gives = &[NUMBER, ("jumlah", Kind::Number(4)), ("perihal", Kind::Text(8)), ("tempat", Kind::Text(20))];
    MessageSpec { name, gives, keeps: &["nomor", "jumlah", "perihal", "tempat"] }
}

/// Every message that the gateway may want words for.
pub const MESSAGES: &[MessageSpec] = &[
    // The paper that a citizen shows at the counter, and all there is to know about coming.
    MessageSpec {
        name: "bukti",
        gives: &[CODE, DAY, WINDOW, ("tempat", Kind::Text(20)), BRING],
        keeps: &["kode", "hari", "jam", "tempat", "bawa"],
    },
    MessageSpec { name: "batal_lain", gives: &[CODE, DAY, WINDOW], keeps: &["kode", "hari", "jam"] },
    MessageSpec { name: "tautan_baru", gives: &[("nik", Kind::Nik)], keeps: &["nik"] },
    MessageSpec {
        name: "surat_kurang",
        gives: &[("urusan", Kind::Word), ("surat", Kind::Word), ("cara", Kind::Word)],
        keeps: &["surat", "cara"],
    },
    MessageSpec { name: "kabar", gives: &[("isi", Kind::Text(128))], keeps: &["isi"] },
    MessageSpec { name: "jawaban", gives: &[NUMBER, ("isi", Kind::Text(128))], keeps: &["nomor", "isi"] },
    of_code("belum_dijawab"),
    of_code("tak_dijawab"),
    MessageSpec { name: "terlalu_banyak", gives: &[], keeps: &[] },
    // To officers.
    with_text("keluhan"),
    with_text("permintaan"),
    with_text("dioper"),
    with_text("pesan_warga"),
    with_text("isi_tugas"),
    of_code("diambil"),
    of_code("dilepas"),
    MessageSpec { name: "ingatkan", gives: &[NUMBER, ("batas", Kind::Day)], keeps: &["nomor", "batas"] },
    of_code("beres_warga"),
    of_code("belum_beres"),
    MessageSpec { name: "tugas", gives: &[("daftar", Kind::Text(160))], keeps: &["daftar"] },
    MessageSpec { name: "tugas_kosong", gives: &[], keeps: &[] },
    of_code("bukan_tugas"),
    of_code("sudah_tutup"),
    of_code("tulis_lain"),
    of_code("tulis_jawaban"),
    of_code("tulis_alasan"),
    of_code("janji_ditandai"),
    of_code("janji_tak_ditandai"),
    of_cluster("kelompok"),
    of_cluster("kelompok_ingat"),
    MessageSpec { name: "evaluasi_perlu", gives: &[NUMBER, ("perlu", Kind::Word)], keeps: &["nomor", "perlu"] },
    of_code("evaluasi_dicatat"),
    MessageSpec { name: "kata_siap", gives: &[NUMBER, ("daftar", Kind::Text(160))], keeps: &["nomor", "daftar"] },
    of_code("nomor_rahasia"),
    of_code("tak_ada_lain"),
    MessageSpec {
        name: "nomor_warga",
        gives: &[NUMBER, ("telepon", Kind::Text(16)), ("pesan", Kind::Text(160))],
        keeps: &["nomor", "telepon", "pesan"],
    },
    // From officers, and about them.
    MessageSpec { name: "petugas_bilang", gives: &[NUMBER, ("isi", Kind::Text(160))], keeps: &["nomor", "isi"] },
    MessageSpec { name: "petugas_bilang_lain", gives: &[NUMBER, ("isi", Kind::Text(160))], keeps: &["nomor", "isi"] },
    of_code("telat_petugas"),
    of_code("telat_keluhan"),
    of_code("ditutup"),
    MessageSpec { name: "diperbaiki", gives: &[NUMBER, ("tindakan", Kind::Text(80))], keeps: &["nomor", "tindakan"] },
];
