//! Formats in XML, and in XML-RPC.

use super::super::format::{Format, Ids, Shape, format};
use crate::simulator::wire::{Ask, At, Holds};

const DIALOG_ASKS: &str = "dialog/unstructuredSSRequest_Request";
const DIALOG_ENDS: &str = "dialog/processUnstructuredSSRequest_Response";
const MTECH_HOLDS: Holds = &[(At::Xml("page/session_id"), "$id"), (At::Attribute("page", "version"), "2.0")];
const COOKIE: &[(&str, &str)] = &[("Cookie", "$cookie")];

/// A call whose one parameter is a struct of strings.
macro_rules! call {
    ($method:literal $(, $name:literal: $value:literal)*) => {
        Ask::xml(concat!(
            "<?xml version='1.0'?>\n<methodCall>\n<methodName>", $method, "</methodName>\n<params>\n<param>\n<value><struct>\n",
            $("<member>\n<name>", $name, "</name>\n<value><string>", $value, "</string></value>\n</member>\n",)*
            "</struct></value>\n</param>\n</params>\n</methodCall>\n"
        ))
    };
}

/// What Comviva's pull says of a dialogue.
macro_rules! pull {
    ($said:literal) => {
        Ask::xml(concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?><request type="pull"><sessionId>$id</sessionId><transactionId>t-$hop</transactionId><msisdn>$digits</msisdn>"#,
            $said,
            "</request>"
        ))
    };
}

/// A page of Mtech's.
macro_rules! page {
    ($said:literal) => {
        Ask::xml(concat!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<page version=\"2.0\">\n  <session_id>$id</session_id>\n  ",
            $said,
            "\n</page>"
        ))
    };
}

/// What TruRoute says.
macro_rules! ussd {
    ($kind:literal, $said:literal) => {
        Ask::xml(concat!(
            "<ussd>\n<msisdn>$digits</msisdn>\n<sessionid>$id</sessionid>\n<type>",
            $kind,
            "</type>\n<msg>",
            $said,
            "</msg>\n</ussd>"
        ))
    };
}

pub(super) const FORMATS: &[Format] = &[
    // Mahindra Comviva.
    format(
        "comviva",
        pull!("<newRequest>1</newRequest><subscriberInput>$inner</subscriberInput>"),
        pull!("<newRequest>0</newRequest><flowState>FD</flowState><subscriberInput>$last</subscriberInput>"),
        Shape::Flagged {
            text: At::Xml("response/applicationResponse"),
            flag: At::Xml("response/freeflow/freeflowState"),
            open: "FC",
            shut: &["FB"],
        },
    )
    .holding(&[
        (At::Xml("response/sessionId"), "$id"),
        (At::Xml("response/transactionId"), "t-$hop"),
        (At::Xml("response/msisdn"), "$digits"),
    ])
    .hung_up(
        pull!("<newRequest>0</newRequest><flowState>FE</flowState><subscriberInput></subscriberInput>"),
        &[(At::Xml("response/freeflow/freeflowState"), "FB")],
    ),
    // Mtech (Nigeria). Whose page it is, only the first request says.
    format(
        "mtech",
        page!("<mobile_number>$digits</mobile_number>\n  <page_id>0</page_id>\n  <data/>\n  <gate>$code</gate>"),
        page!("<page_id>indexX</page_id>\n  <data>$last</data>"),
        Shape::Marked { text: At::Xml("page/div"), open: At::Attribute("page/navigation/link", "pageId") },
    )
    // A line ends with <br />, and with nothing else.
    .broken_by("\u{2028}")
    .never(&['\n'])
    .holding(MTECH_HOLDS)
    .hung_up(page!("<status>1</status>"), MTECH_HOLDS),
    // MTN Rwanda.
    format(
        "mtn-rwanda",
        call!(
            "handleUSSD", "TransactionId": "$id", "USSDServiceCode": "$bare", "USSDRequestString": "$dialled", "MSISDN": "$digits",
            "USSDEncoding": "GSM0338", "TransactionTime": "$iso"
        ),
        call!(
            "handleUSSD", "TransactionId": "$id", "USSDServiceCode": "$bare", "USSDRequestString": "$last", "MSISDN": "$digits",
            "USSDEncoding": "GSM0338", "TransactionTime": "$iso"
        ),
        Shape::Flagged { text: At::Member("USSDResponseString"), flag: At::Member("action"), open: "request", shut: &["end"] },
    )
    .holding(&[
        (At::Member("TransactionId"), "$id"),
        (At::Member("MSISDN"), "$digits"),
        (At::Member("USSDServiceCode"), "$bare"),
        (At::Member("USSDEncoding"), "GSM0338"),
    ]),
    // Restcomm over jSS7. The last answer names the operation that the first request began, and the cookie stays for the whole dialogue.
    format(
        "restcomm",
        Ask::xml(
            r#"<?xml version="1.0" encoding="UTF-8" ?><dialog type="Begin" appCntx="networkUnstructuredSsContext_version2" networkId="0" localId="$id" remoteId="$id" mapMessagesSize="1" returnMessageOnError="false"><destinationReference number="204208300008002" nai="international_number" npi="land_mobile"/><originationReference number="204208300008002" nai="international_number" npi="ISDN"/><processUnstructuredSSRequest_Request invokeId="3" dataCodingScheme="15" string="$dialled"><msisdn nai="international_number" npi="ISDN" number="$digits"/></processUnstructuredSSRequest_Request></dialog>"#,
        ),
        Ask::xml(
            r#"<?xml version="1.0" encoding="UTF-8" ?><dialog type="Continue" appCntx="networkUnstructuredSsContext_version2" localId="$id" remoteId="$id" mapMessagesSize="1" returnMessageOnError="false"><unstructuredSSRequest_Response invokeId="0" dataCodingScheme="15" string="$last"/></dialog>"#,
        )
        .with(COOKIE),
        Shape::Either { open: At::Attribute(DIALOG_ASKS, "string"), shut: At::Attribute(DIALOG_ENDS, "string") },
    )
    .numbered(Ids::Digits)
    .holding(&[(At::Attribute("dialog", "mapMessagesSize"), "1")])
    .ending(&[
        (At::Attribute("dialog", "prearrangedEnd"), "false"),
        (At::Attribute(DIALOG_ENDS, "invokeId"), "3"),
        (At::Attribute(DIALOG_ENDS, "dataCodingScheme"), "15"),
    ])
    .hung_up(
        Ask::xml(
            r#"<dialog type="Unknown" localId="$id" remoteId="$id" mapMessagesSize="0" mapUserAbortChoice="isUserSpecificReason" returnMessageOnError="false"><errComponents/></dialog>"#,
        )
        .with(COOKIE),
        &[],
    ),
    // TrueAfrican. Whose dialogue it is, only the first call says.
    format(
        "trueafrican",
        call!("USSD.INIT", "session": "$id", "msisdn": "$digits", "shortcode": "$dialled"),
        call!("USSD.CONT", "session": "$id", "response": "$last"),
        Shape::Flagged { text: At::Member("message"), flag: At::Member("type"), open: "cont", shut: &["end"] },
    )
    .holding(&[(At::Member("session"), "$id")])
    .hung_up(call!("USSD.END", "session": "$id"), &[(At::Xml("methodResponse/params/param/value/struct"), "")]),
    // TruRoute (Namibia): 1 new, 2 an answer, 3 broken off; answered 2 to go on, 3 to end.
    format(
        "truroute",
        ussd!("1", "$dialled"),
        ussd!("2", "$last"),
        Shape::Flagged { text: At::Xml("ussd/msg"), flag: At::Xml("ussd/type"), open: "2", shut: &["3"] },
    )
    .holding(&[(At::Xml("ussd/premium/cost"), "0")])
    .hung_up(ussd!("3", ""), &[]),
];
