// The phone in the browser. What a phone shows is kept here; what happens is asked of the gateway's simulator, one act at a time.
'use strict';

const $ = (id) => document.getElementById(id);
const LOG_MAX = 200;
const LOOK_EVERY_MS = 2000;
const SAME_KEY_MS = 900;
const KEYS = [
  ['1', '.,?!'], ['2', 'abc'], ['3', 'def'], ['4', 'ghi'], ['5', 'jkl'], ['6', 'mno'],
  ['7', 'pqrs'], ['8', 'tuv'], ['9', 'wxyz'], ['*', ''], ['0', ' '], ['#', ''],
];
const DID = {
  dial: 'Dial', press: 'Tekan', repeat: 'Ulangan', hang_up: 'Putus', text: 'SMS', text_again: 'SMS ulang',
};

let setup = { service_code: '*123#', telcos: [], texting: false, movable: false };
const phones = new Map();
let here = null;
let clockAhead = 0;
let acts = 0;
let busy = false;
let lastTap = { key: '', at: 0 };

function phone(number) {
  if (!phones.has(number)) {
    phones.set(number, { number, view: 'home', page: '', open: false, typed: '', messages: [], read: 0, message: 0 });
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
  if (busy) return;
  const own = here;
  busy = true;
  own.waiting = true;
  show();
  const lose = $('lose').getAttribute('aria-pressed') === 'true' && doing !== 'hang_up';
  try {
    const came = await ask('/sim/api/act', { phone: own.number, do: doing, what, telco: $('telco').value || undefined, lose });
    if (lose) $('lose').setAttribute('aria-pressed', 'false');
    log(came, what);
    setClock(came.now);
    take(own, came);
    note('');
  } catch (error) {
    note(error.message);
  }
  own.waiting = false;
  busy = false;
  show();
  focusEntry();
  await look(own);
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

async function look(own) {
  try {
    const messages = await ask(`/sim/api/messages?msisdn=${encodeURIComponent(own.number)}`);
    if (messages.length !== own.messages.length) {
      if (messages.length > own.messages.length) announce(own, messages.length - own.messages.length);
      own.messages = messages;
      own.read = Math.min(own.read, messages.length);
      show();
    }
  } catch {
    // The gateway may be restarting; the next look tells.
  }
}

function announce(own, fresh) {
  note(`${fresh} SMS baru untuk ${own.number}`);
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
  if (view === 'inbox') here.read = here.messages.length;
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
function press(key, letters) {
  const input = $('typed');
  if (input.disabled) return;
  const now = performance.now();
  const spelling = $('letters').getAttribute('aria-pressed') === 'true' && letters;
  if (!spelling) return type(input.value + key);
  const again = lastTap.key === key && now - lastTap.at < SAME_KEY_MS;
  const at = again ? (letters.indexOf(input.value.slice(-1)) + 1) % letters.length : 0;
  lastTap = { key, at: now };
  type((again ? input.value.slice(0, -1) : input.value) + letters[at]);
}

// What is shown.

function show() {
  const { view, open, lost } = here;
  const unread = here.messages.length - here.read;
  $('owner').textContent = here.number.slice(-5);
  $('state').textContent = here.waiting ? 'menunggu…' : view === 'page' && open && !lost ? 'sambung' : '';
  $('display').replaceChildren(...display());
  const typing = view === 'home' || view === 'write' || (view === 'page' && open && !lost);
  $('entry').hidden = !typing;
  $('typed').disabled = !typing;
  $('typed').value = here.typed;
  $('asked').textContent = { home: 'Nomor', write: 'Pesan ke 2000' }[view] || 'Jawab';
  $('left').textContent = { home: unread > 0 ? `Pesan (${unread})` : 'Pesan', inbox: setup.texting ? 'Tulis' : '', message: '', write: 'Kirim' }[view]
    ?? (typing ? 'Kirim' : 'OK');
  $('right').textContent = { home: 'Hapus', page: typing ? 'Batal' : '' }[view] ?? 'Kembali';
  for (const id of ['left', 'right']) $(id).disabled = $(id).textContent === '';
  $('repeat').disabled = !here.page;
  $('hang').disabled = !(view === 'page' && open);
  $('numbers').replaceChildren(...[...phones.values()].map(tab));
}

function display() {
  if (here.view === 'page') return [make('p', { className: here.lost ? 'page lost' : 'page', textContent: here.page })];
  if (here.view === 'message') {
    const message = here.messages[here.message];
    return [make('p', { className: 'from', textContent: `${message.from} ${clockOf(message.at)}` }), make('p', { className: 'page', textContent: message.text })];
  }
  if (here.view === 'inbox') {
    if (!here.messages.length) return [make('p', { textContent: 'Belum ada pesan.' })];
    const rows = here.messages.map((message, at) => {
      const open = () => { here.message = at; go('message'); };
      return make('li', {}, make('button', { type: 'button', onclick: open, textContent: `${message.from} ${clockOf(message.at)}\n${message.text}` }));
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
  const unread = own.messages.length - own.read;
  const button = make('button', { type: 'button', textContent: own.number });
  button.setAttribute('aria-pressed', String(own === here));
  if (unread > 0) button.append(make('span', { className: 'badge', textContent: `${unread} SMS` }));
  button.onclick = () => {
    here.typed = $('typed').value;
    here = own;
    show();
    focusEntry();
  };
  return button;
}

function log(came, what) {
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
  const before = $('log').querySelector('details');
  if (before) before.open = false;
  $('log').prepend(make('li', { value: acts }, details));
  while ($('log').children.length > LOG_MAX) $('log').lastChild.remove();
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
  $('people').hidden = shown.size === 0;
}

async function forward() {
  try {
    setClock((await ask('/sim/api/clock', { secs: Number($('span').value) })).now);
    note('Jam dimajukan.');
  } catch (error) {
    note(error.message);
  }
}

async function start() {
  setup = await ask('/sim/api/setup');
  setClock(setup.now);
  $('telco').append(...setup.telcos.map((name) => make('option', { value: name, textContent: name })));
  $('forwarding').hidden = !setup.movable;
  for (const came of setup.phones) take(phone(came.phone), came);
  if (!phones.size) {
    phone('+6281200000001');
    phone('+6281200000002');
  }
  here = phones.values().next().value;
  for (const [key, letters] of KEYS) {
    const button = make('button', { type: 'button', onclick: () => press(key, letters) }, make('b', { textContent: key }), make('span', { textContent: letters.trim() || (letters && '␣') }));
    button.setAttribute('aria-label', key);
    $('keys').append(button);
  }
  $('add').onclick = () => {
    const next = Math.max(...[...phones.keys()].map((number) => Number(number.slice(-5)))) + 1;
    here = phone(`+62812000${String(next).padStart(5, '0')}`);
    show();
    focusEntry();
  };
  $('entry').onsubmit = (event) => { event.preventDefault(); send(); };
  $('typed').oninput = () => { here.typed = $('typed').value; };
  $('left').onclick = left;
  $('right').onclick = right;
  $('call').onclick = send;
  $('off').onclick = off;
  $('erase').onclick = () => type($('typed').value.slice(0, -1));
  for (const id of ['letters', 'lose']) {
    $(id).onclick = () => $(id).setAttribute('aria-pressed', String($(id).getAttribute('aria-pressed') !== 'true'));
  }
  $('repeat').onclick = () => act('repeat');
  $('hang').onclick = () => act('hang_up');
  $('forward').onclick = forward;
  show();
  focusEntry();
  setInterval(tick, 1000);
  setInterval(() => { for (const own of phones.values()) look(own); }, LOOK_EVERY_MS);
  await people();
}

start().catch((error) => note(error.message));
