"""The simulator that .ci/foreign-clients started, and the way there.

The clients have Anaplan's hosts built in. `redirect` changes the HTTP library underneath them, not them: what they send to one
of those hosts goes to the simulator, and anything else is refused, so that no test can reach a real service.
"""

import hashlib
import json
import os
import urllib.error
import urllib.request
from urllib.parse import urlsplit

HOSTS = {"api.anaplan.com", "auth.anaplan.com", "us1a.app.anaplan.com"}

DESCRIBED = json.loads(os.environ["SIMULATOR"])
"""What `plandrop simulate --json` printed."""

URL = DESCRIBED["url"]
USER = DESCRIBED["users"][0]["email"]
PASSWORD = DESCRIBED["users"][0]["password"]
WORKSPACE = DESCRIBED["workspace"]["id"]
MODEL = DESCRIBED["model"]["id"]

CERTIFICATE = os.path.join(os.environ["KEYS"], "certificate.pem")
PRIVATE_KEY = os.path.join(os.environ["KEYS"], "key.pem")
CERTIFICATE_AND_KEY = os.path.join(os.environ["KEYS"], "both.pem")
"""Paths of what is registered for the user."""

HEADER = "Product,Region,Month,Units,Revenue,Ship Date\n"
GOOD_ROWS = HEADER + "P100,North,Feb 26,5,50.5,2026-02-03\nP110,East,Feb 26,7,70,2026-02-05\n"
BAD_ROWS = HEADER + "P100,North,Mar 26,5,50.5,2026-03-03\nP999,North,Mar 26,1,1,2026-03-03\n"
"""One good row, and one whose product does not exist."""


def named(kind: str, name: str) -> dict:
    """The import, process, export or action of that name."""
    return next(each for each in DESCRIBED[kind] if each["name"] == name)


LOAD_SALES = named("imports", "Load Sales")["id"]
SALES_FILE = named("imports", "Load Sales")["importDataSourceId"]
RECALCULATE = named("processes", "Recalculate")["id"]
BOARD_REPORT = named("exports", "Board Report")["id"]
DELETE_DISCONTINUED = named("actions", "Delete Discontinued Products")["id"]


def sha256(content: "str | bytes") -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def watch(path: str) -> dict:
    """What the simulator tells of itself under /simulator."""
    with urllib.request.urlopen(f"{URL}/simulator/{path}") as answer:
        return json.load(answer)


def uploaded(file_id: "str | int") -> dict:
    """Size, SHA-256 and chunks of what was uploaded to a file."""
    return watch(f"files/{file_id}")


def change_weather(scenario: dict) -> None:
    request = urllib.request.Request(f"{URL}/simulator/scenario", json.dumps(scenario).encode(), method="POST")
    urllib.request.urlopen(request).close()


def simulated(url: str) -> str:
    """The simulator's address of something at Anaplan."""
    parts = urlsplit(url)
    if url.startswith(URL):
        return url
    if parts.scheme != "https" or parts.hostname not in HOSTS:
        raise AssertionError(f"{url} is none of Anaplan's known addresses")
    return URL + url.removeprefix(f"https://{parts.netloc}")


def redirect_requests() -> None:
    """For clients on `requests`."""
    from requests.adapters import HTTPAdapter

    send = HTTPAdapter.send

    def redirected(self, request, *args, **kwargs):
        request.url = simulated(request.url)
        return send(self, request, *args, **kwargs)

    HTTPAdapter.send = redirected


def redirect_httpx(httpx) -> None:
    """For clients on `httpx` or `httpx2`, which is passed."""

    def redirected(transport, method):
        handle = getattr(transport, method)

        def handler(self, request):
            request.url = httpx.URL(simulated(str(request.url)))
            request.headers["host"] = urlsplit(URL).netloc
            return handle(self, request)

        setattr(transport, method, handler)

    redirected(httpx.HTTPTransport, "handle_request")
    redirected(httpx.AsyncHTTPTransport, "handle_async_request")
