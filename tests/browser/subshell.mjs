// JupyterLab's "New Subshell Console" beside a notebook whose cell runs for minutes; prints one JSON object of what it saw.
// usage: node subshell.mjs URL TOKEN NOTEBOOK SHOT.png   (NODE_HOME: the folder whose node_modules has playwright-core)
import { createRequire } from 'node:module';
const require = createRequire(process.env.NODE_HOME + '/');
const { chromium } = require('playwright-core');
const [url, token, notebook, shot] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const page = await (await browser.newContext({ viewport: { width: 1280, height: 1200 } })).newPage();
const seen = { made: [] };
page.setDefaultTimeout(60000);
page.on('websocket', socket => socket.on('framereceived', frame => {
  const text = typeof frame.payload === 'string' ? frame.payload : frame.payload.toString('utf8');
  for (const found of text.matchAll(/"subshell_id": ?"([0-9a-f-]{36})"/g)) if (!seen.made.includes(found[1])) seen.made.push(found[1]);
}));

const panel = page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)');
const cell = i => panel.locator(`.jp-Cell[data-windowed-list-index="${i}"]`);
const console_ = page.locator('.jp-ConsolePanel:not(.lm-mod-hidden)');
const prompts = console_.locator('.jp-CodeConsole-content .jp-CodeCell');
const run = async i => { await cell(i).locator('.cm-content').click(); await page.keyboard.press('Control+Enter'); };
const promptOf = async i => (await cell(i).locator('.jp-InputArea-prompt').textContent()).trim();
const ask = async (code, n) => {
  await console_.locator('.jp-CodeConsole-promptCell .cm-content').click();
  await page.keyboard.type(code);
  while (await prompts.count() < n) {                                // the console takes no cell before its kernel is there
    await page.keyboard.press('Shift+Enter');
    await prompts.nth(n - 1).waitFor({ timeout: 3000 }).catch(() => {});
  }
  await page.waitForFunction(k => { const cells = document.querySelectorAll('.jp-ConsolePanel:not(.lm-mod-hidden) .jp-CodeConsole-content .jp-CodeCell'); const p = cells[k - 1]?.querySelector('.jp-InputArea-prompt'); return p && /\[\d+\]/.test(p.textContent); }, n);
  return await prompts.nth(n - 1).locator('.jp-OutputArea-output').last().innerText();
};

await page.goto(`${url}/lab/tree/${notebook}?token=${token}&reset`);
await page.waitForFunction(() => document.querySelector('.jp-KernelName')?.textContent.includes('Cofferdam'));
await panel.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').waitFor({ state: 'attached' });
await run(0);
await page.waitForFunction(() => /\[\d+\]/.test(document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="0"] .jp-InputArea-prompt')?.textContent));
await run(1);                                                        // for minutes
await page.waitForFunction(() => document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="1"] .jp-InputArea-prompt')?.textContent.includes('*'));

await cell(0).click({ button: 'right' });
await page.locator('.lm-Menu-item', { hasText: 'New Subshell Console for Notebook' }).click();
await console_.locator('.jp-CodeConsole-promptCell').waitFor();
await page.waitForFunction(() => document.querySelector('.jp-ConsolePanel:not(.lm-mod-hidden) .jp-CodeConsole-promptCell .cm-content'));
for (let i = 0; !seen.made.length && i < 600; i++) await page.waitForTimeout(100);   // until then the console is one of the main shell
seen.first = await ask('SELECT :who AS who, 6 * 7 AS answer', 1);
seen.second = await ask("SELECT answer + 1 AS more FROM _", 2);
seen.stillRunning = await promptOf(1);
seen.status = await panel.locator('.jp-Notebook-ExecutionIndicator').getAttribute('data-status');
await page.screenshot({ path: shot });

const answered = page.waitForResponse(response => /\/interrupt/.test(response.url()));
let stopped = false;
answered.then(() => { stopped = true; }, () => {});
await cell(1).locator('.jp-InputArea-prompt').click();
while (!stopped) {                                                   // the two keys count only within a second
  await page.keyboard.press('Escape');
  await page.keyboard.press('i');
  await page.keyboard.press('i');
  await Promise.race([answered, page.waitForTimeout(2000)]);
}
await page.waitForFunction(() => /\[\d+\]/.test(document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell[data-windowed-list-index="1"] .jp-InputArea-prompt')?.textContent));
seen.interrupted = await cell(1).locator('.jp-OutputArea-output').last().innerText();
seen.third = await ask("SELECT 'after' AS word", 3);
await browser.close();
console.log(JSON.stringify(seen));
