// Opens pages that show hostile text and says what the browser's parser made of the outputs.
// usage: node corpus.mjs ALLOWED PAGE...   (PAGE: an address; of JupyterLab: CELLS@ADDRESS)
// Prints {pages: [{elements, attributes, styles, cells: [[row texts]], notes, plain, strange}], requests, dialogs}.
import { createRequire } from 'node:module';
const require = createRequire(process.env.NODE_HOME + '/');
const { chromium } = require('playwright-core');
const [allowed, ...addresses] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const seen = { pages: [], requests: [], dialogs: 0 };

// a cell is drawn only near the window, and its output a moment later
const FILLED = ['.jp-RenderedHTMLCommon table', '.jp-RenderedHTMLCommon p', '.jp-RenderedHTMLCommon li', '.jp-RenderedText pre'].join(', ');
// within the page: what stands in the outputs, as the parser understood it
const look = root => {
  const found = { elements: {}, attributes: {}, styles: {}, rows: [], items: [], plain: [], title: document.title };
  for (const output of (root ?? document).querySelectorAll('.jp-RenderedHTMLCommon, .jp-RenderedText')) {
    if (!output.closest('.jp-OutputArea-output')) continue;
    for (const element of output.querySelectorAll('*')) {
      found.elements[element.tagName] = (found.elements[element.tagName] ?? 0) + 1;
      for (const attribute of element.attributes) {
        found.attributes[`${element.tagName} ${attribute.name}`] = attribute.value;
        if (attribute.name === 'style') found.styles[attribute.value] = 1;
      }
    }
    for (const row of output.querySelectorAll('tbody tr')) found.rows.push([...row.children].map(cell => cell.textContent));
    for (const item of output.querySelectorAll('li')) found.items.push(item.textContent);
    if (output.matches('.jp-RenderedText')) found.plain.push(output.textContent);
  }
  return found;
};
const merge = (into, from) => {
  for (const key of ['elements', 'attributes', 'styles']) Object.assign(into[key], from[key]);
  for (const key of ['rows', 'items', 'plain']) into[key].push(...from[key]);
};

for (const given of addresses) {
  const [, count, address] = given.match(/^(?:(\d+)@)?(.*)$/);
  const page = await (await browser.newContext({ viewport: { width: 1400, height: 1600 } })).newPage();
  page.setDefaultTimeout(60000);
  page.on('dialog', dialog => { seen.dialogs++; dialog.dismiss(); });
  page.on('request', request => { if (!request.url().startsWith(allowed) && !/^(data|blob|file|ws):/.test(request.url())) seen.requests.push(request.url()); });
  await page.goto(address, { waitUntil: 'domcontentloaded' });
  if (address.startsWith('file:')) {
    seen.pages.push(await page.evaluate(look));
  } else {
    const panel = page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)');
    await page.waitForFunction(n => document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell').length === n, Number(count));
    const all = { elements: {}, attributes: {}, styles: {}, rows: [], items: [], plain: [] };
    await panel.locator('.jp-MarkdownCell mjx-container').first().waitFor();        // the last cell's own formula: MathJax has been at work
    for (let i = 0; i < count - 1; i++) {
      const cell = panel.locator(`.jp-Cell[data-windowed-list-index="${i}"]`);
      await cell.scrollIntoViewIfNeeded();
      await cell.locator(FILLED).first().waitFor({ state: 'attached' });
      merge(all, await cell.evaluate(look));
    }
    seen.pages.push(all);
  }
  await page.context().close();
}
await browser.close();
console.log(JSON.stringify(seen));
