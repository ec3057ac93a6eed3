//! Messages that come as a query.

use super::super::format::{Format, brings, tells};
use super::super::signing::Signing;
use crate::simulator::wire::{Ask, At, Holds};

const RECEIPT: &str = "/receipt";
const ZEROS: Holds = &[(At::Body, "000")];
const INDOSAT_TOOK: Holds = &[(At::Xml("MO/STATUS"), "0"), (At::Xml("MO/TRANSID"), "$id")];
const PUSHED: Holds = &[(At::Xml("push/status"), "0"), (At::Xml("push/transid"), "$id")];
const XL_TOOK: Holds = &[(At::Xml("MO/STATUS"), "1"), (At::Xml("MO/TRANSID"), "$id")];

pub(super) const FORMATS: &[Format] = &[
    brings("blackmyna", Ask::get("to=$to&smsc=ncell&from=$number&text=$text"))
        .telling(Ask::get("id=$id&status=$word").at(RECEIPT), ["", "", "2"]),
    brings("burstsms", Ask::get("response=$text&mobile=$digits"))
        .telling(Ask::get("message_id=$id&status=$word").at(RECEIPT), ["pending", "delivered", "hard-bounce"]),
    brings("cellulant", Ask::get("SOURCEADDR=$digits&DESTADDR=$to&MESSAGE=$text&ID=$id")).wants(200, &[]),
    // CM: the recipient is the citizen.
    brings("cm", Ask::get("recipient=$zeros&operator=MTN&originator=$to&message=$text")),
    // DartMedia: the three zeros count, and reports come to the same address.
    brings(
        "dart",
        Ask::get("userid=$username&password=$password&original=$digits&sendto=$to&messagetype=0&messageid=$id&message=$text&dcs=0&udhl=0"),
    )
    .wants(200, ZEROS)
    .telling(Ask::get("status=$word&messageid=$id"), ["", "10", "21"])
    .wants_of_reports(ZEROS),
    brings("hormuud", Ask::get("Sender=$number&MessageText=$text&TimeSent=20261130&&ShortCode=$to").posted()),
    // Hutchison 3. What the numbers of its reports mean stands in each contract.
    brings("hutch3-cp", Ask::get("msisdn=$digits&trxid=$id&trxdate=$compact&sms=$text&substype=20")).wants(200, PUSHED),
    brings(
        "iconcept",
        Ask::get(
            "guid=a46f90ca-474b-41db-a26f-bc53752005fa&operatorID=MTN&shortcode=$to&msisdn=$digits&log_date=$daytime.450&content=$text&keyword=$keyword&transaction_id=$id",
        ),
    ),
    brings("indosat-cp", Ask::get("msisdn=$digits&sms=$text&trx_time=$compact&transid=$id&substype=30&sc=$to"))
        .wants(200, INDOSAT_TOOK)
        .telling(Ask::get("time=$compact&serviceid=svc01&tid=$id&dest=$digits&status=$word&sc=$to").at(RECEIPT), ["", "2", "99"])
        .wants_of_reports(&[(At::Xml("DR/STATUS"), "2"), (At::Xml("DR/TRANSID"), "$id")]),
    brings("m3tech", Ask::get("from=$number&text=$text").posted()),
    // MediaEdge: the answer is the SMS that goes back.
    brings("mediaedgegsm", Ask::get("ServiceNumber=$to&PhoneNumber=$digits&SMSBODY=$text&USN=$username&PWD=$password&Operator=muba"))
        .wants(200, &[])
        .answered_at(At::Body),
    brings("mediafonemc", Ask::get("to=$to&from=$digits&sms=$text")),
    brings("mobifone-vn", Ask::get("phone=$number&smscenter=$to&text=$text")),
    brings("mobivate", Ask::get("ORIGINATOR=$digits&RECIPIENT=$to&PROVIDER=telstra&MESSAGE_TEXT=$text"))
        .wants(200, &[(At::Body, "0")])
        .telling(
            Ask::get("ORIGINATOR=$digits&RECIPIENT=$to&PROVIDER=telstra&MESSAGE_TEXT=halo&ID=939ec52e333f&REFERENCE=$id&RESULT=$word").at(RECEIPT),
            ["0", "1", ""],
        )
        .wants_of_reports(&[(At::Body, "0")]),
    // Mobtech: what Kannel says of the receipt, whole.
    tells(
        "mobtech-kannel",
        Ask::get(
            "messageid=$id&type=titi&receiver=tata&reply=id%3A0134231900+sub%3A000+dlvrd%3A000+submit+date%3A1311211757+done+date%3A1311211757+stat%3A$word+err%3A000+Text%3Ahalo&time=tutu&usr=tyty&message=tete&dlr-mask=7",
        )
        .at(RECEIPT),
        ["", "DELIVRD", "REJECTD"],
    ),
    brings("mtech-kenya", Ask::get("shortCode=$to&MSISDN=$digits&MESSAGE=$text&messageID=$id").posted()).wants(200, &[]),
    // playSMS: its gateway `generic`; reports come to the same address.
    brings("playsms", Ask::get("authcode=$key&id=$id&from=$digits&to=$to&message=$text&smsc=generic1"))
        .telling(Ask::get("authcode=$key&id=$id&message_status=$word"), ["1", "3", ""]),
    brings("shaqodoon", Ask::get("from=$number&text=$text").posted()),
    brings("telesom", Ask::get("mobile=$number&msg=$text")),
    brings("ttc-burkinafaso", Ask::get("from_addr=$digits&to_addr=$to&message=$text")).wants(200, &[(At::Body, "")]),
    brings(
        "vonage",
        Ask::get(
            "api-key=abcd1234&msisdn=$digits&to=$to&messageId=$id&text=$text&type=text&keyword=$keyword&message-timestamp=$daytime&timestamp=$unix&nonce=$id",
        ),
    )
    .telling(
        Ask::get(
            "msisdn=$digits&to=$to&network-code=51010&messageId=$id&price=0.02&status=$word&scts=2611300900&err-code=0&message-timestamp=$daytime&timestamp=$unix&nonce=$id",
        )
        .at(RECEIPT),
        ["accepted", "delivered", "failed"],
    )
    .signed(Signing::Vonage),
    // XL: here 1 is well. What the numbers of its reports mean stands in each contract.
    brings("xl-cp", Ask::get("msisdn=$digits&transid=$id&sms=$text&shortname=svc")).wants(200, XL_TOOK),
    brings("yo", Ask::get("sender=$digits&code=$to&message=$text")),
    tells(
        "yoni",
        Ask::get("msgid=$id&mobile=$digits&status=$word&batchId=V100000001_1&smsNum=1&price=0.1510&reportTime=$compact&submitTime=$compact")
            .at(RECEIPT),
        ["", "DELIVRD", "UNDELIV"],
    ),
];
