"""An exporter that never gives up: what was not acknowledged is sent again, word for word."""

import http.client
import threading
import time

from receiver.slim import CLASSES
from tests.fakes.door import requests
from tests.fakes.otlp import put


def call(number: int) -> bytes:
    """One model call, unlike every other."""
    message = CLASSES["Logs"].FromString(requests(1, after_s=int(time.time()) - 1_795_226_400))
    log = message.resource_logs[0].scope_logs[0].log_records[0]
    log.time_unix_nano += number
    put(log.attributes, {"request_id": f"req_{number}", "event.sequence": number})
    return message.SerializeToString()


class Sender(threading.Thread):
    """An exporter as OTLP asks for it: what was not acknowledged is sent again, word for word."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port, self.acknowledged, self.failures, self.ended = port, 0, 0, threading.Event()
        self.start()

    def run(self) -> None:
        body = call(0)
        while not self.ended.is_set():
            if self.sent(body):
                self.acknowledged += 1
                body = call(self.acknowledged)
                self.ended.wait(0.005)
            else:
                self.failures += 1
                self.ended.wait(0.02)

    def sent(self, body: bytes) -> bool:
        door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            door.request("POST", "/v1/logs", body, {"Content-Type": "application/x-protobuf"})
            return door.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            door.close()

    def end(self) -> int:
        self.ended.set()
        self.join(20)
        assert not self.is_alive()
        return self.acknowledged
