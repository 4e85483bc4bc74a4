// Drives Notebook 7 in headless Chromium: open, run, stop, save, reload. usage: node notebook7.mjs URL TOKEN NOTEBOOK
import { createRequire } from 'node:module';
const require = createRequire(process.env.NODE_HOME + '/');
const { chromium } = require('playwright-core');
const [url, token, notebook] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const page = await (await browser.newContext({ viewport: { width: 1280, height: 1500 } })).newPage();
page.setDefaultTimeout(60000);
const seen = {};
const cell = i => page.locator(`.jp-Notebook .jp-Cell[data-windowed-list-index="${i}"]`);
const ran = i => page.waitForFunction(n => /\[\d+\]/.test(document.querySelector(`.jp-Cell[data-windowed-list-index="${n}"] .jp-InputArea-prompt`)?.textContent), i);
const run = async i => { await cell(i).locator('.cm-content').click(); await page.keyboard.press('Control+Enter'); };

// a cell that is run before the front end knows its kernel is forgotten by it
const known = new Promise(done => page.on('websocket', socket => socket.on('framereceived', frame => {
  if (Buffer.from(frame.payload).includes('kernel_info_reply')) done();
})));
await page.goto(`${url}/notebooks/${notebook}?token=${token}`);
await page.waitForFunction(() => document.querySelector('.jp-NotebookKernelLogo img, .jp-NotebookKernelLogo'));
await cell(0).locator('.cm-content').waitFor();
await known;
await run(0); await ran(0);
seen.table = await cell(0).locator('.jp-OutputArea-output table').innerText();
await run(1);
await page.waitForFunction(() => document.querySelector('.jp-Cell[data-windowed-list-index="1"] .jp-InputArea-prompt')?.textContent.includes('*'));
// the two keys count only within a second: on a busy machine they are pressed again
const answered = page.waitForResponse(response => /\/interrupt/.test(response.url()));
let stopped = false;
answered.then(() => { stopped = true; }, () => {});
while (!stopped) {
  await page.keyboard.press('Escape');
  await page.keyboard.press('i');
  await page.keyboard.press('i');
  await Promise.race([answered, page.waitForTimeout(2000)]);
}
await ran(1);
seen.interrupted = await cell(1).locator('.jp-OutputArea-output').last().innerText();
const put = page.waitForResponse(response => response.request().method() === 'PUT' && response.url().includes('/api/contents/'));
await page.keyboard.press('Control+s');
await put;
await page.goto(`${url}/notebooks/${notebook}?token=${token}`);
await cell(0).locator('.jp-OutputArea-output table').waitFor();
seen.reloaded = await cell(0).locator('.jp-OutputArea-output table').innerText();
await browser.close();
console.log(JSON.stringify(seen));
