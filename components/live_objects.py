"""Reads objects of the cluster as the API gives them, and deletes them only as they were read."""

import json
from collections.abc import Sequence
from typing import Any

from kubernetes.client import ApiException
from kubernetes.config import ConfigException
from urllib3.exceptions import HTTPError

from .cluster import CONNECT_SECONDS, READ_SECONDS, Cluster, api_client
from .serving.status import Object, get


class CannotReadError(Exception):
    """The API server cannot be reached, or does not let us read; the message says which."""

    def __init__(self, message: str, *, is_refusal: bool) -> None:
        super().__init__(message)
        self.is_refusal = is_refusal
        """Whether trying again is of no use."""


class LiveObjects:
    """The objects of one cluster. May be used by several threads at once."""

    def __init__(self, cluster: Cluster) -> None:
        """Raise CannotReadError if there is no usable kubeconfig."""
        try:
            self._client = api_client(cluster)
        except ConfigException as error:
            raise CannotReadError(str(error), is_refusal=True) from None

    @property
    def host(self) -> str:
        """The address of the API server."""
        return str(self._client.configuration.host)

    def get(self, path: str) -> Object | None:
        """Read one object, None if it does not exist. Raises CannotReadError."""
        try:
            answer: Object = self._call("GET", path)
        except ApiException as error:
            if error.status == 404:
                return None
            raise _cannot_read(path, error) from None
        return answer

    def list(self, path: str, **query: str) -> Sequence[Object]:
        """Read all objects at a path that a labelSelector or a fieldSelector lets through.

        Raises CannotReadError.
        """
        try:
            items: Sequence[Object] = self._call("GET", path, query=list(query.items()))["items"]
        except ApiException as error:
            raise _cannot_read(path, error) from None
        return items

    def delete(self, path: str, seen: Object) -> bool:
        """Delete an object if it is still as it was seen; tell whether that is so.

        What it owns is deleted after it. Raises CannotReadError.
        """
        body = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {key: get(seen, "metadata", key) for key in ("uid", "resourceVersion")},
        }
        try:
            self._call("DELETE", path, body=body)
        except ApiException as error:
            if error.status in (404, 409):
                return False
            raise _cannot_read(path, error) from None
        return True

    def _call(self, method: str, path: str, query: Any = (), body: Any = None) -> Any:
        try:
            response = self._client.call_api(
                path,
                method,
                query_params=query,
                header_params={"Accept": "application/json", "Content-Type": "application/json"},
                body=body,
                auth_settings=["BearerToken"],
                _preload_content=False,
                _return_http_data_only=True,
                _request_timeout=(CONNECT_SECONDS, READ_SECONDS),
            )
            return json.loads(response.data)
        except HTTPError as error:
            message = f"no connection to {self.host}: {_cause(error)}"
            raise CannotReadError(message, is_refusal=False) from None


def _cannot_read(path: str, error: ApiException) -> CannotReadError:
    what = path.rpartition("/namespaces/")[2] or path
    return CannotReadError(f"{error.status} {error.reason} for {what}", is_refusal=error.status in (401, 403))


def _cause(error: HTTPError) -> str:
    # The whole text holds addresses of Python objects.
    reason = getattr(error, "reason", None) or error
    return str(reason).rpartition(": ")[2] or type(reason).__name__
