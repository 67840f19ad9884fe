import { describe, expect, it } from 'vitest';
import { treeOf, type Node } from './markdown';

const flat = (nodes: readonly Node[] | null): string =>
  (nodes ?? []).map((node) => (node.kind === 'text' ? node.text.replaceAll('<', '‹') : `<${node.tag}${node.href ? ` ${node.href}` : ''}>${flat(node.children)}</${node.tag}>`)).join('');

describe('Markdown', () => {
  it('becomes a tree', () => {
    expect(flat(treeOf('# A\n\nOne **two** *three* `four`\nfive'))).toBe(
      '<h1>A</h1><p>One <strong>two</strong> <em>three</em> <code>four</code><br></br>five</p>',
    );
    expect(flat(treeOf('- a\n- b\n\n```\nx < y\n```\n> q'))).toBe(
      '<ul><li>a</li><li>b</li></ul><pre>x ‹ y</pre><blockquote><p>q</p></blockquote>',
    );
    expect(flat(treeOf('|a|b|\n|-|-|\n|1|2|'))).toContain('<td>2</td>');
  });

  it.each([
    ['raw HTML', '<img src=x onerror=alert(1)><script>alert(1)</script>'],
    ['an address of a script', '[a](javascript:alert(1))'],
    ['one in disguise', '[a](java\u0000script:alert(1)) [b](&#x6A;avascript:alert(1)) [c](JaVaScRiPt:alert(1))'],
    ['data', '[a](data:text/html;base64,PHNjcmlwdD4=)'],
    ['a page of this server', '[a](/vaults) [b](//evil.example)'],
    ['an automatic one', '<javascript:alert(1)>'],
  ])('never makes an element of %s', (_, source) => {
    expect(flat(treeOf(source))).not.toMatch(/<(?:a|img|script) /);
  });

  it('fetches no picture: it is a link that somebody may follow', () => {
    expect(flat(treeOf('![x](https://evil.example/x.png)'))).toBe('<p>!<a https://evil.example/x.png>x</a></p>');
    expect(flat(treeOf('[x](https://a.example "title")'))).toBe('<p><a https://a.example/>x</a></p>');
  });

  it.each([
    ['quotes', '>'.repeat(90_000)],
    ['brackets', '['.repeat(90_000)],
    ['emphases', '*a_'.repeat(30_000)],
    ['ticks', '`a'.repeat(45_000)],
    ['lists', Array.from({ length: 400 }, (_, at) => `${' '.repeat(at * 2)}- x`).join('\n')],
    ['a table', `${'|a'.repeat(10_000)}\n${'|-'.repeat(10_000)}`],
  ])('is read in reasonable time, whatever is in it: %s', (_, source) => {
    const begun = performance.now();
    treeOf(source);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('is left as it was written when it is very long', () => {
    expect(treeOf('a'.repeat(100_001))).toBeNull();
    expect(treeOf('- a\n'.repeat(20_000))).toBeNull();
  });
});
