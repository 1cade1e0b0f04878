"""Asks an MLflow server which experiment and run are meant: it takes traces for any that are not there, too.

Two questions of its REST API over the standard library's HTTP, so that an export needs nothing of MLflow's.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from aimon_core.clean import clean
from aimon_core.errors import Unavailable, UsageError
from receiver.target import PATH, traces_url

_WAIT_S = 10.0
_ANSWER = 1 << 20
_API = "/api/2.0/mlflow"


class MlflowServer:
    """An MLflow server by its tracking URI."""

    def __init__(self, uri: str, environment: Mapping[str, str], *, host: str = "", port: int = 0) -> None:
        """`host` and `port` are where this aimon listens, if it does. Raises UsageError."""
        if not uri.startswith(("http://", "https://")):
            raise UsageError(
                f"{uri} is no MLflow server.", f"Start one on it: mlflow server --backend-store-uri {uri} --port 5000"
            )
        self.traces_url = traces_url(uri, host=host, port=port)
        self.headers = credentials(environment)
        """That say who asks."""
        self._url = urlsplit(self.traces_url)

    def experiment(self, told: str) -> str | None:
        """The id of an experiment by its id or name; None where there is none. Raises Unavailable."""
        asked = [f"get-by-name?experiment_name={quote(told, safe='')}"]
        if told.isdecimal():
            asked.insert(0, f"get?experiment_id={told}")
        for query in asked:
            found = self._asked("GET", f"/experiments/{query}")
            if found is not None:
                return str(found["experiment"]["experiment_id"])
        return None

    def made_experiment(self, name: str) -> str:
        """The id of a new experiment. Raises Unavailable."""
        made = self._asked("POST", "/experiments/create", {"name": name})
        if made is None:
            raise self._silent("it makes no experiments")
        return str(made["experiment_id"])

    def experiment_of(self, run_id: str) -> str:
        """The id of the experiment that a run belongs to. Raises Unavailable for a run that is not there."""
        found = self._asked("GET", f"/runs/get?run_id={quote(run_id, safe='')}")
        if found is None:
            raise Unavailable(f"MLflow has no run {clean(run_id, 80)}.")
        return str(found["run"]["info"]["experiment_id"])

    def _asked(self, method: str, path: str, told: Mapping[str, str] | None = None) -> dict[str, Any] | None:
        """An answer; None for what is not there. Raises Unavailable."""
        make = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        body = None if told is None else json.dumps(told)
        try:
            # A redirect is not followed: it would carry the password to an address that nobody named.
            with closing(make(self._url.netloc, timeout=_WAIT_S)) as door:
                whole = self._url.path.removesuffix(PATH) + _API + path
                door.request(method, whole, body, {"Content-Type": "application/json", **self.headers})
                answer = door.getresponse()
                read = json.loads(answer.read(_ANSWER))
        except (OSError, HTTPException, ValueError) as error:
            raise self._silent(clean(str(error), 200) or type(error).__name__) from error
        if answer.status == 404 and isinstance(read, dict) and read.get("error_code") == "RESOURCE_DOES_NOT_EXIST":
            return None
        if answer.status != 200 or not isinstance(read, dict):
            raise self._silent(f"it answers {answer.status}")
        return read

    def _silent(self, why: str) -> Unavailable:
        place = self._url._replace(path=self._url.path.removesuffix(PATH)).geturl()
        return Unavailable(f"No MLflow answers at {place}: {why}.", "`mlflow server --port 5000` starts one.")


def credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The header that MLflow's own variables ask for: https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/."""
    name, password, token = (environment.get(f"MLFLOW_TRACKING_{one}") for one in ("USERNAME", "PASSWORD", "TOKEN"))
    if name and password:
        return {"Authorization": f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"}
    return {"Authorization": f"Bearer {token}"} if token else {}
