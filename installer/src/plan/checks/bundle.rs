//! The bundle: its platform, age and base.

use offline::Manifest;
use time::{Duration, OffsetDateTime};

use super::{Check, failed, ok, warning};
use crate::facts::Facts;
use crate::licence::NotCovered;

/// A bundle that is older than this is worth a remark.
const OLD: Duration = Duration::days(365);

pub(super) fn platform(facts: &Facts, manifest: &Manifest) -> Check {
    let bundle = format!("{}/{}", manifest.os, manifest.architecture);
    let host = facts
        .engine
        .as_ref()
        .map(|about| format!("{}/{}", about.os, about.architecture));
    match host {
        Ok(host) if host != bundle => failed(
            "platform",
            format!("the bundle is for {bundle}, the engine runs {host}"),
            format!("bring the bundle for {host}"),
        ),
        _ => ok("platform", format!("the bundle is for {bundle}")),
    }
}

pub(super) fn installer(manifest: &Manifest) -> Check {
    let triple = |text: &str| -> Vec<u64> {
        let core = text.split(['-', '+']).next().unwrap_or_default();
        core.split('.')
            .filter_map(|part| part.parse().ok())
            .collect()
    };
    let own = env!("CARGO_PKG_VERSION");
    if triple(&manifest.minimum_installer) > triple(own) {
        failed(
            "installer",
            format!(
                "the bundle needs installer {}, this is {own}",
                manifest.minimum_installer
            ),
            "use the vaultterm-install that travels in the bundle as files/vaultterm-install",
        )
    } else {
        ok("installer", format!("installer {own}"))
    }
}

/// A clock that is wrong is worth a remark and never a refusal: it must not brick a host.
pub(super) fn clock(facts: &Facts, manifest: &Manifest) -> Check {
    let built = i64::try_from(manifest.created)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let Some(built) = built else {
        return warning(
            "clock",
            "the bundle's time of building is no time",
            "ask who built it",
        );
    };
    if facts.now + Duration::hours(1) < built {
        warning(
            "clock",
            format!(
                "this host's clock ({}) is before the bundle was built ({built})",
                facts.now
            ),
            "set the clock: licences and sessions are judged by it",
        )
    } else if facts.now - built > OLD {
        let days = (facts.now - built).whole_days();
        warning(
            "clock",
            format!("the bundle is {days} days old"),
            "ask the vendor for a newer release: this one lacks later security fixes",
        )
    } else {
        ok(
            "clock",
            "the clock agrees with the bundle's time of building",
        )
    }
}

/// Whether the licence covers the release. Two signed dates are compared, and no clock is asked.
pub(crate) fn maintenance(covered: Result<(), NotCovered>, manifest: &Manifest) -> Check {
    match covered {
        Ok(()) => ok(
            "licence",
            format!("the licence covers release {}", manifest.version),
        ),
        Err(not) => failed(
            "licence",
            not.to_string(),
            "ask the vendor for a licence with later maintenance and give it with --license FILE, or \
             take a release that was built earlier",
        ),
    }
}

/// Whether the server has what a delta counts on.
pub(super) fn base(facts: &Facts, manifest: &Manifest) -> Option<Check> {
    let delta = manifest.delta.as_ref()?;
    let needs = manifest.needs();
    let lacking = needs.iter().filter(|need| !facts.kept.has(need)).count();
    Some(if lacking == 0 {
        ok(
            "base",
            format!("what the delta takes from release {} is here", delta.base),
        )
    } else {
        failed(
            "base",
            format!(
                "the bundle is a delta from release {}, and {lacking} of the {} contents that it \
                 takes from there are not on this server",
                delta.base,
                needs.len()
            ),
            format!(
                "bring the complete bundle of {}, or install the bundle of {} first",
                manifest.version, delta.base
            ),
        )
    })
}
