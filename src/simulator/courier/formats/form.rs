//! Messages that come as a form.

use super::super::format::{Format, brings};
use super::super::signing::Signing;
use crate::simulator::wire::{Ask, At, Content, Holds};

const RECEIPT: &str = "/receipt";
const ACK_JASMIN: Holds = &[(At::Body, "ACK/Jasmin")];
const MULTIPART: Content = Content::Raw("multipart/form-data; boundary=----------------------------ba3884f919c6");

/// One field of CRMText's, between its boundaries.
macro_rules! part {
    ($name:literal, $value:literal) => {
        concat!(
            "------------------------------ba3884f919c6\r\nContent-Disposition: form-data; name=\"",
            $name,
            "\"\r\n\r\n",
            $value,
            "\r\n"
        )
    };
}

pub(super) const FORMATS: &[Format] = &[
    brings("apposit", Ask::form("from=$digits&to=$to&channel=SMS&content=$text&isTest=false")).wants(200, &[]),
    brings("arabiacell", Ask::form("B=$text&M=$digits")),
    brings("bongolive", Ask::form("msgtype=1&id=$id&message=$text&sourceaddr=$digits"))
        .telling(Ask::form("msgtype=5&dlrid=$id&status=$word").at(RECEIPT), ["", "1", ""]),
    brings("chikka", Ask::form("message_type=incoming&mobile_number=$digits&request_id=$id&message=$text&timestamp=$unix.69"))
        .telling(Ask::form("message_type=outgoing&message_id=$id&status=$word").at(RECEIPT), ["SENT", "", "FAILED"]),
    brings("clicksend", Ask::form("from=$digits&body=$text")),
    // CRMText: the number has a noise behind it.
    brings(
        "crmtext",
        Ask::form(concat!(
            part!("custID", "7829018"),
            part!("message", "$text"),
            part!("keyword", "$keyword"),
            part!("mobileNum", "$digits <tel:$digits> "),
            part!("optInStatus", "opt-in"),
            part!("timeStamp", "$daytime"),
            part!("msgID", "$id"),
            "------------------------------ba3884f919c6--\r\n"
        ))
        .of_type(MULTIPART),
    )
    .wants(200, &[]),
    brings("dmark", Ask::form("text=$text&short_code=$to&tstamp=$iso&msisdn=$digits"))
        .telling(Ask::form("uuid=$id&status=$word").at(RECEIPT), ["8", "1", "2"]),
    brings("highconnection", Ask::form("FROM=$number&TO=$to&MESSAGE=$text&RECEPTION_DATE=$iso&ID=$id"))
        .telling(Ask::get("ret_id=$id&status=$word").at(RECEIPT), ["4", "6", "2"]),
    brings("i2sms", Ask::form("message=$text&mobile=$digits")),
    // Jasmin: coding 0 means that the bytes are codes of the GSM alphabet.
    brings("jasmin", Ask::form("id=$id&from=$digits&to=$to&origin-connector=muba&priority=1&coding=0&validity=&content=$gsm"))
        .wants(200, ACK_JASMIN)
        .telling(
            Ask::get(
                "id=$id&message_status=$word&level=2&connector=muba&id_smsc=abc&sub=1&dlvrd=1&subdate=2611300900&donedate=2611300900&err=&text=halo",
            )
            .at(RECEIPT),
            ["ACCEPTD", "DELIVRD", "UNDELIV"],
        )
        .wants_of_reports(ACK_JASMIN),
    brings("macrokiosk", Ask::form("shortcode=$to&from=$number&text=$text&msgid=$id&time=$daytime"))
        .wants(200, &[(At::Body, "-1")])
        .telling(Ask::form("msgid=$id&status=$word").at(RECEIPT), ["ACCEPTED", "DELIVERED", "UNDELIVERED"]),
    // MessageBird: names may come twice, and the last counts.
    brings(
        "messagebird",
        Ask::form(
            "receiver=$to&body=salah&date=1690386569&date_utc=1690418969&reference=1&id=b6aae1b5dfb2427a8f7ea6a717ba31a9&id=$id&recipient=$to&originator=$digits&body=$text&CreatedDatetime=$iso",
        ),
    )
    .wants(200, &[(At::Body, "OK")])
    .telling(
        Ask::get(
            "datacoding=plain&id=$id&mccmnc=51010&messageLength=4&messagePartCount=1&ported=0&price%5Bamount%5D=0.000&price%5Bcurrency%5D=IDR&recipient=$digits&reference=$id&statusDatetime=$iso&status=$word",
        )
        .at(RECEIPT),
        ["sent", "delivered", "delivery_failed"],
    )
    .signed(Signing::MessageBird),
    brings("messangi", Ask::form("mo=$text&mobile=$digits")),
    brings("mtarget", Ask::form("Msisdn=$number&Content=$text&Keyword=Default&MsgId=$id"))
        .telling(Ask::form("MsgId=$id&Status=$word").at(RECEIPT), ["2", "3", "4"]),
    brings("novo", Ask::form("text=$text&from=$digits")),
    brings("plivo", Ask::form("To=$to&From=$digits&TotalRate=0&Units=1&Text=$text&TotalAmount=0&Type=sms&MessageUUID=$id"))
        .telling(Ask::form("MessageUUID=$id&status=$word&To=$number&From=$to").at(RECEIPT), ["sent", "delivered", "rejected"])
        .signed(Signing::Plivo),
    brings("smscentral", Ask::form("mobile=$number&message=$text")),
    // SMSSync, an Android phone: what goes back stands in the answer.
    brings("smssync", Ask::form("from=$number&message=$text&sent_to=$to&sent_timestamp=$millis&message_id=$id&secret=$key"))
        .wants(200, &[(At::Json("/payload/success"), r#""true""#)])
        .answered_at(At::Json("/payload/messages/0/message")),
    brings("thinq", Ask::form("message=$text&from=$digits&type=sms&to=$to"))
        .telling(Ask::form("guid=$id&status=$word").at(RECEIPT), ["", "DELIVRD", "UNDELIV"]),
    brings(
        "twilio",
        Ask::form(
            "ToCountry=ID&ToState=&SmsMessageSid=$id&NumMedia=0&ToCity=&FromZip=&SmsSid=$id&FromState=&SmsStatus=received&FromCity=SEKAYU&Body=$text&FromCountry=ID&To=$to&ToZip=&NumSegments=1&MessageSid=$id&AccountSid=AC1&From=$number&ApiVersion=2010-04-01",
        ),
    )
    .wants(200, &[])
    .answered_at(At::Xml("Response/Message"))
    .telling(
        Ask::form("MessageSid=$id&MessageStatus=$word&SmsSid=$id&SmsStatus=$word&AccountSid=AC1&To=$number&From=$to&ApiVersion=2010-04-01")
            .at(RECEIPT),
        ["sent", "delivered", "failed"],
    )
    .signed(Signing::Twilio),
    brings(
        "vas2nets",
        Ask::form("messageid=$id&time=2026.11.30+09%3A00%3A00&sender=$zeros&destination=$to&provider=muba&keyword=&header=&text=$text"),
    )
    .wants(200, &[(At::Body, "")])
    .telling(
        Ask::form(
            "messageid=$id&time=2026.11.30+09%3A00%3A00&sender=$number&destination=$to&provider=muba&keyword=&header=&text=halo&smsid=1&status=$word",
        )
        .at(RECEIPT),
        ["1", "2", "-9"],
    ),
];
