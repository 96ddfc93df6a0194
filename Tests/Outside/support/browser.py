"""A real browser: Chromium without a window, driven over the DevTools protocol's pipe."""

import contextlib
import fcntl
import http.server
import json
import os
import select
import shutil
import subprocess
import tempfile
import threading
import time

from .simulator import environment

BINARY = shutil.which("chromium")

#: How long the browser may take for anything, in seconds: its start is slow on a busy machine.
PATIENCE = 60

#: It asks its maker for nothing, and needs no window, no graphics card, no shared memory of a large size. It has no
#: sandbox, which root and many containers can't have; all it is shown is ours.
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions",
    "--remote-debugging-pipe"]

#: What a script of a page gets for a call: what it may read of the answer, or the name of the error.
FETCH = """
(async (url, options) => {
  try {
    const answer = await fetch(url, options);
    return {status: answer.status, type: answer.type, headers: Object.fromEntries(answer.headers),
            body: await answer.text()};
  } catch (error) { return {error: error.name}; }
})"""


class Browser:
    """A running Chromium; a context manager."""

    def __enter__(self):
        assert BINARY, "chromium isn't installed"
        self._folder = tempfile.mkdtemp(prefix="chromium-")
        self._received, self._number = b"", 0
        #: Everything that it told without having been asked, by page.
        self._events = []
        try:
            self._start()
        except BaseException:
            self._end(kill=True)
            raise
        return self

    def __exit__(self, kind, *_):
        self._end(kill=kind is not None)

    def _start(self):
        # It reads from 3 and writes to 4. Ours are far above, so that none of them is one of these.
        commands, self._to = map(_far_above, os.pipe())
        self._from, answers = map(_far_above, os.pipe())
        with open(os.path.join(self._folder, "stderr"), "wb") as stderr:
            self.process = subprocess.Popen(
                ["bash", "-c", 'exec "${@:3}" 3<&"$1" 4>&"$2"', "bash", str(commands), str(answers), BINARY, *FLAGS,
                 f"--user-data-dir={self._folder}/profile", "about:blank"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, pass_fds=[commands, answers],
                env=environment(self._folder))
        os.close(commands)
        os.close(answers)
        self.command("Browser.getVersion")

    def _end(self, kill):
        try:
            if hasattr(self, "process"):
                self._end_process(kill)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _end_process(self, kill):
        try:
            if kill:
                self.process.kill()
            else:
                self.command("Browser.close")
            self.process.wait(PATIENCE)
        finally:
            # Has an effect only if it didn't end.
            self.process.kill()
            self.process.wait(PATIENCE)
            os.close(self._to)
            os.close(self._from)

    def command(self, method, session=None, **parameters):
        """One command; its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data):]
        end = time.monotonic() + PATIENCE
        while True:
            answer = self._next(end)
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def wait_for(self, session, event):
        """Waits until a page has told of an event, and forgets it."""
        end = time.monotonic() + PATIENCE
        while not (found := [each for each in self._events
                             if each["method"] == event and each.get("sessionId") == session]):
            self._next(end)
        self._events.remove(found[0])

    def events(self, session):
        """What a page has told so far."""
        return [event for event in self._events if event.get("sessionId") == session]

    def _next(self, end):
        # Whatever its number: `select` takes none from 1024 on.
        poll = select.poll()
        poll.register(self._from, select.POLLIN)
        while b"\0" not in self._received:
            ready = poll.poll(max(0, end - time.monotonic()) * 1000)
            assert ready, f"the browser says nothing for {PATIENCE} s"
            piece = os.read(self._from, 1 << 20)
            assert piece, "the browser has ended"
            self._received += piece
        line, _, self._received = self._received.partition(b"\0")
        message = json.loads(line)
        if "method" in message:
            self._events.append(message)
        return message

    def open(self, url):
        """A new page at this address, loaded."""
        return Page(self, url)


def _far_above(descriptor):
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20)
    os.close(descriptor)
    return moved


class Page:
    """A page in the browser, and all that happened in it from its beginning."""

    def __init__(self, browser, url):
        self._browser = browser
        target = browser.command("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.command(f"{domain}.enable")
        result = self.command("Page.navigate", url=url)
        assert "errorText" not in result, result
        browser.wait_for(self._session, "Page.loadEventFired")

    def command(self, method, **parameters):
        return self._browser.command(method, self._session, **parameters)

    def run(self, script):
        """The value of an expression, in the page; of a promise, once it is there."""
        result = self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def fetch(self, url, **options):
        """What a script of this page gets for a call."""
        return self.run(f"{FETCH}({json.dumps(url)}, {json.dumps(options)})")

    def told(self, *methods):
        """The parameters of the events of these names."""
        # By then all that came before has been told.
        self.run("1")
        return [event["params"] for event in self._browser.events(self._session) if event["method"] in methods]

    def complaints(self):
        """What would stand in the console, and what the browser takes for an issue."""
        return self.told("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Audits.issueAdded")

    def requests(self):
        """The addresses that it asked for."""
        return [event["request"]["url"] for event in self.told("Network.requestWillBeSent")]


class _Blank(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = b"<!DOCTYPE html><title>A tool</title><link rel=icon href=data:,>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def site():
    """A web site on a port of its own, with one empty page; its origin."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Blank) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
