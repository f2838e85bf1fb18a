// SPDX-License-Identifier: Apache-2.0
// The vendor's half of a transfer: a key is made inside a PKCS#11 token and leaves it wrapped only. An ephemeral AES key
// under the import key (CKM_RSA_PKCS_OAEP with SHA-1), the target under the AES key (CKM_AES_KEY_WRAP_PAD).
//   byok_hsm MODULE PIN KEK-MODULUS-HEX rsa2048|p256|p384|p521|aes256 OUT
// OUT gets C1 || C2. Prints what identifies the target from outside: modulus, EC point, or one block that it encrypts.
#include <p11-kit/pkcs11.h>

#include <dlfcn.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

namespace {

using bytes = std::vector<std::uint8_t>;

CK_FUNCTION_LIST* token = nullptr;

void must(CK_RV code, const char* what) {
    if (code == CKR_OK) return;
    std::fprintf(stderr, "%s: PKCS#11 error 0x%lx\n", what, static_cast<unsigned long>(code));
    std::exit(1);
}

bytes from_hex(const std::string& hex) {
    bytes out;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    return out;
}
void print_hex(const bytes& data) {
    for (const std::uint8_t b : data) std::printf("%02x", b);
    std::printf("\n");
}

/// Attributes of an object; they point into values that live as long as this.
class attributes {
public:
    attributes& number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
        const auto* raw = reinterpret_cast<const std::uint8_t*>(&value);
        return raw_value(type, bytes(raw, raw + sizeof value));
    }
    attributes& yes(std::initializer_list<CK_ATTRIBUTE_TYPE> types) {
        for (const CK_ATTRIBUTE_TYPE type : types) raw_value(type, {CK_TRUE});
        return *this;
    }
    attributes& raw_value(CK_ATTRIBUTE_TYPE type, bytes value) {
        values_.emplace_back(type, std::move(value));
        return *this;
    }
    std::vector<CK_ATTRIBUTE> list() {
        std::vector<CK_ATTRIBUTE> out;
        for (auto& [type, value] : values_) out.push_back({type, value.data(), static_cast<CK_ULONG>(value.size())});
        return out;
    }

private:
    std::vector<std::pair<CK_ATTRIBUTE_TYPE, bytes>> values_;
};

CK_SESSION_HANDLE log_in(const char* module, std::string pin) {
    void* library = dlopen(module, RTLD_NOW);
    void* entry = library != nullptr ? dlsym(library, "C_GetFunctionList") : nullptr;
    if (entry == nullptr) {
        std::fprintf(stderr, "no PKCS#11 module: %s\n", module);
        std::exit(1);
    }
    must(reinterpret_cast<CK_RV (*)(CK_FUNCTION_LIST**)>(entry)(&token), "C_GetFunctionList");
    must(token->C_Initialize(nullptr), "C_Initialize");
    CK_SLOT_ID slots[16];
    CK_ULONG count = 16;
    must(token->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    CK_SESSION_HANDLE session = 0;
    must(token->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session), "C_OpenSession");
    must(token->C_Login(session, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(pin.data()), pin.size()), "C_Login");
    return session;
}

CK_OBJECT_HANDLE import_kek(CK_SESSION_HANDLE session, const bytes& modulus) {
    auto list = attributes()
                    .number(CKA_CLASS, CKO_PUBLIC_KEY)
                    .number(CKA_KEY_TYPE, CKK_RSA)
                    .yes({CKA_WRAP, CKA_ENCRYPT})
                    .raw_value(CKA_MODULUS, modulus)
                    .raw_value(CKA_PUBLIC_EXPONENT, {1, 0, 1});
    auto raw = list.list();
    CK_OBJECT_HANDLE kek = 0;
    must(token->C_CreateObject(session, raw.data(), raw.size(), &kek), "C_CreateObject");
    return kek;
}
CK_OBJECT_HANDLE make_aes(CK_SESSION_HANDLE session) {
    auto list = attributes().yes({CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_WRAP, CKA_ENCRYPT}).number(CKA_VALUE_LEN, 32);
    auto raw = list.list();
    CK_MECHANISM make{CKM_AES_KEY_GEN, nullptr, 0};
    CK_OBJECT_HANDLE key = 0;
    must(token->C_GenerateKey(session, &make, raw.data(), raw.size(), &key), "C_GenerateKey");
    return key;
}

struct pair {
    CK_OBJECT_HANDLE open, secret;
};
pair make_pair(CK_SESSION_HANDLE session, const std::string& kind) {
    auto open = attributes();
    if (kind == "rsa2048")
        open.number(CKA_MODULUS_BITS, 2048).raw_value(CKA_PUBLIC_EXPONENT, {1, 0, 1});
    else // the named curves' object identifiers, DER
        open.raw_value(CKA_EC_PARAMS, from_hex(kind == "p256"   ? "06082a8648ce3d030107"
                                               : kind == "p384" ? "06052b81040022"
                                                                : "06052b81040023"));
    auto secret = attributes().yes({CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_SIGN});
    auto raw_open = open.list(), raw_secret = secret.list();
    CK_MECHANISM make{static_cast<CK_MECHANISM_TYPE>(kind == "rsa2048" ? CKM_RSA_PKCS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN), nullptr, 0};
    pair made{};
    must(token->C_GenerateKeyPair(session, &make, raw_open.data(), raw_open.size(), raw_secret.data(), raw_secret.size(), &made.open,
                                  &made.secret),
         "C_GenerateKeyPair");
    return made;
}

bytes public_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type) {
    bytes value(1024);
    CK_ATTRIBUTE wanted{type, value.data(), static_cast<CK_ULONG>(value.size())};
    must(token->C_GetAttributeValue(session, key, &wanted, 1), "C_GetAttributeValue");
    value.resize(wanted.ulValueLen);
    return value;
}
bytes encrypted_zeros(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key) {
    bytes block(16), out(16);
    CK_MECHANISM how{CKM_AES_ECB, nullptr, 0};
    CK_ULONG size = out.size();
    must(token->C_EncryptInit(session, &how, key), "C_EncryptInit");
    must(token->C_Encrypt(session, block.data(), block.size(), out.data(), &size), "C_Encrypt");
    return out;
}
bytes wrap(CK_SESSION_HANDLE session, CK_MECHANISM how, CK_OBJECT_HANDLE under, CK_OBJECT_HANDLE key) {
    bytes out(8192);
    CK_ULONG size = out.size();
    must(token->C_WrapKey(session, &how, under, key, out.data(), &size), "C_WrapKey");
    out.resize(size);
    return out;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 6) return 2;
    const std::string kind = argv[4];
    const CK_SESSION_HANDLE session = log_in(argv[1], argv[2]);
    const CK_OBJECT_HANDLE kek = import_kek(session, from_hex(argv[3])), ephemeral = make_aes(session);
    CK_OBJECT_HANDLE target = 0;
    if (kind == "aes256") {
        target = make_aes(session);
        print_hex(encrypted_zeros(session, target));
    } else {
        const pair made = make_pair(session, kind);
        target = made.secret;
        print_hex(public_value(session, made.open, kind == "rsa2048" ? CKA_MODULUS : CKA_EC_POINT));
    }
    CK_RSA_PKCS_OAEP_PARAMS oaep{CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, nullptr, 0};
    bytes both = wrap(session, {CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep}, kek, ephemeral);
    const bytes second = wrap(session, {0x210A /* CKM_AES_KEY_WRAP_PAD */, nullptr, 0}, ephemeral, target);
    both.insert(both.end(), second.begin(), second.end());
    std::ofstream(argv[5], std::ios::binary).write(reinterpret_cast<const char*>(both.data()), static_cast<std::streamsize>(both.size()));
    must(token->C_Finalize(nullptr), "C_Finalize");
    return 0;
}
