//! `rotate-master`, killed with the one signal that nothing can catch, again and again, while the
//! server serves.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::lab::{Lab, Session};

const SECRETS: usize = 40;

/// How many data keys name a master key, and how many the trail says were wrapped anew.
async fn progress(lab: &Lab) -> Result<(i64, i64)> {
    let mut behind = lab.behind().await?;
    let done = sqlx::query_scalar(
        "SELECT count(*) FROM data_keys, master_keys
         WHERE state = 'current' AND substring(wrapped_key FROM 2 FOR 8) = key_id",
    );
    let recorded = sqlx::query_scalar(
        "SELECT coalesce(sum((detail->>'records')::bigint), 0)::bigint FROM audit_events
         WHERE action = 'data-keys.rewrapped'",
    );
    Ok((
        done.fetch_one(&mut behind).await?,
        recorded.fetch_one(&mut behind).await?,
    ))
}

async fn all_open(ada: &Session, secrets: &[String]) -> Result<()> {
    for (number, path) in secrets.iter().enumerate() {
        ensure!(ada.reveal(path).await? == format!("password {number}"));
    }
    Ok(())
}

#[tokio::test]
async fn killed_after_each_batch_it_ends_and_nobody_notices() -> Result<()> {
    let lab = Lab::new().await?;
    lab.give_next()?;
    let served = lab.serve().await?;
    let ada = lab.set_up(&served).await?;
    let vault = ada.vault().await?;
    let mut secrets = Vec::new();
    for number in 0..SECRETS {
        secrets.push(ada.secret(&vault, &format!("password {number}")).await?);
    }
    let arguments = ["rotate-master", "--batch", "4", "--rate", "100"];
    let mut kills = 0;
    for wanted in (0..SECRETS).step_by(4) {
        let mut command = lab.command(&arguments)?;
        let mut run = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let wanted = i64::try_from(wanted)?;
        while lab_progress_below(&lab, wanted).await? && run.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        run.kill()?;
        kills += usize::from(run.wait()?.code().is_none());
        // Its transaction may still be ending in the database.
        tokio::time::sleep(Duration::from_millis(50)).await;
        let (done, recorded) = progress(&lab).await?;
        if recorded > 0 {
            ensure!(done == recorded, "{done} are done, and {recorded} recorded");
        }
        all_open(&ada, &secrets).await?;
    }
    ensure!(kills >= 5, "only {kills} runs were killed in the middle");
    let last = lab.run(&arguments)?;
    let said = String::from_utf8_lossy(&last.stderr).into_owned();
    ensure!(last.status.success(), "{said}");
    all_open(&ada, &secrets).await?;
    let mut behind = lab.behind().await?;
    let retired: i64 =
        sqlx::query_scalar("SELECT count(*) FROM master_keys WHERE state = 'retired'")
            .fetch_one(&mut behind)
            .await?;
    ensure!(retired == 1);
    let (done, recorded) = progress(&lab).await?;
    ensure!((done, recorded) == (40, 40), "{done} {recorded}");
    for verify in [&["vault", "verify"][..], &["audit", "verify"][..]] {
        let verified = lab.run(verify)?;
        let said = String::from_utf8_lossy(&verified.stderr).into_owned();
        ensure!(verified.status.success(), "{verify:?}: {said}");
    }
    Ok(())
}

async fn lab_progress_below(lab: &Lab, wanted: i64) -> Result<bool> {
    let (_, recorded) = progress(lab).await.context("progress")?;
    Ok(recorded <= wanted)
}
