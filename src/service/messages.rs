//! The messages that leave by SMS, whoever sends them: what each is about, and what must not be left out of it.

use super::outreach::AREA;
use super::requirements::BRING;
use crate::menu::{Field, Kind, MessageSpec};

const CODE: Field = ("kode", Kind::Code);
const NUMBER: Field = ("nomor", Kind::Code);
const DAY: Field = ("hari", Kind::Day);
const WINDOW: Field = ("jam", Kind::Window);
const PLACE: Field = ("tempat", Kind::Text(20));
const REASON: Field = ("alasan", Kind::Word);
const VILLAGE: Field = ("nama_desa", Kind::Text(21));
const STOP_SEATS: &[Field] = &[NUMBER, DAY, WINDOW, PLACE, ("sisa", Kind::Number(3))];
const STOP_PEOPLE: &[Field] = &[NUMBER, DAY, WINDOW, PLACE, PEOPLE];

/// People of a whole regency, messages to them, and what those cost.
const PEOPLE: Field = ("orang", Kind::Number(6));
const PARTS: Field = ("bagian", Kind::Number(7));
const PRICE: Field = ("rupiah", Kind::Number(10));
/// Digits of a telephone number.
const LAST: Field = ("akhir", Kind::Text(4));
const SAID: Field = ("isi", Kind::Text(160));

const fn bare(name: &'static str) -> MessageSpec {
    MessageSpec { name, gives: &[], keeps: &[] }
}

const fn with_area(name: &'static str) -> MessageSpec {
    MessageSpec { name, gives: &[AREA], keeps: &["wilayah"] }
}

const fn with_count(name: &'static str) -> MessageSpec {
    MessageSpec { name, gives: &[NUMBER, PEOPLE], keeps: &["nomor", "orang"] }
}

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
    // The same, made by a coordinator.
    MessageSpec {
        name: "bukti_bantu",
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
    // About stops of the mobile unit: to officers, then to who has or wants a seat there.
    MessageSpec { name: "unit_rencana", gives: STOP_SEATS, keeps: &["nomor", "hari", "jam", "tempat", "sisa"] },
    MessageSpec { name: "unit_terbit", gives: STOP_PEOPLE, keeps: &["nomor", "hari", "orang"] },
    MessageSpec { name: "unit_batal", gives: STOP_PEOPLE, keeps: &["nomor", "hari", "orang"] },
    MessageSpec {
        name: "unit_alat",
        gives: &[NUMBER, DAY, WINDOW, PLACE, ("sisa", Kind::Number(3)), PEOPLE],
        keeps: &["nomor", "hari", "sisa", "orang"],
    },
    MessageSpec {
        name: "unit_daftar",
        gives: &[NUMBER, DAY, WINDOW, PLACE, PEOPLE, ("daftar", Kind::Text(160))],
        keeps: &["nomor", "hari", "orang", "daftar"],
    },
    of_code("unit_tetap"),
    MessageSpec { name: "alat_rusak", gives: &[PLACE, DAY, PEOPLE], keeps: &["tempat", "hari", "orang"] },
    MessageSpec { name: "alat_baik", gives: &[PLACE, PEOPLE], keeps: &["tempat", "orang"] },
    // To whoever is to be recorded there.
    MessageSpec {
        name: "alat_mati",
        gives: &[NUMBER, DAY, PLACE, ("tujuan", Kind::Text(20)), ("km", Kind::Number(3))],
        keeps: &["nomor", "hari", "tempat", "tujuan", "km"],
    },
    MessageSpec { name: "alat_mati_semua", gives: &[NUMBER, DAY, PLACE], keeps: &["nomor", "hari", "tempat"] },
    MessageSpec { name: "alat_pulih", gives: &[NUMBER, DAY, WINDOW, PLACE], keeps: &["nomor", "hari", "jam", "tempat"] },
    MessageSpec { name: "unit_tolak", gives: &[NUMBER, ("sebab", Kind::Word)], keeps: &["sebab"] },
    MessageSpec { name: "unit_pindah", gives: &[NUMBER, DAY, WINDOW, PLACE, REASON], keeps: &["nomor", "hari", "jam", "tempat", "alasan"] },
    MessageSpec { name: "unit_hilang", gives: &[NUMBER, DAY, PLACE, VILLAGE, REASON], keeps: &["nomor", "hari", "tempat", "alasan"] },
    MessageSpec { name: "unit_geser", gives: &[NUMBER, DAY, WINDOW, PLACE, REASON], keeps: &["nomor", "hari", "jam", "tempat"] },
    MessageSpec { name: "unit_lebih", gives: &[NUMBER, DAY, PLACE, VILLAGE, REASON], keeps: &["nomor", "hari", "tempat"] },
    MessageSpec { name: "unit_tunda", gives: &[NUMBER, DAY, VILLAGE, REASON], keeps: &["hari", "nama_desa"] },
    MessageSpec { name: "antre_lepas", gives: &[VILLAGE], keeps: &["nama_desa"] },
    MessageSpec { name: "unit_urung", gives: &[NUMBER, DAY, VILLAGE, REASON], keeps: &["hari", "nama_desa", "alasan"] },
    // From officers, and about them.
    MessageSpec { name: "petugas_bilang", gives: &[NUMBER, ("isi", Kind::Text(160))], keeps: &["nomor", "isi"] },
    MessageSpec { name: "petugas_bilang_lain", gives: &[NUMBER, ("isi", Kind::Text(160))], keeps: &["nomor", "isi"] },
    of_code("telat_petugas"),
    of_code("telat_keluhan"),
    of_code("ditutup"),
    MessageSpec { name: "diperbaiki", gives: &[NUMBER, ("tindakan", Kind::Text(80))], keeps: &["nomor", "tindakan"] },
    // To whoever reaches villages.
    with_area("kader_ditanya"),
    with_area("kader_mungkin"),
    MessageSpec { name: "kader_baru", gives: &[AREA, LAST], keeps: &["wilayah", "akhir"] },
    MessageSpec { name: "kader_diakhiri", gives: &[LAST], keeps: &["akhir"] },
    bare("kader_tak_bisa"),
    bare("kader_keluar"),
    bare("nomor_salah"),
    MessageSpec { name: "wilayah_salah", gives: &[("tempat", Kind::Text(60))], keeps: &["tempat"] },
    bare("ajak_ditanya"),
    MessageSpec { name: "ajak_batas", gives: &[PEOPLE], keeps: &["orang"] },
    bare("umum_format"),
    bare("umum_tanpa_kedua"),
    MessageSpec { name: "umum_dicatat", gives: &[NUMBER, AREA, PEOPLE, PARTS, PRICE], keeps: &["nomor", "orang", "bagian", "rupiah"] },
    MessageSpec {
        name: "umum_setuju",
        gives: &[NUMBER, AREA, PEOPLE, PARTS, PRICE, SAID],
        keeps: &["nomor", "wilayah", "orang", "bagian", "rupiah", "isi"],
    },
    of_code("umum_disetujui"),
    MessageSpec { name: "umum_ditolak", gives: &[NUMBER, ("keterangan", Kind::Text(60))], keeps: &["nomor", "keterangan"] },
    with_count("umum_dihenti"),
    with_count("umum_selesai"),
    with_count("umum_kedaluwarsa"),
    of_code("umum_bukan"),
    of_code("umum_terima"),
    MessageSpec { name: "pengumuman", gives: &[SAID], keeps: &["isi"] },
    MessageSpec { name: "pengumuman_kader", gives: &[SAID], keeps: &["isi"] },
];
