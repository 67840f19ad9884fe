import MarkdownIt, { type Token } from 'markdown-it';
import { followable } from '../search';

/** What Markdown may become. */
const TAGS = [
  'p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'ul', 'ol', 'li', 'blockquote', 'pre', 'code', 'hr',
  'table', 'thead', 'tbody', 'tr', 'th', 'td', 'strong', 'em', 's', 'a', 'br',
] as const;
export type Tag = (typeof TAGS)[number];

/**
 * Markdown as a tree of what may be drawn. No HTML is ever made: a component draws the tree, element by
 * element. What it has no word for, raw HTML and pictures, stays the text it was written in.
 */
export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'element'; readonly tag: Tag; readonly href?: string; readonly children: Node[] };

/** Longer texts are shown as they were written: drawing them would hold the page up. */
const LONGEST = 100_000;
const MOST_NODES = 20_000;

const reader = new MarkdownIt({ html: false, linkify: false, breaks: true }).disable('image');
// What a link may lead to is decided here and not by the parser's list.
reader.validateLink = (address) => followable(address) !== null;

/** Reads Markdown; null when it is better shown as plain text. */
export function treeOf(source: string): Node[] | null {
  if (source.length > LONGEST) return null;
  const tokens = reader.parse(source, {});
  return tokens.length > MOST_NODES ? null : nested(tokens);
}

interface Open {
  readonly tag: Tag;
  readonly href?: string;
  readonly children: Node[];
}

/** The parser's flat list of openings and ends, as a tree. */
function nested(tokens: readonly Token[]): Node[] {
  const top: Node[] = [];
  const open: Open[] = [];
  const into = () => open.at(-1)?.children ?? top;
  for (const token of tokens) {
    if (token.hidden) continue;
    const tag = tagOf(token);
    if (token.nesting === 1) {
      const element: Open = { tag: tag ?? 'p', children: [], ...linked(token) };
      into().push({ kind: 'element', ...element });
      open.push(element);
    } else if (token.nesting === -1) open.pop();
    else into().push(...leaf(token));
  }
  return top;
}

function leaf(token: Token): Node[] {
  switch (token.type) {
    case 'inline':
      return nested(token.children ?? []);
    case 'softbreak':
    case 'hardbreak':
      return [{ kind: 'element', tag: 'br', children: [] }];
    case 'hr':
      return [{ kind: 'element', tag: 'hr', children: [] }];
    case 'code_inline':
      return [{ kind: 'element', tag: 'code', children: [words(token.content)] }];
    case 'code_block':
    case 'fence':
      return [{ kind: 'element', tag: 'pre', children: [words(token.content.replace(/\n$/, ''))] }];
    default:
      return token.content ? [words(token.content)] : [];
  }
}

function linked(token: Token): { href?: string } {
  const href = token.type === 'link_open' ? followable(String(token.attrGet('href') ?? '')) : null;
  return href ? { href } : {};
}

/** A link has no tag in the parser's list. */
function tagOf({ type, tag }: Token): Tag | null {
  const name = type === 'link_open' ? 'a' : tag;
  return TAGS.find((each) => each === name) ?? null;
}

const words = (text: string): Node => ({ kind: 'text', text });
