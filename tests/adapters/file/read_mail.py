# SPDX-License-Identifier: Apache-2.0
# Reads mails as a mail program does, with Python's parser, and prints what each says, one value a line, texts in hex:
#   subject, body (line ends as \n), recipient's local part, domain, sender, Message-ID, date (POSIX), sequence, head,
#   tenant, number of header fields
# Fails when the bytes break RFC 5322 or the parser finds a defect.
import email
import email.policy
import re
import sys


def check_bytes(raw):
    head, separator, body = raw.partition(b"\r\n\r\n")
    assert separator, "no empty line after the header"
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw), "a line end that is not CRLF"
    assert all(byte < 128 for byte in raw) and b"\0" not in raw, "bytes that a mail server may refuse"
    assert all(len(line) <= 76 for line in body.split(b"\r\n")), "a line of the body above 76"
    for line in head.split(b"\r\n"):
        assert re.match(rb"[A-Za-z-]+: |Subject:$|[ \t]+[^ \t]", line), "a line that is no header"
        assert len(line) <= (78 if line.startswith((b"Subject:", b" ")) else 998), "a header line that is too long"
        assert len(line) <= 76 or b"=?" not in line, "a line with an encoded word above 76"
        assert all(len(word) <= 75 for word in re.findall(rb"=\?\S*\?=", line)), "an encoded word above 75"


def show(raw):
    check_bytes(raw)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert not mail.defects, mail.defects
    for name, value in mail.items():
        assert not value.defects, (name, value.defects)
    assert mail.get_content_type() == "text/plain" and mail.get_content_charset() == "utf-8"
    recipient = mail["To"].addresses[0]
    text = mail.get_payload(decode=True).replace(b"\r\n", b"\n")
    for value in (
        mail["Subject"].encode("utf-8", "surrogateescape").hex(), text.hex(), recipient.username, recipient.domain,
        mail["From"].addresses[0].addr_spec, mail["Message-ID"], int(mail["Date"].datetime.timestamp()),
        mail["X-Keywright-Sequence"], mail["X-Keywright-Audit-Head"], mail["X-Keywright-Tenant"], len(mail.items()),
    ):
        print(value)


for path in sys.argv[1:]:
    with open(path, "rb") as file:
        show(file.read())
