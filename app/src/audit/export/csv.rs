//! A table for a spreadsheet.

use time::format_description::well_known::Rfc3339;

use crate::audit::view::EventView;
use crate::kernel::csv;

/// The names of the columns.
pub(super) const HEAD: &str = "seq,id,at,server,monotonicMicros,actorKind,actorId,actorName,session,\
    token,factors,stepUp,action,resourceType,resourceId,resourceName,result,reason,address,request,detail\r\n";

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
        event.monotonic.server.to_string(),
        event.monotonic.micros.to_string(),
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
    csv::row(cells, out);
}
