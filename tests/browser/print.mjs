// Prints a page to PDF as a reader would (A4 across): node print.mjs PAGE.html OUT.pdf
// Prints {images: [[width, height]], tables, wide: [texts of outputs that run over the paper's edge]}.
import { createRequire } from 'node:module';
const require = createRequire(process.env.NODE_HOME + '/');
const { chromium } = require('playwright-core');
const [html, pdf] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const page = await browser.newPage();
await page.route(/^https?:/, route => route.abort());
await page.goto('file://' + html, { waitUntil: 'load' });
await page.pdf({ path: pdf, format: 'A4', landscape: true, printBackground: true });
// the paper's width without Chromium's margins, in CSS pixels
await page.setViewportSize({ width: 1046, height: 718 });
await page.emulateMedia({ media: 'print' });
const seen = await page.evaluate(() => ({
  images: [...document.querySelectorAll('.jp-OutputArea-output img')].map(image => [image.naturalWidth, image.naturalHeight]),
  tables: document.querySelectorAll('.jp-OutputArea-output table').length,
  wide: [...document.querySelectorAll('.jp-OutputArea-output')].filter(output => output.scrollWidth > output.clientWidth + 1).map(output => output.textContent.slice(0, 200)),
}));
await browser.close();
console.log(JSON.stringify(seen));
