"""The clients of Python: openai, langchain-openai, perplexityai."""

import json
import re
import sys
import time
import urllib.request

import openai
from langchain_openai import ChatOpenAI
from perplexity import Perplexity

BASE = sys.argv[1]
ASKED = [{"role": "user", "content": "why do tail latencies grow with fan-out?"}]
failed = False


def check(client, what, ok, shown=""):
    global failed
    failed |= not ok
    print(f"{'ok    ' if ok else 'FAILED'} {client}: {what} {shown}".rstrip())


def whole():
    """The answer as the server gives it in one piece."""
    body = json.dumps({"model": "typical", "messages": ASKED}).encode()
    request = urllib.request.Request(f"{BASE}/v1/chat/completions", body, {"content-type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=60))


def running():
    text = urllib.request.urlopen(f"{BASE}/metrics", timeout=10).read().decode()
    return int(re.search(r"^aggregator_queries_running (\d+)", text, re.M).group(1))


def citations_fit(text, annotations):
    marks = [text[a["url_citation"]["start_index"] : a["url_citation"]["end_index"]] for a in annotations]
    return bool(marks) and all(re.fullmatch(r"\[\d+\]", mark) for mark in marks)


def as_dict(value):
    return value if isinstance(value, dict) else value.model_dump()


EXPECTED = whole()
TEXT = EXPECTED["choices"][0]["message"]["content"]


def openai_python():
    name = f"openai-python {openai.__version__}"
    client = openai.OpenAI(base_url=f"{BASE}/v1", api_key="none", max_retries=0, timeout=60)
    begun, first, text, usage, annotations, citations = time.monotonic(), None, "", None, [], None
    options = {"include_usage": True}
    for chunk in client.chat.completions.create(model="typical", messages=ASKED, stream=True, stream_options=options):
        first = first or time.monotonic() - begun
        if chunk.usage:
            usage = chunk.usage
        if not chunk.choices:
            continue
        delta = chunk.choices[0].delta
        text += delta.content or ""
        annotations += [as_dict(one) for one in (getattr(delta, "annotations", None) or [])]
        citations = getattr(chunk, "citations", None) or citations
    check(name, "a streamed answer is the whole one", text == TEXT)
    check(name, "the first chunk comes before the answer", first < 0.2, f"({first * 1e3:.0f} ms)")
    check(name, "usage", usage is not None and usage.completion_tokens > 0)
    check(name, "citations are ranges of the text", citations_fit(text, annotations), f"({len(annotations)})")
    check(name, "addresses of the sources", citations == EXPECTED["citations"])
    with client.chat.completions.stream(model="typical", messages=ASKED) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    check(name, "the helper that gathers a stream", final.choices[0].message.content == TEXT)
    message = client.chat.completions.create(model="typical", messages=ASKED).choices[0].message
    check(name, "a whole answer with annotations", message.content == TEXT and citations_fit(TEXT, [as_dict(a) for a in message.annotations]))
    check(name, "models", "typical" in [model.id for model in client.models.list()])
    try:
        client.chat.completions.create(model="none", messages=ASKED)
        check(name, "an unknown model is an error", False)
    except openai.NotFoundError as error:
        check(name, "an unknown model is an error", error.code == "model_not_found")
    try:
        text = ""
        for chunk in client.chat.completions.create(model="broken", messages=ASKED, stream=True):
            text += chunk.choices[0].delta.content or ""
        check(name, "an error within a stream is an error", False)
    except openai.APIError as error:
        check(name, "an error within a stream is an error", bool(text) and "model" in str(error))
    stream = client.chat.completions.create(model="typical", messages=ASKED, stream=True)
    next(iter(stream))
    stream.close()
    time.sleep(0.3)
    check(name, "a stream that is closed ends the query", running() == 0)


def langchain():
    name = "langchain-openai"
    model = ChatOpenAI(model="typical", base_url=f"{BASE}/v1", api_key="none", max_retries=0, stream_usage=True)
    text, usage = "", None
    for chunk in model.stream(ASKED[0]["content"]):
        text += chunk.text if isinstance(chunk.text, str) else chunk.text()
        usage = chunk.usage_metadata or usage
    check(name, "a streamed answer is the whole one", text == TEXT)
    check(name, "usage", usage is not None and usage["output_tokens"] > 0)
    check(name, "a whole answer", model.invoke(ASKED[0]["content"]).content == TEXT)
    try:
        for _ in ChatOpenAI(model="broken", base_url=f"{BASE}/v1", api_key="none", max_retries=0).stream("q"):
            pass
        check(name, "an error within a stream is an error", False)
    except openai.APIError as error:
        check(name, "an error within a stream is an error", "model" in str(error))


def perplexity():
    name = "perplexityai"
    client = Perplexity(base_url=f"{BASE}/v1", api_key="none", max_retries=0)
    text, citations, results = "", None, None
    stream = client.chat.completions.create(model="typical", messages=ASKED, stream=True, extra_body={"stream": True})
    for chunk in stream:
        if chunk.choices:
            text += chunk.choices[0].delta.content or ""
        citations = chunk.citations or citations
        results = chunk.search_results or results
    check(name, "a streamed answer is the whole one", text == TEXT)
    check(name, "addresses of the sources", citations == EXPECTED["citations"])
    check(name, "search results", results is not None and results[0].url == EXPECTED["citations"][0])


for client in (openai_python, langchain, perplexity):
    try:
        client()
    except Exception as error:
        check(client.__name__, f"{type(error).__name__}: {error}", False)
sys.exit(failed)
