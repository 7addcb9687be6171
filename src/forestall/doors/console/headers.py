"""Headers: what every answer of the console says to the browser, whatever the handler does. Nothing is allowed but our own files."""

from litestar.datastructures import MutableScopeHeaders
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Content Security Policy Level 3 of every page: no inline script or style, no other host, no framing, no DOM text as code."""
MEDIA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
"""Of a picture: should a browser ever open it as a page, it can do nothing."""
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in ("camera", "microphone", "geolocation", "usb", "serial", "payment", "clipboard-read")
    ),
    "X-Robots-Tag": "noindex, nofollow",
}
_SECURE = {"Strict-Transport-Security": "max-age=31536000"}


class Guarded(ASGIMiddleware):
    """Adds the headers. `Cache-Control` and `Content-Security-Policy` stay as a handler sets them.

    Takes:
        https: whether people reach the console over HTTPS, as the settings say.
    """

    def __init__(self, https: bool) -> None:
        self._headers = {**_FIXED, **(_SECURE if https else {})}

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on and complete the headers of its answer."""

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await next_app(scope, receive, complete)
