const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The organisation that an address for signing in names. */
export function organizationOf(url: URL): string | null {
  const id = url.searchParams.get('organization');
  return id !== null && UUID.test(id) ? id : null;
}
