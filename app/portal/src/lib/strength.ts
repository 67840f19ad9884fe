/** How hard a password is to guess, 0 to 4, in a word and with a hint. */
export interface Strength {
  readonly score: 0 | 1 | 2 | 3 | 4;
  readonly word: string;
  readonly hint: string;
}

type Judge = (password: string, own: string[]) => Strength;

const WORDS = ['Very easy to guess', 'Easy to guess', 'Could be better', 'Good', 'Very good'] as const;
/** Longer ones are judged by their beginning: judging takes time that grows with the square. */
const JUDGED = 64;
let judging: Promise<Judge> | undefined;

/** The judge with its dictionaries, fetched once, when somebody first chooses a password. */
export function judge(): Promise<Judge> {
  judging ??= load();
  // A failure is not kept: the next keystroke tries again.
  judging.catch(() => (judging = undefined));
  return judging;
}

async function load(): Promise<Judge> {
  const { zxcvbn } = await import('./strength-judge');
  return (password, own) => {
    const { score, feedback } = zxcvbn.check([...password].slice(0, JUDGED).join(''), own);
    return { score, word: WORDS[score], hint: feedback.warning || feedback.suggestions[0] || '' };
  };
}
