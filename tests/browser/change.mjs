// Dials what CONTRIBUTING.md changes on the phone in the browser: node change.mjs URL FOLDER. The folder holds node_modules and gets a picture.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const [url, folder] = process.argv.slice(2);
const { chromium } = createRequire(`${folder}/`)('playwright-core');

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 900, height: 700 } });
page.setDefaultTimeout(5000);
page.on('pageerror', (error) => assert.fail(`the page failed: ${error.message}`));
await page.goto(`${url}/sim`);
await page.waitForFunction(() => document.querySelectorAll('#keys button').length === 12);

async function answer(typed, text) {
  await page.waitForFunction(() => !document.querySelector('#typed').readOnly);
  await page.locator('#typed').fill(typed);
  await page.locator('#typed').press('Enter');
  const display = page.locator('#display');
  await display.filter({ hasText: text }).waitFor().catch(async () => assert.fail(`${typed} should show "${text}" but shows:\n${await display.innerText()}`));
}

await answer('*123*3*4#', '1 Jam buka');
await answer('1', 'Jam buka: Sen-Kam');
await page.screenshot({ path: `${folder}/change.jpg`, type: 'jpeg', quality: 32 });
await browser.close();
