// SPDX-License-Identifier: Apache-2.0
// Both halves of the conversation between keywright and the official AWS Encryption SDK for JavaScript, in one process:
//   node grid.js CLIENT PEER FOLDER
// CLIENT is the folder that holds node_modules, PEER the program made of ../esdk/peer.cpp, FOLDER for what is exchanged.
'use strict';
const assert = require('assert');
const { execFileSync } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');
const [, , client, peer, folder] = process.argv;
const sdk = createRequire(path.join(client, 'package.json'))('@aws-crypto/client-node');
const { AlgorithmSuiteIdentifier: suites, CommitmentPolicy, RawAesWrappingSuiteIdentifier: wrapping } = sdk;
const open = sdk.buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const old = sdk.buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT);

// --- keys ---

// This client wants a key that has its whole buffer to itself.
const alone = (bytes) => { const own = new Uint8Array(new ArrayBuffer(bytes.length)); own.set(bytes); return own; };
const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const aes = (size, utf8Sorting = true) => ({
    name: `aes:space:name:${Buffer.from(key.slice(0, size)).toString('hex')}`,
    theirs: new sdk.RawAesKeyringNode({ keyNamespace: 'space', keyName: 'name', unencryptedMasterKey: alone(key.slice(0, size)), utf8Sorting,
        wrappingSuite: wrapping[`AES${size * 8}_GCM_IV12_TAG16_NO_PADDING`] }),
});
const pair = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsaKey = { publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }), privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) };
const der = path.join(folder, 'rsa.der');
fs.writeFileSync(der, pair.privateKey.export({ type: 'pkcs8', format: 'der' }));
const rsa = (hash) => ({
    name: `rsa:rsa space:rsa name:${hash}:${der}`,
    theirs: new sdk.RawRsaKeyringNode({ keyNamespace: 'rsa space', keyName: 'rsa name', rsaKey,
        ...(hash === 'pkcs1' ? { padding: crypto.constants.RSA_PKCS1_PADDING } : { padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }) }),
});
const lease = {
    name: `lease:${Buffer.from(key).toString('hex')}`,
    theirs: new sdk.RawAesKeyringNode({ keyNamespace: 'keywright', keyName: 'prod.message.1', unencryptedMasterKey: alone(key), utf8Sorting: true,
        wrappingSuite: wrapping.AES256_GCM_IV12_TAG16_NO_PADDING }),
};
const several = (...rings) => ({
    name: rings.map((r) => r.name).join('|'),
    theirs: new sdk.MultiKeyringNode({ generator: rings[0].theirs, children: rings.slice(1).map((r) => r.theirs) }),
});
const oaep = ['sha1', 'sha256', 'sha384', 'sha512'].map(rsa);
const both = several(aes(32), oaep[1]);
const rings = [aes(16), aes(24), aes(32), lease, ...oaep, both];

// --- cases ---

const contexts = [{}, { table: 'invoices', 'Ä': '€ 🔑', a: '1' }];
/// Empty, one byte, and one byte either side of one, two and three frames.
const boundaries = (frame) => [...new Set([0, 1, frame - 1, frame, frame + 1, 2 * frame - 1, 2 * frame, 2 * frame + 1, 3 * frame])].filter((n) => n >= 0);
const sample = (size) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => (i * 7) % 256));
const committing = [suites.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY, suites.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY_ECDSA_P384];
const all = Object.values(suites).filter((id) => typeof id === 'number');
assert.strictEqual(all.length, 11, 'a suite was added, or left out');

function* grid(ids) {
    for (const suite of ids)
        for (const ring of rings)
            for (const context of contexts)
                for (const size of ring === rings[2] ? boundaries(16) : [0, 33]) yield { suite, ring, context, size, frame: 16 };
    for (const suite of ids.filter((id) => committing.includes(id)))
        for (const frame of [1, 128, 4096, 65536]) for (const size of boundaries(frame)) yield { suite, ring: rings[2], context: contexts[1], size, frame };
}
const what = (c) => `suite ${c.suite.toString(16)}, ${c.ring.name.slice(0, 60)}, ${Object.keys(c.context)}, ${c.size} bytes in frames of ${c.frame}`;
const pairs = (context) => Object.entries(context).map(([k, v]) => `${k}=${v}`).join(',');
const file = (name) => path.join(folder, name);

/// Hands lines to the peer, one process for all, and gives back what it says of each.
function ask(lines) {
    fs.writeFileSync(file('jobs'), lines.map((l) => l.join('\t') + '\n').join(''));
    const answers = execFileSync(peer, ['batch', file('jobs')], { encoding: 'utf8', maxBuffer: 1 << 26 }).trimEnd().split('\n');
    assert.strictEqual(answers.length, lines.length);
    return answers;
}
const bits = (suite) => [0x0014, 0x0114, 0x0214].includes(suite) ? 16 : [0x0046, 0x0146, 0x0346].includes(suite) ? 24 : 32;

/// This client writes, keywright reads, as whole messages and as streams.
async function theyWrite() {
    const cases = [...grid(all)];
    for (const suite of all) for (const size of [0, 33]) cases.push({ suite, ring: rsa('pkcs1'), context: contexts[1], size, frame: 16 });
    const lines = [];
    for (const [i, c] of cases.entries()) {
        const sealed = await (committing.includes(c.suite) ? open : old).encrypt(c.ring.theirs, sample(c.size),
            { suiteId: c.suite, encryptionContext: c.context, frameLength: c.frame });
        fs.writeFileSync(file(`t${i}`), sealed.result);
        const name = c.ring.name.replace(':pkcs1:', `:pkcs1-${bits(c.suite)}:`);
        for (const command of ['open', 'open-file'])
            lines.push([command + (committing.includes(c.suite) && !name.includes('pkcs1') ? '' : '+old'), name, pairs(c.context), 0, file(`t${i}`), file(`t${i}.${command}`)]);
    }
    ask(lines).forEach((answer, i) => {
        const c = cases[i >> 1];
        assert.strictEqual(answer, 'ok', `keywright did not ${lines[i][0]}: ${what(c)}`);
        assert(fs.readFileSync(lines[i][5]).equals(sample(c.size)), `keywright read something else: ${what(c)}`);
    });
    // The default policy reads nothing of format version 1.
    const older = lines.filter((l, i) => !committing.includes(cases[i >> 1].suite) && !l[1].includes('pkcs1')).map(([command, ...rest]) => [command.replace('+old', ''), ...rest]);
    assert(older.length > 100);
    ask(older).forEach((answer) => assert(answer.startsWith('unsupported'), answer));
    return lines.length;
}

/// keywright writes, this client reads.
async function weWrite() {
    const cases = [...grid(committing)];
    const lines = [];
    for (const [i, c] of cases.entries()) {
        fs.writeFileSync(file(`p${c.size}`), sample(c.size));
        for (const command of ['seal', 'seal-file'])
            lines.push([command + (c.suite === committing[1] ? '+sign' : ''), c.ring.name, pairs(c.context), c.frame, file(`p${c.size}`), file(`w${i}.${command}`)]);
    }
    const answers = ask(lines);
    for (const [i, line] of lines.entries()) {
        const c = cases[i >> 1];
        assert.strictEqual(answers[i], 'ok', `keywright did not ${line[0]}: ${what(c)}`);
        const readers = c.ring === both ? [both, aes(32), oaep[1]] : [c.ring];
        for (const reader of readers) {
            const { plaintext, messageHeader } = await open.decrypt(reader.theirs, fs.readFileSync(line[5]));
            assert(plaintext.equals(sample(c.size)), `the client read something else: ${what(c)}`);
            const { 'aws-crypto-public-key': verification, ...context } = messageHeader.encryptionContext;
            assert.deepStrictEqual({ ...context }, c.context, what(c));
            assert.strictEqual(verification !== undefined, c.suite === committing[1], what(c));
            assert.strictEqual(messageHeader.suiteId, c.suite, what(c));
        }
    }
    // That the comparison can fail: no flipped byte passes.
    const sealed = fs.readFileSync(lines[lines.length - 1][5]);
    for (const at of [3, 50, sealed.length >> 1, sealed.length - 1]) {
        const changed = Buffer.from(sealed);
        changed[at] ^= 1;
        await assert.rejects(open.decrypt(rings[2].theirs, changed), `byte ${at} may be changed`);
    }
    return lines.length;
}

/// UTF-8 and UTF-16 sort these keys differently. The client's headers are in UTF-8's order, as the format has it; what its
/// raw AES keyring binds is so only where it is told to, and what is bound otherwise is read by nobody else.
async function sorting() {
    const context = { '\uff5e': '1', '🔑': '2' };
    const seal = async (ring, name) => fs.writeFileSync(file(name), (await open.encrypt(ring.theirs, sample(9), { encryptionContext: context })).result);
    await seal(aes(32), 's8');
    await seal(aes(32, false), 's16');
    await seal(oaep[1], 'sr');
    const line = (ring, name) => ['open', ring.name, pairs(context), 0, file(name), file('s')];
    const answers = ask([line(aes(32), 's8'), line(aes(32), 's16'), line(oaep[1], 'sr')]);
    assert.deepStrictEqual(answers.map((a) => a.split(':')[0]), ['ok', 'authentication_failed', 'ok']);
    return 3;
}

(async () => {
    const counts = [await theyWrite(), await weWrite(), await sorting()];
    console.log(`esdk_node: ${counts[0]} messages of the client's read, ${counts[1]} of keywright's, ${counts[2]} about sorting`);
})().catch((e) => { console.error(e); process.exit(1); });
