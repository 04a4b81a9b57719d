// Sends a question and shows the events of its answer as they come. The events are in crates/aggregator-wire/src/format.md.
//
// All texts of events may be a stranger's: they become text nodes and labels, never markup, and the address of a source
// becomes a link only if it is one of the web.

const MAX_TURNS = 16; // As many as the server reads.
const MAX_TURN_CHARS = 2_000; // The server keeps as many bytes of a question and of an answer.
const MAX_LINE_CHARS = 1 << 24; // A line is one event, and the longest has some 100 sources: a longer line is a fault.
const KEY = 'aggregator-key';
const BROKEN = 'The connection broke before the answer was complete. Ask again.';

const byId = (id) => document.getElementById(id);

/** An element with a class and children: strings among these become text nodes. */
function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

/** A text of a stranger inside a line: its direction of writing does not reach the texts beside it. */
const foreign = (text) => make('bdi', '', String(text));

function duration(microseconds) {
  const ms = Math.max(0, Number(microseconds) || 0) / 1000;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

const count = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
const words = (name) => String(name).replaceAll('_', ' ');

/** Reads server-sent events from pieces of text that may be cut anywhere. */
class EventReader {
  #rest = '';
  #data = [];

  /** The data of each event that this piece completes. */
  read(piece) {
    const text = this.#rest + piece;
    const complete = [];
    // A carriage return at the end may be the first half of a line break: what comes next decides.
    const breaks = /\r\n|\n|\r(?=[^])/g;
    let start = 0;
    for (let end = breaks.exec(text); end; end = breaks.exec(text)) {
      const data = this.#line(text.slice(start, end.index));
      if (data !== undefined) complete.push(data);
      start = breaks.lastIndex;
    }
    this.#rest = text.slice(start);
    if (this.#rest.length > MAX_LINE_CHARS) throw new Error('a line is too long');
    return complete;
  }

  #line(line) {
    if (line === '') {
      const data = this.#data;
      this.#data = [];
      return data.length > 0 ? data.join('\n') : undefined;
    }
    // The name of a comment is empty. The names `id` and `event` are passed over: the data says both.
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    if (name === 'data') this.#data.push(colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, ''));
    return undefined;
  }
}

/** The events of a response. Leaving the loop over them closes the stream, and the server drops the query. */
async function* eventsOf(body) {
  const [reader, decoder, source] = [new EventReader(), new TextDecoder(), body.getReader()];
  try {
    for (;;) {
      const { done, value } = await source.read();
      if (done) return;
      for (const data of reader.read(decoder.decode(value, { stream: true }))) yield JSON.parse(data);
    }
  } finally {
    source.cancel().catch(() => {});
  }
}

/** An answer: lines of text nodes, each with its place in characters (Unicode scalar values), as citations count. */
class Answer {
  text = '';
  element = make('div', 'answer');
  #length = 0;
  #line = null;
  #isApart = false;
  #pieces = [];
  #marks = new Map();
  #early = [];

  add(text) {
    this.text += text;
    text.split('\n').forEach((line, index) => {
      if (index > 0) this.#breakLine();
      if (line !== '') this.#append(line);
    });
    // A citation may come before the text that it is in.
    const early = this.#early;
    this.#early = [];
    for (const citation of early) this.cite(...citation);
  }

  #breakLine() {
    this.#isApart = this.#line === null;
    this.#line = null;
    this.#length += 1;
  }

  #append(text) {
    if (this.#line === null) {
      this.#line = make('p', this.#isApart ? 'apart' : '');
      this.#line.dir = 'auto';
      this.element.append(this.#line);
    }
    const piece = { start: this.#length, length: Array.from(text).length, node: new Text(text) };
    this.#pieces.push(piece);
    this.#length += piece.length;
    this.#line.append(piece.node);
  }

  /** Puts a button in the place of a marker. A marker with several numbers has several buttons. */
  cite(start, end, button) {
    if (!(start >= 0 && start < end)) return;
    if (end > this.#length) {
      this.#early.push([start, end, button]);
      return;
    }
    const place = `${start}-${end}`;
    if (!this.#marks.has(place)) {
      const mark = make('span');
      // All of the marker's text goes. Usually it is in one piece, but nothing depends on that.
      this.#pieces
        .filter((piece) => piece.start < end && piece.start + piece.length > start)
        .forEach((piece, index) => this.#cut(piece, start, end, index === 0 ? mark : null));
      this.#marks.set(place, mark);
    }
    this.#marks.get(place).append(button);
  }

  /** Takes the characters of a place out of a piece, and puts the mark there. */
  #cut(piece, start, end, mark) {
    const chars = Array.from(piece.node.data);
    const [from, to] = [Math.max(0, start - piece.start), Math.min(piece.length, end - piece.start)];
    const after = { start: piece.start + to, length: piece.length - to, node: new Text(chars.slice(to).join('')) };
    piece.node.data = chars.slice(0, from).join('');
    piece.length = from;
    piece.node.after(...(mark ? [mark, after.node] : [after.node]));
    this.#pieces.splice(this.#pieces.indexOf(piece) + 1, 0, after);
  }

  /** The sentence, or the part of one, that ends where a marker begins. */
  claimBefore(start) {
    const before = Array.from(this.text).slice(0, start).join('');
    return before.split(/(?<=[.!?])\s+|\n|\[[\d, ]*\]/).filter((part) => part.trim() !== '').at(-1) ?? '';
  }
}

/** A source: its number, a link if its address is one of the web, where it is from, and its passage. */
class Source {
  element = make('li');
  #passage = make('p');
  #summary = make('summary');
  #details = make('details', '', this.#summary, this.#passage);
  #number = make('span', 'number');
  #text = '';
  #title = null;

  update(source, score, number) {
    this.score = Number(score) || 0;
    this.name = String(source.title || source.url);
    this.#text = String(source.snippet ?? '');
    this.#number.textContent = number ? `[${number}]` : '';
    const { title, where } = linked(source, this.name);
    const from = ['rom ', foreign(where), ', found by ', foreign(source.provider)];
    // The same title stays the same element, so that it can keep the focus.
    if (!this.#title?.isEqualNode(title)) this.#title = title;
    this.#passage.dir = 'auto';
    this.#passage.replaceChildren(this.#text);
    const head = make('div', 'head', ...(number ? [this.#number] : []), this.#title);
    const hasPassage = this.#text !== '';
    if (hasPassage) this.#summary.replaceChildren('Passage f', ...from);
    this.element.replaceChildren(head, hasPassage ? this.#details : make('p', 'where', 'F', ...from));
  }

  /** Shows the passage, with the claim marked if it stands there word by word, and goes there. */
  visit(claim) {
    const found = quoted(claim)?.exec(this.#text);
    if (found) {
      const [start, end] = [found.index, found.index + found[0].length];
      this.#passage.replaceChildren(this.#text.slice(0, start), make('mark', '', found[0]), this.#text.slice(end));
    } else {
      this.#passage.replaceChildren(this.#text);
    }
    this.#details.open = true;
    this.#title.focus({ preventScroll: true });
    // The head comes first: a passage may be longer than the screen.
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.element.scrollIntoView({ behavior: isCalm ? 'instant' : 'smooth', block: 'nearest' });
  }
}

/** The title of a source as a link or as text, and the place that it is from. */
function linked(source, name) {
  const url = URL.canParse(source.url) ? new URL(source.url) : null;
  const isOfWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  const title = make(isOfWeb ? 'a' : 'span', 'title', foreign(name));
  if (!isOfWeb) {
    title.tabIndex = -1; // A citation can go there.
    return { title, where: String(source.url) };
  }
  title.href = url.href;
  title.target = '_blank';
  title.rel = 'noopener noreferrer nofollow';
  return { title, where: url.host };
}

/** Finds a claim in a passage, whatever its spaces are; nothing for one of fewer than three words, which is anywhere. */
function quoted(claim) {
  const parts = claim.trim().replace(/[.!?:,;]+$/, '').split(/\s+/);
  if (parts.length < 3) return null;
  return new RegExp(parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('\\s+'), 'u');
}

/** How a provider ended, in words, and the class that it is shown in. */
function howItEnded({ outcome, hits, latency_us: time }) {
  const cause = ({ type, kind, message }) =>
    type === 'error' ? words(kind) + (message ? `: ${message}` : '') : words(type);
  const found = `${count(hits, 'result')} in ${duration(time)}`;
  switch (outcome?.type) {
    case 'ok': return ['ok', found];
    case 'partial': return ['ok', `${found}, then cut: ${cause(outcome.cut ?? {})}`];
    case 'timeout': return ['failed', `timeout, nothing in ${duration(time)}`];
    case 'error': return ['failed', `error after ${duration(time)}, ${cause(outcome)}`];
    case 'cancelled': return ['idle', `stopped after ${duration(time)}`];
    case 'enough': return ['idle', 'not needed, others found enough'];
    case 'skipped': return ['idle', 'not asked'];
    default: return ['idle', 'ended'];
  }
}

function policyNote({ type, wait_us: wait, retry, error }) {
  switch (type) {
    case 'waiting': return `waits ${duration(wait)} for its limit`;
    case 'retrying': return `retry ${retry} in ${duration(wait)}, after: ${words(error)}`;
    case 'breaker_opened': return `failed too often, not asked for ${duration(wait)}`;
    case 'probing': return 'is tried again';
    case 'breaker_closed': return 'answers again';
    case 'limit_learnt': return 'said how often it may be asked';
    case 'limit_is_local': return 'the shared limit cannot be read';
    default: return null;
  }
}

/** A question, and what came of it. */
class Turn {
  answer = new Answer();
  /** The sentence about the end, from the moment at which there is one. */
  end = null;
  #providers = make('ul', 'providers');
  #chips = new Map();
  #notes = make('div');
  #origin = make('p', 'aside');
  #soFar = make('p', 'aside');
  #heading = make('h3', '', 'Results so far');
  #list = make('ol', 'sources');
  #byId = new Map();
  #byNumber = new Map();
  #isFrozen = false;
  /** The citation that was followed last, and its source, which stays highlighted. */
  #cited = null;
  #visited = null;

  constructor(question) {
    this.question = question;
    const title = make('h2', '', question);
    title.dir = 'auto';
    this.#providers.setAttribute('aria-label', 'Providers');
    this.#heading.hidden = true;
    this.element = make(
      'article', 'turn', title, this.#providers, this.#origin, this.#soFar, this.answer.element, this.#notes, this.#heading, this.#list,
    );
    // Escape goes back from a source to the citation that led there.
    this.#list.addEventListener('keydown', (event) => event.key === 'Escape' && this.#cited?.focus());
  }

  /** Shows an event; what is not known is passed over, as the format asks. */
  show(event) {
    if (Object.hasOwn(EVENTS, event?.type)) EVENTS[event.type](this, event);
  }

  note(className, ...children) {
    this.#notes.append(make('div', `note ${className}`, ...children));
  }

  chip(name, key, className, how) {
    const chip = this.#chips.get(key) ?? make('li');
    chip.className = className;
    chip.replaceChildren(foreign(name), ' ', make('span', 'how', foreign(how)));
    if (!this.#chips.has(key)) this.#providers.append(chip);
    this.#chips.set(key, chip);
  }

  provider(report) {
    const [className, how] = howItEnded(report);
    this.chip(report.provider, `provider ${report.provider}`, className, how);
  }

  /** Says whose run this is, if it is another one's. */
  origin(text) {
    this.#origin.textContent = text;
  }

  soFar(text) {
    this.#soFar.textContent = text === '' ? '' : `So far: ${text}`;
  }

  /** Puts a result into the list, by its score. */
  result({ id, score, source }) {
    if (this.#isFrozen) return;
    this.#moving(() => {
      const entry = this.#byId.get(id) ?? new Source();
      entry.update(source, score);
      this.#byId.set(id, entry);
      const lower = [...this.#byId.values()].filter((other) => other.score < entry.score);
      const next = lower.sort((one, other) => other.score - one.score)[0];
      this.#list.insertBefore(entry.element, next?.element ?? null);
    });
    this.#heading.hidden = false;
  }

  /** Shows the sources that the answer may cite, in the place of the results so far. */
  freeze(list) {
    if (this.#isFrozen) return;
    this.#isFrozen = true;
    this.#moving(() => {
      for (const { number, id, score, source } of list) {
        const entry = this.#byId.get(id) ?? new Source();
        entry.update(source, score, number);
        this.#byNumber.set(number, entry);
      }
      this.#list.replaceChildren(...[...this.#byNumber.values()].map((entry) => entry.element));
    });
    this.#heading.textContent = 'Sources';
    this.#heading.hidden = list.length === 0;
  }

  /** An element that is moved loses the focus: it gets it back. */
  #moving(change) {
    const focused = document.activeElement;
    change();
    if (focused !== document.activeElement && this.#list.contains(focused)) focused.focus({ preventScroll: true });
  }

  cite({ number, chars }) {
    const source = this.#byNumber.get(number);
    if (!source) return;
    const button = make('button', 'cite', String(number));
    button.type = 'button';
    button.setAttribute('aria-label', `${number}, source: ${source.name}`);
    for (const name of ['mouseenter', 'focus']) button.addEventListener(name, () => this.#light(source));
    for (const name of ['mouseleave', 'blur']) button.addEventListener(name, () => this.#darken(source));
    button.addEventListener('click', () => {
      [this.#cited, this.#visited] = [button, source];
      source.visit(this.answer.claimBefore(chars.start));
      this.#light(source);
    });
    this.answer.cite(chars.start, chars.end, button);
  }

  /** Ends the highlight of a source, unless another one has it by now. */
  #darken(source) {
    if (source.element.classList.contains('lit')) this.#light(this.#visited);
  }

  /** Highlights a source, and no other. */
  #light(source) {
    for (const one of this.#byNumber.values()) one.element.classList.toggle('lit', one === source);
  }

  /** Says how it ended; what was found until then stays. */
  finish(sentence) {
    this.end = sentence;
    this.soFar('');
    // Of these no report came.
    for (const how of this.#providers.querySelectorAll('.running .how')) how.textContent = 'stopped';
    for (const chip of this.#chips.values()) chip.classList.remove('running');
  }

  /** As `finish`, with the sentence and the reasons below the answer. */
  finishBadly(sentence, reasons = []) {
    const items = reasons.map((reason) => make('li', '', foreign(reason)));
    this.note('bad', sentence, ...(items.length > 0 ? [make('ul', '', ...items)] : []));
    this.finish(sentence);
  }
}

/** The value of an object's own field: what comes from a stream must not name `constructor`. */
const own = (object, name, otherwise) => (Object.hasOwn(object, name) ? object[name] : otherwise);

const STAGES = { searching: 'Searching', reading: 'Reading pages', answering: 'Writing the answer' };

/** Sentences about an answer that is not as it should be. */
const FINISHES = {
  unanswered: 'The sources do not answer the question.',
  length: 'The answer reached the limit of the model and is cut.',
  filter: 'The service of the model withheld the rest of the answer.',
};

const reasons = (reports) =>
  reports.filter(({ outcome }) => outcome?.type !== 'ok').map((report) => `${report.provider}: ${howItEnded(report)[1]}`);

/** What each event changes. */
const EVENTS = {
  status: (_, { stage }) => say(own(STAGES, stage, words(stage))),
  queued: (_, { ahead }) => say(`Waiting for a place: ${count(ahead, 'query', 'queries')} before this one`),
  reused(turn, { origin, age_us: age }) {
    const ago = `${duration(age)} ago`;
    turn.origin(origin === 'cache' ? `Answered ${ago}: this is the same answer.` : `The same question was already under way: its run began ${ago}.`);
  },
  provider_started: (turn, { provider }) => turn.chip(provider, `provider ${provider}`, 'running', 'running'),
  provider_finished: (turn, report) => turn.provider(report),
  policy(turn, { service, action }) {
    const note = policyNote(action ?? {});
    if (note) turn.chip(service, `policy ${service}`, 'policy', note);
  },
  result: (turn, event) => turn.result(event),
  result_revised: (turn, event) => turn.result(event),
  partial_synthesis: (turn, { text }) => turn.soFar(text),
  sources: (turn, { list }) => turn.freeze(list),
  contradictions(turn, { list }) {
    for (const { sources, given, matter } of list) {
      const what = matter?.what ? [' about the number of ', foreign(matter.what)] : [];
      turn.note('', `Sources ${sources.join(' and ')} differ`, ...what, ': ', foreign(given[0]), ' or ', foreign(given[1]), '.');
    }
  },
  answer_delta(turn, { text }) {
    turn.soFar('');
    turn.answer.add(String(text));
  },
  citation: (turn, event) => turn.cite(event),
  done(turn, { summary }) {
    turn.freeze(summary.sources);
    if (summary.sources.length === 0 && turn.answer.text === '') {
      turn.finishBadly('Nothing was found. Ask with other words.', reasons(summary.providers));
    } else if (!summary.answer) {
      turn.finishBadly('There is no answer: no model was asked. These are the sources.');
    } else if (turn.answer.text === '') {
      turn.finishBadly('The model wrote no answer. These are the sources.');
    } else {
      const cut = summary.answer.truncated ? FINISHES.length : null;
      const finish = own(FINISHES, summary.answer.finish, cut);
      if (finish) turn.note('', finish);
      if (!summary.answer.has_citations) turn.note('bad', 'No source supports this answer: it cites none.');
      turn.finish(`Answered from ${count(summary.sources.length, 'source')}`);
    }
  },
  failed(turn, { error, message, partial }) {
    if (partial?.sources.length) turn.freeze(partial.sources);
    if (error?.type === 'all_providers_failed') {
      turn.finishBadly('There is no answer: all providers failed.', reasons(error.reports));
    } else {
      turn.finishBadly(`The query failed: ${message}.${turn.answer.text && ' The answer above is not complete.'}`);
    }
  },
  cancelled(turn, { reason, partial }) {
    if (partial?.sources.length) turn.freeze(partial.sources);
    const why = reason === 'shutdown' ? 'The server shuts down, and ended this query. Ask again later.' : 'This query was cancelled.';
    turn.finishBadly(`${why} What is above is not complete.`);
  },
};

const page = { turns: [], running: null, isRefused: false };

/** Says what happens, also to those who do not see it. */
function say(text) {
  // The same text again would be read again.
  if (byId('stage').textContent !== text) byId('stage').textContent = text;
}

/** The key that the user typed, for as long as this tab is open. */
const key = {
  value: '',
  read() {
    try { this.value = sessionStorage.getItem(KEY) ?? ''; } catch { /* The browser keeps nothing: the key is asked for again. */ }
  },
  keep(value) {
    this.value = value;
    try { sessionStorage.setItem(KEY, value); } catch { /* As above. */ }
  },
};

function request(path, options = {}) {
  const authorization = key.value ? { authorization: `Bearer ${key.value}` } : {};
  return fetch(path, { ...options, cache: 'no-store', headers: { ...options.headers, ...authorization } });
}

/** The error of a response, as a sentence. */
async function refusal(response) {
  const body = await response.json().catch(() => null);
  const again = response.headers.get('retry-after');
  const when = again && response.status !== 401 ? ` Ask again in ${again} s.` : '';
  return `The server refused: ${body?.error?.message ?? `status ${response.status}`}.${when}`;
}

function askForKey(why) {
  byId('key-why').textContent = key.value ? why : 'This server answers only with a key. It is kept until this tab is closed.';
  byId('key-form').hidden = false;
  say('A key is needed');
  byId('key').focus();
}

async function loadModels() {
  const response = await request('v1/models').catch(() => null);
  if (response?.status === 401) return askForKey(await refusal(response));
  const models = response?.ok ? ((await response.json().catch(() => null))?.data ?? []) : [];
  const names = models.map(({ id }) => String(id));
  byId('model').replaceChildren(...names.map((name) => new Option(name, name)));
  byId('models').hidden = names.length < 2;
}

/** Reads the answer to a question into its turn. */
async function read(turn, body, signal) {
  const headers = { 'content-type': 'application/json' };
  const response = await request('v1/query', { method: 'POST', headers, body: JSON.stringify(body), signal });
  if (response.status === 401) {
    page.isRefused = true;
    const why = await refusal(response);
    turn.finish(why);
    return askForKey(why);
  }
  if (!response.ok) return turn.finishBadly(await refusal(response));
  for await (const event of eventsOf(response.body)) {
    turn.show(event);
    if (turn.end !== null) return undefined;
  }
  return turn.finishBadly(BROKEN);
}

const clip = (text) => Array.from(text).slice(0, MAX_TURN_CHARS).join('');

function begin(question) {
  const body = { query: question, turns: page.turns.map((turn) => ({ question: clip(turn.question), answer: clip(turn.answer.text) })) };
  if (byId('model').value) body.model = byId('model').value;
  const turn = new Turn(question);
  page.turns.push(turn);
  for (const old of page.turns.splice(0, page.turns.length - MAX_TURNS)) old.element.remove();
  byId('hint').hidden = true;
  byId('turns').append(turn.element);
  turn.element.scrollIntoView({ block: 'start' });
  return { turn, body };
}

async function ask(question) {
  const { turn, body } = begin(question);
  page.running = new AbortController();
  page.isRefused = false;
  showRunning(true);
  say('Sent');
  const began = performance.now();
  const tick = () => { byId('clock').textContent = duration((performance.now() - began) * 1000); };
  const clock = setInterval(tick, 100);
  try {
    await read(turn, body, page.running.signal);
  } catch (error) {
    const hasBegun = turn.element.querySelector('li') !== null;
    if (page.running.signal.aborted) {
      turn.finishBadly('You stopped this query. What is above is not complete.');
    } else {
      // What exactly went wrong is for those who look for it.
      console.warn(error);
      turn.finishBadly(hasBegun ? BROKEN : `The server cannot be reached, or sent no answer: ${error.message}.`);
    }
  }
  clearInterval(clock);
  tick();
  page.running = null;
  showRunning(false);
  if (page.isRefused) takeBack(turn);
  else say(turn.end);
}

/** A question that was refused for want of a key is asked again with it. */
function takeBack(turn) {
  turn.element.remove();
  page.turns.pop();
  byId('question').value ||= turn.question;
  byId('clock').textContent = '';
  grow();
}

function showRunning(isRunning) {
  byId('send').textContent = isRunning ? 'Stop' : 'Send';
  byId('send').classList.toggle('stop', isRunning);
}

/** Gives the field as many lines as its text has, up to 8. */
function grow() {
  const field = byId('question');
  field.rows = 1;
  const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(field);
  const room = field.scrollHeight - parseFloat(paddingTop) - parseFloat(paddingBottom);
  field.rows = Math.min(8, Math.max(1, Math.round(room / parseFloat(lineHeight))));
}

function send() {
  const question = byId('question').value.trim();
  if (question === '' || page.running) return byId('question').focus();
  byId('question').value = '';
  grow();
  return ask(question);
}

function useKey(event) {
  event.preventDefault();
  const value = byId('key').value.trim();
  // A header takes no others.
  if (!/^[\x21-\x7e]+$/.test(value)) {
    byId('key-why').textContent = 'A key has letters, digits and signs of ASCII only: check it.';
    return;
  }
  key.keep(value);
  byId('key').value = '';
  byId('key-form').hidden = true;
  byId('question').focus();
  loadModels().then(() => page.isRefused && byId('key-form').hidden && send());
}

byId('question').addEventListener('input', grow);
byId('question').addEventListener('keydown', (event) => {
  // While a word is being composed, Enter chooses it.
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
byId('send').addEventListener('click', () => (page.running ? page.running.abort() : send()));
byId('ask-form').addEventListener('submit', (event) => event.preventDefault());
byId('key-form').addEventListener('submit', useKey);
byId('composer').hidden = false;
byId('question').focus();
key.read();
loadModels();
