"""Mutation run of the sync protocol: do its tests notice small edits of the source?

``python -m proofs.mutate --sample 200 --threshold 80`` edits the syntax trees of ``TARGETS`` in memory, one edit at a
time: a comparison, a condition, a number, a statement left out, a condition of a WHERE left out. Under each it runs the
tests until one fails. Prints the edits that no test notices, and exits with 1 when fewer than ``--threshold`` percent
are noticed. The edits are computed from the source, so that renaming and moving code changes nothing here.
"""

import argparse
import ast
import importlib
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from multiprocessing import connection, get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from types import CodeType

import pytest

ROOT = Path(__file__).parents[1]
TARGETS = (
    "movietracker/sync",
    *(f"movietracker/services/{name}.py" for name in ("change_clock", "library_read", "transactions")),
)
TESTS = "tests/sync"
OPTIONS = (
    "-x",
    "-m",
    "not slow",
    "-k",
    "not postgresql",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)

# Imported before the process of each mutant is forked, which saves it most of its start-up time.
THIRD_PARTY = ("alembic.command", "flask_jwt_extended", "flask_migrate", "hypothesis.stateful", "jsonschema", "moto")

OPPOSITES: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
}


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    match node:
        case ast.Compare(left, [operator], right):
            yield from (ast.Compare(left, [new()], right) for new in OPPOSITES.get(type(operator), ()))
        case ast.BoolOp(operator, values):
            yield from (ast.BoolOp(new(), values) for new in OPPOSITES[type(operator)])
        case ast.BinOp(left, operator, right):
            yield from (ast.BinOp(left, new(), right) for new in OPPOSITES.get(type(operator), ()))
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Call(ast.Attribute(attr="where") as function, [_, _, *_] as conditions, keywords):
            for left_out in range(len(conditions)):
                yield ast.Call(function, conditions[:left_out] + conditions[left_out + 1 :], keywords)
        case ast.Call(ast.Name("min" | "max" as name), arguments, keywords):
            yield ast.Call(ast.Name("max" if name == "min" else "min", ast.Load()), arguments, keywords)
        case ast.Expr(ast.Call()) | ast.Raise() | ast.AugAssign():
            yield ast.Pass()
        case ast.With([ast.withitem(optional_vars=None)], body):
            yield ast.If(ast.Constant(True), body, [])
        case ast.If(ast.Name() | ast.Attribute() | ast.Call() as test, body, otherwise):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, otherwise)


class Replacement(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, ast.copy_location(new, old)

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


@dataclass(frozen=True)
class Mutant:
    """An edit: the ``variant`` of the node that is the ``index``-th in its file."""

    path: Path
    index: int
    variant: int
    edit: str

    def code(self) -> CodeType:
        """The compiled module with the edit."""
        tree = ast.parse(self.path.read_bytes())
        node = list(ast.walk(tree))[self.index]
        mutated = Replacement(node, list(variants(node))[self.variant]).visit(tree)
        return compile(ast.fix_missing_locations(mutated), self.path, "exec", dont_inherit=True)


def mutants_of(path: Path) -> Iterator[Mutant]:
    """All mutants of a file; options that change no behavior, such as ``frozen`` and ``strict``, are left alone."""
    tree = ast.parse(path.read_bytes())
    options = [each for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for each in node.decorator_list]
    options += [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "strict"]
    skipped = {id(node) for option in options for node in ast.walk(option)}
    for index, node in enumerate(ast.walk(tree)):
        for variant, new in enumerate(() if id(node) in skipped else variants(node)):
            before, after = (" ".join(ast.unparse(ast.fix_missing_locations(each)).split()) for each in (node, new))
            line = node.lineno  # type: ignore[attr-defined]
            yield Mutant(path, index, variant, f"{path.name}:{line}: {before[:70]}  →  {after[:70]}")


def run_tests(tests: list[str], mutant: Mutant | None) -> None:
    """Run the tests, under a mutant if any, and exit with 1 when one fails; this process must be a new one."""
    get_code = SourceFileLoader.get_code

    def get_mutated_code(loader: SourceFileLoader, name: str) -> CodeType | None:
        if mutant is not None and loader.path == str(mutant.path):
            return mutant.code()
        return get_code(loader, name)

    SourceFileLoader.get_code = get_mutated_code  # type: ignore[method-assign]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    os._exit(min(1, pytest.main([*OPTIONS, *tests])))


def tests_for(mutant: Mutant | None, tests: str) -> list[str]:
    """The files with tests; first those with the name of the mutant's module in theirs."""
    files = sorted((ROOT / tests).rglob("test_*.py"))
    return [str(path) for path in sorted(files, key=lambda path: mutant is None or mutant.path.stem not in path.stem)]


def run_all(
    runs: list[Mutant | None], tests: str, jobs: int, limit_seconds: float
) -> Iterator[tuple[Mutant | None, str]]:
    """Each mutant, or None for the unedited source, and its outcome; each has a process of its own."""
    for name in THIRD_PARTY:
        importlib.import_module(name)
    assert "movietracker" not in sys.modules
    waiting = list(runs)
    running: dict[ForkProcess, tuple[Mutant | None, float]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop(0)
            process = get_context("fork").Process(target=run_tests, args=(tests_for(mutant, tests), mutant))
            process.start()
            running[process] = (mutant, time.monotonic() + limit_seconds)
        connection.wait([process.sentinel for process in running], timeout=1)
        for process, (mutant, deadline) in list(running.items()):
            if not process.is_alive():
                yield mutant, "killed" if process.exitcode else "survived"
            elif time.monotonic() > deadline:
                process.kill()
                yield mutant, "timeout"
            else:
                continue
            del running[process]


def main(arguments: list[str] | None = None) -> int:
    """Run a sample of the mutants; returns 1 when too few are killed or the tests fail without any."""
    parser = argparse.ArgumentParser(prog="python -m proofs.mutate", description=__doc__)
    parser.add_argument("--sample", type=int, help="the number of mutants; all unless given")
    parser.add_argument("--seed", type=int, default=1, help="chooses the sample")
    parser.add_argument("--threshold", type=float, default=0, help="percent of the mutants that must be killed")
    parser.add_argument("--tests", default=TESTS, help="folder or file of the tests")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--limit", type=float, default=180, help="seconds per mutant; a timeout is not a kill")
    parser.add_argument("--skip-unedited", action="store_true", help="the tests are known to pass without any edit")
    options = parser.parse_args(arguments)
    os.chdir(ROOT)
    paths = [path for target in TARGETS for path in sorted((ROOT / target).rglob("*.py")) or [ROOT / target]]
    mutants = [mutant for path in paths for mutant in mutants_of(path)]
    sample = random.Random(options.seed).sample(mutants, min(options.sample or len(mutants), len(mutants)))
    runs = [*([] if options.skip_unedited else [None]), *sample]
    killed = 0
    for mutant, outcome in run_all(runs, options.tests, options.jobs, options.limit):
        if mutant is None and outcome != "survived":
            print(f"without any edit the tests end with {outcome}: pytest {options.tests} shows why")
            return 1
        killed += outcome == "killed"
        if mutant is not None and outcome != "killed":
            print(f"{outcome:8} {mutant.edit}", flush=True)
    rate = 100 * killed / len(sample)
    print(f"{killed} of {len(sample)} mutants killed ({rate:.0f} %), of {len(mutants)} in all")
    return 0 if rate >= options.threshold else 1


if __name__ == "__main__":
    sys.exit(main())
