//! The licence as the operator sees it, and the way to another one.

use http::StatusCode;
use license::dsse::MAX_ENVELOPE;
use serde::Serialize;

use crate::context::App;
use crate::edge::Problem;
use crate::entitlements::{self, LicenseDetail, LicenseView, Refusal, UploadError};
use crate::heartbeat;
use crate::infra::db::PlatformTx;
use crate::platform::{self, Entry};

/// How many entries of the platform's trail one answer lists.
const MOST_EVENTS: i64 = 50;

/// The licence in force, with everything that is known of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Panel {
    #[serde(flatten)]
    view: LicenseView,
    /// What only the operator sees; null without a licence.
    detail: Option<LicenseDetail>,
    /// What was not as it had been left when the server started.
    notice: Option<NoticeView>,
    /// What was refused last, since the licence in force was taken.
    refused: Option<Refusal>,
    /// Whether another one can be handed over here.
    can_upload: bool,
    /// Where the number of seats is told, and what exactly; null when nobody is told.
    heartbeat: Option<heartbeat::Preview>,
}

/// Something was not as it had been left, and the server helped itself.
#[derive(Debug, Serialize)]
pub(super) struct NoticeView {
    /// The word in the trail.
    kind: &'static str,
    /// What happened, and whether anything is to be done.
    sentence: &'static str,
}

/// The newest entries of the platform's trail.
#[derive(Debug, Serialize)]
pub(super) struct Events {
    items: Vec<Entry>,
}

pub(super) async fn panel(app: &App) -> Result<Panel, Problem> {
    let used = seats_used(app).await?;
    Ok(Panel {
        view: app.license.view(app.clock.now(), used),
        detail: app.license.detail(),
        notice: app.license.notice().map(|notice| NoticeView {
            kind: notice.as_str(),
            sentence: notice.sentence(),
        }),
        refused: app.license.refused(),
        can_upload: !app.license.is_elsewhere(),
        heartbeat: heartbeat::preview(app).await?,
    })
}

pub(super) async fn seats_used(app: &App) -> Result<u32, Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let used = entitlements::seats_used(tx.connection()).await?;
    tx.finish();
    Ok(used)
}

/// Puts another licence into force, here and on every replica.
pub(super) async fn upload(app: &App, file: &[u8]) -> Result<Panel, Problem> {
    if app.license.is_elsewhere() {
        let detail = "This server takes no licence: DEPLOYMENT_MODE says that entitlements come \
                      from elsewhere.";
        let status = StatusCode::CONFLICT;
        return Err(Problem::new(
            status,
            "no-licence-here",
            "No licence is used here",
            detail,
        ));
    }
    if file.len() > MAX_ENVELOPE {
        return Err(too_large());
    }
    match app.license.upload(app.ground(), file).await {
        Ok(()) => panel(app).await,
        Err(UploadError::Refused(refusal)) => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "licence-refused",
            "The licence is refused",
            &format!("{} The licence in force stays so.", refusal.why),
        )),
        Err(UploadError::Database(error)) => Err(error.into()),
    }
}

/// What is longer than any licence is not looked at.
pub(super) fn too_large() -> Problem {
    let detail = "A licence has at most 64 KiB. Choose the .vtlic file of your vendor.";
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    Problem::new(status, "too-large", "This is no licence", detail)
}

pub(super) async fn events(app: &App) -> Result<Events, Problem> {
    let mut tx = PlatformTx::begin(&app.db).await?;
    let items = platform::newest(tx.connection(), MOST_EVENTS).await?;
    tx.finish();
    Ok(Events { items })
}
