//! Formats whose callbacks are a query, and whose answers are plain text or JSON.

use super::super::format::{Format, Shape, format};
use crate::simulator::wire::{Ask, At};

pub(super) const FORMATS: &[Format] = &[
    // Advanta (Kenya). What was typed comes whole, with the dialled string that it lengthens.
    format(
        "advanta",
        Ask::get("SESSIONID=$id&USSDCODE=$code&MSISDN=$digits&INPUT=$grown"),
        Ask::get("SESSIONID=$id&USSDCODE=$code&MSISDN=$digits&INPUT=$grown"),
        Shape::Prefixed,
    ),
    // Airtel by Comviva Flares, HTTP Pull 1.5.0. The first input has lost its * and #.
    format(
        "airtel-flares",
        Ask::get("userid=$username&password=$password&SessionID=$id&MSISDN=$digits&MSC=628110000&input=$inner"),
        Ask::get("userid=$username&password=$password&SessionID=$id&MSISDN=$digits&MSC=628110000&input=$last"),
        Shape::Flagged { text: At::Body, flag: At::Header("Freeflow"), open: "FC", shut: &["FB"] },
    )
    .holding(&[(At::Header("charge"), "N"), (At::Header("amount"), "0")])
    // As it came in production, empty names and all.
    .hung_up(
        Ask::get("userid=$username&password=$password&=&=en&=9031510005344&clean=clean-session&error=522&SessionID=$id&msisdn=$digits"),
        &[(At::Body, "")],
    ),
    // Cellulant: six fields between bars.
    format(
        "cellulant",
        Ask::get("MSISDN=$digits&INPUT=$dialled&opCode=BEG&ABORT=0&sessionID=$id"),
        Ask::get("MSISDN=$digits&INPUT=$last&opCode=&ABORT=0&sessionID=$id"),
        Shape::Flagged { text: At::Piped(1), flag: At::Piped(4), open: "null", shut: &["end"] },
    )
    .holding(&[(At::Pipes, "6"), (At::Piped(2), "null"), (At::Piped(3), "null"), (At::Piped(5), "null")])
    .hung_up(Ask::get("MSISDN=$digits&INPUT=&opCode=ABO&ABORT=0&sessionID=$id"), &[(At::Body, "")]),
    // Crossgate (Kenya).
    format(
        "crossgate",
        Ask::get("network_code=51010&msisdn=$digits&service_code=$code&session_id=$id&ussd_string="),
        Ask::get("network_code=51010&msisdn=$digits&service_code=$code&session_id=$id&ussd_string=$last"),
        Shape::Prefixed,
    ),
    // DMark (Uganda). The string that comes with the first request counts for nothing.
    format(
        "dmark",
        Ask::get(
            "transactionId=$id&msisdn=$number&ussdServiceCode=$code&transactionTime=$unix&ussdRequestString=$code&creationTime=$unix&response=false",
        ),
        Ask::get(
            "transactionId=$id&msisdn=$number&ussdServiceCode=$code&transactionTime=$unix&ussdRequestString=$last&creationTime=$unix&response=true",
        ),
        Shape::Flagged { text: At::Json("/responseString"), flag: At::Json("/action"), open: r#""request""#, shut: &[r#""end""#] },
    ),
    // Hollatags (Nigeria).
    format(
        "hollatags",
        Ask::get(
            "session_msisdn=$digits&session_operation=begin&session_msg=$dialled&session_id=$id&session_from=$code&session_type=1&session_mno=MTN",
        ),
        Ask::get(
            "session_msisdn=$digits&session_operation=continue&session_msg=$last&session_id=$id&session_from=$code&session_type=3&session_mno=MTN",
        ),
        Shape::Flagged { text: At::Json("/session_msg"), flag: At::Json("/session_type"), open: "1", shut: &["4"] },
    )
    .holding(&[(At::Json("/session_id"), r#""$id""#)])
    .hung_up(
        Ask::get("session_msisdn=$digits&session_operation=end&session_msg=&session_id=$id&session_from=$code&session_type=4&session_mno=MTN"),
        &[],
    ),
    // IMImobile (India). The number is all that tells a dialogue; the service's code is in the address.
    format(
        "imimobile",
        Ask::get("msisdn=$digits&msg=$dialled&code=MUBA&tid=$hop&dcs=15"),
        Ask::get("msisdn=$digits&msg=$last&code=MUBA&tid=$hop&dcs=15"),
        Shape::Flagged { text: At::Body, flag: At::Header("X-USSD-SESSION"), open: "1", shut: &["0"] },
    )
    .hung_up(
        Ask::get("msisdn=$digits&msg=Map+Dialog+User+Abort+User+Reason%3A+User+specific+reason&code=MUBA&tid=$hop&dcs=15"),
        &[(At::Header("X-USSD-SESSION"), "0")],
    ),
    // Safaricom as vumi spoke to it: what goes beyond *DEST# comes whole.
    format(
        "safaricom",
        Ask::get("ORIG=$digits&DEST=$bare&SESSION_ID=$id&USSD_PARAMS=$whole"),
        Ask::get("ORIG=$digits&DEST=$bare&SESSION_ID=$id&USSD_PARAMS=$whole"),
        Shape::Prefixed,
    ),
    // VAS2Nets (Nigeria).
    format(
        "vas2nets",
        Ask::get("userdata=$dialled&msisdn=$number&sessionid=$id"),
        Ask::get("userdata=$last&msisdn=$number&sessionid=$id"),
        Shape::Flagged { text: At::Json("/userdata"), flag: At::Json("/endofsession"), open: "false", shut: &["true"] },
    )
    .holding(&[(At::Json("/msisdn"), r#""$number""#)]),
    // Vodacom and AAT: answered in XML. The next input goes to the address that the answer names.
    format(
        "vodacom-aat",
        Ask::get("ussdSessionId=$id&msisdn=$digits&provider=Vodacom&request=$dialled"),
        Ask::get("ussdSessionId=$id&msisdn=$digits&provider=Vodacom&request=$last"),
        Shape::Marked { text: At::Xml("request/headertext"), open: At::Attribute("request/options/option", "callback") },
    ),
    // Wigal (Ghana). Seven fields between bars, ^ for a new line.
    format(
        "wigal",
        Ask::get("msisdn=$digits&sessionid=$id&network=TSEL&mode=start&userdata=$dialled&username=muba&trafficid=$turn"),
        Ask::get("msisdn=$digits&sessionid=$id&network=TSEL&mode=more&userdata=$last&username=muba&trafficid=$turn"),
        Shape::Flagged { text: At::Piped(4), flag: At::Piped(1), open: "MORE", shut: &["END"] },
    )
    .broken_by("^")
    .never(&['$', '<', '&', '\n'])
    .holding(&[
        (At::Pipes, "7"),
        (At::Piped(0), "TSEL"),
        (At::Piped(2), "$digits"),
        (At::Piped(3), "$id"),
        (At::Piped(5), "muba"),
        (At::Piped(6), "$turn"),
    ]),
    // Yate's USSD gateway.
    format(
        "yate",
        Ask::get("id=$id&operation=pssr&msisdn=$digits&code=$dialled&text=$dialled"),
        Ask::get("id=$id&operation=ussr&msisdn=$digits&text=$last"),
        Shape::Flagged { text: At::Body, flag: At::Header("operation"), open: "ussr", shut: &["pssr"] },
    )
    .hung_up(Ask::get("id=$id&operation=stop&msisdn=$digits"), &[]),
];
