import { afterEach, describe, expect, it } from 'vitest';
import { isLost, regain } from './focus';

afterEach(() => document.body.replaceChildren());
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
function page(markup: string): (selector: string) => HTMLElement {
  document.body.innerHTML = markup;
  return (selector) => {
    const found = document.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`no ${selector}`);
    return found;
  };
}

describe('the focus of what is taken away', () => {
  it('goes to the heading of the page', async () => {
    const at = page('<main><h1 tabindex="-1">Trash</h1><button>Delete</button></main>');
    at('button').focus();
    at('button').remove();
    expect(isLost()).toBe(true);
    regain();
    await settle();
    expect(document.activeElement).toBe(at('h1'));
  });

  it('stays where it is somewhere', async () => {
    const at = page('<main><h1 tabindex="-1">Trash</h1><button>Delete</button></main>');
    at('button').focus();
    regain();
    await settle();
    expect(document.activeElement).toBe(at('button'));
  });

  it('is the business of a dialog that is open, or opens meanwhile', async () => {
    const at = page('<main><h1 tabindex="-1">Trash</h1></main>');
    regain();
    at('main').insertAdjacentHTML('afterend', '<div role="dialog"></div>');
    await settle();
    expect(isLost()).toBe(true);
  });
});
