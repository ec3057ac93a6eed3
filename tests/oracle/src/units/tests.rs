use super::*;
use crate::export::{Place, Slot, Waiter};
use crate::people::Phone;

const VILLAGE: &str = "16.06.09.2007";
/// Somebody of the village.
const SHE: u32 = 60_001;

fn effect(phone: Phone, asked: Asked, told: Told) -> Effect {
    let request = Vec::new();
    Effect { phone, citizen: 1, nik4: "9999".to_owned(), asked, told, request, reply: None, told_at: None, retried: false }
}

fn taken() -> Told {
    Told::Taken(String::new())
}

fn plan(told: Told) -> Effect {
    let (mark, day) = ("Pos 7".to_owned(), "2026-12-10".to_owned());
    effect(OFFICER, Asked::Plan(Plan { mark, village: VILLAGE, day, from: 8, to: 10, minutes: 30, kits: 2 }), told)
}

fn order(order: Order, told: Told) -> Effect {
    effect(OFFICER, Asked::Stop { code: "S0000007".to_owned(), order }, told)
}

fn join(told: Told) -> Effect {
    effect(Phone(SHE), Asked::Join { village: VILLAGE }, told)
}

fn leave(told: Told) -> Effect {
    effect(Phone(SHE), Asked::Leave { village: VILLAGE }, told)
}

fn book() -> Effect {
    let window = Some(Window { month: 12, day: 10, from: 8, to: 10 });
    effect(Phone(SHE), Asked::Book { need: 1, window }, Told::Saved { code: "K0000001".to_owned(), window })
}

/// Published, and somebody has a seat there.
fn said() -> Vec<Effect> {
    vec![plan(taken()), order(Order::Publish, taken()), join(Told::Listed), book()]
}

fn with(mut effects: Vec<Effect>, more: Vec<Effect>) -> Vec<Effect> {
    effects.extend(more);
    effects
}

fn stop(state: &str) -> Stop {
    Stop {
        place_id: 10_007,
        code: "S0000007".to_owned(),
        village: VILLAGE.to_owned(),
        label: "Pos 7 Mangsang".to_owned(),
        day: "2026-12-10".to_owned(),
        from: 8,
        to: 10,
        seats: 8,
        kits: 2,
        state: state.to_owned(),
        settling: false,
    }
}

fn sms(export: &mut Export, to4: &str, reference: &str, text: &str) {
    let sms = Sms { to4: to4.to_owned(), reference: reference.to_owned(), text: text.to_owned(), fate: None };
    let id = format!("m{}", export.messages.len());
    export.messages.insert(id, vec![sms]);
}

fn to_officer(export: &mut Export, text: &str) {
    sms(export, &OFFICER.to4(), "S0000007", text);
}

fn to_her(export: &mut Export, text: &str) {
    let reference = if text.starts_with("KELILING") { "S0000007" } else { "K0000001" };
    sms(export, "0001", reference, text);
}

const INVITED: &str = "KELILING Pos 7 Mangsang\nKam 10 Des jam 08-10\nKursi Anda sampai 08 Des 09.01.";
const MOVED: &str =
    "DUKCAPIL MUBA: Maaf, keliling batal karena cuaca buruk. Janji K0000001 pindah ke Sen 14 Des jam 08-10, Pos 8 Mangsang.";
const PROMISED: &str =
    "DUKCAPIL MUBA: Maaf, keliling Kam 10 Des batal: cuaca buruk. Janji K0000001 juga. Anda didahulukan di Mangsang. Atau ke Kec. Lais.";

/// What `said` leaves.
fn store() -> Export {
    let at = Place { place: "#10007".to_owned(), day: "2026-12-10".to_owned(), from: 8, to: 10 };
    let booking = Booking { nik4: "9999".to_owned(), need: "rekam".to_owned(), at: at.clone(), booked: true };
    let mut export = Export {
        stops: vec![stop("published")],
        slots: vec![Slot { at, seats: 8, booked: vec!["K0000001".to_owned()], held: 0 }],
        bookings: BTreeMap::from([("K0000001".to_owned(), vec![booking])]),
        ..Export::default()
    };
    to_officer(&mut export, "RENCANA S0000007: keliling Pos 7 Mangsang, Kam 10 Des jam 08-10, 8 orang. Umumkan: KODE TERBIT.");
    to_officer(&mut export, "S0000007 TERBIT: Pos 7 Mangsang, Kam 10 Des jam 08-10. 1 orang di daftar tunggu.");
    to_her(&mut export, INVITED);
    export
}

fn changed(change: impl Fn(&mut Export)) -> Export {
    let mut export = store();
    change(&mut export);
    export
}

/// The stop is cancelled, and what became of her seat is done and told.
fn cancelled(text: &str) -> Export {
    let mut export = changed(|export| {
        export.stops = vec![stop("cancelled")];
        to_officer(export, "S0000007 BATAL: Pos 7 Mangsang, Kam 10 Des jam 08-10. 1 janji sedang dipindahkan.");
        let booking = export.bookings.get_mut("K0000001").and_then(|all| all.first_mut()).unwrap();
        booking.booked = false;
        export.waiters = vec![waiter("0001")];
    });
    if !text.is_empty() {
        to_her(&mut export, text);
    }
    export
}

/// And there was another stop, to which she was moved.
fn moved() -> Export {
    let mut export = cancelled(MOVED);
    let other = Stop {
        place_id: 10_008,
        code: "S0000008".to_owned(),
        label: "Pos 8 Mangsang".to_owned(),
        day: "2026-12-14".to_owned(),
        ..stop("published")
    };
    export.stops.push(other);
    let booking = export.bookings.get_mut("K0000001").and_then(|all| all.first_mut()).unwrap();
    (booking.booked, booking.at.place, booking.at.day) = (true, "#10008".to_owned(), "2026-12-14".to_owned());
    export.waiters.clear();
    sms(&mut export, &OFFICER.to4(), "S0000008", "RENCANA S0000008: keliling Pos 8 Mangsang, Sen 14 Des jam 08-10, 8 orang.");
    sms(&mut export, &OFFICER.to4(), "S0000008", "S0000008 TERBIT: Pos 8 Mangsang, Sen 14 Des jam 08-10. 0 orang di daftar tunggu.");
    export
}

/// What was said when she was moved.
fn said_other() -> Vec<Effect> {
    let mut other = plan(taken());
    if let Asked::Plan(plan) = &mut other.asked {
        (plan.mark, plan.day) = ("Pos 8".to_owned(), "2026-12-14".to_owned());
    }
    let publish = effect(OFFICER, Asked::Stop { code: "S0000008".to_owned(), order: Order::Publish }, taken());
    with(said(), vec![other, publish, order(Order::Cancel, taken())])
}

fn waiter(to4: &str) -> Waiter {
    Waiter { village: VILLAGE.to_owned(), to4: to4.to_owned() }
}

fn kinds(export: &Export, effects: &[Effect]) -> Vec<&'static str> {
    let findings = Findings::default();
    judge(export, effects, true, &findings);
    findings.counts().into_keys().collect()
}

#[test]
fn what_was_said_and_is_there_passes() {
    let cancel = || with(said(), vec![order(Order::Cancel, taken())]);
    let waits = changed(|export| export.waiters.push(waiter("0002")));
    let another = |told| effect(Phone(60_002), Asked::Join { village: VILLAGE }, told);
    for (what, export, effects) in [
        ("published", store(), said()),
        ("nothing", Export::default(), vec![plan(Told::Nothing), join(Told::Nothing)]),
        ("in doubt", store(), vec![plan(Told::Nothing), order(Order::Publish, Told::Nothing), join(Told::Nothing), book()]),
        ("in the list", waits.clone(), with(said(), vec![another(Told::Listed)])),
        ("perhaps in the list", waits, with(said(), vec![another(Told::Nothing)])),
        ("comes first", cancelled(PROMISED), cancel()),
        ("moved", moved(), said_other()),
    ] {
        assert_eq!(kinds(&export, &effects), [""; 0], "{what}");
    }
}

#[test]
fn each_fault_of_a_stop_is_found() {
    let planned_only = || vec![plan(taken()), join(Told::Listed), book()];
    let of_officer = |export: &mut Export, start: &str| export.messages.retain(|_, all| !all[0].text.starts_with(start));
    for (found, export, effects) in [
        (kind::LOST, Export::default(), vec![plan(taken())]),
        (kind::LOST, changed(|e| of_officer(e, "RENCANA")), said()),
        (kind::LOST, changed(|e| of_officer(e, "S0000007 TERBIT")), said()),
        (kind::LOST, changed(|e| e.stops = vec![stop("planned")]), said()),
        (kind::LOST, store(), with(said(), vec![order(Order::Cancel, taken())])),
        (kind::LOST, store(), with(said(), vec![order(Order::Kits(1), taken())])),
        (kind::DIFFERING, changed(|e| e.stops.push(Stop { code: "S0000009".to_owned(), ..stop("published") })), said()),
        (kind::DIFFERING, changed(|e| to_officer(e, "S0000007 TERBIT: Pos 7 Mangsang")), said()),
        (kind::HALF, changed(|e| of_officer(e, "RENCANA")), with(vec![plan(Told::Nothing)], said().split_off(1))),
        (kind::UNTRUE, changed(|e| e.stops[0].to = 12), said()),
        (kind::PHANTOM, store(), said().split_off(1)),
        (kind::PHANTOM, store(), planned_only()),
        (kind::PHANTOM, changed(|e| e.stops[0].kits = 1), said()),
        (kind::PHANTOM, cancelled(PROMISED), said()),
        (kind::STUCK, changed(|e| e.stops[0].settling = true), said()),
    ] {
        let got = kinds(&export, &effects);
        assert!(got.contains(&found), "{found}: {got:?} {export:?}");
    }
}

#[test]
fn each_fault_of_a_list_or_seat_is_found() {
    let waits = |to4: &'static str| changed(move |export| export.waiters.push(waiter(to4)));
    let only = |told: Told| vec![plan(taken()), order(Order::Publish, taken()), join(told)];
    let cancel = || with(said(), vec![order(Order::Cancel, taken())]);
    let unbooked = |change: fn(&mut Export)| {
        changed(|export| {
            export.bookings.clear();
            change(export);
        })
    };
    for (found, export, effects) in [
        (kind::LOST, unbooked(|_| ()), only(Told::Listed)),
        (kind::LOST, unbooked(|e| e.waiters.push(waiter("0001"))), with(only(Told::Listed), vec![leave(Told::Unlisted)])),
        (kind::LOST, cancelled(""), cancel()),
        (
            kind::LOST,
            {
                let mut export = cancelled(PROMISED);
                export.waiters.clear();
                export
            },
            cancel(),
        ),
        (kind::PHANTOM, waits("0002"), said()),
        (kind::PHANTOM, changed(|e| to_her(e, MOVED)), said()),
        (kind::PHANTOM, changed(|e| sms(e, "0001", "S0000009", INVITED)), said()),
        (kind::UNTRUE, unbooked(|e| e.waiters.push(waiter("0001"))), only(Told::Otherwise("BELUM".to_owned()))),
        (kind::UNTRUE, cancelled(MOVED), cancel()),
        (
            kind::UNTRUE,
            {
                let mut export = moved();
                to_her(&mut export, PROMISED);
                export
            },
            said_other(),
        ),
        (
            kind::UNTRUE,
            {
                let mut export = moved();
                export.bookings.get_mut("K0000001").unwrap()[0].at.from = 9;
                export
            },
            said_other(),
        ),
        (kind::HALF, waits("0001"), said()),
        (
            kind::HALF,
            {
                let mut export = cancelled(PROMISED);
                export.bookings.get_mut("K0000001").unwrap()[0].booked = true;
                export
            },
            cancel(),
        ),
        (
            kind::DIFFERING,
            {
                let mut export = moved();
                to_her(&mut export, MOVED);
                export
            },
            said_other(),
        ),
        (kind::DIFFERING, changed(|e| to_her(e, INVITED)), said()),
        (kind::DIFFERING, unbooked(|e| e.waiters = vec![waiter("0001"), waiter("0001")]), only(Told::Listed)),
        (kind::LEAK, changed(|e| sms(e, "0002", "S0000007", INVITED)), said()),
        (
            kind::LEAK,
            {
                let mut export = moved();
                sms(&mut export, "0002", "K0000001", MOVED);
                export
            },
            said_other(),
        ),
    ] {
        let got = kinds(&export, &effects);
        assert!(got.contains(&found), "{found}: {got:?} {export:?}");
    }
}
