"""A network with responses and failures that our server never gives, for the clients of the SDK."""

from collections.abc import Callable

import httpx

from support.sdk import Client

TOKEN = "Zt0vJ3mWq8Yc1RkPz7uXn5LdHs2EaBf6GoTi9KxQwVM"
Answer = httpx.Response | Exception


class Faults(httpx.AsyncBaseTransport):
    """Returns these responses, or raises these errors, in order; repeats the last."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = answers
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
        self.requests.append(request)
        if isinstance(answer, httpx.RequestError):
            answer.request = request
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


Failing = Callable[[Faults], Client]
Done = Callable[..., object]
