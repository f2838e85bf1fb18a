// SPDX-License-Identifier: Apache-2.0
// node-forge's half of the conversation (pfx.py). Passwords are files.
//   node forge.js FORGE make PBE ITERATIONS NAME PASSWORD-FILE KEY.PEM CERTIFICATE.PEM OUT
//   node forge.js FORGE read PASSWORD-FILE IN             prints SHA-256 of the public key, and the name
const fs = require('fs');
const crypto = require('crypto');
const [, , where, command, ...given] = process.argv;
const forge = require(where);
const text = (file) => fs.readFileSync(file, 'utf8');

if (command === 'make') {
    const [pbe, count, name, password, key, certificate, out] = given;
    const pfx = forge.pkcs12.toPkcs12Asn1(forge.pki.privateKeyFromPem(text(key)), forge.pki.certificateFromPem(text(certificate)),
        text(password), { algorithm: pbe, count: Number(count), friendlyName: name, generateLocalKeyId: true });
    fs.writeFileSync(out, Buffer.from(forge.asn1.toDer(pfx).getBytes(), 'binary'));
} else {
    const [password, file] = given;
    const pfx = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(fs.readFileSync(file, 'binary')), text(password));
    const type = forge.pki.oids.pkcs8ShroudedKeyBag;
    const bag = pfx.getBags({ bagType: type })[type][0];
    const spki = forge.asn1.toDer(forge.pki.publicKeyToAsn1(forge.pki.setRsaPublicKey(bag.key.n, bag.key.e))).getBytes();
    console.log(crypto.createHash('sha256').update(Buffer.from(spki, 'binary')).digest('hex'), bag.attributes.friendlyName[0]);
}
