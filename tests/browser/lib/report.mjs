/** Runs a journey, prints one JSON object about it, and sets the exit code. */
export async function report(open, run) {
  const startedAt = Date.now();
  const summary = { ok: false, steps: [], error: null };
  let session;
  try {
    session = await open();
    const step = async (name, work) => {
      const begun = Date.now();
      try {
        const result = await work();
        summary.steps.push({ name, ms: Date.now() - begun });
        return result;
      } catch (cause) {
        throw new Error(`${name}: ${cause.message}`, { cause });
      }
    };
    await run(session, step, summary);
    summary.error = verdict(session, summary);
  } catch (error) {
    summary.error = error.message.split('\n').slice(0, 12).join('\n');
    await session?.page?.screenshot({ path: `${session.out}/failed.png` }).catch(() => undefined);
  } finally {
    await session?.browser?.close().catch(() => undefined);
  }
  summary.ok = summary.error === null;
  summary.ms = Date.now() - startedAt;
  Object.assign(summary, evidence(session));
  process.stdout.write(`${JSON.stringify(summary)}\n`);
  process.exitCode = summary.ok ? 0 : 1;
}

function evidence(session) {
  if (!session) return {};
  const { seen, portfolio } = session;
  return {
    requests: seen.requests,
    foreignRequests: seen.foreign,
    complaints: seen.complaints,
    accessibility: portfolio.findings,
    pictures: portfolio.pictures,
  };
}

/** What failed although every step was taken. */
function verdict({ seen, portfolio }) {
  if (seen.foreign.length > 0) return `requests left the server: ${seen.foreign.join(', ')}`;
  if (seen.complaints.length > 0) return `the browser complained: ${seen.complaints.join(' | ')}`;
  const grave = portfolio.findings.filter((finding) => finding.grave);
  if (grave.length > 0) {
    return `accessibility: ${grave.map(({ page, id }) => `${id} on ${page}`).join(', ')}`;
  }
  return null;
}
