// The page at /live/:eventId. What does not change (names, seats) is read once; all that moves comes by the socket.
import { connect } from './socket.js';

const $ = (id) => document.getElementById(id);
const eventId = location.pathname.split('/').pop();
const TOPIC = `event:${eventId}`;
/** Sections are drawn at once up to so many seats, else when they are opened. */
const DRAWN_AT_ONCE = 3000;
const NEWS = 8;

/** The status, the version it is of, and the button of each seat. */
const seats = new Map();
/** The rows of the list of ticket types, by id. */
const types = new Map();
/** One's own holds that are still active. */
const holds = new Map();
const mine = new Set();
let account = JSON.parse(sessionStorage.getItem('account') ?? 'null');
/** Milliseconds that the server's clock is ahead of this one. */
let ahead = 0;

const live = connect({
  topics: topics(),
  token: () => account?.accessToken,
  heard,
  state: showConnection,
  refused: renew,
});
start().catch((error) => notice(error.message));
$('login').addEventListener('submit', (submit) => void signIn(submit));
$('leave').addEventListener('click', signOut);
setInterval(countDown, 250);

async function start() {
  showAccount();
  const [event, list] = await Promise.all([
    call('GET', `/v1/events/${eventId}`),
    call('GET', `/v1/events/${eventId}/seats`),
  ]);
  document.title = `${event.title}, live`;
  $('title').textContent = event.title;
  const time = new Date(event.startsAt).toLocaleString([], { dateStyle: 'full', timeStyle: 'short' });
  $('where').textContent = `${event.venue.name}, ${event.venue.city} · ${time}`;
  for (const type of event.ticketTypes) addType(type);
  draw(list.data);
  live.open();
}

// ── what is heard ──

function heard({ event, topic, data }) {
  switch (event) {
    case 'snapshot':
      return topic === TOPIC ? takeSnapshot(data) : undefined;
    case 'availability.changed':
      return showAvailability(data);
    case 'seats.changed':
      return takeSeats(data);
    case 'event.changed':
      $('title').textContent = data.status === 'canceled' ? `${data.title} (canceled)` : data.title;
      return tell(`The event is ${data.status}.`);
    case 'booking.confirmed':
      return tell(`Your booking ${data.reference} is confirmed.`);
    case 'booking.canceled':
      return tell(`Your booking ${data.reference} is canceled.`);
    case 'hold.expired':
      endHold(data.id);
      return tell('A hold of yours has run out; its places are free again.');
  }
}

async function takeSnapshot({ event, availability, seats: state }) {
  if (!event) return;
  showAvailability(availability);
  if (state) return takeState(state.version, new Map(state.taken.map(({ id, status }) => [id, status])));
  const list = await call('GET', `/v1/events/${eventId}/seats`);
  takeState(list.version, new Map(list.data.map(({ id, status }) => [id, status])));
}

/** All seats as of a version; those not named are free. What is newer already stays. */
function takeState(version, statuses) {
  for (const [id, seat] of seats)
    if (seat.version <= version) setSeat(id, statuses.get(id) ?? 'free', version);
}

function takeSeats({ version, seats: changed }) {
  for (const { id, status } of changed) setSeat(id, status, version);
  const [first] = changed;
  if (!first || !seats.has(first.id)) return;
  const more = changed.length > 1 ? ` and ${changed.length - 1} more` : '';
  tell(`${seats.get(first.id).name}${more}: ${first.status}.`);
}

function showAvailability({ asOf, ticketTypes }) {
  ahead = Date.parse(asOf) - Date.now();
  for (const { id, capacity, available, price } of ticketTypes) {
    const row = types.get(id);
    if (!row) continue;
    row.querySelector('.price').textContent = money(price);
    row.querySelector('.left').textContent = available ? `${available} of ${capacity} left` : 'sold out';
    Object.assign(row.querySelector('meter'), { max: capacity || 1, value: available });
  }
}

// ── the seats ──

function draw(list) {
  $('no-seats').hidden = list.length > 0;
  for (const [section, inSection] of Map.groupBy(list, (seat) => seat.section)) {
    const box = document.createElement('details');
    box.append(Object.assign(document.createElement('summary'), { textContent: `Section ${section}` }));
    for (const seat of inSection) {
      const name = `Section ${section}, row ${seat.row}, seat ${seat.number}`;
      seats.set(seat.id, {
        name,
        status: seat.status,
        version: 0,
        ticketTypeId: seat.ticketTypeId,
        button: null,
      });
    }
    box.addEventListener('toggle', () => drawSection(box, inSection), { once: true });
    box.open = list.length <= DRAWN_AT_ONCE;
    $('map').append(box);
  }
}

function drawSection(box, list) {
  const rows = document.createElement('div');
  rows.className = 'rows';
  for (const [name, inRow] of Map.groupBy(list, (seat) => seat.row)) {
    const row = document.createElement('div');
    row.className = 'row';
    row.append(Object.assign(document.createElement('span'), { textContent: name }));
    for (const { id } of inRow) {
      const button = document.createElement('button');
      button.className = 'seat';
      button.dataset.id = id;
      // One stop for the keyboard a section; arrows go from seat to seat.
      button.tabIndex = rows.childElementCount || row.childElementCount > 1 ? -1 : 0;
      seats.get(id).button = button;
      show(id);
      row.append(button);
    }
    rows.append(row);
  }
  rows.addEventListener('click', ({ target }) => target.dataset.id && void holdSeat(target.dataset.id));
  rows.addEventListener('keydown', walk);
  box.append(rows);
}

function walk(press) {
  const row = press.target.closest('.row');
  const at = [...row.children].indexOf(press.target);
  const next = {
    ArrowLeft: () => row.children[at - 1],
    ArrowRight: () => row.children[at + 1],
    ArrowUp: () => row.previousElementSibling?.children[at],
    ArrowDown: () => row.nextElementSibling?.children[at],
  }[press.key]?.();
  if (!next?.dataset.id) return;
  press.preventDefault();
  press.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function setSeat(id, status, version) {
  const seat = seats.get(id);
  if (!seat || version < seat.version) return;
  Object.assign(seat, { status, version });
  if (status === 'free') mine.delete(id);
  show(id);
}

function show(id) {
  const { button, name, status } = seats.get(id);
  if (!button) return;
  button.dataset.status = status;
  if (mine.has(id)) button.dataset.mine = 'true';
  else delete button.dataset.mine;
  button.title = `${name}: ${mine.has(id) ? `yours, ${status}` : status}`;
  button.setAttribute('aria-label', button.title);
  button.setAttribute('aria-disabled', String(status !== 'free'));
}

// ── tickets, holds ──

function addType(type) {
  const row = $('type-row').content.cloneNode(true).firstElementChild;
  row.querySelector('.name').textContent = type.name;
  row.querySelector('.price').textContent = money(type.price);
  row.querySelector('meter').setAttribute('aria-label', `${type.name}: places left`);
  const form = row.querySelector('form');
  form.hidden = type.kind !== 'general';
  form.querySelector('input').max = type.maxPerBooking;
  form.addEventListener('submit', (submit) => {
    submit.preventDefault();
    const quantity = form.querySelector('input').valueAsNumber;
    void hold({ ticketTypeId: type.id, quantity }, `${quantity} × ${type.name}`);
  });
  types.set(type.id, row);
  $('types').append(row);
}

async function holdSeat(id) {
  const { status, ticketTypeId, name } = seats.get(id);
  if (status === 'free') await hold({ ticketTypeId, seatIds: [id] }, name);
}

async function hold(item, what) {
  if (!account) return notice('Sign in first: then a click holds a seat for you.');
  await tried(async () => {
    const made = await call('POST', `/v1/events/${eventId}/holds`, { items: [item] });
    const row = $('hold-row').content.cloneNode(true).firstElementChild;
    row.querySelector('.what').textContent = `${what} · ${money(made.total)}`;
    row.querySelector('.book').addEventListener('click', () => void book(made.id));
    row.querySelector('.release').addEventListener('click', () => void release(made.id));
    const seatIds = made.items.flatMap(({ seats: taken = [] }) => taken.map(({ id }) => id));
    holds.set(made.id, { row, seatIds, expiresAt: Date.parse(made.expiresAt) });
    own(seatIds, true);
    $('holds').append(row);
    countDown();
  });
}

function book(holdId) {
  return tried(async () => {
    await call('POST', '/v1/bookings', { holdId });
    endHold(holdId, true);
  });
}

function release(holdId) {
  return tried(async () => {
    await call('DELETE', `/v1/holds/${holdId}`);
    endHold(holdId);
  });
}

function endHold(id, booked = false) {
  const ended = holds.get(id);
  if (!ended) return;
  holds.delete(id);
  ended.row.remove();
  if (!booked) own(ended.seatIds, false);
}

function own(ids, yes) {
  for (const id of ids) {
    if (yes) mine.add(id);
    else mine.delete(id);
    show(id);
  }
}

function countDown() {
  for (const { row, expiresAt } of holds.values()) {
    const left = Math.max(0, Math.ceil((expiresAt - Date.now() - ahead) / 1000));
    const text = left ? `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}` : 'over';
    const time = row.querySelector('.time');
    if (time.textContent !== text) time.textContent = text;
    row.querySelector('.book').disabled = left === 0;
  }
}

// ── who one is ──

function topics() {
  return account ? [TOPIC, 'me'] : [TOPIC];
}

async function signIn(submit) {
  submit.preventDefault();
  const form = new FormData(submit.target);
  const credentials = { email: form.get('email'), password: form.get('password') };
  const action = submit.submitter?.value ?? 'login';
  const body =
    action === 'register' ? { ...credentials, name: credentials.email.split('@')[0] } : credentials;
  await tried(async () => {
    remember(await call('POST', `/v1/auth/${action}`, body));
    live.follow(topics());
  });
}

function signOut() {
  remember(null);
  for (const id of [...holds.keys()]) endHold(id, true);
  own([...mine], false);
  live.follow(topics());
}

/** The token has run out: a new one, or nobody. Whether it is worth connecting again at once. */
async function renew() {
  const { refreshToken } = account ?? {};
  if (!refreshToken) return;
  const answer = await fetch('/v1/auth/refresh', post({ refreshToken }));
  remember(answer.ok ? { ...account, ...(await answer.json()) } : null);
  live.follow(topics());
}

function remember(next) {
  account = next;
  if (next) sessionStorage.setItem('account', JSON.stringify(next));
  else sessionStorage.removeItem('account');
  showAccount();
}

function showAccount() {
  $('login').hidden = account !== null;
  $('who').hidden = account === null;
  $('who').firstElementChild.textContent = account?.user.email ?? '';
}

// ── talking ──

async function call(method, path, body) {
  const { headers, ...rest } = body ? post(body) : { headers: {} };
  if (account) headers.authorization = `Bearer ${account.accessToken}`;
  const answer = await fetch(path, { ...rest, method, headers });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text ? JSON.parse(text).detail : answer.statusText);
  return text ? JSON.parse(text) : null;
}

function post(body) {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function tried(work) {
  notice('');
  try {
    await work();
  } catch (error) {
    notice(error.message);
  }
}

function notice(text) {
  $('notice').textContent = text;
}

function tell(text) {
  const line = Object.assign(document.createElement('li'), { textContent: text });
  $('news').prepend(line);
  while ($('news').childElementCount > NEWS) $('news').lastElementChild.remove();
}

function showConnection(state) {
  $('connection').dataset.state = state;
  $('connection').textContent = state;
}

function money({ amount, currency }) {
  const format = new Intl.NumberFormat([], { style: 'currency', currency });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}
