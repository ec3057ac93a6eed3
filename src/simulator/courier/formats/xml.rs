//! Messages that come as XML.

use super::super::format::{Format, brings, tells};
use crate::simulator::wire::{Ask, At, Content};

const RECEIPT: &str = "/receipt";
const APPLICATION: Content = Content::Xml("application/xml");
const UTF8: Content = Content::Xml("text/xml; charset=utf-8");

/// The envelope of ParlayX around a notification.
macro_rules! parlayx {
    ($said:literal) => {
        Ask::xml(concat!(
            r#"<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Header><ns1:NotifySOAPHeader xmlns:ns1="http://www.huawei.com.cn/schema/common/v2_1"><ns1:linkid>linkid</ns1:linkid></ns1:NotifySOAPHeader></soapenv:Header><soapenv:Body>"#,
            $said,
            "</soapenv:Body></soapenv:Envelope>"
        ))
        .of_type(UTF8)
    };
}

/// HIGATE's envelope.
macro_rules! higate {
    ($kind:literal, $said:literal) => {
        Ask::xml(concat!(
            r#"<Message><Version Version="1.0"/><Response Type=""#,
            $kind,
            r#"><SystemID>Higate</SystemID><UserID>Client1</UserID><Service>SRC0123</Service>"#,
            $said,
            "</Response></Message>"
        ))
        .of_type(UTF8)
    };
}

pub(super) const FORMATS: &[Format] = &[
    brings(
        "axis-cp",
        Ask::xml(
            r#"<?xml version="1.0" encoding="UTF-8"?><message><adn>$to</adn><msisdn>$digits</msisdn><sms>$text</sms><tid>$id</tid><tdate>$daytime</tdate></message>"#,
        ),
    )
    .wants(200, &[(At::Body, "OK")])
    .telling(
        Ask::xml(
            r#"<?xml version="1.0" encoding="UTF-8"?><message><adn>$to</adn><msisdn>$digits</msisdn><tid>$id</tid><ccode>C01</ccode><status>$word</status><tdate>$daytime</tdate></message>"#,
        )
        .at(RECEIPT),
        ["", "1", ""],
    )
    .wants_of_reports(&[(At::Body, "OK")]),
    brings(
        "clickmobile",
        Ask::xml(
            "<request>\n<shortCode>$to</shortCode>\n<mobile>$digits</mobile>\n<referenceID>$id</referenceID>\n<text>$text</text>\n</request>",
        )
        .of_type(APPLICATION),
    ),
    brings(
        "comviva",
        Ask::xml(
            "<SMSDeliverReq><Sender><AddressType>4</AddressType><Number>$digits</Number></Sender><Recipient><AddressType>3</AddressType><Address>$to</Address></Recipient><MsgDetails><ShortMessage>$text</ShortMessage> <MsgType>0</MsgType><MsgPriority>1</MsgPriority><MessageID>$id</MessageID></MsgDetails></SMSDeliverReq>",
        )
        .of_type(APPLICATION),
    )
    .wants(200, &[(At::Xml("SMSDeliverRes/StatusCode"), "200"), (At::Xml("SMSDeliverRes/StatusText"), "OK")]),
    // Integrat's HIGATE. Of its results one is known: it has the message.
    brings(
        "integrat",
        higate!(
            "OnReceiveSMS\"",
            r#"<Network ID="1" MCC="510" MNC="010"/><OnReceiveSMS SeqNo="$id" Sent="$compact" FromAddr="$digits" ToAddr="$to" ToTag="777" Value="0" NetworkID="1" AdultRating="0" DataCoding="0" EsmClass="0" ><Content Type="TEXT">$text</Content></OnReceiveSMS>"#
        ),
    )
    .telling(
        higate!(
            "OnResult\" TOC=\"SMS\" RefNo=\"$id\" SeqNo=\"$id\"",
            r#"<NetworkID>1</NetworkID><OnResult Flags="0" Code="$word" SubCode="0" Text="Acknowledged" />"#
        ),
        ["3", "", ""],
    ),
    tells(
        "opera-interactive",
        Ask::xml(
            "<?xml version=\"1.0\"?>\n<!DOCTYPE receipts>\n<receipts>\n  <receipt>\n    <msgid>26567958</msgid>\n    <reference>$id</reference>\n    <msisdn>$number</msisdn>\n    <status>$word</status>\n    <timestamp>20261130T09:00:00</timestamp>\n    <billed>NO</billed>\n  </receipt>\n</receipts>\n",
        )
        .at(RECEIPT),
        ["", "D", ""],
    ),
    brings(
        "parlayx-huawei",
        parlayx!(
            r#"<ns2:notifySmsReception xmlns:ns2="http://www.csapi.org/schema/parlayx/sms/notification/v2_2/local"><ns2:correlator>$id</ns2:correlator><ns2:message><message>$text</message><senderAddress>tel:$digits</senderAddress><smsServiceActivationNumber>$to</smsServiceActivationNumber><dateTime>$iso</dateTime></ns2:message></ns2:notifySmsReception>"#
        ),
    )
    .wants(200, &[(At::Xml("Envelope/Body/notifySmsReceptionResponse"), "")])
    .telling(
        parlayx!(
            r#"<ns2:notifySmsDeliveryReceipt xmlns:ns2="http://www.csapi.org/schema/parlayx/sms/notification/v2_2/local"><ns2:correlator>$id</ns2:correlator><ns2:deliveryStatus><address>tel:$digits</address><deliveryStatus>$word</deliveryStatus></ns2:deliveryStatus></ns2:notifySmsDeliveryReceipt>"#
        ),
        ["", "DeliveredToTerminal", "DeliveryImpossible"],
    ),
    brings(
        "playmobile",
        Ask::xml(
            "<sms-request><message id=\"$id\" msisdn=\"$digits\" submit-date=\"$daytime\">\n<content type=\"text/plain\">$text</content>\n</message></sms-request>",
        )
        .of_type(APPLICATION),
    ),
    // Start Mobile (Ukraine).
    brings(
        "start",
        Ask::xml(
            "<message>\n<service type=\"sms\" timestamp=\"$unix\" auth=\"$key\" request_id=\"$id\"/>\n<from>$number</from>\n<to>$to</to>\n<body content-type=\"content-type\" encoding=\"utf8\">$text</body>\n</message>",
        )
        .of_type(APPLICATION),
    )
    .wants(200, &[]),
];
