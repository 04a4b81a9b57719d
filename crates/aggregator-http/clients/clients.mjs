// The clients of Node: openai, and the AI SDK with three providers.

import OpenAI from "openai";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createPerplexity } from "@ai-sdk/perplexity";
import { streamText } from "ai";

const base = process.argv[2];
const question = "why do tail latencies grow with fan-out?";
const messages = [{ role: "user", content: question }];
let failed = false;

function check(client, what, ok, shown = "") {
  failed ||= !ok;
  console.log(`${ok ? "ok    " : "FAILED"} ${client}: ${what} ${shown}`.trimEnd());
}

async function whole() {
  const response = await fetch(`${base}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "typical", messages }),
  });
  return response.json();
}

async function running() {
  const text = await (await fetch(`${base}/metrics`)).text();
  return Number(/^aggregator_queries_running (\d+)/m.exec(text)[1]);
}

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const expected = await whole();
const text = expected.choices[0].message.content;

async function openaiNode() {
  const name = "openai-node";
  const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: "none", maxRetries: 0 });
  let read = "";
  let usage, citations;
  let annotations = [];
  const stream = await client.chat.completions.create({ model: "typical", messages, stream: true, stream_options: { include_usage: true } });
  for await (const chunk of stream) {
    usage = chunk.usage ?? usage;
    if (!chunk.choices.length) continue;
    read += chunk.choices[0].delta.content ?? "";
    annotations.push(...(chunk.choices[0].delta.annotations ?? []));
    citations = chunk.citations ?? citations;
  }
  check(name, "a streamed answer is the whole one", read === text);
  check(name, "usage", usage?.completion_tokens > 0);
  const characters = [...read];
  const marks = annotations.map(({ url_citation: { start_index, end_index } }) => characters.slice(start_index, end_index).join(""));
  check(name, "citations are ranges of the text", marks.length > 0 && marks.every((mark) => /^\[\d+\]$/.test(mark)), `(${marks.length})`);
  check(name, "addresses of the sources", JSON.stringify(citations) === JSON.stringify(expected.citations));
  const final = await client.chat.completions.stream({ model: "typical", messages }).finalChatCompletion();
  check(name, "the helper that gathers a stream", final.choices[0].message.content === text);
  const missing = await client.chat.completions.create({ model: "none", messages }).catch((error) => error);
  check(name, "an unknown model is an error", missing.status === 404 && missing.code === "model_not_found");
  let before = "";
  const error = await (async () => {
    for await (const chunk of await client.chat.completions.create({ model: "broken", messages, stream: true })) {
      before += chunk.choices[0].delta.content ?? "";
    }
  })().catch((error) => error);
  check(name, "an error within a stream is an error", before !== "" && /model/.test(String(error)));
  const stopped = await client.chat.completions.create({ model: "typical", messages, stream: true });
  for await (const _ of stopped) break;
  stopped.controller.abort();
  await wait(300);
  check(name, "a stream that is aborted ends the query", (await running()) === 0);
}

async function aiSdk(name, model, { broken, sources = false, asksForUsage = true }) {
  const result = streamText({ model: model("typical"), prompt: question, maxRetries: 0 });
  let read = "";
  const errors = [];
  const found = [];
  for await (const part of result.fullStream) {
    if (part.type === "text-delta") read += part.text ?? part.delta ?? "";
    if (part.type === "error") errors.push(String(part.error));
    if (part.type === "source") found.push(part.url);
  }
  check(name, "a streamed answer is the whole one, without errors", read === text && errors.length === 0, errors.join(" "));
  const usage = await result.usage;
  if (asksForUsage) check(name, "usage", usage.outputTokens > 0, `(${usage.outputTokens} tokens)`);
  if (sources) check(name, "citations are sources", found.length > 0 && found.every((url) => expected.citations.includes(url)), `(${found.length})`);
  const failing = streamText({ model: model("broken"), prompt: question, maxRetries: 0, onError() {} });
  const told = [];
  for await (const part of failing.fullStream) if (part.type === "error") told.push(String(part.error));
  check(name, "an error within a stream is an error", told.length > 0 && broken.test(told.join(" ")), told.join(" ").slice(0, 80));
  const controller = new AbortController();
  const stopped = streamText({ model: model("typical"), prompt: question, maxRetries: 0, abortSignal: controller.signal, onError() {} });
  setTimeout(() => controller.abort(), 50);
  for await (const _ of stopped.fullStream);
  await wait(300);
  check(name, "a stream that is aborted ends the query", (await running()) === 0);
}

const openai = createOpenAI({ baseURL: `${base}/v1`, apiKey: "none" });
const compatible = createOpenAICompatible({ name: "aggregator", baseURL: `${base}/v1`, apiKey: "none", includeUsage: true });
const perplexity = createPerplexity({ baseURL: `${base}/v1`, apiKey: "none" });
for (const [name, run] of [
  ["openai-node", openaiNode],
  ["@ai-sdk/openai", () => aiSdk("@ai-sdk/openai", (id) => openai.chat(id), { broken: /model/, sources: true })],
  ["@ai-sdk/openai-compatible", () => aiSdk("@ai-sdk/openai-compatible", (id) => compatible.chatModel(id), { broken: /model/ })],
  // It has no form for an error in a stream, and says that it cannot read it; and it does not ask for the usage.
  ["@ai-sdk/perplexity", () => aiSdk("@ai-sdk/perplexity", (id) => perplexity(id), { broken: /./, asksForUsage: false })],
]) {
  await run().catch((error) => check(name, `${error.stack ?? error}`, false));
}
process.exit(failed ? 1 : 0);
