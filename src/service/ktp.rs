//! The e-KTP status of a person, for somebody who knows the NIK and the last four digits of the KK.

use crate::menu::{ActionSpec, Field, Kind, OutcomeSpec};

const NIK: Field = ("nik", Kind::Nik);
const KK: Field = ("kk", Kind::Kk);
/// Day of the last step at the registry, when the export tells it.
const DAY: Field = ("tanggal", Kind::Day);
/// Where the card is or will be, cut to 20 septets.
const PLACE: Field = ("tempat_ktp", Kind::Text(20));
/// When the registry's data were exported.
const AS_OF: Field = ("per", Kind::Day);

const fn plain(name: &'static str) -> OutcomeSpec {
    OutcomeSpec { name, gives: &[], may_give: &[], items: None, writes: &[] }
}

const fn status(name: &'static str) -> OutcomeSpec {
    OutcomeSpec { name, gives: &[AS_OF, PLACE, DAY], may_give: &[], items: None, writes: &[] }
}

/// The persons this number has looked up before and asked us to remember.
pub const LINKS: ActionSpec = ActionSpec {
    name: "ktp.ingat_daftar",
    args: &[],
    optional: &[],
    outcomes: &[
        plain("kosong"),
        // Each item also carries the NIK; choosing one puts it into the session.
        OutcomeSpec { name: "ada", gives: &[], may_give: &[], items: Some(&[NIK]), writes: &[] },
    ],
};

/// The status itself. Without `kk` it answers only for a person linked to this number.
pub const STATUS: ActionSpec = ActionSpec {
    name: "ktp.status",
    args: &[NIK],
    optional: &[KK],
    outcomes: &[
        status("belum_wajib"),
        status("belum_rekam"),
        status("sudah_rekam"),
        status("di_pusat"),
        status("gagal_rekam"),
        status("gagal_daerah"),
        status("ganda"),
        status("siap_cetak"),
        status("antre_cetak"),
        status("tercetak"),
        status("dikirim"),
        status("diambil"),
        status("nonaktif"),
        status("diproses"),
        // Not found and wrong KK digits are one outcome, so that nobody learns which NIK exist.
        plain("tak_cocok"),
        // Three wrong KK digits today for this number and NIK, or too many for this NIK over all numbers.
        plain("terkunci"),
        // This number has looked up as many different persons as it may today or this month.
        plain("batas"),
        // The registry did not answer in time or is down; a due record keeps the question.
        OutcomeSpec { name: "tercatat", gives: &[("nomor", Kind::Code)], may_give: &[], items: None, writes: &["tunda"] },
    ],
};

/// Remembers the pair (number, NIK) after a right answer.
pub const REMEMBER: ActionSpec = ActionSpec {
    name: "ktp.ingat",
    args: &[NIK, KK],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "diingat", gives: &[], may_give: &[], items: None, writes: &["tautan"] },
        plain("penuh"),
        plain("tak_cocok"),
    ],
};
