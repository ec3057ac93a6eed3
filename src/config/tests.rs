#![allow(clippy::unwrap_used)]
use super::*;

#[test]
fn a_channel_that_anybody_could_call_is_refused() {
    for (gate, fine) in
        [("", false), ("addresses = []", false), ("addresses = [\"10.0.0.0/8\"]", true), ("addresses = [\"0.0.0.0/0\"]", true)]
    {
        let text = format!(
            "data = \"d\"\nkeys = \"k\"\n[listen]\ncallbacks = \"127.0.0.1:0\"\n[[channel]]\nname = \"uji\"\nprofile = \"africastalking-ussd\"\n{gate}\n"
        );
        let parts = toml::from_str::<Config>(&text).unwrap().parts();
        assert_eq!(parts.is_ok(), fine, "{gate}");
    }
}

#[test]
fn messages_leave_by_the_channels_that_can_send() {
    let sends = "send_url = \"http://127.0.0.1:1\"\nusername = \"u\"\npassword_file = \"Cargo.toml\"\nper_second = 7\n";
    for (kannel, outbox, carriers) in [
        ("", "", Some(0)),
        ("[[channel]]\nname = \"telkomsel\"\nprofile = \"telkomsel-cp\"\naddresses = [\"10.0.0.0/8\"]\n", "", None),
        (sends, "", Some(1)),
        (sends, "default = \"kannel\"\n[outbox.operators]\nTelkomsel = \"kannel\"", Some(1)),
        (sends, "default = \"uji\"", None),
        ("", "default = \"kannel\"", None),
        (sends, "[outbox.operators]\nNobody = \"kannel\"", None),
    ] {
        let channel = |name, profile| format!("[[channel]]\nname = \"{name}\"\nprofile = \"{profile}\"\naddresses = [\"10.0.0.0/8\"]\n");
        let text = format!(
            "data = \"d\"\nkeys = \"k\"\n[listen]\ncallbacks = \"127.0.0.1:0\"\n{}{}{kannel}[outbox]\n{outbox}\n",
            channel("uji", "africastalking-ussd"),
            channel("kannel", "kannel-sms")
        );
        let parts = toml::from_str::<Config>(&text).unwrap().parts().ok();
        assert_eq!(parts.as_ref().map(|parts| parts.carriers.len()), carriers, "{kannel}{outbox}");
        if let Some(Carrier { limits, .. }) = parts.as_ref().and_then(|parts| parts.carriers.first()) {
            assert_eq!((limits.per_second, limits.in_flight), (7, Limits::default().in_flight));
        }
    }
}

#[test]
fn a_mistake_in_a_district_s_list_is_told_with_its_place() {
    let read = |text: &str| read_requirements("syarat.csv", text).err().map(|error| error.to_string());
    assert_eq!(read(REQUIREMENTS), None);
    let wrong = REQUIREMENTS.replace("surat hilang dari polisi, KK", "surat “hilang”, KK");
    let said = read(&wrong).unwrap_or_default();
    assert!(said.starts_with("syarat.csv:5:23: "), "{said}");
}
#[test]
fn officers_are_numbers_that_messages_reach() {
    let config = |people: &str| {
        let text = format!(
            "data = \"d\"\nkeys = \"k\"\n[listen]\ncallbacks = \"127.0.0.1:0\"\n[[channel]]\nname = \"uji\"\nprofile = \"africastalking-ussd\"\naddresses = [\"10.0.0.0/8\"]\n{people}\n"
        );
        toml::from_str::<Config>(&text).unwrap().parts().err().map(|error| error.to_string()).unwrap_or_default()
    };
    for (people, said) in [
        ("", ""),
        ("[people]\nofficers = []", ""),
        ("[people]\nofficers = [\"+6281200099001\"]", "people: officers: no channel carries messages to number 1"),
        ("[people]\nofficers = [\"+6281200099001\", \"Bu Rina\"]", "people: officers: number 2: "),
        ("[people]\nofficers = [\"+6281200099001\", \"081200099001\"]", "people: officers: number 2: stands twice"),
        (
            "[[people.roster]]\nnumber = \"+6281200099001\"\nrole = \"officer\"\nhours = \"8\"",
            "people: officers: number 1: \"8\" is no window",
        ),
        (
            "[[people.roster]]\nnumber = \"+6281200099001\"\nrole = \"inspector\"",
            "people: officers: no channel carries messages to number 1",
        ),
    ] {
        assert!(config(people).contains(said) && config(people).is_empty() == said.is_empty(), "{people}: {}", config(people));
    }
}
