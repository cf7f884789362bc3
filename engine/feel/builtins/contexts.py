"""Context functions (DMN 1.3, table 78; DMN 1.4 for `context`, `context put` and `context merge`)."""

from __future__ import annotations

from collections.abc import Mapping

from engine.feel.arithmetic import Undefined
from engine.feel.builtins.registry import builtin
from engine.feel.run import Run
from engine.feel.values import Value, entry


@builtin("get value(m: context, key: string)")
def get_value(run: Run, m: Mapping[str, Value], key: str) -> Value:
    if key not in m:
        raise Undefined(f"the context has no entry {key}")
    return entry(m, key, run.spend)


@builtin("get value(m: context, keys: list)", "get value(context: context, keys: list)")
def get_value_at(run: Run, m: Mapping[str, Value], keys: list[Value]) -> Value:
    if not keys:
        raise Undefined("the list of keys is empty")
    found: Value = m
    for key in keys:
        if not isinstance(found, Mapping) or not isinstance(key, str) or key not in found:
            raise Undefined(f"the context has no entry {key}")
        found = entry(found, key, run.spend)
    return found


@builtin("get entries(m: context)")
def get_entries(run: Run, m: Mapping[str, Value]) -> Value:
    return run.list_of([{"key": key, "value": entry(m, key, run.spend)} for key in m])


@builtin("context(entries: list)")
def context(run: Run, entries: list[Value]) -> Value:
    result: dict[str, Value] = {}
    for item in entries:
        if not isinstance(item, Mapping) or "key" not in item or "value" not in item:
            raise Undefined("each entry must be a context with key and value")
        key = entry(item, "key", run.spend)
        if not isinstance(key, str):
            raise Undefined("a key must be a string")
        if key in result:
            raise Undefined(f"the key {key} stands twice")
        result[key] = entry(item, "value", run.spend)
    return result


@builtin("context put(context: context, key: string, value: any)")
def context_put(run: Run, context: Mapping[str, Value], key: str, value: Value) -> Value:
    run.spend(len(context))
    return {**context, key: value}


@builtin("context put(context: context, keys: list, value: any)")
def context_put_at(run: Run, context: Mapping[str, Value], keys: list[Value], value: Value) -> Value:
    if not keys or not all(isinstance(key, str) for key in keys):
        raise Undefined("the keys must be strings, at least one")
    if len(keys) > 50:
        raise Undefined("the keys lead more than 50 levels deep")
    run.spend(len(context))
    if len(keys) == 1:
        return {**context, keys[0]: value}
    inner = entry(context, keys[0], run.spend)
    if inner is None:
        inner = {}
    if not isinstance(inner, Mapping):
        raise Undefined(f"the entry {keys[0]} is no context")
    return {**context, keys[0]: context_put_at(run, inner, keys[1:], value)}


@builtin("context merge(contexts: list)")
def context_merge(run: Run, contexts: list[Value]) -> Value:
    result: dict[str, Value] = {}
    for item in contexts:
        if not isinstance(item, Mapping):
            raise Undefined("only contexts can be merged")
        run.spend(len(item))
        result.update(item)
    return result
