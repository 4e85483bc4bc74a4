// Drives JupyterLab in headless Chromium as an analyst would; prints one JSON object of what it saw.
// usage: node lab.mjs URL TOKEN NOTEBOOK SHOT.png   (NODE_HOME: the folder whose node_modules has playwright-core)
import { createRequire } from 'node:module';
const require = createRequire(process.env.NODE_HOME + '/');
const { chromium } = require('playwright-core');
const [url, token, notebook, shot] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const page = await (await browser.newContext({ viewport: { width: 1280, height: 1500 } })).newPage();
const seen = { requests: [], dialogs: 0 };
page.on('dialog', dialog => { seen.dialogs++; dialog.dismiss(); });
page.on('request', request => { if (!request.url().startsWith(url) && !/^(data|blob|ws):/.test(request.url())) seen.requests.push(request.url()); });
page.setDefaultTimeout(60000);

const panel = page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)');
const cell = i => panel.locator(`.jp-Cell[data-windowed-list-index="${i}"]`);
const outputs = i => cell(i).locator('.jp-OutputArea-output');
const prompt = i => cell(i).locator('.jp-InputArea-prompt');
const idle = () => panel.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').waitFor({ state: 'attached' });
const ran = async i => { await page.waitForFunction(n => { const p = document.querySelector(`.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="${n}"] .jp-InputArea-prompt`); return p && /\[\d+\]/.test(p.textContent); }, i); await idle(); };
const select = async i => { await cell(i).scrollIntoViewIfNeeded(); await cell(i).locator('.cm-content').click(); };
const run = async i => { await select(i); await page.keyboard.press('Control+Enter'); };

await page.goto(`${url}/lab/tree/${notebook}?token=${token}&reset`);
await panel.locator('.jp-KernelName').waitFor();
await page.waitForFunction(() => document.querySelector('.jp-KernelName')?.textContent.includes('Cofferdam'));
await idle();
seen.kernel = await panel.locator('.jp-KernelName').textContent();

// run: a parameter, a lake, a pivot
for (const i of [0, 1, 2]) { await run(i); await ran(i); }
seen.table = await outputs(2).last().locator('table').innerText();
seen.summary = await outputs(2).first().innerText();
seen.scripts = await panel.locator('.jp-OutputArea script, .jp-OutputArea iframe, .jp-OutputArea img').count();

// a job: the cell ends at once, its output is replaced while others run
await run(8); await ran(8);
seen.jobBegun = await outputs(8).last().innerText();

// hostile text from a log stays text
await run(3); await ran(3);
seen.hostile = await outputs(3).first().innerText();
seen.hostileElements = await outputs(3).first().locator('script, img, iframe, a, svg, style').count();

// a chart is drawn by Vega
await run(4); await ran(4);
await cell(4).locator('.vega-embed canvas, .vega-embed svg').first().waitFor();
seen.chart = true;
await page.screenshot({ path: shot });

// long after its cell and after others
await cell(8).scrollIntoViewIfNeeded();
await outputs(8).last().locator('table').waitFor();
seen.jobDone = await outputs(8).last().innerText();
seen.jobOutputs = await outputs(8).count();

// stop: a query that would run for minutes
await run(5);
await page.waitForFunction(() => document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="5"] .jp-InputArea-prompt')?.textContent.includes('*'));
// meanwhile others are answered, and the page still takes the kernel for busy: the first one's idle has come when the second is answered
for (const word of ['%clou', '%ech']) {
  await select(6);
  await page.keyboard.press('Control+a');
  await page.keyboard.type(word);
  await page.keyboard.press('Tab');
  await page.waitForFunction(w => document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="6"] .cm-content')?.textContent !== w
    || document.querySelector('.jp-Completer:not(.lm-mod-hidden) .jp-Completer-match'), word);
  if (await page.locator('.jp-Completer:not(.lm-mod-hidden)').count()) await page.keyboard.press('Enter');
}
seen.statusBeside = await page.locator('#jp-main-statusbar').innerText();
await select(6);
await page.keyboard.press('Control+a');
await page.keyboard.press('Backspace');
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
await ran(5);
seen.interrupted = await outputs(5).last().innerText();

// complete and inspect
await select(6);
await page.keyboard.press('Control+End');
await page.keyboard.type('%clou');
await page.keyboard.press('Tab');
await page.waitForFunction(() => document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="6"] .cm-content')?.textContent.includes('%cloudtrail')
  || document.querySelector('.jp-Completer:not(.lm-mod-hidden) .jp-Completer-match'));
seen.completed = true;
if (await page.locator('.jp-Completer:not(.lm-mod-hidden)').count()) await page.keyboard.press('Enter');
await page.keyboard.press('Shift+Tab');
await page.locator('.jp-Tooltip').waitFor();
seen.tooltip = await page.locator('.jp-Tooltip').innerText();
await page.keyboard.press('Escape');

// save, restart, reload: the record is still there
await page.keyboard.press('Control+s');
await page.waitForFunction(() => !document.querySelector('#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current')?.classList.contains('jp-mod-dirty'));
await page.keyboard.press('Escape');
await page.keyboard.press('0');
await page.keyboard.press('0');
await page.locator('.jp-Dialog .jp-mod-accept').click();
await page.locator('.jp-Dialog').waitFor({ state: 'detached' });
await idle();
await run(7); await ran(7);
seen.afterRestart = await outputs(7).last().innerText();
await page.keyboard.press('Control+s');
await page.waitForFunction(() => !document.querySelector('#jp-main-dock-panel .lm-TabBar-tab.lm-mod-current')?.classList.contains('jp-mod-dirty'));
await page.goto(`${url}/lab/tree/${notebook}?token=${token}&reset`);
await cell(2).scrollIntoViewIfNeeded();
await outputs(2).last().locator('table').waitFor();
await cell(8).scrollIntoViewIfNeeded();
seen.jobReloaded = await outputs(8).last().innerText();
await cell(2).scrollIntoViewIfNeeded();
seen.reloaded = await outputs(2).last().locator('table').innerText();
await browser.close();
console.log(JSON.stringify(seen));
