// What the page of `aggregator` shows and does in a browser: against `aggregator demo`, and against a server that plays chosen
// bytes. Started by `run`. Each scenario has a browser context of its own, and in each nothing may leave the server, no script
// of a text may run and no rule of the page's policy may be broken.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const { AGGREGATOR, CHROMIUM, PLACE } = process.env;
// A folder with other files of the page, to try a change of them without building the program.
const { PAGE } = process.env;
const packages = createRequire(`${PLACE}/package.json`);
const { chromium } = packages('playwright-core');
const axe = readFileSync(packages.resolve('axe-core/axe.min.js'), 'utf8');

/** `aggregator demo` at a free port. */
async function startDemo() {
  const process_ = spawn(AGGREGATOR, ['demo', '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const address = await new Promise((resolve, reject) => {
    let text = '';
    process_.stderr.on('data', (piece) => {
      text += piece;
      const found = /listening at (\S+)/.exec(text);
      if (found) resolve(found[1]);
    });
    process_.on('exit', (code) => reject(new Error(`aggregator demo ended with ${code}: ${text}`)));
  });
  return { address, stop: () => process_.kill() };
}

/** A server with the page's own files and headers that answers questions as a scenario says. */
class Script {
  constructor(files) {
    this.files = files;
    this.server = createServer((request, response) => {
      this.#answer(request, response).catch((error) => {
        this.faults.push(error.message);
        response.destroy();
      });
    });
    this.reset();
  }

  reset() {
    Object.assign(this, { models: ['one'], key: null, play: null, asked: [], aborted: 0, seen: [], faults: [] });
  }

  async listen() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.address = `http://127.0.0.1:${this.server.address().port}`;
  }

  async #answer(request, response) {
    this.seen.push(request.url);
    const file = this.files.get(request.url);
    if (file) return response.writeHead(200, file.headers).end(file.text);
    const json = (status, body, headers = {}) =>
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    if (this.key && request.headers.authorization !== `Bearer ${this.key}`) {
      return json(401, { error: { message: 'the key is not known: check it' } });
    }
    if (request.url === '/v1/models') return json(200, { data: this.models.map((id) => ({ id })) });
    if (request.url !== '/v1/query') return json(404, { error: { message: 'there is nothing' } });
    let body = '';
    for await (const piece of request) body += piece;
    this.asked.push(JSON.parse(body));
    response.on('close', () => { if (!response.writableFinished) this.aborted += 1; });
    return this.play({ response, json, stream: new Stream(response) });
  }
}

/** A response of events, written in pieces that end in the middle of lines and of characters. */
class Stream {
  #seq = 0;

  constructor(response) {
    this.response = response;
  }

  async send(events, lineBreak = '\n') {
    if (!this.response.headersSent) this.response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const frames = events.map((event) => {
      // With other line breaks than those of the server also the data has several lines.
      const data = JSON.stringify({ schema: 1, seq: this.#seq, at_us: 0, ...event }, null, lineBreak === '\n' ? 0 : 1);
      this.#seq += 1;
      const lines = data.split('\n').map((line) => `data: ${line}`);
      return [`id: ${this.#seq}`, `event: ${event.type}`, ...lines, '', ': keep-alive', '', ''].join(lineBreak);
    });
    const bytes = Buffer.from(frames.join(''));
    const sizes = [1, 2, 3, 5, 61, 7, 499, 1, 1, 31];
    for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
      const piece = bytes.subarray(at, at + sizes[turn % sizes.length]);
      // A character of several bytes is cut after its first one, and so is a line break of two.
      const middle = turn < 500 ? piece.findIndex((byte, index) => byte >= 0xc0 || (byte === 13 && bytes[at + index + 1] === 10)) : -1;
      const sent = middle < 0 ? piece : piece.subarray(0, middle + 1);
      this.response.write(sent);
      at += sent.length;
      // Pieces that are sent at once may come as one.
      await new Promise((resolve) => (middle < 0 ? setImmediate(resolve) : setTimeout(resolve, 5)));
    }
  }

  /** All at once, for what is long. */
  async endAtOnce(events) {
    this.response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    const data = events.map((event, seq) => JSON.stringify({ schema: 1, seq, at_us: 0, ...event }));
    this.response.end(data.map((line) => `data: ${line}\n\n`).join(''));
  }

  async end(events) {
    await this.send(events);
    this.response.end();
  }
}

// Events.

const source = (url, title, snippet, provider = 'web') => ({ url, title, snippet, provider });
const PAGES = [
  source('https://one.example/moons', 'Moons of Saturn', 'An introduction. Saturn has 274 moons in all. Titan is the largest.'),
  source('https://two.example/titan', 'Titan', 'Titan is larger than Mercury.', 'docs'),
  source('file:///docs/notes.md', 'Notes', 'Own notes about moons.', 'folder'),
];
const status = (stage) => ({ type: 'status', stage });
const started = (provider) => ({ type: 'provider_started', provider });
const finished = (provider, outcome, hits = 0) => ({ type: 'provider_finished', provider, outcome, latency_us: 120_000, hits });
const results = (pages) => pages.map((page, id) => ({ type: 'result', id, rank: id + 1, score: 1 / (id + 60), source: page }));
const ranked = (pages) => pages.map((page, id) => ({ number: id + 1, id, score: 1 / (id + 60), source: page }));
const delta = (text) => ({ type: 'answer_delta', text });
const citation = (start, end, number) =>
  ({ type: 'citation', bytes: { start: 0, end: 1 }, chars: { start, end }, number, id: number - 1 });
const summary = (pages, answer, providers = []) =>
  ({ sources: ranked(pages), providers, hits: {}, models: [], ...(answer && { answer: { truncated: false, ...answer } }) });
const done = (pages, answer, providers) => ({ type: 'done', summary: summary(pages, answer, providers) });
const failed = (error, message) => ({ type: 'failed', error, message, partial: summary([]) });
const search = (pages) =>
  [status('searching'), started('web'), ...results(pages), finished('web', { type: 'ok' }, pages.length), { type: 'sources', list: ranked(pages) }];

// The rocket is one character, and two units of JavaScript: offsets after it tell whether characters are counted.
const ANSWER = '\u{1f680}! Saturn has 274 moons in all. [1]\n\nTitan is larger than Mercury [1, 2]. Notes say so too [2, 3].';
// In the middle of a marker.
const HALF = ANSWER.indexOf(', 2]');
const place = (marker) => {
  const start = Array.from(ANSWER.slice(0, ANSWER.indexOf(marker))).length;
  return [start, start + marker.length];
};
const CITED = [
  ...search(PAGES), status('answering'), delta(ANSWER.slice(0, HALF)), citation(...place('[1]'), 1), delta(ANSWER.slice(HALF)),
  citation(...place('[1, 2]'), 1), citation(...place('[1, 2]'), 2), citation(...place('[2, 3]'), 2), citation(...place('[2, 3]'), 3), done(PAGES, { has_citations: true }),
];

// Texts of strangers.

const HOSTILE = readFileSync(new URL('../../aggregator-mocks/src/hostile/texts.jsonl', import.meta.url), 'utf8').trim().split('\n')
  .map((line) => JSON.parse(line)).map(({ text, times = 1 }) => text.repeat(times));
/** As many harmless ones: with and without an address of the web, with one line and with several. */
const HARMLESS = HOSTILE.map((_, index) => (index % 3 === 0 ? `https://one.example/${index}` : `text ${index}${index % 3 === 1 ? '\n\nline 2\nline 3' : ''}`));

/** A stream in which each of these texts is everything that a stranger writes. */
function eventsOf(texts) {
  const pages = texts.map((text) => source(text, text, text, text));
  const error = (text) => ({ type: 'error', kind: text, message: text });
  const events = texts.flatMap((text) => [status(text), started(text), finished(text, error(text)),
    { type: 'policy', service: text, action: { type: 'retrying', retry: text, wait_us: 5, error: text } },
    { type: 'partial_synthesis', results: 1, text }, { type: 'reused', origin: text, age_us: 5 }, { type: text, text }]);
  const list = texts.map((text) => ({ sources: [1, 2], given: [text, text], matter: { type: text, what: text } }));
  events.push(...results(pages), { type: 'sources', list: ranked(pages) }, { type: 'contradictions', list });
  let at = 0;
  texts.forEach((text, index) => {
    const [end, marker] = [at + Array.from(text).length, `[${index + 1}]`];
    events.push(delta(`${text}${marker}\n`), citation(end, end + marker.length, index + 1));
    at = end + marker.length + 1;
  });
  return { pages, events };
}

/** The lines of such an answer, as they are shown: with the number of a source in the place of its marker. */
const linesOf = (texts) => texts.map((text, index) => `${text}${index + 1}`).join('\n').split('\n').filter((line) => line !== '');

/** What the page is made of: each kind of element, with its attributes and classes. */
const madeOf = (page) => page.evaluate(() => {
  const kinds = [...document.querySelectorAll('*')].map((one) => `${one.localName} ${[...one.attributes].map(({ name }) => name).sort()} ${one.className}`);
  const count = (selector) => document.querySelectorAll(selector).length;
  const counts = Object.fromEntries(['article', 'li', 'details', 'summary', 'bdi', 'button', 'h2', '.note', '.title', 'mark'].map((name) => [name, count(name)]));
  return { kinds: [...new Set(kinds)].sort(), counts, globals: Object.keys(window).sort(), title: document.title, at: location.href };
});

// What scenarios do.

const SHOWN = '.turn:last-child';
const seen = (page, selector, text) => page.locator(selector, { hasText: text }).first().waitFor({ timeout: 10_000 });
const stage = (page, text) => seen(page, '#stage', text);
const texts = (page, selector) => page.locator(selector).allInnerTexts();
async function ask(page, question = 'How many moons has Saturn?') {
  await page.fill('#question', question);
  await page.press('#question', 'Enter');
}
async function until(what, holds) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`it never came: ${what}`);
}
/** What can be used and is smaller than 44 pixels, but citations, which are smaller where there is a mouse. */
const small = (page) => page.locator('button, select, input, textarea, summary, a').evaluateAll((all) => all
  .filter((one) => one.checkVisibility() && !one.classList.contains('skip') && !one.classList.contains('cite'))
  .map((one) => [one.id || one.className || one.localName, one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 44 || box.height < 44).map(([name, box]) => `${name} ${box.width}x${box.height}`));
const fits = (page) => page.evaluate((width) => document.documentElement.scrollWidth <= width, page.viewportSize().width);
/** What reaches beyond the screen, where the page is wider than that. */
const tooWide = async (page) => (await fits(page) ? [] : page.locator('body *').evaluateAll((all, width) => all
  .filter((one) => one.getBoundingClientRect().right > width).map((one) => `${one.localName}.${one.className} ${one.textContent.slice(0, 60)}`), page.viewportSize().width));
async function accessible(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`), []);
}

const SCENARIOS = {
  async 'an answer of the demo streams in and ends'({ page, demo, shot }) {
    await page.goto(demo.address);
    await page.locator('#models').waitFor();
    assert.equal((await page.locator('#model option').count()) > 1, true);
    const bodies = [];
    page.on('request', (request) => request.url().endsWith('/v1/query') && bodies.push(request.postDataJSON()));
    await ask(page, 'why do tail latencies grow with fan-out?');
    await seen(page, '#send', 'Stop');
    await seen(page, `${SHOWN} .sources li`, '');
    assert.equal(await page.locator(`${SHOWN} .answer p`).count(), 0, 'results come before the answer');
    await seen(page, `${SHOWN} .answer`, /\w/);
    await seen(page, '#send', 'Stop');
    await stage(page, /Answered from \d+ sources/);
    await seen(page, '#send', 'Send');
    assert.ok((await page.locator(`${SHOWN} .cite`).count()) > 0);
    assert.match((await texts(page, `${SHOWN} .providers li`)).join('\n'), /results in \d/);
    assert.match((await texts(page, `${SHOWN} .number`)).join(' '), /^\[1\] \[2\]/);
    await shot('demo');
    await page.selectOption('#model', 'standard');
    await ask(page, 'and in Rust?');
    await until('the second answer', async () => (await page.locator('.turn').count()) === 2 && !(await page.locator('#send.stop').count()));
    assert.equal(bodies[1].model, 'standard');
    assert.equal(bodies[1].turns[0].question, 'why do tail latencies grow with fan-out?');
    assert.match(bodies[1].turns[0].answer, /\[1\]/, 'the answer is sent with its markers');
  },

  async 'a query of the demo is dropped when it is stopped'({ page, demo }) {
    await page.goto(demo.address);
    const figure = async (name) => {
      const text = await (await fetch(`${demo.address}/metrics`)).text();
      return Number(text.split('\n').find((line) => line.startsWith(`${name} `))?.slice(name.length) ?? 0);
    };
    const [running, dropped] = ['aggregator_queries_running', 'aggregator_queries_total{outcome="dropped"}'];
    const before = await figure(dropped);
    await ask(page, 'what is stopped?');
    await until('a query that runs', async () => (await figure(running)) === 1);
    await page.click('#send');
    await stage(page, 'You stopped this query');
    await until('the end of the query', async () => (await figure(running)) === 0);
    assert.equal((await figure(dropped)) - before, 1, 'the query did not come to its own end');
  },

  async 'events are read wherever the stream is cut'({ page, script }) {
    script.play = async ({ stream }) => {
      const text = 'Grüße, 世界 \u{1f680}\nsecond line';
      await stream.send([{ type: 'queued', ahead: 2 }, { type: 'of_tomorrow', x: 1 }, { type: 'constructor' }], '\r\n');
      await stage(page, 'Waiting for a place: 2 queries before this one');
      await stream.send([{ type: 'reused', origin: 'cache', age_us: 40_000_000 }, ...search(PAGES)], '\r');
      await stream.send([{ type: 'policy', service: 'web', action: { type: 'retrying', retry: 1, wait_us: 120_000, error: 'rate_limited' } }]);
      await stream.send([{ type: 'partial_synthesis', results: 2, text: 'Moons were found.' }], '\r\n');
      await seen(page, `${SHOWN} .aside`, 'So far: Moons were found.');
      await stream.send(Array.from(text).map(delta), '\r\n');
      await seen(page, `${SHOWN} .answer p:nth-child(2)`, 'second line');
      assert.deepEqual(await texts(page, `${SHOWN} .answer p`), text.split('\n'));
      assert.equal((await texts(page, `${SHOWN} .aside`)).join(), 'Answered 40 s ago: this is the same answer.,', 'it gives way to the answer');
      await stream.end([done(PAGES, { has_citations: true, finish: 'length' })]);
    };
    await ask(page);
    await stage(page, 'Answered from 3 sources');
    await seen(page, `${SHOWN} .aside`, 'Answered 40 s ago');
    await seen(page, `${SHOWN} .note`, 'reached the limit of the model');
    assert.deepEqual(await texts(page, `${SHOWN} .providers li`), ['web 3 results in 120 ms', 'web retry 1 in 120 ms, after: rate limited']);
    assert.equal(await page.locator('#models').isVisible(), false, 'there is no choice of one model');
  },

  async 'results stand by their score, and what has the focus keeps it'({ page, script }) {
    const result = (id, score, type = 'result') => ({ type, id, rank: 1, score, source: PAGES[id] });
    const titles = (...expected) => until(expected, async () => (await texts(page, `${SHOWN} .title`)).join() === expected.join());
    const focused = () => page.evaluate(() => document.activeElement.innerText);
    script.play = async ({ stream }) => {
      await stream.send([status('searching'), result(0, 0.1), result(1, 0.3)]);
      await titles('Titan', 'Moons of Saturn');
      await page.locator(`${SHOWN} a`).last().focus();
      await stream.send([result(0, 0.5, 'result_revised'), result(2, 0.9)]);
      await titles('Notes', 'Moons of Saturn', 'Titan');
      assert.equal(await focused(), 'Moons of Saturn');
      await seen(page, `${SHOWN} h3`, 'Results so far');
      const list = [{ number: 1, id: 1, score: 1, source: PAGES[1] }, { number: 2, id: 0, score: 1, source: PAGES[0] }];
      await stream.send([{ type: 'sources', list }]);
      await titles('Titan', 'Moons of Saturn');
      assert.equal(await focused(), 'Moons of Saturn');
      await stream.end([done(PAGES, null)]);
    };
    await ask(page);
    await stage(page, 'There is no answer');
  },

  async 'citations highlight their source and go to its passage'({ page, script, shot }) {
    script.play = ({ stream }) => stream.end(CITED);
    await ask(page);
    await stage(page, 'Answered');
    assert.deepEqual(await texts(page, `${SHOWN} .answer p`), ['\u{1f680}! Saturn has 274 moons in all. 1', 'Titan is larger than Mercury 12. Notes say so too 23.']);
    const lit = () => page.locator(`${SHOWN} li.lit .number`).allInnerTexts();
    const cite = (index) => page.locator(`${SHOWN} .cite`).nth(index);
    await cite(2).hover();
    assert.deepEqual(await lit(), ['[2]']);
    await cite(0).focus();
    await page.mouse.move(0, 0);
    assert.deepEqual(await lit(), ['[1]']);
    await cite(0).click();
    assert.deepEqual(await texts(page, `${SHOWN} mark`), ['Saturn has 274 moons in all'], 'the sentence is marked where it stands');
    assert.deepEqual(await lit(), ['[1]']);
    await cite(2).hover();
    assert.deepEqual(await lit(), ['[2]'], 'one at a time');
    await page.mouse.move(0, 0);
    assert.deepEqual(await lit(), ['[1]'], 'the one that was gone to stays');
    assert.equal(await page.evaluate(() => document.activeElement.href), 'https://one.example/moons');
    await shot('citations');
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'cite');
    await cite(4).click();
    await seen(page, `${SHOWN} details[open] p`, 'Own notes about moons.');
    const link = page.locator(`${SHOWN} a.title`).first();
    assert.deepEqual([await link.getAttribute('rel'), await link.getAttribute('target')], ['noopener noreferrer nofollow', '_blank']);
    assert.equal(await page.locator(`${SHOWN} a.title`).count(), 2, 'an address of a file is no link');
    await seen(page, `${SHOWN} summary`, 'Passage from file:///docs/notes.md, found by folder');
  },

  async 'an answer that is stopped ends on the server'({ page, script, shot }) {
    script.play = ({ stream }) => stream.send([...search(PAGES), started('slow'), status('answering'), delta('Saturn has')]);
    await ask(page);
    await seen(page, `${SHOWN} .answer`, 'Saturn has');
    assert.equal(script.aborted, 0);
    await shot('running');
    await page.click('#send');
    await until('the server sees that the client is gone', () => script.aborted === 1);
    await seen(page, `${SHOWN} .note`, 'You stopped this query. What is above is not complete.');
    assert.deepEqual(await texts(page, `${SHOWN} .providers li`), ['web 3 results in 120 ms', 'slow stopped']);
    await seen(page, `${SHOWN} .answer`, 'Saturn has');
    await seen(page, '#send', 'Send');
  },

  async 'when all providers failed, each reason is said'({ page, script, shot }) {
    const [limited, late] = [finished('web', { type: 'error', kind: 'rate_limited', message: 'asked too often' }), finished('docs', { type: 'timeout' })];
    script.play = ({ stream }) => stream.end([
      status('searching'), started('web'), started('docs'), limited, late,
      failed({ type: 'all_providers_failed', reports: [limited, late] }, 'no provider answered'),
    ]);
    await ask(page);
    await stage(page, 'There is no answer: all providers failed.');
    assert.deepEqual(await texts(page, `${SHOWN} .note li`), ['web: error after 120 ms, rate limited: asked too often', 'docs: timeout, nothing in 120 ms']);
    assert.equal(await page.locator(`${SHOWN} .providers .failed`).count(), 2);
    await shot('failed');
    script.play = ({ stream }) => stream.end([status('searching'), failed({ type: 'model', kind: 'other', message: 'm' }, 'the model said no')]);
    await ask(page);
    await stage(page, 'The query failed: the model said no.');
  },

  async 'when nothing was found, that is said'({ page, script }) {
    script.play = ({ stream }) => stream.end([
      status('searching'), started('web'), finished('web', { type: 'ok' }), finished('docs', { type: 'skipped' }), { type: 'sources', list: [] },
      done([], null, [finished('web', { type: 'ok' }), finished('docs', { type: 'skipped' })]),
    ]);
    await ask(page);
    await stage(page, 'Nothing was found.');
    assert.deepEqual(await texts(page, `${SHOWN} .note li`), ['docs: not asked']);
    assert.equal(await page.locator(`${SHOWN} h3`).isVisible(), false);
    script.play = ({ stream }) => stream.end([...search(PAGES), done(PAGES, null)]);
    await ask(page);
    await stage(page, 'There is no answer: no model was asked.');
  },

  async 'an answer without citations is marked as such'({ page, script }) {
    const answered = (answer) => ({ stream }) => stream.end([...search(PAGES), delta('Saturn has many moons.'), done(PAGES, answer)]);
    script.play = answered({ has_citations: false });
    await ask(page);
    await seen(page, `${SHOWN} .note.bad`, 'No source supports this answer: it cites none.');
    script.play = answered({ has_citations: true });
    await ask(page);
    await until('the second answer', async () => (await page.locator('.turn').count()) === 2 && !(await page.locator('#send.stop').count()));
    assert.equal(await page.locator(`${SHOWN} .note`).count(), 0);
  },

  async 'a key is asked for, sent and kept out of addresses'({ page, script, shot }) {
    script.key = 'sk-right';
    script.play = ({ stream }) => stream.end(CITED);
    await page.reload();
    await seen(page, '#key-why', 'This server answers only with a key.');
    await ask(page);
    await until('the field for the key has the focus', () => page.evaluate(() => document.activeElement.id === 'key'));
    assert.equal(await page.inputValue('#question'), 'How many moons has Saturn?', 'the question stays');
    assert.equal(await page.locator('.turn').count(), 0);
    await page.fill('#key', 'sk-ünknown');
    await page.press('#key', 'Enter');
    await seen(page, '#key-why', 'ASCII only');
    await page.fill('#key', 'sk-wrong');
    await page.press('#key', 'Enter');
    await seen(page, '#key-why', 'the key is not known');
    await shot('key');
    await page.fill('#key', 'sk-right');
    await page.press('#key', 'Enter');
    await stage(page, 'Answered');
    assert.equal(await page.locator('#key-form').isVisible(), false);
    assert.equal(script.asked.length, 1, 'the question is asked once');
    await page.reload();
    await ask(page);
    await stage(page, 'Answered');
    assert.equal(script.seen.some((url) => url.includes('sk-')) || page.url().includes('sk-'), false);
    assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 1, '']);
  },

  async 'a stream that breaks and a server that refuses are told apart'({ page, script, shot }) {
    const broken = 'The connection broke before the answer was complete. Ask again.';
    const half = [...search(PAGES), delta('Saturn has')];
    script.play = async ({ stream, response }) => { await stream.send(half); await seen(page, `${SHOWN} .answer`, 'Saturn has'); response.destroy(); };
    await ask(page);
    await seen(page, `${SHOWN} .note.bad`, broken);
    await shot('broken');
    script.play = ({ stream }) => stream.end(half);
    await ask(page);
    await until('two of them', async () => (await page.locator('.note.bad', { hasText: broken }).count()) === 2);
    script.play = ({ json }) => json(503, { error: { message: 'too many queries run' } }, { 'retry-after': '2' });
    await ask(page);
    await stage(page, 'The server refused: too many queries run. Ask again in 2 s.');
    script.play = ({ stream }) => stream.end([...half, { type: 'cancelled', reason: 'shutdown', partial: summary(PAGES) }]);
    await ask(page);
    await stage(page, 'The server shuts down, and ended this query.');
    script.play = ({ response }) => response.destroy();
    await ask(page);
    await stage(page, 'The server cannot be reached, or sent no answer');
  },

  async 'hostile texts are only texts'({ page, script, shot }) {
    const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>"\'><style>*{display:none}</style>\u202egpj.exe ' + 'W'.repeat(900);
    const pages = ['javascript:alert(3)', 'data:text/html,<script>alert(4)</script>', 'https://evil.example/"onclick="alert(5)', ' jAvAsCrIpT:alert(6)', '//evil.example/x', 'vbscript:x']
      .map((url) => source(url, evil, evil, evil));
    const marker = Array.from(evil).length;
    script.models = [evil, 'two'];
    const leaking = () => page.locator('body *').evaluateAll((all) => all
      .filter((one) => [...one.childNodes].some((node) => node instanceof Text && node.data.includes('\u202e')))
      .filter((one) => getComputedStyle(one).unicodeBidi !== 'isolate' && one.localName !== 'option').map((one) => one.outerHTML.slice(0, 80)));
    script.play = async ({ stream }) => {
      await stream.send([status(evil)]);
      await stage(page, '<img');
      assert.deepEqual(await leaking(), [], 'the direction of a stage does not reach its neighbours');
      await stream.end(events);
    };
    const events = [
      started(evil), ...results(pages), finished(evil, { type: 'error', kind: evil, message: evil }), { type: 'sources', list: ranked(pages) },
      { type: 'contradictions', list: [{ sources: [1, 2], given: [evil, evil], matter: { type: 'number_of', what: evil } }] },
      delta(`${evil}[1]`), citation(marker, marker + 3, 1), citation(0, 2 ** 53, 1), citation(5, 2, 1), citation(1, 2, 99), { type: '__proto__' },
      done(pages, { has_citations: false, finish: 'constructor' }),
    ];
    await page.reload();
    await ask(page, evil);
    await stage(page, 'Answered');
    assert.equal(await page.locator('main img, main script, main style, [onerror], [onclick], [style]').count(), 0);
    assert.deepEqual(await page.locator(`${SHOWN} a`).evaluateAll((links) => links.map(({ protocol, host }) => [protocol, host])), [['https:', 'evil.example']]);
    assert.equal(await page.locator(`${SHOWN} .cite`).count(), 1);
    assert.deepEqual(await leaking(), [], 'the direction of a text does not reach its neighbours');
    await page.locator(`${SHOWN} .cite`).click();
    assert.ok((await page.locator(`${SHOWN} .answer`).innerText()).startsWith(evil.slice(0, 90)), 'the text is shown as it is');
    assert.ok(await fits(page), 'a long word makes nothing wider');
    await until('the question at the bottom of the screen', () =>
      page.evaluate(() => document.querySelector('.composer').getBoundingClientRect().bottom <= innerHeight));
    await shot('hostile');
    await page.setViewportSize({ width: 360, height: 800 });
    assert.ok(await fits(page), 'nor on a phone');
  },

  async 'hundreds of hostile texts, everywhere that a text stands'({ page, script, shot }) {
    const made = [];
    for (const all of [HARMLESS, HOSTILE]) {
      script.models = all;
      await page.reload();
      for (let from = 0; from < all.length; from += 180) {
        const texts = all.slice(from, from + 180);
        const { pages, events } = eventsOf(texts);
        script.play = ({ stream }) => stream.endAtOnce([...events, done(pages, { has_citations: false, finish: texts[0] })]);
        await ask(page, texts.join('\n'));
        await stage(page, 'Answered');
        await until('the end', async () => (await page.locator('#send.stop').count()) === 0);
        const shown = await page.evaluate(() => {
          const turn = document.querySelector('.turn:last-child');
          const of = (selector) => [...turn.querySelectorAll(selector)].map((one) => one.textContent);
          return { titles: of('.title'), passages: of('details p'), lines: of('.answer p'), chips: of('.providers > li > bdi'), question: of('h2')[0] };
        });
        assert.deepEqual(shown.titles, texts, 'a text is shown as it is');
        assert.deepEqual(shown.passages, texts);
        assert.deepEqual(shown.lines, linesOf(texts));
        assert.deepEqual(shown.chips.slice(0, 2), [texts[0], texts[0]]);
        assert.equal(shown.chips.length, 2 * texts.length);
        assert.equal(shown.question, script.asked.at(-1).query, 'as it was asked');
        const links = await page.locator(`${SHOWN} a`).evaluateAll((found) => found.map((one) => [one.textContent, one.href, one.rel, one.target]));
        for (const [text, href, rel, target] of links) {
          assert.ok(['http:', 'https:'].includes(new URL(href).protocol) && new URL(text).href === href, `${text} leads to ${href}`);
          assert.deepEqual([rel, target], ['noopener noreferrer nofollow', '_blank']);
        }
        assert.equal(links.length, texts.filter((text) => /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '')).length);
        // Every citation is pointed at and followed, and every passage is opened.
        const highlighted = await page.evaluate(() => [...document.querySelectorAll('.turn:last-child .cite')].map((one) => {
          one.dispatchEvent(new MouseEvent('mouseenter'));
          one.click();
          return document.querySelectorAll('.turn:last-child .lit').length;
        }));
        assert.deepEqual([...new Set(highlighted), highlighted.length], [1, texts.length]);
        assert.equal(await page.locator(`${SHOWN} details[open]`).count(), texts.length);
      }
      assert.deepEqual(await tooWide(page), [], 'nothing is wider than the screen');
      await page.evaluate(() => document.querySelector('.turn:last-child li:nth-child(20) .title').scrollIntoView({ behavior: 'instant' }));
      await shot(all === HOSTILE ? 'hostile-texts' : 'harmless-texts');
      // Everything fails, for these reasons; and the server refuses, for this one.
      const reports = all.map((text) => finished(text, { type: 'error', kind: text, message: text }));
      script.play = ({ stream }) => stream.endAtOnce([failed({ type: 'all_providers_failed', reports }, all[1])]);
      await ask(page);
      await stage(page, 'There is no answer: all providers failed.');
      assert.equal((await texts(page, `${SHOWN} .note li`)).length, all.length);
      const message = all.join(' ');
      script.play = ({ stream }) => stream.endAtOnce([failed({ type: 'model', kind: all[0], message }, message)]);
      await ask(page);
      await stage(page, 'The query failed:');
      script.play = ({ json }) => json(503, { error: { message } });
      await ask(page);
      await stage(page, 'The server refused:');
      script.play = ({ json }) => json(401, { error: { message } });
      await ask(page);
      await seen(page, '#key-why', 'This server answers only with a key');
      const box = await page.locator('.composer').boundingBox();
      assert.ok(box.y > 0 && box.y + box.height <= 800.5, `no message fills the screen: ${JSON.stringify(box)}`);
      made.push(await madeOf(page));
      await page.setViewportSize({ width: 360, height: 800 });
      assert.deepEqual(await tooWide(page), [], 'nor on a phone');
      await page.setViewportSize({ width: 1000, height: 800 });
    }
    // A passage may have the words of the answer, and then they are marked in it.
    for (const of of made) delete of.counts.mark;
    const [harmless, hostile] = made.map((of) => ({ ...of, kinds: of.kinds.filter((kind) => !kind.startsWith('mark ')) }));
    assert.deepEqual(hostile.kinds.filter((kind) => !harmless.kinds.includes(kind)), [], 'no text makes an element, an attribute or a class');
    assert.deepEqual({ ...hostile, kinds: [] }, { ...harmless, kinds: [] });
    const uncut = await page.evaluate(() => [...document.querySelectorAll('main *, .composer p *')]
      .filter((one) => [...one.childNodes].some((node) => node instanceof Text && /\p{M}{20}/u.test(node.data)))
      .filter((one) => !one.closest('h2, .providers li, .note, .aside, .answer p, .sources li, .composer p')
        || getComputedStyle(one.closest('h2, .providers li, .note, .aside, .answer p, .sources li, .composer p')).overflowY !== 'clip')
      .map((one) => one.outerHTML.slice(0, 80)));
    assert.deepEqual(uncut, [], 'marks do not cover what stands above and below');
    const reordering = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/.source;
    const leaking = await page.locator('body *').evaluateAll((found, source_) => found
      .filter((one) => [...one.childNodes].some((node) => node instanceof Text && new RegExp(source_).test(node.data)))
      // A mark is within a passage, which is one stranger's.
      .filter((one) => one.localName !== 'mark' && !['isolate', 'plaintext', 'isolate-override'].includes(getComputedStyle(one).unicodeBidi) && one.localName !== 'option')
      .filter((one) => getComputedStyle(one).display === 'inline').map((one) => one.outerHTML.slice(0, 80)), reordering);
    assert.deepEqual(leaking, [], 'the direction of a text does not reach its neighbours');
  },

  async 'the keyboard is enough'({ page, script, context, shot }) {
    script.models = ['one', 'two'];
    script.play = ({ stream }) => stream.end(CITED);
    await page.reload();
    await page.locator('#models').waitFor();
    await page.keyboard.type('first line');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('second line');
    assert.equal(await page.locator('#question').getAttribute('rows'), '2', 'the field grows');
    await page.keyboard.press('Enter');
    await stage(page, 'Answered');
    assert.equal(script.asked[0].query, 'first line\nsecond line');
    assert.equal(await page.locator('#question').getAttribute('rows'), '1');
    await page.keyboard.press('Enter');
    assert.equal(script.asked.length, 1, 'nothing is not asked');
    // From the top through everything that can be used, with a visible focus on each.
    await page.evaluate(() => { document.body.tabIndex = -1; document.body.focus(); });
    const passed = [];
    for (let step = 0; step < 16; step += 1) {
      await page.keyboard.press('Tab');
      passed.push(await page.evaluate(() => {
        const { activeElement: at } = document;
        return `${at.id || at.className || at.localName} ${getComputedStyle(at).outlineStyle}`;
      }));
      if (passed.at(-1).startsWith('model ')) break;
    }
    assert.deepEqual(passed.map((one) => one.split(' ')[0]),
      ['skip', 'cite', 'cite', 'cite', 'cite', 'cite', 'title', 'summary', 'title', 'summary', 'summary', 'question', 'send', 'model']);
    assert.deepEqual(passed.filter((one) => !one.endsWith(' solid')), [], 'the focus is seen');
    assert.deepEqual(await small(page), []);
    await page.locator(`${SHOWN} .cite`).nth(2).focus();
    await shot('keyboard');
    await page.keyboard.press('Enter');
    const opened = context.waitForEvent('page');
    await page.keyboard.press('Enter');
    assert.equal((await opened).url().startsWith('http://127.0.0.1'), false, 'Enter on a source opens it');
    context.left.length = 0;
  },

  async 'a phone in the dark, with calm'({ page, script, shot }) {
    script.models = ['one', 'a model with a very long name indeed, longer than the screen is wide'];
    script.play = ({ stream }) => stream.end(CITED);
    await page.reload();
    assert.ok(await fits(page));
    await ask(page);
    await stage(page, 'Answered');
    assert.ok(await fits(page), 'nothing is wider than the screen');
    assert.deepEqual(await small(page), []);
    const missed = await page.locator('.cite').evaluateAll((all) => all.flatMap((one) => {
      one.scrollIntoView({ block: 'center' });
      const { x, y, width, height } = one.getBoundingClientRect();
      const [middleX, middleY] = [x + width / 2, y + height / 2];
      return [[0, -21], [0, 21], [-21, 0], [21, 0]].filter(([dx, dy]) => document.elementFromPoint(middleX + dx, middleY + dy) !== one);
    }));
    assert.deepEqual(missed, [], 'a finger hits each citation');
    await page.locator('.cite').first().click();
    await shot('phone');
    const [before, after, lit] = await page.evaluate(() => {
      const isSeen = () => document.querySelector('.sources li:last-child').getBoundingClientRect().bottom < document.querySelector('.composer').getBoundingClientRect().top;
      scrollTo(0, 0);
      return [isSeen(), (document.querySelectorAll('.cite')[4].click(), isSeen()), document.querySelector('li.lit .number').textContent];
    });
    assert.deepEqual([before, after, lit], [false, true, '[3]'], 'with calm, a citation goes to its source at once');
    await accessible(page);
  },

  async 'checks of accessibility pass in light and dark'({ page, script, shot }) {
    script.models = ['one', 'two'];
    await page.reload();
    await page.locator('#models').waitFor();
    await accessible(page);
    const error = finished('docs', { type: 'error', kind: 'unauthorized', message: 'no' });
    const all = [{ type: 'reused', origin: 'running', age_us: 5 }, started('docs'), error, started('slow'), { type: 'policy', service: 'docs', action: { type: 'waiting', wait_us: 5 } }];
    script.play = ({ stream }) => stream.end([...all, ...CITED.slice(0, -1), done(PAGES, { has_citations: false })]);
    await ask(page);
    await stage(page, 'Answered');
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await page.locator('.cite').first().click();
      await accessible(page);
      await page.locator('.cite').nth(1).hover();
      await accessible(page);
      await page.evaluate(() => { document.getElementById('key-form').hidden = false; });
      await accessible(page);
      await page.evaluate(() => { document.getElementById('key-form').hidden = true; });
      await shot(`all-${colorScheme}`);
    }
    script.play = ({ stream }) => stream.send(search(PAGES));
    await ask(page);
    await seen(page, `${SHOWN} .sources li`, 'Titan');
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await accessible(page);
    }
  },

  async 'without JavaScript the page says that it needs it'({ page }) {
    assert.match(await page.locator('noscript p').innerText(), /^This page needs JavaScript\./);
    assert.ok(await page.locator('noscript p').isVisible());
    assert.equal(await page.locator('#composer').isVisible(), false, 'nothing is shown that does nothing');
  },

  async 'the last 16 questions stay and are sent'({ page, script }) {
    script.play = ({ stream }) => stream.end([...search(PAGES.slice(0, 1)), delta('\u{1f680}'.repeat(2_100)), done(PAGES.slice(0, 1), { has_citations: true })]);
    for (let number = 0; number < 18; number += 1) {
      await ask(page, `question ${number}`);
      await seen(page, `${SHOWN} h2`, `question ${number}`);
      await stage(page, 'Answered from 1 source');
      await seen(page, '#send', 'Send');
      await until('the question at the top', () => page.evaluate(() => document.querySelector('.turn:last-child').getBoundingClientRect().top < 99));
    }
    assert.deepEqual(await texts(page, 'h2'), Array.from({ length: 16 }, (_, number) => `question ${number + 2}`));
    const { turns } = script.asked[17];
    assert.deepEqual([turns.length, turns[0].question, turns[15].question], [16, 'question 1', 'question 16']);
    assert.equal(turns[0].answer, '\u{1f680}'.repeat(2_000), 'answers are cut between characters');
  },
};

const DESKTOP = { viewport: { width: 1000, height: 800 } };
/** Contexts of scenarios whose names begin so; the others have a desktop's. */
const SPECIAL = { 'without JavaScript': { ...DESKTOP, javaScriptEnabled: false }, 'a phone': { viewport: { width: 360, height: 800 }, isMobile: true, hasTouch: true, colorScheme: 'dark', reducedMotion: 'reduce' } };

/** Runs a scenario in a context of its own, and checks what holds for all. */
async function run(name, scenario, { browser, demo, script }) {
  script.reset();
  const context = await browser.newContext(Object.entries(SPECIAL).find(([begin]) => name.startsWith(begin))?.[1] ?? DESKTOP);
  const faults = [];
  context.left = [];
  await context.exposeBinding('policyBroken', (_, what) => faults.push(`the policy was broken: ${what}`));
  await context.addInitScript(() => addEventListener('securitypolicyviolation', (event) => window.policyBroken(`${event.violatedDirective} ${event.blockedURI}`)));
  context.on('request', (request) => {
    const url = request.url();
    if (![demo.address, script.address].some((own) => url.startsWith(`${own}/`)) && !url.startsWith('data:,')) context.left.push(url);
  });
  context.on('dialog', (dialog) => { faults.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  context.on('weberror', (error) => faults.push(`an error of the page: ${error.error()}`));
  // Chromium itself notes each response that is an error; those are the scenario's own.
  context.on('console', (message) => message.type() === 'error' && !message.text().startsWith('Failed to load resource') && faults.push(message.text()));
  for (const [path, { headers, text }] of PAGE ? files : []) {
    await context.route(demo.address + path, (route) => route.fulfill({ headers, body: text }));
  }
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  try {
    await page.goto(script.address);
    await scenario({ page, context, demo, script, shot: (as) => page.screenshot({ path: `${PLACE}/${as}.png` }) });
    assert.deepEqual([...faults, ...script.faults, ...context.left], []);
  } catch (error) {
    await page.screenshot({ path: `${PLACE}/failure.png` }).catch(() => {});
    const at = error.stack.split('\n').filter((line) => line.includes('scenarios.mjs'));
    throw new Error([error.message, at[0], ...faults, ...script.faults].join('\n'));
  } finally {
    await context.close();
  }
}

const demo = await startDemo();
// However this ends, the program that it started ends too.
process.on('exit', demo.stop);
const files = new Map();
for (const [path, file] of [['/', 'page.html'], ['/page.css', 'page.css'], ['/page.js', 'page.js']]) {
  const response = await fetch(demo.address + path);
  const names = ['content-type', 'content-security-policy', 'referrer-policy', 'x-content-type-options'];
  const headers = Object.fromEntries(names.map((name) => [name, response.headers.get(name)]));
  files.set(path, { headers, text: PAGE ? readFileSync(`${PAGE}/${file}`, 'utf8') : await response.text() });
}
const script = new Script(files);
await script.listen();
// Names of others lead nowhere, so that nothing of a test leaves this machine.
const args = ['--disable-gpu', '--disable-background-networking', '--no-first-run', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];
const browser = await chromium.launch({ executablePath: CHROMIUM, args });
let bad = 0;
const chosen = Object.entries(SCENARIOS).filter(([name]) => name.includes(process.argv[2] ?? ''));
for (const [name, scenario] of chosen) {
  try {
    await run(name, scenario, { browser, demo, script });
    console.log(`ok      ${name}`);
  } catch (error) {
    bad += 1;
    console.log(`FAILED  ${name}\n${error.message}`);
  }
}
await browser.close();
script.server.closeAllConnections();
script.server.close();
console.log(`${chosen.length - bad} of ${chosen.length} scenarios passed; screenshots are in target/page`);
process.exit(bad > 0 || chosen.length === 0 ? 1 : 0);
