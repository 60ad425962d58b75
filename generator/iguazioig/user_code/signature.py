"""What a function can be called with, read off its `def`."""

from __future__ import annotations

from typing import NamedTuple

from .statements import Function

_SHOWN = 100


class Keywords(NamedTuple):
    """The arguments that a call can give by name.

    `takes_any` says that there is a `**` for all others; `unnameable` are required, but only by position.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    unnameable: tuple[str, ...] = ()
    takes_any: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that may be given."""
        return (*self.required, *self.optional)

    def takes(self, name: str) -> bool:
        """Whether a call may give an argument of this name."""
        return self.takes_any or name in self.names


def keywords(function: Function) -> Keywords | None:
    """The keyword arguments of a method called on an object; None if it has no place for the object."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    if not positional and not arguments.vararg:
        return None
    without_default = len(positional) - len(arguments.defaults)
    unnameable = [each.arg for each in arguments.posonlyargs[1:without_default]]
    first = max(len(arguments.posonlyargs), 1)
    required = [each.arg for each in positional[first:without_default]]
    optional = [each.arg for each in positional[max(first, without_default) :]]
    for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        (required if default is None else optional).append(each.arg)
    return Keywords(tuple(required), tuple(optional), tuple(unnameable), bool(arguments.kwarg))


def takes_positional(function: Function, count: int) -> bool:
    """Whether a call with `count` arguments, none of them named, is possible."""
    arguments = function.args
    most = len(arguments.posonlyargs) + len(arguments.args)
    fits = most - len(arguments.defaults) <= count and (count <= most or arguments.vararg)
    return bool(fits) and None not in arguments.kw_defaults


def shown(function: Function) -> str:
    """The head of a `def` without defaults and annotations, cut short if it is very long."""
    arguments = function.args
    names = [each.arg for each in arguments.posonlyargs] + ["/"] * bool(arguments.posonlyargs)
    names += [each.arg for each in arguments.args]
    if arguments.vararg:
        names.append(f"*{arguments.vararg.arg}")
    elif arguments.kwonlyargs:
        names.append("*")
    names += [each.arg for each in arguments.kwonlyargs]
    names += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    text = ", ".join(names)
    return f"def {function.name}({text if len(text) <= _SHOWN else text[:_SHOWN] + '…'})"
