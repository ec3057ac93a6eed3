// Uses the phone in the browser as people do: with a mouse, by keyboard alone, and with a thumb on 360 pixels.
// node walk.mjs URL FOLDER: the folder holds node_modules and gets the pictures.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const [url, folder] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { chromium } = require('playwright-core');
const axe = require('axe-core');

const PATIENCE_MS = 5000;
const citizens = await (await fetch(`${url}/sim/api/citizens`)).json();
const whose = (status) => citizens.find((one) => one.status === status) ?? assert.fail(`nobody is ${status}`);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });

// A phone's page in a window of its own. Whatever the browser complains of but the one thing expected, or asks of others, fails the walk.
async function open(options, expected) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on('console', (message) => {
    const fine = message.type() !== 'error' || (expected && message.text().includes(expected));
    assert.ok(fine, `the console says: ${message.text()} ${message.location().url}`);
  });
  // What the console does not tell: which of our answers it complains of.
  page.on('response', async (reply) => {
    if (reply.status() >= 400) console.log(`      ${reply.status()} to ${reply.url()} ${reply.request().postData()}: ${await reply.text().catch(() => '')}`);
  });
  page.on('pageerror', (error) => assert.fail(`the page failed: ${error.message}`));
  page.on('request', (request) => assert.ok(request.url().startsWith(url) || request.url().startsWith('data:'), `asked elsewhere: ${request.url()}`));
  await page.goto(`${url}/sim`);
  await page.waitForFunction(() => document.querySelectorAll('#keys button').length === 12);
  return page;
}

const shows = async (page, text) => {
  const found = page.locator('#display', { hasText: text });
  await found.waitFor().catch(async () => assert.fail(`the phone should show "${text}" but shows:\n${await page.locator('#display').innerText()}`));
};
const told = (page, text) => page.locator('#log li:first-child summary', { hasText: text }).waitFor();

const keyOf = (page, key) => page.locator('#keys button', { has: page.locator('b', { hasText: key }) });

const answered = (page) => page.waitForFunction(() => !document.querySelector('#typed').readOnly);

// Keys one by one, then green.
async function keys(page, typed) {
  await answered(page);
  for (const key of typed) await keyOf(page, key).click();
  await page.getByRole('button', { name: 'Panggil atau kirim' }).click();
}

async function enter(page, typed) {
  await page.locator('#typed').fill(typed);
  await page.keyboard.press('Enter');
}

const phone = (page, number) => page.getByRole('button', { name: number }).click();
const add = async (page, number) => {
  await page.locator('#number').fill(number);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: number, pressed: true }).waitFor();
};
const soft = (page, name) => page.locator('.soft').getByRole('button', { name }).click();
const tool = (page, name) => page.getByRole('button', { name, exact: true }).click();

const picture = (page, name) => page.screenshot({ path: `${folder}/${name}.jpg`, type: 'jpeg', quality: 32 });

async function tabTo(page, id) {
  for (let steps = 0; steps < 100; steps += 1) {
    if (await page.evaluate(() => document.activeElement.id) === id) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no way to ${id} by Tab`);
}

async function forward(page, span) {
  await page.locator('#span').selectOption({ label: span });
  await Promise.all([page.waitForResponse(`${url}/sim/api/clock`), tool(page, 'Majukan jam')]);
}

async function accessible(page, where) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target).join(' ')}`);
  assert.deepEqual(found, [], `axe on ${where}`);
}

const walks = {
  async 'status with the mouse'() {
    const page = await open({ viewport: { width: 1180, height: 800 } });
    const { nik, kk4 } = whose('PRINT_READY_RECORD');
    await accessible(page, 'the idle phone');
    await keys(page, '*123#');
    await shows(page, '1 Cek KTP');
    await keys(page, '1');
    await shows(page, 'Ketik 16 angka NIK');
    await accessible(page, 'a page that asks');
    await keys(page, nik);
    await keys(page, kk4);
    await shows(page, 'SIAP CETAK');
    await told(page, 'septet');
    assert.match(await page.locator('#log li:first-child pre').first().innerText(), new RegExp(`^POST /in/africastalking HTTP/1.1\r\n[^]*text=1\\*${nik}\\*${kk4}$`));
    assert.match(await page.locator('#log li:first-child pre').last().innerText(), /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nCON NIK \.\.999\d: SIAP CETAK/);
    await picture(page, 'status');
    return page;
  },

  async 'booking, its proof by SMS, and a second phone that sees none of it'() {
    const page = await open({ viewport: { width: 960, height: 790 } });
    const { nik, kk4 } = whose('UNREGISTERED');
    await phone(page, '00002');
    await enter(page, '*123*2#');
    await shows(page, 'BUAT JANJI');
    for (const [typed, wanted] of [[nik, 'TERAKHIR'], [kk4, 'URUSAN APA?'], ['1', 'DI MANA?'], ['2', 'PILIH WAKTU'], ['1', 'YA, simpan'], ['1', 'JANJI TERSIMPAN']]) {
      await enter(page, typed);
      await shows(page, wanted);
    }
    const code = (await page.locator('#display').innerText()).match(/[A-HJ-NP-Z]\d{7}/)[0];
    await page.getByRole('button', { name: '00002 1 SMS' }).waitFor();
    await picture(page, 'booking');
    await soft(page, 'OK');
    await soft(page, 'Pesan (1)');
    await accessible(page, 'the inbox');
    await page.locator('.inbox button').click();
    await shows(page, `Janji ${code}`);
    await picture(page, 'sms');
    await phone(page, '00001');
    assert.ok(!(await page.locator('#display').innerText()).includes(code));
    return page;
  },

  async 'a dropped call, and on from there'() {
    const page = await open({ viewport: { width: 1180, height: 800 } });
    await add(page, '00003');
    await enter(page, '*123#');
    await shows(page, '2 Buat janji');
    await enter(page, '2');
    await shows(page, 'BUAT JANJI');
    await enter(page, whose('UNREGISTERED').nik);
    await shows(page, 'TERAKHIR');
    await tool(page, 'Putus sambungan');
    await told(page, 'Putus');
    await forward(page, '1 menit');
    await enter(page, '*123#');
    await shows(page, '1 Lanjutkan');
    await enter(page, '1');
    await shows(page, 'TERAKHIR');
    return page;
  },

  async 'a repeated callback and a lost answer'() {
    const page = await open({ viewport: { width: 1180, height: 800 } });
    await add(page, '00004');
    await enter(page, '*123#');
    await shows(page, '3 Info');
    await tool(page, 'Ulangi callback');
    await told(page, 'jawaban sama persis');
    await tool(page, 'Buang jawaban berikut');
    await enter(page, '3');
    await shows(page, 'Masalah sambungan');
    await tool(page, 'Ulangi callback');
    await told(page, 'jawaban sama persis');
    await shows(page, 'Kembali');
    await picture(page, 'repeat');
    return page;
  },

  async 'a slow registry, and its answer later'() {
    const page = await open({ viewport: { width: 1180, height: 800 } });
    const { nik, kk4 } = whose('BIO_CAPTURED');
    await add(page, '00006');
    await tool(page, 'Registri lambat');
    await page.getByRole('button', { name: 'Registri lambat', pressed: true }).waitFor();
    await enter(page, '*123*1#');
    await shows(page, '16 angka');
    await enter(page, nik);
    await shows(page, 'TERAKHIR');
    await enter(page, kk4);
    await shows(page, 'jawaban lewat SMS');
    await tool(page, 'Registri lambat');
    await page.getByRole('button', { name: 'Registri lambat', pressed: false }).waitFor();
    await forward(page, '15 menit');
    await page.getByRole('button', { name: '00006 1 SMS' }).waitFor();
    return page;
  },

  async 'numbers whose telco repeats or loses'() {
    const page = await open({ viewport: { width: 1180, height: 800 } });
    for (const number of ['00066', '00067']) {
      await add(page, number);
      await enter(page, '*123#');
      await told(page, 'Ulangan');
      await told(page, 'jawaban sama persis');
      await shows(page, 'DUKCAPIL');
    }
    return page;
  },

  async 'a status in Javanese, and the next call too'() {
    const page = await open({ viewport: { width: 1180, height: 800 } });
    const { nik, kk4 } = whose('PRINT_READY_RECORD');
    await add(page, '00009');
    for (const [typed, wanted] of [['*123#', '9 Bahasa'], ['9', '3 Jawa'], ['3', '2 Damel janji'], ['1', 'kangge layanan niki'], [nik, 'PUNGKASAN'], [kk4, 'mbeta KK']]) {
      await keys(page, typed);
      await shows(page, wanted);
    }
    await picture(page, 'jawa');
    await tool(page, 'Putus sambungan');
    await told(page, 'Putus');
    await enter(page, '*123*1#');
    await shows(page, 'CEK KTP: 16 angka NIK, namung kangge layanan niki.\n0 Bali');
    return page;
  },

  async 'all of it as a transcript'() {
    const page = await open({ viewport: { width: 1180, height: 800 } });
    await phone(page, '00001');
    await soft(page, 'Batal');
    await soft(page, 'Pesan');
    await soft(page, 'Tulis');
    await enter(page, 'KTP');
    await page.locator('.inbox', { hasText: 'NIK' }).waitFor();
    const saved = page.waitForEvent('download');
    await tool(page, 'Simpan transkrip');
    await (await saved).saveAs(`${folder}/percakapan.txt`);
    return page;
  },

  async 'another telco'() {
    const page = await open({ viewport: { width: 1180, height: 800 } }, '409 (Conflict)');
    await add(page, '00008');
    await page.locator('#telco').selectOption('infobip');
    await enter(page, '*123#');
    await shows(page, 'DUKCAPIL');
    assert.match(await page.locator('#log li:first-child pre').first().innerText(), /^POST \/in\/infobip\/session\/[0-9a-f]+\/start HTTP/);
    await tool(page, 'Simpan transkrip');
    await page.getByText('Percakapan lewat dua telko').waitFor();
    return page;
  },

  async 'by keyboard alone'() {
    const page = await open({ viewport: { width: 1180, height: 800 } });
    const { nik, kk4 } = whose('CARD_ISSUED');
    await tabTo(page, 'number');
    await page.keyboard.type('00005');
    await page.keyboard.press('Enter');
    for (const typed of ['*123#', '1', nik, kk4]) {
      await page.keyboard.type(typed);
      await page.keyboard.press('Enter');
      await answered(page);
      assert.equal(await page.evaluate(() => document.activeElement.id), 'typed');
    }
    await shows(page, `..${nik.slice(-4)}`);
    // Once around the page: everything that can be used is met, and seen to be met.
    const met = new Set();
    const usable = await page.evaluate(() => {
      const all = [...document.querySelectorAll('button, input, select, summary, [tabindex="0"]')];
      return all.filter((one) => !one.disabled && one.checkVisibility()).map((one, at) => (one.dataset.at = String(at)));
    });
    for (let at = 0; at < usable.length + 2; at += 1) {
      await page.keyboard.press('Tab');
      const seen = await page.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return [document.activeElement.dataset.at, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
      });
      if (seen[0] === undefined) continue;
      assert.ok(seen[1], `the focus on element ${seen[0]} is not seen`);
      met.add(seen[0]);
    }
    assert.deepEqual(usable.filter((one) => !met.has(one)), [], 'no way there by Tab');
    await tabTo(page, 'repeat');
    await page.keyboard.press('Enter');
    await told(page, 'jawaban sama persis');
    await tabTo(page, 'right');
    await page.keyboard.press('Enter');
    await told(page, 'Putus');
    return page;
  },

  async 'a thumb on 360 pixels'() {
    const page = await open({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    for (const [typed, wanted] of [['*123#', '2 Mulai baru'], ['2', 'DUKCAPIL MUBA - GRATIS']]) {
      for (const key of typed) await keyOf(page, key).tap();
      await page.getByRole('button', { name: 'Panggil atau kirim' }).tap();
      await shows(page, wanted);
    }
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, 'the page is wider than the phone');
    const small = await page.evaluate(() => [...document.querySelectorAll('button, input, select, summary')]
      .filter((one) => one.checkVisibility())
      .filter((one) => { const { width, height } = one.getBoundingClientRect(); return width < 24 || height < 24; })
      .map((one) => one.outerHTML));
    assert.deepEqual(small, [], 'too small for a thumb');
    await accessible(page, '360 pixels');
    await page.evaluate(() => scrollTo(0, 0));
    await picture(page, 'narrow');
    return page;
  },
};

for (const [name, walk] of Object.entries(walks)) {
  const begun = performance.now();
  const page = await walk();
  await page.context().close();
  console.log(`ok    ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
}
await browser.close();
