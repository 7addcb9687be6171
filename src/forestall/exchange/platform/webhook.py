"""The operator's own service, told by signed webhook (Standard Webhooks 1.0) what to hold, remove or restore."""

import json
from datetime import UTC, datetime

import httpx2
from standardwebhooks import Webhook

from forestall.exchange.wire import Wire
from forestall.model.errors import BadSetting, ForestallError
from forestall.model.records import Delivery
from forestall.model.settings import Settings


class WebhookPlatform:
    """Delivers messages to one address. The message's id is sent as `webhook-id`, so that a repeat can be recognised.

    Raises BadSetting where the address or the secret cannot be used.
    """

    def __init__(self, url: str, secret: str, private: tuple[str, ...] = ()) -> None:
        if httpx2.URL(url).scheme not in {"http", "https"}:
            raise BadSetting(f"`webhook_url` is {url!r}", "give an http(s) address")
        try:
            self._webhook = Webhook(secret)
        except Exception:
            # The secret itself must not be repeated in an error.
            raise BadSetting("`webhook_secret` is no Standard Webhooks secret", "give `whsec_` and base64") from None
        self._url = url
        self._wire = Wire(private)

    def deliver(self, delivery: Delivery) -> str:
        """Send one message; gives an empty string when it was taken, or why it was not."""
        body = json.dumps(delivery.body, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        sent = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(int(sent.timestamp())),
            "webhook-signature": self._webhook.sign(delivery.id, sent, body),
        }
        try:
            status, _ = self._wire.post(self._url, body.encode(), headers)
        except ForestallError as error:
            return str(error)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            return f"no answer ({type(error).__name__})"
        return "" if 200 <= status < 300 else f"answered {status}"

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()


def from_settings(settings: Settings) -> WebhookPlatform | None:
    """Give the operator's service as the settings name it, or `None` where they name none."""
    if not settings.webhook_url:
        return None
    return WebhookPlatform(settings.webhook_url, settings.webhook_secret, settings.webhook_private_hosts)
