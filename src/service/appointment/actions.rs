//! What a menu may ask about appointments.

use crate::menu::{ActionSpec, Field, Kind, OutcomeSpec};
use crate::service::outreach::{HELPED, PHONE};
use crate::service::requirements::BRING;

const NIK: Field = ("nik", Kind::Nik);
const KK: Field = ("kk", Kind::Kk);
pub(super) const NEED: Field = ("urusan", Kind::Word);
const PLACE_ID: Field = ("tempat_id", Kind::Id);
const PLACE: Field = ("tempat", Kind::Text(20));
const SLOT: Field = ("slot", Kind::Id);
const DAY: Field = ("hari", Kind::Day);
const WINDOW: Field = ("jam", Kind::Window);
const LEFT: Field = ("sisa", Kind::Number(3));
const CODE: Field = ("kode", Kind::Code);
const NEAREST: &[Field] = &[PLACE_ID, PLACE, ("km", Kind::Number(3))];

const fn plain(name: &'static str) -> OutcomeSpec {
    OutcomeSpec { name, gives: &[], may_give: &[], items: None, writes: &[] }
}

/// Nobody can be recorded there: the device is broken.
const BROKEN: OutcomeSpec = OutcomeSpec { name: "rusak", gives: &[PLACE_ID, PLACE], may_give: &[], items: None, writes: &[] };

/// The bookings that this number made and that lie ahead.
pub const MINE: ActionSpec = ActionSpec {
    name: "janji.punya",
    args: &[],
    optional: &[],
    outcomes: &[
        plain("kosong"),
        OutcomeSpec { name: "ada", gives: &[], may_give: &[], items: Some(&[CODE, DAY, WINDOW, PLACE_ID, PLACE]), writes: &[] },
        // A coordinator, who may mean a neighbour.
        plain("kader"),
    ],
};

/// The same, whoever asks.
pub const OWN: ActionSpec = ActionSpec {
    name: "janji.sendiri",
    args: &[],
    optional: &[],
    outcomes: &[
        plain("kosong"),
        OutcomeSpec { name: "ada", gives: &[], may_give: &[], items: Some(&[CODE, DAY, WINDOW, PLACE_ID, PLACE]), writes: &[] },
    ],
};

/// May this person book? Checks NIK and KK digits and that no active booking stands in the way; suggests a place.
pub const CHECK: ActionSpec = ActionSpec {
    name: "janji.periksa",
    args: &[NIK, KK],
    // A stop of the mobile unit that was chosen before.
    optional: &[HELPED, PHONE, PLACE_ID],
    outcomes: &[
        // `tempat_id` and `tempat`: the stop chosen, the place used last, else where the registry says the card is. `bantu` and `hp`: as they
        // were, if it is still the neighbour of whom they were said.
        OutcomeSpec { name: "boleh", gives: &[], may_give: &[PLACE_ID, PLACE, HELPED, PHONE], items: None, writes: &[] },
        plain("belum_umur"),
        plain("tak_cocok"),
        plain("terkunci"),
        plain("batas"),
    ],
};

/// The kecamatan offices, in the order of their codes.
pub const DISTRICTS: ActionSpec = ActionSpec {
    name: "tempat.kecamatan",
    args: &[],
    // Who comes to be recorded is not sent where the device is broken.
    optional: &[NEED],
    outcomes: &[OutcomeSpec { name: "daftar", gives: &[], may_give: &[], items: Some(&[PLACE_ID, PLACE]), writes: &[] }],
};

/// Where citizens of a village are served, the nearest first: offices, and stops of the mobile unit. What cannot do what they come for is left out.
pub const NEAR: ActionSpec = ActionSpec {
    name: "tempat.dekat",
    args: &[("desa_id", Kind::Id)],
    optional: &[NEED, HELPED, PHONE],
    outcomes: &[OutcomeSpec { name: "dekat", gives: &[], may_give: &[], items: Some(NEAREST), writes: &[] }],
};

/// The capital's office.
pub const CAPITAL: ActionSpec = ActionSpec {
    name: "tempat.sekayu",
    args: &[],
    optional: &[],
    outcomes: &[OutcomeSpec { name: "satu", gives: &[PLACE_ID, PLACE], may_give: &[], items: None, writes: &[] }],
};

/// Windows with free seats at a place, soonest first.
pub const SLOTS: ActionSpec = ActionSpec {
    name: "janji.jadwal",
    args: &[PLACE_ID],
    // A seat that is kept for the neighbour is shown to who books for them.
    optional: &[NEED, HELPED, PHONE],
    outcomes: &[
        OutcomeSpec { name: "ada", gives: &[], may_give: &[], items: Some(&[SLOT, DAY, WINDOW, LEFT]), writes: &[] },
        plain("kosong"),
        BROKEN,
    ],
};

/// The same to move an appointment there.
pub const SLOTS_BESIDE: ActionSpec = ActionSpec {
    name: "janji.jadwal_pindah",
    args: &[PLACE_ID, CODE],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "ada", gives: &[], may_give: &[], items: Some(&[SLOT, DAY, WINDOW, LEFT]), writes: &[] },
        plain("kosong"),
        // The device there is broken: where one works, the nearest first.
        OutcomeSpec { name: "rusak", gives: &[], may_give: &[], items: Some(NEAREST), writes: &[] },
    ],
};

/// Takes a seat for 180 seconds while the citizen reads the summary.
pub const HOLD: ActionSpec = ActionSpec {
    name: "janji.tahan",
    args: &[NIK, KK, NEED, SLOT],
    optional: &[HELPED, PHONE],
    outcomes: &[
        OutcomeSpec { name: "ditahan", gives: &[BRING], may_give: &[], items: None, writes: &[] },
        // Every seat is booked.
        plain("penuh"),
        // The last seats are held by people who are confirming just now.
        plain("dipesan"),
        // This person already has an active booking for this need, here with its code only if this number made it.
        plain("sudah_ada"),
        // The device has broken since they chose.
        BROKEN,
    ],
};

/// Turns the hold into a booking, or takes a seat again if the hold ran out.
pub const BOOK: ActionSpec = ActionSpec {
    name: "janji.simpan",
    args: &[NIK, KK, NEED, SLOT],
    optional: &[HELPED, PHONE],
    outcomes: &[
        // A proof goes out by SMS.
        OutcomeSpec { name: "tersimpan_sms", gives: &[CODE], may_give: &[], items: None, writes: &["janji", "bukti"] },
        // No way to send an SMS is configured: the page asks to note the code.
        OutcomeSpec { name: "tersimpan", gives: &[CODE], may_give: &[], items: None, writes: &["janji"] },
        // For a neighbour: whoever helps may go on with the next one.
        OutcomeSpec { name: "tersimpan_bantu", gives: &[CODE], may_give: &[], items: None, writes: &["janji"] },
        plain("penuh"),
        plain("dipesan"),
        plain("sudah_ada"),
        BROKEN,
        // The clock of this machine is wrong: no booking is written.
        plain("tunda"),
    ],
};

/// Gives the hold back (the citizen said no).
pub const RELEASE: ActionSpec = ActionSpec { name: "janji.lepas", args: &[], optional: &[], outcomes: &[plain("lepas")] };

/// The one booking that this number has, to be changed.
pub const ONLY: ActionSpec = ActionSpec {
    name: "janji.satu",
    args: &[],
    optional: &[],
    outcomes: &[
        OutcomeSpec { name: "ada", gives: &[CODE, DAY, WINDOW, PLACE_ID, PLACE], may_give: &[], items: None, writes: &[] },
        OutcomeSpec { name: "banyak", gives: &[], may_give: &[], items: Some(&[CODE, DAY, WINDOW, PLACE_ID, PLACE]), writes: &[] },
        plain("kosong"),
    ],
};

/// A booking by its code, to be changed. From another number KK digits are wanted too.
pub const FIND: ActionSpec = ActionSpec {
    name: "janji.pilih",
    args: &[CODE],
    optional: &[KK],
    outcomes: &[
        OutcomeSpec { name: "ada", gives: &[CODE, DAY, WINDOW, PLACE_ID, PLACE], may_give: &[], items: None, writes: &[] },
        plain("tanya_kk"),
        // No such code and wrong KK digits are one outcome, so that nobody learns which codes exist.
        plain("tak_cocok"),
        // Three of these today.
        plain("batas"),
        // This number's own, but cancelled or past.
        plain("tak_ada"),
    ],
};

/// The citizen answered the reminder: they will come.
pub const ATTEND: ActionSpec = ActionSpec {
    name: "janji.datang",
    args: &[CODE],
    optional: &[KK],
    outcomes: &[OutcomeSpec { name: "dicatat", gives: &[], may_give: &[], items: None, writes: &["hadir"] }, plain("tak_ada")],
};

/// Takes a seat elsewhere for 180 seconds; the one that is booked stays.
pub const HOLD_BESIDE: ActionSpec = ActionSpec {
    name: "janji.tahan_pindah",
    args: &[CODE, SLOT],
    optional: &[KK],
    outcomes: &[
        OutcomeSpec { name: "ditahan", gives: &[BRING], may_give: &[], items: None, writes: &[] },
        plain("penuh"),
        plain("dipesan"),
        // The window that is booked already.
        plain("tetap"),
        plain("tak_ada"),
    ],
};

/// Moves the booking to the other window, under the same code.
pub const MOVE: ActionSpec = ActionSpec {
    name: "janji.pindah",
    args: &[CODE, SLOT],
    optional: &[KK],
    outcomes: &[
        OutcomeSpec { name: "pindah_sms", gives: &[], may_give: &[], items: None, writes: &["janji", "bukti"] },
        OutcomeSpec { name: "pindah", gives: &[], may_give: &[], items: None, writes: &["janji"] },
        plain("penuh"),
        plain("dipesan"),
        plain("tetap"),
        plain("tak_ada"),
        plain("tunda"),
    ],
};

/// Cancels a booking. Another number than its own gives the KK digits too.
pub const CANCEL: ActionSpec = ActionSpec {
    name: "janji.batal",
    args: &[CODE],
    optional: &[KK],
    outcomes: &[OutcomeSpec { name: "batal", gives: &[], may_give: &[], items: None, writes: &["batal"] }, plain("tak_ada")],
};
