/** The same in every phase, so that what one stored the next can ask for. */
export const OWNER = {
  organization: 'Meridian Freight',
  name: 'Ada Lindqvist',
  email: 'ada@meridian.example',
  password: 'a quiet harbour in november',
};

export const VAULT = { name: 'Operations', description: 'Shared access to what keeps the ships moving.' };

export const SECRET = {
  name: 'Primary database',
  username: 'postgres',
  url: 'https://db01.meridian.example:5432',
  password: 'vT7#kestrel-92!Quay',
  notes: 'Rotate after every hand-over.',
};

/** More of them, so that lists look like lists. */
export const OTHERS = [
  ['Border router', 'netadmin', 'https://rt-edge-1.meridian.example'],
  ['Backup repository', 'backup-writer', 'https://backup.meridian.example/repo'],
  ['Harbour authority portal', 'ops@meridian.example', 'https://portal.harbour.example/login'],
  ['Crane controller, pier 4', '', ''],
  ['Mail relay', 'relay', 'https://mx2.meridian.example'],
];

/** Whoever comes by an invitation. */
export const GUEST = { name: 'Ben Okafor', email: 'ben@meridian.example', password: 'seven geese over the estuary' };

/** Who operates the installation. */
export const OPERATOR = { name: 'Grace Hopper', email: 'grace@example.com', password: 'a wet cat on the mat' };
