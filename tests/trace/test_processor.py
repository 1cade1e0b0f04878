"""Spans of a process as runs: each root with what lies in it, whatever the order, the threads and the failures."""

import logging
import threading
from itertools import count
from types import SimpleNamespace

import pytest

from aimon_trace.instrument import processor
from aimon_trace.instrument.packages import Relay
from aimon_trace.instrument.processor import Gatherer

OURS, ELSE = "openinference.instrumentation.langchain", "http"
IDS = count(1)


def span(parent=None, scope=OURS):
    context = SimpleNamespace(span_id=next(IDS), trace_id=1)
    above = None if parent is None else parent.context
    return SimpleNamespace(context=context, parent=above, instrumentation_scope=SimpleNamespace(name=scope))


@pytest.fixture
def told():
    return []


@pytest.fixture
def gatherer(told):
    return Gatherer([OURS], told.append)


def begin(gatherer, *spans):
    for one in spans:
        gatherer.on_start(one)


def end(gatherer, *spans):
    for one in spans:
        gatherer.on_end(one)


def test_a_run_is_told_once_its_root_is_over(gatherer, told):
    root = span()
    child = span(root)
    begin(gatherer, root, child)
    end(gatherer, child)
    assert told == []
    end(gatherer, root)
    (run,) = told
    assert (run.root, list(run.spans), run.partial) == (root, [child, root], False)


def test_runs_at_the_same_time_stay_apart(gatherer, told):
    one, other = span(), span()
    in_one, in_other = span(one), span(other)
    begin(gatherer, one, other, in_one, in_other)
    end(gatherer, in_other, in_one, other, one)
    assert [list(run.spans) for run in told] == [[in_other, other], [in_one, one]]


def test_what_comes_after_its_root_is_told_again_with_all_of_it(gatherer, told):
    root = span()
    straggler, other = span(root), span(root)
    begin(gatherer, root, straggler, other)
    end(gatherer, root, straggler)
    assert [list(run.spans) for run in told] == [[root]]
    end(gatherer, other)
    assert list(told[-1].spans) == [root, straggler, other]
    assert len(told) == 2


def test_spans_of_others_begin_nothing_and_belong_where_they_lie(gatherer, told):
    request = span(scope=ELSE)
    root = span(request)
    query = span(root, scope=ELSE)
    call = span(query)
    begin(gatherer, request, root, query, call)
    end(gatherer, call, query, root, request)
    (run,) = told
    assert list(run.spans) == [call, query, root]


def test_a_part_of_a_run_is_told_as_one(gatherer, told):
    late, whole = span(), span()
    with gatherer.late():
        begin(gatherer, late)
    begin(gatherer, whole)
    end(gatherer, late, whole)
    assert [run.partial for run in told] == [True, False]


def test_once_closed_it_begins_nothing_and_ends_what_it_began(gatherer, told):
    root, after = span(), span()
    begin(gatherer, root)
    gatherer.close()
    assert not gatherer.is_done
    begin(gatherer, after)
    end(gatherer, after, root)
    assert [run.root for run in told] == [root]
    assert gatherer.is_done


def test_a_span_whose_beginning_nobody_saw_is_nobodys(gatherer, told):
    end(gatherer, span())
    assert told == []


def test_runs_that_never_end_are_given_up(gatherer, told, monkeypatch):
    monkeypatch.setattr(processor, "OPEN", 2)
    first, *others = span(), span(), span()
    child = span(first)
    begin(gatherer, first, child)
    end(gatherer, child)
    begin(gatherer, *others)
    assert [(run.root, list(run.spans), run.partial) for run in told] == [(first, [child], True)]
    end(gatherer, first, *others)
    assert [run.root for run in told] == [first, *others]


def test_what_fails_is_logged_and_not_raised(caplog):
    def full_disk(_run):
        raise OSError("no space left")

    def deaf(_span):
        raise RuntimeError("can't start new thread")

    gatherer = Gatherer([OURS], full_disk, [SimpleNamespace(span=deaf)])
    root = span()
    begin(gatherer, root)
    with caplog.at_level(logging.ERROR, "aimon_trace"):
        end(gatherer, root)
    assert [str(line.exc_info[1]) for line in caplog.records] == ["can't start new thread", "no space left"]


def test_every_span_of_a_run_is_heard_at_once(told):
    heard = []
    gatherer = Gatherer([OURS], told.append, [SimpleNamespace(span=heard.append)])
    root, foreign = span(), span(scope=ELSE)
    child = span(root)
    begin(gatherer, root, child, foreign)
    end(gatherer, child, foreign)
    assert heard == [child]


def test_any_number_of_threads_may_tell(gatherer, told):
    def work():
        for _ in range(200):
            root = span()
            child = span(root)
            begin(gatherer, root, child)
            end(gatherer, child, root)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(run.spans) for run in told] == [2] * 800


def test_a_relay_forgets_who_is_done(told):
    relay, runs = Relay(), []
    first, second = Gatherer([OURS], told.append), Gatherer([OURS], runs.append)
    relay.add(first)
    root = span()
    begin(relay, root)
    first.close()
    relay.add(second)
    end(relay, root)
    assert [run.root for run in told] == [root]
    relay.add(Gatherer([ELSE], runs.append))
    assert first not in relay._gatherers
    assert runs == []
