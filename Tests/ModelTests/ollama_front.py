"""Ollama's native chat API in front of an OpenAI-compatible server, as far as Daybook uses it (docs/api.md of the Ollama
project): `GET /api/tags`, `POST /api/chat` with `stream`, `format` and `options`. Runs in a thread of the tests.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OPTIONS = {"temperature": "temperature", "seed": "seed", "num_predict": "max_tokens", "top_p": "top_p"}


def upstream_request(asked: dict) -> dict:
    request = {"messages": asked["messages"], "stream": True, "stream_options": {"include_usage": True}}
    for name, value in (asked.get("options") or {}).items():
        if name in OPTIONS:
            request[OPTIONS[name]] = value
    form = asked.get("format")
    if form == "json":
        request["response_format"] = {"type": "json_object"}
    elif isinstance(form, dict):
        request["response_format"] = {"type": "json_schema", "json_schema": {"name": "report", "strict": True, "schema": form}}
    return request


def pieces(response):
    """The text pieces of a server-sent stream, then a last item with usage and the reason of the end."""
    usage, reason = {}, "stop"
    for line in response:
        if not line.startswith(b"data: ") or line.strip() == b"data: [DONE]":
            continue
        event = json.loads(line[6:])
        usage = event.get("usage") or usage
        for choice in event.get("choices", []):
            reason = choice.get("finish_reason") or reason
            text = (choice.get("delta") or {}).get("content")
            if text:
                yield text
    yield {"prompt_eval_count": usage.get("prompt_tokens", 0), "eval_count": usage.get("completion_tokens", 0), "done_reason": reason}


def front(port: int, upstream: str, model: str) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def answer(self, status: int, body: dict):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self):
            if self.path == "/api/tags":
                self.answer(200, {"models": [{"name": model, "model": model}]})
            else:
                self.answer(404, {"error": "not found"})

        def chunk(self, body: dict):
            data = json.dumps(body).encode() + b"\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            if self.path != "/api/chat":
                return self.answer(404, {"error": "not found"})
            if asked.get("model") != model:
                return self.answer(404, {"error": f"model '{asked.get('model')}' not found"})
            request = urllib.request.Request(
                upstream + "/v1/chat/completions",
                json.dumps(upstream_request(asked)).encode(),
                {"content-type": "application/json"},
            )
            try:
                response = urllib.request.urlopen(request, timeout=900)
            except urllib.error.HTTPError as error:
                return self.answer(error.code, {"error": error.read().decode(errors="replace")[:500]})
            began, text = time.monotonic_ns(), ""
            streams = asked.get("stream", True)
            if streams:
                self.send_response(200)
                self.send_header("Content-Type", "application/x-ndjson")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
            for piece in pieces(response):
                at = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
                line = {"model": model, "created_at": at, "message": {"role": "assistant", "content": ""}, "done": False}
                if isinstance(piece, str):
                    text += piece
                    line["message"]["content"] = piece
                    if streams:
                        self.chunk(line)
                    continue
                line.update(piece, done=True, total_duration=time.monotonic_ns() - began)
                if not streams:
                    line["message"]["content"] = text
                    return self.answer(200, line)
                self.chunk(line)
            self.wfile.write(b"0\r\n\r\n")

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server
