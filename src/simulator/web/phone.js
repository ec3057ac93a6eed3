// The phone in the browser. What a phone shows is kept here; what happens is asked of the gateway's simulator, one act at a time.
'use strict';

const $ = (id) => document.getElementById(id);
const LOG_MAX = 200;
const LOOK_EVERY_MS = 2000;
// In earnest a look is not for nothing.
const LOOK_IN_EARNEST_MS = 15000;
const SAME_KEY_MS = 900;
// The telco of these repeats every callback, or loses the first answer and repeats.
const REPEATED = '+6281200000066';
const LOST = '+6281200000067';
const KEYS = [
  ['1', '.,?!'], ['2', 'abc'], ['3', 'def'], ['4', 'ghi'], ['5', 'jkl'], ['6', 'mno'],
  ['7', 'pqrs'], ['8', 'tuv'], ['9', 'wxyz'], ['*', ''], ['0', ' '], ['#', ''],
];
const DID = {
  dial: 'Dial', press: 'Tekan', repeat: 'Ulangan', hang_up: 'Putus', text: 'SMS', text_again: 'SMS ulang',
};

let setup = { service_code: '*123#', telcos: [], texting: false, play: false };
const phones = new Map();
let here = null;
let clockAhead = 0;
let acts = 0;
let stamp = null;
let lastTap = { digit: '', at: 0 };

function phone(number) {
  if (!phones.has(number)) {
    phones.set(number, { number, view: 'home', page: '', open: false, typed: '', messages: null, read: 0, message: 0 });
  }
  return phones.get(number);
}

async function ask(path, body) {
  const options = body && { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const reply = await fetch(path, options);
  if (!reply.ok) throw new Error((await reply.text()) || `status ${reply.status}`);
  return reply.json();
}

function make(name, props, ...children) {
  const element = Object.assign(document.createElement(name), props);
  element.append(...children);
  return element;
}

// What a phone does.

async function act(doing, what = '') {
  const own = here;
  if (own.waiting) return;
  own.waiting = true;
  show();
  const turn = doing === 'dial' || doing === 'press';
  const lose = turn && (pressed('lose') || own.number === LOST);
  try {
    await once(own, doing, what, lose);
    if (turn && (own.number === LOST || own.number === REPEATED)) await once(own, 'repeat', '', false);
    if (lose) press('lose', false);
    note('');
  } catch (error) {
    note(error.message);
  }
  own.waiting = false;
  show();
  if (own === here) focusEntry();
  await look(own);
}

function lookAround() {
  if (document.hidden) return;
  for (const own of setup.play ? phones.values() : [here]) look(own);
}

async function once(own, doing, what, lose) {
  const came = await ask('/sim/api/act', { phone: own.number, do: doing, what, telco: $('telco').value, lose });
  const written = await records();
  setClock(came.now);
  take(own, came);
  log(came, what, written);
}

// What was written since the last look. Only where the gateway is ours to play with.
async function records() {
  if (!setup.play) return [];
  const { last, records: fresh } = await ask(stamp === null ? '/sim/api/records' : `/sim/api/records?since=${stamp}`);
  stamp = last;
  return fresh;
}

function take(own, came) {
  if (came.do === 'text' || came.do === 'text_again') {
    own.view = 'inbox';
    return;
  }
  own.typed = '';
  own.open = came.open;
  if (came.do === 'hang_up') {
    own.view = 'home';
    own.page = '';
  } else {
    own.view = 'page';
    own.lost = came.page === null;
    own.page = own.lost ? 'Masalah sambungan atau kode MMI tidak valid.' : came.page;
  }
}

function inbox(own) {
  return own.messages ?? [];
}

async function look(own) {
  try {
    const messages = await ask(`/sim/api/messages?msisdn=${encodeURIComponent(own.number)}`);
    // What came before the page was opened is no news.
    const known = own.messages ? own.messages.length : messages.length;
    if (own.messages === null) own.read = known;
    own.messages = messages;
    if (messages.length > known) note(`${messages.length - known} SMS baru untuk ${own.number}`);
    if (messages.length !== known) show();
  } catch {
    // The gateway may be restarting; the next look tells.
  }
}

function send() {
  const typed = $('typed').value;
  const view = here.view;
  if (view === 'home' && typed) act('dial', typed);
  else if (view === 'page' && here.open && !here.lost) act('press', typed);
  else if (view === 'page') go('home');
  else if (view === 'write' && typed) {
    here.typed = '';
    act('text', typed);
  }
}

function go(view) {
  here.view = view;
  here.typed = '';
  if (view === 'inbox') here.read = inbox(here).length;
  show();
  focusEntry();
}

function left() {
  if (here.view === 'home') go('inbox');
  else if (here.view === 'inbox') go('write');
  else send();
}

function right() {
  if (here.view === 'home') type('');
  else if (here.view === 'page' && here.open) act('hang_up');
  else if (here.view === 'message') go('inbox');
  else go('home');
}

function off() {
  if (here.view === 'page' && here.open) act('hang_up');
  else go('home');
}

function type(text) {
  here.typed = text;
  $('typed').value = text;
}

// A key again within a moment, while letters are on, gives its next letter.
function key(digit, letters) {
  const input = $('typed');
  if (input.disabled || input.readOnly) return;
  const now = performance.now();
  if (!pressed('letters') || !letters) return type(input.value + digit);
  const again = lastTap.digit === digit && now - lastTap.at < SAME_KEY_MS;
  const at = again ? (letters.indexOf(input.value.slice(-1)) + 1) % letters.length : 0;
  lastTap = { digit, at: now };
  type((again ? input.value.slice(0, -1) : input.value) + letters[at]);
}

// What is shown.

// Buttons are made anew; whoever stood on one stands on it again.
function show() {
  const stood = document.activeElement.dataset.key;
  const { view, open, lost } = here;
  const unread = inbox(here).length - here.read;
  $('owner').textContent = here.number.slice(-5);
  $('state').textContent = here.waiting ? 'menunggu…' : view === 'page' && open && !lost ? 'sambung' : '';
  $('display').replaceChildren(...display());
  const typing = view === 'home' || view === 'write' || (view === 'page' && open && !lost);
  $('entry').hidden = !typing;
  $('typed').disabled = !typing;
  $('typed').readOnly = Boolean(here.waiting);
  $('typed').value = here.typed;
  $('asked').textContent = { home: 'Nomor', write: 'Pesan ke 2000' }[view] || 'Jawab';
  $('left').textContent = { home: unread > 0 ? `Pesan (${unread})` : 'Pesan', inbox: setup.texting ? 'Tulis' : '', message: '', write: 'Kirim' }[view]
    ?? (typing ? 'Kirim' : 'OK');
  $('right').textContent = { home: 'Hapus', page: typing ? 'Batal' : '' }[view] ?? 'Kembali';
  for (const id of ['left', 'right']) $(id).disabled = $(id).textContent === '';
  $('repeat').disabled = !here.page;
  $('hang').disabled = !(view === 'page' && open);
  $('numbers').replaceChildren(...[...phones.values()].map(tab));
  if (stood) document.querySelector(`[data-key="${stood}"]`)?.focus();
}

function display() {
  if (here.view === 'page') return [make('p', { className: here.lost ? 'page lost' : 'page', textContent: here.page })];
  if (here.view === 'message') {
    const message = inbox(here)[here.message];
    return [make('p', { className: 'from', textContent: `${message.from} ${clockOf(message.at)}` }), make('p', { className: 'page', textContent: message.text })];
  }
  if (here.view === 'inbox') {
    if (!inbox(here).length) return [make('p', { textContent: 'Belum ada pesan.' })];
    const rows = inbox(here).map((message, at) => {
      const open = () => { here.message = at; go('message'); };
      const button = make('button', { type: 'button', onclick: open, textContent: `${message.from} ${clockOf(message.at)}\n${message.text}` });
      button.dataset.key = `message-${at}`;
      return make('li', {}, button);
    });
    return [make('ul', { className: 'inbox' }, ...rows.reverse())];
  }
  if (here.view === 'write') return [make('p', { textContent: 'Tulis SMS, misalnya: CEK KTP' })];
  return [
    make('p', { className: 'carrier', textContent: 'DESA DIGITAL' }),
    make('p', { className: 'hint', textContent: `Tekan ${setup.service_code} lalu tombol hijau. Gratis, tanpa pulsa.` }),
  ];
}

function tab(own) {
  const unread = inbox(own).length - own.read;
  const button = make('button', { type: 'button', textContent: own.number.slice(-5) });
  button.setAttribute('aria-pressed', String(own === here));
  button.dataset.key = own.number;
  if (unread > 0) button.append(' ', make('span', { className: 'badge', textContent: `${unread} SMS` }));
  button.onclick = () => {
    here.typed = $('typed').value;
    here = own;
    show();
    focusEntry();
  };
  return button;
}

function log(came, what, written) {
  acts += 1;
  $('none').hidden = true;
  const status = (came.reply.match(/^HTTP\/1\.\d (\d+)/) || [])[1] || 'tanpa jawaban';
  const facts = [`${status}`, `${(came.micros / 1000).toFixed(1)} ms`];
  if (came.septets !== null) facts.push(`${came.septets}/182 septet`);
  if (came.lost) facts.push('jawaban dibuang');
  if (came.same !== null) facts.push(came.same ? 'jawaban sama persis' : 'JAWABAN LAIN');
  if (came.flaw) facts.push(`CACAT: ${came.flaw}`);
  if (came.error) facts.push(`GAGAL: ${came.error}`);
  const bad = came.flaw || came.error || came.same === false;
  const summary = make('summary', { className: bad ? 'bad' : '' },
    make('b', { textContent: `${DID[came.do]} ${what}`.trim() }), ` · ${came.phone.slice(-5)} · ${facts.join(' · ')}`);
  const details = make('details', { open: true }, summary);
  if (came.dialogue) details.append(make('p', { className: 'facts', textContent: `Sesi ${came.dialogue}` }));
  details.append(
    make('h4', { textContent: 'Dari telko' }), make('pre', { textContent: came.request }),
    make('h4', { textContent: 'Dari gerbang' }), make('pre', { textContent: came.reply || '(tidak ada)' }),
  );
  if (written.length) {
    const rows = written.map(({ space, stamp: at, is }) => make('li', {}, make('b', { textContent: `${space} ` }), `#${at} `, make('code', { textContent: is ? JSON.stringify(is) : '' })));
    details.append(make('h4', { textContent: 'Catatan yang ditulis' }), make('ul', { className: 'records' }, ...rows));
  }
  const before = $('log').querySelector('details');
  if (before) before.open = false;
  $('log').prepend(make('li', { value: acts }, details));
  while ($('log').children.length > LOG_MAX) $('log').lastChild.remove();
}

function pressed(id) {
  return $(id).getAttribute('aria-pressed') === 'true';
}

function press(id, on) {
  $(id).setAttribute('aria-pressed', String(on));
}

function note(text) {
  $('notice').textContent = text;
}

function clockOf(at) {
  return at.slice(11, 16);
}

function setClock(now) {
  clockAhead = Date.parse(now) - Date.now();
  tick();
}

function tick() {
  const now = new Date(Date.now() + clockAhead + 7 * 3600 * 1000).toISOString();
  $('clock').textContent = `${now.slice(0, 10)} ${now.slice(11, 19)} WIB`;
  $('time').textContent = now.slice(11, 16);
}

// A finger would get a keyboard over half the phone; the phone has keys of its own.
function focusEntry() {
  if (!matchMedia('(pointer: fine)').matches) return;
  ($('typed').disabled ? $('left').disabled ? $('right') : $('left') : $('typed')).focus();
}

async function people() {
  $('people').hidden = !setup.play;
  if (!setup.play) return;
  const shown = new Set();
  for (const one of await ask('/sim/api/citizens')) {
    if (shown.has(one.status) || shown.size >= 12) continue;
    shown.add(one.status);
    const fill = (value) => () => { if (!$('typed').disabled) { type(value); focusEntry(); } };
    $('citizens').append(make('li', {},
      make('button', { type: 'button', onclick: fill(one.nik), textContent: `NIK ${one.nik}` }),
      make('button', { type: 'button', onclick: fill(one.kk4), textContent: `KK ${one.kk4}` }),
      make('span', { textContent: one.status })));
  }
}

async function forward() {
  try {
    setClock((await ask('/sim/api/clock', { secs: Number($('span').value) })).now);
    note('Jam dimajukan.');
  } catch (error) {
    note(error.message);
  }
}

async function slow() {
  const late = !pressed('slow');
  try {
    setClock((await ask('/sim/api/registry', { late })).now);
    press('slow', late);
    note(late ? 'Registri diam sampai tombol ditekan lagi.' : 'Registri menjawab lagi.');
  } catch (error) {
    note(error.message);
  }
}

async function save() {
  const reply = await fetch('/sim/api/transcript');
  const text = await reply.text();
  if (!reply.ok) return note(text);
  const link = make('a', { href: URL.createObjectURL(new Blob([text], { type: 'text/plain' })), download: 'percakapan.txt' });
  link.click();
  URL.revokeObjectURL(link.href);
  note('Transkrip tersimpan; putar dengan: kentongan test percakapan.txt');
}

function add(event) {
  event.preventDefault();
  here.typed = $('typed').value;
  here = phone(`+62812000${$('number').value}`);
  offerNumber();
  show();
  focusEntry();
  return look(here);
}

function offerNumber() {
  const plain = [...phones.keys()].filter((number) => number !== REPEATED && number !== LOST).map((number) => Number(number.slice(-5)));
  $('number').value = String((Math.max(0, ...plain) + 1) % 100000).padStart(5, '0');
}

async function start() {
  setup = await ask('/sim/api/setup');
  setClock(setup.now);
  $('telco').append(...setup.telcos.map((name) => make('option', { value: name, textContent: name })));
  $('play').hidden = !setup.play;
  press('slow', setup.late);
  for (const number of ['+6281200000001', '+6281200000002']) phone(number);
  for (const came of setup.phones) take(phone(came.phone), came);
  here = phones.values().next().value;
  for (const [digit, letters] of KEYS) {
    const button = make('button', { type: 'button', onclick: () => key(digit, letters) }, make('b', { textContent: digit }), make('span', { textContent: letters === ' ' ? 'spasi' : letters }));
    $('keys').append(button);
  }
  $('add').onsubmit = add;
  $('entry').onsubmit = (event) => { event.preventDefault(); send(); };
  $('typed').oninput = () => { here.typed = $('typed').value; };
  $('left').onclick = left;
  $('right').onclick = right;
  $('call').onclick = send;
  $('off').onclick = off;
  $('erase').onclick = () => type($('typed').value.slice(0, -1));
  for (const id of ['letters', 'lose']) {
    $(id).onclick = () => press(id, !pressed(id));
  }
  $('repeat').onclick = () => act('repeat');
  $('hang').onclick = () => act('hang_up');
  $('forward').onclick = forward;
  $('slow').onclick = slow;
  $('save').onclick = save;
  offerNumber();
  show();
  // Before anything is waited for: whoever types already must not lose the keys to another field.
  focusEntry();
  await Promise.all([records(), ...[...phones.values()].map(look)]);
  show();
  setInterval(tick, 1000);
  setInterval(lookAround, setup.play ? LOOK_EVERY_MS : LOOK_IN_EARNEST_MS);
  await people();
}

start().catch((error) => note(error.message));
