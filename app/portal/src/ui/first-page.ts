let first = true;

/** Whether this is the page that the portal was opened with: there the focus stays at the top. */
export function firstPage(): boolean {
  const was = first;
  first = false;
  return was;
}
