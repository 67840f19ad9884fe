import type { Outcome } from '../lib/api/client';
import { networkProblem, problemFrom } from '../lib/problem';

/* The admin plane has no published description; these are its answers. */

export interface License {
  readonly standing: string;
  readonly tier: string;
  readonly customer: string | null;
  readonly seats: number | null;
  readonly expires: string | null;
  readonly graceEnds: string | null;
}
export interface Dependency {
  readonly ok: boolean;
  readonly version: string | null;
}
export interface Overview {
  readonly version: string;
  readonly keys: string;
  readonly uptimeSec?: number;
  readonly license: License;
  readonly dependencies: Readonly<Record<'database' | 'cache', Dependency>>;
}
export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly members: number;
  readonly secrets: number;
}
export interface Migrations {
  readonly status: { readonly applied: number; readonly newest: number; readonly pending: readonly number[] };
  readonly at: string;
}

export interface Platform {
  readonly overview: Overview;
  readonly organizations: readonly OrganizationRow[];
  readonly migrations: Migrations;
}

async function get<T>(path: string, token: string): Promise<Outcome<T>> {
  let response: Response;
  try {
    response = await fetch(`/admin/api/${path}`, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
      credentials: 'omit',
      cache: 'no-store',
    });
  } catch {
    return { ok: false, problem: networkProblem() };
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) return { ok: false, problem: problemFrom(response, body) };
  return { ok: true, value: body as T };
}

/** Everything the page shows. */
export async function platform(token: string): Promise<Outcome<Platform>> {
  const [overview, organizations, migrations] = await Promise.all([
    get<Overview>('overview', token),
    get<{ items: OrganizationRow[] }>('organizations', token),
    get<Migrations>('migrations', token),
  ]);
  if (!overview.ok) return overview;
  if (!organizations.ok) return organizations;
  if (!migrations.ok) return migrations;
  return {
    ok: true,
    value: {
      overview: overview.value,
      organizations: organizations.value.items,
      migrations: migrations.value,
    },
  };
}
