//! Formats whose pages come in requests of their own; the answer to a callback only says that it came.

use super::super::format::{Format, Ids, Shape, format};
use crate::simulator::wire::{Ask, At, Content, Holds};

const HUAWEI_HEARD: Holds = &[(At::Xml("Envelope/Body/notifyUssdReceptionResponse/result"), "0")];
const BDAPPS_HEARD: Holds = &[(At::Json("/statusCode"), r#""S1000""#)];

/// The envelope of Huawei's SDP around what is said of a dialogue.
macro_rules! huawei {
    ($($said:tt)+) => {
        Ask::xml(concat!(
            r#"<?xml version="1.0" encoding="utf-8" ?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header><ns1:NotifySOAPHeader xmlns:ns1="http://www.huawei.com.cn/schema/common/v2_1"><ns1:spId>000201</ns1:spId><ns1:serviceId>35000001</ns1:serviceId><ns1:timeStamp>$compact</ns1:timeStamp><ns1:linkid>$turn</ns1:linkid><ns1:traceUniqueID>404092403801104031047140004003</ns1:traceUniqueID><ns1:OperatorID>51010</ns1:OperatorID></ns1:NotifySOAPHeader></soapenv:Header><soapenv:Body>"#,
            $($said)+,
            "</soapenv:Body></soapenv:Envelope>"
        ))
    };
}

/// A dialogue's news in it.
macro_rules! reception {
    ($kind:literal, $receiver:literal, $operation:literal, $said:literal) => {
        huawei!(concat!(
            r#"<ns2:notifyUssdReception xmlns:ns2="http://www.csapi.org/schema/parlayx/ussd/notification/v1_0/local"><ns2:msgType>"#,
            $kind,
            "</ns2:msgType><ns2:senderCB>$id</ns2:senderCB><ns2:receiveCB>",
            $receiver,
            "</ns2:receiveCB><ns2:ussdOpType>",
            $operation,
            "</ns2:ussdOpType><ns2:msIsdn>$digits</ns2:msIsdn><ns2:serviceCode>$bare</ns2:serviceCode><ns2:codeScheme>15</ns2:codeScheme><ns2:ussdString>",
            $said,
            "</ns2:ussdString></ns2:notifyUssdReception>"
        ))
    };
}

/// HIGATE's envelope around an event.
macro_rules! higate {
    ($kind:literal, $text:literal) => {
        Ask::xml(concat!(
            r#"<Message><Version Version="1.0"/><Response Type="OnUSSEvent"><SystemID>Higate</SystemID><UserID>LoginName</UserID><Service>SERVICECODE</Service><Network ID="1" MCC="510" MNC="010"/><OnUSSEvent Type=""#,
            $kind,
            r#""><USSContext SessionID="$id" NetworkSID="310941653" MSISDN="$number" Script="muba" ConnStr="$dialled"/>"#,
            $text,
            "</OnUSSEvent></Response></Message>"
        ))
        .of_type(Content::Xml("text/xml; charset=utf-8"))
    };
}

/// What bdapps says of a dialogue.
macro_rules! bdapps {
    ($operation:literal, $said:literal) => {
        Ask::json(concat!(
            r#"{"version":"1.0","applicationId":"$username","message":""#,
            $said,
            r#"","requestId":"$turn","sessionId":"$id","ussdOperation":""#,
            $operation,
            r#"","sourceAddress":"tel:$digits","vlrAddress":"tel:6281100000","encoding":"440"}"#
        ))
    };
}

/// What Junebug says of one.
macro_rules! junebug {
    ($event:literal, $content:literal) => {
        Ask::json(concat!(
            r#"{"channel_data":{"session_event":""#,
            $event,
            r#""},"from":"$number","channel_id":"muba","timestamp":"$daytime.000000","content":"#,
            $content,
            r#","to":"$code","reply_to":null,"message_id":"$turn"}"#
        ))
    };
}

pub(super) const FORMATS: &[Format] = &[
    // bdapps and Ideamart.
    format(
        "bdapps",
        bdapps!("mo-init", "$dialled"),
        bdapps!("mo-cont", "$last"),
        Shape::Flagged { text: At::Json("/message"), flag: At::Json("/ussdOperation"), open: r#""mt-cont""#, shut: &[r#""mt-fin""#] },
    )
    .sent(BDAPPS_HEARD, "$id")
    .holding(&[
        (At::Json("/applicationId"), r#""$username""#),
        (At::Json("/password"), r#""$password""#),
        (At::Json("/sessionId"), r#""$id""#),
        (At::Json("/destinationAddress"), r#""tel:$digits""#),
    ]),
    // Huawei's SDP. The page names whoever sent what it answers as both its sender and its receiver.
    format(
        "huawei-sdp",
        reception!("0", "FFFFFFFF", "1", "$dialled"),
        reception!("1", "$id", "3", "$last"),
        Shape::Flagged {
            text: At::Xml("Envelope/Body/sendUssd/ussdString"),
            flag: At::Xml("Envelope/Body/sendUssd/ussdOpType"),
            open: "1",
            shut: &["2", "3", "4"],
        },
    )
    .numbered(Ids::Digits)
    .sent(HUAWEI_HEARD, "$id")
    .holding(&[
        (At::Xml("Envelope/Body/sendUssd/senderCB"), "$id"),
        (At::Xml("Envelope/Body/sendUssd/receiveCB"), "$id"),
        (At::Xml("Envelope/Body/sendUssd/serviceCode"), "$bare"),
        (At::Xml("Envelope/Body/sendUssd/msIsdn"), "$digits"),
        (At::Xml("Envelope/Header/RequestSOAPHeader/linkid"), "$turn"),
    ])
    .hung_up(
        huawei!(
            r#"<ns2:notifyUssdAbort xmlns:ns2="http://www.csapi.org/schema/parlayx/ussd/notification/v1_0/local"><ns2:abortReason>The end user cancels.</ns2:abortReason><ns2:senderCB>$id</ns2:senderCB><ns2:receiveCB>FFFFFFFF</ns2:receiveCB></ns2:notifyUssdAbort>"#
        ),
        &[],
    ),
    // Integrat's HIGATE.
    format(
        "integrat",
        higate!("Open", ""),
        higate!("Request", r#"<USSText Type="TEXT">$last</USSText>"#),
        Shape::Flagged {
            text: At::Xml("Message/Request/USSText"),
            flag: At::Attribute("Message/Request", "Flags"),
            open: "0",
            shut: &["1"],
        },
    )
    .sent(&[], "$id")
    .holding(&[
        (At::Attribute("Message/Version", "Version"), "1.0"),
        (At::Attribute("Message/Request", "SessionID"), "$id"),
        (At::Attribute("Message/Request", "Type"), "USSReply"),
        (At::Attribute("Message/Request/USSText", "Type"), "TEXT"),
        (At::Xml("Message/Request/UserID"), "$username"),
        (At::Xml("Message/Request/Password"), "$password"),
    ])
    .hung_up(higate!("Close", ""), &[]),
    // Junebug: a dialogue is messages, known by the number.
    format(
        "junebug",
        junebug!("new", "null"),
        junebug!("resume", r#""$last""#),
        Shape::Flagged { text: At::Json("/content"), flag: At::Json("/channel_data/continue_session"), open: "true", shut: &["false"] },
    )
    .sent(&[], "$turn")
    .holding(&[(At::Json("/reply_to"), r#""$turn""#)])
    .hung_up(junebug!("close", "null"), &[]),
];
