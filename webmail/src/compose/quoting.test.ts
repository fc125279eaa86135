// @vitest-environment jsdom
// Quoting the original, and the text that goes with HTML.
import { describe, expect, it, vi } from 'vitest';
import { cleanHtml } from './cleanhtml';
import { htmlOfText, textOfHtml } from './plaintext';
import { attribution, forwardQuote, quoteAsHtml, quoteAsText, replyQuote, splitQuote } from './quoting';

const where = { timeZone: 'Europe/Berlin', locale: 'en-GB' };
const original = {
  from: [{ name: 'Bashir', email: 'bashir@example.org' }],
  to: [{ name: null, email: 'ada@mailwright.test' }],
  cc: null,
  subject: 'Plan <b>',
  date: '2026-11-21T07:15:00Z',
  html: '<p>Hello <b>Ada</b></p><p>second</p>',
  text: null,
};

describe('a quote', () => {
  it('says who wrote when, in the reader’s time zone', () => {
    expect(attribution(original, where)).toBe('On Sat, 21 Nov 2026 at 08:15, Bashir wrote:');
    expect(attribution({ ...original, date: null, from: null }, where)).toBe('somebody wrote:');
  });
  it('of a reply is a blockquote, and `> ` in text', () => {
    const quote = replyQuote(original, where);
    expect(quoteAsHtml(quote)).toBe(
      '<div class="mailwright-quote"><p>On Sat, 21 Nov 2026 at 08:15, Bashir wrote:</p><blockquote type="cite"><p>Hello <b>Ada</b></p><p>second</p></blockquote></div>',
    );
    expect(quoteAsText(quote)).toBe('On Sat, 21 Nov 2026 at 08:15, Bashir wrote:\n> Hello Ada\n>\n> second');
  });
  it('of a forwarded message has its header, escaped', () => {
    const quote = forwardQuote(original, where);
    expect(quoteAsHtml(quote)).toContain('Subject: Plan &lt;b&gt;<br>To: ada@mailwright.test</p><p>Hello');
    expect(quoteAsText(quote)).toContain('From: Bashir <bashir@example.org>\n');
  });
  it('is found again in a saved draft', () => {
    for (const quote of [replyQuote(original, where), forwardQuote(original, where)]) {
      const { own, quote: found } = splitQuote(`<p>mine</p>${quoteAsHtml(quote)}`);
      expect(own).toBe('<p>mine</p>');
      expect(found).toEqual(quote);
    }
    expect(splitQuote('<p>mine</p>')).toEqual({ own: '<p>mine</p>', quote: null });
  });
  it('of plain text keeps its lines and its own quotes', () => {
    const quote = replyQuote({ ...original, html: null, text: 'a <x>\nb\n\n> older\n> still' }, where);
    expect(quote.html).toBe('<p>a &lt;x&gt;<br>b</p><blockquote><p>older<br>still</p></blockquote>');
    expect(quoteAsText(quote).split('\n').slice(1)).toEqual(['> a <x>', '> b', '>', '>> older', '>> still']);
  });
});

describe('the text of HTML', () => {
  it('has lists, links, rules and preformatted lines', () => {
    expect(
      textOfHtml(
        '<p>See <a href="https://example.org/a">this</a></p><ul><li><p>one</p></li><li><p>two</p></li></ul><ol start="3"><li>three</li></ol><hr><pre>x\n  y</pre>',
      ),
    ).toBe('See this <https://example.org/a>\n\n- one\n- two\n\n3. three\n\n---\n\nx\n  y');
  });
  it('does not repeat an address that is its own words', () => {
    expect(
      textOfHtml(
        '<a href="https://example.org/">https://example.org</a> <a href="mailto:ada@example.org">ada@example.org</a>',
      ),
    ).toBe('https://example.org ada@example.org');
  });
  it('leaves out what is not shown, and keeps line breaks', () => {
    expect(textOfHtml('<style>p{}</style><script>x()</script>a<br>b<div>c</div>')).toBe('a\nb\nc');
  });
  it('comes back from text unchanged', () => {
    const text = 'one\n  two,   three\n\nthree & <four>\n\n> quoted\n>\n> more';
    expect(textOfHtml(htmlOfText(text))).toBe(text);
  });
});

describe('HTML from outside', () => {
  const drop = (html: string) => cleanHtml(html, { remotePictures: 'drop' });
  it('keeps simple marks', () => {
    expect(drop('<p style="color:red">a <b>b</b> <a href="https://example.org">c</a></p>')).toBe(
      '<p style="color:red">a <b>b</b> <a href="https://example.org">c</a></p>',
    );
  });
  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<svg onload=alert(1)><a href="x">',
    '<iframe src="https://example.net"></iframe>',
    '<form action="https://example.net"><input name=a></form>',
    '<meta http-equiv=refresh content="0;url=https://example.net">',
    '<base href="https://example.net">',
    '<a href="data:text/html,<script>1</script>">x</a>',
    '<p style="background:url(https://example.net/p)">x</p>',
    '<p style="position:fixed;inset:0">x</p>',
    '<p style="background:u\\72l(https://example.net/p)">x</p>',
    '<img src="https://example.net/pixel.gif">',
    '<img src="//example.net/pixel.gif">',
    '<img srcset="https://example.net/pixel.gif 1x">',
    '<math><mtext><img src=x onerror=1></mtext></math>',
    '<p class="fixed inset-0" id="root">x</p>',
    '<link rel=stylesheet href="https://example.net/a.css"><style>@import "https://example.net"</style>',
  ])('loses what could harm: %s', (html) => {
    expect(drop(html)).not.toMatch(
      /script|onerror|onload|javascript|example\.net|iframe|form|data:|fixed|svg|math|id=|url/i,
    );
  });
  it('keeps remote pictures only for forwarding, and never in a style', () => {
    const html = '<img src="https://example.net/a.png" alt="logo">';
    expect(drop(html)).toBe('[logo]');
    expect(cleanHtml(html, { remotePictures: 'keep' })).toContain('https://example.net/a.png');
  });
  it('is made where nothing is loaded', () => {
    const loading = vi.spyOn(document, 'createElement');
    cleanHtml('<img src="https://example.net/a.png">', { remotePictures: 'keep' });
    expect(loading).not.toHaveBeenCalled();
    loading.mockRestore();
  });
  it('keeps pictures of the message itself', () => {
    expect(drop('<img src="cid:a@b">')).toBe('<img src="cid:a@b">');
  });
});
