"""A small client for the Tern REST API, version 2.

It needs nothing but the standard library. Copy the file into your project.

Example:

    client = TernClient("https://tern.example.org:7420", token="trn_...")
    run = client.start_run("home")
    client.wait(run["operation"])
"""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

# Seconds until a request without an answer is given up.
DEFAULT_TIMEOUT = 22

# Answers that may go away by themselves. Everything else is raised at once.
RETRY_STATUS = (429, 502, 503)

# Attempts in total, the first one included.
MAX_ATTEMPTS = 4


class TernError(Exception):
    """The server refused a request. `code` is the TERN-E code."""

    def __init__(self, status, code, detail):
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code


class OperationTimeout(TernError):
    """An operation did not end in the time given to `TernClient.wait`."""


class TernClient:
    """A connection to one server. Objects are not safe for threads."""

    def __init__(self, base, token, timeout=DEFAULT_TIMEOUT):
        self.base = base.rstrip("/") + "/api/v2"
        self.token = token
        self.timeout = timeout

    def _request(self, method, path, body=None):
        """Send one request, repeat it on a passing failure."""
        data = None if body is None else json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json",
        }
        if data is not None:
            headers["Content-Type"] = "application/json"
            # The same key for all attempts: a repeated POST does no harm.
            headers["Idempotency-Key"] = str(uuid.uuid4())
        for attempt in range(MAX_ATTEMPTS):
            request = urllib.request.Request(
                self.base + path, data=data, headers=headers, method=method
            )
            try:
                with urllib.request.urlopen(request, timeout=self.timeout) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as error:
                last = attempt == MAX_ATTEMPTS - 1
                if error.code in RETRY_STATUS and not last:
                    time.sleep(float(error.headers.get("Retry-After", 2**attempt)))
                    continue
                problem = json.load(error)
                raise TernError(
                    error.code, problem.get("code"), problem.get("detail")
                ) from error

    def jobs(self):
        """Yield all jobs, page by page."""
        yield from self._pages("/jobs")

    def snapshots(self, job=None):
        """Yield snapshots, newest first."""
        yield from self._pages("/snapshots", {"job": job} if job else {})

    def _pages(self, path, query=None):
        query = dict(query or {}, limit=200)
        while True:
            page = self._request("GET", path + "?" + urllib.parse.urlencode(query))
            yield from page["items"]
            if not page.get("next_cursor"):
                return
            query["cursor"] = page["next_cursor"]

    def start_run(self, job):
        """Start a job and return the operation."""
        return self._request("POST", f"/jobs/{job}/runs", {})

    def wait(self, operation, poll=3, limit=1800):
        """Ask every `poll` seconds until the operation ends.

        Raises OperationTimeout after `limit` seconds. The operation itself
        is not stopped and goes on in the server.
        """
        end = time.monotonic() + limit
        while time.monotonic() < end:
            state = self._request("GET", operation.removeprefix("/api/v2"))
            if state["state"] in ("done", "failed"):
                return state
            time.sleep(poll)
        raise OperationTimeout(0, "local", f"{operation} still running")
