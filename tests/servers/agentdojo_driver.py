"""AgentDojo's workspace suite behind standard input and output: one JSON object a line in, one a line out.

Started by `agentdojo` in a venv of AgentDojo's own; imports nothing of ours. Only the tasks, the environment and its functions are
used: what AgentDojo has for talking to models is not installed, so imports of it find empty modules.

    {"do": "suite"}                                  the tasks: prompts, goals and the calls that solve each
    {"do": "begin", "injections": {place: text}}     a fresh environment
    {"do": "call", "function": …, "args": {…}}       {"result": …} or {"error": …}
    {"do": "look"}                                   the whole environment
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import json
import sys
import types
from typing import Any

VERSION, SUITE = "v1.2.2", "workspace"
NOT_INSTALLED = ("anthropic", "cohere", "google", "langchain", "openai", "requests")


class _Named(type):
    """Classes that have a class of every name."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Named(name, (), {})


class _Empty(types.ModuleType):
    """A module that has a class of every name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Named(name, (), {})


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name.partition(".")[0] in NOT_INSTALLED:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Empty(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def main() -> None:
    """Answer until the input ends."""
    sys.meta_path.insert(0, _Finder())
    from agentdojo.functions_runtime import FunctionsRuntime  # type: ignore[import-not-found]  # in a venv of its own
    from agentdojo.task_suite.load_suites import get_suite  # type: ignore[import-not-found]  # in a venv of its own

    suite = get_suite(VERSION, SUITE)
    runtime = FunctionsRuntime(suite.tools)
    environment = suite.load_and_inject_default_environment({})
    for line in sys.stdin:
        asked = json.loads(line)
        answer: Any
        if asked["do"] == "suite":
            answer = _suite(suite)
        elif asked["do"] == "begin":
            environment = suite.load_and_inject_default_environment(asked.get("injections", {}))
            answer = {"begun": True}
        elif asked["do"] == "call":
            result, error = runtime.run_function(environment, asked["function"], asked["args"])
            answer = {"error": error} if error else {"result": _plain(result)}
        else:
            answer = environment.model_dump(mode="json")
        print(json.dumps(answer), flush=True)


def _suite(suite: Any) -> dict[str, Any]:
    fresh = suite.load_and_inject_default_environment({})

    def calls(task: Any) -> list[dict[str, Any]]:
        return [
            {"function": call.function, "args": _plain(dict(call.args))}
            for call in task.ground_truth(fresh.model_copy(deep=True))
        ]

    return {
        "version": VERSION,
        "places": sorted(suite.get_injection_vector_defaults()),
        "users": {id_: {"prompt": task.PROMPT, "calls": calls(task)} for id_, task in suite.user_tasks.items()},
        "injections": {id_: {"goal": task.GOAL, "calls": calls(task)} for id_, task in suite.injection_tasks.items()},
    }


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


if __name__ == "__main__":
    main()
