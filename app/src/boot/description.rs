//! What the description of the API needs beyond what is derived.

use std::collections::BTreeMap;

use utoipa::openapi::schema::{AllOf, Object, Schema};
use utoipa::openapi::{OpenApi, RefOr};

/// Writes the variants of a tagged type out as whole objects.
///
/// They are derived as "this object, and the tag", and an object that takes no other members takes no
/// tag either: nothing would fit such a description.
pub(super) fn write_variants_out(document: &mut OpenApi) {
    let Some(components) = &mut document.components else {
        return;
    };
    let objects: BTreeMap<String, Object> = components
        .schemas
        .iter()
        .filter_map(|(name, schema)| Some((name.clone(), object(schema)?.clone())))
        .collect();
    for schema in components.schemas.values_mut() {
        let RefOr::T(Schema::OneOf(variants)) = schema else {
            continue;
        };
        for variant in &mut variants.items {
            if let RefOr::T(Schema::AllOf(parts)) = variant
                && let Some(whole) = whole(parts, &objects)
            {
                *variant = RefOr::T(Schema::Object(whole));
            }
        }
    }
}

fn object(schema: &RefOr<Schema>) -> Option<&Object> {
    match schema {
        RefOr::T(Schema::Object(object)) => Some(object),
        _ => None,
    }
}

/// The one object that a reference and a tag beside it are.
fn whole(parts: &AllOf, objects: &BTreeMap<String, Object>) -> Option<Object> {
    let [RefOr::Ref(reference), tag] = parts.items.as_slice() else {
        return None;
    };
    let name = reference.ref_location.rsplit('/').next()?;
    let tag = object(tag)?;
    let mut whole = objects.get(name)?.clone();
    whole.properties.extend(tag.properties.clone());
    whole.required.extend(tag.required.iter().cloned());
    Some(whole)
}
