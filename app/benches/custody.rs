//! How fast `rotate-master` is, and what requests feel of it. Prints one line of JSON.
//!
//!     VAULTTERM_PG_OPTIONS='-c fsync=on -c synchronous_commit=on -c full_page_writes=on' \
//!         tests/bin/with-services cargo bench -p vaultterm-app --bench custody
//!
//! One organisation with many records, the real PostgreSQL, the server and the command as processes
//! of their own. Somebody reveals secrets at a steady pace, before and meanwhile: each reveal opens a
//! record and writes an entry into the very trail that the rotation writes to.

#[path = "../tests/process/lab.rs"]
#[expect(dead_code, reason = "the laboratory has more than is needed here")]
mod lab;

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use uuid::Uuid;
use vaultterm_app::kernel::{OrgId, Redacted};
use vaultterm_app::keys::{Keyring, Place};

use lab::{Lab, Session};

/// Records; more with BENCH_RECORDS.
const RECORDS: usize = 200_000;
/// So many are stored at once.
const PIECE: usize = 5_000;
/// The pace of requests.
const BETWEEN: Duration = Duration::from_millis(20);
/// How often the pair of measurements is repeated.
const ROUNDS: usize = 3;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let found = runtime.block_on(measure())?;
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{found}")?;
    Ok(())
}

async fn measure() -> Result<Value> {
    #[expect(clippy::disallowed_methods, reason = "the rim of the measurement")]
    let records = std::env::var("BENCH_RECORDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let records = records.unwrap_or(RECORDS);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(round(records).await?);
    }
    Ok(json!({ "records": records, "rounds": rounds }))
}

async fn round(records: usize) -> Result<Value> {
    let mut lab = Lab::new().await?;
    lab.log_level = "error";
    lab.give_next()?;
    let served = lab.serve().await?;
    let ada = lab.set_up(&served).await?;
    let vault = ada.vault().await?;
    let mut secrets = Vec::new();
    for _ in 0..20 {
        secrets.push(ada.secret(&vault, "a secret of an ordinary length").await?);
    }
    seed(&lab, records).await?;
    let before = load(&ada, &secrets, 200, None).await?;
    let mut command = lab.command(&["rotate-master", "--json"])?;
    let mut run = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let meanwhile = load(&ada, &secrets, usize::MAX, Some(&mut run)).await?;
    let output = run.wait_with_output()?;
    ensure!(output.status.success(), "the rotation failed");
    let outcome: Value = serde_json::from_slice(&output.stdout)?;
    let after = load(&ada, &secrets, 200, None).await?;
    Ok(json!({
        "rotation": outcome, "before": summary(before), "meanwhile": summary(meanwhile),
        "after": summary(after), "hotUpdates": hot_updates(&lab).await?,
    }))
}

/// Stores records whose data keys are wrapped as the server would; their values are noise, since a
/// rotation opens none.
async fn seed(lab: &Lab, records: usize) -> Result<()> {
    let master: [u8; 32] = hex::decode(&lab.planted.master)?
        .try_into()
        .ok()
        .context("key")?;
    let keys = Keyring::from_master(&Redacted::new(master));
    let mut behind = lab.behind().await?;
    let (org, user): (Uuid, Uuid) = sqlx::query_as("SELECT org_id, user_id FROM memberships")
        .fetch_one(&mut behind)
        .await?;
    let vault = Uuid::now_v7();
    sqlx::query("INSERT INTO vaults VALUES ($1, $2, 'seeded', '', now(), now())")
        .bind(org)
        .bind(vault)
        .execute(&mut behind)
        .await?;
    let noise: Vec<u8> = (0..=255).cycle().take(260).collect();
    for _ in 0..records.div_ceil(PIECE) {
        let ids: Vec<Uuid> = (0..PIECE).map(|_| Uuid::now_v7()).collect();
        let wrap = |id: &Uuid| {
            let place = Place {
                org: OrgId::from_uuid(org),
                table: "secrets",
                record: *id,
                field: "wrapped_key",
                version: 0,
            };
            keys.new_data_key(&place).map(|(_, wrapped)| wrapped)
        };
        let wrapped: Vec<Vec<u8>> = ids.iter().map(wrap).collect::<Result<_, _>>()?;
        sqlx::query(
            "WITH n AS (SELECT * FROM unnest($5::uuid[], $6::bytea[]) AS n (id, wrapped)),
             record AS (
                 INSERT INTO secrets (org_id, id, vault_id, type, version, sealed_meta,
                     sealed_value, created_at, updated_at, updated_by)
                 SELECT $1, id, $2, 'PASSWORD', 1, $3, $3, now(), now(), $4 FROM n)
             INSERT INTO data_keys SELECT $1, id, wrapped FROM n",
        )
        .bind(org)
        .bind(vault)
        .bind(&noise)
        .bind(user)
        .bind(ids)
        .bind(wrapped)
        .execute(&mut behind)
        .await?;
    }
    sqlx::query("VACUUM ANALYZE secrets, data_keys")
        .execute(&mut behind)
        .await?;
    sqlx::query("CHECKPOINT").execute(&mut behind).await?;
    Ok(())
}

/// Reveals at a steady pace, so often or until a process has ended; how long each took.
async fn load(
    ada: &Session,
    secrets: &[String],
    count: usize,
    mut until: Option<&mut std::process::Child>,
) -> Result<Vec<f64>> {
    let mut took = Vec::new();
    let mut next = Instant::now();
    for path in secrets.iter().cycle().take(count) {
        if let Some(child) = until.as_mut()
            && child.try_wait()?.is_some()
        {
            break;
        }
        let began = Instant::now();
        ada.reveal(path).await?;
        took.push(began.elapsed().as_secs_f64() * 1000.0);
        next += BETWEEN;
        tokio::time::sleep_until(next.into()).await;
    }
    Ok(took)
}

fn summary(mut millis: Vec<f64>) -> Value {
    millis.sort_by(f64::total_cmp);
    let at = |part: usize| millis.get(millis.len() * part / 100).copied();
    let sum: f64 = millis.iter().sum();
    let count = u32::try_from(millis.len()).unwrap_or(u32::MAX);
    json!({
        "requests": millis.len(), "meanMs": sum / f64::from(count.max(1)),
        "medianMs": at(50), "p95Ms": at(95),
    })
}

/// The share of updates that changed no index.
async fn hot_updates(lab: &Lab) -> Result<f64> {
    let mut behind = lab.behind().await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let share: Option<f64> = sqlx::query_scalar(
        "SELECT n_tup_hot_upd::float8 / nullif(n_tup_upd, 0) FROM pg_stat_user_tables
         WHERE relname = 'data_keys'",
    )
    .fetch_one(&mut behind)
    .await?;
    Ok(share.unwrap_or_default())
}
