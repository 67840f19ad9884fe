import type { Outcome } from '../lib/api/client';
import { networkProblem, problemFrom } from '../lib/problem';

/* The admin plane has no published description; these are its answers. */

export interface License {
  readonly standing: string;
  readonly daysLeft: number | null;
  readonly tier: string;
  readonly effectiveTier: string;
  readonly customer: string | null;
  /** How many people may be members now. */
  readonly seats: number | null;
  readonly seatsBought: number | null;
  readonly seatsUsed: number;
  readonly auditDays: number | null;
  readonly features: readonly string[];
  readonly notBefore: string | null;
  readonly expires: string | null;
  readonly graceEnds: string | null;
}
export interface LicenseDetail {
  readonly id: string;
  readonly counter: number;
  readonly keyId: string;
  readonly mldsaKeyId: string | null;
  readonly algorithm: string;
  readonly digest: string;
  readonly issued: string;
  readonly maintenanceEnds: string;
  readonly boundHosts: number;
  readonly boundHere: boolean | null;
}
export interface Refusal {
  readonly at: string;
  readonly source: 'file' | 'upload' | 'database';
  readonly kind: string;
  readonly why: string;
}
export interface Heartbeat {
  readonly url: string;
  readonly message: Readonly<Record<string, unknown>>;
}
/** The licence with everything that is known of it. */
export interface Panel extends License {
  readonly detail: LicenseDetail | null;
  readonly notice: { readonly kind: string; readonly sentence: string } | null;
  readonly refused: Refusal | null;
  readonly canUpload: boolean;
  readonly heartbeat: Heartbeat | null;
}
export interface PlatformEvent {
  readonly seq: number;
  readonly at: string;
  readonly action: string;
  readonly detail: Readonly<Record<string, unknown>>;
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
  readonly license: Panel;
  readonly events: readonly PlatformEvent[];
}

async function get<T>(path: string, token: string, body?: Blob): Promise<Outcome<T>> {
  let response: Response;
  try {
    response = await fetch(`/admin/api/${path}`, {
      ...(body && { method: 'POST', body }),
      headers: token ? { authorization: `Bearer ${token}` } : {},
      credentials: 'omit',
      cache: 'no-store',
    });
  } catch {
    return { ok: false, problem: networkProblem() };
  }
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) return { ok: false, problem: problemFrom(response, answer) };
  return { ok: true, value: answer as T };
}

/** Hands another licence over. */
export function uploadLicense(token: string, file: Blob): Promise<Outcome<Panel>> {
  return get<Panel>('license', token, file);
}

/** Everything the page shows. */
export async function platform(token: string): Promise<Outcome<Platform>> {
  const [overview, organizations, migrations, license, events] = await Promise.all([
    get<Overview>('overview', token),
    get<{ items: OrganizationRow[] }>('organizations', token),
    get<Migrations>('migrations', token),
    get<Panel>('license', token),
    get<{ items: PlatformEvent[] }>('events', token),
  ]);
  if (!overview.ok) return overview;
  if (!organizations.ok) return organizations;
  if (!migrations.ok) return migrations;
  if (!license.ok) return license;
  if (!events.ok) return events;
  return {
    ok: true,
    value: {
      overview: overview.value,
      organizations: organizations.value.items,
      migrations: migrations.value,
      license: license.value,
      events: events.value.items,
    },
  };
}
