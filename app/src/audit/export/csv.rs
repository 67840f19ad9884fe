//! A table for a spreadsheet (RFC 4180).
//!
//! A spreadsheet takes a cell that begins in a certain way for a formula, and runs it on the machine
//! of whoever opens the file. Names of people and things are other people's words, so such a cell gets
//! an apostrophe before it, which spreadsheets take for "this is text".

use time::format_description::well_known::Rfc3339;

use crate::audit::view::EventView;

/// The names of the columns.
pub(super) const HEAD: &str = "seq,id,at,actorKind,actorId,actorName,session,token,factors,stepUp,\
    action,resourceType,resourceId,resourceName,result,reason,address,request,detail\r\n";

/// Writes one entry as one row.
pub(super) fn write(event: &EventView, out: &mut String) {
    let actor = &event.actor;
    let resource = event.resource.as_ref();
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        event.seq.to_string(),
        event.id.to_string(),
        event.at.format(&Rfc3339).unwrap_or_default(),
        actor.kind.as_str().to_owned(),
        id(actor.id.map(crate::kernel::UserId::as_uuid)),
        text(&actor.name),
        id(actor.session),
        id(actor.token),
        actor.factors.join(" "),
        text(&actor.step_up),
        event.action.clone(),
        resource
            .map(|resource| resource.r#type.clone())
            .unwrap_or_default(),
        id(resource.map(|resource| resource.id)),
        resource
            .and_then(|resource| resource.name.clone())
            .unwrap_or_default(),
        event.result.clone(),
        text(&event.reason),
        text(&event.address),
        text(&event.request),
        event.detail.to_string(),
    ];
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        push(cell, out);
    }
    out.push_str("\r\n");
}

/// Every cell is quoted: then nothing in it ends it.
fn push(cell: &str, out: &mut String) {
    out.push('"');
    if is_formula(cell) {
        out.push('\'');
    }
    out.push_str(&cell.replace('"', "\"\""));
    out.push('"');
}

/// What spreadsheets take for a formula, in half and in full width, behind whatever they skip.
fn is_formula(cell: &str) -> bool {
    if cell.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    let skipped =
        |c: char| c.is_whitespace() || c.is_control() || "\u{200b}\u{feff}\"'".contains(c);
    let seen = cell.trim_start_matches(skipped);
    seen.starts_with(['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use super::push;

    fn cell(text: &str) -> String {
        let mut out = String::new();
        push(text, &mut out);
        out
    }

    #[test]
    fn a_cell_is_no_formula_and_ends_where_it_should() {
        for hostile in [
            "=HYPERLINK(\"http://evil.test\")",
            "+1",
            "-1+1|cmd",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "  =1",
            "\u{feff}=1",
            "\"=1",
            "＝1",
            "%0",
        ] {
            assert!(cell(hostile).starts_with("\"'"), "{hostile:?}");
        }
        assert_eq!(
            cell("Mill, \"small\"\nsecond"),
            "\"Mill, \"\"small\"\"\nsecond\""
        );
        assert_eq!(cell("mill = 7"), "\"mill = 7\"");
    }
}
