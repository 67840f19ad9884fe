//! Known answers, of others; each file says where it is from.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use license::{ed25519, mldsa};
use ml_dsa::{Keypair as _, MlDsa65, Signature, SigningKey, VerifyingKey};
use serde_json::Value;

const WYCHEPROOF_ED25519: &str = include_str!("../vectors/ed25519-wycheproof.json");
const EDGES: &str = include_str!("../vectors/ed25519-edges.json");
const ACVP_KEYGEN: &str = include_str!("../vectors/ml-dsa-65-acvp-keygen.json");
const ACVP_VERIFY: &str = include_str!("../vectors/ml-dsa-65-acvp-verify.json");
const WYCHEPROOF_MLDSA: &str = include_str!("../vectors/ml-dsa-65-wycheproof.json");

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn tests(file: &Value) -> &Vec<Value> {
    file["tests"].as_array().unwrap()
}

fn from_hex(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn from_base64(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

/// The key that a test counts.
fn key_of(file: &Value, test: &Value) -> Vec<u8> {
    let number = usize::try_from(test["key"].as_u64().unwrap()).unwrap();
    from_base64(&file["keys"][number])
}

fn ed25519_holds(test: &Value) -> bool {
    let Ok(key) = from_hex(&test["key"]).try_into() else {
        return false;
    };
    let Ok(key) = ed25519::PublicKey::from_bytes(&key) else {
        return false;
    };
    let signature: Result<[u8; 64], _> = from_hex(&test["signature"]).try_into();
    signature.is_ok_and(|signature| key.verify(&from_hex(&test["message"]), &signature).is_ok())
}

#[test]
fn ed25519_agrees_with_wycheproof_and_with_the_edges() {
    for (text, least) in [(WYCHEPROOF_ED25519, 151), (EDGES, 12)] {
        let file = read(text);
        assert_eq!(tests(&file).len(), least);
        for test in tests(&file) {
            assert_eq!(ed25519_holds(test), test["holds"], "{}", test["name"]);
        }
    }
}

#[test]
fn keys_have_one_encoding_and_none_is_weak() {
    let file = read(EDGES);
    for test in file["keys"].as_array().unwrap() {
        let key: [u8; 32] = from_hex(&test["key"]).try_into().unwrap();
        let usable = ed25519::PublicKey::from_bytes(&key).is_ok();
        assert_eq!(usable, test["usable"], "{}", test["name"]);
    }
}

#[test]
fn mldsa_makes_the_keys_of_nist() {
    let file = read(ACVP_KEYGEN);
    for test in tests(&file) {
        let seed: [u8; 32] = from_hex(&test["seed"]).try_into().unwrap();
        let key = SigningKey::<MlDsa65>::from_seed(&seed.into()).verifying_key();
        let expected = from_base64(&test["key"]);
        assert_eq!(key.encode().as_slice(), expected, "{}", test["name"]);
        let ours = mldsa::PublicKey::from_bytes(&expected).unwrap();
        assert_eq!(ours.to_bytes(), expected);
    }
}

/// NIST's vectors are for the function below ours, which knows no context.
#[test]
fn mldsa_agrees_with_nist() {
    let file = read(ACVP_VERIFY);
    assert_eq!(tests(&file).len(), 15);
    for test in tests(&file) {
        let key = key_of(&file, test);
        let key = VerifyingKey::<MlDsa65>::decode(&key.as_slice().try_into().unwrap());
        let signature = from_base64(&test["signature"]);
        let holds = Signature::<MlDsa65>::try_from(signature.as_slice())
            .is_ok_and(|found| key.verify_internal(&from_hex(&test["message"]), &found));
        assert_eq!(holds, test["holds"], "{}", test["name"]);
    }
}

#[test]
fn mldsa_agrees_with_wycheproof() {
    let file = read(WYCHEPROOF_MLDSA);
    assert_eq!(tests(&file).len(), 44);
    for test in tests(&file) {
        let holds = mldsa::PublicKey::from_bytes(&key_of(&file, test)).is_ok_and(|key| {
            let (message, context) = (from_hex(&test["message"]), from_hex(&test["context"]));
            key.verify(&message, &context, &from_base64(&test["signature"]))
                .is_ok()
        });
        assert_eq!(holds, test["holds"], "{}", test["name"]);
    }
}
