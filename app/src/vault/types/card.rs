//! Payment cards.

use super::Record;

/// Brands by the first digits of their numbers (ISO/IEC 7812): how many digits are looked at, the
/// range, the brand. The first that fits is it.
const BRANDS: &[(usize, u32, u32, &str)] = &[
    (2, 34, 34, "American Express"),
    (2, 37, 37, "American Express"),
    (3, 300, 305, "Diners Club"),
    (4, 3095, 3095, "Diners Club"),
    (2, 36, 36, "Diners Club"),
    (2, 38, 39, "Diners Club"),
    (4, 3528, 3589, "JCB"),
    (4, 2200, 2204, "Mir"),
    (4, 2221, 2720, "Mastercard"),
    (2, 51, 55, "Mastercard"),
    (4, 6011, 6011, "Discover"),
    (3, 644, 649, "Discover"),
    (2, 65, 65, "Discover"),
    (2, 62, 62, "UnionPay"),
    (2, 81, 81, "UnionPay"),
    (2, 50, 50, "Maestro"),
    (2, 56, 58, "Maestro"),
    (1, 6, 6, "Maestro"),
    (1, 4, 4, "Visa"),
];

/// Checks the numbers of a card, and tells its brand and last digits.
pub(super) fn complete(card: &mut Record<'_>) {
    let number = card.get("number").to_owned();
    if number.is_empty() {
        return;
    }
    if !(12..=19).contains(&number.len()) || !has_check_digit(&number) {
        card.refuse("number", "must be the number of a card: a digit is wrong");
    } else {
        card.set("brand", brand(&number));
        let last: String = number
            .chars()
            .skip(number.len().saturating_sub(4))
            .collect();
        card.set("lastDigits", &last);
    }
    for (field, lengths, message) in [
        ("cvv", 3..=4, "must have three or four digits"),
        ("pin", 3..=12, "must have three to twelve digits"),
    ] {
        let length = card.get(field).len();
        if length > 0 && !lengths.contains(&length) {
            card.refuse(field, message);
        }
    }
}

/// Whether the last digit is the one that the others demand (Luhn, ISO/IEC 7812-1, annex B).
fn has_check_digit(number: &str) -> bool {
    let digits = number.chars().rev().map(|c| c.to_digit(10));
    let sum = digits.enumerate().try_fold(0_u32, |sum, (place, digit)| {
        let digit = digit?;
        let weighed = match (place % 2, digit) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => digit * 2 - 9,
            (_, digit) => digit * 2,
        };
        Some(sum.saturating_add(weighed))
    });
    sum.is_some_and(|sum| sum % 10 == 0)
}

fn brand(number: &str) -> &'static str {
    let found = BRANDS.iter().find(|(digits, from, to, _)| {
        let start = number.get(..*digits).and_then(|start| start.parse().ok());
        start.is_some_and(|start: u32| (*from..=*to).contains(&start))
    });
    found.map_or("Other", |(.., brand)| brand)
}

#[cfg(test)]
mod tests {
    use super::super::SecretType::PaymentCard;
    use super::super::tests::{complete, open};

    #[test]
    fn a_number_tells_its_brand() {
        for (number, brand) in [
            ("4111 1111 1111 1111", "Visa"),
            ("4222222222222", "Visa"),
            ("5555-5555-5555-4444", "Mastercard"),
            ("2223003122003222", "Mastercard"),
            ("378282246310005", "American Express"),
            ("6011111111111117", "Discover"),
            ("30569309025904", "Diners Club"),
            ("3530111333300000", "JCB"),
            ("6200000000000005", "UnionPay"),
            ("2200000000000004", "Mir"),
            ("6759649826438453", "Maestro"),
        ] {
            let card = complete(PaymentCard, &[("number", number)]).unwrap();
            assert_eq!(card["brand"].as_str(), brand, "{number}");
            assert!(
                number
                    .replace([' ', '-'], "")
                    .ends_with(card["lastDigits"].as_str())
            );
            assert_eq!(card["lastDigits"].len(), 4);
        }
    }

    #[test]
    fn one_wrong_digit_and_two_exchanged_ones_are_noticed() {
        for bad in [
            "4111111111111112",
            "4111111111111",
            "5555555555554445",
            "0",
            "12345678901234567890",
        ] {
            let problems = complete(PaymentCard, &[("number", bad)]).unwrap_err();
            assert_eq!(problems[0].name, "fields.number");
            assert!(!problems[0].message.contains(bad));
        }
        assert!(complete(PaymentCard, &[("number", "378282246310050")]).is_err());
    }

    #[test]
    fn codes_have_their_lengths() {
        let card = |field, code| {
            complete(
                PaymentCard,
                &[("number", "4111111111111111"), (field, code)],
            )
        };
        assert!(card("cvv", "123").is_ok());
        assert!(card("cvv", "12").is_err());
        assert!(card("pin", "1234").is_ok());
        assert!(card("pin", "12").is_err());
        assert!(card("expiry", "05/31").is_ok());
        assert!(card("expiry", "13/31").is_err());
    }

    #[test]
    fn what_is_derived_cannot_be_given() {
        let card = complete(
            PaymentCard,
            &[
                ("number", "4111111111111111"),
                ("brand", "Mine"),
                ("lastDigits", "9999"),
            ],
        );
        let card = card.unwrap();
        assert_eq!(open(&card, "brand"), "Visa");
        assert_eq!(open(&card, "lastDigits"), "1111");
    }
}
